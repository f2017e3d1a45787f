"""Runs of our environments, and of Gymnasium's and PettingZoo's ways to step the same games."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import SyncVectorEnv, VectorEnv
from pettingzoo import ParallelEnv

from benchmarks.env_speed.bare import ROUNDS, BareParallel, BareSingle, FeaturedParallel
from benchmarks.env_speed.timing import Contender, Run
from moral_games import RepeatedGame, games
from moral_games.analysis.matches import Length, sampled_matches
from moral_games.analysis.simulation import simulate
from moral_games.envs import MatrixGameEnv, MatrixGameVectorEnv, ParallelMatrixGame
from moral_games.opponents import as_policy

_ACTIONS = 4
"""How many arrays of actions a vector environment is given in turn."""

CONTROLS: dict[str, Any] = {
    "opponent": "generous_tit_for_tat",
    "reward": "deontological",
    "noise": 0.05,
    "observation_noise": 0.05,
    "continue_probability": 0.99,
    "memory": 2,
    "autoreset_mode": "SameStep",
}
"""Noise, misreading, a random ending, a longer memory, a moral reward, and the costlier autoreset."""

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "index observations": {"observation": "index"},
    "one-hot observations (the default)": {},
    "random opponent, one-hot": {"opponent": "random"},
    "all controls, index": {**CONTROLS, "observation": "index"},
    "all controls, one-hot": CONTROLS,
}
"""What the native vector environment is timed in; the opponent is Tit for Tat unless said."""


def parallel_episode(make: Callable[[], ParallelEnv]) -> Run:
    """Prepare an episode of `ROUNDS` rounds, begun by a reset, with actions from the spaces' own samplers."""
    env = make()
    for agent in env.possible_agents:
        env.action_space(agent).seed(0)
    actions = [{agent: env.action_space(agent).sample() for agent in env.possible_agents} for _ in range(ROUNDS)]
    env.reset(seed=0)

    def run() -> None:
        env.reset()
        for joint in actions:
            env.step(joint)

    return run


def single_episode(make: Callable[[], gymnasium.Env]) -> Run:
    """Prepare an episode of `ROUNDS` rounds, begun by a reset, with actions from the space's own sampler."""
    env = make()
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(ROUNDS)]
    env.reset(seed=0)

    def run() -> None:
        env.reset()
        for action in actions:
            env.step(action)

    return run


def vector_step(make: Callable[[], Any], played: int = 0) -> Run:
    """Prepare a few steps of a vector environment, with random actions, after `played` steps.

    Scalar environments judge a round when they first meet it and look it up afterwards.
    """
    env = make()
    rng = np.random.default_rng(0)
    actions = [rng.integers(env.single_action_space.n, size=env.num_envs) for _ in range(_ACTIONS)]
    env.reset(seed=0)
    for _ in range(played):
        env.step(rng.integers(env.single_action_space.n, size=env.num_envs))

    def run() -> None:
        for chosen in actions:
            env.step(chosen)

    return run


def native(environments: int, game: str = "ipd", **options: Any) -> Contender:
    """Return our vector environment as a contender."""
    make = partial(_quiet_native, environments, game, **options)
    steps = environments * _ACTIONS
    return Contender("MatrixGameVectorEnv", environments, steps, partial(vector_step, make))


def synchronous(environments: int, options: dict[str, Any]) -> Contender:
    """Return Gymnasium's loop over our scalar environment as a contender."""
    mode = options.get("autoreset_mode", "NextStep")
    own = {key: value for key, value in options.items() if key != "autoreset_mode"}
    return _loop("SyncVectorEnv of MatrixGameEnv", environments, partial(MatrixGameEnv, "ipd", **own), mode)


def synchronous_bare(environments: int) -> Contender:
    """Return Gymnasium's loop over the bare environment as a contender."""
    return _loop("SyncVectorEnv of the bare env", environments, BareSingle, "NextStep")


def parallel_contenders() -> list[Contender]:
    """Return who plays a round of two learners."""
    makers: dict[str, Callable[[], ParallelEnv]] = {
        "ParallelMatrixGame": partial(ParallelMatrixGame, "ipd", rounds=ROUNDS),
        "bare ParallelEnv": BareParallel,
        "bare ParallelEnv with the same features": FeaturedParallel,
    }
    ours = [Contender(name, 1, ROUNDS, partial(parallel_episode, make)) for name, make in makers.items()]
    rps = Contender("PettingZoo rps_v2 (parallel)", 1, ROUNDS, _rock_paper_scissors, "pip install pygame")
    return [*ours, rps]


def single_contenders() -> list[Contender]:
    """Return who plays a round of one learner against Tit for Tat."""
    makers: dict[str, Callable[[], gymnasium.Env]] = {
        "MatrixGameEnv": partial(MatrixGameEnv, "ipd", rounds=ROUNDS),
        'gymnasium.make("moral_games/IPD-v0")': partial(gymnasium.make, "moral_games/IPD-v0", rounds=ROUNDS),
        "bare Gymnasium env": BareSingle,
    }
    return [Contender(name, 1, ROUNDS, partial(single_episode, make)) for name, make in makers.items()]


def public_goods(count: int, environments: int) -> Contender:
    """Return our vector environment of a public goods game among `count` players."""
    contender = native(environments, f"public_goods(players={count})", opponent="random", observation="index")
    return replace(contender, name=f"MatrixGameVectorEnv, {count} players")


def public_goods_parallel(count: int) -> Contender:
    """Return our parallel environment of a public goods game among `count` players."""
    make = partial(ParallelMatrixGame, f"public_goods(players={count})", rounds=ROUNDS, observation="index")
    return Contender(f"ParallelMatrixGame, {count} players", 1, ROUNDS, partial(parallel_episode, make))


def matches(count: int, rounds: int) -> list[Contender]:
    """Return Tit for Tat against Random: `count` matches at once, and one after the other."""
    at_once = partial(_simulated, count, rounds)
    return [
        Contender("simulate: Tit for Tat, Random", count, count * rounds, at_once),
        Contender("sampled_matches: Tit for Tat, Random", 1, rounds, partial(_sampled, rounds)),
    ]


def _sampled(rounds: int) -> Run:
    game = games.get("ipd")
    policies = [as_policy("tit_for_tat", game), as_policy("random", game)]
    length, rng = Length.of(rounds=rounds), np.random.default_rng(0)
    return partial(sampled_matches, RepeatedGame.compile(game), length, 0.0, 1, rng, policies)


def _simulated(count: int, rounds: int) -> Run:
    game = games.get("ipd")
    policies = [as_policy("tit_for_tat", game), as_policy("random", game)]
    return partial(simulate, RepeatedGame.compile(game), policies, count, rounds, np.random.default_rng(0))


def _rock_paper_scissors() -> Run:
    from pettingzoo.classic import rps_v2

    return parallel_episode(partial(rps_v2.parallel_env, max_cycles=ROUNDS))


def _loop(name: str, environments: int, make: Callable[[], gymnasium.Env], mode: str) -> Contender:
    prepare = partial(vector_step, partial(_synchronous, make, environments, mode), played=ROUNDS)
    return Contender(name, environments, environments * _ACTIONS, prepare)


def _synchronous(make: Callable[[], gymnasium.Env], environments: int, mode: str) -> VectorEnv:
    return SyncVectorEnv([make] * environments, autoreset_mode=mode)


def _quiet_native(environments: int, game: str, **options: Any) -> VectorEnv:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MatrixGameVectorEnv(environments, game, **options)
