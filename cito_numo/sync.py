"""A night: for each school, look what lies ready, work it out, deliver what is new, and report.

A night on which nothing changed is told from the ledger and the stamps of the files, before a byte is read; only a night with work imports
what works it out. A school can be asked for the first kind of night alone, so that workers are started for the other kind only.
Schools go on without each other: whatever happens to one is its own result.
"""

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cito_numo import files
from cito_numo.config import Csv, School, Workspace
from cito_numo.errors import (
    LEDGER_REBUILT,
    LEDGER_SOUND,
    RUN_ALTERED,
    RUNS_TAKEN,
    WORKER_DIED,
    CitoNumoError,
    ExitCode,
    Problem,
    printable,
    stop,
    worst,
)
from cito_numo.groundwork import Groundwork, look, not_active, not_there, read_all
from cito_numo.inbox import CITO, EDEXML, NUMO, files_in
from cito_numo.ledger import Ledger, Night, ledger_path, school_ledger
from cito_numo.on_failure import run_on_failure
from cito_numo.outbox import Stamps, altered, check_ledger, finish_unfinished
from cito_numo.report import (
    MANIFEST_JSON,
    NIET_GELEVERD_CSV,
    Message,
    floor_in,
    highest_revisie_in,
    manifest_json,
    messages_in,
    nothing_held_back,
    purged_in,
    read_manifest,
)
from cito_numo.runs import Delivering, Finding, RunResult, Status, failure, finding_of


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


_OF_ONE_NIGHT = frozenset({RUN_ALTERED.code, LEDGER_REBUILT.code, LEDGER_SOUND.code, RUNS_TAKEN.code})
"""Messages that each night finds anew, or that were about one night only."""


class _Work(Exception):  # noqa: N818  no error: it is what the night is for
    """There is something to work out."""


