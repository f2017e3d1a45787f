"""The native vector environment: every row is the scalar environment, whatever is switched on."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import moral_games as mg
from moral_games.envs import MatrixGameEnv, MatrixGameVectorEnv
from moral_games.envs.batch import SessionBatch, TableBatch

MODES = list(AutoresetMode)


class Copying:
    """Now and then at random, else what the other did."""

    name = "copying"

    def __init__(self, game: mg.MatrixGame) -> None:
        self.actions = game.shape[0]

    def begin(self, rng: np.random.Generator) -> None:
        self.rng, self.last = rng, 0

    def act(self) -> int:
        return int(self.rng.integers(self.actions)) if self.rng.random() < 0.3 else self.last

    def see(self, actions) -> None:
        self.last = actions[1]


CONFIGURATIONS = {
    "default": {},
    "stochastic opponent": {"opponent": "random", "rounds": 7},
    "random ending": {"opponent": "random", "rounds": None, "continue_probability": 0.7},
    "one-shot": {"rounds": 1},
    "trembling hands": {"noise": 0.2, "opponent": "grim", "rounds": 9},
    "everything": {
        "noise": 0.2,
        "observation_noise": 0.3,
        "opponent": "generous_tit_for_tat",
        "rounds": 9,
        "continue_probability": 0.8,
        "initial": "random",
        "reward": "deontological + illegal",
        "illegal_action": "outcome",
        "payoff_scale": 0.5,
        "memory": 2,
        "clock": True,
    },
    "long memory": {"memory": 3, "rounds": 8, "noise": 0.1, "player": 1},
    "numbered memory and clock": {"memory": 2, "observation": "index", "clock": True, "rounds": 5, "initial": (1, 0)},
    "no memory": {"memory": 0, "rounds": 4},
    "three actions": {
        "game": "rock_paper_scissors",
        "opponent": "random",
        "noise": 0.3,
        "observation_noise": 0.4,
        "rounds": 6,
    },
    "three players": {
        "game": "public_goods(players=3)",
        "opponent": ["always_cooperate", "random"],
        "player": 2,
        "noise": 0.1,
        "observation_noise": 0.2,
        "rounds": 6,
    },
    "noisy payoffs": {"payoff_noise": 0.5, "rounds": 6, "reward": "utilitarian"},
    "an actor": {"opponent": Copying, "rounds": 5, "noise": 0.1},
}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_rows_are_scalar_environments(name: str, mode: AutoresetMode, rows: int = 5, steps: int = 50) -> None:
    """Observations, rewards, flags and infos against gymnasium's loop over scalar environments, under one seed."""
    options = CONFIGURATIONS[name]
    ours = MatrixGameVectorEnv(rows, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([lambda: MatrixGameEnv(**options)] * rows, autoreset_mode=mode)
    assert np.array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    rng = np.random.default_rng(0)
    lowest = -1 if options.get("illegal_action") == "outcome" else 0
    over = np.zeros(rows, dtype=bool)
    for _ in range(steps):
        if mode == AutoresetMode.DISABLED and over.any():
            masks = {"reset_mask": over.copy()}, {"reset_mask": over.copy()}
            assert np.array_equal(ours.reset(options=masks[0])[0], theirs.reset(options=masks[1])[0])
        actions = rng.integers(lowest, ours.single_action_space.n, rows)
        *mine, info = ours.step(actions)
        *other, expected = theirs.step(actions)
        for array, reference in zip(mine, other, strict=True):
            assert np.array_equal(array, reference) and array.dtype == reference.dtype
        for key in ("payoff", "payoffs", "actions", "legal", "final_obs"):
            told = expected.get(f"_{key}", np.zeros(rows, dtype=bool))
            assert np.array_equal(info.get(f"_{key}", np.zeros(rows, dtype=bool)), told)
            for row in np.flatnonzero(told):
                assert np.array_equal(info[key][row], expected[key][row])
        over = mine[2] | mine[3]


def test_tables_are_used_where_they_can_be() -> None:
    assert isinstance(MatrixGameVectorEnv(2)._batch, TableBatch)
    assert isinstance(MatrixGameVectorEnv(2, noise=0.1, observation_noise=0.1, memory=4)._batch, TableBatch)
    assert isinstance(MatrixGameVectorEnv(2, payoff_noise=0.1)._batch, SessionBatch)
    with pytest.warns(UserWarning, match="at most 20,000,000 are tabulated: rows are played one by one"):
        big = MatrixGameVectorEnv(2, game="public_goods(players=10)", opponent="random")
    assert isinstance(big._batch, SessionBatch)
    assert big.reset(seed=0)[0].shape == (2, 1025)
    assert big.step(np.array([0, 1]))[1].shape == (2,)


def test_opponents_and_values_row_by_row() -> None:
    opponents, rewards = ["tit_for_tat", "always_defect", "random"], ["selfish", "utilitarian", "virtue_kindness"]
    ours = MatrixGameVectorEnv(3, opponents=opponents, rewards=rewards, rounds=6)
    rows = [MatrixGameEnv(opponent=o, reward=r, rounds=6) for o, r in zip(opponents, rewards, strict=True)]
    first, _ = ours.reset(seed=5)
    assert np.array_equal(first, [env.reset(seed=5 + i)[0] for i, env in enumerate(rows)])
    for action in (0, 1, 1, 0, 1, 0):
        observations, earned, _, truncated, _ = ours.step(np.full(3, action))
        steps = [env.step(action) for env in rows]
        assert np.array_equal(observations, [step[0] for step in steps])
        assert earned.tolist() == [step[1] for step in steps] and truncated.tolist() == [step[3] for step in steps]


def test_a_batch_plays_alike_however_it_is_cut() -> None:
    options = {"opponent": "random", "noise": 0.1, "continue_probability": 0.9, "initial": "random"}
    whole = MatrixGameVectorEnv(6, **options)
    parts = [MatrixGameVectorEnv(2, **options) for _ in range(3)]
    assert np.array_equal(
        whole.reset(seed=10)[0], np.concatenate([p.reset(seed=10 + 2 * i)[0] for i, p in enumerate(parts)])
    )
    for _ in range(40):
        together = whole.step(np.zeros(6, dtype=int))
        apart = [part.step(np.zeros(2, dtype=int)) for part in parts]
        for k in range(4):
            assert np.array_equal(together[k], np.concatenate([step[k] for step in apart]))


def test_seeds() -> None:
    env = MatrixGameVectorEnv(3, opponent="random")

    def trajectory() -> list:
        return [env.step(np.zeros(3, dtype=int))[4]["actions"].tolist() for _ in range(20)]

    env.reset(seed=[4, 9, 4])
    told = np.array(trajectory())
    assert np.array_equal(told[:, 0], told[:, 2]) and not np.array_equal(told[:, 0], told[:, 1])
    env.reset(seed=[4, None, None])
    again = np.array(trajectory())
    assert np.array_equal(again[:, 0], told[:, 0]) and not np.array_equal(again[:, 2], told[:, 2])
    env.reset(seed=4)
    one = trajectory()
    env.reset()
    other = trajectory()
    assert one != other, "without a seed the draws go on"
    env.reset(seed=4)
    assert trajectory() == one
    fresh = [MatrixGameVectorEnv(3, opponent="random") for _ in range(2)]
    told = []
    for env in fresh:
        env.reset()
        told.append(trajectory())
    assert told[0] != told[1]


def test_rendering_every_row() -> None:
    env = gymnasium.make_vec(
        "moral_games/IPD-v0", num_envs=2, vectorization_mode="vector_entry_point", render_mode="ansi"
    )
    env.reset(seed=0)
    env.step(np.array([0, 1]))
    first, second = env.render()
    assert first != second and "Prisoner" in first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_envs": 0}, "num_envs must be a whole number, at least 1, got 0"),
        ({"opponents": ["grim"]}, "opponents must have one entry a row: 2"),
        ({"rewards": "selfish"}, "rewards must have one entry a row: 2"),
        ({"autoreset_mode": "Sometimes"}, "AutoresetMode"),
        ({"opponent": "grimm"}, "unknown opponent 'grimm'. Did you mean 'grim'"),
        ({"round": 3}, "unknown option 'round'. Did you mean 'rounds'"),
        ({"render_mode": "png"}, "render_mode must be one of"),
    ],
)
def test_bad_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MatrixGameVectorEnv(**{"num_envs": 2, **options})


