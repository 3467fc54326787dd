"""UWLR leerresultaten: how senders write them, and what is read of each."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from conftest import SchoolFolder, WorkspaceFolder, leerling

from cito_numo.errors import CitoNumoError
from cito_numo.layouts import Layout, shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.uwlr import read_uwlr, toetscodes

LEERLIJNEN = read_leerlijnen(Path("no-workspace"), None)
(SHIPPED,) = [layout for layout in shipped_layouts() if layout.shape == "uwlr"]
NAMESPACE = "http://www.edustandaard.nl/leerresultaten/2/leerresultaten"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHOOL = "<school><brincode>99XX</brincode><aanmaakdatum>2026-11-02T08:00:00</aanmaakdatum></school>"


def layout(**own: object) -> Layout:
    return Layout.model_validate({"name": "uwlr", "title": "UWLR", "shape": "uwlr", **own})


def fn(waarde: str, groep: str = "", code: str = "FN") -> str:
    """An osoresultaat with a referentiescore."""
    of_groep = f"<codevergelijkingsgroep>{groep}</codevergelijkingsgroep>" if groep else ""
    score = f"<codereferentiescore>{code}</codereferentiescore><waarde>{waarde}</waarde>{of_groep}"
    return f"<osoresultaat><referentiescore>{score}</referentiescore></osoresultaat>"


def score(value: str) -> str:
    return f"<osoresultaat><toetsscore><vaardigheidsscore>{value}</vaardigheidsscore></toetsscore></osoresultaat>"


def resultaat(said: str, code: str = "RW-1", *, versie: str = "", part: str = "", day: str = "2026-10-06") -> str:
    more = f"<versie>{versie}</versie>" if versie else ""
    more += f"<toetsonderdeelcode>{part}</toetsonderdeelcode>" if part else ""
    return f"<resultaat><afnamedatum>{day}</afnamedatum><toetscode>{code}</toetscode>{more}{said}</resultaat>"


def toets(
    naam: str = "Rekenen-Wiskunde T1",
    niveau: str = "havo",
    code: str = "RW-1",
    *,
    versie: str = "",
    vakgebied: str = "",
    norms: Sequence[tuple[str, str, str]] = (),
    parts: Mapping[str, str] | None = None,
) -> str:
    bounds = "".join(
        f"<norm><term>{term}</term><beginnormwaarde>{begin}</beginnormwaarde><eindnormwaarde>{end}</eindnormwaarde></norm>"
        for term, begin, end in norms
    )
    level = f"<toetsniveau>{niveau}</toetsniveau>" if niveau else ""
    more = f"<versie>{versie}</versie>" if versie else ""
    more += f"<toetsnaam>{naam}</toetsnaam>" if naam else ""
    more += f"<vakgebied>{vakgebied}</vakgebied>" if vakgebied else ""
    named = "".join(
        f"<toetsonderdeel><toetsonderdeelcode>{part}</toetsonderdeelcode><toetsonderdeelnaam>{name}</toetsonderdeelnaam></toetsonderdeel>"
        for part, name in (parts or {}).items()
    )
    normering = f"<toetsnormering>{level}{bounds}</toetsnormering>"
    return f"<toets><toetscode>{code}</toetscode>{more}{normering}<toetsonderdelen>{named}</toetsonderdelen></toets>"


def afname(*resultaten: str, leerlingid: str = "0012", eckid: str = "") -> str:
    of_leerling = f"<leerlingid>{leerlingid}</leerlingid>" + (f"<eckid>{eckid}</eckid>" if eckid else "")
    return f"<toetsafname>{of_leerling}<resultaten>{''.join(resultaten)}</resultaten></toetsafname>"


def verzoek(*afnames: str, toetsen: Sequence[str] = (toets(),), school: str = SCHOOL) -> str:
    data = f"{school}<toetsafnames>{''.join(afnames)}</toetsafnames><toetsen>{''.join(toetsen)}</toetsen>"
    return f'<leerresultaten_verzoek xmlns="{NAMESPACE}" xmlns:xsi="{XSI}">{data}</leerresultaten_verzoek>'


def rows(xml: str, by: Layout = SHIPPED, brin: Sequence[str] = ("99XX",)) -> list[dict]:
    return read_uwlr(xml.encode(), "uwlr.xml", by, LEERLIJNEN, brin=brin, leerlingid="leerlingnummer").cells.to_pylist()


def the_row(xml: str, by: Layout = SHIPPED) -> dict:
    (row,) = rows(xml, by)
    return row


def code_of(xml: str | bytes) -> str:
    with pytest.raises(CitoNumoError) as stopped:
        read_uwlr(
            xml if isinstance(xml, bytes) else xml.encode(), "u.xml", SHIPPED, LEERLIJNEN, brin=("99XX",), leerlingid="leerlingnummer"
        )
    (problem,) = stopped.value.problems
    assert problem.place == "u.xml"
    return problem.kind.code


# --- names and codes -------------------------------------------------------------------------------------------------


def test_a_result_has_the_names_that_its_file_gives_its_toetscode():
    assert the_row(verzoek(afname(resultaat(fn("vmbo-gt")), eckid="an-eck-id"))) == {
        "eck_id": "an-eck-id",
        "leerlingnummer": "0012",
        "toets": "T1",
        "onderdeel": "Rekenen Wiskunde",
        "domein": None,
        "afnamedatum": "2026-10-06",
        "toetsniveau": "havo",
        "functioneringsniveau": "vmbo-gt",
        "rij": 1,
        "heel": True,
    }


@pytest.mark.parametrize(
    ("naam", "expected"),
    [
        ("Rekenen-Wiskunde T1", ("T1", "rekenen-wiskunde")),
        ("T2 Rekenen-Wiskunde", ("T2", "rekenen-wiskunde")),
        ("Toets 0 - Taalverzorging", ("T0", "taalverzorging")),
        ("VAS-3 Engels leesvaardigheid", ("T3", "engels-leesvaardigheid")),
        ("Kernvaardighedentoets T1 Nederlandse woordenschat", ("T1", "nederlands-woordenschat")),
        ("kernvaardighedentoets toets 2: rekenen/wiskunde", ("T2", "rekenen-wiskunde")),
    ],
)
def test_a_toetsnaam_says_which_toets_and_onderdeel_it_is(naam: str, expected: tuple[str, str]):
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=[toets(naam)]))
    assert (row["toets"], LEERLIJNEN.onderdeel(row["onderdeel"])) == expected


def test_the_vakgebied_is_the_onderdeel_where_the_toetsnaam_says_none():
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=[toets("Toets 1", vakgebied="Taalverzorging")]))
    assert (row["toets"], row["onderdeel"]) == ("T1", "Taalverzorging")


def test_a_toetsnaam_in_the_middle_of_which_a_number_stands_says_no_toets():
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=[toets("Rekenen T1 extra")]))
    assert row["toets"] == "Rekenen T1 extra"
    assert LEERLIJNEN.onderdeel(row["onderdeel"]) is None


def test_what_the_layout_says_of_a_code_goes_before_what_the_file_calls_it():
    own = layout(toetsen={"rw-1": {"toets": "T3", "onderdeel": "engels-woordenschat", "toetsniveau": "vmbo-gt/havo"}})
    row = the_row(verzoek(afname(resultaat(fn("havo", "vwo")))), own)
    assert (row["toets"], row["onderdeel"], row["toetsniveau"]) == ("T3", "engels-woordenschat", "vmbo-gt/havo")


def test_of_what_the_layout_leaves_open_of_a_code_the_file_says_it():
    row = the_row(verzoek(afname(resultaat(fn("havo")))), layout(toetsen={"RW-1": {"toets": "T2"}}))
    assert (row["toets"], LEERLIJNEN.onderdeel(row["onderdeel"]), row["toetsniveau"]) == ("T2", "rekenen-wiskunde", "havo")


def test_a_code_that_the_file_does_not_explain_is_what_the_layout_says():
    own = layout(toetsen={"RW-1": {"toets": "T1", "onderdeel": "rekenen-wiskunde", "toetsniveau": "havo"}})
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=()), own)
    assert (row["toets"], row["onderdeel"], row["toetsniveau"]) == ("T1", "rekenen-wiskunde", "havo")


def test_a_code_that_nobody_explains_stands_as_it_is_and_is_no_onderdeel():
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=()))
    assert (row["toets"], LEERLIJNEN.onderdeel(row["onderdeel"]), row["toetsniveau"]) == ("RW-1", None, None)


def test_codes_are_the_same_in_capitals_and_small_letters():
    row = the_row(verzoek(afname(resultaat(fn("havo"), "rw-1", part="get")), toetsen=[toets(parts={"GET": "Getallen"})]))
    assert (row["toets"], row["domein"]) == ("T1", "Getallen")


# --- parts of a toets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("naam", "part", "onderdeel", "domein"),
    [
        ("Rekenen-Wiskunde T1", "Getallen", "rekenen-wiskunde", "getallen"),
        ("Rekenen-Wiskunde T1", "Meten/meetkunde", "rekenen-wiskunde", "meten-en-meetkunde"),
        ("Nederlands T1", "Leesvaardigheid", "nederlands-leesvaardigheid", None),
        ("Nederlands T1", "Taalverzorging", "taalverzorging", None),
        ("Nederlands T1", "Woordenschat", "nederlands-woordenschat", None),
        ("Engels T1", "Woordenschat", "engels-woordenschat", None),
        ("Toets 1", "Engels leesvaardigheid", "engels-leesvaardigheid", None),
    ],
)
def test_a_toetsonderdeel_is_an_onderdeel_or_a_domein_by_its_name(naam: str, part: str, onderdeel: str, domein: str | None):
    row = the_row(verzoek(afname(resultaat(fn("havo"), part="P1")), toetsen=[toets(naam, parts={"P1": part})]))
    named = SHIPPED.domein(row["domein"]) if row["domein"] else None
    assert (LEERLIJNEN.onderdeel(row["onderdeel"]), named) == (onderdeel, domein)


def test_a_toetsonderdeel_is_what_the_layout_says_of_its_code():
    own = layout(toetsonderdelen={"P1": {"domein": "getallen"}, "P2": {"onderdeel": "taalverzorging", "toetsniveau": "vwo"}})
    both = rows(verzoek(afname(resultaat(fn("havo"), part="P1"), resultaat(fn("havo"), part="p2"))), own)
    assert [(LEERLIJNEN.onderdeel(row["onderdeel"]), row["domein"], row["toetsniveau"]) for row in both] == [
        ("rekenen-wiskunde", "getallen", "havo"),
        ("taalverzorging", None, "vwo"),
    ]


def test_the_toets_of_a_toetsonderdeel_is_what_the_layout_says_of_its_code():
    row = the_row(verzoek(afname(resultaat(fn("havo"), part="P1"))), layout(toetsonderdelen={"P1": {"toets": "T2"}}))
    assert row["toets"] == "T2"


def test_a_toetsonderdeel_of_which_nothing_is_known_is_no_result_of_the_whole():
    row = the_row(verzoek(afname(resultaat(fn("havo"), part="XQ")), toetsen=[toets(parts={"GET": "Getallen"})]))
    assert LEERLIJNEN.onderdeel(row["onderdeel"]) is None or row["domein"] is not None


# --- versies ---------------------------------------------------------------------------------------------------------


def test_of_a_toetscode_with_two_versies_each_result_has_the_toets_of_its_own():
    toetsen = [toets("Rekenen T1", "havo", versie="1"), toets("Rekenen T2", "vwo", versie="2")]
    both = rows(verzoek(afname(resultaat(fn("havo"), versie="2"), resultaat(fn("havo"), versie="1")), toetsen=toetsen))
    assert [(row["toets"], row["toetsniveau"]) for row in both] == [("T2", "vwo"), ("T1", "havo")]


def test_a_result_without_versie_of_two_that_differ_has_no_toetsniveau_that_can_be_read():
    toetsen = [toets(niveau="havo", versie="1"), toets(niveau="vwo", versie="2")]
    row = the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=toetsen))
    assert SHIPPED.niveau(row["toetsniveau"]) is None
    assert row["toets"] == "T1"


def test_a_toets_without_versie_is_that_of_results_with_one():
    assert the_row(verzoek(afname(resultaat(fn("havo"), versie="3"))))["toets"] == "T1"


def test_a_toets_that_stands_in_the_file_twice_the_same_is_one():
    assert the_row(verzoek(afname(resultaat(fn("havo"))), toetsen=[toets(), toets()]))["toetsniveau"] == "havo"


# --- levels ----------------------------------------------------------------------------------------------------------

NORMS = [("vmbo-gt", "180", "199"), ("havo", "200", "219"), ("vwo", "220", "239.5")]


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("180", "vmbo-gt"),
        ("199", "vmbo-gt"),
        ("200", "havo"),
        ("200.0", "havo"),
        ("219", "havo"),
        ("220", "vwo"),
        ("239.5", "vwo"),
        ("179", None),
        ("199.5", None),
        ("239.6", None),
        ("-200", None),
        ("veel", None),
        ("nan", None),
        ("205,5", None),
    ],
)
def test_a_score_has_the_level_of_the_norm_that_it_falls_into_borders_included(value: str, level: str | None):
    row = the_row(verzoek(afname(resultaat(score(value))), toetsen=[toets(norms=NORMS)]))
    assert SHIPPED.niveau(row["functioneringsniveau"]) == level


def test_a_score_on_the_border_of_two_norms_has_no_level_that_can_be_read():
    norms = [("vmbo-gt", "180", "200"), ("havo", "200", "220")]
    row = the_row(verzoek(afname(resultaat(score("200"))), toetsen=[toets(norms=norms)]))
    assert SHIPPED.niveau(row["functioneringsniveau"]) is None


@pytest.mark.parametrize(("value", "level"), [("1,5", "havo"), ("2", "havo"), ("2,25", "havo"), ("2,26", None), ("1.5", None)])
def test_scores_have_the_decimal_sign_of_the_layout(value: str, level: str | None):
    row = the_row(verzoek(afname(resultaat(score(value))), toetsen=[toets(norms=[("havo", "1,5", "2,25")])]), layout(decimal=","))
    assert SHIPPED.niveau(row["functioneringsniveau"]) == level


@pytest.mark.parametrize("norm", [("", "180", "220"), ("havo", "", "220"), ("havo", "180", ""), ("havo", "220", "180")])
def test_a_norm_that_is_not_whole_gives_no_level(norm: tuple[str, str, str]):
    row = the_row(verzoek(afname(resultaat(score("200"))), toetsen=[toets(norms=[norm])]))
    assert SHIPPED.niveau(row["functioneringsniveau"]) is None


def test_a_level_that_is_said_goes_before_the_norm_of_a_score():
    row = the_row(verzoek(afname(resultaat(fn("vmbo-kb") + score("210"))), toetsen=[toets(norms=NORMS)]))
    assert row["functioneringsniveau"] == "vmbo-kb"


def test_a_score_of_a_part_does_not_fall_into_the_norms_of_the_whole():
    row = the_row(verzoek(afname(resultaat(score("210"), part="GET")), toetsen=[toets(norms=NORMS, parts={"GET": "Getallen"})]))
    assert SHIPPED.niveau(row["functioneringsniveau"]) is None


def test_a_level_that_is_said_twice_alike_is_one_and_two_that_differ_are_none():
    alike, differ = rows(verzoek(afname(resultaat(fn("havo") + fn("HAVO")), resultaat(fn("havo") + fn("vwo")))))
    assert SHIPPED.niveau(alike["functioneringsniveau"]) == "havo"
    assert SHIPPED.niveau(differ["functioneringsniveau"]) is None
    assert differ["functioneringsniveau"] == "havo of vwo"


def test_referentiescores_of_another_kind_are_no_level():
    row = the_row(verzoek(afname(resultaat(fn("2F", code="RN") + fn("vwo", code="PERC")))))
    assert row["functioneringsniveau"] is None


def test_an_anderresultaat_is_no_level_whatever_stands_in_it():
    other = '<anderresultaat xsi:type="ns1:Advies"><waarde>vwo</waarde></anderresultaat>'
    alone, beside = rows(verzoek(afname(resultaat(other), resultaat(fn("havo") + other))))
    assert SHIPPED.niveau(alone["functioneringsniveau"]) is None
    assert "Advies" in alone["functioneringsniveau"]
    assert SHIPPED.niveau(beside["functioneringsniveau"]) is None


@pytest.mark.parametrize(
    ("niveau", "groep", "expected"),
    [("", "havo", "havo"), ("", "VMBO GT", "vmbo-gt"), ("vwo", "havo", "vwo"), ("", "Landelijk", None), ("havo", "Landelijk", "havo")],
)
def test_the_vergelijkingsgroep_is_the_toetsniveau_where_nothing_else_says_it(niveau: str, groep: str, expected: str | None):
    row = the_row(verzoek(afname(resultaat(fn("havo", groep))), toetsen=[toets(niveau=niveau)]))
    assert (SHIPPED.niveau(row["toetsniveau"]) if row["toetsniveau"] else None) == expected


def test_a_vergelijkingsgroep_of_the_whole_country_does_not_hide_the_one_that_is_a_level():
    row = the_row(verzoek(afname(resultaat(fn("havo", "havo") + fn("havo", "Landelijk"))), toetsen=[toets(niveau="")]))
    assert row["toetsniveau"] == "havo"


def test_two_vergelijkingsgroepen_that_differ_are_no_toetsniveau():
    row = the_row(verzoek(afname(resultaat(fn("havo", "havo") + fn("havo", "vwo"))), toetsen=[toets(niveau="")]))
    assert row["toetsniveau"] is None or SHIPPED.niveau(row["toetsniveau"]) is None


# --- how senders write -----------------------------------------------------------------------------------------------

USUAL = verzoek(afname(resultaat(fn("vmbo-gt")), eckid="an-eck-id"))


def test_elements_may_stand_in_another_order():
    data = f"<toetsen>{toets()}</toetsen><toetsafnames>{afname(resultaat(fn('vmbo-gt')), eckid='an-eck-id')}</toetsafnames>{SCHOOL}"
    assert rows(f'<leerresultaten_verzoek xmlns="{NAMESPACE}">{data}</leerresultaten_verzoek>') == rows(USUAL)


@pytest.mark.parametrize("namespace", [f'xmlns="{NAMESPACE}"', "", 'xmlns="urn:example:anders"'])
def test_elements_may_be_of_another_namespace_or_none(namespace: str):
    assert rows(USUAL.replace(f'xmlns="{NAMESPACE}"', namespace)) == rows(USUAL)


def test_elements_may_have_a_prefix():
    prefixed = USUAL.replace("</", "\0").replace("<", "<lr:").replace("\0", "</lr:").replace("xmlns=", "xmlns:lr=")
    assert rows(prefixed) == rows(USUAL)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1252", "iso-8859-15"])
def test_a_file_may_be_in_another_encoding(encoding: str):
    declared = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n{USUAL}'.encode(encoding)
    read = read_uwlr(declared, "u.xml", SHIPPED, LEERLIJNEN, brin=("99XX",), leerlingid="leerlingnummer")
    assert [row["functioneringsniveau"] for row in read.cells.to_pylist()] == ["vmbo-gt"]


def test_blanks_and_comments_around_values_play_no_part():
    spaced = USUAL.replace("<waarde>vmbo-gt", "<waarde>\n  vmbo-gt<!-- x -->").replace("0012</", " 0012 </")
    row = the_row(spaced)
    assert (row["leerlingnummer"], row["functioneringsniveau"]) == ("0012", "vmbo-gt")


def test_an_element_that_stands_twice_with_another_text_says_nothing():
    row = the_row(USUAL.replace("<leerlingid>0012</leerlingid>", "<leerlingid>0012</leerlingid><leerlingid>0013</leerlingid>"))
    assert row["leerlingnummer"] is None


def soap(head: str, *bodies: str) -> str:
    envelope = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    return f"<s:Envelope {envelope}><s:Header>{head}</s:Header><s:Body>{''.join(bodies)}</s:Body></s:Envelope>"


def test_nothing_outside_the_request_is_looked_at():
    decoy = f"<toetsafnames>{afname(resultaat(fn('vwo')), leerlingid='kanarie')}</toetsafnames><toetsen>{toets('Kanarie T3')}</toetsen>"
    decoy += "<school><brincode>99YY</brincode><aanmaakdatum>2030-01-01T00:00:00</aanmaakdatum></school>"
    read = read_uwlr(
        soap(f"<autorisatie>{decoy}</autorisatie>{decoy}", USUAL, decoy).encode(),
        "u.xml",
        SHIPPED,
        LEERLIJNEN,
        brin=("99XX",),
        leerlingid="leerlingnummer",
    )
    assert (read.cells.to_pylist(), read.made) == (rows(USUAL), "2026-11-02T08:00:00")
    assert read.detected == {"kind": "UWLR, in SOAP"}


def test_codes_outside_the_request_are_not_listed():
    decoy = f"<toetsen>{toets('Kanarie T3', code='KANARIE')}</toetsen>"
    assert [code.code for code in toetscodes(soap(decoy, USUAL).encode(), "u.xml")] == ["RW-1"]


def test_an_envelope_without_a_request_has_no_data():
    assert code_of(soap(f"<toetsafnames>{afname(resultaat(fn('vwo')))}</toetsafnames>")) == "uwlr-no-data"


def test_each_result_has_the_line_of_its_own_resultaat():
    written = verzoek(afname(f"\n{resultaat(fn('havo'))}\n\n{resultaat(fn('vwo'))}"), afname(f"\n{resultaat(fn('vwo'))}"))
    assert [row["rij"] for row in rows(written)] == [2, 4, 5]


def test_results_far_down_in_a_large_file_have_their_lines():
    lines = "\n" * 10
    written = verzoek(*(f"{lines}{afname(resultaat(fn('havo')), leerlingid=str(number))}" for number in range(7_000)))
    numbers = [row["rij"] for row in rows(written)]
    assert numbers == list(range(11, 70_002, 10))  # far above 65,535, where lxml itself stops counting


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (f"<!DOCTYPE x>{USUAL}", "xml-doctype"),
        (f'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n{USUAL}', "xml-doctype"),
        (USUAL.replace("vmbo-gt", "&onbekend;"), "xml-syntax"),
        (USUAL[:-40], "xml-syntax"),
        ("<resultaten/>", "uwlr-root"),
        ("<EDEX/>", "cito-edexml"),
        (f'<leerresultaten_verzoek xmlns="{NAMESPACE}"/>', "uwlr-no-data"),
        (USUAL.replace("99XX", "99YY"), "uwlr-brin"),
    ],
)
def test_what_is_no_uwlr_of_this_school_is_refused(xml: str, code: str):
    assert code_of(xml) == code


@pytest.mark.parametrize("brincode", ["99XX", "99xx", " 99XX "])
def test_a_file_of_one_of_the_brins_of_the_school_is_read(brincode: str):
    assert len(rows(USUAL.replace("99XX", brincode), brin=("99YY", "99XX"))) == 1


# --- in a night ------------------------------------------------------------------------------------------------------


def made(moment: str, level: str) -> str:
    return verzoek(afname(resultaat(fn(level))), school=SCHOOL.replace("2026-11-02T08:00:00", moment))


def levels(school: SchoolFolder) -> list[str]:
    return [part["functioneringsniveau"] for plan in school.delivered()["leerplannen"] for part in plan["onderdelen"]]


@pytest.mark.parametrize("names", [("a.xml", "b.xml"), ("b.xml", "a.xml")])
@pytest.mark.parametrize("times", [(1_790_000_100, 1_790_000_200), (1_790_000_200, 1_790_000_100)])
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-11-02T08:00:00", "2026-11-02T08:00:01"),
        ("2026-11-02T09:30:00+02:00", "2026-11-02T08:00:00Z"),
        ("2026-11-02", "2026-11-02T08:00:00"),
        ("2026-11-02T08:00:00.100", "2026-11-02T08:00:00.200"),
    ],
)
def test_of_two_new_files_the_one_that_was_made_later_corrects_the_other(
    workspace: WorkspaceFolder, school: SchoolFolder, names: tuple[str, str], times: tuple[int, int], earlier: str, later: str
):
    school.numo("0012;;2A")
    for name, time, (moment, level) in zip(names, times, ((earlier, "vmbo-gt"), (later, "havo")), strict=True):
        os.utime(school.put(f"inbox/cito/{name}", made(moment, level)), (time, time))

    night = workspace.sync_json()

    assert (night.exit_code, levels(school)) == (0, ["havo"])


def test_the_leerlingid_of_a_somtoday_school_is_the_cito_key(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.edexml(leerling("k-12", "0099"))
    school.numo("0099;;2A")
    school.put("inbox/cito/u.xml", verzoek(afname(resultaat(fn("vmbo-gt")), leerlingid="k-12")))

    night = workspace.sync_json()

    assert night.school["counts"]["leerplan"] == 1
    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0099"]


def test_the_leerlingid_of_another_school_is_the_leerlingnummer(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.put("inbox/cito/u.xml", USUAL)

    workspace.sync()

    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == ["0012"]


def test_a_toetsafname_beside_the_toetsafnames_is_read_too():
    inside = verzoek(afname(resultaat(fn("HAVO"))))
    outside = inside.replace("<toetsafnames>", "").replace("</toetsafnames>", "")
    assert inside != outside
    assert rows(outside) == rows(inside)
