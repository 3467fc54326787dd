"""What is in force at a school, with the klas of now: its ledger, and Numo's newest list → leerplannen, chosen by vak, klas and leerling.

Only reads. Raises CitoNumoError where the ledger, school.yaml or Numo's list cannot be used.
"""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cito_numo.arrivals import newest_roster
from cito_numo.config import LAYOUTS, LEERLIJNEN, School, Workspace
from cito_numo.errors import (
    EXPORT_PLACE,
    KLAS_UNKNOWN,
    LEERLING_WITHOUT_PLAN,
    VAK_UNKNOWN,
    CitoNumoError,
    ExitCode,
    Problem,
    printable,
    problem_of,
    stop,
    worst,
)
from cito_numo.groundwork import look, read_all
from cito_numo.inbox import NUMO
from cito_numo.language import _
from cito_numo.ledger import Ledger, ledger_path, problems_with
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.outputs import changes_in, leerplannen_csv, leerplannen_json, plan_records
from cito_numo.privacy import passing_secret
from cito_numo.report import LEERPLANNEN_JSON
from cito_numo.revisions import INGETROKKEN, TE_VERWERKEN, Changes
from cito_numo.runs import Delivering, delivering
from cito_numo.schooljaar import today
from cito_numo.tables import LEERPLANNEN, empty, names

_LEERPLAN = ["gebruikersnaam", "vak"]
_BY_KLAS = ["vak", "klas", "gebruikersnaam"]


@dataclass(frozen=True)
class Filters:
    """Which leerplannen a person means; a filter that is empty is none."""

    vakken: Collection[str] = ()
    klassen: Collection[str] = ()
    leerlingen: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.vakken or self.klassen or self.leerlingen)

    def of(self, leerplannen: pd.DataFrame) -> "pd.Series[bool]":
        """Which of these leerplannen (columns `tables.LEERPLANNEN`) are meant; a klas and a vak are known in any case of letters."""
        where = pd.Series(True, index=leerplannen.index)
        for column, wanted in (("vak", self.vakken), ("klas", self.klassen)):
            if wanted:
                where &= leerplannen[column].str.casefold().isin([text.strip().casefold() for text in wanted])
        if self.leerlingen:
            where &= leerplannen["gebruikersnaam"].isin([text.strip() for text in self.leerlingen])
        return where


