"""A first layout for an export that no layout fits, for a person to finish: the best guess per column, with masked examples.

What is shown of a file is its headers, and of its cells only what says nothing of a person: levels, toetsen, onderdelen, klassen. All else
is shown by its shape (99-99-9999, xxxxx).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import NamedTuple

from cito_numo.config import LAYOUTS
from cito_numo.errors import DRAFT_NO_HEADER, CitoNumoError, printable, stop
from cito_numo.language import _
from cito_numo.layouts import Columns, Layout, header_words, is_header, shipped_layouts
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.niveaus import parse_niveau
from cito_numo.refused import refused_kind
from cito_numo.sheets import Row, Sheet, open_sheets
from cito_numo.tables import KEYS
from cito_numo.uwlr import Toetscode, toetscodes
from cito_numo.values import DATE_FORMS, DateForm, label_key, looks_like_eck_id, parse_date, toets_name
from cito_numo.yaml_files import load, validate

_NAME = "eigen-layout"
_MOST = 0.8
"""The share of a column's values that have to be of a kind."""
_EXAMPLES = 3
_NEAR = 0.75
_SHORTEST = 4
_LONGEST = 30
_KLAS = re.compile(r"(?=.*[a-z])[a-z]{0,3}[1-6][a-z]{0,3}\d?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{3,10}(?:\.0)?")
_TOETS = re.compile(r"T[0-3]")
_OF_PERSON = re.compile(r"\bgeb(?:oorte|dat|[\W_]|$)|birth|verjaar|\bdob\b|voorl|naam\b|initial", re.IGNORECASE)
_FIRST_DAY = date(2019, 8, 1)
"""Results are functioneringsniveaus since the schooljaar 2019-2020; no pupil of a secondary school was born so late."""
_OF_TOETS = re.compile(r"toets|afname|versie|norm", re.IGNORECASE)
_OF_LEERLING = re.compile(r"functioner|behaald|leerling|resultaat|score|\bfn\b", re.IGNORECASE)
_SHAPES: tuple[Sequence[DateForm], ...] = (("dd-mm-jjjj",), ("mm-dd-jjjj",), ("jjjjmmdd",))


class _Guess(NamedTuple):
    column: "_Column"
    why: str = ""
    """Empty where the header is known."""


class Draft(NamedTuple):
    """A layout as YAML, and which columns a person still has to find (none: it fits the file as it is)."""

    text: str
    missing: Sequence[str]


@dataclass(frozen=True)
class _Column:
    title: str
    values: Sequence[str]

    def mostly(self, holds: Callable[[str], object]) -> bool:
        """Whether it is so for most of the values."""
        return bool(self.values) and sum(bool(holds(value)) for value in self.values) >= _MOST * len(self.values)


def draft_layout(content: bytes, name: str, leerlijnen: Leerlijnen) -> Draft:
    """A layout for this file. Raises CitoNumoError where it cannot be opened."""
    if PurePath(name).suffix.lower() == ".xml":
        return Draft(_codes_yaml(name, toetscodes(content, name), leerlijnen), ())
    layouts = shipped_layouts()
    absent = {text.casefold() for layout in layouts for text in layout.absent} | {""}
    sheets = sorted(open_sheets(content, name), key=lambda sheet: sheet.hidden)
    sheet, header, known = _likeliest_header(sheets, layouts)
    below = [row.cells for row in sheet.top if row.number > header.number]
    if not is_header(header.cells, below, known=known):
        raise stop(DRAFT_NO_HEADER, name)
    columns = [
        _Column(
            title, [cells[place].strip() for cells in below if place < len(cells) and cells[place].strip().casefold() not in {*absent, ""}]
        )
        for place, title in enumerate(header.cells)
    ]
    wide = _wide(columns, leerlijnen)
    found = _guesses(columns, layouts, leerlijnen, wide)
    text = _table_yaml(name, sheet, header, columns, found, wide, leerlijnen)
    return Draft(text, _missing(text, header))