def test_bad_calls_are_refused_before_anything_changes() -> None:
    env = MatrixGameVectorEnv(3, rounds=2, autoreset_mode=AutoresetMode.DISABLED)
    with pytest.raises(ValueError, match="no episode was begun; call reset"):
        env.step(np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="the first reset begins every row"):
        env.reset(seed=0, options={"reset_mask": np.array([True, False, False])})
    env.reset(seed=0)
    with pytest.raises(ValueError, match="3 whole numbers, one action a row, got int64 of shape \\(2,\\)"):
        env.step(np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="whole numbers, one action a row, got float64"):
        env.step(np.zeros(3))
    with pytest.raises(ValueError, match="actions 0 to 1, got 2"):
        env.step(np.array([0, 2, 0]))
    for mask in ([True] * 3, np.ones(2, dtype=bool), np.ones(3)):
        with pytest.raises(ValueError, match="reset_mask must be a numpy array of 3 bools"):
            env.reset(options={"reset_mask": mask})
    with pytest.raises(ValueError, match="reset_mask picks no row"):
        env.reset(options={"reset_mask": np.zeros(3, dtype=bool)})
    with pytest.raises(ValueError, match="one a row: 3, got 2"):
        env.reset(seed=[1, 2])
    env.step(np.zeros(3, dtype=int))
    assert env.step(np.zeros(3, dtype=int))[3].all(), "none of that was a round"
    with pytest.raises(ValueError, match="the episodes of rows \\[0, 1, 2\\] are over"):
        env.step(np.zeros(3, dtype=int))
    options = {"reset_mask": np.array([True, True, False])}
    env.reset(options=options)
    assert list(options) == ["reset_mask"], "the caller's dict stays as it was"
    with pytest.raises(ValueError, match="the episodes of rows \\[2\\] are over"):
        env.step(np.zeros(3, dtype=int))


