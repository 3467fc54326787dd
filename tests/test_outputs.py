"""leerplannen.json, leerplannen.csv and niet-geleverd.csv: what stands in them, and what a spreadsheet may not run."""

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import SchoolFolder, WorkspaceFolder, eck_id, row, texts
from jsonschema import Draft202012Validator
from tables_for_tests import leerplan_id

import cito_numo
from cito_numo import csv_files, outputs
from cito_numo.config import Csv, School, SchoolConfig
from cito_numo.errors import CitoNumoError
from cito_numo.report import NIET_GELEVERD, nothing_held_back
from cito_numo.revisions import Changes
from cito_numo.tables import LEERPLANNEN, ONDERDELEN, from_records

SCHEMA = json.loads((Path(cito_numo.__file__).parent / "data/schemas/leerplannen.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
SCHOOL = School("demo-college", Path(), SchoolConfig(name="Demo College", brin=["99XX"], administratie="magister", terugstuuroptie=0))
STYLE = Csv()

Plan = tuple[str, str, str, str | None, int, str]
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x.example";"klik")', "-1|cmd", "\t=1", "+", "-"]
NUMBERS = ["-1", "+1", "0", "-1,5", "+31600000000", "0012"]


def plan(
    gebruikersnaam: str = "0012", klas: str | None = "2A", vak: str = "rekenen", revisie: int = 1, status: str = "te_verwerken"
) -> Plan:
    return (leerplan_id("demo-college", gebruikersnaam, vak), gebruikersnaam, vak, klas, revisie, status)


def onderdeel(gebruikersnaam: str = "0012", vak: str = "rekenen", name: str = "rekenen-wiskunde", toets: str = "T1") -> tuple:
    level = ("havo", "vmbo-gt", -1, "ondersteuning", "vmbo-gt", "havo", 1, "", 1)
    return (gebruikersnaam, vak, name, toets, "2026-2027", "2026-10-06", *level)


def changes(plans: list[Plan], onderdelen: list[tuple], withdrawn: list[Plan] | None = None) -> Changes:
    ingetrokken = from_records(withdrawn or [], LEERPLANNEN).assign(reden="Een correctie.")
    return Changes(from_records(plans, LEERPLANNEN), from_records(onderdelen, ONDERDELEN), ingetrokken)


def one_plan(*, klas: str | None = "2A", toets: str = "T1", gebruikersnaam: str = "0012") -> Changes:
    return changes([plan(gebruikersnaam, klas)], [onderdeel(gebruikersnaam, toets=toets)])


def rows(content: bytes, style: Csv = STYLE) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(style.encoding), newline=""), delimiter=style.separator))


def leerplannen_json(school: School, of: Changes) -> bytes:
    return b"".join(outputs.leerplannen_json(school, of))


def leerplannen_csv(of: Changes, style: Csv) -> bytes:
    return b"".join(outputs.leerplannen_csv(of, style))


def document(of: Changes) -> dict:
    return json.loads(leerplannen_json(SCHOOL, of))


# --- leerplannen.json ------------------------------------------------------------------------------------------------


def test_the_json_holds_each_leerplan_with_its_onderdelen():
    both = changes([plan(revisie=2), plan("0013", None, "engels")], [onderdeel(), onderdeel("0013", "engels", "engels-woordenschat")])
    found = document(both)
    assert found["school"] == {"korte_naam": "demo-college", "brin": "99XX"}
    first, second = found["leerplannen"]
    assert first == {
        "leerplan_id": leerplan_id("demo-college", "0012", "rekenen"),
        "revisie": 2,
        "status": "te_verwerken",
        "gebruikersnaam": "0012",
        "klas": "2A",
        "vak": "rekenen",
        "onderdelen": [
            {
                "onderdeel": "rekenen-wiskunde",
                "toets": "T1",
                "schooljaar": "2026-2027",
                "afnamedatum": "2026-10-06",
                "toetsniveau": "havo",
                "functioneringsniveau": "vmbo-gt",
                "relatief": -1,
                "route": "ondersteuning",
                "startniveau": "vmbo-gt",
                "doelniveau": "havo",
                "prioriteit": 1,
                "domeinen": [],
            }
        ],
    }
    assert (second["klas"], texts(second["onderdelen"], "onderdeel")) == (None, ["engels-woordenschat"])


