"""One learner among fixed players faces a Markov decision problem; here it is solved and differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.chain import check_square, episode_occupancy, joint
from moral_games.policy import FiniteStatePolicy, uniform
from moral_games.repeated import RepeatedGame
from moral_games.situations import Floats, Situations, shift_chances


@dataclass(frozen=True, eq=False)
class DecisionProblem:
    """What player 0 faces when the other players' policies are fixed.

    Attributes
    ----------
    situations
        All that can be met; player 0 remembers the last joint actions.
    rewards
        (K, A_0 + 1) float64: player 0's expected reward for each action, the last an illegal answer.
    moves
        (K, A_0 + 1, K) float64: the probability of each following situation.
    """

    situations: Situations
    rewards: Floats
    moves: Floats

    @classmethod
    def build(
        cls,
        repeated: RepeatedGame,
        opponents: Sequence[FiniteStatePolicy],
        noise: float = 0.0,
        observation_noise: float = 0.0,
        memory: int = 1,
    ) -> DecisionProblem:
        """Average the opponents out of the game.

        Parameters
        ----------
        repeated
            The game's tables.
        opponents
            The other seats' policies, as they act: already trembling where they tremble.
        noise, observation_noise
            How often player 0's own hand trembles, and how often players misread each other; see
            `moral_games.repetition.Repetition`.
        memory
            How many rounds player 0 remembers. It counts where player 0 has a policy: what is best is that of one
            who knows what everybody remembers.
        """
        policies = [uniform(repeated.game, memory), *opponents]
        met = Situations.build(repeated, policies, observation_noise)
        others = joint(met.acting(policies)[1:]) if opponents else np.ones((len(met.states), 1))
        situations, actions = len(met.states), repeated.game.shape[0] + 1
        check_square(situations, actions)
        rewards = np.einsum("kaj,kj->ka", met.rewards[..., 0].reshape(situations, actions, -1), others)
        following = met.following.reshape(situations, actions, -1, len(met.readings))
        moves = np.zeros((situations, actions, situations))
        where = (np.arange(situations)[:, None, None, None], np.arange(actions)[None, :, None, None], following)
        np.add.at(moves, where, np.broadcast_to(others[:, None, :, None] * met.readings, following.shape))
        hand = _hand(actions, noise)
        return cls(met, rewards @ hand.T, np.einsum("ab,kbl->kal", hand, moves))

    def best(self, discount: float, sign: int = 1) -> tuple[NDArray[np.int64], Floats]:
        """Return the best legal action and its value in each situation, by policy iteration.

        The choice may differ between situations: it is that of a player who knows what everybody
        remembers. Where players misread each other, no player knows that, and the value is an upper
        bound on what can be attained.

        Parameters
        ----------
        discount
            In [0, 1).
        sign
            1 for the best, -1 for the worst.

        Returns
        -------
        tuple
            Actions (K,) int and values (K,): (1 − γ) times the discounted sum of rewards.
        """
        rewards, moves = sign * (1 - discount) * self.rewards[:, :-1], self.moves[:, :-1]
        rows = np.arange(len(rewards))
        chosen = np.zeros(len(rewards), dtype=np.int64)
        while True:
            values = np.linalg.solve(np.eye(len(rows)) - discount * moves[rows, chosen], rewards[rows, chosen])
            quality = rewards + discount * moves @ values
            improved = np.where(quality.max(1) > quality[rows, chosen] + 1e-12, quality.argmax(1), chosen)
            if np.array_equal(improved, chosen):
                return chosen, sign * values
            chosen = improved

    def episode_reward(self, policy: Floats, rounds: int, initial: str = "random") -> float:
        """Return the mean reward per round of an episode.

        Parameters
        ----------
        policy
            (M, A_0 + 1): action probabilities by memory state, an illegal answer last.
        rounds, initial
            Length of the episode, and how it begins (see `Situations.first`).
        """
        acting = policy[self.situations.memory[:, 0]]
        visits = episode_occupancy(np.einsum("ka,kal->kl", acting, self.moves), self.situations.first(initial), rounds)
        return float(visits @ (acting * self.rewards).sum(axis=1))

    def policy_gradient(self, policy: Floats, rounds: int, discount: float, initial: str = "random") -> Floats:
        """Return the weight of each action probability in the gradient of an episode's reward.

        For a policy table π of player 0 it is Σ_t d_t(s) Q_t(s, a) / rounds, with d_t the exact
        probability of state s in round t and Q_t the exact expected sum of rewards from then to the
        episode's end, discounted. With ``discount=1`` this is the gradient of the mean reward
        of an episode with respect to π(a|s); with ``discount=0`` each action answers for its own
        reward alone.

        Parameters
        ----------
        policy
            (M, A_0 + 1): action probabilities by memory state, an illegal answer last.
        rounds
            Length of an episode.
        discount
            In [0, 1].
        initial
            How an episode begins (see `Situations.first`).

        Returns
        -------
        ndarray
            (M, A_0 + 1) float64.
        """
        states = self.situations.memory[:, 0]
        acting = policy[states]
        matrix = np.einsum("ka,kal->kl", acting, self.moves)
        visits = [self.situations.first(initial)]
        for _ in range(rounds - 1):
            visits.append(visits[-1] @ matrix)
        weights = np.zeros_like(policy)
        values = np.zeros(len(states))
        for visit in reversed(visits):
            quality = self.rewards + discount * self.moves @ values
            np.add.at(weights, states, visit[:, None] * quality / rounds)
            values = (acting * quality).sum(axis=1)
        return weights


def _hand(actions: int, noise: float) -> Floats:
    """Return the probability that an intended action becomes each action, an illegal answer last and steady."""
    shifts = shift_chances(actions - 1, noise)
    hand = np.eye(actions)
    hand[:-1, :-1] = [np.roll(shifts, action) for action in range(actions - 1)]
    return hand
