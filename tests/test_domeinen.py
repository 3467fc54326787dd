"""The domeinen of a result: as one text, up to the terugstuuroptie, night after night, and in the order to practise them."""

import pyarrow as pa
import pytest
from conftest import SchoolFolder, WorkspaceFolder, closes

from cito_numo.domeinen import Domein, as_text, by_priority, hold_back, in_force_after

# --- the text --------------------------------------------------------------------------------------------------------


def text_of(**levels: list[str | None]) -> list[str | None]:
    return as_text({name.replace("_", "-"): pa.array(column, pa.string()) for name, column in levels.items()}).to_pylist()


def test_the_domeinen_of_a_result_are_one_text_in_the_order_of_their_names():
    assert text_of(verbanden=["vmbo-gt"], getallen=["havo/vwo"]) == ["getallen=havo/vwo verbanden=vmbo-gt"]


def test_a_domein_without_a_level_is_not_in_the_text():
    assert text_of(getallen=["havo", None], verbanden=[None, "vwo"]) == ["getallen=havo", "verbanden=vwo"]


@pytest.mark.parametrize(
    ("getallen", "verbanden", "texts"),
    [
        ([None, "havo"], [None, None], [None, "getallen=havo"]),
        (["havo", None], [None, None], ["getallen=havo", None]),
        ([None, None, "havo"], [None, "vwo", "vwo"], [None, "verbanden=vwo", "getallen=havo verbanden=vwo"]),
        ([None, None], [None, None], [None, None]),
        ([], [], []),
    ],
)
def test_each_row_has_its_own_text_and_one_without_domeinen_has_none(
    getallen: list[str | None], verbanden: list[str | None], texts: list[str | None]
):
    assert text_of(getallen=getallen, verbanden=verbanden) == texts


def test_of_one_domein_too_each_row_has_its_own_text():
    assert text_of(meten_en_meetkunde=[None, "havo", None, "vwo"]) == [None, "meten-en-meetkunde=havo", None, "meten-en-meetkunde=vwo"]


# --- the cutoff ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "marked"),
    [
        (2, "getallen=boven-vwo interpunctie=vmbo-gt verbanden=havo verhoudingen=vwo"),
        (1, "getallen=boven-vwo! interpunctie=vmbo-gt verbanden=havo verhoudingen=vwo"),
        (0, "getallen=boven-vwo! interpunctie=vmbo-gt verbanden=havo verhoudingen=vwo!"),
        (-1, "getallen=boven-vwo! interpunctie=vmbo-gt verbanden=havo! verhoudingen=vwo!"),
        (-2, "getallen=boven-vwo! interpunctie=vmbo-gt! verbanden=havo! verhoudingen=vwo!"),
    ],
)
def test_levels_above_the_terugstuuroptie_are_marked(option: int, marked: str):
    assert hold_back("getallen=boven-vwo interpunctie=vmbo-gt verbanden=havo verhoudingen=vwo", "havo", option) == marked


def test_a_range_that_overlaps_the_toetsniveau_is_not_above_it():
    assert hold_back("getallen=havo/vwo verbanden=vwo", "vmbo-gt/havo", 0) == "getallen=havo/vwo verbanden=vwo!"


# --- night after night -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        ("", "", ""),
        ("", "verbanden=havo getallen=vwo!", "verbanden=havo"),
        ("getallen=havo", "", "getallen=havo"),
        ("getallen=havo", "verbanden=havo", "getallen=havo verbanden=havo"),
        ("getallen=havo", "getallen=vmbo-gt", "getallen=vmbo-gt"),
        ("getallen=havo verbanden=havo", "getallen=havo! verbanden=vwo!", "getallen=havo"),
        ("getallen=havo", "verbanden=vwo!", "getallen=havo"),
    ],
    ids=["nothing", "held back", "not named", "added", "other level", "same level held back, other level held back", "another held back"],
)
def test_what_is_in_force_after_a_result_was_read_again(before: str, now: str, after: str):
    assert in_force_after(before, now) == after


def test_reading_the_same_again_changes_nothing():
    after = in_force_after("getallen=havo", "getallen=havo! verbanden=vmbo-kb verhoudingen=vwo!")
    assert in_force_after(after, "getallen=havo! verbanden=vmbo-kb verhoudingen=vwo!") == after


# --- the order -------------------------------------------------------------------------------------------------------


def test_the_domein_with_most_to_win_comes_first():
    assert by_priority("getallen=vwo verbanden=vmbo-bb verhoudingen=havo", "havo") == [
        Domein("verbanden", "vmbo-bb", -2, 1),
        Domein("verhoudingen", "havo", 0, 2),
        Domein("getallen", "vwo", 1, 3),
    ]


def test_of_two_that_are_as_far_away_the_lowest_level_comes_first_and_then_the_first_name():
    order = by_priority("getallen=vmbo-kb grammatica=onder-bb meten-en-meetkunde=vmbo-bb/vmbo-kb verbanden=onder-bb", "vwo")
    assert [domein.domein for domein in order] == ["grammatica", "verbanden", "meten-en-meetkunde", "getallen"]
    assert [domein.prioriteit for domein in order] == [1, 2, 3, 4]


# --- nights ----------------------------------------------------------------------------------------------------------

WIDE = "Leerlingnummer;Klas;T1 toetsniveau;T1 afnamedatum;T1 Rekenen FN;T1 Rekenen Getallen;T1 Rekenen Verbanden;T1 Taalverzorging FN"


def wide_row(leerlingnummer: str, getallen: str = "", verbanden: str = "", *, fn: str = "havo", taal: str = "havo") -> str:
    return f"{leerlingnummer};2A;havo;06-10-2026;{fn};{getallen};{verbanden};{taal}"


def wide(*rows: str) -> str:
    return "\r\n".join([WIDE, *rows]) + "\r\n"


def put(school: SchoolFolder, name: str, *rows: str) -> None:
    school.put(f"inbox/cito/{name}.csv", wide(*rows))


@pytest.fixture
def listed(school: SchoolFolder) -> SchoolFolder:
    """The school, with a list of two leerlingen."""
    school.numo("0012;;2A", "0013;;2A")
    return school


def rekenen(school: SchoolFolder, leerlingnummer: str = "0012", run: int = -1) -> list[tuple[str, str, int, int]]:
    """The domeinen of rekenen-wiskunde that a run delivered of a leerling."""
    return [
        (domein["domein"], domein["functioneringsniveau"], domein["relatief"], domein["prioriteit"])
        for plan in school.delivered(run)["leerplannen"]
        for onderdeel in plan["onderdelen"]
        for domein in onderdeel["domeinen"]
        if (plan["gebruikersnaam"], onderdeel["onderdeel"]) == (leerlingnummer, "rekenen-wiskunde")
    ]


def revisies(school: SchoolFolder, run: int = -1) -> list[tuple[str, str, int]]:
    return [(plan["gebruikersnaam"], plan["vak"], plan["revisie"]) for plan in school.delivered(run)["leerplannen"]]


def test_domeinen_of_a_wide_export_end_in_the_leerplan_with_level_distance_and_order(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "havo", "vmbo-kb"), wide_row("0013", "vmbo-gt", "-"))
    ran = workspace.sync_json()
    assert ran.exit_code == 0
    assert closes(ran.school["counts"])
    assert rekenen(listed, "0012") == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "havo", 0, 2)]
    assert rekenen(listed, "0013") == [("getallen", "vmbo-gt", -1, 1)]


def test_an_onderdeel_without_domeinen_has_an_empty_list(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "havo"))
    workspace.sync()
    domeinen = {
        onderdeel["onderdeel"]: len(onderdeel["domeinen"]) for plan in listed.delivered()["leerplannen"] for onderdeel in plan["onderdelen"]
    }
    assert domeinen == {"rekenen-wiskunde": 1, "taalverzorging": 0}


def test_domeinen_go_to_their_own_leerling_also_behind_leerlingen_without_any(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012"), wide_row("0013", "vmbo-bb"))
    workspace.sync()
    assert rekenen(listed, "0012") == []
    assert rekenen(listed, "0013") == [("getallen", "vmbo-bb", -2, 1)]


def test_an_export_later_without_domeinen_keeps_them(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "havo", "vmbo-kb"))
    workspace.sync()
    (listed.folder / "inbox/cito/1.csv").unlink()
    put(listed, "2", wide_row("0012"))
    assert workspace.sync_json().school["status"] == "nothing_new"
    workspace.sync("--full")
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "havo", 0, 2)]


