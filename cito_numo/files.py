"""Files and folders that are written through to the disk, and that their owner alone, or a group that is named, may read."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_GROUP_FILE, _GROUP_FOLDER = 0o640, 0o750
LARGEST = 1 << 30
"""Bytes that a file may have which is read whole."""


def write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Replace a file, which only its owner may read, by one with this content, whole or part by part, in one step."""
    make_folder(path.parent, None)
    fresh = part_of(path)
    write_file(fresh, content, None)
    fresh.replace(path)
    sync_folder(path.parent)


def rewrite_whole(path: Path, content: bytes) -> None:
    """Replace the content of a file that is there in one step; its owner, group and mode stay, and a link to it stays a link.

    OSError where it may not be written, or its owner and group cannot be kept.
    """
    path = path.resolve(strict=True)
    status = path.stat()
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    fresh = part_of(path)
    try:
        write_file(fresh, content, None)
        os.chown(fresh, status.st_uid, status.st_gid)
        fresh.chmod(stat.S_IMODE(status.st_mode))
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise named(error, path) from None
    fresh.replace(path)
    sync_folder(path.parent)


def part_of(path: Path) -> Path:
    """Where a file, or a folder, is built before it takes its name; a crash may leave it."""
    return path.with_name(f".{path.name}.part")


def write_file(path: Path, content: bytes | Iterable[bytes], group: str | None) -> None:
    """Write a new file, which only its owner, and the group if one is named, may read, through to the disk. OSError names the file.

    What a crash left in its place goes; it is never written into, for somebody else may have made it.
    """
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            _share(path, group, _GROUP_FILE if group else _PRIVATE_FILE)
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise named(error, path) from None


def read_file(path: Path, largest: int) -> bytes:
    """The bytes of a file; OSError where that fails, where it is no file but a pipe or device, or where it is too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    if status.st_size > largest:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return path.read_bytes()


def named(error: OSError, path: Path) -> OSError:
    """The error with the file it is about: one that comes while a file is written does not say which."""
    return error if error.filename else OSError(error.errno, error.strerror, str(path))


def make_folder(path: Path, group: str | None) -> None:
    """Make a folder that its owner, and the group if one is named, may enter, whatever the umask; leave one that is there."""
    if path.is_dir():
        return
    make_folder(path.parent, None)
    path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    _share(path, group, _GROUP_FOLDER if group else _PRIVATE_FOLDER)
    sync_folder(path.parent)


@contextmanager
def folder_lock(path: Path) -> Iterator[None]:
    """Let one at a time change what stands in a folder; the others wait. For changes of a moment."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Write through to the disk what stands in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise named(error, path) from None
    finally:
        os.close(descriptor)


def _share(path: Path, group: str | None, mode: int) -> None:
    if group is not None:
        shutil.chown(path, group=group)
    path.chmod(mode)
