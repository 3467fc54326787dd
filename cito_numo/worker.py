"""Does the nights of schools as it is asked for them: a program of its own, so that several work at once, and what ends one ends no other.

`workers.py` runs this with `python -m`. On standard input come pickles: a `Sync`, which says what all schools of the night go by, and then
one korte naam after the other; for each a `RunResult` goes to standard output. Where the input ends, however that came about, the worker
ends with the school that it is at.
"""

import gc
import os
import pickle
import signal
import sys
from types import FrameType
from typing import BinaryIO

from cito_numo.errors import ExitCode
from cito_numo.sync import Sync


def main() -> int:
    """Do what is asked for until the input ends; the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    asked, told = _own_pipes()
    try:
        sync: Sync
        threshold, sync = pickle.load(asked)  # noqa: S301  from the process that started this one
        gc.set_threshold(*threshold)
        while True:
            korte_naam: str = pickle.load(asked)  # noqa: S301
            told.write(pickle.dumps(sync.school(korte_naam)))
    except EOFError:
        return ExitCode.DONE
    except Exception:  # noqa: BLE001  whatever it is, nothing of it is shown: it could name a pupil
        return ExitCode.BUG


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output, for this module alone: whatever else reads finds nothing, whatever else prints goes to standard error.

    What is written is not buffered: nothing is left to be written when nobody reads it any more.
    """
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asked, told


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
