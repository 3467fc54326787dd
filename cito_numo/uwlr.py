"""UWLR leerresultaten (XML, bare or in SOAP) → the rows of an export, as text.

Only what is within a `leerresultaten_verzoek` is looked at: never the autorisatie beside it. Senders depart from the schema, so elements
are taken by their names, in any order and namespace. A toets stands behind its results, so a result gets its names at the end.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
from lxml import etree

from cito_numo.errors import CITO_EDEXML, UWLR_BRIN, UWLR_NO_DATA, UWLR_ROOT, stop
from cito_numo.layouts import Layout, split_toets
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.refused import refused_kind
from cito_numo.sheets import ROW, WHOLE
from cito_numo.xml_stream import XmlStream, line_of

_VERZOEK = "leerresultaten_verzoek"
_PARENTS = {"school": _VERZOEK, "toetsafname": "toetsafnames", "toets": "toetsen"}
_EDEXML = ("EDEX", "leerlinggegevens")
_SOAP = "Envelope"
_FUNCTIONERINGSNIVEAU = "FN"
_OR = " of "
"""Between two levels that a result has: no spelling of any level."""
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

_COLUMNS = ("eck_id", "toets", "onderdeel", "domein", "afnamedatum", "toetsniveau", "functioneringsniveau")


class Uwlr(NamedTuple):
    """One file: its results as text, when it says it was made, and how it was recognised."""

    cells: pa.Table
    made: str
    detected: Mapping[str, str]


class Toetscode(NamedTuple):
    """A toetscode in a file: what the file calls it, what that says of the toets and onderdeel, and the codes of its parts with names."""

    code: str
    naam: str
    toets: str | None
    onderdeel: str
    toetsniveau: str | None
    parts: Sequence[tuple[str, str]]


class _Result(NamedTuple):
    line: int
    leerlingid: str | None
    eckid: str | None
    afnamedatum: str | None
    toetscode: str
    versie: str
    onderdeelcode: str
    niveau: str | None
    """The functioneringsniveau that it names."""
    groepen: Sequence[str]
    """The groups that it is compared with."""
    score: str | None


class _Norm(NamedTuple):
    term: str | None
    begin: str | None
    end: str | None


@dataclass(frozen=True)
class _Part:
    """A toets, or a part of one."""

    naam: str | None = None
    vakgebied: str | None = None
    toetsniveau: str | None = None
    norms: Sequence[_Norm] = ()
    parts: Mapping[str, "_Part"] = field(default_factory=dict)


def read_uwlr(content: bytes, name: str, layout: Layout, leerlijnen: Leerlijnen, *, brin: Sequence[str], leerlingid: str) -> Uwlr:
    """Read one file. `brin` are the school's, `leerlingid` is the column that the leerlingid of UWLR goes to.

    Raises CitoNumoError for what is no UWLR, of another school, or as `XmlStream` does.
    """
    stream = _opened(content, name)
    school: etree._Element | None = None
    results: list[_Result] = []
    explained: dict[tuple[str, str], list[_Part]] = {}
    for kind, element in _data(stream):
        if kind == "school":
            school = element
            found = _text(element, "brincode")
            if found is not None and brin and found.upper() not in brin:
                raise stop(UWLR_BRIN, name, found=found, expected=", ".join(brin))
        elif kind == "toetsafname":
            results += _results(element)
        else:
            code, toets = (_text(element, "toetscode") or "").casefold(), _toets(element)
            for versie in {_text(element, "versie") or "", ""}:
                explained.setdefault((code, versie), []).append(toets)
    toetsen = {key: _agreed(parts) for key, parts in explained.items()}
    if school is None and not results and not toetsen:
        raise stop(UWLR_NO_DATA, name)
    made = (_text(school, "aanmaakdatum") or "") if school is not None else ""
    detected = {"kind": "UWLR, in SOAP" if stream.root == _SOAP else "UWLR"}
    rows = [_row(result, toetsen, layout, leerlijnen) for result in results]
    cells = {column: pa.array([row[column] for row in rows], pa.string()) for column in _COLUMNS}
    cells[leerlingid] = pa.array([result.leerlingid for result in results], pa.string())
    numbers = pa.array([result.line for result in results], pa.int64())
    return Uwlr(pa.table({**cells, ROW: numbers, WHOLE: pa.repeat(pa.scalar(True), len(results))}), made, detected)


def toetscodes(content: bytes, name: str) -> list[Toetscode]:
    """The toetscodes in a file, those of results too that it does not explain. Raises CitoNumoError as `read_uwlr` does."""
    toetsen: dict[str, _Part] = {}
    used: dict[str, dict[str, None]] = {}
    for kind, element in _data(_opened(content, name)):
        if kind == "toets":
            toetsen.setdefault(_text(element, "toetscode") or "", _toets(element))
        elif kind == "toetsafname":
            for result in _results(element):
                used.setdefault(result.toetscode, {})[result.onderdeelcode] = None
    found = []
    for code in sorted({*toetsen, *used} - {""}):
        toets = toetsen.get(code, _Part())
        number, rest = split_toets(toets.naam or "")
        names = {part: toets.parts[part.casefold()].naam if part.casefold() in toets.parts else "" for part in used.get(code, {}) if part}
        parts = [(part, naam or "") for part, naam in sorted(names.items())]
        found.append(Toetscode(code, toets.naam or "", number, rest or toets.vakgebied or "", toets.toetsniveau, parts))
    return found


def _opened(content: bytes, name: str) -> XmlStream:
    stream = XmlStream(io.BytesIO(content), name, _PARENTS)
    if stream.root in _EDEXML:
        raise stop(CITO_EDEXML, name)
    if stream.root not in (_VERZOEK, _SOAP):
        raise stop(UWLR_ROOT, name, root=stream.root)
    return stream


def _data(stream: XmlStream) -> Iterator[tuple[str, etree._Element]]:
    """The elements of the request that matter, each with its name, taken out of the tree."""
    for element in stream:
        kind, parent = _local(element), element.getparent()
        if parent is not None and _local(parent) in (_PARENTS[kind], _VERZOEK) and _is_data(parent):
            parent.remove(element)
            yield kind, element


def _is_data(element: etree._Element) -> bool:
    """Whether an element is the request or in it."""
    return any(_local(above) == _VERZOEK for above in (element, *element.iterancestors()))


def _results(toetsafname: etree._Element) -> list[_Result]:
    leerlingid, eckid = _text(toetsafname, "leerlingid"), _text(toetsafname, "eckid")
    found = []
    for resultaat in (child for part in _children(toetsafname, "resultaten") for child in _children(part, "resultaat")):
        niveaus: list[str] = []
        groups: list[str] = []
        score = _text(resultaat, "score")
        for oso in _children(resultaat, "osoresultaat"):
            for toetsscore in _children(oso, "toetsscore"):
                score = score or _text(toetsscore, "vaardigheidsscore")
            for referentiescore in _children(oso, "referentiescore"):
                if (_text(referentiescore, "codereferentiescore") or "").upper() == _FUNCTIONERINGSNIVEAU:
                    niveaus += [text for text in [_text(referentiescore, "waarde")] if text]
                    groups += [text for text in [_text(referentiescore, "codevergelijkingsgroep")] if text]
        for other in _children(resultaat, "anderresultaat"):
            niveaus.append(f"anderresultaat {str(other.get(_TYPE, '')).rpartition(':')[2]}".strip())
        found.append(
            _Result(
                line_of(resultaat),
                leerlingid,
                eckid,
                _text(resultaat, "afnamedatum"),
                _text(resultaat, "toetscode") or "",
                _text(resultaat, "versie") or "",
                _text(resultaat, "toetsonderdeelcode") or "",
                _one_of(niveaus),
                groups,
                score,
            )
        )
    return found


def _toets(toets: etree._Element) -> _Part:
    normering = _normering(toets, "toetsnormering")
    parts = {
        (_text(part, "toetsonderdeelcode") or "").casefold(): _Part(
            _text(part, "toetsonderdeelnaam"), None, *_normering(part, "toetsonderdeelnormering")
        )
        for parent in _children(toets, "toetsonderdelen")
        for part in _children(parent, "toetsonderdeel")
    }
    return _Part(_text(toets, "toetsnaam"), _text(toets, "vakgebied"), *normering, parts)


def _agreed(explained: Sequence[_Part]) -> _Part:
    """What all explanations of a toetscode say; where they differ, what cannot be read (`_one_of`), or nothing."""
    first = explained[0]
    if all(part == first for part in explained):
        return first

    def all_say(texts: Iterable[str | None]) -> str | None:
        return _one_of([text for text in texts if text])

    return _Part(
        all_say(part.naam for part in explained),
        all_say(part.vakgebied for part in explained),
        all_say(part.toetsniveau for part in explained),
        first.norms if all(part.norms == first.norms for part in explained) else (),
        first.parts if all(part.parts == first.parts for part in explained) else {},
    )


def _normering(element: etree._Element, name: str) -> tuple[str | None, Sequence[_Norm]]:
    for normering in _children(element, name):
        norms = [
            _Norm(_text(norm, "term") or _text(norm, "omschrijving"), _text(norm, "beginnormwaarde"), _text(norm, "eindnormwaarde"))
            for norm in _children(normering, "norm")
        ]
        return _text(normering, "toetsniveau"), norms
    return None, ()


def _row(result: _Result, toetsen: Mapping[tuple[str, str], _Part], layout: Layout, leerlijnen: Leerlijnen) -> dict[str, str | None]:
    """A result with the names of its toets and onderdeel: what the layout says of their codes, else what the file calls them."""
    code, code_of_part = layout.code(result.toetscode), layout.onderdeelcode(result.onderdeelcode)
    key = result.toetscode.casefold()
    toets = toetsen.get((key, result.versie)) or toetsen.get((key, "")) or _Part()
    part = toets.parts.get(result.onderdeelcode.casefold(), _Part())
    naam = toets.naam or result.toetscode
    number, rest = split_toets(naam)
    onderdelen = (code.onderdeel, rest, toets.vakgebied)
    onderdeel = next(
        (text for text in onderdelen if text and leerlijnen.onderdeel(text)), code.onderdeel or rest or toets.vakgebied or naam
    )
    domein = code_of_part.domein or code.domein
    if result.onderdeelcode:
        of_part = part.naam or result.onderdeelcode
        named = [code_of_part.onderdeel, of_part, *(f"{text} {of_part}" for text in onderdelen if text)]
        known = next((text for text in named if text and leerlijnen.onderdeel(text)), None)
        domein = domein or (of_part if known is None and layout.domein(of_part) else None)
        onderdeel = known or (onderdeel if domein else code_of_part.onderdeel or of_part)
    named_so = (naam, part.naam, toets.vakgebied, result.toetscode, result.onderdeelcode)
    refused = next((text for text in named_so if text and refused_kind(text)), None)
    levels = [groep for groep in result.groepen if layout.niveau(groep)]
    return {
        "eck_id": result.eckid,
        "toets": refused or code_of_part.toets or code.toets or number or naam or None,
        "onderdeel": onderdeel or None,
        "domein": domein,
        "afnamedatum": result.afnamedatum,
        "toetsniveau": code_of_part.toetsniveau or code.toetsniveau or part.toetsniveau or toets.toetsniveau or _one_of(levels),
        "functioneringsniveau": result.niveau
        or _by_norm(result.score, part.norms if result.onderdeelcode else toets.norms, layout.decimal),
    }


def _by_norm(score: str | None, norms: Sequence[_Norm], decimal: str) -> str | None:
    """The term of the norm that a score falls into; what says that there is none, for the reason that the school reads."""
    if score is None:
        return None
    value = _number(score, decimal)
    terms = []
    for norm in norms:
        begin, end = _number(norm.begin, decimal), _number(norm.end, decimal)
        if norm.term and value is not None and begin is not None and end is not None and begin <= value <= end:
            terms.append(norm.term)
    return _one_of(terms) or f"score {score}"


def _number(text: str | None, decimal: str) -> float | None:
    if text is None or not re.fullmatch(rf"-?\d+(?:{re.escape(decimal)}\d+)?", text, re.ASCII):
        return None
    return float(text.replace(decimal, "."))


def _one_of(texts: Sequence[str]) -> str | None:
    """What all of them say; all of what they say where they differ, which is nothing that can be read."""
    different = list({text.casefold(): text for text in texts}.values())
    return _OR.join(different) if different else None


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if _local(child) == name]


def _text(element: etree._Element, name: str) -> str | None:
    """The text of the only child with this name; None where there is none, or two that differ."""
    texts = {(child.text or "").strip() for child in _children(element, name)}
    return (texts.pop() or None) if len(texts) == 1 else None
