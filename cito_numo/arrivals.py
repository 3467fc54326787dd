"""A file as it arrives, for one school → its EDEXML files read, and what is wrong with those that cannot be used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import pandas as pd

from cito_numo.config import SchoolConfig, Workspace
from cito_numo.edexml import EdexmlFile, read_edexml
from cito_numo.errors import EDEXML_NO_LIST, EDEXML_PLACE, EDEXML_PLACE_UNKNOWN, SCHOOL_UNNAMED, CitoNumoError, Problem, stop
from cito_numo.inbox import Content
from cito_numo.keytable import Arrived
from cito_numo.mail import school_of
from cito_numo.privacy import Secret
from cito_numo.roster import Roster, read_roster
from cito_numo.schooljaar import AMSTERDAM
from cito_numo.unpacking import Source, edexml_sources, open_mail


def read_part(part: Source, secret: Secret, config: SchoolConfig | None, known: Iterable[str] | None) -> EdexmlFile:
    """Read one EDEXML that came out of a file, for a school (or for nobody). Raises CitoNumoError as `read_edexml` does."""
    with part.open() as stream:
        return read_edexml(
            stream,
            part.name,
            secret=secret,
            settings=config.edexml if config else None,
            vestigingen=config.vestigingen if config else (),
            known=known,
        )


def read_arrival(
    source: Source, secret: Secret, config: SchoolConfig | None = None, known: Iterable[str] | None = None
) -> tuple[list[EdexmlFile], list[Problem]]:
    """The EDEXML files in one file, read for a school (or for nobody), and what is wrong with others beside them.

    Raises CitoNumoError where none can be read.
    """
    files: list[EdexmlFile] = []
    parts, problems = edexml_sources(source)
    for part in parts:
        try:
            files.append(read_part(part, secret, config, known))
        except CitoNumoError as error:
            problems += error.problems
    if not files:
        raise CitoNumoError(*problems)
    return files, problems


def school_for(workspace: Workspace, source: Source, named: str | None) -> str:
    """The school that a file is for: the one that was named, whose folder it lies in, or its mail's subject names; or the only one.

    Raises CitoNumoError where it is not certain.
    """
    if named is not None:
        return named
    schools = (workspace.folder / "schools").resolve()
    if source.path is not None and schools in source.path.resolve().parents:
        folder = source.path.resolve().relative_to(schools).parts[0]
        if folder in workspace.korte_namen:
            return folder
    mail = open_mail(source)
    found = school_of(mail.subject, workspace.korte_namen, source.name) if mail is not None else None
    if isinstance(found, str):
        return found
    if len(workspace.korte_namen) == 1:
        return workspace.korte_namen[0]
    raise stop(SCHOOL_UNNAMED, source.name)


def usable(files: Sequence[EdexmlFile], problems: Sequence[Problem], brin: Sequence[str]) -> tuple[list[EdexmlFile], list[Problem]]:
    """Those of which it is certain where the gebruikersnaam stands; CitoNumoError where that is none of them.

    One of another BRIN is among them, whatever else is wrong with it: that it is another school's is what has to be told.
    """
    certain, doubts = [], [*problems]
    for file in files:
        doubt = doubt_about(file)
        if doubt is None or file.brin not in (None, *brin):
            certain.append(file)
        else:
            doubts.append(doubt)
    if not certain:
        raise CitoNumoError(*doubts)
    return certain, doubts


def doubt_about(file: EdexmlFile) -> Problem | None:
    """Why it is not certain where a file holds the gebruikersnaam; None where it is."""
    for finding in file.findings:
        if finding.kind in (EDEXML_PLACE, EDEXML_PLACE_UNKNOWN):
            return Problem(EDEXML_NO_LIST if finding.kind is EDEXML_PLACE_UNKNOWN else finding.kind, file.name, finding.values)
    return None


def made_at(file: EdexmlFile) -> float:
    """When a file says that it was made, as `moment`."""
    return moment(file.aanmaakdatum or "")


def moment(text: str) -> float:
    """A moment in XML in seconds since 1970; 0 for what is none. Without a zone it is Dutch time."""
    try:
        said = datetime.fromisoformat(text)
        return (said if said.tzinfo else said.replace(tzinfo=AMSTERDAM)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def arrived(file: EdexmlFile, source_name: str, sha256: str, volgorde: int) -> Arrived:
    """An EDEXML as the key table takes it in; `source_name`, `sha256` and `volgorde` are those of the file that it came in."""
    in_another = file.name != source_name
    return Arrived(file.name, file.brin, made_at(file), file.pupils, sha256, volgorde, in_another, doubt_about(file))


def newest_roster(lists: Sequence[Content], seen: Mapping[str, int], secret: Secret) -> tuple[Roster | None, str, list[Problem]]:
    """The newest list of Numo that can be read, its name, and what is wrong with newer ones.

    `seen` (sha256 → order) tells which files were there before, in which order; others are newer, by their time and name.
    """
    problems: list[Problem] = []
    unseen = max(seen.values(), default=0) + 1
    ordered = sorted(lists, key=lambda content: (seen.get(content.sha256, unseen), content.file.mtime_ns, content.file.name))
    for content in reversed(ordered):
        try:
            return read_roster(content.take(), content.file.name, secret), content.file.name, problems
        except CitoNumoError as error:
            problems += error.problems
    return None, "", problems


def gebruikersnamen(roster: Roster | None) -> "pd.Series[str] | None":
    """The gebruikersnamen of Numo's list, to compare an EDEXML with."""
    return roster.pupils["gebruikersnaam"] if roster is not None else None
