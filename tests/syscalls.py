"""The system calls by which a command changes files, SQLite's own included, and its death at any of them (Linux, with ptrace)."""

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from crashing import Ended, Trial, When, fork

_TRACE_ME, _GO_ON, _SET_OPTIONS, _GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_TELL_SYSTEM_CALLS, _KILL_WITH_TRACER = 1, 0x100000
_AT_SYSTEM_CALL = signal.SIGTRAP | 0x80
_ENTRY = 1
_INFO = struct.Struct("=B3xIQQ7Q")
"""ptrace_syscall_info of an entry: op, arch, instruction and stack pointer, number and six arguments."""
_HERE = -100
"""AT_FDCWD, for a path from where the process is."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class _Call:
    """Which of its arguments says what a system call changes: a descriptor; or a path, which may begin at another descriptor."""

    descriptor: int | None = None
    path: int = 0
    folder: int | None = None
    flags: int | None = None


_ON_FILES = _Call(descriptor=0)
_CALLS: Mapping[str, tuple[int | None, int | None, _Call]] = {
    "write": (1, 64, _ON_FILES),
    "pwrite64": (18, 68, _ON_FILES),
    "writev": (20, 66, _ON_FILES),
    "pwritev": (296, 70, _ON_FILES),
    "fsync": (74, 82, _ON_FILES),
    "fdatasync": (75, 83, _ON_FILES),
    "ftruncate": (77, 46, _ON_FILES),
    "fallocate": (285, 47, _ON_FILES),
    "fchmod": (91, 52, _ON_FILES),
    "fchown": (93, 55, _ON_FILES),
    "open": (2, None, _Call(path=0, flags=1)),
    "openat": (257, 56, _Call(path=1, folder=0, flags=2)),
    "truncate": (76, 45, _Call(path=0)),
    "rename": (82, None, _Call(path=1)),
    "renameat": (264, 38, _Call(path=3, folder=2)),
    "renameat2": (316, 276, _Call(path=3, folder=2)),
    "mkdir": (83, None, _Call(path=0)),
    "mkdirat": (258, 34, _Call(path=1, folder=0)),
    "rmdir": (84, None, _Call(path=0)),
    "unlink": (87, None, _Call(path=0)),
    "unlinkat": (263, 35, _Call(path=1, folder=0)),
    "link": (86, None, _Call(path=1)),
    "linkat": (265, 37, _Call(path=3, folder=2)),
    "symlink": (88, None, _Call(path=1)),
    "symlinkat": (266, 36, _Call(path=2, folder=1)),
    "chmod": (90, None, _Call(path=0)),
    "fchmodat": (268, 53, _Call(path=1, folder=0)),
    "chown": (92, None, _Call(path=0)),
    "fchownat": (260, 54, _Call(path=1, folder=0)),
}
"""The numbers on x86_64 and aarch64."""
_MACHINES = {"x86_64": 0, "aarch64": 1}


def can_trace() -> bool:
    """Whether this system lets a process trace its child, and is one whose system calls are known."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    child = fork()
    if not child:
        os._exit(0 if _ptrace(_TRACE_ME, 0) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Tracer:
    """Follows a trial through its system calls; kills it at the change of this number, if one is given."""

    def __init__(self, root: Path, at: int | None = None, when: When = When.BEFORE) -> None:
        self._root = f"{root}{os.sep}"
        self._at = at
        self._when = when
        place = _MACHINES[platform.machine()]
        self._known = {numbers[place]: (name, numbers[2]) for name, numbers in _CALLS.items()}
        self.changes: list[str] = []

    def run(self, trial: Trial) -> Ended:
        """Run it under its eyes."""
        return replace(trial, prologue=_be_traced, watch=self._follow).run()

    def _follow(self, process: int) -> int:
        """Until it ends; how it did, as `waitpid` says it."""
        _process, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            return status
        _ptrace(_SET_OPTIONS, process, 0, _TELL_SYSTEM_CALLS | _KILL_WITH_TRACER)
        passed_on, dying = 0, False
        while True:
            _ptrace(_GO_ON, process, 0, passed_on)
            _process, status = os.waitpid(process, 0)
            if not os.WIFSTOPPED(status):
                return status
            passed_on = 0
            if os.WSTOPSIG(status) != _AT_SYSTEM_CALL:
                passed_on = os.WSTOPSIG(status)
            elif dying or self._is_the_one(process):
                if dying or self._when is When.BEFORE:
                    os.kill(process, signal.SIGKILL)
                dying = True

    def _is_the_one(self, process: int) -> bool:
        """Note what a system call is about to change; whether it is the one at which the process dies."""
        info = ctypes.create_string_buffer(_INFO.size)
        _ptrace(_GET_SYSCALL_INFO, process, _INFO.size, ctypes.addressof(info))
        entry, _arch, _instruction, _stack, number, *arguments = _INFO.unpack(info.raw)
        if entry != _ENTRY or number not in self._known:
            return False
        name, call = self._known[number]
        if call.flags is not None and not arguments[call.flags] & _WRITES:
            return False
        path = _path(process, call, arguments)
        if not path.startswith(self._root):
            return False
        self.changes.append(f"{name} {path.removeprefix(self._root)}")
        return len(self.changes) == self._at


def _be_traced() -> None:
    """Begin, in the fork, to be traced by its parent, and wait for it."""
    _ptrace(_TRACE_ME, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


def _path(process: int, call: _Call, arguments: list[int]) -> str:
    if call.descriptor is not None:
        return _link(process, f"fd/{ctypes.c_int(arguments[call.descriptor]).value}")
    folder = _HERE if call.folder is None else ctypes.c_int(arguments[call.folder]).value
    base = _link(process, "cwd" if folder == _HERE else f"fd/{folder}")
    return os.path.normpath(os.path.join(base, _text(process, arguments[call.path])))  # noqa: PTH118  what is joined may be absolute


def _link(process: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{process}/{name}").readlink())
    except OSError:
        return ""


def _text(process: int, address: int) -> str:
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return os.fsdecode(memory.read(4096).partition(b"\0")[0])


def _ptrace(request: int, process: int, address: int = 0, data: int = 0) -> int:
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.restype = ctypes.c_long
    ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    return int(ptrace(request, process, address, data))
