"""Two-stage games: the published protocols, plans and strategies, the game in either role, payoffs that are refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.games import TwoStageGame, either_role, protocol, protocols
from moral_games.games.protocols import SEQUENTIAL_PRISONERS_DILEMMAS
from moral_games.text import prompts

every_protocol = pytest.mark.parametrize("name", protocols())
tables = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, (*shape, 2), elements=st.integers(-90, 90).map(float))
)


def test_there_are_eighteen_protocols_of_three_kinds() -> None:
    assert len(protocols()) == len(set(protocols())) == 18
    strategies = {name: protocol(name).either_role.shape[0] for name in protocols()}
    assert {kind: {strategies[f"{kind}{i}"] for i in range(1, 7)} for kind in ("spd", "tg", "ug")} == {
        "spd": {8},
        "tg": {4},
        "ug": {4},
    }


@pytest.mark.parametrize(
    ("name", "payoffs"),
    [
        ("spd1", (((45, 45), (10, 90)), ((90, 10), (15, 15)))),
        ("spd6", (((75, 75), (10, 90)), ((90, 10), (30, 30)))),
        ("tg3", (((60, 60), (20, 80)), ((30, 30),))),
        ("ug6", (((50, 50),), ((85, 15), (10, 10)))),
    ],
)
def test_payoffs_of_protocols(name: str, payoffs: tuple) -> None:
    assert protocol(name).payoffs == payoffs


def test_only_in_the_first_protocol_do_two_earn_more_by_exploiting_in_turn() -> None:
    more = [2 * r < t + s for t, r, _, s in SEQUENTIAL_PRISONERS_DILEMMAS.values()]
    assert more == [True, False, False, False, False, False]


@every_protocol
def test_what_is_paid_is_what_the_tree_pays(name: str) -> None:
    """Each strategy against each, played by hand in both roles."""
    game = protocol(name)
    strategies = list(product(range(len(game.first)), game.plans))
    assert len(strategies) == game.either_role.shape[0] == len(set(game.either_role.actions[0]))
    for (x, (mine, my_plan)), (y, (theirs, their_plan)) in product(enumerate(strategies), repeat=2):
        expected = (game.outcome(mine, their_plan)[0] + game.outcome(theirs, my_plan)[1]) / 2
        assert game.either_role.payoffs[x, y, 0] == expected


def test_the_first_strategy_is_the_kindest() -> None:
    kindest = {protocol(name).either_role.actions[0][0] for name in protocols()}
    cooperates = "cooperate; cooperate after cooperate, cooperate after defect"
    assert kindest == {cooperates, "invest; give back", "equal split; accept"}


def test_strategies_can_be_read() -> None:
    assert protocol("ug1").either_role.actions[0] == (
        "equal split; accept",
        "equal split; reject",
        "unequal offer; accept",
        "unequal offer; reject",
    )
    assert protocol("spd1").either_role.actions[0][6] == "defect; defect after cooperate, cooperate after defect"


@every_protocol
def test_a_protocol_is_a_game_like_any_other(name: str) -> None:
    """By its name it is found; it can be told, transformed, played in a tournament."""
    game = mg.games.get(name)
    assert game is protocol(name).either_role and game.is_symmetric and game.source and game.title
    assert mg.transform(game, "homo_moralis(kappa=0.5)").shape == game.shape
    again = mg.games.from_toml(mg.games.to_toml(game), name)
    assert np.array_equal(again.payoffs, game.payoffs) and again.actions == game.actions


def test_the_strategy_method_is_one_round_of_the_game_in_either_role() -> None:
    env = mg.parallel_env("tg6", rounds=1)
    env.reset(seed=0)
    _, rewards, terminations, _, _ = env.step({"player_0": 0, "player_1": 3})
    assert rewards == {"player_0": 20, "player_1": 60} and all(terminations.values())


def test_strategies_meet_in_a_tournament() -> None:
    game = mg.games.get("tg6")
    states = 1 + len(game.joint_actions)
    entrants = {name: mg.PolicyTable(np.eye(4)[[x] * states]) for x, name in enumerate(game.actions[0])}
    result = mg.analysis.tournament(entrants, game, rounds=1)
    assert result.names == game.actions[0] and np.allclose(result.payoffs, game.payoffs[..., 0])


def test_strategies_are_told_in_a_prompt() -> None:
    told = prompts(mg.games.get("tg6"), mg.Presentation(("Cat", "Dog", "Fox", "Owl")))[0]
    assert all(label in told for label in ("Cat", "Dog", "Fox", "Owl", "80", "40", "70"))


def test_by_backward_induction_nobody_invests() -> None:
    found = mg.analysis.equilibria(protocol("tg6").matrix)
    assert all(first.tolist() == [0, 1] for first, _ in found) and found


@given(tables)
def test_in_either_role_payoffs_are_means_over_both(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    fair = either_role(game)
    assert fair.is_symmetric and fair.shape == (payoffs[..., 0].size,) * 2
    alike = np.diagonal(fair.payoffs[..., 0]).reshape(game.shape)
    assert np.array_equal(alike, payoffs.sum(axis=-1) / 2)  # against itself a strategy earns half of the total


def test_the_moves_alone_make_a_game_too() -> None:
    moves = protocol("tg1").moves
    assert moves.actions == (("invest", "stay out"), ("give back", "keep"))
    assert moves.payoffs.tolist() == [[[50, 50], [20, 80]], [[30, 30], [30, 30]]]


def test_two_stage_games_are_values() -> None:
    one, other = (mg.games.mini_trust(30, [10, 90], np.array([70, 70]), name="tg6") for _ in range(2))
    assert one == other and hash(one) == hash(other) and one.payoffs == protocol("tg6").payoffs


@pytest.mark.parametrize(
    ("build", "payoffs", "message"),
    [
        ("sequential_prisoners_dilemma", (90, 45, 45, 10), "temptation > reward > punishment > sucker, got temptat"),
        ("sequential_prisoners_dilemma", (40, 45, 15, 10), "temptation > reward"),
        ("sequential_prisoners_dilemma", (90, 45, 15, float("nan")), "finite numbers, got .*sucker=nan"),
        ("sequential_prisoners_dilemma", ("90", 45, 15, 10), "finite numbers"),
        ("mini_trust", (30, (40, 80), (50, 50)), "for the investor give_back > outside > keep"),
        ("mini_trust", (30, (20, 45), (50, 50)), "for the trustee keep > give_back > outside"),
        ("mini_trust", (30, 20, (50, 50)), r"payoffs \(first mover, second mover\), got 20"),
        ("mini_ultimatum", (50, (45, 55), 10), "larger share > equal > its smaller share > rejected"),
        ("mini_ultimatum", (50, (60, 40), 40), "rejected, got equal=50"),
        ("mini_ultimatum", (50, (60, 40, 10), 10), "payoffs"),
        ("mini_ultimatum", (50, (float("inf"), 40), 10), "finite"),
    ],
)
def test_payoffs_out_of_order_are_refused(build: str, payoffs: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(mg.games, build)(*payoffs)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (((), (), ()), "at least one first move"),
        ((("a",), ((), ()), (((1, 1),),)), "1 moves, 2 lists of replies"),
        ((("a", "a"), ((), ()), (((1, 1),), ((1, 1),))), "different names"),
        ((("a",), (("b", "b"),), (((1, 1), (1, 1)),)), "different names"),
        ((("a",), (("b", "c"),), (((1, 1),),)), "2 replies to 'a', which need 2 pairs of payoffs, got 1"),
    ],
)
def test_trees_that_do_not_fit_together_are_refused(tree: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TwoStageGame(*tree)


def test_tables_that_are_too_large_are_refused_before_they_are_made() -> None:
    names = tuple(f"m{i}" for i in range(40))
    pairs = ((((1.0, 1.0),) * 40),) * 40
    with pytest.raises(ValueError, match="plans of the second mover; a table of at most"):
        _ = TwoStageGame(names, (names,) * 40, pairs).matrix
    with pytest.raises(ValueError, match="10,000 strategies for both roles"):
        either_role(mg.MatrixGame.from_payoffs(np.zeros((100, 100, 2))))


def test_unknown_protocols_are_refused_with_close_matches() -> None:
    with pytest.raises(ValueError, match="unknown protocol 'spd7'. Did you mean 'spd"):
        protocol("spd7")
    with pytest.raises(ValueError, match="unknown game 'spd7'. Did you mean 'spd"):
        mg.games.get("spd7")
    with pytest.raises(TypeError, match="TwoStageGame or the name of a protocol, got 3"):
        mg.games.as_two_stage(3)
    with pytest.raises(ValueError, match="two players; game 'public_goods' has"):
        either_role(mg.games.get("public_goods"))
