"""EDEXML (as Somtoday exports it for Cito) → which Cito key is which pupil.

Only key, ECK iD (as keyed hash), the places that may hold the gebruikersnaam, klas and vestiging leave the parser; names, birth dates and
BSN are dropped while it reads. Pupils are the direct children of `leerlingen`: blocks of `toevoegingen` may nest elements of the same
name (EDEXML 2.1 allows any content there).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from lxml import etree

from cito_numo.config import Edexml as Settings
from cito_numo.errors import (
    EDEXML_NO_PUPILS,
    EDEXML_OTHER_VESTIGINGEN,
    EDEXML_PLACE,
    EDEXML_ROOT,
    FILE_EMPTY,
    XML_DOCTYPE,
    XML_SYNTAX,
    stop,
)
from cito_numo.language import _
from cito_numo.privacy import Secret
from cito_numo.tables import KEY_TABLE, names

_MAIN = "00"
"""The dependancecode of a main vestiging: the same as an empty one."""
_INSIDE_SECTION = 2
"""How many elements are open around a leerling: the root and its section."""
_PLACES = ("gebruikersnaam", "emailadres", "key")


@dataclass(frozen=True)
class EdexmlFile:
    """One EDEXML: the school it says it is of, when it was made, and its pupils.

    `pupils` has the text columns `cito_key`, `eck_id` (keyed hash), `klas`, `vestiging`, and one for each place that may hold the
    gebruikersnaam: `gebruikersnaam`, `emailadres` (what stands before the @), `key`, and the configured element of toevoegingen.
    """

    name: str
    brin: str | None
    aanmaakdatum: str | None
    pupils: pd.DataFrame


def read_edexml(content: bytes, name: str, secret: Secret, settings: Settings | None = None) -> EdexmlFile:
    """Read one EDEXML file.

    Pupils with a dummy key (it begins with #, EDEXML 2.1 §1.10) or none are left out. Raises CitoNumoError for a file that
    is not well-formed, has a DOCTYPE, is no EDEXML, or holds no pupils.
    """
    reader = _Reader(secret, settings or Settings())
    if not content.strip():
        raise stop(FILE_EMPTY, name)
    events = etree.iterparse(
        io.BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        reader.read(events, name)
    except etree.XMLSyntaxError as error:
        raise stop(XML_SYNTAX, name, line=error.lineno or 1) from None
    if not reader.pupils:
        raise stop(EDEXML_NO_PUPILS, name)
    return EdexmlFile(name, reader.brin, reader.aanmaakdatum, pd.DataFrame(reader.named_pupils(), dtype="str"))


class _Reader:
    """What is kept while a file streams by."""

    def __init__(self, secret: Secret, settings: Settings) -> None:
        self.brin: str | None = None
        self.dependancecode: str | None = None
        self.aanmaakdatum: str | None = None
        self.groepen: dict[str, str | None] = {}
        self.vestigingen: dict[str, str | None] = {}
        self.pupils: list[dict[str, str | None]] = []
        self._secret = secret
        self._settings = settings

    def read(self, events: "etree.iterparse[etree._Element]", name: str) -> None:
        depth = 0
        for event, element in events:
            if event == "start":
                depth += 1
                if depth == 1:
                    self._check_root(element, name)
                continue
            depth -= 1
            if depth == _INSIDE_SECTION:
                self._take(element)
                parent = element.getparent()
                assert parent is not None
                parent.remove(element)

    def named_pupils(self) -> list[dict[str, str | None]]:
        """The pupils with the names of their klas and vestiging, which the file gives by key; what no key leads to is absent."""
        return [
            pupil
            | {
                "klas": self.groepen.get(pupil["klas"] or ""),
                "vestiging": self.vestigingen.get(pupil["vestiging"] or "") or pupil["vestiging"] or self.dependancecode or _MAIN,
            }
            for pupil in self.pupils
        ]

    def _check_root(self, root: etree._Element, name: str) -> None:
        if root.getroottree().docinfo.doctype:  # type: ignore[attr-defined]  # lxml has it, its stubs do not
            raise stop(XML_DOCTYPE, name)
        if _tag(root) != "EDEX":
            raise stop(EDEXML_ROOT, name, root=_tag(root))

    def _take(self, element: etree._Element) -> None:
        parent = element.getparent()
        assert parent is not None
        section, tag = _tag(parent), _tag(element)
        if section == "leerlingen" and tag == "leerling":
            self._take_leerling(element)
        elif section == "groepen" and tag in ("groep", "samengestelde_groep"):
            self.groepen[_attribute(element, "key") or ""] = _not_an_eck_id(_text(element, "naam"))
        elif section == "vestigingen" and tag == "vestiging":
            has_code = _child(element, "dependancecode") is not None
            self.vestigingen[_attribute(element, "key") or ""] = (_text(element, "dependancecode") or _MAIN) if has_code else None
        elif section == "school":
            self._take_school_field(tag, _stripped(element.text))

    def _take_school_field(self, tag: str, text: str | None) -> None:
        if tag == "brincode":
            self.brin = text.upper() if text else None
        elif tag == "dependancecode":
            self.dependancecode = text
        elif tag == "aanmaakdatum":
            self.aanmaakdatum = text

    def _take_leerling(self, leerling: etree._Element) -> None:
        key = _not_an_eck_id(_attribute(leerling, "key"))
        if key is None or key.startswith("#"):
            return
        eck_id = _attribute(leerling, "eckid")
        groep = _child(leerling, "groep")
        if groep is None:
            together = _child(leerling, "samengestelde_groepen")
            groep = _child(together, "samengestelde_groep") if together is not None else None
        vestiging = _child(leerling, "vestiging")
        pupil = {
            "cito_key": _not_an_eck_id(self._at(leerling, self._settings.cito_key)),
            "eck_id": self._secret.hash_eck_id(eck_id) if eck_id else None,
            "klas": _attribute(groep, "key") if groep is not None else None,
            "vestiging": _attribute(vestiging, "key") if vestiging is not None else None,
        }
        places = {*_PLACES, self._settings.leerlingnummer} - {"auto"}
        self.pupils.append(pupil | {place: _not_an_eck_id(self._at(leerling, place)) for place in sorted(places)})

    def _at(self, leerling: etree._Element, place: str) -> str | None:
        if place == "key":
            return _attribute(leerling, "key")
        if place.startswith("toevoegingen:"):
            added = _child(leerling, "toevoegingen")
            wanted = place.removeprefix("toevoegingen:")
            found = next((inner for inner in added.iter() if _tag(inner) == wanted), None) if added is not None else None
            return _stripped(found.text) if found is not None else None
        text = _text(leerling, place)
        return text.split("@", 1)[0] if place == "emailadres" and text else text


def to_key_table(
    edexml: EdexmlFile, volgorde: int, settings: Settings, vestigingen: Sequence[str], known: pd.Series | None
) -> pd.DataFrame:
    """The key table (columns `tables.KEY_TABLE`) of one EDEXML, of these vestigingen or, when none is named, of all.

    Where the gebruikersnaam stands is decided once for the file: as configured, or (`auto`) the one place in which most of Numo's pupils,
    `known`, are found. Raises CitoNumoError where that is not certain: a tie, or less than half found.
    """
    pupils = edexml.pupils[edexml.pupils["vestiging"].isin(vestigingen)] if vestigingen else edexml.pupils
    if pupils.empty:
        raise stop(EDEXML_OTHER_VESTIGINGEN, edexml.name, expected=", ".join(vestigingen))
    place = settings.leerlingnummer if settings.leerlingnummer != "auto" else _place(pupils, known, edexml.name)
    table = pupils.assign(gebruikersnaam=pupils[place], volgorde=volgorde)
    return table.loc[table["cito_key"].notna(), names(KEY_TABLE)].reset_index(drop=True)


def _place(pupils: pd.DataFrame, known: pd.Series | None, name: str) -> str:
    if known is None:
        if 2 * pupils["gebruikersnaam"].notna().sum() > len(pupils):
            return "gebruikersnaam"
        raise stop(EDEXML_PLACE, name, figures=_("there is no list of Numo's pupils to compare with"), known=0)
    figures = {place: int(known.isin(pupils[place].dropna()).sum()) for place in _PLACES}
    best = max(figures.values())
    first, *others = [place for place, figure in figures.items() if figure == best]
    certain = 2 * best >= min(len(pupils), len(known)) and best > 0
    if not certain or any(not pupils[first].equals(pupils[other].rename(first)) for other in others):
        raise stop(EDEXML_PLACE, name, figures=", ".join(f"{place} {figure}" for place, figure in figures.items()), known=len(known))
    return first


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _tag(child) == name), None)


def _text(element: etree._Element, name: str) -> str | None:
    child = _child(element, name)
    return _stripped(child.text) if child is not None else None


def _attribute(element: etree._Element, name: str) -> str | None:
    return _stripped(element.get(name))


def _stripped(text: str | None) -> str | None:
    return (text or "").strip() or None


def _not_an_eck_id(text: str | None) -> str | None:
    """A text that may be kept: an ECK iD that stands where something else should is not."""
    return None if text and "ketenid.nl/" in text.lower() else text
