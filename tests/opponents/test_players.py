"""Who may sit down besides the catalogue: policies, makers of actors, saved learners, a human."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import moral_games as mg
from moral_games.opponents import Actor, Human, as_player, as_policy, players, seated

IPD = mg.games.get("ipd")


class Counter:
    """An actor that defects in every third round; it has no finite table by its own account."""

    name = "counter"

    def __init__(self, game: mg.MatrixGame) -> None:
        self.game = game
        self.rounds = 0

    def begin(self, rng: np.random.Generator) -> None:
        self.rounds = 0

    def act(self) -> int:
        return int(self.rounds % 3 == 2)

    def see(self, actions: Sequence[int]) -> None:
        self.rounds += 1


def test_a_policy_of_ones_own_is_an_opponent() -> None:
    policy = mg.PolicyTable([[1, 0]] * 5)
    assert as_policy(policy, IPD) is policy
    assert as_policy(lambda game: policy, IPD) is policy


def test_a_class_makes_an_actor_for_every_seat() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)))
    one, other = players(Counter, game)
    assert isinstance(one, Actor) and isinstance(other, Actor)
    one.see([0, 0, 0])
    assert (one.rounds, other.rounds) == (1, 0)
    assert as_player(Counter, game) is not as_player(Counter, game)


def test_seats_may_differ() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)))
    table, actor = players(["grim", Counter], game, player=1)
    assert isinstance(table, mg.FiniteStatePolicy) and isinstance(actor, Counter)
    assert [policy.name for policy in seated(["grim", "random"], game)] == ["grim", "random"]


def test_every_seat_sees_the_game_from_its_own_side() -> None:
    game = mg.games.get("matching_pennies")
    (actor,) = players(Counter, game)
    assert np.array_equal(actor.game.payoffs, game.seen_by(1).payoffs)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: as_player(Counter(IPD), IPD), TypeError, "'counter' keeps the state of one seat; give what makes it"),
        (lambda: as_policy(Counter, IPD), ValueError, "'counter' has no finite table"),
        (lambda: seated(Counter, IPD), ValueError, "'counter' has no finite table"),
        (lambda: players(["grim", "grim"], IPD), ValueError, "needs 1 opponents, got 2"),
        (lambda: players("grim", IPD, player=2), ValueError, "player must be 0 to 1"),
    ],
)
def test_what_cannot_sit_down_is_refused(call, error, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_saved_policy_is_an_opponent(tmp_path: Path) -> None:
    for policy in (mg.PolicyTable([[0.5, 0.4]] * 5, "learner"), as_policy("forgetful_grudger", IPD)):
        policy.save(tmp_path / "learner.json")
        for opponent in (tmp_path / "learner.json", f"run:{tmp_path / 'learner.json'}"):
            found = as_policy(opponent, IPD)
            assert found.name == policy.name
            assert np.array_equal(found.probabilities, policy.probabilities)
            assert np.array_equal(found.transitions, policy.transitions)


def test_a_run_s_model_is_told_the_game_at_random(tmp_path: Path) -> None:
    tellings = {"one": [[1.0, 0.0]] * 5, "other": [[0.5, 0.25]] * 5}
    (tmp_path / "policy.json").write_text(json.dumps({"before": {}, "after": {"ipd": tellings}}))
    found = as_policy(f"run:{tmp_path}", IPD)
    assert found.probabilities == pytest.approx(np.tile([0.75, 0.125], (5, 1)))
    assert found.name == f"run:{tmp_path}"
    with pytest.raises(ValueError, match="nothing for game 'stag_hunt', only for ipd"):
        as_policy(tmp_path, mg.games.get("stag_hunt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "cannot be read"),
        ("[]", "a saved policy is a JSON object"),
        ('{"probabilities": [[0.5, 0.6], [0, 0]]}', "sum to at most 1"),
        ('{"probabilities": [[1, 0, 0], [1, 0]]}', "no opponent can be made of"),
        ('{"probabilities": [[1, 0, 0], [1, 0, 0]]}', "is for 3 actions"),
        ('{"after": {"ipd": {}}}', "no table for any presentation of game 'ipd'"),
        ('{"after": {"ipd": 3}}', "no table for any presentation of game 'ipd'"),
        ('{"after": {"ipd": {"one": [[1, 0], [1, 0]]}}}', "has 2 rows; with 4 joint actions"),
        ('{"after": 3}', "only for no game"),
    ],
)
def test_a_file_that_holds_no_opponent_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "learner.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=message) as raised:
        as_policy(file, IPD)
    assert "learner.json" in str(raised.value)


def at_terminal(*typed: str) -> tuple[Human, list[str]]:
    """A human who types the given lines, and what is shown to them."""
    lines, shown = iter(typed), []

    def ask(question: str) -> str:
        shown.append(question)
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    return Human(IPD, ask, shown.append), shown


def test_a_human_answers_by_name_or_number() -> None:
    human, shown = at_terminal("cooperate", "1", " Defect ")
    human.begin(np.random.default_rng(0))
    assert [human.act() for _ in range(3)] == [0, 1, 1]
    assert IPD.title in shown[0] and "defect, cooperate: 4, 0" in shown[0]
    assert "0 cooperate, 1 defect" in shown[1]


def test_a_human_is_asked_again_and_told_what_happened() -> None:
    human, shown = at_terminal("perhaps", "", "2", "0")
    assert human.act() == 0
    assert [line for line in shown if "no action" in line] == [
        "There is no action 'perhaps' here.",
        "There is no action '' here.",
        "There is no action '2' here.",
    ]
    human.see([0, 1])
    assert shown[-1] == "You cooperate (0); player 1 defect (4)."


def test_a_human_who_is_gone_is_an_error() -> None:
    human, _ = at_terminal()
    with pytest.raises(ValueError, match="the input has ended"):
        human.act()


def test_human_is_an_opponent_without_a_table() -> None:
    assert isinstance(as_player("human", IPD), Human)
    with pytest.raises(ValueError, match="'human' has no finite table"):
        as_policy("human", IPD)
