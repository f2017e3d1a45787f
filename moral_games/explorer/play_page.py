"""The page on which a match is played, round by round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nicegui import ui

from moral_games import opponents, rewards
from moral_games.chance import as_seed
from moral_games.explorer import play_view, shelf
from moral_games.explorer.choices import game_named
from moral_games.explorer.controls import GameField, ValueField, complaint
from moral_games.explorer.frame import frame, html
from moral_games.explorer.markup import shown
from moral_games.explorer.match import Match
from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.opponents import saved
from moral_games.policy import FiniteStatePolicy
from moral_games.text.visible import visible

PATH = "/play"
LEAD = "Play against a fixed strategy or against what a run has learned. The keys 1, 2 and so on choose an action."
RUN = "run:"
LARGEST_SEED = 2**63


def read_seed(text: str) -> int:
    """Return a seed that was typed.

    Raises
    ------
    ValueError
        If it is no whole number from 0 to 2^63.
    """
    if not (text.isascii() and text.isdecimal() and int(text[:20]) < LARGEST_SEED):
        raise ValueError(f"a seed is a whole number from 0 to {LARGEST_SEED - 1}, got {text[:30]!r}")
    return as_seed(int(text))


def opponent_named(name: str, game: MatrixGame, folder: Path) -> FiniteStatePolicy:
    """Return an opponent: a strategy of the catalogue by its name, or ``run:NAME`` for a run under `folder`.

    Raises
    ------
    ValueError
        If there is none, or it does not fit the game. No file outside `folder` is read.
    RunError
        If the run leads out of `folder`.
    """
    if name.startswith(RUN):
        run = name.removeprefix(RUN)
        return saved(shelf.run_folder(folder, run), game.seen_by(1)).named(f"{RUN}{run}")
    if name not in opponents.names():
        raise unknown("opponent", name[:100], opponents.names(game.seen_by(1)))
    return opponents.as_policy(name, game.seen_by(1))


class PlayPage:
    """A match against an opponent.

    Parameters
    ----------
    folder
        Where runs are kept.
    game, value, opponent, seed
        What stands there at first, as texts.

    Raises
    ------
    ValueError, RunError
        If one of them is unknown, or does not fit the others.
    """

    def __init__(self, folder: Path, game: str, value: str, opponent: str, seed: str) -> None:
        self._folder = folder
        first, held = game_named(game), rewards.parse(value)
        player, seed = opponent_named(opponent, first, folder), str(read_seed(seed))
        self._match = Match(first, held, player, int(seed))
        with frame(PATH, LEAD), ui.element("div").classes("sides"):
            with ui.element("div").classes("controls"):
                self._game = GameField(first, self._change_game)
                self._value = ValueField(held, self._begin)
                self._opponent = ui.select(self._offered(first), label="Opponent", value=opponent, with_input=True)
                self._opponent.on_value_change(self._begin).props("outlined dense")
                self._seed = ui.input("Seed of all draws", value=seed, validation=complaint(read_seed))
                self._seed.on_value_change(self._begin).props("outlined dense inputmode=numeric")
            with ui.element("div"):
                self._problem = html(tag="p").classes("wrong").props("role=alert")
                self._board = html()
                self._buttons = ui.element("div").classes("actions").props('role=group aria-label="Your action"')
                self._said = html(tag="p").props("role=status")
                with ui.element("div").classes("pair"):
                    self._rounds, self._states = html(), html()
        ui.keyboard(self._press, repeating=False, ignore=["input", "select", "textarea"])
        self._place_buttons()
        self._show()

    def _offered(self, game: MatrixGame) -> dict[str, str]:
        strategies = {name: name.replace("_", " ") for name in opponents.names(game.seen_by(1))}
        return strategies | {f"{RUN}{name}": visible(f"{RUN} {name}") for name in shelf.players(self._folder)}

    def _change_game(self) -> None:
        offered = self._offered(self._game.game)
        chosen = self._opponent.value if self._opponent.value in offered else "random"
        self._opponent.set_options(offered, value=chosen)
        self._begin()

    def _begin(self) -> None:
        """Begin a match with what is chosen now; what does not fit is said, and the match goes on."""
        try:
            game, name = self._game.game, str(self._opponent.value or "")
            opponent = opponent_named(name, game, self._folder)
            self._match = Match(game, self._value.value, opponent, read_seed(str(self._seed.value or "")))
        except (ValueError, RuntimeError) as error:
            self._problem.set_content(shown(error))
            return
        self._problem.set_content("")
        self._place_buttons()
        self._show()

    def _place_buttons(self) -> None:
        self._buttons.clear()
        with self._buttons:
            for action, name in enumerate(self._match.game.actions[0]):
                ui.button(f"{action + 1} {visible(name)}", on_click=lambda action=action: self._act(action)).props(
                    "no-caps unelevated"
                )
            ui.button("Begin again", on_click=self._begin).props("no-caps outline")

    def _press(self, event: Any) -> None:
        chosen = event.key.number
        plain = not (event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta)
        if event.action.keydown and plain and chosen and chosen <= self._match.game.shape[0]:
            self._act(chosen - 1)

    def _act(self, action: int) -> None:
        if not self._match.over:
            self._match.play(action)
        self._show()

    def _show(self) -> None:
        self._board.set_content(play_view.board(self._match))
        self._said.set_content(shown(play_view.last_round(self._match)))
        self._rounds.set_content(play_view.rounds(self._match))
        self._states.set_content(play_view.states(self._match))
