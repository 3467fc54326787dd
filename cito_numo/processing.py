"""What a person does with leerplannen: process them (verwerk testresultaten), or withdraw them. Each is a run of its own.

What was chosen is a leerplan in one revisie: one that changed since it was shown is left out, and told.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd

from cito_numo.config import Workspace
from cito_numo.errors import (
    ALREADY_WITHDRAWN,
    LEERLING_WITHOUT_PLAN,
    NOTHING_TO_PROCESS,
    PLANS_CHANGED,
    REDEN_UNFIT,
    ErrorKind,
    ExitCode,
    Problem,
    stop,
)
from cito_numo.groundwork import not_active
from cito_numo.in_force import Filters, InForce, in_force
from cito_numo.language import _
from cito_numo.report import PROCESS, WITHDRAW, Message
from cito_numo.revisions import INGETROKKEN, VERWERKT, Changes
from cito_numo.runs import Delivering, Finding, RunResult, Status, delivering, failed
from cito_numo.schooljaar import today
from cito_numo.values import looks_like_eck_id

_LONGEST_REDEN = 200
_NUMBER = re.compile(r"\d(?:[\W_]{0,5}\d){5,}")
_DAY = re.compile(r"(?<!\d)(?:\d{1,2}-\d{1,2}-202\d|202\d-\d{2}-\d{2})(?!\d)")
_SHORTEST_NAME = 3
_KEY = re.compile(r"[0-9a-f-]{24,}", re.IGNORECASE)


@dataclass(frozen=True)
class PlansRun:
    """What came of one school's leerplannen."""

    result: RunResult
    leerplannen: int = 0
    """How many were delivered, or on a dry run would be."""

    def as_dict(self) -> dict[str, Any]:
        """As `plans process --json` and `plans withdraw --json` print it."""
        return {**self.result.as_dict(), "leerplannen": self.leerplannen}


Chosen = Collection[tuple[str, int]]
"""Leerplannen, each in the revisie that was shown: leerplan_id and revisie."""


def process(workspace: Workspace, korte_naam: str, chosen: Chosen, now: datetime, *, dry_run: bool) -> PlansRun:
    """Deliver the chosen leerplannen as `verwerkt`. Raises nothing: what goes wrong is in the result."""
    action = _Action(PROCESS, VERWERKT, NOTHING_TO_PROCESS, _processed, waiting=True)
    return _run(workspace, korte_naam, chosen, action, now, dry_run=dry_run)


def withdraw(workspace: Workspace, korte_naam: str, chosen: Chosen, reden: str, now: datetime, *, dry_run: bool) -> PlansRun:
    """Deliver the chosen leerplannen as `ingetrokken`; only newer results bring them back. Raises nothing, as `process`."""
    action = _Action(WITHDRAW, INGETROKKEN, ALREADY_WITHDRAWN, partial(_withdrawn, reden), waiting=False)
    return _run(workspace, korte_naam, chosen, action, now, dry_run=dry_run)


def check_leerling(plans: InForce) -> None:
    """CitoNumoError where there never was such a leerplan of a pupil; one that was withdrawn before was."""
    if plans.leerplannen.empty and plans.ingetrokken.empty:
        raise stop(LEERLING_WITHOUT_PLAN)


def cleaned_reden(text: str, leerling: str) -> str:
    """A reden on one line, without spaces around it; CitoNumoError where it is empty, too long, or could tell who it is about."""
    reden = " ".join(text.split())
    if not reden:
        raise stop(REDEN_UNFIT, detail=_("it is empty"))
    if len(reden) > _LONGEST_REDEN:
        raise stop(REDEN_UNFIT, detail=_("it is longer than {n} characters").format(n=_LONGEST_REDEN))
    if not reden.isprintable():
        raise stop(REDEN_UNFIT, detail=_("it holds characters that cannot be printed"))
    leerling = leerling.strip()
    named = len(leerling) >= _SHORTEST_NAME and leerling.casefold() in reden.casefold()
    if named or _NUMBER.search(_DAY.sub("", reden)) or _KEY.search(reden) or looks_like_eck_id(reden):
        raise stop(REDEN_UNFIT, detail=_("it holds a number of a pupil, or what could be one (six digits or more)"))
    return reden


@dataclass(frozen=True)
class _Action:
    """What is done with leerplannen."""

    name: str
    """As the manifest has it."""
    status: str
    """That its leerplannen have then."""
    nothing: ErrorKind
    """What is told where there is nothing to do it with."""
    deliver: Callable[[Delivering, InForce, Finding], None]
    waiting: bool
    """Whether only leerplannen that wait for a teacher can be chosen."""


def _run(workspace: Workspace, korte_naam: str, chosen: Chosen, action: _Action, now: datetime, *, dry_run: bool) -> PlansRun:
    try:
        with delivering(workspace, korte_naam, now, today(now), dry_run=dry_run) as school:
            waits = not_active(school.school, school.day) if action.waiting else None
            if waits is not None:
                finding = Finding(Status.WAITING, ExitCode.DONE, [Message.of(waits)])
                return PlansRun(finding.as_result(korte_naam, finding.messages))
            there = in_force(school.school, school.ledger)
            found = there.chosen(Filters(), waiting=action.waiting)
            wanted = set(chosen)
            plans = found.only(pd.Series([key in wanted for key in found.keys], index=found.leerplannen.index, dtype="bool"))
            count = len(plans.leerplannen)
            done = there.with_status(action.status)  # by the run that a crash had left, or by somebody else
            changed = [key for key in wanted - set(plans.keys) if key[0] not in done]
            problems = [*there.problems, *([Problem(PLANS_CHANGED, "", {"count": len(changed)})] if changed else [])]
            messages = [Message.of(problem) for problem in (problems if count or changed else [*problems, Problem(action.nothing)])]
            finding = Finding(Status.DRY_RUN if dry_run else Status.NOTHING_NEW, ExitCode.DONE, manifest={"action": action.name})
            finding.add(messages)
            if count and not dry_run:
                # Should the ledger be lost: no older file corrects what was processed, or brings back what was withdrawn.
                finding.manifest["volgorde"] = int(plans.onderdelen["volgorde"].max())
                action.deliver(school, plans, finding)
            return PlansRun(finding.as_result(korte_naam, finding.messages), count)
    except Exception as error:  # noqa: BLE001  whatever it is, a person gets a sentence
        return PlansRun(failed(korte_naam, workspace.school_folder(korte_naam), error))


def _processed(school: Delivering, plans: InForce, finding: Finding) -> None:
    school.deliver(plans.changes(_next_revisie(plans.leerplannen, VERWERKT, school)), finding)


def _withdrawn(reden: str, school: Delivering, plans: InForce, finding: Finding) -> None:
    gone = _next_revisie(plans.leerplannen, INGETROKKEN, school)
    gone = gone.assign(reden=pd.Series(reden, index=gone.index, dtype="str"))
    nothing = plans.only(pd.Series(False, index=gone.index)).changes()
    changes = Changes(nothing.leerplannen, nothing.onderdelen, gone)
    school.deliver(changes, finding, withdrawn=school.ledger.of_leerplannen(gone["leerplan_id"]))


def _next_revisie(leerplannen: pd.DataFrame, status: str, school: Delivering) -> pd.DataFrame:
    revisie = leerplannen["revisie"].clip(lower=school.ledger.revisie_floor()) + 1
    return leerplannen.assign(revisie=revisie, status=pd.Series(status, index=leerplannen.index, dtype="str"))
