"""The synthetic schools that all candidates read, each made in a process of its own, and workspaces that are fresh before each run.

As a script it makes one workspace: `python benchmarks/data.py FOLDER SCHOOLS PUPILS RESULTS SEED`.
"""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

DAY = date(2026, 11, 24)
FIRST_DAY = date(2026, 8, 1)
OPTION = 0
"""The terugstuuroptie of the first school that the demo makes."""
TABLES = Path(__file__).resolve().parent / "rivals"


def make(folder: Path, schools: int, pupils: int, results: int, seed: int = 1) -> Path:
    """A workspace of such schools, made when it is not there."""
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        subprocess.run([sys.executable, __file__, *map(str, (part, schools, pupils, results, seed))], check=True)  # noqa: S603
        part.rename(folder)
    return folder


def make_somtoday(folder: Path, pupils: int, results: int) -> Path:
    """A workspace with one school, the results of which hold only Cito keys: an EDEXML tells whose they are."""
    if not folder.exists():
        make(folder, 2, pupils, results)
        shutil.rmtree(folder / "schools" / "demo-college")
    return folder


def fresh(workspace: Path, folder: Path) -> Path:
    """A workspace in which no night was, of the same files: they are linked, for they are only read."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(workspace, folder, copy_function=os.link, ignore=shutil.ignore_patterns("tomorrow"))
    return folder


def empty(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def for_earthmover(inbox: Path, folder: Path) -> Path:
    """The same exports and list with commas (earthmover reads no other separator), and the pairs of levels that the option passes on."""
    empty(folder)
    for path in (*inbox.glob("cito/*.csv"), *inbox.glob("numo/*.csv")):
        with path.open(newline="") as file, (folder / path.name).open("w", newline="") as out:
            csv.writer(out).writerows(csv.reader(file, delimiter=";"))
    niveaus = _table("niveaus.csv")
    pairs = [(*_names(toets, level), low) for toets in niveaus for level in niveaus if (low := _relatief(level, toets)) <= OPTION]
    _write(folder / "niveaus.csv", "toetsniveau_tekst,niveau_tekst,toetsniveau,functioneringsniveau,relatief", pairs)
    onderdelen = [tuple(row.values()) for row in _table("onderdelen.csv")]
    _write(folder / "onderdelen.csv", "onderdeel_tekst,onderdeel,vak", onderdelen)
    return folder


def _table(name: str) -> list[dict[str, str]]:
    with (TABLES / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _names(toets: dict[str, str], level: dict[str, str]) -> tuple[str, ...]:
    return toets["tekst"], level["tekst"], toets["niveau"], level["niveau"]


def _relatief(level: dict[str, str], toets: dict[str, str]) -> int:
    above, below = int(level["laagste"]) - int(toets["hoogste"]), int(level["hoogste"]) - int(toets["laagste"])
    return min(above, 2) if above > 0 else max(below, -2) if below < 0 else 0


def _write(path: Path, header: str, rows: Sequence[Sequence[object]]) -> None:
    path.write_text("".join(f"{line}\n" for line in (header, *(",".join(map(str, row)) for row in rows))))


if __name__ == "__main__":
    from cito_numo.demo import make_demo

    make_demo(Path(sys.argv[1]), DAY, *map(int, sys.argv[2:4]), seed=int(sys.argv[5]), results=int(sys.argv[4]))
