"""`edexml import`: EDEXML files into the key table of a school, all of them or none; and mails that come in by themselves.

The rules are those of the night (`keytable.take_in`). What goes wrong is in the result.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from cito_numo import quarantine
from cito_numo.antwoorden import antwoord
from cito_numo.arrivals import arrived, gebruikersnamen, made_at, newest_roster, read_arrival, school_for, usable
from cito_numo.config import Workspace
from cito_numo.edexml import EdexmlFile
from cito_numo.errors import (
    ALL_UNUSABLE,
    BUSY,
    COVER_UNKNOWN,
    FILE_UNREADABLE,
    MAIL_NONE,
    CitoNumoError,
    ExitCode,
    Problem,
    problem_of,
    stop,
    worst,
)
from cito_numo.holds import Holds
from cito_numo.inbox import EDEXML, NUMO, file_orders, read, settled_files
from cito_numo.keytable import KeyChange, take_in
from cito_numo.ledger import Ledger, ledger_path, problems_with, school_ledger
from cito_numo.mail import LARGEST_MAIL, doubt_about_sender, school_of
from cito_numo.outbox import check_ledger
from cito_numo.privacy import workspace_secret
from cito_numo.unpacking import Source, open_mail


class ImportStatus(StrEnum):
    """How an import ended."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    HELD = "held"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    BUSY = "busy"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class ImportOptions:
    """What a person says about an import."""

    now: datetime
    school: str | None = None
    replace: bool = False
    dry_run: bool = False
    accept: frozenset[str] = frozenset()
    only_new: bool = False
    """Whether files that were seen before the key table was replaced are passed by, as the night does."""


@dataclass(frozen=True)
class Incoming:
    """A file to import, and the hash of its bytes."""

    source: Source
    sha256: str


