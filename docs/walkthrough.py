"""Writes docs/walkthrough.md: one school through a whole year. Every command in it is run, on the day of which it tells."""

import io
import os
import shlex
import shutil
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


def _cat(name: str) -> str:
    return Path(name).read_text("utf-8-sig")


def _cd(name: str) -> str:
    os.chdir(name)
    return ""


def _rm(name: str) -> str:
    shutil.rmtree(name)
    return ""


_SHELL = {"cat": _cat, "cd": _cd, "rm": _rm}


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
        """Run a command (ours, or one of the shell's that are known here) and tell what it showed; of much, the first lines."""
        words = shlex.split(line.replace("\\\n", ""))
        shown = _SHELL[words[0]](words[-1]) if words[0] in _SHELL else self._run(words[1:])
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
    umask = os.umask(0o077)
    try:
        with TemporaryDirectory() as folder, chdir(folder):
            _tell(year)
    finally:
        os.umask(umask)
    return str(year)


def _row(key: str, klas: str, onderdeel: str, day: str, fn: str, toets: str = "Toets 0", toetsniveau: str = "HAVO") -> str:
    return f"{key};{klas};{toets};{toetsniveau};{onderdeel};{day};{fn}"


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
    for part in (_sign_up, _pupils_come, _first_night, _a_school_chooses, _teachers, _nights, _last_year, _a_mistake, _summer, _gone):
        part(year)


def _sign_up(year: Year) -> None:
    year.tell("""
        # A school through the year

        Demo Lyceum is a Somtoday school: at Cito its pupils have no leerlingnummer, only a Cito key. This page follows it from its sign-up
        to the day on which its data is removed. Every command on it was run, and says what it said; `make docs` writes the page anew.
        Where a command prints a table, that is what it shows on a terminal; from cron it says less.
        """)
    year.heading("August: the school signs up")
    year.on("2026-08-20")
    year.tell("""
        A workspace is a folder with `cito-numo.yaml`, made once for all schools. The sign-up form of a school becomes its `school.yaml`.
        On a terminal, `cito-numo register` asks for what you leave out.
        """)
    year.command("cito-numo init work")
    year.command("cd work")
    year.command("rm -r schools/voorbeeld-school")
    year.command(
        "cito-numo register --klantnummer 0123456 --brin 99XX --vestiging 00 --school 'Demo Lyceum' \\\n"
        "    --aanhef Mevrouw --voornaam Demi --achternaam Demo --email beheer@demo-lyceum.example \\\n"
        "    --maximum-niveau +2 --korte-naam demo-lyceum --administratie somtoday --terugstuuroptie 0"
    )
    year.on("2026-08-27")
    year.tell("Cito handles a request within 5 days. When it takes longer, `status` says so.")
    year.command("cito-numo status")
    year.on("2026-09-01")
    year.tell("Cito has handled it:")
    year.command("cito-numo register --activate demo-lyceum")


def _pupils_come(year: Year) -> None:
    year.heading("September: a mail from the Somtoday administrator")
    year.on("2026-09-03")
    year.tell("""
        Which Cito key is which pupil stands in the Cito-importbestand (EDEXML), that the administrator of Somtoday mails. Support saves the
        mail, looks it over, and imports it; a mail rule can do the same ([edexml.md](edexml.md)). Numo's list of pupils lies in
        `inbox/numo`.
        """)
    year.put(f"{_SCHOOL}/inbox/numo/numo-leerlingen.csv", *_numo(*_PUPILS))
    year.mail("mail.eml", "demo-lyceum", "cito-importbestand.xml", _edexml("2026-2027", *_PUPILS[:3]))
    year.command(f"cat {_SCHOOL}/inbox/numo/numo-leerlingen.csv")
    year.command("cito-numo edexml check mail.eml --school demo-lyceum")
    year.command("cito-numo edexml import mail.eml")
    year.tell("One pupil is missing in it: he came later. That is for the administrator to mend; until then nothing of him is joined.")


def _first_night(year: Year) -> None:
    year.heading("October: Toets 0")
    year.on("2026-10-08", 16)
    year.tell(
        "The pupils of the first year made Toets 0. The school downloads the results from Leerling in beeld, and puts them in the inbox."
    )
    day = "01-10-2026"
    rows = (
        _row("C1001", "1A", "Rekenen-Wiskunde", day, "VMBO GL/TL"),
        _row("C1001", "1A", "Taalverzorging", day, "HAVO"),
        _row("C1002", "1A", "Rekenen-Wiskunde", day, "HAVO"),
        _row("C1002", "1A", "Taalverzorging", day, "VWO"),
        _row("C1003", "1B", "Rekenen-Wiskunde", day, "VWO"),
        _row("C1003", "1B", "Taalverzorging", day, "HAVO"),
        _row("C1004", "1B", "Rekenen-Wiskunde", day, "HAVO"),
    )
    year.put(f"{_SCHOOL}/inbox/cito/toets-0.csv", _HEADER, *rows)
    year.command(f"cat {_SCHOOL}/inbox/cito/toets-0.csv")
    year.tell("What would a night do with it? `check` looks, and writes nothing.")
    year.command("cito-numo check")
    year.on("2026-10-09", 3)
    year.tell("At night, cron runs `cito-numo sync`. On a terminal it shows a table:")
    year.command("cito-numo sync")
    year.tell("Numo takes in what is new from `outbox/`:")
    year.command(f"cat {_SCHOOL}/outbox/latest/leerplannen.csv")
    year.tell("Of what was not delivered the school gets a list, in Dutch:")
    year.command(f"cat {_SCHOOL}/report/niet-geleverd.csv")


