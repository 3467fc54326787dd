"""The catalogue of errors: each kind with a stable code, what it says, what to do, and the exit code it leads to.

A `Problem` is one occurrence: a kind, the place, and the values that its message names. Nothing here holds a pupil's name
or number: a place is a file, a line or row, and a column.
"""

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from cito_numo.language import N_, _


class ExitCode(IntEnum):
    """What the command tells the shell."""

    DONE = 0
    BUG = 1
    USAGE = 2
    LOOK = 3
    """Delivered, but a person should look."""
    HELD = 4
    """Nothing of that school delivered; yesterday's stays."""
    NO_INPUT = 65
    IO = 74
    BUSY = 75
    CONFIG = 78


_WORST_FIRST = (
    ExitCode.BUG,
    ExitCode.CONFIG,
    ExitCode.IO,
    ExitCode.NO_INPUT,
    ExitCode.HELD,
    ExitCode.BUSY,
    ExitCode.USAGE,
    ExitCode.LOOK,
    ExitCode.DONE,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code of a command that did many schools: the worst of theirs, DONE when there are none."""
    return min(codes, key=_WORST_FIRST.index, default=ExitCode.DONE)


_LONGEST_VALUE = 600


def printable(text: str) -> str:
    """A text from a file or a file's name, for a line on a terminal or in a mail: no control characters, and not endless."""
    shown = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:_LONGEST_VALUE])
    return f"{shown}…" if len(text) > _LONGEST_VALUE else shown


@dataclass(frozen=True)
class ErrorKind:
    """One entry of the catalogue; `message` and `advice` are templates over the values of a `Problem`."""

    code: str
    exit_code: ExitCode
    message: str
    advice: str = ""


@dataclass(frozen=True)
class Problem:
    """One occurrence of a kind, at a place that a person can find."""

    kind: ErrorKind
    place: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in the user's language."""
        return self._filled(self.kind.message)

    @property
    def advice(self) -> str:
        """What to do about it, in the user's language; may be empty."""
        return self._filled(self.kind.advice) if self.kind.advice else ""

    def _filled(self, template: str) -> str:
        return _(template).format(**{name: printable(str(value)) for name, value in self.values.items()})

    def __str__(self) -> str:
        head = f"{printable(self.place)}: {self.message}" if self.place else self.message
        return f"{head} {self.advice}" if self.advice else head


class CitoNumoError(Exception):
    """What stops a school or a command: one or more problems, all that could be found at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))

    @property
    def exit_code(self) -> ExitCode:
        """The worst exit code among the problems."""
        return worst(problem.kind.exit_code for problem in self.problems)


def kind_and_place(error: Exception) -> str:
    """What may be told of an error that is not of the catalogue: never its words, which could name a pupil."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}, {Path(frame.filename).name}:{frame.lineno}"


def stop(kind: ErrorKind, place: str = "", **values: object) -> CitoNumoError:
    """The error that one problem makes, to be raised."""
    return CitoNumoError(Problem(kind, place, values))


# --- config ----------------------------------------------------------------------------------------------------------

CONFIG_MISSING = ErrorKind(
    "config-missing",
    ExitCode.CONFIG,
    N_("There is no such file."),
    N_("Give the workspace's file with --config, or make a new workspace with 'cito-numo init DIR'."),
)
SCHOOL_MISSING = ErrorKind(
    "school-missing",
    ExitCode.CONFIG,
    N_("There is no school.yaml in this folder."),
    N_("Each folder in schools/ is a school: put its school.yaml back, or take the folder away."),
)
CONFIG_SYNTAX = ErrorKind("config-syntax", ExitCode.CONFIG, N_("This is not valid YAML: {detail}."))
CONFIG_DUPLICATE_KEY = ErrorKind("config-duplicate-key", ExitCode.CONFIG, N_("The key '{key}' stands here twice."), N_("Keep one."))
CONFIG_UNKNOWN_KEY = ErrorKind("config-unknown-key", ExitCode.CONFIG, N_("The key '{key}' is not known."), N_("{hint}"))
CONFIG_MISSING_KEY = ErrorKind("config-missing-key", ExitCode.CONFIG, N_("The key '{key}' is required."), N_("{hint}"))
CONFIG_VALUE = ErrorKind("config-value", ExitCode.CONFIG, N_("'{key}': {detail}."), N_("{hint}"))
CONFIG_UNKNOWN_SCHOOL = ErrorKind(
    "config-unknown-school", ExitCode.USAGE, N_("There is no school '{school}' in this workspace."), N_("{hint}")
)
CONFIG_NO_SCHOOLS = ErrorKind(
    "config-no-schools", ExitCode.CONFIG, N_("There is no school here."), N_("Make schools/<korte_naam>/school.yaml, one for each school.")
)
SECRET_OPEN = ErrorKind(
    "secret-open",
    ExitCode.CONFIG,
    N_("Others than its owner can read this secret."),
    N_("Take their access away: chmod 600."),
)
SECRET_DAMAGED = ErrorKind(
    "secret-damaged",
    ExitCode.CONFIG,
    N_("This is not the secret that cito-numo made."),
    N_("Put it back from a backup: the ECK iDs in the ledgers were hashed with it."),
)
CSV_ENCODING = ErrorKind(
    "csv-encoding",
    ExitCode.CONFIG,
    N_("The encoding {encoding} cannot write a character that occurs in this run."),
    N_("Set csv.encoding to utf-8-sig."),
)

