"""Files that nobody should send: none stops the night, harms another school, fills the memory, or says what it should not.

`CITO_NUMO_PROVE=1` runs all of them; without it a sample that is the same each time.
"""

import contextlib
import csv
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from attack import NAME, NUMBER, PUPILS, Attack, Where, good_edexml, good_export, numo
from attacks import all_attacks
from conftest import DAY, Ran, SchoolFolder, closes, row
from limits import run_in_little_memory, within
from mails import MAIL_HOST, SENDER
from proving import PROVE

from cito_numo.cli import run

AT_ONCE = 12
"""Attacked schools in one workspace."""
EVERY, EVERY_HEAVY = 50, 100
"""Of attacks of a place, which are tried in the normal suite."""
ALWAYS = {
    "cito: xlsx with a far cell in a sheet called otherwise",
    "cito: xlsx with a far cell that only one of two directories has",
    "cito: ods with a sheet under another name",
    "cito: a file of 64 gigabytes called export.csv",
    "folder: school called no utf-8",
    "folder: school called escape",
}
"""What is tried each time: each of these once stopped a night."""
SECONDS, MEGABYTES = 20, 1000
EXIT_CODES = {0, 2, 3, 4, 65, 74, 78}
HEALTHY = "gezond-college"
ATTACKED = "aangevallen-college"
WRITES = {"outbox", "report", ".cito-numo"}
FORMULA, PLAIN_NUMBER = re.compile(r"[=+\-@\t\r]"), re.compile(r"[+-]?\d+([.,]\d+)?")
HELD = {"hold-unmatched", "hold-shrink", "hold-scattered", "hold-keys-moved", "hold-keys-renewed", "hold-brin", "hold-cover"}
"""What says that nothing is delivered until a person agrees."""
ALL_OF_IT = """
import os, signal
from cito_numo import arrivals, cli, corridor, delivery, inspection, intake, layouts, outputs, sync
from cito_numo.cli import run
import lxml.etree, olefile, pandas, pyarrow.csv, python_calamine
signal.alarm(100)
mail, *arguments = sys.argv[1:]
if mail:
    sys.stdin = open(mail)
take_no_more_than(%d)
exit_code = run(arguments)
sys.stderr.flush()
os.dup2(1, 2)
print(f"exit code {int(exit_code)}, seconds {sum(os.times()[:4]):.0f}")
"""


def chosen(places: Sequence[Where], *, heavy: bool = False) -> list[Attack]:
    """The attacks of these places that are tried."""
    attacks = [attack for attack in all_attacks() if attack.where in places and attack.heavy == heavy]
    every = EVERY_HEAVY if heavy else EVERY
    return [attack for place, attack in enumerate(attacks) if PROVE or place % every == 0 or attack.name in ALWAYS]


def batches(attacks: Sequence[Attack], size: int = AT_ONCE) -> list[list[Attack]]:
    return [list(attacks[start : start + size]) for start in range(0, len(attacks), size)]


def ran(*arguments: str, piped: bytes = b"") -> Ran:
    """The command run with what is piped in, in this process; what it may not take is a failure of the test."""
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(piped))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), within(SECONDS):
            exit_code = run(arguments)
    finally:
        sys.stdin = before
    return Ran(exit_code, out.getvalue(), err.getvalue())


