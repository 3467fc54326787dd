"""What looks like a mistake is held until a person says otherwise, by a code that is bound to the very files it is about."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from cito_numo.errors import ErrorKind, Problem


@dataclass
class Holds:
    """The holds of one run of a school; `command` is what a person runs again, with --accept, to go on. What is agreed to is kept."""

    command: str
    agreed: Collection[str] = ()
    """The codes of holds that a person agreed to, now or before."""
    about: Sequence[str] = ()
    """What each code is bound to beside the files: what is right for one schooljaar need not be so for another."""
    accepted: list[str] = field(default_factory=list)
    """The codes of what would be held, had a person not agreed."""
    settled: list[str] = field(default_factory=list)
    """The codes of what was looked at for the first time, and gave no reason to hold."""
    _held: dict[str, Problem] = field(default_factory=dict)

    def hold(self, kind: ErrorKind, bound_to: Sequence[str], place: str = "", **values: object) -> bool:
        """Hold the run, unless a person said of the files with these hashes that it is right; whether it is held."""
        code = _code(kind, [*bound_to, *self.about])
        if code in self.agreed:
            self.accepted.append(code)
            return False
        self._held[code] = Problem(kind, place, values)
        return True

    def settle(self, kind: ErrorKind, bound_to: Sequence[str]) -> None:
        """Keep that these files gave no reason to hold: what comes up later about them is the mistake of another."""
        code = _code(kind, [*bound_to, *self.about])
        if code not in self.agreed:
            self.settled.append(code)

    @property
    def problems(self) -> list[Problem]:
        """Why the run is held, each with the command by which a person agrees."""
        return [
            Problem(problem.kind, problem.place, {**problem.values, "accept": code, "command": f"{self.command} --accept {code}"})
            for code, problem in self._held.items()
        ]


def _code(kind: ErrorKind, bound_to: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([kind.code, *sorted(bound_to)]).encode()).hexdigest()[:8]
