"""What is wrong or odd in a file: each kind of the catalogue once, with the lines it stands on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cito_numo.errors import ErrorKind, ExitCode, Problem

_MOST_LINES = 100
_MOST_KINDS = 200


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or odd, how often, and the first lines on which it stands (none where it is about the whole file)."""

    kind: ErrorKind
    values: Mapping[str, object] = field(default_factory=dict)
    count: int = 1
    lines: tuple[int, ...] = ()

    @property
    def unusable(self) -> bool:
        """Whether the file cannot be used because of it; else it is noted."""
        return self.kind.exit_code is ExitCode.NO_INPUT

    def problem(self, place: str) -> Problem:
        """The finding as a problem of the file at `place`."""
        return Problem(self.kind, place, {**self.values, "count": self.count})


class Notes:
    """Findings as they come in, line by line. What would fill the memory is counted only."""

    def __init__(self) -> None:
        self._lines: dict[tuple[ErrorKind, tuple[tuple[str, object], ...]], list[int]] = {}
        self._counts: dict[tuple[ErrorKind, tuple[tuple[str, object], ...]], int] = {}

    def note(self, kind: ErrorKind, line: int, **values: object) -> None:
        """Note that this stands on that line."""
        key = (kind, tuple(values.items()))
        if key not in self._counts and sum(noted is kind for noted, _values in self._counts) >= _MOST_KINDS:
            return
        lines = self._lines.setdefault(key, [])
        self._counts[key] = self._counts.get(key, 0) + 1
        if len(lines) < _MOST_LINES:
            lines.append(line)

    def note_all(self, kind: ErrorKind, lines: Iterable[int], **values: object) -> None:
        """Note that this stands on each of those lines."""
        for line in lines:
            self.note(kind, line, **values)

    def findings(self) -> list[Finding]:
        """What was noted, in the order of the file."""
        found = [Finding(kind, dict(values), count, tuple(self._lines[kind, values])) for (kind, values), count in self._counts.items()]
        return sorted(found, key=lambda finding: (not finding.unusable, finding.lines[:1], finding.kind.code))