@pytest.mark.parametrize(
    "of",
    [
        changes([], []),
        one_plan(),
        one_plan(klas=None),
        changes([], [], [plan(status="ingetrokken", revisie=3)]),
        changes([plan(), plan(vak="engels")], [onderdeel(), onderdeel(vak="engels", name="engels-woordenschat")], [plan("0013")]),
    ],
    ids=["nothing", "a plan", "without klas", "withdrawn", "several"],
)
def test_the_json_is_valid_against_the_schema_that_is_shipped(of: Changes):
    assert [error.message for error in VALIDATOR.iter_errors(document(of))] == []


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("leerplan_id", "1"),
        ("revisie", 0),
        ("status", "klaar"),
        ("gebruikersnaam", ""),
        ("gebruikersnaam", 12),
        ("onderdelen", []),
        ("extra", 1),
    ],
)
def test_the_schema_refuses_a_wrong_leerplan(part: str, wrong: object):
    found = document(one_plan())
    found["leerplannen"][0][part] = wrong
    assert len(list(VALIDATOR.iter_errors(found))) == 1


@pytest.mark.parametrize(
    ("part", "wrong"),
    [("afnamedatum", "06-10-2026"), ("afnamedatum", "2026-02-30"), ("relatief", 3), ("toetsniveau", "M5"), ("startniveau", "onder-bb")],
)
def test_the_schema_refuses_a_wrong_onderdeel(part: str, wrong: object):
    found = document(one_plan())
    found["leerplannen"][0]["onderdelen"][0][part] = wrong
    assert len(list(VALIDATOR.iter_errors(found))) == 1


def test_what_a_night_delivers_is_valid_against_the_schema(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;")
    school.cito(row("0012", fn="<BB"), row("0012", onderdeel="Engels woordenschat", toetsniveau="t/havo"), row("0013", fn="vmbo b/k"))
    assert workspace.sync().exit_code == 0
    assert [error.message for error in VALIDATOR.iter_errors(school.delivered())] == []
    assert len(school.delivered()["leerplannen"]) == 3


@pytest.mark.parametrize("text", [*FORMULAS, *NUMBERS, 'quote " and \\', "é\u2028€", "een\nregel"])
def test_a_text_is_never_changed_in_json(text: str):
    (found,) = document(one_plan(klas=text, toets=text, gebruikersnaam=text))["leerplannen"]
    assert (found["gebruikersnaam"], found["klas"], found["onderdelen"][0]["toets"]) == (text, text, text)


def test_the_same_changes_give_the_same_bytes():
    assert leerplannen_json(SCHOOL, one_plan()) == leerplannen_json(SCHOOL, one_plan())
    assert leerplannen_csv(one_plan(), STYLE) == leerplannen_csv(one_plan(), STYLE)


@pytest.mark.parametrize("part", [1, 2, 5])
def test_files_that_are_made_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch, part: int):
    names = ("rekenen-wiskunde", "taalverzorging", "engels")
    plans = [plan(f"{number:04d}", vak=vak) for number in range(4) for vak in ("nederlands", "rekenen")]
    of = changes(plans, [onderdeel(who, vak, name) for _id, who, vak, *_rest in plans for name in names[: 1 + int(who) % 3]])
    whole = leerplannen_json(SCHOOL, of), leerplannen_csv(of, STYLE)
    for module in (outputs, csv_files):
        monkeypatch.setattr(module, "_PART", part)
    assert (leerplannen_json(SCHOOL, of), leerplannen_csv(of, STYLE)) == whole
    assert [len(plan["onderdelen"]) for plan in document(of)["leerplannen"]] == [1, 1, 2, 2, 3, 3, 1, 1]


def test_a_letter_that_no_row_has_need_not_be_in_the_encoding():
    of = changes([plan("0012", "klas ≥ 2"), plan("0013", "2A")], [onderdeel("0012"), onderdeel("0013")]).without("0012")
    (found,) = rows(leerplannen_csv(of, Csv(encoding="windows-1252")), Csv(encoding="windows-1252"))
    assert found["klas"] == "2A"


