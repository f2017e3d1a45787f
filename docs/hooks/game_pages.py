"""A page for each game of the catalogue and for each family, and one that lists them."""

from __future__ import annotations

from functools import partial
from math import comb

from writing import Pages, defaults, docstring, facts, first_line, joints, mixture, payoffs, table

from moral_games import games, rewards
from moral_games.analysis import equilibria
from moral_games.envs.registration import ids
from moral_games.games import MatrixGame, nash_set
from moral_games.games.families import FAMILIES
from moral_games.games.kinds import ALSO, KINDS

FOLDER = "catalogue/games"

MOST_SUPPORTS = 5000
"""The most pairs of supports that are searched for mixed equilibria."""


def pages() -> Pages:
    """Return what writes each page, by its path."""
    single = {f"{FOLDER}/{name}.md": partial(game_page, name) for name in games.names()}
    families = {f"{FOLDER}/{name}.md": partial(family_page, name) for name in games.families()}
    return {f"{FOLDER}/index.md": index, **single, **families}


def index() -> str:
    """Return the page that lists games, families and kinds."""
    rows = [_row(name) for name in games.names()]
    families = [(_link(name), f"`{_written(name)}`", first_line(FAMILIES[name])) for name in games.families()]
    kinds = [(f"`{kind}`", rule, _of_kind(kind)) for kind, (_, rule) in KINDS.items()]
    return f"""# Games

A game of the catalogue is a file of payoffs, and this page and those below it are made from the files. `moral-games
games` lists them too. `mg.games.get("chicken")` gives a game, and each has an environment id.

{table(("game", "name", "kind", "equilibria in pure strategies"), rows)}

## Families

A family makes a game from a few numbers: `mg.games.get("public_goods(players=5)")`. `mg.games.families()` names them.

{table(("family", "with its defaults", "what it is"), families)}

## Kinds

The kind of a game is proved from its payoffs when the file is read. In a symmetric game of two players with two
actions, R is what both get for action 0, P what both get for action 1, T what action 1 gets against action 0, and S
what action 0 gets against action 1. With n players, C(k) and D(k) are the payoffs of action 0 and of action 1 when k of
the others take action 0.

{table(("kind", "rule", "in the catalogue"), kinds)}
"""


def game_page(name: str) -> str:
    """Return the page of a game of the catalogue."""
    game = games.get(name)
    return f"# {game.title}\n\n{_facts(name, game)}\n\n{_sections(name, game)}"


def family_page(name: str) -> str:
    """Return the page of a family of games."""
    game = games.get(name)
    given = table(
        ("parameter", "default"), [(f"`{key}`", f"{value:g}") for key, value in defaults(FAMILIES[name]).items()]
    )
    return f"""# {_family_title(name)}

{docstring(FAMILIES[name])}

{given}

`mg.games.get("{_written(name)}")` writes the parameters out. What follows is the game that the defaults make.

{_facts(name, game)}

{_sections(name, game)}"""


def values_made(game: MatrixGame) -> tuple[list[tuple[str, ...]], list[str], dict[str, list[str]]]:
    """Return what each value makes of a game.

    Returns
    -------
    tuple
        A row (value, kind, pure equilibria, mixed equilibria) for each value that makes a game of it; the
        values that look at the round before; and by reason those that cannot judge the game.
    """
    rows, remembering, refused = [], [], dict[str, list[str]]()
    for name in rewards.names():
        try:
            after = rewards.transform(game, name)
        except TypeError:
            remembering.append(_value(name))
        except ValueError as error:
            reason = str(error).replace(f"reward '{name}'", "it").replace(f"'{game.name}'", "this one")
            refused.setdefault(reason, []).append(_value(name))
        else:
            rows.append((_value(name), after.kind, joints(after, nash_set(after)), "; ".join(mixed(after)) or "none"))
    return rows, remembering, refused


def mixed(game: MatrixGame) -> list[str]:
    """Return in words the equilibria of a game for two in which somebody mixes."""
    if not _is_searched(game):
        return ["not searched for"]
    return [
        f"{mixture(game.actions[0], row)} / {mixture(game.actions[1], column)}"
        for row, column in equilibria(game)
        if max(row) < 1 - 1e-9 or max(column) < 1 - 1e-9
    ]


