"""Work is done whether in this process or in several, and a process that is killed is told."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest

from benchmarks.pool import each
from moral_games.runs import RunError


def where(answer: int, question: int) -> tuple[int, int]:
    return answer * question, os.getpid()


def killed(job: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(job: int) -> None:
    raise ValueError(f"job {job} cannot be")


def test_one_process_is_this_one_and_keeps_the_order() -> None:
    assert list(each(partial(where, 6), [7, 1, 2], 1)) == [(job, (6 * job, os.getpid())) for job in (7, 1, 2)]
    assert list(each(partial(where, 6), [], 3)) == []


def test_several_processes_make_the_same_of_it() -> None:
    found = dict(each(partial(where, 6), [7, 1, 2], 2))
    assert {job: answer for job, (answer, _) in found.items()} == {7: 42, 1: 6, 2: 12}
    assert os.getpid() not in {process for _, process in found.values()}


def test_what_fails_elsewhere_fails_here() -> None:
    with pytest.raises(ValueError, match="job . cannot be"):
        list(each(refused, [1, 2], 2))


def test_a_killed_process_is_told_with_what_to_do() -> None:
    with pytest.raises(RunError, match="--resume"):
        list(each(killed, [1, 2], 2))
