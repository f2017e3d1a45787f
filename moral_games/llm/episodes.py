"""Episodes in conversation: a model is told each round in a turn and answers it, after a belief or a message or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.simulation import Episodes
from moral_games.games import MatrixGame
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.sampling import Tokens
from moral_games.llm.scoring import check_tokens, label_tokens
from moral_games.llm.settings import Chat
from moral_games.llm.talking import Phrases, Speaker, Talk
from moral_games.policy import uniform, windows
from moral_games.repeated import RepeatedGame
from moral_games.text import Presentation, parse, turns

AT_ONCE = 32
"""How many episodes are played side by side."""

NAMED_NONE = -1


@dataclass(frozen=True, eq=False)
class Conversations:
    """Episodes, and what was said in them.

    Attributes
    ----------
    played
        States (E, T), actions, payoffs and rewards (E, T, 2).
    talks
        Every conversation: one for each episode and model, or one for each of its rounds, where every round
        begins a new one.
    named
        (E, T, 2) int: the action that a player's belief or message names, -1 if it names none or several.
    """

    played: Episodes
    talks: tuple[Talk, ...]
    named: NDArray[np.int64]


def play(
    model: TextModel,
    lesson: Lesson,
    told: Sequence[Presentation],
    rounds: int,
    how: Chat,
    seeds: Sequence[int],
    voices: Mapping[int, str | None],
) -> Conversations:
    """Play one episode under each telling; episodes begin after a random joint action.

    Parameters
    ----------
    model
        Who speaks.
    lesson
        The game, the value, and the opponent on each seat without a voice.
    told
        How each of E episodes is told, to both players alike.
    rounds
        Rounds T of an episode.
    how
        What is said before an answer, and what a conversation holds.
    seeds
        One an episode: an episode depends on its own alone.
    voices
        By seat: the set of adapters that the model speaks with there, None for a model without any.
    """
    phrases = Phrases(model)
    labels = {entry: _labels(model, lesson.game, entry) for entry in dict.fromkeys(told)}
    parts = [
        _Parlour(
            phrases, labels, lesson, told[start : start + AT_ONCE], how, seeds[start : start + AT_ONCE], voices, start
        ).play(rounds)
        for start in range(0, len(told), AT_ONCE)
    ]
    return Conversations(
        Episodes(*map(np.concatenate, zip(*(part.played for part in parts), strict=True))),
        tuple(talk for part in parts for talk in part.talks),
        np.concatenate([part.named for part in parts]),
    )


class _Parlour:
    """Episodes that are played side by side, round by round."""

    def __init__(
        self,
        phrases: Phrases,
        labels: Mapping[Presentation, tuple[Tokens, ...]],
        lesson: Lesson,
        told: Sequence[Presentation],
        how: Chat,
        seeds: Sequence[int],
        voices: Mapping[int, str | None],
        first: int,
    ) -> None:
        self.lesson, self.told, self.how, self.first = lesson, told, how, first
        self.repeated = RepeatedGame.compile(lesson.game, lesson.reward)
        self.games = [lesson.game.seen_by(seat) for seat in range(2)]
        self.seen = [self.repeated.seen_by(seat) for seat in range(2)]
        self.windows = windows(lesson.joint_actions, lesson.memory)
        self.special = tuple(phrases.model.tokenizer.all_special_tokens)
        self.streams = {
            (episode, stream): np.random.default_rng([seed, stream])
            for episode, seed in enumerate(seeds)
            for stream in range(3)
        }
        self.policies = [
            uniform(self.games[seat], lesson.memory) if seat in voices else lesson.opponents[0] for seat in range(2)
        ]
        self.fixed = [seat for seat in range(2) if seat not in voices]
        self.speakers = []
        for adapters in dict.fromkeys(voices.values()):
            places = [(e, seat) for seat, own in voices.items() if own == adapters for e in range(len(told))]
            streams = [self.streams[place] for place in places]
            own_labels = [labels[told[e]][: self.games[seat].shape[0]] for e, seat in places]
            self.speakers.append(Speaker(phrases, adapters, places, own_labels, streams))

    def play(self, rounds: int) -> Conversations:
        """Play so many rounds."""
        states = len(self.repeated.previous)
        self.state = np.array([1 + self.streams[e, 2].integers(states - 1) for e in range(len(self.told))])
        self.memory = [
            policy.transitions[0, self.seen[seat][self.state] - 1] for seat, policy in enumerate(self.policies)
        ]
        kept: tuple[list[NDArray], ...] = ([], [], [], [], [])
        actions = None
        for round_ in range(rounds):
            self._tell(actions)
            named = self._converse(round_)
            actions = self._act(round_)
            step = self.repeated.step(self.state, actions)
            for column, entry in zip(kept, (self.state, actions, step.payoffs, step.rewards, named), strict=True):
                column.append(entry)
            self._remember(step.state)
            if self.how.context == "rounds" or round_ == rounds - 1:
                for speaker in self.speakers:
                    speaker.part()
        *played, named = (np.stack(column, axis=1) for column in kept)
        return Conversations(Episodes(*played), tuple(self._talks()), named)

    def _tell(self, actions: NDArray[np.int64] | None) -> None:
        """Tell every speaker the round; `actions` are those of the one before."""
        invitation = turns.BEFORE[self.how.before]

        def words(episode: int, seat: int) -> str:
            told = self.told[episode]
            if self.how.context == "conversation" and actions is not None:
                text = turns.next_round(told, *_own_first(actions[episode], seat))
            else:
                text = turns.opening(self.games[seat], told, self.lesson.wording, self._window(episode, seat))
            return f"{text}\n{invitation}" if invitation else text

        self._each(words)

    def _converse(self, round_: int) -> NDArray[np.int64]:
        """Let every speaker say what comes before its answer; return which action each has named, (E, 2)."""
        named = np.full((len(self.told), 2), NAMED_NONE)
        if self.how.before == "nothing":
            return named
        heard: dict[tuple[int, int], str] = {}
        for speaker in self.speakers:
            for place, text in zip(speaker.seats, speaker.speak(round_, self.how.words), strict=True):
                heard[place] = turns.plain(text, self.special)
                counts = self.games[1 - place[1] if self.how.before == "belief" else place[1]].shape[0]
                named[place] = parse(text, self.told[place[0]].names[:counts], strict=False).action
        self._each(
            lambda episode, seat: turns.now_answer(
                self.games[seat], self.told[episode], self.how.before, heard.get((episode, 1 - seat), "")
            )
        )
        return named

    def _act(self, round_: int) -> NDArray[np.int64]:
        """Return what everybody plays, (E, 2)."""
        actions = np.zeros((len(self.told), 2), dtype=np.int64)
        for speaker in self.speakers:
            for place, action in zip(speaker.seats, speaker.answer(round_), strict=True):
                actions[place] = action
        for seat in self.fixed:
            for episode, chances in enumerate(self.policies[seat].with_illegal[self.memory[seat]]):
                marks = np.cumsum(chances[:-1])
                action = int((self.streams[episode, seat].random() >= marks).sum())
                actions[episode, seat] = -1 if action == len(marks) else action
        return actions

    def _remember(self, state: NDArray[np.int64]) -> None:
        self.state = state
        self.memory = [
            policy.transitions[self.memory[seat], self.seen[seat][state] - 1]
            for seat, policy in enumerate(self.policies)
        ]

    def _window(self, episode: int, seat: int) -> list[tuple[int, ...]]:
        """Return the rounds that a speaker remembers, own action first, the latest round first."""
        joints = self.games[seat].joint_actions
        return [tuple(joints[joint].tolist()) for joint in self.windows[self.memory[seat][episode]] if joint >= 0]

    def _each(self, words: Callable[[int, int], str]) -> None:
        for speaker in self.speakers:
            for row, place in enumerate(speaker.seats):
                speaker.hear(row, words(*place))

    def _talks(self) -> list[Talk]:
        return [replace(talk, episode=self.first + talk.episode) for s in self.speakers for talk in s.talks]


def _own_first(actions: NDArray[np.int64], seat: int) -> tuple[int, int]:
    return int(actions[seat]), int(actions[1 - seat])


def _labels(model: TextModel, game: MatrixGame, told: Presentation) -> tuple[Tokens, ...]:
    names = told.names[: max(game.shape)]
    check_tokens(model, names)
    return tuple(tuple(label_tokens(model, "?", name)) for name in names)
