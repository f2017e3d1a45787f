"""Logit demand: what firms sell at their prices, what they earn by it, and what it is worth to buyers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Firms with one product each, of which every buyer takes at most one.

    At prices p firm i sells q_i = B exp((a_i − p_i/α)/μ) / (Σ_j exp((a_j − p_j/α)/μ) + exp(a_0/μ)) and earns
    (p_i − α c_i) q_i. The defaults are the published duopoly; `symmetric` makes others.

    Parameters
    ----------
    qualities
        a_i: what each product is worth to the mean buyer.
    costs
        c_i: what a unit costs its firm, at least 0; as many as qualities.
    outside
        a_0: what buying nothing is worth; −inf where everybody has to buy.
    differentiation
        μ > 0: how much tastes differ. The smaller it is, the better substitutes are the products.
    size
        B > 0: how many buyers there are.
    currency
        α > 0: how many units of money one unit of quality and of cost is; prices are in money.

    Raises
    ------
    ValueError
        If there is no firm, or a number is out of range.

    Notes
    -----
    Logit demand: McFadden (1974). The parameters are those of Calvano, Calzolari, Denicolò & Pastorello (2020); the
    size of 100 and the currency are those of Fish, Gonczarowski & Shorrer (2024).

    Examples
    --------
    >>> Market().profits([1.47293, 1.47293]).round(3)
    array([22.293, 22.293])
    """

    qualities: tuple[float, ...] = (2.0, 2.0)
    costs: tuple[float, ...] = (1.0, 1.0)
    outside: float = 0.0
    differentiation: float = 0.25
    size: float = 100.0
    currency: float = 1.0

    def __post_init__(self) -> None:
        for name in ("qualities", "costs"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        if not self.qualities:
            raise ValueError("a market needs at least one firm, got no qualities")
        if len(self.costs) != len(self.qualities):
            raise ValueError(
                f"a market needs one cost for each quality, got {len(self.costs)} and {len(self.qualities)}"
            )
        if min(self.costs) < 0:
            raise ValueError(f"costs must be at least 0, got {self.costs}")
        if self.outside != -inf:
            _numbers("outside", (self.outside,))
        for name in ("differentiation", "size", "currency"):
            if _numbers(name, (getattr(self, name),))[0] <= 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")

    @classmethod
    def symmetric(cls, firms: int, quality: float = 2.0, cost: float = 1.0, **others: float) -> Market:
        """Return a market of firms that are all alike.

        Parameters
        ----------
        firms
            How many, at least 1.
        quality, cost
            Of each.
        **others
            The other parameters of a market.

        Raises
        ------
        ValueError
            If a number is out of range.
        """
        if isinstance(firms, bool) or not isinstance(firms, int | np.integer) or firms < 1:
            raise ValueError(f"firms must be a whole number, at least 1, got {firms!r}")
        return cls((quality,) * int(firms), (cost,) * int(firms), **others)

    @property
    def firms(self) -> int:
        """How many firms there are, n."""
        return len(self.qualities)

    @property
    def is_symmetric(self) -> bool:
        """Whether the firms are alike."""
        return len(set(zip(self.qualities, self.costs, strict=True))) == 1

    @property
    def unit_costs(self) -> Floats:
        """What a unit costs each firm, in money; (n,)."""
        return self.currency * np.array(self.costs)

    def checked(self, prices: ArrayLike) -> Floats:
        """Return prices as an array (..., n).

        Raises
        ------
        ValueError
            If they are not one for each firm, or one is negative, infinite or NaN.
        """
        try:
            array = np.asarray(prices, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"prices must be numbers, got {prices!r}") from None
        if array.ndim < 1 or array.shape[-1] != self.firms:
            raise ValueError(f"prices must be one for each of {self.firms} firms on the last axis, got {array.shape}")
        if not (np.isfinite(array) & (array >= 0)).all():
            wrong = array[~(np.isfinite(array) & (array >= 0))].flat[0]
            raise ValueError(f"prices must be finite and at least 0, got {wrong}")
        return array

    def quantities(self, prices: ArrayLike) -> Floats:
        """Return what each firm sells at prices (..., n); the same shape."""
        attraction, scale, _ = self._attraction(self.checked(prices))
        return self.size * attraction / scale

    def profits(self, prices: ArrayLike) -> Floats:
        """Return what each firm earns at prices (..., n), in money; the same shape."""
        charged = self.checked(prices)
        return (charged - self.unit_costs) * self.quantities(charged)

    def consumer_surplus(self, prices: ArrayLike) -> Floats:
        """Return what buying is worth to all buyers together beyond what they pay, in money; shape (...).

        B α μ log(Σ_j exp((a_j − p_j/α)/μ) + exp(a_0/μ)), counted from a utility of 0 (Small & Rosen 1981). A firm
        that raises its price by a little takes from buyers that times its quantity.
        """
        _, scale, top = self._attraction(self.checked(prices))
        return self.size * self.currency * self.differentiation * (np.log(scale) + top)[..., 0]

    def utilities(self, prices: Floats) -> Floats:
        """Return (a_i − p_i/α)/μ, the mean utility of each product in units of μ; (..., n)."""
        return (np.array(self.qualities) - prices / self.currency) / self.differentiation

    def _attraction(self, prices: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the exponentials of utilities (..., n), their sum with the outside good's, and log of their unit."""
        utilities, outside = self.utilities(prices), self.outside / self.differentiation
        top = np.maximum(utilities.max(axis=-1, keepdims=True), outside)
        attraction = np.exp(utilities - top)
        return attraction, attraction.sum(axis=-1, keepdims=True) + np.exp(outside - top), top


def _numbers(name: str, given: Any) -> tuple[float, ...]:
    """Return finite numbers as floats."""
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        raise ValueError(f"{name} must be one number a firm, got {given!r}")
    for number in given:
        if isinstance(number, bool) or not isinstance(number, Real) or not isfinite(number):
            raise ValueError(f"{name} must be finite, got {number!r}")
    return tuple(float(number) for number in given)
