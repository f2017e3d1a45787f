"""A match that somebody plays round by round against a policy whose memory can be watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moral_games.envs.session import Session
from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy, memory_of, remembering, window_count
from moral_games.repeated import RepeatedGame, state_labels
from moral_games.repetition import Repetition, row_major
from moral_games.rewards import Rewards

MOST_ROUNDS = 10_000
"""After so many rounds a match is over."""


@dataclass(frozen=True)
class Played:
    """One round: the two actions (-1 for an illegal answer), the payoffs, and the player's moral reward."""

    actions: tuple[int, ...]
    payoffs: tuple[float, ...]
    reward: float


class Match:
    """A match of player 0 against a policy.

    Parameters
    ----------
    game
        A game for two.
    values
        The value by which player 0 is judged.
    opponent
        Who plays against it, seen as player 0 of ``game.seen_by(1)``.
    seed
        Where all draws come from: with the same actions the match is the same.

    Raises
    ------
    ValueError
        If the game is not for two, or the opponent or the value does not fit it.
    """

    def __init__(self, game: MatrixGame, values: Rewards, opponent: FiniteStatePolicy, seed: int) -> None:
        if game.players != 2:
            raise ValueError(f"a match is played by two; game {game.name!r} has {game.players} players")
        opponent.check(game.seen_by(1))
        RepeatedGame.compile(game, values)
        self.game, self.opponent, self.seed = game, opponent, seed
        self.rounds: list[Played] = []
        self.memory = 0
        self._kept = (-1, -1)
        self._session = Session(game, values, Repetition(rounds=MOST_ROUNDS), {1: opponent})
        self._session.seed(seed)
        self._session.reset()

    @property
    def over(self) -> bool:
        """Whether no more rounds can be played."""
        return len(self.rounds) >= MOST_ROUNDS

    def play(self, action: int) -> Played:
        """Play a round.

        Raises
        ------
        ValueError
            If the game has no such action, or the match is over.
        """
        if self.over:
            raise ValueError(f"the match is over after {MOST_ROUNDS:,} rounds; begin another")
        actions, payoffs, rewards, _, _ = self._session.play([self._session.check(0, action), 0])
        self.rounds.append(Played(actions, payoffs, rewards[0]))
        self._kept = (actions[0], actions[1] if actions[1] >= 0 else self._kept[1])
        if self._kept[1] >= 0:
            seen = row_major(self.game.shape[::-1], self._kept[::-1])
            self.memory = int(self.opponent.transitions[self.memory, seen - 1])
        return self.rounds[-1]

    def totals(self) -> tuple[float, float, float]:
        """Return the sums of both payoffs and of the player's rewards."""
        own, other = (sum(played.payoffs[i] for played in self.rounds) for i in (0, 1))
        return own, other, sum(played.reward for played in self.rounds)


def memory_labels(policy: FiniteStatePolicy, game: MatrixGame) -> tuple[str, ...]:
    """Return how each memory state of a policy is told: the rounds it stands for, the policy's own action first.

    Parameters
    ----------
    policy
        The policy.
    game
        The game, seen with the policy as player 0.

    Returns
    -------
    tuple
        ``state 0``, ``state 1`` and so on where a state is no window of rounds.

    Examples
    --------
    >>> from moral_games import games, opponents
    >>> game = games.get("ipd")
    >>> memory_labels(opponents.as_policy("tit_for_tat", game), game)
    ('start', 'CC', 'CD', 'DC', 'DD')
    >>> memory_labels(opponents.as_policy("grim", game), game)
    ('state 0', 'state 1')
    """
    states, joint_actions = len(policy.probabilities), len(game.joint_actions)
    if states == 1:
        return ("always",)
    memory = memory_of(states, joint_actions)
    if window_count(joint_actions, memory) == states and np.array_equal(
        policy.transitions, remembering(joint_actions, memory)
    ):
        return state_labels(game, memory)
    return tuple(f"state {state}" for state in range(states))
