"""The workspace's YAML → typed, validated `Workspace` and `School`.

A workspace is the folder of `cito-numo.yaml`; each folder below `schools/` with a `school.yaml` is a school, and the folder's
name is its korte schoolnaam in Numo. What stands in `defaults` of `cito-numo.yaml` holds for every school that does not say
otherwise. An error in one school.yaml is that school's alone.
"""

import grp
import os
import re
import shlex
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from cito_numo.errors import (
    CONFIG_MISSING,
    CONFIG_NO_SCHOOLS,
    CONFIG_UNKNOWN_SCHOOL,
    CONFIG_UNSAFE,
    CONFIG_VALUE,
    SCHOOL_MISSING,
    CitoNumoError,
    stop,
)
from cito_numo.language import N_, _
from cito_numo.school_folders import KORTE_NAAM, names_in
from cito_numo.yaml_files import load, text_of, validate

CONFIG_NAME = "cito-numo.yaml"
LEERLIJNEN = "leerlijnen.yaml"
LAYOUTS = "layouts"
TERM = re.compile(r"[1-9]\d{0,3} (?:days?|months?|years?)")
"""How long something is kept."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_day(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(value)  # pydantic would take a number for a moment
    return value


def _as_group(value: str) -> str:
    try:
        grp.getgrnam(value)
    except KeyError:
        raise ValueError(value) from None
    return value


def _as_number(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d", value) else value


Brin = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}[A-Z]{2}$")]
Vestiging = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
Key = Literal["leerlingnummer", "eck_id", "cito_key"]
Terugstuuroptie = Annotated[Literal[-2, -1, 0, 1, 2], BeforeValidator(_as_number)]
Day = Annotated[date, BeforeValidator(_as_day)]
Group = Annotated[str, AfterValidator(_as_group)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(_Strict):
    """The contact person, as on the sign-up form."""

    aanhef: str = Field("", description=N_("Meneer, Mevrouw, …"))
    voornaam: str = ""
    achternaam: str = ""
    email: str = Field("", description=N_("An e-mail address, as beheer@school.example."))


class Edexml(_Strict):
    """Where an EDEXML holds what joins."""

    leerlingnummer: str = Field(
        "auto",
        pattern=r"^(auto|gebruikersnaam|emailadres|key|toevoegingen:\S+)$",
        description=N_("Allowed: auto, gebruikersnaam, emailadres, key, or toevoegingen:<element>."),
    )
    cito_key: str = Field("key", pattern=r"^(key|toevoegingen:\S+)$", description=N_("Allowed: key, or toevoegingen:<element>."))


class Tolerance(_Strict):
    """From where a person should look, or say that it is right."""

    unmatched: Share = Field(0.10, description=N_("A share from 0 to 1: above it a person should look (exit 3)."))
    unmatched_hold: Share = Field(0.50, description=N_("A share from 0 to 1: above it the run is held (exit 4)."))
    shrink: Share = Field(0.20, description=N_("A share from 0 to 1: the run is held when the pupils shrink by more (exit 4)."))


class Csv(_Strict):
    """How CSV files for people are written."""

    separator: Literal[";", ",", "\t"] = Field(";", description=N_('Allowed: ";", "," or "\\t".'))
    encoding: Literal["utf-8-sig", "utf-8", "utf-16", "windows-1252"] = Field(
        "utf-8-sig", description=N_("Allowed: utf-8-sig (UTF-8 with BOM, for Excel), utf-8, utf-16, windows-1252.")
    )


class Settings(_Strict):
    """What may stand in a school.yaml, or for all schools under `defaults` in cito-numo.yaml."""

    match_on: list[Key] | None = Field(
        None, min_length=1, description=N_("A list of leerlingnummer, eck_id, cito_key: the keys that may join a result with a pupil.")
    )
    trust_leerlingnummer: bool = Field(
        False, description=N_("true or false: without any list of pupils, take Cito's leerlingnummer for the gebruikersnaam, unseen.")
    )
    processing: Literal["teacher", "automatic"] = Field(
        "teacher", description=N_("Allowed: teacher (a teacher still processes each plan), automatic.")
    )
    language: Literal["en", "nl"] | None = Field(None, description=N_("Allowed: nl, en."))
    retention: str = Field("2 years", pattern=f"^{TERM.pattern}$", description=N_("A term such as '2 years', '18 months', '90 days'."))
    outbox_group: Group | None = Field(None, description=N_("The name of a group of this machine: it may also read the outbox."))
    mail_from: list[str] = Field([], description=N_("A list of e-mail addresses that may mail an EDEXML."))
    edexml: Edexml = Field(Edexml(), description=N_("Keys and values, as 'leerlingnummer: auto'."))
    tolerance: Tolerance = Field(Tolerance(), description=N_("Keys and values, as 'unmatched: 0.10'."))
    csv: Csv = Field(Csv(), description=N_("Keys and values, as 'separator: \";\"'."))
    on_failure: str | None = Field(None, description=N_("A command that is run when a night needs a person."))


class SchoolConfig(Settings):
    """A school.yaml."""

    name: str = Field(min_length=1, description=N_("The school's name, for people."))
    brin: Annotated[list[Brin], BeforeValidator(_as_list)] = Field(
        min_length=1, description=N_("Two digits and two capitals, as 99XX; a list of them after a fusion.")
    )
    vestigingen: list[Vestiging] = Field([], description=N_('A list of two digits, as ["00"]: only these of a joint EDEXML.'))
    klantnummer: str = Field("", description=N_("Cito's customer number, as text."))
    contact: Contact = Field(Contact(), description=N_("Keys and values: aanhef, voornaam, achternaam, email."))
    maximum_niveau: str = Field("", description=N_("As filled in on the sign-up form."))
    signed_up: Day | None = Field(None, description=N_("A date as 2026-08-20."))
    leerlingnummers_valid_from: Day | None = Field(
        None,
        description=N_("A date as 2026-08-01, after a fusion or a new administration: a toets of before it is not joined on it."),
    )
    active_from: Day | None = Field(None, description=N_("A date as 2026-09-01; absent while Cito has not handled the request."))
    administratie: Literal["somtoday", "magister", "other"] = Field(description=N_("Allowed: somtoday, magister, other."))
    terugstuuroptie: Terugstuuroptie = Field(description=N_("One of +2 +1 0 -1 -2, the same as the school set at Cito."))


class _WorkspaceConfig(_Strict):
    """cito-numo.yaml."""

    mail_host: str | None = Field(
        None, pattern=r"^[A-Za-z0-9.-]+$", description=N_("The name that the mail host signs its Authentication-Results headers with.")
    )
    defaults: Settings = Field(Settings(), description=N_("Keys and values that hold for every school that does not say otherwise."))


@dataclass(frozen=True)
class School:
    """One school: its folder, and what its school.yaml says with the workspace's defaults filled in."""

    korte_naam: str
    folder: Path
    config: SchoolConfig

    @property
    def match_on(self) -> Sequence[Key]:
        """The keys that may join a result with a pupil; Cito knows neither number nor ECK iD of a Somtoday school."""
        if self.config.match_on is not None:
            return self.config.match_on
        return ("cito_key",) if self.config.administratie == "somtoday" else ("leerlingnummer", "eck_id")

    @property
    def needs_keys(self) -> bool:
        """Whether only the key table of an EDEXML tells whose a result is."""
        return list(self.match_on) == ["cito_key"]

    def is_active(self, day: date) -> bool:
        """Whether the coupling is in use on that day."""
        return self.config.active_from is not None and self.config.active_from <= day


