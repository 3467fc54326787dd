"""`check`: the config, the inbox and what the next night would make of them, before it comes. Writes nothing.

What would stop a night of a school, or hold it, gives the exit code that the night would have; what it would only tell gives none.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo import strays
from cito_numo.config import School, Workspace
from cito_numo.errors import IO_FAILED, LEDGER_UNFINISHED, CitoNumoError, ExitCode, Problem, printable, stop, worst
from cito_numo.groundwork import Groundwork, not_active, not_there
from cito_numo.inbox import CITO, EDEXML, NUMO, InboxFile, files_in
from cito_numo.language import _
from cito_numo.ledger import Ledger, ledger_path, open_ledger, problems_with
from cito_numo.outbox import altered, check_ledger
from cito_numo.privacy import workspace_secret
from cito_numo.report import Message, said
from cito_numo.runs import finding_of

if TYPE_CHECKING:
    from cito_numo.corridor import Outcome


_SHOWN = ("kind", "encoding", "separator", "layout", "header")
"""What is told of how an export was read. Not the name of a sheet: it may be a pupil's."""


class State(StrEnum):
    """What the next night of a school would come to."""

    READY = "ready"
    NOTHING_NEW = "nothing_new"
    WAITING = "waiting"
    HELD = "held"
    STOPPED = "stopped"


