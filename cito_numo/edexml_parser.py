"""One EDEXML, streaming by: what stands in it of the school, its groepen and its pupils, before anything is decided.

Every dialect: EDEX without namespace, and UWLR's leerlinggegevens in any namespace prefix, bare, staged or in a SOAP envelope. Names,
birth dates, BSN and all else that the job does not need are passed by; of them only the form is looked at, where the standard gives one.
Raises CitoNumoError for what is no EDEXML.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from cito_numo.config import Edexml as Settings
from cito_numo.edexml_schema import FILE, LEERLING, LENGTHS, PATTERNS, SCHOOL, Departure, departures, well_written
from cito_numo.errors import (
    EDEXML_KEY_DUMMY,
    EDEXML_NO_DATA,
    EDEXML_PATTERN,
    EDEXML_ROOT,
    XML_TOO_LARGE,
    ErrorKind,
    stop,
)
from cito_numo.findings import Notes
from cito_numo.privacy import Secret
from cito_numo.values import BLANKS, looks_like_eck_id, present, trimmed, without_eck_ids
from cito_numo.xml_stream import XmlStream, line_of

PLACES = ("gebruikersnaam", "emailadres", "key")
"""Where the gebruikersnaam may stand; `emailadres` means what comes before the @."""

ADDED = "toevoegingen:"
"""Before the name of an element of toevoegingen that holds a key or the gebruikersnaam."""

TEXT = pa.large_string()
"""The type of text columns: that of pandas, which then takes them over as they are."""

_UWLR = "http://www.edustandaard.nl/leerresultaten/"
_STAGES = ("-structuur", "-leerlingen", "-leerkrachten")
_ENVELOPE = ("Envelope", "Body", "leerlinggegevens_antwoord", "leerlinggegevensantwoord")
_ROOTS = ("EDEX", "leerlinggegevens", *_ENVELOPE)
_NO_DATA = ("geenwijzigingen", "geengegevens", "Fault")
_TAKEN = ("leerling", "leerkracht", "groepen", "vestigingen", "school", *_NO_DATA)
_PAGE = 8192
"""Pupils that are kept as Python values before they become columns."""
_MOST_GROUPS = 100_000
_MOST_SHAPES = 1_000
_MOST_NAMES = 20
_MOST_ELEMENTS = 1_000
_MOST_KEPT = 100 << 20
"""Bytes in the table of pupils, the sets of groepen and the names of elements; 200,000 pupils take some 25 million."""
_LARGEST_PAGE = 4 << 20
"""Bytes of a file whose pupils are Python values at once."""
_OVERHEAD = 100
"""Bytes that Python needs for a text, about."""
_LOOKED_AT = 1_000
"""Pupils of a page whose toevoegingen are looked at for their names."""
_TEXTS = ("gebruikersnaam", "emailadres", "jaargroep", "uitstroomdatum")
_SCHOOL = ("schooljaar", "peildatum", "brincode", "dependancecode", "aanmaakdatum", "xsdversie")
_LONGEST = 64
_NUMBERS = ("groepen", "regel")
_CHECKED = ("voorvoegsel", "geboortedatum", "geslacht", "jaargroep", "instroomdatum", "uitstroomdatum")
"""Elements of a leerling of which the form is looked at one by one; of key, ECK iD and gebruikersnaam it is by column."""


class Group(NamedTuple):
    """A groep or samengestelde groep."""

    naam: str | None
    jaargroep: str | None


@dataclass
class Raw:
    """What stands in a file. `pupils` has a row for each leerling, all of it text but `groepen` (number in `references`) and `regel`."""

    dialect: str = ""
    school: dict[str, str | None] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    vestigingen: dict[str, str | None] = field(default_factory=dict)
    references: list[tuple[str, ...]] = field(default_factory=list)
    toevoegingen: set[str] = field(default_factory=set)
    """The names of elements that parties added to pupils."""
    pupils: pa.Table = field(default_factory=lambda: pa.table({}))
    notes: Notes = field(default_factory=Notes)


class _Shape(NamedTuple):
    """Where in a leerling its elements stand; most pupils of a file are alike, so it is worked out once for all that are."""

    texts: tuple[int, ...]
    """Of each of `_TEXTS`; -1 where there is none."""
    checks: tuple[tuple[str, int, set[str | None]], ...]
    """Which are looked at, and the values that are known to be well written."""
    groep: int | None
    samengestelde_groepen: int | None
    vestiging: int | None
    toevoegingen: tuple[int, ...]
    departures: tuple[Departure, ...]


def parse_edexml(source: BinaryIO, name: str, secret: Secret, settings: Settings) -> Raw:
    """Read one file to its end."""
    stream = XmlStream(source, name, _TAKEN)
    if _unstaged(stream.root) not in _ROOTS:
        raise stop(EDEXML_ROOT, name, root=stream.root)
    return _Parser(name, secret, settings).parse(stream)


class _Page(NamedTuple):
    """Pupils who were read one after another, and what was found in their columns: a kind, on which lines, with which values."""

    table: pa.Table
    noted: Sequence[tuple[ErrorKind, Sequence[int], Mapping[str, object]]]


class _Parser:
    """What is kept while a file streams by."""

    def __init__(self, name: str, secret: Secret, settings: Settings) -> None:
        self._raw = Raw()
        self._name = name
        self._secret = secret
        places = (settings.leerlingnummer, settings.cito_key)
        self._asked = sorted({place.removeprefix(ADDED) for place in places if place.startswith(ADDED)})
        self._nothing_added = [None] * len(self._asked)
        self._columns = ("key", "eck_id", *_TEXTS, *(ADDED + element for element in self._asked), "vestiging", "groepen", "regel")
        self._well_written: dict[str, set[str | None]] = {element: set() for element in _CHECKED}
        self._rows: list[tuple[object, ...]] = []
        self._pages: list[pa.Table] = []
        self._paging: Future[_Page] | None = None
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._references: dict[tuple[str | None, ...], int] = {}
        self._data: etree._Element | None = None
        self._namespaces: tuple[str, ...] = ("",)
        self._names: dict[object, str] = {}
        self._sections: list[str] = []
        self._kept = 0
        self._page_begins = 0
        self._section: etree._Element | None = None

    def parse(self, stream: XmlStream) -> Raw:
        with ThreadPoolExecutor(1) as pool:
            return self._parse(stream, pool)

    def _parse(self, stream: XmlStream, pool: ThreadPoolExecutor) -> Raw:
        for element in stream:
            parent = element.getparent()
            if parent is None:
                continue
            name = self._local_of(element.tag)
            if name == "leerling":
                if parent is self._section or self._is_section(parent, "leerlingen"):
                    self._take_leerling(element)
                    if len(self._rows) == _PAGE or stream.bytes_read - self._page_begins > _LARGEST_PAGE:
                        self._turn_page(pool)
                        self._page_begins = stream.bytes_read
                    _let_go_up_to(element, parent)
            elif name == "leerkracht":
                if self._is_section(parent, "leerkrachten"):
                    _let_go_up_to(element, parent)
            elif name in _NO_DATA:
                if _is_wrapper(parent) or self._is_data(parent):
                    raise stop(EDEXML_NO_DATA, self._name, element=name)
            elif self._is_data(parent):
                self._take_section(name, element)
                _let_go_up_to(element, parent)
        self._take_page()
        self._keep_page(self._page(self._rows))
        for departure in departures(self._sections, FILE):
            self._raw.notes.note(departure.kind, 1, element=departure.element)
        self._raw.references = [tuple(filter(None, map(_stripped, references))) for references in self._references]
        self._raw.pupils = pa.concat_tables(self._pages)
        return self._raw

    # --- where an element stands -------------------------------------------------------------------------------------

    def _local_of(self, tag: object) -> str:
        """The local name of a tag of the file's own namespace or none; empty for what another party added."""
        name = self._names.get(tag)
        if name is None:
            namespace, _brace, name = str(tag).rpartition("}")
            if self._data is not None:
                self._keep(len(str(tag)) + _OVERHEAD)
                name = self._names[tag] = name if namespace.removeprefix("{") in self._namespaces else ""
        return name

    def _is_data(self, element: etree._Element) -> bool:
        """Whether this element is the one that holds the sections: the root, or what the envelopes hold."""
        if self._data is not None:
            return element is self._data
        namespace, _brace, name = str(element.tag).rpartition("}")
        around = element.getparent()
        if _unstaged(name) not in _ROOTS[:2] and not _is_wrapper(element):
            return False
        while around is not None:
            if not _is_wrapper(around):
                return False
            around = around.getparent()
        self._data = element
        self._namespaces = ("", namespace.removeprefix("{"))
        version = namespace.removeprefix("{").removeprefix(_UWLR).partition("/")[0]
        self._raw.dialect = "EDEXML" if name == "EDEX" else f"UWLR {version}" if version.isdigit() else "UWLR"
        return True

    def _is_section(self, element: etree._Element, name: str) -> bool:
        """Whether this is the section of that name; what was passed by before it is let go."""
        parent = element.getparent()
        if parent is None or not self._is_data(parent) or self._local_of(element.tag) != name:
            return False
        if element is not self._section:
            self._section = element
            self._sections.append(name)
            while (before := element.getprevious()) is not None:
                parent.remove(before)
        return True

    # --- what is taken -----------------------------------------------------------------------------------------------

    def _take_section(self, name: str, section: etree._Element) -> None:
        self._sections.append(name)
        children = [(self._local_of(child.tag), child) for child in section]
        if name == "school":
            for departure in departures([tag for tag, _child in children], SCHOOL):
                self._raw.notes.note(departure.kind, line_of(section), element=departure.element)
            for tag, child in children:
                text = self._checked(tag, child.text, child)
                if tag in _SCHOOL:
                    self._raw.school.setdefault(tag, text[:_LONGEST] if text else None)
        elif name == "groepen":
            self._take_groups(children)
        elif name == "vestigingen":
            for tag, child in children:
                if tag == "vestiging":
                    code = self._child(child, "dependancecode")
                    self._raw.vestigingen[_stripped(child.get("key")) or ""] = (
                        None if code is None else _not_an_eck_id(_stripped(code.text)) or ""
                    )

    def _take_groups(self, children: Sequence[tuple[str, etree._Element]]) -> None:
        for tag, group in children:
            if tag not in ("groep", "samengestelde_groep"):
                continue
            naam, jaargroep = self._child(group, "naam"), self._child(group, "jaargroep")
            self._raw.groups[_stripped(group.get("key")) or ""] = Group(
                _not_an_eck_id(self._checked("naam", naam.text, naam)) if naam is not None else None,
                self._checked("jaargroep", jaargroep.text, jaargroep) if jaargroep is not None else None,
            )
        if len(self._raw.groups) > _MOST_GROUPS:
            raise stop(XML_TOO_LARGE, self._name)

    def _take_leerling(self, leerling: etree._Element) -> None:
        children = list(leerling)
        if len(children) > _MOST_ELEMENTS:
            raise stop(XML_TOO_LARGE, self._name)
        tags = tuple([child.tag for child in children])
        shape = self._shapes.get(tags) or self._new_shape(tags)
        line = line_of(leerling)
        for departure in shape.departures:
            self._raw.notes.note(departure.kind, line, element=departure.element)
        values = [child.text for child in children]
        values.append(None)
        for element, position, looked_at in shape.checks:
            if values[position] not in looked_at:
                self._check(element, values[position], line)
        texts = [values[position] for position in shape.texts]
        if shape.toevoegingen and (self._asked or len(self._rows) < _LOOKED_AT):
            texts += self._added([children[position] for position in shape.toevoegingen])
        else:
            texts += self._nothing_added
        vestiging = children[shape.vestiging].get("key") if shape.vestiging is not None else None
        groups = self._group_references(children, shape)
        number = self._references.get(groups)
        if number is None:
            number = self._references[groups] = len(self._references)
            self._keep(sum(len(group or "") + _OVERHEAD for group in groups))
        self._rows.append((leerling.get("key"), leerling.get("eckid"), *texts, vestiging, number, line))

    def _added(self, blocks: Sequence[etree._Element]) -> list[str | None]:
        """The texts of the elements of toevoegingen that were asked for; the names of all are kept, to tell what there is."""
        found: dict[str, set[str]] = {element: set() for element in self._asked}
        for added in (added for block in blocks for added in block.iterdescendants("{*}*")):
            tag = str(added.tag).rpartition("}")[2]
            if tag in found and added.text and not added.text.isspace():
                found[tag].add(added.text)
            if not len(added) and len(self._raw.toevoegingen) < _MOST_NAMES:
                self._raw.toevoegingen.add(tag)
        return [texts.pop() if len(texts) == 1 else None for texts in found.values()]  # of several that differ, none is certain

    def _check(self, element: str, text: str | None, line: int) -> None:
        """Note a value that is not written as the standard says; those that are well written are looked at once."""
        stripped = (text or "").strip()
        if not well_written(element, stripped):
            self._raw.notes.note(EDEXML_PATTERN, line, element=element)
        elif len(self._well_written[element]) < _PAGE and len(text or "") <= _LONGEST:
            self._well_written[element].add(text)

    def _group_references(self, children: Sequence[etree._Element], shape: _Shape) -> tuple[str | None, ...]:
        """The keys of the pupil's groepen as they stand there: the groep first, then the samengestelde groepen."""
        groep = (children[shape.groep].get("key"),) if shape.groep is not None else ()
        if shape.samengestelde_groepen is None:
            return groep
        together = children[shape.samengestelde_groepen]
        if len(together) > _MOST_ELEMENTS:
            raise stop(XML_TOO_LARGE, self._name)
        return (*groep, *[child.get("key") for child in together])

    def _new_shape(self, tags: tuple[str, ...]) -> _Shape:
        local = [self._local_of(tag) for tag in tags]
        count = Counter(local)
        once = {name: position for position, name in enumerate(local) if count[name] == 1}
        shape = _Shape(
            texts=tuple(once.get(name, -1) for name in _TEXTS),
            checks=tuple((name, position, self._well_written[name]) for name, position in once.items() if name in _CHECKED),
            groep=once.get("groep"),
            samengestelde_groepen=once.get("samengestelde_groepen"),
            toevoegingen=tuple(position for position, name in enumerate(local) if name == "toevoegingen"),
            vestiging=once.get("vestiging"),
            departures=tuple(departures(local, LEERLING)),
        )
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes[tags] = shape
        return shape

    def _child(self, element: etree._Element, name: str) -> etree._Element | None:
        return next((child for child in element if self._local_of(child.tag) == name), None)

    def _checked(self, element: str, text: str | None, at: etree._Element) -> str | None:
        """A text without blanks around it; noted where it is not written as the standard says."""
        text = _not_an_eck_id(_stripped(text))
        if text and not well_written(element, text):
            self._raw.notes.note(EDEXML_PATTERN, line_of(at), element=element)
        return text

    def _turn_page(self, pool: ThreadPoolExecutor) -> None:
        """Let columns be made of the pupils so far while the next ones are read; one page at a time."""
        self._take_page()
        self._paging = pool.submit(self._page, self._rows)
        self._rows = []

    def _take_page(self) -> None:
        if self._paging is not None:
            self._keep_page(self._paging.result())
            self._paging = None

    def _keep_page(self, page: _Page) -> None:
        self._pages.append(page.table)
        for kind, lines, values in page.noted:
            self._raw.notes.note_all(kind, lines, **values)
        self._keep(page.table.nbytes)

    def _page(self, rows: Sequence[tuple[object, ...]]) -> _Page:
        """Columns of pupils: no blanks around a text, and no ECK iD where something else should stand."""
        noted: list[tuple[ErrorKind, Sequence[int], dict[str, object]]] = []

        def note_where(where: pa.Array, kind: ErrorKind, **values: object) -> None:
            if pc.any(where).as_py():
                noted.append((kind, columns["regel"].filter(pc.fill_null(where, False)).to_pylist(), values))

        cells = zip(*rows, strict=True) if rows else ((),) * len(self._columns)
        columns = {
            name: pa.array(values, pa.int32()) if name in _NUMBERS else present(trimmed(pa.array(values, pa.string())), ())
            for name, values in zip(self._columns, cells, strict=True)
        }
        for name, element in (("key", "@key"), ("eck_id", "@eckid"), ("gebruikersnaam", "gebruikersnaam")):
            written = pc.is_in(pc.utf8_length(columns[name]), pa.array(range(LENGTHS[element][0], LENGTHS[element][1] + 1), pa.int32()))
            if element in PATTERNS:
                written = pc.and_(written, pc.match_substring_regex(columns[name], f"^(?:{PATTERNS[element].pattern})$"))
            unwritten = pc.and_(pc.is_valid(columns[name]), pc.invert(written))
            note_where(unwritten, EDEXML_PATTERN, element=element)
        dummies = pc.starts_with(columns["key"], "#")  # EDEXML 2.1 §1.10: such a key is not to be stored
        note_where(dummies, EDEXML_KEY_DUMMY)
        columns["key"] = pc.if_else(dummies, pa.scalar(None, pa.string()), columns["key"])
        columns["eck_id"] = self._secret.hash_column(columns["eck_id"])
        columns["emailadres"] = present(trimmed(pc.replace_substring_regex(columns["emailadres"], "(?s)@.*", "")), ())
        for name in set(self._columns) - {"eck_id", *_NUMBERS}:
            columns[name] = without_eck_ids(columns[name])[0]
        return _Page(pa.table({name: column if name in _NUMBERS else column.cast(TEXT) for name, column in columns.items()}), noted)

    def _keep(self, size: int) -> None:
        """Count what stays in memory to the end; what no school needs is refused."""
        self._kept += size
        if self._kept > _MOST_KEPT:
            raise stop(XML_TOO_LARGE, self._name)


def _let_go_up_to(element: etree._Element, parent: etree._Element) -> None:
    """Free the memory of an element and of all that stands before it."""
    while (before := element.getprevious()) is not None:
        parent.remove(before)
    parent.remove(element)


def _is_wrapper(element: etree._Element) -> bool:
    return _unstaged(str(element.tag).rpartition("}")[2]) in _ENVELOPE


def _unstaged(name: str) -> str:
    return next((name.removesuffix(stage) for stage in _STAGES if name.endswith(stage)), name)


def _stripped(text: str | None) -> str | None:
    """As `values.trimmed` does for columns, so that a key and a reference to it are the same."""
    return unicodedata.normalize("NFC", (text or "").strip(BLANKS)) or None


def _not_an_eck_id(text: str | None) -> str | None:
    """A text that may be kept: an ECK iD that stands where something else should is not."""
    return None if text and looks_like_eck_id(text) else text
