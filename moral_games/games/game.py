"""A game is an array of payoffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class MatrixGame:
    """A simultaneous-move game: any number of players, any number of actions each.

    Parameters
    ----------
    payoffs
        Array of shape (A_0, ..., A_{n-1}, n); ``payoffs[a_0, ..., a_{n-1}, i]`` is what
        player i is paid when the players choose a_0, ..., a_{n-1}. Kept as read-only float64.
    actions
        For each player the names of its actions, in the order of the payoff axes. Action 0 is
        *cooperate* where that word has a meaning.
    name, title, source, kind, env_id
        The game's identifier, what people call it, where the payoffs come from, its class
        (a name of `moral_games.games.kinds`), and its id in the environment registries.

    Raises
    ------
    ValueError
        If the payoffs are not finite, or their shape disagrees with the players and actions.
    """

    payoffs: NDArray[np.float64]
    actions: tuple[tuple[str, ...], ...]
    name: str = "custom"
    title: str = ""
    source: str = ""
    kind: str = "unclassified"
    env_id: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        payoffs = np.array(self.payoffs, dtype=np.float64)
        n = payoffs.ndim - 1
        if n < 1 or payoffs.shape[-1] != n:
            raise ValueError(
                f"payoffs of game {self.name!r} have shape {payoffs.shape}; expected one axis for each "
                "player and a last axis with one payoff a player: (A_0, ..., A_{n-1}, n)"
            )
        if not np.isfinite(payoffs).all():
            raise ValueError(f"payoffs of game {self.name!r} must be finite numbers, without NaN or infinity")
        if min(payoffs.shape[:-1]) < 1:
            raise ValueError(
                f"every player of game {self.name!r} needs at least one action; payoffs have shape {payoffs.shape}"
            )
        counts = tuple(len(names) for names in self.actions)
        if counts != payoffs.shape[:-1]:
            raise ValueError(
                f"actions of game {self.name!r} name {counts} actions a player, "
                f"but the payoffs have {payoffs.shape[:-1]}"
            )
        for names in self.actions:
            if not all(isinstance(name, str) for name in names):
                raise ValueError(f"actions of game {self.name!r} must have texts for names, got {names}")
            if len(set(names)) != len(names):
                raise ValueError(f"actions of game {self.name!r} must have different names, got {names}")
        payoffs.setflags(write=False)
        object.__setattr__(self, "actions", tuple(tuple(names) for names in self.actions))
        object.__setattr__(self, "payoffs", payoffs)

    @classmethod
    def from_payoffs(
        cls,
        payoffs: ArrayLike,
        actions: Sequence[str] | Sequence[Sequence[str]] | None = None,
        name: str = "custom",
        **details: str,
    ) -> MatrixGame:
        """Build a game from an array-like of payoffs.

        Parameters
        ----------
        payoffs
            Shape (A_0, ..., A_{n-1}, n).
        actions
            One list of names that all players share, or one list a player. By default
            ``cooperate, defect`` for two actions each, else ``action_0, action_1, ...``.
        name
            The game's identifier.
        **details
            ``title``, ``source``, ``kind``, ``env_id``.

        Raises
        ------
        ValueError
            If shapes disagree or a payoff is not finite.
        """
        try:
            array = np.array(payoffs, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"payoffs of game {name!r} must be a full array of numbers: {error}") from None
        counts = array.shape[:-1]
        if actions is None:
            named = tuple(
                ("cooperate", "defect") if set(counts) == {2} else tuple(f"action_{a}" for a in range(count))
                for count in counts
            )
        elif all(isinstance(entry, str) for entry in actions):
            named = (tuple(str(entry) for entry in actions),) * len(counts)
        else:
            try:
                named = tuple(tuple(entry) for entry in actions)
            except TypeError:
                raise ValueError(
                    f"actions of game {name!r} must be one list of names, or one list a player, got {actions!r}"
                ) from None
        return cls(array, named, name, **details)

    @property
    def players(self) -> int:
        """Number of players n."""
        return self.payoffs.ndim - 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of actions of each player, (A_0, ..., A_{n-1})."""
        return self.payoffs.shape[:-1]

    @cached_property
    def resolution(self) -> float:
        """The difference of payoffs below which two are taken to be equal: what rounding makes of the largest."""
        return 1e-12 * float(np.abs(self.payoffs).max())

    @cached_property
    def joint_actions(self) -> NDArray[np.int64]:
        """All joint actions, row-major; shape (ΠA, n) int."""
        joint = np.indices(self.shape, dtype=np.int64).reshape(self.players, -1).T.copy()
        joint.setflags(write=False)
        return joint

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether only what is played matters to payoffs, and not who plays it.

        It is enough that no two neighbouring seats can be told apart: every order of the
        players is a sequence of exchanges of neighbours.
        """
        return len(set(self.shape)) == 1 and all(
            np.allclose(self.payoffs, self._exchanged(seat, seat + 1), rtol=0, atol=self.resolution)
            for seat in range(self.players - 1)
        )

    def _exchanged(self, one: int, other: int) -> NDArray[np.float64]:
        """Return the payoffs of the game in which two players have exchanged their seats."""
        seats = list(range(self.players))
        seats[one], seats[other] = other, one
        return np.swapaxes(self.payoffs, one, other)[..., seats]

    def seen_by(self, player: int) -> MatrixGame:
        """Return the same game with `player` as player 0 and the others after it, in order."""
        if player == 0:
            return self
        order = own_first(self.players, player)
        payoffs = np.transpose(self.payoffs, (*order, self.players))[..., list(order)]
        return MatrixGame(
            payoffs, tuple(self.actions[i] for i in order), self.name, self.title, self.source, self.kind, self.env_id
        )


def own_first(players: int, player: int) -> tuple[int, ...]:
    """Return the seats as `player` counts them: itself, then the others in order; a ValueError if there is no such."""
    if not 0 <= player < players:
        raise ValueError(f"player must be 0 to {players - 1}, got {player}")
    return (player, *(i for i in range(players) if i != player))
