"""The terugstuuroptie: which results are passed on for which toetsniveau, functioneringsniveau and option."""

import pytest
from tables_for_tests import read_results, redenen, result, uitkomsten

from cito_numo.threshold import apply_cutoff

OPTIONS = (2, 1, 0, -1, -2)
LABELS = {
    "<bb": "onder-bb",
    "bb": "vmbo-bb",
    "bb/kb": "vmbo-bb/vmbo-kb",
    "kb": "vmbo-kb",
    "kb/gt": "vmbo-kb/vmbo-gt",
    "gt": "vmbo-gt",
    "gt/havo": "vmbo-gt/havo",
    "havo": "havo",
    "havo/vwo": "havo/vwo",
    "vwo": "vwo",
    ">vwo": "boven-vwo",
}

# A row per toetsniveau, a column per functioneringsniveau: the relative level, which is the lowest option that passes the result on.
RELATIVE = """
            <bb   bb  bb/kb  kb  kb/gt  gt  gt/havo  havo  havo/vwo  vwo  >vwo
<bb          0    +1   +1    +2   +2    +2    +2      +2      +2      +2   +2
bb          -1     0    0    +1   +1    +2    +2      +2      +2      +2   +2
bb/kb       -1     0    0     0    0    +1    +1      +2      +2      +2   +2
kb          -2    -1    0     0    0    +1    +1      +2      +2      +2   +2
kb/gt       -2    -1    0     0    0     0     0      +1      +1      +2   +2
gt          -2    -2   -1    -1    0     0     0      +1      +1      +2   +2
gt/havo     -2    -2   -1    -1    0     0     0       0       0      +1   +2
havo        -2    -2   -2    -2   -1    -1     0       0       0      +1   +2
havo/vwo    -2    -2   -2    -2   -1    -1     0       0       0       0   +1
vwo         -2    -2   -2    -2   -2    -2    -1      -1       0       0   +1
>vwo        -2    -2   -2    -2   -2    -2    -2      -2      -1      -1    0
"""

# Per toetsniveau a row for each option: x is passed on, . is held back.
PASSED = {
    "havo": """
            <bb   bb  bb/kb  kb  kb/gt  gt  gt/havo  havo  havo/vwo  vwo  >vwo
+2           x     x    x     x    x     x     x       x       x       x    x
+1           x     x    x     x    x     x     x       x       x       x    .
0            x     x    x     x    x     x     x       x       x       .    .
-1           x     x    x     x    x     x     .       .       .       .    .
-2           x     x    x     x    .     .     .       .       .       .    .
""",
    "bb/kb": """
            <bb   bb  bb/kb  kb  kb/gt  gt  gt/havo  havo  havo/vwo  vwo  >vwo
+2           x     x    x     x    x     x     x       x       x       x    x
+1           x     x    x     x    x     x     x       .       .       .    .
0            x     x    x     x    x     .     .       .       .       .    .
-1           x     .    .     .    .     .     .       .       .       .    .
-2           .     .    .     .    .     .     .       .       .       .    .
""",
    "havo/vwo": """
            <bb   bb  bb/kb  kb  kb/gt  gt  gt/havo  havo  havo/vwo  vwo  >vwo
+2           x     x    x     x    x     x     x       x       x       x    x
+1           x     x    x     x    x     x     x       x       x       x    x
0            x     x    x     x    x     x     x       x       x       x    .
-1           x     x    x     x    x     x     .       .       .       .    .
-2           x     x    x     x    .     .     .       .       .       .    .
""",
}


def grid(text: str) -> dict[str, dict[str, str]]:
    """Row title → column title → cell."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    return {title: dict(zip(header, cells, strict=True)) for title, *cells in rows}


def passed_on(toetsniveau: str, option: int) -> dict[str, bool]:
    """For each functioneringsniveau whether a result of this toetsniveau is passed on."""
    results = apply_cutoff(read_results(*(result(toetsniveau=LABELS[toetsniveau], fn=label) for label in LABELS.values())), option)
    assert set(uitkomsten(results)) <= {None, "boven_terugstuuroptie"}
    return {title: uitkomst is None for title, uitkomst in zip(LABELS, uitkomsten(results), strict=True)}


def test_the_table_has_every_toetsniveau_and_functioneringsniveau():
    assert list(grid(RELATIVE)) == list(LABELS)
    assert all(list(row) == list(LABELS) for row in grid(RELATIVE).values())


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("toetsniveau", LABELS)
def test_a_result_is_passed_on_if_and_only_if_its_relative_level_is_at_most_the_option(toetsniveau: str, option: int):
    assert passed_on(toetsniveau, option) == {fn: int(relative) <= option for fn, relative in grid(RELATIVE)[toetsniveau].items()}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("toetsniveau", PASSED)
def test_what_each_option_passes_on(toetsniveau: str, option: int):
    row = grid(PASSED[toetsniveau])[f"{option:+d}" if option else "0"]
    assert passed_on(toetsniveau, option) == {fn: mark == "x" for fn, mark in row.items()}


def test_havo_test_with_option_0_passes_havo_and_lower_and_holds_back_vwo():
    passed = passed_on("havo", 0)
    assert all(passed[fn] for fn in ("<bb", "bb", "kb", "gt", "havo"))
    assert not passed["vwo"]


@pytest.mark.parametrize("toetsniveau", LABELS)
def test_option_plus_2_passes_everything_on(toetsniveau: str):
    assert all(passed_on(toetsniveau, 2).values())


@pytest.mark.parametrize("toetsniveau", LABELS)
def test_the_relative_level_is_kept_for_every_result(toetsniveau: str):
    results = apply_cutoff(read_results(*(result(toetsniveau=LABELS[toetsniveau], fn=label) for label in LABELS.values())), 0)
    assert results["relatief"].dtype == "Int8"
    assert results["relatief"].tolist() == [int(relative) for relative in grid(RELATIVE)[toetsniveau].values()]


def test_what_is_held_back_says_why():
    results = apply_cutoff(read_results(result(fn="vwo"), result(fn="havo")), 0)
    assert redenen(results) == ["boven_optie", None]


def test_a_result_that_ended_before_stays_as_it_was():
    results = apply_cutoff(read_results(result(fn="vwo", uitkomst="niet_gekoppeld"), result(fn="vwo")), 0)
    assert uitkomsten(results) == ["niet_gekoppeld", "boven_terugstuuroptie"]
    assert redenen(results) == [None, "boven_optie"]


def test_a_result_whose_level_could_not_be_read_passes_the_cutoff_by():
    results = read_results(result(fn="vwo", uitkomst="ongeldig"), result(toetsniveau="havo", fn="vwo", uitkomst="ongeldig"))
    results.loc[0, "functioneringsniveau"] = None
    results.loc[1, "toetsniveau"] = None
    cut = apply_cutoff(results, -2)
    assert uitkomsten(cut) == ["ongeldig", "ongeldig"]
    assert cut["relatief"].isna().all()


def test_the_cutoff_leaves_the_table_it_was_given_alone():
    results = read_results(result(fn="vwo"))
    apply_cutoff(results, 0)
    assert uitkomsten(results) == [None]
    assert "relatief" not in results


def test_a_night_without_results_has_nothing_to_hold_back():
    assert apply_cutoff(read_results(), 0).empty
