"""The ledger: what is in force, which key is which pupil, which files were seen."""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from tables_for_tests import leerplan_id
from upkeep_for_tests import TO_VERSION_5, set_clock

from cito_numo.errors import LEDGER_UNFINISHED, CitoNumoError
from cito_numo.ledger import Ledger, Night, RunState, open_ledger
from cito_numo.ledger_file import VERSION
from cito_numo.revisions import Changes
from cito_numo.tables import KEY_TABLE, LEERPLANNEN, ONDERDELEN, VERVALLEN, empty, from_records, names

FIRST, SECOND, THIRD = "20261124T023000Z-000", "20261125T023000Z-000", "20261126T023000Z-000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".cito-numo" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with open_ledger(path) as opened:
        yield opened


def plan(gebruikersnaam: str = "0012", revisie: int = 1, status: str = "te_verwerken") -> tuple:
    return (leerplan_id("demo-college", gebruikersnaam, "rekenen"), gebruikersnaam, "rekenen", "2A", revisie, status)


def onderdeel(gebruikersnaam: str = "0012", fn: str = "vmbo-gt", volgorde: int = 1) -> tuple:
    toets = ("rekenen-wiskunde", "T1", "2026-2027", "2026-10-06")
    return (gebruikersnaam, "rekenen", *toets, "havo", fn, -1, "ondersteuning", fn, "havo", 1, "", volgorde)


def changes(*plans: tuple, onderdelen: tuple = (), withdrawn: tuple = ()) -> Changes:
    ingetrokken = from_records(withdrawn, LEERPLANNEN).assign(reden="Een correctie.")
    return Changes(from_records(plans, LEERPLANNEN), from_records(onderdelen, ONDERDELEN), ingetrokken)


def one_plan(gebruikersnaam: str = "0012", revisie: int = 1, fn: str = "vmbo-gt", volgorde: int = 1) -> Changes:
    return changes(plan(gebruikersnaam, revisie), onderdelen=(onderdeel(gebruikersnaam, fn, volgorde),))


def confirmed(revisie: int, volgorde: int) -> pd.DataFrame:
    """That a newer file gave the onderdeel of leerling 0012 once more."""
    return pd.DataFrame([(plan()[0], revisie, "rekenen-wiskunde", volgorde)], columns=["leerplan_id", "revisie", "onderdeel", "volgorde"])


def vervallen(*rows: tuple) -> pd.DataFrame:
    return from_records(rows, VERVALLEN)


def begin(ledger: Ledger, run_id: str, what: Changes, gone: pd.DataFrame | None = None, *, full: bool = False) -> None:
    ledger.begin(run_id, what, vervallen() if gone is None else gone, full=full)


def deliver(ledger: Ledger, run_id: str, what: Changes, gone: pd.DataFrame | None = None, *, full: bool = False) -> None:
    begin(ledger, run_id, what, gone, full=full)
    ledger.mark(run_id, RunState.DELIVERED)


def in_force(ledger: Ledger) -> list[tuple]:
    """gebruikersnaam, revisie and status of each leerplan."""
    return list(ledger.leerplannen()[["gebruikersnaam", "revisie", "status"]].itertuples(index=False, name=None))


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_keep_the_order_in_which_they_were_first_seen(ledger: Ledger):
    assert ledger.orders() == {}
    ledger.remember_files({"a": 1, "b": 2})
    ledger.remember_files({"b": 2, "c": 3})
    assert ledger.orders() == {"a": 1, "b": 2, "c": 3}


def test_the_order_of_a_file_never_changes(ledger: Ledger):
    ledger.remember_files({"a": 1, "b": 2})
    ledger.remember_files({"a": 9})
    assert ledger.orders() == {"a": 1, "b": 2}


def test_what_is_remembered_is_there_after_closing(path: Path):
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
        deliver(ledger, FIRST, one_plan())
    with open_ledger(path) as again:
        assert again.orders() == {"a": 1}
        assert in_force(again) == [("0012", 1, "te_verwerken")]


def test_the_day_on_which_a_file_was_first_seen_is_that_of_the_netherlands(path: Path, monkeypatch: pytest.MonkeyPatch):
    set_clock(monkeypatch, "2026-11-24T23:30:00")
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
        ledger.begin_anew({"b": 2}, "", 0)
    set_clock(monkeypatch, "2026-11-26T02:00:00")
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1, "c": 3})

    connection = sqlite3.connect(path)
    days = connection.execute("SELECT sha256, gezien FROM bestanden ORDER BY volgorde").fetchall()
    connection.close()
    assert days == [("a", "2026-11-25"), ("b", "2026-11-25"), ("c", "2026-11-26")]


# --- the key table ---------------------------------------------------------------------------------------------------


def key_table(*rows: tuple) -> pd.DataFrame:
    return from_records(rows, KEY_TABLE)


