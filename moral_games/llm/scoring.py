"""How probable each answer is: every distinct piece of text is read by the model once.

All prompts of one telling, followed by all answers to them, are merged into a tree of tokens: what
two texts begin with in common is one branch. The model reads the tree in one pass, each token
attending to its ancestors only, so that shared instructions, repeated prompts and the leading
tokens that two labels share cost nothing twice. The result is the same as reading each text alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from itertools import combinations

import torch

from moral_games.llm.models import TOKENS_AT_ONCE, TextModel, autocast
from moral_games.llm.policy import Question
from moral_games.llm.shortage import halving
from moral_games.text import check_labels


class TokenTree:
    """The tokens of prompts and of answers to them, merged from the front.

    Parameters
    ----------
    prompts
        S prompts.
    answers
        A answers to each of them: the labels, or whatever else is to be scored.

    Attributes
    ----------
    tokens, parents, depths
        One entry a node: its token, the node before it (-1 at the root), its position in the text.
    paths
        ``paths[s][a]``: for each token of answer a to prompt s, the node before it and the token.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[Sequence[int]]]) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self._children: dict[tuple[int, int], int] = {}
        self.paths: list[list[list[tuple[int, int]]]] = []
        for prompt, possible in zip(prompts, answers, strict=True):
            end = self._extend(-1, prompt)
            self.paths.append([self._path(end, answer) for answer in possible])
        self._scored_last()

    def __len__(self) -> int:
        return len(self.tokens)

    def _extend(self, node: int, tokens: Sequence[int]) -> int:
        for token in tokens:
            child = self._children.setdefault((node, token), len(self.tokens))
            if child == len(self.tokens):
                self.tokens.append(token)
                self.parents.append(node)
                self.depths.append(self.depths[node] + 1 if node >= 0 else 0)
            node = child
        return node

    def _path(self, end: int, answer: Sequence[int]) -> list[tuple[int, int]]:
        path = []
        for position, token in enumerate(answer):
            path.append((end, token))
            if position + 1 < len(answer):
                end = self._extend(end, (token,))
        return path

    def _scored_last(self) -> None:
        """Renumber the nodes so that those whose next token is asked for come last."""
        asked = {node for state in self.paths for path in state for node, _ in path}
        self.scored = len(asked)
        order = sorted(range(len(self)), key=lambda node: (node in asked, node))
        new = {old: position for position, old in enumerate(order)} | {-1: -1}
        self.tokens = [self.tokens[old] for old in order]
        self.depths = [self.depths[old] for old in order]
        self.parents = [new[self.parents[old]] for old in order]
        self.paths = [[[(new[node], token) for node, token in path] for path in state] for state in self.paths]

    def text(self, node: int) -> list[int]:
        """Return the tokens from the root to a node."""
        tokens = []
        while node >= 0:
            tokens.append(self.tokens[node])
            node = self.parents[node]
        return tokens[::-1]

    def ancestry(self) -> torch.Tensor:
        """Return which nodes each node may attend to, itself included; (N, N) bool."""
        mask = torch.eye(len(self), dtype=torch.bool)
        for node in sorted(range(len(self)), key=self.depths.__getitem__):
            if self.parents[node] >= 0:
                mask[node] |= mask[self.parents[node]]
        return mask


def check_tokens(model: TextModel, labels: Sequence[str]) -> None:
    """Refuse labels that this model's tokenizer cannot tell apart.

    Raises
    ------
    ValueError
        If two labels become the same tokens, one begins with all the tokens of another, or a
        label's tokens merge with the end of the prompt.
    """
    check_labels(labels)
    tokens = {label: label_tokens(model, "?", label) for label in labels}
    for one, other in combinations(labels, 2):
        short, long = sorted((tokens[one], tokens[other]), key=len)
        if long[: len(short)] == short:
            raise ValueError(
                f"model {model.name!r} reads labels {one!r} and {other!r} as tokens {tokens[one]} and {tokens[other]}, "
                "so that it cannot tell them apart; choose other labels"
            )


def label_tokens(model: TextModel, prompt: str, label: str) -> list[int]:
    """Return the tokens of a label as an answer to a prompt.

    Raises
    ------
    ValueError
        If they merge with the prompt's last token, or there are none.
    """
    asked, answered = model.encode(prompt), model.encode(prompt, label)
    if answered[: len(asked)] != asked or len(answered) == len(asked):
        raise ValueError(
            f"label {label!r} merges with the end of the prompt in the tokenizer of model {model.name!r}, "
            "so that its probability is not defined; choose another label"
        )
    return answered[len(asked) :]


def tree(model: TextModel, question: Question) -> TokenTree:
    """Return the token tree of a question."""
    check_tokens(model, question.labels)
    labels = [label_tokens(model, question.prompts[0], label) for label in question.labels]
    return TokenTree([model.encode(prompt) for prompt in question.prompts], [labels] * len(question.prompts))


