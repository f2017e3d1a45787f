"""Many games at once, one learner in each: the native Gymnasium vector environment."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from moral_games.chance import as_seed
from moral_games.envs.batch import Batch, SessionBatch, TableBatch
from moral_games.envs.observing import Observing
from moral_games.envs.rendering import RENDER_MODES, check_render_mode, render
from moral_games.envs.single import OPTIONS
from moral_games.envs.tables import Faced, Tables
from moral_games.games import MatrixGame, as_game
from moral_games.opponents import AnyOpponent, Player, players
from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import TooLarge
from moral_games.repetition import Repetition
from moral_games.rewards import RewardFunction, Rewards, one_each

Bools = NDArray[np.bool_]
Opponents = AnyOpponent | Sequence[AnyOpponent]


class MatrixGameVectorEnv(VectorEnv[Any, Any, Any]):
    """A batch of repeated matrix games, each with one learner against fixed opponents.

    Row i, seeded with s, plays exactly as `MatrixGameEnv` does when seeded with s + i, however large
    the batch is. Rows are stepped together by table look-ups; where opponents have no finite memory,
    payoffs are noisy, pictures are wanted or the tables would be too large, they are played one by one.

    Parameters
    ----------
    num_envs
        Number of rows N.
    game, opponent, reward, player
        As in `MatrixGameEnv`, for all rows.
    opponents
        Instead of `opponent`: who plays the other seats in each row; N entries.
    rewards
        Instead of `reward`: the value in each row; N entries.
    render_mode
        As in `MatrixGameEnv`; `render` returns one entry a row.
    autoreset_mode
        What happens to a row whose episode is over: begin the next one on the next step, whose
        action is ignored (``NEXT_STEP``), in the same step, whose last observation and info are in
        ``infos["final_obs"]`` and ``infos["final_info"]`` (``SAME_STEP``), or nothing until `reset` is
        called with ``options={"reset_mask": ...}`` (``DISABLED``).
    max_episode_steps
        Steps after which an episode is truncated, whatever it is: what Gymnasium's TimeLimit does to
        a single environment. The game's own horizon is ``rounds``.
    **controls
        The parameters of `moral_games.repetition.Repetition`.

    Raises
    ------
    ValueError
        If anything is unknown, out of range, or does not fit the game.

    Notes
    -----
    Infos hold arrays ``payoff`` (N,), ``payoffs`` (N, n), ``actions`` (N, n) and ``legal`` (N,), with the
    rows that they speak of in ``_payoff`` and so on. ``final_obs`` is an array like the observations.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012
    """Gymnasium's: the render modes, and pictures a second."""

    def __init__(
        self,
        num_envs: int = 1,
        game: str | MatrixGame = "ipd",
        opponent: Opponents = "tit_for_tat",
        reward: Rewards = "selfish",
        player: int = 0,
        opponents: Sequence[Opponents] | None = None,
        rewards: Sequence[Rewards] | None = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        **controls: Any,
    ) -> None:
        check_render_mode(render_mode)
        num_envs = _at_least_one(num_envs, "num_envs")
        for name, given in (("opponents", opponents), ("rewards", rewards)):
            if given is not None and (isinstance(given, str) or len(given) != num_envs):
                raise ValueError(f"{name} must have one entry a row: {num_envs}, got {given!r}")
        self.num_envs = num_envs
        self.game = as_game(game)
        self.player = player
        self.render_mode = render_mode
        beside = ("num_envs", *OPTIONS, "opponents", "rewards", "autoreset_mode", "max_episode_steps", "max_cycles")
        self.repetition = Repetition.of(controls, beside)
        self.max_episode_steps = None if max_episode_steps is None else _at_least_one(max_episode_steps)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = Observing(self.game, self.repetition).space
        self._batch = self._build(
            [opponent] * num_envs if opponents is None else opponents,
            [reward] * num_envs if rewards is None else rewards,
        )
        self.single_action_space = spaces.Discrete(self.game.shape[player])
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._done: Bools | None = None
        self._elapsed = np.zeros(num_envs, dtype=np.int64)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes: in all rows, or in those of ``options["reset_mask"]``, (N,) bool.

        Parameters
        ----------
        seed
            Row i is seeded with ``seed + i``, or with ``seed[i]`` where that is not None.
        options
            ``reset_mask`` or nothing.

        Raises
        ------
        ValueError
            If there are not as many seeds as rows, or the mask is not one bool a row.
        """
        if options is not None and not isinstance(options, dict):
            raise ValueError(f"options must be a dict, with reset_mask or without, got {options!r}")
        rows = self._mask((options or {}).get("reset_mask"))
        if seed is None:
            seeds: Sequence[int | None] = [None] * self.num_envs
            if self._done is None:
                start, _ = seeding.np_random(None)
                seeds = range(first := int(start.integers(2**62)), first + self.num_envs)
        elif not isinstance(seed, Sequence | np.ndarray):
            seeds = range(as_seed(seed), as_seed(seed) + self.num_envs)
        else:
            seeds = [None if number is None else as_seed(number) for number in seed]
            if len(seeds) != self.num_envs:
                raise ValueError(f"seed must be one number, or one a row: {self.num_envs}, got {len(seeds)}")
        if rows is not None:
            seeds = [number if picked else None for number, picked in zip(seeds, rows, strict=True)]
        if self._done is None and any(number is None for number in seeds):
            raise ValueError(
                "the first reset begins every row: give no reset_mask, and one seed or a seed for each row"
            )
        self._batch.seed(seeds)
        self._batch.reset(rows)
        self._elapsed[slice(None) if rows is None else rows] = 0
        self._done = np.zeros(self.num_envs, dtype=bool) if rows is None or self._done is None else self._done & ~rows
        return self._batch.observe(), {}

    def step(self, actions: Any) -> tuple[Any, NDArray[np.float64], Bools, Bools, dict[str, Any]]:
        """Play one round in every row.

        Parameters
        ----------
        actions
            (N,) int.

        Raises
        ------
        ValueError
            If a row's episode is over (in mode ``DISABLED``) or was not begun, or an action is unknown.
        """
        if self._done is None:
            raise ValueError("no episode was begun; call reset() before step()")
        waiting = self._done if self._done.any() else None
        chosen = self._check(actions, waiting)
        if waiting is not None and self.autoreset_mode == AutoresetMode.DISABLED:
            raise ValueError(
                f"the episodes of rows {np.flatnonzero(waiting).tolist()[:10]} are over; "
                'call reset(options={"reset_mask": ...}) with a mask that picks them'
            )
        live = None if waiting is None else ~waiting
        played, payoffs, earned, terminated, truncated = self._batch.play(chosen, live)
        if waiting is not None and live is not None:
            self._batch.reset(waiting)
            earned, terminated, truncated = np.where(live, earned, 0.0), terminated & live, truncated & live
        if self.max_episode_steps is not None:
            self._elapsed = np.where(self._done, 0, self._elapsed + 1)
            truncated = truncated | (self._elapsed >= self.max_episode_steps)
        over = terminated | truncated
        observations = self._batch.observe()
        if self.autoreset_mode == AutoresetMode.SAME_STEP and over.any():
            final = {
                "final_obs": observations,
                "_final_obs": over,
                "final_info": _infos(self.player, played, payoffs, over),
            }
            infos = _infos(self.player, played, payoffs, ~over) | final | {"_final_info": over.copy()}
            self._batch.reset(over)
            self._elapsed[over] = 0
            observations = self._batch.observe()
            self._done = np.zeros(self.num_envs, dtype=bool)
        else:
            spoken = np.ones(self.num_envs, dtype=bool) if live is None else live
            infos = _infos(self.player, played, payoffs, spoken)
            self._done = over
        return observations, earned, terminated, truncated, infos

    def render(self) -> Any:
        """Return for each row its text or its picture, or print them, by the render mode."""
        if self.render_mode is None or not isinstance(self._batch, SessionBatch):
            return None
        return tuple(render(self.render_mode, session.scene()) for session in self._batch.sessions)

    def _build(self, opponents: Sequence[Opponents], rewards: Sequence[Rewards]) -> Batch:
        """Return the rows: by tables if that is possible."""
        game, player, repetition = self.game, self.player, self.repetition
        kinds: dict[Any, int] = {}
        faced: list[tuple[dict[int, Player], tuple[RewardFunction, ...]]] = []
        of_row = []
        for opponent, reward in zip(opponents, rewards, strict=True):
            key = _key(opponent), _key(reward)
            if key not in kinds:
                kinds[key] = len(faced)
                faced.append((self._seated(opponent), one_each(game, reward)))
            of_row.append(kinds[key])
        tabular = [
            Faced({seat: who for seat, who in others.items() if isinstance(who, FiniteStatePolicy)}, values)
            for others, values in faced
        ]
        everybody = all(len(kind.opponents) == game.players - 1 for kind in tabular)
        if everybody and not repetition.payoff_noise and self.render_mode is None:
            try:
                return TableBatch(game, Tables.build(game, player, repetition, tabular), np.array(of_row))
            except TooLarge as error:
                warnings.warn(f"{error}: rows are played one by one, which is much slower", stacklevel=3)
        rows = [(self._seated(opponent), faced[kind][1]) for opponent, kind in zip(opponents, of_row, strict=True)]
        return SessionBatch(game, repetition, player, rows, self.render_mode is not None)

    def _seated(self, opponent: Opponents) -> dict[int, Player]:
        seats = [seat for seat in range(self.game.players) if seat != self.player]
        return dict(zip(seats, players(opponent, self.game, self.player), strict=True))

    def _mask(self, mask: Any) -> Bools | None:
        if mask is None:
            return None
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            shown = f"{mask.dtype} of shape {mask.shape}" if isinstance(mask, np.ndarray) else repr(mask)
            raise ValueError(f"reset_mask must be a numpy array of {self.num_envs} bools, one a row, got {shown}")
        if not mask.any():
            raise ValueError("reset_mask picks no row; leave it out to reset all of them")
        return mask.copy()

    def _check(self, actions: Any, ignored: Bools | None) -> NDArray[np.int64]:
        chosen = np.asarray(actions)
        count, lowest = self.game.shape[self.player], self.repetition.lowest_action
        if chosen.shape != (self.num_envs,) or chosen.dtype.kind not in "iub":
            raise ValueError(
                f"step() needs {self.num_envs} whole numbers, one action a row, "
                f"got {chosen.dtype} of shape {chosen.shape}"
            )
        if ignored is not None:
            chosen = np.where(ignored, 0, chosen)
        if chosen.min() < lowest or chosen.max() >= count:
            wrong = chosen[(chosen < lowest) | (chosen >= count)][0]
            raise ValueError(
                f"player {self.player} of {self.game.name!r} has actions {lowest} to {count - 1}, got {wrong}"
            )
        return chosen.astype(np.int64, copy=False)


def _at_least_one(number: Any, name: str = "max_episode_steps") -> int:
    if isinstance(number, bool) or not hasattr(number, "__index__") or index(number) < 1:
        raise ValueError(f"{name} must be a whole number, at least 1, got {number!r}")
    return index(number)


def _key(given: Any) -> Any:
    """Return what tells apart the opponents or values of rows: what a text says, which object another is."""
    if isinstance(given, str):
        return given
    return tuple(map(_key, given)) if isinstance(given, Sequence) else id(given)


def _infos(player: int, played: np.ndarray, payoffs: np.ndarray, rows: Bools) -> dict[str, Any]:
    own = played[:, player]
    told = {"payoff": payoffs[:, player], "payoffs": payoffs, "actions": played, "legal": own >= 0}
    return {**told, **{f"_{name}": rows for name in told}}
