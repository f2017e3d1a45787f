"""PPO, A2C and DQN of stable-baselines3: one learner against fixed players, or an independent model for each seat.

Learners advance block by block. In a block a model plays a batch of games against the tables that the other seats
hold, so that to stable-baselines3 it is always a single learner in a stationary world; between blocks the tables are
read off the networks anew. Where several seats learn, ``--turns simultaneous`` lets each of them learn against the
tables that the others had when the block began, and ``--turns alternate`` against those they have just learned. Shorter
blocks are nearer to learning at every round, longer ones nearer to best responses in turn. Run it with, for example::

    python -m agents.sb3 --algorithm ppo --opponent tit_for_tat
    python -m agents.sb3 --algorithm dqn --game stag_hunt --reward deontological --other-reward selfish --seeds 5

Every block has its own seed and begins with new games, and in DQN with an empty replay buffer: experience with players
who have since changed is not kept. What goes from block to block, and into checkpoints, is the parameters (with DQN's
target network) and the optimiser's state; so a run that is resumed is the run that was not broken off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.base_class import BaseAlgorithm

import moral_games as mg
from agents import options
from agents.command import command
from agents.judgement import judge
from agents.seats import Seats
from agents.side_by_side import SideBySide
from agents.study import Arrays, State, study
from moral_games.envs.sb3 import MatrixGameVecEnv
from moral_games.policy import trembling, windows
from moral_games.runs import Run

ALGORITHMS: dict[str, type[BaseAlgorithm]] = {"ppo": PPO, "a2c": A2C, "dqn": DQN}
CONSTANTS: dict[str, dict[str, Any]] = {
    "ppo": {"learning_rate": 3e-3, "n_steps": 64, "batch_size": 256},
    "a2c": {"learning_rate": 3e-3, "n_steps": 16, "normalize_advantage": True},
    "dqn": {
        "learning_rate": 3e-3,
        "learning_starts": 256,
        "train_freq": 1,
        "gradient_steps": 4,
        "batch_size": 128,
        "target_update_interval": 256,
    },
}
"""What an algorithm is given beside the options; the rest is stable-baselines3's default."""


