"""Deep Q-networks in a population whose players select partners, all players and all runs stepped together.

After Tennant, Hailes & Musolesi (2024), "Dynamics of Moral Behavior in Heterogeneous Populations of
Learning Agents", AIES. Each player has two networks (Mnih et al. 2015, here without a target network,
and with this episode's games as the only memory): one says what each move is worth against a partner's
last move, the other what selecting each other player is worth, given everyone's last moves.

An episode is a round of `moral_games.envs.population.PopulationEnv`: everyone selects a partner and
plays with it. All networks of all players and runs are a few batched arrays, moved by one optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import moral_games as mg
from agents.population_games import Chances, cells, counts, draw, last_moves, play, rewards_by_cell, streams
from agents.population_measures import Record, by_player, cooperation, rewards, selected_cooperated
from agents.population_networks import Optimised, Size, initial
from moral_games.names import unknown

Slip = Literal["judged-on-own-move", "first-selection-apart", "few-network-seeds"]
SLIPS: tuple[Slip, ...] = ("judged-on-own-move", "first-selection-apart", "few-network-seeds")
"""What the published code does otherwise than its text; see `Options.slips`."""

SEEDS_AS_PUBLISHED, MOST_SEEDS = 100, 2**63
"""Where the networks' seeds end, with `few-network-seeds` and without."""


@dataclass(frozen=True)
class Protocol:
    """What is asked of populations that learn; the constants are those of Tennant et al. (2024), config.py."""

    game: str = "ipd_aies2024"
    """What is played: the name of a symmetric game for two, or the path of a game file."""
    reward: tuple[str, ...] = ("selfish",)
    """What the players value: one value for all of them, or one each."""
    players: int = 16
    """Number of players."""
    episodes: int = 30_000
    """Number of episodes: in each, everyone selects a partner and plays with it."""
    discount: float = 0.99
    """Discount of later rewards."""
    learning_rate: float = 0.001
    """Adam's learning rate, for both networks."""
    hidden: int = 256
    """Units of the hidden layer, in both networks."""
    explore_partners: float = 0.1
    """How likely a partner is selected at random."""
    explore_moves: float = 0.05
    """How likely a move is made at random."""
    slips: tuple[Slip, ...] = ()
    """Where to do as the published code does and not as its text says.

    judged-on-own-move: a value that looks at the other's last move is shown the player's own where
    that player was selected. first-selection-apart: the first selection is made on drawn moves that are not
    the players' last ones. few-network-seeds: the networks' seeds are 1 to 99, so that some begin alike.
    """
    seeds: int = 1
    """How many populations learn, with seeds from --seed upwards."""
    seed: int = 0
    """The first seed; seeds decide everything that is drawn."""
    chunk: int = 200
    """Episodes between two lines of the history."""
    device: str = "cpu"
    """Where torch computes."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        least = {"players": 2, "episodes": 1, "hidden": 1, "seeds": 1, "seed": 0, "chunk": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        for name in ("explore_partners", "explore_moves"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], got {getattr(self, name)}")
        if not 0 <= self.discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {self.discount}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate}")
        for slip in self.slips:
            if slip not in SLIPS:
                raise unknown("slip", slip, SLIPS)
        self.values()
        self.played()

    def values(self) -> tuple[mg.RewardFunction, ...]:
        """Return the players' values; raises a ValueError if they are unknown, or neither one nor one each."""
        if len(self.reward) not in (1, self.players):
            raise ValueError(
                f"--reward takes one value for all or one for each of {self.players} players, got {len(self.reward)}"
            )
        values = tuple(mg.rewards.as_reward(reward) for reward in self.reward)
        return values * self.players if len(values) == 1 else values

    def played(self) -> mg.MatrixGame:
        """Return the game; raises a ValueError unless it is a symmetric one for two."""
        game = mg.games.get(self.game)
        if game.players != 2 or not game.is_symmetric:
            raise ValueError(f"a population plays a symmetric game for two; game {game.name!r} is not one")
        return game

    def rewards_by_cell(self) -> NDArray[np.float64]:
        """Return what each player's value makes of what it can meet and do; see `agents.population_games`."""
        return rewards_by_cell(self.played(), self.values(), "judged-on-own-move" in self.slips)


