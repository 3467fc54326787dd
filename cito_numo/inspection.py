"""`edexml check`: what is wrong or odd in EDEXML files, with line numbers. Nothing is written.

For a school of the workspace it also tells whether the files are of that school and of this schooljaar, and compares them with Numo's list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cito_numo.antwoorden import antwoord
from cito_numo.arrivals import gebruikersnamen, newest_roster, read_part, school_for
from cito_numo.config import School, Workspace
from cito_numo.edexml import EdexmlFile
from cito_numo.errors import EDEXML_BRIN, EDEXML_SCHOOLJAAR, FILE_UNREADABLE, CitoNumoError, ExitCode, Problem, stop
from cito_numo.findings import Finding
from cito_numo.inbox import NUMO, read, settled_files
from cito_numo.ledger import ledger_path, open_ledger
from cito_numo.privacy import Secret, passing_secret, workspace_secret
from cito_numo.schooljaar import schooljaar_of
from cito_numo.unpacking import Source, edexml_sources


@dataclass(frozen=True)
class Checked:
    """One EDEXML (or one file that holds none), and what was found. `file` is None for one that cannot be read."""

    name: str
    file: EdexmlFile | None
    findings: Sequence[Finding]

    @property
    def usable(self) -> bool:
        """Whether it can be imported."""
        return not any(finding.unusable for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """As `edexml check --json` prints it."""
        return {
            "file": self.name,
            "usable": self.usable,
            **_facts(self.file),
            "findings": [_as_dict(finding) for finding in self.findings],
            "antwoord": antwoord(Problem(finding.kind) for finding in self.findings),
        }


def _facts(file: EdexmlFile | None) -> dict[str, Any]:
    told = ("dialect", "xsdversie", "brin", "schooljaar", "aanmaakdatum", "place", "places")
    return {name: getattr(file, name, None) for name in told} | {"pupils": len(file.pupils) if file else None}


def _as_dict(finding: Finding) -> dict[str, Any]:
    problem = finding.problem("")
    return {
        "degree": "unusable" if finding.unusable else "noted",
        "code": finding.kind.code,
        "count": finding.count,
        "lines": list(finding.lines),
        "message": problem.message,
        "advice": problem.advice,
    }


@dataclass(frozen=True)
class Inspector:
    """What files are compared with: a school and Numo's list of it, or nothing."""

    secret: Secret
    day: date
    school: School | None = None
    known: Sequence[str] | None = field(default=None, repr=False)

    def check(self, source: Source) -> list[Checked]:
        """All EDEXML files in one file."""
        try:
            parts, beside = edexml_sources(source)
        except CitoNumoError as error:
            return [_unreadable(source.name, error)]
        return [*map(self._checked, parts), *(_unreadable(problem.place, CitoNumoError(problem)) for problem in beside)]

    def _checked(self, part: Source) -> Checked:
        config = self.school.config if self.school else None
        try:
            file = read_part(part, self.secret, config, self.known)
        except CitoNumoError as error:
            return _unreadable(part.name, error)
        odd = []
        if config and file.brin is not None and file.brin not in config.brin:
            odd.append(Finding(EDEXML_BRIN, {"found": file.brin, "expected": ", ".join(config.brin)}))
        schooljaar = schooljaar_of(self.day)
        if file.schooljaar not in (None, schooljaar):
            odd.append(Finding(EDEXML_SCHOOLJAAR, {"found": file.schooljaar, "expected": schooljaar}))
        return Checked(part.name, file, sorted([*odd, *file.findings], key=lambda finding: not finding.unusable))


def inspect(inputs: Sequence[Source | Path], day: date, workspace: Workspace | None = None, school: str | None = None) -> list[Checked]:
    """All EDEXML files in these files, each compared with the school of the workspace that it is for, where that is certain."""
    inspectors: dict[str | None, Inspector] = {}
    checked = []
    for one in inputs:
        try:
            source = Source.at(one) if isinstance(one, Path) else one
            korte_naam = _school_of(source, workspace, school)
            if korte_naam not in inspectors:
                inspectors[korte_naam] = _inspector(workspace, korte_naam, day)
            checked += inspectors[korte_naam].check(source)
        except OSError as error:
            checked.append(_unreadable(str(one), stop(FILE_UNREADABLE, detail=error.strerror or type(error).__name__)))
    return checked


def _school_of(source: Source, workspace: Workspace | None, school: str | None) -> str | None:
    if workspace is None:
        return None
    try:
        return school_for(workspace, source, school)
    except CitoNumoError:  # what is wrong with the file, the check tells
        return None


def _inspector(workspace: Workspace | None, korte_naam: str | None, day: date) -> Inspector:
    """An inspector who knows this school and, where it lies there, Numo's list of it."""
    if workspace is None or korte_naam is None:
        return Inspector(passing_secret(), day)
    school = workspace.school(korte_naam)
    secret = workspace_secret(workspace.secret_path, dry_run=True)
    with open_ledger(ledger_path(school.folder), read_only=True) as ledger:
        seen = ledger.orders()
    roster, _name, _problems = newest_roster([read(file) for file in settled_files(school.folder, NUMO)[0][NUMO]], seen, secret)
    known = gebruikersnamen(roster)
    return Inspector(secret, day, school, known.tolist() if known is not None else None)


def exit_code_of(checked: Sequence[Checked]) -> ExitCode:
    """None is usable: no usable input; one among others is not: look."""
    unusable = [one for one in checked if not one.usable]
    if not unusable:
        return ExitCode.DONE
    return ExitCode.NO_INPUT if len(unusable) == len(checked) else ExitCode.LOOK


def _unreadable(name: str, error: CitoNumoError) -> Checked:
    return Checked(name, None, [_finding(problem) for problem in error.problems])


def _finding(problem: Problem) -> Finding:
    line = problem.values.get("line")
    return Finding(problem.kind, problem.values, lines=(line,) if isinstance(line, int) else ())
