"""The page on an audit is drawn from its numbers alone, whatever was audited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from moral_games.analysis import AuditPlan, Design, audit
from moral_games.analysis.audit_dilemmas import right_choices
from moral_games.report import write_report
from moral_games.report.audit import audit_headline
from moral_games.runs import METRICS, Run, read_json, write_json
from moral_games.text import Presentation, dilemmas


def first_label(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    return np.stack([np.broadcast_to(0.9 * np.eye(2)[way.assignment[0]], (5, 2)) for way in told])


def silent(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    return np.zeros((len(told), 5, 2))


def finished_audit(folder: Path, policy: Any, games: tuple[str, ...], player: str = "someone") -> Run:
    plan = AuditPlan(Design(tuple(map(mg.games.get, games)), (("Cat", "Dog"),), ("compact",)), mg.games.get("chicken"))
    config = {"name": "audit", "player": player, "base": "chicken", "values": list(plan.values)}
    run = Run.create(folder, config | {"opponent": plan.opponent, "discount": plan.discount})
    write_json(run.path(METRICS), audit(policy, plan) | {"tellings": plan.tellings, "seconds": 1.0})
    return run


@pytest.mark.parametrize(
    ("policy", "games"),
    [
        (silent, ("ipd",)),
        (first_label, ("ipd", "bach_or_stravinsky", *(f"random_game(seed={k})" for k in range(4)))),
    ],
)
def test_an_audit_for_any_games(tmp_path: Path, policy: Any, games: tuple[str, ...]) -> None:
    run = finished_audit(tmp_path / "run", policy, games, player="<script>alert(1)</script>")
    page = write_report(run.folder).read_text()
    assert "<script>" not in page and "In everyday language" not in page
    assert page.count("data:image/png;base64,") == 4 and "://" not in page
    assert len(list(run.path("figures").glob("*.png"))) == 4
    for name in games:
        assert mg.games.get(name).title.replace("'", "&#39;") in page
    if policy is first_label:
        assert "it responds to the labels: 100%" in page and "memory_one = random" in page
        # Chicken pays T, R, P, S = 4, 2, 0, 1: against one who cooperates again, R = 2.
        assert "CC 2.0; DC 2.0" in page


def response(responds_to: str, lowest: float = 1.0, **shares: float) -> dict[str, Any]:
    names = ("labels", "order", "payoffs")
    families = {name: {"share": shares.get(name, 0.0)} for name in sorted(names, key=lambda n: -shares.get(n, 0.0))}
    numbers = {"p_first": 0.25, "legal_mass": (1 + lowest) / 2, "legal_mass_lowest": lowest}
    return {"response": {"responds_to": responds_to, "families": families, **numbers}}


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (response("payoffs", payoffs=0.75, order=0.2), "It responds to the payoffs: 75% of the variance"),
        (
            response("mixed", payoffs=0.45, order=0.4),
            "mixed: the payoffs (45% of the variance of its log-odds) and the order of lists (40%) lead",
        ),
        (response("nothing"), "does the same whatever it is told: its first action with probability 0.25."),
        (response("nothing", lowest=0.5), "legal with probability 0.750 on average and 0.500 at worst."),
        (response("nothing"), "Its answers are legal."),
    ],
)
def test_the_headline_says_what_was_found(metrics: dict[str, Any], said: str) -> None:
    assert said in audit_headline(metrics)


def look(run: int, update: int, regret: float) -> dict[str, Any]:
    families = {"labels": 0.25, "payoffs": 0.75}
    numbers = {
        "legal_mass": 0.9,
        "kl": 0.5 * update,
        "perplexity": 20.0,
        "responds_to": "payoffs",
        "families": families,
    }
    return {"run": run, "update": update, "total": 10 * run + update, "regret": {"<b>duty</b>": regret}, **numbers}


def test_dilemmas_and_drift_are_told_where_there_are_any(tmp_path: Path) -> None:
    run = finished_audit(tmp_path, first_label, ("ipd",))
    answers = {name: np.full((2, 3, 2), 0.4) for name in dilemmas.names("work")}
    undone = {"value": "<b>duty</b>", "before": 1.0, "learned": 0.2, "after": 5.0, "updates": 10}
    drift = {
        "values": ["<b>duty</b>"],
        "runs": [{"name": "moral", "begins": 0}, {"name": "selfish", "begins": 10}],
        "looks": [look(0, 0, 1.0), look(0, 10, 0.2), look(1, 0, 0.2), look(1, 10, 1.0)],
        "undone": undone,
        "tellings": 32,
    }
    told = {
        "dilemmas": right_choices(answers, ["selfish", "virtue_equality"], np.random.default_rng(0)),
        "drift": drift,
    }
    write_json(run.path(METRICS), read_json(run.path(METRICS)) | told)
    page = write_report(run.folder).read_text()
    assert page.count("data:image/png;base64,") == 6 and "<b>duty" not in page
    assert "after 5 updates of later training it is back half-way" in page
    assert f"<td>{told['dilemmas']['values']['selfish']['share']:.3f}</td>" in page
    assert "<td>moral</td><td>10</td><td>0.200</td><td>0.900</td><td>5.000</td><td>20.00</td>" in page
