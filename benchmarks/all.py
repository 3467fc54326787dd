"""All benchmarks, one after another, at full size; or at a small size, with a check that nothing became slower than it was.

    python benchmarks/all.py [--folder FOLDER]
    python benchmarks/all.py --small [--keep]

With `--small` each ratio (ours over a rival's, of seconds or of memory, so that a slow machine plays no part) is compared with the one in
figures.json. One that is more than half higher is measured once more; where it is so again, the exit code is 1. `--keep` writes that file
anew.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIGURES = HERE / "figures.json"
FULL = ("first_night", "edexml", "exports", "idle", "help", "country", "growth", "phases")
SMALL = {
    "first_night": ("--pupils=20000", "--runs=3", "--slow-runs=0"),
    "idle": ("--pupils=5000", "--runs=5"),
    "help": ("--runs=9",),
    "edexml": ("--pupils=20000", "--runs=3", "--without-night"),
}
WORSE = 1.5
"""A ratio this many times the one that was kept is a failure."""


def run(name: str, *options: str) -> None:
    """Run one script."""
    subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], check=True)  # noqa: S603


def ratios(names: Mapping[str, tuple[str, ...]], folder: Path) -> dict[str, float]:
    """What these scripts measure."""
    measured: dict[str, float] = {}
    for name, options in names.items():
        path = folder / f"{name}.json"
        path.unlink(missing_ok=True)
        run(name, *options, f"--folder={folder}", f"--ratios={path}")
        measured |= json.loads(path.read_text())
    return measured


def worse(measured: Mapping[str, float], kept: Mapping[str, float]) -> dict[str, str]:
    """What takes more than it did: a line for each."""
    return {
        name: f"{name}: {measured[name]:.2f} times the rival's, which was {before:.2f}: {measured[name] / before:.1f} times as much"
        for name, before in kept.items()
        if measured[name] > before * WORSE
    }


def small(*, keep: bool) -> int:
    """The exit code."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        measured = ratios(SMALL, folder)
        if keep:
            FIGURES.write_text(json.dumps(measured, indent=2) + "\n")
            return 0
        kept = json.loads(FIGURES.read_text())
        suspect = worse(measured, kept)
        if suspect:
            again = {name: SMALL[name] for name in SMALL if any(one.startswith(name.replace("_", " ")) for one in suspect)}
            print("Measured once more:", ", ".join(again), "\n", flush=True)
            measured |= ratios(again, folder)
        found = worse(measured, kept)
    print("\n".join(found.values()) if found else f"{len(kept)} ratios are not worse than those of {FIGURES.name}")
    return 1 if found else 0


def main() -> None:
    """Run them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="in less than a minute, as CI does")
    parser.add_argument("--keep", action="store_true", help="with --small: keep the ratios as those to compare with")
    parser.add_argument("--folder", type=Path, help="keep the data here for the next run")
    arguments = parser.parse_args()
    if arguments.small:
        sys.exit(small(keep=arguments.keep))
    with tempfile.TemporaryDirectory() as temporary:
        for name in FULL:
            print(f"## {name}.py\n", flush=True)
            run(name, f"--folder={arguments.folder or temporary}")


if __name__ == "__main__":
    main()
