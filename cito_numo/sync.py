"""A night: for each school, look what lies ready, work it out, deliver what is new, and report.

A night on which nothing changed is told from the ledger and the stamps of the files, before a byte is read; only a night with work imports
what works it out. Schools go on without each other: whatever happens to one is its own result.
"""

import hashlib
import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo import __version__, delivery
from cito_numo.config import Csv, School, Workspace
from cito_numo.errors import (
    BUG,
    BUSY,
    FILE_UNREADABLE,
    FILE_UNSTABLE,
    IO_FAILED,
    WAITING_ACTIVE_FROM,
    WAITING_INACTIVE,
    WAITING_NO_KEYS,
    WAITING_NO_RESULTS,
    CitoNumoError,
    ExitCode,
    Problem,
    worst,
)
from cito_numo.inbox import CITO, EDEXML, NUMO, Content, InboxFile, read, settled_files
from cito_numo.ledger import Ledger, Night, RunState, open_ledger
from cito_numo.locking import school_lock
from cito_numo.privacy import Secret, make_secret, passing_secret, read_secret
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
    """What a night found, before it is reported. `niet_geleverd` None leaves the list of the last night as it is."""

    status: Status
    exit_code: ExitCode
    messages: Sequence[Message] = ()
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    niet_geleverd: bytes | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None
    until: date = date.min
    pupils: int = 0
    secret: str = ""


