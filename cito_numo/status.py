"""`status`: how each school stands: its request, its last night, what it has in force, and what needs a person. Writes nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cito_numo import delivery
from cito_numo.config import School, Workspace
from cito_numo.errors import REQUEST_OVERDUE, TOO_LONG_AGO, WAITING_INACTIVE, ExitCode, Problem, printable, worst
from cito_numo.inbox import CITO, files_in
from cito_numo.language import _
from cito_numo.ledger import ledger_path, open_ledger, problems_with
from cito_numo.report import Message
from cito_numo.schooljaar import AMSTERDAM
from cito_numo.uitkomst import Uitkomst

NEVER, HELD, FAILED = "never", "held", "failed"
"""The status of a school that had no night yet, and those of one that is told first."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_REQUEST_DAYS = 5
"""Within so many days Cito handles a request."""
_UNMATCHED = (Uitkomst.NIET_GEKOPPELD, Uitkomst.TEGENSTRIJDIG)


@dataclass(frozen=True)
class InLedger:
    """What a school's ledger tells."""

    status: str = NEVER
    at: datetime | None = None
    """When the last night ended."""
    good_at: datetime | None = None
    """When the last good night ended: exit code 0 or 3."""
    run_id: str | None = None
    """The newest run that was delivered, also where the importer took it."""
    plans: Mapping[str, int] = field(default_factory=dict)
    """`Ledger.count_plans`; empty where the ledger cannot be read."""
    judged: Mapping[str, int] = field(default_factory=dict)
    """The counts of the last night that judged results; empty where none did."""
    keys_from: date | None = None
    """When the newest EDEXML was taken in."""
    messages: Sequence[Message] = ()
    """What the last night said."""


@dataclass(frozen=True)
class SchoolStatus:
    """How one school stands on a day."""

    korte_naam: str
    day: date
    school: School | None
    """What its school.yaml says; None where that cannot be read."""
    ledger: InLedger
    newest_export: date | None
    """The day of the newest file in inbox/cito."""
    in_outbox: int
    messages: Sequence[Message] = ()
    exit_code: ExitCode = ExitCode.DONE

    @property
    def is_active(self) -> bool:
        """Whether the coupling is in use."""
        return self.school is not None and self.school.is_active(self.day)

    @property
    def active_from(self) -> date | None:
        """From when it is in use, or will be."""
        return self.school.config.active_from if self.school else None

    @property
    def signed_up(self) -> date | None:
        """When the school asked for it."""
        return self.school.config.signed_up if self.school else None

    @property
    def overdue(self) -> int | None:
        """How many days ago the school signed up, where Cito should have handled that by now."""
        if self.active_from is not None or self.signed_up is None:
            return None
        days = (self.day - self.signed_up).days
        return days if days > _REQUEST_DAYS else None

    @property
    def joins_on_keys(self) -> bool:
        """Whether a Cito key may tell whose a result is."""
        return self.school is not None and "cito_key" in self.school.match_on

    @property
    def keys_age(self) -> int | None:
        """How many days ago the newest EDEXML was taken in; None where there is no key, or the school does not join on it."""
        keys_from = self.ledger.keys_from if self.joins_on_keys else None
        return max((self.day - keys_from).days, 0) if keys_from else None

    @property
    def unmatched(self) -> int | None:
        """How many results of the last night that judged any have no pupil, or keys that contradict each other."""
        judged = self.ledger.judged
        return sum(judged.get(uitkomst, 0) for uitkomst in _UNMATCHED) if judged else None

    @property
    def needs_person(self) -> Sequence[Message]:
        """What a person has to do something about."""
        return [message for message in self.messages if message.needs_person]

    @property
    def worst_first(self) -> tuple[int, str]:
        """Sorts schools: what stands still, what needs a person, whose request is overdue, and the rest by name."""
        if self.school is None or self.ledger.status in (HELD, FAILED):
            return 0, self.korte_naam
        if any(message.code != REQUEST_OVERDUE.code for message in self.needs_person):
            return 1, self.korte_naam
        return 2 if self.overdue else 3, self.korte_naam

    def as_dict(self) -> dict[str, Any]:
        """As `status --json` prints it."""
        config = self.school.config if self.school else None
        return {
            "korte_naam": self.korte_naam,
            "status": self.ledger.status,
            "at": _iso(self.ledger.at),
            "good_at": _iso(self.ledger.good_at),
            "run_id": self.ledger.run_id,
            "in_outbox": self.in_outbox,
            "active": self.is_active,
            "active_from": _iso(self.active_from),
            "signed_up": _iso(self.signed_up),
            "administratie": config.administratie if config else None,
            "terugstuuroptie": config.terugstuuroptie if config else None,
            "newest_export": _iso(self.newest_export),
            "plans": {name: self.ledger.plans.get(name) for name in ("in_force", "te_verwerken")},
            "unmatched": {"count": self.unmatched, "read": self.ledger.judged.get("read")},
            "keys_age_days": self.keys_age,
            "needs_person": [message.text for message in self.needs_person],
            "exit_code": self.exit_code,
            "message": " ".join(message.text for message in self.messages),
        }


