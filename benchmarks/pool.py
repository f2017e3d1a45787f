"""Work that does not depend on each other: in this process, or in several at once."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from moral_games.runs import RunError

Job = TypeVar("Job")
Made = TypeVar("Made")


def each(work: Callable[[Job], Made], jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Made]]:
    """Yield every job with what the work makes of it, as soon as it ends.

    Parameters
    ----------
    work
        A function that other processes can import; a `functools.partial` of one, too.
    jobs
        What is to be done, in any order.
    processes
        How many are worked on at the same time. With one, all is done here, in order; with more each has a process
        of its own, with one thread, which ends with this one.

    Raises
    ------
    RunError
        If a process was killed.
    """
    if min(processes, len(jobs)) < 2:
        yield from ((job, work(job)) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(jobs)), mp_context=context, initializer=_begin) as pool:
        waiting = {pool.submit(work, job): job for job in jobs}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BrokenProcessPool as error:
            raise RunError(
                "a process was killed, perhaps for want of memory; what was finished is kept: go on with --resume, and "
                "fewer at a time"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """Prepare a process that is one of several."""
    os.environ |= {
        "OMP_NUM_THREADS": "1",
        "TERM": "dumb",
    }  # threads would wait for each other, bars overwrite each other
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent to end and end at once, so that nobody writes beside whoever resumes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
