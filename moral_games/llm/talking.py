"""A model in conversations: what it has been told and has said, token by token.

Many conversations go on at once. What the model has read of each it keeps (its attention's keys and values), so
that every token of a conversation is read once, however many rounds it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch

from moral_games.llm.adapters import acting_as
from moral_games.llm.models import TextModel, autocast
from moral_games.llm.sampling import Tokens


@dataclass(frozen=True)
class Talk:
    """One conversation: its tokens, and which of them the model has said.

    Attributes
    ----------
    episode, seat
        Whose it is.
    tokens
        All of it.
    places
        Where the tokens are that the model has said.
    rounds
        In which round it said each.
    log_probabilities
        How probable each was when it was said.
    answers
        Where the answer of each round begins.
    labels
        The labels' tokens, by action.
    """

    episode: int
    seat: int
    tokens: Tokens
    places: Tokens
    rounds: Tokens
    log_probabilities: tuple[float, ...]
    answers: Tokens
    labels: tuple[Tokens, ...]

    def __len__(self) -> int:
        return len(self.tokens)


class Phrases:
    """What a model is told, as tokens; each text is tokenised once.

    A tokenizer's chat template is used; without one each text stands on a line of its own.
    """

    def __init__(self, model: TextModel) -> None:
        self.model = model
        self._openings: dict[str, list[int]] = {}
        self._followings: dict[str, list[int]] = {}

    def opening(self, text: str) -> list[int]:
        """Return the tokens of a user's first turn, up to where the model is to speak."""
        if text not in self._openings:
            self._openings[text] = self.model.encode(text)
        return self._openings[text]

    def following(self, text: str) -> list[int]:
        """Return the tokens of a later turn of the user, from the end of what the model has said before.

        Raises
        ------
        ValueError
            If the chat template tells earlier turns differently once there are later ones.
        """
        if text not in self._followings:
            self._followings[text] = list(self.model.tokenizer(self._after(text), add_special_tokens=False).input_ids)
        return self._followings[text]

    def _after(self, text: str) -> str:
        tokenizer = self.model.tokenizer
        if not getattr(tokenizer, "chat_template", None):
            return f"\n{text}"
        turns = [{"role": role, "content": said} for role, said in (("user", "?"), ("assistant", "!"), ("user", text))]
        begun, whole = (
            tokenizer.apply_chat_template(part, tokenize=False, add_generation_prompt=True)
            for part in (turns[:1], turns)
        )
        if not whole.startswith(f"{begun}!"):
            raise ValueError(
                f"the chat template of model {self.model.name!r} tells earlier turns differently once there are "
                "later ones, so that a conversation cannot be read on; use --chat.context rounds, or another model"
            )
        return str(whole[len(begun) + 1 :])


