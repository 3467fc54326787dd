"""Synthetic schools of any size, for a first look, examples, tests and benchmarks. The same arguments give the same bytes.

Nobody in them exists: BRIN 99XX, numbers and ECK iDs that are made up here, domains under .example.
"""

import hashlib
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cito_numo.files import write_whole
from cito_numo.inbox import CITO, EDEXML, NUMO
from cito_numo.schooljaar import AMSTERDAM, schooljaar_of, schooljaar_start
from cito_numo.workspace import NewSchool, new_school, new_workspace

TOMORROW = "tomorrow"
"""The folder of a demo workspace with what comes in on the second night: copy it over the workspace."""

HEADER = "Leerlingnummer;ECK-iD;Cito-leerlingkey;Klas;Toets;Toetsniveau;Onderdeel;Afnamedatum;Functioneringsniveau;Vaardigheidsscore"

_LADDER = ("<BB", "VMBO BB", "VMBO KB", "VMBO GL/TL", "HAVO", "VWO", ">VWO")
_TOETSNIVEAUS = (("VMBO BB/KB", 1), ("VMBO GL/TL", 3), ("HAVO", 4), ("VWO", 5))
_ONDERDELEN = (
    "Rekenen-Wiskunde",
    "Nederlands leesvaardigheid",
    "Engels leesvaardigheid",
    "Taalverzorging",
    "Nederlands woordenschat",
    "Engels woordenschat",
)
_SHARED_KEY = "K000000"
"""A key that the EDEXML gives to two pupils, as careless exports do."""
_NAMES = (("demo-college", "Demo College"), ("demo-lyceum", "Demo Lyceum"))


@dataclass(frozen=True)
class Leerling:
    """One synthetic pupil."""

    leerlingnummer: str
    eck_id: str
    cito_key: str
    klas: str
    toetsniveau: str
    rung: int


@dataclass(frozen=True)
class Rij:
    """One row of an export."""

    leerling: Leerling
    toets: str
    onderdeel: str
    afnamedatum: date
    functioneringsniveau: str

    def line(self, *, somtoday: bool) -> str:
        """The row as `lib-vo` has it; Cito knows only its own key of a Somtoday school's pupil."""
        who = self.leerling
        keys = ("", "", who.cito_key) if somtoday else (who.leerlingnummer, who.eck_id, "")
        day = self.afnamedatum.strftime("%d-%m-%Y")
        return ";".join((*keys, who.klas, self.toets, who.toetsniveau, self.onderdeel, day, self.functioneringsniveau, ""))


def make_demo(folder: Path, day: date, schools: int = 2, pupils: int = 60, seed: int = 1, results: int | None = None) -> None:
    """Make a workspace with `schools` schools of `pupils` pupils each, ready for the night of `day`.

    Every second school is a Somtoday school: its results hold only Cito keys, and an EDEXML tells whose they are. Among the results of a
    school are all kinds that end in an uitkomst of the first night; what stands in `tomorrow/` makes the second night. Beside
    those a pupil has so many `results` (1 to 12); where that is not said 2 to 6, and some also have an earlier toets.
    """
    new_workspace(folder)
    for number in range(schools):
        korte_naam, name = _NAMES[number] if number < len(_NAMES) else (f"demo-school-{number + 1:03d}", f"Demo School {number + 1}")
        somtoday = number % 2 == 1
        school = new_school(
            folder,
            NewSchool(
                korte_naam=korte_naam,
                name=name,
                brin="99XX",
                klantnummer=f"{1234567 + number:07d}",
                aanhef="Mevrouw",
                voornaam="Demi",
                achternaam="Demo",
                email=f"beheer@{korte_naam}.example",
                signed_up=schooljaar_start(day),
                active_from=schooljaar_start(day),
                administratie="somtoday" if somtoday else "magister",
                terugstuuroptie=1 if somtoday else 0,
            ),
        )
        chance = random.Random(f"{seed}/{number}")
        _fill(school, folder / TOMORROW / "schools" / korte_naam, day, pupils, chance, results, somtoday=somtoday)


