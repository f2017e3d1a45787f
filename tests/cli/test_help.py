"""What help shows can be typed: examples of commands, command lines of README and docs, and what shells complete."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from moral_games import __version__
from moral_games.cli import commands, main, read_command

READ = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
USES = [(name, line) for name, command in commands().items() for line in command.uses.values()]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
QUICK = ("games", "rewards", "opponents", "show", "evaluate tit_for_tat", "evaluate grim", "tournament --entrants")


def typed(line: str) -> list[str]:
    """Return the words of a command line after the program's name, without what the shell does with the output."""
    inner = re.fullmatch(r"source <\((.*)\)", line)
    words = shlex.split(inner[1] if inner else line, comments=True)
    assert words[0] == "moral-games"
    return words[1 : words.index(">") if ">" in words else None]


def lines_of(page: Path) -> list[str]:
    """Return the command lines of a page's examples for the console."""
    blocks = re.findall(r"```(?:console|bash|sh)?\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip().removeprefix("$ ") for line in lines if re.match(r"\s*(\$ )?moral-games ", line)]


@pytest.mark.parametrize(("name", "line"), USES)
def test_examples_of_help_are_understood(name: str, line: str) -> None:
    words = typed(line)
    assert isinstance(read_command(words), commands()[words[0]])


@pytest.mark.parametrize("line", [line for _, line in USES if line.removeprefix("moral-games ").startswith(QUICK)])
def test_quick_examples_run(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(typed(line)) == 0


@pytest.mark.parametrize("name", commands())
def test_every_command_has_two_to_four_examples(name: str) -> None:
    lines = commands()[name].uses.values()
    assert 2 <= len(lines) <= 4 and any(typed(line)[0] == name for line in lines)


@pytest.mark.parametrize("page", [page for page in PAGES if lines_of(page)], ids=lambda page: page.stem)
def test_command_lines_of_pages_are_understood(page: Path) -> None:
    for line in lines_of(page):
        if not {"--help", "--version"} & set(typed(line)):
            read_command(typed(line))


def test_help_ends_with_examples(capsys: READ) -> None:
    with pytest.raises(SystemExit) as end:
        main(["show", "--help"])
    printed = capsys.readouterr().out
    assert not end.value.code and "--reward" in printed
    assert printed.rstrip().endswith("$ moral-games show ipd --reward homo_moralis --vary kappa --figure kappa.png")


def test_the_overview_has_a_line_for_every_command(capsys: READ) -> None:
    for words in ([], ["--help"]):
        assert main(words) == 0
        printed = capsys.readouterr().out
        for name, command in commands().items():
            assert f"\n  {name} " in printed and (command.__doc__ or "").partition("\n")[0] in printed
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"moral-games {__version__}\n"


def test_an_unknown_command_is_named(capsys: READ) -> None:
    assert main(["finetun"]) == 2
    assert "unknown command 'finetun'. Did you mean 'finetune'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script for bash, and a run."""
    from moral_games.cli.completion import completion_script

    folder = tmp_path_factory.mktemp("completion")
    (folder / "script").write_text(completion_script("bash"))
    (folder / "runs" / "demo").mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("fi", "finetune"),
        ("tournament --entr", "--entrants"),
        ("tournament --by re", "reward"),
        ("report runs/d", "runs/demo"),
        ("vehicles bundled --records run", "runs"),
    ],
)
def test_bash_completes(bash: Path, words: str, completed: str) -> None:
    last = len(words.split())
    asked = f"source ./script; COMP_WORDS=(moral-games {words}); COMP_CWORD={last}; _tyro_moral_games; echo $COMPREPLY"
    done = subprocess.run(["bash", "-c", asked], cwd=bash, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == ([completed], "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_name_every_command(shell: str, capsys: READ) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in commands()) and "in completions or [" in script
