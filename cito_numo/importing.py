"""`import`: results of an earlier schooljaar, after Cito's klantenservice was asked, from files that a person names.

The steps are those of the night. Results of that schooljaar fill what is missing and replace what is older, never what is newer. Done once
more, an import changes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from cito_numo import files
from cito_numo.config import School, Workspace
from cito_numo.errors import (
    IMPORT_OTHER_YEARS,
    WAITING_NO_KEYS,
    CitoNumoError,
    ExitCode,
    Problem,
    printable,
    problem_of,
    worst,
)
from cito_numo.groundwork import Groundwork, look, not_active, read_all
from cito_numo.inbox import EDEXML, NUMO, Content, InboxFile, found
from cito_numo.ledger import gave_results, ledger_path
from cito_numo.report import IMPORT, MANIFEST_JSON, NIET_GELEVERD_CSV, Message, manifest_json, read_manifest
from cito_numo.runs import Delivering, Finding, RunResult, Status, delivering, failed, finding_of

_LONGEST_AANVRAAG = 100
_NUMBER = re.compile(r"[^\s\d]*\d\S*")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{1,2} [^\W\d]{3,9}")
_LONG_NUMBER = re.compile(r"\d{5}")
"""Beside a name and a date: some pupil's."""
_NAME = re.compile(r"[^\W\d]{2,}")


@dataclass(frozen=True)
class Import:
    """One school's import."""

    korte_naam: str
    schooljaar: str
    aanvraag: str
    """The request to Cito's klantenservice: its number, or whom was asked and when."""
    files: Sequence[Path]


@dataclass(frozen=True)
class Imported:
    """What came of it."""

    wanted: Import
    result: RunResult
    report: Path | None = None
    """The niet-geleverd.csv of this schooljaar; None where nothing was judged."""

    def as_dict(self) -> dict[str, Any]:
        """As `import --json` prints it."""
        about = {"schooljaar": self.wanted.schooljaar, "aanvraag": self.wanted.aanvraag}
        return {**self.result.as_dict(), **about, "report": str(self.report) if self.report else None}


@dataclass(frozen=True)
class ImportOptions:
    """What a person says about all imports of a command."""

    now: datetime
    day: date
    dry_run: bool = False
    accept: frozenset[str] = frozenset()


def is_earlier(schooljaar: str, now: str) -> bool:
    """Whether a text is a schooljaar, such as 2024-2025, before that of `now`."""
    years = re.fullmatch(r"(20\d\d)-(20\d\d)", schooljaar)
    return years is not None and int(years[2]) == int(years[1]) + 1 and schooljaar < now


def is_aanvraag(text: str) -> bool:
    """Whether a text can be a request at Cito's klantenservice: a number, or a name and a date."""
    if not text.isprintable() or len(text) > _LONGEST_AANVRAAG:
        return False
    day = _DAY.search(text)
    if day is None:
        return _NUMBER.fullmatch(text) is not None
    beside = text.replace(day[0], "", 1)
    return _NAME.search(beside) is not None and _LONG_NUMBER.search(beside) is None


