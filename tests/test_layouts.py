"""Layouts of a workspace's own: what they read, every mistake in them, and the commands that show them."""

import json
import re

import pytest
from conftest import EXPORT_HEADER, SchoolFolder, WorkspaceFolder, on_a_terminal, row

from cito_numo.layouts import shipped_layouts, shipped_text

LONG = """\
name: eigen
title: Export van een school
columns:
  leerlingnummer: [Pasnummer]
  klas: [Mentorgroep]
  toets: [Meting]
  toetsniveau: [Afgenomen op]
  onderdeel: [Gebied]
  afnamedatum: [Gemaakt op]
  functioneringsniveau: [Behaald]
"""
HEADER = "Pasnummer;Naam;Mentorgroep;Meting;Afgenomen op;Gebied;Gemaakt op;Behaald"
BEGIN = "name: eigen\ntitle: Export van een school\n"


class Layouts:
    """A workspace with a school whose Numo list has pupils 0012 to 0015, and layouts of its own."""

    def __init__(self, workspace: WorkspaceFolder, school: SchoolFolder) -> None:
        self.workspace, self.school = workspace, school
        school.numo("0012;;2A", "0013;;2A", "0014;;2B", "0015;;2B")
        self.config = ("--config", str(workspace.folder / "cito-numo.yaml"))

    def put(self, text: str | bytes, name: str = "eigen.yaml") -> None:
        path = self.workspace.folder / "layouts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def export(self, *lines: str, name: str = "anders.csv") -> None:
        self.school.put(f"inbox/cito/{name}", "\r\n".join(lines) + "\r\n")

    @property
    def delivered(self) -> list[tuple[str, str, str, str, str, str]]:
        return [
            (
                plan["gebruikersnaam"],
                part["onderdeel"],
                part["toets"],
                part["afnamedatum"],
                part["toetsniveau"],
                part["functioneringsniveau"],
            )
            for plan in self.school.delivered()["leerplannen"]
            for part in plan["onderdelen"]
        ]

    def sync(self) -> list[tuple[str, str, str, str, str, str]]:
        """What a night delivers, in which nothing goes wrong."""
        night = self.workspace.sync_json()
        assert (night.exit_code, night.school["status"]) == (0, "delivered"), self.told
        return self.delivered

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(message["code"], message["message"]) for message in self.school.manifest["messages"]]

    def mistakes(self) -> list[str]:
        """What is told of mistakes in the layouts, each from the file's name on."""
        self.school.cito(row("0012"))
        ran = self.workspace.sync()
        assert (ran.exit_code, self.school.runs) == (78, [])
        assert "Traceback" not in ran.stderr
        folder = f"demo-college: {self.workspace.folder / 'layouts'}/"
        lines = ran.stderr.strip().splitlines()
        assert all(line.startswith(folder) for line in lines)
        return [line.removeprefix(folder) for line in lines]

    def run(self, *arguments: str) -> str:
        ran = self.workspace.run("layouts", *arguments, *self.config)
        assert (ran.exit_code, ran.stderr) == (0, "")
        return ran.stdout


@pytest.fixture
def layouts(workspace: WorkspaceFolder, school: SchoolFolder) -> Layouts:
    return Layouts(workspace, school)


def usual(number: str = "0012", niveau: str = "havo", fn: str = "havo", *, toets: str = "T1", day: str = "2026-10-06") -> tuple[str, ...]:
    return number, "rekenen-wiskunde", toets, day, niveau, fn


# --- long ------------------------------------------------------------------------------------------------------------


def test_a_layout_of_ones_own_reads_what_no_other_fits(layouts: Layouts):
    layouts.export(HEADER, "0012;Kanarie;2A;Toets 1;havo;Rekenen;06-10-2026;vmbo-gt")
    before = layouts.workspace.sync_json()
    assert (before.exit_code, [code for code, _message in layouts.told]) == (65, ["all-unusable", "file-no-layout"])

    layouts.put(LONG)

    assert layouts.sync() == [usual(fn="vmbo-gt")]
    (read,) = [entry for entry in layouts.school.manifest["inputs"] if entry["path"].endswith("anders.csv")]
    assert (read["layout"], read["header"]) == ("eigen", "1")


