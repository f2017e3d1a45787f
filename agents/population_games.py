"""A round of populations whose players select partners: everyone's games as arrays, for R populations at once.

The protocol is that of `moral_games.envs.population.PopulationEnv` with ``matching="selection"``
and ``moves="by_game"``. Game i is the one that player i has selected a partner for; it has two
*roles*, 0 for the selector and 1 for the selected. Moves are decided on the last moves from before
the round. What chance contributes is drawn beforehand, from a stream for each player that
depends on nothing but its population's seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moral_games import MatrixGame, RepeatedGame, RewardFunction, chance
from moral_games.envs.population.matching import other_seat

Array = Any
"""A numpy array or a tensor."""

DRAWS = 7
"""How many uniform numbers each player draws a round."""


class Chances(NamedTuple):
    """What chance decides in a round, or in several with a leading axis; numpy arrays or tensors.

    Attributes
    ----------
    selects_at_random, partner
        (..., R, N) bool and int: whether each player selects at random, and then which of the N − 1 others.
    place
        (..., R, N) int: when each player's game is played, 0 for the first.
    moves_at_random, move
        (..., R, N, 2) bool and int: whether each role in each game moves at random, and then how.
    """

    selects_at_random: Array
    partner: Array
    place: Array
    moves_at_random: Array
    move: Array


def streams(seeds: Sequence[int], players: int) -> chance.Positions:
    """Return where the stream of each player of each population begins; (R, N) uint64."""
    populations = chance.positions(list(seeds))
    return chance.positions([int(seed) + player for seed in populations for player in range(players)]).reshape(
        len(seeds), players
    )


def draw(
    begins: chance.Positions, first: int, rounds: int, actions: int, explore_partners: float, explore_moves: float
) -> Chances:
    """Return what chance decides in some rounds, as numpy arrays with a leading axis for the rounds.

    Parameters
    ----------
    begins
        (R, N) uint64: where the players' streams begin.
    first, rounds
        The number of the first of these rounds, counted from 0, and how many they are.
    actions
        Number of actions A.
    explore_partners, explore_moves
        How likely a player selects, and moves, at random. Each player's first selection, and its
        first move, is random in any case.
    """
    hashes = chance.hashes(DRAWS)
    positions = np.stack([chance.advanced(begins, hashes * number) for number in range(first, first + rounds)])
    select, partner, order, explores_0, explores_1, move_0, move_1 = chance.uniforms(positions, DRAWS)
    drawn = Chances(
        selects_at_random=select < explore_partners,
        partner=(partner * (begins.shape[1] - 1)).astype(np.int64),
        place=order.argsort(axis=-1, kind="stable").argsort(axis=-1),
        moves_at_random=np.stack([explores_0, explores_1], axis=-1) < explore_moves,
        move=(np.stack([move_0, move_1], axis=-1) * actions).astype(np.int64),
    )
    if first == 0:
        drawn.selects_at_random[0] = True
        drawn.moves_at_random[0] |= _first_moves(
            other_seat(np.arange(begins.shape[1]), drawn.partner[0]), drawn.place[0]
        )
    return drawn


def play(last: Tensor, selected: Tensor, greedy: Tensor, drawn: Chances) -> Tensor:
    """Return the actions of both roles in every game; (R, N, 2) int.

    Parameters
    ----------
    last, selected
        (R, N) int: last moves from before the round, and whom each player selected.
    greedy
        (R, N, A) int: each player's move against each last move, where it does not move at random.
    drawn
        What chance decides.
    """
    by_selector = greedy.gather(2, last.gather(1, selected)[..., None])
    theirs = greedy.gather(1, selected[..., None].expand(-1, -1, greedy.shape[2]))
    by_selected = theirs.gather(2, last[..., None])
    return torch.where(drawn.moves_at_random, drawn.move, torch.cat([by_selector, by_selected], dim=2))


def last_moves(selected: Tensor, actions: Tensor, place: Tensor, number: int) -> Tensor:
    """Return each player's move in the last game it took part in; (R, N) int.

    Parameters
    ----------
    selected, actions, place
        The round; see `play` and `Chances`.
    number
        Number of actions A.
    """
    dated = actions + number * place[..., None]
    return dated[..., 0].scatter_reduce(1, selected, dated[..., 1], "amax") % number


def cells(last: Tensor, selected: Tensor, actions: Tensor, number: int) -> Tensor:
    """Return what each role of each game met and did, as one number: row-major (role, state, own action, other's).

    The state is the other's last move from before the round.

    Parameters
    ----------
    last, selected, actions
        (..., N), (..., N) and (..., N, 2) int: the round.
    number
        Number of actions A.

    Returns
    -------
    Tensor
        (..., N, 2) int, from 0 to 2A³ − 1.
    """
    states = torch.stack([last.gather(-1, selected), last], dim=-1)
    roles = torch.tensor([0, 1], device=last.device)
    return ((roles * number + states) * number + actions) * number + actions.flip(-1)


def owners(selected: Tensor) -> Tensor:
    """Return who plays each role of each game; (..., N, 2) int."""
    seats = torch.arange(selected.shape[-1], device=selected.device).expand_as(selected)
    return torch.stack([seats, selected], dim=-1)


def counts(selected: Tensor, met: Tensor, number: int) -> Tensor:
    """Return how often each player met and did what; (R, N, 2, A, A, A) float32, by the `cells` in `met`."""
    runs, players = selected.shape
    size = 2 * number**3
    where = (owners(selected) * size + met).reshape(runs, -1)
    counted = torch.zeros(runs, players * size, device=met.device)
    counted.scatter_add_(1, where, torch.ones((), device=met.device).expand_as(where))
    return counted.view(runs, players, 2, number, number, number)


def rewards_by_cell(
    game: MatrixGame, values: Sequence[RewardFunction], selected_judged_on_own_move: bool = False
) -> NDArray[np.float64]:
    """Return what each player's value makes of what it can meet and do; (N, A, 2, A, A, A).

    The axes are player, own last move, then those of a cell: role, the other's last move, own
    action, the other's.

    Parameters
    ----------
    game
        A game for two.
    values
        One a player.
    selected_judged_on_own_move
        As published by mistake: a value that looks at the other's last move is shown, in the role
        of the selected, the player's own.
    """
    distinct = {value: _rewards_by_cell(game, value, selected_judged_on_own_move) for value in values}
    return np.stack([distinct[value] for value in values])


def _rewards_by_cell(game: MatrixGame, value: RewardFunction, selected_judged_on_own_move: bool) -> NDArray[np.float64]:
    number = game.shape[0]
    # by the last moves of selector and selected, then their actions, then the seat
    table = RepeatedGame.compile(game, value).legal_rewards[1:].reshape((number,) * 4 + (2,))
    selector = table[..., 0]
    selected = table[..., 1].transpose(1, 0, 3, 2)
    if selected_judged_on_own_move:
        own = np.arange(number)
        selected = np.broadcast_to(selected[own, own][:, None], selected.shape)
    return np.stack([selector, selected], axis=1)


def _first_moves(selected: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether each role's move is the player's first of the round; (R, N, 2)."""
    earliest = place.copy()
    np.minimum.at(earliest, (np.arange(len(place))[:, None], selected), place)
    return np.stack([place == earliest, place == np.take_along_axis(earliest, selected, axis=1)], axis=-1)
