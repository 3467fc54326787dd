"""A mail rule pipes each mail into `edexml import -`: taken in and silent, or kept in quarantine with the reason, never lost."""

import fcntl
import os
import re
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import COMMAND, Ran, SchoolFolder, WorkspaceFolder, eck_id, leerling
from edexml_for_tests import MAIL_HOST, SENDER, document, locked, mail, zipped

from cito_numo import unpacking
from cito_numo.mail import Mail

GOOD = document(leerling("k1", "0012"), leerling("k2", "0013"))
OTHER_BRIN = GOOD.replace("99XX", "99YY")
DOCTYPE = GOOD.replace("<EDEX>", '<!DOCTYPE EDEX [<!ENTITY x "y">]>\n<EDEX>')
PASTED = re.compile(r"To take it in: (.+)")
KILLED = """
import os, signal, sys
from cito_numo import delivery, intake, ledger, quarantine
from cito_numo.cli import main

def die(*_arguments, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

def afterwards(function):
    return lambda *arguments, **options: (function(*arguments, **options), die())

{moment}
main()
"""


@dataclass
class Rule:
    """A workspace that knows its mail host, with one Somtoday school, and the mail rule that pipes mails into it."""

    workspace: WorkspaceFolder
    school: SchoolFolder

    @property
    def arguments(self) -> list[str]:
        return ["edexml", "import", "-", "--config", str(self.workspace.folder / "cito-numo.yaml")]

    def pipe(self, content: bytes, *arguments: str) -> Ran:
        return self.workspace.run(*self.arguments, *arguments, stdin=content)

    def pipe_into_process(self, content: bytes, *arguments: str, command: list[str] = COMMAND) -> Ran:
        """As a mail rule does it."""
        done = subprocess.run([*command, *self.arguments, *arguments], input=content, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def by_hand(self, *arguments: str) -> Ran:
        return self.workspace.run("edexml", "import", *arguments, "--config", str(self.workspace.folder / "cito-numo.yaml"))

    @property
    def quarantine(self) -> list[str]:
        """The names of all that lies in quarantine."""
        folder = self.workspace.folder / "quarantine"
        return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []

    @property
    def kept(self) -> Path:
        """The only mail in quarantine."""
        (name,) = [name for name in self.quarantine if not name.endswith(".txt")]
        return self.workspace.folder / "quarantine" / name

    @property
    def note(self) -> str:
        """What is written beside it."""
        return self.kept.with_name(f"{self.kept.name}.txt").read_text("utf-8")

    @property
    def keys(self) -> dict[str, str]:
        ledger = self.school.folder / ".cito-numo/ledger.sqlite"
        if not ledger.exists() or not ledger.stat().st_size:
            return {}
        connection = sqlite3.connect(ledger)
        try:
            return dict(connection.execute("SELECT cito_key, gebruikersnaam FROM sleutels"))
        finally:
            connection.close()


IN = {"k1": "0012", "k2": "0013"}
"""The key table after the good file."""


@pytest.fixture
def rule(workspace: WorkspaceFolder) -> Rule:
    (workspace.folder / "cito-numo.yaml").write_text(f"mail_host: {MAIL_HOST}\n", "utf-8")
    school = workspace.school(administratie="somtoday", mail_from=f"[{SENDER}]")
    school.numo("0012;;2A", "0013;;2A")
    workspace.school("ander-college", administratie="somtoday", brin="99YY")
    return Rule(workspace, school)


# --- taken in --------------------------------------------------------------------------------------------------------


def test_a_mail_of_a_confirmed_sender_is_imported_in_silence(rule: Rule):
    ran = rule.pipe_into_process(mail(("edexml.xml", GOOD)))

    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert (rule.keys, rule.quarantine) == (IN, [])


def test_a_zip_in_a_mail_does_as_well(rule: Rule):
    ran = rule.pipe(mail(("export.zip", zipped(("edexml.xml", GOOD))), subject="FW: o.v.v. 'Demo-College'"))

    assert (ran.exit_code, ran.stdout + ran.stderr, rule.keys, rule.quarantine) == (0, "", IN, [])


def test_the_same_mail_twice_changes_nothing(rule: Rule):
    content = mail(("edexml.xml", GOOD))
    rule.pipe(content)

    ran = rule.pipe(content, "--json")

    assert (ran.exit_code, ran.json["schools"][0]["status"]) == (0, "unchanged")
    assert (rule.keys, rule.quarantine) == (IN, [])


def test_dry_run_of_a_mail_writes_nothing(rule: Rule):
    rule.pipe(mail(("edexml.xml", GOOD)), "--dry-run")
    rule.pipe(mail(("edexml.xml", GOOD), sender="vreemd@elders.example"), "--dry-run")

    assert (rule.keys, rule.quarantine) == ({}, [])
    assert not (rule.school.folder / ".cito-numo").exists()


# --- kept ------------------------------------------------------------------------------------------------------------

DOUBTS = {
    "stranger": (mail(("edexml.xml", GOOD), sender="vreemd@elders.example", confirmed="vreemd@elders.example"), "not in mail_from"),
    "unconfirmed": (mail(("edexml.xml", GOOD), confirmed=None), f"{MAIL_HOST} does not confirm"),
    "confirmed for another domain": (mail(("edexml.xml", GOOD), confirmed="vreemd@elders.example"), f"{MAIL_HOST} does not confirm"),
    "no school in the subject": (mail(("edexml.xml", GOOD), subject="Cito-importbestand"), "has to name one school"),
    "unknown school in the subject": (mail(("edexml.xml", GOOD), subject="nog-een-college"), "has to name one school"),
    "two schools in the subject": (
        mail(("edexml.xml", GOOD), subject="demo-college en ander-college"),
        "it names: ander-college, demo-college",
    ),
}
PER_DOUBT = pytest.mark.parametrize(("content", "reason"), DOUBTS.values(), ids=DOUBTS)


@PER_DOUBT
def test_a_mail_that_is_not_certain_is_kept_with_its_reason(rule: Rule, content: bytes, reason: str):
    ran = rule.pipe(content)

    assert (ran.exit_code, ran.stdout, rule.keys) == (4, "", {})
    assert rule.kept.read_bytes() == content
    assert reason in ran.stderr
    assert str(rule.kept) in ran.stderr
    assert reason in rule.note
    assert f"cito-numo edexml import {rule.kept} --school" in PASTED.findall(rule.note)[0]


@PER_DOUBT
def test_a_person_takes_it_in_and_the_quarantine_is_empty(rule: Rule, content: bytes, reason: str):
    rule.pipe(content)

    ran = rule.by_hand(str(rule.kept), "--school", "demo-college")

    assert (ran.exit_code, rule.keys, rule.quarantine) == (0, IN, [])


def test_without_a_mail_host_no_sender_is_confirmed(rule: Rule):
    (rule.workspace.folder / "cito-numo.yaml").write_text("defaults: {}\n", "utf-8")

    ran = rule.pipe(mail(("edexml.xml", GOOD)))

    assert (ran.exit_code, rule.keys) == (4, {})
    assert "Set mail_host in cito-numo.yaml" in rule.note


UNUSABLE = {
    "nothing attached": (mail(), "Er zat geen bijlage bij."),
    "locked zip": (mail(("export.zip", locked(zipped(("edexml.xml", GOOD))))), "met een wachtwoord beveiligd"),
    "doctype": (mail(("edexml.xml", DOCTYPE)), "Uit veiligheid openen wij dit bestand niet"),
    "pdf": (mail(("edexml.pdf", b"%PDF-1.7 ...")), "een bestand van een andere soort"),
    "cut off": (mail(("edexml.xml", GOOD[: GOOD.index("</leerlingen>")])), "beschadigd"),
    "no pupils": (mail(("edexml.xml", document())), "staan geen leerlingen"),
}


@pytest.mark.parametrize(("content", "answer"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_mail_that_cannot_be_used_is_kept_with_a_dutch_text_to_mail_back(rule: Rule, content: bytes, answer: str):
    ran = rule.pipe(content)

    assert (ran.exit_code, ran.stdout, rule.keys) == (65, "", {})
    assert rule.kept.read_bytes() == content
    for told in (ran.stderr, rule.note):
        assert "To mail back:\n\nBeste collega,\n\nBedankt voor uw mail. " in told
        assert answer in told
        assert told.rstrip().endswith("support@kurve.nl")


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", GOOD.encode(), b"%PDF-1.7 ..."], ids=["nothing", "blank", "no mail but an EDEXML", "pdf"]
)
def test_what_is_no_mail_is_kept_too(rule: Rule, content: bytes):
    ran = rule.pipe(content)

    assert (ran.exit_code, rule.keys, rule.kept.read_bytes()) == (65, {}, content)
    assert "Traceback" not in ran.stderr


def test_an_edexml_that_was_piped_in_can_be_taken_in_by_a_person(rule: Rule):
    rule.pipe(GOOD.encode())

    assert rule.by_hand(str(rule.kept), "--school", "demo-college").exit_code == 0
    assert (rule.keys, rule.quarantine) == (IN, [])


@pytest.mark.parametrize(
    ("edexml", "reason"),
    [
        (document(leerling("k1", "0012"), leerling("k8", "x8"), leerling("k9", "x9")), "covers 1 of Numo's 3 pupils"),
        (document(leerling("k1", "0012"), leerling("k2", "0013"), brin="99YY"), "BRIN 99YY"),
    ],
    ids=["cover", "brin"],
)
def test_a_mail_that_is_held_needs_the_code_of_its_hold(rule: Rule, edexml: str, reason: str):
    rule.school.numo("0012;;2A", "0013;;2A", "0014;;2A", name="newer.csv")
    rule.school.configure(administratie="somtoday", mail_from=f"[{SENDER}]", edexml="{leerlingnummer: gebruikersnaam}")

    ran = rule.pipe(mail(("edexml.xml", edexml)))

    assert (ran.exit_code, rule.keys) == (4, {})
    assert reason in ran.stderr
    assert reason in rule.note
    (code,) = set(re.findall(r"--accept ([0-9a-f]{8})", rule.note))
    assert rule.by_hand(str(rule.kept), "--school", "demo-college").exit_code == 4
    assert len(rule.quarantine) == 2
    assert rule.by_hand(str(rule.kept), "--school", "demo-college", "--accept", code).exit_code == 0
    assert (rule.keys["k1"], rule.quarantine) == ("0012", [])


def test_the_command_in_the_note_takes_a_held_mail_in(rule: Rule):
    rule.pipe(mail(("edexml.xml", OTHER_BRIN)))

    command = PASTED.findall(rule.note)[0].split()
    assert command[:3] == ["cito-numo", "edexml", "import"]
    assert rule.by_hand(*command[3:]).exit_code == 0
    assert (rule.keys, rule.quarantine) == (IN, [])


@pytest.mark.parametrize("content", [mail(("edexml.xml", GOOD), confirmed=None), mail()], ids=["unconfirmed", "nothing attached"])
def test_the_same_mail_lies_in_quarantine_once(rule: Rule, content: bytes):
    rule.pipe(content)
    first = rule.quarantine

    rule.pipe(content)

    assert (len(first), rule.quarantine) == (2, first)


def test_a_mail_with_one_good_file_and_one_that_cannot_be_used_is_taken_in_and_kept(rule: Rule):
    content = mail(("edexml.xml", GOOD), ("west.xml", "<EDEX>"))

    ran = rule.pipe(content)

    assert (ran.exit_code, rule.keys) == (3, IN)
    assert rule.kept.read_bytes() == content
    assert "west.xml" in ran.stderr


def test_a_mistake_in_school_yaml_keeps_the_mail(rule: Rule):
    rule.school.configure(terugstuuroptie="3")

    ran = rule.pipe(mail(("edexml.xml", GOOD)))

    assert (ran.exit_code, len(rule.quarantine)) == (78, 2)
    assert "terugstuuroptie" in rule.note


def test_what_is_kept_is_for_its_owner_only(rule: Rule):
    rule.pipe_into_process(mail())

    assert {path.stat().st_mode & 0o777 for path in rule.kept.parent.iterdir()} == {0o600}
    assert rule.kept.parent.stat().st_mode & 0o777 == 0o700


def test_a_quarantine_that_cannot_be_written_is_one_sentence_and_nothing_is_imported(rule: Rule):
    (rule.workspace.folder / "quarantine").write_text("in the way", "utf-8")

    ran = rule.pipe(mail(("edexml.xml", GOOD)))

    assert (ran.exit_code, ran.stdout, ran.stderr.count("\n"), rule.keys) == (74, "", 1, {})
    assert "quarantine" in ran.stderr


def test_the_json_says_where_the_mail_lies_and_what_to_answer(rule: Rule):
    ran = rule.pipe(mail(), "--json")

    (told,) = ran.json["schools"]
    assert (told["korte_naam"], told["status"], told["exit_code"]) == ("demo-college", "quarantined", 65)
    assert told["quarantine"] == str(rule.kept)
    assert [message["code"] for message in told["messages"]] == ["mail-nothing"]
    assert told["antwoord"].startswith("Beste collega,")


@pytest.mark.parametrize(
    ("attached", "sender"),
    [
        (GOOD, "c.vogel@kanarie.example"),
        (OTHER_BRIN, "c.vogel@kanarie.example"),
        (DOCTYPE, "c.vogel@kanarie.example"),
        ("<EDEX>\n<school>", "c.vogel@kanarie.example"),
        (GOOD, "c.vogel@elders.example"),
    ],
    ids=["good", "held", "doctype", "cut off", "stranger"],
)
def test_nothing_of_who_mailed_or_of_a_pupil_is_shown(rule: Rule, attached: str, sender: str):
    rule.school.configure(administratie="somtoday", mail_from="[c.vogel@kanarie.example]")
    pupil = leerling("sleutel-88", "kanarie77", eck_id(0xC0FFEE), "<achternaam>Vogelaar</achternaam><bsn>999990019</bsn>")
    attached = attached.replace("</leerlingen>", f"{pupil}</leerlingen>").replace("\n<school>", f"\n<!-- {pupil} -->\n<school>")
    content = mail(("edexml.xml", attached), sender=sender, confirmed=sender, subject="demo-college van Vogelaar")

    for ran in (rule.pipe_into_process(content, "-v"), rule.pipe(content, "--json")):
        shown = ran.stdout + ran.stderr + (rule.note if rule.quarantine else "")
        assert "demo-college" in shown
        assert [canary for canary in ("sleutel-88", "kanarie77", "c0ffee", "Vogelaar", "999990019", "c.vogel") if canary in shown] == []


# --- never lost ------------------------------------------------------------------------------------------------------


def test_a_mail_that_comes_while_the_school_is_busy_waits_in_quarantine(rule: Rule):
    content = mail(("edexml.xml", GOOD))
    lock = rule.school.put(".cito-numo/lock", "process 1, since 2026-11-25T03:00:00+01:00")
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ran = rule.pipe(content)

    assert (ran.exit_code, rule.keys, rule.kept.read_bytes()) == (75, {}, content)
    assert "since 2026-11-25T03:00:00" in ran.stderr
    assert (rule.pipe(content).exit_code, rule.keys, rule.quarantine) == (0, IN, [])


MOMENTS = {
    "when the mail lies in quarantine": "quarantine.put = afterwards(quarantine.put)",
    "before the ledger is written": "ledger.Ledger.import_keys = die",
    "while the ledger is written": "ledger.Ledger._keep_accepted = die",
    "after the ledger was written": "ledger.Ledger.import_keys = afterwards(ledger.Ledger.import_keys)",
    "before the mail is let go": "quarantine.release = die",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_mail_is_not_lost_whenever_the_power_fails(rule: Rule, moment: str):
    content = mail(("edexml.xml", GOOD))

    ran = rule.pipe_into_process(content, command=[sys.executable, "-c", KILLED.format(moment=MOMENTS[moment])])

    assert ran.exit_code == -signal.SIGKILL
    assert rule.kept.read_bytes() == content
    assert rule.keys in ({}, IN)
    again = rule.pipe(content)
    assert (again.exit_code, again.stderr, rule.keys, rule.quarantine) == (0, "", IN, [])


def test_a_mail_of_which_only_a_part_was_written_is_written_whole_when_it_comes_again(rule: Rule):
    content = mail(("edexml.xml", GOOD), confirmed=None)
    killed = rule.pipe_into_process(content, command=[sys.executable, "-c", KILLED.format(moment="delivery.os.fsync = die")])
    assert killed.exit_code == -signal.SIGKILL

    assert rule.pipe(content).exit_code == 4
    assert (rule.kept.read_bytes(), len(rule.quarantine)) == (content, 2)


def test_a_command_that_is_killed_while_it_reads_leaves_the_mail_in_quarantine_and_the_school_free(rule: Rule):
    content = mail(("edexml.xml", GOOD))

    killed = rule.pipe_into_process(content, command=[sys.executable, "-c", KILLED.format(moment="intake.workspace_secret = die")])

    assert (killed.exit_code, rule.kept.read_bytes(), rule.keys) == (-signal.SIGKILL, content, {})
    assert rule.by_hand(str(rule.kept), "--school", "demo-college").exit_code == 0
    assert (rule.keys, rule.quarantine) == (IN, [])


def test_a_mail_is_on_the_disk_before_anything_is_done_with_it(rule: Rule, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    fsync, read_mail = os.fsync, unpacking.read_mail

    def watched_fsync(descriptor: int) -> None:
        told.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def watched_read(data: bytes, name: str) -> Mail:
        told.append("read")
        return read_mail(data, name)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(unpacking, "read_mail", watched_read)

    assert rule.pipe(mail(("edexml.xml", GOOD))).exit_code == 0

    before = told[: told.index("read")]
    assert before[-1] == "quarantine"
    assert [name for name in before if name.endswith(".part")]


@pytest.mark.parametrize("name", ["tweede.zip", "tweede.7z"])
def test_a_mail_of_which_a_part_cannot_be_opened_stays_in_quarantine(rule: Rule, name: str):
    content = locked(zipped(("edexml.xml", GOOD))) if name.endswith(".zip") else b"7z\xbc\xaf\x27\x1c"

    ran = rule.pipe(mail(("edexml.xml", GOOD), (name, content)))

    assert (ran.exit_code, rule.keys) == (3, IN)
    assert name in rule.note


def test_a_mail_that_came_before_the_key_table_was_replaced_brings_nothing_back(rule: Rule):
    first = mail(("edexml.xml", document(leerling("k1", "0012"), leerling("k2", "0013"), leerling("k9", "0019"))))
    rule.pipe(first)
    path = rule.workspace.folder / "goed.xml"
    path.write_text(GOOD)
    rule.by_hand(str(path), "--school", "demo-college", "--replace")

    again = rule.pipe(first)

    assert (again.exit_code, rule.keys) == (0, IN)


def test_of_several_mails_in_quarantine_those_that_were_taken_in_are_let_go(rule: Rule):
    rule.pipe(mail(("edexml.xml", GOOD), confirmed=None))
    rule.pipe(mail(("edexml.7z", b"7z\xbc\xaf\x27\x1c")))
    assert len(rule.quarantine) == 4

    ran = rule.by_hand(*(str(rule.workspace.folder / "quarantine" / name) for name in rule.quarantine), "--school", "demo-college")

    assert (ran.exit_code, rule.keys, len(rule.quarantine)) == (3, IN, 2)


def test_no_command_is_told_for_a_mail_that_nobody_can_take_in(rule: Rule):
    ran = rule.pipe(mail(("edexml.7z", b"7z\xbc\xaf\x27\x1c")))

    assert "To take it in" not in ran.stderr + rule.note
    assert "it lies in quarantine" in ran.stderr


def test_a_mail_rule_with_replace_empties_nothing_when_an_old_mail_comes_again(rule: Rule):
    (rule.school.folder / "inbox/numo/numo.csv").unlink()
    first = mail(("edexml.xml", GOOD))
    rule.pipe(first)
    path = rule.workspace.folder / "goed.xml"
    path.write_text(document(leerling("k1", "0012"), leerling("k2", "0013"), leerling("k3", "0014")))
    rule.by_hand(str(path), "--school", "demo-college", "--replace")

    rule.pipe(first, "--replace")

    assert len(rule.keys) == 3
