"""Q-learners that set prices learn as published, and what they learned is measured exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from agents import calvano
from agents.calvano import Options, PricingQ
from agents.calvano_measures import (
    FOLLOWED,
    Repetition,
    deviate,
    equilibrium_gaps,
    limit_cycle,
    mean_over,
    successors,
    summarise,
)
from moral_games import chance
from moral_games.markets import OWN, Market, SellerValue, nash_prices, price_grid
from moral_games.runs import RunError, read_json

SMALL = Options(prices=4, seeds=3, seed=5, exploration_decay=2e-3, stable=10_000, most=20_000)


def by_hand(options: Options, run: int, periods: int) -> tuple[np.ndarray, int]:
    """Learn in one run as the article says it, a firm and a period at a time; return Q-tables and the last state."""
    market, n, m = options.market, options.sellers, options.prices
    grid = price_grid(market, m, options.extension)
    every = np.array(list(np.ndindex((m,) * n)))
    paid = options.value(market, np.stack([grid[i, every[:, i]] for i in range(n)], axis=-1))
    worth = np.empty((n, m**n, m))
    for i in range(n):
        for price in range(m):
            worth[i, :, price] = paid[every[:, i] == price, i].mean() / (1 - options.discount)
    stream = chance.Stream(options.seed + run)
    state = int(stream.draw(2)[0] * m**n)
    for period in range(periods):
        drawn = stream.draw(2 * n)
        explores = [drawn[i] < np.exp(-options.exploration_decay * period) for i in range(n)]
        chosen = [int(drawn[n + i] * m) if explores[i] else int(worth[i, state].argmax()) for i in range(n)]
        following = int(np.ravel_multi_index(chosen, (m,) * n))
        for i in range(n):
            target = paid[following, i] + options.discount * worth[i, following].max()
            old = worth[i, state, chosen[i]]
            worth[i, state, chosen[i]] = (1 - options.learning_rate) * old + options.learning_rate * target
        state = following
    return worth, state


@pytest.mark.parametrize("sellers", [2, 3])
@pytest.mark.parametrize("value", [{}, {"kappa": 0.5, "firms": 0.25, "consumers": 0.75}], ids=["own", "moral"])
def test_it_learns_as_published(sellers: int, value: dict[str, float]) -> None:
    options = replace(SMALL, sellers=sellers, prices=5 - sellers + 1, most=400, exploration_decay=1e-2, **value)
    learner = PricingQ(options)
    learner.advance()
    for run in range(options.seeds):
        worth, state = by_hand(options, run, 400)
        np.testing.assert_allclose(learner.worth[run], worth, rtol=1e-9)
        assert learner.states[run] == state
    np.testing.assert_array_equal(learner.greedy, learner.worth.argmax(axis=-1))


def test_a_run_learns_the_same_whoever_learns_beside_it() -> None:
    together, alone = PricingQ(SMALL), PricingQ(replace(SMALL, seeds=1, seed=7))
    for learner in (together, alone):
        while learner.done < learner.total:
            learner.advance()
    np.testing.assert_array_equal(together.worth[2], alone.worth[0])
    assert together.finished[2] == alone.finished[0]


def test_runs_finish_when_no_strategy_has_changed_for_long() -> None:
    learner = PricingQ(replace(SMALL, most=10**6))
    while learner.done < learner.total:
        learner.advance()
    assert (learner.finished - learner.changed >= SMALL.stable).all()
    assert (learner.finished < 10**6).all()


@pytest.mark.slow
def test_sellers_learn_to_collude_and_to_punish() -> None:
    """The published market; to be quick, exploration ends five times sooner. In full it is in docs/pricing.md."""
    learner = PricingQ(Options(seeds=10, exploration_decay=2e-5, stable=50_000))
    while learner.done < learner.total:
        learner.advance()
    found = summarise(learner.repetition, learner.greedy, learner.states, 0.95)
    assert 0.7 < found["measures"]["profit gain"]["mean"] < 0.9
    assert found["measures"]["gain by deviation"]["mean"] < 0
    forced, other = np.array(found["impulse_response"]["mean"])
    assert forced[1] < forced[0] - 0.1 and other[1] == pytest.approx(other[0], abs=0.02)
    assert other[2] < other[0] - 0.1
    np.testing.assert_allclose(forced[-5:], forced[0], atol=0.05)


# What strategies amount to.

MARKET = Market()
GRID = np.tile([nash_prices(MARKET)[0], 1.7, 1.9], (2, 1))
"""Competing, between, and nearly colluding."""


def strategies(*rules: object) -> np.ndarray:
    """Return strategies of one run: rules from the last prices' numbers, own first, to the next."""
    table = np.empty((1, 2, 9), np.int64)
    for firm, rule in enumerate(rules):
        for state, joint in enumerate(np.ndindex(3, 3)):
            own, other = joint if firm == 0 else joint[::-1]
            table[0, firm, state] = rule(own, other)  # type: ignore[operator]
    return table


def grim(own: int, other: int) -> int:
    return 2 if own == other == 2 else 0