def _is_searched(game: MatrixGame) -> bool:
    """Return whether mixed equilibria are looked for: in games for two with few actions."""
    return game.players == 2 and comb(sum(game.shape), game.shape[0]) <= MOST_SUPPORTS


def _facts(name: str, game: MatrixGame) -> str:
    rule = KINDS[ALSO.get(game.kind, game.kind)][1] if game.kind in {*KINDS, *ALSO} else "none of the kinds"
    acts = {", ".join(names) for names in game.actions}
    return facts(
        {
            "name": f"`{name}`",
            "kind": f"{game.kind}: {rule}",
            "players": game.players,
            "actions": " or ".join(sorted(acts)),
            "environment": f"`{ids()[name]}` in Gymnasium and PettingZoo",
            "source": game.source or "none",
        }
    )


def _sections(name: str, game: MatrixGame) -> str:
    opponent = "tit_for_tat" if game.players == 2 and game.shape[0] == game.shape[1] else "random"
    return f"""## Payoffs

{payoffs(game)}

{"The payoff of the row player comes first." if game.players == 2 else "Payoffs are in the order of the players."}
Best replies are underlined; an outcome in which every payoff is a best reply is an equilibrium, and shaded.

## Equilibria

{_equilibria(game)}

{_indices(game)}

{_what_values_make(game)}

## Play it

```python
import gymnasium
import moral_games

env = gymnasium.make("{ids()[name]}", opponent="{opponent}", reward="selfish")
```

```console
$ moral-games show {name} --reward utilitarian
$ moral-games play {name} --opponent {opponent}
```
"""


def _equilibria(game: MatrixGame) -> str:
    pure, also = joints(game, nash_set(game)), mixed(game)
    lines = [f"- in pure strategies: {pure}"]
    if game.players == 2:
        lines.append(f"- mixed: {'; '.join(also) or 'none'}")
        if _is_searched(game) and (len(also) + len(nash_set(game))) % 2 == 0:
            lines.append("- the game is degenerate: there may be more, infinitely many among them")
    return "\n".join(lines)


def _indices(game: MatrixGame) -> str:
    said = dict(line.split(": ", 1) for line in str(games.dilemma(game)).splitlines())
    said["pareto set"] = joints(game, games.pareto_set(game))
    told = [entry for entry in said.items() if entry[0] != "nash set" and entry[1] != "not defined"]
    return f"""## How much of a dilemma

{table(("index", "here"), told)}

The indices are defined, with their sources, in the [reference](../../reference/games/index.md)."""


def _what_values_make(game: MatrixGame) -> str:
    rows, remembering, refused = values_made(game)
    heads = ("everybody's value", "kind of the game", "pure equilibria", "mixed equilibria")
    columns = len(heads) if _is_searched(game) else len(heads) - 1
    reasons = "".join(f"\n\n{', '.join(names)}: {reason}." for reason, names in refused.items())
    return f"""## What each value makes of it

If everybody is paid by a value instead, the game becomes another one. Parameters are the defaults.

{table(heads[:columns], [row[:columns] for row in rows])}

These look at the round before, so no single table holds them: {", ".join(remembering)}.{reasons}"""


def _row(name: str) -> tuple[str, ...]:
    game = games.get(name)
    return _link(name), f"`{name}`", game.kind, joints(game, nash_set(game))


def _of_kind(kind: str) -> str:
    kinds = {name: games.get(name).kind for name in (*games.names(), *games.families())}
    found = [name for name, own in kinds.items() if ALSO.get(own, own) == kind]
    return ", ".join(f"[{name}]({name}.md)" for name in found) or "none"


def _link(name: str) -> str:
    title = _family_title(name) if name in FAMILIES else games.get(name).title
    return f"[{title}]({name}.md)"


def _family_title(name: str) -> str:
    """Return the title of a family; where each game of it has a title of its own, the family's name."""
    build = FAMILIES[name].__wrapped__
    return name.capitalize() if build(**defaults(build)).title else games.get(name).title


def _written(name: str) -> str:
    return f"{name}({', '.join(f'{key}={value:g}' for key, value in defaults(FAMILIES[name]).items())})"


def _value(name: str) -> str:
    return f"[{name}](../values/{name}.md)"
