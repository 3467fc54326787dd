"""`status`: how the last night of each school ended, and whether it had a good one lately. Writes nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cito_numo import delivery
from cito_numo.errors import TOO_LONG_AGO, CitoNumoError, ExitCode, Problem, printable
from cito_numo.language import _
from cito_numo.ledger import Night, ledger_path, open_ledger
from cito_numo.report import Message

NEVER = "never"
"""The status of a school that had no night yet."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class SchoolStatus:
    """How one school stands."""

    korte_naam: str
    status: str
    at: datetime | None
    """When its last night ended."""
    good_at: datetime | None
    """When its last good night ended: exit code 0 or 3."""
    run_id: str | None
    """The newest run that was delivered, also where the importer took it."""
    in_outbox: int
    messages: Sequence[Message]
    exit_code: ExitCode

    def as_dict(self) -> dict[str, Any]:
        """As `status --json` prints it."""
        return {
            "korte_naam": self.korte_naam,
            "status": self.status,
            "at": self.at.isoformat() if self.at else None,
            "good_at": self.good_at.isoformat() if self.good_at else None,
            "run_id": self.run_id,
            "in_outbox": self.in_outbox,
            "exit_code": self.exit_code,
            "message": " ".join(message.text for message in self.messages),
        }


def age_of(text: str) -> timedelta:
    """The age that a text such as 26h, 90m or 2d names; ValueError for another text."""
    found = re.fullmatch(r"([1-9]\d{0,4})\s*([mhd])", text.strip())
    if found is None:
        raise ValueError(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def status_of(korte_naam: str, school: Path, now: datetime, oldest: timedelta | None) -> SchoolStatus:
    """How the school in this folder stands; LOOK where its last good night is longer ago than `oldest`."""
    night: Night | None = None
    run_id: str | None = None
    messages: list[Message] = []
    status = NEVER
    try:
        with open_ledger(ledger_path(school), read_only=True) as ledger:
            night, run_id = ledger.last_night(), ledger.newest_run() or None
    except CitoNumoError as error:
        messages = [Message.of(problem) for problem in error.problems]
        status = "held"
    if night is not None:
        status = night.status
        messages = [Message(**message) for message in night.messages]
    at, good_at = (_moment(text) for text in ((night.at, night.good_at) if night is not None else ("", "")))
    exit_code = ExitCode.DONE
    if oldest is not None and (good_at is None or now - good_at > oldest):
        when = good_at.isoformat(" ", "minutes") if good_at else _("never")
        messages.append(Message.of(Problem(TOO_LONG_AGO, "", {"when": when})))
        exit_code = ExitCode.LOOK
    in_outbox = len(delivery.runs_in(school / "outbox"))
    return SchoolStatus(printable(korte_naam), status, at, good_at, run_id, in_outbox, messages, exit_code)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