@pytest.mark.parametrize("name", ["eigen.yaml", "eigen.yml", "heel-anders.yaml"])
def test_a_layout_may_have_any_file_name_that_ends_in_yaml(layouts: Layouts, name: str):
    layouts.put(LONG, name)
    layouts.export(HEADER, "0012;Kanarie;2A;T1;havo;Rekenen;06-10-2026;havo")
    assert layouts.sync() == [usual()]


@pytest.mark.parametrize("name", [".eigen.yaml", "eigen.yaml.bak", "eigen.yaml~", "eigen.txt", "oud/eigen.yaml"])
def test_files_beside_the_layouts_are_none(layouts: Layouts, name: str):
    (layouts.workspace.folder / "layouts/oud").mkdir(parents=True)
    layouts.put("name: [this is no layout\n", name)
    layouts.school.cito(row("0012"))
    assert layouts.sync() == [usual()]


def test_of_two_headers_of_a_column_the_one_named_first_counts(layouts: Layouts):
    layouts.put(LONG.replace("[Behaald]", "[Behaald na herziening, Behaald]"))
    layouts.export(f"{HEADER};Behaald na herziening", "0012;Kanarie;2A;T1;havo;Rekenen;06-10-2026;havo;vmbo-gt")
    assert layouts.sync() == [usual(fn="vmbo-gt")]


def test_a_layout_of_a_shipped_name_takes_its_place(layouts: Layouts):
    layouts.put(LONG.replace("name: eigen", "name: lib-vo"))
    layouts.export(HEADER, "0012;Kanarie;2A;T1;havo;Rekenen;06-10-2026;havo")
    layouts.school.cito(row("0013"), name="usual.csv")

    night = layouts.workspace.sync_json()

    assert (night.exit_code, layouts.delivered) == (3, [usual()])
    assert [code for code, _message in layouts.told] == ["file-no-layout"]
    assert layouts.told[0][1].startswith("inbox/cito/usual.csv: ")


def test_of_two_layouts_that_fit_neither_is_used_and_both_are_named(layouts: Layouts):
    usual_headers = shipped_text("lib-vo").replace("name: lib-vo", "name: bijna-lib-vo")
    layouts.put(usual_headers)
    layouts.school.cito(row("0012"))

    night = layouts.workspace.sync_json()

    assert (night.exit_code, layouts.school.runs) == (65, [])
    (message,) = [message for code, message in layouts.told if code == "file-two-layouts"]
    assert "(lib-vo, bijna-lib-vo)" in message
    assert "Leerlingnummer, ECK-iD" in message
    assert "0012" not in message


# --- values ----------------------------------------------------------------------------------------------------------


def test_levels_may_be_written_in_a_way_of_ones_own(layouts: Layouts):
    layouts.put(LONG + 'niveaus:\n  "B/K leerroute": vmbo-bb/vmbo-kb\n  stroom 3: havo\n  havo: vwo\n')
    layouts.export(
        HEADER,
        "0012;;2A;T1;b/k LEERROUTE;Rekenen;06-10-2026;B/K leerroute",
        "0013;;2A;T1;Stroom 3;Rekenen;06-10-2026;vmbo-gt",
        "0014;;2B;T1;havo;Rekenen;06-10-2026;vmbo-kb",
    )
    both = "vmbo-bb/vmbo-kb"
    assert layouts.sync() == [usual("0012", both, both), usual("0013", "havo", "vmbo-gt"), usual("0014", "vwo", "vmbo-kb")]


@pytest.mark.parametrize(
    ("forms", "written", "day"),
    [
        ("mm-dd-jjjj", "10-06-2026", "2026-10-06"),
        ("mm-dd-jjjj", "10/6/2026", "2026-10-06"),
        ("mm-dd-jjjj", "2026-10-06", "2026-10-06"),
        ("jjjjmmdd", "20261006", "2026-10-06"),
        ("jjjjmmdd", "2026-10-06", "2026-10-06"),
        ("jjjjmmdd, dd-mm-jjjj", "06-10-2026", "2026-10-06"),
        ("dd-mm-jjjj", "06-10-2026 09:30", "2026-10-06"),
    ],
)
def test_dates_are_in_the_forms_of_the_layout(layouts: Layouts, forms: str, written: str, day: str):
    layouts.put(LONG + f"dates: [{forms}]\n")
    layouts.export(HEADER, f"0012;;2A;T1;havo;Rekenen;{written};havo")
    assert layouts.sync() == [usual(day=day)]


