"""State that cannot lie: whatever a night depends on makes it be worked out again when it changes, and the end is as from the start."""

import grp
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from conftest import DAY, EXPORT_HEADER, SchoolFolder, WorkspaceFolder, eck_id, leerling, row
from edexml_for_tests import document
from pydantic import BaseModel

from cito_numo import delivery, files, groundwork, inbox, privacy
from cito_numo.cli import run
from cito_numo.config import SchoolConfig, Settings
from cito_numo.ledger import Ledger, ledger_path, open_ledger

PUPILS = [f"00{number}" for number in range(12, 18)]
OWN_LAYOUT = """\
name: eigen
title: Own export
shape: long
columns:
  leerlingnummer: [Nr]
  toets: [Toets]
  toetsniveau: [Van toets]
  onderdeel: [Wat]
  afnamedatum: [Wanneer]
  functioneringsniveau: [Uitslag]
niveaus:
  "goed": havo
"""
OWN_EXPORT = "Nr;Toets;Van toets;Wat;Wanneer;Uitslag\r\n0016;T1;havo;Rekenen;06-10-2026;goed\r\n"
LEERLIJNEN = "rekenen:\n  rekenen-wiskunde: [Rekenen-Wiskunde, Rekenen]\nnederlands:\n  taalverzorging: []\n"
GROUP = grp.getgrgid(os.getgid()).gr_name


# --- a school, and how it ends ---------------------------------------------------------------------------------------


def filled(workspace: WorkspaceFolder) -> SchoolFolder:
    """A school whose first night delivers, holds back, and joins two results with nobody."""
    return fill(only_school(workspace))


def fill(school: SchoolFolder) -> SchoolFolder:
    """Put its files there."""
    school.numo(*(f"{number};{eck_id(int(number))};2A" for number in PUPILS[:5]), f"{PUPILS[5]};;2A")
    own_rows = (row(PUPILS[0], eck_id(12)), row(PUPILS[1], fn="vwo"), row(PUPILS[2], onderdeel="Taalverzorging", fn="vmbo-kb"))
    of_eck_ids = (row("", eck_id(15)), row("", eck_id(17)))
    school.cito(*own_rows, *of_eck_ids, row("0099"), row(PUPILS[3], onderdeel="Taalverzorging"))
    return school


