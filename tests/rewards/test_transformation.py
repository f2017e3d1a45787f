"""What a value makes of a game."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg

IPD = mg.games.get("ipd")


def test_the_sum_turns_the_dilemma_into_harmony() -> None:
    after = mg.transform(IPD, "utilitarian")
    assert after.payoffs[..., 0].tolist() == [[6, 4], [4, 2]]
    assert after.kind == "harmony"
    assert after.actions == IPD.actions and after.name == "ipd under utilitarian()"


@pytest.mark.parametrize("name", mg.games.names())
def test_selfishness_leaves_a_game_as_it_is(name: str) -> None:
    game = mg.games.get(name)
    assert np.array_equal(mg.transform(game, "selfish").payoffs, game.payoffs)


def test_each_player_may_hold_a_value_of_its_own() -> None:
    after = mg.transform(IPD, ["selfish", "utilitarian"])
    assert np.array_equal(after.payoffs[..., 0], IPD.payoffs[..., 0])
    assert np.array_equal(after.payoffs[..., 1], IPD.payoffs.sum(axis=-1))
    assert after.name == "ipd under selfish(), utilitarian()"
    with pytest.raises(ValueError, match="2 players, but 3 rewards were given; give one for all of them"):
        mg.transform(IPD, ["selfish"] * 3)


@pytest.mark.parametrize(
    "reward",
    ["deontological", "reciprocity", "norm", "charness_rabin(theta=-0.1)", 'selfish + norm("own == 1", penalty=0.001)'],
)
def test_a_reward_with_memory_is_no_payoff_table(reward: str) -> None:
    with pytest.raises(TypeError, match="round before"):
        mg.transform(IPD, reward)


def test_a_norm_on_the_action_alone_is_a_payoff_table() -> None:
    after = mg.transform(IPD, 'selfish + norm("action > 0", penalty=2)')
    assert after.payoffs[..., 0].tolist() == [[3, 0], [2, -1]] and after.kind == "harmony"


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_reward_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        mg.transform(IPD, "1e308 * utilitarian")
