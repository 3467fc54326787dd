"""The files that lie ready: found, let be while they are still being written, and read with their hash."""

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cito_numo.errors import printable
from cito_numo.files import LARGEST, read_file

CITO, NUMO, EDEXML = "inbox/cito", "inbox/numo", "inbox/edexml"
"""The folders of a school in which files lie ready."""

_LARGE = 1 << 20
"""Bytes from which a file is hashed beside other work."""
_SETTLED = 2.0
"""Seconds after which a file is taken to be whole."""
_IGNORED_NAMES = frozenset({"Thumbs.db", "desktop.ini"})
_IGNORED_SUFFIXES = (".part", ".crdownload")


@dataclass(frozen=True)
class InboxFile:
    """A file of the inbox as it was found; `name` is its path in the school's folder."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def folder(self) -> str:
        """The folder of the inbox that it lies in."""
        return "/".join(self.name.split("/")[:2])

    @property
    def stamp(self) -> tuple[str, int, int, int, int]:
        """What changes when the file does, told without reading it."""
        return (self.name, self.size, self.mtime_ns, self.ctime_ns, self.inode)


class Content:
    """A file that was read: its bytes until they are taken, and the hash of them (of a large file, made while they are worked on)."""

    def __init__(self, file: InboxFile, data: bytes) -> None:
        self.file = file
        self.size = len(data)
        self._data: bytes | None = data
        self._hash = hashlib.sha256()
        self._hashing = threading.Thread(target=self._hash.update, args=(data,))
        if self.size < _LARGE:
            self._hash.update(data)
        else:
            self._hashing.start()

    @property
    def sha256(self) -> str:
        """The hash of the bytes."""
        if self.size >= _LARGE:
            self._hashing.join()
        return self._hash.hexdigest()

    def take(self) -> bytes:
        """The bytes. They are given once and not kept: those of a large file fill the memory."""
        data, self._data = self._data, None
        assert data is not None
        return data


def settled_files(school: Path, *folders: str) -> tuple[dict[str, list[InboxFile]], list[InboxFile]]:
    """The files in these folders of the school, by name: in each those that are whole, and of all those that still change.

    Files younger than two seconds are looked at again after two seconds: once, in however many of the folders they lie.
    """
    found_in = {folder: files_in(school, folder) for folder in folders}
    young = [file for files in found_in.values() for file in files if time.time() - file.mtime_ns / 1e9 < _SETTLED]
    if not young:
        return found_in, []
    time.sleep(_SETTLED)
    again = {file.name: file for folder in folders for file in files_in(school, folder)}
    changing = [file for file in young if file.name not in again or again[file.name].stamp != file.stamp]
    return {folder: [file for file in files if file not in changing] for folder, files in found_in.items()}, changing


def read(file: InboxFile) -> Content:
    """Read a file and hash what was read; OSError where that fails, where it is no file but a pipe or device, or too large."""
    return Content(file, read_file(file.path, LARGEST))


def file_orders(files: Iterable[str], seen: Mapping[str, int]) -> dict[str, int]:
    """The order of each of these files (sha256), oldest first: as first `seen`; files that are new come after all those."""
    hashes = list(dict.fromkeys(files))
    newest = max(seen.values(), default=0)
    fresh = {sha256: newest + place for place, sha256 in enumerate((sha256 for sha256 in hashes if sha256 not in seen), 1)}
    return {sha256: seen.get(sha256) or fresh[sha256] for sha256 in hashes}


def files_in(school: Path, folder: str) -> list[InboxFile]:
    """The files in a folder of the school, by name, whether or not they are whole."""
    root = school / folder
    lies_ready: list[InboxFile] = []
    if not os.path.lexists(root):
        return lies_ready
    for parent, folders, files in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(parent) / name for name in files if not is_ignored(name)]
        lies_ready += [found(path, _name_of(path, school)) for path in paths]
    return sorted(lies_ready, key=lambda file: file.name)


def _raise(error: OSError) -> None:
    """A folder that cannot be listed is not an empty one."""
    raise error


def is_ignored(name: str) -> bool:
    """Whether a file of this name is no input: hidden, or what a system or a download leaves on the way."""
    return name.startswith((".", "~$")) or name in _IGNORED_NAMES or name.lower().endswith(_IGNORED_SUFFIXES)


def _name_of(path: Path, school: Path) -> str:
    return printable(os.fsencode(path.relative_to(school)).decode("utf-8", "backslashreplace"))


def found(path: Path, name: str) -> InboxFile:
    """A file under this name, also where it cannot be read, or is not there any more: reading it will say so."""
    try:
        status = path.stat()
    except OSError:
        try:
            status = path.lstat()  # a link to nowhere
        except OSError:
            return InboxFile(path, name, 0, 0, 0, 0)
    return InboxFile(path, name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