# --- leerplannen.csv -------------------------------------------------------------------------------------------------


def test_the_csv_is_flat_with_a_row_for_each_onderdeel_and_a_bom():
    skills = ("taalverzorging", "nederlands-woordenschat")
    of = changes([plan(vak="nederlands")], [onderdeel(vak="nederlands", name=name) for name in skills])
    content = leerplannen_csv(of, STYLE)
    head = "leerplan_id;revisie;status;gebruikersnaam;klas;vak;onderdeel;toets;schooljaar;afnamedatum;"
    tail = "toetsniveau;functioneringsniveau;relatief;route;startniveau;doelniveau;prioriteit"
    first, second, third, end = content.decode().split("\r\n")
    assert first == f"\ufeff{head}{tail}"
    same = f"{leerplan_id('demo-college', '0012', 'nederlands')};1;te_verwerken;0012;2A;nederlands"
    level = "T1;2026-2027;2026-10-06;havo;vmbo-gt;-1;ondersteuning;vmbo-gt;havo;1"
    assert (second, third, end) == (f"{same};taalverzorging;{level}", f"{same};nederlands-woordenschat;{level}", "")


def test_the_csv_of_only_withdrawals_has_a_header_and_no_rows():
    assert rows(leerplannen_csv(changes([], [], [plan()]), STYLE)) == []


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(formula: str):
    (found,) = rows(leerplannen_csv(one_plan(klas=formula, toets=formula, gebruikersnaam=formula), STYLE))
    assert [found["klas"], found["toets"], found["gebruikersnaam"]] == [f"'{formula}"] * 3


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_no_formula(number: str):
    (found,) = rows(leerplannen_csv(one_plan(klas=number, gebruikersnaam=number), STYLE))
    assert (found["klas"], found["gebruikersnaam"], found["relatief"]) == (number, number, "-1")


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("text", ['a "b" c', "a;b", "a,b", "a\tb", "a\r\nb", "a\nb", '"', "'a'"])
def test_a_cell_that_holds_a_separator_a_quote_or_a_line_end_is_read_back_the_same(text: str, separator: str):
    style = Csv(separator=separator)
    (found,) = rows(leerplannen_csv(one_plan(klas=text), style), style)
    assert (found["klas"], found["prioriteit"]) == (text, "1")


def test_cells_that_need_no_quotes_have_none():
    assert b'"' not in leerplannen_csv(one_plan(klas="2 A"), STYLE)


@pytest.mark.parametrize(
    ("encoding", "start"), [("utf-8-sig", b"\xef\xbb\xbfleer"), ("utf-8", b"leer"), ("utf-16", b"\xff\xfel\x00"), ("windows-1252", b"leer")]
)
def test_the_encoding_is_the_configured_one(encoding: str, start: bytes):
    style = Csv(encoding=encoding)
    content = leerplannen_csv(one_plan(klas="2é €"), style)
    assert content.startswith(start)
    assert texts(rows(content, style), "klas") == ["2é €"]
    assert nothing_held_back(style).decode(encoding) == ";".join(NIET_GELEVERD) + "\r\n"


def test_a_character_that_the_encoding_does_not_have_is_told_with_what_to_do():
    with pytest.raises(CitoNumoError) as stopped:
        leerplannen_csv(one_plan(klas="klas ≥ 2"), Csv(encoding="windows-1252"))
    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.kind.exit_code) == ("csv-encoding", 78)
    assert problem.advice == "Set csv.encoding to utf-8-sig."


def test_a_night_with_such_a_character_delivers_nothing_and_says_why(workspace: WorkspaceFolder):
    school = workspace.school(csv="{encoding: windows-1252}")
    school.numo("0012;;≥2")
    school.cito(row("0012"))

    ran = workspace.sync_json()

    assert (ran.exit_code, ran.school["status"], school.runs) == (78, "failed", [])
    assert "csv.encoding" in ran.school["message"]


# --- niet-geleverd.csv -----------------------------------------------------------------------------------------------