def batches(trees: Sequence[Sized], tokens: int = TOKENS_AT_ONCE) -> list[range]:
    """Split trees, or texts, into consecutive groups of at most so many padded tokens, at least one each."""
    groups: list[range] = []
    start, widest = 0, 0
    for end, entry in enumerate(trees):
        widest = max(widest, len(entry))
        if end > start and widest * (end + 1 - start) > tokens:
            groups.append(range(start, end))
            start, widest = end, len(entry)
    return [*groups, range(start, len(trees))] if trees else []


def log_probabilities(model: TextModel, trees: Sequence[TokenTree]) -> list[torch.Tensor]:
    """Return the log-probability of every label after every prompt.

    A label's probability is that of all its tokens, out of everything the model could say: what
    is missing to 1 is the probability of an illegal answer. All trees are read in one pass, if the
    model's architecture can (some ignore which tokens they may attend to); else each text by itself.

    Returns
    -------
    list of Tensor
        One a tree, shape (S, A), float32, differentiable.
    """
    if model.reads_trees is None:
        model.reads_trees = _reads_trees(model)
    return _read_trees(model, trees) if model.reads_trees else [_read_texts(model, entry) for entry in trees]


def _reads_trees(model: TextModel) -> bool:
    """Try on two short texts whether reading them as a tree gives what reading each by itself gives."""
    prompts = ("Say this word: apple apple apple apple", "Say this word: river river")
    probe = tree(model, Question(prompts, ("apple", "river")))
    with torch.no_grad():
        difference = (_read_trees(model, [probe])[0] - _read_texts(model, probe)).abs().max()
    return bool(difference < (0.5 if model.model.dtype == torch.bfloat16 else 0.001))


def _read_texts(model: TextModel, entry: TokenTree) -> torch.Tensor:
    """Return a tree's label log-probabilities (S, A), each text read by itself."""
    scores = []
    for path in (path for state in entry.paths for path in state):
        text = torch.tensor([entry.text(path[-1][0])], device=model.device)
        with autocast(model):
            logits = model.model(input_ids=text, use_cache=False, logits_to_keep=len(path)).logits[0]
        steps = torch.log_softmax(logits.float(), dim=-1)
        scores.append(sum(steps[position, token] for position, (_, token) in enumerate(path)))
    return torch.stack(scores).view(len(entry.paths), -1)  # type: ignore[arg-type]


def _read_trees(model: TextModel, trees: Sequence[TokenTree]) -> list[torch.Tensor]:
    """Return each tree's label log-probabilities (S, A), all read in one pass."""
    device, width = model.device, max(map(len, trees))
    tokens = torch.zeros(len(trees), width, dtype=torch.long)
    positions = torch.zeros_like(tokens)
    visible = torch.eye(width, dtype=torch.bool).repeat(len(trees), 1, 1, 1)
    for row, entry in enumerate(trees):  # padded on the left, so that the scored nodes end the row
        tokens[row, -len(entry) :] = torch.tensor(entry.tokens)
        positions[row, -len(entry) :] = torch.tensor(entry.depths)
        visible[row, 0, -len(entry) :, -len(entry) :] = entry.ancestry()
    # As indices, not as a number: so the kept rows lie together, and the output layer is one product.
    keep = torch.arange(width - max(entry.scored for entry in trees), width)
    with autocast(model):
        dtype = model.model.dtype
        mask = torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)
        logits = model.model(
            input_ids=tokens.to(device),
            position_ids=positions.to(device),
            attention_mask=mask.to(device),
            use_cache=False,
            logits_to_keep=keep.to(device),
        ).logits
    return [_label_scores(torch.log_softmax(logits[row].float(), dim=-1), entry) for row, entry in enumerate(trees)]


def _label_scores(scores: torch.Tensor, entry: TokenTree) -> torch.Tensor:
    """Sum a tree's token log-probabilities (kept nodes, vocabulary) into those of labels (S, A)."""
    offset = len(entry) - len(scores)
    steps = [
        (node - offset, token, label)
        for label, path in enumerate(p for state in entry.paths for p in state)
        for node, token in path
    ]
    nodes, tokens, owners = (torch.tensor(column, device=scores.device) for column in zip(*steps, strict=True))
    states, actions = len(entry.paths), len(entry.paths[0])
    total = torch.zeros(states * actions, device=scores.device).index_add(0, owners, scores[nodes, tokens])
    return total.view(states, actions)


def score(model: TextModel, questions: Sequence[Question]) -> list[torch.Tensor]:
    """Return the probability of every label after every prompt, without gradients.

    Questions that are asked twice are read once. Where several processes hold the model, each reads its share.

    Returns
    -------
    list of Tensor
        One a question, shape (S, A), float64 on the CPU.
    """
    distinct = list(dict.fromkeys(questions))
    trees = [tree(model, question) for question in model.team.share(distinct)]

    def read(tokens: int) -> list[torch.Tensor]:
        with torch.no_grad():
            groups = [log_probabilities(model, [trees[k] for k in group]) for group in batches(trees, tokens)]
        return [scores.double().exp().cpu() for group in groups for scores in group]

    own, model.tokens_at_once = halving(read, model.tokens_at_once, model.team.least(trees, model.tokens_at_once))
    found = dict(zip(distinct, model.team.gathered(own), strict=True))
    return [found[question] for question in questions]
