"""What a value makes of a game as one of its parameters grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

import moral_games as mg
from moral_games.cli import main
from moral_games.report.value_figures import transformation


def _borders(figure: Figure) -> list[tuple[str, float]]:
    """Return the kinds along the top of the figure, with the middle of each stretch."""
    (axis,) = figure.axes
    return [(text.get_text().replace("\n", "_"), text.get_position()[0]) for text in axis.texts]


def test_homo_moralis_makes_a_chicken_and_then_a_harmony_of_the_dilemma() -> None:
    """For (T, R, P, S) = (5, 3, 1, 0) the borders are at kappa = 1/3 and 1/2."""
    found = _borders(transformation(mg.games.get("ipd_axelrod"), "homo_moralis", "kappa"))
    assert [kind for kind, _ in found] == ["prisoners_dilemma", "chicken", "harmony"]
    assert [middle for _, middle in found] == pytest.approx([1 / 6, 5 / 12, 3 / 4], abs=0.003)


def test_the_lines_are_the_rewards() -> None:
    (axis,) = transformation(mg.games.get("ipd"), "inequity_aversion", "beta", 0, 0.5).axes
    ends = {line.get_label()[0]: line.get_ydata()[-1] for line in axis.lines}
    assert ends == pytest.approx({"T": 4 - 0.5 * 4, "R": 3, "P": 1, "S": 0 - 0.5 * 4})


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "figure.png"
    assert main(["show", "ipd", "--reward", "homo_moralis", "--vary", "kappa", "--figure", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert main(["show", "ipd", "--vary", "kappa"]) == 2
    assert "give --reward NAME and --figure PATH" in capsys.readouterr().err
    assert main(["show", "ipd", "--reward", "homo_moralis", "--vary", "kapa", "--figure", str(path)]) == 2
    assert "kapa" in capsys.readouterr().err
    assert main(["show", "ipd", "--reward", "homo_moralis", "--vary", "kappa", "--figure", "figure.gif"]) == 2
    assert "a figure's name ends in .pdf, .png, .svg" in capsys.readouterr().err
    for game in ("bach_or_stravinsky", "rock_paper_scissors"):
        assert main(["show", game, "--reward", "maximin", "--vary", "x", "--figure", str(path)]) == 2
        assert "symmetric two-by-two games" in capsys.readouterr().err
