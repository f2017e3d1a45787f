"""``python -m moral_games`` is ``moral-games``."""

import sys

from moral_games.cli import main

sys.exit(main())
