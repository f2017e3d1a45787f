"""The measures of the IJCAI 2023 study, from what was counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from benchmarks.published.ijcai2023_grid import GAMES, Batch, Counts

Floats = NDArray[np.float64]
JOINTS = ("CC", "CD", "DC", "DD")
SOCIAL = {"collective": "utilitarian", "equality": "virtue_equality", "minimum": "maximin"}
"""The study's outcomes for both players together, and the value that measures each: the sum of payoffs,
1 - |R_M - R_O| / (R_M + R_O) (its "gini"), and the lesser payoff."""
SWAPPED = (0, 2, 1, 3)
"""Where each joint action stands in the column player's eyes."""


class Mean(NamedTuple):
    """A mean over runs, and the half width of the study's interval, 1.96 standard deviations / sqrt(runs)."""

    mean: Floats
    half: Floats


def mean(by_run: Floats) -> Mean:
    """Return the mean over the last axis, the runs."""
    runs = by_run.shape[-1]
    half = 1.96 * by_run.std(axis=-1, ddof=1) / np.sqrt(runs) if runs > 1 else np.zeros(by_run.shape[:-1])
    return Mean(by_run.mean(axis=-1), half)


def last_joint_actions(counts: Counts) -> Floats:
    """Return the share of runs that end in each joint action; (G, 4)."""
    return shares(counts.last)[-1]


def shares(joints: NDArray[np.uint8]) -> Floats:
    """Return the share of runs that played each joint action; from (T, G, R) to (T, G, 4)."""
    return np.stack([(joints == joint).mean(axis=-1) for joint in range(4)], axis=-1)


def outcomes(game: str, counts: Counts) -> dict[str, Mean]:
    """Return each outcome summed over the rounds until each point: means over runs, (P, G).

    The payoffs and the rewards of the two players, and the social outcomes.
    """
    worth = {f"payoff_{who}": column for who, column in _payoffs(game).items()}
    worth |= {name: _outcome(game, value) for name, value in SOCIAL.items()}
    found = {name: mean(counts.joints @ column) for name, column in worth.items()}
    return found | {f"reward_{who}": mean(counts.rewards[..., seat]) for seat, who in enumerate(("row", "column"))}


def action_types(counts: Counts, player: int) -> Floats:
    """Return the share of rounds since the point before of each action type of a player; (P, G, 2, 4).

    The axes: own action, and the joint action before it, own action first. The study writes the
    latter the other way round.
    """
    order = list(SWAPPED) if player else list(range(4))
    moves = counts.moves[:, :, order][..., order].astype(np.float64)
    total = moves.sum(axis=(2, 3), keepdims=True)
    moves = np.divide(moves, total, out=np.zeros_like(moves), where=total > 0)
    return np.stack([moves[..., :2].sum(axis=-1), moves[..., 2:].sum(axis=-1)], axis=2)


def results(batch: Batch, counts: Counts) -> Iterator[dict[str, Any]]:
    """Yield a row for each match: how its runs end, and every outcome's sum over all rounds."""
    endings, found = last_joint_actions(counts), outcomes(batch.game, counts)
    for match, (row, column) in enumerate(batch.pairs):
        ends = {f"ends_{joint}": float(share) for joint, share in zip(JOINTS, endings[match], strict=True)}
        sums = {
            key: round(float(number), 6)
            for name, over_time in found.items()
            for key, number in ((name, over_time.mean[-1, match]), (f"{name}_ci", over_time.half[-1, match]))
        }
        yield {"game": batch.game, "row": row, "column": column, **ends, **sums}


def over_time(batch: Batch, counts: Counts) -> Iterator[dict[str, Any]]:
    """Yield a row for each match and point: the outcomes' sums until then, and the action types since the last."""
    found = outcomes(batch.game, counts)
    types = {who: action_types(counts, player) for player, who in enumerate(("row", "column"))}
    for match, (row, column) in enumerate(batch.pairs):
        for point, rounds in enumerate(counts.rounds.tolist()):
            sums = {name: round(float(sums.mean[point, match]), 4) for name, sums in found.items()}
            types_now = {
                f"{who} {action}|{before}": round(float(own[point, match, i, j]), 4)
                for who, own in types.items()
                for i, action in enumerate("CD")
                for j, before in enumerate(JOINTS)
            }
            yield {"game": batch.game, "row": row, "column": column, "rounds": rounds, **sums, **types_now}


def first_and_last(batch: Batch, counts: Counts) -> Iterator[dict[str, Any]]:
    """Yield a row for each match and each of the first and last rounds: the share of runs by joint action."""
    end = int(counts.rounds[-1])
    numbers = dict(enumerate(shares(counts.first), start=1))
    numbers |= dict(enumerate(shares(counts.last), start=end + 1 - len(counts.last)))
    for match, (row, column) in enumerate(batch.pairs):
        for number, share in numbers.items():
            played = dict(zip(JOINTS, share[match].tolist(), strict=True))
            yield {"game": batch.game, "row": row, "column": column, "round": number, **played}


def _payoffs(game: str) -> dict[str, Floats]:
    payoffs = mg.games.get(GAMES[game]).payoffs.reshape(4, 2)
    return {"row": payoffs[:, 0], "column": payoffs[:, 1]}


def _outcome(game: str, value: str) -> Floats:
    """Return what a value that looks at payoffs alone says of each joint action; (4,)."""
    return mg.RepeatedGame.compile(mg.games.get(GAMES[game]), value).legal_rewards[0, ..., 0].ravel()
