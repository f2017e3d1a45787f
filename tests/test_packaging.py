"""What goes with the code: how to cite it, what has changed, and that it is typed."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import yaml

import moral_games

ROOT = Path(__file__).parents[1]


def test_the_citation_is_complete_and_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cited.keys() and cited["cff-version"] == "1.2.0"
    assert cited["version"] == moral_games.__version__ and cited["license"] == "MIT"
    for reference in cited["references"]:
        assert {"type", "title", "authors"} <= reference.keys()
        assert all({"family-names", "given-names"} <= author.keys() for author in reference["authors"])


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[0] == moral_games.__version__


def test_the_package_says_that_it_is_typed() -> None:
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert "py.typed" in settings["options.package_data"]["moral_games"].split()
    assert (ROOT / "moral_games" / "py.typed").is_file()