@dataclass(frozen=True)
class Workspace:
    """The folder of cito-numo.yaml, with the names of its schools and the defaults they share."""

    folder: Path
    korte_namen: Sequence[str]
    defaults: Mapping[str, Any]
    mail_host: str | None = None
    """The mail host whose Authentication-Results count."""
    retention: str = "2 years"
    """How long is kept what is of no school in particular."""
    on_failure: str | None = None
    """The command for a school of which the school.yaml cannot be read."""
    config: Path = Path(CONFIG_NAME)
    """The file that makes the folder a workspace, as it was named."""

    def command(self, *words: str) -> str:
        """What a person types to run the program with these words in this workspace."""
        here = self.config == Path(CONFIG_NAME)
        return shlex.join(["cito-numo", *words, *([] if here else ["--config", str(self.config)])])

    def school_folder(self, korte_naam: str) -> Path:
        """The folder that is the school."""
        return self.folder / "schools" / korte_naam

    def school(self, korte_naam: str, text: str | None = None) -> School:
        """Read one school's school.yaml (or `text` that is to take its place); CitoNumoError with all its mistakes."""
        folder = self.school_folder(korte_naam)
        if not (folder / "school.yaml").exists():
            raise stop(SCHOOL_MISSING, str(folder))
        _check_owner(folder / "school.yaml")
        document = load(folder / "school.yaml", text)
        if not KORTE_NAAM.fullmatch(korte_naam):
            hint = _("The folder's name is the korte schoolnaam: lower case, digits and hyphens.")
            raise stop(CONFIG_VALUE, str(folder), key="korte_naam", detail=_("this folder's name cannot be one"), hint=hint)
        merged = _merged(self.defaults, document.data) if isinstance(document.data, dict) else document.data
        return School(korte_naam, folder, validate(SchoolConfig, document, merged))

    def own_leerlijnen(self) -> str | None:
        """The text of the workspace's own leerlijnen.yaml; None where it has none."""
        own = self.folder / LEERLIJNEN
        _check_owner(own)
        return text_of(own) if os.path.lexists(own) else None

    def own_layouts(self) -> dict[Path, str]:
        """The texts of the workspace's own layouts, by their files; one that is empty is none."""
        folder = self.folder / LAYOUTS
        files = sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml") and not path.name.startswith("."))
        for path in files:
            _check_owner(path)
        texts = {path: text_of(path) for path in files}
        return {path: text for path, text in texts.items() if text.strip()}

    @property
    def quarantine(self) -> Path:
        """Where mails lie that came in by themselves and are not taken in yet."""
        return self.folder / "quarantine"

    @property
    def secret_path(self) -> Path:
        """The key of the keyed hashes."""
        return self.folder / ".cito-numo" / "secret"


