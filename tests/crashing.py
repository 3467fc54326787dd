"""Commands that are stopped at any change they make on the disk: killed, told to stop, or refused; and what a loss of power leaves of it.

Each trial is a fork of this process, which has imported all that is heavy, so that a trial costs no more than the work it does. In the fork
the functions that change the disk are replaced by ones that count, say what they did, and at the chosen one do what the trial is about.
"""
# ruff: noqa: ANN401  what takes the place of a function of Python takes whatever that takes

import builtins
import errno
import io
import json
import os
import random
import resource
import select
import shutil
import signal
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from cito_numo import corridor, edexml_parser, intake, mail, outputs, show, show_edexml, sync
from cito_numo.cli import main

HEAVY = (corridor, edexml_parser, intake, mail, outputs, show, show_edexml, sync)
"""What a command imports when it has work, with pandas, Arrow and lxml behind it: imported before the forks."""

_PATIENCE = 60
"""Seconds after which a trial that hangs is ended by an alarm."""
_FITS_IN_A_PIPE = 16 << 10
_DISK_FULL, _BROKEN, _FORBIDDEN = errno.ENOSPC, errno.EIO, errno.EACCES
_IN_SQLITE = {
    _DISK_FULL: (sqlite3.SQLITE_FULL, "database or disk is full"),
    _BROKEN: (sqlite3.SQLITE_IOERR, "disk I/O error"),
    _FORBIDDEN: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
}
_OF_THE_LEDGER = {
    _DISK_FULL: "No space left on device",
    _BROKEN: "Reading or writing it failed",
    _FORBIDDEN: "It may not be written",
}
FAULTS = tuple(_IN_SQLITE)
_T = TypeVar("_T")


def words_of(number: int) -> tuple[str, str]:
    """How an error of this number is told: in the words of the system, or of the ledger."""
    return os.strerror(number), _OF_THE_LEDGER[number]


# --- changes of the disk ---------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What changes the disk."""

    OPEN = "open"
    WRITE = "write"
    TRUNCATE = "truncate"
    FSYNC = "fsync"
    RENAME = "rename"
    UNLINK = "unlink"
    RMDIR = "rmdir"
    MKDIR = "mkdir"
    SYMLINK = "symlink"
    LINK = "link"
    CHMOD = "chmod"
    CHOWN = "chown"
    COMMIT = "commit"


@dataclass(frozen=True)
class Change:
    """A change that was made, as far as its undoing has to know it; `before` is the owner and mode that were."""

    kind: Kind
    path: str
    to: str = ""
    existed: bool = False
    emptied: bool = False
    before: Sequence[int] = ()
    made: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.path}" + (f" -> {Path(self.to).name}" if self.to else "")


@dataclass(frozen=True)
class Step:
    """A change that is about to be made; `half` makes half of it, where there are halves."""

    change: Change
    do: Callable[[], Any]
    half: Callable[[], Any] | None = None


class Stop(Protocol):
    """What a trial does to its changes."""

    def make(self, number: int, step: Step, say: Callable[[bool], None]) -> Any:
        """Make the change of this number, or do not; `say` tells the parent whether it was made."""


@dataclass(frozen=True)
class Undisturbed:
    """Nothing: all changes are made."""

    def make(self, _number: int, step: Step, say: Callable[[bool], None]) -> Any:
        """Make it."""
        try:
            made = step.do()
        except Exception:
            say(False)
            raise
        say(True)
        return made


class When(StrEnum):
    """At which moment of a change."""

    BEFORE = "before"
    HALFWAY = "halfway"
    AFTER = "after"


@dataclass(frozen=True)
class Signalled:
    """The process gets this signal at one of its changes; SIGKILL by default."""

    at: int
    when: When
    which: signal.Signals = signal.SIGKILL

    def make(self, number: int, step: Step, say: Callable[[bool], None]) -> Any:
        """Make it, with the signal before, halfway or after."""
        if number != self.at:
            return Undisturbed().make(number, step, say)
        if self.when is When.BEFORE:
            os.kill(os.getpid(), self.which)
        if self.when is When.HALFWAY:
            if step.half is not None:
                step.half()
                say(True)
            os.kill(os.getpid(), self.which)
        try:
            return Undisturbed().make(number, step, say)
        finally:
            os.kill(os.getpid(), self.which)

    def __str__(self) -> str:
        return f"{self.which.name} {self.when}"


