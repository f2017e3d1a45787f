"""The pure steps on torch and JAX against numpy."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.envs.tables import Faced, Tables
from moral_games.repetition import Repetition


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_the_same_step_on_other_libraries(library: str) -> None:
    """Both pure steps, for one learner and for all, on torch and under JAX's jit and vmap, against numpy."""
    rows, rng = 64, np.random.default_rng(0)
    game = mg.games.get("chicken")
    repetition = Repetition(noise=0.2, observation_noise=0.3, illegal_action="outcome")
    kinds = [
        Faced({0: mg.opponents.as_policy(name, game)}, (mg.rewards.parse("deontological + illegal"),) * 2)
        for name in ("random", "grim")
    ]
    tables = Tables.build(game, 1, repetition, kinds)
    repeated = mg.RepeatedGame.compile(game, "deontological + illegal")
    situation = tables.first[rng.integers(0, 2, rows), rng.integers(0, 5, rows)]
    state, joint = rng.integers(0, 5, rows), rng.integers(-1, 2, (rows, 2))
    for _ in range(20):
        action = rng.integers(-1, 2, rows)
        draws = [rng.random(rows) for _ in range(tables.draws)]
        expected = (*tables.step(situation, action, draws), *repeated.step(state, joint))
        if library == "torch":
            moved = tables.on(torch)
            found = [
                *moved.step(torch.asarray(situation), torch.asarray(action), [torch.asarray(draw) for draw in draws]),
                *repeated.on(torch).step(torch.asarray(state), torch.asarray(joint)),
            ]
        else:
            with jax.enable_x64(True):
                moved = tables.on(jax.numpy)
                rules = repeated.on(jax.numpy)
                found = [
                    *jax.jit(moved.step)(
                        jax.numpy.asarray(situation),
                        jax.numpy.asarray(action),
                        [jax.numpy.asarray(draw) for draw in draws],
                    ),
                    *jax.jit(jax.vmap(rules.step))(jax.numpy.asarray(state), jax.numpy.asarray(joint)),
                ]
        for mine, reference in zip(found, expected, strict=True):
            assert np.array_equal(np.asarray(mine), reference)
        situation, state, joint = expected[0], expected[3], rng.integers(-1, 2, (rows, 2))


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("library", [np, torch], ids=["numpy", "torch"])
def test_narrow_actions_reach_every_cell(library, kind: str) -> None:
    payoffs = np.random.default_rng(0).normal(size=(12, 13, 2))
    rules = mg.RepeatedGame.compile(mg.MatrixGame.from_payoffs(payoffs)).on(library)
    joint = np.stack(np.meshgrid(np.arange(12), np.arange(13), indexing="ij"), axis=-1)
    actions = library.asarray(joint, dtype=getattr(library, kind))
    assert np.array_equal(
        np.asarray(rules.step(library.zeros((12, 13), dtype=library.int64), actions).payoffs), payoffs
    )