def test_what_was_not_delivered_says_why_what_to_do_and_whom_to_ask(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A", "0014;;2A", "0015;;2A")
    school.cito(row("0012", fn="M5"), row("0013", fn="vwo"), row("0014"), row("9999"), row("0015", fn="niet gemaakt"))
    workspace.sync()

    level, above, nobody, nothing = school.niet_geleverd

    assert list(level) == list(NIET_GELEVERD)
    assert [level[name] for name in NIET_GELEVERD[:7]] == ["export.csv", "2", "0012", "2A", "rekenen-wiskunde", "T1", "ongeldig"]
    assert level["reden"] == "Functioneringsniveau is niet te lezen: 'M5'."
    assert "klantenservice@cito.nl" in level["wat_te_doen"]
    assert "(relatief +1, terugstuuroptie 0)" in above["reden"]
    assert (nobody["uitkomst"], nobody["leerling"]) == ("niet_gekoppeld", "9999")
    assert "support@kurve.nl" in nobody["wat_te_doen"]
    assert nothing["reden"] == "Functioneringsniveau ontbreekt (er staat: 'niet gemaakt')."


def test_a_formula_in_an_export_is_defused_in_what_a_school_opens(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;=1+2")
    school.cito(row("0012"), row("@A1", klas="=1+1", toets="+1+1"), row("-12", klas="-1"), name="=cmd.csv")
    workspace.sync()

    formula, number = school.niet_geleverd
    assert [formula[name] for name in ("bestand", "leerling", "klas", "toets")] == ["'=cmd.csv", "'@A1", "'=1+1", "'+1+1"]
    assert [number[name] for name in ("leerling", "klas")] == ["-12", "-1"]


def test_a_formula_in_numos_list_is_defused_in_the_csv_and_as_it_was_in_json(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;=1+2")
    school.cito(row("0012"))
    workspace.sync()
    assert texts(school.delivered_csv(), "klas") == ["'=1+2"]
    assert texts(school.delivered()["leerplannen"], "klas") == ["=1+2"]


def test_another_schooljaar_has_one_line_for_each_file(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A")
    school.cito(row("0012", day="06-10-2025"), row("0013", day="07-10-2025"), row("0013"), name="a.csv")
    school.cito(row("0012", day="06-10-2025", toets="T0"), row("0012", day="06-10-2024"), name="b.csv")
    workspace.sync()

    assert [(line["bestand"], line["rij"], line["leerling"], line["uitkomst"], line["reden"]) for line in school.niet_geleverd] == [
        ("a.csv", "", "", "vorig_schooljaar", "In dit bestand staan resultaten van een ander schooljaar: 2025-2026 (2)."),
        ("b.csv", "", "", "vorig_schooljaar", "In dit bestand staan resultaten van een ander schooljaar: 2024-2025 (1), 2025-2026 (1)."),
    ]


def test_unchanged_replaced_and_double_results_are_not_listed(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012", toets="T0", day="01-09-2026"), row("0012"), row("0012"), name="a.csv")
    school.cito(row("0012", fn="vmbo-gt"), name="b.csv")
    assert workspace.sync_json().school["counts"]["read"] == 4
    assert school.niet_geleverd == []


def test_a_leerling_without_number_is_named_by_the_cito_key_and_never_by_the_eck_id(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A", "0013;;2A", "0014;;2A")
    school.cito(row("0012"), row("0013"), row("0014"), row(key="K9"), row(eck=eck_id(9)))
    workspace.sync()
    assert texts(school.niet_geleverd, "leerling") == ["K9", ""]
    written = [path for folder in ("outbox", "report", ".cito-numo") for path in (school.folder / folder).rglob("*.*") if path.is_file()]
    assert len(written) >= 5
    assert not [path for path in written if b"ketenid" in path.read_bytes()]


def test_niet_geleverd_is_written_as_configured(workspace: WorkspaceFolder):
    school = workspace.school(csv='{separator: ",", encoding: utf-8}')
    school.numo("0012;;2A")
    school.cito(row("0012", fn="M5"))
    workspace.sync()
    content = (school.folder / "report/niet-geleverd.csv").read_text("utf-8")
    assert content.startswith(",".join(NIET_GELEVERD))
    assert len(content.splitlines()) == 2
