"""The sign-up form (aanmelden) → the school.yaml of a new school; and Cito's answer to it → `active_from`.

What is said of a school comes as text, from options, answers or the rows of a list; every mistake in it is told at once, and nothing is
written as long as there is one.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo.config import Workspace
from cito_numo.errors import LIST_VALUE, REGISTER_MISSING, REGISTER_VALUE, CitoNumoError, Problem
from cito_numo.language import N_, _
from cito_numo.school_folders import KORTE_NAAM
from cito_numo.workspace import NewSchool, change_school, new_school, signed

if TYPE_CHECKING:
    from cito_numo.lists import Listed

_WITHOUT_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff"))
_LONGEST = 200
_LONGEST_NAME = 100
_TAKEN = N_("There is a school of this name already.")
_VESTIGINGEN = re.compile(r"[\s,;/+]+")
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@(?:[\w-]+\.)+[\w-]{2,}")


@dataclass(frozen=True)
class Field:
    """One field of the form: the name of its option and column, its label on Cito's form, and what may stand in it."""

    name: str
    label: str
    allowed: str
    read: Callable[[str], Any]
    """What the text says; None where that is not allowed."""
    headers: tuple[str, ...] = ()
    """What else its column in a list may be called."""
    required: bool = True

    @property
    def option(self) -> str:
        """The option of the command."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def hint(self) -> str:
        """What is allowed, as a sentence."""
        text = _(self.allowed)
        return f"{text[:1].upper()}{text[1:]}."


def _line(text: str) -> str | None:
    return text if text.isprintable() and len(text) <= _LONGEST else None


def _matching(pattern: re.Pattern[str], longest: int = _LONGEST) -> Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) and _line(text) and len(text) <= longest else None


def _vestigingen(text: str) -> list[str] | None:
    found = _VESTIGINGEN.split(text)
    return found if all(re.fullmatch(r"[0-9]{2}", each) for each in found) else None


def _administratie(text: str) -> str | None:
    return text.lower() if text.lower() in ("somtoday", "magister", "other") else None


def terugstuuroptie_of(text: str) -> int | None:
    """The terugstuuroptie that a text says; None where it says none."""
    found = re.fullmatch(r"[+-]?[0-2]", text.replace("\N{MINUS SIGN}", "-"))
    return int(found[0]) if found else None


FIELDS = (
    Field("klantnummer", "Klantnummer", N_("Cito's customer number: digits, as 1234567"), _matching(re.compile(r"[0-9]+"))),
    Field("brin", "BRIN nummer", N_("two digits and two capitals, as 99XX"), _matching(re.compile(r"[0-9]{2}[A-Z]{2}"))),
    Field("school", "School/onderwijsorganisatie", N_("the school's name, on one line"), _line, ("School", "Naam")),
    Field("aanhef", "Aanhef", N_("Meneer, Mevrouw, …"), _line),
    Field("voornaam", "Voornaam", N_("of the contact person, on one line"), _line),
    Field("achternaam", "Achternaam", N_("of the contact person, on one line"), _line),
    Field("email", "E-mail", N_("an e-mail address, as beheer@school.example"), _matching(_EMAIL), ("E-mailadres",)),
    Field("maximum_niveau", "Maximum niveau", N_("as on the form, on one line"), _line),
    Field(
        "korte_naam",
        "Korte schoolnaam Numo",
        N_("lower case, digits and hyphens, as demo-college"),
        _matching(KORTE_NAAM, _LONGEST_NAME),
        ("Korte schoolnaam",),
    ),
    Field(
        "vestiging",
        "Vestigingen",
        N_("two digits, as 00, a comma between more; only of a joint EDEXML"),
        _vestigingen,
        ("Vestiging",),
        required=False,
    ),
    Field("administratie", "Administratie", N_("somtoday, magister or other"), _administratie),
    Field("terugstuuroptie", "Terugstuuroptie", N_("+2, +1, 0, -1 or -2, as set in Leerling in beeld"), terugstuuroptie_of),
)
"""The fields of the form in its order, and behind them what it does not ask."""
_ON_THE_FORM = 9
COLUMNS = {field.name: (field.label, *field.headers) for field in FIELDS}
REQUIRED = [field.name for field in FIELDS if field.required]


class Registered(StrEnum):
    """What came of a school."""

    SIGNED_UP = "signed_up"
    UNCHANGED = "unchanged"
    """It was signed up before, with the same."""


@dataclass(frozen=True)
class Registration:
    """One school that is signed up."""

    school: NewSchool
    status: Registered

    def as_dict(self) -> dict[str, object]:
        """For --json: with what Cito's form asks, by its labels."""
        return {"korte_naam": self.school.korte_naam, "status": self.status, "form": dict(form_of(self.school))}


