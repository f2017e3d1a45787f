"""Populations: the libraries' checkers, the published round against a loop that plays it out, and the measures."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.render_test import render_test
from pettingzoo.utils import parallel_to_aec

import moral_games as mg
from moral_games.envs import population
from moral_games.envs.population import PopulationEnv, Round, population_env
from moral_games.envs.population.matching import games_of_a_round

C, D = 0, 1
STUDY = (
    "selfish",
    "utilitarian",
    "anti_utilitarian",
    "deontological(penalty=5)",
    "malicious_deontological(bonus=5)",
    "virtue_equality",
    "virtue_inequality",
    "virtue_kindness",
    "virtue_aggression",
)
EVERY_KIND = [
    {"matching": matching, "moves": moves, "players": players, "opponents": opponents}
    for matching in population.MATCHINGS
    for moves in ("by_last_move", "by_game")
    for players, opponents in ((2, None), (5, {"player_0": "tit_for_tat", "player_3": "random"}))
]


def ident(options: dict) -> str:
    return f"{options['matching']}-{options['moves']}-{options['players']}"


def sampled(env: PopulationEnv, seed: int) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    bounds = env.action_space(env.possible_agents[0]).nvec
    return [{agent: rng.integers(bounds) for agent in env.possible_agents} for _ in range(30)]


def trajectory(env: PopulationEnv, seed: int) -> list:
    seen = [[array.tolist() for array in env.reset(seed=seed)[0].values()]]
    for actions in sampled(env, 1):
        observations, *rest = env.step(actions)
        seen.append([array.tolist() for array in observations.values()])
        seen.append(str(rest))
    return seen


@pytest.mark.parametrize("options", EVERY_KIND, ids=ident)
def test_pettingzoo_tests(options: dict) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rounds in (1, 20, None):
            for observation in ("one_hot", "index"):
                env = population_env(rewards="deontological", rounds=rounds, observation=observation, **options)
                parallel_api_test(env, num_cycles=20)
        parallel_seed_test(lambda: population_env(**options), num_cycles=20)
        seed_test(lambda: parallel_to_aec(population_env(**options)), num_cycles=20)
        # Several decisions in one action are what a vector of whole numbers is for.
        warnings.filterwarnings("ignore", message="Action space for each agent probably should be")
        api_test(parallel_to_aec(population_env(**options)), num_cycles=20)


def test_pettingzoo_render_test() -> None:
    render_test(lambda **options: parallel_to_aec(population_env(players=3, **options)))


@pytest.mark.parametrize("options", EVERY_KIND, ids=ident)
def test_a_whole_trajectory_is_repeatable(options: dict) -> None:
    env = population_env(**options)
    assert trajectory(env, 3) == trajectory(env, 3) == trajectory(population_env(**options), 3)
    assert trajectory(env, 3) != trajectory(env, 4)


def test_copies_go_on_alike() -> None:
    env = population_env(players=4, rewards="deontological", opponents={"player_0": "random"})
    env.reset(seed=0)
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    for actions in sampled(env, 0):
        expected = str(env.step(actions))
        assert [str(other.step(actions)) for other in others] == [expected, expected]


# What the published study plays in a round (Tennant et al. 2024), game by game, in plain Python.


def played_out(values: list[str], before: list[int], selected: list[int], order: list[int], moves) -> dict:
    """Play the game that each selector of `order` started; `moves[i][k]` is i's move in the game that k started."""
    game = mg.games.get("ipd")
    earned, paid, after, log = [0.0] * len(before), [0.0] * len(before), list(before), []
    for i in order:
        j = selected[i]
        actions = np.array([moves[i][i], moves[j][i]])
        previous = np.array([before[i], before[j]])
        for seat, player in enumerate((i, j)):
            reward = mg.rewards.parse(values[player])(mg.Outcome(game, previous, actions))[seat]
            payoff = game.payoffs[tuple(actions)][seat]
            other = (j, i)[seat]
            earned[player] += reward
            paid[player] += payoff
            after[player] = int(actions[seat])
            log.append((player, other, seat == 0, actions[seat], actions[1 - seat], before[other], payoff, reward))
    return {"earned": earned, "paid": paid, "after": after, "log": log}