class Sync:
    """The nights of the schools of one workspace. Can be pickled, for a worker that does some of them."""

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self._workspace = workspace
        self._options = options
        self._ground = Groundwork(workspace, options.day, accept=options.accept, full=options.full, dry_run=options.dry_run)

    def school(self, korte_naam: str) -> RunResult:
        """One school's night. Raises nothing: what goes wrong is in the result. Runs `on_failure` where there is news for a person."""
        return self._told(korte_naam, self._school(korte_naam, self._workspace.school_folder(korte_naam)))

    def idle(self, korte_naam: str) -> RunResult | None:
        """One school's night where nothing changed, or where it waits. None where there is work or trouble: then nothing was done yet."""
        folder = self._workspace.school_folder(korte_naam)
        if self._options.rebuild:
            return None
        try:
            with school_ledger(folder, self._options.now, dry_run=self._options.dry_run) as ledger:
                if ledger.unfinished():
                    return None
                result = self._night(korte_naam, folder, ledger, (), idle=True)
        except Exception:  # noqa: BLE001  whatever it is, `school` meets it again, and tells it
            return None
        return self._told(korte_naam, result)

    def died(self, korte_naam: str, detail: str) -> RunResult:
        """One school's night that ended with the worker that was at it; `detail` says how."""
        error = stop(WORKER_DIED, detail=detail)
        return self._told(korte_naam, self._failed(korte_naam, self._workspace.school_folder(korte_naam), error))

    def _told(self, korte_naam: str, result: RunResult) -> RunResult:
        """The result, after `on_failure` was run where it has news for a person."""
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
        try:
            rebuilt = self._rebuilt(folder)
            with school_ledger(folder, self._options.now, dry_run=self._options.dry_run) as ledger:
                return self._night(korte_naam, folder, ledger, rebuilt)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            return self._failed(korte_naam, folder, error)

    def _failed(self, korte_naam: str, folder: Path, error: Exception) -> RunResult:
        """What came of a night that could not be remembered."""
        finding = failure(error, ledger_path(folder))
        told = {message["message"] for message in messages_in(read_manifest(folder / "report" / MANIFEST_JSON))}
        if finding.status is not Status.BUSY and not self._options.dry_run:
            with contextlib.suppress(OSError):  # the reason is told already
                self._report(printable(korte_naam), folder, None, finding, None)
        news = [message for message in finding.messages if message.text not in told]
        return finding.as_result(korte_naam, news)

    def _rebuilt(self, folder: Path) -> Sequence[Message]:
        if not self._options.rebuild or self._options.dry_run:
            return []
        from cito_numo.rebuild import rebuild

        return [Message.of(problem) for problem in rebuild(folder, self._options.now, self._ground.secret)]

    def _night(self, korte_naam: str, folder: Path, ledger: Ledger, rebuilt: Sequence[Message], *, idle: bool = False) -> RunResult:
        """The night of a school of which nobody else has the ledger; where only an idle one is asked for, anything else raises."""
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
            waiting = not_active(school, self._options.day)
            judged = self._idle if idle else self._judged
            finding = _waiting(waiting) if waiting is not None else judged(school, ledger, last)
        except Exception as error:
            if idle:
                raise
            finding = failure(error, ledger_path(folder))
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
                    finding.messages = [*finding.messages, *failure(error, ledger_path(folder)).messages]
                finding.exit_code = worst([finding.exit_code, ExitCode.IO])
        before = {message["key"] for message in last.messages} if last else set()
        news = [message for message in finding.messages if message.key not in before]
        return finding.as_result(korte_naam, news)

    def _idle(self, school: School, ledger: Ledger, last: Night | None) -> Finding:
        """As `_judged`, where that reads no file. Files that may still be written are not waited for: if they are new there is work."""
        files = {folder: files_in(school.folder, folder) for folder in (CITO, NUMO, EDEXML)}
        if self._is_as_before(school, last, self._ground.fingerprint(school, files)):
            assert last is not None
            return _as_before(last)
        waiting = not_there(school, files, ledger)
        if waiting is None:
            raise _Work
        return _waiting(waiting)

    def _judged(self, school: School, ledger: Ledger, last: Night | None) -> Finding:
        files, problems = look(school)
        fingerprint = self._ground.fingerprint(school, files)
        if not problems and self._is_as_before(school, last, fingerprint):
            assert last is not None
            return _as_before(last)
        waiting = not_there(school, files, ledger)
        if waiting is not None:
            return _waiting(waiting, *problems)
        cito, numo, edexml = (read_all(files[folder], problems) for folder in (CITO, NUMO, EDEXML))
        whole = not problems
        outcome = self._ground.work_out(school, ledger, self._ground.ready(school, cito, numo, edexml, problems))
        options = self._options
        finding = finding_of(outcome, school, dry_run=options.dry_run)
        if not options.dry_run:
            deliverer = Delivering(school, ledger, options.now, options.day)
            deliverer.take_effect(outcome, finding, self._ground.secret.fingerprint(), full=options.full)
            finding.pupils = None if outcome.holds else outcome.pupils
        if whole and not outcome.holds:
            finding.fingerprint = fingerprint
        return finding

    def _is_as_before(self, school: School, last: Night | None, fingerprint: str) -> bool:
        if last is None or self._options.full or self._options.dry_run:
            return False
        return last.covers(fingerprint, self._options.day) and (school.folder / "report" / NIET_GELEVERD_CSV).exists()

    def _report(self, korte_naam: str, folder: Path, brin: str | None, finding: Finding, ledger: Ledger | None) -> dict[str, Any]:
        """Write report/; the manifest that stands in it."""
        before = read_manifest(folder / "report" / MANIFEST_JSON)
        manifest = finding.as_manifest(korte_naam, brin, self._options.day)
        manifest["newest_run"] = max(str(before.get("newest_run") or ""), ledger.newest_run() if ledger else "") or None
        manifest["highest_revisie"] = max(highest_revisie_in(before), ledger.highest_revisie() if ledger else 0)
        manifest["revisie_floor"] = ledger.revisie_floor() if ledger else floor_in(before)
        manifest["purged"] = {**purged_in(before), **(ledger.purged() if ledger else {})}
        listed = folder / "report" / NIET_GELEVERD_CSV
        if finding.niet_geleverd is not None or not listed.exists():
            files.write_whole(listed, nothing_held_back(Csv()) if finding.niet_geleverd is None else finding.niet_geleverd)
        files.write_whole(folder / "report" / MANIFEST_JSON, manifest_json(manifest))
        return manifest


def _remember(ledger: Ledger, options: Options, finding: Finding, last: Night | None, manifest: Mapping[str, Any], sound: Stamps) -> None:
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
        judged=manifest["counts"] or (last.judged if last is not None else {}),
    )
    ledger.remember_night(night)


def _waiting(*problems: Problem) -> Finding:
    messages = [Message.of(problem) for problem in problems]
    return Finding(Status.WAITING, ExitCode.DONE, messages)


def _as_before(last: Night) -> Finding:
    """The finding of a night on which nothing changed: what was delivered then is in force now."""
    counts = dict(last.manifest["counts"])
    if counts:
        counts["ongewijzigd"] += counts["leerplan"]
        counts["leerplan"] = 0
    messages = [Message(**message) for message in last.messages if message["code"] not in _OF_ONE_NIGHT]
    return Finding(
        Status.NOTHING_NEW,
        ExitCode.LOOK if any(message.needs_person for message in messages) else ExitCode.DONE,
        messages,
        manifest={**last.manifest, "counts": counts},
        fingerprint=last.fingerprint,
        until=date.fromisoformat(last.until),
    )
