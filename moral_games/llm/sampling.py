"""Episodes of a language model that answers by sampling: what it was asked, what it said, what that earned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel, autocast
from moral_games.llm.scoring import Question, check_tokens, label_tokens

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """A question's tokens: S prompts, one a state, and A labels, one an action."""

    prompts: tuple[Tokens, ...]
    """S prompts, one a state."""
    labels: tuple[Tokens, ...]
    """A labels, one an action."""

    @classmethod
    def of(cls, model: TextModel, question: Question) -> Asked:
        """Return the tokens of a question; labels that cannot be told apart are a ValueError."""
        check_tokens(model, question.labels)
        labels = tuple(tuple(label_tokens(model, question.prompts[0], label)) for label in question.labels)
        return cls(tuple(tuple(model.encode(prompt)) for prompt in question.prompts), labels)


@dataclass(frozen=True, eq=False)
class Answers:
    """N sampled answers.

    Attributes
    ----------
    prompts, said
        The tokens of each prompt and of each answer.
    situations
        (N,) int: where each was given (see `moral_games.situations.Situations`).
    actions
        (N,) int: what each means, -1 for an illegal answer.
    rewards
        (N,) float64: what each earned.
    """

    prompts: tuple[Tokens, ...]
    said: tuple[Tokens, ...]
    situations: NDArray[np.int64]
    actions: NDArray[np.int64]
    rewards: NDArray[np.float64]

    @property
    def legal(self) -> float:
        """The share of legal answers."""
        return float((self.actions >= 0).mean())

    def shares(self, lesson: Lesson) -> NDArray[np.float64]:
        """Return the share of each action in each situation, (K, A + 1), an illegal answer last."""
        counts = np.zeros(lesson.problem.rewards.shape)
        np.add.at(counts, (self.situations, self.actions), 1.0)
        return counts / len(self.actions)


def play(model: TextModel, lesson: Lesson, asked: Sequence[Asked], rounds: int, rng: np.random.Generator) -> Answers:
    """Play one episode under each telling, all at once; episodes begin after a random joint action.

    Parameters
    ----------
    model, lesson
        Who plays what; the opponent's actions are sampled too.
    asked
        One telling an episode.
    rounds
        Rounds of an episode.
    rng
        Where every draw comes from.

    Returns
    -------
    Answers
        Those of the first round, one an episode, then those of the second, and so on.
    """
    met, opponent = lesson.problem.situations, lesson.opponents[0]
    rewards, shape = met.rewards[..., 0], tuple(count + 1 for count in lesson.game.shape)
    others = opponent.with_illegal[met.memory[:, 1]]
    prompts: list[Tokens] = []
    said: list[Tokens] = []
    columns = []
    situation = _draw(met.first("random")[None], np.zeros(len(asked), dtype=np.int64), rng)
    for _ in range(rounds):
        states = met.memory[situation, 0]
        now = [entry.prompts[state] for entry, state in zip(asked, states, strict=True)]
        answers = answer(model, now, [entry.labels for entry in asked], rng)
        meant = [meaning(tokens, entry.labels) for tokens, entry in zip(answers, asked, strict=True)]
        actions, other = np.array(meant), _draw(others, situation, rng)
        joint = np.ravel_multi_index((actions % shape[0], other), shape)
        columns.append((situation, actions, rewards[situation, joint]))
        prompts += now
        said += answers
        situation = met.following[situation, joint, 0]
    situations, taken, earned = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Answers(tuple(prompts), tuple(said), situations, taken, earned)


def answer(
    model: TextModel, prompts: Sequence[Tokens], labels: Sequence[tuple[Tokens, ...]], rng: np.random.Generator
) -> list[Tokens]:
    """Sample an answer to each prompt, token by token.

    An answer has as many tokens as the longest of its labels, as published, or fewer once it is a label.
    Prompts that are the same are read once.

    Parameters
    ----------
    model
        The model, in the mode in which it is to answer.
    prompts
        N prompts.
    labels
        The labels that are legal answers to each.
    rng
        Where every draw comes from.
    """
    said: list[Tokens] = [()] * len(prompts)
    while True:
        open_ = [row for row, tokens in enumerate(said) if not _finished(tokens, labels[row])]
        if not open_:
            return said
        texts = [prompts[row] + said[row] for row in open_]
        places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        with torch.no_grad():
            logits, _ = read(model, list(places), [[len(text) - 1] for text in places])
        chances = torch.softmax(logits[:, 0].double(), dim=-1).cpu().numpy()
        drawn = _draw(chances, np.array([places[text] for text in texts]), rng)
        for row, token in zip(open_, drawn, strict=True):
            said[row] += (int(token),)


def meaning(said: Tokens, labels: Sequence[Tokens]) -> int:
    """Return the action that an answer stands for, -1 for none: an answer that is no label is illegal."""
    return labels.index(said) if said in labels else -1


def read(
    model: TextModel, texts: Sequence[Tokens], positions: Sequence[Sequence[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a model expects after some positions of each text.

    Parameters
    ----------
    model
        The model.
    texts
        N texts.
    positions
        P positions of each.

    Returns
    -------
    tuple
        The logits of the next token (N, P, V) and the last hidden states (N, P, H), float32, differentiable.
    """
    width = max(map(len, texts))
    # Padded on the right, where no token of a text looks: there is nothing to mask.
    tokens = torch.tensor([[*text, *[0] * (width - len(text))] for text in texts], device=model.device)
    asked = torch.tensor(positions, device=model.device)
    kept, places = torch.unique(asked, return_inverse=True)
    with autocast(model):
        output = model.model(input_ids=tokens, use_cache=False, logits_to_keep=kept, output_hidden_states=True)
    rows = torch.arange(len(texts), device=model.device)[:, None]
    return output.logits[rows, places].float(), output.hidden_states[-1][rows, asked].float()


def _finished(said: Tokens, labels: Sequence[Tokens]) -> bool:
    return said in labels or len(said) == max(map(len, labels))


def _draw(chances: NDArray[np.floating], rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a column for each of the given rows (N,), with the probabilities (M, V) that the row holds."""
    sums = chances.cumsum(axis=1)
    marks = rng.random(len(rows)) * sums[rows, -1]
    drawn = np.zeros(len(rows), dtype=np.int64)
    for row in np.unique(rows):
        drawn[rows == row] = np.searchsorted(sums[row], marks[rows == row], side="right")
    return np.minimum(drawn, chances.shape[1] - 1)
