"""A human at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moral_games.games import MatrixGame


class Human:
    """An actor that asks for its actions at the terminal.

    Parameters
    ----------
    game
        The game, seen with the human as player 0.
    ask
        Shows a question and returns a line that was typed.
    show
        Shows a line.
    """

    name = "human"

    def __init__(
        self, game: MatrixGame, ask: Callable[[str], str] = input, show: Callable[[str], None] = print
    ) -> None:
        self.game = game
        self.ask = ask
        self.show = show

    def begin(self, rng: np.random.Generator) -> None:
        """Show the game; a human draws for itself."""
        self.show(described(self.game))

    def act(self) -> int:
        """Ask until an action is named, by its name or its number.

        Raises
        ------
        ValueError
            If the input has ended.
        """
        actions = self.game.actions[0]
        options = ", ".join(f"{number} {action}" for number, action in enumerate(actions))
        while True:
            try:
                given = self.ask(f"Your action ({options}): ").strip().lower()
            except EOFError:
                raise ValueError(
                    "the input has ended and a human was to choose an action; play 'human' at a terminal, "
                    "or choose another opponent"
                ) from None
            for number, action in enumerate(actions):
                if given in (action.lower(), str(number)):
                    return number
            self.show(f"There is no action {given!r} here.")

    def see(self, actions: Sequence[int]) -> None:
        """Show what was played and what it pays."""
        payoffs = self.game.payoffs[tuple(actions)]
        played = [names[action] for names, action in zip(self.game.actions, actions, strict=True)]
        others = "; ".join(f"player {i} {played[i]} ({payoffs[i]:g})" for i in range(1, len(played)))
        self.show(f"You {played[0]} ({payoffs[0]:g}); {others}.")


def described(game: MatrixGame) -> str:
    """Return a game in words and numbers: its name and every outcome's payoffs, own first."""
    lines = [f"{game.title or game.name}: your action first, then the others'; your payoff first."]
    for joint in game.joint_actions:
        played = ", ".join(names[action] for names, action in zip(game.actions, joint, strict=True))
        lines.append(f"  {played}: {', '.join(f'{payoff:g}' for payoff in game.payoffs[tuple(joint)])}")
    return "\n".join(lines)
