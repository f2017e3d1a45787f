"""The controls of repetition: what each does, what it means for the end of an episode, and that values stay exact."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.envs import MatrixGameEnv, MatrixGameVectorEnv
from moral_games.policy import remembering
from moral_games.repetition import Repetition

IPD = mg.games.get("ipd")
POLICY = mg.PolicyTable([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7], [0.5, 0.5], [0.2, 0.8]])
ROWS = 4000


def returns(policy: mg.PolicyTable, discount: float, rounds: int, **options) -> np.ndarray:
    """Discounted means of sampled episodes of the vector environment; (ROWS,)."""
    env = MatrixGameVectorEnv(ROWS, observation="index", rounds=None, **options)
    rng = np.random.default_rng(0)
    observed, _ = env.reset(seed=0)
    total = np.zeros(ROWS)
    for t in range(rounds):
        chosen = (rng.random(ROWS) >= policy.probabilities[observed, 0]).astype(int)
        observed, reward, *_ = env.step(chosen)
        total += (1 - discount) * discount**t * reward
    return total


@pytest.mark.parametrize("opponent", mg.opponents.names(IPD))
def test_opponents_in_the_environment_are_the_exact_ones(opponent: str) -> None:
    exact = mg.evaluate(POLICY, opponent, IPD, discount=0.9)
    sampled = returns(POLICY, 0.9, 60, opponent=opponent)
    assert abs(sampled.mean() - exact.payoffs[0]) < 4.5 * sampled.std() / ROWS**0.5 + 0.9**60 * 4


@pytest.mark.parametrize("opponent", ["tit_for_tat", "grim", "random", "tit_for_two_tats"])
@pytest.mark.parametrize(
    "controls",
    [
        {"noise": 0.2},
        {"observation_noise": 0.25},
        {"noise": 0.1, "observation_noise": 0.3, "initial": "random"},
        {"initial": (1, 0)},
        {"noise": 1.0},
    ],
    ids=str,
)
def test_values_stay_exact(opponent: str, controls: dict) -> None:
    """The exact value under noise and other beginnings is what the environment gives on average."""
    reward = "selfish + deontological(penalty=3)"
    exact = mg.evaluate(POLICY, opponent, IPD, reward, discount=0.9, **controls)
    sampled = returns(POLICY, 0.9, 60, opponent=opponent, reward=reward, **controls)
    assert abs(sampled.mean() - exact.rewards[0]) < 4.5 * sampled.std() / ROWS**0.5 + 0.9**60 * 7
    plain = mg.evaluate(POLICY, opponent, IPD, reward, discount=0.9)
    assert opponent == "random" or abs(exact.rewards[0] - plain.rewards[0]) > 1e-3


def test_the_trembling_hand_replaces_an_action_by_another() -> None:
    env = MatrixGameVectorEnv(20_000, game="rock_paper_scissors", opponent="always_cooperate", noise=0.3)
    env.reset(seed=0)
    actions = env.step(np.ones(20_000, dtype=int))[4]["actions"]
    assert np.bincount(actions[:, 0]) / 20_000 == pytest.approx([0.15, 0.7, 0.15], abs=0.015)
    assert np.bincount(actions[:, 1]) / 20_000 == pytest.approx([0.7, 0.15, 0.15], abs=0.015)


def test_noise_has_known_values() -> None:
    """Two tit-for-tats whose hands tremble end up anywhere: each joint action a quarter of the time."""
    tit_for_tat = mg.opponents.as_policy("tit_for_tat", IPD)
    found = mg.evaluate(tit_for_tat, "tit_for_tat", IPD, noise=0.05)
    assert found.long_run == pytest.approx([0, 0.25, 0.25, 0.25, 0.25], abs=1e-9)
    assert found.average_payoffs == pytest.approx([2, 2])
    misread = mg.evaluate(tit_for_tat, "tit_for_tat", IPD, observation_noise=0.05)
    assert misread.average_payoffs == pytest.approx([2, 2])
    generous = mg.opponents.as_policy("generous_tit_for_tat", IPD)
    assert mg.evaluate(generous, "generous_tit_for_tat", IPD, noise=0.05).average_payoffs[0] > 2.5


def test_payoffs_follow_what_was_played_and_memory_what_was_seen() -> None:
    env = MatrixGameEnv("ipd", opponent="always_cooperate", observation_noise=1.0, observation="index")
    env.reset(seed=0)
    observed, reward, *_, info = env.step(0)
    assert reward == 3 and info["actions"] == (0, 0)
    assert observed == 2, "the other's cooperation was read as a defection: state CD"


def test_memory_numbers_states_as_policies_do() -> None:
    for memory in range(4):
        after = remembering(4, memory)
        env = MatrixGameEnv("ipd", opponent="random", memory=memory, observation="index", rounds=None)
        shown = MatrixGameEnv("ipd", opponent="random", memory=memory, rounds=None)
        state, _ = env.reset(seed=1)
        picture, _ = shown.reset(seed=1)
        assert state == 0 and env.observation_space.n == len(after)
        rng = np.random.default_rng(0)
        for _ in range(30):
            action = int(rng.integers(2))
            following, *_, info = env.step(action)
            picture, *_ = shown.step(action)
            state = after[state, 2 * info["actions"][0] + info["actions"][1]]
            assert following == state
            if memory:
                assert picture.reshape(memory, 5).sum(axis=1).tolist() == [1.0] * memory
                assert sum(block.argmax() * 4**k for k, block in enumerate(picture.reshape(memory, 5))) == state
            else:
                assert picture.tolist() == [1.0]


def test_the_clock() -> None:
    env = MatrixGameEnv("ipd", rounds=4, clock=True)
    observed, _ = env.reset(seed=0)
    assert [observed[-1], *(env.step(0)[0][-1] for _ in range(4))] == [0, 0.25, 0.5, 0.75, 1.0]
    numbered = MatrixGameEnv("ipd", rounds=4, clock=True, observation="index")
    observed, _ = numbered.reset(seed=0)
    assert [observed, *(numbered.step(0)[0] for _ in range(4))] == [0, 6, 11, 16, 21]
    assert numbered.observation_space.n == 25


def test_max_cycles_is_another_name_for_rounds() -> None:
    env = mg.parallel_env("ipd", rounds=3, clock=True)
    env.max_cycles = 5
    assert env.max_cycles == 5
    observations, _ = env.reset(seed=0)
    while env.agents:
        observations, *_ = env.step({"player_0": 0, "player_1": 0})
        assert env.observation_space("player_0").contains(observations["player_0"])
    assert env.session.played == 5
    for wrong in (0, -4, "x", 2.5):
        with pytest.raises(ValueError, match="rounds must be a whole number, at least 1"):
            env.max_cycles = wrong
    assert env.max_cycles == 5


def test_how_play_begins() -> None:
    env = MatrixGameEnv("ipd", opponent="tit_for_tat", initial=(1, 0), observation="index")
    assert env.reset(seed=0)[0] == 3
    assert env.step(0)[-1]["actions"] == (0, 1), "tit-for-tat answers the defection that play began with"
    duty = MatrixGameEnv("ipd", opponent="tit_for_tat", initial=(1, 0), reward="deontological(penalty=3)")
    duty.reset(seed=0)
    assert duty.step(1)[1] == -3, "the duty is owed to one who cooperated before the first round"
    batch = MatrixGameVectorEnv(8000, initial="random", observation="index")
    assert np.bincount(batch.reset(seed=0)[0], minlength=5) / 8000 == pytest.approx([0, *[0.25] * 4], abs=0.02)


def test_scaled_and_noisy_payoffs() -> None:
    env = MatrixGameEnv("ipd", opponent="always_cooperate", payoff_scale=0.5, reward="utilitarian")
    env.reset(seed=0)
    _, reward, *_, info = env.step(0)
    assert reward == 3 and info["payoffs"] == (1.5, 1.5)

    noisy = MatrixGameEnv("ipd", opponent="always_cooperate", payoff_noise=0.5, reward="utilitarian", rounds=None)
    noisy.reset(seed=0)
    paid = []
    for _ in range(2000):
        _, reward, *_, info = noisy.step(0)
        assert reward == pytest.approx(sum(info["payoffs"])), "values judge the payoffs that came out"
        paid.append(info["payoffs"])
    assert np.mean(paid, axis=0) == pytest.approx([3, 3], abs=0.06)
    assert np.std(paid, axis=0) == pytest.approx([0.5, 0.5], abs=0.04)
    assert abs(np.corrcoef(np.array(paid).T)[0, 1]) < 0.1

    void = MatrixGameEnv("ipd", payoff_noise=0.5, illegal_action="outcome")
    void.reset(seed=0)
    assert void.step(-1)[-1]["payoffs"] == (0, 0), "a void round pays nobody"


@pytest.mark.parametrize(
    ("controls", "ends"),
    [
        ({"rounds": 3}, (3, False, True)),
        ({"rounds": 1}, (1, True, False)),
        ({"rounds": 1, "continue_probability": 0.5}, (1, True, False)),
        ({"rounds": None, "continue_probability": 0.0}, (1, True, False)),
        ({"rounds": 2, "continue_probability": 1.0}, (2, False, True)),
        ({"max_cycles": 2}, (2, False, True)),
    ],
    ids=str,
)
def test_termination_and_truncation(controls: dict, ends: tuple) -> None:
    env = MatrixGameEnv("ipd", **controls)
    env.reset(seed=0)
    length, terminated, truncated = 0, False, False
    while not (terminated or truncated):
        _, _, terminated, truncated, _ = env.step(0)
        length += 1
    assert (length, terminated, truncated) == ends
    both = mg.parallel_env("ipd", **controls)
    both.reset(seed=0)
    for _ in range(length):
        *_, terminations, truncations, _ = both.step({"player_0": 0, "player_1": 1})
    assert set(terminations.values()) == {ends[1]} and set(truncations.values()) == {ends[2]} and both.agents == []


def test_a_random_ending_is_geometric_and_terminates() -> None:
    env = MatrixGameVectorEnv(4000, rounds=None, continue_probability=0.8, autoreset_mode="Disabled")
    env.reset(seed=0)
    lengths, alive, t = np.zeros(4000), np.ones(4000, dtype=bool), 0
    while alive.any():
        t += 1
        _, _, terminated, truncated, _ = env.step(np.zeros(4000, dtype=int))
        assert not truncated.any()
        lengths[terminated & alive] = t
        alive &= ~terminated
        env.reset(options={"reset_mask": terminated}) if terminated.any() else None
    assert lengths.mean() == pytest.approx(5, abs=0.3) and (lengths == 1).mean() == pytest.approx(0.2, abs=0.02)


@given(
    st.sampled_from(["ipd", "rock_paper_scissors", "public_goods(players=3)"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(["start", "random"]),
    st.integers(0, 2**40),
)
def test_any_controls_give_observations_in_the_space(game, noise, misreading, memory, clock, initial, seed) -> None:
    for observation in ("one_hot", "index"):
        env = gymnasium.make(
            "moral_games/IPD-v0", game=game, opponent="random", noise=noise, observation_noise=misreading,
            memory=memory, clock=clock, initial=initial, observation=observation, rounds=5,
        )  # fmt: skip
        assert env.observation_space.contains(env.reset(seed=seed)[0])
        for _ in range(5):
            assert env.observation_space.contains(env.step(0)[0])


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({"rounds": 0}, "rounds must be a whole number, at least 1, or None for no limit, got 0"),
        ({"rounds": 2.5}, "rounds must be a whole number"),
        ({"continue_probability": 1.5}, "continue_probability must be a probability in \\[0, 1\\], got 1.5"),
        ({"noise": -0.1}, "noise must be a probability in \\[0, 1\\], got -0.1"),
        ({"observation_noise": float("nan")}, "observation_noise must be a probability"),
        ({"memory": -1}, "memory must be a whole number of rounds, at least 0, got -1"),
        ({"clock": True, "rounds": None}, "clock=True needs rounds"),
        ({"payoff_scale": 0}, "payoff_scale must be a positive finite number"),
        ({"payoff_noise": float("inf")}, "payoff_noise must be a finite standard deviation"),
        ({"initial": "middle"}, "initial must be one of"),
        (
            {"initial": (0, 2)},
            "\\(0, 2\\) is no joint action of game 'ipd': it has 2 players, with actions 0 to 1, 0 to 1",
        ),
        ({"initial": (0,)}, "is no joint action"),
        ({"observation": "picture"}, "observation must be one of"),
        ({"illegal_action": "ignore"}, "illegal_action must be one of"),
        ({"memory": 13, "observation": "index"}, "89,478,485 states; at most 20,000,000 are numbered. Remember fewer"),
        ({"memorry": 2}, "unknown option 'memorry'. Did you mean 'memory'"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_controls_are_refused(controls: dict, message: str) -> None:
    for make in (MatrixGameEnv, mg.parallel_env, lambda game, **options: MatrixGameVectorEnv(2, game, **options)):
        with pytest.raises(ValueError, match=message):
            make("ipd", **controls)


def test_long_memories_need_no_numbers() -> None:
    env = MatrixGameEnv("ipd", memory=13)
    assert env.reset(seed=0)[0].shape == (65,)


def test_repetition_says_what_it_is() -> None:
    assert Repetition.of({}) == Repetition()
    assert Repetition.of({"max_cycles": None}).rounds == 100 and Repetition.of({"max_cycles": 5}).rounds == 5


def test_numbers_of_numpy_are_numbers() -> None:
    env = MatrixGameEnv("ipd", continue_probability=np.float64(0.9), noise=np.float32(0.1), rounds=np.int64(2))
    env.reset(seed=0)
    for _ in range(2):
        *_, terminated, truncated, _ = env.step(np.int64(0))
        assert type(terminated) is bool and type(truncated) is bool
    assert Repetition(noise=np.float64(0.5)) == Repetition(noise=0.5)


def test_one_player_is_enough() -> None:
    alone = mg.MatrixGame.from_payoffs([[1.0], [2.0], [0.0]])
    env = MatrixGameVectorEnv(2, alone, opponent=[], observation_noise=0.3, noise=0.1)
    env.reset(seed=0)
    assert env.step(np.array([0, 1]))[1].shape == (2,)
    best = mg.PolicyTable([[0, 1, 0]] * 4)
    found = mg.evaluate(best, [], alone)
    assert found.payoffs == pytest.approx([2.0]) and found.moral_regret == 0


def test_a_lower_max_cycles_ends_an_episode() -> None:
    env = mg.parallel_env("ipd", rounds=10)
    env.reset(seed=0)
    for _ in range(4):
        env.step({"player_0": 0, "player_1": 0})
    env.max_cycles = 2
    assert env.step({"player_0": 0, "player_1": 0})[3] == {"player_0": True, "player_1": True}


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_bad_seeds_are_refused_alike(seed) -> None:
    for env in (MatrixGameEnv(), mg.parallel_env(), MatrixGameVectorEnv(2)):
        with pytest.raises(ValueError, match="a seed must be a whole number, at least 0"):
            env.reset(seed=seed)
    with pytest.raises(ValueError, match="a seed must be a whole number"):
        MatrixGameVectorEnv(2).reset(seed=[1, -1])
    for env in (MatrixGameEnv(), mg.parallel_env(), MatrixGameVectorEnv(2)):
        env.reset(seed=np.int64(3))


def test_errors_name_what_an_environment_has() -> None:
    with pytest.raises(ValueError, match="unknown option 'reward'. Did you mean 'rewards'"):
        mg.parallel_env("ipd", reward="selfish")
    with pytest.raises(ValueError, match="unknown option 'rewards'. Did you mean 'reward'"):
        MatrixGameEnv("ipd", rewards="selfish")
    with pytest.raises(ValueError, match="two names of one option"):
        mg.parallel_env("ipd", rounds=3, max_cycles=4)
    with pytest.raises(TypeError, match="a game is a MatrixGame or the name of one, got 3"):
        MatrixGameEnv(3)
    with pytest.raises(TypeError, match="decorate a function of an outcome with moral_games.rewards.value"):
        MatrixGameEnv("ipd", reward=lambda outcome: outcome.payoffs)
    both = mg.parallel_env("ipd")
    both.reset(seed=0)
    with pytest.raises(ValueError, match=r"one action for each of .*, got \[0, 1\]"):
        both.step([0, 1])


@pytest.mark.parametrize("answer", [-1, 2, 1.0, "C", None])
def test_an_actor_s_answer_is_checked(answer) -> None:
    class Wrong:
        name = "wrong"

        def __init__(self, game: mg.MatrixGame) -> None: ...

        def begin(self, rng: np.random.Generator) -> None: ...

        def act(self):
            return answer

        def see(self, actions) -> None: ...

    env = MatrixGameEnv("ipd", opponent=Wrong)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="actor 'wrong' in seat 1 can play 0 to 1, but act\\(\\) gave"):
        env.step(0)


def test_policies_of_single_precision_answer_legally() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert (mg.PolicyTable(chances).legal_mass == 1).all()
    assert mg.PolicyTable([[0.5, 0.4999]] * 5).legal_mass == pytest.approx(0.9999, abs=1e-9)
