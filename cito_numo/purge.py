"""`purge`: what is older than the retention, or all of one pupil, taken out of what cito-numo keeps, for good.

What was purged is not delivered again. Whenever this stops, doing it once more goes on where it was.
"""

import csv
import io
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from cito_numo import delivery, quarantine
from cito_numo.config import Csv, School, Workspace
from cito_numo.errors import BUSY, LEERLING_ELSEWHERE, LEERLING_UNSEEN, RUN_ALTERED, ExitCode, Problem, printable, problem_of, worst
from cito_numo.files import part_of, write_whole
from cito_numo.inbox import CITO, EDEXML, NUMO, files_in
from cito_numo.ledger import Ledger, RunState, ledger_path, problems_with, school_ledger
from cito_numo.outbox import check_ledger, differences, finish_unfinished
from cito_numo.outputs import changes_in, rewritten
from cito_numo.privacy import workspace_secret
from cito_numo.rebuild import ASIDE, FRESH
from cito_numo.report import LEERPLANNEN_JSON, MANIFEST_JSON, NIET_GELEVERD_CSV, manifest_json, nothing_held_back, read_manifest
from cito_numo.schooljaar import first_day_of, today


class PurgeStatus(StrEnum):
    """How a purge ended."""

    PURGED = "purged"
    NOTHING = "nothing"
    FAILED = "failed"
    BUSY = "busy"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class PurgeOptions:
    """What a person says about a purge."""

    now: datetime
    older_than: str | None = None
    """A term as '2 years'; absent: the retention of each school."""
    leerling: str | None = None
    """A gebruikersnaam: all of this pupil, whatever its age."""
    inbox: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class PurgeResult:
    """What was purged of one school; of the quarantine, which is of all schools, where `korte_naam` is None."""

    korte_naam: str | None
    status: PurgeStatus
    exit_code: ExitCode = ExitCode.DONE
    removed: Mapping[str, int] = field(default_factory=dict)
    """How many leerplannen, keys, runs (of a pupil: runs that were rewritten), lines of the report, mails and files of the inbox."""
    before: date | None = None
    problems: Sequence[Problem] = ()

    def as_dict(self) -> dict[str, Any]:
        """As `purge --json` prints it."""
        return {
            "korte_naam": self.korte_naam,
            "status": self.status,
            "exit_code": self.exit_code,
            "before": self.before.isoformat() if self.before else None,
            "removed": self.removed,
            "message": " ".join(str(problem) for problem in self.problems),
        }


