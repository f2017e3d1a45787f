"""Both scalar environments against the tables and each other, and what they refuse; see also test_conformance."""

from __future__ import annotations

import subprocess
import sys

import gymnasium
import numpy as np
import pettingzoo
import pytest

import moral_games as mg
from moral_games.envs.registration import ids


def single(name: str, **options) -> gymnasium.Env:
    return gymnasium.make(ids()[name], **{"opponent": "random", **options})


def test_the_two_environments_and_the_tables_agree(rng: np.random.Generator) -> None:
    reward = "deontological(penalty=3) + 0.5 * utilitarian"
    both = mg.parallel_env("chicken", rewards=reward)
    alone = single("chicken", opponent="tit_for_tat", reward=reward)
    repeated = mg.RepeatedGame.compile(mg.games.get("chicken"), reward)
    both.reset(seed=0)
    alone.reset(seed=0)
    state, answer = 0, 0
    for _ in range(50):
        action = int(rng.integers(2))
        observations, rewards, _, _, infos = both.step({"player_0": action, "player_1": answer})
        observation, earned, _, _, info = alone.step(action)
        step = repeated.step(np.array(state), np.array([action, answer]))
        state, answer = int(step.state), action
        assert np.array_equal(observation, observations["player_0"]) and observation.argmax() == state
        assert earned == rewards["player_0"] == step.rewards[0]
        assert info["payoff"] == infos["player_0"]["payoff"] == step.payoffs[0]


def test_the_learner_may_sit_in_any_seat() -> None:
    env = single("bach_or_stravinsky", opponent="always_cooperate", player=1)
    env.reset(seed=0)
    observation, reward, *_, info = env.step(1)
    # Player 0 plays bach, the learner stravinsky: its own action comes first in what it sees.
    assert info["actions"] == (0, 1) and reward == 0 and observation.argmax() == 3
    assert env.step(0)[1] == 2


def test_an_illegal_answer_is_an_outcome_where_that_is_asked_for() -> None:
    env = single("ipd", illegal_action="outcome", reward="selfish + illegal(penalty=6)")
    env.reset(seed=0)
    *_, info = env.step(-1)
    assert not info["legal"] and info["payoffs"] == (0, 0)
    assert env.unwrapped.step(-1)[1] == -6


def test_rendering(capsys: pytest.CaptureFixture[str]) -> None:
    env = single("ipd", opponent="always_defect", render_mode="ansi", reward="utilitarian")
    env.reset(seed=0)
    assert "start" in env.render()
    env.step(0)
    assert "[0, 4]" in env.render() and "round 1" in env.render()
    human = mg.parallel_env("ipd", render_mode="human")
    human.reset(seed=0)
    human.step({"player_0": 0, "player_1": 1})
    assert "defect" in capsys.readouterr().out
    picture = single("ipd", render_mode="rgb_array")
    picture.reset(seed=0)
    assert picture.render().dtype == np.uint8 and picture.render().ndim == 3


def test_every_id_is_in_every_registry() -> None:
    for env_id in ids().values():
        assert env_id in gymnasium.registry and env_id in pettingzoo.parallel_registry
        assert env_id in pettingzoo.aec_registry
        assert gymnasium.spec(env_id).to_json()
    assert len(set(ids().values())) == len(ids()) == len(mg.games.names()) + len(mg.games.families())
    population = pettingzoo.make("parallel", "moral_games/Population-v0", players=4)
    assert len(population.possible_agents) == 4
    assert pettingzoo.make("aec", "moral_games/Population-v0", players=4).possible_agents == population.possible_agents


def test_a_family_is_played_with_its_parameters() -> None:
    env = gymnasium.make("moral_games/PublicGoods-v0", game="public_goods(players=5)", opponent="always_cooperate")
    env.reset(seed=0)
    assert len(env.step(0)[-1]["payoffs"]) == 5


