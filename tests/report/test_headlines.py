"""The first sentence of a page says what was done, whether it worked and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest

from moral_games.report import audit, headline, outcomes

REWARD = "deontological(penalty=3) + illegal(penalty=6)"


def judged(regret: float, highest: float | None = None, legal: float = 1.0) -> dict[str, Any]:
    worst = regret if highest is None else highest
    return {
        "moral_regret": {"deontological": regret, "utilitarian": 0.5},
        "moral_regret_highest": {"deontological": worst, "utilitarian": 0.5},
        "legal_mass": legal,
    }


def model(before: dict[str, float], after: dict[str, Any], updates: int = 50, **training: float) -> str:
    """The headline of a run that was to make fifty updates."""
    metrics = {
        "before": {game: judged(regret) for game, regret in before.items()},
        "after": {game: found if isinstance(found, dict) else judged(found) for game, found in after.items()},
        "training": {"updates": updates, **training},
    }
    config = {"game": "ipd", "reward": REWARD, "train": {"updates": 50, "stop_fault": 0.01}}
    return headline(config, metrics)


BOTH = {"ipd": 1.0, "chicken": 0.9}


def test_a_value_was_learned() -> None:
    assert model(BOTH, {"ipd": 0.01, "chicken": judged(0.02, 0.04)}) == (
        "Taught deontological(penalty=3) on ipd, the model keeps to it in all of 2 games: the regret in the worst of 2 "
        "games is 0.020, 0.040 at the worst telling, and was 1.000 before (one seed: no interval)."
    )


def test_a_value_that_not_every_telling_keeps_was_learned_on_average() -> None:
    said = model({"ipd": 1.0}, {"ipd": judged(0.05, 0.3)})
    assert (
        "keeps to it in Iterated Prisoner's Dilemma, on average and not in every telling: the regret is 0.050" in said
    )


def test_a_value_was_learned_in_part() -> None:
    said = model(BOTH, {"ipd": 0.05, "chicken": 0.5})
    assert "keeps to it in part, in Iterated Prisoner's Dilemma: the regret in the worst of 2 games is 0.500" in said
    assert "in Chicken (one seed" in said


def test_what_was_small_before_was_not_learned() -> None:
    assert "has learned nothing of it" in model({"ipd": 0.01, "chicken": 0.9}, {"ipd": 0.01, "chicken": 0.9})


def test_games_without_a_stake_are_not_counted() -> None:
    said = model({"ipd": 1.0, "bach_or_stravinsky": 0.0}, {"ipd": 0.6, "bach_or_stravinsky": 0.0})
    assert "came closer to it and does not keep to it: the regret is 0.600" in said


@pytest.mark.parametrize(("after", "said"), [(0.5, "came closer"), (0.96, "has learned nothing"), (1.0, "nothing")])
def test_a_value_was_not_learned(after: float, said: str) -> None:
    assert said in model({"ipd": 1.0}, {"ipd": after})


def test_a_silent_model_has_learned_nothing() -> None:
    said = model({"ipd": 1.0}, {"ipd": judged(1.0, legal=0.001)})
    assert "still gives hardly any legal answer (0.1%), so that it has learned nothing" in said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (0.005, "and stopped early, since validation was passed, after 30 of 50 updates"),
        (0.5, "and stopped early after"),
    ],
)
def test_training_that_ended_early_is_told(fault: float, said: str) -> None:
    assert said in model({"ipd": 1.0}, {"ipd": 0.01}, updates=30, validation_fault=fault)


def test_a_run_without_test_games_has_no_verdict() -> None:
    assert model({}, {}).endswith("the model was judged on no game, so that nothing can be said of it.")


@pytest.mark.parametrize(
    ("reward", "values", "judged_by"),
    [
        ("selfish + illegal", ("taught", "deontological", "utilitarian"), 0.3),
        ("utilitarian + illegal", ("deontological", "utilitarian"), 0.2),
        ("deontological + utilitarian", ("taught", "deontological", "utilitarian"), 0.3),
    ],
)
def test_the_taught_value_judges(reward: str, values: tuple[str, ...], judged_by: float) -> None:
    regret = {name: {"deontological": 0.1, "utilitarian": 0.2, "taught": 0.3}[name] for name in values}
    found = {"moral_regret": regret, "moral_regret_highest": regret, "legal_mass": 1.0}
    metrics = {"before": {"ipd": found}, "after": {"ipd": found}, "training": {"updates": 1}}
    assert f"the regret is {judged_by:.3f}" in headline({"game": "ipd", "reward": reward}, metrics)


def answers(right: float, kappa: float | None, legal: float = 1.0) -> dict[str, Any]:
    fitted = {"estimates": {"kappa": {"estimate": kappa, "standard error": 0.1}}}
    return {"asked": "at once", "questions": 24, "right": right, "legal": legal, "preferences": fitted}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (answers(0.97, 0.48), "the model has learned to answer: of 24 questions that it was not taught"),
        (answers(0.8, 0.48), "the model answers better, and not well enough"),
        (answers(0.52, None), "the model has learned nothing: of 24 questions"),
        (answers(0.0, None, legal=0.0), "the model gives no legal answer to 24 questions"),
    ],
)
def test_a_data_set_was_taught(after: dict[str, Any], said: str) -> None:
    data = {"examples": 320, "reasons": False, "source": None}
    metrics = {"tasks": {"before": [answers(0.5, 0.1)], "after": [after]}, "training": {"updates": 1}}
    told = headline({"data": data, "examples": {"data": "/somewhere/mine"}}, metrics | {"before": {}, "after": {}})
    assert told.startswith("Taught 320 examples of mine (without a calculation), ") and said in told
    if after["right"] == 0.97:
        assert "kappa of 0.48 ± 0.10 (before: 0.10 ± 0.10; one seed)" in told


def sampled(mean: float, error: float | None) -> dict[str, Any]:
    return {"mean": mean, "standard_error": error}


@pytest.mark.parametrize(
    ("regret", "said"),
    [
        (
            sampled(0.02, 0.01),
            "the model keeps to it in Chicken: the regret is 0.02 ± 0.02, and was 1.00 ± 0.00 before",
        ),
        (sampled(0.02, 0.03), "the model came closer to it and does not surely keep to it"),
        (sampled(0.99, 0.01), "the model has learned nothing of it that shows"),
    ],
)
def test_the_upper_end_of_an_interval_decides_about_conversations(regret: dict[str, Any], said: str) -> None:
    before = {"chicken": {"legal": sampled(0.1, 0.0), "moral regret": {"deontological": sampled(1.0, 0.0)}}}
    after = {"chicken": {"legal": sampled(0.98, 0.01), "moral regret": {"deontological": regret}}}
    metrics = {"conversations": {}, "before": before, "after": after, "training": {"updates": 50}}
    told = headline({"game": "ipd", "reward": REWARD, "train": {"updates": 50}}, metrics)
    assert said in told and "at least 98% of its answers are legal (one seed)" in told


def interval(mean: float, low: float, high: float) -> dict[str, float]:
    return {"mean": mean, "low": low, "high": high}


def compared(seeds: int, other: float) -> str:
    def agent(mean: float) -> dict[str, Any]:
        found = interval(mean, mean - 0.01, mean + 0.01)
        return {"matches": 3, "measures": {"exploitability": found, "moral regret": found}}

    return headline({}, {"rows": [{"seeds": seeds}], "agents": {"one": agent(0.1), "other": agent(other)}})


def test_who_is_level_with_the_best_is_named() -> None:
    said = compared(4, other=0.11)
    assert said.startswith(
        "Over 3 matches of 2 agents, one has the least exploitability (0.100 [0.090, 0.110], level with"
    )
    assert "level with" not in compared(4, other=0.2)


def test_one_seed_tells_nobody_level() -> None:
    assert compared(1, other=0.1).endswith("and moral regret (0.100) (one seed: no interval).")


@pytest.mark.parametrize(
    ("gain", "runs", "said"),
    [
        (
            interval(0.85, 0.8, 0.9),
            5,
            "After learning the firms collude at least in part: they charge 1.80 [1.70, 1.90]",
        ),
        (interval(0.1, -0.1, 0.3), 5, "do not surely collude"),
        (interval(0.85, 0.85, 0.85), 1, "a profit gain of 0.85 (one run: no interval)"),
    ],
)
def test_firms_collude_where_the_interval_says_so(gain: dict[str, float], runs: int, said: str) -> None:
    metrics = {
        "impulse_response": {},
        "measures": {"price": interval(1.8, 1.7, 1.9), "profit gain": gain},
        "anchors": {"competition": 1.473, "collusion": 1.927},
    }
    assert said in headline({"seeds": runs}, metrics)
    markets = metrics | {"sellers": [], "markets": [{}] * runs}
    assert "where competition would be at 1.47 and collusion at 1.93" in headline({}, markets)


def test_sellers_that_offer_nothing_ask_no_price() -> None:
    unknown = {"mean": None, "low": None, "high": None}
    metrics = {
        "sellers": [],
        "markets": [{}, {}],
        "measures": {"price": unknown, "profit gain": unknown},
        "anchors": {"competition": 1.473, "collusion": 1.927},
    }
    assert headline({}, metrics).startswith("The firms ask no price, where competition would be at 1.47")


def test_a_population_ends_with_intervals() -> None:
    together = {"cooperation": interval(0.5, 0.4, 0.6), "selected cooperated": interval(0.7, 0.6, 0.8)}
    metrics = {"episodes": 100, "learners": {}, "together": together}
    assert "first action in 50% [40%, 60%] of their moves, and 70% [60%, 80%]" in headline({"seeds": 5}, metrics)
    assert "50% of their moves, and 70% of" in headline({"seeds": 1}, metrics)


def test_portraits_of_several_models_have_ends() -> None:
    portraits = {"mine": [{"games": {"right": 0.5}}, {"games": {"right": 0.7}}], "none": [{"games": {"right": 0.1}}]}
    said = headline({"kappa": 0.5}, {"portraits": portraits})
    assert "mine gives the answer of homo moralis (κ = 0.5) with probability 0.60 (0.50 to 0.70); beside it" in said
    assert "one model each: no interval" in headline({"kappa": 0.5}, {"portraits": {"none": portraits["none"]}})


def test_an_audit_says_in_how_many_tellings_it_asked() -> None:
    families = {"payoffs": {"share": 0.75}, "order": {"share": 0.2}}
    response = {"responds_to": "payoffs", "families": families, "legal_mass": 1.0, "legal_mass_lowest": 1.0}
    assert headline({}, {"response": response, "tellings": 428}) == (
        "Asked in 428 tellings: it responds to the payoffs: 75% of the variance of its log-odds. Its answers are legal."
    )
    assert "no interval" in audit.CRITERION


def test_thresholds_are_told_as_they_are() -> None:
    assert f"at most {outcomes.SMALL_REGRET:g}" in outcomes.REGRET_IN_WORDS
    assert f"less than {outcomes.LEAST_CHANGE:g}" in outcomes.REGRET_IN_WORDS
