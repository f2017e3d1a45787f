"""Populations that learn: the batch against players one by one, its play against the environment, runs apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import moral_games as mg
from agents import population_measures as measures
from agents.population_dqn import main
from agents.population_games import Chances, draw, last_moves, play, rewards_by_cell, streams
from agents.population_learning import Populations, Protocol
from agents.population_measures import Record
from benchmarks.published.aies2024_loop import OneByOne
from moral_games.envs import population
from moral_games.envs.population import population_env
from moral_games.envs.population.matching import other_seat

C, D = 0, 1
MIXED = ("selfish", "utilitarian", "deontological(penalty=5)", "virtue_equality", "malicious_deontological(bonus=5)")
SMALL = Protocol(reward=MIXED, players=5, hidden=16, episodes=60, chunk=20)


def learned(protocol: Protocol) -> tuple[Populations, Record]:
    """Return populations that have learned, and all their episodes."""
    chunks: list[Record] = []
    populations = Populations(protocol, lambda first, record: chunks.append(record))
    while populations.done < populations.total:
        populations.advance()
    return populations, Record(*map(np.concatenate, zip(*chunks, strict=True)))


def chances(protocol: Protocol, first: int, rounds: int) -> Chances:
    begins = streams(range(protocol.seed, protocol.seed + protocol.seeds), protocol.players)
    return draw(begins, first, rounds, 2, protocol.explore_partners, protocol.explore_moves)


@pytest.mark.parametrize("game", ["ipd_aies2024", "stag_hunt"])
def test_a_batch_learns_what_players_learn_one_by_one(game: str) -> None:
    protocol = replace(SMALL, game=game, seed=3)
    slow = OneByOne(protocol, Populations(protocol).state()[0])
    populations, record = learned(protocol)
    drawn = chances(protocol, 0, protocol.episodes)
    for episode in range(protocol.episodes):
        assert slow.last == record.before[episode, 0].tolist()
        selected, acted = slow.episode(Chances(*(entry[episode, 0] for entry in drawn)))
        assert selected == record.selected[episode, 0].tolist()
        assert acted == record.actions[episode, 0].tolist()
    arrays = populations.state()[0]
    for player, networks in enumerate(slow.networks):
        for name, network in networks.items():
            found = [arrays[f"parameter.{name}.{field}"][player] for field in ("hidden_weights", "output_weights")]
            np.testing.assert_allclose(found[0].T, network[0].weight.detach(), rtol=1e-3, atol=2e-5)
            np.testing.assert_allclose(found[1], network[2].weight.detach(), rtol=1e-3, atol=2e-5)
    np.testing.assert_array_equal(arrays["last"][0], slow.last)


@pytest.mark.parametrize("hidden", [7, 256])
def test_a_run_is_its_seeds_alone_whatever_is_batched_with_it(hidden: int) -> None:
    many = learned(replace(SMALL, hidden=hidden, seeds=4, seed=10))[0].state()[0]
    for run in range(4):
        one = learned(replace(SMALL, hidden=hidden, seed=10 + run))[0].state()[0]
        for name, array in one.items():
            rows = len(many[name]) // 4 if array.ndim else 0
            np.testing.assert_array_equal(array, many[name][run * rows : (run + 1) * rows] if rows else many[name])


def test_how_the_work_is_cut_changes_nothing() -> None:
    whole = learned(replace(SMALL, chunk=60))[1]
    for cut in (1, 7):
        for array, same in zip(whole, learned(replace(SMALL, chunk=cut))[1], strict=True):
            np.testing.assert_array_equal(array, same)


def test_a_run_goes_on_from_its_state() -> None:
    undisturbed = Populations(replace(SMALL, seeds=2))
    for _ in range(2):
        undisturbed.advance()
    resumed = Populations(replace(SMALL, seeds=2))
    resumed.restore(undisturbed.state())
    assert resumed.done == 40
    scalars = resumed.advance()
    for name, same in undisturbed.advance().items():
        np.testing.assert_array_equal(scalars[name], same)
    for (name, array), same in zip(undisturbed.state()[0].items(), resumed.state()[0].values(), strict=True):
        np.testing.assert_array_equal(array, same, err_msg=name)


@pytest.mark.parametrize("game", ["ipd_aies2024", "rock_paper_scissors", "stag_hunt"])
def test_a_round_is_that_of_the_environment(game: str) -> None:
    players, episodes, rng = 5, 6, np.random.default_rng(0)
    env = population_env(game, players=players, rewards=list(MIXED), moves="by_game", rounds=None)
    before = np.array(env.reset(seed=1)[1]["player_0"]["last_moves"])
    count = env.game.shape[0]
    drawn = draw(streams([5], players), 0, episodes, count, 0.5, 0.5)
    rounds, chunks = [], []
    for episode in range(episodes):
        now = Chances(*(torch.from_numpy(entry[episode]) for entry in drawn))
        selected = torch.from_numpy(other_seat(np.arange(players), drawn.partner[episode]))
        greedy = torch.from_numpy(rng.integers(count, size=(1, players, count)))
        acted = play(torch.tensor(before[None]), selected, greedy, now)
        decided = np.zeros((players, 1 + players), dtype=np.int64)
        decided[:, 0] = drawn.partner[episode]
        decided[np.arange(players), 1 + np.arange(players)] = acted[0, :, 0]
        decided[selected[0], 1 + np.arange(players)] = acted[0, :, 1]
        env.step(dict(zip(env.agents, decided, strict=True)))
        played = env.round
        np.testing.assert_array_equal(played.actions, acted.numpy()[0][played.games[:, 0]])
        place = torch.from_numpy(np.argsort(played.games[:, 0])[None])
        np.testing.assert_array_equal(played.after, last_moves(selected, acted, place, count)[0])
        rounds.append(played)
        chunks.append(Record(before[None], selected.numpy(), acted.numpy()))
        before = played.after
    record = Record(*(np.stack(entries) for entries in zip(*chunks, strict=True)))
    table = rewards_by_cell(env.game, [mg.rewards.as_reward(value) for value in MIXED])
    earned, paid = measures.rewards(record, table), measures.payoffs(record, env.game)
    for episode, played in enumerate(rounds):
        np.testing.assert_allclose(played.rewards, earned[episode, 0][played.games[:, 0]])
        sums = np.bincount(played.games.ravel(), played.rewards.ravel(), players)
        np.testing.assert_allclose(sums, measures.by_player(record, earned)[episode, 0])
    for of_rounds, of_record in (
        (population.cooperation(rounds), measures.cooperation(record)),
        (population.cooperative_selections(rounds), measures.cooperative_selections(record)),
        (population.collective_payoff(rounds), paid.sum(axis=(2, 3))),
        (population.payoff_equality(rounds), measures.equality(paid)),
        (population.minimum_payoff(rounds), measures.minimum(paid)),
    ):
        np.testing.assert_allclose(of_rounds, of_record[:, 0])
    np.testing.assert_array_equal(population.selections(rounds), measures.selections(record)[0])
    np.testing.assert_allclose(population.popularity(rounds), measures.popularity(record)[0])


def test_moves_are_greedy_but_for_chance() -> None:
    last, selected = torch.tensor([[C, D, C]]), torch.tensor([[1, 2, 1]])
    greedy = torch.tensor([[[D, C], [C, D], [D, D]]])  # by player, against one who cooperated and one who defected
    none, never = torch.zeros(1, 3, dtype=torch.int64), torch.zeros(1, 3, 2, dtype=torch.bool)
    greedily = Chances(none > 0, none, none, never, torch.zeros(1, 3, 2, dtype=torch.int64))
    acted = play(last, selected, greedy, greedily)
    assert acted.tolist() == [[[C, C], [C, D], [D, C]]]
    always = greedily._replace(moves_at_random=~never, move=1 - acted)
    assert play(last, selected, greedy, always).tolist() == (1 - acted).tolist()


@given(st.integers(0, 2**40), st.integers(2, 9), st.integers(0, 50), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_chance_is_the_seeds_however_it_is_asked(seed: int, players: int, first: int, rounds: int) -> None:
    begins = streams([seed, seed + 1], players)
    whole = draw(begins, 0, first + rounds, 2, 0.1, 0.05)
    part = draw(begins[1:], first, rounds, 2, 0.1, 0.05)
    for entry, same in zip(whole, part, strict=True):
        np.testing.assert_array_equal(entry[first:, 1:], same)
    assert (np.sort(whole.place, axis=-1) == np.arange(players)).all()
    assert (whole.partner >= 0).all() and (whole.partner < players - 1).all()


def test_chance_explores_as_often_as_asked() -> None:
    drawn = draw(streams(range(8), 16), 1, 500, 2, 0.1, 0.05)
    assert drawn.selects_at_random.mean() == pytest.approx(0.1, abs=0.005)
    assert drawn.moves_at_random.mean() == pytest.approx(0.05, abs=0.003)
    assert np.bincount(drawn.partner.ravel()) / drawn.partner.size == pytest.approx(1 / 15, abs=0.003)
    assert drawn.move.mean() == pytest.approx(0.5, abs=0.005)
    assert np.corrcoef(drawn.move[..., 0].reshape(500, -1).T)[0, 1:].max() < 0.3


def test_each_players_first_decisions_are_random() -> None:
    drawn = draw(streams([0], 6), 0, 2, 2, 0.0, 0.0)
    assert drawn.selects_at_random[0].all() and not drawn.selects_at_random[1].any()
    assert not drawn.moves_at_random[1].any()
    selected = other_seat(np.arange(6), drawn.partner[0])[0]
    random = {i: [] for i in range(6)}
    for game in drawn.place[0, 0].argsort():
        for role, player in enumerate((game, selected[game])):
            random[int(player)].append(bool(drawn.moves_at_random[0, 0, game, role]))
    assert all(marks[0] and not any(marks[1:]) for marks in random.values())


def test_a_value_judges_on_the_others_last_move_and_as_published_on_ones_own() -> None:
    values = [mg.rewards.parse("deontological(penalty=5)")]
    meant, published = (rewards_by_cell(Protocol().played(), values, slip)[0] for slip in (False, True))
    # own last move, role, the other's last move, own action, the other's
    assert (meant[:, :, C, D, :] == -5).all() and (meant[:, :, D, D, :] == 0).all() and (meant[..., C, :] == 0).all()
    np.testing.assert_array_equal(published[:, 0], meant[:, 0])
    assert (published[C, 1, :, D, :] == -5).all() and (published[D, 1, :, D, :] == 0).all()


@pytest.mark.parametrize("slip", ["first-selection-apart", "few-network-seeds"])
def test_a_slip_begins_otherwise(slip: str) -> None:
    protocol = replace(SMALL, players=60, hidden=4, reward=("selfish",))
    meant, slipped = (Populations(replace(protocol, slips=slips)).state()[0] for slips in ((), (slip,)))
    weights = "parameter.moves.hidden_weights"
    if slip == "few-network-seeds":  # among 60 of 99 seeds some are alike
        assert len(np.unique(slipped[weights], axis=0)) < 60 == len(np.unique(meant[weights], axis=0))
    else:
        np.testing.assert_array_equal(slipped[weights], meant[weights])
        assert (slipped["seen"] != meant["seen"]).any()


@pytest.mark.parametrize(("value", "low", "high"), [("selfish", 0.0, 0.1), ("virtue_kindness", 0.9, 1.0)])
def test_a_population_of_one_type_does_what_its_value_makes_dominant(value: str, low: float, high: float) -> None:
    populations, record = learned(Protocol(reward=(value,), players=4, episodes=800, seeds=2))
    assert low <= measures.cooperation(record)[-100:].mean() <= high
    move = C if value == "virtue_kindness" else D
    for policy in (policy for run in populations.policies() for policy in run):
        assert policy.probabilities[:, move].tolist() == [1.0] * 5


def test_a_learned_policy_answers_the_others_last_move() -> None:
    populations = Populations(SMALL)
    greedy = populations.q_values()[0, 2].argmax(axis=-1)
    table = populations.policies()[0][2].probabilities
    joint = mg.games.get("ipd").joint_actions
    assert table[1:].argmax(axis=1).tolist() == [greedy[other] for _, other in joint]
    np.testing.assert_array_equal(table[0], np.eye(2)[greedy].mean(axis=0))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"players": 1, "reward": ("selfish",)}, "players must be at least 2, got 1"),
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
        ({"explore_moves": 1.5}, r"explore_moves must lie in \[0, 1\], got 1.5"),
        ({"discount": 1.0}, r"discount must lie in \[0, 1\), got 1.0"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"reward": ("selfish", "utilitarian")}, "one for each of 5 players, got 2"),
        ({"reward": ("selfsh",)}, "selfish"),
        ({"game": "bach_or_stravinsky"}, "symmetric game for two"),
        ({"game": "public_goods(players=3)"}, "symmetric game for two"),
        ({"slips": ("judged-on-own",)}, "judged-on-own-move"),
    ],
)
def test_bad_options_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Populations(replace(SMALL, **wrong))


def test_the_command_leaves_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "--players 5 --episodes 40 --chunk 20 --hidden 8 --seeds 2 --reward selfish --name few --folder".split()
    assert main([*asked, str(tmp_path)]) == 0
    assert "player_4  selfish()" in capsys.readouterr().out
    page = (tmp_path / "few" / "report.html").read_text(encoding="utf-8")
    assert "In the last 40 episodes players take their first action in" in page and "means over 2 runs" in page
    assert page.count("data:image/png;base64,") == 2 and "<td>player_4</td>" in page
    assert main([*asked, str(tmp_path)]) == 2 and "--resume" in capsys.readouterr().err
