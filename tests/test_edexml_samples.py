"""The sample files, one for each dialect and trap: what comes out of them, or why they are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import eck_id

from cito_numo.config import Edexml
from cito_numo.edexml import read_edexml
from cito_numo.errors import CitoNumoError
from cito_numo.privacy import Secret
from cito_numo.tables import EDEXML_PUPILS, names

FOLDER = Path(__file__).parent / "samples" / "edexml"
SECRET = Secret(bytes(32))
AUTO = Edexml()

Pupil = tuple[str | None, str | None, str | None, str | None, int | None, str]
"""cito_key, ECK iD (in the table its hash), gebruikersnaam, klas, leerjaar, vestiging."""


def pupil(
    key: str | None, gebruikersnaam: str | None, klas: str | None = "2A", leerjaar: int | None = 2, eck: str | None = None, at: str = "00"
) -> Pupil:
    return key, eck, gebruikersnaam, klas, leerjaar, at


ONE = (pupil("00001", "0012"),)
ZOE = (pupil("00001", "zoë"),)
TWO = (pupil("00001", "0012"), pupil("00002", "0013"))
WITHOUT_KLAS = (pupil("00001", "0012", None), pupil("00002", "0013", None))


@dataclass(frozen=True)
class Read:
    """What comes out of a sample that is read; `findings` gives the lines of each code (and element)."""

    pupils: tuple[Pupil, ...]
    dialect: str = "EDEXML"
    brin: str | None = "99XX"
    xsdversie: str | None = None
    place: str | None = "gebruikersnaam"
    findings: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    known: tuple[str, ...] | None = None
    settings: Edexml = AUTO
    vestigingen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Why a sample is refused: the code, and the values that the message names."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


SAMPLES: Mapping[str, Read | Refused] = {
    # --- dialects
    "edex-1.03-groep.xml": Read((pupil("00001", "0012"), pupil("00002", "0013", "3B", 3)), xsdversie="1.03"),
    "edex-1.03-jaargroep.xml": Read((pupil("00001", "0012", None, 1), pupil("00002", "0013", None, 6)), xsdversie="1.03"),
    "edex-2.0.xml": Read(ONE, xsdversie="2.0"),
    "edex-2.1.xml": Read((pupil("00001", "0012", eck=eck_id(1), at="01"), pupil("001", "0013", None)), xsdversie="2.1"),
    "uwlr-1.0.xml": Read(ONE, "UWLR 1", xsdversie="1.0"),
    "uwlr-1.0-soap.xml": Read(ONE, "UWLR 1"),
    "uwlr-2.2-bare.xml": Read((pupil("00001", "0012", eck=eck_id(1)),), "UWLR 2", xsdversie="2.2"),
    "uwlr-2.3-soap-prefix.xml": Read((pupil("00001", "0012", eck=eck_id(1)),), "UWLR 2", xsdversie="2.3"),
    "uwlr-2.3-staged-leerlingen.xml": Read((pupil("00001", "0012", None),), "UWLR 2", findings={"edexml-groep-unknown": (8,)}),
    "uwlr-2.3-staged-structuur.xml": Refused("edexml-no-pupils"),
    "magister-one-line.xml": Read(
        (pupil("00001", "0012"), pupil("00002", "0013", None, 6)),
        "UWLR 2",
        findings={
            "edexml-order achternaam": (1,),
            "edexml-order voorvoegsel": (1, 1),
            "edexml-order groep": (1,),
            "edexml-order jaargroep": (1,),
            "edexml-order roepnaam": (1,),
        },
    ),
    "somtoday-without-groep.xml": Read(
        (
            pupil("12345678-90ab-cdef-1234-567890abcdef-leerling-0000000001", "0012"),
            pupil("12345678-90ab-cdef-1234-567890abcdef-leerling-0000000002", "0013", "2 wiskunde 1"),
        ),
        "UWLR 2",
        xsdversie="2.3",
        place="emailadres",
        known=("0012", "0013"),
    ),
    "geenwijzigingen.xml": Refused("edexml-no-data", {"element": "geenwijzigingen"}),
    "geengegevens.xml": Refused("edexml-no-data", {"element": "geengegevens"}),
    "soap-fault.xml": Refused("edexml-no-data", {"element": "Fault"}),
    "xsdversie-wrong.xml": Read(ONE, xsdversie="2.3.1 (UWLR)"),
    # --- school and vestigingen
    "without-brincode-groepen-leerkrachten.xml": Read((pupil("00001", "0012", None, None),), brin=None),
    "flanders-instellingsnummer.xml": Read((pupil("00001", "0012", None),), brin=None),
    "school-of-another-year.xml": Read(ONE, brin="98YY"),
    "joint-vestigingen.xml": Read((pupil("00001", "0012", None), pupil("00004", "0015", None)), vestigingen=("00",)),
    # --- groepen and leerjaren
    "groep-names-double.xml": Read((pupil("00001", "0012", "A"), pupil("00002", "0013", "A", 3))),
    "groep-references-dangling.xml": Read(
        (
            pupil("00001", "0012", None, None),
            pupil("00002", "0013"),
            pupil("00003", "0014", "2 rekenen", None),
            pupil("00004", "0015", None, None),
        ),
        findings={"edexml-groep-unknown": (9, 11)},
    ),
    "leerkrachten-with-groepen.xml": Read(ONE),
    "leerkrachten-before-groepen.xml": Read(
        ONE, findings={"edexml-order leerlingen": (1,), "edexml-order groepen": (1,), "edexml-order school": (1,)}
    ),
    "jaargroep-of-primary-education.xml": Read(
        (pupil("00001", "0012", None, None), pupil("00002", "0013", None, None)), findings={"edexml-not-vo": (1,)}
    ),
    "ex-pupils.xml": Read(
        (
            pupil("00001", "0012", None),
            pupil("00002", "0013", None, None),
            pupil("00003", "0014", None),
            pupil("00004", "0015", None),
        ),
        findings={"edexml-left": (5, 6)},
    ),
    # --- keys
    "key-absent-beside-eckid.xml": Read(
        (pupil(None, "0012", None, eck=eck_id(1)), pupil("00002", "0013", None)),
        "UWLR 2",
        xsdversie="2.3",
        findings={"edexml-no-key": (7, 8), "edexml-only-eck-id": (5,)},
    ),
    "keys-double-after-stripping.xml": Read(
        (pupil("00001", "0012"), pupil("00001", "0013"), pupil("001", "0014")), findings={"edexml-key-double": (8, 9)}
    ),
    "keys-dummy.xml": Read(
        (pupil(None, "0012", eck=eck_id(1)), pupil("00003", "0014")),
        findings={"edexml-key-dummy": (8, 9), "edexml-no-key": (9,), "edexml-only-eck-id": (8,)},
    ),
    "keys-none.xml": Refused("edexml-no-keys"),
    "eck-id-forms.xml": Read(
        (
            pupil("00001", None, None, None, eck_id(1)),
            pupil("00002", None, None, None, eck_id(2).replace("201703", "pilot")),
            pupil("00003", None, None, None, "https://id.school/pilot/a7f3!0~9"),
            pupil("00004", None, None, None, "eckid_L1"),
            pupil("00005", None, None, None),
            pupil("00006", None, None, None, eck_id(6)),
            pupil("00007", None, None, None),
        ),
        place=None,
        findings={"edexml-pattern @eckid": (6, 7, 8, 9), "edexml-place-unknown": (1,)},
    ),
    # --- where the gebruikersnaam stands
    "gebruikersnaam-in-emailadres.xml": Read(WITHOUT_KLAS, place="emailadres", known=("0012", "0013", "0014")),
    "gebruikersnaam-is-the-key.xml": Read(
        (pupil("0012", "0012", None), pupil("0013", "0013", None)), place="key", known=("0012", "0013", "0014")
    ),
    "gebruikersnaam-in-toevoegingen.xml": Read(
        WITHOUT_KLAS, place="toevoegingen:stamnummer", settings=Edexml(leerlingnummer="toevoegingen:stamnummer")
    ),
    "gebruikersnaam-double.xml": Read(
        (pupil("00001", "0012", eck=eck_id(1)), pupil("00002", "0012", eck=eck_id(1))),
        findings={"edexml-eck-double": (8, 9), "edexml-name-double": (8, 9)},
    ),
    "gebruikersnaam-decomposed.xml": Read(ZOE),
    # --- departures from the schema
    "elements-in-another-order.xml": Read(
        TWO,
        findings={
            "edexml-order school": (1,),
            "edexml-order groepen": (1,),
            "edexml-order roepnaam": (4,),
            "edexml-order groep": (4,),
            "edexml-order schooljaar": (7,),
        },
    ),
    "elements-twice.xml": Read(
        (pupil("00001", None, None), pupil("00002", "0013", None), pupil("00003", "0014", None)),
        findings={"edexml-twice gebruikersnaam": (5,)},
    ),
    "leerlingen-twice.xml": Read(WITHOUT_KLAS, findings={"edexml-twice leerlingen": (1,)}),
    "block-with-nested-leerling.xml": Read(WITHOUT_KLAS, findings={"edexml-order toevoegingen": (5,)}),
    "elements-of-others.xml": Read(ONE),
    "values-unlike-the-standard.xml": Read(
        (pupil("00001", "0012", None, None, at="1"), pupil("00002", "0013", None, at="1")),
        brin="99XX",
        findings={
            **{f"edexml-pattern {element}": (3,) for element in ("schooljaar", "brincode", "dependancecode")},
            **{f"edexml-pattern {element}": (5,) for element in ("voorvoegsel", "geboortedatum", "geslacht", "jaargroep")},
        },
    ),
    # --- how it is written
    "encoding-none-declared.xml": Read(ZOE),
    "encoding-utf-8-with-bom.xml": Read(ZOE),
    "encoding-utf-16-with-bom.xml": Read(ZOE),
    "encoding-utf-16-big-endian-with-bom.xml": Read(ZOE),
    "encoding-utf-16-without-bom.xml": Read(ZOE),
    "encoding-utf-16-big-endian-without-bom.xml": Read(ZOE),
    "encoding-utf-16-declared-as-utf-8.xml": Read(ZOE),
    "encoding-utf-8-declared-as-utf-16.xml": Read(ZOE),
    "encoding-utf-32.xml": Read(ZOE),
    "encoding-iso-8859-1.xml": Read(ZOE),
    "encoding-windows-1252.xml": Read((pupil("00001", "zoë€"),)),
    "encoding-ebcdic-cp037.xml": Read(ZOE),
    "encoding-unknown.xml": Refused("xml-charset-unknown", {"charset": "klingon"}),
    "encoding-of-python-only.xml": Refused("xml-charset-unknown", {"charset": "rot13"}),
    "encoding-wrong.xml": Refused("xml-charset", {"line": 8, "charset": "UTF-8"}),
    "comments-and-cdata.xml": Read((pupil("00001", "0012"), pupil("00002", "0013&<"))),
    "line-ends-of-windows.xml": Read((pupil("00001", "0012"), pupil("00001", "0013")), findings={"edexml-key-double": (8, 10)}),
    # --- what is refused
    "doctype.xml": Refused("xml-doctype"),
    "doctype-after-comment.xml": Refused("xml-doctype"),
    "doctype-with-external-entity.xml": Refused("xml-doctype"),
    "doctype-with-growing-entities.xml": Refused("xml-doctype"),
    "entity-undeclared.xml": Refused("xml-syntax", {"line": 9}),
    "prefix-undeclared.xml": Refused("xml-syntax", {"line": 8}),
    "not-well-formed.xml": Refused("xml-syntax", {"line": 9}),
    "cut-off.xml": Refused("xml-syntax", {"line": 9}),
    "two-documents.xml": Refused("xml-syntax", {"line": 11}),
    "root-of-another-kind.xml": Refused("edexml-root", {"root": "html"}),
    "pupils-none.xml": Refused("edexml-no-pupils"),
    "empty.xml": Refused("file-empty"),
}


@pytest.mark.parametrize("name", [name for name, expected in SAMPLES.items() if isinstance(expected, Read)])
def test_what_comes_out_of_the_sample(name: str):
    expected = SAMPLES[name]
    assert isinstance(expected, Read)

    file = read_edexml(FOLDER / name, secret=SECRET, settings=expected.settings, vestigingen=expected.vestigingen, known=expected.known)

    pupils = file.pupils[names(EDEXML_PUPILS)]
    rows = list(pupils.astype(object).where(pupils.notna(), None).itertuples(index=False, name=None))
    assert rows == [(key, SECRET.hash_eck_id(eck) if eck else None, *rest) for key, eck, *rest in expected.pupils]
    assert (file.name, file.dialect, file.brin, file.xsdversie, file.place) == (
        name, expected.dialect, expected.brin, expected.xsdversie, expected.place,
    )  # fmt: skip
    assert {f"{each.kind.code} {each.values.get('element', '')}".rstrip(): each.lines for each in file.findings} == expected.findings
    assert not [finding for finding in file.findings if finding.unusable]


@pytest.mark.parametrize("name", [name for name, expected in SAMPLES.items() if isinstance(expected, Refused)])
def test_why_the_sample_is_refused(name: str):
    expected = SAMPLES[name]
    assert isinstance(expected, Refused)

    with pytest.raises(CitoNumoError) as stopped:
        read_edexml(FOLDER / name, secret=SECRET)

    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.place) == (expected.code, name)
    assert {value: problem.values[value] for value in expected.values} == expected.values
    assert problem.kind.exit_code == 65


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_is_told_of_the_sample_names_no_pupil(name: str):
    try:
        file = read_edexml(FOLDER / name, secret=SECRET, known=("0099",))
        told = [str(finding.problem(name)) for finding in file.findings]
    except CitoNumoError as error:
        told = [str(error)]
    assert not [private for private in ("0001", "0012", "9999999", "ketenid", "Dem", "zoë", "2014") if private in " ".join(told)]


def test_no_sample_goes_untested():
    assert sorted(SAMPLES) == sorted(path.name for path in FOLDER.glob("*.xml"))


def test_the_readme_of_the_samples_has_a_line_for_each():
    lines = (FOLDER / "README.md").read_text().splitlines()
    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(told) == sorted(SAMPLES)


def test_the_bytes_of_the_samples_are_as_they_were_written():
    assert (FOLDER / "line-ends-of-windows.xml").read_bytes().count(b"\r\n") == 12
    assert (FOLDER / "encoding-utf-16-with-bom.xml").read_bytes().startswith(b"\xff\xfe<\0")
    assert b"\r" not in (FOLDER / "edex-2.1.xml").read_bytes()