def _fill(school: Path, tomorrow: Path, day: date, pupils: int, chance: random.Random, results: int | None, *, somtoday: bool) -> None:
    leerlingen = [_leerling(number, chance) for number in range(pupils)]
    first, second, third = _exports(leerlingen, day, chance, results)
    _write(school / NUMO / "numo-leerlingen.csv", _numo(leerlingen, somtoday=somtoday), day, days_ago=3)
    if somtoday:
        _write(school / EDEXML / "cito-importbestand.xml", edexml(leerlingen, day), day, days_ago=3)
    for path, rows, days_ago in (
        (school / CITO / "export-1.csv", first, 2),
        (school / CITO / "export-2.csv", second, 1),
        (tomorrow / CITO / "export-3.csv", third, 0),
    ):
        lines = [HEADER, *(row.line(somtoday=somtoday) for row in rows)]
        _write(path, "".join(f"{line}\r\n" for line in lines), day, days_ago=days_ago)


def leerlingen(pupils: int, seed: int = 1) -> list[Leerling]:
    """So many synthetic pupils."""
    chance = random.Random(seed)
    return [_leerling(number, chance) for number in range(pupils)]


def _leerling(number: int, chance: random.Random) -> Leerling:
    toetsniveau, rung = _TOETSNIVEAUS[int(chance.random() * len(_TOETSNIVEAUS))]
    digits = hashlib.sha512(f"{chance.random()}".encode()).hexdigest()
    klas = f"{number % 3 + 1}{'ABCDEFGH'[number // 3 % 8]}"
    return Leerling(f"{104233 + number:07d}", f"https://ketenid.nl/201703/{digits}", f"K{700001 + number}", klas, toetsniveau, rung)


