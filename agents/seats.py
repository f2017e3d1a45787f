"""Who plays a study: what is played, which seats learn under which value, and who sits on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import moral_games as mg
from moral_games import opponents, rewards


@dataclass(frozen=True, eq=False)
class Seats:
    """A game with somebody on every seat.

    Parameters
    ----------
    game
        What is played.
    rewards
        The value of each seat; that of a fixed player only matters to who asks for it.
    fixed
        By seat: the players that do not learn, each seeing the game from its own seat.

    Raises
    ------
    ValueError
        If the number of values is not the number of players, nobody learns, a fixed player does not
        fit, or a value is not finite on some outcome.
    """

    game: mg.MatrixGame
    rewards: tuple[mg.RewardFunction, ...]
    fixed: Mapping[int, mg.FiniteStatePolicy]

    def __post_init__(self) -> None:
        if not self.learners:
            raise ValueError(f"nobody learns: all {self.game.players} seats of game {self.game.name!r} are fixed")
        for seat, policy in self.fixed.items():
            policy.check(self.game.seen_by(seat))
        _ = self.repeated

    @property
    def learners(self) -> tuple[int, ...]:
        """The seats that learn."""
        return tuple(seat for seat in range(self.game.players) if seat not in self.fixed)

    @cached_property
    def repeated(self) -> mg.RepeatedGame:
        """The game's tables under the seats' values."""
        return mg.RepeatedGame.compile(self.game, self.rewards)

    def order(self, seat: int) -> tuple[int, ...]:
        """Return the seats as `seat` counts them: itself, then the others."""
        return (seat, *(other for other in range(self.game.players) if other != seat))

    def facing(self, seat: int) -> mg.RepeatedGame:
        """Return the tables in the eyes of `seat`: as player 0, all actions own first."""
        seen = tuple(self.rewards[other] for other in self.order(seat))
        return mg.RepeatedGame.compile(self.game.seen_by(seat), seen)

    def everybody(self, learned: Sequence[mg.FiniteStatePolicy]) -> list[mg.FiniteStatePolicy]:
        """Return the policy of every seat, the learners' being given in order."""
        policies = dict(zip(self.learners, learned, strict=True)) | dict(self.fixed)
        return [policies[seat] for seat in range(self.game.players)]


def take_seats(
    game: str | mg.MatrixGame, reward: str, opponent: Sequence[str] = (), other_reward: Sequence[str] = ()
) -> Seats:
    """Return the seats that a command's options ask for: player 0 learns, and the others are fixed or learn too.

    Parameters
    ----------
    game, reward
        What is played, and what player 0 values.
    opponent
        Who sits on the other seats and does not learn: one for all of them, or one each.
    other_reward
        What the other seats value if they learn: one for all of them, or one each. If neither is
        given they learn under `reward`.

    Raises
    ------
    ValueError
        If both are given, something is unknown or does not fit, or an opponent has no finite table.
    """
    played = mg.games.get(game) if isinstance(game, str) else game
    others = played.players - 1
    if opponent and other_reward:
        raise ValueError(
            f"--opponent {' '.join(opponent)} does not learn and --other-reward {' '.join(other_reward)} is the value "
            "of one that does; give one of them"
        )
    if others < 1 or len(other_reward) not in (0, 1, others) or len(opponent) not in (0, 1, others):
        raise ValueError(
            f"game {played.name!r} has {others} other seats; give --opponent or --other-reward once for all of them "
            f"or {others} times, got {len(opponent) or len(other_reward)}"
        )
    held = tuple(other_reward) or (reward,)
    values = (reward, *(held * others if len(held) == 1 else held))
    fixed: dict[int, mg.FiniteStatePolicy] = {}
    if opponent:
        asked = list(opponent) * others if len(opponent) == 1 else list(opponent)
        fixed = dict(enumerate(opponents.seated(asked, played), start=1))
    return Seats(played, rewards.one_each(played, list(values)), fixed)