def known_keys(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """The EDEXML lies there too."""
    school.edexml(*(leerling(f"k{number}", number, eck_id(int(number))) for number in PUPILS))


def document_of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  whatever YAML holds
    """A school.yaml as plain data."""
    usual = {"name": "Demo College", "brin": "99XX", "active_from": "2026-09-01", "administratie": "magister", "terugstuuroptie": "0"}
    return {**usual, **changes}


def with_leaf(document: Mapping[str, Any], leaf: str, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """The document with another value at a dotted place; None leaves it out."""
    key, _dot, rest = leaf.partition(".")
    changed = dict(document)
    below = with_leaf(changed.get(key) or {}, rest, value) if rest else value
    changed.pop(key, None)
    return changed if below is None else {**changed, key: below}


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    """Write a YAML file, all of it text, in an order of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False, default_flow_style=None), "utf-8")


def night(workspace: WorkspaceFolder, *arguments: str, day: str = DAY) -> dict[str, Any]:
    """What `sync --json` says of the only school."""
    told: dict[str, Any] = workspace.sync_json(*arguments, day=day).school
    return told


def is_idle(told: Mapping[str, Any]) -> bool:
    """Whether nothing was read."""
    return (told["status"], told["counts"]) == ("nothing_new", {})


def only_school(workspace: WorkspaceFolder) -> SchoolFolder:
    return SchoolFolder(workspace.folder / "schools/demo-college")


def delivered_and_idle(workspace: WorkspaceFolder, day: str = DAY) -> None:
    """A night that delivers, and one that reads nothing."""
    first = night(workspace, day=day)
    assert (first["status"], first["exit_code"]) == ("delivered", 3)
    assert is_idle(night(workspace, day=day))


def end_of(school: SchoolFolder) -> dict[str, Any]:
    """What is in force, whatever its revisie and run; what the school reads; and what a person is told."""
    manifest = school.manifest
    with open_ledger(ledger_path(school.folder), read_only=True) as ledger:
        plans = ledger.leerplannen().drop(columns="revisie")
        onderdelen = ledger.onderdelen().drop(columns="volgorde")
    in_force = plans["status"] != "ingetrokken"
    return {
        "plans": plans[in_force].to_dict("records"),
        "onderdelen": onderdelen.to_dict("records"),
        "report": (school.folder / "report/niet-geleverd.csv").read_bytes(),
        "told": [manifest["exit_code"], manifest["messages"], manifest["match"]],
    }


Make = Callable[[str], WorkspaceFolder]


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Make:
    """Makes workspaces beside each other."""

    def workspace(name: str) -> WorkspaceFolder:
        (tmp_path / name).mkdir()
        return WorkspaceFolder(tmp_path / name, capsys)

    return workspace


# --- every key of the configuration ----------------------------------------------------------------------------------


def leaves(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """The dotted name of every key of a model that holds no keys itself."""
    for name, of_model in model.model_fields.items():
        annotation = of_model.annotation
        within = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, BaseModel)]
        if within:
            for each in within:
                yield from leaves(each, f"{before}{name}.")
        else:
            yield f"{before}{name}"


SAMPLES: Mapping[str, tuple[Any, Any]] = {
    "match_on": (["leerlingnummer"], ["leerlingnummer", "eck_id"]),
    "trust_leerlingnummer": (None, "true"),
    "processing": (None, "automatic"),
    "language": ("en", None),
    "retention": (None, "18 months"),
    "outbox_group": (None, GROUP),
    "mail_from": (None, ["beheer@demo-college.example"]),
    "edexml.leerlingnummer": (None, "gebruikersnaam"),
    "edexml.cito_key": (None, "toevoegingen:citokey"),
    "tolerance.unmatched": (None, "0.12"),
    "tolerance.unmatched_hold": (None, "0.9"),
    "tolerance.shrink": (None, "0.9"),
    "csv.separator": (None, ","),
    "csv.encoding": (None, "utf-8"),
    "on_failure": (None, "true"),
    "name": ("Demo College", "Demo Lyceum"),
    "brin": ("99XX", ["99XX", "99XY"]),
    "vestigingen": (None, ["00"]),
    "klantnummer": ("0123456", "1234567"),
    "contact.aanhef": ("Meneer", "Mevrouw"),
    "contact.voornaam": (None, "Voornaam"),
    "contact.achternaam": (None, "Achternaam"),
    "contact.email": (None, "beheer@demo-college.example"),
    "maximum_niveau": ("0", "+2"),
    "signed_up": (None, "2026-08-20"),
    "active_from": ("2026-09-01", "2026-09-02"),
    "leerlingnummers_valid_from": (None, "2024-08-01"),
    "administratie": ("magister", "other"),
    "terugstuuroptie": ("0", "+1"),
}
"""Of each key a value and another one, with which no less is joined or passed on; None is no value."""

OF_SCHOOL = list(leaves(SchoolConfig))
OF_DEFAULTS = list(leaves(Settings))


def test_every_key_has_samples_and_no_other():
    assert sorted(SAMPLES) == sorted(OF_SCHOOL)
    assert set(OF_DEFAULTS) < set(OF_SCHOOL)


@dataclass
class Configured:
    """A workspace in which each key has the first of its samples, or by now the second."""

    folder: Path
    in_defaults: bool
    """Whether the keys that may stand there stand in the defaults of all schools, and not in school.yaml."""
    changed: set[str] = field(default_factory=set)

    def write(self) -> None:
        documents: dict[bool, dict[str, Any]] = {True: {}, False: {}}
        for leaf, samples in SAMPLES.items():
            of_defaults = self.in_defaults and leaf in OF_DEFAULTS
            documents[of_defaults] = with_leaf(documents[of_defaults], leaf, samples[leaf in self.changed])
        write_yaml(self.folder / "cito-numo.yaml", {"defaults": documents[True]})
        write_yaml(self.folder / "schools/demo-college/school.yaml", documents[False])


@pytest.fixture(scope="module")
def of_schools(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """A workspace whose school has every key; the tests of keys share it, and leave it settled."""
    return Configured(tmp_path_factory.mktemp("keys-of-schools"), in_defaults=False)


@pytest.fixture(scope="module")
def of_defaults(tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """The same, with the keys in the defaults."""
    return Configured(tmp_path_factory.mktemp("keys-of-defaults"), in_defaults=True)


def with_next(configured: Configured, workspace: WorkspaceFolder, leaf: str) -> None:
    """Change one key after nights that settled the others: the next night is worked out again, and the one behind it reads nothing."""
    if not (workspace.folder / "schools").exists():
        only_school(workspace).numo(*(f"{number};;2A" for number in PUPILS))
        only_school(workspace).cito(row(PUPILS[0]), row("0099"))
        configured.write()
        delivered_and_idle(workspace)
    configured.write()
    assert is_idle(night(workspace))

    configured.changed.add(leaf)
    configured.write()

    assert not is_idle(night(workspace))
    assert is_idle(night(workspace))


@pytest.mark.parametrize("leaf", OF_SCHOOL)
def test_another_value_of_a_key_of_a_school_makes_the_night_be_worked_out_again(
    of_schools: Configured, capsys: pytest.CaptureFixture[str], leaf: str
):
    with_next(of_schools, WorkspaceFolder(of_schools.folder, capsys), leaf)


@pytest.mark.parametrize("leaf", OF_DEFAULTS)
def test_another_value_of_a_key_of_the_defaults_makes_the_night_be_worked_out_again(
    of_defaults: Configured, capsys: pytest.CaptureFixture[str], leaf: str
):
    with_next(of_defaults, WorkspaceFolder(of_defaults.folder, capsys), leaf)


DECIDES = ("match_on", "processing", "csv.separator", "brin", "terugstuuroptie")
"""Keys that decide what is delivered, or how it is told."""


@pytest.mark.parametrize("changed", [{leaf} for leaf in DECIDES] + [{*SAMPLES}], ids=[*DECIDES, "all at once"])
def test_with_another_value_of_a_key_the_end_is_as_from_the_start(make: Make, changed: set[str]):
    workspace, fresh = make("changed"), make("fresh")
    filled(workspace)
    Configured(workspace.folder, in_defaults=False).write()
    night(workspace)

    for each in (workspace, fresh):
        Configured(each.folder, in_defaults=False, changed=changed).write()
    night(workspace)

    filled(fresh)
    night(fresh)
    assert end_of(only_school(workspace)) == end_of(only_school(fresh))


def test_the_same_values_in_another_layout_do_not(workspace: WorkspaceFolder):
    school = filled(workspace)
    defaults = workspace.folder / "cito-numo.yaml"
    own = school.folder / "school.yaml"
    defaults.write_text("defaults:\n  retention: 18 months\n  tolerance: {unmatched: 0.1, shrink: 0.3}\n")
    own.write_text("name: Demo College\nbrin: 99XX\nactive_from: 2026-09-01\nadministratie: magister\nterugstuuroptie: 0\n")
    delivered_and_idle(workspace)

    defaults.write_text(
        '# of all\ndefaults:\n  "tolerance":\n    shrink: 0.30  # a third\n    unmatched: 0.1\n\n  retention: "18 months"\n'
    )
    own.write_text(
        '{"terugstuuroptie": +0, administratie: "magister",\n active_from: 2026-09-01, brin: [99XX], name: Demo College, csv: }\n'
    )

    assert is_idle(night(workspace))


# --- all else that a night depends on --------------------------------------------------------------------------------

Act = Callable[[WorkspaceFolder, SchoolFolder], None]


def nothing_more(_workspace: WorkspaceFolder, _school: SchoolFolder) -> None:
    """Nothing beside what every school has."""


def leerlijnen(text: str | None) -> Act:
    """The workspace has leerlijnen of its own, or none."""

    def act(workspace: WorkspaceFolder, _school: SchoolFolder) -> None:
        path = workspace.folder / "leerlijnen.yaml"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)

    return act


def layout(text: str | None, name: str = "eigen") -> Act:
    """The workspace has a layout of its own, or none, for an export that lies there."""

    def act(workspace: WorkspaceFolder, school: SchoolFolder) -> None:
        path = workspace.folder / f"layouts/{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)
        export = school.folder / "inbox/cito/own.csv"
        if not export.exists():
            school.put("inbox/cito/own.csv", OWN_EXPORT)

    return act


def numos_list(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """Numo's list has one pupil more."""
    path = school.folder / "inbox/numo/numo.csv"
    path.write_bytes(path.read_bytes() + b"0099;;2A\r\n")
    os.utime(path, (1_790_000_500, 1_790_000_500))


def same_size_and_time(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """The bytes of the export change, and neither its size nor its time does."""
    path = school.folder / "inbox/cito/export.csv"
    before = path.stat()
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.write(content.replace(b";vmbo-kb;", b";vmbo-bb;"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)


def renamed(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """The export has another name."""
    path = school.folder / "inbox/cito/export.csv"
    path.rename(path.with_name("other.csv"))


def another_inode(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """Another file with the same bytes and time takes the place of the export."""
    path = school.folder / "inbox/cito/export.csv"
    copy = path.with_name(".copy")
    shutil.copy2(path, copy)
    copy.replace(path)


def gone(_workspace: WorkspaceFolder, school: SchoolFolder) -> None:
    """The EDEXML is gone; what it said stays known."""
    (school.folder / "inbox/edexml/edexml.xml").unlink()


def imported(workspace: WorkspaceFolder, _school: SchoolFolder) -> None:
    """A person imports an EDEXML."""
    path = workspace.folder / "import.xml"
    path.write_text(document(*(leerling(f"k{number}", number, eck_id(int(number))) for number in PUPILS)))
    ran = workspace.run("edexml", "import", str(path), "--config", str(workspace.folder / "cito-numo.yaml"))
    assert (ran.exit_code, ran.stderr) == (0, "")


def secret(workspace: WorkspaceFolder, _school: SchoolFolder) -> None:
    """The workspace has another secret."""
    path = workspace.folder / ".cito-numo/secret"
    path.unlink(missing_ok=True)
    privacy.make_secret(path)


@dataclass(frozen=True)
class Change:
    """What is done between two nights, and before the first."""

    then: Act
    first: Act = nothing_more
    differs: frozenset[str] = frozenset()
    """In what the end rightly differs from that of a workspace that had it from the start."""


OTHER_LEERLIJNEN = LEERLIJNEN.replace("rekenen:", "wiskunde:", 1)
OTHER_LAYOUT = OWN_LAYOUT.replace('"goed": havo', '"goed": vmbo-kb')
CHANGES = {
    "leerlijnen added": Change(leerlijnen(OTHER_LEERLIJNEN)),
    "leerlijnen changed": Change(leerlijnen(OTHER_LEERLIJNEN), first=leerlijnen(LEERLIJNEN)),
    "leerlijnen removed": Change(leerlijnen(None), first=leerlijnen(OTHER_LEERLIJNEN)),
    "layout added": Change(layout(OWN_LAYOUT), first=layout(None)),
    "layout changed": Change(layout(OTHER_LAYOUT), first=layout(OWN_LAYOUT)),
    # What was delivered stays in force, though nobody could read it any more.
    "layout removed": Change(layout(None), first=layout(OWN_LAYOUT), differs=frozenset({"plans", "onderdelen"})),
    "Numo's list changed": Change(numos_list),
    "export changed at the same size and time": Change(same_size_and_time),
    "export renamed": Change(renamed),
    "export on another inode": Change(another_inode),
    # The key table keeps what it said: results are still compared with it.
    "EDEXML gone": Change(gone, first=known_keys, differs=frozenset({"plans", "onderdelen", "report", "told"})),
    "EDEXML added": Change(known_keys),
    "EDEXML imported": Change(imported),
    "secret changed": Change(secret),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_makes_the_night_be_worked_out_again_and_the_end_is_as_from_the_start(make: Make, change: Change):
    workspace, fresh = make("changed"), make("fresh")
    school = filled(workspace)
    write_yaml(school.folder / "school.yaml", document_of())
    change.first(workspace, school)
    assert night(workspace)["status"] == "delivered"
    assert is_idle(night(workspace))

    change.then(workspace, school)

    assert not is_idle(night(workspace))
    assert is_idle(night(workspace))
    from_start = filled(fresh)
    write_yaml(from_start.folder / "school.yaml", document_of())
    change.first(fresh, from_start)
    change.then(fresh, from_start)
    night(fresh)
    ends = end_of(school), end_of(from_start)
    assert {name for name in ends[0] if ends[0][name] != ends[1][name]} == change.differs


def test_another_version_works_the_night_out_again_and_ends_the_same(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch):
    school = filled(workspace)
    write_yaml(school.folder / "school.yaml", document_of())
    delivered_and_idle(workspace)
    before = end_of(school)
    monkeypatch.setattr(groundwork, "__version__", "99")

    assert not is_idle(night(workspace))
    assert is_idle(night(workspace))
    assert end_of(school) == before


def test_a_day_in_another_schooljaar_works_the_night_out_again_and_leaves_in_force_what_is(make: Make):
    workspace, fresh = make("changed"), make("fresh")
    for each in (workspace, fresh):
        write_yaml(filled(each).folder / "school.yaml", document_of())
    delivered_and_idle(workspace, day="2027-07-30")
    in_force = end_of(only_school(workspace))
    assert is_idle(night(workspace, day="2027-07-31"))

    assert not is_idle(night(workspace, day="2027-08-01"))

    assert is_idle(night(workspace, day="2027-08-01"))
    night(fresh, day="2027-08-01")
    ends = end_of(only_school(workspace)), end_of(only_school(fresh))
    assert ends[0]["report"] == ends[1]["report"]
    assert ends[0]["told"] == ends[1]["told"]
    assert [ends[0][name] for name in ("plans", "onderdelen")] == [in_force[name] for name in ("plans", "onderdelen")]


# --- nights that failed ----------------------------------------------------------------------------------------------


def disk_full(*_arguments: object, **_options: object) -> None:
    raise OSError(28, "No space left on device")


MOMENTS: Mapping[str, tuple[object, str]] = {
    f"{getattr(where, '__name__', where)}.{name}": (where, name)
    for where, name in (
        (groundwork, "read"),
        (groundwork, "workspace_secret"),
        (delivery, "build"),
        (delivery, "publish"),
        (files, "write_whole"),
        (delivery, "sync_folder"),
        (Ledger, "remember_files"),
        (Ledger, "remember_keys"),
        (Ledger, "begin"),
        (Ledger, "mark"),
        (Ledger, "remember_night"),
    )
}


FAILED = (3, 65, 74)
"""A person has to look, in any case."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The end of a night in which nothing goes wrong."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_yaml(folder / "cito-numo.yaml", {"defaults": {}})
    school = fill(SchoolFolder(folder / "schools/demo-college"))
    school.edexml(*(leerling(f"k{number}", number, eck_id(int(number))) for number in PUPILS))
    write_yaml(school.folder / "school.yaml", document_of())
    assert run(["sync", "--config", str(folder / "cito-numo.yaml"), "--date", DAY]) in (0, 3)
    return end_of(school)


@pytest.mark.parametrize(("where", "name"), MOMENTS.values(), ids=MOMENTS)
def test_a_night_that_the_disk_failed_is_tried_again_though_nothing_changed(
    workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch, undisturbed: Mapping[str, Any], where: object, name: str
):
    write_yaml(filled(workspace).folder / "school.yaml", document_of())
    known_keys(workspace, only_school(workspace))
    with monkeypatch.context() as full:
        full.setattr(where, name, disk_full)
        assert night(workspace)["exit_code"] in FAILED

    assert not is_idle(night(workspace))

    assert is_idle(night(workspace))
    assert len(only_school(workspace).runs) == 1
    assert end_of(only_school(workspace)) == undisturbed
    assert [entry.name for entry in (only_school(workspace).folder / "outbox").iterdir() if entry.name.startswith(".")] == []


def test_a_night_of_which_all_files_were_unusable_is_tried_again_though_nothing_changed(
    workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
):
    school = filled(workspace)
    write_yaml(school.folder / "school.yaml", document_of())

    def stumbles(*_arguments: object, **_options: object) -> None:
        raise ValueError

    with monkeypatch.context() as trouble:
        trouble.setattr("cito_numo.corridor.read_export", stumbles)
        assert [night(workspace)["exit_code"] for _night in range(2)] == [65, 65]
        assert school.manifest["status"] == "failed"

    assert night(workspace)["status"] == "delivered"


@pytest.mark.parametrize("name", ["inbox/cito/later.csv", "inbox/numo/later.csv", "inbox/edexml/later.xml"])
def test_a_file_that_still_changes_waits_and_counts_once_it_is_whole(make: Make, monkeypatch: pytest.MonkeyPatch, name: str):
    workspace, fresh = make("changing"), make("fresh")
    contents = {
        "inbox/cito/later.csv": f"{EXPORT_HEADER}\r\n{row(PUPILS[4], fn='vmbo-kb')}\r\n",
        "inbox/numo/later.csv": "gebruikersnaam;eck_id;klas\r\n"
        + "".join(f"{number};{eck_id(int(number))};2B\r\n" for number in (*PUPILS, "0099")),
        "inbox/edexml/later.xml": document(*(leerling(f"k{number}", number, eck_id(int(number))) for number in PUPILS)),
    }
    school, from_start = filled(workspace), filled(fresh)
    for each in (school, from_start):
        write_yaml(each.folder / "school.yaml", document_of())
    delivered_and_idle(workspace)
    settled = end_of(school)
    changing = school.put(name, contents[name][:-9])
    os.utime(changing)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(time, "sleep", lambda _seconds: changing.write_text(contents[name][:-2]) and None)
        told = night(workspace)
    assert (told["exit_code"], "still being written" in told["message"]) == (3, True)
    in_between = end_of(school)
    assert [in_between[part] for part in ("plans", "onderdelen", "report")] == [settled[part] for part in ("plans", "onderdelen", "report")]

    school.put(name, contents[name])

    assert not is_idle(night(workspace))
    assert is_idle(night(workspace))
    from_start.put(name, contents[name])
    night(fresh)
    ends = end_of(school), end_of(from_start)
    if "numo" in name:  # another klas alone delivers nothing: a leerplan keeps the klas that it was delivered with
        for end in ends:
            end["plans"] = [{**plan, "klas": ""} for plan in end["plans"]]
    assert ends[0] == ends[1]


WAYS = ("a link to nowhere", "a pipe", "still written", "a disk error")


@dataclass
class Trouble:
    """Lets one file of the inbox be there, but not be read."""

    monkeypatch: pytest.MonkeyPatch

    def make(self, path: Path, how: str) -> None:
        content, read = path.read_text(), inbox.read
        if how in ("a link to nowhere", "a pipe"):
            path.unlink()
        if how == "a link to nowhere":
            path.symlink_to("nowhere.csv")
        elif how == "a pipe":
            os.mkfifo(path)
            os.utime(path, (1_790_000_000, 1_790_000_000))
        elif how == "still written":
            os.utime(path)
            self.monkeypatch.setattr(time, "sleep", lambda _seconds: path.write_text(f"{content}\r\n") and None)
        else:

            def fails(file: inbox.InboxFile) -> inbox.Content:
                if file.path == path:
                    raise OSError(5, "Input/output error")
                return read(file)

            self.monkeypatch.setattr(groundwork, "read", fails)


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return Trouble(monkeypatch)


@pytest.mark.parametrize("how", WAYS)
def test_an_export_that_cannot_be_read_is_told_and_the_night_is_tried_again(workspace: WorkspaceFolder, trouble: Trouble, how: str):
    school = workspace.school()
    school.numo("0012;;2A")
    trouble.make(school.cito(row("0012")), how)

    for _night in range(2):
        told = night(workspace)
        assert (told["status"] in ("waiting", "nothing_new", "failed"), "export.csv" in told["message"]) == (True, True)
    assert school.runs == []


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("instead", ["Cito's numbers on trust", "the pupils of the EDEXML"])
def test_a_list_of_numo_that_cannot_be_read_is_not_taken_for_none(workspace: WorkspaceFolder, trouble: Trouble, instead: str, how: str):
    school = workspace.school(trust_leerlingnummer="true" if instead == "Cito's numbers on trust" else None)
    if instead == "the pupils of the EDEXML":
        school.edexml(leerling("k1", "0012"), leerling("k2", "0099"))
    school.cito(row("0012"), row("0099"))
    trouble.make(school.numo("0012;;2A"), how)

    told = night(workspace)

    assert told["exit_code"] != 0
    assert "0099" not in [plan["gebruikersnaam"] for run in range(len(school.runs)) for plan in school.delivered(run)["leerplannen"]]


# --- runs that were taken --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("taken", "idle"), [({0}, True), ({1}, True), ({1}, False), ({0, 1}, True), ({0, 1}, False)], ids=str)
def test_runs_that_are_gone_from_the_outbox_were_taken_and_latest_moves_on(workspace: WorkspaceFolder, taken: set[int], *, idle: bool):
    school = workspace.school()
    school.numo(*(f"{number};;2A" for number in PUPILS))
    for number in PUPILS[:2]:
        school.cito(row(number), name=f"{number}.csv")
        assert night(workspace)["status"] == "delivered"
    runs = school.runs
    for place in taken:
        shutil.rmtree(runs[place])
    left = [each for place, each in enumerate(runs) if place not in taken]
    if not idle:
        school.cito(row(PUPILS[0]), name="again.csv")

    told = night(workspace)

    assert (told["status"], told["run_id"], is_idle(told)) == ("nothing_new", None, idle)
    assert school.runs == left
    latest = school.folder / "outbox/latest"
    assert latest.is_symlink() == bool(left)
    assert not left or latest.resolve() == left[-1]
    school.cito(row(PUPILS[3]), name="newest.csv")
    assert night(workspace)["run_id"] > runs[-1].name
    assert [plan["gebruikersnaam"] for plan in school.delivered()["leerplannen"]] == [PUPILS[3]]
    assert latest.resolve() == school.runs[-1]
