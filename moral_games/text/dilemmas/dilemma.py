"""A game told as an everyday situation."""

from __future__ import annotations

from dataclasses import dataclass

from moral_games.games import MatrixGame
from moral_games.text.presentation import Presentation

LABELS = ("X", "Y")
"""The labels of the two options where none are asked for: no words of their own, so that none is mistaken for one."""

STATES = ("first time", "others chose 0", "others chose 1")
"""What the reader may know of the others: nothing yet, or which action all of them chose last time."""


@dataclass(frozen=True)
class Dilemma:
    """A situation in which the reader and one or more others each choose between two actions.

    The reader is player 0 of the game. What each pair of choices leads to is told in the very
    numbers of the payoff table. With more than one other, a pair is the reader's choice and the
    choice of all the others.

    Attributes
    ----------
    name, theme, title
        What it is found by, the file that it stands in, and what people call it.
    setup
        The situation, up to the consequences.
    options
        What the reader can do, action 0 first.
    outcomes
        ``outcomes[a][b]`` is the sentence that tells what happens if the reader chooses a and the
        other, or all others, choose b.
    before
        ``before[b]`` tells that the others chose b last time.
    first_time
        Tells that there was no last time.
    first
        The action that is named first unless a presentation says otherwise; drawn, and balanced over
        the whole set.
    unit
        What the payoffs count, as the sentences say it, e.g. ``"euros"``.
    game
        The game; its kind was proved when the file was read.

    Examples
    --------
    >>> from moral_games.text import dilemmas
    >>> dilemmas.get("translation_job").game.payoffs[1, 0]
    array([380., 120.])
    """

    name: str
    theme: str
    title: str
    setup: str
    options: tuple[str, str]
    outcomes: tuple[tuple[str, str], tuple[str, str]]
    before: tuple[str, str]
    first_time: str
    first: int
    unit: str
    game: MatrixGame

    @property
    def story(self) -> str:
        """The situation and its four consequences, the action that is named first being told first."""
        order = (self.first, 1 - self.first)
        return " ".join((self.setup, *(self.outcomes[a][b] for a in order for b in order)))

    def presentation(self, labels: tuple[str, str] = LABELS) -> Presentation:
        """Return the telling in which the options stand in the order drawn for this dilemma.

        Raises
        ------
        ValueError
            If the labels cannot be told apart.
        """
        return Presentation(labels, (self.first, 1 - self.first))

    def prompt(self, previous: int | None = None, presentation: Presentation | None = None) -> str:
        """Return what a reader is asked; the text that does not depend on `previous` comes first.

        Parameters
        ----------
        previous
            The action that the other, or all others, chose last time; None for the first time.
        presentation
            Which label stands for which action, and the orders: `rows` and `columns` of the
            consequences by the reader's and the others' choice, `options`, and `answers`. Its wording
            has no meaning here. By default that of `presentation`.

        Raises
        ------
        ValueError
            If `previous` is not None, 0 or 1, or there are not two labels.
        """
        if previous not in (None, 0, 1):
            raise ValueError(f"previous must be None, 0 or 1, the others' last action, got {previous!r}")
        told = presentation or self.presentation()
        if len(told.labels) != 2:
            raise ValueError(
                f"dilemma {self.name!r} has two options; give a presentation of two labels, got {told.labels}"
            )
        rows, columns, options, answers = (
            told.assignment[::-1] if backwards else told.assignment
            for backwards in (told.rows, told.columns, told.options, told.answers)
        )
        offered = " or ".join(f'"{told.names[action]}" ({self.options[action]})' for action in options)
        asked = " or ".join(f'"{told.names[action]}"' for action in answers)
        consequences = " ".join(self.outcomes[own][others] for own in rows for others in columns)
        history = self.first_time if previous is None else self.before[previous]
        return f"{self.setup}\n{consequences}\nYou can choose {offered}.\nAnswer only {asked}.\n{history}"

    def prompts(self, presentation: Presentation | None = None) -> tuple[str, str, str]:
        """Return the prompt of each of `STATES`."""
        return (
            self.prompt(None, presentation),
            self.prompt(0, presentation),
            self.prompt(1, presentation),
        )
