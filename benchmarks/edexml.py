"""A large EDEXML: `cito-numo edexml check` beside expat without handlers; and the first night of a Somtoday school of that size.

    python benchmarks/edexml.py [--pupils N] [--runs N] [--without-night]

Expat parses and does nothing else: the floor of what reading XML costs.
"""

import sys
from functools import partial
from pathlib import Path

from data import DAY, fresh, make_somtoday
from measuring import OURS, Benchmark, Candidate, in_turn, keep, sync

NAME, EXPAT = "cito-numo edexml check", "expat without handlers"
NIGHT = "cito-numo sync, Somtoday"
TARGETS = {EXPAT: 4.0}
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
        benchmark.show(f"EDEXML, {said.pupils:,} pupils, {path.stat().st_size / 1e6:.0f} MB", done, TARGETS)
        keep(said.ratios, {f"edexml / {EXPAT}": done.ratio(EXPAT)})
        if not said.without_night:
            night = Candidate(sync(folder / "ours"), partial(fresh, workspace, folder / "ours"), codes=(0, 3))
            title = f"First night of one Somtoday school, {said.pupils:,} pupils x 5 results, joined on the keys of its EDEXML"
            benchmark.show(title, in_turn({NIGHT: night}, said.runs), {})
            if not list(Path(folder / "ours").glob("schools/*/outbox/latest/leerplannen.json")):
                raise SystemExit("the night delivered nothing")


if __name__ == "__main__":
    main()
