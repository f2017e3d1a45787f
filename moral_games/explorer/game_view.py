"""The game as it is paid and as it is valued: tables, kinds, equilibria and best replies as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moral_games import games, rewards
from moral_games.analysis import equilibria
from moral_games.envs.rendering.scene import number
from moral_games.explorer.best_replies import Mixed, drawing
from moral_games.explorer.markup import shown, table
from moral_games.games import MatrixGame
from moral_games.games.kinds import KINDS, classify
from moral_games.repeated import RepeatedGame, state_labels
from moral_games.rewards import Rewards


def valued(game: MatrixGame, values: Rewards) -> dict[str, MatrixGame]:
    """Return the games that values make of a game: one, or one for each last round that they may look at.

    Parameters
    ----------
    game
        The game.
    values
        One value for all players, or one a player.

    Returns
    -------
    dict
        By last round, as `moral_games.repeated.state_labels` names it; by ``""`` where the last round makes no
        difference.

    Raises
    ------
    ValueError
        If a value is not finite somewhere.
    """
    try:
        return {"": rewards.transform(game, values)}
    except TypeError:
        tables = RepeatedGame.compile(game, values).legal_rewards
    made = (replace(game, payoffs=payoffs) for payoffs in tables)
    return {label: replace(after, kind=classify(after)) for label, after in zip(state_labels(game), made, strict=True)}


def game_view(heading: str, game: MatrixGame) -> str:
    """Return a game for two as HTML: payoffs, kind, equilibria, and best replies where it is two by two."""
    found = equilibria(game)
    kind = shown(game.kind.replace("_", " "))
    test = f' <span class="soft">({shown(KINDS[game.kind][1])})</span>' if game.kind in KINDS else ""
    drawn = drawing(game, found) if game.shape == (2, 2) else ""
    listed = "".join(f"<li>{_profile(game, *profile)}</li>" for profile in found)
    degenerate = len(found) % 2 == 0
    more = '<p class="soft">The game is degenerate: there may be more.</p>' if degenerate else ""
    return (
        f'<section class="game"><h3>{shown(heading)}</h3>{payoff_table(game)}<p>Kind: <strong>{kind}</strong>{test}</p>'
        f"<div><h4>Nash equilibria</h4><ul>{listed}</ul>{more}</div>{drawn}</section>"
    )


def payoff_table(game: MatrixGame, played: Sequence[int] | None = None) -> str:
    """Return the payoffs of a game for two as HTML; equilibria are marked, best replies underlined.

    Parameters
    ----------
    game
        The game.
    played
        The joint action to be outlined.
    """
    stable, best = games.nash_set(game), _best(game)
    rows = []
    for a, action in enumerate(game.actions[0]):
        cells = []
        for b in range(game.shape[1]):
            paid = ", ".join(_underlined(number(game.payoffs[a, b, i], 4), best[a, b, i]) for i in (0, 1))
            mark = '<span class="mark" title="equilibrium"> ●<span class="unseen"> equilibrium</span></span>'
            inside = f"{paid}{mark if (a, b) in stable else ''}"
            cells.append(f'<span class="cell played">{inside}</span>' if played == (a, b) else inside)
        rows.append((shown(action), *cells))
    caption = "Payoffs: the row player's first, then the column player's"
    return table(("", *map(shown, game.actions[1])), rows, caption, "payoffs")


def _best(game: MatrixGame) -> NDArray[np.bool_]:
    """Return whose payoff is that of a best reply; (A_0, A_1, 2)."""
    return np.stack(
        [game.payoffs[..., i] >= game.payoffs[..., i].max(axis=i, keepdims=True) - game.resolution for i in (0, 1)],
        axis=-1,
    )


def _underlined(text: str, marked: bool) -> str:
    return f"<u>{text}</u>" if marked else text


def _profile(game: MatrixGame, row: Mixed, column: Mixed) -> str:
    return f'{_strategy(game, 0, row)} <span class="soft">against</span> {_strategy(game, 1, column)}'


def _strategy(game: MatrixGame, player: int, mixed: Mixed) -> str:
    named = zip(game.actions[player], mixed, strict=True)
    return " + ".join(shown(name if p > 1 - 1e-9 else f"{p:.3g} {name}") for name, p in named if p > 1e-9)
