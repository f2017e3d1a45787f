"""What somebody finds on the pages who clicks and types, without a browser."""

from __future__ import annotations

from pathlib import Path

from nicegui import ui
from nicegui.testing import User
from visiting import HOSTILE, visit

from moral_games.runs import Run

NOWHERE = {
    "/?game=chss": "unknown game &#x27;chss&#x27;",
    "/?game=/etc/passwd.toml": "unknown game",
    "/?value=<script>": "cannot read reward &#x27;&lt;script&gt;&#x27;",
    "/play?opponent=run:../kind": "plain folder name",
    "/play?opponent=axelrod:TitForTat": "unknown opponent",
    "/play?seed=-1": "a seed is a whole number",
    "/play?game=rock_paper_scissors&opponent=run:kind": "policy &#x27;kind&#x27; is for 2 actions",
    "/runs?run=nothing": "unknown run",
    "/runs?run=kind&beside=../..": "plain folder name",
}


def field(user: User, label: str) -> ui.input:
    """Return the field with this label."""
    (found,) = (each for each in user.find(kind=ui.input).elements if each.props.get("label") == label)
    return found


def choice(user: User, label: str) -> ui.select:
    """Return the list of choices with this label."""
    (found,) = (each for each in user.find(kind=ui.select).elements if each.props.get("label", "").startswith(label))
    return found


def test_a_game_moves_with_its_value(folder: Path) -> None:
    async def visiting(user: User) -> None:
        await user.open("/?value=homo_moralis(kappa=0)")
        await user.should_see("Kind: <strong>prisoners dilemma")
        await user.should_not_see("Kind: <strong>harmony")
        user.find(marker="slider-kappa").trigger("input", "0.75")
        await user.should_see("Kind: <strong>harmony")
        assert field(user, "Value as text").value == "homo_moralis(kappa=0.75)"
        await user.should_see("value=homo_moralis%28kappa%3D0.75%29")

        field(user, "Value as text").value = "selfish + deontological"
        assert field(user, "Value as text").error is None
        await user.should_see("As it is valued, after CC")
        choice(user, "Last round").value = "start"
        await user.should_see("As it is valued, at the start")

        field(user, "Value as text").value = "selfsh"
        assert "Did you mean 'selfish'" in str(field(user, "Value as text").error)
        await user.should_see("As it is valued, at the start")

    visit(folder, visiting)


def test_payoffs_of_ones_own(folder: Path) -> None:
    async def visiting(user: User) -> None:
        await user.open("/?game=3,3,0,4,4,0,1,1&value=selfish")
        payoffs = [each for each in user.find(kind=ui.input).elements if "player" in each.props.get("label", "")]
        assert sorted(each.value for each in payoffs) == sorted("33044011")
        await user.should_see("Kind: <strong>prisoners dilemma")
        first = min(payoffs, key=lambda each: each.id)
        first.value = "many"
        assert first.error == "a payoff is a number, got 'many'"
        await user.should_see("Kind: <strong>prisoners dilemma")
        first.value = "5"
        await user.should_see("<u>5</u>, 3")
        choice(user, "Game").value = "chicken"
        await user.should_see("Kind: <strong>chicken")
        field(user, "Value as text").value = "homo_moralis(kappa=0.5)"
        choice(user, "Game").value = "bach_or_stravinsky"
        await user.should_see("what would happen if everyone did the same")
        await user.should_not_see("As it is valued", retries=1)
        choice(user, "Game").value = "chicken"
        await user.should_see("As it is valued")
        choice(user, "Game").value = "own"
        assert {each.error for each in payoffs} == {None} and first.value == "2"

    visit(folder, visiting)


def test_an_address_that_leads_nowhere_says_why(folder: Path) -> None:
    async def visiting(user: User) -> None:
        for address, said in NOWHERE.items():
            await user.open(address)
            await user.should_see(said)
            await user.should_see("from the beginning")
            await user.should_not_see("<script>", retries=1)

    visit(folder, visiting)


def test_a_match_is_played(folder: Path) -> None:
    async def visiting(user: User) -> None:
        await user.open("/play?value=selfish&opponent=tit_for_tat")
        await user.should_see("Nothing has been played yet.")
        user.find("2 defect").click()
        user.find("2 defect").click()
        await user.should_see("Round 2: you defect, opponent defect; payoffs 1 and 1; your moral reward 1.")
        await user.should_see("▶ DD")

        choice(user, "Opponent").value = "run:kind"
        await user.should_see("What run:kind does")
        await user.should_see("Nothing has been played yet.")

        field(user, "Seed of all draws").value = "x"
        await user.should_see("a seed is a whole number from 0")
        field(user, "Seed of all draws").value = "7"
        await user.should_not_see("a seed is a whole number from 0")

        choice(user, "Game").value = "rock_paper_scissors"
        assert choice(user, "Opponent").value == "run:kind"
        await user.should_see("is for 2 actions and 4 joint actions")
        choice(user, "Opponent").value = "random"
        await user.should_not_see("is for 2 actions and 4 joint actions")
        user.find("3 scissors").click()
        await user.should_see("Round 1: you scissors")

    visit(folder, visiting)


def test_runs_are_listed_opened_and_compared(folder: Path) -> None:
    working = Run.resume(folder / "other", Run(folder / "other").config())

    async def visiting(user: User) -> None:
        await user.open("/runs")
        await user.should_see("&lt;img src=x onerror=alert(1)&gt;")
        await user.should_not_see("<img")
        await user.should_see('<a href="/runs?run=sweep%2Fseed-0">')
        await user.should_see("is at work in it")

        await user.open("/runs?run=kind&beside=other")
        await user.should_see("Asked differently")
        await user.should_see('src="/runs/kind/report.html"')
        await user.should_see("Write the report of other")
        assert choice(user, "Compare it with").value == "other"
        assert HOSTILE not in choice(user, "Compare it with").options.values()

        user.find("Write the report of kind anew").click()  # its metrics are not those of a learner
        await user.should_see("are not as this version of Moral Games writes them", retries=300)

    visit(folder, visiting)
    assert working.folder.exists()
