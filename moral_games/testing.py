"""Checks of one's own games, values and environments: what this library's own tests demand of its own.

Each check raises an AssertionError that says what does not hold, and returns nothing where all is well, so that it
can stand in a test::

    def test_my_game():
        check_game(moral_games.games.read("my_game.toml"))
"""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from itertools import product
from typing import Any

import gymnasium
import numpy as np
import pettingzoo

from moral_games import games, rewards
from moral_games.envs import ParallelMatrixGame
from moral_games.games import MatrixGame, kinds
from moral_games.rewards import Outcome, RewardFunction

STEPS = 50
"""How many steps two environments of one seed are compared for."""

MOST_OUTCOMES = 2000
"""The most outcomes of a game that a value is asked about."""

GAMES = ("ipd", "stag_hunt", "rock_paper_scissors", "public_goods(players=3)")
"""The games on which a value is checked where no others are named."""


def check_game(game: MatrixGame) -> None:
    """Check a game: that it survives being written, that its kind is what it says, and that it can be played.

    Parameters
    ----------
    game
        The game; a file is read with `moral_games.games.read`, which refuses what is no game.

    Raises
    ------
    AssertionError
        If writing and reading it (TOML and ``.nfg``) gives other payoffs or actions, its payoffs are not those of its
        kind, an action has no name that prints, or PettingZoo's checkers find fault with its environment.

    Examples
    --------
    >>> check_game(games.get("stag_hunt"))
    """
    for names in game.actions:
        for name in names:
            _demand(name.strip() != "" and name.isprintable(), f"action {name!r} of game {game.name!r} must print")
    if game.kind != "unclassified":
        known = game.kind in kinds.KINDS or game.kind in kinds.ALSO
        _demand(known and kinds.is_kind(game, game.kind), f"the payoffs of game {game.name!r} are not {game.kind!r}")
    for what, again in (
        ("TOML", games.from_toml(games.to_toml(game), game.name)),
        (".nfg", games.from_nfg(games.to_nfg(game), game.name)),
    ):
        same = np.array_equal(again.payoffs, game.payoffs) and again.actions == game.actions
        _demand(same, f"game {game.name!r} is another one after it was written as {what} and read")
    check_environment(lambda: ParallelMatrixGame(game, rounds=3))


def check_reward(reward: str | RewardFunction, games_to_try: Sequence[str | MatrixGame] = GAMES) -> None:
    """Check a value: that it is a pure function of an outcome, whoever holds it and however many are asked at once.

    Parameters
    ----------
    reward
        The value, or its text.
    games_to_try
        The games on whose outcomes it is tried, every joint action after every other, illegal ones among them; of
        large games some, drawn once and for all.

    Raises
    ------
    AssertionError
        If rewards are not finite float64 of shape (..., n), differ when asked again or one by one, depend on the seat
        in a symmetric game, or are not zero for an illegal answer though the value does not judge these; if the value
        changes what it is given, cannot be pickled, or its text is read as another value.

    Examples
    --------
    >>> check_reward("selfish + 0.5 * deontological(penalty=3)")
    """
    value = rewards.parse(reward) if isinstance(reward, str) else reward
    judges_illegal = any(term.judges_illegal for _, term in value.terms)
    for game in map(games.as_game, games_to_try):
        where = f"reward {value} in game {game.name!r}"
        previous, actions = _outcomes(game)
        given = previous.copy(), actions.copy()
        found = value(Outcome(game, previous, actions))
        _demand(found.shape == actions.shape, f"{where} has shape {found.shape}; one number a player is needed")
        _demand(found.dtype == np.float64 and bool(np.isfinite(found).all()), f"{where} is not finite float64")
        unchanged = np.array_equal(previous, given[0]) and np.array_equal(actions, given[1])
        _demand(unchanged, f"{where} changes the arrays that it is given")
        _demand(np.array_equal(found, value(Outcome(game, previous, actions))), f"{where} differs when asked again")
        alone = np.array([value(Outcome(game, previous[k], actions[k])) for k in range(0, len(actions), 7)])
        _demand(np.allclose(alone, found[::7]), f"{where} depends on what else is asked at once")
        if not judges_illegal:
            _demand(not found[actions < 0].any(), f"{where} is not 0 for an illegal answer; 'illegal' alone judges it")
        if game.is_symmetric:
            moved = value(Outcome(game, np.roll(previous, 1, axis=1), np.roll(actions, 1, axis=1)))
            _demand(np.allclose(moved, np.roll(found, 1, axis=1)), f"{where} depends on the seat")
        copy = pickle.loads(pickle.dumps(value))
        _demand(np.array_equal(found, copy(Outcome(game, previous, actions))), f"{where} is another one when pickled")
        if not any(callable(setting) for _, term in value.terms for _, setting in term.parameters):
            read = rewards.parse(str(value))
            _demand(np.allclose(found, read(Outcome(game, previous, actions))), f"{where} is not what its text says")


