"""Many players, two to a game: the PettingZoo parallel environment of a population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils import parallel_to_aec

from moral_games import games
from moral_games.envs.population.decisions import Decisions
from moral_games.envs.population.fixed_players import FixedPlayers
from moral_games.envs.population.matching import MATCHINGS, games_of_a_round, other_seat
from moral_games.envs.population.record import Floats, Ints, Round, games_by_player, last_moves
from moral_games.envs.population.table import check_render_mode, render
from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.opponents import AnyOpponent, as_policy
from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import RepeatedGame
from moral_games.repetition import OBSERVATIONS
from moral_games.rewards import RewardFunction, Rewards, as_reward


class PopulationEnv(ParallelEnv):
    """A population whose players meet in pairs, know each other by their last moves, and may select partners.

    Parameters
    ----------
    game
        A symmetric game for two: a catalogue name, or a game of your own.
    players
        Number of players N, at least 2.
    rewards
        The value all players hold, or one a player; see `moral_games.rewards`. A value that looks
        at the round before is given the last moves of both players, against whomever they were.
    matching
        ``"selection"``: each player selects a partner and plays a game with it, so that a player
        plays once, and once more each time it is selected (Tennant et al. 2024).
        ``"round_robin"``: every pair plays. ``"random"``: each plays once, with a random partner
        (with N odd, one sits out). The games of a round are played in random order.
    moves
        ``"by_last_move"``: a player decides what to do against one whose last move was action 0,
        1, ...: its policy as a table. ``"by_game"``: it decides each game by itself, so that it
        can randomise independently in each, as published.
    opponents
        Players who do not learn, e.g. ``{"player_3": "tit_for_tat"}``: names, or policies with
        finite memory; see `moral_games.envs.population.fixed_players.FixedPlayers` for what they
        remember. They are no agents of the environment, and they select at random.
    observation
        How the last moves of the others, in order of seats, are told: ``"one_hot"`` (a vector
        float32, one block of A entries for each) or ``"index"`` (a ``MultiDiscrete`` of actions).
    initial_moves
        The last moves that play begins with, one a player; drawn uniformly if None.
    rounds
        After so many rounds an episode is *truncated*; ``rounds=1`` is *terminated* instead. None
        for no end. (A round here is what the published study calls an episode.)
    render_mode
        ``"ansi"`` (`render` returns text) or ``"human"`` (each round is printed), or None.
    max_cycles
        PettingZoo's name for `rounds`.

    Raises
    ------
    ValueError
        If the game is not symmetric or not for two, or another parameter is out of range.

    Notes
    -----
    Agents are ``player_0``, ``player_1``, ..., by seat. Each observes the last moves of the others.
    Selecting and playing are one step because nothing is learned in between: games are decided on
    the last moves from before the round, as selections are. An action is a ``MultiDiscrete`` of

    - the partner, where partners are selected: 0 to N − 2 among the others in order of seats;
    - then, with ``"by_last_move"``, for each action the move against one who played it last;
    - or, with ``"by_game"``, for each seat the move in the game which that seat started, the own
      one included, where partners are selected, and else in the game against that seat.

    The reward is the sum over all games of the round. Infos hold the ``games`` one by one (see
    `PlayedGame`), the summed ``payoff``, everyone's ``last_moves``, whom the player ``selected`` and
    who it was ``selected_by``, and the whole `Round` as ``round``, which the measures of
    `moral_games.envs.population` are taken from.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4, "name": "population"}

    def __init__(
        self,
        game: str | MatrixGame = "ipd",
        players: int = 16,
        rewards: Rewards = "selfish",
        matching: str = "selection",
        moves: str = "by_last_move",
        opponents: Mapping[str, AnyOpponent] | None = None,
        observation: str = "one_hot",
        initial_moves: Sequence[int] | None = None,
        rounds: int | None = 100,
        render_mode: str | None = None,
        max_cycles: int | None = None,
    ) -> None:
        for name, given, known in (("matching", matching, MATCHINGS), ("observation", observation, OBSERVATIONS)):
            if given not in known:
                raise unknown(name, given, known)
        check_render_mode(render_mode)
        self.game = _for_pairs(games.as_game(game))
        self.players = _whole("players", players, 2)
        self.rewards_of = _one_each(rewards, self.players)
        self.matching, self.observation, self.render_mode = matching, observation, render_mode
        limit = rounds if max_cycles is None else max_cycles
        self.max_cycles = None if limit is None else _whole("rounds", limit, 1)
        actions = self.game.shape[0]
        self.initial_moves = None if initial_moves is None else _initial(initial_moves, self.players, actions)
        policies = _policies(opponents or {}, self.players, self.game)
        self._fixed = FixedPlayers(policies, self.players, actions)
        self._learners = np.array([seat for seat in range(self.players) if seat not in policies])
        self._decisions = Decisions(self.players, actions, matching == "selection", moves)
        self._payoffs, self._rewards, self._held = _tables(self.game, self.rewards_of)
        self._others = other_seat(self._learners[:, None], np.arange(self.players - 1))
        self.possible_agents = [f"player_{seat}" for seat in self._learners]
        self.agents: list[str] = []
        self.observation_spaces = {agent: self._observation_space() for agent in self.possible_agents}
        self.action_spaces = {agent: self._decisions.space() for agent in self.possible_agents}
        self._rng: np.random.Generator | None = None
        self._last = np.zeros(self.players, dtype=np.int64)
        self.played = 0
        self.round: Round | None = None

    def observation_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode; a seed makes it, and all that follow, repeatable."""
        if seed is not None or self._rng is None:
            self._rng, _ = seeding.np_random(seed)
        drawn = self._rng.integers(self.game.shape[0], size=self.players)
        self._last = drawn if self.initial_moves is None else self.initial_moves
        self._fixed.begin(self._last)
        self.agents = self.possible_agents[:]
        self.played, self.round = 0, None
        known = tuple(self._last.tolist())
        return self._observations(), {agent: {"last_moves": known} for agent in self.agents}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Play one round: everyone selects, then all games are played.

        Parameters
        ----------
        actions
            One a live agent.

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or an agent's action is missing or not in its space.
        """
        agents = self.agents
        if not agents or self._rng is None:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        decided = self._decisions.checked(agents, actions)
        self.round = played = self._play(decided, self._rng)
        self._last = played.after
        self._fixed.see(played.after)
        self.played += 1
        over = self.max_cycles is not None and self.played >= self.max_cycles
        terminated = over and self.max_cycles == 1
        earned = np.bincount(played.games.ravel(), played.rewards.ravel(), self.players)[self._learners].tolist()
        result = (
            self._observations(),
            dict(zip(agents, earned, strict=True)),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, over and not terminated),
            self._infos(played),
        )
        if over:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return result

    def render(self) -> str | None:
        """Return who selected whom and what came of it as a table of text, or print it in mode ``"human"``."""
        title = f"{self.game.title or self.game.name}, {self.matching}: round {self.played}"
        strategies = [self._fixed.names.get(seat, "learns") for seat in range(self.players)]
        return render(self.render_mode, title, self.game, strategies, self.rewards_of, self._last, self.round)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _play(self, decided: Ints, rng: np.random.Generator) -> Round:
        """Play one round with the checked decisions of the learners; (L, entries) int."""
        selected = np.full(self.players, -1)
        if self.matching == "selection":
            choices = rng.integers(self.players - 1, size=self.players)
            choices[self._learners] = decided[:, 0]
            selected = other_seat(np.arange(self.players), choices)
        pairs = games_of_a_round(self.matching, selected, rng)
        planned = np.zeros((self.players, self._decisions.planned), dtype=np.int64)
        planned[self._learners] = decided[:, -self._decisions.planned :]
        moves = self._fixed.answer(pairs, planned[pairs, self._decisions.entries(pairs, self._last)], rng)
        first, second = moves[:, :1], moves[:, 1:]
        played = Round(
            before=self._last.copy(),
            selected=selected,
            games=pairs,
            actions=moves,
            payoffs=self._payoffs[moves[:, 0], moves[:, 1]],
            rewards=self._rewards[self._held[pairs], self._judged_on(pairs), first, second, [0, 1]],
            after=last_moves(self._last, pairs, moves),
        )
        for array in played:
            array.setflags(write=False)
        return played

    def _judged_on(self, pairs: Ints) -> Ints:
        """Return the state on which the value of each player judges each game: both last moves; (G, 1) or (G, 2)."""
        before = self._last[pairs]
        return 1 + before[:, :1] * self.game.shape[1] + before[:, 1:]

    def _observation_space(self) -> spaces.Space:
        others, actions = self.players - 1, self.game.shape[0]
        if self.observation == "index":
            return spaces.MultiDiscrete([actions] * others)
        return spaces.Box(0.0, 1.0, (others * actions,), np.float32)

    def _observations(self) -> dict[str, Any]:
        seen = self._last[self._others]
        if self.observation == "index":
            return dict(zip(self.possible_agents, seen, strict=True))
        rows = np.eye(self.game.shape[0], dtype=np.float32)[seen].reshape(len(seen), -1)
        return dict(zip(self.possible_agents, rows, strict=True))

    def _infos(self, played: Round) -> dict[str, Any]:
        known, seen = tuple(played.after.tolist()), games_by_player(played)
        infos: dict[str, Any] = {}
        for seat, agent in zip(self._learners.tolist(), self.possible_agents, strict=True):
            mine = seen[seat]
            infos[agent] = {"games": mine, "payoff": sum((game.payoff for game in mine), 0.0), "last_moves": known}
            if self.matching == "selection":
                infos[agent]["selected"] = int(played.selected[seat])
                infos[agent]["selected_by"] = tuple(game.opponent for game in mine if not game.selector)
            infos[agent]["round"] = played
        return infos


