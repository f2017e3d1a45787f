"""The protocol of the AIES 2024 study as a plain loop: one run, one player, one game after the other.

What the tests compare the batched learner with, and what `benchmarks.population_speed` times.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

import moral_games as mg
from agents.population_games import Chances
from agents.population_learning import Protocol

Memory = list[tuple[list[float], int, float, list[float]]]
"""State, action, reward and next state, in the order in which they were met."""


class OneByOne:
    """One run of the study, with a module, an optimiser and a memory for each network of each player.

    Parameters
    ----------
    protocol
        What is asked.
    begun
        The arrays of a `Populations.state` of one run, from which it begins.
    """

    def __init__(self, protocol: Protocol, begun: Mapping[str, NDArray]) -> None:
        self.protocol, self.game, self.values = protocol, protocol.played(), protocol.values()
        self.reward = cache(self.judge)
        self.last = begun["last"][0].tolist()
        names, seats = ("partners", "moves"), range(protocol.players)
        self.networks = [{name: self.network(name, i, begun) for name in names} for i in seats]
        rate = protocol.learning_rate
        self.adam = [{name: torch.optim.Adam(own[name].parameters(), lr=rate) for name in own} for own in self.networks]

    def network(self, name: str, player: int, begun: Mapping[str, NDArray]) -> torch.nn.Module:
        """Return a player's network as a module."""
        first, first_bias, second, second_bias = (
            torch.from_numpy(begun[f"parameter.{name}.{field}"][player].copy())
            for field in ("hidden_weights", "hidden_biases", "output_weights", "output_biases")
        )
        network = torch.nn.Sequential(torch.nn.Linear(*first.shape), torch.nn.ReLU(), torch.nn.Linear(*second.T.shape))
        layers = {"0.weight": first.T, "0.bias": first_bias[0], "2.weight": second, "2.bias": second_bias[0]}
        network.load_state_dict(layers)
        return network

    def episode(self, drawn: Chances) -> tuple[list[int], list[list[int]]]:
        """Play an episode and learn from it; return whom each player selected, and what both did in each game."""
        seats, last = range(self.protocol.players), self.last
        seen = [[float(last[j]) for j in seats if j != i] for i in seats]
        best = [self.best(i, "partners", seen[i]) for i in seats]
        choices = [int(drawn.partner[i]) if drawn.selects_at_random[i] else best[i] for i in seats]
        selected = [[j for j in seats if j != i][choice] for i, choice in enumerate(choices)]
        memories: list[Memory] = [[] for _ in seats]
        acted, earned, latest = [[0, 0] for _ in seats], [0.0 for _ in seats], list(last)
        for i in sorted(seats, key=lambda player: int(drawn.place[player])):
            pair = (i, selected[i])
            states = [last[selected[i]], last[i]]
            for role, player in enumerate(pair):
                move = self.best(player, "moves", [float(states[role])])
                acted[i][role] = int(drawn.move[i, role]) if drawn.moves_at_random[i, role] else move
            for role, player in enumerate(pair):
                reward = self.reward(self.values[player], last[pair[0]], last[pair[1]], *acted[i])[role]
                memories[player].append(([float(states[role])], acted[i][role], reward, [float(acted[i][1 - role])]))
                latest[player] = acted[i][role]
                earned[i] = reward if role == 0 else earned[i]
        self.last = latest
        for i in seats:
            self.learn(i, "moves", memories[i])
            self.learn(i, "partners", [(seen[i], choices[i], earned[i], [float(latest[j]) for j in seats if j != i])])
        return selected, acted

    def judge(self, value: mg.RewardFunction, *moves: int) -> list[float]:
        """Return what a value makes of a game for both roles: their last moves, then their actions."""
        outcome = mg.Outcome(self.game, np.array(moves[:2]), np.array(moves[2:]))
        return [float(reward) for reward in value(outcome)]

    def best(self, player: int, name: str, state: list[float]) -> int:
        """Return the action that a network says is worth most."""
        return int(self.networks[player][name](torch.tensor(state)).argmax())

    def learn(self, player: int, name: str, memory: Memory) -> None:
        """Take one gradient step on a memory."""
        states, actions, rewards, after = (torch.tensor(column) for column in zip(*memory, strict=True))
        network, adam = self.networks[player][name], self.adam[player][name]
        target = rewards + self.protocol.discount * network(after).detach().max(1).values
        loss = torch.nn.functional.mse_loss(network(states).gather(1, actions[:, None])[:, 0], target)
        adam.zero_grad()
        loss.backward()
        adam.step()
