"""An audit as a whole: what goes into it comes out as JSON, and known policies are told for what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis import AuditPlan, Design, audit
from moral_games.opponents import as_policy
from moral_games.text import Presentation

GAMES = tuple(map(mg.games.get, ("ipd", "chicken")))
PLAN = AuditPlan(Design(GAMES, (("Cat", "Dog"),), ("compact",)), GAMES[0])


def tit_for_tat(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    return np.broadcast_to(as_policy("tit_for_tat", game).probabilities, (len(told), 5, 2))


def selfish(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    """The best reply to a player who does again what it did, and to a coin at the start."""
    own = game.payoffs[..., 0]
    best = [own.mean(axis=1).argmax(), *(own[:, other].argmax() for _, other in game.joint_actions)]
    return np.broadcast_to(np.eye(2)[best], (len(told), 5, 2))


def test_an_audit_of_tit_for_tat() -> None:
    found = audit(tit_for_tat, PLAN)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["response"]["responds_to"] == "opponent's last move"
    assert found["response"]["legal_mass_lowest"] == 1
    assert found["rules"]["all games"]["strategies"][0] == {"names": ["tit_for_tat"], "distance": 0}
    assert found["policy"]["chicken"]["p_first"] == found["policy"]["ipd"]["low"] == [1, 1, 0, 1, 0]
    # Along every path it does the same; after C it keeps its duty, which nobody has after D.
    assert [path["values"]["deontological"]["agreement"] for path in found["paths"]] == [1, 1, 1]


def test_an_audit_of_a_selfish_player() -> None:
    found = audit(selfish, PLAN)
    assert found["response"]["responds_to"] == "payoffs"
    assert [path["values"]["selfish"]["agreement"] for path in found["paths"]] == [1, 1, 1]
    assert found["paths"][0]["values"]["utilitarian"]["agreement"] < 0.9
    assert "selfish" in found["rules"]["all games"]["values"][0]["names"]


def test_a_reader_of_labels_follows_no_rule() -> None:
    def first_label(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        return np.stack([np.broadcast_to(np.eye(2)[way.assignment[0]], (5, 2)) for way in told])

    found = audit(first_label, PLAN)
    assert found["response"]["responds_to"] == "labels" and found["rules"]["all games"]["values"] == []
    assert found["rules"]["ipd"]["strategies"][0]["names"] == ["memory_one", "random"]  # over tellings it is a coin
    assert found["policy"]["ipd"]["low"] == [0] * 5 and found["policy"]["ipd"]["high"] == [1] * 5


def test_the_least_legal_answer_is_named() -> None:
    def stumbling(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        answers = np.array(tit_for_tat(game, told))
        for way, answer in zip(told, answers, strict=True):
            if game.name == "chicken" and way.options and way.names == ("Dog", "Cat"):
                answer[3] *= 0.25
        return answers

    found = audit(stumbling, PLAN)["response"]
    assert found["legal_mass_lowest"] == 0.25 and found["responds_to"] == "opponent's last move"
    assert found["lowest_at"] == "chicken (compact, Dog/Cat, reversed options), state DC"
    assert found["legal_mass"] == pytest.approx(1 - 0.75 / (2 * 4 * 5))


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_shares_add_up_for_any_policy(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def drawn(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        return rng.dirichlet(np.ones(3), (len(told), 5))[..., :2]

    found = audit(drawn, AuditPlan(Design(GAMES[:1], (("Cat", "Dog"),), ("compact",)), GAMES[0], ("selfish",)))
    families = found["response"]["families"]
    assert sum(entry["share"] for entry in families.values()) == pytest.approx(1, abs=1e-5)
    for entry in families.values():
        assert entry["single"] + entry["pairs"] + entry["higher"] == pytest.approx(entry["share"], abs=1e-5)
    lower = np.tril(found["response"]["pairs"]).sum()
    assert lower + found["response"]["higher"] == pytest.approx(1, abs=1e-4)


def test_all_that_is_asked_is_announced() -> None:
    asked = []

    def counting(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        asked.append(len(told))
        return tit_for_tat(game, told)

    audit(counting, PLAN)
    assert sum(asked) == PLAN.tellings == 2 * 32 + 27 * 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": mg.games.get("bach_or_stravinsky")}, "begin at a symmetric game"),
        ({"values": ()}, "needs one value or several"),
        ({"values": ("selfsh",)}, "unknown reward 'selfsh'"),
        ({"opponent": "grim"}, "'grim' remembers more"),
        ({"opponent": "gimr"}, "unknown opponent 'gimr'"),
        ({"discount": 1.0}, "discount must lie in"),
    ],
)
def test_bad_plans(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AuditPlan(**({"design": PLAN.design, "base": GAMES[0]} | changes))


def test_an_audit_of_public_goods() -> None:
    """One who contributes if somebody else has is told for a reader of the others' moves; a selfish one keeps."""
    goods = tuple(mg.games.get(f"public_goods(players=3, multiplier={m})") for m in (1.2, 2.4))
    plan = AuditPlan(Design(goods, (("Cat", "Dog"),), ("compact",)), mg.games.get("ipd"), opponent="random")

    def contributes_with_another(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        gives = [True, *(0 in joint[1:] for joint in game.joint_actions.tolist())]
        return np.broadcast_to(np.eye(2)[np.where(gives, 0, 1)], (len(told), len(gives), 2))

    found = audit(contributes_with_another, plan)
    assert found["response"]["responds_to"] == "opponent's last move"
    assert found["response"]["levels"]["opponent's last move"] == 4
    assert found["policy"][goods[0].name]["states"] == ["start", *"CCC CCK CKC CKK KCC KCK KKC KKK".split()]

    def keeps(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        return np.broadcast_to(np.eye(2)[[1] * (1 + len(game.joint_actions))], (len(told), 1 + 2**game.players, 2))

    rules = audit(keeps, plan)["rules"]["all games"]
    assert "always_defect" in rules["strategies"][0]["names"] and rules["strategies"][0]["distance"] == 0
    assert "selfish" in rules["values"][0]["names"] and rules["values"][0]["explained"] == 1