def _missing(text: str, header: Row) -> Sequence[str]:
    try:
        return validate(Layout, load(Path(LAYOUTS) / f"{_NAME}.yaml", text)).missing(header.cells)
    except CitoNumoError as error:
        return [problem.message for problem in error.problems]


def _likeliest_header(sheets: Sequence[Sheet], layouts: Sequence[Layout]) -> tuple[Sheet, Row, bool]:
    """The row with most headers that are known, and whether any is; where none is, the first with most cells."""
    known = _known_headers(layouts)

    def fit(candidate: tuple[Sheet, Row]) -> tuple[int, int]:
        cells = candidate[1].cells
        hits = sum(label_key(title) in known or any(any(layout.wide_meanings(title)) for layout in layouts) for title in cells)
        return hits, sum(bool(title.strip()) for title in cells)

    sheet, row = max(((sheet, row) for sheet in sheets for row in sheet.top), key=fit)
    return sheet, row, fit((sheet, row))[0] > 0


def _known_headers(layouts: Iterable[Layout]) -> dict[str, str]:
    return {label_key(alias): name for layout in layouts for name, known in layout.columns.model_dump().items() for alias in known}


# --- guesses ---------------------------------------------------------------------------------------------------------


def _guesses(
    columns: Sequence[_Column], layouts: Sequence[Layout], leerlijnen: Leerlijnen, wide: Mapping[str, object]
) -> dict[str, _Guess]:
    """Which column is which, surest first: by its header, by a header like it, by its values."""
    known = _known_headers(layouts)
    left = [column for column in columns if column.title.strip() and not refused_kind(column.title) and column.title not in wide]
    by_value = {id(column): _by_values(column, leerlijnen) for column in left}
    found: dict[str, _Guess] = {}

    def take(candidates: Iterable[_Column], guess: Callable[[_Column], str | None], why: str) -> None:
        for column in candidates:
            name = guess(column)
            if name is not None and name not in found and all(column is not taken.column for taken in found.values()):
                found[name] = _Guess(column, why)

    def level(column: _Column) -> str | None:
        if by_value[id(column)] != "niveau":
            return None
        of_toets = _OF_TOETS.search(column.title) and not _OF_LEERLING.search(column.title)
        order = ("toetsniveau", "functioneringsniveau") if of_toets else ("functioneringsniveau", "toetsniveau")
        return next((name for name in order if name not in found), None)

    take(left, lambda column: known.get(label_key(column.title)), "")
    like = _("guessed: the header is like one that is known")
    take(
        left, lambda column: (near := _near(column.title, known)) and (near if _agrees(near, column, by_value[id(column)]) else None), like
    )
    by_its_values = _("guessed by its values")
    newest_first = sorted(left, key=lambda column: max((str(_day(text) or "") for text in column.values), default=""), reverse=True)
    most_values_first = sorted(left, key=lambda column: -len(set(column.values)))
    take(most_values_first, level, by_its_values)
    take(newest_first, lambda column: value if (value := by_value[id(column)]) in Columns.model_fields else None, by_its_values)
    return found


def _near(title: str, known: Mapping[str, str]) -> str | None:
    key = label_key(title)
    close = get_close_matches(key, known, 1, _NEAR)
    within = [alias for alias in known if len(alias) >= _SHORTEST and alias in key]
    return known[close[0]] if close else known[max(within, key=len)] if within else None


def _agrees(name: str, column: _Column, value: str | None) -> bool:
    """Whether what a header says goes with what stands below it; what cannot be told does."""
    if name == "afnamedatum" and value != name:
        return False
    kinds = {"toetsniveau": "niveau", "functioneringsniveau": "niveau"}
    of_cito = name == "cito_key" and value == "leerlingnummer" and "cito" in column.title.casefold()
    return value is None or kinds.get(name, name) == value or of_cito


