"""`sync --rebuild`: a ledger that is damaged or lost, built anew from the runs that are still in the outbox."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cito_numo import delivery
from cito_numo.errors import (
    LEDGER_DAMAGED,
    LEDGER_LOST,
    LEDGER_REBUILT,
    LEDGER_SOUND,
    REBUILD_RUN,
    RUNS_TAKEN,
    CitoNumoError,
    Problem,
    stop,
)
from cito_numo.ledger import RunState, ledger_path, open_ledger
from cito_numo.locking import school_lock
from cito_numo.outbox import check_ledger, differences
from cito_numo.outputs import changes_in
from cito_numo.report import LEERPLANNEN_JSON, MANIFEST_JSON, highest_revisie_in, read_manifest, sha256_of
from cito_numo.tables import VERVALLEN, empty

ASIDE = "ledger-damaged-"
"""How the name begins of a ledger that was put aside."""


def rebuild(school: Path, now: datetime) -> list[Problem]:
    """Build the ledger of the school in this folder anew where it cannot be used; what came of it.

    What is in force is that of the runs in the outbox; the orders of files, and how high revisies may have come, are those of the
    manifests. Raises CitoNumoError where a run is not as it was delivered, and where another run is busy.
    """
    path = ledger_path(school)
    with school_lock(path.with_name("lock"), now):
        if _is_sound(school, path):
            return [Problem(LEDGER_SOUND)]
        runs = delivery.runs_in(school / "outbox")
        for run in runs:
            for difference in differences(run):
                raise stop(REBUILD_RUN, str(run), detail=difference)
        reported = read_manifest(school / "report" / MANIFEST_JSON)
        manifests = [*(read_manifest(run / MANIFEST_JSON) for run in runs), reported]
        highest = max(highest_revisie_in(manifest) for manifest in manifests)
        taken = highest > len(runs)
        fresh = path.with_name(".ledger.part")
        _away(fresh)
        with open_ledger(fresh) as ledger:
            newest = str(reported.get("newest_run") or "")
            ledger.begin_anew(_orders(manifests), "" if newest in {run.name for run in runs} else newest, highest if taken else 0)
            orders = ledger.orders()
            for run in runs:
                manifest = (run / MANIFEST_JSON).read_bytes()
                changes = changes_in((run / LEERPLANNEN_JSON).read_bytes(), _newest(orders, read_manifest(run / MANIFEST_JSON)))
                ledger.begin(run.name, changes, empty(VERVALLEN), full=True, manifest=sha256_of(manifest))
                ledger.mark(run.name, RunState.DELIVERED)
        _put_aside(path, now)
        fresh.replace(path)
        delivery.sync_folder(path.parent)
    return [Problem(LEDGER_REBUILT, "", {"runs": len(runs)}), *([Problem(RUNS_TAKEN)] if taken else [])]


def _is_sound(school: Path, path: Path) -> bool:
    try:
        with open_ledger(path, read_only=True) as ledger:
            ledger.last_night()
            check_ledger(ledger, school)
    except CitoNumoError as error:
        if {problem.kind for problem in error.problems} <= {LEDGER_DAMAGED, LEDGER_LOST}:
            return False
        raise
    return True


def _orders(manifests: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The order of each file that a manifest names (sha256 → order)."""
    inputs = [entry for manifest in manifests for entry in manifest.get("inputs", []) if entry.get("volgorde")]
    return {str(entry["sha256"]): int(entry["volgorde"]) for entry in inputs}


def _newest(orders: Mapping[str, int], manifest: Mapping[str, Any]) -> int:
    """The order of the newest file of a run: no older one corrects what it delivered."""
    return max((orders.get(str(entry.get("sha256")), 0) for entry in manifest.get("inputs", [])), default=0)


def _put_aside(path: Path, now: datetime) -> None:
    """Keep the ledger that cannot be used, with its journal: a person may want to look at it."""
    for old in _with_journal(path):
        if old.exists():
            old.replace(old.with_name(old.name.replace("ledger", f"{ASIDE}{now:%Y%m%dT%H%M%S}", 1)))
    delivery.sync_folder(path.parent)


def _away(path: Path) -> None:
    for old in _with_journal(path):
        old.unlink(missing_ok=True)


def _with_journal(path: Path) -> Sequence[Path]:
    return (path, path.with_name(f"{path.name}-journal"))