def age_of(text: str) -> timedelta:
    """The age that a text such as 26h, 90m or 2d names; ValueError for another text."""
    found = re.fullmatch(r"([1-9]\d{0,4})\s*([mhd])", text.strip())
    if found is None:
        raise ValueError(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def status_of(workspace: Workspace, korte_naam: str, now: datetime, day: date, oldest: timedelta | None) -> SchoolStatus:
    """How a school stands; LOOK where its last good night is longer ago than `oldest`.

    Whether it is active, and whether its request is overdue, is told by `day`. Raises nothing: what goes wrong is in its messages.
    """
    folder = workspace.school_folder(korte_naam)
    school, newest_export, in_outbox = None, None, 0
    problems: list[Problem] = []
    with _telling(problems, folder):
        school = workspace.school(korte_naam)
    with _telling(problems, folder):
        newest_export = _newest_export(folder)
    with _telling(problems, folder):
        in_outbox = len(delivery.runs_in(folder / "outbox"))
    ledger, troubles = _in_ledger(folder)
    status = SchoolStatus(printable(korte_naam), day, school, ledger, newest_export, in_outbox)
    exit_code = ExitCode.DONE
    late = []
    if oldest is not None and (ledger.good_at is None or now - ledger.good_at > oldest):
        when = ledger.good_at.isoformat(" ", "minutes") if ledger.good_at else _("never")
        late.append(Problem(TOO_LONG_AGO, "", {"when": when}))
        exit_code = ExitCode.LOOK
    found = [Message.of(problem) for problem in (*problems, *troubles, *late)]
    if status.overdue:
        asked = Message.of(Problem(REQUEST_OVERDUE, "", {"date": status.signed_up, "days": status.overdue}))
        found.append(replace(asked, needs_person=True))
    told_now = {message.key for message in found} | ({WAITING_INACTIVE.code} if status.overdue else set())
    messages = [*(message for message in ledger.messages if message.key not in told_now), *found]
    return replace(status, messages=[message.naming(status.korte_naam) for message in messages], exit_code=exit_code)


def _in_ledger(folder: Path) -> tuple[InLedger, Sequence[Problem]]:
    """What the ledger tells; where it cannot be read, its school stands as its next night would end."""
    problems: list[Problem] = []
    with _telling(problems, ledger_path(folder)), open_ledger(ledger_path(folder), read_only=True) as ledger:
        keys_from = date.fromisoformat(text) if (text := ledger.keys_taken_in()) else None
        known = InLedger(run_id=ledger.newest_run() or None, plans=ledger.count_plans(), keys_from=keys_from)
        night = ledger.last_night()
        if night is None:
            return known, []
        at, good_at = (datetime.fromisoformat(text) if text else None for text in (night.at, night.good_at))
        messages = [Message(**message) for message in night.messages]
        judged = {uitkomst: int(count) for uitkomst, count in night.judged.items()}
        return replace(known, status=night.status, at=at, good_at=good_at, judged=judged, messages=messages), []
    held = worst(problem.kind.exit_code for problem in problems) is ExitCode.HELD
    return InLedger(HELD if held else FAILED), problems


@contextmanager
def _telling(problems: list[Problem], place: Path) -> Iterator[None]:
    """Add what goes wrong to the problems of a school: the other schools are told all the same."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is, it is that school's alone
        problems += problems_with(error, place)


def _newest_export(folder: Path) -> date | None:
    newest = max((file.mtime_ns for file in files_in(folder, CITO)), default=None)
    return None if newest is None else datetime.fromtimestamp(newest / 1e9, AMSTERDAM).date()


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None
