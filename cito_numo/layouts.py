"""Layouts of Cito exports, as data: which header is which column, how values are written, which toetscode means what.

They are YAML files: the package ships some (`data/layouts/`), a workspace may have its own (`layouts/*.yaml`). One of its own with the name
of a shipped one takes its place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from cito_numo.errors import CONFIG_VALUE, FILE_DOUBLE_COLUMN, stop
from cito_numo.language import N_, _
from cito_numo.leerlijnen import shipped_domeinen
from cito_numo.niveaus import NIVEAUS, parse_niveau
from cito_numo.tables import KEYS
from cito_numo.values import DATE_FORMS, DateForm, label_key, parse_date, toets_name
from cito_numo.yaml_files import load, validate

_SHIPPED = Path(__file__).parent / "data" / "layouts"
_DATA = re.compile(r"\d{4}|://|@|^\s*[\d.,-]+\s*$|^\s*[A-Za-z]{0,3}\d[A-Za-z]{1,3}\d?\s*$")
_NUMBER = re.compile(r"\d")
_LONGEST_HEADER = 60
_LONGEST_TITLE = 200
_WORDS = re.compile(r"[^\W_]+")
_T0_T3 = r"(?:kernvaardighedentoets(?: (?:toets|t))?|toets|vas|t) ?[0-3]"
_PLACES = ("toets", "onderdeel", "domein")

REQUIRED = ("toets", "toetsniveau", "onderdeel", "afnamedatum", "functioneringsniveau")
"""The columns that a result cannot do without, beside one of the keys."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Strict):
    """The headers under which each column of a row is known, of which the first that a file has counts."""

    leerlingnummer: list[str] = []
    eck_id: list[str] = []
    cito_key: list[str] = []
    klas: list[str] = []
    toets: list[str] = []
    toetsniveau: list[str] = []
    onderdeel: list[str] = []
    domein: list[str] = []
    afnamedatum: list[str] = []
    functioneringsniveau: list[str] = []


def _as_template(value: str) -> str:
    places = re.findall(r"{(.*?)}", value)
    if not _WORDS.findall(re.sub(r"{.*?}", "", value)) and "domein" not in places:
        raise ValueError(_("a word has to stand beside {toets} and {onderdeel}, as in '{toets} {onderdeel} functioneringsniveau'"))
    if len(set(places)) < len(places) or not set(places) <= set(_PLACES):
        raise ValueError(_("{toets}, {onderdeel} and {domein} can each stand here once, and nothing else in braces"))
    return value


Template = Annotated[str, AfterValidator(_as_template)]


class Wide(_Strict):
    """The headers of columns that belong to one toets and onderdeel: words, with {toets}, {onderdeel} and {domein} in their place."""

    functioneringsniveau: list[Template] = []
    toetsniveau: list[Template] = []
    afnamedatum: list[Template] = []
    domein: list[Template] = []


def _as_ladder(value: str) -> str:
    if value not in NIVEAUS:
        raise ValueError(_("this is not on the ladder: {known}").format(known=", ".join(NIVEAUS)))
    return value


DomeinName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]
Ladder = Annotated[str, AfterValidator(_as_ladder)]


class Code(_Strict):
    """What a code in an export stands for."""

    toets: str | None = None
    onderdeel: str | None = None
    toetsniveau: Ladder | None = None
    domein: DomeinName | None = None


