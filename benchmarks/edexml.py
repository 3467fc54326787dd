"""A large EDEXML: `cito-numo edexml check` beside expat without handlers, as whole processes that take turns.

    python benchmarks/edexml.py [--pupils N] [--runs N]

Prints a row for each: seconds (median, least, most), and peak memory of the process; then the ratio of the medians and the median of
the ratios pair by pair.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

DAY = date(2026, 11, 24)
MAKE = """
import sys
from datetime import date
from pathlib import Path
from cito_numo.demo import edexml, leerlingen
Path(sys.argv[1]).write_text(edexml(leerlingen(int(sys.argv[2])), date.fromisoformat(sys.argv[3])), "utf-8")
"""
EXPAT = "import sys; from xml.parsers import expat; expat.ParserCreate().ParseFile(open(sys.argv[1], 'rb'))"
CHECK = "import sys; from cito_numo.cli import main; main()"


class Run(NamedTuple):
    """One whole process: wall seconds, and peak memory in MB."""

    seconds: float
    megabytes: float


def measured(command: Sequence[str]) -> Run:
    """Run a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024)


def row(name: str, runs: Sequence[Run]) -> str:
    """A line of the table."""
    seconds = [run.seconds for run in runs]
    peak = max(run.megabytes for run in runs)
    return f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} - {max(seconds):.2f} | {peak:.0f} |"


def main() -> None:
    """Make the file, run both in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edexml.xml"
        # In a process of its own: a child's peak begins at the size of the process that made it.
        subprocess.run([sys.executable, "-c", MAKE, str(path), str(arguments.pupils), DAY.isoformat()], check=True)  # noqa: S603
        commands = {
            "expat without handlers": [sys.executable, "-c", EXPAT, str(path)],
            "cito-numo edexml check": [sys.executable, "-c", CHECK, "edexml", "check", "--date", DAY.isoformat(), str(path)],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for number in range(arguments.runs + 1):
            for name, command in commands.items():
                run = measured(command)
                if number:  # the first of each is a warm-up
                    runs[name].append(run)
        size = path.stat().st_size / 1e6
    ours, theirs = runs["cito-numo edexml check"], runs["expat without handlers"]
    pairs = [mine.seconds / other.seconds for mine, other in zip(ours, theirs, strict=True)]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    print(f"{arguments.pupils:,} pupils, {size:.0f} MB; {machine}, {arguments.runs} runs in turn\n")
    print("| | median s | least - most | peak MB |\n|---|---|---|---|")
    for name in commands:
        print(row(name, runs[name]))
    print(f"\nRatio of the medians: {statistics.median(r.seconds for r in ours) / statistics.median(r.seconds for r in theirs):.2f}")
    print(f"Median of the ratios: {statistics.median(pairs):.2f}")


if __name__ == "__main__":
    main()
