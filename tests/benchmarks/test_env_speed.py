"""What ours are measured against plays the same game; the measuring itself gives the ratios that it should."""

from functools import partial
from itertools import count

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st
from pettingzoo.test import parallel_api_test

from benchmarks.env_speed import arrays, bare, ours, peers, report, timing
from moral_games import games
from moral_games.envs import MatrixGameEnv, parallel_env

ACTIONS = st.integers(0, 1)


def test_the_payoffs_written_by_hand_are_the_catalogues():
    np.testing.assert_array_equal(bare.PAYOFFS, games.get("ipd").payoffs)


@pytest.mark.parametrize("make", [bare.BareParallel, bare.FeaturedParallel])
def test_bare_parallel_environments_follow_pettingzoo(make):
    parallel_api_test(make(), num_cycles=250)


def test_the_bare_single_environment_follows_gymnasium():
    check_env(bare.BareSingle(), skip_render_check=True)


@given(st.lists(st.tuples(ACTIONS, ACTIONS), min_size=2, max_size=12))
def test_two_learners_play_alike(joints):
    envs = [make(rounds=len(joints)) for make in (parallel_env, bare.BareParallel, bare.FeaturedParallel)]
    starts = [env.reset(seed=0)[0] for env in envs]
    for joint in joints:
        actions = dict(zip(envs[0].possible_agents, joint, strict=True))
        ours_, lean, featured = (env.step(actions) for env in envs)
        assert ours_[1:4] == lean[1:4] == featured[1:4]
        assert ours_[4] == featured[4]
        for agent, seen in ours_[0].items():
            np.testing.assert_array_equal(seen, lean[0][agent])
            np.testing.assert_array_equal(seen, featured[0][agent])
    for start in starts[1:]:
        np.testing.assert_array_equal(start["player_0"], starts[0]["player_0"])


@given(st.lists(ACTIONS, min_size=2, max_size=12))
def test_one_learner_plays_alike(actions):
    envs: list[gymnasium.Env] = [MatrixGameEnv("ipd", rounds=len(actions)), bare.BareSingle(len(actions))]
    for env in envs:
        env.reset(seed=0)
    for action in actions:
        (seen, *told, _), (bare_seen, *bare_told, _) = (env.step(action) for env in envs)
        np.testing.assert_array_equal(seen, bare_seen)
        assert told == bare_told


@pytest.mark.parametrize("actions", [{"player_0": 0}, {"player_0": 0, "player_1": 2}])
def test_the_featured_environment_checks_actions(actions):
    env = bare.FeaturedParallel()
    env.reset()
    with pytest.raises(ValueError, match="action"):
        env.step(actions)


def test_the_jitted_games_for_two_learners_pay_and_observe_alike():
    pytest.importorskip("jax")
    (_, played, total, seen), (rounds, other_total, other_seen) = (
        run() for run in (arrays.repeated_jax(50), arrays.pax_style(50))
    )
    np.testing.assert_array_equal(played, rounds)
    np.testing.assert_allclose(total, other_total)
    np.testing.assert_array_equal(np.stack(seen, axis=1), other_seen)
    np.testing.assert_allclose(total, arrays.repeated_numpy(50)()[1])


def test_the_step_for_one_learner_pays_alike_on_every_library():
    pytest.importorskip("jax")
    pytest.importorskip("torch")
    expected = arrays.tables_numpy(50)()[1]
    np.testing.assert_allclose(arrays.tables_jax(50)()[2], expected)
    np.testing.assert_allclose(arrays.tables_torch(50)()[1], expected)


@pytest.mark.parametrize("name", ours.CONFIGURATIONS)
def test_every_configuration_runs_in_both_kinds_of_vector_environment(name):
    options = ours.CONFIGURATIONS[name]
    for contender in (ours.native(3, **options), ours.synchronous(3, options)):
        contender.prepare()()


def test_peers_that_are_missing_are_named_with_the_command_that_installs_them():
    def absent():
        raise ImportError("No module named 'absent'")

    contender = timing.Contender("absent", 1, 1, absent, "pip install absent")
    (speed,) = timing.compare([contender], timing.Effort(1, 0.0))
    assert "No module named 'absent'" in speed.missing
    assert "pip install absent" in report.table(report.Section("", "", (_speed("ours", 1.0), speed)))
    for peer in [*peers.open_spiel(), *peers.axelrod(10), peers.jaxmarl(10)]:
        assert peer.install


def test_every_contender_takes_as_many_turns_and_counts_its_steps(monkeypatch):
    clock = count()
    monkeypatch.setattr(timing, "perf_counter", lambda: float(next(clock)))
    contenders = [timing.Contender(str(steps), 1, steps, partial(lambda: lambda: None)) for steps in (1, 4)]
    one, four = timing.compare(contenders, timing.Effort(3, 1.0))
    assert (one.turns, four.turns) == ((1.0,) * 3, (0.25,) * 3)
    assert timing.ratio(four, one) == 4


def test_budgets_say_what_was_found():
    parallel = report.Section("", "", (_speed("ours", 1.4), _speed("bare", 1.0), _speed("featured", 0.9)))
    vector = report.Section("v", "", (_speed(report.OURS, 2e-9), _speed(report.OURS, 5e-9), _speed(report.LOOP, 1e-6)))
    lines = report.budgets(parallel, [vector]).splitlines()[2:]
    assert ["yes" in line for line in lines] == [True, False, True, True]
    assert "1.40 x" in lines[0] and "1.56 x" in lines[1] and "500 x" in lines[2] and "5e+08" in lines[3]


def _speed(name: str, seconds: float) -> timing.Speed:
    return timing.Speed(name, 1, (seconds,) * 3)
