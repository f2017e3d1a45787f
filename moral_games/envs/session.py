"""One repeated game being played, a round at a time: what every environment of single games shares."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from operator import index
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from moral_games.chance import Stream, hashes
from moral_games.envs.observing import Observing
from moral_games.envs.rendering import Scene
from moral_games.envs.rendering.scene import ROUNDS_SHOWN
from moral_games.envs.seats import Learner, View, draws_a_round, replaced, taken_by
from moral_games.games import MatrixGame
from moral_games.games.game import own_first
from moral_games.opponents import Player
from moral_games.repeated import judge
from moral_games.repetition import Repetition, row_major
from moral_games.rewards import Outcome, Rewards, one_each

Joint = tuple[int, ...]

MOST_REMEMBERED = 100_000
"""How many rounds are looked up rather than judged anew."""
_ANYTHING: Iterator[float] = repeat(0.0)


Numbers = tuple[float, ...]

Round = tuple[Joint, Numbers, Numbers, bool, bool]
"""What a round brought: the joint action, payoffs and rewards by player, whether play is terminated, or truncated."""


class _Cell(NamedTuple):
    """What a joint action leads to: payoffs, rewards, what the game remembers, and what each seat sees, if any."""

    payoffs: tuple[float, ...]
    rewards: tuple[float, ...]
    kept: Joint
    views: tuple[View, ...]


class Session:
    """Play of a game, one round at a time.

    Rounds are judged by the values themselves the first time that they occur, and looked up
    afterwards: a table that is filled as it is needed, for games of any size.

    Every round takes the same number of draws, in this order: one for each opponent and for each
    learner whose hand may tremble, by seat; one for each action that may be misread, by reader and
    then by seat; one a player for noisy payoffs; one for a random ending. The vector environment
    draws alike.

    Parameters
    ----------
    game
        The game.
    rewards
        One value for all players, or one each.
    repetition
        How it goes on.
    opponents
        Who plays the seats that no learner has, by seat.
    recording
        Whether to keep what pictures need: the latest rounds and running totals.

    Raises
    ------
    ValueError
        If something does not fit the game.
    """

    def __init__(
        self,
        game: MatrixGame,
        rewards: Rewards,
        repetition: Repetition,
        opponents: Mapping[int, Player] | None = None,
        recording: bool = False,
    ) -> None:
        opponents = opponents or {}
        self.game = repetition.scaled(game)
        self.values = one_each(game, rewards)
        self.repetition = repetition
        self.rounds = repetition.rounds
        self.observing = Observing(game, repetition)
        self.played = 0
        self._recording = recording
        self._history: deque[Joint] = deque(maxlen=ROUNDS_SHOWN)
        self._totals = np.zeros((2, game.players))
        self._seats = [taken_by(opponents.get(seat), repetition, seat) for seat in range(game.players)]
        self._learning = [seat for seat in self._seats if isinstance(seat, Learner)]
        self._varies = bool(
            repetition.observation_noise or repetition.payoff_noise or repetition.continue_probability < 1
        )
        self._acting = [(i, seat) for i, seat in enumerate(self._seats) if i in opponents or repetition.noise]
        self._draws = draws_a_round(repetition, game.players, len(opponents))
        self._hashes = hashes(self._draws)
        self._is_sure = not (self._varies or repetition.noise) and all(seat.is_sure for seat in self._seats)
        self._stream: Stream | None = None
        self._initial = repetition.initial_joint(game)
        self._previous: Joint = (-1,) * game.players
        self._counts, self._lowest = game.shape, repetition.lowest_action
        self._shapes = [tuple(game.shape[i] for i in own_first(game.players, seat)) for seat in range(game.players)]
        self._cells: dict[tuple[Joint, Joint], _Cell] = {}

    @property
    def is_seeded(self) -> bool:
        """Whether there is a stream to draw from."""
        return self._stream is not None

    def seed(self, seed: int) -> None:
        """Begin the stream of draws that this seed makes."""
        self._stream = Stream(seed)

    def reset(self) -> None:
        """Begin an episode."""
        assert self._stream is not None, "a session is seeded before it is reset"
        self.played, self._previous = 0, (-1,) * self.game.players
        self._history.clear()
        self._totals[:] = 0
        for seat in self._seats:
            seat.begin(self._stream)
        first = self._initial
        if first is None:
            first = 1 + int(self._stream.draw(1)[0] * len(self.game.joint_actions))
        if first:
            self._previous = tuple(int(action) for action in self.game.joint_actions[first - 1])
            for seat, view in zip(self._seats, self._views(self._previous), strict=True):
                seat.see(view)

    def observe(self, player: int) -> np.ndarray | np.int64:
        """Return what the learner in seat `player` observes, its own action first: a number or an array (width,)."""
        learner = self._seats[player]
        assert isinstance(learner, Learner), f"seat {player} is not a learner's"
        return self.observing.one(learner.window, self.played)

    def observations(self) -> list[np.ndarray | np.int64]:
        """Return what every learner observes, by seat; see `observe`."""
        fresh = self.observing.fresh
        if fresh is None:
            return [self.observing.one(learner.window, self.played) for learner in self._learning]
        return [fresh[learner.window[0]]() for learner in self._learning]

    def check(self, player: int, action: object) -> int:
        """Return an action as a plain int.

        Raises
        ------
        ValueError
            If the game does not have it.
        """
        try:
            number = index(action)  # type: ignore[arg-type]
        except TypeError:
            number = None
        if number is None or not self._lowest <= number < self._counts[player]:
            known = f"0 to {self._counts[player] - 1}" + (" or -1 for an illegal answer" if self._lowest < 0 else "")
            raise ValueError(f"player {player} of {self.game.name!r} has actions {known}, got {action!r}")
        return number

    def play(self, chosen: Sequence[int]) -> Round:
        """Play one round.

        Parameters
        ----------
        chosen
            The checked action of each learner, in its seat; other entries mean nothing.

        Raises
        ------
        ValueError
            If no episode was begun.
        """
        if self._stream is None:
            raise ValueError("the episode was not begun; call reset() first")
        if self._is_sure:
            draws: Iterator[float] = _ANYTHING
            self._stream.skip(self._hashes)
        else:
            draws = iter(self._stream.draw(self._draws))
        if self._acting:
            chosen = list(chosen)
            for i, seat in self._acting:
                chosen[i] = seat.act(chosen[i], self._counts[i], draws)
        actions = tuple(chosen)
        key = (self._previous, actions)
        cell = self._cells.get(key) or self._judge(key)
        views, payoffs, rewards, ended = cell.views, cell.payoffs, cell.rewards, False
        if self._varies:
            if self.repetition.observation_noise:
                views = self._misread(cell, draws)
            if self.repetition.payoff_noise:
                payoffs, rewards = self._disturbed(key, cell, draws)
            ended = self.repetition.continue_probability < 1 and next(draws) >= self.repetition.continue_probability
        self._previous = cell.kept
        if views:
            for seat, view in zip(self._seats, views):  # noqa: B905  (strict costs as much again)
                seat.see(view)
        self.played += 1
        if self._recording:
            self._history.append(actions)
            self._totals += (payoffs, rewards)
        over = self.rounds is not None and self.played >= self.rounds
        terminated = ended or (over and self.rounds == 1)
        return actions, payoffs, rewards, terminated, over and not terminated

    def scene(self) -> Scene:
        """Return what a picture of the episode shows."""
        paid, earned = self._totals.tolist()
        return Scene(self.game, tuple(self._history), tuple(paid), tuple(earned), self.played)

    def _judge(self, key: tuple[Joint, Joint]) -> _Cell:
        """Judge a joint action after another, and remember the judgement."""
        previous, actions = key
        payoffs, rewards = judge(self.values, Outcome(self.game, np.array(previous), np.array(actions)))
        kept = tuple([action if action >= 0 else before for before, action in zip(previous, actions, strict=True)])
        complete = min(kept) >= 0
        cell = _Cell(
            tuple(payoffs.tolist()),
            tuple(rewards.tolist()),
            kept if complete else (-1,) * self.game.players,
            self._views(kept) if complete else (),
        )
        if len(self._cells) >= MOST_REMEMBERED:
            self._cells.clear()
        self._cells[key] = cell
        return cell

    def _views(self, actions: Joint) -> tuple[View, ...]:
        """Return how each seat sees a joint action that it reads rightly."""
        return tuple(
            self._view(seat, (actions[seat], *actions[:seat], *actions[seat + 1 :]))
            for seat in range(self.game.players)
        )

    def _view(self, seat: int, actions: Joint) -> View:
        return View(actions, row_major(self._shapes[seat], actions))

    def _misread(self, cell: _Cell, draws: Iterator[float]) -> tuple[View, ...]:
        """Return how each seat reads the round, taking one draw for each action that may be misread."""
        noise = self.repetition.observation_noise
        shape = self.game.shape
        read = []
        for seat in range(self.game.players):
            others = [(count, next(draws)) for other, count in enumerate(shape) if other != seat]
            if cell.views:
                own, *shown = cell.views[seat].actions
                taken = [
                    replaced(action, count, noise, draw) for action, (count, draw) in zip(shown, others, strict=True)
                ]
                read.append(self._view(seat, (own, *taken)))
        return tuple(read)

    def _disturbed(
        self, key: tuple[Joint, Joint], cell: _Cell, draws: Iterator[float]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return payoffs with their deviations, and how they are judged."""
        previous, actions = key
        deviations = [self.repetition.payoff_noise * normal(next(draws)) for _ in range(self.game.players)]
        paid = np.array(cell.payoffs) + deviations
        payoffs, rewards = judge(self.values, Outcome(self.game, np.array(previous), np.array(actions), paid=paid))
        return tuple(payoffs.tolist()), tuple(rewards.tolist())


def normal(draw: float) -> float:
    """Return the standard normal number of a uniform draw of 32 bits."""
    return NormalDist().inv_cdf(draw + 2.0**-33)