@pytest.mark.parametrize(("forms", "written"), [("mm-dd-jjjj", "13-10-2026"), ("jjjjmmdd", "06-10-2026"), ("dd-mm-jjjj", "20261006")])
def test_a_date_in_another_form_is_not_read(layouts: Layouts, forms: str, written: str):
    layouts.put(LONG + f"dates: [{forms}]\n")
    layouts.export(HEADER, f"0012;;2A;T1;havo;Rekenen;{written};havo")

    night = layouts.workspace.sync_json()

    assert (night.school["counts"]["ongeldig"], layouts.school.runs) == (1, [])
    assert "Afnamedatum is niet te lezen" in layouts.school.niet_geleverd[0]["reden"]


def test_what_stands_in_a_cell_where_there_is_nothing_is_what_the_layout_says(layouts: Layouts):
    layouts.put(LONG + 'absent: [afwezig, "0"]\n')
    layouts.export(
        HEADER,
        "0012;;2A;T1;havo;Rekenen;06-10-2026;Afwezig",
        "0;;2A;T1;havo;Rekenen;06-10-2026;havo",
        "0013;;2A;T1;havo;Rekenen;06-10-2026;-",
        "0014;;2A;T1;havo;Rekenen;06-10-2026;havo",
    )

    night = layouts.workspace.sync_json()

    assert (night.school["counts"]["ongeldig"], layouts.delivered) == (3, [usual("0014")])
    reasons = {line["rij"]: line["reden"] for line in layouts.school.niet_geleverd}
    assert "Functioneringsniveau ontbreekt" in reasons["2"]
    assert "ontbreken alle drie" in reasons["3"]
    assert "Functioneringsniveau is niet te lezen: '-'" in reasons["4"]


CODES = """\
name: eigen
title: Met codes
columns: {leerlingnummer: [Nr], toets: [Code], afnamedatum: [Datum], functioneringsniveau: [Niveau]}
toetsen:
  VO-RW-1-H: {toets: T1, onderdeel: rekenen-wiskunde, toetsniveau: havo}
  "2041": {toets: T2, onderdeel: Rekenen, toetsniveau: vmbo-gt/havo}
"""


def test_a_toetscode_says_which_toets_onderdeel_and_toetsniveau_a_row_is_of(layouts: Layouts):
    layouts.put(CODES)
    layouts.export("Nr;Code;Datum;Niveau", "0012;VO-RW-1-H;06-10-2026;havo", "0013;2041;06-10-2026;havo", "0014;vo-rw-1-h;06-10-2026;havo")
    assert layouts.sync() == [usual("0012"), usual("0013", "vmbo-gt/havo", toets="T2"), usual("0014")]


def test_a_toetscode_that_the_layout_does_not_know_makes_its_row_ongeldig(layouts: Layouts):
    layouts.put(CODES)
    layouts.export("Nr;Code;Datum;Niveau", "0012;VO-RW-1-H;06-10-2026;havo", "0013;VO-RW-9-H;06-10-2026;havo")

    night = layouts.workspace.sync_json()

    assert (night.school["counts"]["ongeldig"], layouts.delivered) == (1, [usual("0012")])


def test_a_cell_that_says_its_onderdeel_or_toetsniveau_goes_before_what_the_toetscode_means(layouts: Layouts):
    layouts.put(CODES.replace("functioneringsniveau: [Niveau]", "functioneringsniveau: [Niveau], toetsniveau: [Op], onderdeel: [Deel]"))
    layouts.export("Nr;Code;Datum;Niveau;Op;Deel", "0012;VO-RW-1-H;06-10-2026;havo;vwo;Taalverzorging", "0013;VO-RW-1-H;06-10-2026;havo;;")
    assert layouts.sync() == [("0012", "taalverzorging", "T1", "2026-10-06", "vwo", "havo"), usual("0013")]


def test_the_code_of_a_toetsonderdeel_says_which_onderdeel_it_is(layouts: Layouts):
    layouts.put(LONG + "toetsonderdelen:\n  RW: {onderdeel: rekenen-wiskunde}\n  NL-WS: {onderdeel: nederlands-woordenschat}\n")
    layouts.export(HEADER, "0012;;2A;T1;havo;rw;06-10-2026;havo", "0013;;2A;T1;havo;NL-WS;06-10-2026;havo")
    assert layouts.sync() == [usual(), ("0013", "nederlands-woordenschat", "T1", "2026-10-06", "havo", "havo")]


