"""Every registered id under every family of values and every ending: the libraries' own checkers, and what they miss.

They miss most of determinism: Gymnasium's and PettingZoo's parallel checker look at one step. What
needs stable-baselines3 is in ``test_conformance_sb3.py``, so that this file runs wherever the library does.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
import pytest
from configurations import ALL_CONTROLS, EVERY, PLAYS, VALUES, Configuration
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.max_cycles_test import max_cycles_test
from pettingzoo.test.render_test import render_test
from pettingzoo.utils import parallel_to_aec

from moral_games.envs.registration import ids
from moral_games.repetition import Repetition
from moral_games.rewards.function import VALUES as ALL_VALUES

CYCLES = 5
ROWS = 3

every_configuration = pytest.mark.parametrize("configuration", EVERY, ids=str)
every_way_to_go_on = pytest.mark.parametrize("configuration", PLAYS, ids=str)
every_id = pytest.mark.parametrize("name", ids())


@contextmanager
def warnings_are_errors(configuration: Configuration) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if configuration.controls.get("observation") == "index":
            warnings.filterwarnings("ignore", message="Observation is not a NumPy array")  # it is an np.int64
        yield


# What is covered.


def test_no_registered_id_escapes() -> None:
    """Populations and markets have checks of their own, in ``test_population.py`` and ``test_pricing.py``.

    ``MatrixGame-v0`` is any of the others, by its name.
    """
    mine = {env_id for env_id in gymnasium.registry if env_id.startswith("moral_games/")}
    apart = {"moral_games/Pricing-v0", "moral_games/MatrixGame-v0"}
    assert mine - apart == set(ids().values()) == {each.env_id for each in EVERY}
    for registry, more in ((pettingzoo.parallel_registry, ()), (pettingzoo.aec_registry, ("moral_games/TwoStage-v0",))):
        found = {env_id for env_id in registry if env_id.startswith("moral_games/")}
        assert found == {*mine, "moral_games/Population-v0", *more}


def test_no_family_of_values_escapes() -> None:
    modules = {make.__module__.rpartition(".") for make in ALL_VALUES.values()}
    families = {module for package, _, module in modules if package == "moral_games.rewards"}
    assert families == VALUES.keys() - {"no_reward"}


def test_no_control_escapes() -> None:
    defaults = vars(Repetition())
    assert ALL_CONTROLS.keys() == defaults.keys()
    assert all(value != defaults[name] for name, value in ALL_CONTROLS.items())


# The libraries' own checkers.


@every_configuration
def test_gymnasium_check_env(configuration: Configuration) -> None:
    with warnings_are_errors(configuration):
        check_env(configuration.single().unwrapped, skip_render_check=True)


@every_configuration
def test_pettingzoo_parallel_tests(configuration: Configuration) -> None:
    # parallel_api_test sets max_cycles, and one cycle is all that keeps a one-shot game one-shot.
    cycles = 1 if configuration.play == "one_shot" else CYCLES
    with warnings_are_errors(configuration):
        parallel_api_test(configuration.parallel(), num_cycles=cycles)
        parallel_seed_test(configuration.parallel, num_cycles=CYCLES)


@every_configuration
def test_pettingzoo_aec_tests(configuration: Configuration) -> None:
    with warnings_are_errors(configuration):
        api_test(configuration.aec(), num_cycles=CYCLES)
        api_test(parallel_to_aec(configuration.parallel()), num_cycles=CYCLES)
        seed_test(configuration.aec, num_cycles=CYCLES)


@every_id
def test_max_cycles(name: str) -> None:
    parallel_env, env = (partial(pettingzoo.make, api, ids()[name]) for api in ("parallel", "aec"))
    max_cycles_test(SimpleNamespace(parallel_env=parallel_env, env=env))
    shortened = parallel_env(rounds=3)
    shortened.max_cycles = 2
    shortened.reset(seed=0)
    ends = []
    while shortened.agents:
        _, _, terminations, truncations, _ = shortened.step(dict.fromkeys(shortened.agents, 0))
        ends.append((set(terminations.values()), set(truncations.values())))
    assert ends == [({False}, {False}), ({False}, {True})]


@every_id
def test_every_render_mode(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(ids()[name], opponent="random")
        check_env(env.unwrapped)
        render_test(partial(pettingzoo.make, "aec", ids()[name]))
    assert set(env.metadata["render_modes"]) == {"ansi", "human", "rgb_array"}
    assert "player_0" in capsys.readouterr().out


# Whole trajectories. Each function below plays so many rounds, beginning episodes as needed, and says what it saw.


def play_single(env: gymnasium.Env, actions: Iterator[float], rounds: int, lowest: int) -> list:
    seen: list = []
    for _ in range(rounds):
        seen.append(env.step(action(actions, env.action_space.n, lowest)))
        if seen[-1][2] or seen[-1][3]:
            seen.append(env.reset())
    return seen


def play_parallel(env: pettingzoo.ParallelEnv, actions: Iterator[float], rounds: int, lowest: int) -> list:
    seen: list = []
    for _ in range(rounds):
        seen.append(env.step({agent: action(actions, env.action_space(agent).n, lowest) for agent in env.agents}))
        if not env.agents:
            seen.append(env.reset())
    return seen


def play_aec(env: pettingzoo.AECEnv, actions: Iterator[float], rounds: int, lowest: int) -> list:
    seen: list = []
    for _ in range(rounds * env.max_num_agents):
        agent = env.agent_selection
        seen.append((agent, *env.last()))
        over = seen[-1][3] or seen[-1][4]
        env.step(None if over else action(actions, env.action_space(agent).n, lowest))
        if not env.agents:
            env.reset()
    return seen


def play_vector(env: gymnasium.vector.VectorEnv, actions: Iterator[float], rounds: int, lowest: int) -> list:
    count = env.single_action_space.n
    return [env.step(np.array([action(actions, count, lowest) for _ in range(ROWS)])) for _ in range(rounds)]


def action(draws: Iterator[float], count: int, lowest: int) -> int:
    return lowest + int(next(draws) * (count - lowest))


FACES: dict[str, tuple[Callable[[Configuration], Any], Callable[[Any, Iterator[float], int, int], list]]] = {
    "single": (Configuration.single, play_single),
    "parallel": (Configuration.parallel, play_parallel),
    "aec": (Configuration.aec, play_aec),
    "vector": (lambda configuration: configuration.vector(ROWS), play_vector),
}
every_face = pytest.mark.parametrize("face", FACES)


def draws(seed: int) -> Iterator[float]:
    rng = np.random.default_rng(seed)
    return iter(rng.random, None)


def exactly(seen: Any) -> Any:
    """Return what was seen in a form in which == means the same numbers of the same types."""
    if isinstance(seen, dict):
        return {key: exactly(entry) for key, entry in seen.items()}
    if isinstance(seen, list | tuple):
        return type(seen).__name__, [exactly(entry) for entry in seen]
    if isinstance(seen, np.ndarray):
        return seen.dtype, seen.shape, [exactly(entry) for entry in seen.tolist()]
    return type(seen), seen


def trajectory(configuration: Configuration, env: Any, face: str, seed: int) -> list:
    """Return all of two bouts of several episodes, the second of which cuts an episode of the first short."""
    _, play = FACES[face]
    actions, seen = draws(0), [env.reset(seed=seed)]
    for _ in range(2):
        seen += play(env, actions, 15, configuration.lowest_action)
        seen.append(env.reset())
    return exactly(seen)


@every_face
@every_way_to_go_on
def test_a_seed_makes_the_whole_play(configuration: Configuration, face: str) -> None:
    """From the first reset on, over many episodes, whatever was played before; another seed makes another play."""
    make, _ = FACES[face]
    fresh, used = make(configuration), make(configuration)
    first = trajectory(configuration, fresh, face, seed=3)
    other = trajectory(configuration, used, face, seed=50)
    assert trajectory(configuration, used, face, seed=3) == first
    assert (other != first) == (configuration.chance_plays or face in ("single", "vector"))


@every_face
@every_way_to_go_on
def test_episodes_after_a_seed_are_not_the_first_one_again(configuration: Configuration, face: str) -> None:
    make, play = FACES[face]
    env = make(configuration)
    env.reset(seed=3)
    bouts = []
    for _ in range(2):
        bouts.append(exactly(play(env, draws(0), 15, configuration.lowest_action)))
        env.reset()
    assert (bouts[0] != bouts[1]) == (configuration.chance_plays or face in ("single", "vector"))


@every_face
@every_way_to_go_on
def test_copies_go_on_alike_and_on_their_own(configuration: Configuration, face: str) -> None:
    make, play = FACES[face]
    env = make(configuration)
    env.reset(seed=5)
    play(env, draws(1), 3, configuration.lowest_action)
    twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    seen = [exactly(play(each, draws(2), 12, configuration.lowest_action)) for each in (env, *twins)]
    assert seen[0] == seen[1] == seen[2]


def spoil(seen: Any) -> None:
    """Overwrite every array and empty every dictionary."""
    if isinstance(seen, np.ndarray):
        seen.fill(7)
    elif isinstance(seen, dict | list | tuple):
        for entry in seen.values() if isinstance(seen, dict) else seen:
            spoil(entry)
        if isinstance(seen, dict):
            seen.clear()


@every_face
@every_way_to_go_on
def test_what_is_handed_out_belongs_to_the_receiver(configuration: Configuration, face: str) -> None:
    make, play = FACES[face]
    bouts = []
    for treat in (spoil, exactly):
        env, actions = make(configuration), draws(0)
        env.reset(seed=3)
        bouts.append([])
        for _ in range(12):
            seen = play(env, actions, 1, configuration.lowest_action)
            bouts[-1].append(exactly(seen))
            treat(seen)
    assert bouts[0] == bouts[1]


# Rows of the vector environment, against Gymnasium's own batches of single environments.


def batches(configuration: Configuration, mode: AutoresetMode) -> tuple[gymnasium.vector.VectorEnv, SyncVectorEnv]:
    return (
        configuration.vector(ROWS, autoreset_mode=mode),
        SyncVectorEnv([configuration.single] * ROWS, autoreset_mode=mode),
    )


def told(infos: dict[str, Any]) -> dict[str, dict[int, Any]]:
    """Return what infos say of which row."""
    rows = {key: np.flatnonzero(infos[f"_{key}"]) for key in infos if not key.startswith("_")}
    return {
        key: told(infos[key]) if isinstance(infos[key], dict) else {i: np.array(infos[key][i]).tolist() for i in picked}
        for key, picked in rows.items()
        if len(picked)
    }


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name.lower())
@every_way_to_go_on
def test_the_rows_of_the_vector_environment_are_single_ones(configuration: Configuration, mode: AutoresetMode) -> None:
    ours, theirs = batches(configuration, mode)
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.observation_space == theirs.observation_space and ours.action_space == theirs.action_space
    actions, options = draws(0), None
    assert np.array_equal(ours.reset(seed=7)[0], theirs.reset(seed=7)[0])
    for _ in range(25):
        count = ours.single_action_space.n
        chosen = np.array([action(actions, count, configuration.lowest_action) for _ in range(ROWS)])
        (*mine, my_infos), (*other, other_infos) = ours.step(chosen), theirs.step(chosen)
        assert [part.dtype for part in mine] == [part.dtype for part in other]
        assert all(np.array_equal(*pair) for pair in zip(mine, other, strict=True))
        assert told(my_infos) == told(other_infos)
        over = mine[2] | mine[3]
        if mode == AutoresetMode.DISABLED and over.any():
            options = [{"reset_mask": over.copy()} for _ in range(2)]
            observed = [env.reset(options=option)[0] for env, option in zip((ours, theirs), options, strict=True)]
            assert np.array_equal(*observed)
