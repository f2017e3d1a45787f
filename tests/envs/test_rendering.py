"""Scenes of an episode as plain text, in the terminal and as pixels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moral_games import games
from moral_games.envs.rendering import RENDER_MODES, Scene, check_render_mode, render
from moral_games.envs.rendering.picture import MARGIN
from moral_games.games import MatrixGame

FOUR = MatrixGame.from_payoffs(np.arange(64.0).reshape(2, 2, 2, 2, 4), ["give", "keep"], title="Four players")

HOSTILE = MatrixGame.from_payoffs(
    [[[1e300, -1e-300], [0, 1]], [[2, 3], [-0.0, 1 / 3]]],
    [["[bold]", "\x1b[31mred\n" * 9], ["\ud800囚徒", ""]],
    title="[/red] :smile: \x1b[2J" + "W" * 200,
)


def scene(game: MatrixGame | str, *history: tuple[int, ...], share: float = 1.0) -> Scene:
    """A scene with the payoffs of its legal rounds, of which `share` is the reward."""
    game = games.get(game) if isinstance(game, str) else game
    paid = sum((game.payoffs[joint] for joint in history if min(joint) >= 0), np.zeros(game.players)).tolist()
    return Scene(game, history, tuple(paid), tuple(share * payoff for payoff in paid), len(history))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    shape = tuple(draw(st.lists(st.integers(1, 12 if draw(st.booleans()) else 2), min_size=1, max_size=2)))
    if draw(st.booleans()):
        shape = (2,) * draw(st.integers(3, 5))
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    payoffs = draw(arrays(float, (*shape, len(shape)), elements=numbers))
    names = [draw(st.lists(st.text(max_size=30), min_size=k, max_size=k, unique=True)) for k in shape]
    game = MatrixGame.from_payoffs(payoffs, names, title=draw(st.text(max_size=60)))
    history = draw(st.lists(st.tuples(*(st.integers(-1, count - 1) for count in shape)), max_size=25))
    totals = st.tuples(*(numbers for _ in shape))
    return Scene(game, tuple(history), draw(totals), draw(totals), draw(st.integers(len(history), 10**6)))


def test_the_text_of_a_dilemma() -> None:
    assert render("ansi", scene("ipd", (0, 0), (1, 0), (-1, 1), (1, 0), share=0.5)) == "\n".join(
        [
            "Iterated Prisoner's Dilemma, round 4",
            "",
            " player_0 \\ player_1  cooperate  defect",
            " cooperate              3, 3      0, 4",
            " defect                [4, 0]     1, 1",
            "",
            "           last 20 rounds  played     payoff  reward",
            " player_0  C D - D         defect         11     5.5",
            " player_1  C C D C         cooperate       3     1.5",
        ]
    )


def test_the_text_of_four_players() -> None:
    assert render("ansi", scene(FOUR, (0, 0, 1, 0), (1, 1, 0, -1))) == "\n".join(
        [
            "Four players, round 2",
            "",
            "           last 20 rounds  played   payoff",
            " player_0  G K             keep          8",
            " player_1  G K             keep          9",
            " player_2  K G             give         10",
            " player_3  G -             illegal      11",
        ]
    )


def test_before_the_first_round_no_cell_is_marked() -> None:
    text = render("ansi", scene("chicken"))
    assert text.startswith("Chicken, start\n") and "[" not in text and "reward" not in text


def test_only_the_latest_rounds_are_shown() -> None:
    history = ((1, 1),) * 30 + ((0, 1),) * 20
    assert "player_0  C C C" in render("ansi", scene("ipd", *history))
    recent = Scene(games.get("ipd"), history[-20:], (0, 0), (0, 0), 50)
    whole = Scene(games.get("ipd"), history, (0, 0), (0, 0), 50)
    assert render("ansi", recent) == render("ansi", whole)
    assert np.array_equal(render("rgb_array", recent), render("rgb_array", whole))


def test_a_large_table_shows_the_neighbours_of_the_current_cell() -> None:
    large = MatrixGame.from_payoffs(np.arange(2 * 40 * 9.0).reshape(40, 9, 2))
    text = render("ansi", scene(large, (37, 4)))
    assert "(8 of 40 rows, 8 of 9 columns)" in text
    assert "[674, 675]" in text and "action_37" in text and "action_31" not in text


def test_human_is_printed_and_returns_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert render("human", scene("rock_paper_scissors", (0, 2), (1, 2))) is None
    printed = capsys.readouterr().out
    for piece in ("Rock, Paper, Scissors", "round 2", "[-1, 1]", "R P", "S S"):
        assert piece in printed


def test_a_frame_is_an_image_that_changes_with_the_cell_and_keeps_its_size() -> None:
    rounds = ((0, 0), (0, 1), (1, 0), (1, 1), (-1, 0))
    frames = [render("rgb_array", scene("stag_hunt", *(rounds * 6)[:t], share=t % 2)) for t in range(30)]
    assert {(frame.shape, frame.dtype) for frame in frames} == {((384, 848, 3), np.dtype(np.uint8))}
    only_the_cell = [
        render("rgb_array", Scene(games.get("stag_hunt"), (joint,), (0, 0), (0, 0), 1)) for joint in rounds
    ]
    assert len({frame.tobytes() for frame in only_the_cell}) == len(rounds)


def test_drawing_one_scene_leaves_no_trace_in_another() -> None:
    first, second = scene("ipd", (0, 1)), scene("ipd", (1, 0), share=2)
    before = render("rgb_array", first)
    kept = before.copy()
    before[:] = 0
    render("rgb_array", second)
    assert np.array_equal(render("rgb_array", first), kept)


@given(scenes())
def test_any_scene_can_be_shown(shown: Scene) -> None:
    """Text is text, and pictures keep to their margins."""
    text = render("ansi", shown)
    assert all(c.isprintable() or c == "\n" for c in text) and text.encode("utf-8")
    assert f"player_{shown.game.players - 1}" in text
    frame = render("rgb_array", shown)
    assert frame.shape == render("rgb_array", Scene(shown.game, (), shown.payoffs, shown.rewards, 0)).shape
    edge = MARGIN - 2
    assert (frame[:, :edge] == 255).all() and (frame[:, -edge:] == 255).all()
    assert (frame[:edge] == 255).all() and (frame[-edge:] == 255).all()


def test_hostile_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    shown = scene(HOSTILE, (0, 0), (1, 1))
    render("human", shown)
    for text in (render("ansi", shown), capsys.readouterr().out):
        assert "[/red] :smile:" in text and "[bold]" in text and "\x1b[31m" not in text and "\x1b[2J" not in text
    assert max(map(len, render("ansi", shown).splitlines())) < 100


def test_unknown_modes_are_refused_and_the_known_ones_listed() -> None:
    for refuse in (check_render_mode, lambda mode: render(mode, scene("ipd"))):
        with pytest.raises(ValueError, match="'ansi', 'human', 'rgb_array'.*got 'png'"):
            refuse("png")
    for mode in (None, *RENDER_MODES):
        check_render_mode(mode)
    assert render(None, scene("ipd")) is None


def test_without_pillow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ValueError, match=r"pip install 'moral-games\[render\]'"):
        check_render_mode("rgb_array")
    check_render_mode("ansi")


@pytest.mark.parametrize(
    ("history", "payoffs", "rewards", "message"),
    [
        ((), (0, 0, 0), (0, 0), "2 players, but 3 payoffs"),
        ((), (0, 0), (0,), "2 players, but 1 rewards"),
        (((0, 2),), (0, 0), (0, 0), r"the history has \(0, 2\)"),
        (((0,),), (0, 0), (0, 0), r"the history has \(0,\)"),
        (((-2, 0),), (0, 0), (0, 0), "-1 for an illegal answer"),
    ],
)
def test_a_scene_that_the_game_cannot_have_is_refused(history, payoffs, rewards, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scene(games.get("ipd"), history, payoffs, rewards, 1)


def test_nothing_that_draws_is_imported_before_it_is_needed() -> None:
    code = "import sys, moral_games.envs.rendering; print([m for m in ('PIL', 'rich') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