def population_env(game: str | MatrixGame = "ipd", **options: Any) -> PopulationEnv:
    """Return the PettingZoo parallel environment of a population; see `PopulationEnv` for the options."""
    return PopulationEnv(game, **options)


def population_aec_env(game: str | MatrixGame = "ipd", **options: Any) -> AECEnv:
    """Return a population as a PettingZoo AEC environment: agents decide one after the other, unseen by the others."""
    return parallel_to_aec(population_env(game, **options))


def _tables(game: MatrixGame, values: Sequence[RewardFunction]) -> tuple[Floats, Floats, Ints]:
    """Return the payoffs (A + 1, A + 1, 2), the rewards of the V distinct values, and which of them each player holds.

    The rewards have shape (V, S, A + 1, A + 1, 2), as in `moral_games.repeated.RepeatedGame`.
    """
    distinct = list(dict.fromkeys(values))
    compiled = [RepeatedGame.compile(game, value) for value in distinct]
    held = np.array([distinct.index(value) for value in values])
    return compiled[0].payoffs, np.stack([table.rewards for table in compiled]), held


def _policies(opponents: Mapping[str, AnyOpponent], players: int, game: MatrixGame) -> dict[int, FiniteStatePolicy]:
    """Return the policy of each seat that does not learn."""
    seats = {f"player_{seat}": seat for seat in range(players)}
    for name in opponents:
        if name not in seats:
            raise unknown("player", name, seats)
    if len(opponents) == players:
        raise ValueError(f"opponents hold all {players} seats; leave at least one player to learn")
    return {seats[name]: as_policy(opponent, game) for name, opponent in opponents.items()}


def _for_pairs(game: MatrixGame) -> MatrixGame:
    if game.players != 2 or not game.is_symmetric:
        what = "is not symmetric" if game.players == 2 else f"has {game.players} players"
        raise ValueError(f"a population plays a symmetric game for two; game {game.name!r} {what}")
    return game


def _whole(name: str, number: object, least: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
        raise ValueError(f"{name} must be a whole number, at least {least}, got {number!r}")
    return int(number)


def _one_each(rewards: Rewards, players: int) -> tuple[RewardFunction, ...]:
    if isinstance(rewards, str | RewardFunction):
        return (as_reward(rewards),) * players
    values = tuple(as_reward(reward) for reward in rewards)
    if len(values) != players:
        raise ValueError(f"rewards must be one for all or one for each of {players} players, got {len(values)}")
    return values


def _initial(moves: Sequence[int], players: int, actions: int) -> Ints:
    given = np.asarray(moves)
    if given.shape != (players,) or given.dtype.kind not in "iu" or given.min() < 0 or given.max() >= actions:
        raise ValueError(f"initial_moves must be {players} actions, each 0 to {actions - 1}, got {moves!r}")
    return given.astype(np.int64)
