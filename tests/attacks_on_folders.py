"""Attacks that are no contents: what lies where a file should, and names that a terminal or a shell would take for something else."""

import os
from collections.abc import Callable
from pathlib import Path

from attack import NUMBER, Attack, Where, export, good_edexml, joined, numo, written
from conftest import leerling, row

Lay = Callable[[Path], None]


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(target: str) -> Lay:
    def lay(path: Path) -> None:
        path.symlink_to(target)

    return lay


def _itself(path: Path) -> None:
    path.symlink_to(path.name)


def _loop(path: Path) -> None:
    other = path.with_name(f"ander-{path.name}")
    other.symlink_to(path.name)
    path.symlink_to(other.name)


def _nested(path: Path) -> None:
    path.mkdir()
    for _level in range(60):
        path /= "d"
        path.mkdir()


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(64 << 30)


def _unlistable(path: Path) -> None:
    path.mkdir()
    (path / "x.csv").write_bytes(b"x")
    path.chmod(0)


def _unreadable(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0)


_THINGS: dict[str, Lay] = {
    "a folder": _folder,
    "folders in folders": _nested,
    "a link to zeros": _link("/dev/zero"),
    "a link to nothing": _link("/dev/null"),
    "a link to chance": _link("/dev/urandom"),
    "a link to the passwords": _link("/etc/passwd"),
    "a link to the memory": _link("/proc/self/mem"),
    "a link to the terminal": _link("/dev/tty"),
    "a link to a folder": _link("/etc"),
    "a link to the root": _link("/"),
    "a link to nowhere": _link("/bestaat/niet"),
    "a link to itself": _itself,
    "a link that goes round": _loop,
    "a file of 64 gigabytes": _sparse,
    "a file without rights": _unreadable,
    "a folder without rights": _unlistable,
    "a pipe": _pipe,
}
_HANGS = frozenset({"a pipe", "a link to zeros", "a link to chance", "a link to the terminal", "a file of 64 gigabytes"})
"""What would wait, or go on, without end where it is opened as a file."""
_NO_FOLDERS = ("a link to nothing", "a link to nowhere", "a link to itself", "a link that goes round", "a file without rights", "a pipe")
NAMES: dict[str, bytes] = {
    "no utf-8": b"\xff\xfe\x80x",
    "half a character": b"caf\xc3",
    "255 bytes": b"x" * 251,
    "line end": b"a\nb",
    "lines of a report": b"x\ngezond-college: delivered\n",
    "return": b"a\rb",
    "escape": b"\x1b[31mrood\x1b[0m",
    "title of a terminal": b"\x1b]0;weg\x07",
    "c1 control": "\x9b31m".encode(),
    "backspaces": b"a\x08\x08\x08b",
    "delete": b"a\x7fb",
    "tab": b"\t=1+1",
    "dash": b"-rf",
    "option": b"--accept=x",
    "formula": b"=1+1",
    "at": b"@SUM(1)",
    "plus": b"+1+1",
    "percent": b"%s%n%d",
    "braces": b"{0}{name}{0.__class__}",
    "markup": b"[bold red]x[/]",
    "broken markup": b"[/x][",
    "emoji of rich": b":pile_of_poo:",
    "link of rich": b"[link=http://aanval.example]x[/link]",
    "right to left": "\u202evsc".encode(),
    "zero width": "\u200b\u200d\ufeff".encode(),
    "line separator": "a\u2028b".encode(),
    "combining": "a\u0301".encode() * 60,
    "homoglyph": "\u0430\u0435\u043e".encode(),
    "quotes": b"'\"`",
    "backslashes": b"\\..\\..\\x",
    "command": b"$(id);`id`|id&",
    "wildcard": b"*?[a-z]",
    "blanks": b"   ",
    "dots": b"...",
    "semicolon": b"a;b,c",
    "home": b"~",
    "null": b"null",
    "device": b"CON",
}


def _names(where: Where, suffix: str, content: Callable[[], bytes]) -> list[Attack]:
    return [
        Attack(f"{where.name.lower()}: {suffix} called {name}", where, raw + suffix.encode(), written(content))
        for name, raw in NAMES.items()
    ]


def _ending(content: bytes, name: str) -> Callable[[], bytes]:
    """The content with something of its own at the end: the same export at two schools is held."""
    return lambda: content.removesuffix(b"\r\n") + name.encode() if content.endswith(b"\r\n") else content


def _things(where: Where, file: str) -> list[Attack]:
    return [
        Attack(f"{where.name.lower()}: {name} called {file}", where, file.encode(), lay, heavy=name in _HANGS)
        for name, lay in _THINGS.items()
    ]


def _in_place_of_a_folder(file: str) -> list[Attack]:
    """What a school's own folders may turn out to be; where they lead out on purpose is for who made the link."""
    things = {name: _THINGS[name] for name in _NO_FOLDERS} | {"a file": written(lambda: b"x")}
    return [Attack(f"school: {name} called {file}", Where.SCHOOL, file.encode(), lay, heavy=name in _HANGS) for name, lay in things.items()]


def attacks() -> list[Attack]:
    """All that are about names, and about what is no file."""
    good = row(NUMBER, fn="vmbo-kb")
    schools = [Attack(f"folder: school called {name}", Where.FOLDER, raw, _folder) for name, raw in NAMES.items()]
    others = {
        "capitals": b"Aangevallen-College",
        "accents": "aangevallen-coll\u00e8ge".encode(),
        "hyphens": b"a--b",
        "hyphen at the end": b"a-",
        "digits of elsewhere": "\u0661".encode(),
        "200 letters": b"a" * 200,
        "255 letters": b"a" * 255,
    }
    schools += [Attack(f"folder: school called {name}", Where.FOLDER, raw, _folder) for name, raw in others.items()]
    return joined(
        _names(Where.CITO, ".csv", lambda: export(good)),
        _names(Where.CITO, ".xml", lambda: b"<!DOCTYPE x><x/>"),
        _names(Where.NUMO, ".csv", lambda: numo(f"{NUMBER};;2A")),
        _names(Where.EDEXML, ".xml", lambda: good_edexml(leerling(f"k{NUMBER}", NUMBER)).encode()),
        _names(Where.EDEXML, ".zip", lambda: b"PK\x03\x04"),
        _things(Where.CITO, "export.csv"),
        _things(Where.NUMO, "lijst.csv"),
        _things(Where.EDEXML, "edexml.xml"),
        _things(Where.SCHOOL, "school.yaml"),
        *(_in_place_of_a_folder(name) for name in ("inbox", "inbox/cito", "outbox", "report", ".cito-numo")),
        *(_in_place_of_a_folder(name) for name in ("report/manifest.json", ".cito-numo/ledger.sqlite", "outbox/latest")),
        _things(Where.LEERLIJNEN, "leerlijnen.yaml"),
        _things(Where.LAYOUT, "layouts/eigen.yaml"),
        schools,
    )
