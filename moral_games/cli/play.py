"""The command that lets a human play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tyro

from moral_games import games, opponents
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.envs.session import Session
from moral_games.repetition import Repetition


@dataclass(frozen=True)
class Play(Command):
    """Play a game at the terminal."""

    uses: ClassVar = {
        "ten rounds against tit for tat": "moral-games play ipd",
        "until chance ends it": "moral-games play chicken --opponent grim --rounds None --continue-probability 0.9",
    }

    game: tyro.conf.Positional[str] = "ipd"
    """Name of the game."""
    opponent: str = "tit_for_tat"
    """Who plays against you."""
    reward: str = "selfish"
    """The value by which you are told how well you did."""
    rounds: int | None = 10
    """Length of the episode; None for no limit."""
    continue_probability: float = 1.0
    """Probability of another round after each."""
    noise: float = 0.0
    """How often a hand trembles."""
    seed: int | None = None
    """Where the draws come from; by default a new episode each time."""

    def run(self) -> None:
        """Play one episode and sum it up."""
        game = games.get(self.game)
        repetition = Repetition(self.rounds, self.continue_probability, self.noise)
        others = dict(enumerate(opponents.players(self.opponent, game), start=1))
        session = Session(game, self.reward, repetition, {0: opponents.as_player("human", game), **others})
        session.seed(int(np.random.default_rng(self.seed).integers(2**63)))
        session.reset()
        payoffs, rewards, over = np.zeros(game.players), np.zeros(game.players), False
        while not over:
            _, paid, earned, terminated, truncated = session.play([0] * game.players)
            payoffs += paid
            rewards += earned
            over = terminated or truncated
        told = f"; under {session.values[0]} you earned {rewards[0]:g}" if self.reward != "selfish" else ""
        totals = ", ".join(f"{payoff:g}" for payoff in payoffs)
        console.print(f"After {session.played} rounds the payoffs are {totals} (you first){told}.", markup=False)
