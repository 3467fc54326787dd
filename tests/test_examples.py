"""The workspace in examples/ gives what stands in examples/expected/."""

import os
import shutil
from pathlib import Path

import pytest

from cito_numo.cli import run

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize("korte_naam", ["voorbeeld-college", "voorbeeld-lyceum"])
def test_the_example_delivers_what_is_expected(tmp_path: Path, korte_naam: str):
    workspace = tmp_path / "workspace"
    shutil.copytree(EXAMPLES / "workspace", workspace)
    for path in workspace.rglob("*.*"):
        os.utime(path, (1_790_000_000, 1_790_000_000))

    exit_code = run(["sync", korte_naam, "--config", str(workspace / "cito-numo.yaml"), "--date", "2026-11-24"])

    school, expected = workspace / "schools" / korte_naam, EXAMPLES / "expected" / korte_naam
    assert exit_code == 0
    assert (school / "outbox/latest/leerplannen.json").read_text() == (expected / "leerplannen.json").read_text()
    assert (school / "outbox/latest/leerplannen.csv").read_bytes() == (expected / "leerplannen.csv").read_bytes()
    assert (school / "report/niet-geleverd.csv").read_bytes() == (expected / "niet-geleverd.csv").read_bytes()
