"""How time and memory of a first night grow: one school of 1, 2, 4 and 8 times the size, and 1, 2, 4 and 8 times as many schools.

    python benchmarks/growth.py [--pupils N] [--schools N] [--runs N]

Prints a table and draws benchmarks/growth.png. `--pupils` (of the smallest school) and `--schools` (the fewest) are those of 1x.
"""

import json
import statistics
import subprocess
from functools import partial
from pathlib import Path

from country import make_country
from data import fresh, make
from measuring import RIVALS, Benchmark, Candidate, in_turn, peak, sync

TIMES = (1, 2, 4, 8)
HERE = Path(__file__).resolve().parent


def main() -> None:
    """Make the workspaces, run a first night of each in turn, print the table, draw it."""
    benchmark = Benchmark(__doc__, pupils=25_000, runs=3)
    benchmark.parser.add_argument("--schools", type=int, default=10)
    with benchmark as (said, folder):
        sizes = [said.pupils * times for times in TIMES]
        counts = [said.schools * times for times in TIMES]
        workspaces = {f"{size:,} pupils": make(benchmark.data / f"school-{size}", 1, size, 5) for size in sizes}
        workspaces |= {f"{count} schools": make_country(benchmark.data / f"country-{count}-1500-10", count, 1500, 10) for count in counts}
        ours = folder / "ours"
        nights = {name: Candidate(sync(ours), partial(fresh, of, ours), codes=(0, 3)) for name, of in workspaces.items()}
        done = in_turn(nights, said.runs)
        benchmark.head("First nights of 1, 2, 4 and 8 times as much: one school x 5 results; schools of 1,500 pupils x 10 results")
    figures = [(name, statistics.median(run.seconds for run in runs), peak(runs)) for name, runs in done.runs.items()]
    print("| | median s | x the first | peak MB | x the first |\n|---|---|---|---|---|")
    series = {"One school, 5 results a pupil": (sizes, figures[:4]), "Schools of 1,500 pupils, 10 results each": (counts, figures[4:])}
    for _amounts, rows in series.values():
        for name, seconds, megabytes in rows:
            print(f"| {name} | {seconds:.2f} | {seconds / rows[0][1]:.1f} | {megabytes:.0f} | {megabytes / rows[0][2]:.1f} |")
    drawn = {
        name: {"seconds": [row[1] for row in rows], "megabytes": [row[2] for row in rows]} for name, (_amounts, rows) in series.items()
    }
    plot = {"times": TIMES, "series": drawn, "file": str(HERE / "growth.png")}
    subprocess.run([str(RIVALS / "python"), str(HERE / "draw_growth.py")], input=json.dumps(plot), text=True, check=True)  # noqa: S603
    print("\nDrawn in benchmarks/growth.png\n")


if __name__ == "__main__":
    main()