def test_the_key_table_comes_back_as_it_was(ledger: Ledger):
    assert not ledger.has_keys()
    keys = key_table(("001", "0012", "hash1", "2A", 3), ("002", None, None, None, 3), ("002", "0013", None, "2A", 3))
    ledger.remember_keys(keys, "secret-a")
    assert ledger.has_keys()
    back = ledger.key_table("secret-a")
    assert list(back.columns) == names(KEY_TABLE)
    assert [dtype.name for dtype in back.dtypes] == [column.dtype for column in KEY_TABLE]
    assert back.fillna("").to_numpy().tolist() == keys.fillna("").to_numpy().tolist()


def test_eck_ids_that_were_hashed_with_another_secret_are_left_out(ledger: Ledger):
    ledger.remember_keys(key_table(("001", "0012", "a-hash", None, 1)), "secret-a")
    back = ledger.key_table("secret-b")
    assert back["cito_key"].tolist() == ["001"]
    assert back["eck_id"].isna().all()
    assert ledger.key_table("secret-a")["eck_id"].tolist() == ["a-hash"]


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_a_ledger_of_an_older_version_goes_on_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch, version: int, *, read_only: bool):
    set_clock(monkeypatch, "2026-11-20T12:00:00")
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
        begin(ledger, FIRST, one_plan())
        ledger.mark(FIRST, RunState.DELIVERED)
        ledger.remember_keys(key_table(("001", "0012", None, None, 1)), "secret-a")
        before = ledger.onderdelen()
    connection = sqlite3.connect(path)
    connection.executescript(TO_VERSION_5)
    if version <= 4:
        connection.execute("DROP TABLE ingetrokken")
    if version <= 3:
        for table, column in (("bestanden", "gezien"), ("runs", "manifest")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        for table in ("gewist", "ondergrens"):
            connection.execute(f"DROP TABLE {table}")
    if version <= 2:
        connection.execute("ALTER TABLE onderdelen DROP COLUMN domeinen")
    if version == 1:
        connection.execute("DROP TABLE sleutels_vanaf")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()

    set_clock(monkeypatch, "2026-11-24T23:30:00")
    with open_ledger(path, read_only=read_only) as ledger:
        pd.testing.assert_frame_equal(ledger.onderdelen(), before)
        assert ledger.key_table("secret-a")["cito_key"].tolist() == ["001"]
        assert ledger.keys_taken_in() == ("2026-11-20" if version > 3 else "2026-11-25"), "before, it did not keep when that was"

    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == (version if read_only else VERSION)
    connection.close()


def test_remembering_keys_takes_the_place_of_the_table_before(ledger: Ledger):
    ledger.remember_keys(key_table(("001", "0012", None, None, 1)), "secret-a")
    ledger.remember_keys(key_table(("002", "0013", None, None, 2)), "secret-a")
    assert ledger.key_table("secret-a")["cito_key"].tolist() == ["002"]
    ledger.remember_keys(key_table(), "secret-a")
    assert not ledger.has_keys()


# --- runs ------------------------------------------------------------------------------------------------------------


def test_an_empty_ledger_gives_empty_tables_with_their_columns(ledger: Ledger):
    for found, columns in (
        (ledger.leerplannen(), LEERPLANNEN),
        (ledger.onderdelen(), ONDERDELEN),
        (ledger.vervallen(), VERVALLEN),
        (ledger.key_table("secret-a"), KEY_TABLE),
    ):
        pd.testing.assert_frame_equal(found, empty(columns))
    assert (ledger.newest_run(), ledger.unfinished(), ledger.last_night()) == ("", [], None)


@pytest.mark.parametrize("state", [RunState.PENDING, RunState.BUILT])
def test_a_run_that_was_not_delivered_is_not_in_force(ledger: Ledger, state: RunState):
    begin(ledger, FIRST, one_plan(), vervallen(("0013", "taalverzorging", "2026-2027", "T1", 4)))
    ledger.mark(FIRST, state)
    assert ledger.unfinished() == [(FIRST, state)]
    assert ledger.newest_run() == FIRST
    assert (in_force(ledger), len(ledger.onderdelen()), len(ledger.vervallen())) == ([], 0, 0)


def test_a_run_that_was_delivered_is_in_force_as_it_was_written_down(ledger: Ledger):
    what = one_plan()
    deliver(ledger, FIRST, what, vervallen(("0013", "taalverzorging", "2026-2027", "T1", 4)))
    assert ledger.unfinished() == []
    pd.testing.assert_frame_equal(ledger.leerplannen(), what.leerplannen)
    pd.testing.assert_frame_equal(ledger.onderdelen(), what.onderdelen)
    assert ledger.vervallen().to_numpy().tolist() == [["0013", "taalverzorging", "2026-2027", "T1", 4]]


def test_the_newest_delivered_revisie_is_in_force_and_a_pending_one_is_not(ledger: Ledger):
    deliver(ledger, FIRST, one_plan(fn="vmbo-gt"))
    deliver(ledger, SECOND, one_plan(revisie=2, fn="vmbo-kb"))
    begin(ledger, THIRD, one_plan(revisie=3, fn="vmbo-bb"))
    assert in_force(ledger) == [("0012", 2, "te_verwerken")]
    assert ledger.onderdelen()["functioneringsniveau"].tolist() == ["vmbo-kb"]
    assert ledger.count_plans() == {"in_force": 1, "te_verwerken": 1}


def test_a_leerplan_that_was_withdrawn_is_there_without_onderdelen(ledger: Ledger):
    deliver(ledger, FIRST, one_plan())
    deliver(ledger, SECOND, changes(withdrawn=(plan(revisie=2, status="ingetrokken"),)))
    assert in_force(ledger) == [("0012", 2, "ingetrokken")]
    assert len(ledger.onderdelen()) == 0
    assert ledger.count_plans() == {"in_force": 0, "te_verwerken": 0}


def test_a_discarded_run_is_forgotten_and_what_was_before_stays_in_force(ledger: Ledger):
    deliver(ledger, FIRST, one_plan(fn="vmbo-gt"))
    begin(ledger, SECOND, one_plan(revisie=2, fn="vmbo-kb"), vervallen(("0012", "taalverzorging", "2026-2027", "T1", 4)))
    ledger.discard(SECOND)
    assert (ledger.unfinished(), ledger.newest_run()) == ([], FIRST)
    assert ledger.onderdelen()["functioneringsniveau"].tolist() == ["vmbo-gt"]

    deliver(ledger, SECOND, one_plan(revisie=2, fn="vmbo-bb"))
    assert ledger.onderdelen()["functioneringsniveau"].tolist() == ["vmbo-bb"]
    assert len(ledger.vervallen()) == 0


def test_a_full_run_repeats_what_is_in_force_and_adds_what_is_new(ledger: Ledger):
    deliver(ledger, FIRST, one_plan())
    both = changes(plan(), plan("0013"), onderdelen=(onderdeel(), onderdeel("0013")))
    deliver(ledger, SECOND, both, full=True)
    assert in_force(ledger) == [("0012", 1, "te_verwerken"), ("0013", 1, "te_verwerken")]
    assert ledger.newest_run() == SECOND


def test_a_discarded_full_run_leaves_what_was_in_force(ledger: Ledger):
    deliver(ledger, FIRST, one_plan())
    begin(ledger, SECOND, changes(plan(), plan("0013"), onderdelen=(onderdeel(), onderdeel("0013"))), full=True)
    ledger.discard(SECOND)
    assert in_force(ledger) == [("0012", 1, "te_verwerken")]
    assert ledger.onderdelen()["gebruikersnaam"].tolist() == ["0012"]


def test_a_revisie_is_delivered_once(ledger: Ledger):
    deliver(ledger, FIRST, one_plan())
    with pytest.raises(sqlite3.IntegrityError):
        begin(ledger, SECOND, one_plan(fn="vmbo-bb"))
    assert (ledger.newest_run(), ledger.unfinished()) == (FIRST, [])
    assert ledger.onderdelen()["functioneringsniveau"].tolist() == ["vmbo-gt"]


def test_of_corrections_that_took_a_toets_out_the_newest_counts(ledger: Ledger):
    deliver(ledger, FIRST, changes(), vervallen(("0012", "taalverzorging", "2026-2027", "T1", 4)))
    deliver(ledger, SECOND, changes(), vervallen(("0012", "taalverzorging", "2026-2027", "T1", 6)))
    assert ledger.vervallen()["volgorde"].tolist() == [6]


def test_confirming_keeps_that_a_newer_file_gave_a_result_once_more(ledger: Ledger):
    deliver(ledger, FIRST, changes(plan(), plan("0013"), onderdelen=(onderdeel(), onderdeel("0013"))))
    ledger.confirm(confirmed(revisie=1, volgorde=8))
    onderdelen = ledger.onderdelen().set_index("gebruikersnaam")
    assert onderdelen["volgorde"].to_dict() == {"0012": 8, "0013": 1}
    assert in_force(ledger) == [("0012", 1, "te_verwerken"), ("0013", 1, "te_verwerken")]


def test_confirming_does_not_touch_a_run_that_is_pending(ledger: Ledger):
    deliver(ledger, FIRST, one_plan(volgorde=1))
    begin(ledger, SECOND, one_plan(revisie=2, volgorde=2))
    ledger.confirm(confirmed(revisie=1, volgorde=8))
    ledger.mark(SECOND, RunState.DELIVERED)
    assert ledger.onderdelen()["volgorde"].tolist() == [2]


def test_what_fails_halfway_leaves_nothing(ledger: Ledger):
    both = changes(plan(), (*plan()[:2], "engels", *plan()[3:]), onderdelen=(onderdeel(),))
    with pytest.raises(sqlite3.IntegrityError):
        begin(ledger, FIRST, both)
    assert (ledger.newest_run(), ledger.unfinished()) == ("", [])


# --- the last night --------------------------------------------------------------------------------------------------


def test_the_last_night_comes_back_as_it_was(ledger: Ledger):
    messages = [{"code": "no-roster", "text": "…", "key": "no-roster", "needs_person": True}]
    night = Night("abc", "2026-11-24", "2027-08-01", 3, messages, 60, {"counts": {"read": 2}})
    ledger.remember_night(Night("before", "2026-11-23", "2027-08-01", 0, [], 59, {}))
    ledger.remember_night(night)
    assert ledger.last_night() == night


# --- files that are no ledger, or not to be written ------------------------------------------------------------------


def test_the_ledger_and_its_folder_are_its_owners_alone(path: Path):
    with open_ledger(path):
        pass
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in (path.parent, path)] == [0o700, 0o600]


