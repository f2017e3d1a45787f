"""A round as text."""

from __future__ import annotations

from collections.abc import Sequence

from moral_games.games import MatrixGame

RENDER_MODES = ("ansi", "human")


def check_render_mode(mode: str | None) -> None:
    """Raise a ValueError unless the mode is one of `RENDER_MODES`, or None."""
    if mode not in (None, *RENDER_MODES):
        raise ValueError(f"render_mode must be one of {RENDER_MODES} or None, got {mode!r}")


def render_round(
    mode: str | None, game: MatrixGame, played: int, actions: Sequence[int] | None, totals: Sequence[float]
) -> str | None:
    """Show one line: the round, what each player did, and the payoffs so far.

    Parameters
    ----------
    mode
        ``"ansi"`` returns the line, ``"human"`` prints it, None does nothing.
    game
        The game.
    played
        Rounds played.
    actions
        The last joint action, -1 for an illegal answer; None at the start.
    totals
        Each player's payoffs summed over the episode.
    """
    line = f"{game.name}: start"
    if actions is not None:
        did = ", ".join(f"player_{i} {'illegal' if a < 0 else game.actions[i][a]}" for i, a in enumerate(actions))
        line = f"{game.name} round {played}: {did}; payoffs so far {', '.join(f'{total:g}' for total in totals)}"
    if mode == "human":
        print(line)
    return line if mode == "ansi" else None