def stubborn(own: int, other: int) -> int:
    return 2


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_a_limit_cycle_is_what_play_comes_back_to(seed: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    greedy = rng.integers(m, size=(3, 2, m * m))
    states = rng.integers(m * m, size=3)
    found, following = limit_cycle(greedy, states, m), successors(greedy, m)
    for run in range(3):
        at = states[run]
        for _ in range(m * m):
            at = following[run, at]
        cycle = {at}
        while (at := following[run, at]) not in cycle:
            cycle.add(at)
        assert set(np.flatnonzero(found[run])) == cycle


def test_a_cut_against_grim_starts_a_price_war_and_does_not_pay() -> None:
    repetition = Repetition.of(MARKET, GRID, OWN)
    greedy = strategies(grim, grim)
    on_cycle = limit_cycle(greedy, np.array([8]), 3)
    found = deviate(repetition, greedy, on_cycle, 0.95)
    assert mean_over(on_cycle, repetition.charged).tolist() == [[pytest.approx(1.9)] * 2]
    np.testing.assert_allclose(found.prices[0, :, :3], [[1.9, 1.7, GRID[0, 0]], [1.9, 1.9, GRID[0, 0]]])
    assert found.prices.shape == (1, 2, 1 + FOLLOWED)
    agreed, cut, war = (float(MARKET.profits(prices)[0]) for prices in ([1.9, 1.9], [1.7, 1.9], GRID[:, 0]))
    expected = (cut + war * 0.95 / 0.05) / (agreed / 0.05) - 1
    assert found.gain[0] == pytest.approx(expected, abs=1e-9) and expected < 0
    np.testing.assert_allclose(equilibrium_gaps(repetition, greedy, on_cycle, 0.95), 0, atol=1e-9)


def test_a_cut_pays_where_the_other_does_not_mind() -> None:
    repetition = Repetition.of(MARKET, GRID, OWN)
    greedy = strategies(stubborn, stubborn)
    on_cycle = limit_cycle(greedy, np.array([0]), 3)
    assert deviate(repetition, greedy, on_cycle, 0.95).gain[0] > 0
    ((gap, other),) = equilibrium_gaps(repetition, greedy, on_cycle, 0.95)
    earned = MARKET.profits([[1.9, 1.9], [1.7, 1.9]])[:, 0]
    assert gap == pytest.approx(other) == pytest.approx(earned[1] / earned[0] - 1)


def test_measures_are_told_by_run() -> None:
    repetition = Repetition.of(MARKET, GRID, OWN)
    both = np.concatenate([strategies(grim, grim), strategies(stubborn, stubborn)])
    measures = summarise(repetition, both, np.array([0, 0]), 0.95)["measures"]
    assert measures["profit gain"]["by_seed"][0] == pytest.approx(0, abs=1e-6)
    assert 0.9 < measures["profit gain"]["by_seed"][1] < 1.0
    assert measures["equilibrium on path"]["by_seed"] == [1.0, 0.0]
    assert measures["consumer surplus"]["by_seed"][0] > measures["consumer surplus"]["by_seed"][1]


# The command.


def test_a_broken_off_run_goes_on_to_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = replace(SMALL, most=30_000, stable=30_000, checkpoint_every=1, folder=tmp_path, name="whole")
    whole = calvano.learn(options)
    broken = replace(options, folder=tmp_path / "again")
    advance = PricingQ.advance

    def breaks(self: PricingQ) -> object:
        if self.done == 20_000:
            raise KeyboardInterrupt
        return advance(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(PricingQ, "advance", breaks)
        calvano.learn(broken)
    with pytest.raises(RunError, match="holds a run already"):
        calvano.learn(broken)
    resumed = calvano.learn(replace(broken, resume=True))
    for file in ("config.json", "history.jsonl", "metrics.json", "report.html", calvano.STRATEGIES):
        assert resumed.path(file).read_bytes() == whole.path(file).read_bytes()


def test_what_was_learned_can_play(tmp_path: Path) -> None:
    learner = PricingQ(SMALL)
    learner.advance()
    own, other = learner.policies()[1]
    played = mg.evaluate(own, other, learner.game, discount=0.999)
    on_cycle = limit_cycle(learner.greedy, np.zeros(3, np.int64), 4)
    np.testing.assert_allclose(played.average_payoffs, mean_over(on_cycle, learner.repetition.profits)[1], rtol=1e-6)


def test_the_command_prints_what_came_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "--prices 3 --seeds 2 --most 10000 --exploration-decay 0.001 --name short --folder"
    assert calvano.main([*asked.split(), str(tmp_path)]) == 0
    assert "profit gain" in capsys.readouterr().out
    assert len(read_json(tmp_path / "short" / "metrics.json")["periods"]) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sellers": 1}, "sellers must be at least 2"),
        ({"sellers": 13}, "at most 268,435,456 are allowed"),
        ({"learning_rate": 0.0}, r"learning_rate must lie in \(0, 1\]"),
        ({"discount": 1.0}, r"discount must lie in \[0, 1\)"),
        ({"exploration_decay": float("nan")}, "exploration_decay must be positive"),
        ({"kappa": 1.5}, r"kappa must be a number in \[0, 1\]"),
        ({"cost": -1.0}, "costs must be at least 0"),
        ({"outside": float("-inf")}, "finite outside"),
        ({"extension": 10.0}, "take a smaller extension"),
        ({"name": "../up"}, "plain folder name"),
    ],
)
def test_bad_options_are_refused_before_work(wrong: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        calvano.learn(replace(SMALL, folder=tmp_path / "runs", **wrong))
    assert not (tmp_path / "runs").exists()


def test_sellers_who_count_consumers_learn_lower_prices() -> None:
    """Not what reason says, but what is learned: the same learner, with everybody in its circle."""
    short = replace(SMALL, prices=5, extension=0.5, seeds=4, exploration_decay=3e-4, most=40_000, stable=40_000)
    prices = []
    for value in (SellerValue(), SellerValue(kappa=1), SellerValue(kappa=1, firms=1, consumers=1)):
        learner = PricingQ(replace(short, kappa=value.kappa, firms=value.firms, consumers=value.consumers))
        while learner.done < learner.total:
            found = learner.advance()
        prices.append(float(np.mean(found["price"])))
    selfish, kantian, with_consumers = prices
    assert with_consumers < selfish and with_consumers < kantian
    assert with_consumers == pytest.approx(learner.repetition.charged.min())
