"""A night: for each school, look what lies ready, work it out, deliver what is new, and report.

A night on which nothing changed is told from the ledger and the stamps of the files, before a byte is read; only a night with work imports
what works it out. Schools go on without each other: whatever happens to one is its own result.
"""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo import __version__, delivery
from cito_numo.config import Csv, School, Workspace
from cito_numo.errors import (
    BUSY,
    FILE_UNREADABLE,
    FILE_UNSTABLE,
    LEDGER_LOST,
    WAITING_ACTIVE_FROM,
    WAITING_INACTIVE,
    WAITING_NO_KEYS,
    WAITING_NO_RESULTS,
    ExitCode,
    Problem,
    stop,
    worst,
)
from cito_numo.inbox import CITO, EDEXML, NUMO, Content, InboxFile, read, settled_files
from cito_numo.ledger import Ledger, Night, RunState, ledger_path, problems_with, school_ledger
from cito_numo.privacy import Secret, workspace_secret
from cito_numo.report import (
    LEERPLANNEN_CSV,
    LEERPLANNEN_JSON,
    MANIFEST_JSON,
    NIET_GELEVERD_CSV,
    Message,
    described,
    manifest_json,
    nothing_held_back,
    said,
)
from cito_numo.schooljaar import schooljaar_of

if TYPE_CHECKING:
    from cito_numo.corridor import Outcome, Rules


class Status(StrEnum):
    """How a school's night ended."""

    DELIVERED = "delivered"
    NOTHING_NEW = "nothing_new"
    WAITING = "waiting"
    HELD = "held"
    FAILED = "failed"
    BUSY = "busy"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class Options:
    """What a person says about a night."""

    day: date
    """Whose schooljaar counts, and after which no toets can have been taken."""
    now: datetime
    full: bool = False
    dry_run: bool = False
    accept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RunResult:
    """What came of one school's night."""

    korte_naam: str
    status: Status
    exit_code: ExitCode
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    messages: Sequence[Message] = ()
    news: Sequence[Message] = ()
    """Those of the messages that the night before did not have."""

    def as_dict(self) -> dict[str, Any]:
        """As `sync --json` prints it."""
        return {
            "korte_naam": self.korte_naam,
            "status": self.status,
            "run_id": self.run_id,
            "counts": self.counts,
            "exit_code": self.exit_code,
            "message": " ".join(message.text for message in self.messages),
        }


@dataclass
class _Finding:
    """What a night found, before it is reported.

    `niet_geleverd` is None where no results were judged: the list of the night that last did still holds.
    """

    status: Status
    exit_code: ExitCode
    messages: Sequence[Message] = ()
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    niet_geleverd: bytes | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    until: date = date.min
    pupils: int | None = None
    """How many pupils Numo has; None where the last delivery's number goes on to count."""