@dataclass(frozen=True)
class Refused:
    """A change fails with this error; with `lasting`, so do all that follow."""

    at: int
    number: int
    lasting: bool

    def make(self, number: int, step: Step, say: Callable[[bool], None]) -> Any:
        """Make it, or raise what the system would."""
        if number < self.at or (number > self.at and not self.lasting):
            return Undisturbed().make(number, step, say)
        if step.change.kind is Kind.COMMIT:
            code, text = _IN_SQLITE[self.number]
            error = sqlite3.OperationalError(text)
            error.sqlite_errorcode = code
            raise error
        if step.change.kind in (Kind.WRITE, Kind.TRUNCATE, Kind.FSYNC):  # of a descriptor the system does not say whose it is
            raise OSError(self.number, os.strerror(self.number))
        raise OSError(self.number, os.strerror(self.number), step.change.path)

    def __str__(self) -> str:
        return f"{errno.errorcode[self.number]} {'from then on' if self.lasting else 'once'}"


class _Disk:
    """The functions that change what lies under `root`, replaced in a trial."""

    def __init__(self, root: Path, stop: Stop, journal: int, kept: Path | None) -> None:
        self._root = f"{root}{os.sep}"
        self._stop = stop
        self._journal = journal
        self._kept = kept
        self._count = 0
        self.open_files: dict[int, str] = {}
        self._write = os.write
        self._link = os.link
        self._open = os.open
        self._io_open = io.open
        self._connect = sqlite3.connect

    def install(self) -> None:
        """Replace the functions, for good: the trial ends with its process."""
        os.open = self._os_open
        os.close = self._closing(os.close)  # type: ignore[assignment]
        os.fsync = self._on_descriptor(Kind.FSYNC, os.fsync)
        os.fchmod = self._on_descriptor(Kind.CHMOD, os.fchmod)
        os.write = self._os_write  # type: ignore[assignment]
        os.rename = self._from_to(os.rename)
        os.replace = self._from_to(os.replace)
        os.unlink = os.remove = self._on_path(Kind.UNLINK, os.unlink)
        os.rmdir = self._on_path(Kind.RMDIR, os.rmdir)
        os.mkdir = self._on_path(Kind.MKDIR, os.mkdir)
        os.chmod = self._on_path(Kind.CHMOD, os.chmod)
        os.chown = self._on_path(Kind.CHOWN, os.chown)
        os.symlink = self._made_at(Kind.SYMLINK, os.symlink)
        os.link = self._made_at(Kind.LINK, os.link)
        io.open = builtins.open = self._any_open
        sqlite3.connect = self._sqlite_connect  # type: ignore[assignment]

    def make(self, change: Change, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Make a change of what lies under the root, as the trial wants it."""
        if not f"{change.path}{os.sep}".startswith(self._root):
            return do()
        self._count += 1
        number = self._count
        self._keep(number, change.to or change.path if change.kind is Kind.RENAME else change.path, change.kind)
        return self._stop.make(number, Step(change, do, half), lambda made: self._say(replace(change, made=made)))

    def _say(self, change: Change) -> None:
        _all_of(self._write, self._journal, json.dumps(vars(change)).encode() + b"\n")

    def _keep(self, number: int, path: str, kind: Kind) -> None:
        """Keep what a change takes away, so that it can be undone."""
        if self._kept is not None and kind in (Kind.UNLINK, Kind.RENAME) and os.path.lexists(path) and not _is_folder(path):
            self._link(path, self._kept / str(number), follow_symlinks=False)

    def path_of(self, path: Any, folder: int | None = None) -> str:
        """The whole path that a function means."""
        if isinstance(path, int):
            return self.open_files.get(path, "")
        base = self.open_files.get(folder, "") if folder is not None else str(Path.cwd())
        return os.path.normpath(os.path.join(base, os.fspath(path)))  # noqa: PTH118  what is joined may be absolute

    def _os_open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        full = self.path_of(path, dir_fd)
        existed = os.path.lexists(full)
        change = Change(Kind.OPEN, full, existed=existed, emptied=existed and bool(flags & os.O_TRUNC))

        def do() -> int:
            descriptor = self._open(path, flags, mode, dir_fd=dir_fd)
            self.open_files[descriptor] = full
            return descriptor

        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        return int(self.make(change, do) if writes else do())

    def _closing(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def close(descriptor: int) -> None:
            self.open_files.pop(descriptor, None)
            real(descriptor)

        return close

    def _on_descriptor(self, kind: Kind, real: Callable[..., None]) -> Callable[..., None]:
        def change(descriptor: int, *values: int) -> None:
            number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
            path = self.open_files.get(number, "")
            self.make(Change(kind, path, before=_status(path) if values else ()), lambda: real(number, *values))

        return change

    def _os_write(self, descriptor: int, data: bytes) -> int:
        path = self.open_files.get(descriptor, "")
        half = data[: len(data) // 2]
        return int(self.make(Change(Kind.WRITE, path), lambda: self._write(descriptor, data), lambda: self._write(descriptor, half)))

    def _on_path(self, kind: Kind, real: Callable[..., None]) -> Callable[..., None]:
        def change(path: Any, *values: Any, dir_fd: int | None = None, **options: Any) -> None:
            full = self.path_of(path, dir_fd)
            if dir_fd is not None:
                options["dir_fd"] = dir_fd
            existed = os.path.lexists(full)
            self.make(Change(kind, full, existed=existed, before=_status(full)), lambda: real(path, *values, **options))

        return change

    def _from_to(self, real: Callable[..., None]) -> Callable[..., None]:
        def change(source: Any, target: Any, **options: Any) -> None:
            full = self.path_of(target)
            moved = Change(Kind.RENAME, self.path_of(source), full, existed=os.path.lexists(full))
            self.make(moved, lambda: real(source, target, **options))

        return change

    def _made_at(self, kind: Kind, real: Callable[..., None]) -> Callable[..., None]:
        def change(source: Any, target: Any, *values: Any, **options: Any) -> None:
            full = self.path_of(target)
            self.make(Change(kind, full, existed=os.path.lexists(full)), lambda: real(source, target, *values, **options))

        return change

    def _any_open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Callable[[str, int], int] | None = None,
    ) -> Any:
        """`open`: a file that is written hands over what it writes; one that is only read is as it was."""
        if not set(mode) & set("wax+") or not self.path_of(file).startswith(self._root):
            return self._io_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = _Written(self, file, mode.replace("b", "").replace("t", ""), closefd, opener or self._opened)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def _opened(self, path: Any, flags: int) -> int:
        return self._os_open(path, flags, 0o666)

    def _sqlite_connect(self, database: Any, *values: Any, **options: Any) -> sqlite3.Connection:
        path = self.path_of(database) if not options.get("uri") and str(database) != ":memory:" else ""
        connection: _Connection = self._connect(database, *values, factory=_Connection, **options)
        connection.disk, connection.path = self, path
        return connection


class _Written(io.FileIO):
    """A file that is written: each write to the system is a change."""

    def __init__(self, disk: _Disk, file: Any, mode: str, closefd: bool, opener: Callable[[str, int], int]) -> None:
        super().__init__(file, mode, closefd, opener)
        self._disk = disk
        self._path = disk.open_files[self.fileno()]

    def write(self, data: Any) -> int:
        """Write, or half of it."""
        content = bytes(data)
        write = super().write
        return int(self._disk.make(Change(Kind.WRITE, self._path), lambda: write(content), lambda: write(content[: len(content) // 2])))

    def truncate(self, size: int | None = None) -> int:
        """Cut off."""
        cut = super().truncate
        return int(self._disk.make(Change(Kind.TRUNCATE, self._path), lambda: cut(size)))

    def close(self) -> None:
        """Close, and forget whose descriptor it was."""
        if not self.closed:
            self._disk.open_files.pop(self.fileno(), None)
        super().close()


class _Connection(sqlite3.Connection):
    """A connection of which each COMMIT is a change."""

    disk: _Disk
    path: str

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """One statement."""
        run = super().execute
        if sql.strip().rstrip(";").upper() not in ("COMMIT", "END"):
            return run(sql, *values)
        cursor: sqlite3.Cursor = self.disk.make(Change(Kind.COMMIT, self.path), lambda: run(sql, *values))
        return cursor

    def executescript(self, sql: str) -> sqlite3.Cursor:
        """Statements that are one transaction."""
        run = super().executescript
        cursor: sqlite3.Cursor = self.disk.make(Change(Kind.COMMIT, self.path), lambda: run(sql))
        return cursor


def _status(path: str) -> Sequence[int]:
    try:
        status = os.lstat(path)
    except OSError:
        return ()
    return status.st_mode & 0o7777, status.st_uid, status.st_gid


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114  as the text that it is


def _all_of(write: Callable[[int, bytes], int], descriptor: int, data: bytes) -> None:
    while data:
        data = data[write(descriptor, data) :]


# --- a trial ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a command ended; an exit code below zero is the signal that ended it, as `subprocess` says it."""

    exit_code: int
    stdout: str
    stderr: str
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Trial:
    """A command on a folder."""

    root: Path
    arguments: Sequence[str]
    stdin: bytes = b""
    stop: Stop | None = None
    """What happens to its changes; None leaves the functions that make them as they are."""
    kept: Path | None = None
    """Where is kept what is taken away, so that a loss of power can bring it back."""
    largest_file: int | None = None
    """RLIMIT_FSIZE of the process."""
    prologue: Callable[[], object] = field(default=lambda: None)
    """What the process does first."""
    watch: Callable[[int], int] | None = None
    """What the parent does until it ends, with its process id; gives the status of `waitpid`."""

    def run(self) -> Ended:
        """Run it in a fork and tell how it ended."""
        (out, err, journal), ours = zip(*(os.pipe() for _stream in range(3)), strict=True)
        process = fork()
        if not process:
            self._in_the_fork(*ours)
        for descriptor in ours:
            os.close(descriptor)
        status = self.watch(process) if self.watch is not None else None
        read = _read_all([out, err, journal])
        if status is None:
            _process, status = os.waitpid(process, 0)
        changes = [Change(**{**made, "kind": Kind(made["kind"])}) for made in map(json.loads, read[2].splitlines())]
        return Ended(os.waitstatus_to_exitcode(status), read[0].decode(), read[1].decode(), changes)

    def _in_the_fork(self, out: int, err: int, journal: int) -> NoReturn:
        exit_code: Any = 99
        try:
            sys.settrace(None)  # what coverage measures here would be lost
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(_PATIENCE)
            self._connect_streams(out, err)
            self.prologue()
            if self.largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))
            if self.stop is not None:
                _Disk(self.root, self.stop, journal, self.kept).install()
            sys.argv = ["cito-numo", *self.arguments]
            main()
        except SystemExit as end:
            exit_code = end.code or 0
        except BaseException:  # noqa: BLE001  the parent must see it, and the tests that it is running must not go on in the fork
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(exit_code))

    def _connect_streams(self, out: int, err: int) -> None:
        reading, writing = os.pipe()
        assert len(self.stdin) <= _FITS_IN_A_PIPE, "nobody reads yet"
        os.write(writing, self.stdin)
        os.close(writing)
        for ours, theirs in ((reading, 0), (out, 1), (err, 2)):
            os.dup2(ours, theirs)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", line_buffering=True)
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", line_buffering=True)


