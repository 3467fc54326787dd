"""What lies ready to be used: the lines for cron, the units, the mail rule, the rotation of the log, and Tab."""

import getpass
import grp
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import COMMAND, Ran, WorkspaceFolder, leerling
from edexml_for_tests import MAIL_HOST, SENDER, document, mail

from cito_numo.errors import ExitCode

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
WORKSPACE, LOGS, INSTALLED = "/srv/cito-numo", "/var/log/cito-numo", "/usr/local/bin"
CONFIG = f"{WORKSPACE}/cito-numo.yaml"


class Machine:
    """A machine on which cito-numo is installed, with the workspace, the log and the command of the examples in folders of a test."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.logs, self.installed = folder / "workspace", folder / "logs", folder / "bin"
        for made in (self.workspace, self.logs, self.installed):
            made.mkdir(exist_ok=True)
        self.install("cito-numo", f'export PYTHONPATH={shlex.quote(str(ROOT))}\nexec {shlex.join(COMMAND)} "$@"\n')
        if shutil.which("formail") is None:  # it comes with procmail
            self.install("formail", "exec sed '1{/^From /d;}'\n")

    def install(self, name: str, script: str) -> None:
        (self.installed / name).write_text(f"#!/bin/sh\n{script}")
        (self.installed / name).chmod(0o755)

    def here(self, text: str) -> str:
        """A text of an example with this machine's folders in it."""
        for there, here in ((WORKSPACE, self.workspace), (LOGS, self.logs), (INSTALLED, self.installed)):
            text = text.replace(there, str(here))
        return text

    def put(self, example: str) -> Path:
        """An example, as it would be installed on this machine."""
        path = self.workspace.parent / Path(example).name
        path.write_text(self.here((EXAMPLES / example).read_text()))
        path.chmod(0o644)
        return path

    def shell(self, command: str, environment: Mapping[str, str], stdin: bytes = b"") -> Ran:
        """Run a line of an example in an environment of nothing else."""
        bare = ["env", "-i", *(f"{name}={self.here(value)}" for name, value in environment.items())]
        ran = subprocess.run([*bare, "/bin/sh", "-c", self.here(command)], input=stdin, capture_output=True, check=False)
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# --- cron ------------------------------------------------------------------------------------------------------------


class CronLine(NamedTuple):
    when: Sequence[str]
    user: str
    command: str


def crontab() -> tuple[dict[str, str], list[CronLine]]:
    """The environment and the lines of the example, read as cron reads a file of /etc/cron.d."""
    environment, lines = {}, []
    for line in (EXAMPLES / "cron/cito-numo").read_text().splitlines():
        if name := re.match(r"([A-Z_]+)=(.*)", line):
            environment[name[1]] = name[2]
        elif line and not line.startswith("#"):
            *when, user, command = line.split(None, 6)
            lines.append(CronLine(when, user, command))
    return environment, lines


def test_the_lines_for_cron_are_a_night_a_purge_and_a_look():
    environment, lines = crontab()

    assert (environment["SHELL"], environment["CITO_NUMO_CONFIG"]) == ("/bin/sh", CONFIG)
    assert INSTALLED in environment["PATH"].split(":")
    assert "@" in environment["MAILTO"]
    assert [re.findall(r"cito-numo (\w+)", line.command) for line in lines] == [["sync"], ["purge"], ["status"]]
    assert {line.user for line in lines} == {"cito-numo"}
    assert [each for line in lines for each in line.when if not re.fullmatch(r"\*|\d+", each)] == []
    assert [line.command for line in lines if "%" in line.command] == []  # cron reads that as the end of a line


def test_the_lines_for_cron_are_silent_while_all_is_well(machine: Machine, capsys: pytest.CaptureFixture[str]):
    workspace = WorkspaceFolder(machine.workspace, capsys)
    school = workspace.school()
    school.numo("0012;;2A")
    environment, lines = crontab()

    ran = [machine.shell(line.command, environment) for line in lines]

    assert [(each.exit_code, each.stdout, each.stderr) for each in ran] == [(0, "", "")] * 3
    assert school.manifest["status"] == "waiting"
    (log,) = machine.logs.iterdir()
    assert log.stat().st_mode & 0o777 == 0o600
    assert re.findall(r'"command":"(\w+)","event":"end"', log.read_text()) == ["sync", "purge"]


