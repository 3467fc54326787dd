"""`verify`: every run in the outbox against its manifest, what the ledger knows of it, and the JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import orjson

from cito_numo import delivery
from cito_numo.errors import LATEST_ASTRAY, RUN_ALTERED, RUN_INVALID, RUN_UNKNOWN, CitoNumoError, ExitCode, Problem, printable, worst
from cito_numo.ledger import ledger_path, open_ledger
from cito_numo.outbox import differences
from cito_numo.report import LEERPLANNEN_JSON
from cito_numo.schemas import schema_text


@dataclass(frozen=True)
class Verified:
    """What was found in the outbox of one school."""

    korte_naam: str
    runs: int
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> ExitCode:
        """DONE where every run is as it was delivered."""
        return worst(problem.kind.exit_code for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """As `verify --json` prints it."""
        problems = [{"code": problem.kind.code, "message": str(problem)} for problem in self.problems]
        return {"korte_naam": self.korte_naam, "runs": self.runs, "exit_code": self.exit_code, "problems": problems}


def verify(korte_naam: str, school: Path) -> Verified:
    """Check all that lies in the outbox of the school in this folder. Writes nothing."""
    problems: list[Problem] = []
    known: Mapping[str, str | None] | None = None
    try:
        with open_ledger(ledger_path(school), read_only=True) as ledger:
            known = ledger.runs()
    except CitoNumoError as error:
        problems += error.problems
    outbox = school / "outbox"
    runs = delivery.runs_in(outbox)
    for run in runs:
        found = [Problem(RUN_ALTERED, str(run), {"detail": detail}) for detail in differences(run, (known or {}).get(run.name))]
        problems += found or _invalid(run)
        if known is not None and run.name not in known:
            problems.append(Problem(RUN_UNKNOWN, str(run)))
    if not delivery.latest_is_right(outbox):
        problems.append(Problem(LATEST_ASTRAY, str(outbox)))
    return Verified(printable(korte_naam), len(runs), tuple(problems))


def _invalid(run: Path) -> list[Problem]:
    """Where the leerplannen.json of a run is not valid; never the value that stands there."""
    try:
        content = orjson.loads((run / LEERPLANNEN_JSON).read_bytes())
    except (OSError, ValueError):
        return [Problem(RUN_INVALID, str(run), {"name": LEERPLANNEN_JSON, "where": "$"})]
    validator = jsonschema.Draft202012Validator(json.loads(schema_text("leerplannen")), format_checker=jsonschema.FormatChecker())
    places = (error.json_path for error in validator.iter_errors(content))
    return [Problem(RUN_INVALID, str(run), {"name": LEERPLANNEN_JSON, "where": place}) for place in _first(places)]


def _first(places: Iterator[str]) -> list[str]:
    place = next(places, None)
    return [] if place is None else [place]