def check_environment(make: Callable[[], Any]) -> None:
    """Check an environment by its library's own checkers, and that a seed decides everything.

    Parameters
    ----------
    make
        Returns a new environment at every call: a Gymnasium environment, or a PettingZoo one of either kind; a
        wrapper around one of this library's, say.

    Raises
    ------
    AssertionError
        If a checker finds fault or warns, or two environments of one seed do not see the same.
    TypeError
        If it makes something else.

    Examples
    --------
    >>> import moral_games
    >>> check_environment(lambda: moral_games.parallel_env("ipd", rounds=3))
    """
    env = make()
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")  # wrappers are welcome
        try:
            _check_by_library(env, make)
        except Warning as warning:
            raise AssertionError(f"{env} is warned about: {warning}") from warning
    if isinstance(env, pettingzoo.AECEnv):
        return  # its checker compares two of one seed
    play = _play_single if isinstance(env, gymnasium.Env) else _play_together
    one, other = (list(play(env, 3)) for env in (make(), make()))
    _demand(_told(one) == _told(other), f"{env} does not see the same twice after one seed")


def _check_by_library(env: Any, make: Callable[[], Any]) -> None:
    from gymnasium.utils.env_checker import check_env
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

    if isinstance(env, gymnasium.Env):
        check_env(env.unwrapped if isinstance(env, gymnasium.wrappers.OrderEnforcing) else env, skip_render_check=True)
    elif isinstance(env, pettingzoo.ParallelEnv):
        parallel_api_test(env, num_cycles=5)
        parallel_seed_test(make, num_cycles=5)
    elif isinstance(env, pettingzoo.AECEnv):
        api_test(env, num_cycles=5)
        seed_test(make, num_cycles=5)
    else:
        raise TypeError(f"an environment is one of Gymnasium's or PettingZoo's, got {type(env).__name__}")


def _play_single(env: gymnasium.Env[Any, Any], seed: int) -> Iterator[Any]:
    env.action_space.seed(seed)
    yield env.reset(seed=seed)
    for _ in range(STEPS):
        seen = env.step(env.action_space.sample())
        yield seen
        if seen[2] or seen[3]:
            yield env.reset()


def _play_together(env: pettingzoo.ParallelEnv[Any, Any, Any], seed: int) -> Iterator[Any]:
    for agent in env.possible_agents:
        env.action_space(agent).seed(seed)
    yield env.reset(seed=seed)
    for _ in range(STEPS):
        if not env.agents:
            yield env.reset()
        yield env.step({agent: env.action_space(agent).sample() for agent in env.agents})


def _outcomes(game: MatrixGame) -> tuple[np.ndarray, np.ndarray]:
    """Return previous and present joint actions, -1 among them; (K, n) each."""
    joint = np.array(list(product(*(range(-1, count) for count in game.shape))))
    pairs = np.indices((len(joint), len(joint))).reshape(2, -1)
    if pairs.shape[1] > MOST_OUTCOMES:
        pairs = pairs[:, np.random.default_rng(0).choice(pairs.shape[1], MOST_OUTCOMES, replace=False)]
    return joint[pairs[0]], joint[pairs[1]]


def _told(seen: Any) -> Any:
    """Return what was seen in a form in which == means the same numbers."""
    if isinstance(seen, dict):
        return {key: _told(entry) for key, entry in seen.items()}
    if isinstance(seen, list | tuple):
        return [_told(entry) for entry in seen]
    return seen.tolist() if isinstance(seen, np.ndarray | np.generic) else seen


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
