"""Schools side by side: a night of many schools, of which workers do those with work.

The schools are gone through one by one. Where nothing changed, the night ends here, as it would without workers. The others wait for a
worker: a process (`worker.py`) that does one school after the other, so that what all of them need is loaded once. Where only one school
has work, it is done here.
"""

import contextlib
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Protocol, Self

from cito_numo import worker
from cito_numo.language import _
from cito_numo.runs import RunResult
from cito_numo.sync import Sync

_PATIENCE = 10.0
"""Seconds in which a worker that is told to stop ends by itself."""


class Watched(Protocol):
    """Who is told how far the schools are."""

    def begin(self, korte_naam: str) -> None:
        """This school is begun, and no other before it is done."""

    def end(self, korte_naam: str) -> None:
        """This school is done."""


def cores() -> int:
    """How many cores this process may use: those it is bound to, at most the quota of its control group (of a container, or a unit)."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(bound, _quota())))


def _quota(own: Path = Path("/proc/self/cgroup"), top: Path = Path("/sys/fs/cgroup")) -> float:
    """How many cores the control group (version 2) of this process, and those it is in, may fill; infinite where none says."""
    least = math.inf
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            group = top / line.removeprefix("0::/")
            for folder in (group, *group.parents) if line.startswith("0::/") else ():
                with contextlib.suppress(OSError, ValueError):  # not there, or "max"
                    quota, period = (folder / "cpu.max").read_text().split()
                    least = min(least, int(quota) / int(period))
    return least


def nights(sync: Sync, korte_namen: Sequence[str], jobs: int, watched: Watched) -> Generator[RunResult, None, None]:
    """What came of the night of each of these schools, in their order, whichever is ready first; with no more workers than `jobs`.

    To be closed, so that no worker is left.
    """
    ready: dict[str, RunResult] = {}
    next_one = 0
    with contextlib.closing(_as_they_end(sync, korte_namen, min(jobs, len(korte_namen)), watched)) as ended:
        for korte_naam, result in ended:
            watched.end(korte_naam)
            ready[korte_naam] = result
            while next_one < len(korte_namen) and korte_namen[next_one] in ready:
                yield ready.pop(korte_namen[next_one])
                next_one += 1


def _as_they_end(sync: Sync, korte_namen: Sequence[str], jobs: int, watched: Watched) -> Generator[tuple[str, RunResult], None, None]:
    if jobs <= 1:
        for korte_naam in korte_namen:
            watched.begin(korte_naam)
            yield korte_naam, sync.school(korte_naam)
        return
    alone: list[str] = []
    with _Workers(sync, jobs) as workers:
        for korte_naam in korte_namen:
            result = sync.idle(korte_naam)
            if result is not None:
                yield korte_naam, result
            elif not (alone or workers.asked):
                alone = [korte_naam]
            else:
                for one in (*alone, korte_naam):
                    workers.ask(one)
                alone = []
            yield from workers.ended(wait=False)
        for korte_naam in alone:
            watched.begin(korte_naam)
            yield korte_naam, sync.school(korte_naam)
        yield from workers.ended(wait=True)


class _Died(Exception):  # noqa: N818  no error of this process
    """A worker ended in the middle of a school; the text says how."""


class _Worker:
    """One worker, from the side of who asks it."""

    def __init__(self, setup: bytes) -> None:
        command = [sys.executable, "-P", "-m", worker.__name__]
        try:  # a group of its own: what a terminal sends to all, the worker gets from this process alone
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603
        except OSError as error:
            raise _Died(error.strerror or type(error).__name__) from None
        self._setup = setup

    def do(self, korte_naam: str) -> RunResult:
        """What came of the night of this school; _Died where the worker did not live to tell it."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        try:
            asked.write(self._setup + pickle.dumps(korte_naam))
            asked.flush()
            self._setup = b""
            result: RunResult = pickle.load(told)  # noqa: S301  from a process that this one started
        except (OSError, EOFError, pickle.UnpicklingError):
            raise _Died(self._how_it_ended()) from None
        return result

    def end(self) -> None:
        """Let it end, now that nothing is asked any more."""
        with contextlib.suppress(BrokenPipeError), self._process:
            pass  # closes the pipes, and waits

    def stop(self, number: signal.Signals) -> None:
        """Tell it to end now, if it still runs."""
        self._process.send_signal(number)

    def _how_it_ended(self) -> str:
        self.end()
        code = self._process.returncode
        if code >= 0:
            return _("exit code {code}").format(code=code)
        return _("signal {number}").format(number=signal.Signals(-code).name if -code in set(signal.Signals) else -code)


class _Workers:
    """Up to `jobs` workers, each with a thread that asks it for one school after the other. Leaving this stops them."""

    def __init__(self, sync: Sync, jobs: int) -> None:
        self.asked = 0
        self._told = 0
        self._sync = sync
        self._setup = b""
        self._jobs = jobs
        self._schools: SimpleQueue[str | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[str, RunResult | _Died]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: list[_Worker] = []
        self._starting = threading.Lock()
        self._stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._starting:
            self._stopping = True
        for _thread in self._threads:
            self._schools.put(None)
        if self._told < self.asked:
            self._stop(signal.SIGTERM)
        until = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))
        self._stop(signal.SIGKILL)

    def ask(self, korte_naam: str) -> None:
        """Let a worker do this school; one more is started where all that there are have work."""
        self._setup = self._setup or pickle.dumps((gc.get_threshold(), self._sync))
        self.asked += 1
        self._schools.put(korte_naam)
        if len(self._threads) < min(self._jobs, self.asked - self._told):
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def ended(self, *, wait: bool) -> Iterator[tuple[str, RunResult]]:
        """The schools that are ready, with their results; all that are still to come where those are waited for."""
        while self._told < self.asked:
            try:
                korte_naam, result = self._results.get(block=wait)
            except Empty:
                return
            self._told += 1
            yield korte_naam, self._sync.died(korte_naam, str(result)) if isinstance(result, _Died) else result

    def _work(self) -> None:
        """Of a thread: ask a worker for one school after the other, and the next worker where it died."""
        own = None
        for korte_naam in iter(self._schools.get, None):
            try:
                own = own or self._start()
                if own is None:
                    return
                self._results.put((korte_naam, own.do(korte_naam)))
            except _Died as died:
                self._results.put((korte_naam, died))
                own = None
        if own is not None:
            own.end()

    def _start(self) -> _Worker | None:
        """A new worker; None where they are to stop."""
        with self._starting:
            if self._stopping:
                return None
            self._workers.append(_Worker(self._setup))
            return self._workers[-1]

    def _stop(self, number: signal.Signals) -> None:
        for each in self._workers:
            each.stop(number)
