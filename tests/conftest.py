"""A workspace that a test can fill with files one can read, and the command run on it."""

import csv
import gc
import io
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import typer.main
import xlsxwriter

from cito_numo.cli import GARBAGE_AFTER, run

DAY = "2026-11-24"
EXPORT_HEADER = "Leerlingnummer;ECK-iD;Cito-leerlingkey;Klas;Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau;Vaardigheidsscore"
COMMAND = [sys.executable, "-c", "from cito_numo.cli import main; main()"]
Workbook = Callable[..., bytes]
SCHOOL = {
    "name": "Demo College",
    "brin": "99XX",
    "klantnummer": '"0123456"',
    "signed_up": "2026-08-20",
    "active_from": "2026-09-01",
    "administratie": "magister",
    "terugstuuroptie": "0",
}


def eck_id(number: int) -> str:
    """An ECK iD that nobody has."""
    return f"https://ketenid.nl/201703/{number:0128x}"


def row(
    leerlingnummer: str = "",
    eck: str = "",
    key: str = "",
    *,
    klas: str = "2A",
    toets: str = "T1",
    toetsniveau: str = "havo",
    onderdeel: str = "Rekenen-Wiskunde",
    day: str = "06-10-2026",
    fn: str = "havo",
) -> str:
    """One row of an export in the layout lib-vo."""
    return ";".join((leerlingnummer, eck, key, klas, toets, toetsniveau, onderdeel, day, fn, ""))


@dataclass
class Ran:
    """What a command did."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict:
        return json.loads(self.stdout)

    @property
    def school(self) -> dict:
        """What `sync --json` says of the only school."""
        (school,) = self.json["schools"]
        return school


class SchoolFolder:
    """A school of the workspace, to put files in and look at what came out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = 0

    def configure(self, **changes: str | None) -> None:
        """Write school.yaml: the usual keys, with these changes (None leaves a key out)."""
        lines = [f"{key}: {value}\n" for key, value in {**SCHOOL, **changes}.items() if value is not None]
        self.put("school.yaml", "".join(lines))

    def put(self, name: str, content: str | bytes) -> Path:
        """Write a file, as old as its turn: a file that is put later is newer, and none is still being written."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        self._files += 1
        os.utime(path, (1_790_000_000 + self._files,) * 2)
        return path

    def cito(self, *rows: str, name: str = "export.csv") -> Path:
        return self.put(f"inbox/cito/{name}", "\r\n".join((EXPORT_HEADER, *rows)) + "\r\n")

    def numo(self, *rows: str, name: str = "numo.csv") -> Path:
        """Numo's list: rows of gebruikersnaam;eck_id;klas."""
        return self.put(f"inbox/numo/{name}", "\r\n".join(("gebruikersnaam;eck_id;klas", *rows)) + "\r\n")

    def edexml(self, *leerlingen: str, brin: str = "99XX", name: str = "edexml.xml") -> Path:
        """An EDEXML 2.1 of `leerling` elements."""
        school = f"<school><schooljaar>2026-2027</schooljaar><brincode>{brin}</brincode></school>"
        groepen = '<groepen><groep key="g1"><naam>2A</naam><jaargroep>12</jaargroep></groep></groepen>'
        body = f"<EDEX>{school}{groepen}<leerlingen>{''.join(leerlingen)}</leerlingen></EDEX>"
        return self.put(f"inbox/edexml/{name}", f'<?xml version="1.0" encoding="UTF-8"?>\n{body}')

    @property
    def runs(self) -> list[Path]:
        """The delivered runs, oldest first."""
        outbox = self.folder / "outbox"
        return sorted(entry for entry in outbox.iterdir() if entry.name[0] == "2") if outbox.exists() else []

    def delivered(self, run: int = -1) -> dict:
        return json.loads((self.runs[run] / "leerplannen.json").read_text())

    def delivered_csv(self, run: int = -1) -> list[dict[str, str]]:
        return _rows((self.runs[run] / "leerplannen.csv").read_bytes())

    @property
    def niet_geleverd(self) -> list[dict[str, str]]:
        return _rows((self.folder / "report/niet-geleverd.csv").read_bytes())

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "report/manifest.json").read_text())


class WorkspaceFolder:
    """A workspace, and the command run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        (folder / "cito-numo.yaml").write_text("defaults: {}\n")
        (folder / "cito-numo.yaml").chmod(0o600)

    def school(self, korte_naam: str = "demo-college", **changes: str | None) -> SchoolFolder:
        school = SchoolFolder(self.folder / "schools" / korte_naam)
        school.configure(**changes)
        return school

    def run(self, *arguments: str, stdin: bytes | None = None) -> Ran:
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patched:
            if stdin is not None:
                patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            exit_code = run(arguments)
        out = self._capsys.readouterr()
        return Ran(exit_code, out.out, out.err)

    def sync(self, *arguments: str, day: str = DAY) -> Ran:
        return self.run("sync", "--config", str(self.folder / "cito-numo.yaml"), "--date", day, *arguments)

    def sync_json(self, *arguments: str, day: str = DAY) -> Ran:
        return self.sync("--json", *arguments, day=day)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.fixture(autouse=True, scope="session")
def _as_in_a_process_of_its_own() -> Iterator[None]:
    """What a process does once is done once for all tests: garbage is let be as `main` does, and the commands are made from functions."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_AFTER)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(typer.main, "get_command", cache(typer.main.get_command))
        patched.setenv("CITO_NUMO_JOBS", "1")
        yield
    gc.set_threshold(*before)


@pytest.fixture
def workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> WorkspaceFolder:
    return WorkspaceFolder(tmp_path, capsys)


@pytest.fixture
def school(workspace: WorkspaceFolder) -> SchoolFolder:
    """One magister school with terugstuuroptie 0."""
    return workspace.school()


@pytest.fixture
def xlsx() -> Workbook:
    """The bytes of a workbook with these cells, sheet by sheet; text stays text."""

    def write(*sheets: Sequence[Sequence[object]]) -> bytes:
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"strings_to_numbers": False}) as workbook:
            for rows in sheets:
                sheet = workbook.add_worksheet()
                for number, cells in enumerate(rows):
                    sheet.write_row(number, 0, cells)
        return content.getvalue()

    return write


def leerling(key: str, gebruikersnaam: str, eck: str = "", extra: str = "") -> str:
    """A `leerling` element of an EDEXML."""
    eckid = f' eckid="{eck}"' if eck else ""
    return f'<leerling key="{key}"{eckid}><groep key="g1"/><gebruikersnaam>{gebruikersnaam}</gebruikersnaam>{extra}</leerling>'


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with the times of its files."""
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copy2)


def closes(counts: dict[str, int]) -> bool:
    """Whether every result that was read ended in one uitkomst."""
    return counts["read"] == sum(count for uitkomst, count in counts.items() if uitkomst != "read")


def texts(rows: Sequence[dict[str, str]], column: str) -> list[str]:
    return [each[column] for each in rows]


def on_a_terminal(*arguments: str, columns: int = 80, answers: Sequence[str] = ()) -> str:
    """What a command shows on a terminal of this width, where a person gives these answers, each when something is asked."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    process = subprocess.Popen([*COMMAND, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown, still = b"", list(answers)
    while True:
        try:
            part = os.read(controller, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        if still and shown.endswith(b": "):
            os.write(controller, f"{still.pop(0)}\n".encode())
    os.close(controller)
    process.wait()
    return shown.decode()