@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_a_round_is_the_published_one(players: int, seed: int) -> None:
    values = [STUDY[i % len(STUDY)] for i in range(players)]
    env = population_env("ipd", players=players, rewards=values, moves="by_game", observation="index")
    observations, infos = env.reset(seed=seed)
    for actions in sampled(env, seed)[:3]:
        before = list(infos["player_0"]["last_moves"])
        for i, agent in enumerate(env.agents):
            assert observations[agent].tolist() == before[:i] + before[i + 1 :]
        selected = [[j for j in range(players) if j != i][actions[f"player_{i}"][0]] for i in range(players)]
        observations, rewards, _, _, infos = env.step(actions)
        order = infos["player_0"]["round"].games[:, 0].tolist()
        moves = [actions[agent][1:].tolist() for agent in env.agents]
        expected = played_out(values, before, selected, order, moves)
        assert sorted(order) == list(range(players))
        for i, agent in enumerate(env.agents):
            info = infos[agent]
            assert info["selected"] == selected[i] and set(info["selected_by"]) == {
                j for j in range(players) if selected[j] == i
            }
            assert [tuple(game) for game in info["games"]] == [entry[1:] for entry in expected["log"] if entry[0] == i]
            assert len(info["games"]) == 1 + len(info["selected_by"])
            assert rewards[agent] == pytest.approx(expected["earned"][i])
            assert info["payoff"] == expected["paid"][i]
            assert info["last_moves"] == tuple(expected["after"])


def test_a_selection_is_learned_from_the_game_that_it_started() -> None:
    """The study's tuple: view of last moves, chosen index, reward of the game initiated, next view."""
    env = population_env(players=3, initial_moves=[C, C, D], rewards="deontological(penalty=5)", observation="index")
    view, _ = env.reset(seed=0)
    # Player 0 selects player 1, who cooperated last, and defects; it only cooperates with defectors.
    actions = {"player_0": [0, D, C], "player_1": [1, C, C], "player_2": [0, D, D]}
    after, rewards, _, _, infos = env.step(actions)
    (own,) = [game for game in infos["player_0"]["games"] if game.selector]
    assert view["player_0"].tolist() == [C, D] and infos["player_0"]["selected"] == 1
    assert own == (1, True, D, C, C, 4.0, -5.0)
    # Player 2 selected player 0: both learn from that game, and only player 2 breaks its duty.
    (other,) = [game for game in infos["player_0"]["games"] if not game.selector]
    assert other == (2, False, C, D, D, 0.0, 0.0)
    assert [game.reward for game in infos["player_2"]["games"] if game.opponent == 0] == [-5.0]
    # Player 1, who cooperated last too, selected player 2, which betrays it as well.
    assert rewards == {"player_0": -5.0, "player_1": 0.0, "player_2": -10.0}
    assert after["player_1"][1] == D


def test_a_duty_is_judged_on_the_opponents_last_move_against_anyone() -> None:
    """Whoever is selected is judged on the selector's last move, not on its own (the published code's slip)."""
    env = population_env(players=2, initial_moves=[C, D], rewards="deontological(penalty=5)")
    env.reset(seed=0)
    *_, infos = env.step({"player_0": [0, D, D], "player_1": [0, D, D]})
    assert [game.reward for game in infos["player_0"]["games"]] == [0.0, 0.0]
    assert [game.reward for game in infos["player_1"]["games"]] == [-5.0, -5.0]


@pytest.mark.parametrize(("matching", "games"), [("round_robin", 4), ("random", 1)])
def test_other_matchings(matching: str, games: int) -> None:
    env = population_env(players=5, matching=matching, initial_moves=[C, D, C, D, C])
    env.reset(seed=0)
    *_, infos = env.step({agent: [D, C] for agent in env.agents})
    counts = [len(infos[agent]["games"]) for agent in env.possible_agents]
    assert sorted(counts) == ([4] * 5 if matching == "round_robin" else [0, 1, 1, 1, 1])
    for i, agent in enumerate(env.possible_agents):
        assert "selected" not in infos[agent]
        for game in infos[agent]["games"]:
            assert (game.action, game.opponent_action) == ((D, C)[game.opponent_last_move], (D, C)[i % 2])
        assert len({game.opponent for game in infos[agent]["games"]}) == counts[i]
    sat_out = counts.index(min(counts))
    if matching == "random":
        assert infos["player_0"]["last_moves"][sat_out] == sat_out % 2


@pytest.mark.parametrize("matching", ["round_robin", "random"])
def test_a_move_by_game_is_one_against_a_seat(matching: str) -> None:
    env = population_env("rock_paper_scissors", players=4, matching=matching, moves="by_game")
    env.reset(seed=0)
    for actions in sampled(env, 2):
        *_, infos = env.step(actions)
        for agent, action in actions.items():
            assert all(game.action == action[game.opponent] for game in infos[agent]["games"])


