"""A page for each value, and one that lists them."""

from __future__ import annotations

from functools import partial

import numpy as np
from writing import Pages, defaults, docstring, first_line, joints, payoffs, table

from moral_games import Outcome, games, rewards
from moral_games.games import nash_set
from moral_games.repeated import state_labels
from moral_games.rewards.function import VALUES

FOLDER = "catalogue/values"

EXAMPLE = "ipd"
"""The game in which every value is shown at work."""

REMEMBERS = (
    "It looks at the round before, so no single table holds what it makes of a game. What it makes of the repeated "
    "game is judged exactly: `moral-games evaluate` says how far a player is from the best."
)


def pages() -> Pages:
    """Return what writes each page, by its path."""
    single = {f"{FOLDER}/{name}.md": partial(value_page, name) for name in rewards.names()}
    return {f"{FOLDER}/index.md": index, **single}


def index() -> str:
    """Return the page that lists the values."""
    rows = [(f"[{name}]({name}.md)", first_line(VALUES[name])) for name in rewards.names()]
    return f"""# Values

A value gives each player one number for a round: what the player is to be rewarded for. It sees the joint action,
the round before it, and the payoffs. Values add, scale and mix: `selfish + 0.5 * deontological(penalty=3)` is a
value too, written as text or as `mg.rewards.get("selfish") + 0.5 * mg.rewards.get("deontological", penalty=3)`. How
to write one of your own is a [tutorial](../../tutorials/own_value.md).

In formulas, i is the player who is judged, R_j is what player j is paid, n is the number of players.

{table(("value", "what it rewards"), rows)}
"""


def value_page(name: str) -> str:
    """Return the page of a value."""
    return f"""# {name}

`{written(name)}`

{docstring(VALUES[name])}

## In the Prisoner's Dilemma

{payoffs(games.get(EXAMPLE))}

In the game [{EXAMPLE}](../games/{EXAMPLE}.md) it rewards the row player with:

{_in_example(name)}

C is to cooperate, D to defect; the player's own action comes first.

## What it makes of the games

{_in_catalogue(name)}

## Use it

```python
import moral_games as mg

value = mg.rewards.get({", ".join([f'"{name}"', *_settings(name)])})
env = mg.parallel_env("ipd", rewards=value)
```

```console
$ moral-games evaluate tit_for_tat --game chicken --reward '{written(name)}'
```
"""


def written(name: str) -> str:
    """Return a value with its defaults, as `rewards.parse` reads it."""
    return str(rewards.get(name)).removesuffix("()")


def by_state(name: str) -> np.ndarray:
    """Return what the row player earns in the example, by state (start, CC, CD, DC, DD) and joint action; (5, 4)."""
    game = games.get(EXAMPLE)
    actions = game.joint_actions
    states = [np.full_like(actions, -1), *(np.broadcast_to(last, actions.shape) for last in actions)]
    return np.stack([rewards.get(name)(Outcome(game, last, actions))[:, 0] for last in states])


def _in_example(name: str) -> str:
    labels = state_labels(games.get(EXAMPLE))
    earned = by_state(name)
    heads = ("after", *labels[1:])
    if (earned == earned[0]).all():
        return table(heads, [("any round", *_numbers(earned[0]))])
    return table(heads, [(label, *_numbers(row)) for label, row in zip(labels, earned, strict=True)])


def _in_catalogue(name: str) -> str:
    rows, refused = [], []
    for game in map(games.get, games.names()):
        try:
            after = rewards.transform(game, name)
        except TypeError:
            return REMEMBERS
        except ValueError:
            refused.append(f"[{game.name}](../games/{game.name}.md)")
        else:
            rows.append(
                (f"[{game.name}](../games/{game.name}.md)", game.kind, after.kind, joints(after, nash_set(after)))
            )
    left_out = f"\n\nIt cannot judge {', '.join(refused)}." if refused else ""
    listed = table(("game", "kind", "if everybody holds the value", "pure equilibria then"), rows)
    return f"{listed}{left_out}"


def _settings(name: str) -> list[str]:
    given = {key: setting for key, setting in defaults(VALUES[name]).items() if setting != ""}
    return [f"{key}={_quoted(setting)}" for key, setting in given.items()]


def _quoted(setting: object) -> str:
    return f'"{setting}"' if isinstance(setting, str) else f"{setting:g}"


def _numbers(row: np.ndarray) -> list[str]:
    return [f"{number + 0.0:.3g}" for number in row]