def _by_values(column: _Column, leerlijnen: Leerlijnen) -> str | None:
    if _OF_PERSON.search(column.title) and not column.mostly(looks_like_eck_id):
        return None
    tests: Sequence[tuple[str, Callable[[str], object]]] = (
        ("eck_id", looks_like_eck_id),
        ("niveau", parse_niveau),
        ("onderdeel", leerlijnen.onderdeel),
        ("toets", lambda text: _TOETS.fullmatch(toets_name(text))),
        ("afnamedatum", _of_a_toets),
        ("leerlingnummer", lambda text: _NUMBER.fullmatch(text) and not parse_date(text, ["jjjjmmdd"])),
        ("klas", _KLAS.fullmatch),
    )
    return next((name for name, test in tests if column.mostly(test)), None)


def _day(text: str) -> date | None:
    return next(filter(None, (parse_date(text, [form]) for form in DATE_FORMS)), None)


def _of_a_toets(text: str) -> bool:
    day = _day(text)
    return day is not None and day >= _FIRST_DAY


def _date_form(values: Sequence[str]) -> DateForm | None:
    """The form of dates that all of the values have; None where only the ISO form is, or none."""
    return next((forms[0] for forms in _SHAPES if values and all(parse_date(text, forms) for text in values)), None)


def _wide(columns: Sequence[_Column], leerlijnen: Leerlijnen) -> dict[str, tuple[str, str]]:
    """Title → column of a result and template, for the headers that name a toets and an onderdeel."""
    found: dict[str, tuple[str, str]] = {}
    for column in columns:
        words = header_words(column.title).split()
        spans = [(begin, end) for begin in range(len(words)) for end in range(len(words), begin, -1)]
        toets = next((span for span in spans if _TOETS.fullmatch(toets_name(" ".join(words[slice(*span)])))), None)
        onderdeel = next((span for span in spans if leerlijnen.onderdeel(" ".join(words[slice(*span)]))), None)
        if toets is None or onderdeel is None or refused_kind(column.title):
            continue
        parts = {toets[0]: "{toets}", onderdeel[0]: "{onderdeel}"}
        inside = {place for span in (toets, onderdeel) for place in range(*span)}
        template = " ".join(parts.get(place, word) for place, word in enumerate(words) if place in parts or place not in inside)
        kind = _by_values(column, leerlijnen)
        if kind == "niveau":
            kind = "toetsniveau" if _OF_TOETS.search(template.replace("{toets}", "")) else "functioneringsniveau"
        if kind in ("toetsniveau", "functioneringsniveau", "afnamedatum") and len(words) > len(inside):
            found[column.title] = (kind, template)
    return found


# --- YAML ------------------------------------------------------------------------------------------------------------


def _table_yaml(
    name: str,
    sheet: Sheet,
    header: Row,
    columns: Sequence[_Column],
    found: Mapping[str, _Guess],
    wide: Mapping[str, tuple[str, str]],
    leerlijnen: Leerlijnen,
) -> str:
    where = ", ".join([*(f"{key} {value}" for key, value in sheet.detected.items()), _("header on row {row}").format(row=header.number)])
    lines = [*_head(name), f"# {printable(where)}", f"name: {_NAME}", f"title: {_quoted(_('Own export'))}"]
    lines += [f"shape: {'wide' if wide else 'long'}", "columns:"]
    of_row = [field for field in Columns.model_fields if not (wide and field in ("onderdeel", "functioneringsniveau", "domein"))]
    for field in of_row:
        guess = found.get(field)
        if guess is not None:
            said = "; ".join(filter(None, (_examples(guess.column, leerlijnen), guess.why)))
            lines.append(f"  {field}: [{_quoted(guess.column.title)}]  # {said}".rstrip(" #"))
        elif field in (*KEYS, "klas", "domein") or wide:
            lines.append(f"  # {field}: []")
        else:
            lines.append(f"  {field}: []  # {_('not found: which header is it?')}")
    if wide:
        lines.append("wide:")
        for field in ("functioneringsniveau", "toetsniveau", "afnamedatum"):
            templates = Counter(template for kind, template in wide.values() if kind == field)
            lines += [f"  {field}:", *(f"    - {_quoted(template)}" for template in templates)] if templates else [f"  # {field}: []"]
    dates = [value for field, guess in found.items() if field == "afnamedatum" for value in guess.column.values]
    dates += [value for column in columns if wide.get(column.title, ("",))[0] == "afnamedatum" for value in column.values]
    lines += [f"absent: [{_absent()}]", f"dates: [{_date_form(dates) or 'jjjj-mm-dd'}]"]
    unknown = sorted({value for field in ("toetsniveau", "functioneringsniveau") if field in found for value in found[field].column.values})
    masked = sorted({_masked(value, leerlijnen) for value in unknown if not parse_niveau(value)})
    if masked:
        lines += ["# " + _("Values that are no level that is known: {values}. Say what they mean:").format(values=", ".join(masked))]
        lines += ["# niveaus:", '#   "B/K leerroute": vmbo-bb/vmbo-kb']
    used = {guess.column.title for guess in found.values()} | set(wide)
    lines += _unused([column for column in columns if column.title.strip() and column.title not in used])
    return "\n".join(lines) + "\n"


