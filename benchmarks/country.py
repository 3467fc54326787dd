"""All schools of a country: a first night, a night with nothing new, and one on which the exports of 1 % of the schools changed.

    python benchmarks/country.py [--schools N] [--pupils N] [--results N] [--runs N] [--folder FOLDER]

Nobody else does this work, so it is measured against fixed targets. A school in a hundred gets the export of the second night.
"""

import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from data import fresh, make
from measuring import Benchmark, Candidate, Run, measured, peak, sync, verdict

FIRST, IDLE, CHANGED = "first night", "nothing new", "1 % changed"
SECONDS = {FIRST: 120.0, CHANGED: 10.0}
MEGABYTES = 1000


def make_country(folder: Path, schools: int, pupils: int, results: int) -> Path:
    """A workspace of so many schools, made in as many parts as there are cores; no two have the same export."""
    if folder.exists():
        return folder
    cores = min(os.cpu_count() or 1, schools)
    sizes = [schools // cores + (number < schools % cores) for number in range(cores)]
    parts = [folder.with_name(f"{folder.name}-part-{number}") for number in range(cores)]
    for part in parts:  # that an earlier run left
        shutil.rmtree(part, ignore_errors=True)
    with ThreadPoolExecutor(cores) as pool:  # each makes its part in a process
        list(pool.map(lambda number: make(parts[number], sizes[number], pupils, results, number + 1), range(cores)))
    whole = parts[0]
    for number, part in enumerate(parts[1:], 1):
        for below in ("schools", "tomorrow/schools"):
            for school in (part / below).iterdir():
                school.rename(whole / below / f"{school.name}-{number}")
        shutil.rmtree(part)
    return whole.rename(folder)


def tomorrow(workspace: Path, folder: Path) -> int:
    """Put the next export into the inbox of one school in a hundred; how many those are."""
    chosen = sorted((workspace / "tomorrow" / "schools").iterdir())[::100][
        : max(1, round(len(list((workspace / "schools").iterdir())) / 100))
    ]
    long_ago = time.time() - 60
    for school in chosen:
        for file in school.glob("inbox/cito/*"):
            target = folder / "schools" / school.name / "inbox" / "cito" / file.name
            shutil.copyfile(file, target)
            os.utime(target, (long_ago, long_ago))
    return len(chosen)


def main() -> None:
    """Make the schools, run the three nights one after another, print the table."""
    benchmark = Benchmark(__doc__, pupils=1500, runs=1)
    benchmark.parser.add_argument("--schools", type=int, default=620)
    benchmark.parser.add_argument("--results", type=int, default=10)
    with benchmark as (said, folder):
        workspace = make_country(
            benchmark.data / f"country-{said.schools}-{said.pupils}-{said.results}", said.schools, said.pupils, said.results
        )
        ours, told = folder / "ours", folder / "told.json"
        befores: dict[str, Callable[[], object]] = {
            FIRST: partial(fresh, workspace, ours),
            IDLE: lambda: None,
            CHANGED: partial(tomorrow, workspace, ours),
        }
        nights: dict[str, list[Run]] = {name: [] for name in befores}
        delivered = {}
        for _number in range(said.runs):
            for name, before in befores.items():
                nights[name].append(measured(Candidate(sync(ours), before, codes=(0, 3), output=told)))
                schools = json.loads(told.read_bytes())["schools"]
                delivered[name] = sum(school["status"] == "delivered" for school in schools)
        benchmark.head(f"{said.schools} schools, {said.pupils:,} pupils x {said.results} results each")
        print("| | median s | least - most | peak MB, all processes | schools that delivered |\n|---|---|---|---|---|")
        for name, runs in nights.items():
            seconds = [run.seconds for run in runs]
            cells = f"{statistics.median(seconds):.1f} | {min(seconds):.1f} - {max(seconds):.1f} | {peak(runs):.0f} | {delivered[name]}"
            print(f"| {name} | {cells} |")
        print()
        for name, most in SECONDS.items():
            print(verdict(name.capitalize(), statistics.median(run.seconds for run in nights[name]), most, "s"))
        print(verdict("Peak memory", max(map(peak, nights.values())), MEGABYTES, "MB"), "\n")


if __name__ == "__main__":
    main()