def test_random_pairs_are_uniform() -> None:
    rng = np.random.default_rng(0)
    met = np.zeros((5, 5))
    for _ in range(4000):
        for i, j in games_of_a_round("random", np.full(5, -1), rng).tolist():
            met[i, j] += 1
            met[j, i] += 1
    # Each of the 10 pairs meets in a fifth of the rounds; 4.5 standard errors.
    error = 4.5 * np.sqrt(4000 * 0.2 * 0.8)
    assert np.abs(met[np.triu_indices(5, 1)] - 800).max() < error


# Players who do not learn.


def test_fixed_players_are_no_agents_and_select_at_random() -> None:
    env = population_env(
        players=4, rounds=None, opponents={"player_1": "always_cooperate", "player_2": "always_defect"}
    )
    env.reset(seed=0)
    assert env.agents == ["player_0", "player_3"]
    rounds = [env.step({"player_0": [0, D, D], "player_3": [2, C, C]})[-1]["player_0"]["round"] for _ in range(2000)]
    counts = population.selections(rounds)
    assert counts[0].tolist() == [0, len(rounds), 0, 0] and counts[3].tolist() == [0, 0, len(rounds), 0]
    third, error = len(rounds) / 3, 4.5 * np.sqrt(len(rounds) * 2 / 9)
    for seat in (1, 2):
        assert counts[seat, seat] == 0
        assert np.abs(np.delete(counts[seat], seat) - third).max() < error
    for played in rounds:
        assert set(played.actions[played.games == 1]) <= {C} and set(played.actions[played.games == 2]) <= {D}


def test_tit_for_tat_answers_the_last_move_against_anyone() -> None:
    env = population_env(players=4, opponents={"player_0": "tit_for_tat"}, matching="round_robin")
    _, infos = env.reset(seed=0)
    for actions in sampled(env, 5):
        before = infos["player_1"]["last_moves"]
        *_, infos = env.step(actions)
        for i in (1, 2, 3):
            (game,) = [game for game in infos[f"player_{i}"]["games"] if game.opponent == 0]
            assert game.opponent_action == before[i]


def test_grim_judges_every_other_player_by_all_its_last_moves() -> None:
    env = population_env(players=3, opponents={"player_0": "grim"}, matching="round_robin", initial_moves=[C, C, C])
    env.reset(seed=0)
    answers: dict[str, str] = {"player_1": "", "player_2": ""}
    for moves in ([C, C], [D, C], [C, C], [C, C]):
        *_, infos = env.step({"player_1": [moves[0]] * 2, "player_2": [moves[1]] * 2})
        for agent in answers:
            answers[agent] += "".join("CD"[game.opponent_action] for game in infos[agent]["games"] if not game.opponent)
    assert answers == {"player_1": "CCDD", "player_2": "CCCC"}


def test_a_memory_one_policy_plays_its_probabilities() -> None:
    policy = mg.PolicyTable([[1, 0], [0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.2, 0.8]], "mine")
    env = population_env(players=2, opponents={"player_1": policy}, rounds=None)
    _, infos = env.reset(seed=0)
    drawn: dict[tuple[int, int], list[int]] = {(a, b): [] for a in (C, D) for b in (C, D)}
    rng = np.random.default_rng(0)
    for _ in range(3000):
        theirs, own = infos["player_0"]["last_moves"][::-1]
        *_, infos = env.step({"player_0": [0, *[int(rng.integers(2))] * 2]})
        drawn[theirs, own] += [game.opponent_action for game in infos["player_0"]["games"]]
    for j, answers in enumerate(drawn.values()):
        chance = policy.probabilities[1 + j, 1]
        assert abs(np.mean(answers) - chance) < 4.5 * np.sqrt(chance * (1 - chance) / len(answers))


def test_an_illegal_answer_pays_nobody_and_leaves_the_last_move() -> None:
    silent = mg.PolicyTable(np.zeros((5, 2)), "silent")
    env = population_env(
        players=2, opponents={"player_1": silent}, rewards="utilitarian + illegal", initial_moves=[D, D]
    )
    env.reset(seed=0)
    _, rewards, _, _, infos = env.step({"player_0": [0, C, C]})
    assert rewards["player_0"] == 0 and infos["player_0"]["last_moves"] == (C, D)
    assert infos["player_0"]["round"].rewards[:, 0].tolist() in ([0, -6], [-6, 0])


# Measures.


