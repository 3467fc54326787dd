"""Nights at a moment of one's choice, and what a school's folder and ledger hold after them."""

import csv
import io
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Ran, SchoolFolder, WorkspaceFolder

from cito_numo import cli, ledger_file
from cito_numo.commands import plans, upkeep

TO_VERSION_5 = """
CREATE TABLE oude_leerplannen (leerplan_id TEXT NOT NULL, gebruikersnaam TEXT NOT NULL, vak TEXT NOT NULL, klas TEXT,
    revisie INTEGER NOT NULL, status TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs, PRIMARY KEY (leerplan_id, revisie)) WITHOUT ROWID;
CREATE TABLE oude_onderdelen (leerplan_id TEXT NOT NULL, revisie INTEGER NOT NULL, onderdeel TEXT NOT NULL, toets TEXT NOT NULL,
    schooljaar TEXT NOT NULL, afnamedatum TEXT NOT NULL, toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL,
    relatief INTEGER NOT NULL, route TEXT NOT NULL, startniveau TEXT NOT NULL, doelniveau TEXT NOT NULL, prioriteit INTEGER NOT NULL,
    domeinen TEXT NOT NULL, volgorde INTEGER NOT NULL, PRIMARY KEY (leerplan_id, revisie, onderdeel)) WITHOUT ROWID;
INSERT INTO oude_leerplannen SELECT leerplan_id, gebruikersnaam, vak, klas, revisie, status, run_id FROM leerplannen;
INSERT INTO oude_onderdelen SELECT leerplan_id, revisie, onderdeel, toets, schooljaar, afnamedatum, toetsniveau, functioneringsniveau,
    relatief, route, startniveau, doelniveau, prioriteit, domeinen, volgorde
    FROM onderdelen JOIN leerplannen USING (leerplan) JOIN inhouden USING (inhoud);
DROP TABLE onderdelen;
DROP TABLE inhouden;
DROP TABLE leerplannen;
ALTER TABLE oude_leerplannen RENAME TO leerplannen;
ALTER TABLE oude_onderdelen RENAME TO onderdelen;
"""
"""Makes a ledger of version 6 one of version 5."""


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Let the commands and the ledger think that it is this moment (ISO, in UTC)."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls.fromisoformat(moment).replace(tzinfo=UTC).astimezone(tz)

    for module in (cli, plans, upkeep, ledger_file):
        monkeypatch.setattr(module, "datetime", Clock)


@contextmanager
def template(folder: Path) -> Iterator[tuple[WorkspaceFolder, SchoolFolder, pytest.MonkeyPatch]]:
    """A workspace with a school of which the nights are done once, to be copied by each test that begins after them."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        workspace = WorkspaceFolder(folder, Redirected(out))  # type: ignore[arg-type]
        yield workspace, workspace.school(), patch


class Redirected:
    """Stands for `capsys` where there is none: outside a test."""

    def __init__(self, out: io.StringIO) -> None:
        self._out = out

    def readouterr(self) -> SimpleNamespace:
        text = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return SimpleNamespace(out=text, err="")


def copied(source: Path, workspace: WorkspaceFolder) -> SchoolFolder:
    """The school of a copy of that workspace; files that are put there are newer than those that it has."""
    shutil.copytree(source, workspace.folder, symlinks=True, dirs_exist_ok=True)
    school = SchoolFolder(workspace.folder / "schools/demo-college")
    school._files = 100
    return school


def config_of(workspace: WorkspaceFolder) -> tuple[str, str]:
    return ("--config", str(workspace.folder / "cito-numo.yaml"))


def run(workspace: WorkspaceFolder, command: str, *arguments: str) -> Ran:
    return workspace.run(command, *arguments, *config_of(workspace))


def ledger_of(school: SchoolFolder) -> Path:
    return school.folder / ".cito-numo/ledger.sqlite"


def sql(school: SchoolFolder, query: str, *values: object) -> list[tuple]:
    """What a query on the ledger gives; what it changes is kept."""
    connection = sqlite3.connect(ledger_of(school))
    try:
        rows = connection.execute(query, values).fetchall()
        connection.commit()
    finally:
        connection.close()
    return rows


def contents(folder: Path) -> dict[str, bytes | str]:
    """All that lies in a folder: the bytes of each file, where each link leads."""
    entries = sorted(folder.rglob("*"))
    return {
        str(entry.relative_to(folder)): str(entry.readlink()) if entry.is_symlink() else entry.read_bytes() if entry.is_file() else ""
        for entry in entries
    }


def tree(folder: Path) -> dict[str, tuple]:
    """All that lies in a folder, with what changes when it is written or replaced: content, mode, size, times and inode."""
    found = contents(folder)
    stats = {name: (folder / name).lstat() for name in found} | {".": folder.lstat()}
    stamps = {name: (one.st_mode, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino) for name, one in stats.items()}
    return {name: (stamp, found.get(name)) for name, stamp in stamps.items()}


def holding(folder: Path, text: str, *, leaving: Sequence[str] = ("inbox",)) -> list[str]:
    """The files of a school in which a text stands, but for these folders."""
    found = contents(folder)
    needles = (text.encode(), text.encode("utf-16-le"))
    return [
        name
        for name, content in found.items()
        if name.split("/")[0] not in leaving and isinstance(content, bytes) and any(needle in content for needle in needles)
    ]


def plan_lines(run_folder: Path, gebruikersnaam: str) -> list[bytes]:
    """The lines of a leerplannen.json that are of a pupil, as they stand there."""
    lines = (run_folder / "leerplannen.json").read_bytes().split(b"\n")
    return [line.rstrip(b",") for line in lines if f'"gebruikersnaam":"{gebruikersnaam}"'.encode() in line]


def cells(path: Path, encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""), delimiter=";"))


def make_old(path: Path, moment: str) -> None:
    """Give a file this time of its last change (ISO)."""
    seconds = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))


def code_in(message: str) -> str:
    """The last code that a message asks to accept."""
    return message.rpartition("--accept ")[2].split(maxsplit=1)[0]