class Imports:
    """The imports of one command, each school on its own."""

    def __init__(self, workspace: Workspace, options: ImportOptions, wanted: Sequence[Import]) -> None:
        self._workspace = workspace
        self._options = options
        self._wanted = wanted
        self._ground = Groundwork(workspace, options.day, accept=options.accept, dry_run=options.dry_run)

    def run(self, wanted: Import) -> Imported:
        """Import into one school. Raises nothing: what goes wrong is in the result."""
        options = self._options
        try:
            with delivering(self._workspace, wanted.korte_naam, options.now, options.day, dry_run=options.dry_run) as at:
                finding = _waiting(at, options.day) or self._imported(wanted, at)
                try:
                    report = self._report(wanted, at.school, finding)
                except OSError as error:  # what was delivered is there; that the report is not, is told
                    report = None
                    finding.messages = [*finding.messages, Message.of(problem_of(error))]
                    finding.exit_code = worst([finding.exit_code, ExitCode.IO])
                return Imported(wanted, finding.as_result(wanted.korte_naam, finding.messages), report)
        except Exception as error:  # noqa: BLE001  whatever it is, the other schools go on
            return Imported(wanted, failed(wanted.korte_naam, self._workspace.school_folder(wanted.korte_naam), error))

    def _imported(self, wanted: Import, at: Delivering) -> Finding:
        inbox, problems = look(at.school, (NUMO, EDEXML))
        numo, edexml = (read_all(inbox[folder], problems) for folder in (NUMO, EDEXML))
        cito = read_all(_named(wanted.files), problems)
        if not cito:
            raise CitoNumoError(*problems)
        ready = self._ground.ready(at.school, cito, numo, edexml, problems)
        ready = replace(ready, named=True, elsewhere={**self._of_others(wanted, cito), **ready.elsewhere})
        words = ["import", *map(str, wanted.files), "--school", wanted.korte_naam, "--schooljaar", wanted.schooljaar]
        command = self._workspace.command(*words, "--aanvraag", wanted.aanvraag)
        rules = replace(self._ground.rules, schooljaar=wanted.schooljaar, command=lambda _korte_naam: command)
        outcome = self._ground.work_out(at.school, at.ledger, ready, rules)
        finding = finding_of(outcome, at.school, dry_run=self._options.dry_run)
        finding.manifest |= {"action": IMPORT, "schooljaar": wanted.schooljaar, "aanvraag": wanted.aanvraag}
        if not (outcome.results["schooljaar"] == wanted.schooljaar).any():
            others = ", ".join(sorted(set(outcome.results["schooljaar"].dropna().astype("str"))))
            problem = Problem(IMPORT_OTHER_YEARS, "", {"schooljaar": wanted.schooljaar, "others": others or "-"})
            finding.messages = [*finding.messages, Message.of(problem)]
            finding.exit_code = worst([finding.exit_code, ExitCode.NO_INPUT])
        elif not self._options.dry_run:
            at.take_effect(outcome, finding, self._ground.secret.fingerprint())
        return finding

    def _report(self, wanted: Import, school: School, finding: Finding) -> Path | None:
        """Write report/<schooljaar>/, beside that of the night."""
        if finding.niet_geleverd is None or self._options.dry_run:
            return None
        folder = _report_folder(school.folder / "report", wanted.schooljaar, finding.manifest["inputs"])
        of_night, of_import = f"report/{NIET_GELEVERD_CSV}", f"report/{folder.name}/{NIET_GELEVERD_CSV}"
        finding.messages = [replace(message, text=message.text.replace(of_night, of_import)) for message in finding.messages]
        files.write_whole(folder / NIET_GELEVERD_CSV, finding.niet_geleverd)
        manifest = finding.as_manifest(school.korte_naam, school.config.brin[0], self._options.day)
        files.write_whole(folder / MANIFEST_JSON, manifest_json(manifest))
        return folder / NIET_GELEVERD_CSV

    def _of_others(self, wanted: Import, cito: Sequence[Content]) -> Mapping[str, Sequence[str]]:
        """Per export that this command imports into other schools too, or that others imported before: their korte namen."""
        workspace, of_list = self._workspace, self._schools_of
        found = {}
        for content in cito:
            before = (
                korte_naam
                for korte_naam in workspace.korte_namen
                if gave_results(ledger_path(workspace.school_folder(korte_naam)), [content.sha256])
            )
            schools = {*before, *of_list.get(content.sha256, ())} - {wanted.korte_naam}
            if schools:
                found[content.sha256] = sorted(schools)
        return found

    @cached_property
    def _schools_of(self) -> Mapping[str, frozenset[str]]:
        """The schools that each export is imported into; of one school alone nothing need be read."""
        schools: dict[str, frozenset[str]] = {}
        if len({wanted.korte_naam for wanted in self._wanted}) > 1:
            for wanted in self._wanted:
                for content in read_all(_named(wanted.files), []):
                    schools[content.sha256] = schools.get(content.sha256, frozenset()) | {wanted.korte_naam}
        return schools


def _report_folder(reports: Path, schooljaar: str, inputs: Sequence[Mapping[str, object]]) -> Path:
    """Where the report of an import goes: that of the same exports once more, or a new one, as 2024-2025 or 2024-2025-2."""
    exports = {entry["sha256"] for entry in inputs if "/" not in str(entry["path"])}
    for number in count(1):
        folder = reports / (schooljaar if number == 1 else f"{schooljaar}-{number}")
        before = {entry.get("sha256") for entry in read_manifest(folder / MANIFEST_JSON).get("inputs", [])}
        if not before or exports <= before:
            return folder
    raise AssertionError


def _waiting(at: Delivering, day: date) -> Finding | None:
    """That a school waits, as in the night: it is not active, or nothing tells which Cito key is which pupil."""
    problem = not_active(at.school, day)
    if problem is None and at.school.needs_keys and not at.ledger.has_keys() and not look(at.school, (EDEXML,))[0][EDEXML]:
        problem = Problem(WAITING_NO_KEYS)
    return Finding(Status.WAITING, ExitCode.DONE, [Message.of(problem)]) if problem else None


def _named(paths: Sequence[Path]) -> list[InboxFile]:
    """Files that a person names, each under its own name, or its path where two have the same."""
    names = [path.name for path in paths]
    return [found(path, printable(path.name if names.count(path.name) == 1 else str(path))) for path in paths]
