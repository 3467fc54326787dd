"""A night with nothing new for one large school, beside the run that earthmover skips because no file changed.

    python benchmarks/idle.py [--pupils N] [--runs N]

Both did their first run before, outside the timing. Earthmover reads its files to see that they are the same, ours looks at their stamps.
"""

import statistics
import subprocess

from data import empty, for_earthmover, fresh, make
from first_night import EARTHMOVER, earthmover
from measuring import Benchmark, Candidate, in_turn, keep, measured, sync, verdict

NAME = "cito-numo sync, nothing new"
SKIPPED = 99
"""The exit code with which earthmover tells that it had nothing to do."""
TARGETS = {EARTHMOVER: 1 / 3}
SECONDS = 0.3


def main() -> None:
    """Make the school, let both do their first run, then an idle one in turn."""
    benchmark = Benchmark(__doc__, pupils=200_000, runs=9)
    with benchmark as (said, folder):
        workspace = make(benchmark.data / f"school-{said.pupils}", 1, said.pupils, 5)
        ours, theirs = fresh(workspace, folder / "ours"), empty(folder / EARTHMOVER)
        commas = for_earthmover(workspace / "schools" / "demo-college" / "inbox", folder / "commas")
        measured(Candidate(sync(ours), codes=(0, 3)))
        measured(Candidate(earthmover(commas, theirs)))
        told = subprocess.run(sync(ours), check=False, capture_output=True, text=True).stdout  # noqa: S603
        if '"nothing_new"' not in told:
            raise SystemExit(f"there was something new: {told}")
        done = in_turn(
            {NAME: Candidate(sync(ours), codes=(0, 3)), EARTHMOVER: Candidate(earthmover(commas, theirs), codes=(SKIPPED,))}, said.runs
        )
        benchmark.show(f"A night with nothing new, {said.pupils:,} pupils x 5 results", done, TARGETS)
        print(verdict("An idle night", statistics.median(run.seconds for run in done.runs[NAME]), SECONDS, "s"))
        print(f"earthmover takes {1 / done.ratio(EARTHMOVER):.1f} times as long\n")
    keep(said.ratios, {f"idle / {EARTHMOVER}": done.ratio(EARTHMOVER)})


if __name__ == "__main__":
    main()
