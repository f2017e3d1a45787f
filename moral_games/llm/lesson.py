"""What a language model is taught: a game, the value that judges it, the opponent, and how all this is told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from moral_games import text
from moral_games.analysis import DecisionProblem
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, seated
from moral_games.policy import FiniteStatePolicy, window_count
from moral_games.repeated import RepeatedGame, action_letters, joined
from moral_games.rewards import RewardFunction
from moral_games.text import Presentation


def each_seat(opponent: AnyOpponent) -> AnyOpponent | tuple[str, ...]:
    """Return who takes the other seats: one opponent for all, or one each where semicolons divide a text.

    Examples
    --------
    >>> each_seat("random"), each_seat("always_defect; generous_tit_for_tat(generosity=0.2)")
    ('random', ('always_defect', 'generous_tit_for_tat(generosity=0.2)'))
    """
    if isinstance(opponent, str) and ";" in opponent:
        return tuple(part.strip() for part in opponent.split(";"))
    return opponent


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a language model is taught; the model is player 0.

    Parameters
    ----------
    game
        A game of two or more players.
    reward
        The value that is taught.
    opponent
        Who plays against the model; see `each_seat`.
    wording
        The wording of the prompts.
    presentations
        Whether labels and orders are drawn ("balanced") or are the published ones ("fixed"); see
        `moral_games.llm.settings.Settings`.
    memory
        How many rounds a prompt tells.
    """

    game: MatrixGame
    reward: RewardFunction
    opponent: AnyOpponent
    wording: str = "compact"
    presentations: Literal["balanced", "fixed"] = "balanced"
    memory: int = 1

    @cached_property
    def opponents(self) -> list[FiniteStatePolicy]:
        """Who sits on the other seats."""
        return seated(each_seat(self.opponent), self.game)

    @cached_property
    def problem(self) -> DecisionProblem:
        """What the model faces."""
        return DecisionProblem.build(RepeatedGame.compile(self.game, self.reward), self.opponents, memory=self.memory)

    @property
    def joint_actions(self) -> int:
        """How many joint actions J the game has."""
        return len(self.game.joint_actions)

    @property
    def states(self) -> int:
        """How many prompts S tell the game under each telling: one for each window of remembered rounds."""
        return window_count(self.joint_actions, self.memory)

    @cached_property
    def published(self) -> tuple[Presentation, ...]:
        """The published tellings: one assignment, one payoff table, and every order of the two sentences.

        Source: Tennant et al. (2025), code: action1 is the first action and action2 the second.
        """
        labels = tuple(f"action{number + 1}" for number in range(self.game.shape[0]))
        return tuple(
            Presentation(labels, wording=self.wording, options=options, answers=answers)
            for options in (False, True)
            for answers in (False, True)
        )

    def told(self, rng: np.random.Generator, tellings: int) -> list[Presentation]:
        """Draw the presentations of an update."""
        if self.presentations == "fixed":
            return [self.published[rng.integers(len(self.published))] for _ in range(tellings)]
        return [
            told for _ in range(tellings) for told in text.draw(rng, self.game.shape[0], self.wording).assignments()
        ]

    def described(self, tellings: int) -> str:
        """Return in words what `told` draws."""
        if self.presentations == "fixed":
            return f"the published telling {tellings} times, the order of its labels in sentences drawn"
        return f"{tellings} tellings of the game, each under every assignment of its labels"

    def action_types(self, shares: NDArray[np.float64]) -> dict[str, float]:
        """Return the share of each of the model's actions given the others' last, named as by `evaluate`.

        Parameters
        ----------
        shares
            (K, A + 1): of each action in each situation, an illegal answer last.
        """
        met = self.problem.situations
        own, *others = (action_letters(self.game, player) for player in range(self.game.players))
        seen = met.repeated.previous[met.states, 1:]
        return {
            f"{name}|{joined([letters[a] for letters, a in zip(others, before, strict=True)])}": float(
                shares[(seen == before).all(axis=1), action].sum()
            )
            for before in product(*map(range, self.game.shape[1:]))
            for action, name in enumerate((*own, "illegal"))
        }

    @cached_property
    def validation(self) -> tuple[Presentation, ...]:
        """The presentations that decide when to stop.

        Of drawn presentations these are some that are never trained on and never judged on; where only
        the published ones are trained on, it is these.
        """
        return self.published if self.presentations == "fixed" else text.validation(self.game.shape[0], self.wording)
