"""When to stop, and which weights to keep, where what a model does is no table: by sampled episodes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from moral_games.analysis.episodes import measure
from moral_games.llm.episodes import play
from moral_games.llm.settings import Chat
from moral_games.llm.validation import Validation

EACH = 4
"""Episodes under each validation presentation. Their seeds are always the same, so that weights are compared alike."""


@dataclass(eq=False)
class SampledValidation(Validation):
    """The best weights so far; see `Validation`.

    The fault is the moral regret of the mean reward against a random opponent, or the share of illegal answers,
    whichever is more.

    Parameters
    ----------
    own
        How the model talks.
    rounds
        Rounds of an episode.
    """

    own: Chat = field(default_factory=Chat)
    rounds: int = 5

    def judged(self) -> dict[str, float]:
        """Judge the model as it is now; see `look`."""
        lesson = replace(self.lesson, opponent="random")
        told = lesson.validation * EACH
        found = play(self.model, lesson, told, self.rounds, self.own, range(len(told)), {0: None})
        judged = measure(found.played, lesson.game, {"taught": lesson.reward}, "random")
        regret, legal = judged["moral regret"]["taught"]["mean"], judged["legal"]["mean"]
        return {"fault": max(regret, 1.0 - legal), "regret": regret, "legal_mass": legal}
