"""Where the time of a first night goes: its steps in one process, beside the floor of each.

    python benchmarks/phases.py [--pupils N] [--runs N]

The functions of `STEPS` are timed where they stand, each without what it calls of the others, and one after another: what a night does at
once (hash a file while it is parsed, build a run while the ledger is written) is not. A floor is the least that the same bytes or
rows cost with what the step is built on, and no rules. A function that is no longer there is named, and its time is in "the rest".
"""

import contextlib
import functools
import hashlib
import importlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data import DAY, fresh, make
from measuring import Benchmark

STEPS = {
    "read and hash the files": ("inbox:read",),
    "read the exports": ("exports:read_export",),
    "read Numo's list": ("roster:read_roster", "roster:with_key_table"),
    "parse the results": ("cito:to_results",),
    "join": ("matching:match",),
    "judge the join": ("matching:unmatched", "matching:scattered", "matching:matched_per_key"),
    "select": ("selection:select",),
    "cut off": ("threshold:apply_cutoff",),
    "newest wins": ("plans:newest_wins",),
    "make leerplannen": ("plans:onderdelen_of",),
    "compare with what is in force": ("revisions:compare", "revisions:to_deliver", "revisions:finish"),
    "leerplannen.json": ("outputs:leerplannen_json",),
    "leerplannen.csv": ("outputs:leerplannen_csv",),
    "niet-geleverd.csv": ("outputs:niet_geleverd_csv",),
    "write, through to the disk": ("files:write_file", "files:sync_folder"),
    "ledger": (
        "ledger:Ledger.begin",
        "ledger:Ledger.confirm",
        "ledger:Ledger.mark_built",
        "ledger:Ledger.mark",
        "ledger:Ledger.remember_night",
    ),
}
"""Each step and its functions, as module:name in `cito_numo`."""
START, REST = "start and imports", "the rest"
IMPORTS = ("cito_numo.sync", "cito_numo.corridor", "cito_numo.outputs", "cito_numo.runs", "cito_numo.outbox")


