"""Files that appear whole or not at all: a run folder in the outbox, and single files of the report.

A run is built in a hidden folder beside its place, written through to the disk, and renamed; `latest` is a link that is renamed into place.
"""

import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

LATEST = "latest"
_MOMENT = "%Y%m%dT%H%M%SZ"
_RUN_ID = re.compile(r"\d{8}T\d{6}Z-\d{3}")
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_GROUP_FILE, _GROUP_FOLDER = 0o640, 0o750


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
    return max((entry.name for entry in outbox.iterdir() if is_run(entry)), default="") if outbox.is_dir() else ""


def is_run(entry: Path) -> bool:
    """Whether an entry of the outbox is a delivered run."""
    return _RUN_ID.fullmatch(entry.name) is not None and entry.is_dir() and not entry.is_symlink()


def build(outbox: Path, run_id: str, files: Mapping[str, bytes], group: str | None) -> None:
    """Write the files of a run into its hidden folder, through to the disk. Leftovers of an earlier try are thrown away."""
    make_folder(outbox, group)
    hidden = _hidden(outbox, run_id)
    shutil.rmtree(hidden, ignore_errors=True)
    make_folder(hidden, group)
    for name, content in files.items():
        _write(hidden / name, content, group)
    sync_folder(hidden)


def is_built(outbox: Path, run_id: str) -> bool:
    """Whether the hidden folder of a run is still there."""
    return _hidden(outbox, run_id).is_dir()


def publish(outbox: Path, run_id: str) -> None:
    """Let a run that was built appear, and point `latest` at it."""
    _hidden(outbox, run_id).rename(outbox / run_id)
    sync_folder(outbox)
    point_latest(outbox)


def point_latest(outbox: Path) -> None:
    """Make `latest` a link to the newest run that is in the outbox; without one there is no link."""
    newest = newest_in(outbox)
    link = outbox / LATEST
    if not newest:
        link.unlink(missing_ok=True)
        return
    if link.is_symlink() and link.readlink() == Path(newest):
        return
    fresh = outbox / f".{LATEST}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(newest)
    fresh.replace(link)
    sync_folder(outbox)


def discard(outbox: Path, run_id: str) -> None:
    """Throw away what was built of a run."""
    shutil.rmtree(_hidden(outbox, run_id), ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file, which only its owner may read, by one with this content, in one step."""
    make_folder(path.parent, None)
    fresh = path.with_name(f".{path.name}.part")
    _write(fresh, content, None)
    fresh.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path, group: str | None) -> None:
    """Make a folder that its owner, and the group if one is named, may enter, whatever the umask; leave one that is there."""
    if path.is_dir():
        return
    make_folder(path.parent, None)
    path.mkdir(mode=_PRIVATE_FOLDER)
    sync_folder(path.parent)
    _share(path, group, _GROUP_FOLDER if group else _PRIVATE_FOLDER)


def _hidden(outbox: Path, run_id: str) -> Path:
    return outbox / f".{run_id}"


def _write(path: Path, content: bytes, group: str | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _share(path, group, _GROUP_FILE if group else _PRIVATE_FILE)


def _share(path: Path, group: str | None, mode: int) -> None:
    if group is not None:
        shutil.chown(path, group=group)
    path.chmod(mode)


def sync_folder(path: Path) -> None:
    """Write through to the disk what stands in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