def test_the_code_of_a_toetsonderdeel_may_say_its_toetsniveau_too(layouts: Layouts):
    layouts.put(
        LONG.replace("toetsniveau: [Afgenomen op]", "toetsniveau: [Op]")
        + "toetsonderdelen:\n  RW-H: {onderdeel: rekenen-wiskunde, toetsniveau: havo}\n"
    )
    layouts.export(HEADER.replace("Afgenomen op", "Op"), "0012;;2A;T1;;RW-H;06-10-2026;havo")
    assert layouts.sync() == [usual()]


def test_the_code_of_a_toetsonderdeel_may_say_that_a_row_is_of_a_domein(layouts: Layouts):
    layouts.put(LONG + "toetsonderdelen:\n  RW: {onderdeel: rekenen-wiskunde}\n  RW-GET: {onderdeel: rekenen-wiskunde, domein: getallen}\n")
    layouts.export(HEADER, "0012;;2A;T1;havo;RW;06-10-2026;havo", "0012;;2A;T1;havo;RW-GET;06-10-2026;vmbo-gt")

    assert layouts.sync() == [usual()]
    (part,) = layouts.school.delivered()["leerplannen"][0]["onderdelen"]
    assert [(each["domein"], each["functioneringsniveau"]) for each in part["domeinen"]] == [("getallen", "vmbo-gt")]


def test_domeinen_may_have_names_of_ones_own(layouts: Layouts):
    layouts.put(LONG + "domeinen:\n  getallen: [Getalbegrip]\n  kansrekening: [Kans]\n")
    layouts.export(f"{HEADER};Getalbegrip;Domein Kans;Verbanden", "0012;;2A;T1;havo;Rekenen;06-10-2026;havo;vmbo-gt;havo;vmbo-kb")

    layouts.sync()

    (part,) = layouts.school.delivered()["leerplannen"][0]["onderdelen"]
    domeinen = {each["domein"]: each["functioneringsniveau"] for each in part["domeinen"]}
    assert domeinen == {"getallen": "vmbo-gt", "kansrekening": "havo", "verbanden": "vmbo-kb"}


def uwlr(score: str) -> str:
    norms = "".join(
        f"<norm><term>{term}</term><beginnormwaarde>{begin}</beginnormwaarde><eindnormwaarde>{end}</eindnormwaarde></norm>"
        for term, begin, end in (("vmbo-gt", "1,0", "1,9"), ("havo", "2,0", "2,9"))
    )
    said = f"<afnamedatum>2026-10-06</afnamedatum><toetscode>RW-1</toetscode><score>{score}</score>"
    afname = f"<toetsafname><leerlingid>0012</leerlingid><resultaten><resultaat>{said}</resultaat></resultaten></toetsafname>"
    normering = f"<toetsnormering><toetsniveau>havo</toetsniveau>{norms}</toetsnormering>"
    toets = f"<toets><toetscode>RW-1</toetscode><toetsnaam>Rekenen T1</toetsnaam>{normering}</toets>"
    data = f"<school><brincode>99XX</brincode></school><toetsafnames>{afname}</toetsafnames><toetsen>{toets}</toetsen>"
    return f"<leerresultaten_verzoek>{data}</leerresultaten_verzoek>"


def test_scores_in_uwlr_may_have_a_decimal_comma(layouts: Layouts):
    layouts.put('name: uwlr\ntitle: Met een komma\nshape: uwlr\ndecimal: ","\n')
    layouts.school.put("inbox/cito/u.xml", uwlr("1,9"))
    assert layouts.sync() == [usual(fn="vmbo-gt")]


def test_two_layouts_of_uwlr_are_both_named(layouts: Layouts):
    layouts.put("name: uwlr-eigen\ntitle: Nog een\nshape: uwlr\n")
    layouts.school.put("inbox/cito/u.xml", uwlr("1,9"))

    layouts.workspace.sync()

    (message,) = [message for code, message in layouts.told if code == "file-two-layouts"]
    assert "(uwlr, uwlr-eigen)" in message


def test_a_layout_named_uwlr_that_is_of_tables_leaves_xml_unread_with_a_message_of_the_catalogue(layouts: Layouts):
    layouts.put(LONG.replace("name: eigen", "name: uwlr"))
    layouts.school.put("inbox/cito/u.xml", uwlr("1,9"))

    ran = layouts.workspace.sync()

    assert "inside cito-numo" not in ran.stderr
    assert ran.exit_code in (3, 65, 78)


