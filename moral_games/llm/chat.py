"""Learning from conversations: a model plays episodes, and each of its turns answers for what came of it.

What a model says in a round (a belief or a message, and the answer) is credited with the rewards from that round on.
The mean of the other episodes at the same round is subtracted, which leaves the expected gradient as it is.
Learning once from each episode is REINFORCE (Williams 1992); learning several times from it takes the clipped
surrogate of proximal policy optimisation (Schulman et al. 2017, equation 7), which is the same at the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.analysis.episodes import action_types
from moral_games.llm import adapters
from moral_games.llm.adapters import OTHER, OWN, acting_as
from moral_games.llm.episodes import Conversations, play
from moral_games.llm.lesson import Lesson
from moral_games.llm.losses import ppo_loss
from moral_games.llm.models import TextModel
from moral_games.llm.options import LEARNER, SELF
from moral_games.llm.pair import Players
from moral_games.llm.sampled_validation import SampledValidation
from moral_games.llm.sampling import read
from moral_games.llm.scoring import TokenTree, batches, log_probabilities
from moral_games.llm.settings import Algorithm, Chat, Settings
from moral_games.llm.stepping import SteppingTrainer
from moral_games.llm.talking import Talk
from moral_games.llm.validation import Validation

Floats = NDArray[np.float64]


@dataclass(eq=False)
class ChatTrainer(Players["TurnLearner"]):
    """One language model that learns from conversations, or two; see `moral_games.llm.trainers.Trainer`.

    Parameters
    ----------
    model
        A model with adapters (`adapters.add_lora`). Where another learns beside it, that one is given a set of
        its own, unless it has one already.
    lesson
        What is taught. Its opponent is a fixed one, "self" for the same model on both seats, or "llm" for
        another one that learns at the same time.
    settings, own
        How.
    rng
        Where every draw comes from.
    """

    lesson: Lesson
    settings: Settings
    own: Chat
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.voices: dict[int, str | None] = {0: OWN}
        if self.lesson.opponent in (LEARNER, SELF):
            self.voices[1] = OTHER if self.lesson.opponent == LEARNER else OWN
        if self.lesson.opponent == LEARNER:
            seed = int(self.rng.integers(2**31))
            if OTHER not in self.model.model.peft_config:
                adapters.add_other(self.model, seed)
        for name in dict.fromkeys(voice for voice in self.voices.values() if voice):
            seats = tuple(seat for seat, voice in self.voices.items() if voice == name)
            seen = replace(self.lesson, game=self.lesson.game.seen_by(seats[0]))
            with acting_as(self.model, name):
                self.players[name] = TurnLearner(self.model, seen, self.settings, self.own, self.rng, seats)

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        own, told = self.own, self.lesson.described(self.settings.tellings)
        episodes = f"{own.episodes} sampled episode(s) of {self.settings.rounds} rounds under each"
        said = "" if own.before == "nothing" else f", a {own.before} of at most {own.words} tokens before each answer"
        method = "REINFORCE" if own.epochs == 1 else f"{own.epochs} epochs of PPO's clipped surrogate"
        return f"{told}; {episodes}, {_contexts(own)}{said}; {method} with credit by turn"

    def update(self) -> dict[str, Any]:
        """Play, let everybody who speaks learn from it, and validate when it is due.

        Returns
        -------
        dict
            Player 0's line of the history, and that of another model that learns as ``other``.

        Raises
        ------
        FloatingPointError
            If a loss is not a number.
        """
        told = self.lesson.told(self.rng, self.settings.tellings) * self.own.episodes
        seeds = self.rng.integers(2**63, size=len(told)).tolist()
        found = play(self.model, self.lesson, told, self.settings.rounds, self.own, seeds, self.voices)
        records = {}
        for name, learner in self.players.items():
            with acting_as(self.model, name):
                records[name] = learner.learn(found)
        other = {"other": records[OTHER]} if OTHER in records else {}
        return records[OWN] | other


@dataclass(eq=False)
class TurnLearner(SteppingTrainer):
    """What one set of adapters learns from conversations; see `SteppingTrainer`.

    Parameters
    ----------
    seats
        The seats that speak with it. The lesson is told from the first of them.
    """

    own: Chat
    seats: tuple[int, ...] = (0,)

    kl_per_turn: float = field(default=0.0, init=False)
    """Divergence from the model without adapters in the last update, in nats a turn."""

    algorithm: ClassVar[Algorithm] = "chat"

    def update(self) -> dict[str, Any]:
        """Make a step from episodes of its own against the lesson's opponent."""
        told = self.lesson.told(self.rng, self.settings.tellings) * self.own.episodes
        seeds = self.rng.integers(2**63, size=len(told)).tolist()
        return self.learn(play(self.model, self.lesson, told, self.settings.rounds, self.own, seeds, {0: None}))

    def learn(self, found: Conversations) -> dict[str, Any]:
        """Make the step of an update from these episodes, and validate when it is due."""
        talks = [talk for talk in found.talks if talk.seat in self.seats]
        credit = self._credit(found.played.rewards, talks)
        for _ in range(self.own.epochs - 1):
            self._move(self._accumulate(talks, credit))
        record = self._step(self._accumulate(talks, credit)) | self._described(found)
        return record | self._looked()

    def _validation(self) -> Validation:
        return SampledValidation(
            self.model, self.lesson, self.settings.stop_fault, own=self.own, rounds=self.settings.rounds
        )

    def _described(self, found: Conversations) -> dict[str, Any]:
        """Return what is told of the episodes, as its own seats saw them."""
        seats, game = list(self.seats), self.lesson.game.seen_by(self.seats[0])  # as player 0 sees it
        types = [action_types(found.played, game, seat) for seat in seats]
        line: dict[str, Any] = {
            "reward": float(found.played.rewards[..., seats].mean()),
            "legal_mass": float((found.played.actions[..., seats] >= 0).mean()),
            "action_types": {kind: float(np.mean([part[kind].mean for part in types])) for kind in types[0]},
        }
        if self.own.kl:
            line["kl"] = self.kl_per_turn
        if self.own.before != "nothing":
            line["named"] = float((found.named[..., seats] >= 0).mean())
        return line

    def _credit(self, rewards: Floats, talks: Sequence[Talk]) -> Mapping[int, Floats]:
        """Return by seat what each episode's turns are credited with, (E, T)."""
        earned = {seat: rewards[..., seat].copy() for seat in self.seats}
        if self.own.kl:
            divergence = {seat: np.zeros_like(rewards[..., seat]) for seat in self.seats}
            for talk, base in zip(talks, self._base(talks), strict=True):
                spent = np.array(talk.log_probabilities) - base
                np.add.at(divergence[talk.seat][talk.episode], list(talk.rounds), spent)
            self.kl_per_turn = float(np.mean(list(divergence.values())))
            earned = {seat: earned[seat] - self.own.kl * divergence[seat] for seat in self.seats}
        return {seat: less_the_others(to_go(found, self.own.discount)) for seat, found in earned.items()}

    def _base(self, talks: Sequence[Talk]) -> list[Floats]:
        """Return how probable the model without adapters finds what was said in each conversation."""
        found: list[Floats] = []
        with torch.no_grad(), self.model.model.disable_adapter():
            for group in batches(talks, self.settings.micro_batch_tokens):
                part = talks[group.start : group.stop]
                for talk, row in zip(part, said(self.model, part).double().cpu().numpy(), strict=True):
                    found.append(row[: len(talk.places)])
        return found

    def _accumulate(self, talks: Sequence[Talk], credit: Mapping[int, Floats]) -> float:
        """Leave the gradient of the loss in the weights; return the loss."""
        return self._read_at_once(lambda tokens: self._gradient(talks, credit, tokens), least=max(map(len, talks)))

    def _gradient(self, talks: Sequence[Talk], credit: Mapping[int, Floats], tokens: int) -> float:
        self.optimizer.zero_grad()
        turns, total = sum(len(talk.answers) for talk in talks), 0.0
        for group in batches(talks, tokens):
            part = talks[group.start : group.stop]
            loss = self._loss(part, credit) / turns
            loss.backward()
            total += float(loss.detach())
            if self.own.legality:
                loss = -self.own.legality * legality(self.model, part) / turns
                loss.backward()
                total += float(loss.detach())
        return total

    def _loss(self, talks: Sequence[Talk], credit: Mapping[int, Floats]) -> torch.Tensor:
        """Return the surrogate loss, summed over turns."""
        device, width = self.model.device, max(len(talk.places) for talk in talks)
        mask = torch.zeros(len(talks), width, dtype=torch.bool)
        before, advantage = torch.zeros(len(talks), width), torch.zeros(len(talks), width)
        for row, talk in enumerate(talks):
            length = len(talk.places)
            mask[row, :length] = True
            before[row, :length] = torch.tensor(talk.log_probabilities)
            advantage[row, :length] = torch.tensor(credit[talk.seat][talk.episode, list(talk.rounds)])
        mask, before, advantage = (part.to(device) for part in (mask, before, advantage))
        return ppo_loss(said(self.model, talks), before, advantage, mask, self.own.clip) * mask.sum()


