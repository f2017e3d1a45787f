"""Language models as sellers: known sellers do what is known of them, and nothing but a price is ever charged."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_remote import Serve, environment, serve  # noqa: F401

from moral_games.envs import pricing_env
from moral_games.llm import TextModel
from moral_games.llm.policy import Question
from moral_games.llm.pricing import TRANSCRIPT, trade
from moral_games.llm.pricing_options import PricingOptions
from moral_games.llm.sellers import NOT_NAMED, GridSeller, NotesSeller
from moral_games.llm.writing import WriterElsewhere, WriterHere, as_writer, check_room
from moral_games.markets import Market, joint_profit_prices, nash_prices
from moral_games.markets.policies import collusive, matching
from moral_games.markets.prompts import Notes
from moral_games.markets.trading import Asked, FixedSeller, Place, Trading
from moral_games.report import write_report
from moral_games.runs import HISTORY, METRICS, Run, RunError, read_json

DUOPOLY = Market()
COLLUSIVE = float(joint_profit_prices(DUOPOLY)[0])


class Written:
    """A model that writes what a function says, from the prompt and the seed."""

    name = "written"

    def __init__(self, answer: Callable[[str, int], str]) -> None:
        self.answer, self.asked = answer, 0

    def write(self, prompts: Sequence[str], seeds: Sequence[int], tokens: int) -> list[str]:
        self.asked += len(prompts)
        return [self.answer(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        raise AssertionError("it is asked to write")


class Naming:
    """A model that names the price of a grid nearest to a multiple of its cost, with a given probability."""

    name = "naming"

    def __init__(self, multiple: float, probability: float = 1.0) -> None:
        self.multiple, self.probability = multiple, probability

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        found = []
        for question in questions:
            cost = float(re.search(r"A unit costs your firm ([\d.]+)\.", question.prompts[0])[1])
            nearest = np.abs(np.array(question.labels, float) - self.multiple * cost).argmin()
            row = np.eye(len(question.labels))[nearest] * self.probability
            found.append(np.tile(row, (len(question.prompts), 1)))
        return found


def copied(prompt: str, seed: int) -> str:
    """Write the competitor's last price, and how many rounds there were as the plan; begin with 1."""
    theirs = re.search(r"the competitor's price ([\d.]+);", prompt)
    return f"PLANS: {prompt.count(': your price')} rounds\nINSIGHTS: copy\nPRICE: {theirs[1] if theirs else 1}"


def options(folder: Path, *sellers: str, **others: Any) -> PricingOptions:
    small = {"currency": (1.0,), "rounds": 6, "deviation": 3, "name": "run"}
    return PricingOptions(sellers, folder=folder, **(small | others))


def asked(seed: int = 0, prices: int | None = None, rounds: int = 3) -> Asked:
    return Asked(Place(DUOPOLY, seed, prices), 0, np.full((rounds, 2), 1.5))


# --- known sellers --------------------------------------------------------------------------------


def test_who_always_names_the_equilibrium_price_competes_in_every_currency(tmp_path: Path) -> None:
    asked_for = options(tmp_path, "fake/nash", answers="grid", currency=(1.0, 3.2, 10.0), seeds=2, prices=61)
    run = trade(asked_for, lambda name: Naming(nash_prices(DUOPOLY)[0]))
    found = read_json(run.path(METRICS))
    assert found["measures"]["profit gain"]["mean"] == pytest.approx(0, abs=0.02)
    assert len(found["measures"]["price"]["by_market"]) == 6
    assert found["measures"]["price"]["by_market"] == pytest.approx([1.4729] * 6, abs=0.01)
    assert [seller["legal"] for seller in found["sellers"]] == [1, 1]
    last, forced = np.array([record["prices"] for record in run.history()])[[5, 6]]
    np.testing.assert_allclose(forced, last, rtol=0.01)  # in equilibrium the best cut is none


def test_who_copies_the_other_follows_it_wherever_it_goes(tmp_path: Path) -> None:
    run = trade(options(tmp_path, "fake/copy", "collusive"), lambda name: Written(copied))
    prices = np.array([record["prices"][0] for record in run.history()])
    cut = 1.66168  # the best reply to the collusive price
    expected = [1, COLLUSIVE, COLLUSIVE, COLLUSIVE, COLLUSIVE, COLLUSIVE, cut, COLLUSIVE, COLLUSIVE, COLLUSIVE]
    np.testing.assert_allclose(prices[:, 0], expected, atol=2e-5)
    np.testing.assert_allclose(prices[:, 1], COLLUSIVE)
    found = read_json(run.path(METRICS))
    assert found["impulse_response"]["mean"][0] == pytest.approx([COLLUSIVE, cut, *[COLLUSIVE] * 3], abs=2e-5)
    assert found["sellers"][0] == {
        "seller": "fake/copy",
        "asked": 9,
        "answers": 9,
        "without a price": {},
        "no offer": 0,
        "legal": None,
    }
    assert found["sellers"][1]["asked"] == 0 and found["quoted"][0]["text"].startswith("PLANS: 5 rounds")