# --- wide ------------------------------------------------------------------------------------------------------------

WIDE = """\
name: eigen
title: Breed
shape: wide
columns: {leerlingnummer: [Nr], klas: [Klas], toetsniveau: [Op niveau], afnamedatum: [Datum]}
wide:
  functioneringsniveau: ["FN van {onderdeel} in {toets}"]
  toetsniveau: ["niveau {onderdeel} {toets}"]
  domein: ["FN van {domein} bij {onderdeel} in {toets}"]
"""


def test_wide_headers_may_have_their_words_in_another_order(layouts: Layouts):
    layouts.put(WIDE)
    layouts.export(
        "Nr;Klas;Op niveau;Datum;FN van Rekenen-Wiskunde in T1;Niveau Rekenen, T1;fn van taalverzorging in toets 2",
        "0012;2A;havo;06-10-2026;vmbo-gt;vmbo-gt/havo;",
        "0013;2A;havo;06-10-2026;;;vmbo-kb",
    )
    assert layouts.sync() == [
        usual("0012", "vmbo-gt/havo", "vmbo-gt"),
        ("0013", "taalverzorging", "T2", "2026-10-06", "havo", "vmbo-kb"),
    ]


def test_wide_headers_of_a_domein_belong_to_their_onderdeel(layouts: Layouts):
    layouts.put(WIDE)
    layouts.export(
        "Nr;Klas;Op niveau;Datum;FN van Rekenen in T1;FN van meten en meetkunde bij Rekenen in T1", "0012;2A;havo;06-10-2026;havo;vmbo-gt"
    )

    layouts.sync()

    (part,) = layouts.school.delivered()["leerplannen"][0]["onderdelen"]
    assert [(each["domein"], each["functioneringsniveau"]) for each in part["domeinen"]] == [("meten-en-meetkunde", "vmbo-gt")]


def test_without_toets_in_the_headers_the_toets_of_the_row_counts(layouts: Layouts):
    layouts.put(
        "name: eigen\ntitle: Breed\nshape: wide\n"
        "columns: {leerlingnummer: [Nr], toets: [Meting], toetsniveau: [Op], afnamedatum: [Datum]}\n"
        'wide: {functioneringsniveau: ["{onderdeel} behaald"], toetsniveau: ["{onderdeel} gemaakt"]}\n'
    )
    layouts.export(
        "Nr;Meting;Op;Datum;Rekenen behaald;Rekenen gemaakt;Engelse woordenschat behaald",
        "0012;Toets 1;havo;06-10-2026;havo;;",
        "0012;Toets 2;havo;10-11-2026;;;vmbo-gt",
        "0013;VAS-2;havo;06-10-2026;vmbo-gt;vmbo-gt;",
    )
    assert layouts.sync() == [
        ("0012", "engels-woordenschat", "T2", "2026-11-10", "havo", "vmbo-gt"),
        usual("0012"),
        usual("0013", "vmbo-gt", "vmbo-gt", toets="T2"),
    ]


@pytest.mark.parametrize("onderdeel", ["Rekenen", "Rekenen-Wiskunde", "Rekenen en wiskunde"])
@pytest.mark.parametrize(
    "template", ["{onderdeel} {toets} FN", "behaald {onderdeel} {toets}", "FN {toets} {onderdeel}", "{toets} FN {onderdeel}"]
)
def test_an_onderdeel_of_more_words_may_stand_anywhere_in_a_wide_header(layouts: Layouts, template: str, onderdeel: str):
    layouts.put(WIDE.replace("FN van {onderdeel} in {toets}", template))
    title = template.format(toets="Toets 1", onderdeel=onderdeel)
    layouts.export(f"Nr;Klas;Op niveau;Datum;{title}", "0012;2A;havo;06-10-2026;vmbo-gt")
    assert layouts.sync() == [usual(fn="vmbo-gt")]


@pytest.mark.parametrize("template", ["{toets}: {onderdeel} - FN", "FN ({toets}) {onderdeel}", "{toets} / {onderdeel} / behaald niveau"])
def test_punctuation_in_a_wide_template_plays_no_part(layouts: Layouts, template: str):
    layouts.put(WIDE.replace("FN van {onderdeel} in {toets}", template))
    title = template.format(toets="Toets 1", onderdeel="Rekenen")
    layouts.export(f"Nr;Klas;Op niveau;Datum;{title}", "0012;2A;havo;06-10-2026;vmbo-gt")
    assert layouts.sync() == [usual(fn="vmbo-gt")]