def read_workspace(path: Path, *, may_be_empty: bool = False) -> Workspace:
    """Read cito-numo.yaml; CitoNumoError with all its mistakes, or where there is no school and it may not be empty."""
    _check_owner(path)
    document = load(path)
    config = validate(_WorkspaceConfig, document)
    folder = path.resolve().parent
    korte_namen = names_in(folder)
    if not korte_namen and not may_be_empty:
        raise stop(CONFIG_NO_SCHOOLS, str(folder / "schools"))
    defaults = config.defaults
    return Workspace(
        folder, korte_namen, document.data.get("defaults", {}), config.mail_host, defaults.retention, defaults.on_failure, path
    )


def found_workspace(path: Path) -> Workspace | None:
    """The workspace of this cito-numo.yaml, for a command that can do without; None where there is none, or no school in it."""
    try:
        return read_workspace(path)
    except CitoNumoError as error:
        if {problem.kind for problem in error.problems} <= {CONFIG_MISSING, CONFIG_NO_SCHOOLS}:
            return None
        raise


def chosen_schools(workspace: Workspace, named: Sequence[str]) -> Sequence[str]:
    """The schools that were named, each once, or all; CitoNumoError for a name that is none."""
    for name in named:
        if name not in workspace.korte_namen:
            near = get_close_matches(name, workspace.korte_namen, 1)
            hint = _("Did you mean '{near}'?").format(near=near[0]) if near else _("See the folders in schools/.")
            raise stop(CONFIG_UNKNOWN_SCHOOL, str(workspace.folder / "schools"), school=name, hint=hint)
    return sorted(set(named)) or workspace.korte_namen


def _check_owner(path: Path) -> None:
    """CitoNumoError where another user owns a file, or anybody may write it: it says who gets what, and which command is run."""
    try:
        status = path.stat()
    except OSError:  # reading it will say so
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise stop(CONFIG_UNSAFE, str(path), detail=_("it belongs to another user"))
    if status.st_mode & stat.S_IWOTH:
        raise stop(CONFIG_UNSAFE, str(path), detail=_("everybody may write it"))


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(defaults[key], value) for key, value in own.items() if isinstance(value, dict) and isinstance(defaults.get(key), dict)
    }
    return {**defaults, **own, **both}
