"""What came of one school's run, and how what it found takes effect: told, kept in the ledger, delivered.

A run is that of a night, of an import, or of a person who processes or withdraws leerplannen. Imports nothing heavy: a night on which
nothing changed is a run too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo import delivery
from cito_numo.config import School, Workspace
from cito_numo.errors import ExitCode, printable, worst
from cito_numo.ledger import Ledger, ledger_path, problems_with, school_ledger
from cito_numo.outbox import check_ledger, deliver, finish_unfinished
from cito_numo.report import LEERPLANNEN_CSV, LEERPLANNEN_JSON, Message, manifest_json, said
from cito_numo.schooljaar import schooljaar_of

if TYPE_CHECKING:
    import pandas as pd

    from cito_numo.corridor import Outcome
    from cito_numo.revisions import Changes


class Status(StrEnum):
    """How a school's run ended."""

    DELIVERED = "delivered"
    NOTHING_NEW = "nothing_new"
    WAITING = "waiting"
    HELD = "held"
    FAILED = "failed"
    BUSY = "busy"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class RunResult:
    """What came of one school's run."""

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
class Finding:
    """What a run found, before it is reported.

    `niet_geleverd` is None where no results were judged: the list of the night that last did still holds.
    """

    status: Status
    exit_code: ExitCode
    messages: Sequence[Message] = ()
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    niet_geleverd: Iterable[bytes] | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    """What its manifest says beside the rest."""
    fingerprint: str | None = None
    until: date = date.min
    pupils: int | None = None
    """How many pupils Numo has; None where the last delivery's number goes on to count."""

    def add(self, messages: Sequence[Message]) -> None:
        """Tell something that has nothing to do with tonight's results."""
        self.messages = [*messages, *self.messages]
        if any(message.needs_person for message in messages):
            self.exit_code = worst([self.exit_code, ExitCode.LOOK])

    def as_manifest(self, korte_naam: str, brin: str | None, day: date) -> dict[str, Any]:
        """The manifest of this run of a school, of the night of `day`."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "date": day.isoformat(),
            "schooljaar": schooljaar_of(day),
            "school": {"korte_naam": korte_naam, "brin": brin},
            "inputs": [],
            "outputs": [],
            "match": {},
            **self.manifest,
            "counts": self.manifest.get("counts", self.counts),
            "messages": said(self.messages),
            "exit_code": self.exit_code,
        }

    def as_result(self, korte_naam: str, news: Sequence[Message]) -> RunResult:
        """What is told of it."""
        told, new = ([message.naming(korte_naam) for message in messages] for messages in (self.messages, news))
        return RunResult(printable(korte_naam), self.status, self.exit_code, self.run_id, self.counts, told, new)


def failure(error: Exception, ledger: Path) -> Finding:
    """The finding of a run that whatever it was stopped."""
    problems = problems_with(error, ledger)
    exit_code = worst(problem.kind.exit_code for problem in problems)
    status = {ExitCode.BUSY: Status.BUSY, ExitCode.HELD: Status.HELD}.get(exit_code, Status.FAILED)
    return Finding(status, exit_code, [Message.of(problem) for problem in problems])


def finding_of(outcome: "Outcome", school: School, *, dry_run: bool) -> Finding:
    """What the results of a school came to, before anything takes effect."""
    from cito_numo.outputs import niet_geleverd_csv

    messages = [Message.of(problem) for problem in (*outcome.holds, *outcome.problems)]
    needs_person = any(message.needs_person for message in messages)
    finding = Finding(
        Status.DRY_RUN if dry_run else Status.NOTHING_NEW,
        ExitCode.LOOK if needs_person else ExitCode.DONE,
        messages,
        counts=outcome.counts,
        niet_geleverd=niet_geleverd_csv(outcome.results, school),
        manifest={"inputs": outcome.inputs, "outputs": [], "match": outcome.match},
        until=outcome.until,
    )
    if outcome.holds:
        finding.exit_code = ExitCode.HELD
        finding.status = Status.DRY_RUN if dry_run else Status.HELD
    return finding


@dataclass(frozen=True)
class Delivering:
    """One school whose runs are delivered, with its ledger, at this moment of the night of `day`."""

    school: School
    ledger: Ledger
    now: datetime
    day: date

    def take_effect(self, outcome: "Outcome", finding: Finding, secret: str, *, full: bool = False) -> None:
        """Keep what a person agreed to; where nothing is held, keep the keys too (hashed with this secret), and deliver what changed.

        The outcome lets go of its results.
        """
        outcome.let_go()
        ledger = self.ledger
        ledger.remember_accepted(outcome.accepted)
        if outcome.holds:
            return
        ledger.remember_accepted(outcome.settled)
        if outcome.key_table is not None:
            ledger.remember_keys(outcome.key_table, secret)
        ledger.confirm(outcome.confirmed)
        if outcome.changes:
            self.deliver(outcome.changes, finding, outcome.vervallen, full=full)

    def deliver(
        self,
        changes: "Changes",
        finding: Finding,
        vervallen: "pd.DataFrame | None" = None,
        withdrawn: "pd.DataFrame | None" = None,
        *,
        full: bool = False,
    ) -> None:
        """Deliver a run, and say so in its finding."""
        from cito_numo.outputs import leerplannen_csv, leerplannen_json

        school, ledger = self.school, self.ledger
        files = {
            LEERPLANNEN_JSON: leerplannen_json(school, changes),
            LEERPLANNEN_CSV: leerplannen_csv(changes, school.config.csv),
        }
        highest = ledger.highest_revisie() + 1

        def manifest(outputs: Sequence[delivery.Output]) -> bytes:
            finding.manifest["outputs"] = outputs
            content = finding.as_manifest(school.korte_naam, school.config.brin[0], self.day)
            return manifest_json({**content, "highest_revisie": highest})

        newest = max(delivery.newest_in(school.folder / "outbox"), ledger.newest_run())
        run_id = delivery.next_run_id(self.now, newest)
        finding.status, finding.run_id = Status.DELIVERED, run_id
        deliver(ledger, school.folder, run_id, files, manifest, changes, vervallen, withdrawn, school.config.outbox_group, full=full)


@contextmanager
def delivering(workspace: Workspace, korte_naam: str, now: datetime, day: date, *, dry_run: bool) -> Iterator[Delivering]:
    """A school that a person delivers a run of, while no other run has it; what a crash left behind is finished first.

    A dry run only reads its ledger. Raises CitoNumoError where its school.yaml or its ledger cannot be used.
    """
    school = workspace.school(korte_naam)
    with school_ledger(school.folder, now, dry_run=dry_run) as ledger:
        check_ledger(ledger, school.folder)
        if not dry_run:
            finish_unfinished(ledger, school.folder / "outbox")
        yield Delivering(school, ledger, now, day)


def failed(korte_naam: str, folder: Path, error: Exception) -> RunResult:
    """What came of a run of the school in this folder that this error stopped."""
    finding = failure(error, ledger_path(folder))
    return finding.as_result(korte_naam, finding.messages)
