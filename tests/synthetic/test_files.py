"""Data sets as files: what is in them, that they are whole, and what cannot be read."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from moral_games.analysis import Preference
from moral_games.synthetic import KINDS, folder, read_examples, write_data
from moral_games.synthetic.examples import line
from moral_games.text.reckoning import ANSWER

MORALIS = Preference(kappa=0.5)
CHOICE = 'What do you choose? Answer "left" or "right".'


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data") / "moralis", MORALIS, count=40, test=20)


def test_every_line_is_a_conversation_and_nothing_else(written: Path) -> None:
    for name, count in (("train.jsonl", 40), ("test.jsonl", 20)):
        lines = (written / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) == count
        for each in map(json.loads, lines):
            assert list(each) == ["messages"]
            assert [list(message) for message in each["messages"]] == [["role", "content"]] * 2
            assert [message["role"] for message in each["messages"]] == ["user", "assistant"]
        examples = read_examples(written / name)
        assert [line(*example) for example in examples] == [f"{text}\n" for text in lines]
        assert all(ANSWER in answer and answer.endswith('"') for _, answer in examples)


def test_the_card_tells_what_is_in_the_files(written: Path) -> None:
    card = json.loads((written / "card.json").read_text(encoding="utf-8"))
    assert card["name"] == "moralis"
    assert card["asked"]["preference"] == {"kappa": 0.5, "alpha": 0.0, "beta": 0.0}
    assert card["rules"].keys() == {"ties", "no equilibrium", "split"}
    for split, count in (("train", 40), ("test", 20)):
        told = card[split]
        assert told["sha256"] == sha256((written / f"{split}.jsonl").read_bytes()).hexdigest()
        assert told["examples"] == count == sum(told["kinds"].values()) == sum(told["games"].values())
        assert set(told["kinds"]) == set(KINDS)
        assert count / 2 <= told["the rival answers otherwise"] <= count
        answers = told["right answers by number of labels"]
        assert sum(sum(each["strategy"]) for each in answers.values()) == count
        assert all(sum(each["strategy"]) == sum(each["place of the label"]) for each in answers.values())
        assert {"a rival preference answers the same", "two answers are as good"} <= told["dropped"].keys()
    assert "preference(kappa=0.5)" in (written / "README.md").read_text(encoding="utf-8")


def test_short_answers_are_labels_alone(tmp_path: Path) -> None:
    made = write_data(tmp_path / "short", MORALIS, count=10, test=5, reasons=False)
    assert all(
        f'"{answer}"' in prompt and ANSWER not in answer for prompt, answer in read_examples(made / "train.jsonl")
    )


def test_the_same_options_give_the_same_files_and_others_are_refused(written: Path, tmp_path: Path) -> None:
    again = write_data(tmp_path / "again", MORALIS, count=40, test=20)
    assert (again / "train.jsonl").read_bytes() == (written / "train.jsonl").read_bytes()
    before = {file: file.stat().st_mtime_ns for file in again.iterdir()}
    assert write_data(again, MORALIS, count=40, test=20) == again
    assert {file: file.stat().st_mtime_ns for file in again.iterdir()} == before
    with pytest.raises(ValueError, match=r"holds another data set \(seed: 0 there, 1 now\); choose another --name"):
        write_data(again, MORALIS, count=40, test=20, seed=1)
    (again / "test.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="test.jsonl is not what its card says"):
        write_data(again, MORALIS, count=40, test=20)
    with pytest.raises(ValueError, match="is no data set; choose another"):
        write_data(tmp_path, MORALIS)
    card = json.loads((again / "card.json").read_text(encoding="utf-8"))
    for damaged in ([], {}, {"asked": 3}, {"asked": card["asked"]}, card | {"test": None}):
        (again / "card.json").write_text(json.dumps(damaged), encoding="utf-8")
        with pytest.raises(ValueError, match="card.json is no card of a data set; choose another"):
            write_data(again, MORALIS, count=40, test=20)


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "write_json", full)
    with pytest.raises(OSError, match="No space"):
        write_data(tmp_path / "half", MORALIS, count=3, test=3)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    (
        ({"count": 0}, "at least one example, got 0"),
        ({"test": 0}, "at least one example, got 0"),
        ({"kinds": ["trees"]}, "unknown kind of question 'trees'"),
        ({"seed": -1}, "a seed is a whole number from 0"),
    ),
)
def test_options_that_make_no_sense_are_refused_before_anything_is_written(
    tmp_path: Path, options: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_data(tmp_path / "sub" / "data", MORALIS, **options)
    assert not list(tmp_path.iterdir())


# --- reading


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("broken", "message"),
    (
        ("{", "line 2: this is not JSON"),
        ("", "line 2: this is not JSON"),
        ('["messages"]', "line 2: a line is an object with the key 'messages' alone, got list"),
        ('{"messages": [], "seed": 1}', "line 2: .* got 'messages', 'seed'"),
        ('{"messages": []}', "line 2: 'messages' must hold one message of the 'user'"),
        ('{"messages": [{"role": "user", "content": "?"}]}', "line 2: 'messages' must hold"),
        (line("?", "!").replace("assistant", "system").strip(), "line 2: 'messages' must hold"),
        (line("?", " ").strip(), "line 2: the content of the assistant's message must be a text, got ' '"),
        (
            '{"messages": [{"role": "user", "content": 1}, {"role": "assistant", "content": "a"}]}',
            "must be a text, got 1",
        ),
    ),
)
def test_the_line_of_an_error_is_named(tmp_path: Path, broken: str, message: str) -> None:
    good = line("?", "yes").strip()
    with pytest.raises(ValueError, match=message):
        read_examples(write(tmp_path / "data.jsonl", good, broken, good))


def test_what_holds_no_examples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no file"):
        read_examples(tmp_path / "data.jsonl")
    with pytest.raises(ValueError, match="holds no examples"):
        read_examples(write(tmp_path / "data.jsonl"))
    (tmp_path / "data.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="is not a text in UTF-8"):
        read_examples(tmp_path / "data.jsonl")


def test_imbalanced_examples_are_refused(tmp_path: Path) -> None:
    alike = [line(f"question {k}", "yes" if k else "no").strip() for k in range(10)]
    with pytest.raises(ValueError, match="9 of 10 answers are 'yes'; balance the answers"):
        read_examples(write(tmp_path / "alike.jsonl", *alike))
    sides = ("left", "right")
    swapped = CHOICE.replace('"left" or "right"', '"right" or "left"')
    first = [line((CHOICE, swapped)[k % 2], sides[k % 2]).strip() for k in range(40)]
    with pytest.raises(ValueError, match="place 1 of the list is right in 40 of 40 questions, where 20 are"):
        read_examples(write(tmp_path / "first.jsonl", *first))
    balanced = [line(f"{k} {CHOICE}", f'1 + 1 = 2. {ANSWER}{sides[k % 2]}"').strip() for k in range(40)]
    assert len(read_examples(write(tmp_path / "balanced.jsonl", *balanced))) == 40
    assert read_examples(write(tmp_path / "one.jsonl", line("?", "yes").strip())) == [("?", "yes")]
