"""`--log`: what a command did, as lines of JSON that are added to a file. They hold no pupil's name or number."""

import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import orjson

from cito_numo import __version__
from cito_numo.errors import LOG_UNWRITABLE, ExitCode, Problem


class Log:
    """A log, or none where no file is named. That it cannot be written stops nothing: `problem` tells it in the end."""

    def __init__(self, path: Path | None, command: str) -> None:
        self.problem: Problem | None = None
        self._path = path
        self._file: BinaryIO | None = None
        self._command = command
        if path is not None:
            try:
                self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600), "ab", buffering=0)
            except OSError as error:
                self._failed(error)

    def __enter__(self) -> Self:
        self.write("start", ExitCode.DONE, version=__version__, process=os.getpid())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.write("stopped", ExitCode.BUG, error=kind.__name__)
        if self._file is not None:
            self._file.close()

    def write(self, event: str, severity: ExitCode, **fields: object) -> None:
        """Add one line: when, which command, what, how bad, and these fields."""
        if self._file is None:
            return
        head = {
            "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "level": "info" if severity is ExitCode.DONE else "warning" if severity is ExitCode.LOOK else "error",
            "command": self._command,
            "event": event,
            "school": None,
            "run_id": None,
        }
        try:
            self._file.write(orjson.dumps({**head, **fields}, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            self._failed(error)

    def end(self, exit_code: ExitCode) -> ExitCode:
        """Add the last line; the command's exit code, of which a log that cannot be written is a part."""
        self.write("end", exit_code, exit_code=exit_code)
        return ExitCode.IO if self.problem is not None and exit_code in (ExitCode.DONE, ExitCode.LOOK) else exit_code

    def _failed(self, error: OSError) -> None:
        self.problem = Problem(LOG_UNWRITABLE, str(self._path), {"detail": error.strerror or type(error).__name__})
        if self._file is not None:
            self._file.close()
        self._file = None
