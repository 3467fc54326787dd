"""The quarantine: mails that came in by themselves lie here until they are imported, by the program or by a person.

A mail is put here before anything is done with it, and let go when all of it was taken in; so nothing is lost, whatever happens in
between. Its name is that of its bytes: the same mail twice lies here once.
"""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from cito_numo.errors import MAIL_TOO_LARGE, Problem, stop
from cito_numo.files import make_folder, named, part_of, sync_folder, write_whole
from cito_numo.language import _
from cito_numo.unpacking import Kind, Source, kind_of

_NOTE = ".txt"
_ARRIVING = ".arriving-"
_SUFFIXES = {Kind.MAIL: ".eml", Kind.MSG: ".msg", Kind.XML: ".xml", Kind.ZIP: ".zip"}
_CHUNK = 1 << 20
_LARGEST = 1 << 29


def put(folder: Path, stream: BinaryIO) -> Path:
    """Write a mail into the quarantine, through to the disk; its path. Raises CitoNumoError for one that is endless."""
    make_folder(folder, None)
    _sweep(folder)
    descriptor, arriving = _begin(folder)
    size, digest = 0, hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > _LARGEST:
                    raise stop(MAIL_TOO_LARGE, "-")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            suffix = _SUFFIXES.get(kind_of(Source.at(arriving)), ".bin")
            path = folder / f"{digest.hexdigest()[:16]}{suffix}"
            arriving.replace(path)
    except OSError as error:
        raise named(error, folder) from None
    finally:
        arriving.unlink(missing_ok=True)
    sync_folder(folder)
    return path


def explain(path: Path, problems: Sequence[Problem], answer: str, command: str) -> None:
    """Write beside a mail why it lies here, what may be mailed back, and how to take it in."""
    lines = [str(problem) for problem in problems]
    if command:
        lines += ["", _("To take it in: {command}").format(command=command)]
    if answer:
        lines += ["", _("To mail back:"), "", answer]
    write_whole(_note(path), "\n".join([*lines, ""]).encode())


def release(folder: Path, path: Path) -> None:
    """Let a mail go that was taken in; a file that lies elsewhere is left alone."""
    path = path.resolve()
    if path.parent == folder.resolve():
        for gone in (part_of(_note(path)), _note(path), path):
            gone.unlink(missing_ok=True)


def mails(folder: Path) -> list[Path]:
    """The mails that lie here, without their notes."""
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return [path for path in files if not is_note(folder, path)]


def is_note(folder: Path, path: Path) -> bool:
    """Whether a file is no mail, but says why one lies here."""
    return path.resolve().parent == folder.resolve() and path.suffix == _NOTE


def _begin(folder: Path) -> tuple[int, Path]:
    """A new file for a mail that arrives, locked while it does: so another knows that it is not left over."""
    while True:
        descriptor, name = tempfile.mkstemp(".part", _ARRIVING, folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.lexists(name):
            return descriptor, Path(name)
        os.close(descriptor)  # it was swept in between


def _sweep(folder: Path) -> None:
    """Throw away what a crash left of mails that were arriving: whoever handed them over was told that they were not taken."""
    for part in folder.glob(f"{_ARRIVING}*.part"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)


def _note(path: Path) -> Path:
    return path.with_name(path.name + _NOTE)