def test_observations_are_the_callers_own() -> None:
    env = MatrixGameVectorEnv(2, opponent="always_defect")
    first, _ = env.reset(seed=0)
    kept = first.copy()
    second, *_ = env.step(np.zeros(2, dtype=int))
    second[:] = 7.0
    third, *_ = env.step(np.zeros(2, dtype=int))
    assert np.array_equal(first, kept) and third.max() == 1.0


def test_make_vec_takes_the_native_one_by_default() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make_vec("moral_games/StagHunt-v0", num_envs=4, opponent="grim", reward="utilitarian")
    assert isinstance(env, MatrixGameVectorEnv) and env.game.name == "stag_hunt"
    assert env.observation_space.contains(env.reset(seed=0)[0])


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP], ids=lambda mode: mode.name)
@pytest.mark.parametrize(
    "options", [{"rounds": 3}, {"rounds": None}, {"rounds": 1}, {"rounds": 9, "clock": True}], ids=str
)
def test_max_episode_steps_is_gymnasium_s_time_limit(options: dict, mode: AutoresetMode) -> None:
    limited = {"max_episode_steps": 4, "opponent": "random", "continue_probability": 0.9, **options}
    ours, theirs = (
        gymnasium.make_vec(
            "moral_games/IPD-v0",
            num_envs=3,
            vectorization_mode=kind,
            **(
                {"autoreset_mode": mode}
                if kind == "vector_entry_point"
                else {"vector_kwargs": {"autoreset_mode": mode}}
            ),
            **limited,
        )
        for kind in ("vector_entry_point", "sync")
    )
    assert np.array_equal(ours.reset(seed=0)[0], theirs.reset(seed=0)[0])
    for _ in range(25):
        for mine, other in zip(
            ours.step(np.zeros(3, dtype=int))[:4], theirs.step(np.zeros(3, dtype=int))[:4], strict=True
        ):
            assert np.array_equal(mine, other)


def test_an_action_that_is_ignored_may_be_anything() -> None:
    env = MatrixGameVectorEnv(2, opponents=["always_cooperate", "random"], rounds=2)
    env.reset(seed=0)
    for _ in range(2):
        env.step(np.zeros(2, dtype=int))
    env.step(np.array([7, -3]))
    with pytest.raises(ValueError, match="actions 0 to 1, got 7"):
        env.step(np.array([0, 7]))


def test_equal_rows_share_their_tables() -> None:
    env = MatrixGameVectorEnv(
        500, "public_goods(players=3)", opponents=[["random", "always_cooperate"] for _ in range(500)]
    )
    assert len(env._batch.tables.first) == 1


def test_eight_players_are_tabulated() -> None:
    env = MatrixGameVectorEnv(64, "public_goods(players=8)", opponent="random", reward="deontological")
    alone = MatrixGameEnv("public_goods(players=8)", opponent="random", reward="deontological")
    assert isinstance(env._batch, TableBatch)
    assert np.array_equal(env.reset(seed=4)[0][0], alone.reset(seed=4)[0])
    for _ in range(5):
        together, single = env.step(np.ones(64, dtype=int)), alone.step(1)
        assert np.array_equal(together[0][0], single[0]) and together[1][0] == single[1]
