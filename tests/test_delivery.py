"""Runs that appear whole or not at all, with a run-id that always grows, for their owner's eyes."""

import grp
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import WorkspaceFolder, row
from hypothesis import given
from hypothesis import strategies as st

from cito_numo import delivery
from cito_numo.delivery import discard, is_built, newest_in, next_run_id, publish
from cito_numo.files import make_folder, write_whole

NIGHT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
FILES = {"leerplannen.json": b"{}\n", "leerplannen.csv": b"leerplan_id\r\n"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def manifest(outputs: Sequence[delivery.Output]) -> bytes:
    return json.dumps(outputs).encode()


def build(outbox: Path, run_id: str, files: Mapping[str, bytes] = FILES, group: str | None = None) -> str:
    """Build a run of these files, each of which comes in two parts."""
    parts = {name: iter([content[:1], content[1:]]) for name, content in files.items()}
    return delivery.build(outbox, run_id, parts, manifest, group)


def delivered(outbox: Path, run_id: str, group: str | None = None) -> Path:
    build(outbox, run_id, FILES, group)
    publish(outbox, run_id)
    return outbox / run_id


# --- run-ids ---------------------------------------------------------------------------------------------------------


def test_a_run_id_is_the_moment_in_utc_and_a_number():
    amsterdam = datetime(2026, 11, 24, 3, 30, tzinfo=timezone(timedelta(hours=1)))
    assert next_run_id(amsterdam, "") == "20261124T023000Z-000"


def test_two_runs_in_one_second_get_numbers():
    first = next_run_id(NIGHT, "")
    assert next_run_id(NIGHT, first) == "20261124T023000Z-001"


def test_a_run_after_the_clock_went_back_still_sorts_behind_the_newest():
    assert next_run_id(NIGHT, "20270101T000000Z-000") == "20270101T000000Z-001"


@pytest.mark.parametrize(
    ("newest", "following"),
    [
        ("20261124T023000Z-998", "20261124T023000Z-999"),
        ("20261124T023000Z-999", "20261124T023001Z-000"),
        ("20261231T235959Z-999", "20270101T000000Z-000"),
        ("20280228T235959Z-999", "20280229T000000Z-000"),
    ],
)
def test_after_999_runs_in_one_second_the_next_second_begins(newest: str, following: str):
    assert next_run_id(NIGHT, newest) == following


@given(clock=st.lists(st.integers(-60, 10**9), min_size=2, max_size=20))
def test_run_ids_always_grow_whatever_the_clock_does(clock: list[int]):
    ids = [""]
    for seconds in clock:
        ids.append(next_run_id(NIGHT + timedelta(seconds=seconds), ids[-1]))
    assert sorted(set(ids)) == ids
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-\d{3}", run_id) for run_id in ids[1:])


def test_the_newest_run_is_the_greatest_folder_that_is_a_run(tmp_path: Path):
    assert newest_in(tmp_path / "outbox") == ""
    for run_id in ("20261124T023000Z-001", "20261124T023000Z-000"):
        delivered(tmp_path, run_id)
    build(tmp_path, "20261125T023000Z-000")
    (tmp_path / "20270101T000000Z-000").write_text("a file")
    (tmp_path / "zzz").mkdir()
    assert newest_in(tmp_path) == "20261124T023000Z-001"


# --- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_is_not_there_before_it_is_published_and_whole_after(tmp_path: Path):
    sha256 = build(tmp_path, "20261124T023000Z-000")
    assert is_built(tmp_path, "20261124T023000Z-000")
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []

    publish(tmp_path, "20261124T023000Z-000")

    assert not is_built(tmp_path, "20261124T023000Z-000")
    files = {path.name: path.read_bytes() for path in (tmp_path / "20261124T023000Z-000").iterdir()}
    said = files.pop("manifest.json")
    assert files == FILES
    assert sha256 == hashlib.sha256(said).hexdigest()
    assert json.loads(said) == [
        {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in FILES.items()
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20261124T023000Z-000", "latest"]


def test_leftovers_of_an_earlier_try_are_thrown_away(tmp_path: Path):
    build(tmp_path, "20261124T023000Z-000", {"half.json": b"{", **FILES})
    run = delivered(tmp_path, "20261124T023000Z-000")
    assert sorted(path.name for path in run.iterdir()) == sorted([*FILES, "manifest.json"])


def test_a_discarded_run_leaves_nothing_and_the_others_where_they_are(tmp_path: Path):
    run = delivered(tmp_path, "20261124T023000Z-000")
    build(tmp_path, "20261125T023000Z-000")
    discard(tmp_path, "20261125T023000Z-000")
    discard(tmp_path, "20261125T023000Z-000")
    assert sorted(path.name for path in tmp_path.iterdir()) == [run.name, "latest"]


def test_latest_is_a_link_to_the_newest_run(tmp_path: Path):
    delivered(tmp_path, "20261124T023000Z-000")
    delivered(tmp_path, "20261125T023000Z-000")
    assert (tmp_path / "latest").readlink() == Path("20261125T023000Z-000")
    assert (tmp_path / "latest" / "leerplannen.json").read_bytes() == b"{}\n"


def test_latest_moves_with_the_outbox(tmp_path: Path):
    delivered(tmp_path / "outbox", "20261124T023000Z-000")
    (tmp_path / "outbox").rename(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere/latest/leerplannen.json").is_file()


# --- who may read it -------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_run_is_its_owners_alone_whatever_the_umask(tmp_path: Path):
    run = delivered(tmp_path / "outbox", "20261124T023000Z-000")
    assert [mode(path) for path in (tmp_path / "outbox", run)] == [0o700, 0o700]
    assert {mode(path) for path in run.iterdir()} == {0o600}


@pytest.mark.usefixtures("umask")
def test_a_file_that_is_replaced_is_its_owners_alone_whatever_it_was(tmp_path: Path):
    path = tmp_path / "report" / "manifest.json"
    write_whole(path, b"{}")
    path.chmod(0o644)
    write_whole(path, b"{}\n")
    assert (mode(path.parent), mode(path), path.read_bytes()) == (0o700, 0o600, b"{}\n")
    assert [entry.name for entry in path.parent.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("there", ["a file of anybody", "a link", "a pipe"])
def test_what_somebody_laid_in_the_place_of_a_new_file_is_never_written_into(tmp_path: Path, there: str):
    part, elsewhere = tmp_path / ".plans.json.part", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    if there == "a link":
        part.symlink_to(elsewhere)
    elif there == "a pipe":
        os.mkfifo(part)
    else:
        os.link(elsewhere, part)

    write_whole(tmp_path / "plans.json", b"{}")

    assert (elsewhere.read_bytes(), (tmp_path / "plans.json").read_bytes()) == (b"mine", b"{}")
    assert mode(tmp_path / "plans.json") == 0o600


@pytest.mark.usefixtures("umask")
def test_every_folder_that_is_made_on_the_way_is_its_owners_alone(tmp_path: Path):
    make_folder(tmp_path / "schools" / "demo-college" / "inbox", None)
    made = [tmp_path / "schools", tmp_path / "schools/demo-college", tmp_path / "schools/demo-college/inbox"]
    assert [mode(path) for path in made] == [0o700, 0o700, 0o700]


@pytest.mark.usefixtures("umask")
def test_an_outbox_with_a_group_can_be_read_by_that_group_only(tmp_path: Path):
    group = grp.getgrgid(os.getgid()).gr_name
    run = delivered(tmp_path / "outbox", "20261124T023000Z-000", group)
    assert [mode(path) for path in (tmp_path / "outbox", run)] == [0o750, 0o750]
    assert {mode(path) for path in run.iterdir()} == {0o640}


@pytest.mark.usefixtures("umask")
def test_all_that_a_night_writes_is_its_owners_alone(workspace: WorkspaceFolder):
    school = workspace.school()
    school.numo("0012;;2A")
    school.cito(row("0012"))
    assert workspace.sync().exit_code == 0
    written = [workspace.folder / ".cito-numo", *(school.folder / name for name in ("outbox", "report", ".cito-numo"))]
    entries = [entry for root in written for entry in (root, *root.rglob("*")) if not entry.is_symlink()]
    assert len(entries) > 8
    assert {mode(entry) for entry in entries if entry.is_dir()} == {0o700}
    assert {mode(entry) for entry in entries if entry.is_file()} == {0o600}


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path):
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox").chmod(0o755)
    make_folder(tmp_path / "outbox", None)
    assert mode(tmp_path / "outbox") == 0o755


def test_an_outbox_group_that_does_not_exist_is_a_mistake_in_the_config_and_no_bug(workspace: WorkspaceFolder):
    school = workspace.school(outbox_group="no-such-group")
    school.numo("0012;;2A")
    school.cito(row("0012"))

    ran = workspace.sync_json()

    assert (ran.exit_code, school.runs) == (78, [])
    assert "outbox_group" in ran.school["message"]
    school.configure()
    assert (workspace.sync().exit_code, len(school.runs)) == (0, 1)