class Besieged:
    """A workspace with one healthy school, and schools that are attacked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "werk"
        (root / "elders").mkdir()
        (root / "elders/kanarie.txt").write_text("piep")
        self.folder.mkdir()
        (self.folder / "cito-numo.yaml").write_text(f"mail_host: {MAIL_HOST}\ndefaults: {{}}\n")
        self.healthy = self.school(HEALTHY, Where.CITO)
        self.healthy.cito(row("0099"), row("0011", toets="T0", fn="vwo"), name="ook.csv")
        self._before: dict[Path, set[str]] = {}

    def school(self, korte_naam: str, where: Where) -> SchoolFolder:
        """A school whose files are all good: a Somtoday school where what is attacked are its keys."""
        by_key = where in (Where.EDEXML, Where.MAIL)
        school = SchoolFolder(self.folder / "schools" / korte_naam)
        school.configure(administratie="somtoday" if by_key else "magister", mail_from=f"[{SENDER}]")
        school.put("inbox/numo/goed.csv", numo())
        school.put("inbox/cito/goed.csv", good_export(repr(korte_naam), by_key=by_key))
        if by_key:
            school.put("inbox/edexml/goed.xml", good_edexml())
        return school

    def attack(self, attack: Attack, korte_naam: str) -> Path:
        """Lay an attack where it belongs; its path."""
        if attack.where is Where.FOLDER:
            school = self.school(os.fsdecode(attack.file), Where.CITO)
            return school.folder
        if attack.where in (Where.CONFIG, Where.LEERLIJNEN, Where.LAYOUT):
            self.school(korte_naam, Where.CITO)
            folder = self.folder
        else:
            folder = self.school(korte_naam, attack.where).folder
            folder = folder if attack.where is Where.SCHOOL else folder / attack.where
        path = folder / os.fsdecode(attack.file)
        if attack.where in (Where.SCHOOL, Where.CONFIG) and path.exists():
            path.rename(self.root / "elders" / f"{korte_naam}-{path.name}")
        attack.lies_in(folder)
        with contextlib.suppress(OSError):
            os.utime(path, (1_790_000_100,) * 2, follow_symlinks=False)
        return path

    def remember(self) -> None:
        """Look where everything lies."""
        self._before = {folder: {path.name for path in folder.iterdir()} for folder in self._folders()}

    def _folders(self) -> Iterator[Path]:
        yield from (self.root, self.root / "elders", self.folder)
        for folder in (self.folder / "schools").iterdir():
            yield folder
            yield from (path for path in folder.glob("inbox/*") if path.is_dir())

    @property
    def astray(self) -> list[str]:
        """What was written where nothing may be, or is gone."""
        wrong = []
        for folder, before in self._before.items():
            changed = {path.name for path in folder.iterdir()} ^ before
            allowed = WRITES if folder.parent.name == "schools" else {".cito-numo", "quarantine"} if folder == self.folder else set()
            wrong += [f"{name!r} in {folder.name!r}" for name in changed - allowed]
        if (self.root / "elders/kanarie.txt").read_text() != "piep":
            wrong.append("the canary")
        return wrong + [path.name for path in Path(tempfile.gettempdir()).glob("aanval*")]

    def sync(self) -> Ran:
        return ran(*self.arguments("sync", "--date", DAY, "--verbose"))

    def arguments(self, *words: str) -> list[str]:
        return [*words, "--config", str(self.folder / "cito-numo.yaml")]


def what_it_left(school: SchoolFolder) -> dict[str, bytes]:
    """All that a school got from a night, but when that was."""
    manifest = {key: school.manifest[key] for key in ("status", "counts", "match", "inputs", "outputs", "exit_code")}
    left = {"manifest": json.dumps(manifest).encode(), "niet-geleverd": (school.folder / "report/niet-geleverd.csv").read_bytes()}
    for run_folder in school.runs:
        left |= {path.name: path.read_bytes() for path in run_folder.iterdir() if path.name != "manifest.json"}
    return left


@pytest.fixture(scope="module")
def as_always(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the healthy school gets where nobody is attacked."""
    peaceful = Besieged(tmp_path_factory.mktemp("vrede"))
    assert peaceful.sync().exit_code == 0
    left = what_it_left(peaceful.healthy)
    assert {"leerplannen.json", "leerplannen.csv"} < left.keys()
    return left


@pytest.fixture
def besieged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Besieged:
    siege = Besieged(tmp_path)
    monkeypatch.chdir(tmp_path / "elders")
    return siege


def wrong_in_what_was_said(done: Ran) -> list[str]:
    """What a command should not have said, or how it should not have ended."""
    said = done.stdout + done.stderr
    odd = sorted({letter for letter in said if letter != "\n" and not letter.isprintable()})
    wrong = [f"printed {odd}"] if odd else []
    wrong += [f"exit code {done.exit_code}"] if done.exit_code not in EXIT_CODES else []
    lines = [line for line in said.splitlines() if "Something went wrong inside" in line or "Traceback" in line]
    return wrong + lines + [f"said {text}" for text in (NAME, NUMBER, "ketenid.nl") if text in said]


def cells_of(text: str, separator: str) -> list[str]:
    """All cells of a CSV, however long."""
    before = csv.field_size_limit(1 << 30)
    try:
        return [cell for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in cells]
    finally:
        csv.field_size_limit(before)


