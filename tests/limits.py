"""What a test may take: time, and in a process of its own, memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PROLOGUE = """
import resource, sys
from pathlib import Path
def take_no_more_than(megabytes):
    used = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (used + (megabytes << 20),) * 2)
"""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what is still busy after so many seconds of processor time."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still busy after {seconds} seconds")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def uncounted() -> dict[str, str]:
    """The environment of a process in which no coverage is counted: that takes memory and time, for lines that other tests show."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def run_in_little_memory(program: str, *arguments: str) -> str:
    """What a Python program prints that may call `take_no_more_than(megabytes)`: from there on that is all the memory it gets."""
    command = [sys.executable, "-c", _PROLOGUE + program, *arguments]
    process = subprocess.run(command, env=uncounted(), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout
