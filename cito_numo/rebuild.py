"""`sync --rebuild`: a ledger that is damaged, lost or out of date, built anew from what it still tells and the runs in the outbox."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
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
    ErrorKind,
    Problem,
    stop,
)
from cito_numo.files import sync_folder
from cito_numo.ledger import Ledger, RunState, ledger_path, open_ledger
from cito_numo.locking import school_lock
from cito_numo.outbox import check_ledger, differences
from cito_numo.outputs import changes_in
from cito_numo.privacy import Secret
from cito_numo.report import LEERPLANNEN_JSON, MANIFEST_JSON, WITHDRAW, floor_in, highest_revisie_in, purged_in, read_manifest, sha256_of

ASIDE, FRESH = "ledger-damaged-", ".ledger.part"
"""How the names begin of a ledger that was put aside, and of one that is being built."""


def rebuild(school: Path, now: datetime, secret: Secret) -> list[Problem]:
    """Build the ledger of the school in this folder anew where it cannot be used; what came of it.

    One that is only out of date gets the runs of the outbox that it does not know; of one that is damaged nothing is used. What is in force
    is that of the runs; the orders of files, what was purged, and how high revisies may have come, are those of the manifests. Raises
    CitoNumoError where a run is not as it was delivered, and where another run is busy.
    """
    path = ledger_path(school)
    with school_lock(path.with_name("lock"), now):
        trouble = _trouble(school, path)
        if trouble is None:
            return [Problem(LEDGER_SOUND)]
        runs = delivery.runs_in(school / "outbox")
        for run in runs:
            for difference in differences(run):
                raise stop(REBUILD_RUN, str(run), detail=difference)
        reported = read_manifest(school / "report" / MANIFEST_JSON)
        manifests = [*(read_manifest(run / MANIFEST_JSON) for run in runs), reported]
        highest = max(highest_revisie_in(manifest) for manifest in manifests)
        fresh = path.with_name(FRESH)
        for leftover in _with_journal(fresh):
            leftover.unlink(missing_ok=True)
        if trouble is LEDGER_LOST:
            with open_ledger(path, read_only=True) as old:
                old.copy_to(fresh)
        with open_ledger(fresh) as ledger:
            _purge_again(ledger, purged_in(reported), secret)
            known = ledger.runs()
            unknown = [run for run in runs if run.name not in known]
            newest = str(reported.get("newest_run") or "")
            gone = "" if newest in {*known, *(run.name for run in runs)} else newest
            missing = highest > ledger.highest_revisie() + len(unknown)
            taken = highest - floor_in(reported) > len(known) + len(unknown)
            ledger.begin_anew(_orders(manifests), gone, highest if missing else 0)
            orders = ledger.orders()
            for run in unknown:
                manifest = read_manifest(run / MANIFEST_JSON)
                changes = changes_in((run / LEERPLANNEN_JSON).read_bytes(), _newest(orders, manifest))
                by_a_person = None
                if manifest.get("action") == WITHDRAW:
                    by_a_person = ledger.of_leerplannen(changes.ingetrokken["leerplan_id"])
                    by_a_person["volgorde"] = by_a_person["volgorde"].clip(lower=_newest(orders, manifest))
                sha256 = sha256_of((run / MANIFEST_JSON).read_bytes())
                ledger.begin(run.name, changes, withdrawn=by_a_person, full=True)
                ledger.mark_built(run.name, sha256)
                ledger.mark(run.name, RunState.DELIVERED)
            if "" in purged_in(reported):  # a younger run may hold what is older
                ledger.purge(date.fromisoformat(purged_in(reported)[""]))
        _put_aside(path, now)
        fresh.replace(path)
        sync_folder(path.parent)
    return [Problem(LEDGER_REBUILT, "", {"runs": len(runs)}), *([Problem(RUNS_TAKEN)] if taken else [])]


def _purge_again(ledger: Ledger, purged: Mapping[str, str], secret: Secret) -> None:
    """Purge from a ledger what was purged since it was the newest."""
    known = ledger.purged()
    missing = {leerling: day for leerling, day in purged.items() if known.get(leerling, "") < day}
    for name in ledger.gebruikersnamen():
        hashed = secret.hash_leerling(name)
        if hashed in missing:
            ledger.purge_leerling(name, [], date.min)
    ledger.bar(missing)


def _trouble(school: Path, path: Path) -> ErrorKind | None:
    """Why the ledger cannot be used, of what a rebuild can mend; None where it can."""
    try:
        with open_ledger(path, read_only=True) as ledger:
            ledger.last_night()
            check_ledger(ledger, school)
    except CitoNumoError as error:
        kind = error.problems[0].kind
        if kind in (LEDGER_DAMAGED, LEDGER_LOST):
            return kind
        raise
    return None


def _orders(manifests: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The order of each file that a manifest names (sha256 → order)."""
    inputs = [entry for manifest in manifests for entry in manifest.get("inputs", []) if entry.get("volgorde")]
    return {str(entry["sha256"]): int(entry["volgorde"]) for entry in inputs}


def _newest(orders: Mapping[str, int], manifest: Mapping[str, Any]) -> int:
    """The order of the newest file of a run, of which one that processed leerplannen says it: no older one corrects what it delivered."""
    said = manifest.get("volgorde")
    known = min(said, max(orders.values(), default=0)) if isinstance(said, int) else 0
    return max((orders.get(str(entry.get("sha256")), 0) for entry in manifest.get("inputs", [])), default=known)


def _put_aside(path: Path, now: datetime) -> None:
    """Keep the ledger that cannot be used, with its journal: a person may want to look at it."""
    for old in _with_journal(path):
        if old.exists():
            old.replace(old.with_name(old.name.replace("ledger", f"{ASIDE}{now:%Y%m%dT%H%M%S}", 1)))
    sync_folder(path.parent)


def _with_journal(path: Path) -> Sequence[Path]:
    return (path, path.with_name(f"{path.name}-journal"))