@pytest.mark.parametrize("code", ["NAJAAR", "VO-1", "Toets najaar (1)"])
def test_a_toetscode_may_stand_in_the_headers_of_a_wide_layout(layouts: Layouts, code: str):
    layouts.put(WIDE + f'toetsen: {{"{code}": {{toets: T1}}}}\n')
    layouts.export(f"Nr;Klas;Op niveau;Datum;FN van Rekenen in {code}", "0012;2A;havo;06-10-2026;vmbo-gt")
    assert layouts.sync() == [usual(fn="vmbo-gt")]


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_two_files_with_one_name_are_told_with_the_line_of_the_name_and_the_other_file(layouts: Layouts):
    layouts.put(LONG, "a.yaml")
    layouts.put("# nog een\n" + LONG, "b.yaml")
    (mistake,) = layouts.mistakes()
    assert mistake.startswith("b.yaml, line 2: 'name': ")
    assert "a.yaml" in mistake


def test_all_mistakes_of_a_layout_are_told_at_once_each_with_its_line(layouts: Layouts):
    layouts.put(
        """\
name: Eigen Layout
title: Export
shape: lang
colums: {}
columns: {leerlingnumer: [Nr]}
absent: leeg
niveaus:
  "B/K leerroute": bk-route
dates: [dd-mm-jj]
decimal: ";"
"""
    )
    assert [mistake.split(": ")[0] for mistake in layouts.mistakes()] == [f"eigen.yaml, line {line}" for line in (1, 3, 4, 5, 6, 8, 9, 10)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LONG + "datum: []\n", r"line 11: The key 'datum' is not known\."),
        (LONG.replace("klas:", "klass:"), r"line 5: The key 'columns\.klass' is not known\. Did you mean 'klas'\?"),
        (LONG + "toetsen:\n  A: {toest: T1}\n", r"line 12: The key 'toetsen\.A\.toest' is not known\. Did you mean 'toets'\?"),
        (LONG + "toetsonderdelen:\n  A:\n    xyz: T1\n", r"line 13: .*'toetsonderdelen\.A\.xyz' is not known\. Known are: toets, "),
        (LONG + "niveaus: {stroom: hogeschool}\n", r"line 11: 'niveaus\.stroom': .*this is not on the ladder: .*vmbo-bb"),
        (LONG + "toetsen: {A: {toetsniveau: mavo}}\n", r"line 11: 'toetsen\.A\.toetsniveau': .*this is not on the ladder"),
        (LONG + "dates: [dd-mm-jjjj, mm-dd-jjjj]\n", r"line 11: 'dates': .*Allowed: dd-mm-jjjj|line 11: 'dates': .*one of both"),
        (LONG + "dates: []\n", r"line 11: 'dates'"),
        (LONG + "shape: breed\n", r"line 11: 'shape': this is not allowed\. Allowed: long, wide, uwlr\."),
        (LONG.replace("  leerlingnummer: [Pasnummer]\n", ""), r"'columns': .*one of leerlingnummer, eck_id, cito_key is needed"),
        (LONG.replace("  toets: [Meting]\n", ""), r"'columns': .*these are needed too: toets\."),
        (LONG.replace("  onderdeel: [Gebied]\n  afnamedatum: [Gemaakt op]\n", ""), r"needed too: onderdeel, afnamedatum\."),
        (LONG.replace("[Meting]", "[]"), r"'columns': .*these are needed too: toets\."),
        (LONG.replace("[Meting]", "Meting"), r"line 6: 'columns\.toets'"),
        (BEGIN, r"line 1: 'columns': .*one of leerlingnummer, eck_id, cito_key is needed"),
        ("title: x\n" + LONG[LONG.index("columns") :], r"The key 'name' is required\. Lower case, digits and hyphens\."),
        (WIDE[: WIDE.index("wide:\n")], r"'wide': .*functioneringsniveau is needed"),
        (WIDE.replace("FN van {onderdeel} in {toets}", "{toets} {onderdeel}"), r"line 6: 'wide\.functioneringsniveau\.1': .*a word has to"),
        (WIDE.replace("FN van {onderdeel} in {toets}", "FN {vak} {toets}"), r"line 6: 'wide\.functioneringsniveau\.1': .*nothing else in"),
        (WIDE.replace("FN van {onderdeel} in {toets}", "FN {toets} {toets}"), r"line 6: 'wide\.functioneringsniveau\.1': .*once"),
        ("- name\n", r"line 1: This is not valid YAML"),
        ("name: [eigen\n", r"This is not valid YAML"),
        (LONG + "title: nog een\n", r"line 11: The key 'title' stands here twice\."),
        ("name: &x eigen\n", r"line 1: This is not valid YAML: anchors, aliases"),
    ],
)
def test_a_mistake_in_a_layout_is_told_with_file_line_and_what_is_allowed(layouts: Layouts, text: str, told: str):
    layouts.put(text)
    mistakes = layouts.mistakes()
    assert any(re.search(rf"^eigen\.yaml.*{told}", mistake) for mistake in mistakes), mistakes


