"""What a run of a school stands on: the files that lie ready, the rules and the secret of its workspace, what its ledger knows of the past.

What is the same for all schools is read once, and goes along to workers. What works results out is imported only when there are results to
work out.
"""

import contextlib
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cito_numo import __version__
from cito_numo.config import School, Workspace
from cito_numo.errors import (
    FILE_UNREADABLE,
    FILE_UNSTABLE,
    WAITING_ACTIVE_FROM,
    WAITING_INACTIVE,
    WAITING_NO_KEYS,
    WAITING_NO_RESULTS,
    CitoNumoError,
    Problem,
)
from cito_numo.inbox import CITO, EDEXML, NUMO, Content, InboxFile, files_in, read, settled_files
from cito_numo.ledger import Ledger
from cito_numo.privacy import Secret, workspace_secret

if TYPE_CHECKING:
    from cito_numo.corridor import Outcome, Past, Ready, Rules


_READ_ONCE = ("secret", "_own_leerlijnen", "_own_layouts", "_exports")


class Groundwork:
    """That of the schools of one workspace, by one day; `accept` are the codes of holds that a person agrees to."""

    def __init__(self, workspace: Workspace, day: date, *, accept: Collection[str] = (), full: bool = False, dry_run: bool = False) -> None:
        self._workspace = workspace
        self._day = day
        self._accept = frozenset(accept)
        self._full = full
        self._dry_run = dry_run
        self._hashes: dict[Path, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        """For a worker: with all that is read once, so that the schools of a night go by the same. What cannot be read it tells itself."""
        for name in _READ_ONCE:
            with contextlib.suppress(CitoNumoError, OSError):
                getattr(self, name)
        return {name: value for name, value in vars(self).items() if name != "rules"}

    def fingerprint(self, school: School, files: Mapping[str, Sequence[InboxFile]]) -> str:
        """Of all that the outcome depends on, beside the ledger and the day."""
        parts = [
            __version__,
            school.korte_naam,
            school.config.model_dump_json(),
            self._own_leerlijnen,
            {str(path): text for path, text in self._own_layouts.items()},
            [file.stamp for folder in sorted(files) for file in files[folder]],
            self.secret.fingerprint(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def ready(
        self, school: School, cito: Sequence[Content], numo: Sequence[Content], edexml: Sequence[Content], problems: Sequence[Problem]
    ) -> "Ready":
        """These files of a school, with what is known of them elsewhere."""
        from cito_numo.corridor import Ready

        return Ready(cito, numo, edexml, problems, self._elsewhere(school, cito))

    def work_out(self, school: School, ledger: Ledger, ready: "Ready", rules: "Rules | None" = None) -> "Outcome":
        """Take the results of a school through all steps. The orders of its files are kept, except on a dry run."""
        from cito_numo.corridor import open_files, work_out

        rules = replace(rules or self.rules, accept=self._accept | ledger.accepted())
        opened = open_files(school, ready, ledger.orders(), rules, has_keys=ledger.has_keys())
        if not self._dry_run:
            ledger.remember_files(opened.orders)
        return work_out(school, ready, opened, self._past(ledger), rules)

    def foresee(self, school: School, ledger: Ledger) -> "Outcome":
        """What would come of all that lies ready for a school, active or not; CitoNumoError where there is nothing to work with."""
        files, problems = look(school)
        cito, numo, edexml = (read_all(files[folder], problems) for folder in (CITO, NUMO, EDEXML))
        return self.work_out(school, ledger, self.ready(school, cito, numo, edexml, problems))

    def _past(self, ledger: Ledger) -> "Past":
        from cito_numo.corridor import Past

        last = ledger.last_night()
        return Past(
            key_table=ledger.key_table(self.secret.fingerprint()),
            keys_since=ledger.keys_since(),
            onderdelen=ledger.onderdelen(),
            leerplannen=ledger.leerplannen(),
            vervallen=ledger.vervallen(),
            withdrawn=ledger.withdrawn(),
            purged=ledger.purged(),
            revisie_floor=ledger.revisie_floor(),
            pupils=last.pupils if last is not None else 0,
        )

    @cached_property
    def secret(self) -> Secret:
        """The secret of the keyed hashes; made, but on a dry run, where there is none."""
        return workspace_secret(self._workspace.secret_path, dry_run=self._dry_run)

    @cached_property
    def rules(self) -> "Rules":
        """The rules of a night, the same for all schools."""
        from cito_numo.corridor import Rules
        from cito_numo.layouts import read_layouts
        from cito_numo.leerlijnen import read_leerlijnen

        leerlijnen = read_leerlijnen(self._workspace.folder, self._own_leerlijnen)
        command = partial(self._workspace.command, "sync")
        return Rules(read_layouts(self._own_layouts), leerlijnen, self.secret, self._day, self._full, command)

    def _elsewhere(self, school: School, exports: Sequence[Content]) -> Mapping[str, Sequence[str]]:
        """Per export (sha256) that lies at other schools too: their korte namen."""
        found = {}
        for content in exports:
            others = [
                korte_naam
                for korte_naam, file in self._exports.get(content.size, ())
                if korte_naam != school.korte_naam and self._hash(file) == content.sha256
            ]
            if others:
                found[content.sha256] = sorted(set(others))
        return found

    def _hash(self, file: InboxFile) -> str:
        if file.path not in self._hashes:
            try:
                self._hashes[file.path] = read(file).sha256
            except OSError:
                self._hashes[file.path] = ""
        return self._hashes[file.path]

    @cached_property
    def _exports(self) -> Mapping[int, Sequence[tuple[str, InboxFile]]]:
        """The exports of all schools, by size: looked for once, and read only where two have the same."""
        exports: dict[int, list[tuple[str, InboxFile]]] = {}
        for korte_naam in self._workspace.korte_namen:
            with contextlib.suppress(OSError):  # a folder that cannot be listed is told in that school's own night
                for file in files_in(self._workspace.school_folder(korte_naam), CITO):
                    exports.setdefault(file.size, []).append((korte_naam, file))
        return exports

    @cached_property
    def _own_leerlijnen(self) -> str | None:
        """Read once, so that all schools of a night go by the same."""
        return self._workspace.own_leerlijnen()

    @cached_property
    def _own_layouts(self) -> Mapping[Path, str]:
        """The same of the layouts."""
        return self._workspace.own_layouts()


def look(school: School, folders: Sequence[str] = (CITO, NUMO, EDEXML)) -> tuple[dict[str, list[InboxFile]], list[Problem]]:
    """The files that lie ready in these folders of a school; those that are still being written are problems."""
    files, changing = settled_files(school.folder, *folders)
    return files, [Problem(FILE_UNSTABLE, file.name) for file in changing]


def not_active(school: School, day: date) -> Problem | None:
    """That a school waits for Cito, or for its first day; None where it is active."""
    if school.is_active(day):
        return None
    start = school.config.active_from
    return Problem(WAITING_ACTIVE_FROM, "", {"date": start}) if start else Problem(WAITING_INACTIVE)


def not_there(school: School, files: Mapping[str, Sequence[InboxFile]], ledger: Ledger) -> Problem | None:
    """What a school still waits for, of these files of its inbox and what its ledger knows; None where a night can begin."""
    if not files[CITO] and not ledger.newest_run():
        return Problem(WAITING_NO_RESULTS)
    if school.needs_keys and not files[EDEXML] and not ledger.has_keys():
        return Problem(WAITING_NO_KEYS)
    return None


def read_all(files: Sequence[InboxFile], problems: list[Problem]) -> list[Content]:
    """The contents of these files; what cannot be read is added to the problems."""
    contents = []
    for file in files:
        try:
            contents.append(read(file))
        except OSError as error:
            problems.append(Problem(FILE_UNREADABLE, file.name, {"detail": error.strerror or type(error).__name__}))
    return contents
