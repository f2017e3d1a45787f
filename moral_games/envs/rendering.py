"""A round as text."""

from __future__ import annotations

from collections.abc import Sequence

from moral_games.games import MatrixGame


def render_round(game: MatrixGame, played: int, actions: Sequence[int] | None, totals: Sequence[float]) -> str:
    """Return one line: the round, what each player did, and the payoffs so far.

    Parameters
    ----------
    game
        The game.
    played
        Rounds played.
    actions
        The last joint action, -1 for an illegal answer; None at the start.
    totals
        Each player's payoffs summed over the episode.
    """
    if actions is None:
        return f"{game.name}: start"
    did = ", ".join(f"player_{i} {'illegal' if a < 0 else game.actions[i][a]}" for i, a in enumerate(actions))
    return f"{game.name} round {played}: {did}; payoffs so far {', '.join(f'{total:g}' for total in totals)}"