# --- input files -----------------------------------------------------------------------------------------------------

FILE_UNREADABLE = ErrorKind(
    "file-unreadable", ExitCode.NO_INPUT, N_("This file cannot be read: {detail}."), N_("Check its permissions and its contents.")
)
FILE_STUMBLED = ErrorKind(
    "file-stumbled",
    ExitCode.NO_INPUT,
    N_("Something went wrong inside cito-numo while it read this file ({detail})."),
    N_("The file was left out. Please report it, with this code."),
)
FILE_EMPTY = ErrorKind("file-empty", ExitCode.NO_INPUT, N_("This file is empty."), N_("Export it again."))
FILE_KIND = ErrorKind("file-kind", ExitCode.NO_INPUT, N_("This kind of file ({suffix}) is not read here."), N_("Expected: {expected}."))
FILE_OPEN_QUOTE = ErrorKind(
    "file-open-quote",
    ExitCode.NO_INPUT,
    N_('A quote (") that opens in the row on line {line} is never closed, so it is not certain where rows end.'),
    N_("Export the file again, or mend that line."),
)
FILE_NO_LAYOUT = ErrorKind(
    "file-no-layout",
    ExitCode.NO_INPUT,
    N_("No layout fits this file. Its headers are: {headers}. The nearest layout, {layout}, also needs: {missing}."),
    N_("Export it again with these columns."),
)
FILE_DOUBLE_COLUMN = ErrorKind(
    "file-double-column",
    ExitCode.NO_INPUT,
    N_("Two columns of this file hold {column}, under the same header."),
    N_("Leave one of them out."),
)
FILE_UNSTABLE = ErrorKind("file-unstable", ExitCode.LOOK, N_("This file is still being written."), N_("It waits for the next night."))
ROSTER_COLUMNS = ErrorKind(
    "roster-columns",
    ExitCode.NO_INPUT,
    N_("This list has no column with the gebruikersnaam. Its headers are: {headers}."),
    N_("Export the list of pupils from Numo again, with the column gebruikersnaam."),
)
ROSTER_LEFT_OUT = ErrorKind(
    "roster-left-out",
    ExitCode.LOOK,
    N_("{count} rows of this list were left out: they are not whole, or have no gebruikersnaam."),
    N_("Export the list from Numo again."),
)
IDS_REPAIRED = ErrorKind(
    "ids-repaired",
    ExitCode.DONE,
    N_("In {count} rows a number was repaired of what a spreadsheet adds to it (.0, an apostrophe)."),
    N_("Leading zeros may be gone: put the file here as it was exported, not saved from a spreadsheet."),
)
FILE_ALL_INVALID = ErrorKind(
    "file-all-invalid", ExitCode.LOOK, N_("Not one of the {count} rows of this export can be read."), N_("See report/niet-geleverd.csv.")
)
XML_SYNTAX = ErrorKind("xml-syntax", ExitCode.NO_INPUT, N_("This is not well-formed XML (line {line})."), N_("Ask for the file again."))
XML_DOCTYPE = ErrorKind(
    "xml-doctype",
    ExitCode.NO_INPUT,
    N_("This file has a DOCTYPE, which an EDEXML never has; it is refused."),
    N_("Ask the sender for the export as the system made it."),
)
EDEXML_ROOT = ErrorKind(
    "edexml-root",
    ExitCode.NO_INPUT,
    N_("This is no EDEXML: its outermost element is <{root}>, not <EDEX>."),
    N_("Ask the Somtoday administrator for the Cito-importbestand."),
)
EDEXML_NO_PUPILS = ErrorKind(
    "edexml-no-pupils", ExitCode.NO_INPUT, N_("There are no pupils in this EDEXML."), N_("Ask for the export of all pupils.")
)
EDEXML_OTHER_VESTIGINGEN = ErrorKind(
    "edexml-other-vestigingen",
    ExitCode.NO_INPUT,
    N_("None of the pupils in this EDEXML is of a vestiging of this school ({expected})."),
    N_("See vestigingen in school.yaml, or ask for the export of the right vestiging."),
)
EDEXML_PLACE = ErrorKind(
    "edexml-place",
    ExitCode.NO_INPUT,
    N_("It is not certain where this EDEXML holds the gebruikersnaam. Pupils of Numo's list found: {figures}; in the list: {known}."),
    N_("Set edexml.leerlingnummer in school.yaml to the right place."),
)