@dataclass(frozen=True)
class Options(options.Options):
    """Learn to play a game under a value, by an algorithm of stable-baselines3."""

    agent: ClassVar[str] = "sb3"

    algorithm: Literal["ppo", "a2c", "dqn"] = "ppo"
    """Which algorithm."""
    turns: Literal["simultaneous", "alternate"] = "simultaneous"
    """Whom a learner meets: the others as they were when the block began, or as they have just become."""
    steps: int = 40_960
    """Rounds that each learner plays, at least; blocks are played whole."""
    block: int = 2_048
    """Rounds that a learner plays before the others' tables are read anew."""
    num_envs: int = 16
    """Games that a learner plays side by side."""
    rounds: int = 20
    """Rounds of an episode; the last state counts with its value, since the game would go on."""
    memory: int = 1
    """How many rounds a learner observes."""
    learning_rate: float | None = None
    """Step size; the algorithm's own in CONSTANTS by default."""
    hidden: tuple[int, ...] = (32,)
    """Widths of the hidden layers."""
    exploration: float = 0.2
    """DQN only: the probability of a random action at first; it falls to a hundredth of that."""
    entropy: float = 0.0
    """PPO and A2C only: the weight of the policy's entropy at first; it falls to nothing."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        for name in ("steps", "block", "num_envs", "rounds", "memory"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {self.algorithm!r}")
        if self.turns not in ("simultaneous", "alternate"):
            raise ValueError(f"turns must be simultaneous or alternate, got {self.turns!r}")
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate}")
        if not self.entropy >= 0:
            raise ValueError(f"entropy must be at least 0, got {self.entropy}")
        if not 0 <= self.exploration <= 1:
            raise ValueError(f"exploration must be a probability in [0, 1], got {self.exploration}")
        if any(width < 1 for width in self.hidden):
            raise ValueError(f"hidden layers have at least 1 unit, got {self.hidden}")
        if self.block % self.rollout:
            raise ValueError(
                f"{self.algorithm} learns from {self.rollout} rounds of {self.num_envs} games at a time; "
                f"block must be a multiple of that, got {self.block}"
            )

    @property
    def rollout(self) -> int:
        """Rounds that are played between two updates."""
        return int(CONSTANTS[self.algorithm].get("n_steps", 1)) * self.num_envs

    @property
    def blocks(self) -> int:
        """How many blocks each learner plays."""
        return -(-self.steps // self.block)

    def exploring(self, block: int) -> float:
        """Return the probability of a random action in a block: in DQN it falls linearly over the first half."""
        return self.exploration * max(self.left(block), 0.01) if self.algorithm == "dqn" else 0.0

    def left(self, block: int) -> float:
        """Return what is left of exploration in a block: it falls linearly from 1 to 0 over the first half."""
        return max(1 - 2 * block / self.blocks, 0.0)


class IndependentModels:
    """One seed: a model of stable-baselines3 on each seat that learns.

    Parameters
    ----------
    seats
        Who plays.
    settings
        The constants; of the seeds, the first counts.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    def __init__(self, seats: Seats, settings: Options) -> None:
        settings.check()
        self.seats, self.settings, self.block = seats, settings, 0
        unlearned = [uniform(seats.game.seen_by(seat)) for seat in seats.learners]
        models = {seat: self._model(seat, seats.everybody(unlearned)) for seat in seats.learners}
        self.kept = {seat: to_arrays(model) for seat, model in models.items()}
        self.tables = {seat: self._table(seat, model) for seat, model in models.items()}

    @property
    def done(self) -> int:
        """How many rounds each learner has played."""
        return self.block * self.settings.block

    @property
    def total(self) -> int:
        """How many rounds each learner plays."""
        return self.settings.blocks * self.settings.block

    def advance(self) -> Mapping[str, float]:
        """Let every learner play and learn for a block; return the exact measures of what they have learned."""
        met = self._acting()
        for seat in self.seats.learners:
            model = self._model(seat, met if self.settings.turns == "simultaneous" else self._acting())
            from_arrays(model, self.kept[seat])
            model.learn(self.settings.block)
            self.kept[seat], self.tables[seat] = to_arrays(model), self._table(seat, model)
        self.block += 1
        (learned,) = self.policies()
        judged = judge(self.seats, learned, self.settings.discount, self.settings.initial)["learners"]
        return {
            f"{name}/player_{seat}": found["measures"][name]
            for seat, found in zip(self.seats.learners, judged, strict=True)
            for name in ("reward", "payoff", "cooperation", "exploitability")
        }

    def state(self) -> State:
        """Return parameters, optimisers' states and tables."""
        arrays = {f"{seat}/{name}": array for seat, kept in self.kept.items() for name, array in kept.items()}
        tables = {f"{seat}/table": policy.probabilities for seat, policy in self.tables.items()}
        return arrays | tables, {"block": self.block}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        for seat in self.seats.learners:
            own = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{seat}/")}
            self.tables[seat] = self._policy(own.pop("table"))
            self.kept[seat] = own
        self.block = rest["block"]

    def policies(self) -> list[tuple[mg.FiniteStatePolicy, ...]]:
        """Return the learners' tables: probabilities in PPO and A2C, the greedy action in DQN."""
        return [tuple(self.tables[seat] for seat in self.seats.learners)]

    def _acting(self) -> list[mg.FiniteStatePolicy]:
        """Return everybody as they play in this block: DQN's learners explore."""
        noise = self.settings.exploring(self.block)
        return self.seats.everybody([_exploring(self.tables[seat], noise) for seat in self.seats.learners])

    def _model(self, seat: int, policies: Sequence[mg.FiniteStatePolicy]) -> BaseAlgorithm:
        """Return a new model for a seat, which is to meet these policies in this block."""
        asked = self.settings
        order = self.seats.order(seat)
        env = MatrixGameVecEnv(
            self.seats.game,
            asked.num_envs,
            player=seat,
            opponent=[policies[other] for other in order[1:]],
            reward=[self._scale(seat) * value for value in self.seats.rewards],
            rounds=asked.rounds,
            memory=asked.memory,
            initial=asked.initial,
        )
        given = CONSTANTS[asked.algorithm] | {"gamma": asked.discount}
        if asked.learning_rate is not None:
            given |= {"learning_rate": asked.learning_rate}
        if asked.algorithm == "dqn":
            first, last = asked.exploring(self.block), asked.exploring(self.block + 1)
            given |= {"exploration_fraction": 1.0, "exploration_initial_eps": first, "exploration_final_eps": last}
            given |= {"buffer_size": asked.block}
        elif asked.entropy:
            given |= {"ent_coef": asked.entropy * asked.left(self.block)}
        return ALGORITHMS[asked.algorithm](
            "MlpPolicy",
            env,
            seed=int(np.random.SeedSequence([asked.seed, seat, self.block]).generate_state(1)[0] // 2),
            policy_kwargs={"net_arch": list(asked.hidden)},
            device="cpu",
            **given,
        )

    def _scale(self, seat: int) -> float:
        """Return what rewards are multiplied with.

        DQN's Huber loss is squared up to errors of 1; beyond that what is learned is a median, not a mean. So for DQN
        no return differs from another by more than 1.
        """
        if self.settings.algorithm != "dqn":
            return 1.0
        span = float(np.ptp(self.seats.repeated.legal_rewards[..., seat]))
        return (1 - self.settings.discount) / max(span, 1e-9)

    def _table(self, seat: int, model: BaseAlgorithm) -> mg.FiniteStatePolicy:
        """Read a table off a network: what it does after each window of joint actions."""
        observed = _observations(len(self.seats.game.joint_actions), self.settings.memory)
        if isinstance(model, DQN):
            actions, _ = model.predict(observed, deterministic=True)
            return self._policy(np.eye(self.seats.game.shape[seat])[actions])
        with torch.no_grad():
            dealt = model.policy.get_distribution(torch.as_tensor(observed))  # type: ignore[operator]
        return self._policy(dealt.distribution.probs.double().numpy())

    def _policy(self, probabilities: NDArray[np.float64]) -> mg.FiniteStatePolicy:
        if self.settings.memory == 1:
            return mg.PolicyTable(probabilities, self.settings.algorithm)
        joint = len(self.seats.game.joint_actions)
        return mg.FiniteStatePolicy.from_windows(probabilities, joint, self.settings.algorithm)


def uniform(game: mg.MatrixGame) -> mg.PolicyTable:
    """Return the policy that draws every action with equal probability."""
    return mg.PolicyTable(np.full((1 + len(game.joint_actions), game.shape[0]), 1 / game.shape[0]))


def to_arrays(model: BaseAlgorithm) -> Arrays:
    """Return a model's parameters and its optimiser's state, ``policy/NAME`` and ``optimiser/NUMBER/NAME``."""
    held = {f"policy/{name}": entry for name, entry in model.policy.state_dict().items()}
    for number, slots in model.policy.optimizer.state_dict()["state"].items():
        held |= {f"optimiser/{number}/{name}": torch.as_tensor(entry) for name, entry in slots.items()}
    return {name: entry.detach().numpy().copy() for name, entry in held.items()}


def from_arrays(model: BaseAlgorithm, arrays: Arrays) -> None:
    """Give a new model the parameters and the optimiser's state that `to_arrays` has returned."""
    parameters: dict[str, torch.Tensor] = {}
    slots: dict[int, dict[str, torch.Tensor]] = {}
    for name, array in arrays.items():
        kind, _, rest = name.partition("/")
        entry = torch.as_tensor(np.array(array))
        if kind == "policy":
            parameters[rest] = entry
        else:
            number, _, slot = rest.partition("/")
            slots.setdefault(int(number), {})[slot] = entry
    model.policy.load_state_dict(parameters)
    optimiser = model.policy.optimizer
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})


def learner(seats: Seats, asked: Options) -> SideBySide:
    """Return the models of every seed; raises a ValueError if an option is out of range."""
    seeds = range(asked.seed, asked.seed + asked.seeds)
    return SideBySide([IndependentModels(seats, replace(asked, seed=seed, seeds=1)) for seed in seeds])


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


def _exploring(policy: mg.FiniteStatePolicy, exploration: float) -> mg.FiniteStatePolicy:
    """Return a policy that draws any action at random with a probability, as DQN explores."""
    actions = policy.probabilities.shape[1]
    return trembling(policy, exploration * (actions - 1) / actions)


def _observations(joint_actions: int, memory: int) -> NDArray[np.float32]:
    """Return what a learner observes in each memory state; (M, memory × (1 + J))."""
    seen = np.eye(1 + joint_actions, dtype=np.float32)[1 + windows(joint_actions, memory)]
    return seen.reshape(len(seen), -1)


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