@dataclass
class Checked:
    """What was found, of the workspace or of a school."""

    messages: list[Message] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.DONE

    def tell(self, problems: Sequence[Problem]) -> None:
        """Add what stops no night."""
        self.messages += map(Message.of, problems)

    @contextmanager
    def stopping(self, ledger: Path) -> Iterator[None]:
        """What goes wrong within is what would stop the night; the check goes on with what comes after."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever it is, the rest is checked too
            problems = problems_with(error, ledger)
            self.tell(problems)
            self.exit_code = worst([self.exit_code, *(problem.kind.exit_code for problem in problems)])


@dataclass
class CheckedSchool(Checked):
    """What was found of a school; `messages` begin with why it waits, is held or stops."""

    korte_naam: str = ""
    state: State = State.NOTHING_NEW
    reasons: int = 0
    """So many of the messages say why."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """As those of a night: `read`, and how many results would end in each uitkomst."""
    leerplannen: int = 0
    ingetrokken: int = 0
    """How many leerplannen would be delivered, and how many as ingetrokken."""
    files: Sequence[Mapping[str, object]] = ()
    """The files of the inbox: `path`, `size`, `unusable`, and how an export was read (`layout`, `rows`, and `_SHOWN`)."""

    def tell(self, problems: Sequence[Problem]) -> None:
        """Add what stops no night, with the school in the commands that it names."""
        self.messages += [Message.of(problem).naming(self.korte_naam) for problem in problems]

    def as_dict(self) -> dict[str, Any]:
        """As `check --json` prints it."""
        return {
            "korte_naam": self.korte_naam,
            "status": self.state,
            "exit_code": self.exit_code,
            "counts": self.counts,
            "leerplannen": self.leerplannen,
            "ingetrokken": self.ingetrokken,
            "messages": said(self.messages),
            "files": self.files,
        }


class Checks:
    """Those of one workspace and its schools, for the night of one day."""

    def __init__(self, workspace: Workspace, day: date) -> None:
        self._workspace = workspace
        self._day = day
        self._ground = Groundwork(workspace, day, dry_run=True)

    def workspace(self) -> Checked:
        """What all schools share: layouts, leerlijnen and secret, read also where no school has results; and what nothing reads."""
        from cito_numo.layouts import read_layouts
        from cito_numo.leerlijnen import read_leerlijnen

        workspace = self._workspace
        checked = Checked()
        with checked.stopping(workspace.folder):
            read_layouts(workspace.own_layouts())
        with checked.stopping(workspace.folder):
            read_leerlijnen(workspace.folder, workspace.own_leerlijnen())
        with checked.stopping(workspace.folder):
            workspace_secret(workspace.secret_path, dry_run=True)
            _check_writable(workspace.folder, (workspace.secret_path.parent.name,))
        with checked.stopping(workspace.folder):
            checked.tell(strays.in_workspace(workspace.folder))
        return checked

    def school(self, korte_naam: str) -> CheckedSchool:
        """What the next night of a school would come to. Raises nothing: what goes wrong is in it."""
        folder = self._workspace.school_folder(korte_naam)
        path = ledger_path(folder)
        checked = CheckedSchool(korte_naam=printable(korte_naam))
        school = None
        with checked.stopping(path):
            school = self._workspace.school(korte_naam)
        with checked.stopping(path):
            _check_writable(folder, (path.parent.name, "outbox", "report"))
        with checked.stopping(path):
            self._with_ledger(folder, school, checked)
        if checked.exit_code is not ExitCode.DONE:
            checked.state = State.HELD if checked.exit_code is ExitCode.HELD else State.STOPPED
            checked.reasons = 1
        with checked.stopping(path):
            checked.tell(strays.in_school(folder))
        return checked

    def _with_ledger(self, folder: Path, school: School | None, checked: CheckedSchool) -> None:
        """Compare the ledger with the outbox, and foresee the night. A ledger left half written stops none: the night undoes it."""
        try:
            with open_ledger(ledger_path(folder), read_only=True) as ledger:
                check_ledger(ledger, folder)
                if school is not None:
                    self._foresee(school, ledger, checked)
                last = ledger.last_night()
                changed, _sound = altered(ledger, folder / "outbox", last.outbox if last is not None else {})
                checked.tell(changed)
        except CitoNumoError as error:
            if [problem.kind for problem in error.problems] != [LEDGER_UNFINISHED]:
                raise
            checked.tell(error.problems)
            checked.state, checked.reasons = State.WAITING, 1

    def _foresee(self, school: School, ledger: Ledger, checked: CheckedSchool) -> None:
        """Take what lies ready through all steps. Of a school that waits all is told, and nothing stops."""
        lying = {folder: files_in(school.folder, folder) for folder in (CITO, NUMO, EDEXML)}
        missing = not_there(school, lying, ledger)
        waiting = [problem for problem in (not_active(school, self._day), missing) if problem is not None]
        outcome = None
        try:
            outcome = self._ground.foresee(school, ledger)
            finding = finding_of(outcome, school, dry_run=True)
            _check_output(outcome, school)
            problems, exit_code = [*outcome.holds, *outcome.problems], finding.exit_code
            checked.counts = finding.counts
        except Exception as error:  # noqa: BLE001  of a school that waits, it is told
            problems = [*problems_with(error, ledger_path(school.folder))]
            exit_code = worst(problem.kind.exit_code for problem in problems)
        checked.files = _described(lying, problems, outcome)
        if missing is not None:  # that nothing was joined is no wonder
            problems = [problem for problem in problems if problem.place]
        if waiting:
            checked.state, checked.reasons = State.WAITING, len(waiting)
        else:
            checked.exit_code = worst([checked.exit_code, ExitCode.DONE if exit_code is ExitCode.LOOK else exit_code])
        checked.tell([*waiting, *problems])
        if not waiting and outcome is not None and outcome.changes:
            checked.state = State.READY
            checked.leerplannen, checked.ingetrokken = len(outcome.changes.leerplannen), len(outcome.changes.ingetrokken)


def _check_writable(folder: Path, names: Sequence[str]) -> None:
    """CitoNumoError where a night could not write in these folders within a folder, or make them."""
    for name in names:
        place = folder / name if os.path.lexists(folder / name) else folder
        if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            raise stop(IO_FAILED, str(place), detail=_("It may not be written"))


def _check_output(outcome: "Outcome", school: School) -> None:
    """CitoNumoError where what would be delivered cannot be written as school.yaml asks for it."""
    from cito_numo.outputs import leerplannen_csv

    if outcome.changes:
        leerplannen_csv(outcome.changes, school.config.csv)


def _described(lying: Mapping[str, Sequence[InboxFile]], problems: Sequence[Problem], outcome: "Outcome | None") -> list[dict[str, object]]:
    """The files that lie ready, and how each was read."""
    read = {str(entry["path"]): entry for entry in outcome.inputs} if outcome is not None else {}
    unusable = tuple(problem.place for problem in problems if problem.kind.exit_code is ExitCode.NO_INPUT)
    described = []
    for file in (file for folder in lying.values() for file in folder):
        of_file: dict[str, object] = {"path": file.name, "size": file.size}
        of_file["unusable"] = any(place.startswith(file.name) for place in unusable)
        detected = {key: value for key, value in read.get(file.name, {}).items() if key in _SHOWN}
        if detected and outcome is not None:
            name = file.name.removeprefix(f"{CITO}/")
            here = outcome.results["bestand"].astype("str").str.startswith(name)  # of several sheets, each has the name of its own
            detected["rows"] = int((here & (outcome.results["volgorde"] == read[file.name]["volgorde"])).sum())
        described.append(of_file | detected)
    return described
