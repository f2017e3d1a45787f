"""A playthrough of every game and every family, kept as text in ``__snapshots__``: what a user meets in it.

After a change that is meant, ``python -m pytest tests/envs/test_playthroughs.py --snapshot-update``
writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import gymnasium
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

import moral_games as mg
from moral_games.analysis.equilibria import equilibria
from moral_games.chance import Stream
from moral_games.envs.registration import ids
from moral_games.games import nash_set, pareto_set

VALUES = ("utilitarian", "deontological", "virtue_equality")
ROUNDS = 6
SEED = 3
MOST_ENUMERATED = 9


class TextFile(SingleFileSnapshotExtension):
    """One plain text a game."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.mark.parametrize("name", ids())
def test_playthrough(name: str, snapshot: SnapshotAssertion) -> None:
    game = mg.games.get(name)
    assert "\n\n".join([description(game), everyone_learns(game), one_learns(game)]) + "\n" == snapshot(
        extension_class=TextFile
    )


def description(game: mg.MatrixGame) -> str:
    env = mg.parallel_env(game)
    facts = [
        ["name", game.name],
        ["id", ids()[game.name]],
        ["kind", f"{game.kind}, {'symmetric' if game.is_symmetric else 'not symmetric'}"],
        ["source", game.source],
        *([f"actions of {agent}", f"{env.action_space(agent)} {names(game.actions[i])}"] for i, agent in seats(env)),
        ["observations", f"{env.observation_space('player_0')}"],
        ["as an index", f"{mg.parallel_env(game, observation='index').observation_space('player_0')}"],
    ]
    if game.players == 2 and len(game.joint_actions) <= MOST_ENUMERATED:
        facts += [["equilibrium", "; ".join(map(numbers, pair))] for pair in equilibria(game)]
    legend = "Payoffs (* equilibrium in pure strategies, + efficient)"
    return "\n\n".join([game.title, table(facts), legend, table(payoffs(game))])


def payoffs(game: mg.MatrixGame) -> list[list[str]]:
    """Two players' as a matrix, more players' as a list."""
    stable, efficient = set(nash_set(game)), set(pareto_set(game))
    marked = {
        cell: numbers(game.payoffs[cell]) + " *" * (cell in stable) + " +" * (cell in efficient)
        for cell in product(*map(range, game.shape))
    }
    if game.players > 2:
        return [[names(chosen(game, cell)), text] for cell, text in marked.items()]
    rows, columns = game.actions
    cells = iter(marked.values())
    return [["", *columns], *([row, *(next(cells) for _ in columns)] for row in rows)]


def everyone_learns(game: mg.MatrixGame) -> str:
    """Rounds of the parallel environment, the same ones under each value."""
    envs = [mg.parallel_env(game, rewards=value, rounds=ROUNDS, observation="index") for value in VALUES]
    (observed, _), *_ = [env.reset(seed=SEED) for env in envs]
    draws, rows = Stream(SEED), [["round", "observations", "actions", "payoffs", *VALUES]]
    for t in range(ROUNDS):
        actions = [int(draw * count) for draw, count in zip(draws.draw(game.players), game.shape, strict=True)]
        steps = [env.step(dict(zip(env.possible_agents, actions, strict=True))) for env in envs]
        paid = [info["payoff"] for info in steps[0][4].values()]
        earned = [numbers(rewards.values()) for _, rewards, *_ in steps]
        rows.append([str(t + 1), numbers(observed.values()), names(chosen(game, actions)), numbers(paid), *earned])
        observed, _, terminations, truncations, _ = steps[0]
    return (
        f"Everybody learns: actions drawn with seed {SEED}, {ROUNDS} rounds\n\n{table(rows)}\n\n"
        f"terminated {set(terminations.values())}, truncated {set(truncations.values())}"
    )


def one_learns(game: mg.MatrixGame) -> str:
    """An episode of the single learner's environment, in which chance has a say."""
    opponent = "tit_for_tat" if "tit_for_tat" in mg.opponents.names(game) else "random"
    controls = {"rounds": None, "continue_probability": 0.85, "noise": 0.1, "observation": "index"}
    env = gymnasium.make(ids()[game.name], opponent=opponent, reward="deontological", **controls)
    observed, _ = env.reset(seed=SEED)
    draws, rows = Stream(SEED), [["round", "observation", "action", "played", "payoff", "deontological"]]
    terminated = truncated = False
    while not (terminated or truncated):
        action = int(draws.draw(1)[0] * game.shape[0])
        before = [str(len(rows)), str(observed), game.actions[0][action]]
        observed, reward, terminated, truncated, info = env.step(action)
        rows.append([*before, names(chosen(game, info["actions"])), number(info["payoff"]), number(reward)])
    return (
        f"One learns, against {opponent}: seed {SEED}, trembling hands, a random ending\n\n{table(rows)}\n\n"
        f"terminated {terminated}, truncated {truncated}"
    )


def seats(env: mg.envs.ParallelMatrixGame) -> Iterable[tuple[int, str]]:
    return enumerate(env.possible_agents)


def chosen(game: mg.MatrixGame, actions: Sequence[int]) -> list[str]:
    return [own[action] for own, action in zip(game.actions, actions, strict=True)]


def names(actions: Iterable[str]) -> str:
    return ", ".join(actions)


def numbers(several: Iterable[float]) -> str:
    return ", ".join(map(number, several))


def number(one: float) -> str:
    """Rounded, so that it is the same on every platform, and without a negative zero."""
    return f"{round(float(one), 4) + 0.0:g}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their entries."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