def test_another_level_of_a_domein_in_a_newer_export_is_a_new_revisie_of_just_that_leerplan(
    workspace: WorkspaceFolder, listed: SchoolFolder
):
    put(listed, "1", wide_row("0012", "havo", "vmbo-kb"), wide_row("0013", "havo"))
    workspace.sync()
    put(listed, "2", wide_row("0012", "vmbo-gt", "vmbo-kb"), wide_row("0013", "havo"))
    workspace.sync()
    assert revisies(listed) == [("0012", "rekenen", 2)]
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "vmbo-gt", -1, 2)]


def test_an_older_export_takes_no_domein_back(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "vmbo-kb"))
    workspace.sync()
    put(listed, "2", wide_row("0012", "havo"))
    workspace.sync()
    (listed.folder / "inbox/cito/2.csv").unlink()
    workspace.sync()
    workspace.sync("--full")
    assert rekenen(listed) == [("getallen", "havo", 0, 1)]


def test_a_domein_above_the_cutoff_is_not_passed_on(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "vwo", "vmbo-kb"))
    workspace.sync()
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1)]
    assert b"vwo!" not in (listed.runs[-1] / "leerplannen.json").read_bytes()


def test_a_domein_of_a_result_above_the_cutoff_is_not_passed_on(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "havo", "vmbo-kb", fn="vwo"))
    assert workspace.sync_json().school["counts"]["boven_terugstuuroptie"] == 1
    assert revisies(listed) == [("0012", "nederlands", 1)]


def test_lowering_the_terugstuuroptie_takes_no_domein_back(workspace: WorkspaceFolder, listed: SchoolFolder):
    listed.configure(terugstuuroptie='"+1"')
    put(listed, "1", wide_row("0012", "vwo", "vmbo-kb"))
    workspace.sync()
    listed.configure(terugstuuroptie='"-1"')
    assert workspace.sync_json().school["status"] == "nothing_new"
    workspace.sync("--full")
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "vwo", 1, 2)]


def test_raising_the_terugstuuroptie_adds_the_domeinen_that_were_held_back(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "vwo", "vmbo-kb"))
    workspace.sync()
    listed.configure(terugstuuroptie='"+1"')
    workspace.sync()
    assert revisies(listed) == [("0012", "rekenen", 2)]
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "vwo", 1, 2)]


def test_a_correction_of_a_domein_to_above_the_cutoff_takes_it_out(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "havo", "vmbo-kb"))
    workspace.sync()
    put(listed, "2", wide_row("0012", "vwo", "vmbo-kb"))
    workspace.sync()
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1)]


@pytest.mark.parametrize("with_domeinen", ["1", "2"])
def test_an_equal_row_without_domeinen_in_another_file_of_the_night_does_not_lose_them(
    workspace: WorkspaceFolder, listed: SchoolFolder, with_domeinen: str
):
    for name in ("1", "2"):
        put(listed, name, wide_row("0012", "havo", "vmbo-kb") if name == with_domeinen else wide_row("0012"))
    ran = workspace.sync_json()
    assert (ran.school["counts"]["leerplan"], ran.school["counts"]["dubbel"]) == (2, 2)
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "havo", 0, 2)]


@pytest.mark.parametrize("nights", [1, 2])
def test_two_exports_with_a_domein_each_give_both_in_one_night_as_in_two(workspace: WorkspaceFolder, listed: SchoolFolder, nights: int):
    put(listed, "1", wide_row("0012", getallen="havo"))
    if nights > 1:
        workspace.sync()
    put(listed, "2", wide_row("0012", verbanden="vmbo-kb"))
    workspace.sync()
    assert rekenen(listed) == [("verbanden", "vmbo-kb", -2, 1), ("getallen", "havo", 0, 2)]


def test_the_same_night_again_delivers_nothing(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "1", wide_row("0012", "vwo", "vmbo-kb"), wide_row("0013"))
    workspace.sync()
    put(listed, "2", wide_row("0012", "vwo", "vmbo-kb"), wide_row("0013"), "")
    assert workspace.sync_json().school["status"] == "nothing_new"
    assert len(listed.runs) == 1


def test_a_correction_of_the_date_alone_without_domeinen_keeps_them(workspace: WorkspaceFolder, listed: SchoolFolder):
    put(listed, "eerst.csv", wide_row("0012", "havo", "vmbo-kb"))
    workspace.sync()
    before = rekenen(listed)
    put(listed, "later.csv", wide_row("0012").replace("06-10-2026", "07-10-2026"))

    workspace.sync()

    assert rekenen(listed) == before
    assert ("0012", "rekenen", 2) in revisies(listed)
