"""A match is what a session plays, and the opponent's state that is shown is the one that it is in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games import opponents
from moral_games.explorer import play_view
from moral_games.explorer.match import Match, memory_labels
from moral_games.policy import FiniteStatePolicy

IPD = mg.games.get("ipd")
OFTEN_ILLEGAL = mg.PolicyTable([[0.3, 0.3]] * 5, "often_illegal")
TWO_ROUNDS = FiniteStatePolicy.from_windows(np.full((21, 2), 0.5), 4, "two_rounds")
WATCHED = {
    **{name: opponents.as_policy(name, IPD) for name in ("tit_for_tat", "grim", "predator", "random")},
    **{policy.name: policy for policy in (OFTEN_ILLEGAL, TWO_ROUNDS)},
}


@given(st.sampled_from(sorted(WATCHED)), st.lists(st.integers(0, 1), max_size=25), st.integers(0, 1000))
def test_the_state_shown_is_the_one_that_the_opponent_is_in(name: str, actions: list[int], seed: int) -> None:
    match = Match(IPD, "selfish", WATCHED[name], seed)
    for action in actions:
        match.play(action)
        assert match.memory == match._session._seats[1].state
    again = Match(IPD, "selfish", WATCHED[name], seed)
    assert [again.play(action) for action in actions] == match.rounds


def test_a_match_with_tit_for_tat() -> None:
    match = Match(IPD, "selfish + deontological(penalty=3)", WATCHED["tit_for_tat"], seed=0)
    assert play_view.last_round(match) == "Nothing has been played yet." and play_view.rounds(match) == ""
    for action in (0, 1, 1, 0):
        match.play(action)
    assert [played.actions for played in match.rounds] == [(0, 0), (1, 0), (1, 1), (0, 1)]
    assert [played.reward for played in match.rounds] == [3, 1, -2, 0]  # it twice defected after a cooperation
    assert match.totals() == (8, 8, 2)
    assert (
        play_view.last_round(match) == "Round 4: you cooperate, opponent defect; payoffs 0 and 4; your moral reward 0."
    )
    assert '<span class="cell played">0, <u>4</u></span>' in play_view.board(match)
    assert "▶ DC" in play_view.states(match) and play_view.rounds(match).count("<tr>") == 5


def test_only_the_latest_rounds_and_states_are_listed() -> None:
    match = Match(IPD, "selfish", FiniteStatePolicy.from_windows(np.full((85, 2), 0.5), 4, "three"), seed=0)
    for _ in range(20):
        match.play(0)
    assert "and 8 before." in play_view.rounds(match)
    shown = play_view.states(match)
    assert "and 45 more states." in shown and "▶" in shown


def test_illegal_answers_are_said() -> None:
    match = Match(IPD, "selfish", mg.PolicyTable(np.zeros((5, 2))), seed=0)
    match.play(0)
    assert "opponent illegal answer; payoffs 0 and 0" in play_view.last_round(match)
    assert '<th scope="col">illegal</th>' in play_view.states(match) and "played" not in play_view.board(match)


def test_how_states_are_told() -> None:
    assert memory_labels(TWO_ROUNDS, IPD)[5:7] == ("CC CC", "CD CC")
    assert memory_labels(FiniteStatePolicy([[1, 0]], [[0] * 4]), IPD) == ("always",)
    assert memory_labels(WATCHED["predator"], IPD)[0] == "state 0"


def test_what_cannot_be_played_is_refused() -> None:
    with pytest.raises(ValueError, match="played by two"):
        Match(mg.games.get("public_goods(players=3)"), "selfish", OFTEN_ILLEGAL, 0)
    with pytest.raises(ValueError, match="is for 2 actions"):
        Match(mg.games.get("rock_paper_scissors"), "selfish", OFTEN_ILLEGAL, 0)
    with pytest.raises(ValueError, match="if everyone did the same"):
        Match(mg.games.get("bach_or_stravinsky"), "homo_moralis", OFTEN_ILLEGAL, 0)
    with pytest.raises(ValueError, match="has actions 0 to 1, got 2"):
        Match(IPD, "selfish", OFTEN_ILLEGAL, 0).play(2)