@dataclass(frozen=True)
class InForce:
    """The leerplannen of a school."""

    school: School
    leerplannen: pd.DataFrame
    """Columns `tables.LEERPLANNEN`, with the klas of now: what is in force, sorted by gebruikersnaam and vak."""
    onderdelen: pd.DataFrame
    """Columns `tables.ONDERDELEN`: theirs, in the same order."""
    ingetrokken: pd.DataFrame
    """Columns `tables.LEERPLANNEN`: the leerplannen of which the newest revisie was ingetrokken."""
    problems: Sequence[Problem]
    """What is wrong with newer lists of Numo than the one that the klassen are of."""

    def chosen(self, filters: Filters, *, waiting: bool) -> "InForce":
        """Those that are meant; with `waiting` only those that a teacher still has to process."""
        where = filters.of(self.leerplannen)
        if waiting:
            where &= self.leerplannen["status"] == TE_VERWERKEN
        return self.only(where, filters.of(self.ingetrokken))

    def only(self, where: "pd.Series[bool]", ingetrokken: "pd.Series[bool] | None" = None) -> "InForce":
        """Only these leerplannen, with their onderdelen."""
        plans = self.leerplannen[where].reset_index(drop=True)
        members = pd.MultiIndex.from_frame(self.onderdelen[_LEERPLAN]).isin(pd.MultiIndex.from_frame(plans[_LEERPLAN]))
        gone = self.ingetrokken if ingetrokken is None else self.ingetrokken[ingetrokken].reset_index(drop=True)
        return InForce(self.school, plans, self.onderdelen[members].reset_index(drop=True), gone, self.problems)

    def with_status(self, status: str) -> frozenset[str]:
        """The ids of the leerplannen of which the newest revisie has this status."""
        return frozenset(
            plan_id for plans in (self.leerplannen, self.ingetrokken) for plan_id in plans.loc[plans["status"] == status, "leerplan_id"]
        )

    def changes(self, leerplannen: pd.DataFrame | None = None) -> Changes:
        """All of it to deliver, or to write as if it were; its leerplannen as they are, or these."""
        plans = self.leerplannen if leerplannen is None else leerplannen
        return Changes(plans[names(LEERPLANNEN)], self.onderdelen, empty(LEERPLANNEN).assign(reden=pd.Series(dtype="str")))

    def as_records(self) -> list[dict[str, Any]]:
        """As leerplannen.json has them, by vak, klas and leerling."""
        return sorted(plan_records(self.changes()), key=lambda plan: [plan[name] or "" for name in _BY_KLAS])

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Which leerplannen these are, each in which revisie, so that one which changes meanwhile is not taken for the same."""
        return list(zip(self.leerplannen["leerplan_id"], self.leerplannen["revisie"], strict=True))


def in_force(school: School, ledger: Ledger) -> InForce:
    """What is in force at this school, whose ledger this is."""
    known = ledger.leerplannen()
    klassen, problems = _klassen(school, ledger) if len(known) else (None, [])
    if klassen is not None:
        known["klas"] = known["gebruikersnaam"].map(klassen).astype("str").fillna(known["klas"])
    gone = known["status"] == INGETROKKEN
    return InForce(school, known[~gone].reset_index(drop=True), ledger.onderdelen(), known[gone].reset_index(drop=True), problems)


def look_in(workspace: Workspace, korte_naam: str, now: datetime) -> InForce:
    """What is in force at a school; writes nothing, and waits for nobody."""
    with _reading(workspace, korte_naam, now) as reading:
        return in_force(reading.school, reading.ledger)


@dataclass(frozen=True)
class Listed:
    """What is in force at one school, or why that cannot be told."""

    korte_naam: str
    plans: Sequence[Mapping[str, Any]]
    """As leerplannen.json has them, by vak, klas and leerling."""
    problems: Sequence[Problem]
    exit_code: ExitCode
    """LOOK where it is told, but a list of Numo cannot be read."""

    def as_dict(self) -> dict[str, Any]:
        """As `plans list --json` prints it."""
        message = " ".join(str(problem) for problem in self.problems)
        return {"korte_naam": self.korte_naam, "plans": self.plans, "exit_code": self.exit_code, "message": message}


def listed(workspace: Workspace, korte_naam: str, filters: Filters, now: datetime, *, waiting: bool) -> Listed:
    """What is in force at a school, as `InForce.chosen`. Raises nothing: what goes wrong is in it."""
    try:
        found = look_in(workspace, korte_naam, now).chosen(filters, waiting=waiting)
        return Listed(korte_naam, found.as_records(), found.problems, ExitCode.LOOK if found.problems else ExitCode.DONE)
    except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
        problems = problems_with(error, ledger_path(workspace.school_folder(korte_naam)))
        return Listed(printable(korte_naam), [], problems, worst(problem.kind.exit_code for problem in problems))


def check_vakken(workspace: Workspace, korte_namen: Sequence[str], vakken: Collection[str], now: datetime) -> None:
    """CitoNumoError where one of these vakken is none: neither of the leerlijnen, nor in force at one of the schools."""
    wanted = {vak.strip().casefold() for vak in vakken}
    there = set(read_leerlijnen(workspace.folder, workspace.own_leerlijnen()).vak_of.values()) if wanted else set()
    for korte_naam in korte_namen:
        if wanted <= {vak.casefold() for vak in there}:
            return
        with contextlib.suppress(CitoNumoError):  # told where that school has its turn
            there |= set(look_in(workspace, korte_naam, now).leerplannen["vak"])
    if not wanted <= {vak.casefold() for vak in there}:
        raise stop(VAK_UNKNOWN, vakken=", ".join(sorted(there)))


def check_filters(plans: InForce, filters: Filters) -> None:
    """CitoNumoError where a klas or pupil that was named has no leerplan at all, so that a typing error is not taken for nothing to do."""
    klassen = sorted(set(plans.leerplannen["klas"].dropna()))
    known = {klas.casefold() for klas in klassen}
    for klas in filters.klassen:
        if klas.strip().casefold() not in known:
            raise stop(KLAS_UNKNOWN, klas=klas.strip(), klassen=", ".join(klassen) or "-")
    leerlingen = {*plans.leerplannen["gebruikersnaam"], *plans.ingetrokken["gebruikersnaam"]}
    if any(leerling.strip() not in leerlingen for leerling in filters.leerlingen):
        raise stop(LEERLING_WITHOUT_PLAN)


def exported(plans: InForce, form: str) -> bytes:
    """What is in force, as the bytes of a leerplannen.json or, where `form` is csv, of a leerplannen.csv."""
    changes = plans.changes()
    return b"".join(leerplannen_csv(changes, plans.school.config.csv) if form == "csv" else leerplannen_json(plans.school, changes))


def check_output(workspace: Workspace, path: Path) -> None:
    """CitoNumoError where an export cannot be written to this file: it would lie among what cito-numo reads or delivers."""
    if path.is_dir() or not path.parent.is_dir():
        detail = _("it is a folder") if path.is_dir() else _("there is no such folder")
        raise stop(EXPORT_PLACE, str(path), detail=detail)
    schools = [workspace.school_folder(korte_naam) for korte_naam in workspace.korte_namen]
    own = [school / name for school in schools for name in ("outbox", "inbox", "report", ".cito-numo")]
    if path.exists() and not path.is_file():
        raise stop(EXPORT_PLACE, str(path), detail=_("it is no file"))
    if path.resolve() in {workspace.config.resolve(), (workspace.folder / LEERLIJNEN).resolve()} or path.name == "school.yaml":
        raise stop(EXPORT_PLACE, str(path), detail=_("it is a file of the workspace"))
    folder = path.parent.resolve()
    above = [(stat.st_dev, stat.st_ino) for stat in (each.stat() for each in (folder, *folder.parents))]
    for each in (*own, workspace.quarantine, workspace.secret_path.parent, workspace.folder / LAYOUTS):
        with contextlib.suppress(OSError):
            if ((stat := each.stat()).st_dev, stat.st_ino) in above:
                raise stop(EXPORT_PLACE, str(path), detail=_("cito-numo keeps its own files in this folder"))


# --- one pupil -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfLeerling:
    """The leerplannen of one pupil."""

    plans: Sequence[Mapping[str, Any]]
    """As leerplannen.json has them, each with its `run_id`."""
    ingetrokken: Sequence[Mapping[str, Any]]
    """What was ingetrokken, as leerplannen.json has it, each with its `run_id`; `reden` is None where the run is gone."""
    problems: Sequence[Problem]

    def as_dict(self) -> dict[str, Any]:
        """As `plans show --json` prints it."""
        return {"plans": self.plans, "ingetrokken": self.ingetrokken}


def of_leerling(workspace: Workspace, korte_naam: str, leerling: str, now: datetime) -> OfLeerling:
    """The leerplannen of a pupil; CitoNumoError where there never was one."""
    with _reading(workspace, korte_naam, now) as reading:
        found = in_force(reading.school, reading.ledger).chosen(Filters(leerlingen=[leerling]), waiting=False)
        runs = reading.ledger.runs_of([*found.leerplannen["leerplan_id"], *found.ingetrokken["leerplan_id"]])
    if found.leerplannen.empty and found.ingetrokken.empty:
        raise stop(LEERLING_WITHOUT_PLAN)
    plans = [{**plan, "run_id": runs[plan["leerplan_id"]]} for plan in found.as_records()]
    outbox = reading.school.folder / "outbox"
    ingetrokken = []
    for plan in found.ingetrokken[["leerplan_id", "revisie", "gebruikersnaam", "vak"]].to_dict("records"):
        run_id = runs[plan["leerplan_id"]]
        reden = _redenen(outbox / run_id).get(plan["leerplan_id"])
        ingetrokken.append({**{str(name): value for name, value in plan.items()}, "reden": reden, "run_id": run_id})
    return OfLeerling(plans, ingetrokken, found.problems)


def _redenen(run: Path) -> Mapping[str, str]:
    """Why a run took leerplannen back; empty where the importer took the run, or it was altered."""
    try:
        delivered = changes_in((run / LEERPLANNEN_JSON).read_bytes()).ingetrokken
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return dict(zip(delivered["leerplan_id"], delivered["reden"], strict=True))


# --- within ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _reading(workspace: Workspace, korte_naam: str, now: datetime) -> Iterator[Delivering]:
    try:
        with delivering(workspace, korte_naam, now, today(now), dry_run=True) as reading:
            yield reading
    except OSError as error:
        raise CitoNumoError(problem_of(error)) from error


def _klassen(school: School, ledger: Ledger) -> "tuple[pd.Series[str] | None, list[Problem]]":
    """The klas of now by gebruikersnaam: of Numo's newest list that can be read, else of the key table; None where neither is there."""
    files, problems = look(school, [NUMO])
    lists = read_all(files[NUMO], problems)
    secret = passing_secret()  # no ECK iD is looked for
    roster, _name, unusable = newest_roster(lists, ledger.orders(), secret)
    problems += unusable
    pupils = roster.pupils if roster is not None else ledger.key_table(secret.fingerprint()).dropna(subset="gebruikersnaam")
    if pupils.empty:
        return None, problems
    return pupils.drop_duplicates("gebruikersnaam").set_index("gebruikersnaam")["klas"], problems
