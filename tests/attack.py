"""What an attack is: a file that nobody should send, the place where it lies, and whom it may not harm."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from conftest import EXPORT_HEADER, leerling, row
from edexml_for_tests import document

NAME, NUMBER = "Geheimnaam", "0666123"
"""Of a pupil: what no message may say."""
PUPILS = [f"00{number}" for number in range(11, 23)]
"""Who stand in the good files beside an attack."""

Maker = Callable[[], bytes]


class Where(StrEnum):
    """The place of an attack; of a school's own the path is in its folder, of the others in the workspace."""

    CITO = "inbox/cito"
    NUMO = "inbox/numo"
    EDEXML = "inbox/edexml"
    SCHOOL = "school.yaml"
    FOLDER = "schools"
    CONFIG = "cito-numo.yaml"
    LEERLIJNEN = "leerlijnen.yaml"
    LAYOUT = "layouts"
    MAIL = "mail"


@dataclass(frozen=True)
class Attack:
    """A file with a name that bytes make (it may be no text), and how it is laid at a path. `heavy` ones run in a process of their own."""

    name: str
    where: Where
    file: bytes
    lay: Callable[[Path], None]
    heavy: bool = False

    def lies_in(self, folder: Path) -> Path:
        """Lay it in a folder, as old as an export of long ago; its path."""
        path = folder / os.fsdecode(self.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lay(path)
        return path


def written(make: Maker) -> Callable[[Path], None]:
    """How a file with these bytes is laid."""

    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


def files(where: Where, suffix: str, makers: Mapping[str, Maker], *, heavy: bool = False) -> list[Attack]:
    """Attacks that are files of this kind, each called after its attack."""
    return [
        Attack(f"{where.name.lower()}: {name}", where, f"{name.replace(' ', '-')}{suffix}".encode(), written(make), heavy)
        for name, make in makers.items()
    ]


def at(where: Where, file: str, makers: Mapping[str, Maker], *, heavy: bool = False) -> list[Attack]:
    """Attacks that are the content of the one file of this name."""
    return [Attack(f"{where.name.lower()}: {name}", where, file.encode(), written(make), heavy) for name, make in makers.items()]


def export(*rows: str, header: str = EXPORT_HEADER, end: str = "\r\n", encoding: str = "utf-8") -> bytes:
    """A Cito export of these lines."""
    return "".join(f"{line}{end}" for line in (header, *rows)).encode(encoding)


def numo(*rows: str, good: bool = True) -> bytes:
    """Numo's list, of these lines behind the good pupils."""
    listed = [f"{pupil};;2A" for pupil in PUPILS] if good else []
    return "".join(f"{line}\r\n" for line in ("gebruikersnaam;eck_id;klas", *listed, *rows)).encode()


def good_export(title: str = "Leerling in beeld VO", *, by_key: bool = False) -> bytes:
    """The results of the good pupils, under a title: the same export at two schools is held."""
    return f"{title}\r\n".encode() + export(*(row(*(("", "", f"k{pupil}") if by_key else (pupil,)), fn="vmbo-gt") for pupil in PUPILS))


def good_edexml(*more: str) -> str:
    """An EDEXML of the good pupils, and more of them."""
    return document(*(leerling(f"k{pupil}", pupil) for pupil in PUPILS), *more)


def lines(*texts: str) -> bytes:
    """These lines in UTF-8."""
    return "\n".join([*texts, ""]).encode()


def always(content: bytes | str) -> Maker:
    """What makes these bytes."""
    return lambda: content.encode() if isinstance(content, str) else content


def each(contents: Mapping[str, bytes | str]) -> dict[str, Maker]:
    """What makes each of these."""
    return {name: always(content) for name, content in contents.items()}


def varied(values: Mapping[str, str], make: Callable[[str], bytes]) -> dict[str, Maker]:
    """The files that these values make."""

    def of(value: str) -> Maker:
        return lambda: make(value)

    return {name: of(value) for name, value in values.items()}


def joined(*groups: Sequence[Attack]) -> list[Attack]:
    """All of them in one list."""
    return [attack for group in groups for attack in group]
