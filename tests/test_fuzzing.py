"""Whatever happens to a file on its way, its reader ends with what it read or with a reason of the catalogue.

`CITO_NUMO_PROVE=1` tries many more mutants of each file, and tells how many. A failure tells the number of the mutant: the same again.
"""

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from attack import good_edexml, good_export, numo
from conftest import EXPORT_HEADER, eck_id, leerling, row
from edexml_for_tests import mail
from exports_for_tests import CitoResult, Shape, ods
from fuzzing import OF_MAILS, OF_TABLES, OF_XML, OF_YAML, Mutator
from limits import within
from mails import outlook, zipped
from proving import PROVE
from xlsx_for_tests import xlsx

from cito_numo import errors
from cito_numo.arrivals import read_arrival
from cito_numo.cito import to_results
from cito_numo.config import School, SchoolConfig, Workspace, read_workspace
from cito_numo.corridor import Past, Ready, Rules, open_files, work_out
from cito_numo.drafting import draft_layout
from cito_numo.errors import BUG, COUNT_OPEN, FILE_STUMBLED, CitoNumoError, ErrorKind
from cito_numo.exports import Reader, domeinen_unread, read_export
from cito_numo.inbox import Content, InboxFile
from cito_numo.inspection import Inspector
from cito_numo.layouts import own_layouts, read_layouts
from cito_numo.leerlijnen import read_leerlijnen
from cito_numo.lists import read_list
from cito_numo.mail import doubt_about_sender, school_of
from cito_numo.outputs import leerplannen_csv, leerplannen_json, niet_geleverd_csv
from cito_numo.privacy import Secret
from cito_numo.registration import COLUMNS, REQUIRED, schools_of
from cito_numo.roster import read_roster
from cito_numo.tables import KEY_TABLE, LEERPLANNEN, ONDERDELEN, VERVALLEN, WITHDRAWN, empty
from cito_numo.uitkomst import Uitkomst
from cito_numo.unpacking import Source, open_mail
from cito_numo.yaml_files import load, validate, with_value

MOST, SECONDS_EACH = 20_000, 30
"""Of mutants of each file, where many are tried."""
SECONDS = 10
CATALOGUE = {kind for kind in vars(errors).values() if isinstance(kind, ErrorKind)} - {BUG, COUNT_OPEN, FILE_STUMBLED}
DAY = date(2026, 11, 24)
SECRET = Secret(bytes(32))
LEERLIJNEN = read_leerlijnen(Path(), None)
LAYOUTS = read_layouts({})
READER = Reader(LAYOUTS, LEERLIJNEN, ["99XX"])
CONFIG = SchoolConfig(name="Demo College", brin=["99XX"], administratie="magister", terugstuuroptie=0)
SCHOOL = School("demo-college", Path(), CONFIG)
KNOWN = [f"00{number}" for number in range(11, 23)]

Read = Callable[[bytes, Path], object]
RESULTS = [
    CitoResult("0011", eck_id(1), "k0011", domeinen={"getallen": "havo", "verbanden": "vmbo-gt"}),
    CitoResult("0012", functioneringsniveau="vwo"),
    CitoResult("0013", toets="T2", onderdeel="taalverzorging", toetsniveau="vmbo-gt"),
    CitoResult("0014", functioneringsniveau="vmbo-gt/havo"),
]


class Sample(NamedTuple):
    """A small file that is right, what reads it, the words that files of its kind are made of, and how many mutants of it are tried."""

    name: str
    content: bytes
    read: Read
    words: tuple[str, ...] = ()
    mutants: int = 100


def _export(name: str) -> Read:
    def read(content: bytes, _folder: Path) -> object:
        exports = read_export(content, name, READER)
        domeinen_unread(exports)
        results = to_results([(1, export) for export in exports], LEERLIJNEN, SECRET, DAY)
        assert len(results) == sum(export.cells.num_rows for export in exports)
        assert set(results["uitkomst"].dropna()) <= {uitkomst.value for uitkomst in Uitkomst}
        return results

    return read


def _list(name: str) -> Read:
    return lambda content, _folder: read_roster(content, name, SECRET)


def _arrival(name: str) -> Read:
    def read(content: bytes, _folder: Path) -> object:
        source = Source.of(name, content)
        Inspector(SECRET, DAY).check(source)
        post = open_mail(source)
        if post is not None:
            school_of(post.subject, ["demo", "demo-college"], name)
            doubt_about_sender(post, ["beheer@demo-college.example"], "mx.kurve.example", name)
        return read_arrival(source, SECRET, CONFIG, KNOWN)

    return read


def _draft(name: str) -> Read:
    def read(content: bytes, _folder: Path) -> object:
        draft = draft_layout(content, name, LEERLIJNEN)
        assert all(letter.isprintable() or letter == "\n" for letter in draft.text)
        return draft

    return read


