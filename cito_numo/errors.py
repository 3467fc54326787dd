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


MEANINGS = {
    ExitCode.DONE: N_("Done, also when there was nothing to do or a school waits."),
    ExitCode.LOOK: N_("Delivered, but a person should look: a file among others was unusable, or many results were not joined."),
    ExitCode.HELD: N_("Held: it looks like a mistake. Nothing of that school was delivered; yesterday's delivery stays."),
    ExitCode.NO_INPUT: N_("No usable input."),
    ExitCode.IO: N_("Trouble with the disk, permissions or memory; the last delivery stays."),
    ExitCode.BUSY: N_("Another run of that school is busy."),
    ExitCode.CONFIG: N_("A mistake in a YAML file."),
    ExitCode.BUG: N_("A bug: nothing was delivered."),
    ExitCode.USAGE: N_("A wrong option or name on the command line."),
}
"""What each exit code means."""

WORST_FIRST = (
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
"""Of schools that end otherwise, whose exit code is the command's."""


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The exit code of a command that did many schools: the worst of theirs, DONE when there are none."""
    return min(codes, key=WORST_FIRST.index, default=ExitCode.DONE)


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


def problem_of(error: Exception) -> Problem:
    """What to tell of an error that is not of the catalogue. Of a bug only its kind and place: its words could name a pupil."""
    if isinstance(error, OSError):
        return Problem(IO_FAILED, error.filename or "", {"detail": error.strerror or type(error).__name__})
    return Problem(BUG, "", {"detail": kind_and_place(error)})


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
CONFIG_UNREADABLE = ErrorKind("config-unreadable", ExitCode.CONFIG, N_("This file cannot be read: {detail}."), N_("Check its permissions."))
CONFIG_DUPLICATE_KEY = ErrorKind("config-duplicate-key", ExitCode.CONFIG, N_("The key '{key}' stands here twice."), N_("Keep one."))
CONFIG_UNKNOWN_KEY = ErrorKind("config-unknown-key", ExitCode.CONFIG, N_("The key '{key}' is not known."), N_("{hint}"))
CONFIG_MISSING_KEY = ErrorKind("config-missing-key", ExitCode.CONFIG, N_("The key '{key}' is required."), N_("{hint}"))
CONFIG_VALUE = ErrorKind("config-value", ExitCode.CONFIG, N_("'{key}': {detail}."), N_("{hint}"))
CONFIG_UNCHANGEABLE = ErrorKind(
    "config-unchangeable",
    ExitCode.CONFIG,
    N_("'{key}' is written in such a way here that it cannot be changed by itself."),
    N_("Change it by hand."),
)
CONFIG_UNKNOWN_SCHOOL = ErrorKind(
    "config-unknown-school", ExitCode.USAGE, N_("There is no school '{school}' in this workspace."), N_("{hint}")
)
CONFIG_NO_SCHOOLS = ErrorKind(
    "config-no-schools", ExitCode.CONFIG, N_("There is no school here."), N_("Sign the first one up: 'cito-numo register'.")
)
CONFIG_UNSAFE = ErrorKind(
    "config-unsafe",
    ExitCode.CONFIG,
    N_("Others may have written this file: {detail}."),
    N_("Give it to the user that runs cito-numo ('chown'), and take it from the others ('chmod o-w')."),
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
    N_("Export it again with these columns; or write a layout for it: cito-numo layouts draft."),
)
DRAFT_NO_HEADER = ErrorKind(
    "draft-no-header",
    ExitCode.NO_INPUT,
    N_("No row of headers can be told from the data in this file."),
    N_("Put a row above the data that says what each column holds."),
)
LAYOUT_UNKNOWN = ErrorKind("layout-unknown", ExitCode.USAGE, N_("There is no layout '{name}'."), N_("{hint}"))
FILE_TWO_LAYOUTS = ErrorKind(
    "file-two-layouts",
    ExitCode.NO_INPUT,
    N_("More than one layout fits this file ({layouts}). Its headers are: {headers}."),
    N_("Make the layouts differ, or take one out of layouts/."),
)
FILE_BSN = ErrorKind(
    "file-bsn",
    ExitCode.NO_INPUT,
    N_("The column {column} of this file holds numbers that look like BSNs; the file is not read."),
    N_("Take this file away, and export it with the leerlingnummer. BSNs do not belong here."),
)
REFUSED_COLUMNS = ErrorKind(
    "refused-columns",
    ExitCode.LOOK,
    N_("This file has columns on {kinds}, which were not read."),
    N_("Such data does not belong here: export the file without them."),
)
REFUSED_ROWS = ErrorKind(
    "refused-rows",
    ExitCode.LOOK,
    N_("Rows of this file that are results of {kinds}: {count}. They were refused, and nothing of them is kept."),
    N_("Such results never become practice plans: export the file without them."),
)
PRIMARY_LEVELS = ErrorKind(
    "primary-levels",
    ExitCode.DONE,
    N_("Rows of this file with a level of primary education: {count}."),
    N_("Is it an export of Leerling in beeld VO? See report/niet-geleverd.csv."),
)
ZEROS_GONE = ErrorKind(
    "zeros-gone",
    ExitCode.DONE,
    N_("Rows whose leerlingnummer lacks leading zeros that Numo's list has: {count}. The file was saved from a spreadsheet."),
    N_("Put the file here as it was downloaded. Nothing is filled in, so these results are joined with nobody."),
)
SHEET_LEFT = ErrorKind(
    "sheet-left",
    ExitCode.LOOK,
    N_("Sheet {sheet} of this workbook was not read: of the nearest layout, {layout}, it misses {missing}."),
    N_("Add these columns, or take the sheet out."),
)
COLUMNS_LEFT = ErrorKind(
    "columns-left",
    ExitCode.LOOK,
    N_("These columns look like results, but not of which toets and onderdeel; they were not read: {headers}."),
    N_("Write a layout that knows their headers: cito-numo layouts draft."),
)
SHEET_HIDDEN = ErrorKind(
    "sheet-hidden",
    ExitCode.LOOK,
    N_("Sheet {sheet} of this workbook holds results, but is hidden; it was not read."),
    N_("Unhide it if its results count, else delete it."),
)
DOMEINEN_UNREAD = ErrorKind(
    "domeinen-unread",
    ExitCode.DONE,
    N_("Levels of domeinen that cannot be read, or of a domein that is not known: {count}. They were left out, their results were not."),
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
ROSTER_EXPORT = ErrorKind(
    "roster-export", ExitCode.NO_INPUT, N_("This is an export of Cito: results, no list of pupils."), N_("Put it in inbox/cito.")
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
LIST_COLUMNS = ErrorKind(
    "list-columns",
    ExitCode.NO_INPUT,
    N_("This list lacks columns: {missing}. Its headers are: {headers}."),
    N_("Put a row above the list that says what each column holds."),
)
LIST_EMPTY = ErrorKind("list-empty", ExitCode.NO_INPUT, N_("There are no rows below the headers of this list."))
LIST_ROW = ErrorKind(
    "list-row",
    ExitCode.NO_INPUT,
    N_("This row has more or fewer cells than the row of headers."),
    N_('Mend it; put a cell in quotes (") where the separator stands in it.'),
)
LIST_VALUE = ErrorKind("list-value", ExitCode.NO_INPUT, N_("What stands here is not allowed."), N_("{hint}"))
FILE_ALL_INVALID = ErrorKind(
    "file-all-invalid", ExitCode.LOOK, N_("Not one of the {count} rows of this export can be read."), N_("See report/niet-geleverd.csv.")
)
XML_SYNTAX = ErrorKind("xml-syntax", ExitCode.NO_INPUT, N_("This is not well-formed XML (line {line})."), N_("Ask for the file again."))
XML_CHARSET = ErrorKind(
    "xml-charset",
    ExitCode.NO_INPUT,
    N_("This file holds bytes that are not {charset}, its encoding (line {line})."),
    N_("Ask the sender for the export as the system made it."),
)
XML_CHARSET_UNKNOWN = ErrorKind(
    "xml-charset-unknown",
    ExitCode.NO_INPUT,
    N_("This file says that it is written in {charset}, which is no known encoding."),
    N_("Ask the sender for the export as the system made it."),
)
XML_DOCTYPE = ErrorKind(
    "xml-doctype",
    ExitCode.NO_INPUT,
    N_("This file has a DOCTYPE, which no export has; it is refused."),
    N_("Ask the sender for the export as the system made it."),
)
XML_TOO_LARGE = ErrorKind(
    "xml-too-large",
    ExitCode.NO_INPUT,
    N_("This file is larger, is nested deeper or has longer values than any export; it is refused."),
    N_("Ask the sender for the export as the system made it."),
)
UWLR_ROOT = ErrorKind(
    "uwlr-root",
    ExitCode.NO_INPUT,
    N_("This is no UWLR: its outermost element is <{root}>, not <leerresultaten_verzoek>."),
    N_("Export the results again."),
)
UWLR_NO_DATA = ErrorKind(
    "uwlr-no-data", ExitCode.NO_INPUT, N_("There is no <leerresultaten_verzoek> with anything in it."), N_("Export the results again.")
)
UWLR_BRIN = ErrorKind(
    "uwlr-brin",
    ExitCode.NO_INPUT,
    N_("It is of a school with BRIN {found}; this school has {expected}."),
    N_("Put it in the inbox of the school that it is of."),
)
CITO_EDEXML = ErrorKind(
    "cito-edexml", ExitCode.NO_INPUT, N_("This is an EDEXML: pupils, no results."), N_("Put it in inbox/edexml of this school.")
)
EDEXML_ROOT = ErrorKind(
    "edexml-root",
    ExitCode.NO_INPUT,
    N_("This is no EDEXML: its outermost element is <{root}>, not <EDEX> or <leerlinggegevens>."),
    N_("Ask the Somtoday administrator for the Cito-importbestand."),
)
EDEXML_NO_DATA = ErrorKind(
    "edexml-no-data",
    ExitCode.NO_INPUT,
    N_("This answer of a pupil administration holds no pupils, but <{element}>."),
    N_("Ask for the export of all pupils."),
)
EDEXML_NO_PUPILS = ErrorKind(
    "edexml-no-pupils", ExitCode.NO_INPUT, N_("There are no pupils in this EDEXML."), N_("Ask for the export of all pupils.")
)
EDEXML_NO_KEYS = ErrorKind(
    "edexml-no-keys",
    ExitCode.NO_INPUT,
    N_("Not one pupil in this EDEXML has a key or an ECK iD, so nothing can be joined."),
    N_("Ask the Somtoday administrator for the Cito-importbestand."),
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
    N_("Set edexml.leerlingnummer in school.yaml to the right place. In toevoegingen stands: {added}."),
)
EDEXML_NO_LIST = ErrorKind(
    "edexml-no-list",
    ExitCode.NO_INPUT,
    N_("It cannot be told where the gebruikersnaam stands, without Numo's list to compare. Of {pupils} pupils have one: {figures}."),
    N_("Put Numo's list in inbox/numo, or set edexml.leerlingnummer in school.yaml. In toevoegingen stands: {added}."),
)

# --- mails and archives ----------------------------------------------------------------------------------------------

_AS_XML = N_("Ask the school to attach the EDEXML itself (.xml), or in a plain zip.")
ARCHIVE_LOCKED = ErrorKind("archive-locked", ExitCode.NO_INPUT, N_("This zip is locked with a password."), _AS_XML)
ARCHIVE_NESTED = ErrorKind("archive-nested", ExitCode.NO_INPUT, N_("This zip holds another archive, which is not opened."), _AS_XML)
ARCHIVE_PATH = ErrorKind(
    "archive-path", ExitCode.NO_INPUT, N_("This zip holds a link, or a path that leads out of it; it is refused."), _AS_XML
)
ARCHIVE_TOO_LARGE = ErrorKind(
    "archive-too-large", ExitCode.NO_INPUT, N_("This zip holds more files, or larger ones, than any export; it is refused."), _AS_XML
)
ARCHIVE_DAMAGED = ErrorKind("archive-damaged", ExitCode.NO_INPUT, N_("This zip is damaged."), N_("Ask for the file again."))
ARCHIVE_NOTHING = ErrorKind("archive-nothing", ExitCode.NO_INPUT, N_("This zip holds no XML."), _AS_XML)
PACKED_OTHERWISE = ErrorKind("packed-otherwise", ExitCode.NO_INPUT, N_("This is a {what} archive, which is not opened."), _AS_XML)
WINMAIL_DAT = ErrorKind(
    "winmail-dat",
    ExitCode.NO_INPUT,
    N_("This is a winmail.dat: Outlook packed what was attached in a way that only Outlook opens."),
    N_("Ask the sender to send it as plain text or HTML, not as Rich Text."),
)
NOT_XML = ErrorKind("not-xml", ExitCode.NO_INPUT, N_("This is a {what}, no EDEXML."), _AS_XML)
MAIL_NOTHING = ErrorKind("mail-nothing", ExitCode.NO_INPUT, N_("Nothing is attached to this mail."), _AS_XML)
MAIL_CLOUD_LINK = ErrorKind(
    "mail-cloud-link", ExitCode.NO_INPUT, N_("This mail holds a link to the file, not the file; links are never opened."), _AS_XML
)
MAIL_DAMAGED = ErrorKind(
    "mail-damaged", ExitCode.NO_INPUT, N_("This cannot be read as a mail."), N_("Ask for it again, or import the EDEXML itself.")
)
MAIL_NONE = ErrorKind(
    "mail-none", ExitCode.NO_INPUT, N_("This is no mail."), N_("Hand over a whole mail, with its headers; or import the file by its name.")
)
MAIL_TOO_LARGE = ErrorKind(
    "mail-too-large", ExitCode.NO_INPUT, N_("This mail is larger, or has more parts, than mail hosts let pass; it is refused."), _AS_XML
)
_BY_HAND = N_("If it is right all the same, import the file in quarantine/ by hand.")
MAIL_NO_SCHOOL = ErrorKind(
    "mail-no-school",
    ExitCode.HELD,
    N_("The subject has to name one school of this workspace by its korte naam; it names: {found}."),
    N_("Import the file in quarantine/ with --school."),
)
MAIL_SENDER = ErrorKind("mail-sender", ExitCode.HELD, N_("The sender is not in mail_from of this school."), _BY_HAND)
MAIL_OUTLOOK = ErrorKind(
    "mail-outlook", ExitCode.HELD, N_("A mail that Outlook saved says nothing of its sender that could be confirmed."), _BY_HAND
)
MAIL_NO_HOST = ErrorKind(
    "mail-no-host",
    ExitCode.HELD,
    N_("Which mail host confirms senders is not configured, so none is."),
    N_("Set mail_host in cito-numo.yaml, or import the file in quarantine/ by hand."),
)
MAIL_UNCONFIRMED = ErrorKind(
    "mail-unconfirmed", ExitCode.HELD, N_("The mail host {host} does not confirm that this mail is from {domain} (DKIM)."), _BY_HAND
)
MAIL_TAMPERED = ErrorKind(
    "mail-tampered", ExitCode.HELD, N_("This mail holds a header twice that a mail has once, or a head that is cut short."), _BY_HAND
)
MAIL_FORGED = ErrorKind(
    "mail-forged", ExitCode.HELD, N_("This mail holds more than one statement on DKIM in the name of {host}: one is forged."), _BY_HAND
)

# --- what is odd in an EDEXML ----------------------------------------------------------------------------------------

EDEXML_PLACE_UNKNOWN = ErrorKind(
    "edexml-place-unknown",
    ExitCode.DONE,
    EDEXML_NO_LIST.message,
    EDEXML_NO_LIST.advice,
)
EDEXML_BRIN = ErrorKind(
    "edexml-brin",
    ExitCode.DONE,
    N_("It is of a school with BRIN {found}; this school has {expected}."),
    N_("Is it this school's file? Importing it is held."),
)
EDEXML_SCHOOLJAAR = ErrorKind(
    "edexml-schooljaar",
    ExitCode.DONE,
    N_("It is of schooljaar {found}; now it is {expected}."),
    N_("Ask for a new export if pupils or klassen changed since."),
)
EDEXML_KEY_DOUBLE = ErrorKind(
    "edexml-key-double",
    ExitCode.DONE,
    N_("Pupils with a key that another pupil has too: {count}."),
    N_("Results with such a key are joined with nobody. Have the administrator mend it."),
)
EDEXML_ECK_DOUBLE = ErrorKind(
    "edexml-eck-double",
    ExitCode.DONE,
    N_("Pupils with an ECK iD that another pupil has too: {count}."),
    N_("Results with such an ECK iD are joined with nobody. Have the administrator mend it."),
)
EDEXML_NAME_DOUBLE = ErrorKind(
    "edexml-name-double",
    ExitCode.DONE,
    N_("Pupils with a gebruikersnaam that another pupil has too: {count}."),
    N_("Their results are joined with nobody. Have the administrator mend it."),
)
EDEXML_KEY_DUMMY = ErrorKind(
    "edexml-key-dummy", ExitCode.DONE, N_("Pupils with a dummy key (it begins with #), which is not kept: {count}.")
)
EDEXML_ONLY_ECK_ID = ErrorKind(
    "edexml-only-eck-id",
    ExitCode.DONE,
    N_("Pupils with an ECK iD and no key: {count}."),
    N_("Cito's results of a Somtoday school cannot be joined with them."),
)
EDEXML_NO_KEY = ErrorKind(
    "edexml-no-key", ExitCode.DONE, N_("Pupils with neither a key nor an ECK iD, who are left out: {count}."), N_("Have the export mended.")
)
EDEXML_GROEP_UNKNOWN = ErrorKind("edexml-groep-unknown", ExitCode.DONE, N_("Pupils refer to groepen that are not in the file."))
EDEXML_LEFT = ErrorKind("edexml-left", ExitCode.DONE, N_("Pupils who have left the school: {count}."))
EDEXML_NOT_VO = ErrorKind(
    "edexml-not-vo",
    ExitCode.DONE,
    N_("The jaargroepen are those of primary education."),
    N_("Ask for the export of the secondary school."),
)
EDEXML_ORDER = ErrorKind(
    "edexml-order",
    ExitCode.DONE,
    N_("<{element}> stands in another place than the standard says (times: {count}); it is read all the same."),
)
EDEXML_TWICE = ErrorKind(
    "edexml-twice", ExitCode.DONE, N_("<{element}> stands twice where it can stand once (times: {count}); of a pupil neither counts.")
)
EDEXML_PATTERN = ErrorKind(
    "edexml-pattern", ExitCode.DONE, N_("<{element}> is written in another way than the standard says (times: {count}).")
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
COVER_UNKNOWN = ErrorKind(
    "cover-unknown",
    ExitCode.DONE,
    N_("How many of Numo's pupils this covers cannot be told: there is no list of them."),
    N_("Export it from Numo and put it in inbox/numo."),
)
_GO_ON = N_("If it is right all the same: {command}")
HOLD_UNMATCHED = ErrorKind("hold-unmatched", ExitCode.HELD, N_("Held: {count} of {total} results match no pupil."), _GO_ON)
HOLD_SHRINK = ErrorKind("hold-shrink", ExitCode.HELD, N_("Held: there are {now} pupils now, and there were {before}."), _GO_ON)
HOLD_OTHER_SCHOOL = ErrorKind("hold-other-school", ExitCode.HELD, N_("Held: this export lies at another school too: {other}."), _GO_ON)
HOLD_SCATTERED = ErrorKind(
    "hold-scattered",
    ExitCode.HELD,
    N_("Held: in {count} of {total} klassen of the exports, {klas} for one, the pupils are scattered over the klassen of the list."),
    _GO_ON,
)
HOLD_LEERJAREN = ErrorKind(
    "hold-leerjaren",
    ExitCode.HELD,
    N_(
        "Held: {count} of {total} pupils are in a leerjaar now in which who was in that klas then is not: a number or key may be another "
        "pupil's since, or the file another school's."
    ),
    _GO_ON,
)
KLAS_UNKNOWN = ErrorKind("klas-unknown", ExitCode.USAGE, N_("No leerplan is of a pupil in klas {klas}. There are: {klassen}."))
KLASSEN_UNKNOWN = ErrorKind(
    "klassen-unknown",
    ExitCode.DONE,
    N_("Results of klassen that the list of pupils does not have: {count} ({klassen}). They do not count as unmatched."),
    N_("Right if those years do not practise in Numo."),
)
HOLD_KEYS_MOVED = ErrorKind(
    "hold-keys-moved", ExitCode.HELD, N_("Held: {count} known Cito keys or ECK iDs would now point at another pupil."), _GO_ON
)
HOLD_KEYS_RENEWED = ErrorKind(
    "hold-keys-renewed", ExitCode.HELD, N_("Held: {count} pupils who have a Cito key would get another, and keys do not change."), _GO_ON
)
HOLD_BRIN = ErrorKind(
    "hold-brin", ExitCode.HELD, N_("Held: this EDEXML is of a school with BRIN {found}; this school has {expected}."), _GO_ON
)
KEYS_OLDER = ErrorKind(
    "keys-older",
    ExitCode.LOOK,
    N_("Keys that this file gives to another pupil than the key table does: {count}. They stay as they are, for a newer file said so."),
    N_("Was the newer file wrong? Import all files that are right, with --replace."),
)
HOLD_COVER = ErrorKind(
    "hold-cover", ExitCode.HELD, N_("Held: with this EDEXML the key table covers {count} of Numo's {total} pupils, less than half."), _GO_ON
)
SCHOOL_UNNAMED = ErrorKind(
    "school-unnamed",
    ExitCode.USAGE,
    N_("It is not certain which school this is for."),
    N_("Name it with --school, or in the subject of the mail."),
)
WAITING_INACTIVE = ErrorKind(
    "waiting-inactive",
    ExitCode.DONE,
    N_("The school is signed up, but not active yet."),
    N_("Cito handles a request within 5 days; then: 'cito-numo register --activate SCHOOL' (it sets active_from in school.yaml)."),
)
REQUEST_OVERDUE = ErrorKind(
    "request-overdue",
    ExitCode.DONE,
    N_("The school signed up on {date}, {days} days ago, and is not active yet. Cito handles a request within 5 days."),
    N_("Ask Cito's klantenservice (klantenservice@cito.nl); when it is handled: 'cito-numo register --activate SCHOOL'."),
)
WAITING_ACTIVE_FROM = ErrorKind("waiting-active-from", ExitCode.DONE, N_("The school is active from {date}."))
WAITING_NO_RESULTS = ErrorKind("waiting-no-results", ExitCode.DONE, N_("There are no results yet: inbox/cito is empty."))
WAITING_NO_KEYS = ErrorKind(
    "waiting-no-keys",
    ExitCode.DONE,
    N_("The Cito-importbestand (EDEXML) is missing, which tells which Cito key is which pupil."),
    N_("The school's Somtoday administrator exports it and mails it to support@kurve.nl; put it in inbox/edexml."),
)
PREVIEW_NOTHING = ErrorKind(
    "preview-nothing",
    ExitCode.DONE,
    N_("None of the results that were read ({read}) was joined with a pupil and counts."),
    N_("'cito-numo check' tells what is in the way."),
)
NOTHING_READS = ErrorKind("nothing-reads", ExitCode.LOOK, N_("Nothing reads what lies here: {names}."), N_("{hint}"))
ALL_UNUSABLE = ErrorKind("all-unusable", ExitCode.NO_INPUT, N_("None of the files in {folder} could be used."))
BUSY = ErrorKind("busy", ExitCode.BUSY, N_("Another run of this school is busy ({holder})."), N_("Wait until it is done."))
IO_FAILED = ErrorKind("io-failed", ExitCode.IO, N_("{detail}."), N_("Mend this and run again."))
_RESTORE = N_("Put ledger.sqlite back from a backup; or build it anew from the outbox: 'cito-numo sync SCHOOL --rebuild'.")
LEDGER_DAMAGED = ErrorKind("ledger-damaged", ExitCode.HELD, N_("Held: the ledger cannot be used: {detail}."), _RESTORE)
LEDGER_NEWER = ErrorKind(
    "ledger-newer",
    ExitCode.HELD,
    N_("Held: the ledger was written by a newer version of cito-numo."),
    N_("Install that version; this one could only do harm."),
)
LEDGER_LOST = ErrorKind(
    "ledger-lost",
    ExitCode.HELD,
    N_("Held: runs were delivered that the ledger knows nothing of, {run_id} for one: it was lost, or an old one was put back."),
    _RESTORE,
)
LEDGER_REBUILT = ErrorKind(
    "ledger-rebuilt",
    ExitCode.LOOK,
    N_(
        "The ledger was built anew from what it still told, and the runs in the outbox ({runs}). What only a ledger that is gone knew is "
        "not known any more: keys, what was agreed to, and which corrections took an onderdeel out."
    ),
    N_("Import EDEXML files that are not in inbox/edexml again: 'cito-numo edexml import'."),
)
RUNS_TAKEN = ErrorKind(
    "runs-taken",
    ExitCode.LOOK,
    N_("Other runs were taken from the outbox before. What they held is not known any more: it is delivered again, as higher revisies."),
    N_("Nothing is lost by that: a higher revisie takes the place of a lower one."),
)
LEDGER_SOUND = ErrorKind("ledger-sound", ExitCode.DONE, N_("The ledger is sound: there was nothing to build anew."))
RUN_ALTERED = ErrorKind(
    "run-altered",
    ExitCode.LOOK,
    N_("This run is not as it was delivered: {detail}."),
    N_("Throw it away, or put it back; 'cito-numo sync SCHOOL --full' delivers all that is in force once more."),
)
RUN_INVALID = ErrorKind(
    "run-invalid", ExitCode.LOOK, N_("{name} is not valid against its schema, at {where}."), N_("Do not import it, and report it as a bug.")
)
RUN_UNKNOWN = ErrorKind("run-unknown", ExitCode.LOOK, N_("The ledger does not know this run."), N_("Was it copied here? Do not import it."))
LATEST_ASTRAY = ErrorKind("latest-astray", ExitCode.LOOK, N_("'latest' does not lead to the newest run."), N_("The next night mends it."))
REBUILD_RUN = ErrorKind(
    "rebuild-run",
    ExitCode.HELD,
    N_("Held: the ledger cannot be built anew from this run, which is not as it was delivered: {detail}."),
    N_("Put it back as it was; or move it out of the outbox and import it by hand, if it has to be."),
)
LEDGER_IN_USE = ErrorKind(
    "ledger-in-use", ExitCode.IO, N_("Another program has the ledger open."), N_("Close it; the next run goes on where this one stopped.")
)
LEDGER_UNFINISHED = ErrorKind(
    "ledger-unfinished",
    ExitCode.IO,
    N_("A run was stopped in the middle of writing the ledger; until that is undone it cannot be read."),
    N_("The next 'cito-numo sync SCHOOL' does so by itself."),
)
WORKER_DIED = ErrorKind(
    "worker-died",
    ExitCode.IO,
    N_("The process that worked on this school ended in the middle ({detail})."),
    N_("The next run goes on where it stopped: 'cito-numo sync SCHOOL'. Does memory run out? Use fewer --jobs."),
)
LOG_UNWRITABLE = ErrorKind("log-unwritable", ExitCode.IO, N_("The log cannot be written: {detail}."), N_("Name another file with --log."))
ON_FAILURE = ErrorKind(
    "on-failure", ExitCode.LOOK, N_("The command of on_failure did not work: {detail}."), N_("Mend it in the YAML file.")
)
NOT_AGREED = ErrorKind("not-agreed", ExitCode.USAGE, N_("Nothing was done."), N_("Add --yes to go on without being asked."))
TOO_LONG_AGO = ErrorKind(
    "too-long-ago", ExitCode.LOOK, N_("The last good night of this school was {when}."), N_("See 'cito-numo status -v'.")
)
LEERLING_UNSEEN = ErrorKind(
    "leerling-unseen",
    ExitCode.LOOK,
    N_("Nothing of this pupil was found in the ledger and the outbox."),
    N_("Was it typed as the gebruikersnaam in Numo, with its leading zeros? Results of it are not delivered from now on."),
)
LEERLING_ELSEWHERE = ErrorKind(
    "leerling-elsewhere",
    ExitCode.DONE,
    N_("Files in the inbox and in quarantine may still hold this pupil, and Numo does: they are not reached."),
    N_("Results that stand there are not delivered again. Throw such files away when you can, and remove the pupil in Numo."),
)
AANVRAAG_MISSING = ErrorKind(
    "aanvraag-missing",
    ExitCode.USAGE,
    N_("Results of an earlier schooljaar are coupled only after a request to Cito's klantenservice (klantenservice@cito.nl)."),
    N_("Give the number of the request, or whom you asked and when: --aanvraag 'klantenservice, 12-11-2026'."),
)
SCHOOLJAAR_NOT_EARLIER = ErrorKind(
    "schooljaar-not-earlier",
    ExitCode.USAGE,
    N_("'{schooljaar}' is no earlier schooljaar than that of now, {now}."),
    N_("Write it as 2024-2025. Results of this schooljaar go in inbox/cito: 'cito-numo sync' takes them."),
)
IMPORT_OTHER_YEARS = ErrorKind(
    "import-other-years",
    ExitCode.NO_INPUT,
    N_("There is no result of {schooljaar} in these files; those that were read are of: {others}."),
    N_("Look whether these are the right files, and the right --schooljaar."),
)
EXPORT_UNKNOWN = ErrorKind(
    "export-unknown", ExitCode.USAGE, N_("There is no export '{file}' here that could be read."), N_("There are: {files}.")
)
EXPORT_SEVERAL = ErrorKind(
    "export-several", ExitCode.USAGE, N_("More than one export is '{file}'."), N_("Name one as niet-geleverd.csv does: {files}.")
)
EXPORT_ROW_UNKNOWN = ErrorKind(
    "export-row-unknown",
    ExitCode.USAGE,
    N_("No result was read from row {row} of this export."),
    N_("Rows with results: {rows}. The row of the headers counts too."),
)
PLANS_UNCHOSEN = ErrorKind(
    "plans-unchosen",
    ExitCode.USAGE,
    N_("It is not said which leerplannen."),
    N_("Choose with --vak, --klas or --leerling, or take --all; on a terminal, without --json, they can be picked from a list."),
)
PLANS_CHANGED = ErrorKind(
    "plans-changed",
    ExitCode.LOOK,
    N_("Leerplannen that changed since they were shown were left out: {count}."),
    N_("Look at them again: 'cito-numo plans list'."),
)
NOTHING_TO_PROCESS = ErrorKind("nothing-to-process", ExitCode.DONE, N_("There is nothing to process."))
ALREADY_WITHDRAWN = ErrorKind("already-withdrawn", ExitCode.DONE, N_("There is nothing to withdraw: it was ingetrokken before."))
VAK_UNKNOWN = ErrorKind("vak-unknown", ExitCode.USAGE, N_("There is no such vak. There are: {vakken}."))
LEERLING_WITHOUT_PLAN = ErrorKind(
    "leerling-without-plan",
    ExitCode.USAGE,
    N_("A pupil who was named has no leerplan here, or not for that vak."),
    N_("Was it typed as the gebruikersnaam in Numo, with its leading zeros? See 'cito-numo plans list --all'."),
)
REDEN_UNFIT = ErrorKind(
    "reden-unfit",
    ExitCode.USAGE,
    N_("This cannot be the reden: {detail}."),
    N_("It goes to Numo with the leerplan: say in a sentence why, and not of whom."),
)
EXPORT_PLACE = ErrorKind(
    "export-place", ExitCode.USAGE, N_("An export cannot be written here: {detail}."), N_("Name another file with --output.")
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
REGISTER_MISSING = ErrorKind(
    "register-missing",
    ExitCode.USAGE,
    N_("Needed to sign a school up, and not given: {options}."),
    N_("Give them, or run it on a terminal, where they are asked."),
)
REGISTER_VALUE = ErrorKind("register-value", ExitCode.USAGE, N_("What is given here is not allowed."), N_("{hint}"))
REGISTER_STOPPED = ErrorKind("register-stopped", ExitCode.USAGE, N_("Nothing was written."), N_("Add --yes to go on without being asked."))
FOLDER_NOT_EMPTY = ErrorKind("folder-not-empty", ExitCode.USAGE, N_("This folder is not empty."), N_("Name a new or an empty folder."))
