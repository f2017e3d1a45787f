"""The pure step on torch and under JAX's jit, and a jitted game in pax's manner to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.env_speed.bare import PAYOFFS, ROUNDS
from benchmarks.env_speed.timing import Contender, Run
from moral_games import RepeatedGame, games
from moral_games.envs.tables import Faced, Tables
from moral_games.opponents import as_policy
from moral_games.repeated import one_each
from moral_games.repetition import Repetition

SIZES = (1_000, 65_536, 1_000_000)
_STEPS = 32


def two_learners() -> list[Contender]:
    """Return the step of two learners: `RepeatedGame.step` on each library, and a game without a library."""
    cuda = "a build of torch for CUDA, on a machine with such a device"
    return [
        *_sized("RepeatedGame.step, JAX jit + scan", repeated_jax, "pip install jax"),
        *_sized("in pax's manner, hand-written: JAX jit + vmap + scan", pax_style, "pip install jax"),
        *_sized("RepeatedGame.step, numpy", repeated_numpy),
        *_sized("RepeatedGame.step, torch CPU", partial(repeated_torch, "cpu"), "pip install torch"),
        *_sized("RepeatedGame.step, torch CUDA", partial(repeated_torch, "cuda"), cuda),
    ]


def one_learner() -> list[Contender]:
    """Return the step of one learner against Tit for Tat: `Tables.step` on each library."""
    return [
        *_sized("Tables.step, JAX jit + scan", tables_jax, "pip install jax"),
        *_sized("Tables.step, numpy", tables_numpy),
        *_sized("Tables.step, torch CPU", tables_torch, "pip install torch"),
    ]


def drawn(size: int) -> np.ndarray:
    """Return the actions of two players in every step and environment; (steps, size, 2)."""
    return np.random.default_rng(0).integers(2, size=(_STEPS, size, 2), dtype=np.int32)


def repeated_numpy(size: int) -> Run:
    """Prepare the pure step on numpy arrays."""
    return partial(_looped, RepeatedGame.compile(games.get("ipd")), np.zeros(size, dtype=np.int64), _int64(size))


def repeated_torch(device: str, size: int) -> Run:
    """Prepare the pure step on torch tensors."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ImportError("torch finds no CUDA device")
    repeated = RepeatedGame.compile(games.get("ipd")).on(torch, device)
    state = torch.zeros(size, dtype=torch.int64, device=device)
    actions = torch.asarray(_int64(size), device=device)

    def run() -> None:
        _looped(repeated, state, actions)
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def repeated_jax(size: int) -> Run:
    """Prepare episodes of `ROUNDS` rounds by `RepeatedGame.step`, observed one-hot, rewards added up."""
    import jax.numpy as jnp

    tabulated = RepeatedGame.compile(games.get("ipd"))
    repeated = tabulated.on(jnp)
    one_hot = jnp.eye(repeated.states, dtype=jnp.float32)
    mirrored = one_hot[tabulated.seen_by(1)]

    def step(carry: Any, actions: Any) -> tuple[Any, None]:
        state, played, total, _ = carry
        met = repeated.step(state, actions)
        played = (played + 1) % ROUNDS
        state = jnp.where(played == 0, 0, met.state)
        return (state, played, total + met.rewards, (one_hot[state], mirrored[state])), None

    first = (jnp.zeros(size, jnp.int32), jnp.zeros(size, jnp.int32), jnp.zeros((size, 2)))
    return _scanned(step, (*first, (one_hot[first[0]],) * 2), drawn(size))


def tables_numpy(size: int) -> Run:
    """Prepare `Tables.step` on numpy arrays."""
    return partial(_faced, tit_for_tat(), np.zeros(size, dtype=np.int64), _int64(size)[..., 0].copy())


def tables_torch(size: int) -> Run:
    """Prepare `Tables.step` on torch tensors."""
    import torch

    situation = torch.zeros(size, dtype=torch.int64)
    return partial(_faced, tit_for_tat().on(torch), situation, torch.asarray(_int64(size)[..., 0].copy()))


