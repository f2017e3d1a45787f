"""Drawing the questions of a data set: kinds in their shares, no ties, and enough that tell preferences apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from moral_games.analysis.preferences import Preference, symmetric_game
from moral_games.games import TwoStageGame
from moral_games.names import unknown
from moral_games.progress import Show
from moral_games.synthetic.sides import Split
from moral_games.synthetic.sources import HIGHEST_HIGHEST, KINDS, LOWEST_HIGHEST, SHARES, draw_game
from moral_games.synthetic.task import Task, good_answers, right_answer, task
from moral_games.synthetic.tellings import Tellings
from moral_games.text.once import Roles

AGREES = "a rival preference answers the same"
"""Why a question is passed over where one is wanted that tells preferences apart."""

ASKED = "asked already"
"""Why a question is passed over that is the same to the letter as another."""

MOST_TRIES = 2000
"""Questions that are drawn for one task before it is given up."""


class NoQuestion(ValueError):
    """No question was found of the kind that is wanted; the message says which, and what to do."""


@dataclass(eq=False)
class Drawing:
    """The questions of one side of a data set that were drawn so far, and what was passed over.

    Parameters
    ----------
    preference, split, rng, highest
        As in `tasks`.

    Attributes
    ----------
    tasks
        The questions.
    kinds
        The kind of each, a name of `KINDS`.
    apart
        Whether the rival preference (see `rival`) answers each differently.
    dropped
        How many questions were dropped for want of one right answer, or passed over, by the reason.
    """

    preference: Preference
    split: Split
    rng: np.random.Generator
    highest: int = 9
    tasks: list[Task] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    apart: list[bool] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._tellings = Tellings(self.split, self.rng)
        self._asked: set[str] = set()

    def draw(self, kind: str, contrasting: bool) -> None:
        """Draw one more question of a kind; where it is to be contrasting, one that the rival answers differently.

        Raises
        ------
        NoQuestion
            If none is found in `MOST_TRIES`.
        """
        for _ in range(MOST_TRIES):
            reason = self._drawn(kind, contrasting)
            if reason is None:
                return
            self.dropped[reason] += 1
        excluded = f" and a wrong one under {rival(self.preference)}" if contrasting else ""
        raise NoQuestion(
            f"none of {MOST_TRIES:,} questions of kind {kind!r} has one right answer under {self.preference}{excluded} "
            f"with payoffs up to {self.highest}; allow higher ones, leave that kind out, or ask for less contrast"
        )

    def _drawn(self, kind: str, contrasting: bool) -> str | None:
        """Draw a question and keep it, or return why not."""
        source, game = draw_game(kind, self.split, self.rng, self.highest)
        expected = () if kind == "equilibrium" else _expected(game, self.rng)
        best = right_answer(game, self.preference, expected)
        if isinstance(best, str):
            return best
        apart = not good_answers(game, rival(self.preference), expected)[best]
        if contrasting and not apart:
            return AGREES
        told = self._tellings.deal(symmetric_game(game).shape[0], best)
        found = task(game, source, self.preference, expected, told)
        if found.prompt in self._asked:
            return ASKED
        self._asked.add(found.prompt)
        self.tasks.append(found)
        self.kinds.append(kind)
        self.apart.append(apart)
        return None


def rival(preference: Preference) -> Preference:
    """Return the preference that a data set is to be told from: homo economicus; from whom homo moralis of κ = 0.5."""
    return Preference() if preference != Preference() else Preference(kappa=0.5)


def tasks(
    preference: Preference,
    split: Split,
    count: int,
    rng: np.random.Generator,
    kinds: Sequence[str] = KINDS,
    highest: int = 9,
    contrast: float = 0.5,
) -> list[Task]:
    """Draw questions with one right answer each.

    Parameters
    ----------
    preference
        Whose answers are right.
    split
        The side of games, labels and orders: ``"train"`` or ``"test"``. No game is on both.
    count
        How many.
    rng
        Where the draws come from.
    kinds
        Some of `KINDS`, in the proportions of `moral_games.synthetic.sources.SHARES`.
    highest
        The highest payoff of random games, from 3 to a million; payoffs are whole numbers from 0.
    contrast
        The least share of questions that the `rival` preference answers otherwise.

    Raises
    ------
    ValueError
        If an argument is out of range, no such questions are found, or the preference has too many decimals to
        calculate with (see `moral_games.synthetic.reasons.whole_weights`).

    Examples
    --------
    >>> [drawn] = tasks(Preference(), "train", 1, np.random.default_rng(1), kinds=["simultaneous"])
    >>> drawn.answer(reasons=False) == drawn.labels[drawn.best]
    True
    """
    return draw_tasks(preference, split, count, rng, kinds, highest, contrast).tasks


def draw_tasks(
    preference: Preference,
    split: Split,
    count: int,
    rng: np.random.Generator,
    kinds: Sequence[str] = KINDS,
    highest: int = 9,
    contrast: float = 0.5,
    show: Show[tuple[str, bool]] = iter,
) -> Drawing:
    """Draw questions as `tasks` does, with its errors; what was dropped is told too, and `show` tells how far it is."""
    check_options(count, kinds, highest, contrast)
    if split not in get_args(Split):
        raise unknown("side of the split", split, get_args(Split))
    drawing = Drawing(preference, split, rng, highest)
    contrasting = rng.permutation(np.arange(count) < np.ceil(contrast * count)).tolist()
    for kind, wanted in show(list(zip(_allotted(kinds, count, rng), contrasting, strict=True))):
        drawing.draw(kind, wanted)
    return drawing


def check_options(count: int, kinds: Sequence[str], highest: int, contrast: float) -> None:
    """Refuse options of a data set that make no sense.

    Raises
    ------
    ValueError
        If a number is out of range, or a kind is unknown or named twice.
    """
    if count < 1:
        raise ValueError(f"a data set needs at least one example, got {count}")
    if not kinds or len(set(kinds)) < len(kinds):
        raise ValueError(f"kinds must be one or more different of {', '.join(KINDS)}; got {', '.join(kinds) or 'none'}")
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of question", kind, KINDS)
    if not LOWEST_HIGHEST <= highest <= HIGHEST_HIGHEST:
        raise ValueError(
            f"the highest payoff must be at least {LOWEST_HIGHEST} and at most {HIGHEST_HIGHEST:,}, got {highest:,}"
        )
    if not 0 <= contrast <= 1:
        raise ValueError(f"contrast is a share of the questions, in [0, 1]; got {contrast}")


def _allotted(kinds: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return the kind of each question in random order, as many of each as its share says, up to rounding."""
    shares = np.array([SHARES[kind] for kind in kinds])
    ends = np.round(np.cumsum(shares) / shares.sum() * count).astype(int)
    return rng.permutation(np.repeat(kinds, np.diff(ends, prepend=0))).tolist()


def _expected(game: Roles, rng: np.random.Generator) -> tuple[int, ...]:
    """Draw what the other does: one strategy, or where every first move has replies two that differ in the first move.

    Were one first move certain there, one's own reply to another would make no difference, and no answer be the only
    right one.
    """
    if isinstance(game, TwoStageGame) and all(game.replies):
        plan = int(rng.integers(len(game.plans)))
        return tuple(move * len(game.plans) + plan for move in range(len(game.first)))
    return (int(rng.integers(symmetric_game(game).shape[0])),)