class Populations:
    """R populations that learn side by side, one a seed; what each does depends on its own seed alone.

    Parameters
    ----------
    protocol
        What is asked.
    keep
        Called with the number of the first of some episodes and their `Record` once they are played.

    Raises
    ------
    ValueError
        If an option is out of range.

    Attributes
    ----------
    done, total
        How many episodes were played, and how many are asked for.
    rewards
        (N, A, 2, A, A, A): what each player's value makes of a game; see `rewards_by_cell`.
    """

    def __init__(self, protocol: Protocol, keep: Callable[[int, Record], None] = lambda first, record: None) -> None:
        protocol.check()
        self.protocol, self._keep = protocol, keep
        self.done, self.total = 0, protocol.episodes
        game, runs, players = protocol.played(), protocol.seeds, protocol.players
        actions, device = game.shape[0], torch.device(protocol.device)
        self._shape = runs, players, actions
        self.rewards = protocol.rewards_by_cell()
        flat = self.rewards.reshape(players * actions, -1)
        self._rewards = torch.as_tensor(flat, dtype=torch.float32, device=device)
        self._seats = torch.arange(players, device=device)
        self._others = torch.tensor([[j for j in range(players) if j != i] for i in range(players)], device=device)
        states = torch.arange(actions, dtype=torch.float32, device=device)
        self._states = states[:, None].expand(runs * players, actions, 1).contiguous()
        seeds = range(protocol.seed, protocol.seed + runs)
        self._streams = streams(seeds, players)
        self._sizes = {
            "partners": Size(players - 1, protocol.hidden, players - 1),
            "moves": Size(1, protocol.hidden, actions),
        }
        self._networks = Optimised(self._sizes, runs * players, protocol.learning_rate, device)
        self._begin(seeds)

    def advance(self) -> dict[str, NDArray[np.float64]]:
        """Play the next episodes and learn from them; return what each run did on average, (R,) each."""
        first, rounds = self.done, min(self.protocol.chunk, self.total - self.done)
        runs, players, actions = self._shape
        device = self._seats.device
        explore = self.protocol.explore_partners, self.protocol.explore_moves
        drawn = [torch.as_tensor(a, device=device) for a in draw(self._streams, first, rounds, actions, *explore)]
        played = torch.empty((rounds, 4, runs, players), dtype=torch.int32, device=device)
        with torch.no_grad():
            for number in range(rounds):
                self._episode(Chances(*(entry[number] for entry in drawn)), played[number])
        self.done += rounds
        kept: NDArray[np.integer] = played.cpu().numpy().astype(np.uint8 if max(players, actions) <= 256 else np.int32)
        record = Record(kept[:, 0], kept[:, 1], np.moveaxis(kept[:, 2:], 1, -1))
        self._keep(first, record)
        return self._scalars(record)

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return all that what follows depends on; draws are counted, so that the count is their state."""
        seen = {"last": self._last, "seen": self._seen}
        arrays = {name: tensor.cpu().numpy().copy() for name, tensor in seen.items()}
        return arrays | self._networks.arrays(), {"done": self.done}

    def restore(self, state: tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        self._networks.restore(arrays)
        self._last.copy_(torch.from_numpy(arrays["last"]))
        self._seen = torch.as_tensor(arrays["seen"], device=self._seats.device)
        self.done = int(rest["done"])

    def q_values(self) -> NDArray[np.float32]:
        """Return what each move is worth to each player against each last move; (R, N, A, A), the move last."""
        _, worth = self._networks.values["moves"].forward(self._states)
        return worth.view(*self._shape, -1).cpu().numpy()

    def policies(self) -> list[list[mg.PolicyTable]]:
        """Return by seed what each player does when it does not explore.

        A player's state is the other's last move. At the start of a repeated game, where there is
        none, the table mixes what it does against each.
        """
        actions = self._shape[-1]
        greedy = np.eye(actions)[self.q_values().argmax(axis=-1)]
        tables = np.concatenate([greedy.mean(axis=2, keepdims=True), np.tile(greedy, (1, 1, actions, 1))], axis=2)
        return [[mg.PolicyTable(table, f"player_{i}") for i, table in enumerate(run)] for run in tables]

    def _begin(self, seeds: range) -> None:
        """Draw the first last moves and the networks, each run's from its own generator."""
        runs, players, actions = self._shape
        apart = "first-selection-apart" in self.protocol.slips
        end = SEEDS_AS_PUBLISHED if "few-network-seeds" in self.protocol.slips else MOST_SEEDS
        last, seen = np.zeros((runs, players), np.int64), np.zeros((runs, players, players - 1), np.float32)
        for run, seed in enumerate(seeds):
            rng = np.random.default_rng(seed)
            last[run] = rng.integers(actions, size=players)
            seen[run] = rng.integers(actions, size=(players, players - 1))
            numbers = rng.integers(1, end, size=(len(self._sizes), players))
            for (name, size), own in zip(self._sizes.items(), numbers, strict=True):
                for player, number in enumerate(own, start=run * players):
                    begun = initial(size, np.random.default_rng(number))
                    for field, drawn in begun.items():
                        getattr(self._networks.values[name], field)[player] = torch.from_numpy(drawn)
        self._last = torch.as_tensor(last, device=self._seats.device)
        self._seen = torch.as_tensor(seen, device=self._seats.device) if apart else self._views(self._last)

    def _views(self, last: Tensor) -> Tensor:
        """Return what each player sees when it selects: the others' last moves, as numbers; (R, N, N - 1)."""
        return last[:, self._others].to(torch.float32)

    def _episode(self, drawn: Chances, played: Tensor) -> None:
        """Play an episode, learn from it, and write it into `played` (4, R, N)."""
        runs, players, actions = self._shape
        partners, moves = self._networks.values["partners"], self._networks.values["moves"]
        seen = self._seen.view(runs * players, 1, -1)
        partners_hidden, partner_worth = partners.forward(seen)
        moves_hidden, move_worth = moves.forward(self._states)

        best = partner_worth.view(runs, players, -1).argmax(-1)
        choice = torch.where(drawn.selects_at_random, drawn.partner, best)
        selected = choice + (choice >= self._seats)
        acted = play(self._last, selected, move_worth.argmax(-1).view(runs, players, actions), drawn)
        met = cells(self._last, selected, acted, actions)
        played[0], played[1], played[2], played[3] = self._last, selected, acted[..., 0], acted[..., 1]

        rewards = self._rewards[self._seats * actions + self._last]
        self._last = last_moves(selected, acted, drawn.place, actions)
        self._seen = self._views(self._last)
        _, worth_after = partners.forward(self._seen.view(runs * players, 1, -1))
        earned = rewards.gather(2, met[..., :1])
        partner_slopes = self._partner_slopes(partner_worth, choice, earned, worth_after)
        move_slopes = self._move_slopes(move_worth, counts(selected, met, actions), rewards)

        gradients = self._networks.gradients
        partners.backward(seen, partners_hidden, partner_slopes, gradients["partners"])
        moves.backward(self._states, moves_hidden, move_slopes, gradients["moves"])
        self._networks.step()

    def _partner_slopes(self, worth: Tensor, choice: Tensor, earned: Tensor, worth_after: Tensor) -> Tensor:
        """Return the slopes of (Q(s, chosen) − r − γ max Q(s′))², r being earned in the player's own game."""
        taken = choice.view(-1, 1, 1)
        target = earned.view(-1, 1, 1) + self.protocol.discount * worth_after.amax(-1, keepdim=True)
        return torch.zeros_like(worth).scatter_(2, taken, 2 * (worth.gather(2, taken) - target))

    def _move_slopes(self, worth: Tensor, played: Tensor, rewards: Tensor) -> Tensor:
        """Return the slopes of the mean over a player's games of (Q(s, a) − r − γ max Q(s′))².

        s′ is the other's move in the game. Games that are alike in role, state and both actions
        have the same error, so that they are only counted.
        """
        runs, players, actions = self._shape
        own = worth.view(runs, players, 1, actions, actions, 1)
        after = worth.amax(-1).view(runs, players, 1, 1, 1, actions)
        error = played * (own - rewards.view_as(played) - self.protocol.discount * after)
        games = played.sum((2, 3, 4, 5)).view(-1, 1, 1)
        return error.sum((2, 5)).view_as(worth) * (2 / games)

    def _scalars(self, record: Record) -> dict[str, NDArray[np.float64]]:
        """Return each run's cooperation, how often who was selected had cooperated, and the reward by value."""
        earned = by_player(record, rewards(record, self.rewards)).mean(axis=0)
        values = [str(value) for value in self.protocol.values()]
        return {
            "cooperation": cooperation(record).mean(axis=0),
            "selected cooperated": selected_cooperated(record).mean(axis=0),
        } | {
            f"reward/{held}": earned[:, [value == held for value in values]].mean(axis=1)
            for held in dict.fromkeys(values)
        }
