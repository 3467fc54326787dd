"""Layouts of Cito exports and the leerlijnen, as data: which headers hold which column, which name means which onderdeel.

Both are YAML that the package ships (`data/`); a `leerlijnen.yaml` in the workspace takes the place of the shipped one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel

from cito_numo.config import LEERLIJNEN
from cito_numo.errors import CONFIG_VALUE, FILE_DOUBLE_COLUMN, stop
from cito_numo.language import N_, _
from cito_numo.niveaus import parse_niveau
from cito_numo.tables import KEYS
from cito_numo.values import label_key, parse_date
from cito_numo.yaml_files import load, validate

_SHIPPED = Path(__file__).parent / "data"
_DATA = re.compile(r"\d{4}|://|@")
_LONGEST_HEADER = 60

REQUIRED = ("toets", "toetsniveau", "onderdeel", "afnamedatum", "functioneringsniveau")
"""The columns that a result cannot do without, beside one of the keys."""


class Columns(BaseModel):
    """The headers under which each column of a result is known."""

    model_config = ConfigDict(extra="forbid")

    leerlingnummer: list[str] = []
    eck_id: list[str] = []
    cito_key: list[str] = []
    klas: list[str] = []
    toets: list[str] = Field(min_length=1)
    toetsniveau: list[str] = Field(min_length=1)
    onderdeel: list[str] = Field(min_length=1)
    afnamedatum: list[str] = Field(min_length=1)
    functioneringsniveau: list[str] = Field(min_length=1)


class Layout(BaseModel):
    """One shape that an export may have."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]+$", description=N_("Lower case, digits and hyphens."))
    title: str
    columns: Columns
    absent: list[str] = []

    def missing(self, header: Sequence[str]) -> list[str]:
        """What a header lacks of this layout; nothing where it fits."""
        found = self._found(header)
        lacking = [name for name in REQUIRED if name not in found]
        return lacking if any(key in found for key in KEYS) else [" / ".join(KEYS), *lacking]

    def columns_of(self, header: Sequence[str], place: str) -> dict[str, int]:
        """The position of each column that the header has; CitoNumoError where two headers stand for the same column."""
        return find_columns(header, self.columns.model_dump(), place)

    def _found(self, header: Sequence[str]) -> set[str]:
        keys = {label_key(title) for title in header}
        return {name for name, aliases in self.columns.model_dump().items() if any(label_key(alias) in keys for alias in aliases)}


def find_columns(header: Sequence[str], aliases: Mapping[str, Sequence[str]], place: str) -> dict[str, int]:
    """Where in a header each column stands; columns that it lacks are left out.

    Of several aliases of a column the one named first counts. CitoNumoError where that one stands in the header twice.
    """
    keys = [label_key(title) for title in header]
    found: dict[str, int] = {}
    for name, known in aliases.items():
        alias = next((label_key(alias) for alias in known if label_key(alias) in keys), None)
        if alias is None:
            continue
        if keys.count(alias) > 1:
            raise stop(FILE_DOUBLE_COLUMN, place, column=name)
        found[name] = keys.index(alias)
    return found


def shown_headers(header: Sequence[str]) -> str:
    """The headers of a file for a message; not where its first row is no header but holds data, which may be a pupil's."""
    if any(_DATA.search(title) or parse_date(title) or parse_niveau(title) for title in header):
        return _("({count} columns; the first row holds data, not headers)").format(count=len(header))
    return ", ".join(title.strip()[:_LONGEST_HEADER] for title in header if title.strip())


def shipped_layouts() -> list[Layout]:
    """The layouts of the package."""
    return [validate(Layout, load(path)) for path in sorted((_SHIPPED / "layouts").glob("*.yaml"))]


class _Leerlijnen(RootModel[dict[str, dict[str, list[str]]]]):
    """vak → onderdeel → names."""


@dataclass(frozen=True)
class Leerlijnen:
    """Which vak an onderdeel belongs to, and which onderdeel a name in an export stands for."""

    vak_of: Mapping[str, str]
    _onderdeel_of: Mapping[str, str]

    def onderdeel(self, text: str) -> str | None:
        """The onderdeel that a name stands for; None where the name is not known."""
        return self._onderdeel_of.get(label_key(text))


def read_leerlijnen(workspace: Path, own: str | None) -> Leerlijnen:
    """The leerlijnen of the workspace's `own` text, else the package's; CitoNumoError with their mistakes."""
    document = load(_SHIPPED / LEERLIJNEN) if own is None else load(workspace / LEERLIJNEN, own)
    tree = validate(_Leerlijnen, document).root
    vak_of: dict[str, str] = {}
    onderdeel_of: dict[str, str] = {}
    for vak, onderdelen in tree.items():
        for onderdeel, known in onderdelen.items():
            if onderdeel in vak_of:
                raise stop(
                    CONFIG_VALUE, document.place((vak, onderdeel)), key=onderdeel, detail=_("this stands under another vak too"), hint=""
                )
            vak_of[onderdeel] = vak
            for name in (onderdeel, *known):
                if onderdeel_of.setdefault(label_key(name), onderdeel) != onderdeel:
                    raise stop(
                        CONFIG_VALUE,
                        document.place((vak, onderdeel)),
                        key=name,
                        detail=_("this name stands for another onderdeel too"),
                        hint="",
                    )
    return Leerlijnen(vak_of, onderdeel_of)
