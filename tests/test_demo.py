"""The demo workspace: it runs on any day, shows every uitkomst, and is the same each time it is made."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import closes, copy_tree
from limits import uncounted

from cito_numo.cli import run
from cito_numo.demo import TOMORROW, make_demo
from cito_numo.uitkomst import Uitkomst


def sync(folder: Path, day: str, capsys: pytest.CaptureFixture[str]) -> dict:
    capsys.readouterr()
    exit_code = run(["sync", "--json", "--date", day, "--config", str(folder / "cito-numo.yaml")])
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == exit_code
    return said


LONG_AGO = 1_000_000_000
"""Seconds: more than thirty years."""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def settle(folder: Path) -> None:
    """Make files that were made for a day to come as old as if that day was long ago: one that is new is waited for."""
    for path in folder.rglob("inbox/*/*"):
        if path.is_file() and path.stat().st_mtime > LONG_AGO:
            os.utime(path, (path.stat().st_mtime - LONG_AGO,) * 2)


@pytest.mark.parametrize("day", ["2026-11-24", "2026-08-01", "2027-07-31", "2027-01-01", "2028-02-29"])
def test_two_nights_show_every_uitkomst_on_any_day(tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str):
    folder = tmp_path / "demo"
    assert run(["init", str(folder), "--demo", "--date", day]) == 0
    settle(folder)

    first = sync(folder, day, capsys)
    copy_tree(folder / TOMORROW, folder)
    second = sync(folder, day, capsys)

    assert (first["exit_code"], second["exit_code"]) == (0, 0)
    for school in first["schools"]:
        assert closes(school["counts"])
        assert {name for name, count in school["counts"].items() if not count} == {Uitkomst.ONGEWIJZIGD}
    for school in second["schools"]:
        assert closes(school["counts"])
        assert school["status"] == "delivered"
        assert 0 < school["counts"]["leerplan"] < school["counts"]["ongewijzigd"]


def test_the_same_arguments_make_the_same_files(tmp_path: Path):
    for name in ("one", "two"):
        make_demo(tmp_path / name, date(2026, 11, 24), schools=3, pupils=30, seed=7)
    make_demo(tmp_path / "other", date(2026, 11, 24), schools=3, pupils=30, seed=8)

    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert files_of(tmp_path / "one") != files_of(tmp_path / "other")


def test_a_demo_of_any_size_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "demo"
    run(["init", str(folder), "--demo", "--date", "2026-11-24", "--schools", "3", "--pupils", "400", "--seed", "5"])

    said = sync(folder, "2026-11-24", capsys)

    assert [school["status"] for school in said["schools"]] == ["delivered"] * 3
    assert said["exit_code"] == 0


def test_same_inputs_same_bytes_whatever_locale_time_zone_hash_seed_and_umask(tmp_path: Path):
    delivered = []
    for number, (environment, umask) in enumerate(
        (
            ({"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0"}, 0o022),
            ({"LC_ALL": "C.UTF-8", "LANG": "nl_NL.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242"}, 0o077),
            ({"LC_ALL": "POSIX", "TZ": "America/Adak", "PYTHONHASHSEED": "77"}, 0o000),
        )
    ):
        folder = tmp_path / str(number)
        command = [sys.executable, "-c", "from cito_numo.cli import main; main()"]
        for arguments in (
            ["init", str(folder), "--demo", "--date", "2026-11-24"],
            ["sync", "--date", "2026-11-24", "--config", str(folder / "cito-numo.yaml")],
        ):
            subprocess.run([*command, *arguments], env={**uncounted(), **environment}, umask=umask, check=True, capture_output=True)
        outboxes = [folder / "schools" / school / "outbox/latest" for school in ("demo-college", "demo-lyceum")]
        delivered.append([(outbox / name).read_bytes() for outbox in outboxes for name in ("leerplannen.json", "leerplannen.csv")])

    assert delivered[0] == delivered[1] == delivered[2]
