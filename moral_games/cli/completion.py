"""The command that lets a shell complete commands and options."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from typing import ClassVar, Literal

import tyro

from moral_games.cli.command import Command


@dataclass(frozen=True)
class Completion(Command):
    """Print a script with which a shell completes commands and options.

    It is to be made anew when the library has changed.
    """

    uses: ClassVar = {
        "bash, in this shell alone": "source <(moral-games completion bash)",
        "bash": "moral-games completion bash > ~/.local/share/bash-completion/completions/moral-games",
        "zsh, into a folder of its $fpath": "moral-games completion zsh > ~/.zfunc/_moral-games",
        "fish": "moral-games completion fish > ~/.config/fish/completions/moral-games.fish",
    }

    shell: tyro.conf.Positional[Literal["bash", "zsh", "fish"]]
    """For which shell."""

    def run(self) -> None:
        """Print the script."""
        print(completion_script(self.shell))


def completion_script(shell: str) -> str:
    """Return a script for a shell: that of tyro, which completes names of files too where it knows nothing else.

    Parameters
    ----------
    shell
        ``"bash"``, ``"zsh"`` or ``"fish"``.
    """
    from moral_games.cli import commands

    with redirect_stdout(io.StringIO()) as printed, suppress(SystemExit):
        asked = ("--tyro-write-completion", shell, "-")
        tyro.extras.subcommand_cli_from_dict(dict(commands()), prog="moral-games", args=asked)
    script = printed.getvalue()
    files = re.search(r"return \[(\S+COMPLETE_FILES\S+)\]", script)
    assert files is not None
    script = script.replace("in completions:\n        print(", f"in completions or [{files[1]}]:\n        print(")
    # In bash, where tyro takes the words before a file's name for a part of it.
    return script.replace('compgen -f -- "$cur"', 'compgen -f -- "${COMP_WORDS[COMP_CWORD]}"')
