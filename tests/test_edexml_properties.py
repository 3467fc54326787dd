"""What holds for any EDEXML: a table of pupils that is written in any dialect is read back the same, and damage never ends in a bug."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

import pytest
from conftest import eck_id
from hypothesis import given
from hypothesis import strategies as st
from proving import quick

from cito_numo import errors
from cito_numo.config import Edexml
from cito_numo.edexml import EdexmlFile, read_edexml
from cito_numo.errors import CitoNumoError, ErrorKind
from cito_numo.privacy import Secret
from cito_numo.tables import EDEXML_PUPILS, names

SECRET = Secret(bytes(32))
SAMPLES = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "samples" / "edexml").glob("*.xml"))}
CATALOGUE = {kind.code for kind in vars(errors).values() if isinstance(kind, ErrorKind)}


# --- any pupils ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pupil:
    """A pupil as the table has it, but for the ECK iD, of which the table has the hash."""

    cito_key: str | None
    eck_id: str | None
    gebruikersnaam: str | None
    klas: str | None
    leerjaar: int | None
    vestiging: str

    @property
    def row(self) -> tuple[object, ...]:
        hashed = SECRET.hash_eck_id(self.eck_id) if self.eck_id else None
        return self.cito_key, hashed, self.gebruikersnaam, self.klas, self.leerjaar, self.vestiging


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


LETTERS = st.characters(exclude_categories=("C", "Z"), exclude_characters="@#")
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join).map(composed)
NUMBERS = st.integers(0, 99999).map("{:05}".format)
PUPILS = st.builds(
    Pupil,
    cito_key=st.none() | NUMBERS | WORDS,
    eck_id=st.none() | st.integers(1, 9).map(eck_id),
    gebruikersnaam=st.none() | NUMBERS | WORDS,
    klas=st.none() | st.sampled_from(["2A", "3B", "vwo 4 & 5 <plus>"]) | WORDS,
    leerjaar=st.none() | st.integers(1, 6),
    vestiging=st.sampled_from(["00", "01", "02"]),
)
TABLES = st.lists(PUPILS, min_size=1, max_size=6).filter(lambda pupils: any(pupil.cito_key or pupil.eck_id for pupil in pupils))


# --- in any dialect --------------------------------------------------------------------------------------------------

EDEX, UWLR_1, UWLR_2 = "", *(f"http://www.edustandaard.nl/leerresultaten/{version}/leerlinggegevens" for version in (1, 2))
PLACES = ("gebruikersnaam", "emailadres", "toevoegingen:stamnummer")
NOISE = (
    "<achternaam>Demo</achternaam>",
    "<voorvoegsel></voorvoegsel>",
    "<roepnaam>Demi</roepnaam>",
    "<geboortedatum>2014-01-01</geboortedatum>",
    "<bsn>999999990</bsn>",
    "<!-- <leerling key='9'/> -->",
    "<toevoegingen><blok><leerling key='9'><jaargroep>8</jaargroep></leerling></blok></toevoegingen>",
    "<mutatiedatum>2026-08-30</mutatiedatum>",
)


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    namespace: str
    prefix: str
    soap: bool
    stage: str
    encoding: str
    is_declared: bool
    is_pretty: bool
    in_order: bool
    first_jaargroep: int
    jaargroep_in_groep: bool
    samengesteld: bool
    vestiging_by_code: bool
    place: str
    chance: Random

    def write(self, pupils: Sequence[Pupil]) -> bytes:
        """The file of these pupils."""
        groups: dict[tuple[str, int | None], str] = {}
        leerlingen = "".join(self._leerling(pupil, groups) for pupil in pupils)
        sections = ["<school><schooljaar>2026-2027</schooljaar><brincode>99XX</brincode></school>"]
        if not self.vestiging_by_code:
            codes = {"0": "", "1": "01", "2": "02"}.items()
            sections.append(
                _all("vestigingen", (f'<vestiging key="v{n}"><dependancecode>{code}</dependancecode></vestiging>' for n, code in codes))
            )
        if groups:
            sections.append(_all("groepen", (self._groep(key, *group) for group, key in groups.items())))
        sections.append(_all("leerlingen", [leerlingen]))
        sections.append(
            '<leerkrachten><leerkracht key="l"><groepen><groep key="g0"><naam>Nee</naam></groep></groepen></leerkracht></leerkrachten>'
        )
        return self._encoded(self._envelope("".join(self._shuffled(sections))))

    def _leerling(self, pupil: Pupil, groups: dict[tuple[str, int | None], str]) -> str:
        attributes = [f"key={quoteattr(self._padded(pupil.cito_key))}"] if pupil.cito_key else []
        attributes += [f'eckid="{pupil.eck_id}"'] if pupil.eck_id else []
        in_groep = self.jaargroep_in_groep and not self.samengesteld and pupil.klas is not None
        elements = list(self.chance.sample(NOISE[:5], self.chance.randrange(5)))
        if pupil.leerjaar is not None and not in_groep:
            elements.append(f"<jaargroep>{pupil.leerjaar + self.first_jaargroep - 1}</jaargroep>")
        if pupil.klas is not None:
            groep = (pupil.klas, pupil.leerjaar if in_groep else None)
            key = groups.setdefault(groep, f"g{len(groups)}")
            reference = f'<samengestelde_groep key="{key}"/>' if self.samengesteld else f'<groep key="{key}"/>'
            elements.append(_all("samengestelde_groepen", [reference]) if self.samengesteld else reference)
        if pupil.vestiging != "00" or self.chance.random() < 1 / 2:
            elements.append(f'<vestiging key="{pupil.vestiging if self.vestiging_by_code else f"v{int(pupil.vestiging)}"}"/>')
        if pupil.gebruikersnaam is not None:
            text = escape(self._padded(pupil.gebruikersnaam))
            elements.append(
                {
                    "gebruikersnaam": f"<gebruikersnaam>{text}</gebruikersnaam>",
                    "emailadres": f"<emailadres>{text}@demo-college.example</emailadres>",
                    "toevoegingen:stamnummer": f"<toevoegingen><blok><stamnummer>{text}</stamnummer></blok></toevoegingen>",
                }[self.place]
            )
        elements += self.chance.sample(NOISE[5:], self.chance.randrange(3))
        return f"<leerling {' '.join(self._shuffled(attributes))}>{''.join(self._shuffled(elements))}</leerling>"

    def _groep(self, key: str, naam: str, leerjaar: int | None) -> str:
        tag = "samengestelde_groep" if self.samengesteld else "groep"
        jaargroep = f"<jaargroep>{leerjaar + self.first_jaargroep - 1}</jaargroep>" if leerjaar else ""
        return f'<{tag} key="{key}">{"".join(self._shuffled([f"<naam>{escape(naam)}</naam>", jaargroep]))}</{tag}>'

    def _padded(self, text: str) -> str:
        return text if self.place == "emailadres" else self.chance.choice(("", " ", "\n")) + text + self.chance.choice(("", " ", "\t"))

    def _shuffled(self, parts: Sequence[str]) -> Sequence[str]:
        return parts if self.in_order else self.chance.sample(parts, len(parts))

    def _envelope(self, sections: str) -> str:
        if self.namespace == EDEX:
            return f"<EDEX>{sections}</EDEX>"
        text = _all(f"leerlinggegevens{self.stage}", [sections])
        if self.soap:
            answer = "leerlinggegevensantwoord" if self.namespace == UWLR_1 else f"leerlinggegevens_antwoord{self.stage}"
            text = _all(answer, [text])
        if self.prefix:
            text = re.sub(r"<(/?)(?=\w)", rf"<\1{self.prefix}:", text)
        declared = f"xmlns:{self.prefix}" if self.prefix else "xmlns"
        text = re.sub(r"(?=>)", f' {declared}="{self.namespace}"', text, count=1)
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        return f'<s:Envelope xmlns:s="{soap}"><s:Body>{text}</s:Body></s:Envelope>' if self.soap else text

    def _encoded(self, text: str) -> bytes:
        if self.is_pretty:
            text = re.sub(r"(</[^>]*>|/>)(?=<)", "\\1\r\n  ", text)
        must_declare = not self.encoding.startswith("utf")
        head = f'<?xml version="1.0" encoding="{self.encoding.removesuffix("-sig")}"?>\n' if self.is_declared or must_declare else ""
        return (head + text).encode(self.encoding, errors="xmlcharrefreplace")


def _all(tag: str, parts: Iterable[str]) -> str:
    return f"<{tag}>{''.join(parts)}</{tag}>"


DIALECTS = st.builds(
    Dialect,
    namespace=st.sampled_from([EDEX, UWLR_1, UWLR_2]),
    prefix=st.sampled_from(["", "le", "ns2"]),
    soap=st.booleans(),
    stage=st.sampled_from(["", "-leerlingen"]),
    encoding=st.sampled_from(
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-8859-1", "windows-1252", "cp037", "ascii"]
    ),
    is_declared=st.booleans(),
    is_pretty=st.booleans(),
    in_order=st.booleans(),
    first_jaargroep=st.sampled_from([1, 11]),
    jaargroep_in_groep=st.booleans(),
    samengesteld=st.booleans(),
    vestiging_by_code=st.booleans(),
    place=st.sampled_from(PLACES),
    chance=st.randoms(use_true_random=False),
)


def rows(file: EdexmlFile) -> list[tuple[object, ...]]:
    pupils = file.pupils[names(EDEXML_PUPILS)]
    return list(pupils.astype(object).where(pupils.notna(), None).itertuples(index=False, name=None))


@quick(300)
@given(TABLES, DIALECTS)
def test_what_is_written_in_any_dialect_is_read_back_the_same(pupils: list[Pupil], dialect: Dialect):
    file = read_edexml(dialect.write(pupils), secret=SECRET, settings=Edexml(leerlingnummer=dialect.place))

    assert rows(file) == [pupil.row for pupil in pupils if pupil.cito_key or pupil.eck_id]
    assert (file.brin, file.schooljaar) == ("99XX", "2026-2027")
    assert not [finding for finding in file.findings if finding.unusable]


@quick(100)
@given(TABLES, DIALECTS, st.sets(st.sampled_from(["00", "01", "02"]), min_size=1))
def test_of_any_joint_file_the_vestigingen_that_are_asked_for_are_read(pupils: list[Pupil], dialect: Dialect, wanted: set[str]):
    expected = [pupil.row for pupil in pupils if pupil.vestiging in wanted and (pupil.cito_key or pupil.eck_id)]
    options = {"secret": SECRET, "settings": Edexml(leerlingnummer=dialect.place), "vestigingen": sorted(wanted)}
    if expected:
        assert rows(read_edexml(dialect.write(pupils), **options)) == expected
    else:
        with pytest.raises(CitoNumoError, match=r"None of the pupils|Not one pupil"):
            read_edexml(dialect.write(pupils), **options)


@quick(100)
@given(TABLES, DIALECTS)
def test_the_place_of_the_gebruikersnaam_is_found_in_any_file_by_numos_list(pupils: list[Pupil], dialect: Dialect):
    known = {pupil.gebruikersnaam for pupil in pupils if pupil.gebruikersnaam}
    file = read_edexml(dialect.write(pupils), secret=SECRET, known=known)
    expected = [pupil.row for pupil in pupils if pupil.cito_key or pupil.eck_id]
    if file.place == dialect.place:
        assert rows(file) == expected
    else:
        assert file.place in {None, "gebruikersnaam", "emailadres", "key"}
        assert [row[:2] + row[3:] for row in rows(file)] == [row[:2] + row[3:] for row in expected]
        assert (file.place is None) == any(finding.unusable for finding in file.findings)


# --- damage ----------------------------------------------------------------------------------------------------------

PRIVATE = ("00001", "00002", "0012", "0013", "0014", "999999990", "ketenid.nl/")
"""What must not be told: keys, numbers and ECK iDs of the samples, none of which can become the name of an element."""


def ends_well(content: bytes) -> None:
    """Whatever it holds, it is read or refused under a code of the catalogue, and nothing that is told names a pupil."""
    try:
        file = read_edexml(
            content, "edexml.xml", secret=SECRET, known=("0012", "0013"), settings=Edexml(cito_key="toevoegingen:stamnummer")
        )
        problems = [finding.problem("edexml.xml") for finding in file.findings]
        assert list(file.pupils.columns) == names(EDEXML_PUPILS)
        assert "ketenid.nl/" not in file.pupils.to_csv()
    except CitoNumoError as error:
        problems = list(error.problems)
    assert {problem.kind.code for problem in problems} <= CATALOGUE
    told = "\n".join(map(str, problems))
    assert not [private for private in PRIVATE if private in told]


Change = Callable[[bytes], bytes]


def _at(content: bytes, where: float) -> int:
    return int(where * len(content))


PLACE = st.floats(0, 1, exclude_max=True)
BYTES = st.one_of(
    st.binary(min_size=1, max_size=4),
    st.sampled_from(
        [b"<", b">", b"&", b"\0", b'"', b"\xff", b"\xc3", b"]]>", b"<!--", b"<![CDATA[", b"<?", b"&#0;", b"&x;", b"<!DOCTYPE x>", b":"]
    ),
)
CHANGES_OF_BYTES = st.one_of(
    st.tuples(PLACE, BYTES).map(lambda change: lambda content: _replaced(content, change[0], change[1], len(change[1]))),
    st.tuples(PLACE, BYTES).map(lambda change: lambda content: _replaced(content, change[0], change[1], 0)),
    st.tuples(PLACE, st.integers(1, 40)).map(lambda change: lambda content: _replaced(content, change[0], b"", change[1])),
    PLACE.map(lambda where: lambda content: content[: _at(content, where)]),
)


def _replaced(content: bytes, where: float, new: bytes, length: int) -> bytes:
    start = _at(content, where)
    return content[:start] + new + content[start + length :]


@quick(1000)
@given(st.sampled_from(sorted(SAMPLES)), st.lists(CHANGES_OF_BYTES, min_size=1, max_size=3))
def test_changed_bytes_never_end_in_a_bug(sample: str, changes: list[Change]):
    content = SAMPLES[sample]
    for change in changes:
        content = change(content)
    ends_well(content)


PARTS = re.compile(rb"<[^>]*>|[^<]+")
INSERTED = st.sampled_from(
    [
        b"<leerling>", b"</leerling>", b"<leerling/>", b"<leerling key='1'/>", b"<leerlingen>", b"</leerlingen>", b"<leerlinggegevens>",
        b"<groep/>", b"<groep key='#'/>", b"<groepen/>", b"<samengestelde_groepen/>", b"<school/>", b"<brincode/>", b"<aanmaakdatum/>",
        b"<vestigingen><vestiging/></vestigingen>", b"<EDEX>", b"<EDEX/>", b"</EDEX>", b"<Envelope/>", b"<geenwijzigingen/>",
        b"<toevoegingen><stamnummer>1</stamnummer></toevoegingen>", b"<jaargroep>99</jaargroep>", b"<emailadres>@</emailadres>",
        b"<uitstroomdatum>31-07-2026</uitstroomdatum>", b"<naam xmlns='urn:x'/>", b"<gebruikersnaam><b>1</b></gebruikersnaam>",
        b"<!-- -->", b"<?x?>", b"<![CDATA[]]>",
    ]
)  # fmt: skip
CHANGES_OF_STRUCTURE = st.tuples(st.sampled_from(["delete", "double", "swap", "cut", "insert", "wrap"]), PLACE, PLACE, INSERTED)


def restructured(parts: list[bytes], change: tuple[str, float, float, bytes]) -> list[bytes]:
    what, where, other, inserted = change
    one, two = sorted((int(where * len(parts)), int(other * len(parts))))
    return {
        "delete": parts[:one] + parts[one + 1 :],
        "double": parts[:two] + parts[one:two] + parts[two:],
        "swap": parts[:one] + parts[two : two + 1] + parts[one + 1 : two] + parts[one : one + 1] + parts[two + 1 :],
        "cut": parts[:one] + parts[two:],
        "insert": [*parts[:one], inserted, *parts[one:]],
        "wrap": [*parts[:one], b"<x>", *parts[one:two], b"</x>", *parts[two:]],
    }[what]


@quick(1000)
@given(st.sampled_from(sorted(SAMPLES)), st.lists(CHANGES_OF_STRUCTURE, min_size=1, max_size=3))
def test_changed_structure_never_ends_in_a_bug(sample: str, changes: list[tuple[str, float, float, bytes]]):
    parts = PARTS.findall(SAMPLES[sample])
    for change in changes:
        parts = restructured(parts, change)
    ends_well(b"".join(parts))


ODD_TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
    st.sampled_from(
        ["", " ", "#", "@", "0", "1" * 5000, "é" * 300, "{kind}", "%s", "\u00a0", "2026-09-01", "-1", "²", "https://ketenid.nl/"]
    ),
)
FIELDS = (
    "key",
    "eckid",
    "jaargroep",
    "gebruikersnaam",
    "emailadres",
    "uitstroomdatum",
    "geboortedatum",
    "stamnummer",
    "groep",
    "vestiging",
    "naam",
)


@quick(300)
@given(st.lists(st.fixed_dictionaries({field: st.none() | ODD_TEXTS for field in FIELDS}), min_size=1, max_size=4), ODD_TEXTS)
def test_odd_values_never_end_in_a_bug(leerlingen: list[Mapping[str, str | None]], of_school: str):
    text = ""
    for values in leerlingen:
        attributes = "".join(f" {name}={quoteattr(values[name] or '')}" for name in ("key", "eckid") if values[name] is not None)
        references = "".join(
            f"<{name} key={quoteattr(values[name] or '')}/>" for name in ("groep", "vestiging") if values[name] is not None
        )
        elements = "".join(_all(name, [escape(values[name] or "")]) for name in FIELDS[2:7] if values[name] is not None)
        added = _all("toevoegingen", [_all("stamnummer", [escape(values["stamnummer"] or "")])])
        text += f"<leerling{attributes}>{references}{elements}{added}</leerling>"
    groepen = "".join(
        f"<groep key={quoteattr(each['groep'] or '')}>{_all('naam', [escape(each['naam'] or '')])}</groep>" for each in leerlingen
    )
    fields = ("schooljaar", "peildatum", "brincode", "dependancecode", "aanmaakdatum", "xsdversie")
    school = "".join(_all(name, [escape(of_school)]) for name in fields)
    ends_well(f"<EDEX><school>{school}</school><groepen>{groepen}</groepen><leerlingen>{text}</leerlingen></EDEX>".encode())
