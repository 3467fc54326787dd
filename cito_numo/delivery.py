"""Runs that appear in the outbox whole or not at all.

A run is built in a hidden folder beside its place, written through to the disk, and renamed; `latest` is a link that is renamed into place.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cito_numo.files import make_folder, sync_folder, write_file
from cito_numo.report import MANIFEST_JSON, sha256_of

LATEST = "latest"
_GONE = ".gone-"
Stamp = Sequence[str | int]
"""Name, size, times and inode of a file."""
Output = Mapping[str, str | int]
"""How a manifest names a file: path, size and sha256."""
_MOMENT = "%Y%m%dT%H%M%SZ"
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-\d{3}")


def next_run_id(now: datetime, newest: str) -> str:
    """A run-id that sorts by time and is greater than `newest`, also when the clock went back or two runs share a second."""
    candidate = now.astimezone(UTC).strftime(f"{_MOMENT}-000")
    if candidate > newest:
        return candidate
    moment, number = newest.split("-")
    if number != "999":
        return f"{moment}-{int(number) + 1:03d}"
    return (datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC) + timedelta(seconds=1)).strftime(f"{_MOMENT}-000")


def newest_in(outbox: Path) -> str:
    """The greatest run-id in the outbox, or an empty text."""
    return max((run.name for run in runs_in(outbox)), default="")


def runs_in(outbox: Path) -> list[Path]:
    """The runs that are in the outbox, oldest first."""
    return sorted(entry for entry in outbox.iterdir() if is_run(entry)) if outbox.is_dir() else []


def moment_of(run_id: str) -> datetime:
    """When a run was made."""
    return datetime.strptime(run_id.split("-", maxsplit=1)[0], _MOMENT).replace(tzinfo=UTC)


def stamps(run: Path) -> list[Stamp]:
    """What changes when a file of a run does, told without reading it."""
    found = ((entry.name, entry.stat(follow_symlinks=False)) for entry in sorted(os.scandir(run), key=lambda entry: entry.name))
    return [[name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino] for name, status in found]


def is_run(entry: Path) -> bool:
    """Whether an entry of the outbox is a delivered run."""
    return _RUN_ID.fullmatch(entry.name) is not None and entry.is_dir() and not entry.is_symlink()


def build(
    outbox: Path, run_id: str, files: Mapping[str, Iterable[bytes]], manifest: Callable[[Sequence[Output]], bytes], group: str | None
) -> str:
    """Write the files of a run, which come part by part, into its hidden folder, through to the disk; the sha256 of its manifest.json.

    `manifest` gives that of these outputs. Leftovers of an earlier try are thrown away.
    """
    make_folder(outbox, group)
    hidden = _hidden(outbox, run_id)
    shutil.rmtree(hidden, ignore_errors=True)
    make_folder(hidden, group)
    outputs: list[Output] = []
    for name, parts in files.items():
        hashed = hashlib.sha256()
        write_file(hidden / name, _hashing(parts, hashed), group)
        outputs.append({"path": name, "size": (hidden / name).stat().st_size, "sha256": hashed.hexdigest()})
    content = manifest(outputs)
    write_file(hidden / MANIFEST_JSON, content, group)
    sync_folder(hidden)
    return sha256_of(content)


def _hashing(parts: Iterable[bytes], hashed: "hashlib._Hash") -> Iterator[bytes]:
    """These parts, each hashed on its way."""
    for part in parts:
        hashed.update(part)
        yield part


def is_built(outbox: Path, run_id: str) -> bool:
    """Whether the hidden folder of a run is still there."""
    return _hidden(outbox, run_id).is_dir()


def publish(outbox: Path, run_id: str) -> None:
    """Let a run that was built appear, in the place of an older version of it if there is one, and point `latest` at the newest."""
    if is_run(outbox / run_id):
        remove(outbox, [run_id])
    _hidden(outbox, run_id).rename(outbox / run_id)
    sync_folder(outbox)
    point_latest(outbox)


def remove(outbox: Path, run_ids: Collection[str]) -> None:
    """Take runs away for good, each in one step; `latest` never leads to one of them."""
    if not run_ids:
        return
    point_latest(outbox, leaving=run_ids)
    for run_id in run_ids:
        _take_away(outbox, run_id)


def sweep(outbox: Path) -> None:
    """Throw away what a crash left of runs that were being taken away or built anew, once none is unfinished."""
    for entry in outbox.iterdir():
        if entry.name.startswith(_GONE) or (_RUN_ID.fullmatch(entry.name.removeprefix(".")) and entry.name.startswith(".")):
            shutil.rmtree(entry, ignore_errors=True)


def _take_away(outbox: Path, run_id: str) -> None:
    gone = outbox / f"{_GONE}{run_id}"
    shutil.rmtree(gone, ignore_errors=True)
    (outbox / run_id).rename(gone)
    sync_folder(outbox)
    shutil.rmtree(gone)


def point_latest(outbox: Path, leaving: Collection[str] = ()) -> None:
    """Make `latest` a link to the newest run that is in the outbox and stays there; without one there is no link."""
    newest = max((run.name for run in runs_in(outbox) if run.name not in leaving), default="")
    link, fresh = outbox / LATEST, outbox / f".{LATEST}"
    fresh.unlink(missing_ok=True)
    if link.exists() and not link.is_symlink():  # a backup that was put back may have followed the link
        link.rename(outbox / f"{LATEST}-{time.time_ns()}")
    if not newest:
        link.unlink(missing_ok=True)
        return
    if link.is_symlink() and link.readlink() == Path(newest):
        return
    fresh.symlink_to(newest)
    fresh.replace(link)
    sync_folder(outbox)


def latest_is_right(outbox: Path) -> bool:
    """Whether `latest` leads to the newest run, or is not there where there is none."""
    link, newest = outbox / LATEST, newest_in(outbox)
    return link.is_symlink() and link.readlink() == Path(newest) if newest else not os.path.lexists(link)


def discard(outbox: Path, run_id: str) -> None:
    """Throw away what was built of a run."""
    shutil.rmtree(_hidden(outbox, run_id), ignore_errors=True)


def _hidden(outbox: Path, run_id: str) -> Path:
    return outbox / f".{run_id}"
