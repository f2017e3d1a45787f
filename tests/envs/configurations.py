"""What conformance is tested over: every registered id, a value of every family of values, every ending."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gymnasium
import pettingzoo
from gymnasium.vector import VectorEnv
from pettingzoo import AECEnv, ParallelEnv

from moral_games import games
from moral_games.envs.registration import ids
from moral_games.games import MatrixGame

VALUES: dict[str, dict[str, Any]] = {
    "no_reward": {},
    "consequences": {"reward": "utilitarian"},
    "duties": {"reward": "deontological"},
    "graded": {"reward": "deontological_graded"},
    "kantian": {"reward": "universalisability"},
    "legality": {"reward": "selfish + illegal"},
    "norms": {"reward": 'norm("own == 0 and action > 0")'},
    "social_preferences": {"reward": "inequity_aversion"},
    "virtues": {"reward": "virtue_kindness"},
}
"""A value of each module of `moral_games.rewards`, and the default."""

SYMMETRIC_ONLY = ("kantian",)

ENDINGS: dict[str, dict[str, Any]] = {
    "one_shot": {"rounds": 1},
    "fixed_rounds": {"rounds": 10},
    "random_ending": {"rounds": None, "continue_probability": 0.8},
}

ALL_CONTROLS: dict[str, Any] = {
    "rounds": 12,
    "continue_probability": 0.9,
    "noise": 0.1,
    "observation_noise": 0.1,
    "memory": 2,
    "clock": True,
    "initial": "random",
    "payoff_scale": 0.5,
    "payoff_noise": 0.25,
    "observation": "index",
    "illegal_action": "outcome",
}
"""Every control of repetition at once."""

MOST_MISREAD = 9
"""The most joint actions of a game in which misreading is put into tables."""


@dataclass(frozen=True)
class Configuration:
    """One way to make the environments of a game; single learners play against random opponents.

    Parameters
    ----------
    name, value, play
        The game's name, and what its value and the way it goes on are called here.
    reward, controls
        The options that these stand for.
    """

    name: str
    value: str
    play: str
    reward: dict[str, Any] = field(default_factory=dict)
    controls: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}-{self.value}-{self.play}"

    @property
    def env_id(self) -> str:
        return ids()[self.name]

    @property
    def chance_plays(self) -> bool:
        """Whether chance has a say where no opponent does."""
        return bool({"continue_probability", "noise"} & self.controls.keys())

    @property
    def lowest_action(self) -> int:
        return -1 if self.controls.get("illegal_action") == "outcome" else 0

    def single(self, **options: Any) -> gymnasium.Env:
        return gymnasium.make(self.env_id, opponent="random", **self.reward, **self.controls, **options)

    def vector(self, num_envs: int, **options: Any) -> VectorEnv:
        options = {"opponent": "random", **self.reward, **self.controls, **options}
        return gymnasium.make_vec(self.env_id, num_envs=num_envs, **options)

    def parallel(self, **options: Any) -> ParallelEnv:
        return pettingzoo.make("parallel", self.env_id, **self._for_all(), **self.controls, **options)

    def aec(self, **options: Any) -> AECEnv:
        return pettingzoo.make("aec", self.env_id, **self._for_all(), **self.controls, **options)

    def _for_all(self) -> dict[str, Any]:
        return {"rewards": self.reward["reward"]} if self.reward else {}


def tabulated(game: MatrixGame) -> dict[str, Any]:
    """Return the controls that a vector environment can put into tables: misreading takes a small game."""
    misreading = ALL_CONTROLS["observation_noise"] if len(game.joint_actions) <= MOST_MISREAD else 0.0
    return {**ALL_CONTROLS, "payoff_noise": 0.0, "observation": "one_hot", "observation_noise": misreading}


def configurations() -> list[Configuration]:
    """Return every id with every value that fits its game under every ending, and with the other controls."""
    made = []
    for name in ids():
        game = games.get(name)
        fitting = [value for value in VALUES if game.is_symmetric or value not in SYMMETRIC_ONLY]
        made += [
            Configuration(name, value, ending, VALUES[value], ENDINGS[ending])
            for value in fitting
            for ending in ENDINGS
        ]
        each_its_own = {
            "reward": [("utilitarian", "deontological + illegal")[seat % 2] for seat in range(game.players)]
        }
        for play, controls in (("all_controls", ALL_CONTROLS), ("as_tables", tabulated(game))):
            made.append(Configuration(name, "each_its_own", play, each_its_own, controls))
    return made


EVERY = configurations()
PLAYS = [each for each in EVERY if each.value in ("no_reward", "each_its_own")]
"""One configuration for each way to go on, where values make no difference to what is tested."""
