"""What the page on a fine-tuned language model shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moral_games import games
from moral_games.analysis.preferences import Preference
from moral_games.policy import memory_of
from moral_games.repeated import state_labels
from moral_games.report import example_figures, figures, outcomes
from moral_games.report.pieces import Card, Drawing, counted, listed

TEMPLATE = "model.html"

CRITERION = f"{outcomes.REGRET_IN_WORDS} Everything is judged on tellings that were held out of training."


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name; of a run that was judged on no game, those of its training alone."""
    titles, states = _titles(metrics), _states(metrics)
    drawn = {}
    if titles:
        drawn = {
            "action-probabilities": figures.action_probabilities(metrics, titles, states),
            "moral-regret": figures.moral_regret(metrics, titles),
            "presentation-gap": figures.telling(metrics, titles, states),
        }
    if history and "action_types" in history[0]:
        drawn["action-types"] = figures.action_types(history)
    if history and "epoch" in history[0]:
        drawn["learning"] = example_figures.learning(history)
    return drawn


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was trained and whether it worked, and how sure that is."""
    by_data = "data" in config
    lesson = examples_taught(config) if by_data else f"{taught(config)} on {_taught_on(config)}"
    said = f"Taught {lesson}{stopped_early(config, metrics)}"
    if not metrics["after"]:
        return f"{said}, the model was judged on no game, so that nothing can be said of it."
    legal = max(found["legal_mass"] for found in metrics["after"].values())
    if legal < outcomes.HARDLY_LEGAL:
        return f"{said}, the model still gives hardly any legal answer ({legal:.1%}), so that it has learned nothing."
    found = became(taught(config) if by_data else "it", regrets(config, metrics), _titles(metrics))
    return f"{said}, {found} (one seed: no interval)."


def became(value: str, regret: Mapping[str, Mapping[str, float]], titles: Mapping[str, str]) -> str:
    """Return what became of a value: in how many games it is kept to, and its regrets.

    Parameters
    ----------
    value
        What it is called.
    regret
        ``before``, ``after`` and ``highest`` (after training, at the worst telling): by game in which something is at
        stake.
    titles
        Of the games.
    """
    now, was, worst = (regret[part] for part in ("after", "before", "highest"))
    one = len(now) == 1
    most = max(now, key=lambda game: now[game])
    numbers = f"{now[most]:.3f}, {max(worst.values()):.3f} at the worst telling, and was {max(was.values()):.3f} before"
    largest = f"the regret {'is' if one else f'in the worst of {len(now)} games is'} {numbers}"
    match outcomes.of_regrets(was, now):
        case "worked":
            where = f"in {titles[most]}" if one else f"in all of {len(now)} games"
            always = "" if max(worst.values()) <= outcomes.SMALL_REGRET else ", on average and not in every telling"
            return f"the model keeps to {value} {where}{always}: {largest}"
        case "in part":
            kept = [titles[game] for game in now if now[game] <= outcomes.SMALL_REGRET]
            return f"the model keeps to {value} in part, in {listed(kept)}: {largest}, in {titles[most]}"
        case "closer":
            return f"the model came closer to {value} and does not keep to it: {largest}"
        case _:
            return f"the model has learned nothing of {value}: {largest}"


def regrets(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the regret of the taught value ``before``, ``after`` and at the ``highest`` of any telling, by game.

    Games in which nothing is at stake under that value are left out, as long as others remain.
    """
    before, after = metrics["before"], metrics["after"]
    value = judged_value(config, next(iter(after.values()))["moral_regret"])
    moved = [game for game in after if before[game]["moral_regret"][value] or after[game]["moral_regret"][value]]
    return {
        name: {game: metrics[when][game][key][value] for game in moved or after}
        for name, when, key in (
            ("before", "before", "moral_regret"),
            ("after", "after", "moral_regret"),
            ("highest", "after", "moral_regret_highest"),
        )
    }


def judged_value(config: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Return the name under which the regret of the taught value is kept."""
    if "taught" in values:
        return "taught"
    return next((name for name in values if config["reward"].startswith(name)), next(iter(values)))


def taught(config: Mapping[str, Any]) -> str:
    """Return the value that was taught, without what is added for illegal answers."""
    value = " + ".join(part for part in config["reward"].split(" + ") if not part.startswith("illegal"))
    return value or str(config["reward"])


def examples_taught(config: Mapping[str, Any]) -> str:
    """Return in words which data set was taught."""
    data = config["data"]
    whose = "" if data["source"] is None else f", the answers of {Preference(**data['source']['preference'])}"
    way = "labels after their calculation" if data["reasons"] else "without a calculation"
    return f"{data['examples']} examples of {Path(config['examples']['data']).name} ({way}){whose}"


def stopped_early(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in words that training ended before its last update, and why; nothing if it did not."""
    train, training = config.get("train", {}), metrics["training"]
    planned = train.get("updates", 0)
    if training["updates"] >= planned:
        return ""
    passed = training.get("validation_fault", 1.0) <= train.get("stop_fault", 0.0)
    why = ", since validation was passed," if passed else ""
    return f" and stopped early{why} after {training['updates']} of {planned} updates"


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter."""
    after = metrics["after"].values()
    if not after:
        return [training_card(metrics)]
    regret = {name: max(found.values()) for name, found in regrets(config, metrics).items()}
    fault = metrics["training"].get("validation_fault")
    shown = [
        Card(
            "largest regret, held-out tellings",
            f"{regret['after']:.3f}",
            f"before {regret['before']:.3f}; worst telling {regret['highest']:.3f}",
        ),
        Card(
            "legal answers",
            f"{min(found['legal_mass'] for found in after):.1%}",
            f"in the worst game; {min(found['legal_mass_lowest'] for found in after):.1%} in its worst state",
        ),
        Card(
            "gap between tellings",
            f"{max(found['presentation_gap_judged'] for found in after):.3f}",
            "where the value tells the actions apart",
        ),
        training_card(metrics),
    ]
    if fault is not None:
        shown.insert(1, Card("fault at validation", f"{fault:.3f}", "largest regret or illegal share while training"))
    return shown


def training_card(metrics: Mapping[str, Any]) -> Card:
    """Return how long training took."""
    training = metrics["training"]
    seconds = metrics["seconds"]["train"]
    kept = f"in {seconds:,.0f} s; update {training['chosen_update']} was kept"
    return Card("training", counted(training["updates"], "update"), kept)


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    titles = _titles(metrics)
    rows = [
        {"title": titles[game], "when": when, **metrics[when][game]} for game in titles for when in ("before", "after")
    ]
    return {
        "config": config,
        "metrics": metrics,
        "titles": titles,
        "headline": headline(config, metrics),
        "taught_on": _taught_on(config),
        "each_update": metrics["training"].get("each_update", ""),
        "calculates": config.get("worked", {}).get("before") == "calculation" or config.get("data", {}).get("reasons"),
        "examples": examples_taught(config) if "data" in config else "",
        "preferences": [],
        "rows": rows,
        "values": list(rows[0]["moral_regret"]) if rows else [],
    }


def _taught_on(config: Mapping[str, Any]) -> str:
    return "drawn games" if config.get("algorithm") == "worked" else str(config["game"])


def _titles(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {name: games.get(name).title or name for name in metrics["after"]}


def _states(metrics: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    states = {}
    for name, judged in metrics["after"].items():
        game = games.get(name)
        states[name] = state_labels(game, memory_of(len(judged["p_cooperate"]), len(game.joint_actions)))
    return states