def test_the_lines_for_cron_tell_what_needs_a_person(machine: Machine, capsys: pytest.CaptureFixture[str]):
    WorkspaceFolder(machine.workspace, capsys).school(terugstuuroptie="9")
    environment, (sync, purge, status) = crontab()

    ran = machine.shell(sync.command, environment)
    purged = machine.shell(purge.command, environment)
    looked = machine.shell(status.command, environment)

    assert (ran.exit_code, "terugstuuroptie" in ran.stderr) == (78, True)
    assert "terugstuuroptie" in purged.stdout
    assert "The last good night of this school was never" in looked.stdout


# --- the mail rule ---------------------------------------------------------------------------------------------------

RULE = (EXAMPLES / "procmail/cito-numo.rc").read_text()
IMPORTED = mail(("edexml.xml", document(leerling("k1", "0012"))))
STRANGER = mail(("edexml.xml", document(leerling("k1", "0012"))), sender="vreemd@elders.example", confirmed="vreemd@elders.example")
QUESTION = b"From: beheer@demo-college.example\nTo: support@kurve.example\nSubject: demo-college\n\nHoe werkt het?\n"


@pytest.fixture
def mailbox(machine: Machine, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine whose workspace takes mails of one Somtoday school."""
    workspace = WorkspaceFolder(machine.workspace, capsys)
    (machine.workspace / "cito-numo.yaml").write_text(f"mail_host: {MAIL_HOST}\n")
    workspace.school(administratie="somtoday", mail_from=f"[{SENDER}]").numo("0012;;2A")
    return machine


def hand_over(machine: Machine, content: bytes, moment: str = "12:00:00") -> Ran:
    """What the rule does with a mail that the mail host puts into the mailbox at this moment."""
    (command,) = re.findall(r"^\| (.*)$", RULE, re.MULTILINE)
    environment = dict(re.findall(r"^([A-Z]+)=(.*)$", RULE, re.MULTILINE))
    return machine.shell(command, environment, f"From beheer Thu Nov 26 {moment} 2026\n".encode() + content)


def in_quarantine(machine: Machine) -> list[str]:
    folder = machine.workspace / "quarantine"
    return sorted(path.suffix for path in folder.iterdir()) if folder.is_dir() else []


def test_the_mail_rule_hands_a_mail_over(mailbox: Machine):
    ran = hand_over(mailbox, IMPORTED)

    assert (ran.exit_code, ran.stdout + ran.stderr, in_quarantine(mailbox)) == (0, "", [])


def test_a_mail_that_is_tried_again_is_the_same_mail(mailbox: Machine):
    ran = [hand_over(mailbox, STRANGER, moment) for moment in ("12:00:00", "12:15:00")]

    assert [each.exit_code for each in ran] == [ExitCode.HELD] * 2
    assert in_quarantine(mailbox) == [".eml", ".txt"]


def test_the_mail_rule_tries_again_what_may_pass():
    (again,) = re.findall(r"\* IMPORTED \?\? \^\^(.*)\^\^", RULE)

    assert [code for code in ExitCode if re.fullmatch(again, str(int(code)))] == [ExitCode.IO, ExitCode.BUSY]
    assert re.search(r"EXITCODE = 75\s+HOST\s", RULE)


def test_no_mail_is_lost_on_its_way_through_procmail(mailbox: Machine):
    rule, box, procmail = mailbox.put("procmail/cito-numo.rc"), mailbox.workspace.parent / "mailbox", shutil.which("procmail")
    assert re.search(
        r"^:0 w\n\* .*\n\| .*\n(?:#.*\n|\n)*^:0 e\n\{", rule.read_text(), re.MULTILINE
    )  # waits for the exit code, and looks at it
    if procmail is None:
        return

    def arrive(content: bytes) -> int:
        command = [procmail, "-f", "-", f"DEFAULT={box}", f"ORGMAIL={box}", str(rule)]
        return subprocess.run(command, input=content, capture_output=True, check=False).returncode

    def kept() -> int:
        return box.read_bytes().count(b"\nSubject: demo-college") if box.exists() else 0

    assert (arrive(IMPORTED), kept(), in_quarantine(mailbox)) == (0, 0, [])
    assert (arrive(QUESTION), kept(), in_quarantine(mailbox)) == (0, 1, [])
    assert (arrive(STRANGER), kept(), in_quarantine(mailbox)) == (0, 2, [".eml", ".txt"])
    shutil.rmtree(mailbox.workspace / "quarantine")
    (mailbox.workspace / "quarantine").write_text("in its place")
    assert (arrive(IMPORTED), kept()) == (75, 2)  # the mail host keeps it
    (mailbox.workspace / "cito-numo.yaml").write_text("no: such key\n")
    assert (arrive(IMPORTED), kept()) == (0, 3)


# --- systemd ---------------------------------------------------------------------------------------------------------


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """The sections of a unit, and in each the values of its directives in order."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in (EXAMPLES / "systemd" / name).read_text().splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            sections[header[1]] = defaultdict(list)
        elif line and not line.startswith("#"):
            directive = re.fullmatch(r"([A-Z][A-Za-z]+)=(.*)", line)
            assert directive, line
            list(sections.values())[-1][directive[1]].append(directive[2])
    return sections


def test_the_unit_runs_a_night_in_the_workspace_that_it_may_write():
    parts = unit("cito-numo.service")
    service = parts["Service"]

    assert list(parts) == ["Unit", "Service"]
    assert (service["Type"], service["User"]) == (["oneshot"], ["cito-numo"])
    assert service["Environment"] == [f"CITO_NUMO_CONFIG={CONFIG}"]
    assert (service["ReadWritePaths"], parts["Unit"]["RequiresMountsFor"]) == ([WORKSPACE], [WORKSPACE])
    assert service["SuccessExitStatus"] == [str(int(ExitCode.LOOK))]
    program, *words = shlex.split(service["ExecStart"][0])
    assert (program, words[words.index("--log") + 1]) == (f"{INSTALLED}/cito-numo", f"/var/log/{service['LogsDirectory'][0]}/cito-numo.log")


def test_the_command_of_the_unit_has_these_options(workspace: WorkspaceFolder):
    _program, command, *words = shlex.split(unit("cito-numo.service")["Service"]["ExecStart"][0])

    shown = workspace.run(command, "--help")

    assert shown.exit_code == 0
    assert [word for word in words if word.startswith("--") and word not in shown.stdout] == []


def test_the_unit_is_shut_off():
    service = unit("cito-numo.service")["Service"]

    shut = {
        "ProtectSystem": "strict",
        "UMask": "0077",
        "IPAddressDeny": "any",
        "RestrictAddressFamilies": "AF_UNIX",
        "CapabilityBoundingSet": "",
    }
    yes = (
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateNetwork",
        "PrivateDevices",
        "ProtectHome",
        "MemoryDenyWriteExecute",
        "RestrictNamespaces",
    )
    assert {name: service[name] for name in (*shut, *yes)} == {name: [shut.get(name, "yes")] for name in (*shut, *yes)}
    assert service["SystemCallFilter"] == ["@system-service", "~@privileged", "@chown"]


def test_the_timer_starts_it_every_night():
    timer = unit("cito-numo.timer")

    assert list(timer) == ["Unit", "Timer", "Install"]
    assert timer["Timer"] == {"OnCalendar": ["*-*-* 03:30:00"], "Persistent": ["true"]}
    assert timer["Install"] == {"WantedBy": ["timers.target"]}


def test_systemd_finds_nothing_in_the_units(machine: Machine):
    units = [machine.put(f"systemd/{name}") for name in ("cito-numo.service", "cito-numo.timer")]
    analyze = shutil.which("systemd-analyze")

    assert all(str(machine.workspace) in path.read_text() or path.suffix == ".timer" for path in units)
    if analyze is not None:
        ran = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
        assert (ran.returncode, [line for line in ran.stderr.splitlines() if "cito-numo" in line]) == (0, [])


# --- logrotate -------------------------------------------------------------------------------------------------------


def test_the_log_is_rotated_and_stays_private(machine: Machine):
    config = machine.put("logrotate/cito-numo")
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    config.write_text(config.read_text().replace(" cito-numo cito-numo", f" {user} {group}"))
    log, logrotate = machine.logs / "cito-numo.log", shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin")
    log.write_text("{}\n")
    log.chmod(0o600)
    machine.logs.chmod(0o700)

    text = config.read_text()
    (pattern, inside) = re.findall(r"^(\S+) \{\n(.*)^\}", text, re.MULTILINE | re.DOTALL)[0]
    lines = [line.strip() for line in inside.splitlines() if not line.strip().startswith("#")]
    assert log.match(pattern)
    assert {f"su {user} {group}", f"create 0600 {user} {group}", "monthly", "delaycompress"} <= set(lines)
    assert "copytruncate" not in text
    if logrotate is not None:
        state = machine.workspace / "state"
        ran = subprocess.run([logrotate, "--force", "--state", state, config], capture_output=True, text=True, check=False)
        rotated = sorted(machine.logs.iterdir())
        assert (ran.returncode, ran.stderr, len(rotated)) == (0, "", 2)
        assert [path.stat().st_mode & 0o777 for path in rotated] == [0o600, 0o600]


def test_all_examples_are_of_one_installation():
    environment, lines = crontab()
    log = re.search(r"--log (\S+)", lines[0].command)
    assert log

    assert environment["CITO_NUMO_CONFIG"] in RULE
    assert log[1] in unit("cito-numo.service")["Service"]["ExecStart"][0]
    assert Path(log[1]).match(re.findall(r"^(/\S+) \{", (EXAMPLES / "logrotate/cito-numo").read_text(), re.MULTILINE)[0])


# --- Tab -------------------------------------------------------------------------------------------------------------


class Shell:
    """A shell in which somebody types a line and presses Tab behind it."""

    def __init__(self, workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        self._workspace, self._environment = workspace, monkeypatch
        self._environment.setenv("_CITO_NUMO_COMPLETE", "complete_bash")

    def tab(self, line: str) -> list[str]:
        """What is offered; nothing may be said beside it."""
        self._environment.setenv("COMP_WORDS", line)
        self._environment.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        ran = self._workspace.run()
        assert (ran.exit_code, ran.stderr) == (0, "")
        return ran.stdout.split()


@pytest.fixture
def shell(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for korte_naam in ("demo-college", "demo-lyceum", "ander-college"):
        workspace.school(korte_naam)
    monkeypatch.delenv("CITO_NUMO_CONFIG", raising=False)
    monkeypatch.chdir(workspace.folder)
    return Shell(workspace, monkeypatch)


@pytest.mark.parametrize(
    "command", ["sync", "status", "verify", "purge", "edexml check mail.eml --school", "edexml import mail.eml --school"]
)
def test_tab_offers_the_schools(shell: Shell, command: str):
    assert shell.tab(f"cito-numo {command} ") == ["ander-college", "demo-college", "demo-lyceum"]
    assert shell.tab(f"cito-numo {command} demo-l") == ["demo-lyceum"]


def test_tab_offers_a_school_once(shell: Shell):
    assert shell.tab("cito-numo sync demo-college demo-") == ["demo-lyceum"]


def test_tab_looks_into_the_workspace_that_is_named(shell: Shell, workspace: WorkspaceFolder, tmp_path_factory: pytest.TempPathFactory):
    config, elsewhere = workspace.folder / "cito-numo.yaml", tmp_path_factory.mktemp("elsewhere")
    with pytest.MonkeyPatch.context() as there:
        there.chdir(elsewhere)
        assert shell.tab("cito-numo sync demo-") == []
        assert shell.tab(f"cito-numo sync --config {config} demo-") == ["demo-college", "demo-lyceum"]
        there.setenv("HOME", str(workspace.folder))
        assert shell.tab("cito-numo sync --config ~/cito-numo.yaml demo-") == ["demo-college", "demo-lyceum"]
        there.setenv("CITO_NUMO_CONFIG", str(config))
        assert shell.tab("cito-numo sync demo-") == ["demo-college", "demo-lyceum"]


def test_tab_needs_no_config_that_can_be_read(shell: Shell, workspace: WorkspaceFolder):
    (workspace.folder / "cito-numo.yaml").write_text("no: such key\n")
    (workspace.folder / "schools/demo-college/school.yaml").write_text("{")

    assert shell.tab("cito-numo sync demo-c") == ["demo-college"]


@pytest.mark.parametrize("config", ["gone.yaml", "schools", "~nobody-of-that-name/cito-numo.yaml", "cito-numo.yaml/x", "n" * 300])
def test_tab_survives_a_workspace_that_is_not_there(shell: Shell, config: str):
    assert shell.tab(f"cito-numo sync --config {config} demo-") == []


def test_tab_offers_nothing_that_a_shell_would_run(shell: Shell, workspace: WorkspaceFolder):
    for name in ("demo-$(id)", "demo-`id`", "demo-*", "demo-;id", "demo-a b", ".demo"):
        (workspace.folder / "schools" / name).mkdir()

    assert shell.tab("cito-numo sync demo-") == ["demo-college", "demo-lyceum"]


def test_tab_loads_nothing_that_takes_long(tmp_path: Path):
    heavy = "{'pandas', 'pyarrow', 'lxml', 'yaml', 'cito_numo.config'} & set(sys.modules)"
    program = f"import sys; from cito_numo.cli import run; run([]); sys.stderr.write(str({heavy}))"
    environment = {**os.environ, "_CITO_NUMO_COMPLETE": "complete_bash", "COMP_WORDS": "cito-numo sync ", "COMP_CWORD": "2"}

    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    assert ran.stderr == "set()"
