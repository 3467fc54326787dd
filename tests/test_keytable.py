"""The key table: what EDEXML files say over time of who a key is, and the pupils that come of it."""

import re

import pandas as pd
from tables_for_tests import gebruikersnamen, key_row, key_table, read_results, redenen, result, uitkomsten

from cito_numo.holds import Holds
from cito_numo.keytable import Arrived, KeyChange, add_to_key_table, take_in
from cito_numo.matching import match
from cito_numo.roster import from_key_table, from_results, with_key_table

SOMTODAY = ("cito_key",)


def who(table: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Which key is which pupil."""
    return sorted((key, None if pd.isna(name) else name) for key, name in zip(table["cito_key"], table["gebruikersnaam"], strict=True))


# --- files over time -------------------------------------------------------------------------------------------------


def test_files_add_up():
    table, moved = add_to_key_table(key_table(key_row("key-a", "0011")), key_table(key_row("key-b", "0012", file=2)))
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_the_first_file_is_the_key_table():
    table, moved = add_to_key_table(key_table(), key_table(key_row("key-a", "0011"), key_row("key-b", "0012")))
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_a_newer_file_counts_for_the_keys_it_has():
    known = key_table(key_row("key-a", "0011", klas="2A"), key_row("key-b", "0012", klas="2A"))
    table, moved = add_to_key_table(known, key_table(key_row("key-a", "0011", "eck-a", klas="3A", file=2)))
    assert table.set_index("cito_key").loc["key-a", ["gebruikersnaam", "eck_id", "klas", "volgorde"]].tolist() == ["0011", "eck-a", "3A", 2]
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_a_known_key_that_points_at_another_pupil_is_counted():
    known = key_table(key_row("key-a", "0011"), key_row("key-b", "0012"), key_row("key-c", "0013"))
    table, moved = add_to_key_table(known, key_table(key_row("key-a", "0012", file=2), key_row("key-b", "0011", file=2)))
    assert who(table) == [("key-a", "0012"), ("key-b", "0011"), ("key-c", "0013")]
    assert len(moved) == 2


def test_a_key_without_gebruikersnaam_before_or_now_is_not_counted_as_moved():
    known = key_table(key_row("key-a", "0011"), key_row("key-b", None))
    table, moved = add_to_key_table(known, key_table(key_row("key-a", None, file=2), key_row("key-b", "0012", file=2)))
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_a_file_that_forgets_a_gebruikersnaam_hides_no_move_of_the_next():
    table, _moved = add_to_key_table(key_table(key_row("key-a", "0011")), key_table(key_row("key-a", None, file=2)))
    _table, moved = add_to_key_table(table, key_table(key_row("key-a", "0012", file=3)))
    assert moved == {"key-a"}


def test_an_eck_id_that_points_at_another_pupil_is_counted_as_moved():
    known = key_table(key_row("key-a", "0011", "eck-a"), key_row("key-b", "0012", "eck-b"))
    _table, moved = add_to_key_table(known, key_table(key_row("key-a", "0011", "eck-b", file=2), key_row("key-b", "0012", "eck-a", file=2)))
    assert moved == {"eck-a", "eck-b"}


def test_an_older_file_adds_only_keys_that_are_not_known():
    known = key_table(key_row("key-a", "0011", file=2))
    table, moved = add_to_key_table(known, key_table(key_row("key-a", "0099", file=1), key_row("key-b", "0012", file=1)))
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_the_same_file_again_changes_nothing():
    file = key_table(key_row("key-a", "0011"), key_row("key-b", "0012"))
    table, moved = add_to_key_table(file, file)
    assert who(table) == [("key-a", "0011"), ("key-b", "0012")]
    assert len(moved) == 0


def test_a_key_that_one_file_gives_to_two_pupils_stays_contradictory():
    table, _moved = add_to_key_table(key_table(), key_table(key_row("key-a", "0011"), key_row("key-a", "0012")))
    assert who(table) == [("key-a", "0011"), ("key-a", "0012")]


def test_a_newer_file_settles_a_key_that_was_contradictory():
    known = key_table(key_row("key-a", "0011"), key_row("key-a", "0012"))
    table, moved = add_to_key_table(known, key_table(key_row("key-a", "0011", file=2)))
    assert who(table) == [("key-a", "0011")]
    assert len(moved) == 1


def test_a_pupil_without_key_is_known_by_the_eck_id():
    known = key_table(key_row(None, "0011", "eck-a"), key_row(None, "0012", "eck-b"))
    table, moved = add_to_key_table(known, key_table(key_row(None, "0013", "eck-b", file=2), key_row(None, "0014", "eck-c", file=2)))
    assert sorted(zip(table["eck_id"], table["gebruikersnaam"], strict=True)) == [("eck-a", "0011"), ("eck-b", "0013"), ("eck-c", "0014")]
    assert len(moved) == 1


def test_a_newer_file_gives_a_pupil_without_key_its_key():
    table, moved = add_to_key_table(key_table(key_row(None, "0011", "eck-a")), key_table(key_row("key-a", "0011", "eck-a", file=2)))
    assert who(table) == [("key-a", "0011")]
    assert len(moved) == 0


# --- what is held ----------------------------------------------------------------------------------------------------

KNOWN = key_table(key_row("key-a", "0011", klas="2A"), key_row("key-b", "0012", klas="2A"))
NUMO = pd.Series(["0011", "0012", "0013", "0014"], dtype="str")


def arrived(*rows: tuple[str, str | None], brin: str | None = "99XX", made: float = 0.0, order: int = 2) -> Arrived:
    """A file with these keys and gebruikersnamen."""
    pupils = pd.DataFrame(rows, columns=["cito_key", "gebruikersnaam"], dtype="str").assign(eck_id=None, klas="2A")
    return Arrived(f"{order}.xml", brin, made, pupils.astype({"eck_id": "str"}), f"sha256 of {order} {made}", order)


def taken(
    *files: Arrived, known: pd.Series | None = NUMO, replace: bool = False, agreed: tuple[str, ...] = ()
) -> tuple[KeyChange, dict[str, str]]:
    """How the key table changes, and the code to accept each hold with."""
    holds = Holds("cito-numo edexml import", agreed)
    change = take_in(KNOWN, files, ["99XX"], known, holds, needs_keys=True, replace=replace)
    return change, {problem.kind.code: re.findall(r"--accept (\w+)", str(problem))[0] for problem in holds.problems}


def test_a_file_that_adds_keys_is_taken_in():
    change, held = taken(arrived(("key-b", "0012"), ("key-c", "0013")))
    assert who(change.table) == [("key-a", "0011"), ("key-b", "0012"), ("key-c", "0013")]
    assert (change.new, change.changed, change.gone, change.covered, change.in_numo) == (1, 0, 0, 3, 4)
    assert not held


def test_a_file_of_another_brin_is_held_and_left_out_until_a_person_accepts_it():
    other = arrived(("key-c", "0013"), brin="98YY")
    change, held = taken(other)
    assert (who(change.table), list(held)) == (who(KNOWN), ["hold-brin"])
    change, held = taken(other, agreed=tuple(held.values()))
    assert (who(change.table), held) == ([*who(KNOWN), ("key-c", "0013")], {})


def test_a_file_that_names_no_brin_is_taken_in():
    change, held = taken(arrived(("key-c", "0013"), brin=None))
    assert (change.new, held) == (1, {})


def test_a_file_that_moves_a_known_key_is_held_and_the_one_beside_it_is_taken_in():
    change, held = taken(arrived(("key-a", "0014"), ("key-d", "0014")), arrived(("key-c", "0013"), order=3))
    assert who(change.table) == [*who(KNOWN), ("key-c", "0013")]
    assert list(held) == ["hold-keys-moved"]


def test_a_code_is_of_one_file_and_accepts_no_other():
    _change, held = taken(arrived(("key-a", "0014")))
    _change, held_again = taken(arrived(("key-a", "0013"), order=3), agreed=tuple(held.values()))
    assert list(held_again) == ["hold-keys-moved"]
    assert held_again != held


def test_of_files_of_one_mail_the_one_that_was_made_last_counts():
    change, _held = taken(arrived(("key-c", "0014"), made=2.0), arrived(("key-c", "0014"), ("key-d", "0013"), made=1.0))
    assert (change.new, change.covered) == (2, 4)


def test_a_table_that_covers_less_than_half_of_numos_pupils_is_held():
    change, held = taken(arrived(("key-x", "0098"), ("key-y", "0014")), replace=True)
    assert (change.covered, change.in_numo, list(held)) == (1, 4, ["hold-cover"])
    change, held = taken(arrived(("key-x", "0013"), ("key-y", "0014")), replace=True)
    assert (change.covered, held) == (2, {})


def test_with_replace_the_keys_that_are_in_none_of_the_files_go():
    change, _held = taken(arrived(("key-b", "0012")), arrived(("key-c", "0013"), order=3), replace=True)
    assert who(change.table) == [("key-b", "0012"), ("key-c", "0013")]
    assert (change.new, change.changed, change.gone) == (1, 0, 1)


def test_without_numos_list_nothing_is_said_of_its_pupils():
    change, held = taken(arrived(("key-c", "0099")), known=None)
    assert (change.covered, change.in_numo, held) == (0, None, {})


# --- beside Numo's list ----------------------------------------------------------------------------------------------


def roster(*rows: tuple[str, str | None]) -> pd.DataFrame:
    """Numo's list: gebruikersnaam and eck_id of each row."""
    return pd.DataFrame([(name, eck_id, "2A") for name, eck_id in rows], columns=["gebruikersnaam", "eck_id", "klas"]).astype("str")


def joined(row: dict, pupils: pd.DataFrame, match_on: tuple[str, ...] = SOMTODAY) -> tuple[str | None, str | None]:
    """gebruikersnaam and uitkomst of one result that is looked up among these pupils."""
    results = match(read_results(row), pupils, match_on)
    return gebruikersnamen(results)[0], uitkomsten(results)[0]


def test_the_key_table_gives_the_pupils_of_the_list_their_cito_key():
    pupils = with_key_table(roster(("0011", None), ("0012", None)), key_table(key_row("key-b", "0012")))
    assert joined(result(None, None, "key-b"), pupils) == ("0012", None)


def test_the_klas_is_that_of_numos_list():
    pupils = with_key_table(roster(("0012", None)), key_table(key_row("key-b", "0012", klas="Cluster 7")))
    assert pupils["klas"].tolist() == ["2A"]


def test_the_key_table_adds_the_eck_id_where_the_list_has_none():
    pupils = with_key_table(roster(("0012", None)), key_table(key_row("key-b", "0012", "eck-b")))
    assert joined(result(None, "eck-b"), pupils, ("leerlingnummer", "eck_id")) == ("0012", None)


def test_a_pupil_of_the_list_with_cito_keys_from_two_files_is_found_by_both():
    keys = key_table(key_row("key-old", "0012"), key_row("key-new", "0012")).assign(volgorde=[1, 2])
    pupils = with_key_table(roster(("0012", "eck-b")), keys)
    assert joined(result(None, None, "key-old"), pupils) == ("0012", None)
    assert joined(result(None, None, "key-new"), pupils) == ("0012", None)


def test_a_key_that_the_edexml_gives_to_two_pupils_joins_nobody():
    pupils = with_key_table(roster(("0011", None), ("0012", None)), key_table(key_row("key-a", "0011"), key_row("key-a", "0012")))
    assert joined(result(None, None, "key-a"), pupils) == (None, "tegenstrijdig")


def test_a_key_whose_gebruikersnaam_is_not_in_the_list_is_not_in_numo():
    pupils = with_key_table(roster(("0011", None)), key_table(key_row("key-z", "0099")))
    results = match(read_results(result(None, None, "key-z")), pupils, SOMTODAY)
    assert uitkomsten(results) == ["niet_gekoppeld"]
    assert redenen(results) == ["niet_in_numo"]


def test_a_key_of_somebody_who_is_not_in_numo_contradicts_a_pupils_number():
    pupils = with_key_table(roster(("0011", None)), key_table(key_row("key-z", "0099")))
    assert joined(result("0011", None, "key-z"), pupils, ("leerlingnummer", "eck_id")) == (None, "tegenstrijdig")


def test_a_key_without_gebruikersnaam_joins_nobody():
    pupils = with_key_table(roster(("0011", None)), key_table(key_row("key-a", None)))
    assert joined(result(None, None, "key-a"), pupils) == (None, "niet_gekoppeld")


def test_a_key_joins_nobody_where_list_and_edexml_disagree_on_the_eck_id():
    pupils = with_key_table(roster(("0012", "eck-b")), key_table(key_row("key-b", "0012", "eck-other")))
    assert joined(result(None, None, "key-b"), pupils) == (None, "tegenstrijdig")


def test_where_list_and_edexml_disagree_the_list_still_joins_by_its_own_keys():
    pupils = with_key_table(roster(("0012", "eck-b")), key_table(key_row("key-b", "0012", "eck-other")))
    assert joined(result("0012", "eck-b"), pupils, ("leerlingnummer", "eck_id")) == ("0012", None)


def test_two_keys_of_one_edexml_with_one_gebruikersnaam_join_nobody():
    pupils = with_key_table(roster(("0012", None)), key_table(key_row("key-a", "0012"), key_row("key-b", "0012")))
    assert joined(result(None, None, "key-a"), pupils) == (None, "tegenstrijdig")
    assert joined(result(None, None, "key-b"), pupils) == (None, "tegenstrijdig")


def test_two_pupils_of_the_edexml_with_one_gebruikersnaam_but_their_own_eck_id_join_nobody():
    keys = key_table(key_row("key-a", "0012", "eck-a"), key_row("key-b", "0012", "eck-b"))
    pupils = with_key_table(roster(("0012", None)), keys)
    assert joined(result(None, None, "key-a"), pupils) == (None, "tegenstrijdig")
    assert joined(result(None, None, "key-b"), pupils) == (None, "tegenstrijdig")


def test_keys_of_two_files_with_one_gebruikersnaam_but_their_own_eck_id_join_nobody():
    keys = key_table(key_row("key-a", "0012", "eck-a", file=1), key_row("key-b", "0012", "eck-b", file=2))
    pupils = with_key_table(roster(("0012", None)), keys)
    assert joined(result(None, None, "key-a"), pupils) == (None, "tegenstrijdig")
    assert joined(result(None, None, "key-b"), pupils) == (None, "tegenstrijdig")
    assert joined(result(None, "eck-a", "key-b"), pupils, ("leerlingnummer", "eck_id")) == (None, "tegenstrijdig")


def test_a_gebruikersnaam_that_the_list_has_twice_joins_nobody_by_its_key():
    pupils = with_key_table(roster(("0012", None), ("0012", None)), key_table(key_row("key-b", "0012")))
    assert joined(result(None, None, "key-b"), pupils) == (None, "tegenstrijdig")


def test_without_key_table_the_list_is_the_pupils():
    pupils = with_key_table(roster(("0011", "eck-a"), ("0012", None)), key_table())
    assert pupils["leerlingnummer"].tolist() == ["0011", "0012"]
    assert pupils["in_numo"].tolist() == [True, True]
    assert pupils["cito_key"].isna().all()


# --- without Numo's list ---------------------------------------------------------------------------------------------


def test_without_numos_list_the_pupils_of_the_edexml_are_the_list():
    pupils = from_key_table(key_table(key_row("key-a", "0011", "eck-a", klas="2A"), key_row("key-b", "0012")))
    assert joined(result(None, None, "key-b"), pupils) == ("0012", None)
    assert joined(result(None, "eck-a"), pupils, ("leerlingnummer", "eck_id")) == ("0011", None)
    assert pupils.set_index("leerlingnummer").loc["0011", "klas"] == "2A"


def test_without_numos_list_a_pupil_without_gebruikersnaam_is_not_in_numo():
    pupils = from_key_table(key_table(key_row("key-a", None)))
    assert pupils["in_numo"].tolist() == [False]
    assert joined(result(None, None, "key-a"), pupils) == (None, "niet_gekoppeld")


def test_without_numos_list_a_gebruikersnaam_that_the_edexml_has_twice_joins_nobody():
    pupils = from_key_table(key_table(key_row("key-a", "0012"), key_row("key-b", "0012")))
    assert joined(result(None, None, "key-a"), pupils) == (None, "tegenstrijdig")


def test_a_school_that_trusts_citos_number_gets_the_pupils_of_the_results():
    results = read_results(result("0011", "eck-a"), result("0011"), result("0012"), result(None, "eck-c"))
    matched = match(results, from_results(results), ("leerlingnummer", "eck_id"))
    assert gebruikersnamen(matched) == ["0011", "0011", "0012", None]
    assert uitkomsten(matched) == [None, None, None, "niet_gekoppeld"]


def test_a_number_that_comes_with_two_eck_ids_joins_nobody():
    results = read_results(result("0011", "eck-a"), result("0011", "eck-b"), result("0011"), result("0012"))
    matched = match(results, from_results(results), ("leerlingnummer", "eck_id"))
    assert uitkomsten(matched) == ["tegenstrijdig", "tegenstrijdig", "tegenstrijdig", None]


def test_an_eck_id_that_comes_with_two_numbers_joins_nobody():
    results = read_results(result("0011", "eck-a"), result("0012", "eck-a"))
    matched = match(results, from_results(results), ("leerlingnummer", "eck_id"))
    assert uitkomsten(matched) == ["tegenstrijdig", "tegenstrijdig"]