def _exports(
    leerlingen: Sequence[Leerling], day: date, chance: random.Random, results: int | None
) -> tuple[list[Rij], list[Rij], list[Rij]]:
    """Three exports: the bulk, with what real exports hold besides; one that repeats and corrects; and the one of the second night."""
    start = schooljaar_start(day)
    earlier, taken = max(start, day - timedelta(days=60)), max(start, day - timedelta(days=30))
    exports: tuple[list[Rij], list[Rij], list[Rij]] = ([], [], [])
    few = max(1, len(leerlingen) // 200)
    for number, who in enumerate(leerlingen):
        recent = 2 + int(chance.random() * 5) if results is None else min(results, len(_ONDERDELEN))
        before = (recent if number % 10 == 0 else 0) if results is None else results - recent
        for place, onderdeel in enumerate(_ONDERDELEN[:recent]):
            rung = min(max(who.rung + int(chance.random() * 5) - 2, 0), len(_LADDER) - 1)
            rij = Rij(who, "Toets 1", onderdeel, taken, _LADDER[rung])
            exports[0].append(rij)
            if place < before:
                exports[0].append(Rij(who, "Toets 0", onderdeel, earlier, _LADDER[rung]))
        if number // few < len(_SPECIALS):
            special = _SPECIALS[number // few](rij, leerlingen[number - few], day)
            for export, rows in zip(exports, special, strict=True):
                export.extend(rows)
    return exports


_Special = tuple[Sequence[Rij], Sequence[Rij], Sequence[Rij]]


def _corrected(rij: Rij) -> Rij:
    low, lower = _LADDER[1], _LADDER[0]
    return replace(rij, functioneringsniveau=low if rij.functioneringsniveau != low else lower)


def _without_numo(who: Leerling) -> Leerling:
    """Somebody like this pupil, who is not in Numo."""
    return replace(who, leerlingnummer=f"9{who.leerlingnummer[1:]}", eck_id=who.eck_id[:-8] + "00000000", cito_key=f"X{who.cito_key}")


def _twice(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """A later export repeats a result."""
    return [], [rij], []


def _corrected_later(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """A later export corrects a result."""
    return [], [_corrected(rij)], []


def _two_levels(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """One toets, one day, two levels."""
    toets = replace(rij, toets="Toets 2")
    return [], [toets, _corrected(toets)], []


def _unreadable(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """A toets that was not taken, and a level of primary education."""
    return [replace(rij, toets="Toets 2", functioneringsniveau=text) for text in ("niet gemaakt", "M5")], [], []


def _last_year(rij: Rij, _other: Leerling, day: date) -> _Special:
    """A toets of the schooljaar before."""
    return [replace(rij, toets="Toets 0", afnamedatum=schooljaar_start(day) - timedelta(days=60))], [], []


def _stranger(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """Somebody who is not in Numo."""
    return [replace(rij, leerling=_without_numo(rij.leerling))], [], []


def _mixed_up(rij: Rij, other: Leerling, _day: date) -> _Special:
    """The number of one pupil with the ECK iD of another, or a Cito key that two pupils have."""
    return [replace(rij, leerling=replace(rij.leerling, eck_id=other.eck_id, cito_key=_SHARED_KEY))], [], []


def _newer_toets(rij: Rij, _other: Leerling, day: date) -> _Special:
    """On the second night, a newer toets."""
    return [], [], [replace(_corrected(rij), toets="Toets 2", afnamedatum=day)]


def _corrected_tomorrow(rij: Rij, _other: Leerling, _day: date) -> _Special:
    """On the second night, a correction of what was delivered."""
    return [], [], [_corrected(rij)]


_SPECIALS: Sequence[Callable[[Rij, Leerling, date], _Special]] = (
    _twice,
    _corrected_later,
    _two_levels,
    _unreadable,
    _last_year,
    _stranger,
    _mixed_up,
    _newer_toets,
    _corrected_tomorrow,
)
"""What befalls the first pupils of a school; what it adds to each of the three exports."""


def _numo(leerlingen: Sequence[Leerling], *, somtoday: bool) -> str:
    """Numo's list; of a Somtoday school without ECK iDs, which the EDEXML adds."""
    columns = ("gebruikersnaam", "klas") if somtoday else ("gebruikersnaam", "eck_id", "klas")
    rows = ((who.leerlingnummer, who.klas) if somtoday else (who.leerlingnummer, who.eck_id, who.klas) for who in leerlingen)
    return "".join(f"{';'.join(row)}\r\n" for row in (columns, *rows))


def edexml(leerlingen: Sequence[Leerling], day: date, brin: str = "99XX") -> str:
    """An EDEXML 2.1 of these pupils, each named for a number; one key is there twice, for two who are not in Numo."""
    klassen = sorted({who.klas for who in leerlingen})
    return "".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            '<EDEX xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="EDEXML.structuur.xsd">\n',
            f"<school><schooljaar>{schooljaar_of(day)}</schooljaar><brincode>{brin}</brincode><dependancecode>00</dependancecode>",
            f"<aanmaakdatum>{day - timedelta(days=3)}T08:00:00</aanmaakdatum><xsdversie>2.1</xsdversie></school>\n",
            "<groepen>\n",
            *(f"<groep key={quoteattr(klas)}><naam>{klas}</naam><jaargroep>{10 + int(klas[0])}</jaargroep></groep>\n" for klas in klassen),
            "</groepen>\n<leerlingen>\n",
            *_edexml_leerlingen(leerlingen),
            "</leerlingen>\n<leerkrachten/>\n</EDEX>\n",
        )
    )


def _edexml_leerlingen(leerlingen: Sequence[Leerling]) -> Iterator[str]:
    for number, who in enumerate(leerlingen):
        yield _edexml_leerling(who, number)
    for number, who in enumerate(leerlingen[:2], len(leerlingen)):
        yield _edexml_leerling(replace(_without_numo(who), cito_key=_SHARED_KEY), number)


def _edexml_leerling(who: Leerling, number: int) -> str:
    return (
        f"<leerling key={quoteattr(who.cito_key)} eckid={quoteattr(who.eck_id)}>"
        f"<achternaam>Demo</achternaam><roepnaam>Leerling {number}</roepnaam>"
        f"<geboortedatum>2014-01-01</geboortedatum><geslacht>9</geslacht><jaargroep>{10 + int(who.klas[0])}</jaargroep>"
        f"<groep key={quoteattr(who.klas)}/><gebruikersnaam>{who.leerlingnummer}</gebruikersnaam>"
        f"<emailadres>leerling{number}@demo.example</emailadres><instroomdatum>2025-08-01</instroomdatum>"
        "<mutatiedatum>2026-08-01</mutatiedatum></leerling>\n"
    )


def _write(path: Path, text: str, day: date, *, days_ago: int) -> None:
    write_whole(path, text.encode())
    moment = datetime.combine(day - timedelta(days=days_ago), time(), AMSTERDAM).timestamp()
    os.utime(path, (moment, moment))
