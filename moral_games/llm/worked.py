"""Supervised fine-tuning on worked answers: the calculation that a value asks for, and then the label.

Every answer is computed from the payoffs of a game, and with every telling comes another game. So what can be learned
is to read payoffs, and nothing about one game. The calculation can be left out, to see what it is good for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch

from moral_games import text
from moral_games.games.random_games import drawn_game
from moral_games.llm.exam import examine, papers
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import LanguageModel, question
from moral_games.llm.reasoner import reasoner
from moral_games.llm.scoring import TokenTree, batches, log_probabilities
from moral_games.llm.settings import Algorithm, Worked
from moral_games.llm.stepping import SteppingTrainer
from moral_games.llm.targets import certain_next, worked_value
from moral_games.llm.validation import Validation
from moral_games.text.reckoning import work_out

EXAM_SEED = 1
"""Seed of the games of validation, the same for every run."""


class Answered(NamedTuple):
    """A prompt, and the whole answer that is taught."""

    prompt: str
    """What is asked."""
    answer: str
    """What is taught."""


def as_player(model: LanguageModel, own: Worked) -> LanguageModel:
    """Return a model that was taught worked answers as the player that it is.

    Raises
    ------
    ValueError
        If it is to calculate, and is not in this process.
    """
    if own.before == "nothing":
        return model
    return reasoner(model, own.longest)


def answered(lesson: Lesson, told: text.Presentation, before: str) -> list[Answered]:
    """Return the worked answers to a game, one a state in which one action is best; not to its first round.

    Parameters
    ----------
    lesson
        A game, a value that can be worked out in words, and an opponent whose next move is certain.
    told
        How the game is told.
    before
        What comes before the label: "calculation" or "nothing".
    """
    value, expected = worked_value(lesson.reward), certain_next(lesson)
    prompts = question(lesson.game, told).prompts
    found = []
    for state in range(1, lesson.states):
        calculation, best = work_out(lesson.game, told, int(expected[state]), value)
        if best is not None:
            label = told.names[best]
            found.append(Answered(prompts[state], f'{calculation}{label}"' if before == "calculation" else label))
    return found


@dataclass(eq=False)
class ExamValidation(Validation):
    """The best weights so far, by an exam; the *fault* is the share of wrong answers."""

    own: Worked = field(default_factory=Worked)
    """How answers are worked out."""
    games: int = 6
    """How many games the exam has."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.exam = papers(self.lesson, self.games, np.random.default_rng(EXAM_SEED), self.own.highest)

    def judged(self) -> dict[str, float]:
        """Let the model as it is now take the exam; see `look`."""
        found = examine(as_player(self.model, self.own), self.exam)
        return {"fault": 1 - found["right"], "right": found["right"], "legal_mass": found["legal"]}


@dataclass(eq=False)
class WorkedTrainer(SteppingTrainer):
    """A language model that learns to work out what a value calls for; see `SteppingTrainer`."""

    own: Worked

    algorithm: ClassVar[Algorithm] = "worked"

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        before = "after their calculation" if self.own.before == "calculation" else "with nothing before them"
        return (
            f"{self.own.games} games, drawn anew, each in all states but the first; labels {before}, by cross-entropy"
        )

    def update(self) -> dict[str, Any]:
        """Make one step, and validate when it is due; see `SteppingTrainer.update`."""
        trees = [self._tree(answers) for answers in self._draw() if answers]
        loss = self._read_at_once(lambda tokens: self._read(trees, tokens), least=max(map(len, trees), default=0))
        return self._step(loss) | self._looked()

    def _validation(self) -> Validation:
        return ExamValidation(self.model, self.lesson, self.settings.stop_fault, own=self.own)

    def _draw(self) -> list[list[Answered]]:
        """Draw the games of an update, each under one assignment of its labels."""
        found = []
        for _ in range(self.own.games):
            told = text.draw(self.rng, 2, self.lesson.wording).assignments()
            lesson = replace(self.lesson, game=drawn_game(self.rng, highest=self.own.highest))
            found.append(answered(lesson, told[self.rng.integers(len(told))], self.own.before))
        return found

    def _tree(self, answers: Sequence[Answered]) -> TokenTree:
        encode, end = self.model.encode, self.model.tokenizer.eos_token_id
        prompts = [encode(prompt) for prompt, _ in answers]
        whole = [[*encode(prompt, answer), end] for prompt, answer in answers]
        rest = [[text[len(prompt) :]] for prompt, text in zip(prompts, whole, strict=True)]
        return TokenTree(prompts, rest)

    def _read(self, trees: Sequence[TokenTree], tokens: int) -> float:
        """Leave the gradient of the mean loss of these trees in the weights; return the loss, a token's."""
        self.optimizer.zero_grad()
        total = 0.0
        for group in batches(trees, tokens):
            part = [trees[k] for k in group]
            losses = [
                -(scores[:, 0] / torch.tensor([len(path) for [path] in entry.paths], device=scores.device)).mean()
                for entry, scores in zip(part, log_probabilities(self.model, part), strict=True)
            ]
            loss = torch.stack(losses).sum() / len(trees)
            loss.backward()
            total += float(loss.detach())
        return total
