"""Fields in which a game and a value are chosen; what cannot be read is said beside the field, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from moral_games import games, rewards
from moral_games.envs.rendering.scene import number
from moral_games.explorer import choices
from moral_games.explorer.frame import html
from moral_games.explorer.markup import shown
from moral_games.games import MatrixGame
from moral_games.rewards import RewardFunction

OUTCOMES = ("both cooperate", "row cooperates, column defects", "row defects, column cooperates", "both defect")
"""The outcomes of a game of one's own, in the order of its payoffs."""

Changed = Callable[[], Any]
Read = Callable[[str], Any]


def complaint(read: Read) -> Callable[[Any], str | None]:
    """Return what says why a text cannot be read, or nothing."""

    def complain(text: Any) -> str | None:
        try:
            read(str(text or ""))
        except (ValueError, TypeError) as error:
            return str(error)
        return None

    return complain


class GameField:
    """A choice of the catalogue's games, or of eight payoffs that are typed.

    Parameters
    ----------
    game
        What is chosen at first.
    changed
        Called after another game was chosen.
    """

    def __init__(self, game: MatrixGame, changed: Changed) -> None:
        self.game = game
        self._changed = changed
        listed = {name: games.get(name).title or name for name in games.names()}
        options = {choices.OWN: "Payoffs of my own", **listed}
        self._choice = ui.select(options, label="Game", value=game.name, on_change=self._choose).props("outlined dense")
        self._own = ui.element("fieldset")
        with self._own:
            html("Payoffs", "legend").classes("soft")
            self._fields: list[ui.input] = []
            self._fields = self._payoff_fields()
        self._own.set_visibility(game.name == choices.OWN)

    def _payoff_fields(self) -> list[ui.input]:
        fields = []
        for outcome in OUTCOMES:
            html(outcome).classes("soft")
            with ui.element("div").classes("payoff-fields"):
                fields += [self._payoff_field(player, outcome) for player in ("row", "column")]
        for field, paid in zip(fields, self._two_by_two(), strict=True):
            field.set_value(number(paid, 12))
        return fields

    def _payoff_field(self, player: str, outcome: str) -> ui.input:
        field = ui.input(f"{player} player", validation=complaint(choices.payoff), on_change=self._type)
        return field.props(f'outlined dense inputmode=decimal aria-label="{outcome}: payoff of the {player} player"')

    def _two_by_two(self) -> list[float]:
        game = self.game if self.game.shape == (2, 2) else games.get("ipd")
        return [float(paid) for paid in game.payoffs.ravel()]

    def _choose(self) -> None:
        name = str(self._choice.value)
        if name == choices.OWN:
            for field, paid in zip(self._fields, self._two_by_two(), strict=True):
                field.set_value(number(paid, 12))
        self._own.set_visibility(name == choices.OWN)
        self.game = choices.own_game(self._two_by_two()) if name == choices.OWN else games.get(name)
        self._changed()

    def _type(self) -> None:
        if self._choice.value != choices.OWN or len(self._fields) < 8:
            return
        try:
            self.game = choices.own_game([choices.payoff(field.value) for field in self._fields])
        except ValueError:
            return
        self._changed()


class ValueField:
    """A choice of common values, the value as a text that can be edited, and a slider for each of its numbers.

    Parameters
    ----------
    value
        What is held at first.
    changed
        Called after the value has changed.
    """

    def __init__(self, value: RewardFunction, changed: Changed) -> None:
        self.value = value
        self._changed = changed
        self._choice = ui.select(COMMON_NAMES, label="Value", value=_kind(value), on_change=self._choose)
        self._choice.props("outlined dense")
        self._text = ui.input("Value as text", value=str(value), validation=complaint(rewards.parse))
        self._text.on_value_change(self._type).props("outlined dense spellcheck=false autocomplete=off")
        self._sliders = ui.element("div")
        self._place_sliders()

    def _choose(self) -> None:
        if self._choice.value not in (None, _kind(self.value)):
            self._text.set_value(str(rewards.parse(self._choice.value)))

    def _type(self) -> None:
        try:
            value = rewards.parse(self._text.value or "")
        except (ValueError, TypeError):
            return
        if str(value) == str(self.value):
            return
        self.value = value
        self._choice.set_value(_kind(value))
        self._place_sliders()
        self._changed()

    def _place_sliders(self) -> None:
        self._sliders.clear()
        with self._sliders:
            for slider in choices.sliders(self.value):
                self._place(slider)

    def _place(self, slider: choices.Slider) -> None:
        step = (slider.high - slider.low) / 100
        with ui.element("label").classes("slider"):
            html(f'{shown(slider.parameter)} <span class="soft">of {shown(slider.value)}</span>', "span")
            now = html(number(slider.number, 4), "span")
            ends = f"min={slider.low:.12g} max={slider.high:.12g} step={step:.12g}"
            moving = ui.element("input").props(f'type=range {ends} aria-label="{slider.parameter} of {slider.value}"')
            moving.props[".defaultValue"] = slider.number  # where it begins: the browser alone knows where it is
            moving.mark(f"slider-{slider.parameter}")

        def move(event: Any) -> None:
            to = min(max(float(event.args), slider.low), slider.high)
            now.set_content(number(to, 4))
            self.value = choices.moved(self.value, slider, to)
            self._text.set_value(str(self.value))
            self._changed()

        moving.on("input", move, throttle=0.04, js_handler="(event) => emit(event.target.value)")


def _names(value: RewardFunction) -> str:
    return " + ".join(term.name.replace("_", " ") for _, term in value.terms)


COMMON_NAMES = {text: _names(rewards.parse(text)) for text in choices.COMMON}


def _kind(value: RewardFunction) -> str | None:
    """Return the common value that has the same terms, if there is one."""
    return next((text for text, name in COMMON_NAMES.items() if name == _names(value)), None)