class Clock:
    """Adds up the seconds of steps, each without the steps within it."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys([START, *STEPS], 0.0)
        self.missing: list[str] = []
        self._within: list[float] = []

    def wrap(self, step: str, place: str) -> None:
        """Time a function wherever it was imported."""
        module, _colon, name = place.partition(":")
        holder: Any = importlib.import_module(f"cito_numo.{module}")
        *path, name = name.split(".")
        for part in path:
            holder = getattr(holder, part)
        function = getattr(holder, name, None)
        if function is None:
            self.missing.append(place)
            return
        timed = self._timed(step, function)
        holders = [holder] if path else [one for key, one in sys.modules.items() if key.startswith("cito_numo")]
        for one in holders:
            if getattr(one, name, None) is function:
                setattr(one, name, timed)

    def _timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            with self._adding(step):
                result = function(*arguments, **named)
            return self._parts(step, result) if isinstance(result, Iterator) else result

        return timed

    @contextlib.contextmanager
    def _adding(self, step: str) -> Iterator[None]:
        self._within.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.seconds[step] += took - self._within.pop()
            if self._within:
                self._within[-1] += took

    def _parts(self, step: str, parts: Iterator[Any]) -> Iterator[Any]:
        """What comes part by part, each part timed."""
        done = object()
        while True:
            with self._adding(step):
                part = next(parts, done)
            if part is done:
                return
            yield part


def night(workspace: Path, begun: float) -> None:
    """In a process of its own: one night, and the seconds of its steps as JSON."""
    for name in IMPORTS:
        importlib.import_module(name)
    from datetime import datetime

    from cito_numo import outbox
    from cito_numo.config import read_workspace
    from cito_numo.sync import Options, Sync

    outbox._LARGE = sys.maxsize  # noqa: SLF001  one thing after another, so that they can be told apart
    clock = Clock()
    for step, places in STEPS.items():
        for place in places:
            with contextlib.suppress(ImportError):
                clock.wrap(step, place)
    clock.seconds[START] = time.time() - begun
    start = time.perf_counter()
    sync = Sync(read_workspace(workspace / "cito-numo.yaml"), Options(DAY, datetime.now().astimezone()))
    result = sync.school("demo-college")
    total = time.perf_counter() - start
    assert result.status == "delivered", result
    clock.seconds[REST] = total - (sum(clock.seconds.values()) - clock.seconds[START])
    print(json.dumps([clock.seconds, clock.missing]))


def floors(school: Path) -> dict[str, float]:
    """The floor of steps, from the files that a night read and wrote."""
    import orjson
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    found: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        found[step] = time.perf_counter() - start

    def texts(content: bytes) -> pa.Table:
        names = content.split(b"\r\n", 1)[0].decode("utf-8-sig").split(";")
        convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return csv.read_csv(pa.BufferReader(content), parse_options=csv.ParseOptions(delimiter=";"), convert_options=convert)

    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pandas, pyarrow.csv"], check=True)
    found[START] = time.perf_counter() - start
    paths = sorted(school.glob("inbox/*/*.csv"))
    with timed("read and hash the files"):
        contents = {path: path.read_bytes() for path in paths}
        for content in contents.values():
            hashlib.sha256(content).hexdigest()
    with timed("read the exports"):
        results = pa.concat_tables(texts(content) for path, content in contents.items() if path.parent.name == "cito")
    with timed("read Numo's list"):
        (pupils,) = (texts(content) for path, content in contents.items() if path.parent.name == "numo")
    with timed("join"):
        pc.index_in(results["Leerlingnummer"], pupils["gebruikersnaam"])
        pc.index_in(results["ECK-iD"], pupils["eck_id"])
    with timed("select"):
        results.group_by(["Leerlingnummer", "Toets", "Onderdeel"]).aggregate([("Afnamedatum", "count")])
    with timed("newest wins"):
        results.group_by(["Leerlingnummer", "Onderdeel"]).aggregate([("Toets", "max")])

    latest = school / "outbox" / "latest"
    plans = orjson.loads((latest / "leerplannen.json").read_bytes())["leerplannen"]
    with timed("leerplannen.json"):
        b",\n".join(map(orjson.dumps, plans))
    for step, path in (("leerplannen.csv", latest / "leerplannen.csv"), ("niet-geleverd.csv", school / "report" / "niet-geleverd.csv")):
        rows = texts(path.read_bytes())
        with timed(step):
            csv.write_csv(rows, pa.BufferOutputStream(), csv.WriteOptions(delimiter=";"))
    written = [path.read_bytes() for folder in (latest, school / "report") for path in folder.iterdir()]
    with timed("write, through to the disk"):
        for number, content in enumerate(written):
            descriptor = os.open(school / f"floor-{number}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(descriptor, content)
            os.fsync(descriptor)
            os.close(descriptor)
    found["ledger"] = _rows_again(school)
    return found


def _rows_again(school: Path) -> float:
    """Seconds that the ledger's rows take in bare tables of another file."""
    from cito_numo.ledger import ledger_path

    path = ledger_path(school)
    with contextlib.closing(sqlite3.connect(path)) as ledger, contextlib.closing(sqlite3.connect(school / "floor.sqlite")) as bare:
        tables = {name: ledger.execute(f"SELECT * FROM {name}").fetchall() for name in ("leerplannen", "onderdelen")}  # noqa: S608
        start = time.perf_counter()
        for name, rows in tables.items():
            bare.execute(f"CREATE TABLE {name} ({', '.join(f'c{place}' for place in range(len(rows[0])))})")
            bare.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        bare.commit()
        return time.perf_counter() - start


def in_process(what: str, *arguments: str) -> Any:  # noqa: ANN401
    """What a part of this script prints, run in a process of its own."""
    command = [sys.executable, __file__, what, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def main() -> None:
    """Run the nights one after another, each before its floors; print the medians."""
    benchmark = Benchmark(__doc__, pupils=200_000, runs=3)
    nights: list[dict[str, float]] = []
    least: list[dict[str, float]] = []
    missing: Sequence[str] = ()
    with benchmark as (said, folder):
        workspace = make(benchmark.data / f"school-{said.pupils}", 1, said.pupils, 5)
        for _number in range(said.runs):
            ours = fresh(workspace, folder / "ours")
            os.sync()
            seconds, missing = in_process("night", str(ours), str(time.time()))
            nights.append(seconds)
            least.append(in_process("floors", str(ours / "schools" / "demo-college")))
        benchmark.head(f"Steps of a first night of one school, {said.pupils:,} pupils x 5 results")
    total = statistics.median(sum(one.values()) for one in nights)
    print("| step | median s | share | floor s | x the floor |\n|---|---|---|---|---|")
    for step in nights[0]:
        seconds = statistics.median(one[step] for one in nights)
        floor = statistics.median(one[step] for one in least) if step in least[0] else None
        against = f"{floor:.2f} | {seconds / floor:.1f}" if floor else " | "
        print(f"| {step} | {seconds:.2f} | {seconds / total:.0%} | {against} |")
    print(f"| together | {total:.2f} | | {statistics.median(sum(one.values()) for one in least):.2f} | |\n")
    if missing:
        print(f"No longer there: {', '.join(missing)}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["night"]:
        night(Path(sys.argv[2]), float(sys.argv[3]))
    elif sys.argv[1:2] == ["floors"]:
        print(json.dumps(floors(Path(sys.argv[2]))))
    else:
        main()
