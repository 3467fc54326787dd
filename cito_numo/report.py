"""What a night leaves for people: its messages, the manifest, and the names of the files. Imports nothing heavy."""

import hashlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from cito_numo import __version__
from cito_numo.config import Csv
from cito_numo.errors import ExitCode, Problem
from cito_numo.files import read_file

LEERPLANNEN_JSON = "leerplannen.json"
LEERPLANNEN_CSV = "leerplannen.csv"
NIET_GELEVERD_CSV = "niet-geleverd.csv"
MANIFEST_JSON = "manifest.json"

WITHDRAW, PROCESS, IMPORT = "plans withdraw", "plans process", "import"
"""The `action` that stands in the manifest of a run that a person made; that of a night has none."""

NIET_GELEVERD = ("bestand", "rij", "leerling", "klas", "onderdeel", "toets", "uitkomst", "reden", "wat_te_doen")
"""The columns of niet-geleverd.csv."""

_LARGEST = 1 << 26
"""Bytes that a manifest may have."""
_COMMAND = re.compile(r"'cito-numo [^']*'")


@dataclass(frozen=True)
class Message:
    """One thing to tell about a school's night."""

    code: str
    text: str
    key: str
    """Tells whether two nights say the same: kind and place, not the figures in it."""
    needs_person: bool

    @classmethod
    def of(cls, problem: Problem) -> "Message":
        """What a problem says. A hold is new whenever the inputs it is bound to are."""
        key = f"{problem.kind.code} {problem.place} {problem.values.get('accept', '')}".strip()
        return cls(problem.kind.code, str(problem), key, problem.kind.exit_code is not ExitCode.DONE)

    def naming(self, korte_naam: str) -> "Message":
        """The same, with this school in the commands that it names."""
        return replace(self, text=_COMMAND.sub(lambda command: command[0].replace("SCHOOL", shlex.quote(korte_naam)), self.text))

    def as_dict(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self)


def manifest_json(content: Mapping[str, Any]) -> bytes:
    """A manifest: what was read, what came of it, and what was written."""
    head = {"format": "cito-numo/manifest", "version": "1.0", "tool_version": __version__}
    return orjson.dumps({**head, **content}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(path: Path) -> dict[str, Any]:
    """What stands in a manifest; empty where there is none, or none that can be read."""
    try:
        content = orjson.loads(read_file(path, _LARGEST))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def messages_in(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was said when this manifest was written, as `said` names it."""
    messages = manifest.get("messages")
    return [message for message in messages if isinstance(message, dict) and "message" in message] if isinstance(messages, list) else []


def highest_revisie_in(manifest: Mapping[str, Any]) -> int:
    """The number above which no revisie had been given when this manifest was written; 0 where it does not say."""
    return _number(manifest, "highest_revisie")


def floor_in(manifest: Mapping[str, Any]) -> int:
    """How much of that number is no run, but a floor that was set."""
    return _number(manifest, "revisie_floor")


def _number(manifest: Mapping[str, Any], name: str) -> int:
    number = manifest.get(name)
    return number if isinstance(number, int) else 0


def purged_in(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What had been purged when this manifest was written, as the ledger has it."""
    purged = manifest.get("purged")
    return {str(leerling): str(day) for leerling, day in purged.items()} if isinstance(purged, dict) else {}


def sha256_of(content: bytes) -> str:
    """The hash by which a manifest knows a file."""
    return hashlib.sha256(content).hexdigest()


def said(messages: Iterable[Message]) -> list[dict[str, str]]:
    """How a manifest names messages."""
    return [{"code": message.code, "message": message.text} for message in messages]


def csv_header(columns: Sequence[str], style: Csv) -> str:
    """The first line of a CSV file for people."""
    return style.separator.join(columns) + "\r\n"


def nothing_held_back(style: Csv) -> bytes:
    """niet-geleverd.csv of a night that judged no results."""
    return csv_header(NIET_GELEVERD, style).encode(style.encoding)
