"""The page on which runs are listed, opened and compared."""

from __future__ import annotations

from asyncio import to_thread
from pathlib import Path

from nicegui import ui

from moral_games.explorer import runs_view, shelf
from moral_games.explorer.frame import frame, html
from moral_games.explorer.markup import shown
from moral_games.text.visible import visible

PATH = "/runs"
LEAD = "What was trained, judged and compared, with its report. The page is as things stood when it was opened."


async def runs_page(folder: Path, name: str, beside: str) -> None:
    """Show the runs of a folder, or one of them, or two side by side.

    Parameters
    ----------
    folder
        Where runs are kept.
    name, beside
        The run that is opened, and another one to compare it with; nothing for none.

    Raises
    ------
    ValueError, RunError
        If there is no such run.
    """
    chosen = [each for each in (name, beside) if each]
    for each in chosen:
        shelf.run_folder(folder, each)
    with frame(PATH, LEAD):
        if not chosen:
            html(runs_view.listed(await to_thread(shelf.runs, folder), folder))
            return
        html(f'<p><a href="{PATH}">All runs in {shown(folder)}</a></p>')
        _offer_another(folder, chosen[0], beside)
        if len(chosen) == 2:
            html(runs_view.compared(folder, *chosen))
        with ui.element("div").classes("pair" if len(chosen) == 2 else ""):
            for each in chosen:
                with ui.element("div"):
                    html(runs_view.opened(folder, each))
                    _offer_report(folder, each, runs_view.page_of(name, beside))


def _offer_another(folder: Path, name: str, beside: str) -> None:
    others = {other: visible(other) for other in shelf.names(folder) if other != name}
    ui.select(
        {"": "no other run"} | others,
        label="Compare it with",
        value=beside if beside in others else "",
        on_change=lambda event: ui.navigate.to(runs_view.page_of(name, event.value)),
    ).props("outlined dense").style("max-width: 24rem")


def _offer_report(folder: Path, name: str, address: str) -> None:
    """Place a button that writes a run's report: of a run that has not ended, what is known so far."""
    if shelf.look(folder, name).state == shelf.BROKEN:
        return
    problem = html(tag="p").classes("wrong").props("role=alert")

    async def write() -> None:
        button.disable()
        try:
            await to_thread(shelf.write_report, folder, name)
        except (ValueError, RuntimeError, OSError) as error:
            problem.set_content(shown(error))
            button.enable()
            return
        ui.navigate.to(address)

    label = f"Write the report of {visible(name)}" + (" anew" if shelf.has_report(folder, name) else "")
    button = ui.button(label, on_click=write).props("no-caps outline dense padding='xs md'")