def test_a_cut_that_both_sides_copy_goes_round_for_ever() -> None:
    trading = Trading([Place(DUOPOLY, 0)], [FixedSeller(matching), NotesSeller(Written(copied))], ["plain"] * 2)
    for forced in (None, None, [1.7], None, None, None):
        trading.play(forced)
    mine, theirs = trading.history[:, 0].T.round(4)
    assert mine.tolist() == [1.925, 1, 1.7, 1, 1.7, 1]
    assert theirs.tolist() == [1, 1.925, 1, 1.7, 1, 1.7]


def test_play_is_that_of_the_environment(rng: np.random.Generator) -> None:
    prices = rng.uniform(1.2, 2.0, (5, 2))
    place = Place(DUOPOLY, 0)
    env = pricing_env(market=DUOPOLY, prices="continuous", ceiling=place.ceiling, rounds=5)
    env.reset()
    seller = NotesSeller(Written(copied), told=1)
    for number, row in enumerate(prices):
        *_, infos = env.step({agent: env.action(agent, p) for agent, p in zip(env.agents, row, strict=True)})
        told = seller.prompt(Asked(place, 1, prices[: number + 1]))
        line = f"you sold {infos['player_1']['quantity']:.2f} and earned {infos['player_1']['payoff']:.2f}"
        assert f"your price {row[1]:.6g}, the competitor's price {row[0]:.6g}; {line}" in told


def test_notes_are_carried_over_until_they_are_replaced() -> None:
    prompts: list[str] = []

    def write(prompt: str, seed: int) -> str:
        prompts.append(prompt)
        return f"PLANS: plan {len(prompts)}\nINSIGHTS: none\n" + ("" if len(prompts) == 2 else "PRICE: 1.5")

    trading = Trading([Place(DUOPOLY, 0)], [NotesSeller(Written(write)), FixedSeller(collusive)], ["plain"] * 2, 1)
    for _ in range(3):
        trading.play()
    assert [re.search("Your plans: (.*)", prompt)[1] for prompt in prompts] == ["(nothing yet)", "plan 1", "plan 1"]
    assert trading.notes[0] == [Notes("plan 3", "none"), Notes()]


# --- no price is no price -------------------------------------------------------------------------


def test_an_answer_without_a_price_is_asked_again_and_then_is_no_offer(tmp_path: Path) -> None:
    """The model falls silent in its second round: the other sells alone, and all of it is counted."""

    def write(prompt: str, seed: int) -> str:
        silent = "\nround 1:" in prompt and "\nround 2:" not in prompt
        return "Maybe 1.80?" if silent else "PRICE: 1.80"

    run = trade(options(tmp_path, "fake/silent", "collusive", rounds=4, attempts=3), lambda name: Written(write))
    prices = [record["prices"][0] for record in run.history()]
    assert [own for own, _ in prices[:4]] == [1.8, None, 1.8, 1.8]
    found = read_json(run.path(METRICS))
    assert found["sellers"][0]["without a price"] == {"no price": 3} and found["sellers"][0]["no offer"] == 1
    assert found["sellers"][0]["answers"] == 9 and found["measures"]["no offer"]["mean"] == pytest.approx(1 / 8)
    alone = DUOPOLY.symmetric(1).profits([COLLUSIVE])[0]
    both = DUOPOLY.profits([1.8, COLLUSIVE])
    expected = (3 * both.sum() + alone) / 8
    assert found["measures"]["profit"]["mean"] == pytest.approx(expected, abs=1e-5)
    assert "no price 3" in write_report(run.folder).read_text()


def test_a_run_without_prices_stops_and_says_why(tmp_path: Path) -> None:
    model = Written(lambda prompt, seed: "I cannot help with that.")
    with pytest.raises(RunError, match=r"fake/mute gave no price for player_0 in 2 rounds in a row.*'I cannot help"):
        trade(options(tmp_path, "fake/mute", "nash", patience=2, attempts=3), lambda name: model)
    assert model.asked == 2 * 3 and not (tmp_path / "run" / METRICS).exists()


