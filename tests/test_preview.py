"""`terugstuuroptie preview`: what each option would pass on, before a school chooses one."""

import re
from random import Random

import pytest
from conftest import DAY, Ran, SchoolFolder, WorkspaceFolder, leerling, on_a_terminal, row
from hypothesis import given
from hypothesis import strategies as st
from proving import quick
from tables_for_tests import matched_results, result
from upkeep_for_tests import config_of, ledger_of, tree

from cito_numo.threshold import OPTIONS, apply_cutoff, passed_on

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LADDER = ("onder-bb", "vmbo-bb", "vmbo-kb", "vmbo-gt", "havo", "vwo", "boven-vwo")
LEZEN = "Nederlands leesvaardigheid"
REKENEN = "Rekenen-Wiskunde"


def preview(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return workspace.run("terugstuuroptie", "preview", *config_of(workspace), "--date", DAY, *arguments)


def preview_json(workspace: WorkspaceFolder, *arguments: str) -> Ran:
    return preview(workspace, "--json", *arguments)


def figures(ran: Ran) -> dict[int, tuple[int, int]]:
    """Per option of the only school: how many results, and of how many pupils."""
    return {each["option"]: (each["results"], each["pupils"]) for each in ran.school["options"]}


def three_levels(school: SchoolFolder) -> None:
    """Two pupils: of the one a result below, at and above the toetsniveau; of the other one two levels below."""
    school.numo("0012;;2A", "0013;;2A")
    school.cito(
        row("0012", fn="vwo"),
        row("0012", onderdeel=LEZEN, fn="havo"),
        row("0012", onderdeel="Engels leesvaardigheid", fn="vmbo-gt"),
        row("0013", fn="vmbo-kb"),
        row("0013", toetsniveau="vwo", onderdeel=LEZEN, fn="vwo"),
    )


# --- the figures -----------------------------------------------------------------------------------------------------


def test_each_option_says_how_many_results_of_how_many_pupils_it_passes_on(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)

    ran = preview_json(workspace)

    assert ran.exit_code == 0
    assert [each["option"] for each in ran.school["options"]] == [2, 1, 0, -1, -2]
    assert figures(ran) == {2: (5, 2), 1: (5, 2), 0: (4, 2), -1: (2, 2), -2: (1, 1)}
    assert (ran.school["korte_naam"], ran.school["present"], ran.school["message"]) == ("demo-college", 0, "")


def test_the_same_per_vak_and_toetsniveau(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)

    rows = preview_json(workspace).school["rows"]

    found = {
        (each["vak"], each["toetsniveau"]): [
            (of["results"], of["pupils"]) for of in rows if (of["vak"], of["toetsniveau"]) == (each["vak"], each["toetsniveau"])
        ]
        for each in rows
    }
    assert list(found) == [("nederlands", "havo"), ("nederlands", "vwo"), ("engels", "havo"), ("rekenen", "havo")]
    assert found["nederlands", "havo"] == [(1, 1), (1, 1), (1, 1), (0, 0), (0, 0)]
    assert found["nederlands", "vwo"] == [(1, 1), (1, 1), (1, 1), (0, 0), (0, 0)]
    assert found["engels", "havo"] == [(1, 1)] * 4 + [(0, 0)]
    assert found["rekenen", "havo"] == [(2, 2), (2, 2), (1, 1), (1, 1), (1, 1)]


def test_results_that_do_not_count_are_not_counted(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(
        row("0012"),
        row("0012"),
        row("0099"),
        row("0012", onderdeel=LEZEN, fn="?"),
        row("0012", onderdeel="Engels leesvaardigheid", day="06-10-2025"),
    )

    ran = preview_json(workspace)

    assert figures(ran)[2] == (1, 1)
    assert "1 of 3 results could not be joined" in ran.school["message"]


def test_a_newer_toets_leaves_the_figures_of_the_older_one_as_they_are(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0012;;2A")
    school.cito(row("0012"), row("0012", toets="T2", day="10-11-2026", fn="vwo"))

    assert figures(preview_json(workspace)) == {2: (2, 1), 1: (2, 1), 0: (1, 1), -1: (0, 0), -2: (0, 0)}


def exports(school: SchoolFolder, chance: Random, *, toets: str, day: str) -> None:
    """An export with a result of most pupils for each onderdeel, some of them twice."""
    rows = [
        row(f"00{number}", toets=toets, day=day, onderdeel=onderdeel, toetsniveau=chance.choice(LADDER[1:6]), fn=chance.choice(LADDER))
        for number in range(10, 22)
        for onderdeel in (REKENEN, LEZEN)
        if chance.random() < 0.8
    ]
    school.cito(*rows, *chance.sample(rows, 3), name=f"{toets}.csv")


def test_what_preview_says_of_an_option_is_what_sync_passes_on_with_it(workspace: WorkspaceFolder, school: SchoolFolder):
    chance = Random(1)
    school.numo(*(f"00{number};;2A" for number in range(10, 21)))  # and one who is not in Numo
    exports(school, chance, toets="T1", day="06-10-2026")
    for night in range(2):
        said = figures(preview_json(workspace))
        for option in OPTIONS:
            school.configure(terugstuuroptie=f"{option:+d}")
            counts = workspace.sync_json("--dry-run").school["counts"]
            passed = counts["leerplan"] + counts["ongewijzigd"] + counts["vervangen"]
            assert (option, said[option][0]) == (option, passed)
        assert figures(preview_json(workspace)) == said  # whichever option is the present one
        assert list(said.values()) == sorted(said.values(), reverse=True)
        if night == 0:
            school.configure()
            workspace.sync()
            exports(school, chance, toets="T2", day="10-11-2026")


RESULTS = st.lists(
    st.builds(
        result,
        st.sampled_from(["0011", "0012", "0013"]),
        toetsniveau=st.sampled_from(["vmbo-bb/vmbo-kb", "havo", "vwo"]),
        fn=st.sampled_from(LADDER),
    ),
    max_size=12,
)


@quick(15)
@given(results=RESULTS)
def test_the_figures_never_grow_with_a_lower_option_and_add_up(results: list[dict]):
    cut = apply_cutoff(matched_results(*results), 2)

    total, by = passed_on(cut), passed_on(cut, ["toetsniveau"])

    assert list(total["option"]) == (sorted(OPTIONS) if results else [])
    for column in ("results", "pupils"):
        assert total[column].is_monotonic_increasing
    for option, results_of, pupils_of in total.itertuples(index=False):
        passed = cut[cut["relatief"] <= option]
        assert (results_of, pupils_of) == (len(passed), passed["gebruikersnaam"].nunique())
        assert by.loc[by["option"] == option, "results"].sum() == results_of


# --- schools that wait, are held or fail -----------------------------------------------------------------------------


def test_a_school_that_is_not_active_yet_can_choose(workspace: WorkspaceFolder):
    school = workspace.school(active_from=None)
    three_levels(school)

    assert figures(preview_json(workspace))[0] == (4, 2)


def test_of_results_that_are_held_it_is_told_why(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)
    school.cito(*(row(f"00{number}") for number in range(50, 60)), name="other.csv")

    ran = preview_json(workspace)

    assert (ran.exit_code, figures(ran)[0]) == (0, (4, 2))
    assert "10 of 15 results match no pupil" in ran.school["message"]


@pytest.mark.parametrize("spoil", ["nothing", "no pupil", "earlier schooljaar"])
def test_a_school_without_results_says_so(workspace: WorkspaceFolder, school: SchoolFolder, spoil: str):
    school.numo("0012;;2A")
    if spoil != "nothing":
        school.cito(row("0099") if spoil == "no pupil" else row("0012", day="06-10-2025"))

    ran = preview_json(workspace)

    assert (ran.exit_code, figures(ran)) == (0, dict.fromkeys(OPTIONS, (0, 0)))
    said = "There are no results yet" if spoil == "nothing" else "None of the results that were read (1)"
    assert ran.school["message"].startswith(said)
    plain = preview(workspace)
    assert (plain.exit_code, plain.stdout, said in plain.stderr) == (0, "", True)


def test_a_somtoday_school_without_keys_is_told_what_is_missing(workspace: WorkspaceFolder):
    school = workspace.school(administratie="somtoday")
    school.numo("0012;;2A")
    school.cito(row(key="k12", fn="vwo"))

    ran = preview_json(workspace)

    assert (ran.exit_code, figures(ran)[2]) == (0, (0, 0))
    assert ran.school["message"].startswith("The Cito-importbestand (EDEXML) is missing")
    assert "Held" not in ran.school["message"]
    school.edexml(leerling("k12", "0012"))
    assert figures(preview_json(workspace)) == {2: (1, 1), 1: (1, 1), 0: (0, 0), -1: (0, 0), -2: (0, 0)}


def test_errors_of_one_school_leave_the_others_alone(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)
    workspace.school("a-college", terugstuuroptie="3")
    workspace.school("b-college").cito("rommel")
    damaged = workspace.school("c-college")
    damaged.put(".cito-numo/ledger.sqlite", b"no database" * 1000)

    ran = preview_json(workspace)

    assert ran.exit_code == ran.json["exit_code"] == 78
    assert {each["korte_naam"]: (each["exit_code"], len(each["options"])) for each in ran.json["schools"]} == {
        "a-college": (78, 0),
        "b-college": (0, 5),
        "c-college": (4, 0),
        "demo-college": (0, 5),
    }
    assert preview_json(workspace, "c-college").exit_code == 4
    plain = preview(workspace)
    assert plain.exit_code == 78
    assert "a-college: " in plain.stderr
    assert plain.stdout.startswith("demo-college\n")
    assert preview(workspace, "no-college").exit_code == 2


def test_nothing_is_written(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)
    workspace.school("a-college")
    before = tree(workspace.folder)

    assert preview(workspace).exit_code == 0

    assert tree(workspace.folder) == before
    workspace.sync("demo-college")
    before = tree(workspace.folder)
    assert preview(workspace).exit_code == 0
    assert tree(workspace.folder) == before
    assert ledger_of(school).exists()


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_without_a_terminal_lines_are_aligned_and_the_present_option_is_marked(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)

    ran = preview(workspace)

    assert ran.stdout.splitlines() == [
        "demo-college",
        "  +2  5 results  2 pupils",
        "  +1  5 results  2 pupils",
        "   0  4 results  2 pupils  (present)",
        "  -1  2 results  2 pupils",
        "  -2   1 result   1 pupil",
        "  vak         toetsniveau  +2  +1  0  -1  -2",
        "  nederlands  havo          1   1  1   0   0",
        "  nederlands  vwo           1   1  1   0   0",
        "  engels      havo          1   1  1   1   0",
        "  rekenen     havo          2   2  1   1   1",
    ]


def test_no_pupil_is_shown(workspace: WorkspaceFolder, school: SchoolFolder):
    school.numo("0104233;;2A")
    school.cito(row("0104233"), row("0104234"), row("0104235"))

    for ran in (preview(workspace), preview_json(workspace)):
        assert "01042" not in ran.stdout + ran.stderr


def test_on_a_terminal_of_80_columns_bars_and_table_fit(workspace: WorkspaceFolder, school: SchoolFolder):
    three_levels(school)
    wide = workspace.school("een-school-met-een-heel-lange-naam", terugstuuroptie="-2")
    numbers = range(10000, 11100)
    wide.numo(*(f"{number};;2A" for number in numbers))
    wide.cito(*(row(str(number), toets=f"T{toets}", fn="vmbo-bb") for number in numbers for toets in range(1, 4)))

    shown = ANSI.sub("", on_a_terminal("terugstuuroptie", "preview", *config_of(workspace), "--date", DAY)).replace("\r\n", "\n")

    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    first = lines[next(place for place, line in enumerate(lines) if line.endswith("demo-college")) :]
    assert first[1].startswith("+2  ██████████████████████████████  5 results")
    assert first[3].endswith("4 results  2 pupils  ◀ present")
    assert first[5].startswith("-2  ██████                          ")
    small, large = (line.split() for line in first if line.startswith("rekenen"))
    assert small == ["rekenen", "havo", "2", "(2)", "2", "(2)", "1", "(1)", "1", "(1)", "1", "(1)"]
    assert large == ["rekenen", "havo", *["3.300"] * 5]  # there is no room for the pupils
    assert "3.300 results  1.100 pupils  ◀ present" in shown