class Sync:
    """The nights of the schools of one workspace."""

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self._workspace = workspace
        self._options = options

    def school(self, korte_naam: str) -> RunResult:
        """One school's night. Raises nothing: what goes wrong is in the result."""
        folder = self._workspace.school_folder(korte_naam)
        try:
            with school_ledger(folder, self._options.now, dry_run=self._options.dry_run) as ledger:
                return self._night(korte_naam, folder, ledger)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error, ledger_path(folder))
            if finding.status is not Status.BUSY and not self._options.dry_run:
                with contextlib.suppress(OSError):  # the reason is told already
                    self._report(korte_naam, folder, None, finding)
            return RunResult(korte_naam, finding.status, finding.exit_code, messages=finding.messages, news=finding.messages)

    def _night(self, korte_naam: str, folder: Path, ledger: Ledger) -> RunResult:
        last = ledger.last_night()
        brin = finished = None
        try:
            _check_ledger(ledger, folder / "outbox")
            finished = None if self._options.dry_run else _finish_unfinished(ledger, folder / "outbox")
            school = self._workspace.school(korte_naam)
            brin = school.config.brin[0]
            finding = self._waiting_for_cito(school) or self._judged(school, ledger, last)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error, ledger_path(folder))
        finding.run_id = finding.run_id or finished
        if finished and finding.status is Status.NOTHING_NEW:
            finding.status = Status.DELIVERED
        if not self._options.dry_run:
            try:
                manifest = self._report(korte_naam, folder, brin, finding)
                _remember(ledger, self._options.day, finding, last, manifest)
            except (OSError, sqlite3.DatabaseError) as error:  # what was delivered is there; that the report is not, is told
                finding.messages = [*finding.messages, *_failure(error, ledger_path(folder)).messages]
                finding.exit_code = worst([finding.exit_code, ExitCode.IO])
        before = {message["key"] for message in last.messages} if last else set()
        news = [message for message in finding.messages if message.key not in before]
        return RunResult(korte_naam, finding.status, finding.exit_code, finding.run_id, finding.counts, finding.messages, news)

    def _waiting_for_cito(self, school: School) -> _Finding | None:
        if school.is_active(self._options.day):
            return None
        start = school.config.active_from
        return _waiting(Problem(WAITING_ACTIVE_FROM, "", {"date": start}) if start else Problem(WAITING_INACTIVE))

    def _judged(self, school: School, ledger: Ledger, last: Night | None) -> _Finding:
        files, problems = _look(school)
        fingerprint = self._fingerprint(school, files)
        if not problems and self._is_as_before(school, last, fingerprint):
            assert last is not None
            return _as_before(last)
        if not files[CITO] and not ledger.newest_run():
            return _waiting(Problem(WAITING_NO_RESULTS), *problems)
        if school.needs_keys and not files[EDEXML] and not ledger.has_keys():
            return _waiting(Problem(WAITING_NO_KEYS), *problems)
        cito, numo, edexml = (_read_all(files[folder], problems) for folder in (CITO, NUMO, EDEXML))
        whole = not problems
        outcome = self._worked_out(school, ledger, last, cito, numo, edexml, problems)
        finding = self._delivered(school, ledger, outcome)
        if whole and not outcome.holds:
            finding.fingerprint = fingerprint
        return finding

    def _is_as_before(self, school: School, last: Night | None, fingerprint: str) -> bool:
        if last is None or self._options.full or self._options.dry_run:
            return False
        return last.covers(fingerprint, self._options.day) and (school.folder / "report" / NIET_GELEVERD_CSV).exists()

    def _fingerprint(self, school: School, files: Mapping[str, Sequence[InboxFile]]) -> str:
        """Of all that the outcome depends on, beside the ledger and the day."""
        parts = [
            __version__,
            school.korte_naam,
            school.config.model_dump_json(),
            self._own_leerlijnen,
            {str(path): text for path, text in self._own_layouts.items()},
            [file.stamp for folder in sorted(files) for file in files[folder]],
            self._secret.fingerprint(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _worked_out(
        self,
        school: School,
        ledger: Ledger,
        last: Night | None,
        cito: Sequence[Content],
        numo: Sequence[Content],
        edexml: Sequence[Content],
        problems: Sequence[Problem],
    ) -> "Outcome":
        from cito_numo.corridor import Past, Ready, open_files, work_out

        rules = replace(self._rules, accept=self._options.accept | ledger.accepted())
        ready = Ready(cito, numo, edexml, problems)
        opened = open_files(school, ready, ledger.orders(), rules, has_keys=ledger.has_keys())
        if not self._options.dry_run:
            ledger.remember_files(opened.orders)
        past = Past(
            key_table=ledger.key_table(self._secret.fingerprint()),
            keys_since=ledger.keys_since(),
            onderdelen=ledger.onderdelen(),
            leerplannen=ledger.leerplannen(),
            vervallen=ledger.vervallen(),
            pupils=last.pupils if last is not None else 0,
        )
        return work_out(school, ready, opened, past, rules)

    def _delivered(self, school: School, ledger: Ledger, outcome: "Outcome") -> _Finding:
        from cito_numo.outputs import niet_geleverd_csv

        messages = [Message.of(problem) for problem in (*outcome.holds, *outcome.problems)]
        needs_person = any(message.needs_person for message in messages)
        finding = _Finding(
            Status.NOTHING_NEW,
            ExitCode.LOOK if needs_person else ExitCode.DONE,
            messages,
            counts=outcome.counts,
            niet_geleverd=niet_geleverd_csv(outcome.results, school),
            manifest={"inputs": outcome.inputs, "outputs": [], "match": outcome.match},
            until=outcome.until,
        )
        if outcome.holds:
            finding.status, finding.exit_code = Status.HELD, ExitCode.HELD
        if self._options.dry_run:
            finding.status = Status.DRY_RUN
        elif not outcome.holds:
            finding.pupils = outcome.pupils
            ledger.remember_accepted(outcome.accepted)
            if outcome.key_table is not None:
                ledger.remember_keys(outcome.key_table, self._secret.fingerprint())
            ledger.confirm(outcome.confirmed)
            if outcome.changes:
                finding.status = Status.DELIVERED
                self._deliver(school, ledger, outcome, finding)
        return finding

    def _deliver(self, school: School, ledger: Ledger, outcome: "Outcome", finding: _Finding) -> None:
        """Write the run down, build it, let it appear, and say so: whenever this stops, the next night finishes or forgets it."""
        from cito_numo.outputs import leerplannen_csv, leerplannen_json

        outbox, group = school.folder / "outbox", school.config.outbox_group
        run_id = delivery.next_run_id(self._options.now, max(delivery.newest_in(outbox), ledger.newest_run()))
        files = {
            LEERPLANNEN_JSON: leerplannen_json(school, outcome.changes),
            LEERPLANNEN_CSV: leerplannen_csv(outcome.changes, school.config.csv),
        }
        finding.run_id = run_id
        finding.manifest["outputs"] = described(files)
        files[MANIFEST_JSON] = manifest_json(self._manifest(school.korte_naam, school.config.brin[0], finding))
        ledger.begin(run_id, outcome.changes, outcome.vervallen, full=self._options.full)
        delivery.build(outbox, run_id, files, group)
        ledger.mark(run_id, RunState.BUILT)
        delivery.publish(outbox, run_id)
        ledger.mark(run_id, RunState.DELIVERED)

    def _report(self, korte_naam: str, folder: Path, brin: str | None, finding: _Finding) -> dict[str, Any]:
        """Write report/; the manifest that stands in it."""
        manifest = self._manifest(korte_naam, brin, finding)
        listed = folder / "report" / NIET_GELEVERD_CSV
        if finding.niet_geleverd is not None or not listed.exists():
            delivery.write_whole(listed, finding.niet_geleverd or nothing_held_back(Csv()))
        delivery.write_whole(folder / "report" / MANIFEST_JSON, manifest_json(manifest))
        return manifest

    def _manifest(self, korte_naam: str, brin: str | None, finding: _Finding) -> dict[str, Any]:
        return {
            "run_id": finding.run_id,
            "status": finding.status,
            "date": self._options.day.isoformat(),
            "schooljaar": schooljaar_of(self._options.day),
            "school": {"korte_naam": korte_naam, "brin": brin},
            "inputs": [],
            "outputs": [],
            "match": {},
            **finding.manifest,
            "counts": finding.manifest.get("counts", finding.counts),
            "messages": said(finding.messages),
            "exit_code": finding.exit_code,
        }

    @cached_property
    def _own_leerlijnen(self) -> str | None:
        """Read once, so that all schools of a night go by the same."""
        return self._workspace.own_leerlijnen()

    @cached_property
    def _own_layouts(self) -> Mapping[Path, str]:
        """The same of the layouts."""
        return self._workspace.own_layouts()

    @cached_property
    def _secret(self) -> Secret:
        return workspace_secret(self._workspace.secret_path, dry_run=self._options.dry_run)

    @cached_property
    def _rules(self) -> "Rules":
        from cito_numo.corridor import Rules
        from cito_numo.layouts import read_layouts
        from cito_numo.leerlijnen import read_leerlijnen

        options = self._options
        leerlijnen = read_leerlijnen(self._workspace.folder, self._own_leerlijnen)
        command = partial(self._workspace.command, "sync")
        return Rules(read_layouts(self._own_layouts), leerlijnen, self._secret, options.day, options.full, command)


def _remember(ledger: Ledger, day: date, finding: _Finding, last: Night | None, manifest: Mapping[str, Any]) -> None:
    """Keep what tomorrow has to know of tonight."""
    before = last.pupils if last is not None else 0
    night = Night(
        fingerprint=finding.fingerprint,
        first_day=day.isoformat(),
        until=finding.until.isoformat(),
        exit_code=finding.exit_code,
        messages=[message.as_dict() for message in finding.messages],
        pupils=before if finding.pupils is None else finding.pupils,
        manifest={name: manifest[name] for name in ("inputs", "match", "counts")},
    )
    ledger.remember_night(night)


def _look(school: School) -> tuple[dict[str, Sequence[InboxFile]], list[Problem]]:
    files: dict[str, Sequence[InboxFile]] = {}
    problems = []
    for folder in (CITO, NUMO, EDEXML):
        files[folder], changing = settled_files(school.folder, folder)
        problems += [Problem(FILE_UNSTABLE, file.name) for file in changing]
    return files, problems


def _read_all(files: Sequence[InboxFile], problems: list[Problem]) -> list[Content]:
    contents = []
    for file in files:
        try:
            contents.append(read(file))
        except OSError as error:
            problems.append(Problem(FILE_UNREADABLE, file.name, {"detail": error.strerror or type(error).__name__}))
    return contents


def _check_ledger(ledger: Ledger, outbox: Path) -> None:
    """Without what it knows of the past, all would be delivered anew, with revisies that were given before."""
    if delivery.newest_in(outbox) and not ledger.newest_run():
        raise stop(LEDGER_LOST, str(outbox))


def _finish_unfinished(ledger: Ledger, outbox: Path) -> str | None:
    """Finish or discard the runs that a crash left behind; the newest that was finished.

    A run that was built and is gone from both places had appeared before the crash, and was taken by the importer since.
    """
    finished = None
    for run_id, state in ledger.unfinished():
        if state is RunState.PENDING:
            delivery.discard(outbox, run_id)
            ledger.discard(run_id)
            continue
        if delivery.is_built(outbox, run_id):
            delivery.publish(outbox, run_id)
        ledger.mark(run_id, RunState.DELIVERED)
        finished = run_id
    if outbox.is_dir():
        delivery.point_latest(outbox)
    return finished


def _waiting(*problems: Problem) -> _Finding:
    messages = [Message.of(problem) for problem in problems]
    return _Finding(Status.WAITING, ExitCode.DONE, messages)


def _as_before(last: Night) -> _Finding:
    """The finding of a night on which nothing changed: what was delivered then is in force now."""
    counts = dict(last.manifest["counts"])
    if counts:
        counts["ongewijzigd"] += counts["leerplan"]
        counts["leerplan"] = 0
    return _Finding(
        Status.NOTHING_NEW,
        ExitCode(last.exit_code),
        [Message(**message) for message in last.messages],
        manifest={**last.manifest, "counts": counts},
        fingerprint=last.fingerprint,
        until=date.fromisoformat(last.until),
    )


def _failure(error: Exception, ledger: Path) -> _Finding:
    problems = problems_with(error, ledger)
    status = Status.BUSY if problems[0].kind is BUSY else Status.FAILED
    return _Finding(status, worst(problem.kind.exit_code for problem in problems), [Message.of(problem) for problem in problems])