def fork() -> int:
    """A fork of this process, which may have threads: Arrow's own, that are prepared for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _read_all(descriptors: Sequence[int]) -> list[bytes]:
    """What comes out of pipes until all of them are closed."""
    contents = {descriptor: bytearray() for descriptor in descriptors}
    waiting = set(descriptors)
    while waiting:
        for descriptor in select.select(list(waiting), [], [])[0]:
            part = os.read(descriptor, 1 << 16)
            contents[descriptor] += part
            if not part:
                waiting.remove(descriptor)
                os.close(descriptor)
    return [bytes(contents[descriptor]) for descriptor in descriptors]


# --- a loss of power -------------------------------------------------------------------------------------------------


class Content(StrEnum):
    """What becomes of the content of files that was not written through to the disk."""

    KEPT = "kept"
    EMPTY = "empty"
    TORN = "torn"


class PowerLoss:
    """What a loss of power after these changes takes away again.

    The content of a file lasts when the file was synced, an entry of a folder when that folder was, and a mode when what has it was. SQLite
    syncs its own file and the folder of that at each commit.
    """

    def __init__(self, changes: Sequence[Change], kept: Path) -> None:
        self._changes = changes
        self._kept = kept
        self._entries: list[int] = []
        self._modes: list[int] = []
        self._contents: dict[str, int] = {}
        self._undone: set[int] = set()
        for number, change in enumerate(changes, 1):
            if change.made:
                self._note(number, change)

    @property
    def entries(self) -> int:
        """How many changes of folders are not yet on the disk."""
        return len(self._entries)

    def strike(self, undone: int, content: Content) -> None:
        """Undo the last of the changes of folders, so many, all modes, and what was written to files that were not synced."""
        for number in reversed(self._modes):
            self._undo_mode(number)
        for number in self._entries[::-1][:undone]:
            self._undo(number)
            self._undone.add(number)
        for path, number in self._contents.items():
            file = Path(self._now(path, number))
            if content is not Content.KEPT and file.is_file() and not file.is_symlink():
                size = file.stat().st_size
                os.truncate(file, size // 2 if content is Content.TORN else 0)

    def _note(self, number: int, change: Change) -> None:
        match change.kind:
            case Kind.OPEN:
                if not change.existed:
                    self._entries.append(number)
                if change.emptied:
                    self._contents[change.path] = number
            case Kind.WRITE | Kind.TRUNCATE:
                self._contents[change.path] = number
            case Kind.FSYNC | Kind.COMMIT:
                folder = str(Path(change.path).parent) if change.kind is Kind.COMMIT else change.path
                self._contents.pop(change.path, None)
                self._entries = [entry for entry in self._entries if self._folder(entry, number) != folder]
                self._modes = [mode for mode in self._modes if self._now(self._changes[mode - 1].path, mode, number) != change.path]
            case Kind.CHMOD | Kind.CHOWN:
                self._modes.append(number)
            case Kind.RENAME:
                assert Path(change.path).parent == Path(change.to).parent, "only moves within a folder are understood"
                self._contents = {_moved(path, change): at for path, at in self._contents.items() if path != change.to}
                self._entries.append(number)
            case _:
                self._entries.append(number)

    def _folder(self, number: int, until: int) -> str:
        return self._now(str(Path(self._changes[number - 1].path).parent), number, until)

    def _now(self, path: str, since: int, until: int | None = None) -> str:
        """Where lies what lay in this path after the change of this number."""
        for number, change in enumerate(self._changes[:until], 1):
            if number > since and change.made and change.kind is Kind.RENAME and number not in self._undone:
                path = _moved(path, change)
        return path

    def _undo_mode(self, number: int) -> None:
        change = self._changes[number - 1]
        path = self._now(change.path, number)
        if change.before and os.path.lexists(path):
            mode, owner, group = change.before
            os.chown(path, owner, group)
            Path(path).chmod(mode)

    def _undo(self, number: int) -> None:
        change = self._changes[number - 1]
        path = Path(self._now(change.path, number))
        kept = self._kept / str(number)
        match change.kind:
            case Kind.RENAME:
                Path(change.to).rename(path)
                _bring_back(kept, Path(change.to))
            case Kind.UNLINK:
                _bring_back(kept, path)
            case Kind.RMDIR:
                path.mkdir(0o700)
            case Kind.MKDIR:
                shutil.rmtree(path)
            case _:
                path.unlink()


def _moved(path: str, change: Change) -> str:
    if path == change.path or path.startswith(f"{change.path}{os.sep}"):
        return change.to + path.removeprefix(change.path)
    return path


def _bring_back(kept: Path, path: Path) -> None:
    if os.path.lexists(kept):
        shutil.copy2(kept, path, follow_symlinks=False)


# --- points ----------------------------------------------------------------------------------------------------------


def signals_at(changes: Sequence[Change], number: signal.Signals = signal.SIGKILL) -> list[Signalled]:
    """Every moment at which a command that makes these changes can get this signal."""
    points = []
    for at, change in enumerate(changes, 1):
        halves = [When.HALFWAY] if change.kind is Kind.WRITE and number == signal.SIGKILL else []
        points += [Signalled(at, when, number) for when in (When.BEFORE, *halves, When.AFTER)]
    return points


def faults_at(changes: Sequence[Change]) -> list[Refused]:
    """Every error at every change: once, and from then on."""
    return [Refused(at, number, lasting) for at in range(1, len(changes) + 1) for number in FAULTS for lasting in (False, True)]


def sample(points: Sequence[_T], most: int | None, seed: str) -> Sequence[_T]:
    """At most so many of the points, from all over them, each time the same; all where there is no limit."""
    if most is None or len(points) <= most:
        return points
    chance = random.Random(seed)
    bounds = [number * len(points) // most for number in range(most + 1)]
    return [points[chance.randrange(first, end)] for first, end in pairwise(bounds)]