def wrong_in_tables(folder: Path) -> list[str]:
    """Cells in the CSV files of a school that a spreadsheet would run, or that hold an ECK iD."""
    wrong = []
    for path in [*folder.glob("outbox/2*/leerplannen.csv"), *folder.glob("report/niet-geleverd.csv")]:
        content = path.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
        separator = re.sub(r"^\w+", "", text)[:1]
        cells = cells_of(text, separator)
        wrong += [f"{path.name}: {cell!r}" for cell in cells if FORMULA.match(cell) and not PLAIN_NUMBER.fullmatch(cell)]
        wrong += [f"{path.name} holds an ECK iD"] if "ketenid.nl" in text.casefold() else []
    return wrong


def wrong_at_school(folder: Path, where: Where) -> list[str]:
    """What should not have come of a night at a school that was attacked."""
    wrong = wrong_in_tables(folder)
    if not (folder / "report/manifest.json").is_file():
        return wrong if where in (Where.SCHOOL, Where.FOLDER) else [*wrong, "no manifest"]
    text = (folder / "report/manifest.json").read_text("utf-8")
    manifest = json.loads(text) if text.startswith("{") else {"messages": [], "counts": {}, "exit_code": 0}
    codes = {message["code"] for message in manifest["messages"]}
    wrong += [message["message"] for message in manifest["messages"] if message["code"] in ("bug", "file-stumbled", "count-open")]
    wrong += [f"manifest says {word}" for word in (NAME, NUMBER, "ketenid.nl") if word in json.dumps(manifest["messages"])]
    wrong += ["the counts do not close"] if manifest["counts"] and not closes(manifest["counts"]) else []
    wrong += [f"exit code {manifest['exit_code']}"] if manifest["exit_code"] not in EXIT_CODES else []
    if where not in (Where.CITO, Where.NUMO, Where.EDEXML):
        return wrong
    if manifest["counts"].get("read", 0) < len(PUPILS):
        wrong.append(f"good results were lost: {manifest['counts']} {codes}")
    missing = set(PUPILS) - delivered_to(SchoolFolder(folder))
    excused = HELD if where is Where.CITO else {*HELD, "unmatched-many"}
    return [*wrong, f"not delivered to {sorted(missing)}: {codes}"] if missing and not codes & excused else wrong


def delivered_to(school: SchoolFolder) -> set[str]:
    return {plan["gebruikersnaam"] for number in range(len(school.runs)) for plan in school.delivered(number)["leerplannen"]}


def told(wrong: dict[str, list[str]]) -> str:
    """What went wrong, a line for each attack."""
    return "\n".join(f"{name}: {'; '.join(found)[:1000]}" for name, found in wrong.items())


def wrong_at_home(besieged: Besieged, as_always: dict[str, bytes]) -> list[str]:
    """What the healthy school got otherwise than always, and what was written elsewhere."""
    if not (besieged.healthy.folder / "report/manifest.json").exists():
        return ["the healthy school got nothing", *besieged.astray]
    left = what_it_left(besieged.healthy)
    return [f"the healthy school: {name}" for name in as_always if left.get(name) != as_always[name]] + besieged.astray


@pytest.mark.parametrize("place", [Where.CITO, Where.NUMO, Where.EDEXML, Where.SCHOOL, Where.FOLDER])
def test_an_attack_on_a_school_stops_nobody_and_loses_nothing(
    place: Where, tmp_path: Path, as_always: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
):
    wrong: dict[str, list[str]] = {}
    for number, batch in enumerate(batches(chosen([place]))):
        root = tmp_path / str(number)
        root.mkdir()
        besieged = Besieged(root)
        monkeypatch.chdir(root / "elders")
        laid = {attack.name: besieged.attack(attack, f"aangevallen-{turn}") for turn, attack in enumerate(batch, 1)}
        besieged.remember()
        night = besieged.sync()
        together = wrong_in_what_was_said(night) + wrong_at_home(besieged, as_always)
        if together:
            wrong[f"{batch[0].name} … {batch[-1].name}"] = together
        for turn, attack in enumerate(batch, 1):
            path = laid[attack.name]
            folder = path if place is Where.FOLDER else besieged.folder / "schools" / f"aangevallen-{turn}"
            found = wrong_at_school(folder, place)
            if place in (Where.CITO, Where.EDEXML):
                words = ["layouts", "draft"] if place is Where.CITO else ["edexml", "check"]
                found += wrong_in_what_was_said(ran(*besieged.arguments(*words, "--", str(path))))
            if found:
                wrong[attack.name] = found
    assert not wrong, told(wrong)