class Sync:
    """The nights of the schools of one workspace."""

    def __init__(self, workspace: Workspace, options: Options) -> None:
        self._workspace = workspace
        self._options = options

    def school(self, korte_naam: str) -> RunResult:
        """One school's night. Raises nothing: what goes wrong is in the result."""
        folder = self._workspace.school_folder(korte_naam)
        try:
            with self._opened(folder) as ledger:
                return self._night(korte_naam, folder, ledger)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error)
            return RunResult(korte_naam, finding.status, finding.exit_code, messages=finding.messages, news=finding.messages)

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[Ledger]:
        path = folder / ".cito-numo" / "ledger.sqlite"
        if self._options.dry_run:
            with open_ledger(path, read_only=True) as ledger:
                yield ledger
        else:
            with school_lock(path.with_name("lock"), self._options.now), open_ledger(path) as ledger:
                yield ledger

    def _night(self, korte_naam: str, folder: Path, ledger: Ledger) -> RunResult:
        last = ledger.last_night()
        style, brin = Csv(), None
        try:
            school = self._workspace.school(korte_naam)
            style, brin = school.config.csv, school.config.brin[0]
            finding = self._found(school, ledger, last)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            finding = _failure(error)
            finding.niet_geleverd = nothing_held_back(style)
        before = {message["key"] for message in last.messages} if last else set()
        result = RunResult(
            korte_naam,
            finding.status,
            finding.exit_code,
            finding.run_id,
            finding.counts,
            finding.messages,
            [message for message in finding.messages if message.key not in before],
        )
        if not self._options.dry_run:
            manifest = self._manifest(korte_naam, brin, finding)
            if finding.niet_geleverd is not None:
                delivery.write_whole(folder / "report" / NIET_GELEVERD_CSV, finding.niet_geleverd)
            delivery.write_whole(folder / "report" / MANIFEST_JSON, manifest_json(manifest))
            self._remember(ledger, finding, last, manifest)
        return result

    def _found(self, school: School, ledger: Ledger, last: Night | None) -> _Finding:
        finished = None if self._options.dry_run else _finish_unfinished(ledger, school.folder / "outbox")
        finding = self._waiting_for_cito(school) or self._judged(school, ledger, last)
        if finished is not None and finding.run_id is None and finding.status is Status.NOTHING_NEW:
            finding.status, finding.run_id = Status.DELIVERED, finished
        return finding

    def _waiting_for_cito(self, school: School) -> _Finding | None:
        if school.is_active(self._options.day):
            return None
        start = school.config.active_from
        return _waiting(school, Problem(WAITING_ACTIVE_FROM, "", {"date": start}) if start else Problem(WAITING_INACTIVE))

    def _judged(self, school: School, ledger: Ledger, last: Night | None) -> _Finding:
        files, problems = _look(school)
        fingerprint = self._fingerprint(school, files)
        if self._is_as_before(school, last, fingerprint):
            assert last is not None
            return _as_before(last)
        if not files[CITO] and not ledger.newest_run():
            return _waiting(school, Problem(WAITING_NO_RESULTS), *problems)
        if list(school.match_on) == ["cito_key"] and not files[EDEXML] and not ledger.has_keys():
            return _waiting(school, Problem(WAITING_NO_KEYS), *problems)
        outcome = self._worked_out(school, ledger, last, files, problems)
        if not self._options.dry_run:
            ledger.remember_files(outcome.orders)
        return self._delivered(school, ledger, outcome, fingerprint)

    def _is_as_before(self, school: School, last: Night | None, fingerprint: str) -> bool:
        if last is None or self._options.full or self._options.dry_run:
            return False
        return last.covers(fingerprint, self._options.day) and (school.folder / "report" / NIET_GELEVERD_CSV).exists()

    def _fingerprint(self, school: School, files: Mapping[str, Sequence[InboxFile]]) -> str:
        """Of all that the outcome depends on, beside the ledger and the day."""
        leerlijnen = self._workspace.folder / "leerlijnen.yaml"
        parts = [
            __version__,
            school.korte_naam,
            school.config.model_dump_json(),
            leerlijnen.read_text("utf-8", "replace") if leerlijnen.exists() else None,
            [file.stamp for folder in sorted(files) for file in files[folder]],
            self._secret.fingerprint(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _worked_out(
        self, school: School, ledger: Ledger, last: Night | None, files: Mapping[str, Sequence[InboxFile]], problems: list[Problem]
    ) -> "Outcome":
        from cito_numo.corridor import Past, Ready, work_out

        cito, numo, edexml = (_read_all(files[folder], problems) for folder in (CITO, NUMO, EDEXML))
        ready = Ready(cito, numo, edexml, problems)
        key_table = ledger.key_table()
        if last is not None and last.secret != self._secret.fingerprint():
            key_table["eck_id"] = None  # hashed with another secret: they would contradict every ECK iD of tonight
        past = Past(
            orders=ledger.orders(),
            key_table=key_table,
            onderdelen=ledger.onderdelen(),
            leerplannen=ledger.leerplannen(),
            vervallen=ledger.vervallen(),
            pupils=last.pupils if last is not None else 0,
        )
        return work_out(school, ready, past, self._rules)

    def _delivered(self, school: School, ledger: Ledger, outcome: "Outcome", fingerprint: str) -> _Finding:
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
            fingerprint=fingerprint,
            until=outcome.until,
            pupils=outcome.pupils,
            secret=self._secret.fingerprint(),
        )
        if outcome.holds:
            finding.exit_code, finding.fingerprint, finding.pupils = ExitCode.HELD, None, 0
        if self._options.dry_run:
            finding.status = Status.DRY_RUN
        elif outcome.holds:
            finding.status = Status.HELD
        else:
            if outcome.key_table is not None:
                ledger.remember_keys(outcome.key_table)
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

    def _remember(self, ledger: Ledger, finding: _Finding, last: Night | None, manifest: Mapping[str, Any]) -> None:
        night = Night(
            fingerprint=finding.fingerprint,
            first_day=self._options.day.isoformat(),
            until=finding.until.isoformat(),
            exit_code=finding.exit_code,
            messages=[message.as_dict() for message in finding.messages],
            pupils=finding.pupils or (last.pupils if last else 0),
            secret=finding.secret or (last.secret if last else ""),
            manifest={name: manifest[name] for name in ("inputs", "match", "counts")},
        )
        ledger.remember_night(night)

    @cached_property
    def _secret(self) -> Secret:
        path = self._workspace.secret_path
        if self._options.dry_run:
            return read_secret(path) or passing_secret()
        return read_secret(path) or make_secret(path)

    @cached_property
    def _rules(self) -> "Rules":
        from cito_numo.corridor import Rules
        from cito_numo.layouts import read_leerlijnen, shipped_layouts

        options = self._options
        leerlijnen = read_leerlijnen(self._workspace.folder)
        return Rules(shipped_layouts(), leerlijnen, self._secret, options.day, options.full, options.accept)


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


def _waiting(school: School, *problems: Problem) -> _Finding:
    messages = [Message.of(problem) for problem in problems]
    return _Finding(Status.WAITING, ExitCode.DONE, messages, niet_geleverd=nothing_held_back(school.config.csv))


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


def _failure(error: Exception) -> _Finding:
    problems = error.problems if isinstance(error, CitoNumoError) else [problem_of(error)]
    status = Status.BUSY if problems[0].kind is BUSY else Status.FAILED
    return _Finding(status, worst(problem.kind.exit_code for problem in problems), [Message.of(problem) for problem in problems])


def problem_of(error: Exception) -> Problem:
    """What to tell of an error that is not of the catalogue. Of a bug only its kind and place: its words could name a pupil."""
    if isinstance(error, OSError):
        return Problem(IO_FAILED, error.filename or "", {"detail": error.strerror or type(error).__name__})
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return Problem(BUG, "", {"detail": f"{type(error).__name__}, {Path(frame.filename).name}:{frame.lineno}"})