# --- a run -----------------------------------------------------------------------------------------------------------

UNMATCHED_MANY = ErrorKind(
    "unmatched-many",
    ExitCode.LOOK,
    N_("{count} of {total} results could not be joined with a pupil."),
    N_("See report/niet-geleverd.csv."),
)
NO_ROSTER = ErrorKind(
    "no-roster",
    ExitCode.LOOK,
    N_("There is no list of Numo's pupils."),
    N_("Export it from Numo (gebruikersnaam, ECK iD, klas) and put it in inbox/numo."),
)
_GO_ON = N_("If it is right all the same: cito-numo sync {school} --accept {accept}")
HOLD_UNMATCHED = ErrorKind("hold-unmatched", ExitCode.HELD, N_("Held: {count} of {total} results match no pupil."), _GO_ON)
HOLD_SHRINK = ErrorKind("hold-shrink", ExitCode.HELD, N_("Held: there are {now} pupils now, and there were {before}."), _GO_ON)
HOLD_KEYS_MOVED = ErrorKind("hold-keys-moved", ExitCode.HELD, N_("Held: {count} known Cito keys would now point at another pupil."), _GO_ON)
HOLD_BRIN = ErrorKind(
    "hold-brin", ExitCode.HELD, N_("Held: this EDEXML is of a school with BRIN {found}; this school has {expected}."), _GO_ON
)
WAITING_INACTIVE = ErrorKind(
    "waiting-inactive",
    ExitCode.DONE,
    N_("The school is signed up, but not active yet."),
    N_("Cito handles a request within 5 days; then put active_from in school.yaml."),
)
WAITING_ACTIVE_FROM = ErrorKind("waiting-active-from", ExitCode.DONE, N_("The school is active from {date}."))
WAITING_NO_RESULTS = ErrorKind("waiting-no-results", ExitCode.DONE, N_("There are no results yet: inbox/cito is empty."))
WAITING_NO_KEYS = ErrorKind(
    "waiting-no-keys",
    ExitCode.DONE,
    N_("The Cito-importbestand (EDEXML) is missing, which tells which Cito key is which pupil."),
    N_("The school's Somtoday administrator exports it and mails it to support@kurve.nl; put it in inbox/edexml."),
)
ALL_UNUSABLE = ErrorKind("all-unusable", ExitCode.NO_INPUT, N_("None of the files in {folder} could be used."))
BUSY = ErrorKind("busy", ExitCode.BUSY, N_("Another run of this school is busy ({holder})."), N_("Wait until it is done."))
IO_FAILED = ErrorKind("io-failed", ExitCode.IO, N_("{detail}."), N_("Mend this and run again."))
LEDGER_DAMAGED = ErrorKind(
    "ledger-damaged", ExitCode.IO, N_("The ledger cannot be used: {detail}."), N_("Put ledger.sqlite back from a backup.")
)
LEDGER_LOST = ErrorKind(
    "ledger-lost",
    ExitCode.IO,
    N_("The outbox holds runs that the ledger knows nothing of: it was lost, or emptied."),
    N_("Put ledger.sqlite back from a backup; or, to begin anew, move the runs out of the outbox."),
)
LEDGER_IN_USE = ErrorKind(
    "ledger-in-use", ExitCode.IO, N_("Another program has the ledger open."), N_("Close it; the next run goes on where this one stopped.")
)
COUNT_OPEN = ErrorKind(
    "count-open", ExitCode.BUG, N_("The count does not close: {read} results read, {counted} accounted for. Nothing was delivered.")
)
BUG = ErrorKind(
    "bug",
    ExitCode.BUG,
    N_("Something went wrong inside cito-numo ({detail}). Nothing was delivered."),
    N_("Please report it, with this code."),
)
FOLDER_NOT_EMPTY = ErrorKind("folder-not-empty", ExitCode.USAGE, N_("This folder is not empty."), N_("Name a new or an empty folder."))
