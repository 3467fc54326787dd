"""What the standard says of an EDEXML: the order of its elements, which occur once, and how values are written. Pure rules.

Written from EDEXML 2.1 (1.03, 2.0 and UWLR's leerlinggegevens are subsets of it). A departure never makes a file unusable: good files
depart from the schema too, and the published list of schooljaren ends before today.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cito_numo.errors import EDEXML_ORDER, EDEXML_TWICE, ErrorKind

_BSN = ("sofinummer", "bsn", "onderwijsnummer", "bsn_ondwnr-4", "rijksregisternummer")

FILE = ("school", "vestigingen", "groepen", "leerlingen", "leerkrachten")
SCHOOL = (
    "schooljaar", "peildatum", "brincode", "instellingsnummer", "dependancecode", "schoolkey", "aanmaakdatum", "auteur", "xsdversie",
    "commentaar", "toevoegingen",
)  # fmt: skip
LEERLING = (
    "achternaam", "voorvoegsel", "voornamen", "voorletters-1", "roepnaam", "geboortedatum", "geslacht", "start_ondw_jgr3", "jaargroep",
    "groep", "samengestelde_groepen", "vestiging", "gebruikersnaam", "emailadres", "fotourl", "etniciteit", "land", "land_vader",
    "land_moeder", _BSN, "gewicht_nieuw", "gewicht", "postcode", "instroomdatum", "uitstroomdatum", "toevoegingen", "mutatiedatum",
)  # fmt: skip
"""The elements of each in their order; of a tuple within, one occurs. Elements that are not named may stand anywhere but at the end."""

LENGTHS: Mapping[str, tuple[int, int]] = {
    "@key": (1, 256),
    "@eckid": (154, 154),
    "voorvoegsel": (1, 10),
    "gebruikersnaam": (1, 64),
    "naam": (1, 64),
    "auteur": (1, 128),
    "xsdversie": (1, 32),
}
"""How many characters the value of an element or attribute has, at least and at most."""

_DAY = r"\d{4}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?"
PATTERNS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "@eckid": r"https://ketenid\.nl/201703/[0-9a-f]+",
        "geboortedatum": _DAY,
        "geslacht": r"[0129]",
        "jaargroep": r"[BDSVCNH]|[0-8]|1[1-6]",
        "instroomdatum": _DAY,
        "uitstroomdatum": _DAY,
        "schooljaar": r"\d{4}-\d{4}",
        "peildatum": _DAY,
        "brincode": r"\d{2}[A-Z]{2}",
        "dependancecode": r"\d{2}",
        "aanmaakdatum": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?",
    }.items()
}
"""How it is written."""


def well_written(element: str, text: str) -> bool:
    """Whether a value is written as the standard says, where it does. An empty one counts as absent."""
    least, most = LENGTHS.get(element, (0, len(text)))
    pattern = PATTERNS.get(element)
    return not text or (least <= len(text) <= most and (pattern is None or pattern.fullmatch(text) is not None))


class Departure(NamedTuple):
    """A departure from the schema, and the element that departs."""

    kind: ErrorKind
    element: str


def departures(elements: Sequence[str], order: Sequence[str | Sequence[str]]) -> Iterator[Departure]:
    """What departs from the order, in elements that stand beside each other, and which stand there twice; each element once."""
    place = {name: number for number, names in enumerate(order) for name in ([names] if isinstance(names, str) else names)}
    highest, seen, told = -1, set(), set()
    for element in elements:
        number = place.get(element)
        out_of_order = number < highest if number is not None else highest == len(order) - 1
        found = EDEXML_TWICE if number in seen else EDEXML_ORDER if out_of_order else None
        if found and element not in told:
            told.add(element)
            yield Departure(found, element)
        if number is not None:
            seen.add(number)
            highest = max(highest, number)
