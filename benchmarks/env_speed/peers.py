"""Runs of other libraries' repeated games: OpenSpiel, Axelrod and JaxMARL, imported only where they are timed."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import partial
from typing import Any

import numpy as np

from benchmarks.env_speed.bare import ROUNDS
from benchmarks.env_speed.timing import Contender, Run

_SPIEL = f"repeated_game(stage_game=matrix_pd(),num_repetitions={ROUNDS})"
_STORM_STEPS = 16


def open_spiel() -> list[Contender]:
    """Return OpenSpiel's ways to play a repeated Prisoner's Dilemma, two learners each."""
    install = "pip install open_spiel"
    return [
        Contender("OpenSpiel repeated_game(matrix_pd), C++ state from Python", 1, ROUNDS, _spiel_state, install),
        Contender("OpenSpiel rl_environment of the same", 1, ROUNDS, _spiel_environment, install),
        open_spiel_batch(1),
    ]


def open_spiel_batch(environments: int) -> Contender:
    """Return OpenSpiel's batched environment of two learners, in numpy."""
    name = "OpenSpiel iterated_matrix_game (Python, numpy)"
    prepare = partial(_spiel_matrix_game, environments)
    return Contender(name, environments, environments * ROUNDS, prepare, "pip install open_spiel")


def axelrod(rounds: int) -> list[Contender]:
    """Return Axelrod's matches: a pair that draws, and one that does not."""
    install = "pip install axelrod"
    return [
        Contender("Axelrod Match(TitForTat, Random)", 1, rounds, partial(_match, "Random", rounds), install),
        Contender("Axelrod Match(TitForTat, Alternator)", 1, rounds, partial(_match, "Alternator", rounds), install),
    ]


def jaxmarl(environments: int) -> Contender:
    """Return JaxMARL's nearest environment, a grid world whose encounters are matrix games."""
    name = "JaxMARL storm_2p (a grid world, more work): JAX jit + vmap + scan"
    steps = environments * _STORM_STEPS
    return Contender(name, environments, steps, partial(_storm, environments), "pip install jaxmarl")


def _joint_actions() -> list[list[int]]:
    return np.random.default_rng(0).integers(2, size=(ROUNDS, 2)).tolist()


def _spiel_state() -> Run:
    import pyspiel

    game = pyspiel.load_game(_SPIEL)
    actions = _joint_actions()

    def run() -> None:
        state = game.new_initial_state()
        for joint in actions:
            state.apply_actions(joint)
            state.rewards()
            state.observation_tensor(0)
            state.observation_tensor(1)

    return run


def _spiel_environment() -> Run:
    import pyspiel
    from open_spiel.python.rl_environment import Environment

    env = Environment(pyspiel.load_game(_SPIEL))
    actions = _joint_actions()

    def run() -> None:
        env.reset()
        for joint in actions:
            env.step(joint)

    return run


def _spiel_matrix_game(environments: int) -> Run:
    from open_spiel.python.environments.iterated_matrix_game import IteratedPrisonersDilemma

    env = IteratedPrisonersDilemma(ROUNDS, environments)
    actions = np.random.default_rng(0).integers(2, size=(ROUNDS, environments, 2))

    def run() -> None:
        env.reset()
        for joint in actions:
            env.step(joint)

    return run


def _match(opponent: str, rounds: int) -> Run:
    import axelrod as axl

    players = axl.TitForTat(), getattr(axl, opponent)()

    def run() -> Any:
        return axl.Match(players, turns=rounds, seed=0).play()  # a new match: an old one remembers its result

    return run


def _storm(environments: int) -> Run:
    import jax

    with redirect_stdout(sys.stderr):  # it greets on stdout
        from jaxmarl import make

        env = make("storm_2p")
    reset, step = jax.vmap(env.reset), jax.vmap(env.step)
    count = env.action_space(env.agents[0]).n

    def one(state: Any, key: Any) -> tuple[Any, Any]:
        draw, stepped = jax.random.split(key)
        actions = jax.random.randint(draw, (2, environments), 0, count)
        _, state, rewards, _, _ = step(jax.random.split(stepped, environments), state, (actions[0], actions[1]))
        return state, jax.tree.map(lambda reward: reward.sum(), rewards)

    play = jax.jit(lambda state, keys: jax.lax.scan(one, state, keys))
    key = jax.random.PRNGKey(0)
    _, first = reset(jax.random.split(key, environments))
    return lambda: jax.block_until_ready(play(first, jax.random.split(key, _STORM_STEPS)))