def to_go(rewards: Floats, discount: float) -> Floats:
    """Return the discounted sum of rewards from each round on; (E, T).

    Examples
    --------
    >>> to_go(np.array([[1.0, 0.0, 4.0]]), 0.5)
    array([[2., 2., 4.]])
    """
    found = np.array(rewards, dtype=np.float64)
    for round_ in reversed(range(found.shape[1] - 1)):
        found[:, round_] += discount * found[:, round_ + 1]
    return found


def less_the_others(returns: Floats) -> Floats:
    """Return what episodes earn from each round on, less the mean of all others at that round; (E, T).

    What is subtracted does not depend on the episode itself, so that it changes no expected gradient (Kool et al.
    2019). Of a single episode nothing is subtracted.

    Examples
    --------
    >>> less_the_others(np.array([[1.0], [2.0], [6.0]]))
    array([[-3. ],
           [-1.5],
           [ 4.5]])
    """
    count = len(returns)
    if count == 1:
        return returns
    return returns - (returns.sum(axis=0) - returns) / (count - 1)


def said(model: TextModel, talks: Sequence[Talk]) -> torch.Tensor:
    """Return the log-probability of every token that was said in some conversations; (N, L), differentiable.

    L is the most tokens said in one of them; what stands behind the last one means nothing.
    """
    width = max(len(talk.places) for talk in talks)
    positions = [[*(p - 1 for p in talk.places), *[talk.places[-1] - 1] * (width - len(talk.places))] for talk in talks]
    logits, _ = read(model, [talk.tokens for talk in talks], positions)
    tokens = [[talk.tokens[position + 1] for position in row] for talk, row in zip(talks, positions, strict=True)]
    chosen = torch.tensor(tokens, device=logits.device)[..., None]
    return torch.log_softmax(logits, dim=-1).gather(2, chosen)[..., 0]


def legality(model: TextModel, talks: Sequence[Talk]) -> torch.Tensor:
    """Return the log-probability of a legal answer, summed over all rounds of some conversations; differentiable."""
    trees = [
        TokenTree([talk.tokens[:place] for place in talk.answers], [talk.labels] * len(talk.answers)) for talk in talks
    ]
    return torch.cat([torch.logsumexp(scores, dim=1) for scores in log_probabilities(model, trees)]).sum()


def _contexts(own: Chat) -> str:
    return "each one conversation" if own.context == "conversation" else "each round a prompt of its own"