@pytest.mark.parametrize("place", [Where.CONFIG, Where.LEERLIJNEN, Where.LAYOUT])
def test_an_attack_on_the_workspace_delivers_all_or_nothing(
    place: Where, tmp_path: Path, as_always: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
):
    wrong: dict[str, list[str]] = {}
    for number, attack in enumerate(chosen([place])):
        root = tmp_path / str(number)
        root.mkdir()
        besieged = Besieged(root)
        monkeypatch.chdir(root / "elders")
        besieged.attack(attack, ATTACKED)
        besieged.remember()
        night = besieged.sync()
        found = wrong_in_what_was_said(night) + besieged.astray
        if not besieged.healthy.runs and not night.exit_code:
            found.append("nothing was delivered, and nothing said")
        if besieged.healthy.runs and place is not Where.LEERLIJNEN:  # other leerlijnen give other leerplannen
            found += wrong_at_home(besieged, as_always)
        for korte_naam in (HEALTHY, ATTACKED):
            found += wrong_at_school(besieged.folder / "schools" / korte_naam, Where.SCHOOL)
        if found:
            wrong[attack.name] = found
    assert not wrong, told(wrong)


def test_an_attack_by_mail_is_taken_in_or_lies_in_quarantine(besieged: Besieged, as_always: dict[str, bytes]):
    besieged.school(ATTACKED, Where.MAIL)
    post = besieged.root / "post"
    post.mkdir()
    besieged.remember()
    assert besieged.sync().exit_code == 0
    wrong: dict[str, list[str]] = {}
    for number, attack in enumerate(chosen([Where.MAIL])):
        content = attack.lies_in(post / str(number)).read_bytes()
        done = ran(*besieged.arguments("edexml", "import", "-"), piped=content)
        found = wrong_in_what_was_said(done)
        kept = [path.read_bytes() for path in (besieged.folder / "quarantine").iterdir() if path.suffix != ".txt"]
        if done.exit_code and content not in kept:
            found.append("the mail is lost")
        found += wrong_in_what_was_said(ran(*besieged.arguments("edexml", "check", "-"), piped=content))
        if found:
            wrong[attack.name] = found
    assert not wrong, told(wrong)
    assert wrong_at_home(besieged, as_always) == []
    besieged.sync()
    assert wrong_at_school(besieged.folder / "schools" / ATTACKED, Where.EDEXML) == []


@pytest.mark.parametrize("attack", chosen(list(Where), heavy=True), ids=lambda attack: attack.name)
def test_what_would_fill_the_memory_or_take_hours_does_not(attack: Attack, besieged: Besieged, as_always: dict[str, bytes]):
    mail = ""
    if attack.where is Where.MAIL:
        besieged.school(ATTACKED, Where.MAIL)
        (besieged.root / "post").mkdir()
        mail = str(attack.lies_in(besieged.root / "post"))
        words = besieged.arguments("edexml", "import", "-")
    else:
        besieged.attack(attack, ATTACKED)
        words = besieged.arguments("sync", "--date", DAY, "--verbose")
    besieged.remember()

    told = run_in_little_memory(ALL_OF_IT % MEGABYTES, mail, *words)

    end = re.search(r"exit code (\d+), seconds (\d+)$", told.strip())
    assert end is not None, told
    assert wrong_in_what_was_said(Ran(int(end[1]), told, "")) == []
    assert int(end[2]) < SECONDS
    if attack.where in (Where.CITO, Where.NUMO, Where.EDEXML, Where.SCHOOL):
        assert wrong_at_home(besieged, as_always) == []
        assert wrong_at_school(besieged.folder / "schools" / ATTACKED, attack.where) == []
    assert besieged.astray == []


def test_there_are_hundreds_of_attacks_each_with_a_name_of_its_own():
    names = [attack.name for attack in all_attacks()]
    assert len(names) >= 300
    assert len(set(names)) == len(names)
    assert {attack.where for attack in all_attacks()} == set(Where)
