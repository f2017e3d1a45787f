"""PPO of RLlib, a policy for each seat or one that all share: the way out when one machine is not enough.

Everybody learns at the same time, from episodes that env runners play in processes of their own, on this machine or on
all those of a Ray cluster. Run it with, for example::

    python -m agents.rllib --sharing shared --reward utilitarian
    python -m agents.rllib --env-runners 2 --other-reward deontological
    python -m agents.rllib --env-runners 64 --address auto

A checkpoint holds the parameters and the optimisers' state. The env runners' random states are theirs: a run that is
resumed goes on from there with other draws than the run that was not broken off, and so does a run on other machines.
Fixed players are for `agents.sb3`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from agents import options
from agents.command import command
from agents.judgement import judge
from agents.seats import Seats
from agents.side_by_side import SideBySide
from agents.study import State, study
from moral_games.runs import Run

SHARED = "shared"
"""The name of the policy that all share."""
SECONDS = 5.0
"""How long a cluster may take to answer."""


@dataclass(frozen=True)
class Options(options.Options):
    """Learn to play a game under a value, by PPO of RLlib."""

    agent: ClassVar[str] = "rllib"

    sharing: Literal["independent", "shared"] = "independent"
    """Whether each seat has a policy of its own, or all have the same."""
    iterations: int = 40
    """How often everybody plays and learns."""
    batch: int = 1_024
    """Rounds that are played in an iteration."""
    rounds: int = 16
    """Rounds of an episode; the last state counts with its value, since the game would go on."""
    learning_rate: float = 3e-3
    """Step size."""
    hidden: tuple[int, ...] = (32,)
    """Widths of the hidden layers."""
    env_runners: int = 0
    """Processes that play; 0 for the one that learns."""
    address: str | None = None
    """A Ray cluster, HOST:PORT or auto; by default one is started on this machine."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        for name, least in (("iterations", 1), ("batch", 1), ("rounds", 1), ("env_runners", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.sharing not in ("independent", "shared"):
            raise ValueError(f"sharing must be independent or shared, got {self.sharing!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate}")
        if any(width < 1 for width in self.hidden):
            raise ValueError(f"hidden layers have at least 1 unit, got {self.hidden}")
        if self.opponent:
            raise ValueError(
                f"in agents.rllib everybody learns; --opponent {' '.join(self.opponent)} is for agents.sb3"
            )

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run: not where it runs."""
        return {key: entry for key, entry in super().to_json().items() if key != "address"}


class RLlibLearner:
    """One seed: an algorithm of RLlib for all seats. It needs Ray to be connected; see `connected`.

    Parameters
    ----------
    seats
        Who plays; everybody learns.
    settings
        The constants; of the seeds, the first counts.

    Raises
    ------
    ValueError
        If an option is out of range, or a policy cannot be shared.
    """

    def __init__(self, seats: Seats, settings: Options) -> None:
        check(seats, settings)
        self.seats, self.settings, self.done = seats, settings, 0
        self.algorithm = configuration(seats, settings).build_algo()

    @property
    def total(self) -> int:
        """How many iterations there are."""
        return self.settings.iterations

    def advance(self) -> Mapping[str, float]:
        """Let everybody play and learn once; return the exact measures of what they have learned."""
        self.algorithm.train()
        self.done += 1
        (learned,) = self.policies()
        judged = judge(self.seats, learned, self.settings.discount, self.settings.initial)["learners"]
        return {
            f"{name}/player_{seat}": found["measures"][name]
            for seat, found in enumerate(judged)
            for name in ("reward", "payoff", "cooperation", "exploitability")
        }

    def state(self) -> State:
        """Return parameters and optimisers' states."""
        held = self.algorithm.learner_group.get_state()["learner"]
        arrays = {
            f"parameters/{policy}/{name}": array
            for policy, parameters in held["rl_module"].items()
            for name, array in parameters.items()
        }
        for optimiser, kept in held["optimizer"].items():
            for number, slots in kept["state"]["state"].items():
                arrays |= {f"optimiser/{optimiser}/{number}/{slot}": np.array(it) for slot, it in slots.items()}
        return arrays, {"done": self.done}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned, with other draws from there on."""
        arrays, rest = state
        group = self.algorithm.learner_group
        held = group.get_state()
        for name, array in arrays.items():
            kind, owner, place = name.split("/", 2)
            if kind == "parameters":
                held["learner"]["rl_module"][owner][place] = array
            else:
                number, slot = place.split("/")
                slots = held["learner"]["optimizer"][owner]["state"]["state"]
                slots.setdefault(int(number), {})[slot] = array
        group.set_state(held)
        runners = self.algorithm.env_runner_group
        runners.sync_weights(from_worker_or_learner_group=group, inference_only=True)
        self.done = rest["done"]

    def policies(self) -> list[tuple[mg.PolicyTable, ...]]:
        """Return everybody's table: the probabilities of the actions in each state."""
        states = 1 + len(self.seats.game.joint_actions)
        (found,) = (result.get() for result in self.algorithm.learner_group.foreach_learner(_reader(states)))
        names = [_policy_name(self.settings, seat) for seat in self.seats.learners]
        return [tuple(mg.PolicyTable(found[name], "ppo") for name in names)]

    def close(self) -> None:
        """Stop the processes that play."""
        self.algorithm.stop()


