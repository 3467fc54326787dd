"""The first night of one large school beside what polars, DuckDB and earthmover take for the core of it.

    python benchmarks/first_night.py [--pupils N] [--runs N] [--slow-runs N]

Every rival reads the same exports and Numo's list, and writes nested JSON and a flat CSV. Afterwards their rows are compared with ours.
"""

import csv
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from data import DAY, FIRST_DAY, OPTION, TABLES, empty, for_earthmover, fresh, make
from measuring import RIVALS, Benchmark, Candidate, in_turn, keep, peak, sync, verdict

NAME = "cito-numo sync"
POLARS, DUCKDB, EARTHMOVER = "polars", "DuckDB", "earthmover"
TARGETS = {POLARS: 2.0, DUCKDB: 2.5, EARTHMOVER: 1 / 8}
MEGABYTES = 600
COMPARED = ("afnamedatum", "toets", "toetsniveau", "functioneringsniveau", "relatief")
Rows = dict[tuple[str, str], tuple[str, ...]]
"""Per gebruikersnaam and onderdeel: what is compared."""


def candidates(folder: Path, workspace: Path, slow_runs: int) -> dict[str, Candidate]:
    """Ours, and its rivals; each writes in a folder of its own."""
    inbox = workspace / "schools" / "demo-college" / "inbox"
    said = [*map(str, (FIRST_DAY, DAY, OPTION))]
    found = {NAME: Candidate(sync(folder / "ours"), partial(fresh, workspace, folder / "ours"), codes=(0, 3))}
    for name, script in ((POLARS, "with_polars.py"), (DUCKDB, "with_duckdb.py")):
        command = [str(RIVALS / "python"), str(TABLES / script), str(inbox), str(folder / name), *said]
        found[name] = Candidate(command, partial(empty, folder / name))
    commas = for_earthmover(inbox, folder / "commas")
    out = folder / EARTHMOVER
    found[EARTHMOVER] = Candidate(earthmover(commas, out), partial(empty, out), runs=slow_runs)
    return found


def earthmover(inbox: Path, out: Path) -> list[str]:
    """The command that runs it on files with commas."""
    said = {"INBOX": str(inbox), "OUT": str(out), "FIRST_DAY": FIRST_DAY.isoformat(), "LAST_DAY": DAY.isoformat()}
    return [str(RIVALS / "earthmover"), "run", "-c", str(TABLES / "earthmover" / "earthmover.yaml"), "-p", json.dumps(said)]


def rows_in(folder: Path) -> Rows:
    """The rows of the JSON that was written, which the CSV must have too."""
    (path,) = folder.glob("leerplannen*.json*")
    (flat,) = folder.glob("leerplannen*.csv")
    rows = {(plan["gebruikersnaam"], row["onderdeel"]): tuple(str(row[name]) for name in COMPARED) for plan, row in _onderdelen(path)}
    with flat.open(encoding="utf-8-sig", newline="") as file:
        in_csv = {
            (row["gebruikersnaam"], row["onderdeel"]): tuple(row[name].strip() for name in COMPARED)
            for row in csv.DictReader(file, delimiter=";")
        }
    if rows != in_csv:
        raise SystemExit(f"{folder.name}: the JSON and the CSV differ")
    return rows


def _onderdelen(path: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if '"onderdelen":' in line:
                plan = json.loads(line.strip().removesuffix(","))
                yield from ((plan, row) for row in plan["onderdelen"])


def contradictory(report: Path) -> set[tuple[str, str]]:
    """What ours leaves out, and a rival takes one row of: two levels for one toets on one day."""
    with (report / "niet-geleverd.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["leerling"], row["onderdeel"]) for row in csv.DictReader(file, delimiter=";") if row["uitkomst"] == "tegenstrijdig"}


def compare(folder: Path, names: list[str]) -> None:
    """Tell how the rows of each rival differ from ours. SystemExit where both have a row that is not the same."""
    school = folder / "ours" / "schools" / "demo-college"
    ours, apart = rows_in(school / "outbox" / "latest"), contradictory(school / "report")
    for name in names:
        theirs = rows_in(folder / name)
        both = (ours.keys() & theirs.keys()) - apart
        wrong = [key for key in both if ours[key] != theirs[key]]
        for key in wrong[:3]:
            print(f"{name}: {key}: {theirs[key]}, ours {ours[key]}", file=sys.stderr)
        if wrong or not both:
            raise SystemExit(f"{name}: {len(wrong)} of {len(both)} rows differ from ours")
        only = f"{len(ours.keys() - theirs.keys())} rows only ours, {len(theirs.keys() - ours.keys())} only {name}"
        print(f"{name}: {len(both):,} rows the same; {only}; {len(apart)} contradictory, of which ours takes none, left out of it")


def main() -> None:
    """Make the school, run all in turn, print the table, compare what they wrote."""
    benchmark = Benchmark(__doc__, pupils=200_000, runs=5)
    benchmark.parser.add_argument("--slow-runs", type=int, default=2, help="of earthmover; 0 is once, without a warm-up")
    with benchmark as (said, folder):
        workspace = make(benchmark.data / f"school-{said.pupils}", 1, said.pupils, 5)
        done = in_turn(candidates(folder, workspace, min(said.slow_runs, said.runs)), said.runs)
        benchmark.show(f"First night of one school, {said.pupils:,} pupils x 5 results", done, TARGETS)
        print(verdict("Peak memory", peak(done.runs[NAME]), MEGABYTES, "MB"))
        print(f"earthmover takes {1 / done.ratio(EARTHMOVER):.1f} times as long\n", flush=True)
        compare(folder, list(TARGETS))
    memory = {f"first night, memory / {POLARS}": peak(done.runs[NAME]) / peak(done.runs[POLARS])}
    keep(said.ratios, {f"first night / {name}": done.ratio(name) for name in TARGETS} | memory)


if __name__ == "__main__":
    main()
