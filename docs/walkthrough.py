"""Writes docs/walkthrough.md: one school through a whole year. Every command in it is run, on the day that it tells of, and its output is what it said."""

import io
import os
import shlex
import sys
import textwrap
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO
from unittest import mock

import time_machine

from cito_numo.cli import run
from cito_numo.schooljaar import AMSTERDAM

PAGE = Path(__file__).with_name("walkthrough.md")
_SCHOOL = "schools/demo-lyceum"
_HEADER = "Cito-leerlingkey;Klas;Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau"
_PUPILS = (("C1001", "0104233", "1A"), ("C1002", "0104234", "1A"), ("C1003", "0104311", "1B"), ("C1004", "0104312", "1B"))
_TERMINAL = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "LANGUAGE": "en"}


class _Terminal(io.StringIO):
    """A terminal that keeps what is shown on it."""

    def isatty(self) -> bool:
        return True


class Year:
    """The year, told day by day; what is told is the page."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._now = datetime(2026, 8, 20, 9, 0, tzinfo=AMSTERDAM)

    def heading(self, title: str) -> None:
        """A chapter."""
        self._parts.append(f"## {title}")

    def tell(self, text: str) -> None:
        """What a person does, or sees."""
        self._parts.append(textwrap.dedent(text).strip())

    def on(self, day: str, hour: int = 9) -> None:
        """Go to a day, as 2026-08-20."""
        self._now = datetime.fromisoformat(day).replace(hour=hour, tzinfo=AMSTERDAM)

    def put(self, name: str, *lines: str) -> None:
        """Lay a file ready, written an hour ago."""
        self._write(name, "".join(f"{line}\r\n" for line in lines).encode())

    def mail(self, name: str, subject: str, attached: str, content: str) -> None:
        """Save a mail with an EDEXML."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "beheer@demo-lyceum.example", "support@kurve.nl", subject
        message.set_content("Hierbij het Cito-importbestand.")
        message.add_attachment(content.encode(), maintype="application", subtype="xml", filename=attached)
        message.set_boundary("=" * 20)
        self._write(name, message.as_bytes())

    def command(self, line: str, *, first: int | None = None) -> None:
        """Run a command (`cat FILE`, or ours) and tell what it showed; of much, the first lines."""
        words = shlex.split(line.replace("\\\n", ""))
        shown = Path(words[1]).read_text("utf-8-sig") if words[0] == "cat" else self._run(words[1:])
        lines = [one.rstrip() for one in shown.strip("\n").splitlines()]
        lines = lines if first is None or len(lines) <= first else [*lines[:first], "…"]
        self._parts.append("\n".join([f"```console\n$ {line}", *lines, "```"]))

    def _run(self, words: list[str]) -> str:
        terminal = _Terminal()
        with (
            mock.patch.dict(os.environ, _TERMINAL),
            mock.patch.object(sys, "stdin", io.StringIO()),
            time_machine.travel(self._now, tick=False),
            redirect_stdout(terminal),
            redirect_stderr(_Message(terminal)),
        ):
            exit_code = run(words)
        return terminal.getvalue() + (f"(exit code {exit_code})\n" if exit_code else "")

    def _write(self, name: str, content: bytes) -> None:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        hour_ago = self._now.timestamp() - 3600
        os.utime(path, (hour_ago, hour_ago))

    def __str__(self) -> str:
        return "\n\n".join(self._parts) + "\n"


class _Message(io.TextIOBase):
    """Where messages go: to the same terminal, but without progress that moves."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        return self._terminal.write(text)


def page() -> str:
    """The whole page."""
    year = Year()
    with TemporaryDirectory() as folder, chdir(folder):
        os.umask(0o077)
        _tell(year)
    return str(year)


def _row(key: str, klas: str, onderdeel: str, day: str, fn: str, toets: str = "Toets 0", toetsniveau: str = "HAVO") -> str:
    return ";".join((key, klas, toets, toetsniveau, onderdeel, day, fn))


def _edexml(schooljaar: str, *pupils: tuple[str, str, str]) -> str:
    klassen = sorted({klas for _key, _name, klas in pupils})
    groepen = "".join(f'<groep key="g{number}"><naam>{klas}</naam><jaargroep>11</jaargroep></groep>' for number, klas in enumerate(klassen))
    leerlingen = "".join(
        f'<leerling key="{key}"><groep key="g{klassen.index(klas)}"/><gebruikersnaam>{name}</gebruikersnaam></leerling>'
        for key, name, klas in pupils
    )
    school = f"<school><schooljaar>{schooljaar}</schooljaar><brincode>99XX</brincode></school>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EDEX>{school}<groepen>{groepen}</groepen><leerlingen>{leerlingen}</leerlingen></EDEX>\n'
    )


def _numo(*pupils: tuple[str, str, str]) -> list[str]:
    return ["gebruikersnaam;klas", *(f"{name};{klas}" for _key, name, klas in pupils)]


def _tell(year: Year) -> None:
    year.tell(
        """
        # A school through the year

        Demo Lyceum is a Somtoday school: at Cito its pupils have no leerlingnummer, only a Cito key. This page follows it from its sign-up to the day on which its data is
        removed. Every command on it was run, and says what it said; `make docs` writes the page anew. Where a command prints a table, that is what it shows on a terminal;
        from cron it says less.
        """
    )
    year.heading("August: the school signs up")
    year.on("2026-08-20")
    year.tell(
        "A workspace is a folder with `cito-numo.yaml`, made once for all schools. The sign-up form of a school becomes its `school.yaml`."
    )
    year.command("cito-numo init work")
    os.chdir("work")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