def _a_school_chooses(year: Year) -> None:
    year.heading("The school chooses what it wants to get")
    year.on("2026-10-12")
    year.tell("With terugstuuroptie 0, who performs above the level of the toets gets no plan. What would each option pass on?")
    year.command("cito-numo terugstuuroptie preview demo-lyceum")
    year.tell("The school takes +1, in Leerling in beeld and here:")
    year.command("cito-numo terugstuuroptie set demo-lyceum +1")
    year.on("2026-10-13", 3)
    year.command("cito-numo sync")


def _teachers(year: Year) -> None:
    year.heading("The teacher processes the results")
    year.on("2026-10-14")
    year.tell("In Numo a link symbol stands behind each pupil for whom a plan is ready:")
    year.command("cito-numo plans list --school demo-lyceum --vak rekenen")
    year.tell("The teacher of 1A chooses *verwerk testresultaten* for this klas:")
    year.command("cito-numo plans process --school demo-lyceum --vak rekenen --klas 1A --yes")
    year.command("cito-numo plans show --school demo-lyceum 0104233")
    year.tell("And why is there nothing for the pupil who came later?")
    year.command("cito-numo explain --school demo-lyceum 0104312")


def _nights(year: Year) -> None:
    year.heading("November: a newer toets, and the pupil who was missing")
    year.on("2026-11-18", 3)
    year.tell("""
        The administrator mailed a whole EDEXML, and a pupil made Toets 1. What was processed is to be processed again where a newer
        result came.
        """)
    year.mail("mail-2.eml", "demo-lyceum", "cito-importbestand.xml", _edexml("2026-2027", *_PUPILS))
    year.command("cito-numo edexml import mail-2.eml")
    year.put(f"{_SCHOOL}/inbox/cito/toets-1.csv", _HEADER, _row("C1001", "1A", "Rekenen-Wiskunde", "16-11-2026", "HAVO", "Toets 1"))
    year.command("cito-numo sync")
    year.command("cito-numo plans list --school demo-lyceum --klas 1A --klas 1B")


def _last_year(year: Year) -> None:
    year.heading("January: results of last year")
    year.on("2027-01-12")
    year.tell("""
        A pupil who doubled the first year made a toets in the last schooljaar. Such results are coupled after a request to Cito's
        klantenservice ([prior-year.md](prior-year.md)). Without one it says whom to ask:
        """)
    year.put(
        "vorig-jaar.csv",
        _HEADER,
        _row("C1003", "1B", "Engels woordenschat", "12-05-2026", "VMBO GL/TL", "Toets 1"),
        _row("C1003", "1B", "Rekenen-Wiskunde", "12-05-2026", "VMBO KB", "Toets 1"),
    )
    year.command("cito-numo import vorig-jaar.csv --school demo-lyceum --schooljaar 2025-2026")
    year.command("cito-numo import vorig-jaar.csv --school demo-lyceum --schooljaar 2025-2026 --aanvraag 0012345")
    year.tell("The older result of rekenen did not take the place of the newer one.")


def _a_mistake(year: Year) -> None:
    year.heading("February: a plan that has to go")
    year.on("2027-02-09")
    year.tell("The toets of a pupil was made by another. The plan is withdrawn; it comes back only with a newer result.")
    year.command(
        "cito-numo plans withdraw --school demo-lyceum --leerling 0104234 --vak rekenen --reden 'Toets door een ander gemaakt' --yes"
    )
    year.on("2027-02-10", 3)
    year.command("cito-numo sync -v")


def _summer(year: Year) -> None:
    year.heading("1 August: a new schooljaar")
    year.on("2027-08-02", 3)
    year.tell("""
        Results that still lie in the inbox are of an earlier schooljaar from now on. What was delivered stays in force; nothing is
        taken back. The exports of last year can be thrown away, or lie.
        """)
    year.command("cito-numo sync")
    year.command(f"cat {_SCHOOL}/report/niet-geleverd.csv")
    year.command("cito-numo status")


def _gone(year: Year) -> None:
    year.heading("Two years later: what is old goes")
    year.on("2029-06-04")
    year.tell("Personal data is kept for the school's `retention`, two years. A purge says first what goes.")
    year.command("cito-numo purge demo-lyceum --inbox --dry-run")
    year.command("cito-numo purge demo-lyceum --inbox --yes")
    year.command("cito-numo plans list --school demo-lyceum --all")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
