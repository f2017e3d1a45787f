"""What a model does in conversation, judged by sampled episodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from moral_games import games, text
from moral_games.analysis.episodes import measure, share
from moral_games.games import MatrixGame
from moral_games.llm.episodes import Conversations, play
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.options import Finetune
from moral_games.llm.talking import Talk
from moral_games.repeated import action_letters
from moral_games.rewards import RewardFunction, parse

EXAMPLES = 3
"""How many episodes of each game are shown."""


def judge_conversations(model: TextModel, options: Finetune, rewards: Mapping[str, RewardFunction]) -> dict[str, Any]:
    """Judge a model by episodes of every test game, told in held-out ways.

    Parameters
    ----------
    model
        It speaks as it is, with whichever adapters are awake.
    options
        What is judged on; `Finetune.chat` says how the model talks, and how many episodes there are.
    rewards
        The values that judge, by name.

    Returns
    -------
    dict
        JSON: ``games`` (by game what `measure` says, and of beliefs and messages how many name one action and how
        often they are true) and ``examples`` (by game some episodes, turn by turn).
    """
    own = options.chat
    results: dict[str, Any] = {"games": {}, "examples": {}}
    for name in options.test_games:
        game = games.get(name)
        ways = text.held_out(game.shape[0], options.wording)
        told = [ways[episode % len(ways)] for episode in range(own.judging)]
        lesson = Lesson(game, parse(options.reward), options.test_opponent, options.wording, memory=options.memory)
        found = play(model, lesson, told, options.train.rounds, own, range(own.judging), {0: None})
        results["games"][name] = measure(found.played, game, rewards, options.test_opponent) | words(found, own.before)
        results["examples"][name] = [example(model, game, found, episode) for episode in range(EXAMPLES)]
    return results


def words(found: Conversations, before: str) -> dict[str, Any]:
    """Return how often player 0's beliefs or messages name one action, and how often that comes true.

    A belief comes true if the other does what it names; a message, if one does oneself.
    """
    if before == "nothing":
        return {}
    named = found.named[..., 0]
    meant = found.played.actions[..., 1 if before == "belief" else 0]
    everywhere = np.ones_like(named, dtype=bool)
    return {
        f"{before} names an action": share(named >= 0, everywhere).to_json(),
        f"{before} comes true": share(named == meant, named >= 0).to_json(),
    }


def example(model: TextModel, game: MatrixGame, found: Conversations, episode: int) -> dict[str, Any]:
    """Return an episode as JSON: what player 0 was told and said, turn by turn, and what was played and earned."""
    letters = [(*action_letters(game, seat), "illegal") for seat in range(2)]
    talks = [talk for talk in found.talks if talk.episode == episode and talk.seat == 0]
    played = found.played
    return {
        "turns": [turn for talk in talks for turn in spoken(model, talk)],
        "rounds": [
            {"played": [letters[seat][actions[seat]] for seat in range(2)], "reward": round(float(rewards[0]), 6)}
            for actions, rewards in zip(played.actions[episode], played.rewards[episode], strict=True)
        ],
    }


def spoken(model: TextModel, talk: Talk) -> list[dict[str, str]]:
    """Return a conversation as JSON: stretches of tokens that the model was told (``told``) and has said (``said``)."""
    mine, stretches = set(talk.places), []
    start = 0
    for place in range(1, len(talk) + 1):
        if place == len(talk) or (place in mine) != (start in mine) or place in talk.answers:
            who = "said" if start in mine else "told"
            words = model.tokenizer.decode(talk.tokens[start:place], skip_special_tokens=True)
            stretches.append({who: str(words).strip()})
            start = place
    return stretches