def test_what_is_told_of_mistakes_in_layouts_is_in_words_of_this_program(layouts: Layouts):
    layouts.put(WIDE.replace("{onderdeel} in {toets}", "{vak}") + "niveaus: {a: b}\ndates: []\ntoetsen: {A: {toest: T1}}\n")
    told = "\n".join(layouts.mistakes())
    assert "Value error" not in told
    assert "Known are: ." not in told


def test_a_mistake_in_a_layout_stops_every_school_and_what_was_delivered_stays(layouts: Layouts):
    other = layouts.workspace.school("demo-lyceum")
    other.numo("0013;;2A")
    other.cito(row("0013"))
    layouts.school.cito(row("0012"))
    layouts.workspace.sync()
    layouts.put(LONG + "datum: []\n")

    night = layouts.workspace.sync_json()

    assert night.exit_code == 78
    assert [school["status"] for school in night.json["schools"]] == ["failed", "failed"]
    assert [len(school.runs) for school in (layouts.school, other)] == [1, 1]


# --- from night to night ---------------------------------------------------------------------------------------------


def test_a_layout_that_changes_makes_the_next_night_work_out_anew(layouts: Layouts):
    layouts.put(LONG + "niveaus: {stroom 3: havo}\n")
    layouts.export(HEADER, "0012;;2A;T1;havo;Rekenen;06-10-2026;stroom 3")
    assert layouts.sync() == [usual()]

    layouts.put(LONG + "niveaus: {stroom 3: vmbo-gt}\n")

    assert layouts.sync() == [usual(fn="vmbo-gt")]
    assert [plan["revisie"] for plan in layouts.school.delivered()["leerplannen"]] == [2]


def test_a_layout_that_stays_leaves_the_next_night_nothing_to_do(layouts: Layouts):
    layouts.put(LONG)
    layouts.export(HEADER, "0012;;2A;T1;havo;Rekenen;06-10-2026;havo")
    layouts.sync()
    report = layouts.school.folder / "report/niet-geleverd.csv"
    before = report.stat().st_mtime_ns

    layouts.put(LONG)
    again = layouts.workspace.sync_json()

    assert (again.exit_code, again.school["status"], len(layouts.school.runs)) == (0, "nothing_new", 1)
    assert report.stat().st_mtime_ns == before


def test_a_layout_that_is_taken_away_takes_no_leerplan_away(layouts: Layouts):
    layouts.put(LONG)
    layouts.export(HEADER, "0012;;2A;T1;havo;Rekenen;06-10-2026;havo")
    layouts.sync()
    (layouts.workspace.folder / "layouts/eigen.yaml").unlink()

    again = layouts.workspace.sync_json()

    assert (again.exit_code, again.school["status"], len(layouts.school.runs)) == (65, "failed", 1)
    assert [code for code, _message in layouts.told] == ["all-unusable", "file-no-layout"]


@pytest.mark.parametrize("nothing", ["", "\n \n", "\ufeff", "\ufeff\n"])
def test_an_empty_layout_file_is_none(layouts: Layouts, nothing: str):
    layouts.put(nothing)
    layouts.school.cito(row("0012"))
    assert layouts.sync() == [usual()]
    assert len(layouts.run("list").splitlines()) == len(shipped_layouts())


# --- commands --------------------------------------------------------------------------------------------------------