def tables_jax(size: int) -> Run:
    """Prepare episodes of `ROUNDS` rounds by `Tables.step`, observed one-hot, rewards added up."""
    import jax.numpy as jnp

    tables = tit_for_tat().on(jnp)
    one_hot = jnp.eye(5, dtype=jnp.float32)[tables.seen]

    def step(carry: Any, actions: Any) -> tuple[Any, None]:
        situation, played, total, _ = carry
        met = tables.step(situation, actions, [])
        played = (played + 1) % ROUNDS
        situation = jnp.where(played == 0, 0, met.situation)
        return (situation, played, total + met.reward, one_hot[situation]), None

    situation = jnp.zeros(size, jnp.int32)
    return _scanned(step, (situation, situation, jnp.zeros(size), one_hot[situation]), drawn(size)[..., 0].copy())


def tit_for_tat() -> Tables:
    """Return the tables of a learner in seat 0 against Tit for Tat; play begins in situation 0."""
    game = games.get("ipd")
    return Tables.build(game, 0, Repetition(), [Faced({1: as_policy("tit_for_tat", game)}, one_each(game, "selfish"))])


def pax_style(size: int) -> Run:
    """Prepare the same episodes for two learners in pax's manner: one environment in arithmetic, under `jax.vmap`."""
    import jax
    import jax.numpy as jnp

    reward, temptation, sucker, punishment = PAYOFFS[0, 0, 0], PAYOFFS[1, 0, 0], PAYOFFS[0, 1, 0], PAYOFFS[1, 1, 0]

    def paid(own: Any, other: Any) -> Any:
        """Return a player's payoff."""
        return jnp.where(own == 0, jnp.where(other == 0, reward, sucker), jnp.where(other == 0, temptation, punishment))

    def step(played: Any, actions: Any) -> tuple[Any, Any, Any]:
        """Play a round of one environment: the rounds played, both observations and both rewards."""
        first, second = actions[0], actions[1]
        played = jnp.where(played == ROUNDS - 1, 0, played + 1)
        codes = jnp.where(played == 0, 0, jnp.stack([1 + 2 * first + second, 1 + 2 * second + first]))
        observations = jax.nn.one_hot(codes, 5, dtype=jnp.float32)
        return played, observations, jnp.stack([paid(first, second), paid(second, first)])

    def both(carry: Any, actions: Any) -> tuple[Any, None]:
        played, total, _ = carry
        played, observations, rewards = jax.vmap(step)(played, actions)
        return (played, total + rewards, observations), None

    nothing = jnp.zeros((size, 2, 5)).at[..., 0].set(1.0)
    return _scanned(both, (jnp.zeros(size, jnp.int32), jnp.zeros((size, 2)), nothing), drawn(size))


def _scanned(step: Callable[[Any, Any], tuple[Any, None]], first: Any, actions: np.ndarray) -> Run:
    """Prepare all steps as one jitted scan; a run returns what the last step leaves."""
    import jax

    play = jax.jit(lambda carry, actions: jax.lax.scan(step, carry, actions)[0])
    first, placed = jax.device_put((first, actions))
    return lambda: jax.block_until_ready(play(first, placed))


def _looped(repeated: RepeatedGame, state: Any, actions: Any) -> Any:
    total = 0.0
    for chosen in actions:
        met = repeated.step(state, chosen)
        state, total = met.state, total + met.rewards
    return state, total


def _faced(tables: Tables, situation: Any, actions: Any) -> Any:
    total = 0.0
    for chosen in actions:
        met = tables.step(situation, chosen, [])
        situation, total = met.situation, total + met.reward
    return situation, total


def _sized(name: str, make: Callable[[int], Run], install: str = "") -> list[Contender]:
    return [Contender(name, size, size * _STEPS, partial(make, size), install) for size in SIZES]


def _int64(size: int) -> np.ndarray:
    return drawn(size).astype(np.int64)
