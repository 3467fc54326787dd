"""Whole processes that take turns: wall seconds, and the peak memory of each with all its children together.

Memory: while there is more than one process, their PSS (a page that several share counts once, divided among them) is added up about fifty
times a second. The highest sum counts, or the `ru_maxrss` of the largest process where that is higher: the kernel keeps that one itself, so
no peak falls between two samples, and who has no children is not slowed down by looking.

This process must stay small: what it starts begins with its `ru_maxrss`. So data is made in other processes, and compared afterwards.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from data import DAY

ROOT = Path(__file__).resolve().parent.parent
RIVALS = ROOT / ".venv-bench" / "bin"
OURS = [sys.executable, "-c", "from cito_numo.cli import main; main()"]
_PAUSE = 0.02


def sync(workspace: Path) -> list[str]:
    """The command of a night of all schools of a workspace."""
    return [*OURS, "sync", "--json", "--date", DAY.isoformat(), "--config", str(workspace / "cito-numo.yaml")]


class Run(NamedTuple):
    """One whole process: wall seconds, and peak memory in MB."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Candidate:
    """What takes part; `before` is done before each run, outside the timing."""

    command: Sequence[str]
    before: Callable[[], object] = lambda: None
    folder: Path | None = None
    codes: Sequence[int] = (0,)
    """Exit codes that are good."""
    runs: int | None = None
    """Of a slow one: so many after the warm-up; 0 is once, without a warm-up."""
    output: Path | None = None
    """Where its standard output goes."""


@dataclass
class Comparison:
    """The runs of all candidates of one comparison, the first of which is ours."""

    runs: dict[str, list[Run]] = field(default_factory=dict)

    def ratio(self, rival: str) -> float:
        """Ours over theirs, of the medians of the seconds."""
        ours = next(iter(self.runs.values()))
        return statistics.median(run.seconds for run in ours) / statistics.median(run.seconds for run in self.runs[rival])

    def pairwise(self, rival: str) -> float:
        """The median of the ratios of the runs that stood beside each other."""
        ours = next(iter(self.runs.values()))
        return statistics.median(mine.seconds / theirs.seconds for mine, theirs in zip(ours, self.runs[rival], strict=False))

    def table(self, targets: Mapping[str, float]) -> str:
        """A row for each; `targets`: at most so many times the seconds of that rival."""
        lines = ["| | median s | least - most | peak MB | ours / this | median of pairs | target |", "|---|---|---|---|---|---|---|"]
        for number, (name, runs) in enumerate(self.runs.items()):
            seconds = [run.seconds for run in runs]
            cells = [name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} - {max(seconds):.2f}", f"{peak(runs):.0f}"]
            compared = [f"{self.ratio(name):.2f}", f"{self.pairwise(name):.2f}", _judged(self.ratio(name), targets.get(name))]
            lines.append(f"| {' | '.join([*cells, *(compared if number else ['', '', ''])])} |")
        return "\n".join(lines)


def peak(runs: Sequence[Run]) -> float:
    """The highest peak of several runs, MB."""
    return max(run.megabytes for run in runs)


def verdict(what: str, figure: float, most: float, unit: str) -> str:
    """A line that tells a figure and its target."""
    return f"{what}: {figure:.2f} {unit}, target at most {most:g} {unit}: {'met' if figure <= most else 'MISSED'}"


def in_turn(candidates: Mapping[str, Candidate], runs: int) -> Comparison:
    """Run all candidates in turn, `runs` times after a warm-up."""
    done = Comparison({name: [] for name in candidates})
    for number in range(runs + 1):
        for name, candidate in candidates.items():
            if number <= (runs if candidate.runs is None else candidate.runs):
                run = measured(candidate)
                if number or candidate.runs == 0:
                    done.runs[name].append(run)
    return done


def measured(candidate: Candidate) -> Run:
    """Run a candidate to its end. What was written before it is on the disk then, so that it waits for no writes of others."""
    candidate.before()
    os.sync()
    with open(candidate.output or os.devnull, "wb") as output:  # noqa: PTH123  os.devnull is no place of ours
        start = time.perf_counter()
        process = subprocess.Popen(candidate.command, stdout=output, stderr=subprocess.PIPE, cwd=candidate.folder)  # noqa: S603
        watch = _Watch(process.pid)
        watch.start()
        assert process.stderr is not None
        told = process.stderr.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.done.set()
    watch.join()
    if process.returncode not in candidate.codes:
        raise SystemExit(f"{' '.join(map(str, candidate.command))} ended with {process.returncode}\n{told.decode(errors='replace')}")
    return Run(seconds, max(watch.peak, usage.ru_maxrss) / 1024)


class _Watch(threading.Thread):
    """Samples the PSS of a process and its descendants together, while it has any; `peak` in kB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak = pid, 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(_PAUSE):
            pids = _tree(self.pid)
            if len(pids) > 1:
                self.peak = max(self.peak, sum(map(_pss, pids)))


def _tree(pid: int) -> list[int]:
    """A process and its descendants."""
    pids = [pid]
    for parent in pids:
        with contextlib.suppress(OSError):
            for task in os.scandir(f"/proc/{parent}/task"):
                pids.extend(map(int, Path(task.path, "children").read_text().split()))
    return pids


def _pss(pid: int) -> int:
    """In kB; 0 of one that has gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


class Benchmark:
    """A script: its options, a folder for the time that it runs, and how it shows what came out."""

    def __init__(self, doc: str, *, pupils: int | None, runs: int) -> None:
        self.parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
        if pupils:
            self.parser.add_argument("--pupils", type=int, default=pupils)
        self.parser.add_argument("--runs", type=int, default=runs, help="of each, after a warm-up")
        self.parser.add_argument("--folder", type=Path, help="keep the data here for the next run")
        self.parser.add_argument("--ratios", type=Path, help="add the ratios to this file of JSON")

    def __enter__(self) -> tuple[argparse.Namespace, Path]:
        """What was said, and the folder."""
        self._said = self.parser.parse_args()
        self._temporary = tempfile.TemporaryDirectory(dir=self._said.folder)
        folder = Path(self._temporary.name)
        self.data = self._said.folder or folder
        return self._said, folder

    def __exit__(self, *_error: object) -> None:
        self._temporary.cleanup()

    def show(self, title: str, done: Comparison, targets: Mapping[str, float]) -> None:
        """Print a table under its title."""
        self.head(title)
        print(f"{done.table(targets)}\n", flush=True)

    def head(self, title: str) -> None:
        """Print a title."""
        print(f"{title}; {machine()}, runs in turn: {self._said.runs}\n")


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"


def keep(path: Path | None, ratios: Mapping[str, float]) -> None:
    """Add ratios (ours over theirs) to a file of JSON, for `all.py`."""
    if path is not None:
        before = json.loads(path.read_text()) if path.exists() and path.stat().st_size else {}
        path.write_text(json.dumps({**before, **{name: round(ratio, 3) for name, ratio in ratios.items()}}, indent=2) + "\n")


def _judged(ratio: float, most: float | None) -> str:
    if most is None:
        return ""
    return f"{most:.3g} {'met' if ratio <= most else 'MISSED'}"
