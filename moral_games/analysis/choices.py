"""What people chose in games for two, and what they believed: the data from which preferences are estimated.

A *question* is a game together with a belief about the other; an observation is the strategy that somebody chose in
one. Observations are counted, so that a chooser who was asked a thousand times takes no more room than one who was
asked once. Counts may be fractions: a policy's probabilities are observations without sampling noise.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.analysis.preferences import Preference, symmetric_game, utility_terms
from moral_games.names import unknown

Floats = NDArray[np.float64]
Belief = Literal["uniform", "empirical"]
"""That the other draws a strategy from all alike, or as the choosers in the data do."""


@dataclass(frozen=True, eq=False)
class Choices:
    """What choosers did in each question, counted.

    Made by `count_choices`, `read_choices` and `simulate_choices`.

    Parameters
    ----------
    games
        Names of the games of the Q questions.
    terms
        What expected utility is linear in, against what is believed, (Q, 4, S); see
        `moral_games.analysis.utility_terms`. S is the largest number of strategies; what is missing is 0.
    possible
        Which strategies there are, (Q, S).
    counts
        How often each chooser chose each strategy, (I, Q, S); fractions are allowed.
    choosers
        Names of the I choosers.
    """

    games: tuple[str, ...]
    terms: Floats
    possible: NDArray[np.bool_]
    counts: Floats
    choosers: tuple[str, ...]

    @property
    def pooled(self) -> Floats:
        """Counts of all choosers together, (Q, S)."""
        return self.counts.sum(axis=0)

    @property
    def observations(self) -> float:
        """How many choices there are, of all choosers."""
        return float(self.counts.sum())

    def of(self, chooser: int) -> Choices:
        """Return the choices of one chooser, by its place."""
        return replace(self, counts=self.counts[[chooser]], choosers=(self.choosers[chooser],))


class _Row(NamedTuple):
    """One line of a data file."""

    chooser: str
    game: str
    strategy: int
    weight: float
    belief: tuple[float, ...] | None


def count_choices(
    counts: Mapping[str, ArrayLike], beliefs: Belief | Mapping[str, ArrayLike] = "uniform", choosers: Sequence[str] = ()
) -> Choices:
    """Return choices that were counted, or choice probabilities.

    Parameters
    ----------
    counts
        For each game, by the name of a protocol or of a game for two, how often each strategy was chosen, (S,), or
        for each of I choosers, (I, S). Strategies are in the order of the actions of the game in either role.
    beliefs
        What choosers think of the other: ``"uniform"``, ``"empirical"`` (what all choosers together do), or the
        probabilities of each strategy by game, (S,).
    choosers
        Their names; numbers by default.

    Raises
    ------
    ValueError
        If there is nothing, a game is unknown, shapes disagree, or numbers are negative or not finite.

    Examples
    --------
    >>> data = count_choices({"tg1": [6, 1, 2, 1], "ug6": [0.1, 0.7, 0.2, 0]})
    >>> data.observations, data.terms.shape
    (11.0, (2, 4, 4))
    """
    if not counts:
        raise ValueError("there are no choices; give how often each strategy was chosen, game by game")
    tables = {game: np.atleast_2d(np.asarray(table, dtype=np.float64)) for game, table in counts.items()}
    people = len(next(iter(tables.values())))
    for game, table in tables.items():
        strategies = len(symmetric_game(game).actions[0])
        if table.shape != (people, strategies):
            raise ValueError(
                f"choices in game {game!r} must be counted by {people} choosers and {strategies} strategies, "
                f"got shape {table.shape}"
            )
        if not np.isfinite(table).all() or (table < 0).any():
            raise ValueError(f"counts of choices in game {game!r} must be finite and not negative, got {table.min():g}")
    if choosers and len(choosers) != people:
        raise ValueError(f"there are choices of {people} choosers and {len(choosers)} names")
    believed = [_belief(game, table, beliefs) for game, table in tables.items()]
    names = tuple(choosers) or tuple(str(i) for i in range(people))
    return _assembled(list(tables), believed, list(tables.values()), names)


def simulate_choices(
    preference: Preference,
    noise: float,
    games: Sequence[str],
    rng: np.random.Generator,
    passes: int = 1,
    choosers: int = 1,
) -> Choices:
    """Return what people of one preference choose by logit who believe that the other draws from all strategies alike.

    Parameters
    ----------
    preference
        What they value.
    noise
        λ > 0 of the logit choice, in units of payoff.
    games
        Names of protocols or of games for two.
    rng
        Draws the choices.
    passes
        How often each chooser goes through all games.
    choosers
        How many there are.

    Raises
    ------
    ValueError
        If the noise is not positive, or a number of passes or choosers is not.
    """
    if not noise > 0 or passes < 1 or choosers < 1:
        raise ValueError(f"noise, passes and choosers must be positive, got {noise}, {passes} and {choosers}")
    counts = {}
    for game in games:
        utility = preference.utility(game).mean(axis=1) / noise
        likely = np.exp(utility - utility.max())
        counts[game] = rng.multinomial(passes, likely / likely.sum(), size=choosers)
    return count_choices(counts)


def merged(groups: Sequence[Choices]) -> Choices:
    """Return the choosers of several groups together, who were asked the same questions.

    Raises
    ------
    ValueError
        If there is no group, or the questions differ.
    """
    if not groups:
        raise ValueError("there are no choices to merge; give at least one group")
    first = groups[0]
    for other in groups[1:]:
        if other.games != first.games or not np.array_equal(other.terms, first.terms):
            raise ValueError(
                f"groups to be merged must have been asked the same questions, got {first.games} and {other.games}"
            )
    names = tuple(str(place) for place in range(sum(len(group.choosers) for group in groups)))
    return replace(first, counts=np.concatenate([group.counts for group in groups]), choosers=names)


def read_choices(path: str | Path, beliefs: Belief = "uniform") -> Choices:
    """Return the choices in a CSV file, one a line.

    Parameters
    ----------
    path
        A file with a header. ``protocol`` holds the name of a protocol or of a game for two; ``strategy`` what was
        chosen, in words or by its number from 0, or else ``first`` and ``second`` what was chosen in either role.
        Optional are ``chooser`` (who), ``weight`` (how often, or how probable) and ``belief`` (probabilities of
        the other's strategies, separated by spaces).
    beliefs
        What is believed where the file does not say.

    Raises
    ------
    ValueError
        If there is no such file, a column is missing or the file is empty, or with the line and column where
        something is not understood.
    """
    if not Path(path).is_file():
        raise ValueError(f"there is no file {str(path)!r}; name a CSV file of choices, with a line a choice")
    try:
        rows = _rows(path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV file in UTF-8: {error}") from None
    if not rows:
        raise ValueError(f"{path} holds no choices: there is no line after the header")
    choosers = tuple(dict.fromkeys(row.chooser for row in rows))
    questions = tuple(dict.fromkeys((row.game, row.belief) for row in rows))
    tables = [np.zeros((len(choosers), len(symmetric_game(game).actions[0]))) for game, _ in questions]
    who, where = ({key: place for place, key in enumerate(keys)} for keys in (choosers, questions))
    for row in rows:
        tables[where[row.game, row.belief]][who[row.chooser], row.strategy] += row.weight
    done = {
        game: sum((table for (other, _), table in zip(questions, tables, strict=True) if other == game), np.zeros(1))
        for game, _ in questions
    }
    believed = [_belief(game, done[game], beliefs) if given is None else np.array(given) for game, given in questions]
    return _assembled([game for game, _ in questions], believed, tables, choosers)


def _rows(path: str | Path) -> list[_Row]:
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        columns = tuple(reader.fieldnames or ())
        if len(set(columns)) < len(columns):
            raise ValueError(f"{path} needs columns of different names, got {', '.join(columns)}")
        wanted = ("protocol", "strategy") if "strategy" in columns else ("protocol", "first", "second")
        missing = [name for name in wanted if name not in columns]
        if missing:
            raise ValueError(
                f"{path} has no column {', '.join(map(repr, missing))}; it needs 'protocol', and either 'strategy' or "
                f"'first' and 'second'; found: {', '.join(columns) or 'nothing'}"
            )
        return [_read(path, reader.line_num, row) for row in reader]


def _read(path: str | Path, line: int, row: Mapping[str, str | None]) -> _Row:
    """Return a line understood, or raise an error that says where it is not."""
    if None in row:
        raise ValueError(f"{path}, line {line}: there are more values than columns; is one with a comma not in quotes?")
    column = "protocol"
    try:
        game = (row["protocol"] or "").strip()
        strategies = symmetric_game(game).actions[0]
        if "strategy" in row:
            column = "strategy"
            strategy = _strategy((row[column] or "").strip(), strategies)
        else:
            plans = tuple(zip(*(name.partition("; ")[::2] for name in strategies), strict=True))
            chosen = []
            for column, known in zip(("first", "second"), plans, strict=True):
                chosen.append(_in_a_role((row[column] or "").strip(), game, known))
            strategy = tuple(zip(*plans, strict=True)).index(tuple(chosen))
        column = "weight"
        weight = float(row.get("weight") or 1)
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"a weight must be finite and not negative, got {weight:g}")
        column = "belief"
        told = (row.get("belief") or "").strip()
        belief = tuple(map(float, told.split())) if told else None
        if belief is not None:
            _check_belief(game, np.array(belief), len(strategies))
    except ValueError as error:
        raise ValueError(f"{path}, line {line}, column {column!r}: {error}") from None
    return _Row((row.get("chooser") or "").strip() or "everybody", game, strategy, weight, belief)


def _strategy(told: str, strategies: Sequence[str]) -> int:
    if told in strategies:
        return strategies.index(told)
    if told.isdecimal() and int(told) < len(strategies):
        return int(told)
    raise unknown("strategy", told, (*strategies, *map(str, range(len(strategies)))))


def _in_a_role(told: str, game: str, known: Sequence[str]) -> str:
    if not all(known):
        raise ValueError(f"in game {game!r} there are no roles; name what was chosen in a column 'strategy'")
    if told not in known:
        raise unknown("choice", told, set(known))
    return told


def _belief(game: str, table: Floats, beliefs: Belief | Mapping[str, ArrayLike]) -> Floats:
    """Return what is believed about the other's strategies, (S,)."""
    strategies = table.shape[-1]
    if isinstance(beliefs, Mapping):
        if game not in beliefs:
            raise ValueError(f"there is no belief about game {game!r}; give one for each game")
        belief = np.asarray(beliefs[game], dtype=np.float64)
        _check_belief(game, belief, strategies)
        return belief
    if beliefs not in get_args(Belief):
        raise unknown("belief", beliefs, get_args(Belief))
    chosen = table.sum(axis=0)
    if beliefs == "uniform" or not chosen.any():
        return np.full(strategies, 1 / strategies)
    return chosen / chosen.sum()


def _check_belief(game: str, belief: Floats, strategies: int) -> None:
    if belief.shape != (strategies,) or not (belief >= 0).all() or not np.isclose(belief.sum(), 1, atol=1e-3):
        raise ValueError(
            f"a belief about game {game!r} needs {strategies} probabilities that sum to 1, got {belief.tolist()}"
        )


def _assembled(
    games: Sequence[str], beliefs: Sequence[Floats], tables: Sequence[Floats], choosers: tuple[str, ...]
) -> Choices:
    """Return questions of different sizes in arrays of one; games in which nobody chose are left out."""
    chosen = [place for place, table in enumerate(tables) if table.any()]
    if not chosen:
        raise ValueError("there are no choices: every count is zero; give how often each strategy was chosen")
    most = max(tables[place].shape[1] for place in chosen)
    terms, possible = np.zeros((len(chosen), 4, most)), np.zeros((len(chosen), most), dtype=bool)
    counts = np.zeros((len(choosers), len(chosen), most))
    for question, place in enumerate(chosen):
        strategies = tables[place].shape[1]
        terms[question, :, :strategies] = utility_terms(games[place]) @ beliefs[place]
        possible[question, :strategies] = True
        counts[:, question, :strategies] = tables[place]
    return Choices(tuple(games[place] for place in chosen), terms, possible, counts, choosers)
