"""Round-robin tournaments: exact where both players have tables, sampled where one has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import combinations_with_replacement
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.matches import MEASURES, Length, exact_match, sampled_matches
from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.opponents import AnyOpponent, Player, as_player
from moral_games.policy import FiniteStatePolicy
from moral_games.progress import Show
from moral_games.repeated import RepeatedGame
from moral_games.repetition import Repetition
from moral_games.rewards import RewardFunction, as_reward
from moral_games.situations import Floats

ROUNDS = 200
"""The rounds of a match where none are asked for, as in Axelrod (1980)."""

Entrants = Sequence[AnyOpponent] | Mapping[str, AnyOpponent]


class Standing(NamedTuple):
    """How one entrant did: means per round over its opponents, with standard errors (0 where all is exact)."""

    name: str
    """Who."""
    payoff: float
    """Payoff a round."""
    reward: float
    """Reward a round."""
    cooperation: float
    """How often it cooperated, in [0, 1]."""
    payoff_error: float
    """Standard error of the payoff."""
    reward_error: float
    """Standard error of the reward."""
    cooperation_error: float
    """Standard error of the cooperation."""


@dataclass(frozen=True, eq=False)
class TournamentResult:
    """What every entrant got against every other and against itself, per round.

    Row i, column j of a matrix is about entrant i when it meets entrant j. Errors are standard
    errors of the mean, 0 where the number is exact.

    Attributes
    ----------
    game, reward
        What was played, and the value that judged.
    names
        The E entrants.
    payoffs, rewards
        (E, E) float64: mean payoff and mean reward per round.
    cooperation
        (E, E) float64: share of rounds in which i plays its first action, *cooperate* where the
        game has that.
    payoff_errors, reward_errors, cooperation_errors
        (E, E) float64.
    exact
        (E, E) bool: whether the numbers are exact rather than sampled.
    """

    game: MatrixGame
    reward: RewardFunction
    names: tuple[str, ...]
    payoffs: Floats
    rewards: Floats
    cooperation: Floats
    payoff_errors: Floats
    reward_errors: Floats
    cooperation_errors: Floats
    exact: NDArray[np.bool_]

    def ranking(self, by: str = "payoff", self_play: bool = True) -> list[Standing]:
        """Return the standings, best first; entrants who are equal in the order of their names.

        Parameters
        ----------
        by
            ``"payoff"``, ``"reward"`` or ``"cooperation"``: the mean over opponents, each
            counting alike.
        self_play
            Whether the match against its own twin counts, as in Axelrod's tournaments (1980).
            The Axelrod library plays these matches, and leaves them out of its scores.

        Raises
        ------
        ValueError
            If `by` is no measure, or nobody is left to have played.
        """
        if by not in MEASURES:
            raise unknown("measure", by, MEASURES)
        counted = np.ones(self.payoffs.shape, dtype=bool) if self_play else ~np.eye(len(self.names), dtype=bool)
        opponents = counted.sum(axis=1)
        if not opponents.all():
            raise ValueError("a single entrant has nobody to play but itself; rank it with self_play=True")
        means = [
            (matrix * counted).sum(axis=1) / opponents for matrix in (self.payoffs, self.rewards, self.cooperation)
        ]
        errors = [
            np.sqrt((matrix**2 * counted).sum(axis=1)) / opponents
            for matrix in (self.payoff_errors, self.reward_errors, self.cooperation_errors)
        ]
        standings = [Standing(*row) for row in zip(self.names, *(np.array([*means, *errors]).tolist()), strict=True)]
        # Rounded, so that equals stay equals whatever order their rows were summed in.
        return sorted(standings, key=lambda standing: (-round(getattr(standing, by), 9), standing.name))


def tournament(
    entrants: Entrants,
    game: MatrixGame,
    rewards: str | RewardFunction = "selfish",
    *,
    rounds: int | None = None,
    discount: float | None = None,
    noise: float = 0.0,
    repetitions: int = 10,
    rng: np.random.Generator | None = None,
    show: Show[tuple[int, int]] = iter,
) -> TournamentResult:
    """Let every entrant play every other, and its own twin.

    A pair of players with finite memory is computed exactly. A pair with an actor in it is played
    `repetitions` times. What a pair gets depends on the two alone: not on the order of the
    entrants, nor on who else has entered. In a game that is not symmetric each pair plays it from
    both seats, and the two count alike.

    Parameters
    ----------
    entrants
        Opponents (see `moral_games.opponents.as_player`), or a mapping from the name each one
        goes by: ``{"model": LLMPolicy(model, presentation).table, "tit_for_tat": "tit_for_tat"}``.
    game
        A game for two players.
    rewards
        The value under which everyone's rewards are counted.
    rounds
        Length of a match, `ROUNDS` by default. Nobody knows it.
    discount
        Instead of `rounds`: a match has no end, and round t counts with (1 − γ) γ^t, γ in [0, 1).
    noise
        The trembling hand: the probability that a legal action is replaced by another one, drawn
        uniformly. Both players see what was then played.
    repetitions
        How often a pair is sampled that cannot be computed; at least 2.
    rng
        Where every draw comes from; needed if a pair is sampled.
    show
        Wraps the pairs, to tell how far it is.

    Raises
    ------
    ValueError
        If the game is not for two, two entrants have one name, a number is out of range, an
        entrant is unknown or does not understand the game, or a pair must be sampled without `rng`.

    Examples
    --------
    >>> from moral_games import games
    >>> result = tournament(["tit_for_tat", "always_defect"], games.get("ipd"), rounds=4)
    >>> result.payoffs
    array([[3.  , 0.75],
           [1.75, 1.  ]])
    """
    length = Length.of(ROUNDS if rounds is None and discount is None else rounds, discount)
    Repetition(noise=noise)
    if game.players != 2:
        raise ValueError(f"a tournament is for games of two players; game {game.name!r} has {game.players}")
    if repetitions < 2:
        raise ValueError(f"repetitions must be at least 2, so that there is a standard error, got {repetitions}")
    repeated = RepeatedGame.compile(game, as_reward(rewards))
    field = _field(entrants, game)
    sampled = [entrant.name for entrant in field if not entrant.is_table]
    if sampled and rng is None:
        raise ValueError(
            f"entrants {', '.join(map(repr, sampled))} have no finite table, so their matches are sampled; "
            "give rng, e.g. rng=numpy.random.default_rng(0)"
        )
    entropy = 0 if rng is None else int(rng.integers(2**63))
    means, errors = np.zeros((2, len(MEASURES), len(field), len(field)))
    exact = np.zeros((len(field),) * 2, dtype=bool)
    # In the order of names, so that it does not matter who entered first.
    pairs = list(combinations_with_replacement(sorted(range(len(field)), key=lambda k: field[k].name), 2))
    for i, j in show(pairs):
        pair = (field[i], field[j])
        exact[i, j] = exact[j, i] = all(entrant.is_table for entrant in pair)
        if exact[i, j]:
            play = partial(exact_match, repeated, length, noise)
        else:
            play = partial(sampled_matches, repeated, length, noise, repetitions, _generator(entropy, pair))
        matches = _in_every_seat(play, pair)
        means[:, [i, j], [j, i]] = matches.mean(axis=0)
        if not exact[i, j]:
            errors[:, [i, j], [j, i]] = matches.std(axis=0, ddof=1) / np.sqrt(repetitions)
    payoffs, earned, cooperation = means
    payoff_errors, reward_errors, cooperation_errors = errors
    return TournamentResult(
        game=game,
        reward=repeated.rewards_of[0],
        names=tuple(entrant.name for entrant in field),
        payoffs=payoffs,
        rewards=earned,
        cooperation=cooperation,
        payoff_errors=payoff_errors,
        reward_errors=reward_errors,
        cooperation_errors=cooperation_errors,
        exact=exact,
    )


@dataclass(frozen=True, eq=False)
class _Entrant:
    """Someone who has entered, and a player of theirs for each seat of the game that differs."""

    name: str
    opponent: AnyOpponent
    views: list[MatrixGame]
    players: list[Player]

    @property
    def is_table(self) -> bool:
        return all(isinstance(player, FiniteStatePolicy) for player in self.players)

    def player(self, seat: int) -> Player:
        """Return who plays a seat: always the same table, but a new actor each time."""
        view = min(seat, len(self.views) - 1)
        return self.players[view] if self.is_table else as_player(self.opponent, self.views[view])


def _field(entrants: Entrants, game: MatrixGame) -> list[_Entrant]:
    if isinstance(entrants, str):
        raise TypeError(f"entrants are a list or a mapping of opponents, got the text {entrants!r}")
    views = [game] if game.is_symmetric else [game, game.seen_by(1)]
    named = entrants.items() if isinstance(entrants, Mapping) else [(None, entrant) for entrant in entrants]
    field = []
    for name, opponent in named:
        players = [as_player(opponent, view) for view in views]
        known = str(opponent) if isinstance(opponent, str | Path) else players[0].name
        field.append(_Entrant(name or known, opponent, views, players))
    names = [entrant.name for entrant in field]
    if not names:
        raise ValueError("a tournament needs at least one entrant, got none")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(
            f"more than one entrant is called {', '.join(map(repr, twice))}; "
            "give a mapping from a name of its own to each entrant"
        )
    return field


def _in_every_seat(play: Callable[[Sequence[Player]], Floats], pair: tuple[_Entrant, _Entrant]) -> Floats:
    """Return what a pair gets, the mean over its seats: (repetitions, measures, 2), a column for each of the two."""
    one, other = pair
    matches = play([one.player(0), other.player(1)])
    if len(one.views) > 1:
        matches = (matches + play([other.player(0), one.player(1)])[..., ::-1]) / 2
    if one is other:
        return np.broadcast_to(matches.mean(axis=-1, keepdims=True), matches.shape)
    return matches


def _generator(entropy: int, pair: tuple[_Entrant, _Entrant]) -> np.random.Generator:
    """Return the generator of a pair's matches, which depends on nothing but the seed and the two names."""
    names = sha256("\0".join(entrant.name for entrant in pair).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([entropy, int.from_bytes(names)]))