def test_layouts_list_tells_all_layouts_a_line_each_with_where_they_stand(layouts: Layouts):
    layouts.put(LONG)
    layouts.put(shipped_text("lib-vo").replace("title: Leerling in beeld VO", "title: Van ons"), "lib.yaml")

    listed = [line.split("\t") for line in layouts.run("list").splitlines()]

    assert {len(line) for line in listed} == {4}
    assert {line[0]: (line[1], line[2]) for line in listed} == {
        "lib-vo": ("long", "layouts/lib.yaml"),
        "lib-vo-breed": ("wide", "package"),
        "uwlr": ("uwlr", "package"),
        "eigen": ("long", "layouts/eigen.yaml"),
    }
    assert next(line[3] for line in listed if line[0] == "lib-vo").startswith("Van ons")


def test_layouts_list_as_json_tells_the_same(layouts: Layouts):
    layouts.put(LONG)

    told = json.loads(layouts.run("list", "--json"))

    assert told["exit_code"] == 0
    assert {(layout["name"], layout["file"]) for layout in told["layouts"]} == {
        ("lib-vo", ""),
        ("lib-vo-breed", ""),
        ("uwlr", ""),
        ("eigen", "layouts/eigen.yaml"),
    }


def test_layouts_list_on_a_terminal_is_a_table_that_fits(layouts: Layouts):
    layouts.put(LONG)

    shown = on_a_terminal("layouts", "list", *layouts.config)

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["layout", "shape", "from", "title"]
    for name in ("lib-vo", "lib-vo-breed", "uwlr", "eigen"):
        assert any(line.split()[:1] == [name] for line in lines)
    assert "…" not in shown


def test_layouts_list_with_a_mistake_in_a_layout_tells_it(layouts: Layouts):
    layouts.put(LONG + "datum: []\n")

    plain = layouts.workspace.run("layouts", "list", *layouts.config)
    as_json = layouts.workspace.run("layouts", "list", "--json", *layouts.config)

    assert (plain.exit_code, plain.stdout, as_json.exit_code) == (78, "", 78)
    assert "eigen.yaml, line 11" in plain.stderr
    assert as_json.json["exit_code"] == 78


def test_layouts_list_and_show_work_without_a_workspace(workspace: WorkspaceFolder):
    nowhere = ("--config", str(workspace.folder / "nergens/cito-numo.yaml"))
    assert len(workspace.run("layouts", "list", *nowhere).stdout.splitlines()) == len(shipped_layouts())
    assert workspace.run("layouts", "show", "uwlr", *nowhere).stdout == shipped_text("uwlr")


@pytest.mark.parametrize("name", ["lib-vo", "lib-vo-breed", "uwlr"])
def test_layouts_show_prints_a_shipped_layout_that_can_be_put_in_its_place(layouts: Layouts, name: str):
    shown = layouts.run("show", name)
    assert shown == shipped_text(name)
    layouts.put(shown, f"{name}.yaml")
    layouts.school.cito(row("0012"))
    assert layouts.sync() == [usual()]


def test_layouts_show_prints_a_layout_of_ones_own_as_it_is_written(layouts: Layouts):
    own = "# van ons: één\n" + LONG.replace("name: eigen", "name: lib-vo")
    layouts.put(own, "x.yaml")
    assert layouts.run("show", "lib-vo") == own


def test_layouts_show_prints_a_layout_that_was_saved_in_another_encoding(layouts: Layouts):
    layouts.put(f"# één\n{LONG}".encode("windows-1252"))

    shown = layouts.workspace.run("layouts", "show", "eigen", *layouts.config)

    assert (shown.exit_code, shown.stdout.endswith(LONG)) == (0, True)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lib-v", "Did you mean 'lib-vo'?"), ("eign", "Did you mean 'eigen'?"), ("qqq", "There are: lib-vo, uwlr, lib-vo-breed, eigen.")],
)
def test_layouts_show_of_an_unknown_name_gives_a_hint(layouts: Layouts, name: str, hint: str):
    layouts.put(LONG)

    ran = layouts.workspace.run("layouts", "show", name, *layouts.config)

    assert (ran.exit_code, ran.stdout) == (2, "")
    assert f"There is no layout '{name}'. {hint}" in ran.stderr


def test_the_headers_of_the_usual_export_fit_one_shipped_layout_only():
    fitting = [layout.name for layout in shipped_layouts() if layout.shape != "uwlr" and not layout.missing(EXPORT_HEADER.split(";"))]
    assert fitting == ["lib-vo"]