def _absent() -> str:
    return ", ".join(map(_quoted, sorted({text for layout in shipped_layouts() for text in layout.absent})))


def _head(name: str) -> list[str]:
    return [
        f"# {_('A first layout for {file}. Look over each line; what was guessed says so.').format(file=printable(PurePath(name).name))}",
        f"# {_('Save it in the workspace as layouts/NAME.yaml, with the same name below.')}",
    ]


def _unused(columns: Sequence[_Column]) -> list[str]:
    refused = [column.title for column in columns if refused_kind(column.title)]
    left = [column for column in columns if not refused_kind(column.title)]
    lines = [f"#   {_quoted(column.title)}  {_shapes(column)}".rstrip() for column in left]
    lines = [f"# {_('Not used:')}", *lines] if lines else []
    return lines + ([f"# {_('Never read: {headers}').format(headers=', '.join(map(_quoted, refused)))}"] if refused else [])


def _codes_yaml(name: str, codes: Sequence[Toetscode], leerlijnen: Leerlijnen) -> str:
    (layout,) = [layout for layout in shipped_layouts() if layout.shape == "uwlr"]
    lines = [*_head(name), f"name: {layout.name}", f"title: {_quoted(layout.title)}", "shape: uwlr"]
    lines += [f"absent: [{_absent()}]", "toetsen:"]
    for code in codes:
        meant = {"toets": code.toets or "", "onderdeel": leerlijnen.onderdeel(code.onderdeel) or "", "toetsniveau": ""}
        if code.toetsniveau is not None:
            meant["toetsniveau"] = layout.niveau(code.toetsniveau) or ""
        lines.append(_code_line(code.code, meant, code.naam))
    parts = {part: naam for code in codes for part, naam in code.parts}
    lines += ["toetsonderdelen:"] if parts else []
    for part, naam in parts.items():
        lines.append(_code_line(part, {"onderdeel": leerlijnen.onderdeel(naam) or "", "domein": layout.domein(naam) or ""}, naam))
    return "\n".join(lines) + "\n"


def _code_line(code: str, meant: Mapping[str, str], naam: str) -> str:
    said = ", ".join(f"{key}: {value}" for key, value in meant.items() if value)
    return f"  {_quoted(code)}: {{{said}}}  # {printable(naam)}".rstrip(" #")


def _examples(column: _Column, leerlijnen: Leerlijnen) -> str:
    return ", ".join(list(dict.fromkeys(_masked(value, leerlijnen) for value in column.values))[:_EXAMPLES])


def _masked(value: str, leerlijnen: Leerlijnen) -> str:
    """A value that says nothing of a person as it is; of others only the shape."""
    if looks_like_eck_id(value):
        return "ECK iD"
    if parse_niveau(value) or leerlijnen.onderdeel(value) or _KLAS.fullmatch(value) or _TOETS.fullmatch(toets_name(value)):
        return printable(value)
    return _shape(value)


def _shapes(column: _Column) -> str:
    return ", ".join(list(dict.fromkeys(map(_shape, column.values)))[:_EXAMPLES])


def _shape(value: str) -> str:
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", printable(value)))[:_LONGEST]


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in quoted)
