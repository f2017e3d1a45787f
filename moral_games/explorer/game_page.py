"""The page on which a game is chosen, and a value makes another of it."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from moral_games import rewards
from moral_games.explorer.choices import game_named, game_text
from moral_games.explorer.controls import GameField, ValueField
from moral_games.explorer.frame import frame, html
from moral_games.explorer.game_view import game_view, valued
from moral_games.explorer.markup import shown
from moral_games.rewards import Rewards

PATH = "/"
LEAD = "Choose a game and a value, and see the game that the value makes of it."
HOLDERS = {"both": "Both players hold it", "row": "Only the row player holds it"}
KEY = (
    '<p class="key soft"><span><i></i>best replies of the row player</span>'
    '<span><i class="column"></i>of the column player</span><span>○ equilibrium</span>'
    "<span>● equilibrium in pure strategies, best replies underlined</span></p>"
)


class GamePage:
    """A game as it is paid and as it is valued.

    Parameters
    ----------
    game, value
        What stands there at first, as texts.

    Raises
    ------
    ValueError
        If there is no such game or value.
    """

    def __init__(self, game: str, value: str) -> None:
        first, held = game_named(game), rewards.parse(value)
        with frame(PATH, LEAD), ui.element("div").classes("sides"):
            with ui.element("div").classes("controls"):
                self._game = GameField(first, self._show)
                self._value = ValueField(held, self._show)
                self._holder = ui.radio(HOLDERS, value="both", on_change=self._show).props("dense")
                self._holder.props('role=radiogroup aria-label="Who holds the value"')
                self._state = ui.select(
                    [""], label="Last round, the row player's action first", value="", on_change=self._show
                )
                self._state.props("outlined dense")
                self._play = html()
            with ui.element("div"):
                self._problem = html(tag="p").classes("wrong").props("role=alert")
                self._title = html(tag="h2")
                self._view = html().classes("pair")
                html(KEY)
        self._show()

    def _show(self) -> None:
        """Draw what is chosen now; where the value does not fit the game, that is said, and the game stands alone."""
        game, value = self._game.game, self._value.value
        values: Rewards = value if self._holder.value == "both" else (value, "selfish")
        self._title.set_content(shown(game.title or game.name))
        paid = game_view("As it is paid", game)
        try:
            made = valued(game, values)
        except ValueError as error:
            self._problem.set_content(shown(error))
            self._view.set_content(paid)
            self._play.set_content("")
            return
        self._problem.set_content("")
        self._offer_states(list(made))
        state = str(self._state.value or "")
        after = {"": "", "start": ", at the start"}.get(state, f", after {state}")
        self._view.set_content(paid + game_view(f"As it is valued{after}", made[state]))
        address = urlencode({"game": game_text(game), "value": str(value)})
        self._play.set_content(f'<a href="{shown(f"/play?{address}")}">Play this game with this value</a>')

    def _offer_states(self, states: list[str]) -> None:
        """Let the last round be chosen where the value looks at it."""
        if states != self._state.options:
            chosen = self._state.value if self._state.value in states else states[min(1, len(states) - 1)]
            self._state.set_options(states, value=chosen)
        self._state.set_visibility(len(states) > 1)