class Layout(_Strict):
    """One shape that an export may have."""

    name: str = Field(pattern=r"^[a-z0-9-]+$", description=N_("Lower case, digits and hyphens."))
    title: str
    shape: Literal["long", "wide", "uwlr"] = Field("long", description=N_("Allowed: long, wide, uwlr."))
    toetsen: dict[str, Code] = {}
    toetsonderdelen: dict[str, Code] = {}
    columns: Columns = Field(default=Columns(), validate_default=True)
    wide: Wide = Field(default=Wide(), validate_default=True)
    absent: list[str] = []
    niveaus: dict[str, Ladder] = {}
    dates: list[DateForm] = Field([*DATE_FORMS[:2]], description=N_("Allowed: {forms}.").format(forms=", ".join(DATE_FORMS)))
    decimal: Literal[",", "."] = Field(".", description=N_("The decimal sign of scores: , or ."))
    domeinen: dict[DomeinName, list[str]] = {}

    @field_validator("columns")
    @classmethod
    def _has_columns(cls, columns: Columns, info: ValidationInfo) -> Columns:
        shape, codes = info.data.get("shape"), info.data.get("toetsen", {}).values()
        if shape != "uwlr" and not any(getattr(columns, key) for key in KEYS):
            raise ValueError(_("one of {keys} is needed").format(keys=", ".join(KEYS)))
        given = {name for name in ("onderdeel", "toetsniveau") if any(getattr(code, name) for code in codes)}
        lacking = [name for name in REQUIRED if shape == "long" and not getattr(columns, name) and name not in given]
        if lacking:
            raise ValueError(_("these are needed too: {columns}").format(columns=", ".join(lacking)))
        return columns

    @field_validator("wide")
    @classmethod
    def _has_templates(cls, wide: Wide, info: ValidationInfo) -> Wide:
        if info.data.get("shape") == "wide" and not wide.functioneringsniveau:
            raise ValueError(_("functioneringsniveau is needed, as '{toets} {onderdeel} functioneringsniveau'"))
        return wide

    @field_validator("dates")
    @classmethod
    def _one_meaning(cls, forms: list[DateForm]) -> list[DateForm]:
        if {"dd-mm-jjjj", "mm-dd-jjjj"} <= set(forms) or not forms:
            raise ValueError(_("day first or month first: one of both"))
        return forms

    def missing(self, header: Sequence[str]) -> list[str]:
        """What a header lacks of this layout; nothing where it fits."""
        found = self._found(header)
        lacking = [name for name in REQUIRED if name not in found]
        return lacking if any(key in found for key in KEYS) else [" / ".join(KEYS), *lacking]

    def columns_of(self, header: Sequence[str], place: str) -> dict[str, int]:
        """The position of each column of a row that the header has; CitoNumoError where two headers stand for the same column."""
        return find_columns(header, self.columns.model_dump(), place)

    def niveau(self, text: str) -> str | None:
        """The label of the level that a text says; None where it is not certain."""
        own = self._niveaus.get(text.casefold())
        if own is not None:
            return own
        niveau = parse_niveau(text)
        return niveau.label if niveau else None

    def domein(self, text: str) -> str | None:
        """The domein that a name stands for; None where the name is not known."""
        return self._domein_of.get(label_key(text))

    def code(self, text: str) -> Code:
        """What a toetscode stands for; nothing where it is not known."""
        return self._toetsen.get(_code_key(text), Code())

    def onderdeelcode(self, text: str) -> Code:
        """What the code of a toetsonderdeel stands for; nothing where it is not known."""
        return self._toetsonderdelen.get(_code_key(text), Code())

    @cached_property
    def _templates(self) -> list[tuple[str, re.Pattern[str]]]:
        """The templates of wide columns as patterns over the words of a header, those of domeinen first, those of any toets last."""
        order = ("domein", "functioneringsniveau", "toetsniveau", "afnamedatum")
        known = "|".join([_T0_T3, *(_either([code]) for code in self.toetsen)])
        found = [(name, self._pattern(template, known)) for name in order for template in getattr(self.wide, name)]
        with_toets = [template for template in self.wide.functioneringsniveau if "{toets}" in template]
        return found + [("functioneringsniveau", self._pattern(template, "(?P<other>.+?)")) for template in with_toets]

    def _pattern(self, template: str, toets: str) -> re.Pattern[str]:
        patterns = {
            "{toets}": rf"(?P<toets>{toets})",
            "{onderdeel}": r"(?P<onderdeel>.+?)",
            "{domein}": rf"(?P<domein>{_either(name for names in self._domein_names.values() for name in names)})",
        }
        parts = [patterns.get(part) or _either([part]) for part in re.split(r"({\w+})", template)]
        return re.compile(" ".join(part for part in parts if part), re.IGNORECASE)

    def _found(self, header: Sequence[str]) -> set[str]:
        keys = {label_key(title) for title in header}
        found = {name for name, aliases in self.columns.model_dump().items() if any(label_key(alias) in keys for alias in aliases)}
        if "toets" in found:
            codes = self.toetsen.values()
            found |= {name for name in ("onderdeel", "toetsniveau") if any(getattr(code, name) for code in codes)}
        if self.shape == "wide":
            found -= {"functioneringsniveau", "onderdeel"}
            for name, said in (meaning for title in header for meaning in self.wide_meanings(title)):
                if name != "domein" and not said.get("other"):
                    found |= {name, *(place for place in ("toets", "onderdeel") if said.get(place) and name == "functioneringsniveau")}
        return found

    def wide_meanings(self, title: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Which columns of a toets and onderdeel a header may be, likeliest first, with the toets, onderdeel and domein that it names.

        `other` is there where the toets is not one that is known.
        """
        words = header_words(title[:_LONGEST_TITLE])
        for name, pattern in self._templates:
            match = pattern.fullmatch(words)
            if match is not None:
                yield name, {place: text for place, text in match.groupdict().items() if text is not None}

    @cached_property
    def _niveaus(self) -> Mapping[str, str]:
        return {text.casefold(): label for text, label in self.niveaus.items()}

    @cached_property
    def _domein_names(self) -> Mapping[str, Sequence[str]]:
        shipped = shipped_domeinen()
        return {name: (name, *shipped.get(name, ()), *self.domeinen.get(name, ())) for name in (*shipped, *self.domeinen)}

    @cached_property
    def _domein_of(self) -> Mapping[str, str]:
        return {label_key(known): domein for domein, names in self._domein_names.items() for known in names}

    @cached_property
    def _toetsen(self) -> Mapping[str, Code]:
        return {_code_key(text): code for text, code in self.toetsen.items()}

    @cached_property
    def _toetsonderdelen(self) -> Mapping[str, Code]:
        return {_code_key(text): code for text, code in self.toetsonderdelen.items()}


def header_words(title: str) -> str:
    """The words of a header, with one space between them and without punctuation."""
    return " ".join(_WORDS.findall(title))


def split_toets(name: str) -> tuple[str | None, str]:
    """T0 … T3 at the begin or end of a name, and what stands beside it."""
    words = header_words(name)
    for found in re.compile(_T0_T3, re.IGNORECASE).finditer(words):
        before, after = words[: found.start()], words[found.end() :]
        if (not before or (before.endswith(" ") and not after)) and (not after or after.startswith(" ")):
            return toets_name(found[0]), f"{before}{after}".strip()
    return None, words


def _code_key(text: str) -> str:
    """A code as it is compared: in a header of a wide export it stands without its punctuation."""
    return header_words(text).casefold()


def _either(names: Iterable[str]) -> str:
    words = sorted({header_words(name) for name in names}, key=lambda text: (-len(text), text))
    return "|".join(" ".join(map(re.escape, text.split())) for text in words)


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


def is_header(header: Sequence[str], below: Sequence[Sequence[str]], *, known: bool) -> bool:
    """Whether a row may be taken for headers, and not for data, which may be a pupil's.

    A row with headers that are known is one, unless it holds data. Of any other, a column has to hold digits in all rows but this.
    """
    columns = zip(header, *(row[: len(header)] for row in below if len(row) >= len(header)), strict=False)
    numbers_below = any(
        title.strip() and not _NUMBER.search(title) and cells and all(map(_NUMBER.search, cells)) for title, *cells in columns
    )
    data = any(_DATA.search(title) or parse_date(title) or parse_niveau(title) for title in header)
    return not data and (known or numbers_below)


def shown_headers(header: Sequence[str], below: Sequence[Sequence[str]], *, known: bool) -> str:
    """The headers of a file for a message; not where the row may be no header."""
    if not is_header(header, below, known=known):
        return _("({count} columns; no row of headers can be told from the data)").format(count=len(header))
    return ", ".join(title.strip()[:_LONGEST_HEADER] for title in header if title.strip())


@cache
def shipped_layouts() -> tuple[Layout, ...]:
    """The layouts of the package."""
    layouts = [validate(Layout, load(path)) for path in sorted(_SHIPPED.glob("*.yaml"))]
    return tuple(sorted(layouts, key=lambda layout: layout.shape))


def shipped_text(name: str) -> str:
    """The YAML of a layout of the package."""
    return (_SHIPPED / f"{name}.yaml").read_text("utf-8")


def read_layouts(own: Mapping[Path, str]) -> list[Layout]:
    """The layouts of the package and a workspace's own, given as path → text; CitoNumoError with their mistakes."""
    layouts = {layout.name: layout for layout in shipped_layouts()}
    layouts |= {layout.name: layout for layout in own_layouts(own).values()}
    return list(layouts.values())


def own_layouts(own: Mapping[Path, str]) -> dict[Path, Layout]:
    """A workspace's own layouts, by their files; CitoNumoError with their mistakes, or where two have one name."""
    found: dict[str, Path] = {}
    layouts = {}
    for path, text in sorted(own.items()):
        document = load(path, text)
        layout = validate(Layout, document)
        if layout.name in found:
            detail = _("{file} has this name too").format(file=found[layout.name].name)
            raise stop(CONFIG_VALUE, document.place(("name",)), key="name", detail=detail, hint="")
        found[layout.name] = path
        layouts[path] = layout
    return layouts
