"""`terugstuuroptie preview`: what each option would pass on of a school's results, so that it can choose one. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from cito_numo.config import School, Workspace
from cito_numo.errors import PREVIEW_NOTHING, WAITING_NO_RESULTS, ExitCode, Problem, printable
from cito_numo.groundwork import Groundwork, not_there
from cito_numo.inbox import CITO, EDEXML, files_in
from cito_numo.ledger import Ledger, ledger_path, open_ledger
from cito_numo.outbox import check_ledger
from cito_numo.report import Message
from cito_numo.runs import failure

if TYPE_CHECKING:
    import pandas as pd

    from cito_numo.corridor import Outcome


class Passed(NamedTuple):
    """What one option passes on."""

    option: int
    results: int
    pupils: int


class PassedOf(NamedTuple):
    """What one option passes on of a vak, of tests that were made for a level."""

    vak: str
    toetsniveau: str
    option: int
    results: int
    pupils: int


@dataclass
class SchoolPreview:
    """What each option would pass on for one school, +2 first; none where its results cannot be read."""

    korte_naam: str
    present: int | None = None
    """The option in its school.yaml."""
    options: Sequence[Passed] = ()
    rows: Sequence[PassedOf] = ()
    """The same per vak and toetsniveau: by the order of the leerlijnen, lowest level first, +2 first."""
    messages: Sequence[Message] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.DONE

    def as_dict(self) -> dict[str, Any]:
        """As `terugstuuroptie preview --json` prints it."""
        return {
            "korte_naam": self.korte_naam,
            "present": self.present,
            "options": [passed._asdict() for passed in self.options],
            "rows": [passed._asdict() for passed in self.rows],
            "exit_code": self.exit_code,
            "message": " ".join(message.text for message in self.messages),
        }


class Previews:
    """Those of the schools of one workspace, by one day."""

    def __init__(self, workspace: Workspace, day: date) -> None:
        self._workspace = workspace
        self._ground = Groundwork(workspace, day, dry_run=True)

    def school(self, korte_naam: str) -> SchoolPreview:
        """One school's, whether or not it is active, or held. Raises nothing: what goes wrong is in it."""
        path = ledger_path(self._workspace.school_folder(korte_naam))
        preview = SchoolPreview(printable(korte_naam))
        try:
            school = self._workspace.school(korte_naam)
            preview.present = school.config.terugstuuroptie
            with open_ledger(path, read_only=True) as ledger:
                check_ledger(ledger, path.parent.parent)
                self._count(school, ledger, preview)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            failed = failure(error, path)
            preview.messages, preview.exit_code = failed.messages, failed.exit_code
        preview.messages = [message.naming(preview.korte_naam) for message in preview.messages]
        return preview

    def _count(self, school: School, ledger: Ledger, preview: SchoolPreview) -> None:
        from cito_numo.threshold import OPTIONS, passed_on

        outcome = self._ground.foresee(school, ledger)
        vakken = list(dict.fromkeys(self._ground.rules.leerlijnen.vak_of.values()))
        counted = _selected(outcome, self._ground.rules.leerlijnen.vak_of, vakken)
        found = {passed.option: passed for passed in (Passed(*map(int, row)) for row in passed_on(counted).to_numpy())}
        preview.options = [found.get(option, Passed(option, 0, 0)) for option in OPTIONS]
        by = passed_on(counted, ["vak", "toetsniveau"]).sort_values(["vak", "toetsniveau", "option"], ascending=[True, True, False])
        preview.rows = [
            PassedOf(str(vak), str(toetsniveau), int(option), int(results), int(pupils))
            for vak, toetsniveau, option, results, pupils in by.itertuples(index=False)
        ]
        preview.messages = _told(school, ledger, outcome)


def _told(school: School, ledger: Ledger, outcome: "Outcome") -> list[Message]:
    """Why there is nothing to count, if so; and what there is to know about the figures: a hold, what could not be read or joined."""
    files = {folder: files_in(school.folder, folder) for folder in (CITO, EDEXML)}
    reason = not_there(school, files, ledger) if files[CITO] else Problem(WAITING_NO_RESULTS)
    problems = [*outcome.holds, *outcome.problems]
    if reason is not None:
        problems = [problem for problem in problems if problem.place]  # of files; that nothing was joined is no wonder
    elif not outcome.selected.any():
        reason = Problem(PREVIEW_NOTHING, "", {"read": outcome.counts["read"]})
    messages = [message for message in map(Message.of, problems) if message.needs_person]
    return [*([Message.of(reason)] if reason else []), *messages]


def _selected(outcome: "Outcome", vak_of: Mapping[str, str], vakken: Sequence[str]) -> "pd.DataFrame":
    """The results that were under way when the terugstuuroptie was applied, each with its vak."""
    import pandas as pd

    results = outcome.results.loc[outcome.selected, ["onderdeel", "toetsniveau", "relatief", "gebruikersnaam"]]
    vak = results["onderdeel"].astype("str").map(vak_of).astype(pd.CategoricalDtype(list(vakken)))
    return results.assign(vak=vak)
