"""A page for each fixed strategy, and one that lists them."""

from __future__ import annotations

from functools import partial

import numpy as np
from writing import Pages, defaults, docstring, facts, table

from moral_games import FiniteStatePolicy, evaluate, games, opponents
from moral_games.opponents.catalogue import STRATEGIES

FOLDER = "catalogue/opponents"

EXAMPLE = "ipd_axelrod"
"""The game in which every strategy is shown at work."""

PARTNERS = ("always_cooperate", "always_defect", "tit_for_tat", "grim", "random")

MOST_STATES = 16
"""The most memory states of an automaton that is listed."""

ROUNDS = 12


def pages() -> Pages:
    """Return what writes each page, by its path."""
    single = {f"{FOLDER}/{name}.md": partial(opponent_page, name) for name in opponents.names()}
    return {f"{FOLDER}/index.md": index, **single}


def index() -> str:
    """Return the page that lists the strategies."""
    entries = [(name, opponents.get(name)) for name in opponents.names()]
    rows = [(f"[{name}]({name}.md)", entry.summary, entry.games) for name, entry in entries]
    return f"""# Opponents

A fixed strategy is a finite-state machine: it has a few memory states, acts in each with known probabilities, and
moves on by what was played. So everything about it is exact. `opponent="generous_tit_for_tat(generosity=0.2)"` sets
a parameter. `"axelrod:NAME"` is any strategy of the Axelrod library, `"run:FOLDER"` what a run has learned,
`"human"` you; how to write your own is told in [contributing](../../contributing.md#an-opponent) and under
[environments](../../environments.md#opponents).

{table(("opponent", "what it does", "plays games with"), rows)}
"""


def opponent_page(name: str) -> str:
    """Return the page of a strategy."""
    given = {key: value for key, value in defaults(STRATEGIES[name].build).items() if key != "game"}
    entries = {"plays games with": opponents.get(name).games}
    if given:
        entries["parameters"] = ", ".join(f"`{key}={value}`" for key, value in given.items())
    policy = opponents.get(name)(games.get(EXAMPLE))
    return f"""# {name}

{docstring(STRATEGIES[name].build)}

{facts(entries)}

## As a machine

{_machine(policy)}

## What it does and earns

In [{EXAMPLE}](../games/{EXAMPLE}.md), where T = 5, R = 3, P = 1 and S = 0: the first {ROUNDS} moves, its own above
the other's, where nobody draws, and what each earns a round in the long run, exactly.

{table(("against", "moves", "it earns", "the other earns"), [_match(name, partner) for partner in PARTNERS])}

## Use it

```python
import gymnasium
import moral_games

env = gymnasium.make("moral_games/IPD-v0", opponent="{name}")
```

```console
$ moral-games play ipd --opponent {name}
```
"""


def moves(first: FiniteStatePolicy, second: FiniteStatePolicy) -> tuple[str, str] | None:
    """Return the first moves of two strategies, e.g. ``("CD", "DD")``; None where either draws."""
    states, played = [0, 0], ("", "")
    for _ in range(ROUNDS):
        chances = [policy.probabilities[state] for policy, state in zip((first, second), states, strict=True)]
        if max(map(max, chances)) < 1 or min(map(max, chances)) < 1:
            return None
        own, other = (int(np.argmax(chance)) for chance in chances)
        played = played[0] + "CD"[own], played[1] + "CD"[other]
        states = [
            int(first.transitions[states[0], 2 * own + other]),
            int(second.transitions[states[1], 2 * other + own]),
        ]
    return played


def _match(name: str, partner: str) -> tuple[str, ...]:
    game = games.get(EXAMPLE)
    played = moves(opponents.get(name)(game), opponents.get(partner)(game))
    earned = evaluate(name, partner, game).average_payoffs
    shown = "drawn" if played is None else f"`{played[0]}`<br>`{played[1]}`"
    return f"[{partner}]({partner}.md)", shown, *(f"{number:.3f}" for number in earned)


def _machine(policy: FiniteStatePolicy) -> str:
    count = len(policy.probabilities)
    if count > MOST_STATES:
        return f"It has {count} memory states, too many to list here."
    heads = ("memory", "cooperates with probability", "after CC", "after CD", "after DC", "after DD")
    rows = [(state, f"{policy.probabilities[state, 0]:.3g}", *policy.transitions[state]) for state in range(count)]
    return f"""Play begins in memory 0. The other columns say which memory follows each joint action, the strategy's own
action first.

{table(heads, rows)}"""
