"""The workspace's secret, and the keyed hash that stands for an ECK iD."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import eck_id

from cito_numo.errors import CitoNumoError
from cito_numo.privacy import Secret, make_secret, passing_secret, read_secret

ONE, OTHER = Secret(bytes(32)), Secret(bytes([1] * 32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".cito-numo" / "secret"


def refusal(path: Path) -> str:
    with pytest.raises(CitoNumoError) as stopped:
        read_secret(path)
    (problem,) = stopped.value.problems
    assert problem.place == str(path)
    assert problem.kind.exit_code == 78
    return problem.kind.code


# --- the secret ------------------------------------------------------------------------------------------------------


def test_there_is_no_secret_before_it_is_made(path: Path):
    assert read_secret(path) is None
    assert not path.parent.exists()


def test_the_secret_is_made_once_for_its_owner_only(path: Path):
    made = make_secret(path)
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in (path.parent, path)] == [0o700, 0o600]
    again = read_secret(path)
    assert again is not None
    assert again.hash_eck_id(eck_id(1)) == made.hash_eck_id(eck_id(1)) == make_secret(path).hash_eck_id(eck_id(1))
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_each_workspace_has_its_own_secret(tmp_path: Path):
    one, other = make_secret(tmp_path / "one/secret"), make_secret(tmp_path / "other/secret")
    assert one.fingerprint() != other.fingerprint()
    assert passing_secret().fingerprint() != passing_secret().fingerprint()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_secret_that_others_have_access_to_is_refused(path: Path, mode: int):
    make_secret(path)
    path.chmod(mode)
    assert refusal(path) == "secret-open"
    with pytest.raises(CitoNumoError, match="chmod 600"):
        make_secret(path)


@pytest.mark.parametrize("content", [b"", b"geen hex", b"00" * 31, b"00" * 33, b"\xff" * 64, b"0" * 63])
def test_a_secret_that_is_not_what_was_made_is_refused(path: Path, content: bytes):
    make_secret(path)
    path.write_bytes(content)
    assert refusal(path) == "secret-damaged"


def test_a_secret_that_came_from_a_backup_with_a_line_end_is_the_same(path: Path):
    made = make_secret(path)
    path.write_bytes(path.read_bytes() + b"\n")
    again = read_secret(path)
    assert again is not None
    assert again.fingerprint() == made.fingerprint()


def test_the_secret_gives_nothing_away_when_it_is_printed():
    secret = Secret(b"abcdefghijklmnopqrstuvwxyz012345")
    assert repr(secret) == "Secret(…)"
    assert b"abc".hex() not in secret.fingerprint()
    assert "abc" not in f"{secret}{secret.fingerprint()}"


# --- the hash --------------------------------------------------------------------------------------------------------


def test_the_hash_is_the_same_for_the_same_eck_id_and_secret_and_says_nothing_of_it():
    hashed = ONE.hash_eck_id(eck_id(255))
    assert hashed == Secret(bytes(32)).hash_eck_id(eck_id(255))
    assert hashed is not None
    assert len(hashed) == 32
    assert int(hashed, 16) != 255


def test_another_secret_gives_another_hash():
    assert ONE.hash_eck_id(eck_id(1)) != OTHER.hash_eck_id(eck_id(1))


def test_another_eck_id_gives_another_hash():
    assert len({ONE.hash_eck_id(eck_id(number)) for number in range(1000)}) == 1000


@pytest.mark.parametrize("form", [str.upper, str.title, str.swapcase])
def test_an_eck_id_in_capitals_is_the_same_eck_id(form: Callable[[str], str]):
    plain = eck_id(0xABCDEF)
    assert form(plain) != plain
    assert ONE.hash_eck_id(form(plain)) == ONE.hash_eck_id(plain)


def test_capitals_tell_other_ids_apart_than_the_production_form():
    assert ONE.hash_eck_id("eckid_L1") != ONE.hash_eck_id("ECKID_l1")


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_a_stampseudoniem_is_no_eck_id(form: Callable[[str], str]):
    assert ONE.hash_eck_id(form("https://ketenid.nl/sppilot/" + "a" * 128)) is None


def test_a_column_is_hashed_row_by_row_and_what_is_missing_stays_missing():
    column = pa.array([eck_id(1), None, eck_id(2), eck_id(1), "https://ketenid.nl/sppilot/ab"], pa.string())
    first, second = ONE.hash_eck_id(eck_id(1)), ONE.hash_eck_id(eck_id(2))
    assert ONE.hash_column(column).to_pylist() == [first, None, second, first, None]
    assert ONE.hash_column(pa.array([None, None], pa.string())).to_pylist() == [None, None]


def test_a_secret_that_is_a_pipe_is_told_and_waited_for_by_nobody(tmp_path: Path):
    os.mkfifo(tmp_path / "secret", 0o600)
    with pytest.raises(OSError, match="Invalid argument"):
        read_secret(tmp_path / "secret")
