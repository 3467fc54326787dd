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

from cito_numo import __version__, delivery, files
from cito_numo.config import Csv, School, Workspace
from cito_numo.errors import (
    FILE_UNREADABLE,
    FILE_UNSTABLE,
    LEDGER_REBUILT,
    LEDGER_SOUND,
    RUN_ALTERED,
    RUNS_TAKEN,
    WAITING_ACTIVE_FROM,
    WAITING_INACTIVE,
    WAITING_NO_KEYS,
    WAITING_NO_RESULTS,
    CitoNumoError,
    ExitCode,
    Problem,
    printable,
    worst,
)
from cito_numo.inbox import CITO, EDEXML, NUMO, Content, InboxFile, files_in, read, settled_files
from cito_numo.ledger import Ledger, Night, ledger_path, problems_with, school_ledger
from cito_numo.on_failure import run_on_failure
from cito_numo.outbox import Stamps, altered, check_ledger, deliver, finish_unfinished
from cito_numo.privacy import Secret, workspace_secret
from cito_numo.report import (
    LEERPLANNEN_CSV,
    LEERPLANNEN_JSON,
    MANIFEST_JSON,
    NIET_GELEVERD_CSV,
    Message,
    described,
    floor_in,
    highest_revisie_in,
    manifest_json,
    messages_in,
    nothing_held_back,
    purged_in,
    read_manifest,
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
    rebuild: bool = False
    """Whether a ledger that is damaged or lost is built anew from the outbox first."""


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


_OF_ONE_NIGHT = frozenset({RUN_ALTERED.code, LEDGER_REBUILT.code, LEDGER_SOUND.code, RUNS_TAKEN.code})
"""Messages that each night finds anew, or that were about one night only."""


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

    def add(self, messages: Sequence[Message]) -> None:
        """Tell something that has nothing to do with tonight's results."""
        self.messages = [*messages, *self.messages]
        if any(message.needs_person for message in messages):
            self.exit_code = worst([self.exit_code, ExitCode.LOOK])


class Sync:
    """The nights of the schools of one workspace."""

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self._workspace = workspace
        self._options = options
        self._hashes: dict[Path, str] = {}

    def school(self, korte_naam: str) -> RunResult:
        """One school's night. Raises nothing: what goes wrong is in the result. Runs `on_failure` where there is news for a person."""
        result = self._school(korte_naam, self._workspace.school_folder(korte_naam))
        command = self._on_failure(korte_naam) if any(message.needs_person for message in result.news) else None
        if command is None or self._options.dry_run:
            return result
        facts = {
            "school": result.korte_naam,
            "status": result.status,
            "exit_code": str(int(result.exit_code)),
            "run_id": result.run_id or "",
        }
        text = "".join(f"{message.text}\n" for message in result.news if message.needs_person)
        trouble = run_on_failure(command, facts, text)
        if trouble is None:
            return result
        told = Message.of(trouble)
        exit_code = worst([result.exit_code, ExitCode.LOOK])
        return replace(result, exit_code=exit_code, messages=[*result.messages, told], news=[*result.news, told])

    def _on_failure(self, korte_naam: str) -> str | None:
        try:
            return self._workspace.school(korte_naam).config.on_failure
        except (CitoNumoError, OSError):
            return self._workspace.on_failure

    def _school(self, korte_naam: str, folder: Path) -> RunResult:
        shown = printable(korte_naam)
        try:
            rebuilt = self._rebuilt(folder)
            with school_ledger(folder, self._options.now, dry_run=self._options.dry_run) as ledger:
                return self._night(korte_naam, folder, ledger, rebuilt)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error, ledger_path(folder))
            told = {message["message"] for message in messages_in(read_manifest(folder / "report" / MANIFEST_JSON))}
            if finding.status is not Status.BUSY and not self._options.dry_run:
                with contextlib.suppress(OSError):  # the reason is told already
                    self._report(shown, folder, None, finding, None)
            news = [message for message in finding.messages if message.text not in told]
            return RunResult(shown, finding.status, finding.exit_code, messages=finding.messages, news=news)

    def _rebuilt(self, folder: Path) -> Sequence[Message]:
        if not self._options.rebuild or self._options.dry_run:
            return []
        from cito_numo.rebuild import rebuild

        return [Message.of(problem) for problem in rebuild(folder, self._options.now, self._secret)]

    def _night(self, korte_naam: str, folder: Path, ledger: Ledger, rebuilt: Sequence[Message]) -> RunResult:
        last = ledger.last_night()
        brin = finished = None
        changed: list[Problem] = []
        sound: Stamps = {}
        try:
            check_ledger(ledger, folder)
            finished = None if self._options.dry_run else finish_unfinished(ledger, folder / "outbox")
            changed, sound = altered(ledger, folder / "outbox", last.outbox if last else {})
            school = self._workspace.school(korte_naam)
            brin = school.config.brin[0]
            finding = self._waiting_for_cito(school) or self._judged(school, ledger, last)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error, ledger_path(folder))
        finding.add([*rebuilt, *(Message.of(problem) for problem in changed)])
        finding.run_id = finding.run_id or finished
        if finished and finding.status is Status.NOTHING_NEW:
            finding.status = Status.DELIVERED
        if not self._options.dry_run:
            try:
                manifest = self._report(printable(korte_naam), folder, brin, finding, ledger)
                _remember(ledger, self._options, finding, last, manifest, sound)
            except (OSError, sqlite3.DatabaseError) as error:  # what was delivered is there; that the report is not, is told
                if finding.exit_code is not ExitCode.IO:  # else it is the same trouble, and told already
                    finding.messages = [*finding.messages, *_failure(error, ledger_path(folder)).messages]
                finding.exit_code = worst([finding.exit_code, ExitCode.IO])
        before = {message["key"] for message in last.messages} if last else set()
        news = [message for message in finding.messages if message.key not in before]
        shown = printable(korte_naam)
        return RunResult(shown, finding.status, finding.exit_code, finding.run_id, finding.counts, finding.messages, news)

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
        ready = Ready(cito, numo, edexml, problems, self._elsewhere(school, cito))
        opened = open_files(school, ready, ledger.orders(), rules, has_keys=ledger.has_keys())
        if not self._options.dry_run:
            ledger.remember_files(opened.orders)
        past = Past(
            key_table=ledger.key_table(self._secret.fingerprint()),
            keys_since=ledger.keys_since(),
            onderdelen=ledger.onderdelen(),
            leerplannen=ledger.leerplannen(),
            vervallen=ledger.vervallen(),
            purged=ledger.purged(),
            revisie_floor=ledger.revisie_floor(),
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
            return finding
        ledger.remember_accepted(outcome.accepted)
        if not outcome.holds:
            finding.pupils = outcome.pupils
            ledger.remember_accepted(outcome.settled)
            if outcome.key_table is not None:
                ledger.remember_keys(outcome.key_table, self._secret.fingerprint())
            ledger.confirm(outcome.confirmed)
            if outcome.changes:
                finding.status = Status.DELIVERED
                self._deliver(school, ledger, outcome, finding)
        return finding

    def _deliver(self, school: School, ledger: Ledger, outcome: "Outcome", finding: _Finding) -> None:
        from cito_numo.outputs import leerplannen_csv, leerplannen_json

        outbox = school.folder / "outbox"
        run_id = delivery.next_run_id(self._options.now, max(delivery.newest_in(outbox), ledger.newest_run()))
        files = {
            LEERPLANNEN_JSON: leerplannen_json(school, outcome.changes),
            LEERPLANNEN_CSV: leerplannen_csv(outcome.changes, school.config.csv),
        }
        finding.run_id = run_id
        finding.manifest["outputs"] = described(files)
        manifest = self._manifest(school.korte_naam, school.config.brin[0], finding)
        manifest["highest_revisie"] = ledger.highest_revisie() + 1
        files[MANIFEST_JSON] = manifest_json(manifest)
        group = school.config.outbox_group
        deliver(ledger, school.folder, run_id, files, outcome.changes, outcome.vervallen, group, full=self._options.full)

    def _report(self, korte_naam: str, folder: Path, brin: str | None, finding: _Finding, ledger: Ledger | None) -> dict[str, Any]:
        """Write report/; the manifest that stands in it."""
        before = read_manifest(folder / "report" / MANIFEST_JSON)
        manifest = self._manifest(korte_naam, brin, finding)
        manifest["newest_run"] = max(str(before.get("newest_run") or ""), ledger.newest_run() if ledger else "") or None
        manifest["highest_revisie"] = max(highest_revisie_in(before), ledger.highest_revisie() if ledger else 0)
        manifest["revisie_floor"] = ledger.revisie_floor() if ledger else floor_in(before)
        manifest["purged"] = {**purged_in(before), **(ledger.purged() if ledger else {})}
        listed = folder / "report" / NIET_GELEVERD_CSV
        if finding.niet_geleverd is not None or not listed.exists():
            files.write_whole(listed, finding.niet_geleverd or nothing_held_back(Csv()))
        files.write_whole(folder / "report" / MANIFEST_JSON, manifest_json(manifest))
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

    def _elsewhere(self, school: School, exports: Sequence[Content]) -> Mapping[str, Sequence[str]]:
        """Per export (sha256) that lies at other schools too: their korte namen."""
        found = {}
        for content in exports:
            others = [
                korte_naam
                for korte_naam, file in self._exports.get(len(content.data), ())
                if korte_naam != school.korte_naam and self._hash(file) == content.sha256
            ]
            if others:
                found[content.sha256] = sorted(set(others))
        return found

    def _hash(self, file: InboxFile) -> str:
        if file.path not in self._hashes:
            try:
                self._hashes[file.path] = read(file).sha256
            except OSError:
                self._hashes[file.path] = ""
        return self._hashes[file.path]

    @cached_property
    def _exports(self) -> Mapping[int, Sequence[tuple[str, InboxFile]]]:
        """The exports of all schools, by size: looked for once, and read only where two have the same."""
        exports: dict[int, list[tuple[str, InboxFile]]] = {}
        for korte_naam in self._workspace.korte_namen:
            with contextlib.suppress(OSError):  # a folder that cannot be listed is told in that school's own night
                for file in files_in(self._workspace.school_folder(korte_naam), CITO):
                    exports.setdefault(file.size, []).append((korte_naam, file))
        return exports

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


def _remember(ledger: Ledger, options: Options, finding: _Finding, last: Night | None, manifest: Mapping[str, Any], sound: Stamps) -> None:
    """Keep what tomorrow has to know of tonight."""
    before = last.pupils if last is not None else 0
    moment = options.now.isoformat(timespec="seconds")
    good = finding.exit_code in (ExitCode.DONE, ExitCode.LOOK)
    night = Night(
        fingerprint=finding.fingerprint,
        first_day=options.day.isoformat(),
        until=finding.until.isoformat(),
        exit_code=finding.exit_code,
        messages=[message.as_dict() for message in finding.messages],
        pupils=before if finding.pupils is None else finding.pupils,
        manifest={name: manifest[name] for name in ("inputs", "match", "counts")},
        status=finding.status,
        at=moment,
        good_at=moment if good else (last.good_at if last is not None else ""),
        outbox=sound,
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


def _waiting(*problems: Problem) -> _Finding:
    messages = [Message.of(problem) for problem in problems]
    return _Finding(Status.WAITING, ExitCode.DONE, messages)


def _as_before(last: Night) -> _Finding:
    """The finding of a night on which nothing changed: what was delivered then is in force now."""
    counts = dict(last.manifest["counts"])
    if counts:
        counts["ongewijzigd"] += counts["leerplan"]
        counts["leerplan"] = 0
    messages = [Message(**message) for message in last.messages if message["code"] not in _OF_ONE_NIGHT]
    return _Finding(
        Status.NOTHING_NEW,
        ExitCode.LOOK if any(message.needs_person for message in messages) else ExitCode.DONE,
        messages,
        manifest={**last.manifest, "counts": counts},
        fingerprint=last.fingerprint,
        until=date.fromisoformat(last.until),
    )


def _failure(error: Exception, ledger: Path) -> _Finding:
    problems = problems_with(error, ledger)
    exit_code = worst(problem.kind.exit_code for problem in problems)
    status = {ExitCode.BUSY: Status.BUSY, ExitCode.HELD: Status.HELD}.get(exit_code, Status.FAILED)
    return _Finding(status, exit_code, [Message.of(problem) for problem in problems])
