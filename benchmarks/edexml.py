"""A large EDEXML: `cito-numo edexml check` beside expat without handlers; and the first night of a Somtoday school of that size.

    python benchmarks/edexml.py [--pupils N] [--runs N] [--without-night]

Expat parses and does nothing else: the floor of what reading XML costs. `check` is a whole process; the XML part of it, from the file to
the pupils, is timed beside expat in one process too, in turn.
"""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from data import DAY, fresh, make_somtoday
from measuring import OURS, Benchmark, Candidate, in_turn, keep, sync, verdict

NAME, EXPAT = "cito-numo edexml check", "expat without handlers"
NIGHT = "cito-numo sync, Somtoday"
TARGETS = {EXPAT: 4.0}
BOTH = """
import gc, json, statistics, sys, time
from xml.parsers import expat
from cito_numo.cli import GARBAGE_AFTER
from cito_numo.edexml import read_edexml
from cito_numo.privacy import Secret
gc.set_threshold(GARBAGE_AFTER)
def timed(work):
    with open(sys.argv[1], "rb") as file:
        start = time.perf_counter()
        work(file)
        return time.perf_counter() - start
def ours(file):
    read_edexml(file, "edexml.xml", secret=Secret(bytes(32)))
runs = [(timed(ours), timed(lambda file: expat.ParserCreate().ParseFile(file))) for _ in range(int(sys.argv[2]) + 1)][1:]
print(json.dumps([statistics.median(seconds) for seconds in zip(*runs)]))
"""
PARSE = "import sys; from xml.parsers import expat; expat.ParserCreate().ParseFile(open(sys.argv[1], 'rb'))"


def main() -> None:
    """Make the school, run both in turn, then its night; print the tables."""
    benchmark = Benchmark(__doc__, pupils=200_000, runs=5)
    benchmark.parser.add_argument("--without-night", action="store_true")
    with benchmark as (said, folder):
        workspace = make_somtoday(benchmark.data / f"somtoday-{said.pupils}", said.pupils, 5)
        (path,) = workspace.glob("schools/*/inbox/edexml/*.xml")
        check = Candidate([*OURS, "edexml", "check", "--date", DAY.isoformat(), str(path)])
        done = in_turn({NAME: check, EXPAT: Candidate([sys.executable, "-c", PARSE, str(path)])}, said.runs)
        benchmark.show(f"EDEXML, {said.pupils:,} pupils, {path.stat().st_size / 1e6:.0f} MB", done, {})
        told = subprocess.run([sys.executable, "-c", BOTH, str(path), str(said.runs)], check=True, capture_output=True, text=True)  # noqa: S603
        ours, theirs = json.loads(told.stdout)
        print(f"The XML part, in one process: {ours:.2f} s, expat {theirs:.2f} s")
        print(verdict("The XML part against expat", ours / theirs, TARGETS[EXPAT], "x"), "\n", flush=True)
        keep(said.ratios, {f"edexml / {EXPAT}": done.ratio(EXPAT)})
        if not said.without_night:
            night = Candidate(sync(folder / "ours"), partial(fresh, workspace, folder / "ours"), codes=(0, 3))
            title = f"First night of one Somtoday school, {said.pupils:,} pupils x 5 results, joined on the keys of its EDEXML"
            benchmark.show(title, in_turn({NIGHT: night}, said.runs), {})
            if not list(Path(folder / "ours").glob("schools/*/outbox/latest/leerplannen.json")):
                raise SystemExit("the night delivered nothing")


if __name__ == "__main__":
    main()
