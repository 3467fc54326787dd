"""The outbox beside the ledger: what one says of a run and the other does not, and how a run comes from the one into the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from cito_numo import delivery
from cito_numo.errors import LEDGER_LOST, RUN_ALTERED, Problem, stop
from cito_numo.files import LARGEST, read_file, write_whole
from cito_numo.language import _
from cito_numo.ledger import Ledger, RunState
from cito_numo.report import MANIFEST_JSON, manifest_json, read_manifest, sha256_of

if TYPE_CHECKING:
    import pandas as pd

    from cito_numo.revisions import Changes

_LARGE = 50_000
"""Onderdelen of a run from which it is worth while to do two things at once."""
Stamps = Mapping[str, Sequence[delivery.Stamp]]
"""Per run the stamps of its files, as `delivery.stamps` gives them."""


def check_ledger(ledger: Ledger, school: Path) -> None:
    """CitoNumoError where the outbox or the last report knows a run that the ledger does not.

    Without what it knows of the past, all would be delivered anew, with revisies that were given before.
    """
    known = ledger.runs()
    reported = read_manifest(school / "report" / MANIFEST_JSON).get("newest_run") or ""
    for run_id in (*(run.name for run in delivery.runs_in(school / "outbox")), str(reported)):
        if run_id and run_id not in known:
            raise stop(LEDGER_LOST, str(school / "outbox"), run_id=run_id)


def finish_unfinished(ledger: Ledger, outbox: Path) -> str | None:
    """Finish or discard the runs that a crash left behind; the newest that was finished.

    A run that was built and is gone from both places had appeared before the crash, and was taken by the importer since.
    """
    finished = None
    for run_id, state in ledger.unfinished():
        if state is RunState.PENDING:
            delivery.discard(outbox, run_id)
            ledger.discard(run_id)
            continue
        if delivery.is_built(outbox, run_id):
            delivery.publish(outbox, run_id)
        ledger.mark(run_id, RunState.DELIVERED)
        finished = run_id
    if outbox.is_dir():
        delivery.sweep(outbox)
        delivery.point_latest(outbox)
    return finished


def deliver(
    ledger: Ledger,
    school: Path,
    run_id: str,
    files: Mapping[str, Iterable[bytes]],
    manifest: Callable[[Sequence[delivery.Output]], bytes],
    changes: "Changes",
    vervallen: "pd.DataFrame | None",
    withdrawn: "pd.DataFrame | None",
    group: str | None,
    *,
    full: bool,
) -> None:
    """Write the run down, build it, let it appear, and say so: whenever this stops, the next night finishes or forgets it.

    `files` come part by part; `manifest` gives the manifest.json of what was written of them. A large run is built while it is written
    down: what is not in the ledger yet is swept away too.
    The report names it before it appears: should the ledger be lost and the run be taken at once, it is known there.
    """
    outbox, report = school / "outbox", school / "report" / MANIFEST_JSON
    with _beside(large=len(changes.onderdelen) >= _LARGE) as beside:
        building = beside(delivery.build, outbox, run_id, files, manifest, group)
        ledger.begin(run_id, changes, vervallen, withdrawn, full=full)
        ledger.mark_built(run_id, building())
    known = {"newest_run": run_id, "highest_revisie": ledger.highest_revisie(), "revisie_floor": ledger.revisie_floor()}
    write_whole(report, manifest_json({**read_manifest(report), **known}))
    delivery.publish(outbox, run_id)
    ledger.mark(run_id, RunState.DELIVERED)


@contextmanager
def _beside(*, large: bool) -> Iterator[Callable[..., Callable[[], str]]]:
    """What begins some work and gives what ends it: of a large run beside other work, of others not before it is asked for."""
    if not large:
        yield partial
        return
    with ThreadPoolExecutor(1) as pool:
        yield lambda *work: pool.submit(*work).result


def altered(ledger: Ledger, outbox: Path, seen: Stamps) -> tuple[list[Problem], Stamps]:
    """The runs that are not as they were delivered, and the stamps of those that are.

    A run of which the stamps were `seen` before is not read again.
    """
    problems: list[Problem] = []
    sound: dict[str, Sequence[delivery.Stamp]] = {}
    manifests = ledger.runs()
    for run in delivery.runs_in(outbox):
        try:
            stamps = delivery.stamps(run)
        except FileNotFoundError:  # the importer took it just now
            continue
        if [list(stamp) for stamp in seen.get(run.name, ())] != [list(stamp) for stamp in stamps]:
            found = [Problem(RUN_ALTERED, str(run), {"detail": detail}) for detail in differences(run, manifests.get(run.name))]
            if found:
                problems += found[:1] if run.is_dir() else []
                continue
        sound[run.name] = stamps
    return problems, sound


def differences(run: Path, manifest: str | None = None) -> Iterator[str]:
    """In what a run differs from its manifest.json, and that from the sha256 of it that is known."""
    try:
        content = read_file(run / MANIFEST_JSON, LARGEST)
        outputs = {str(output["path"]): output for output in orjson.loads(content)["outputs"]}
    except (OSError, ValueError, TypeError, KeyError):
        yield _("{name} is gone or cannot be read").format(name=MANIFEST_JSON)
        return
    if manifest is not None and sha256_of(content) != manifest:
        yield _("{name} was changed").format(name=MANIFEST_JSON)
        return
    for name, output in sorted(outputs.items()):
        try:
            same = sha256_of(read_file(run / name, LARGEST)) == output.get("sha256")
        except OSError:
            yield _("{name} is gone or cannot be read").format(name=name)
            continue
        if not same:
            yield _("{name} was changed").format(name=name)
    present = {entry.name for entry in run.iterdir()} if run.is_dir() else set()
    for name in sorted(present - {*outputs, MANIFEST_JSON}):
        yield _("{name} was added").format(name=name)