def test_read_only_writes_nothing_where_there_is_no_ledger(path: Path):
    with open_ledger(path, read_only=True) as ledger:
        assert ledger.orders() == {}
        assert in_force(ledger) == []
    assert not path.parent.exists()


@pytest.mark.parametrize("folder", ["gewoon", "met spatie", "met?vraag#hekje%20"])
def test_read_only_reads_what_is_there_and_cannot_write(tmp_path: Path, folder: str):
    path = tmp_path / folder / "ledger.sqlite"
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
    before = path.read_bytes()
    with open_ledger(path, read_only=True) as ledger:
        assert ledger.orders() == {"a": 1}
    with pytest.raises(CitoNumoError, match="It may not be written"), open_ledger(path, read_only=True) as ledger:
        ledger.remember_files({"b": 2})
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(path: Path, *, read_only: bool):
    with open_ledger(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(CitoNumoError, match="a newer version of cito-numo"), open_ledger(path, read_only=read_only):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_ledger_is_told_with_what_to_do(path: Path, *, read_only: bool):
    path.parent.mkdir()
    path.write_bytes(b"this is no database, " * 100)
    with pytest.raises(CitoNumoError) as stopped, open_ledger(path, read_only=read_only) as ledger:
        ledger.orders()
    (problem,) = stopped.value.problems
    assert (problem.kind.code, problem.place, problem.kind.exit_code) == ("ledger-damaged", str(path), 4)
    assert problem.advice.startswith("Put ledger.sqlite back from a backup;")
    assert path.read_bytes() == b"this is no database, " * 100


def test_a_ledger_that_was_cut_off_is_told(path: Path):
    with open_ledger(path) as ledger:
        ledger.remember_files({f"{number:064}": number for number in range(1, 2000)})
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(CitoNumoError, match="the ledger cannot be used"), open_ledger(path) as ledger:
        ledger.orders()


def test_a_database_of_something_else_is_refused(path: Path):
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE iets (x)")
    connection.close()
    with pytest.raises(CitoNumoError, match="the ledger cannot be used"), open_ledger(path):
        pass


def test_a_ledger_that_was_never_filled_is_made_anew(path: Path):
    path.parent.mkdir()
    path.touch()
    with open_ledger(path, read_only=True) as ledger:
        assert ledger.orders() == {}
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
        assert ledger.orders() == {"a": 1}


def test_a_ledger_that_a_killed_run_left_half_written_is_told_and_mended_by_the_next_that_writes(path: Path):
    with open_ledger(path) as ledger:
        ledger.remember_files({"a": 1})
    writing = sqlite3.connect(path, isolation_level=None)
    writing.execute("PRAGMA cache_size = 1")  # so that it writes before it commits
    writing.execute("BEGIN IMMEDIATE")
    writing.executemany("INSERT INTO akkoorden VALUES (?)", [(f"{number:08}",) for number in range(20_000)])
    killed = path.with_name("killed.sqlite")
    shutil.copy(path, killed)
    shutil.copy(path.with_name(f"{path.name}-journal"), killed.with_name(f"{killed.name}-journal"))
    writing.close()

    with pytest.raises(CitoNumoError) as error, open_ledger(killed, read_only=True):
        pass
    assert [problem.kind for problem in error.value.problems] == [LEDGER_UNFINISHED]
    with open_ledger(killed) as ledger:
        assert ledger.orders() == {"a": 1}
        assert ledger.accepted() == frozenset()
    with open_ledger(killed, read_only=True) as ledger:
        assert ledger.orders() == {"a": 1}
