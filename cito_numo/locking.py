"""One run of a school at a time: a kernel lock on a file, which any death of its holder frees."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cito_numo.errors import BUSY, stop
from cito_numo.files import make_folder
from cito_numo.language import _


@contextmanager
def school_lock(path: Path, now: datetime) -> Iterator[None]:
    """Hold the lock in `path`; CitoNumoError (busy) where another run holds it, with who that is and since when."""
    make_folder(path.parent, None)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise stop(BUSY, holder=file.read(100).strip() or _("just started")) from None
        file.truncate()
        file.write(_("process {pid}, since {moment}").format(pid=os.getpid(), moment=now.isoformat(timespec="seconds")))
        file.flush()
        yield