def _written(content: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _school_yaml(content: bytes, folder: Path) -> object:
    return validate(SchoolConfig, load(_written(content, folder, "school.yaml")))


def _changed_yaml(content: bytes, folder: Path) -> object:
    document = load(_written(content, folder, "school.yaml"))
    text = content.decode()
    changed = load(document.path, with_value(document, text, "terugstuuroptie", "+2"))
    assert changed.data == {**document.data, "terugstuuroptie": "+2"}
    return changed


def _schools(name: str) -> Read:
    def read(content: bytes, folder: Path) -> object:
        path = _written(content, folder, name)
        rows = read_list(path, COLUMNS, REQUIRED).rows
        return [school.config for school in schools_of(Workspace(folder, [], {}), path, rows, DAY)]

    return read


def _workspace_yaml(content: bytes, folder: Path) -> object:
    (folder / "schools/demo").mkdir(parents=True, exist_ok=True)
    return read_workspace(_written(content, folder, "cito-numo.yaml"))


def _leerlijnen_yaml(content: bytes, folder: Path) -> object:
    return read_leerlijnen(folder, content.decode("utf-8-sig", "replace"))


def _layout_yaml(content: bytes, folder: Path) -> object:
    found = own_layouts({folder / "eigen.yaml": content.decode("utf-8-sig", "replace")})
    for layout in found.values():
        for title in ("T1 rekenen FN", "x" * 300, ""):
            list(layout.wide_meanings(title))
            layout.code(title), layout.onderdeelcode(title), layout.domein(title), layout.niveau(title)
    return found


def _content(name: str, data: bytes) -> Content:
    return Content(InboxFile(Path(name), name, len(data), 1, 1, 1), data)


def _night(content: bytes, _folder: Path) -> object:
    """All steps of a night of a school that takes Numo's list and this export, up to the bytes of the files."""
    ready = Ready([_content("inbox/cito/export.csv", content)], [_content("inbox/numo/lijst.csv", numo())], [], [])
    rules = Rules(LAYOUTS, LEERLIJNEN, SECRET, DAY)
    opened = open_files(SCHOOL, ready, {}, rules, has_keys=False)
    past = Past(empty(KEY_TABLE), 0, empty(ONDERDELEN), empty(LEERPLANNEN), empty(VERVALLEN), empty(WITHDRAWN), 0)
    outcome = work_out(SCHOOL, ready, opened, past, rules)
    stumbled = [problem for problem in outcome.problems if problem.kind not in CATALOGUE]
    assert not stumbled, stumbled
    b"".join(leerplannen_json(SCHOOL, outcome.changes))
    b"".join(leerplannen_csv(outcome.changes, CONFIG.csv))
    return b"".join(niet_geleverd_csv(outcome.results, SCHOOL))


_LONG = (
    "\r\n".join(
        (
            "Leerling in beeld VO",
            EXPORT_HEADER,
            row("0011", eck_id(1), "k0011"),
            row("0012", fn="vwo"),
            row('"0013"', onderdeel="Taalverzorging", day="2026-10-06"),
            row("0014", toets="VAS-2", fn="vmbo gl/tl"),
        )
    )
    + "\r\n"
).encode()
_WIDE = Shape("wide").write(RESULTS).content
_UWLR = Shape("uwlr").write(RESULTS).content
_LIST = numo(f"0099;{eck_id(9)};2B")
_GRID = [line.split(";") for line in _LONG.decode().splitlines()]
_EDEXML = good_edexml(leerling("k0099", "0099", eck_id(9))).encode()
_SAMPLE_MSG = outlook({"edexml.xml": _EDEXML})
_SCHOOL_YAML = b"""\
name: Demo College
brin: [99XX, 99YY]
vestigingen: ["00"]
klantnummer: "0123456"
contact: {aanhef: Mevrouw, voornaam: V, achternaam: A, email: beheer@demo-college.example}
signed_up: 2026-08-20
active_from: 2026-09-01
administratie: somtoday
terugstuuroptie: +1
match_on: [cito_key]
edexml:
  leerlingnummer: toevoegingen:login
tolerance: {unmatched: 0.1, shrink: 0.2}
csv: {separator: ";", encoding: utf-8}
"""
_WORKSPACE_YAML = (
    b"mail_host: mx.kurve.example\ndefaults:\n  terugstuuroptie: 0\n  tolerance: {unmatched: 0.2}\n  csv:\n    encoding: utf-8\n"
)
_LEERLIJNEN_YAML = b"rekenen:\n  rekenen-wiskunde: [Rekenen, Wiskunde]\nnederlands:\n  taalverzorging:\n    - Taal\n    - Spelling\n"
_LAYOUT_YAML = b"""\
name: eigen
title: Eigen
shape: wide
columns:
  leerlingnummer: [Nummer]
  toetsniveau: [Hoogte]
  afnamedatum: [Dag]
wide:
  functioneringsniveau: ["{toets} {onderdeel} FN", "{toets} {onderdeel} behaald"]
  domein: ["{toets} {onderdeel} {domein}"]
toetsen: {A-1: {toets: T1, onderdeel: rekenen-wiskunde, toetsniveau: havo}}
niveaus: {"3": havo}
domeinen: {getallen: [G]}
absent: ["-"]
dates: [jjjjmmdd]
"""
_XLS = (Path(__file__).parent / "samples/cito/merged-title.xls").read_bytes()
_SCHOOLS = (
    ";".join(COLUMNS) + "\r\n0123456;99XX;Demo College;Mevrouw;V;A;a@demo.example;+2;demo-college;00;magister;-1\r\n"
    '0123457;99XY;"Demo; Lyceum";Meneer;V;A;b@demo.example;+1;demo-lyceum;;somtoday;+1\r\n'
).encode()
SAMPLES = (
    Sample("long.csv", _LONG, _export("long.csv"), OF_TABLES, 200),
    Sample("long.tsv", _LONG.replace(b";", b"\t").decode().encode("utf-16"), _export("long.tsv"), (), 60),
    Sample("wide.csv", _WIDE, _export("wide.csv"), OF_TABLES, 120),
    Sample("long.xlsx", xlsx(_GRID), _export("long.xlsx"), (*OF_TABLES, *OF_XML), 25),
    Sample("long.ods", ods(_GRID), _export("long.ods"), (*OF_TABLES, *OF_XML), 25),
    Sample("long.xls", _XLS, _export("long.xls"), (), 8),
    Sample("uwlr.xml", _UWLR, _export("uwlr.xml"), (*OF_XML, *OF_TABLES), 120),
    Sample("numo.csv", _LIST, _list("numo.csv"), OF_TABLES, 120),
    Sample("numo.xlsx", xlsx([line.split(";") for line in _LIST.decode().splitlines()]), _list("numo.xlsx"), (*OF_TABLES, *OF_XML), 20),
    Sample("edexml.xml", _EDEXML, _arrival("edexml.xml"), OF_XML, 150),
    Sample("edexml.zip", zipped({"a/edexml.xml": _EDEXML}), _arrival("edexml.zip"), OF_XML, 120),
    Sample("edexml.eml", mail(("edexml.zip", zipped({"edexml.xml": _EDEXML})), ("x.xml", _EDEXML)), _arrival("edexml.eml"), OF_MAILS, 80),
    Sample("edexml.msg", _SAMPLE_MSG, _arrival("edexml.msg"), (), 80),
    Sample("school.yaml", _SCHOOL_YAML, _school_yaml, OF_YAML, 250),
    Sample("changed.yaml", _SCHOOL_YAML, _changed_yaml, OF_YAML, 150),
    Sample("scholen.csv", _SCHOOLS, _schools("scholen.csv"), OF_TABLES, 120),
    Sample(
        "scholen.xlsx",
        xlsx([line.split(";") for line in _SCHOOLS.decode().replace('"', "").splitlines()[:2]]),
        _schools("scholen.xlsx"),
        (),
        12,
    ),
    Sample("cito-numo.yaml", _WORKSPACE_YAML, _workspace_yaml, OF_YAML, 150),
    Sample("leerlijnen.yaml", _LEERLIJNEN_YAML, _leerlijnen_yaml, OF_YAML, 200),
    Sample("layout.yaml", _LAYOUT_YAML, _layout_yaml, OF_YAML, 150),
    Sample("draft.csv", _LONG, _draft("draft.csv"), OF_TABLES, 40),
    Sample("draft.xml", _UWLR, _draft("draft.xml"), (*OF_XML, *OF_TABLES), 60),
    Sample("night.csv", good_export(), _night, OF_TABLES, 30),
)


def failure(sample: Sample, content: bytes, folder: Path) -> str:
    """How a reader fails on a mutant; nothing where it does not."""
    try:
        with within(SECONDS):
            sample.read(content, folder)
    except CitoNumoError as error:
        odd = [problem.kind.code for problem in error.problems if problem.kind not in CATALOGUE]
        return ", ".join(odd)
    except Exception as error:  # noqa: BLE001  any of them is what is looked for
        return repr(error)[:300]
    return ""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_each_mutant_is_read_or_refused_for_a_reason(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert failure(sample, sample.content, tmp_path) == ""
    mutator = Mutator(sample.content, [other.content for other in SAMPLES], sample.words)
    began, failures, tried = time.monotonic(), {}, 0
    for number in range(MOST if PROVE else sample.mutants):
        if PROVE and time.monotonic() - began > SECONDS_EACH:
            break
        found = failure(sample, mutator.mutant(number), tmp_path)
        failures.update({number: found} if found else {})
        tried += 1
    if PROVE:
        with capsys.disabled():
            print(f"\n{sample.name}: {tried} mutants")  # noqa: T201  what was proved
    assert not failures, "\n".join(f"mutant {number} of {sample.name}: {found}" for number, found in failures.items())


def test_the_same_number_gives_the_same_mutant_and_another_number_another():
    mutators = [Mutator(_LONG, [_WIDE], OF_TABLES) for _turn in range(2)]
    one, other = ([mutator.mutant(number) for number in range(50)] for mutator in mutators)
    assert one == other
    assert len(set(one)) > 45