def made_up(before, selected, actions, payoffs) -> Round:
    games = np.stack([np.arange(len(selected)), selected], axis=1)
    actions, payoffs = np.array(actions), np.array(payoffs, dtype=float)
    return Round(np.array(before), np.array(selected), games, actions, payoffs, payoffs, np.array(before))


def test_the_measures_on_rounds_written_out() -> None:
    first = made_up([C, D, D], [1, 0, 0], [[C, D], [D, C], [C, C]], [[0, 4], [4, 0], [3, 3]])
    second = made_up([D, D, D], [1, 2, 1], [[D, D], [D, D], [D, C]], [[1, 1], [0, 0], [4, 0]])
    rounds = [first, second]
    assert population.cooperation(rounds) == pytest.approx([4 / 6, 1 / 6])
    # In the first round players 1 and 2 can select a cooperator, player 0, and both do; in the second nobody can.
    assert population.cooperative_selections(rounds) == pytest.approx([1, np.nan], nan_ok=True)
    assert population.selections(rounds).tolist() == [[0, 2, 0], [1, 0, 1], [1, 1, 0]]
    assert population.popularity(rounds) == pytest.approx([2 / 6, 3 / 6, 1 / 6])
    assert population.collective_payoff(rounds).tolist() == [14, 6]
    assert population.payoff_equality(rounds) == pytest.approx([1 / 3, 2 / 3])
    assert population.minimum_payoff(rounds) == pytest.approx([1, 1 / 3])
    half = made_up([C, C, D], [2, 0, 1], [[C, D]] * 3, [[0, 4]] * 3)
    assert population.cooperative_selections([half]) == pytest.approx([2 / 3])


def test_equality_is_the_value_of_that_name() -> None:
    env = population_env("stag_hunt", players=6, rewards="virtue_equality")
    env.reset(seed=0)
    for actions in sampled(env, 1):
        *_, infos = env.step(actions)
        played = infos["player_0"]["round"]
        assert population.payoff_equality([played])[0] == pytest.approx(played.rewards.mean())


def test_measures_of_selection_need_selection() -> None:
    env = population_env(players=4, matching="random")
    env.reset(seed=0)
    *_, infos = env.step({agent: [C, C] for agent in env.agents})
    for measure in (population.selections, population.popularity, population.cooperative_selections):
        with pytest.raises(ValueError, match="matching='selection'"):
            measure([infos["player_0"]["round"]])
        with pytest.raises(ValueError, match="at least one round"):
            measure([])


# Endings, rendering, bad input.


def test_endings() -> None:
    for rounds, last in ((1, (True, False)), (2, (False, True))):
        env = population_env(players=2, rounds=rounds)
        env.reset(seed=0)
        for _ in range(rounds):
            _, _, terminated, truncated, _ = env.step({agent: [0, C, C] for agent in env.agents})
        assert (terminated["player_1"], truncated["player_1"]) == last and not env.agents
        with pytest.raises(ValueError, match="over"):
            env.step({})
    assert population_env(players=2, rounds=None, max_cycles=7).max_cycles == 7