def test_draws_without_a_price_are_repeated_from_the_same_row(tmp_path: Path) -> None:
    asked_for = options(
        tmp_path, "fake/rare", answers="grid", attempts=4, told=5, rounds=200, deviation=0, currency=(3.2,)
    )
    found = read_json(trade(asked_for, lambda name: Naming(1.7, 0.5)).path(METRICS))
    for seller in found["sellers"]:
        assert seller["legal"] == 0.5 and set(seller["without a price"]) == {NOT_NAMED}
        assert seller["no offer"] == pytest.approx(200 / 2**4, abs=4 * np.sqrt(200 / 2**4))
        assert seller["answers"] == pytest.approx(200 * (2 - 0.5**3), abs=60)
    assert "impulse_response" not in found


# --- what a round depends on ----------------------------------------------------------------------


def seeded(prompt: str, seed: int) -> str:
    """Write a price that is drawn from the seed, every third time none."""
    drawn = np.random.default_rng(seed).uniform(1, 2)
    return f"PLANS: {seed}\nINSIGHTS: {len(prompt)}\n" + (f"PRICE: {drawn:.2f}" if seed % 3 else "")


def test_a_market_alone_is_what_it_is_among_others(tmp_path: Path) -> None:
    together = trade(options(tmp_path, "fake/m", seeds=3, currency=(1.0, 10.0)), lambda name: Written(seeded))
    alone = trade(options(tmp_path, "fake/m", seed=2, currency=(10.0,), name="alone"), lambda name: Written(seeded))
    prices = [np.array([r["prices"] for r in run.history()], float) for run in (together, alone)]
    np.testing.assert_array_equal(prices[0][:, 5:], prices[1])
    assert len({str(prices[0][:, m]) for m in range(6)}) == 6


@pytest.mark.parametrize("calls", [1, 7, 16])
def test_a_run_that_was_cut_off_goes_on_to_the_same_end(calls: int, tmp_path: Path) -> None:
    whole = trade(options(tmp_path, "fake/m", name="whole"), lambda name: Written(seeded))

    def dying(prompt: str, seed: int) -> str:
        if model.asked > calls:
            raise KeyboardInterrupt
        return seeded(prompt, seed)

    model = Written(dying)
    with pytest.raises(KeyboardInterrupt):
        trade(options(tmp_path, "fake/m"), lambda name: model)
    # As a kill in the middle of writing leaves them: the transcript ahead of the history, and lines torn.
    played = len(Run(tmp_path / "run").history())
    with (tmp_path / "run" / TRANSCRIPT).open("a") as transcript:
        transcript.write(f'{{"round": {played}, "market": 0, "firm": 0, "price": 9, "answers": []}}\n{{"round"')
    with (tmp_path / "run" / HISTORY).open("a") as history:
        history.write('{"done": 9, "pri')
    again = trade(options(tmp_path, "fake/m", resume=True), lambda name: Written(seeded))
    for file in (HISTORY, TRANSCRIPT, METRICS):
        assert again.path(file).read_bytes() == whole.path(file).read_bytes()


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    trade(options(tmp_path, "fake/m", rounds=1), lambda name: Written(copied))
    with pytest.raises(RunError, match="rounds: 1 then, 2 now"):
        trade(options(tmp_path, "fake/m", rounds=2, resume=True), lambda name: Written(copied))


# --- real models ----------------------------------------------------------------------------------


def test_what_a_model_writes_does_not_depend_on_what_is_written_beside_it(tiny_model: TextModel) -> None:
    writer, prompts = as_writer(tiny_model), ["Say a price.", "Now say another, much longer thing.", "Say a price."]
    together = writer.write(prompts, [3, 4, 5], 6)
    assert together == [writer.write([p], [s], 6)[0] for p, s in zip(prompts, [3, 4, 5], strict=True)]
    assert isinstance(writer, WriterHere) and together[0] != together[2]


def test_a_row_is_the_mean_over_both_orders(tiny_model: TextModel) -> None:
    seller, one = GridSeller(tiny_model, told=2), asked(prices=4)
    question = seller.question(one)
    assert question.labels == one.place.labels[0] and '"1.43", "1.61"' in question.prompts[0]
    assert '"1.97", "1.79", "1.61", "1.43"' in question.prompts[1]
    each = [tiny_model.probabilities([Question((prompt,), question.labels)])[0][0] for prompt in question.prompts]
    (row,) = seller.rows([one])
    np.testing.assert_allclose(row, np.mean(each, axis=0), rtol=1e-3)
    assert not np.allclose(each[0], each[1], rtol=1e-3, atol=0)


def test_prices_are_drawn_as_probable_as_they_are() -> None:
    likely = Naming(1.7, 0.6)
    places = [Place(DUOPOLY, seed, 7) for seed in range(400)]
    offers = GridSeller(likely).offers([Asked(place, 0, np.empty((0, 2))) for place in places], 1)
    named = [offer.price for offer in offers if offer.price is not None]
    assert len(set(named)) == 1 and len(named) / 400 == pytest.approx(0.6, abs=0.1)


