"""The files that lie ready: which are found, and which are let be because they are still being written."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import WorkspaceFolder, leerling, row

from cito_numo.inbox import CITO, EDEXML, NUMO, read, settled_files

Sleep = Callable[[float], None]


def put(school: Path, name: str, content: bytes = b"x", *, age: float = 3600) -> Path:
    """A file of the inbox that was last written `age` seconds ago."""
    path = school / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    written = time.time() - age
    os.utime(path, (written, written))
    return path


def found(school: Path, folder: str = CITO) -> tuple[list[str], list[str]]:
    """The names of the files that are whole, and of those that still change."""
    settled, changing = settled_files(school, folder)
    return [file.name for file in settled[folder]], [file.name for file in changing]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sleep], None]:
    """Say what happens while the program waits; nobody really waits."""

    def happens(action: Sleep) -> None:
        monkeypatch.setattr("cito_numo.inbox.time.sleep", action)

    happens(lambda _seconds: pytest.fail("nothing here should be waited for"))
    return happens


# --- which files -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("meanwhile")
def test_files_are_found_by_name_also_in_folders_below(tmp_path: Path):
    for name in ("inbox/cito/b.csv", "inbox/cito/a.csv", "inbox/cito/klas 2/oud/c.csv", "inbox/cito/a/z.csv"):
        put(tmp_path, name)
    assert found(tmp_path) == (["inbox/cito/a.csv", "inbox/cito/a/z.csv", "inbox/cito/b.csv", "inbox/cito/klas 2/oud/c.csv"], [])


@pytest.mark.usefixtures("meanwhile")
def test_each_folder_of_the_inbox_is_looked_at_by_itself(tmp_path: Path):
    put(tmp_path, "inbox/cito/a.csv")
    put(tmp_path, "inbox/numo/b.csv")
    assert (found(tmp_path, NUMO), found(tmp_path, EDEXML)) == ((["inbox/numo/b.csv"], []), ([], []))
    assert [file.folder for file in settled_files(tmp_path, CITO)[0][CITO]] == [CITO]


@pytest.mark.usefixtures("meanwhile")
@pytest.mark.parametrize(
    "name",
    ["~$a.xlsx", ".a.csv", ".~lock.a.csv#", "a.csv.part", "a.csv.crdownload", "A.CSV.PART", "Thumbs.db", "desktop.ini", ".oud/a.csv"],
)
def test_what_programs_leave_behind_is_ignored(tmp_path: Path, name: str):
    put(tmp_path, f"inbox/cito/{name}", age=0)
    put(tmp_path, "inbox/cito/export.csv")
    assert found(tmp_path) == (["inbox/cito/export.csv"], [])


@pytest.mark.usefixtures("meanwhile")
def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path):
    assert found(tmp_path) == ([], [])


@pytest.mark.usefixtures("meanwhile")
def test_a_link_to_a_file_that_is_gone_does_not_hide_the_others(tmp_path: Path):
    put(tmp_path, "inbox/cito/export.csv")
    link = tmp_path / "inbox/cito/weg.csv"
    link.symlink_to("nergens.csv")
    os.utime(link, (1, 1), follow_symlinks=False)
    assert "inbox/cito/export.csv" in found(tmp_path)[0]


def test_a_link_to_a_file_that_is_gone_does_not_stop_the_school(workspace: WorkspaceFolder):
    school = workspace.school()
    school.numo("0012;;2A")
    school.cito(row("0012"))
    (school.folder / "inbox/cito/weg.csv").symlink_to("nergens.csv")
    assert workspace.sync_json().school["status"] == "delivered"


def test_a_file_is_read_with_its_hash(tmp_path: Path):
    put(tmp_path, "inbox/cito/a.csv", b"a;b\n")
    (file,) = settled_files(tmp_path, CITO)[0][CITO]
    content = read(file)
    assert (content.file, content.size, content.sha256) == (file, 4, hashlib.sha256(b"a;b\n").hexdigest())
    assert content.take() == b"a;b\n"


def test_a_large_file_is_hashed_whole_while_its_bytes_are_worked_on(tmp_path: Path):
    data = b"0123456789abcdef" * (1 << 17)
    put(tmp_path, "inbox/cito/a.csv", data)
    (file,) = settled_files(tmp_path, CITO)[0][CITO]
    content = read(file)
    assert content.take() == data
    assert content.sha256 == hashlib.sha256(data).hexdigest()


def test_the_bytes_of_a_file_are_not_given_twice(tmp_path: Path):
    put(tmp_path, "inbox/cito/a.csv", b"a;b\n")
    (file,) = settled_files(tmp_path, CITO)[0][CITO]
    content = read(file)
    content.take()
    with pytest.raises(AssertionError):
        content.take()


def test_the_stamp_of_a_file_tells_that_it_changed(tmp_path: Path):
    path = put(tmp_path, "inbox/cito/a.csv", b"een")
    (before,) = settled_files(tmp_path, CITO)[0][CITO]
    (same,) = settled_files(tmp_path, CITO)[0][CITO]
    path.unlink()
    put(tmp_path, "inbox/cito/a.csv", b"twee")
    (after,) = settled_files(tmp_path, CITO)[0][CITO]
    assert before.stamp == same.stamp
    assert before.stamp != after.stamp


# --- files that are still being written ------------------------------------------------------------------------------


@pytest.mark.usefixtures("meanwhile")
def test_a_file_that_was_written_a_while_ago_does_not_wait(tmp_path: Path):
    put(tmp_path, "inbox/cito/a.csv", age=3)
    assert found(tmp_path) == (["inbox/cito/a.csv"], [])


def test_a_young_file_is_looked_at_again_after_two_seconds(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    put(tmp_path, "inbox/cito/a.csv", age=0)
    waited: list[float] = []
    meanwhile(waited.append)
    assert found(tmp_path) == (["inbox/cito/a.csv"], [])
    assert waited == [2]


def test_young_files_in_several_folders_are_waited_for_once(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    for name in ("inbox/cito/a.csv", "inbox/numo/b.csv", "inbox/edexml/growing.xml"):
        put(tmp_path, name, age=0)
    waited: list[float] = []

    def grows(seconds: float) -> None:
        waited.append(seconds)
        put(tmp_path, "inbox/edexml/growing.xml", b"x and more", age=0)

    meanwhile(grows)
    settled, changing = settled_files(tmp_path, CITO, NUMO, EDEXML)
    assert waited == [2]
    assert {folder: [file.name for file in files] for folder, files in settled.items()} == {
        CITO: ["inbox/cito/a.csv"],
        NUMO: ["inbox/numo/b.csv"],
        EDEXML: [],
    }
    assert [file.name for file in changing] == ["inbox/edexml/growing.xml"]


def test_a_night_waits_once_for_all_that_came_in_just_before_it(workspace: WorkspaceFolder, meanwhile: Callable[[Sleep], None]):
    school = workspace.school()
    for path in (school.numo("0012;;2A"), school.cito(row("0012")), school.edexml(leerling("k1", "0012"))):
        os.utime(path)
    waited: list[float] = []
    meanwhile(waited.append)

    assert workspace.sync_json().school["status"] == "delivered"
    assert waited == [2]


def test_a_young_file_that_grows_waits_for_the_next_night_and_the_others_do_not(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    put(tmp_path, "inbox/cito/old.csv")
    put(tmp_path, "inbox/cito/young.csv", age=0)
    growing = put(tmp_path, "inbox/cito/growing.csv", age=0)
    meanwhile(lambda _seconds: put(growing.parent, growing.name, b"x and more", age=0) and None)
    assert found(tmp_path) == (["inbox/cito/old.csv", "inbox/cito/young.csv"], ["inbox/cito/growing.csv"])


def test_a_young_file_that_is_rewritten_with_the_same_size_waits(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    path = put(tmp_path, "inbox/cito/a.csv", b"een", age=1)
    meanwhile(lambda _seconds: put(path.parent, path.name, b"two", age=0) and None)
    assert found(tmp_path) == ([], ["inbox/cito/a.csv"])


def test_a_young_file_that_is_replaced_waits(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    path = put(tmp_path, "inbox/cito/a.csv", age=0)
    moment = path.stat().st_mtime_ns

    def replace(_seconds: float) -> None:
        fresh = put(tmp_path, "fresh.csv")
        os.utime(fresh, ns=(moment, moment))
        fresh.replace(path)

    meanwhile(replace)
    assert found(tmp_path) == ([], ["inbox/cito/a.csv"])


def test_a_young_file_that_disappears_is_not_read(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    path = put(tmp_path, "inbox/cito/a.csv", age=0)
    meanwhile(lambda _seconds: path.unlink())
    assert found(tmp_path)[0] == []


def test_a_file_from_the_future_is_looked_at_again_and_read(tmp_path: Path, meanwhile: Callable[[Sleep], None]):
    put(tmp_path, "inbox/cito/a.csv", age=-86_400)
    waited: list[float] = []
    meanwhile(waited.append)
    assert found(tmp_path) == (["inbox/cito/a.csv"], [])
    assert len(waited) == 1


def test_an_export_that_grows_during_the_night_is_taken_the_next_night(workspace: WorkspaceFolder, meanwhile: Callable[[Sleep], None]):
    school = workspace.school()
    school.numo("0012;;2A")
    growing = school.cito(row("0012"))
    os.utime(growing)
    meanwhile(lambda _seconds: growing.write_bytes(growing.read_bytes() + f"{row('0012', toets='T0')}\r\n".encode()) and None)

    first = workspace.sync_json()
    assert (first.exit_code, school.runs) == (0, [])
    assert "This file is still being written. It waits for the next night." in first.school["message"]

    os.utime(growing, (1_790_000_000, 1_790_000_000))
    second = workspace.sync_json(day="2026-11-25")
    assert (second.school["status"], second.school["counts"]["read"]) == ("delivered", 2)