def check(seats: Seats, settings: Options) -> None:
    """Raise a ValueError if an option is out of range, or a policy cannot be shared."""
    settings.check()
    if seats.fixed:
        raise ValueError("in agents.rllib everybody learns; fixed players are for agents.sb3")
    if settings.sharing == "shared" and len(set(seats.game.shape)) > 1:
        raise ValueError(
            f"a policy cannot be shared by seats with {seats.game.shape} actions; use --sharing independent"
        )
    if settings.sharing == "shared" and len({str(value) for value in seats.rewards}) > 1:
        raise ValueError(
            f"a policy cannot be shared by seats that value {' and '.join(map(str, seats.rewards))}: "
            "it does not see on which it sits; use --sharing independent"
        )


def configuration(seats: Seats, settings: Options) -> Any:
    """Return RLlib's configuration of the algorithm, for whoever wants to change more of it."""
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

    from moral_games.envs import rllib

    env = rllib.register(seats.game, rewards=seats.rewards, rounds=settings.rounds, initial=settings.initial)
    names = {f"player_{seat}": _policy_name(settings, seat) for seat in seats.learners}
    return (
        PPOConfig()
        .environment(env)
        .multi_agent(policies=set(names.values()), policy_mapping_fn=lambda agent, *_, **__: names[agent])
        .env_runners(num_env_runners=settings.env_runners)
        .learners(num_learners=0)
        .training(
            gamma=settings.discount,
            lr=settings.learning_rate,
            train_batch_size_per_learner=settings.batch,
            minibatch_size=min(256, settings.batch),
            num_epochs=10,
            use_kl_loss=False,
            clip_param=0.2,
        )
        .rl_module(model_config=DefaultModelConfig(fcnet_hiddens=list(settings.hidden)))
        .debugging(seed=settings.seed, log_level="ERROR")
    )


@contextmanager
def connected(address: str | None = None, env_runners: int = 0) -> Iterator[None]:
    """Connect to a Ray cluster, or start Ray on this machine, and leave it again; where Ray is connected it stays so.

    Parameters
    ----------
    address
        ``HOST:PORT``, ``"auto"`` for the cluster that this machine belongs to, or None to start Ray here.
    env_runners
        Processes that play; Ray on this machine is told to find room for them.

    Raises
    ------
    ValueError
        If there is no cluster at the address, or it does not let this process in.
    """
    import ray

    if address is None and ray.is_initialized():
        yield
        return
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if address is None:
        ray.init(num_cpus=1 + env_runners, include_dashboard=False, **quiet)
    else:
        _look_for(address)
        try:
            ray.init(address=address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            if address == "auto":
                raise ValueError(_absent(address)) from error
            raise ValueError(
                f"something answers at {address!r}, but Ray cannot join it ({error}); the cluster needs the same "
                "versions of Ray and Python as this machine and, where it asks for one, the same authentication token"
            ) from error
    try:
        yield
    finally:
        ray.shutdown()


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    check(seats, asked)
    learners = []
    with connected(asked.address, asked.env_runners * asked.seeds):
        try:
            for seed in range(asked.seed, asked.seed + asked.seeds):
                learners.append(RLlibLearner(seats, replace(asked, seed=seed, seeds=1)))
            return study(asked, seats, SideBySide(learners))
        finally:
            for learner in learners:
                learner.close()


def _policy_name(settings: Options, seat: int) -> str:
    return SHARED if settings.sharing == "shared" else f"player_{seat}"


def _reader(states: int) -> Any:
    """Return a function that reads the tables of a learner's policies, wherever the learner is."""

    def tables(learner: Any) -> dict[str, NDArray[np.float64]]:
        import torch

        observed = {"obs": torch.eye(states)}
        with torch.no_grad():
            logits = {
                name: learner.module[name].forward_inference(observed)["action_dist_inputs"]
                for name in learner.module.keys()  # noqa: SIM118
            }
        return {name: each.double().softmax(dim=-1).numpy() for name, each in logits.items()}

    return tables


def _look_for(address: str) -> None:
    """Raise a ValueError if nobody answers at HOST:PORT, which Ray itself takes minutes to find out."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"address must be HOST:PORT or auto, got {address!r}")
    try:
        socket.create_connection((host, int(port)), SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ValueError(_absent(address)) from error


def _absent(address: str) -> str:
    return (
        f"there is no Ray cluster at {address!r}; start one (ray start --head), give its HOST:PORT, "
        "or leave --address out to run on this machine"
    )


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