def test_a_game_of_one_s_own_is_made_like_any_other() -> None:
    game = mg.MatrixGame.from_payoffs([[[2, 2], [0, 0]], [[0, 0], [1, 1]]], name="hi_lo")
    env = gymnasium.make("moral_games/MatrixGame-v0", game=game, opponent="tit_for_tat")
    env.reset(seed=0)
    assert env.step(0)[1] == 2
    many = gymnasium.make_vec("moral_games/MatrixGame-v0", num_envs=3, game=game)
    assert many.reset(seed=0)[0].shape == (3, 5)
    for api in ("parallel", "aec"):
        assert pettingzoo.make(api, "moral_games/MatrixGame-v0", game=game).possible_agents == ["player_0", "player_1"]


def test_games_too_large_for_tables_are_played_all_the_same() -> None:
    env = mg.parallel_env("public_goods(players=11)", rewards="deontological(penalty=3)", rounds=2)
    env.reset(seed=0)
    env.step(dict.fromkeys(env.agents, 0))
    _, rewards, *_ = env.step({agent: int(agent == "player_3") for agent in env.agents})
    assert rewards == {agent: -3.0 * (agent == "player_3") for agent in env.possible_agents}


def test_an_actor_has_a_seat_of_its_own() -> None:
    """Two environments over one specification do not share an opponent; the seed decides what it draws."""

    class Counting:
        name = "counting"

        def __init__(self, game: mg.MatrixGame) -> None:
            self.rounds, self.seen = 0, []

        def begin(self, rng: np.random.Generator) -> None:
            self.rounds, self.seen, self.rng = 0, [], rng

        def act(self) -> int:
            self.rounds += 1
            return int(self.rng.integers(2)) if self.rounds > 2 else self.rounds % 2

        def see(self, actions) -> None:
            self.seen.append(tuple(actions))

    one, other = single("ipd", opponent=Counting), single("ipd", opponent=Counting)
    one.reset(seed=0)
    other.reset(seed=0)
    assert [one.step(0)[-1]["actions"][1] for _ in range(2)] == [1, 0]
    assert one.unwrapped.opponents[1].seen == [(1, 0), (0, 0)], "own action first"
    assert other.unwrapped.opponents[1].seen == []
    assert [one.step(0)[-1]["actions"][1] for _ in range(20)] == [other.step(0)[-1]["actions"][1] for _ in range(22)][
        2:
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"render_mode": "png"}, "render_mode must be"),
        ({"reward": "kindnes"}, "unknown reward"),
        ({"reward": ("selfish",) * 3}, "has 2 players, but 3 rewards were given"),
        ({"opponent": "tit_for_tatt"}, "unknown opponent"),
        ({"opponent": ["grim", "grim"]}, "needs 1 opponents"),
        ({"player": 2}, "player must be 0 to 1"),
        ({"game": "idp"}, "unknown game"),
    ],
)
def test_bad_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gymnasium.make("moral_games/IPD-v0", **options)


def test_bad_actions_are_refused_before_anything_changes() -> None:
    env = single("ipd").unwrapped
    with pytest.raises(ValueError, match="reset"):
        env.step(0)
    env.reset(seed=0)
    for action in (2, -1, "C", None):
        with pytest.raises(ValueError, match="has actions 0 to 1"):
            env.step(action)
    assert env.session.played == 0

    both = mg.parallel_env("ipd", rounds=1)
    with pytest.raises(ValueError, match="reset"):
        both.step({"player_0": 0, "player_1": 0})
    both.reset(seed=0)
    with pytest.raises(ValueError, match="one action for each"):
        both.step({"player_0": 0})
    with pytest.raises(ValueError, match="player 1 of 'ipd' has actions 0 to 1"):
        both.step({"player_0": 0, "player_1": 5})
    both.step({"player_0": 0, "player_1": 0})
    with pytest.raises(ValueError, match="over"):
        both.step({"player_0": 0, "player_1": 0})
    with pytest.raises(ValueError, match="render_mode"):
        mg.parallel_env("ipd", render_mode="png")


def test_importing_loads_nothing_optional() -> None:
    optional = ("torch", "axelrod", "matplotlib", "ray", "transformers", "PIL", "pygambit", "jax", "stable_baselines3")
    code = f"import sys, moral_games; print([m for m in {optional} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