def test_rendering(capsys: pytest.CaptureFixture[str]) -> None:
    options = {
        "players": 3,
        "initial_moves": [C, C, D],
        "rewards": ["selfish", "deontological", "utilitarian"],
        "opponents": {"player_2": "always_defect"},
    }
    env = population_env("ipd", render_mode="ansi", **options)
    env.reset(seed=0)
    assert (
        env.render().splitlines()[2]
        == "0       learns         selfish                   cooperate  -         -            -       -"
    )
    actions = {"player_0": [1, D, D], "player_1": [1, C, C]}
    env.step(actions)
    lines = env.render().splitlines()
    assert lines[0] == "Iterated Prisoner's Dilemma, selection: round 1"
    assert lines[1].split("  ")[0] == "player" and "selected by" in lines[1]
    assert lines[4].split()[:5] == ["2", "always_defect", "utilitarian", "defect", str(env.round.selected[2])]
    human = population_env("ipd", render_mode="human", **options)
    human.reset(seed=0)
    human.step(actions)
    assert "selected by" in capsys.readouterr().out
    strange = mg.MatrixGame.from_payoffs(mg.games.get("ipd").payoffs, ["[bold]", "[/red]"], title="[/x]")
    env = population_env(strange, players=2, render_mode="human")
    env.reset(seed=0)
    env.render()
    assert "[/x]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"players": 1}, ValueError, "players must be a whole number, at least 2, got 1"),
        ({"players": 4.0}, ValueError, "players must be a whole number"),
        ({"game": "bach_or_stravinsky"}, ValueError, "symmetric game for two; game 'bach_or_stravinsky' is not"),
        ({"game": mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)))}, ValueError, "has 3 players"),
        ({"game": "idp"}, ValueError, "unknown game 'idp'"),
        ({"rewards": ["selfish"] * 3}, ValueError, "one for each of 16 players, got 3"),
        ({"rewards": "kindnes"}, ValueError, "unknown reward"),
        ({"matching": "roundrobin"}, ValueError, "unknown matching 'roundrobin'. Did you mean 'round_robin'"),
        ({"observation": "onehot"}, ValueError, "unknown observation 'onehot'. Did you mean 'one_hot'"),
        ({"moves": "by_gam"}, ValueError, "unknown moves 'by_gam'. Did you mean 'by_game'"),
        ({"opponents": {"player_16": "random"}}, ValueError, "unknown player 'player_16'"),
        ({"opponents": {"player_1": "tit_for_tatt"}}, ValueError, "unknown opponent"),
        ({"players": 2, "opponents": {"player_0": "random", "player_1": "random"}}, ValueError, "at least one player"),
        ({"initial_moves": [0, 1]}, ValueError, "initial_moves must be 16 actions, each 0 to 1"),
        ({"initial_moves": [2] * 16}, ValueError, "initial_moves must be"),
        ({"initial_moves": [0.5] * 16}, ValueError, "initial_moves must be"),
        ({"rounds": 0}, ValueError, "rounds must be a whole number, at least 1"),
        ({"max_cycles": 0}, ValueError, "rounds must be"),
        ({"render_mode": "rgb_array"}, ValueError, "render_mode must be one of"),
    ],
)
def test_bad_options_are_refused(options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        population_env(**options)


def test_bad_actions_are_refused_before_anything_changes() -> None:
    env = population_env(players=3)
    fine = {agent: np.array([1, C, D]) for agent in env.possible_agents}
    with pytest.raises(ValueError, match="reset"):
        env.step(fine)
    env.reset(seed=0)
    for wrong in ([2, 0, 0], [0, 0, 2], [0, -1, 0], [0, 0], [0, 0, 0, 0], [0.0, 1.0, 1.0], [[0], 1, 1], 0, None, "CD"):
        with pytest.raises(ValueError, match=r"an action of player_1 is 3 whole numbers.*\[2, 2, 2\]"):
            env.step({**fine, "player_1": wrong})
    with pytest.raises(ValueError, match="one action for each of"):
        env.step({"player_0": [0, 0, 0]})
    unspoilt = population_env(players=3)
    unspoilt.reset(seed=0)
    assert env.played == 0 and str(env.step(fine)) == str(unspoilt.step(fine))


def test_observations_are_the_others_last_moves_in_order_of_seats() -> None:
    options = {"players": 3, "initial_moves": [0, 1, 2]}
    told, _ = population_env("rock_paper_scissors", observation="index", **options).reset(seed=0)
    assert [told[agent].tolist() for agent in told] == [[1, 2], [0, 2], [0, 1]]
    told, _ = population_env("rock_paper_scissors", **options).reset(seed=0)
    assert told["player_1"].tolist() == [1, 0, 0, 0, 0, 1] and told["player_1"].dtype == np.float32


def test_independent_learners_learn_what_they_value() -> None:
    """The published protocol on tables: both players of a game learn from it; the opponent's move is what follows."""
    kinds = ["selfish", "virtue_kindness"] * 3
    env = population_env("ipd", players=6, rewards=kinds, moves="by_game", observation="index", rounds=None)
    rng = np.random.default_rng(0)
    worth = np.zeros((6, 2, 2))
    _, infos = env.reset(seed=0)
    for _ in range(400):
        last = np.array(infos["player_0"]["last_moves"])
        actions = {}
        for i, agent in enumerate(env.agents):
            partner = int(rng.integers(5))
            faced = last.copy()
            faced[i] = last[partner + (partner >= i)]
            greedy = worth[i].argmax(axis=1)[faced]
            actions[agent] = np.array([partner, *np.where(rng.random(6) < 0.1, rng.integers(2, size=6), greedy)])
        *_, infos = env.step(actions)
        for i, agent in enumerate(env.agents):
            for game in infos[agent]["games"]:
                target = game.reward + 0.5 * worth[i, game.opponent_action].max()
                worth[i, game.opponent_last_move, game.action] += 0.1 * (
                    target - worth[i, game.opponent_last_move, game.action]
                )
    assert worth.argmax(axis=2).tolist() == [[D, D], [C, C]] * 3
