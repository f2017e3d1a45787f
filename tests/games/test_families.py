"""Families of games: payoffs from the literature, names that make them again, parameters that are refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.games import kinds, nash_set
from moral_games.games.families import FAMILIES
from moral_games.games.random_games import DRAWABLE


@pytest.mark.parametrize("name", mg.games.families())
def test_every_family_has_a_default_game(name: str) -> None:
    game = mg.games.get(name)
    assert game.name == name and game.title and game.source and game.env_id.isalnum()
    assert game.kind == kinds.classify(game)
    assert "Parameters" in (FAMILIES[name].__doc__ or "")
    assert len({len(actions) for actions in game.actions}) == 1


def test_names_and_environment_ids_are_told_apart() -> None:
    names = (*mg.games.names(), *mg.games.families())
    assert len(set(names)) == len(names)
    assert len({mg.games.get(name).env_id for name in names}) == len(names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("public_goods(players=5, multiplier=2)", "public_goods(players=5, multiplier=2)"),
        ("public_goods(multiplier=2.0, players=5.0)", "public_goods(players=5, multiplier=2)"),
        ("public_goods(players=4)", "public_goods"),
        (" ordinal( number = 66 )", "ordinal(number=66)"),
        ("commons(wage=-0.125)", "commons(wage=-0.125)"),
    ],
)
def test_the_name_is_the_text_that_makes_the_game_again(text: str, name: str) -> None:
    game = mg.games.get(text)
    assert game.name == name
    again = mg.games.get(game.name)
    assert again.name == name and np.array_equal(again.payoffs, game.payoffs) and again.actions == game.actions


@given(st.floats(0, 1e300), st.floats(1e-300, 1e300, exclude_min=True).filter(np.isfinite), st.integers(0, 2**40))
def test_every_number_survives_the_name(multiplier: float, reward: float, seed: int) -> None:
    for game in (
        mg.games.public_goods(multiplier=min(multiplier, 1e200)),
        mg.games.coordination(reward=reward),
        mg.games.random_game(seed=seed),
    ):
        assert np.array_equal(mg.games.get(game.name).payoffs, game.payoffs)


def test_families_can_be_called_in_python() -> None:
    assert mg.games.public_goods(5).shape == (2,) * 5
    assert mg.games.ordinal(np.int64(66)).name == "ordinal(number=66)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("public_goods(player=3)", r"unknown parameter of family 'public_goods' 'player'.*'players'"),
        ("public_goods(players=1)", r"family 'public_goods' needs two players or more, got players=1"),
        ("public_goods(players=4.5)", r"'players' of family 'public_goods' must be a whole number, got 4.5"),
        ("public_goods(levels=1)", r"needs two actions or more"),
        ("public_goods(multiplier=-1)", r"multiplier >= 0, got multiplier=-1"),
        ("public_goods(multiplier=1e999)", r"'multiplier' of family 'public_goods' must be a finite number, got inf"),
        ("public_goods(endowment=0)", r"endowment > 0"),
        ("public_goods(players=1000000000)", r"1,000,000,000 players .* at most 16,777,216"),
        ("threshold_public_goods(threshold=5)", r"1 <= threshold <= players, got threshold=5, players=4"),
        ("threshold_public_goods(cost=3)", r"0 < cost < benefit, got benefit=3, cost=3"),
        ("n_player_volunteers_dilemma(cost=0)", r"0 < cost < benefit"),
        ("n_player_stag_hunt(threshold=0)", r"1 <= threshold <= players"),
        ("n_player_stag_hunt(cost=-1)", r"multiplier > 0 and cost > 0"),
        ("n_player_chicken(benefit=0.5)", r"0 < cost < benefit"),
        ("commons(endowment=-1)", r"endowment > 0"),
        ("travelers_dilemma(lowest=5, highest=3)", r"lowest < highest, got lowest=5, highest=3"),
        ("travelers_dilemma(reward=0)", r"reward > 0"),
        ("coordination(reward=0)", r"reward > 0"),
        ("coordination(options=5000, players=3)", r"at most 16,777,216"),
        ("ordinal(number=79)", r"a number from 1 to 78, got number=79"),
        ("ordinal(number=0)", r"a number from 1 to 78"),
        ("random_game(seed=-1)", r"seed of 0 or more, got -1"),
        ("ipd(players=3)", r"game 'ipd' takes no parameters"),
        ("pubic_goods(players=3)", r"unknown game 'pubic_goods'.*'public_goods'"),
        ("public_good", r"unknown game 'public_good'.*'public_goods'"),
        ("public_goods(4)", r"cannot read 'public_goods\(4\)'"),
        ("public_goods(players='x')", r"expected a number"),
    ],
)
def test_what_makes_no_game_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mg.games.get(text)


@pytest.mark.parametrize("value", [True, None, "4", float("nan"), [4]])
def test_only_numbers_are_parameters(value: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        mg.games.public_goods(players=value)  # type: ignore[arg-type]


def test_a_family_is_one_function() -> None:
    from moral_games.games import family

    @family("Gift", "A test", "Gift")
    def gift(worth: float = 2.0) -> mg.MatrixGame:
        return mg.MatrixGame.from_payoffs([[[worth - 1, worth - 1], [-1, worth]], [[worth, -1], [0, 0]]])

    try:
        assert mg.games.get("gift(worth=3)").payoffs[0, 1].tolist() == [-1, 3]
        assert mg.games.get("gift").kind == "prisoners_dilemma"
    finally:
        FAMILIES.pop("gift")


def test_public_goods_of_isaac_and_walker() -> None:
    """Their groups of 4 with marginal per capita returns of 0.3 and 0.75: m = 1.2 and m = 3."""
    for multiplier, share in ((1.2, 0.3), (3.0, 0.75)):
        game = mg.games.public_goods(multiplier=multiplier)
        assert game.payoffs[0, 0, 0, 0] == pytest.approx(4 * share)
        assert game.payoffs[1, 0, 0, 0, 0] - game.payoffs[0, 0, 0, 0, 0] == pytest.approx(1 - share)
        assert game.kind == "social_dilemma" and nash_set(game) == ((1, 1, 1, 1),)


@pytest.mark.parametrize(
    ("multiplier", "kind"), [(0.9, "unclassified"), (1.6, "social_dilemma"), (4.5, "unclassified")]
)
def test_public_goods_are_a_dilemma_between_one_and_the_number_of_players(multiplier: float, kind: str) -> None:
    assert mg.games.public_goods(multiplier=multiplier).kind == kind


@given(st.integers(2, 4), st.floats(0.1, 5), st.floats(0.1, 10), st.integers(2, 4))
def test_public_goods_by_hand(players: int, multiplier: float, endowment: float, levels: int) -> None:
    game = mg.games.public_goods(players, multiplier, endowment, levels)
    assert game.is_symmetric and game.actions[0][0].startswith("contribute")
    for joint in product(range(levels), repeat=players):
        given_ = [endowment * (levels - 1 - action) / (levels - 1) for action in joint]
        expected = [endowment - own + multiplier * sum(given_) / players for own in given_]
        assert game.payoffs[joint] == pytest.approx(expected)


def test_graded_contributions_are_named() -> None:
    assert mg.games.public_goods(levels=4).actions[0] == (
        "contribute_all",
        "contribute_2_of_3",
        "contribute_1_of_3",
        "contribute_nothing",
    )
    assert mg.games.public_goods(levels=4).kind == "social_dilemma"


def test_threshold_public_goods_have_the_equilibria_of_palfrey_and_rosenthal() -> None:
    """Either nobody contributes, or exactly as many as it takes."""
    game = mg.games.threshold_public_goods(players=5, threshold=3)
    contributors = {5 - sum(cell) for cell in nash_set(game)}
    assert contributors == {0, 3} and len(nash_set(game)) == 1 + 10


@pytest.mark.parametrize("players", [2, 3, 6])
def test_volunteers_mix_as_diekmann_says(players: int) -> None:
    benefit, cost = 5.0, 2.0
    game = mg.games.n_player_volunteers_dilemma(players, benefit, cost)
    waits = (cost / benefit) ** (1 / (players - 1))
    others = np.array([1 - waits, waits])
    value = game.payoffs[..., 0]
    for _ in range(players - 1):
        value = value @ others
    assert value == pytest.approx([benefit - cost] * 2)
    assert {sum(action == 0 for action in cell) for cell in nash_set(game)} == {1}


def test_volunteers_dilemma_is_a_threshold_of_one() -> None:
    one = mg.games.threshold_public_goods(threshold=1, benefit=2)
    assert np.array_equal(one.payoffs, mg.games.n_player_volunteers_dilemma().payoffs)


def test_commons_of_ostrom_gardner_and_walker() -> None:
    """Eight players in equilibrium put 8 tokens each to use; together they would best use 36."""
    game = mg.games.commons(players=8, levels=3, endowment=16)
    assert game.actions[0] == ("use_0", "use_8", "use_16") and (1,) * 8 in nash_set(game)
    assert game.payoffs[(1,) * 8] == pytest.approx([5 * 8 + (23 * 64 - 0.25 * 64**2) / 8] * 8)
    two = mg.games.commons(players=2, levels=37, endowment=36)
    totals = two.payoffs.sum(axis=-1)
    assert {a + b for a, b in np.argwhere(totals == totals.max())} == {36}
    assert (24, 24) in nash_set(two)  # (a - w) / (b (n + 1)) = 18 / 0.75


def test_nobody_using_the_commons_earns_the_wage_alone() -> None:
    assert mg.games.commons().payoffs[0, 0, 0].tolist() == [90, 90, 90]


def test_stag_hunt_needs_everybody_by_default() -> None:
    game = mg.games.n_player_stag_hunt()
    assert nash_set(game) == ((0,) * 4, (1,) * 4) and game.kind == "n_player_stag_hunt"


@given(st.integers(2, 5), st.floats(0.5, 6), st.floats(0.1, 3), st.data())
def test_stag_hunt_by_hand(players: int, multiplier: float, cost: float, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(1, players))
    game = mg.games.n_player_stag_hunt(players, threshold, multiplier, cost)
    for joint in game.joint_actions:
        hunters = int((joint == 0).sum())
        gain = hunters * multiplier * cost / players if hunters >= threshold else 0
        assert game.payoffs[tuple(joint)] == pytest.approx(gain - cost * (joint == 0))


def test_chicken_shares_the_cost() -> None:
    game = mg.games.n_player_chicken(players=4, benefit=3, cost=2)
    assert [game.payoffs[(0,) * k + (1,) * (4 - k)].tolist() for k in range(5)] == [
        [0, 0, 0, 0],
        [1, 3, 3, 3],
        [2, 2, 3, 3],
        [pytest.approx(7 / 3)] * 3 + [3],
        [2.5] * 4,
    ]
    assert game.kind == "n_player_chicken"
    assert mg.games.n_player_chicken(players=2).kind == "chicken"


def test_travelers_dilemma_of_basu() -> None:
    game = mg.games.travelers_dilemma(highest=100)
    claim = {int(name.removeprefix("claim_")): index for index, name in enumerate(game.actions[0])}
    assert game.payoffs[claim[100], claim[100]].tolist() == [100, 100]
    assert game.payoffs[claim[99], claim[100]].tolist() == [101, 97]
    assert nash_set(game) == ((claim[2], claim[2]),) and claim[100] == 0
    assert game.kind == "deficient_equilibrium"


@given(st.integers(2, 4), st.integers(2, 4))
def test_coordination_has_an_equilibrium_for_every_option(players: int, options: int) -> None:
    game = mg.games.coordination(players, options)
    assert game.kind == "pure_coordination"
    assert {(option,) * players for option in range(options)} <= set(nash_set(game))


def test_random_games_follow_their_seed() -> None:
    one, again, other = (mg.games.random_game(3, 2, seed).payoffs for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert one.min() >= 0 and one.max() < 1 and one.shape == (2, 2, 2, 3)


@given(st.integers(2, 5), st.integers(0, 2**32))
def test_random_social_dilemmas_are_social_dilemmas(players: int, seed: int) -> None:
    game = mg.games.random_social_dilemma(players, seed)
    assert game.is_symmetric and kinds.is_kind(game, "social_dilemma")


def test_random_prisoners_dilemmas_are_uniform_among_them() -> None:
    """Given T > R > P > S, uniform: 2R > T + S excludes some, so compare with plain rejection."""
    rng = np.random.default_rng(0)
    draws = np.sort(rng.random((200_000, 4)), axis=1)[:, ::-1]
    kept = draws[2 * draws[:, 1] > draws[:, 0] + draws[:, 3]]
    ours = np.array([kinds.letters(mg.games.random_prisoners_dilemma(seed)) for seed in range(1000)])
    assert ours.mean(axis=0) == pytest.approx(kept.mean(axis=0), abs=4 * 0.25 / np.sqrt(1000))


@pytest.mark.parametrize("kind", DRAWABLE)
def test_a_random_game_has_the_kind_that_was_asked_for(kind: str) -> None:
    rng = np.random.default_rng(5)
    games = [mg.games.random_of_kind(kind, rng) for _ in range(10)]
    assert all(kinds.is_kind(game, kind) and game.kind == kind for game in games)
    assert len({game.payoffs.tobytes() for game in games}) == 10


def test_kinds_with_ties_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="unknown kind to draw from 'pure_coordination'"):
        mg.games.random_of_kind("pure_coordination", np.random.default_rng(0))


def test_twelve_players_are_no_trouble() -> None:
    game = mg.games.public_goods(players=12)
    assert game.is_symmetric and game.joint_actions.shape == (4096, 12)
    assert nash_set(game) == ((1,) * 12,) and game.kind == "social_dilemma"