class Listener:
    """A model that reads several texts on and on."""

    def __init__(self, model: TextModel) -> None:
        from transformers import DynamicCache

        self.model = model
        self._kept = DynamicCache()
        self._seen = torch.zeros(0, 0, dtype=torch.long)
        self._read: list[int] = []

    def expect(self, texts: Sequence[Sequence[int]], rows: Sequence[int]) -> torch.Tensor:
        """Read what is new of some texts.

        Parameters
        ----------
        texts
            All texts, with what was read of them before. At the first call all are read.
        rows
            Which of them are read; there is something new of each.

        Returns
        -------
        Tensor
            (rows, V) logits of the next token, float32.
        """
        if not self._read:
            return self._begin(texts)[rows]
        asked = set(rows)
        new = [list(text[self._read[row] :]) if row in asked else [] for row, text in enumerate(texts)]
        for row in rows:
            self._read[row] += len(new[row])
        return self._go_on(new, rows)

    def _begin(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read all texts from their beginning, those that are the same once."""
        places = {tuple(text): place for place, text in enumerate(dict.fromkeys(map(tuple, texts)))}
        distinct = [list(text) for text in places]
        self._read, self._seen = [0] * len(distinct), torch.zeros(len(distinct), 0, dtype=torch.long)
        logits = self._go_on(distinct, range(len(distinct)))
        copies = torch.tensor([places[tuple(text)] for text in texts])
        self._kept.reorder_cache(copies.to(self.model.device))
        self._seen, self._read = self._seen[copies], [len(text) for text in texts]
        return logits[copies.to(logits.device)]

    def _go_on(self, new: Sequence[list[int]], rows: Sequence[int]) -> torch.Tensor:
        """Read what is new of each text; return the logits after that of some."""
        width, device = max(map(len, new)), self.model.device
        # Padded on the right of what is new, and masked for good: a text's own positions have no gaps.
        tokens = torch.tensor([[*part, *[0] * (width - len(part))] for part in new])
        present = torch.tensor([[1] * len(part) + [0] * (width - len(part)) for part in new])
        positions = self._seen.sum(dim=1, keepdim=True) + torch.arange(width)
        self._seen = torch.cat([self._seen, present], dim=1)
        kept, places = torch.unique(torch.tensor([len(new[row]) - 1 for row in rows]), return_inverse=True)
        with torch.no_grad(), autocast(self.model):
            logits = self.model.model(
                input_ids=tokens.to(device),
                attention_mask=self._seen.to(device),
                position_ids=positions.to(device),
                past_key_values=self._kept,
                use_cache=True,
                logits_to_keep=kept.to(device),
            ).logits
        return logits[torch.tensor(list(rows), device=device), places.to(device)].float()


@dataclass(eq=False)
class Speaker:
    """A model in N conversations that go on side by side.

    Parameters
    ----------
    phrases
        The model, and how it is told things.
    adapters
        The set of adapters that it speaks with; None for a model without any.
    seats
        Episode and seat of each conversation.
    labels
        The labels' tokens of each, by action.
    streams
        Where the draws of each conversation come from, so that none depends on the others.
    """

    phrases: Phrases
    adapters: str | None
    seats: Sequence[tuple[int, int]]
    labels: Sequence[tuple[Tokens, ...]]
    streams: Sequence[np.random.Generator]

    talks: list[Talk] = field(default_factory=list, init=False)
    """The conversations as they stand."""

    def __post_init__(self) -> None:
        self.model = self.phrases.model
        self._clear()

    def hear(self, row: int, text: str) -> None:
        """Take in a user's turn."""
        if not self._texts[row]:
            self._texts[row] += self.phrases.opening(text)
            return
        tokens = self.phrases.following(text)
        # What ends a turn is not said twice.
        self._texts[row] += tokens[1:] if tokens[0] == self._texts[row][-1] else tokens

    def say(self, over: Callable[[int, Tokens], bool], round_: int) -> list[Tokens]:
        """Draw what is said in each conversation, until it is over; return it."""
        said: list[Tokens] = [()] * len(self.seats)
        with nullcontext() if self.adapters is None else acting_as(self.model, self.adapters):
            while rows := [row for row, tokens in enumerate(said) if not over(row, tokens)]:
                scores = self._listener.expect(self._texts, rows)
                drawn, chances = draw(scores, [self.streams[row] for row in rows])
                for row, token, chance in zip(rows, drawn, chances, strict=True):
                    said[row] += (token,)
                    self._said[row].append((len(self._texts[row]), round_, chance))
                    self._texts[row].append(token)
        return said

    def answer(self, round_: int) -> list[int]:
        """Draw an answer in each conversation; return what each means, -1 for an illegal one.

        An answer has as many tokens as the longest of its labels, as published, or fewer once it is a label.
        """
        for row, text in enumerate(self._texts):
            self._answers[row].append(len(text))
        longest = [max(map(len, labels)) for labels in self.labels]
        said = self.say(lambda row, tokens: tokens in self.labels[row] or len(tokens) == longest[row], round_)
        return [
            labels.index(tokens) if tokens in labels else -1 for tokens, labels in zip(said, self.labels, strict=True)
        ]

    def speak(self, round_: int, most: int) -> list[str]:
        """Draw free text of at most so many tokens in each conversation; return it."""
        ends = ending(self.model)
        said = self.say(lambda _, tokens: len(tokens) == most or tokens[-1:] in ends, round_)
        return [str(text) for text in self.model.tokenizer.batch_decode(said, skip_special_tokens=True)]

    def part(self) -> None:
        """End all conversations, and keep them among `talks`; what is heard next begins new ones."""
        for (episode, seat), text, said, answers, labels in zip(
            self.seats, self._texts, self._said, self._answers, self.labels, strict=True
        ):
            places, rounds, log_probabilities = zip(*said, strict=True)
            talk = Talk(episode, seat, tuple(text), places, rounds, log_probabilities, tuple(answers), labels)
            self.talks.append(talk)
        self._clear()

    def _clear(self) -> None:
        self._texts: list[list[int]] = [[] for _ in self.seats]
        self._said: list[list[tuple[int, int, float]]] = [[] for _ in self.seats]
        self._answers: list[list[int]] = [[] for _ in self.seats]
        self._listener = Listener(self.model)


def ending(model: TextModel) -> set[Tokens]:
    """Return the tokens that end a turn, each by itself."""
    given = model.model.generation_config.eos_token_id
    ids = {model.tokenizer.eos_token_id, *(given if isinstance(given, list) else [given])}
    return {(token,) for token in ids if token is not None}


def draw(scores: torch.Tensor, streams: Sequence[np.random.Generator]) -> tuple[list[int], list[float]]:
    """Draw a token for each row of logits (N, V) from the row's stream; return them and their log-probabilities.

    It is the winner of a race, token k taking an exponential time at rate p_k. With cumulative sums over a large
    vocabulary, a rounding error would often do to draw the token beside.
    """
    likely = torch.log_softmax(scores.double(), dim=-1).cpu()
    times = torch.tensor(np.stack([stream.standard_exponential(likely.shape[1]) for stream in streams]))
    drawn = (likely - times.log()).argmax(dim=-1, keepdim=True)
    return drawn[:, 0].tolist(), likely.gather(1, drawn)[:, 0].tolist()