def before_day(now: datetime, term: str) -> date:
    """The first day that is within a term as '2 years', '18 months' or '90 days'."""
    number, unit = term.split()
    day = today(now)
    if unit.startswith("day"):
        return day - timedelta(days=int(number))
    months = day.year * 12 + day.month - 1 - int(number) * (12 if unit.startswith("year") else 1)
    year, month = divmod(max(months, 12), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def purge_workspace(workspace: Workspace, chosen: Sequence[str], options: PurgeOptions, *, alone: bool) -> list[PurgeResult]:
    """Purge the chosen schools one by one, and the quarantine, unless it is about these schools `alone`."""
    results = [purge_school(workspace, korte_naam, options) for korte_naam in chosen]
    return results if alone else [*results, purge_quarantine(workspace, options)]


def purge_school(workspace: Workspace, korte_naam: str, options: PurgeOptions) -> PurgeResult:
    """Purge one school. Raises nothing: what goes wrong is in the result."""
    folder = workspace.school_folder(korte_naam)
    try:
        school = workspace.school(korte_naam)
        with school_ledger(folder, options.now, dry_run=options.dry_run) as ledger:
            check_ledger(ledger, folder)
            if not options.dry_run:
                finish_unfinished(ledger, folder / "outbox")
            if options.leerling is not None:
                return _of_leerling(workspace, school, ledger, options, options.leerling)
            return _by_age(school, ledger, options, before_day(options.now, options.older_than or school.config.retention))
    except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
        problems = problems_with(error, ledger_path(folder))
        status = PurgeStatus.BUSY if problems[0].kind is BUSY else PurgeStatus.FAILED
        return PurgeResult(printable(korte_naam), status, worst(problem.kind.exit_code for problem in problems), problems=problems)


def purge_quarantine(workspace: Workspace, options: PurgeOptions) -> PurgeResult:
    """Throw away the mails in quarantine that are older than the term, or the retention of the workspace."""
    before = before_day(options.now, options.older_than or workspace.retention)
    try:
        old = [path for path in quarantine.mails(workspace.quarantine) if _is_older(path, before)]
        if not options.dry_run:
            for path in old:
                quarantine.release(workspace.quarantine, path)
    except OSError as error:
        return PurgeResult(None, PurgeStatus.FAILED, ExitCode.IO, problems=[problem_of(error)])
    return PurgeResult(None, _status({"mails": len(old)}, options), removed={"mails": len(old)}, before=before)


def _by_age(school: School, ledger: Ledger, options: PurgeOptions, before: date) -> PurgeResult:
    folder = school.folder
    runs = [run.name for run in delivery.runs_in(folder / "outbox") if delivery.moment_of(run.name).date() < before]
    old_lines = {report: lines for report in _reports(folder) if (lines := _old_lines(report, before))}
    files = [file.path for name in (CITO, NUMO, EDEXML) for file in files_in(folder, name)] if options.inbox else []
    files = [path for path in files if _is_older(path, before)]
    removed = {**ledger.to_purge(before), "runs": len(runs), "lines": sum(old_lines.values()), "files": len(files)}
    if not options.dry_run:
        ledger.purge(before)
        delivery.remove(folder / "outbox", runs)
        for report in old_lines:
            write_whole(report / NIET_GELEVERD_CSV, nothing_held_back(school.config.csv))
        _tell(folder, ledger)
        for path in [*files, *(path for path in _ledgers_aside(folder) if _is_older(path, before))]:
            path.unlink()
    return PurgeResult(school.korte_naam, _status(removed, options), removed=removed, before=before)


def _of_leerling(workspace: Workspace, school: School, ledger: Ledger, options: PurgeOptions, leerling: str) -> PurgeResult:
    folder = school.folder
    outbox = folder / "outbox"
    cito_keys = ledger.cito_keys(leerling)
    problems: list[Problem] = []
    runs = []
    for run in delivery.runs_in(outbox):
        altered = [Problem(RUN_ALTERED, str(run), {"detail": detail}) for detail in differences(run)]
        problems += altered[:1]
        if not altered and changes_in((run / LEERPLANNEN_JSON).read_bytes()).of(leerling):
            runs.append(run)
    lists = {report / NIET_GELEVERD_CSV: _without(report, {leerling, *cito_keys}, school.config.csv) for report in _reports(folder)}
    removed = {**ledger.of_leerling(leerling), "runs": len(runs), "lines": sum(lines for _kept, lines in lists.values())}
    problems.append(Problem(LEERLING_ELSEWHERE if any(removed.values()) else LEERLING_UNSEEN))
    if not options.dry_run:
        for run in runs:
            manifest = partial(_rewritten_manifest, read_manifest(run / MANIFEST_JSON))
            files = rewritten(run, leerling, school.config.csv)
            ledger.mark_built(run.name, delivery.build(outbox, run.name, files, manifest, school.config.outbox_group))
            delivery.publish(outbox, run.name)
            ledger.mark(run.name, RunState.DELIVERED)
        for path, (kept, lines) in lists.items():
            if lines:
                write_whole(path, kept)
        secret = workspace_secret(workspace.secret_path, dry_run=False)
        tomorrow = today(options.now) + timedelta(days=1)
        ledger.purge_leerling(leerling, [secret.hash_leerling(number) for number in (leerling, *cito_keys)], tomorrow)
        _tell(folder, ledger)
        for path in _ledgers_aside(folder):
            path.unlink()
    exit_code = worst(problem.kind.exit_code for problem in problems)
    return PurgeResult(school.korte_naam, _status(removed, options), exit_code, removed, problems=problems)


def _rewritten_manifest(before: Mapping[str, Any], outputs: Sequence[delivery.Output]) -> bytes:
    return manifest_json({**before, "outputs": outputs, "rewritten": True})


def _tell(folder: Path, ledger: Ledger) -> None:
    """Write what was purged into the report's manifest too: should the ledger be lost before the next night, it is known there.

    What a crash left of the report is thrown away.
    """
    for report in _reports(folder):
        part_of(report / NIET_GELEVERD_CSV).unlink(missing_ok=True)
    path = folder / "report" / MANIFEST_JSON
    manifest = read_manifest(path)
    if manifest:
        write_whole(path, manifest_json({**manifest, "purged": ledger.purged(), "revisie_floor": ledger.revisie_floor()}))


def _status(removed: Mapping[str, int], options: PurgeOptions) -> PurgeStatus:
    if options.dry_run:
        return PurgeStatus.DRY_RUN
    return PurgeStatus.PURGED if any(removed.values()) else PurgeStatus.NOTHING


def _reports(folder: Path) -> list[Path]:
    """The report of the night, and those of imports: one for each schooljaar."""
    report = folder / "report"
    return [report, *sorted(path for path in report.glob("20??-20??*") if path.is_dir())]


def _old_lines(report: Path, before: date) -> int:
    """How many lines niet-geleverd.csv has, where some may be older: a line has no day, but all are of the schooljaar of their run."""
    path = report / NIET_GELEVERD_CSV
    schooljaar = read_manifest(report / MANIFEST_JSON).get("schooljaar")
    if not path.exists() or (schooljaar is not None and before <= first_day_of(str(schooljaar))):
        return 0
    return max(path.read_bytes().count(b"\n") - 1, 0)


def _without(report: Path, names: Collection[str], style: Csv) -> tuple[bytes, int]:
    """niet-geleverd.csv without the lines of a pupil, and how many those are."""
    path, encoding, separator = report / NIET_GELEVERD_CSV, style.encoding, style.separator
    if not path.exists():
        return b"", 0
    text = path.read_bytes().decode(encoding, "replace")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or "leerling" not in rows[0]:  # written in another style: the next night writes it anew
        return nothing_held_back(Csv()), len(rows)
    column = rows[0].index("leerling")
    kept = [row for row in rows if len(row) <= column or row[column].removeprefix("'") not in names]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(kept)
    return out.getvalue().encode(encoding, "replace"), len(rows) - len(kept)


def _ledgers_aside(folder: Path) -> list[Path]:
    """Ledgers that were put aside when they were built anew, and what a crash left of one that was being built."""
    beside = ledger_path(folder).parent
    return sorted([*beside.glob(f"{ASIDE}*"), *beside.glob(f"{FRESH}*")])


def _is_older(path: Path, before: date) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime).astimezone().date() < before