def plain_text(text: str) -> str:
    """A text that was typed or pasted: one space between its words, and nothing that nobody sees."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_WITHOUT_WIDTH)).split())


def missing_in(said: Mapping[str, str]) -> list[Field]:
    """The fields that are needed and not said."""
    return [field for field in FIELDS if field.required and not said.get(field.name)]


def not_allowed(field: Field, text: str) -> str:
    """What is allowed in a field, as a sentence, where what is said is not; nothing where it is right."""
    right = field.read(text) is not None if text else not field.required
    return "" if right else field.hint


def wrong(workspace: Workspace, field: Field, text: str) -> str:
    """The same, also of a korte naam that another school has."""
    if field.name == "korte_naam" and not not_allowed(field, text) and is_taken(workspace, text):
        return _(_TAKEN)
    return not_allowed(field, text)


def is_taken(workspace: Workspace, korte_naam: str) -> bool:
    """Whether a school of this name is there."""
    return os.path.lexists(workspace.school_folder(korte_naam))


def check_options(workspace: Workspace, said: Mapping[str, str], *, all_of_them: bool) -> None:
    """CitoNumoError with every option that is not right, and one that names all that are missing where they have to be there."""
    problems = [
        Problem(REGISTER_VALUE, field.option, {"hint": hint})
        for field in FIELDS
        if field.name in said and (hint := wrong(workspace, field, said[field.name]))
    ]
    missing = [field.option for field in missing_in(said) if field.name not in said] if all_of_them else []
    if missing:
        problems.append(Problem(REGISTER_MISSING, "", {"options": ", ".join(missing)}))
    if problems:
        raise CitoNumoError(*problems)


def school_of(said: Mapping[str, str], day: date) -> NewSchool:
    """The school that fields without a mistake make, signed up on that day."""
    read = {field.name: field.read(said[field.name]) for field in FIELDS if said.get(field.name)}
    read["name"] = read.pop("school")
    return NewSchool(**read | {"vestigingen": read.pop("vestiging", ())}, signed_up=day)


def schools_of(workspace: Workspace, path: Path, rows: Sequence["Listed"], day: date) -> list[NewSchool]:
    """The schools of a list; CitoNumoError with every mistake of every row. One that was signed up before with the same is none."""
    from cito_numo.lists import row_place

    problems: list[Problem] = []
    schools: list[NewSchool] = []
    first: dict[str, int] = {}
    for row in rows:
        said = {name: plain_text(text) for name, text in row.cells.items()}
        hints = {field.name: hint for field in FIELDS if (hint := not_allowed(field, said[field.name]))}
        schools += [] if hints else [school_of(said, day)]
        korte_naam = said["korte_naam"]
        if "korte_naam" not in hints:
            before = first.setdefault(korte_naam, row.number)
            if before != row.number:
                hints["korte_naam"] = _("Row {row} has the same.").format(row=before)
            elif is_taken(workspace, korte_naam) and (hints or not _is_same(workspace, schools[-1])):
                hints["korte_naam"] = _(_TAKEN)
        problems += [Problem(LIST_VALUE, row_place(path, row.number, name), {"hint": hint}) for name, hint in hints.items()]
    if problems:
        raise CitoNumoError(*problems)
    return schools


def register(workspace: Workspace, schools: Iterable[NewSchool]) -> list[Registration]:
    """Write the school.yaml and the folders of each school; none where one of them would not be valid."""
    ready = list(schools)
    for school in ready:
        _valid = school.config
    return list(_written(workspace, ready))


def _written(workspace: Workspace, schools: Sequence[NewSchool]) -> Iterator[Registration]:
    for school in schools:
        if _is_same(workspace, school):
            yield Registration(school, Registered.UNCHANGED)
            continue
        new_school(workspace.folder, school)
        yield Registration(school, Registered.SIGNED_UP)


def _is_same(workspace: Workspace, school: NewSchool) -> bool:
    """Whether this school was signed up before with the same: a list that was stopped halfway is done once more as a whole."""
    if not is_taken(workspace, school.korte_naam):
        return False
    try:
        there, wanted = workspace.school(school.korte_naam).config, school.config
    except CitoNumoError:
        return False
    asked = ("name", "brin", "vestigingen", "klantnummer", "contact", "maximum_niveau", "administratie", "terugstuuroptie")
    return all(getattr(there, key) == getattr(wanted, key) for key in asked)


def form_of(school: NewSchool) -> list[tuple[str, str]]:
    """The label and the value of each field of Cito's form, in its order."""
    return all_of(school)[:_ON_THE_FORM]


def all_of(school: NewSchool) -> list[tuple[str, str]]:
    """The label and the value of all that was said of a school."""
    said = {
        **vars(school),
        "school": school.name,
        "vestiging": ", ".join(school.vestigingen),
        "terugstuuroptie": signed(school.terugstuuroptie),
    }
    return [(field.label, str(said[field.name])) for field in FIELDS]


@dataclass(frozen=True)
class Change:
    """One value of a school.yaml, as it was and as it is."""

    before: Any
    after: Any


def activate(workspace: Workspace, korte_naam: str, named: date | None, day: date) -> Change:
    """Set from which day a school is active: the day that is named, else the one that stands there, else `day`."""
    before = workspace.school(korte_naam).config.active_from
    after = named or before or day
    if after != before:
        change_school(workspace, korte_naam, "active_from", after.isoformat())
    return Change(before, after)


def set_terugstuuroptie(workspace: Workspace, korte_naam: str, option: int) -> Change:
    """Set the terugstuuroptie of a school."""
    before = workspace.school(korte_naam).config.terugstuuroptie
    if option != before:
        change_school(workspace, korte_naam, "terugstuuroptie", signed(option))
    return Change(before, option)
