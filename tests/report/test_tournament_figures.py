"""What a tournament prints and draws."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

import moral_games as mg
from moral_games.analysis.fingerprint import fingerprint
from moral_games.analysis.tournament import tournament
from moral_games.cli.tournament import Tournament
from moral_games.report import tournament_figures

IPD = mg.games.get("ipd")
READ = pytest.CaptureFixture[str]


def test_the_ranking_and_the_matrix_are_printed(capsys: READ) -> None:
    Tournament(entrants=("always_cooperate", "tit_for_tat", "always_defect"), rounds=4).run()
    ranking, matrix = capsys.readouterr().out.split("\n\n")
    # 4, 7/4 and 1; 3, 3 and 3/4; 3, 3 and 0.
    assert [line.split() for line in ranking.splitlines()[1:]] == [
        ["1", "always_defect", "2.250", "2.250", "0.000"],
        ["2", "tit_for_tat", "2.250", "2.250", "0.750"],
        ["3", "always_cooperate", "2.000", "2.000", "1.000"],
    ]
    assert [line.split() for line in matrix.splitlines()] == [
        ["payoff", "from", "1", "2", "3"],
        ["1", "always_defect", "1.00", "1.75", "4.00"],
        ["2", "tit_for_tat", "0.75", "3.00", "3.00"],
        ["3", "always_cooperate", "0.00", "3.00", "3.00"],
    ]


def test_by_default_everyone_enters_who_understands_the_game(capsys: READ) -> None:
    Tournament(game="rock_paper_scissors", rounds=3, json=True).run()
    entered = json.loads(capsys.readouterr().out)["entrants"]
    assert tuple(entered) == mg.opponents.names(mg.games.get("rock_paper_scissors"))
    assert "tit_for_tat" in entered and "grim" not in entered


def test_json_has_every_number(capsys: READ) -> None:
    Tournament(entrants=("grim", "random"), reward="deontological(penalty=3)", rounds=7, noise=0.1, json=True).run()
    found = json.loads(capsys.readouterr().out)
    result = tournament(("grim", "random"), IPD, "deontological(penalty=3)", rounds=7, noise=0.1)
    for name in ("payoffs", "rewards", "cooperation", "exact"):
        assert np.array(found[name]) == pytest.approx(getattr(result, name), abs=1e-6)
    assert [row["name"] for row in found["ranking"]] == [row.name for row in result.ranking()]


def test_a_large_field_s_matrix_is_not_folded(capsys: READ) -> None:
    Tournament(rounds=2).run()
    printed = capsys.readouterr().out
    assert all(name in printed for name in mg.opponents.names(IPD)) and "see it with --figure or --json" in printed


def test_the_figure_is_written(tmp_path: Path, capsys: READ) -> None:
    path = tmp_path / "figure.png"
    Tournament(entrants=("grim", "random"), rounds=5, figure=path).run()
    assert path.read_bytes().startswith(b"\x89PNG") and "grim" in capsys.readouterr().out


@pytest.mark.parametrize(("path", "message"), [("figure.txt", "ends in"), ("nowhere/figure.png", "there is no folder")])
def test_a_figure_that_cannot_be_written_stops_before_play(
    path: str, message: str, tmp_path: Path, capsys: READ
) -> None:
    with pytest.raises(ValueError, match=message):
        Tournament(entrants=("grim",), figure=tmp_path / path).run()
    assert not capsys.readouterr().out and not list(tmp_path.iterdir())


def test_without_matplotlib_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match=r"pip install 'moral-games\[report\]'"):
        Tournament(entrants=("grim",), figure=tmp_path / "figure.png").run()


def test_the_figure_of_a_tournament_shows_the_ranking_and_the_matrix() -> None:
    result = tournament(["always_defect", "tit_for_tat", "grim"], IPD, rounds=4)
    bars, cells, colours = tournament_figures.tournament(result).axes
    standings = result.ranking()
    assert [label.get_text() for label in bars.get_yticklabels()] == [row.name for row in standings]
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([row.payoff for row in standings])
    order = [result.names.index(row.name) for row in standings]
    assert np.asarray(cells.images[0].get_array()) == pytest.approx(result.payoffs[np.ix_(order, order)])
    assert all((bars.get_xlabel(), bars.get_ylabel(), cells.get_xlabel(), colours.get_ylabel()))


def test_the_largest_shares_are_named_most_first_and_the_others_grey() -> None:
    times, most = np.linspace(0, 5, 20), tournament_figures.MOST_WITH_COLOUR
    names = [f"type {k}" for k in range(most + 2)]
    population = times[:, None] * np.arange(len(names)) / 500
    axis = tournament_figures.shares(times, population, names).axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [*names[:1:-1], "2 others"]
    colours = [to_hex(line.get_color()).upper() for line in axis.lines]
    styles = {(colour, line.get_linestyle()) for colour, line in zip(colours, axis.lines, strict=True)}
    assert colours.count(tournament_figures.OTHERS) == 2 and len(styles) == most + 1
    assert axis.get_xlabel() and axis.get_ylabel()
    alone = tournament_figures.shares(times, population[:, :2], names[:2]).axes[0]
    assert [text.get_text() for text in alone.get_legend().get_texts()] == ["type 1", "type 0"]


def test_a_fingerprint_is_drawn_with_x_to_the_right_and_y_up() -> None:
    values = fingerprint("always_defect", IPD, points=5)
    axis, colours = tournament_figures.fingerprint(values, "always_defect").axes
    image = axis.images[0]
    assert np.asarray(image.get_array()) == pytest.approx(values.T) and image.origin == "lower"
    assert axis.get_xlabel().startswith("x") and axis.get_ylabel().startswith("y") and colours.get_ylabel()
