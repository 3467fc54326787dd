"""Files that appear whole or not at all: a run folder in the outbox, and single files of the report.

A run is built in a hidden folder beside its place, written through to the disk, and renamed; `latest` is a link that is renamed into place.
"""

import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

LATEST = "latest"
_GONE = ".gone-"
Stamp = Sequence[str | int]
"""Name, size, times and inode of a file."""
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


def latest_is_right(outbox: Path) -> bool:
    """Whether `latest` leads to the newest run, or is not there where there is none."""
    link = outbox / LATEST
    return os.path.lexists(link) == bool(newest_in(outbox)) and (not link.is_symlink() or link.readlink() == Path(newest_in(outbox)))


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
