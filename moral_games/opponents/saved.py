"""Learners that were saved: a policy's file, or the folder of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy, from_json
from moral_games.runs import POLICY, RunError, read_json


def saved(path: str | Path, game: MatrixGame) -> FiniteStatePolicy:
    """Return what a saved learner does as player 0 of `game`.

    Parameters
    ----------
    path
        A file that `FiniteStatePolicy.save` has written, or a run's folder or its ``policy.json``.
        A run's language model has a table for each presentation of the game: what is returned is
        the model after training, each round told in a presentation drawn at random.
    game
        The game. Tables of a run are those of player 0.

    Raises
    ------
    ValueError
        If there is no such file, it holds no policy, none for this game, or one that does not fit
        it. The message names the file.
    """
    file = Path(path)
    try:
        if file.is_dir():
            file /= POLICY
        content = read_json(file)
        policy = _after_training(content["after"], game) if "after" in content else from_json(content)
        policy.check(game)
    except (RunError, TypeError, ValueError, OSError, OverflowError) as error:
        raise ValueError(f"no opponent can be made of {str(file)[:300]}: {str(error)[:600]}") from error
    return policy.named(f"run:{path}" if policy.name == "policy" else policy.name)


def _after_training(tables: Any, game: MatrixGame) -> FiniteStatePolicy:
    if not isinstance(tables, dict) or game.name not in tables:
        known = ", ".join(sorted(tables)) if isinstance(tables, dict) else ""
        raise ValueError(f"it holds nothing for game {game.name!r}, only for {known or 'no game'}")
    told = tables[game.name]
    if not isinstance(told, dict) or not told:
        raise ValueError(f"it holds no table for any presentation of game {game.name!r}")
    return FiniteStatePolicy.from_windows(np.mean(list(told.values()), axis=0), len(game.joint_actions))