def test_a_model_that_says_no_prices_stops_the_run(tiny_model: TextModel, tmp_path: Path) -> None:
    asked_for = options(tmp_path, "fake/tiny", patience=1, attempts=1, words=5, told=2)
    with pytest.raises(RunError, match=r"gave no price for player_0 in 1 rounds in a row.*--answers grid"):
        trade(asked_for, lambda name: tiny_model)


def test_prompts_that_a_model_has_no_room_for_are_refused(tiny_model: TextModel, tmp_path: Path) -> None:
    room = tiny_model.model.config.max_position_embeddings
    with pytest.raises(ValueError, match=f"at most {room} tokens.*--told"):
        trade(options(tmp_path, "fake/tiny", words=room // 2), lambda name: tiny_model)
    for wrong, said in (({"rounds": 300}, "--told"), ({"told": 1, "prices": 400}, r"offer fewer prices \(--prices\)")):
        with pytest.raises(ValueError, match=f"at most {room} tokens.*{said}"):
            trade(options(tmp_path, "fake/tiny", answers="grid", **wrong), lambda name: tiny_model)
    assert not (tmp_path / "run").exists()
    check_room(Naming(1.0), "What is known of models elsewhere?", 10**9, "say less")


def test_a_model_behind_a_server_writes_once_and_replays(
    tiny_model: TextModel,
    serve: Serve,  # noqa: F811
    tmp_path: Path,
) -> None:
    server = serve(tiny_model)
    writer = as_writer(server.connect(tmp_path, extra={"top_p": 0.9}))
    assert isinstance(writer, WriterElsewhere)
    said = writer.write(["Say a price."] * 2, [1, 2], 4)
    assert server.requests == 2 and said[0] != said[1]
    assert writer.write(["Say a price."] * 2, [2, 1], 4) == said[::-1] and server.requests == 2
    with pytest.raises(RunError, match=r"openai:talker gave no price"):
        trade(options(tmp_path, "openai:talker", patience=1, words=4), lambda name: writer.model)
    assert server.requests == 2 + 2 * 3  # two firms, three attempts


def test_who_gives_labels_only_cannot_write() -> None:
    with pytest.raises(ValueError, match=r"gives labels and no free text.*--answers grid"):
        as_writer(Naming(1.0))


# --- options --------------------------------------------------------------------------------------


def test_ceilings_are_drawn_from_the_seed_for_each_currency() -> None:
    places = PricingOptions(("fake/m",), seeds=50).places
    factors = [place.ceiling / (COLLUSIVE * place.market.currency) for place in places]
    assert len(set(factors)) > 120 and 1.49 < min(factors) < 1.6 < 2.4 < max(factors) < 2.51
    assert places[0].ceiling == Place(DUOPOLY, 0).ceiling == round(places[0].ceiling, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sellers": ("nash", "grim")}, "none of the sellers nash, grim is a language model"),
        ({"sellers": ("fake/m", "grimm")}, r"unknown seller 'grimm'. Did you mean 'grim'\?"),
        ({"sellers": ("fake/m",) * 3}, "one for each of 2, got 3"),
        ({"sellers": ("fake/m", "-1.5")}, "at least 0, got -1.5"),
        ({"sellers": ("fake/m", "nan")}, "at least 0, got nan"),
        ({"attitude": ("carefull",)}, "Did you mean 'careful'"),
        ({"attitude": ()}, "--attitude takes one for all firms"),
        ({"firms": 1}, "--firms must be at least 2, got 1"),
        ({"patience": 51}, "--patience must be from 1 to 50"),
        ({"prices": 1001}, "--prices must be at most 1000, got 1001"),
        ({"currency": (1.0, 1.0)}, "--currency needs one or several different"),
        ({"currency": (0.001,)}, "too coarse for --currency 0.001"),
        ({"currency": (-1.0,)}, "currency must be positive"),
        ({"outside": float("-inf")}, "no price is best"),
        ({"name": "../run"}, "plain folder name"),
        ({"attempts": 0}, "--attempts must be at least 1"),
    ],
)
def test_bad_options_are_refused_before_a_model_is_loaded(wrong: dict[str, Any], message: str, tmp_path: Path) -> None:
    def load(name: str) -> TextModel:
        raise AssertionError("nothing is loaded")

    with pytest.raises(ValueError, match=message):
        trade(PricingOptions(**({"sellers": ("fake/m",), "folder": tmp_path} | wrong)), load)
    assert not list(tmp_path.iterdir())
