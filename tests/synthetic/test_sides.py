"""Games are for learning or for the test, whatever their actions are called."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis import Preference
from moral_games.games import MatrixGame, TwoStageGame, either_role, protocol, protocols
from moral_games.synthetic import KINDS, tasks
from moral_games.synthetic.sides import side
from moral_games.synthetic.sources import draw_game, named_games, shuffled


def lowest(own: np.ndarray) -> tuple[float, ...]:
    """Return the payoffs of a symmetric game under the renaming that makes them lowest."""
    return min(tuple(own[np.ix_(order, order)].ravel()) for order in permutations(range(len(own))))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
def test_neither_names_nor_seats_change_the_side(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    _, game = draw_game(kind, "train" if seed % 2 else "test", rng, 9)
    assert side(game) == ("train" if seed % 2 else "test")
    assert side(shuffled(game, rng)) == side(game)
    if isinstance(game, MatrixGame):
        assert side(game.seen_by(1)) == side(game)
        if not game.is_symmetric:
            assert side(either_role(game)) == side(game)


def test_no_game_of_the_test_is_taught_under_any_names() -> None:
    found = {
        split: tasks(Preference(kappa=0.5), split, 60, np.random.default_rng(1), highest=4)
        for split in ("train", "test")
    }
    taught, kept = (
        {lowest(each.game.payoffs[..., 0]) for each in found[split] if len(each.labels) < 8}
        for split in ("train", "test")
    )
    assert len(taught) > 30 and len(kept) > 15 and not taught & kept
    trees = {each.source for each in found["train"]} & {each.source for each in found["test"]}
    assert trees <= {"random"}


def test_sides_are_the_same_everywhere_and_always() -> None:
    assert [name for name in protocols() if side(name) == "test"] == ["spd3", "spd4", "tg2", "tg4"]
    assert side("stag_hunt_aies2024") == side("stag_hunt_ijcai2023") == "test"
    assert side("ipd") == "train"


def test_about_one_game_in_five_is_for_the_test() -> None:
    rng = np.random.default_rng(0)
    own = rng.integers(10, size=(500, 2, 2))
    kept = [side(MatrixGame.from_payoffs(np.stack([each, each.T], axis=-1))) == "test" for each in own]
    assert 0.13 < np.mean(kept) < 0.27


def test_published_games_are_on_one_side_each() -> None:
    sides = [named_games("two_stage", split) for split in ("train", "test")]
    assert sorted(sum(sides, ())) == sorted(protocols())
    assert "rock_paper_scissors" in named_games("simultaneous", "train")
    assert all(mg.games.get(name).shape == (2, 2) for name in named_games("equilibrium", "train"))
    assert "bach_or_stravinsky" in named_games("asymmetric", "train") + named_games("asymmetric", "test")


@pytest.mark.parametrize("name", ("spd1", "tg6", "ug3"))
def test_a_shuffled_tree_is_the_same_game(name: str) -> None:
    game = protocol(name)
    mixed = shuffled(game, np.random.default_rng(4))
    assert isinstance(mixed, TwoStageGame)

    def named(tree: TwoStageGame) -> dict[frozenset[str], float]:
        whole = tree.either_role
        parts = [frozenset(part for role in plan.split("; ") for part in role.split(", ")) for plan in whole.actions[0]]
        return {(x, y): whole.payoffs[i, j, 0] for i, x in enumerate(parts) for j, y in enumerate(parts)}

    assert named(mixed) == named(game)


@pytest.mark.parametrize("split", ("train", "test"))
@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_have_games_even_with_the_lowest_payoffs(kind: str, split: str) -> None:
    found = {draw_game(kind, split, np.random.default_rng(seed), 3)[0] for seed in range(10)}
    assert "random" in found
