"""Canaries: values that nobody has, put in every field of every kind of input, and the search for them in all that comes out.

A `Cage` makes them, remembers where each was put, and tells which of them stand where they may not.
"""

import csv
import hashlib
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a canary is; the table `MAY_STAND` tells where it may come out."""

    NUMBER = "the leerlingnummer of a pupil of Numo"
    STRANGER = "a leerlingnummer that is not in Numo"
    KEY = "a Cito key"
    KLAS = "a klas"
    ECK_ID = "an ECK iD"
    TOETS = "the name of a toets, a domein or an onderdeel"
    FILE = "the name of a file"
    PERSON = "what is of a person"


LEDGER = "ledger.sqlite"
LISTED = "niet-geleverd.csv"

MAY_STAND: Mapping[Kind, Sequence[str]] = {
    Kind.NUMBER: (
        "leerplannen.*:gebruikersnaam",
        f"{LISTED}:leerling",
        f"{LEDGER}:sleutels.gebruikersnaam",
        f"{LEDGER}:leerplannen.gebruikersnaam",
        f"{LEDGER}:vervallen.gebruikersnaam",
        f"{LEDGER}:ingetrokken.gebruikersnaam",
        "stdout of plans *",
        LEDGER,
    ),
    Kind.STRANGER: (f"{LISTED}:leerling",),
    Kind.KEY: (f"{LISTED}:leerling", f"{LEDGER}:sleutels.cito_key", LEDGER),
    Kind.KLAS: (
        "leerplannen.*:klas",
        f"{LISTED}:klas",
        f"{LEDGER}:leerplannen.klas",
        f"{LEDGER}:sleutels.klas",
        LEDGER,
        "stdout of plans *",
    ),
    Kind.ECK_ID: (),
    Kind.TOETS: (f"{LISTED}:toets", f"{LISTED}:onderdeel", f"{LISTED}:reden", "stdout of layouts draft*"),
    Kind.FILE: ("std*", "terminal of *", "manifest.json", f"{LISTED}:bestand", f"{LEDGER}:nacht.inhoud", LEDGER, "note*"),
    Kind.PERSON: (),
}
"""In which places a kind of canary may stand; in all others none may."""


@dataclass(frozen=True)
class Canary:
    """One value, what it is and where it was put."""

    kind: Kind
    where: str
    forms: frozenset[str]
    """All ways in which it would be recognised, in lower case."""


class Output(NamedTuple):
    """A text that came out, in lower case, and its place."""

    place: str
    text: str


@dataclass
class Cage:
    """Makes canaries, each another one, and finds them back."""

    canaries: list[Canary] = field(default_factory=list)

    # --- values ------------------------------------------------------------------------------------------------------

    def name(self, where: str) -> str:
        """The name of a person, or any other word of one."""
        return self._keep(Kind.PERSON, where, f"Kanarievogel{self._next:04d}")

    def number(self, where: str, kind: Kind = Kind.NUMBER) -> str:
        """A leerlingnummer; no BSN, for it has eight digits."""
        return self._keep(kind, where, f"7390{self._next:04d}")

    def key(self, where: str) -> str:
        """A Cito key."""
        return self._keep(Kind.KEY, where, f"kanariekey{self._next:04d}")

    def klas(self, where: str) -> str:
        """The name of a klas."""
        return self._keep(Kind.KLAS, where, f"Vink{self._next:04d}")

    def toets(self, where: str) -> str:
        """What may be the name of a toets."""
        return self._keep(Kind.TOETS, where, f"Merel{self._next:04d}")

    def file(self, where: str) -> str:
        """The name of a file, without suffix."""
        return self._keep(Kind.FILE, where, f"Spreeuw{self._next:04d}")

    def bsn(self, where: str, *, kind: Kind = Kind.PERSON) -> str:
        """Nine digits of which the check holds, as a BSN has."""
        begin = f"{97_000_000 + self._next * 7}"
        total = sum(int(digit) * weight for digit, weight in zip(begin, range(9, 1, -1), strict=True))
        if total % 11 == 10:
            begin = f"{int(begin) + 1}"
            total = sum(int(digit) * weight for digit, weight in zip(begin, range(9, 1, -1), strict=True))
        bsn = f"{begin}{total % 11}"
        return self._keep(kind, where, bsn, *_hashed(bsn))

    def born(self, where: str) -> date:
        """A birth date, of long ago."""
        day = date(1913, 1, 1) + timedelta(days=self._next)
        forms = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d", "%m/%d/%Y")
        self._keep(Kind.PERSON, where, *(day.strftime(form) for form in forms), f"{day.day}-{day.month}-{day.year}")
        return day

    def email(self, where: str) -> str:
        """An e-mail address, of which neither half may come out."""
        name = f"kanariepost{self._next:04d}"
        self._keep(Kind.PERSON, where, name)
        return f"{name}@kooi.example"

    def street(self, where: str) -> str:
        """A street with a number."""
        return self._keep(Kind.PERSON, where, f"Kanariestraat {self._next:04d}")

    def eck_id(self, where: str) -> str:
        """An ECK iD; its 128 digits alone, a part of them, or a hash of it that anyone could make, would be found too."""
        digits = f"{'cafe' * 15}{self._next:04x}{'babe' * 16}"
        eck_id = f"https://ketenid.nl/201703/{digits}"
        self._keep(Kind.ECK_ID, where, digits, digits[48:72], *_hashed(eck_id), *_hashed(digits))
        return eck_id

    @property
    def _next(self) -> int:
        return len(self.canaries) + 1

    def _keep(self, kind: Kind, where: str, *forms: str) -> str:
        self.canaries.append(Canary(kind, where, frozenset(form.casefold() for form in forms)))
        return forms[0]

    # --- search ------------------------------------------------------------------------------------------------------

    def escaped(self, outputs: Iterable[Output]) -> list[str]:
        """Which canaries stand where they may not, each with its field and the place."""
        return [
            f"{canary.kind} ({canary.where}) stands in {output.place}"
            for output in outputs
            for canary in self.canaries
            if any(form in output.text for form in canary.forms)
            and not any(fnmatchcase(output.place, place) for place in MAY_STAND[canary.kind])
        ]

    def seen(self, outputs: Iterable[Output], place: str) -> set[Kind]:
        """Which kinds of canary stand in a place."""
        texts = [output.text for output in outputs if fnmatchcase(output.place, place)]
        return {canary.kind for canary in self.canaries if any(form in text for form in canary.forms for text in texts)}


def _hashed(text: str) -> list[str]:
    """Hashes without a key: as good as the value itself."""
    return [hashlib.new(name, text.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512", "blake2b")]


# --- what came out ---------------------------------------------------------------------------------------------------

IN_PLACE = re.compile(r"(?:^|/)(?:inbox|quarantine|school\.yaml|cito-numo\.yaml|layouts)(?:/|$)")
"""What a person put there, or mails that wait for one."""


def said(place: str, text: str) -> Output:
    """A text that a person or a script is given."""
    return Output(place, text.casefold())


def written(folder: Path) -> Iterator[Output]:
    """All that lies in a workspace, but for what a person put there: field by field where a file has fields, and each file as a whole.

    Of the quarantine only the notes; the names of all files and folders too.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if "quarantine/" in name and path.suffix == ".txt":
            yield said(f"note {name}", path.read_text("utf-8"))
        if IN_PLACE.search(name):
            continue
        yield said("the name of a file", name)
        if path.is_file() and not path.is_symlink():
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Output]:
    if path.name == "leerplannen.json":
        yield from _per_field(path.name, _leaves(json.loads(path.read_bytes())))
    elif path.suffix == ".csv":
        rows = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=";")
        yield from _per_field(path.name, ((str(column), str(text)) for row in rows for column, text in row.items()))
    elif path.name == LEDGER:
        yield from _per_field(path.name, _cells(path))
        yield said(path.name, path.read_bytes().decode("latin-1"))
    else:
        yield said(path.name, path.read_bytes().decode("utf-8", "backslashreplace"))


def _per_field(name: str, values: Iterable[tuple[str, str]]) -> Iterator[Output]:
    texts: dict[str, list[str]] = {}
    for key, text in values:
        texts.setdefault(key, []).append(text)
    for key, of_field in texts.items():
        yield said(f"{name}:{key}", "\n".join(of_field))


def _leaves(document: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  whatever JSON holds
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _leaves(value, name)
    elif isinstance(document, list):
        for value in document:
            yield from _leaves(value, key)
    else:
        yield key, str(document)


def _cells(ledger: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608  a name of the ledger's own
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield from ((f"{table}.{name}", str(value)) for name, value in zip(names, row, strict=True))
