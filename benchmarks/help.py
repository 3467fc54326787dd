"""`cito-numo --help` beside a bare Typer program with the same groups and commands, that have no options and do nothing.

python benchmarks/help.py [--runs N]
"""

import json
import subprocess
import sys
from pathlib import Path

from measuring import OURS, RIVALS, Benchmark, Candidate, in_turn, keep

NAME, BARE = "cito-numo --help", "a bare Typer program"
TARGETS = {BARE: 1.3}
COMMANDS = """
import json, typer
from cito_numo.cli import app
def first(command): return (command.help or "").split("\\n")[0]
group = typer.main.get_command(app)
print(json.dumps({
    name: [first(command), {below: first(one) for below, one in getattr(command, "commands", {}).items()}]
    for name, command in group.commands.items()
}))
"""


def bare_program() -> str:
    """Its text: a function for each command that ours has."""
    told = subprocess.run([sys.executable, "-c", COMMANDS], check=True, capture_output=True, text=True).stdout  # noqa: S603
    lines = ["import typer", "app = typer.Typer()"]
    for name, (said, below) in json.loads(told).items():
        if below:
            lines += [f"{name} = typer.Typer(help={said!r})", f"app.add_typer({name}, name={name!r})"]
            lines += [_function(f"{name}.command({one!r})", text) for one, text in below.items()]
        else:
            lines.append(_function(f"app.command({name!r})", said))
    return "\n".join([*lines, "app()", ""])


def typer_of(python: str) -> str:
    """The version of Typer in an environment."""
    command = [python, "-c", "from importlib.metadata import version; print(version('typer'))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _function(decorator: str, said: str) -> str:
    return f"@{decorator}\ndef _() -> None:\n    {said!r}"


def main() -> None:
    """Write the bare program, run both in turn, print the table."""
    benchmark = Benchmark(__doc__, pupils=None, runs=15)
    with benchmark as (said, folder):
        if typer_of(sys.executable) != typer_of(str(RIVALS / "python")):
            raise SystemExit("benchmarks/requirements.txt names another typer than requirements.lock")
        program = Path(folder) / "bare.py"
        program.write_text(bare_program())
        done = in_turn({NAME: Candidate([*OURS, "--help"]), BARE: Candidate([str(RIVALS / "python"), str(program), "--help"])}, said.runs)
        benchmark.show("Help", done, TARGETS)
    keep(said.ratios, {f"help / {BARE}": done.ratio(BARE)})


if __name__ == "__main__":
    main()
