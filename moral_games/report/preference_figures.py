"""The figure of estimated preferences: before and after, or one chooser beside another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from moral_games.analysis.estimation import PARAMETERS, Fit
from moral_games.report.figures import WIDTH
from moral_games.report.palette import GREY, PALE, style
from moral_games.report.pieces import Drawing

PLANES = ((0, 1, "aversion to being behind, alpha"), (0, 2, "aversion to being ahead, beta"))
REACH = np.sqrt(-2 * np.log(0.05))
"""How many standard deviations the 95 % region of two normal variables reaches, along each axis of its ellipse."""


def preferences(fits: Mapping[str, Fit], places: Mapping[str, int] | None = None) -> Figure:
    """Draw estimates in the planes of κ with α and of κ with β, each with its 95 % region and intervals.

    Crosses are the 95 % intervals of each parameter alone, ellipses the regions of both together. Whoever is not
    identified is named and not drawn.

    Parameters
    ----------
    fits
        By the name of the chooser; in order, if one is what another became.
    places
        Which style each of them has (see `moral_games.report.palette.style`); in order by default.

    Raises
    ------
    ValueError
        If there is nobody.
    """
    if not fits:
        raise ValueError("there is nothing to draw; give at least one fit")
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    axes = figure.subplots(1, len(PLANES))
    drawn = {name: found for name, found in fits.items() if found.identified}
    for axis, (x, y, label) in zip(axes, PLANES, strict=True):
        axis.axvspan(0, 1, color=PALE, zorder=0)
        axis.axhline(0, color=GREY, linewidth=0.8)
        for order, (name, found) in enumerate(drawn.items()):
            _draw(axis, found, (x, y), order if places is None else places[name], name)
        axis.set(xlabel="degree of morality, kappa", ylabel=label)
        axis.grid(alpha=0.25)
    absent = [name for name in fits if name not in drawn]
    if absent:
        figure.suptitle(f"not identified: {', '.join(absent)}", fontsize=9)
    if drawn:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(drawn), 3), frameon=False)
    return figure


def drawn_preferences(fits: Mapping[str, Fit], places: Mapping[str, int] | None = None) -> Drawing:
    """Draw estimates as `preferences` does, and say what is seen."""
    told = [
        f"{name} kappa {found.estimates['kappa']:.2f}, alpha {found.estimates['alpha']:.2f}, "
        f"beta {found.estimates['beta']:.2f}"
        if found.identified
        else f"{name} not identified"
        for name, found in fits.items()
    ]
    return Drawing(
        preferences(fits, places),
        f"Estimated morality against both aversions, with intervals and regions of 95 %: {'; '.join(told)}.",
    )


def _draw(axis: Axes, found: Fit, plane: tuple[int, int], place: int, name: str) -> None:
    look = style(place)
    x, y = (found.estimates[PARAMETERS[parameter]] for parameter in plane)
    region = found.covariance[np.ix_(plane, plane)]
    reach = 1.96 * np.sqrt(np.diagonal(region))
    axis.errorbar(x, y, xerr=reach[0], yerr=reach[1], color=look["color"], fmt=look["marker"], capsize=3, label=name)
    across, up = _ellipse(region)
    axis.plot(x + across, y + up, color=look["color"], linestyle=look["linestyle"], linewidth=1)


def _ellipse(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the border of the 95 % region around zero, (2, 101)."""
    values, vectors = np.linalg.eigh(covariance)
    angles = np.linspace(0, 2 * np.pi, 101)
    return REACH * vectors @ (np.sqrt(values.clip(0))[:, None] * np.array([np.cos(angles), np.sin(angles)]))
