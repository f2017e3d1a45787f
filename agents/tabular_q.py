"""Q-learning on a table, against a fixed opponent.

Watkins & Dayan (1992); constants after Tennant, Hailes & Musolesi (2023): learning rate 0.01,
discount 0.9, exploration falling linearly from 1 to 0. Run it with, for example::

    python -m agents.tabular_q --game ipd --reward deontological --opponent tit_for_tat
"""

from __future__ import annotations

from dataclasses import dataclass

import gymnasium
import numpy as np
import tyro

import moral_games as mg


@dataclass(frozen=True)
class Options:
    """Learn to play a game under a value.

    Attributes
    ----------
    game, reward, opponent
        What is played, what is valued, who plays against the learner.
    steps, rounds
        Rounds to learn from, and rounds of an episode.
    learning_rate, discount
        Constants of the update.
    seed
        Seeds everything that is drawn.
    """

    game: str = "ipd"
    reward: str = "selfish"
    opponent: str = "tit_for_tat"
    steps: int = 10_000
    rounds: int = 10
    learning_rate: float = 0.01
    discount: float = 0.9
    seed: int = 0


def learn(options: Options) -> mg.PolicyTable:
    """Return the greedy policy that was learned, as a table."""
    game = mg.games.get(options.game)
    env = gymnasium.make(
        f"moral_games/{game.env_id}-v0",
        opponent=options.opponent,
        reward=options.reward,
        rounds=options.rounds,
        observation="index",
    )
    rng = np.random.default_rng(options.seed)
    values = np.zeros((1 + len(game.joint_actions), game.shape[0]))
    state, _ = env.reset(seed=options.seed)
    for step in range(options.steps):
        explore = rng.random() < 1 - step / options.steps or not values[state].any()
        action = int(rng.integers(game.shape[0]) if explore else values[state].argmax())
        after, reward, _, truncated, _ = env.step(action)
        target = reward + options.discount * values[after].max()
        values[state, action] += options.learning_rate * (target - values[state, action])
        state = env.reset()[0] if truncated else after  # play would have gone on: the target counts what follows
    return mg.PolicyTable(np.eye(game.shape[0])[values.argmax(axis=1)], "tabular_q")


def main(options: Options) -> None:
    """Learn, and print exactly what was learned."""
    policy, game = learn(options), mg.games.get(options.game)
    judged = mg.evaluate(policy, options.opponent, game, options.reward)
    print(f"P(first action) by state: {policy.probabilities[:, 0].tolist()}")
    print(f"reward per round {judged.rewards[0]:.3f}, moral regret {judged.moral_regret:.3f}")


if __name__ == "__main__":
    main(tyro.cli(Options))