@dataclass
class ImportResult:
    """What came of an import into one school. `korte_naam` is None where it is not certain which school that is."""

    korte_naam: str | None
    status: ImportStatus
    exit_code: ExitCode
    files: Sequence[EdexmlFile] = ()
    change: KeyChange | None = None
    problems: Sequence[Problem] = ()
    taken: Sequence[Path] = ()
    """The files of which nothing was left out."""
    quarantined: Path | None = None
    """Where the mail lies that was not taken in, and may be by `command`."""
    command: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all of it was taken in."""
        return self.status in (ImportStatus.IMPORTED, ImportStatus.UNCHANGED) and self.exit_code is ExitCode.DONE

    @property
    def antwoord(self) -> str:
        """What can be mailed back to the school, in Dutch; may be empty."""
        return antwoord(self.problems)

    def as_dict(self) -> dict[str, Any]:
        """As `edexml import --json` prints it."""
        change = self.change
        return {
            "korte_naam": self.korte_naam,
            "status": self.status,
            "exit_code": self.exit_code,
            "files": [{"file": file.name, "pupils": len(file.pupils), "place": file.place, "places": file.places} for file in self.files],
            "keys": {"known": change.keys, "new": change.new, "changed": change.changed, "gone": change.gone} if change else {},
            "numo": {"pupils": change.in_numo, "covered": change.covered} if change and change.in_numo is not None else {},
            "messages": [{"code": problem.kind.code, "message": str(problem), **_accept(problem)} for problem in self.problems],
            "antwoord": self.antwoord,
            "quarantine": str(self.quarantined) if self.quarantined else None,
        }


def _accept(problem: Problem) -> Mapping[str, object]:
    return {"accept": problem.values["accept"]} if "accept" in problem.values else {}


# --- by a person -----------------------------------------------------------------------------------------------------


def import_files(workspace: Workspace, paths: Sequence[Path], options: ImportOptions) -> list[ImportResult]:
    """Import files that a person names, each into its school; the files of one school together."""
    per_school: dict[str, list[Incoming | CitoNumoError]] = {}
    results = []
    for path in paths:
        if quarantine.is_note(workspace.quarantine, path):
            continue
        try:
            incoming = _at(path)
            korte_naam = school_for(workspace, incoming.source, options.school)
            per_school.setdefault(korte_naam, []).append(incoming)
        except CitoNumoError as error:
            if options.school is None:
                results.append(_failed(None, error))
            else:
                per_school.setdefault(options.school, []).append(error)
    for korte_naam, together in per_school.items():
        result = _import(workspace, korte_naam, together, options)
        for path in result.taken:
            _release(workspace, path, result)
        results.append(result)
    return results


def _at(path: Path) -> Incoming:
    try:
        source = Source.at(path)
        with source.open() as file:
            return Incoming(source, hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]  # any binary stream will do
    except OSError as error:
        raise stop(FILE_UNREADABLE, str(path), detail=error.strerror or type(error).__name__) from None


# --- by a mail rule --------------------------------------------------------------------------------------------------


def receive(workspace: Workspace, stream: BinaryIO, options: ImportOptions) -> ImportResult:
    """Import a mail that is piped in, if its sender is confirmed; else, and whatever goes wrong, it lies in quarantine.

    Raises OSError where the quarantine cannot be written: then the mail is where it came from.
    """
    if options.dry_run:
        return _received(workspace, _in_memory(stream), options)
    path = quarantine.put(workspace.quarantine, stream)
    result = _received(workspace, _at(path), options)
    if result.is_complete:
        _release(workspace, path, result)
        return result
    if result.status is not ImportStatus.BUSY:
        result.status = ImportStatus.QUARANTINED
    result.quarantined = path
    if result.exit_code is not ExitCode.NO_INPUT:  # such a mail nobody can take in
        codes = [str(problem.values["accept"]) for problem in result.problems if "accept" in problem.values]
        words = ["edexml", "import", str(path), "--school", result.korte_naam or "SCHOOL"]
        result.command = workspace.command(*words, *(word for code in codes for word in ("--accept", code)))
    quarantine.explain(path, result.problems, result.antwoord, result.command)
    return result


def _in_memory(stream: BinaryIO) -> Incoming:
    data = stream.read(LARGEST_MAIL + 1)
    return Incoming(Source.of("-", data), hashlib.sha256(data).hexdigest())


def _release(workspace: Workspace, path: Path | None, result: ImportResult) -> None:
    """Let a mail go that was taken in; that it could not be let go is told."""
    try:
        if path is not None:
            quarantine.release(workspace.quarantine, path)
    except OSError as error:
        result.problems = [*result.problems, problem_of(error)]
        result.exit_code = ExitCode.IO


def _received(workspace: Workspace, incoming: Incoming, options: ImportOptions) -> ImportResult:
    """A mail whose sender is confirmed, imported; one that came before the key table was replaced by hand says nothing new."""
    name = incoming.source.name
    korte_naam = options.school
    try:
        mail = open_mail(incoming.source)
        if mail is None:
            return _failed(korte_naam, stop(MAIL_NONE, name))
        named = korte_naam or school_of(mail.subject, workspace.korte_namen, name)
        if isinstance(named, Problem):
            return _failed(None, CitoNumoError(named))
        korte_naam = named
        doubt = doubt_about_sender(mail, workspace.school(korte_naam).config.mail_from, workspace.mail_host, name)
    except (CitoNumoError, OSError) as error:
        return _failed(korte_naam, error)
    if doubt is not None:
        return _failed(korte_naam, CitoNumoError(doubt))
    return _import(workspace, korte_naam, [incoming], replace(options, only_new=True))


# --- both ------------------------------------------------------------------------------------------------------------


def _import(workspace: Workspace, korte_naam: str, incoming: Sequence[Incoming | CitoNumoError], options: ImportOptions) -> ImportResult:
    folder = workspace.school_folder(korte_naam)
    try:
        with school_ledger(folder, options.now, dry_run=options.dry_run) as ledger:
            return _taken_in(workspace, korte_naam, incoming, options, ledger)
    except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
        return _failed(korte_naam, CitoNumoError(*problems_with(error, ledger_path(folder))))


def _taken_in(
    workspace: Workspace, korte_naam: str, incoming: Sequence[Incoming | CitoNumoError], options: ImportOptions, ledger: Ledger
) -> ImportResult:
    school = workspace.school(korte_naam)
    check_ledger(ledger, school.folder)
    secret = workspace_secret(workspace.secret_path, dry_run=options.dry_run)
    files_ready, _changing = settled_files(school.folder, NUMO, *([EDEXML] if options.replace else []))
    lists = [read(file) for file in files_ready[NUMO]]
    roster, _name, problems = newest_roster(lists, ledger.orders(), secret)
    if lists and roster is None:
        raise CitoNumoError(Problem(ALL_UNUSABLE, "", {"folder": NUMO}), *problems)
    known = gebruikersnamen(roster)
    read_files: list[tuple[Incoming, EdexmlFile]] = []
    whole: list[Path] = []
    for one in incoming:
        if isinstance(one, CitoNumoError):
            problems += one.problems
            continue
        try:
            files, doubts = usable(*read_arrival(one.source, secret, school.config, known), school.config.brin)
            read_files += [(one, file) for file in files]
            problems += doubts
            whole += [one.source.path] if one.source.path is not None and not doubts else []
        except CitoNumoError as error:
            problems += error.problems
    if not read_files or (options.replace and problems):
        raise CitoNumoError(*problems)  # what cannot be read may be what must not go

    made: dict[str, tuple[float, str]] = {}
    for one, file in read_files:
        made[one.sha256] = max(made.get(one.sha256, (0.0, "")), (made_at(file), one.source.name))
    lies_ready = [read(file).sha256 for file in files_ready.get(EDEXML, ())]
    orders = file_orders([*(sha256 for sha256 in lies_ready if sha256 not in made), *sorted(made, key=made.__getitem__)], ledger.orders())
    words = ["edexml", "import", *(one.source.name for one in incoming if isinstance(one, Incoming)), "--school", korte_naam]
    holds = Holds(workspace.command(*words, *(["--replace"] if options.replace else [])), options.accept | ledger.accepted())
    before = ledger.key_table(secret.fingerprint())
    since = ledger.keys_since() if options.only_new else 0
    arrivals = [arrived(file, one.source.name, one.sha256, orders[one.sha256]) for one, file in read_files if orders[one.sha256] >= since]
    change = take_in(
        before, arrivals, school.config.brin, known, holds, needs_keys=school.needs_keys, replace=options.replace and bool(arrivals)
    )
    problems += change.doubts
    uncertain = [doubt for doubt in change.doubts if doubt.kind.exit_code is ExitCode.NO_INPUT]
    if uncertain and (options.replace or len(uncertain) == len(arrivals)):
        raise CitoNumoError(*problems)
    files = [file for _one, file in read_files]
    if roster is None:
        problems.append(Problem(COVER_UNKNOWN))
    exit_code = ExitCode.LOOK if any(problem.kind.exit_code is not ExitCode.DONE for problem in problems) else ExitCode.DONE
    if not options.dry_run:
        ledger.remember_accepted(holds.accepted)
    if holds.problems:
        return ImportResult(korte_naam, ImportStatus.HELD, ExitCode.HELD, files, None, [*holds.problems, *problems])
    if options.dry_run:
        return ImportResult(korte_naam, ImportStatus.DRY_RUN, exit_code, files, change, problems)
    # All that was seen so far is history then: no night brings back what an older file, or a wrong one, said.
    replaced = max([*orders.values(), *ledger.orders().values()]) + 1 if options.replace else None
    ledger.import_keys(change.table, secret.fingerprint(), orders, holds.accepted, replaced)
    status = ImportStatus.IMPORTED if change.new or change.changed or change.gone else ImportStatus.UNCHANGED
    return ImportResult(korte_naam, status, exit_code, files, change, problems, whole)


def _failed(korte_naam: str | None, error: Exception) -> ImportResult:
    problems = error.problems if isinstance(error, CitoNumoError) else (problem_of(error),)
    exit_code = worst(problem.kind.exit_code for problem in problems)
    status = ImportStatus.BUSY if problems[0].kind is BUSY else ImportStatus.FAILED
    return ImportResult(korte_naam, status, exit_code, problems=problems)
