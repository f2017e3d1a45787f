"""The explorer in Chromium: by keyboard, at two widths, with nothing asked of other hosts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright
from serving import serving
from visiting import HOSTILE, REPORT, add_run

from moral_games.runs import Run

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: none on PATH, and CHROMIUM is not set"),
]

TWO_RUNS = "/runs?run=kind&beside=other"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("explorer") / "runs"
    (add_run(home, "kind", reward="utilitarian") / "report.html").write_text(REPORT, encoding="utf-8")
    add_run(home, "other", reward=HOSTILE)
    Run.create(home / "begun", {"name": "begun", "agent": "dqn"})
    with serving(home) as (found, _):
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
        chromium.close()


@pytest.fixture
def page(browser: BrowserContext, address: str) -> Iterator[Page]:
    """A page on which nothing goes wrong, and which asks nothing of other hosts."""
    opened = browser.new_page()
    opened.set_default_timeout(120_000)  # on a machine that does much else
    asked: list[str] = []
    wrong: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append(dialog.message))
    yield opened
    opened.close()
    assert asked and all(url.startswith((f"{address}/", "data:", "blob:")) for url in asked), asked
    assert wrong == []


def focused(page: Page) -> str:
    """Return what has the focus, as it is called."""
    return page.evaluate(
        "() => { const e = document.activeElement; return e.getAttribute('aria-label') || e.innerText || e.tagName }"
    )


@pytest.mark.parametrize("path", ["/?value=selfish+%2B+deontological", "/play", "/runs", TWO_RUNS])
def test_pages_fit_and_everything_has_a_name(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector("footer")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.locator("input:visible, button:visible, iframe, svg[role=img]").evaluate_all(
        "all => all.filter(e => !(e.getAttribute('aria-label') || e.title || e.innerText || e.labels?.length))"
        ".map(e => e.outerHTML)"
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en-US" and page.locator("h1").count() == 1


def test_a_game_moves_by_keyboard(page: Page) -> None:
    page.goto("/?value=inequity_aversion(alpha=0.5, beta=0.22)")
    page.wait_for_selector("input[type=range]")
    stops = []
    for _ in range(9):
        page.keyboard.press("Tab")
        stops.append(focused(page))
    assert stops[:7] == ["To the content", "Game", "Play", "Runs", "Game", "Value", "Value as text"]
    assert stops[7:] == ["alpha of inequity_aversion", "beta of inequity_aversion"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    drawing = page.locator("svg.replies").nth(1)
    assert drawing.locator("circle").count() == 1
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=stag hunt")
    assert drawing.locator("circle").count() == 3
    assert "is cooperate where the column player's probability" in (drawing.get_attribute("aria-label") or "")


def test_a_match_by_keys_and_by_clicks(page: Page) -> None:
    page.goto("/play")
    page.get_by_role("button", name="2 defect").click()
    page.get_by_text("Round 1: you defect, opponent cooperate").wait_for()
    page.keyboard.press("1")
    page.get_by_text("Round 2: you cooperate, opponent defect").wait_for()
    page.get_by_label("Seed of all draws").fill("12")  # which begins another match, and digits play nothing
    page.get_by_text("Nothing has been played yet.").wait_for()
    assert page.get_by_role("status").inner_text() == "Nothing has been played yet."


def test_a_report_is_shown_and_can_do_nothing(page: Page) -> None:
    page.goto("/runs")
    page.get_by_role("link", name="kind", exact=True).click()
    report = page.frame_locator("iframe")
    report.get_by_role("heading", name="Report of kind").wait_for()
    assert "Report" in (page.locator("iframe").get_attribute("title") or "")
    page.get_by_role("combobox", name="Compare it with").click()
    page.get_by_role("option", name="other", exact=True).click()
    page.get_by_role("heading", name="Asked differently").wait_for()
    assert page.locator("img[src=x]").count() == 0 and page.get_by_text("<img src=x onerror=alert(1)>").count() > 0
    page.goto("/runs/kind/report.html")
    assert page.title() != "owned"
