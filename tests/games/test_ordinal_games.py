"""The 78 strictly ordinal two-by-two games."""

from __future__ import annotations

from itertools import chain, permutations, product

import numpy as np
import pytest

import moral_games as mg
from moral_games.games import kinds, ordinal_class
from moral_games.games.ordinal_games import NUMBERS, PATTERNS

GAMES = {number: mg.games.ordinal(number) for number in range(1, 79)}
CLASSES = {number: ordinal_class(number) for number in GAMES}


def relabelled(payoffs: np.ndarray) -> set[tuple[float, ...]]:
    """Return the game under every name of its rows, columns and players."""
    seats = (payoffs, payoffs.transpose(1, 0, 2)[..., ::-1])
    orders = (slice(None), slice(None, None, -1))
    return {tuple(seat[rows, columns].ravel()) for seat, rows, columns in product(seats, orders, orders)}


def test_the_games_are_all_games_up_to_relabelling_and_each_is_there_once() -> None:
    orbits = [relabelled(game.payoffs) for game in GAMES.values()]
    every = {
        tuple(np.stack([np.reshape(row, (2, 2)), np.reshape(column, (2, 2))], axis=-1).ravel())
        for row, column in product(permutations((1.0, 2.0, 3.0, 4.0)), repeat=2)
    }
    assert len(every) == 576 and set().union(*orbits) == every
    assert sum(map(len, orbits)) == 576


def test_the_patterns_are_all_those_whose_best_rank_comes_with_the_other_s_first_action() -> None:
    assert set(PATTERNS.values()) == {trps for trps in permutations((1, 2, 3, 4)) if 4 in trps[:2]}


def test_every_number_is_given_once() -> None:
    assert sorted(chain(*NUMBERS)) == list(range(1, 79))


def test_the_best_outcome_lies_where_the_other_takes_action_0() -> None:
    for game in GAMES.values():
        assert game.payoffs[:, 0, 0].max() == game.payoffs[0, :, 1].max() == 4


def test_the_twelve_symmetric_games_are_the_named_ones() -> None:
    symmetric = {number: game for number, game in GAMES.items() if game.is_symmetric}
    assert {game.title.partition(" (")[0] for game in symmetric.values()} == set(PATTERNS)
    assert {number for number, found in CLASSES.items() if found.is_symmetric} == set(symmetric)


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (12, "Prisoner's Dilemma", "prisoners_dilemma"),
        (66, "Chicken", "chicken"),
        (61, "Stag Hunt", "stag_hunt"),
        (9, "Deadlock", "deadlock"),
        (68, "Battle", "unclassified"),
        (69, "Hero", "unclassified"),
        (3, "Harmony", "harmony"),
    ],
)
def test_games_with_well_known_numbers(number: int, name: str, kind: str) -> None:
    assert GAMES[number].title == f"{name} (ordinal game {number})" and GAMES[number].kind == kind


def test_payoffs_of_some_games() -> None:
    assert GAMES[12].payoffs.tolist() == [[[3, 3], [1, 4]], [[4, 1], [2, 2]]]
    assert kinds.letters(GAMES[61]) == (3, 4, 2, 1)
    assert GAMES[75].payoffs.sum(axis=-1).tolist() == [[5, 5], [5, 5]]


def test_players_with_a_dominant_action_fall_by_number() -> None:
    dominating = [2 - CLASSES[number].dominant.count(None) for number in GAMES]
    assert dominating == [2] * 21 + [1] * 36 + [0] * 21


def test_no_conflict_games_come_first_in_each_group() -> None:
    peaceful = [number for number, found in CLASSES.items() if found.interests == "no conflict"]
    assert peaceful == [*range(1, 7), *range(22, 31), *range(58, 64)]
    assert [number for number, found in CLASSES.items() if found.interests == "complete opposition"] == [11, 45, 75]


def test_equilibria_of_the_groups() -> None:
    counts = [len(CLASSES[number].equilibria) for number in GAMES]
    assert counts == [1] * 57 + [2] * 12 + [0] * 9


def test_an_unknown_number_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 78, got number=79"):
        ordinal_class(79)
