"""Canaries in every field of every input: whatever a person runs, none comes out where it may not (`canaries.MAY_STAND`)."""

import io
import os
import re
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
import xlsxwriter
import xlwt
from canaries import Cage, Kind, Output, said, written
from conftest import EXPORT_HEADER, Ran, SchoolFolder, WorkspaceFolder, on_a_terminal, row
from edexml_for_tests import MAIL_HOST, SENDER, document, locked, mail, zipped
from exports_for_tests import ods

from cito_numo import delivery
from cito_numo.cli import run
from cito_numo.ledger import Ledger

Grid = list[list[str]]
HEADER = ("Leerlingnummer", "ECK-iD", "Cito-leerlingkey", "Klas")
OF_A_RESULT = ("Toets", "Toetsniveau", "Onderdeel", "Afnamedatum", "Functioneringsniveau")
WORDS = (
    "Achternaam", "Tussenvoegsel", "Voornaam", "Voorletters", "Roepnaam", "Initialen", "Naam ouder 1", "Naam ouder 2", "Mentor",
    "Geboorteplaats", "Telefoon", "Opmerking", "Sociaal-emotioneel functioneren", "Werkhouding", "IQ", "Foto", "Vaardigheidsscore",
)  # fmt: skip
NUMBERS = ("BSN", "Onderwijsnummer", "PGN", "Sofinummer")
OTHERS = ("Geboortedatum", "E-mail", "E-mail ouder", "Adres")


def in_full(cage: Cage, where: str) -> dict[str, str]:
    """All that a column may hold of a person, beside what a result needs."""
    born = cage.born(f"{where}, Geboortedatum")
    return {
        **{title: cage.name(f"{where}, {title}") for title in WORDS},
        **{title: cage.bsn(f"{where}, {title}") for title in NUMBERS},
        "Geboortedatum": born.strftime("%d-%m-%Y"),
        "E-mail": cage.email(f"{where}, E-mail"),
        "E-mail ouder": cage.email(f"{where}, E-mail ouder"),
        "Adres": cage.street(f"{where}, Adres"),
    }


@dataclass
class Pupil:
    """A pupil of Numo, with the keys that Cito and the administration have."""

    number: str
    eck_id: str
    key: str
    klas: str


@dataclass
class Aviary:
    """A workspace full of canaries: a magister and a Somtoday school. What came out of the commands is in `told`."""

    workspace: WorkspaceFolder
    cage: Cage = field(default_factory=Cage)
    told: list[Output] = field(default_factory=list)
    pupils: list[Pupil] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.workspace.folder / "cito-numo.yaml"

    def school(self, korte_naam: str, administratie: str) -> SchoolFolder:
        """A school whose contact person is a canary."""
        words = [self.cage.name(f"{korte_naam}, contact.{key}") for key in ("aanhef", "voornaam", "achternaam")]
        email = self.cage.email(f"{korte_naam}, contact.email")
        contact = f"{{aanhef: {words[0]}, voornaam: {words[1]}, achternaam: {words[2]}, email: {email}}}"
        return self.workspace.school(korte_naam, administratie=administratie, contact=contact, mail_from=f"[{SENDER}]")

    def pupil(self, where: str) -> Pupil:
        cage = self.cage
        pupil = Pupil(cage.number(where), cage.eck_id(where), cage.key(where), cage.klas(where))
        self.pupils.append(pupil)
        return pupil

    def ran(self, *arguments: str) -> Ran:
        """Run a command in this workspace, and keep what it says."""
        name = " ".join(word for word in arguments if not word.startswith("/"))
        ran = self.workspace.run(*arguments, "--config", str(self.config))
        return self.keep(name, ran)

    def keep(self, name: str, ran: Ran) -> Ran:
        self.told += [said(f"stdout of {name}", ran.stdout), said(f"stderr of {name}", ran.stderr)]
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran

    def sync(self, *arguments: str) -> Ran:
        return self.ran("sync", "--date", "2026-11-24", *arguments)

    @property
    def outputs(self) -> list[Output]:
        """All that was said, and all that lies in the workspace now."""
        return [*self.told, *written(self.workspace.folder)]

    def assert_none_escaped(self) -> None:
        escaped = sorted(set(self.cage.escaped(self.outputs)))
        assert not escaped, "\n".join(["canaries escaped:", *escaped])


@pytest.fixture
def aviary(workspace: WorkspaceFolder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aviary]:
    """The workspace of two schools, with a folder for temporary files of its own, in which nothing may be left."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (workspace.folder / "cito-numo.yaml").write_text(f"mail_host: {MAIL_HOST}\n")
    yield Aviary(workspace)
    assert list(temporary.rglob("*")) == []


# --- inputs ----------------------------------------------------------------------------------------------------------


def result_rows(aviary: Aviary, where: str, pupils: Sequence[Pupil]) -> tuple[list[str], Grid]:
    """A header and rows of every uitkomst, with all that could be told of a person beside it."""
    cage = aviary.cage
    results = [("T1", "havo", "Rekenen-Wiskunde", "06-10-2026", "havo")] * len(pupils)
    rows = [
        [pupil.number, pupil.eck_id, pupil.key, cage.klas(f"{where}, Klas"), *result] for pupil, result in zip(pupils, results, strict=True)
    ]
    first, second = pupils[:2]
    taal = ("T1", "havo", "Taalverzorging", "06-10-2026")
    klas = cage.klas(f"{where}, Klas of others")
    strange = cage.number(f"{where}, nobody's", Kind.STRANGER), cage.eck_id(f"{where}, nobody's"), cage.key(f"{where}, nobody's")
    rows += [
        [*strange, klas, *taal, "havo"],
        [first.number, second.eck_id, "", klas, *taal, "havo"],
        [second.number, "", second.key, klas, *taal, "vwo"],
        [first.number, first.eck_id, "", klas, *taal, cage.toets(f"{where}, Functioneringsniveau")],
        [first.number, "", "", klas, "T1", cage.toets(f"{where}, Toetsniveau"), *taal[2:], "havo"],
        [first.number, "", "", klas, "T1", "havo", cage.toets(f"{where}, Onderdeel"), "06-10-2026", "havo"],
        [first.number, "", "", klas, *taal[:3], cage.toets(f"{where}, Afnamedatum"), "havo"],
        ["", cage.eck_id(f"{where}, only an ECK iD"), "", klas, *taal, "havo"],
        [first.number, "", "", klas, "T1", "havo", "Sociaal-emotioneel functioneren", "06-10-2026", cage.name(f"{where}, SEF")],
    ]
    for column, title in enumerate((*HEADER, *OF_A_RESULT)):
        if title == "ECK-iD":
            continue
        for written_as in ("{}", "http://KETENID.NL/x/{}", "zie {}, 2A"):
            cells = [first.number, "", "", klas, *taal, "havo"]
            cells[column] = written_as.format(cage.eck_id(f"{where}, an ECK iD in {title}"))
            rows.append(cells)
        if title in OF_A_RESULT and title != "Toets":
            cells = [first.number, "", "", klas, *taal, "havo"]
            cells[column] = cage.bsn(f"{where}, a BSN in {title}")
            rows.append(cells)
    persons = [in_full(cage, where) for _person in range(3)]
    extra = [persons[number % 3] for number in range(len(rows))]
    return [*HEADER, *OF_A_RESULT, *extra[0]], [[*cells, *others.values()] for cells, others in zip(rows, extra, strict=True)]


def around(cage: Cage, where: str, header: Sequence[str], rows: Grid) -> Grid:
    """What a person sees above and below the table too."""
    titles = [[f"Overzicht van {cage.name(f'{where}, above the header')}"], [f"Mentor: {cage.name(f'{where}, above the header')}"]]
    return [*titles, list(header), *rows, [f"Afgedrukt door {cage.name(f'{where}, below the table')}"]]


def as_csv(grid: Grid, encoding: str = "utf-8") -> bytes:
    return "".join(";".join(cells) + "\r\n" for cells in grid).encode(encoding)


def as_xlsx(grid: Grid, born: date | None = None, note: str = "") -> bytes:
    """A workbook, whose second and hidden sheet, notes, properties and names tell as much as its cells."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_numbers": False, "default_date_format": "dd-mm-yyyy"}) as workbook:
        workbook.set_properties({"title": note, "author": note, "comments": note})
        sheet = workbook.add_worksheet("Resultaten")
        for number, cells in enumerate(grid):
            sheet.write_row(number, 0, cells)
        if note:
            sheet.write_comment("A1", note)
            sheet.write(0, 40, born)
            other = workbook.add_worksheet(note)
            other.write_row(0, 0, [note, note])
            hidden = workbook.add_worksheet(f"{note}h")
            hidden.write_row(0, 0, [note, note])
            hidden.hide()
    return content.getvalue()


def as_xls(grid: Grid) -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Resultaten")
    for number, cells in enumerate(grid):
        for place, cell in enumerate(cells):
            sheet.write(number, place, cell)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def wide(aviary: Aviary, where: str, pupils: Sequence[Pupil]) -> Grid:
    """An export with a row for each leerling."""
    cage = aviary.cage
    toets = "T2 Taalverzorging"
    columns = [f"{toets} functioneringsniveau", f"{toets} toetsniveau", f"{toets} afnamedatum", f"{toets} Vaardigheidsscore"]
    rows: Grid = []
    header: list[str] = []
    unreadable = cage.toets(f"{where}, functioneringsniveau")
    for pupil, level in [(pupils[0], "havo"), (pupils[1], "vwo"), (pupils[2], unreadable)]:
        extra = in_full(cage, where)
        klas = cage.klas(f"{where}, Klas")
        score = cage.name(f"{where}, Vaardigheidsscore")
        rows.append([pupil.number, pupil.eck_id, pupil.key, klas, level, "havo", "10-11-2026", score, *extra.values()])
        header = [*HEADER, *columns, *extra]
    return around(cage, where, header, rows)


def elements(cage: Cage, where: str, names: Sequence[str]) -> str:
    """Elements that each hold a canary."""
    return "".join(f"<{name}>{cage.name(f'{where}, {name}')}</{name}>" for name in names)


def uwlr(aviary: Aviary, pupils: Sequence[Pupil], *, by_key: bool = False) -> bytes:
    """Results in UWLR, in SOAP, with all that may stand beside them."""
    cage, where = aviary.cage, "UWLR"
    afnames = ""
    ids = [(pupil.key if by_key else pupil.number, "" if by_key else pupil.eck_id) for pupil in pupils]
    ids.append((cage.key(f"{where}, nobody's") if by_key else cage.number(f"{where}, nobody's", Kind.STRANGER), ""))
    for number, eck_id in ids:
        eck = f"<eckid>{eck_id}</eckid>" if eck_id else ""
        person = elements(cage, where, ("achternaam", "voorvoegsel", "roepnaam", "opmerking", "postcode", "adres"))
        bsn, born = cage.bsn(f"{where}, bsn"), cage.born(f"{where}, geboortedatum")
        niveau = "<codereferentiescore>FN</codereferentiescore><waarde>vmbo-kb</waarde>"
        resultaat = (
            f'<resultaat key="{cage.name(f"{where}, resultaat/@key")}"><afnamedatum>2026-11-10</afnamedatum><toetscode>VO-1</toetscode>'
            f"{elements(cage, where, ('afnamelocatie', 'toelichting'))}"
            f"<osoresultaat><referentiescore>{niveau}</referentiescore></osoresultaat></resultaat>"
        )
        afnames += (
            f"<toetsafname><leerlingid>{number}</leerlingid>{eck}<bsn>{bsn}</bsn><geboortedatum>{born}</geboortedatum>{person}"
            f"<resultaatverwerkerid>{cage.name(f'{where}, resultaatverwerkerid')}</resultaatverwerkerid>"
            f"<resultaten>{resultaat}</resultaten></toetsafname>\n"
        )
    school = f"<brincode>99XX</brincode>{elements(cage, where, ('schoolkey', 'auteur', 'commentaar'))}"
    leerling = f'<leerling key="{cage.name(f"{where}, leerling/@key")}">{elements(cage, where, ("achternaam", "roepnaam"))}</leerling>'
    leerkracht = f"<leerkracht>{elements(cage, where, ('achternaam', 'emailadres'))}</leerkracht>"
    normering = "<toetsnormering><toetsniveau>havo</toetsniveau></toetsnormering>"
    toets = f"<toetscode>VO-1</toetscode><toetsnaam>T2 Rekenen-Wiskunde</toetsnaam>{normering}"
    autorisatie = f"<autorisatie>{elements(cage, where, ('autorisatiesleutel', 'klantcode', 'klantnaam'))}</autorisatie>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Header>{autorisatie}</s:Header><s:Body>"
        '<leerresultaten_verzoek xmlns="http://www.edustandaard.nl/leerresultaten/2/leerresultaten">'
        f"<!-- {cage.name(f'{where}, a comment')} --><?gemaakt door {cage.name(f'{where}, an instruction')}?>{autorisatie}"
        f"<school>{school}</school><leerlingen>{leerling}</leerlingen><leerkrachten>{leerkracht}</leerkrachten>\n"
        f"<toetsafnames>\n{afnames}</toetsafnames><toetsen><toets>{toets}</toets></toetsen>"
        "</leerresultaten_verzoek></s:Body></s:Envelope>"
    ).encode()


def numo(aviary: Aviary, pupils: Sequence[Pupil]) -> Grid:
    """Numo's list, with more in it than is asked for."""
    cage, where = aviary.cage, "Numo's list"
    extra = [in_full(cage, where) for _pupil in pupils]
    rows = [[pupil.number, pupil.eck_id, pupil.klas, *others.values()] for pupil, others in zip(pupils, extra, strict=True)]
    nobody = in_full(cage, f"{where}, without a number")
    return [["gebruikersnaam", "eck_id", "klas", *nobody], *rows, ["", cage.eck_id(where), cage.name(where), *nobody.values()]]


ADDED = ("bsn", "ouder", "voogd", "telefoon_ouder", "huisarts")


def leerling(cage: Cage, pupil: Pupil) -> str:
    """A `leerling` with every element and attribute that the standard has."""
    where = "EDEXML, leerling"
    words = {name: cage.name(f"{where}/{name}") for name in ("achternaam", "voorvoegsel", "voornamen", "voorletters-1", "roepnaam")}
    last = {name: cage.name(f"{where}/{name}") for name in ("fotourl", "etniciteit", "land", "land_vader", "land_moeder")}
    rest = {
        "geboortedatum": str(cage.born(f"{where}/geboortedatum")),
        "geslacht": "1",
        "start_ondw_jgr3": str(cage.born(f"{where}/start_ondw_jgr3")),
        "jaargroep": "12",
    }
    known = {"gebruikersnaam": pupil.number, "emailadres": cage.email(f"{where}/emailadres")}
    tail = {
        "bsn": cage.bsn(f"{where}/bsn"),
        "gewicht_nieuw": cage.name(f"{where}/gewicht_nieuw"),
        "gewicht": cage.name(f"{where}/gewicht"),
        "postcode": cage.name(f"{where}/postcode"),
        "instroomdatum": str(cage.born(f"{where}/instroomdatum")),
        "uitstroomdatum": str(cage.born(f"{where}/uitstroomdatum")),
    }
    added = "".join(f"<som:{name}>{cage.name(f'{where}/toevoegingen/{name}')}</som:{name}>" for name in ADDED)
    changed = f"<mutatiedatum>{cage.born(f'{where}/mutatiedatum')}</mutatiedatum>"

    def xml(texts: Mapping[str, str]) -> str:
        return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts.items())

    attributes = f"key={quoteattr(pupil.key)} eckid={quoteattr(pupil.eck_id)} mutatie={quoteattr(cage.name(f'{where}/@mutatie'))}"
    groepen = f'<groep key="g-{pupil.klas}"/><samengestelde_groepen><samengestelde_groep key="s1"/></samengestelde_groepen>'
    toevoegingen = f'<toevoegingen><som:extra xmlns:som="https://som.example/">{added}</som:extra></toevoegingen>'
    return f"<leerling {attributes}>{xml(words)}{xml(rest)}{groepen}{xml(known)}{xml(last)}{xml(tail)}{toevoegingen}{changed}</leerling>"


def edexml(aviary: Aviary, pupils: Sequence[Pupil]) -> str:
    """An EDEXML 2.1 in which everything that can be filled in is."""
    cage, where = aviary.cage, "EDEXML"
    toevoegingen = f"<toevoegingen>{elements(cage, f'{where}, school/toevoegingen', ('contactpersoon',))}</toevoegingen>"
    school = (
        "<schooljaar>2026-2027</schooljaar><brincode>99XX</brincode><dependancecode>00</dependancecode>"
        f"{elements(cage, f'{where}, school', ('schoolkey',))}<aanmaakdatum>2026-11-01T08:00:00</aanmaakdatum>"
        f"{elements(cage, f'{where}, school', ('auteur',))}<xsdversie>2.1</xsdversie>"
        f"{elements(cage, f'{where}, school', ('commentaar',))}{toevoegingen}"
    )
    groepen = "".join(
        f'<groep key="g-{pupil.klas}"><naam>{pupil.klas}</naam><jaargroep>12</jaargroep>'
        f"{elements(cage, f'{where}, groep', ('omschrijving', 'mentor'))}</groep>"
        for pupil in pupils
    )
    samen = f'<samengestelde_groep key="s1"><naam>{cage.klas(f"{where}, samengestelde_groep")}</naam></samengestelde_groep>'
    leerkracht = (
        f'<leerkracht key="{cage.name(f"{where}, leerkracht/@key")}" eckid="{cage.eck_id(f"{where}, leerkracht/@eckid")}">'
        f"{elements(cage, f'{where}, leerkracht', ('achternaam', 'roepnaam', 'gebruikersnaam', 'emailadres', 'rol'))}"
        f"<geboortedatum>{cage.born(f'{where}, leerkracht')}</geboortedatum></leerkracht>"
    )
    vestiging = f'<vestiging key="v1"><dependancecode>00</dependancecode>{elements(cage, f"{where}, vestiging", ("naam",))}</vestiging>'
    leerlingen = "\n".join(leerling(cage, pupil) for pupil in pupils)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {cage.name(f"{where}, a comment")} -->\n<EDEX>\n<school>{school}</school>\n'
        f"<vestigingen>{vestiging}</vestigingen>\n<groepen>{groepen}{samen}</groepen>\n<leerlingen>\n{leerlingen}\n</leerlingen>\n"
        f"<leerkrachten>{leerkracht}</leerkrachten>\n</EDEX>\n"
    )


def piped_mail(cage: Cage, attachments: Sequence[tuple[str, str | bytes]], subject: str = "demo-lyceum", **options: str | None) -> bytes:
    """A mail with canaries in its From, To, subject, body and other headers."""
    content = mail(*attachments, subject=f"FW: [{cage.name('a mail, its subject')}] {subject}", **options)  # type: ignore[arg-type]
    content = content.replace(b"Beheer Demo College", cage.name("a mail, the name in From").encode())
    content = content.replace(b"support@kurve.example", cage.email("a mail, To").encode())
    content = content.replace(
        b"Hierbij het", f"Groet van {cage.name('a mail, its body')}, {cage.bsn('a mail, its body')}. Hierbij".encode()
    )
    return f"Reply-To: {cage.email('a mail, Reply-To')}\nX-Naam: {cage.name('a mail, X-Naam')}\n".encode() + content


@pytest.fixture
def full(aviary: Aviary) -> tuple[Aviary, SchoolFolder, SchoolFolder]:
    """Every kind of input that can be read, in both schools."""
    cage = aviary.cage
    college, lyceum = aviary.school("demo-college", "magister"), aviary.school("demo-lyceum", "somtoday")
    pupils = [aviary.pupil("demo-college") for _number in range(5)]
    college.put(f"inbox/numo/{cage.file('numo')}.csv", as_csv(numo(aviary, pupils)))
    for kind in ("csv", "xlsx", "ods", "xls"):
        header, rows = result_rows(aviary, f"long {kind}", pupils)
        grid = around(cage, f"long {kind}", header, rows)
        note, born = cage.name("xlsx, notes and properties"), cage.born("xlsx, a date")
        content = {"csv": as_csv, "xlsx": lambda grid: as_xlsx(grid, born, note), "ods": ods, "xls": as_xls}[kind](grid)  # noqa: B023
        college.put(f"inbox/cito/{cage.file(f'long {kind}')}.{kind}", content)
    college.put("inbox/cito/breed.csv", as_csv(wide(aviary, "wide csv", pupils), "windows-1252"))
    college.put("inbox/cito/breed.xlsx", as_xlsx(wide(aviary, "wide xlsx", pupils)))
    college.put("inbox/cito/uwlr.xml", uwlr(aviary, pupils))
    college.put("inbox/edexml/edexml.xml", edexml(aviary, pupils))

    others = [aviary.pupil("demo-lyceum") for _number in range(5)]
    lyceum.put("inbox/numo/numo.xlsx", as_xlsx(numo(aviary, others), cage.born("xlsx list"), cage.name("xlsx list")))
    header, rows = result_rows(aviary, "Somtoday csv", others)
    lyceum.put("inbox/cito/lang.csv", as_csv(around(cage, "Somtoday csv", header, [["", "", *cells[2:]] for cells in rows])))
    lyceum.put("inbox/cito/uwlr.xml", uwlr(aviary, others, by_key=True))
    packed = zipped((f"{cage.file('in a zip')}.xml", edexml(aviary, others[:4])))
    lyceum.put(f"inbox/edexml/{cage.file('a zip')}.zip", packed)
    attached = [(f"{cage.file('in a mail')}.xml", edexml(aviary, others))]
    lyceum.put("inbox/edexml/mail.eml", piped_mail(cage, attached))
    return aviary, college, lyceum


Full = tuple[Aviary, SchoolFolder, SchoolFolder]


# --- what is found at all --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [str, str.upper, str.title])
def test_a_canary_that_escapes_is_found_with_its_field_and_place(form: Callable[[str], str]):
    cage = Cage()
    eck_id = cage.eck_id("Numo's list, eck_id")
    name, born = cage.name("EDEXML, roepnaam"), cage.born("EDEXML, geboortedatum")

    for text in (eck_id, eck_id.rpartition("/")[2], eck_id[70:110]):
        assert cage.escaped([said("stderr of sync", f"pupil {form(text)}.")]) == [
            "an ECK iD (Numo's list, eck_id) stands in stderr of sync"
        ]
    assert cage.escaped([said("stderr of sync", form(name))]) == ["what is of a person (EDEXML, roepnaam) stands in stderr of sync"]
    assert len(cage.escaped([said("manifest.json", born.strftime("%d-%m-%Y"))])) == 1


def test_a_number_may_stand_in_its_own_columns_only(tmp_path: Path):
    cage = Cage()
    number = cage.number("Numo's list")
    report = tmp_path / "report/niet-geleverd.csv"
    report.parent.mkdir()
    report.write_text(f"leerling;reden\r\n{number};goed\r\n")
    assert cage.escaped(written(tmp_path)) == []

    report.write_text(f"leerling;reden\r\n0012;{number}\r\n")

    assert cage.escaped(written(tmp_path)) == ["the leerlingnummer of a pupil of Numo (Numo's list) stands in niet-geleverd.csv:reden"]


# --- what is run -----------------------------------------------------------------------------------------------------


def test_a_night_lets_none_escape_however_it_is_told(full: Full):
    aviary, college, lyceum = full
    first = aviary.sync("--dry-run", "-v")
    aviary.sync("--dry-run", "--json")
    night = aviary.sync("--json")
    aviary.sync("-v")
    aviary.sync("--full", "-v")
    college.configure(name="Another name")
    aviary.sync()
    aviary.ran("status", "-v", "--date", "2026-11-24")
    aviary.ran("status", "--json", "--date", "2026-11-24")

    assert (first.exit_code, night.exit_code) == (3, 3)
    for school, told in zip((college, lyceum), night.json["schools"], strict=True):
        files = sorted(path.relative_to(school.folder).as_posix() for path in school.folder.rglob("inbox/*/*"))
        assert (told["status"], [each["path"] for each in school.manifest["inputs"]]) == ("delivered", files)
    aviary.assert_none_escaped()


def test_a_night_on_a_terminal_lets_none_escape(full: Full):
    aviary, _college, _lyceum = full
    shown = on_a_terminal("sync", "-v", "--date", "2026-11-24", "--config", str(aviary.config), columns=5000)

    aviary.told.append(said("terminal of sync", shown))
    assert "demo-college" in shown
    assert "Spreeuw" in shown
    aviary.assert_none_escaped()


def test_the_plans_commands_tell_pupils_on_stdout_only(full: Full):
    aviary, college, _lyceum = full
    aviary.sync()
    numbers = [plan["gebruikersnaam"] for plan in college.delivered()["leerplannen"]]
    of_school = ("--school", "demo-college")
    export = aviary.workspace.folder / "leerplannen.json"
    stranger = aviary.cage.number("plans withdraw --leerling", Kind.STRANGER)
    reden = ("--reden", "De toets is door een ander gemaakt.")

    exit_codes = [
        aviary.ran("plans", *words).exit_code
        for words in (
            ("list",),
            ("list", "--all", "--json"),
            ("show", numbers[0], *of_school),
            ("process", *of_school, "--leerling", numbers[0]),
            ("process", *of_school, "--leerling", numbers[0], "--yes", "--log", str(aviary.workspace.folder / "log")),
            ("process", *of_school, "--vak", numbers[0], "--yes"),
            ("withdraw", *of_school, "--leerling", stranger, *reden, "--yes"),
            ("withdraw", *of_school, "--leerling", numbers[1], "--reden", f"Van {numbers[1]}", "--yes"),
            ("withdraw", *of_school, "--leerling", numbers[1], *reden, "--yes", "--log", str(aviary.workspace.folder / "log")),
            ("show", numbers[1], *of_school, "--json"),
            ("export", *of_school),
            ("export", *of_school, "--output", str(export)),
        )
    ]

    assert exit_codes == [0, 0, 0, 2, 0, 2, 2, 2, 0, 0, 0, 0]
    assert aviary.cage.seen(aviary.outputs, "ledger.sqlite:ingetrokken.gebruikersnaam") == {Kind.NUMBER}
    aviary.assert_none_escaped()


def test_what_may_stand_there_does(full: Full):
    aviary, _college, _lyceum = full
    aviary.sync()
    outputs = aviary.outputs

    for place in ("leerplannen.json:gebruikersnaam", "leerplannen.csv:gebruikersnaam", "ledger.sqlite:leerplannen.gebruikersnaam"):
        assert aviary.cage.seen(outputs, place) == {Kind.NUMBER}
    for place in ("leerplannen.json:klas", "leerplannen.csv:klas", "niet-geleverd.csv:klas", "ledger.sqlite:sleutels.klas"):
        assert aviary.cage.seen(outputs, place) == {Kind.KLAS}
    assert aviary.cage.seen(outputs, "niet-geleverd.csv:leerling") == {Kind.NUMBER, Kind.STRANGER, Kind.KEY}
    assert aviary.cage.seen(outputs, "niet-geleverd.csv:reden") == {Kind.TOETS}
    assert aviary.cage.seen(outputs, "ledger.sqlite:sleutels.cito_key") == {Kind.KEY}


def test_the_ledger_knows_eck_ids_as_keyed_hashes_only(full: Full):
    aviary, college, _lyceum = full
    aviary.sync()

    connection = sqlite3.connect(college.folder / ".cito-numo/ledger.sqlite")
    hashes = [eck_id for (eck_id,) in connection.execute("SELECT eck_id FROM sleutels")]
    connection.close()

    assert len(set(hashes)) == 5
    assert all(re.fullmatch(r"[0-9a-f]{32}", hashed) for hashed in hashes)


def test_a_bsn_in_the_column_of_the_toets_comes_out_nowhere(aviary: Aviary):
    college = aviary.school("demo-college", "magister")
    pupil = aviary.pupil("demo-college")
    college.numo(f"{pupil.number};;{pupil.klas}")
    bsn = aviary.cage.bsn("long csv, a BSN in Toets")
    college.cito(row(pupil.number, toets=bsn), row(pupil.number, toets=bsn, onderdeel="Taalverzorging", fn="vwo"))

    aviary.sync("-v")

    aviary.assert_none_escaped()


BARE_IN_EXPORT = ("leerlingnummer", "key", "klas", "toets", "toetsniveau", "onderdeel", "day", "fn")


@pytest.mark.parametrize("column", BARE_IN_EXPORT)
def test_the_digits_of_an_eck_id_in_another_column_of_an_export_come_out_nowhere(aviary: Aviary, column: str):
    college = aviary.school("demo-college", "magister")
    pupil = aviary.pupil("demo-college")
    college.numo(f"{pupil.number};;{pupil.klas}")
    digits = aviary.cage.eck_id(f"long csv, {column}").rpartition("/")[2]
    cells = {"leerlingnummer": pupil.number, column: digits}
    college.cito(row(**cells), row(**{**cells, "onderdeel": digits if column == "onderdeel" else "Taalverzorging", "fn": "vwo"}))

    aviary.sync("-v")

    aviary.assert_none_escaped()


@pytest.mark.parametrize("place", ["numo's gebruikersnaam", "numo's klas", "@key", "gebruikersnaam", "emailadres", "naam", "leerlingid"])
def test_the_digits_of_an_eck_id_in_another_place_come_out_nowhere(aviary: Aviary, place: str):
    college = aviary.school("demo-college", "magister")
    pupil, digits = aviary.pupil("demo-college"), aviary.cage.eck_id(place).rpartition("/")[2]

    def at(here: str, otherwise: str) -> str:
        return digits if here == place else otherwise

    number = at("numo's gebruikersnaam", pupil.number)
    college.numo(";".join((number, "", at("numo's klas", pupil.klas))), f"{aviary.pupil('another').number};;2A")
    of_pupil = f"<gebruikersnaam>{at('gebruikersnaam', number)}</gebruikersnaam><emailadres>{at('emailadres', 'x')}@a.example</emailadres>"
    groep = f'<groep key="g1"><naam>{at("naam", "2A")}</naam></groep>'
    pupils = f'<leerling key="{at("@key", pupil.key)}"><groep key="g1"/>{of_pupil}</leerling>'
    college.put("inbox/edexml/edexml.xml", document(pupils, groepen=groep))
    college.cito(row(number))
    taken = Pupil(at("leerlingid", number), "", "", "")
    college.put("inbox/cito/uwlr.xml", uwlr(aviary, [taken]))

    aviary.sync("-v")

    assert college.manifest["status"] in ("delivered", "held")
    aviary.assert_none_escaped()


# --- edexml ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def lyceum(aviary: Aviary) -> SchoolFolder:
    """A Somtoday school that has Numo's list, and no EDEXML yet."""
    lyceum = aviary.school("demo-lyceum", "somtoday")
    pupils = [aviary.pupil("demo-lyceum") for _number in range(4)]
    lyceum.put("inbox/numo/numo.csv", as_csv(numo(aviary, pupils)))
    return lyceum


def arrivals(aviary: Aviary) -> list[Path]:
    """The same pupils as a file, in a zip and in a mail, and a file that is odd in every way."""
    cage = aviary.cage
    whole = edexml(aviary, aviary.pupils)
    odd = whole.replace('key="kanariekey', 'key="#kanariekey', 1).replace("<jaargroep>12<", f"<jaargroep>{cage.name('a jaargroep')}<")
    odd = re.sub("<gebruikersnaam>[^<]*<", lambda _found: f"<gebruikersnaam>{cage.name('a name as gebruikersnaam')}<", odd)
    odd = odd.replace("<geslacht>1<", f"<geslacht>{cage.name('geslacht')}<").replace(
        "</achternaam>", "</achternaam><achternaam>x</achternaam>"
    )
    contents = {
        "edexml.xml": whole.encode(),
        "odd.xml": odd.encode(),
        "edexml.zip": zipped((f"{cage.file('in a zip')}.xml", whole)),
        "mail.eml": piped_mail(cage, [(f"{cage.file('in a mail')}.xml", whole)]),
    }
    for name, content in contents.items():
        (aviary.workspace.folder / "inbox").mkdir(exist_ok=True)
        (aviary.workspace.folder / "inbox" / name).write_bytes(content)
    return [aviary.workspace.folder / "inbox" / name for name in contents]


@pytest.mark.usefixtures("lyceum")
def test_a_check_of_an_edexml_lets_none_escape(aviary: Aviary):
    files = [str(path) for path in arrivals(aviary)]

    assert aviary.ran("edexml", "check", *files).exit_code == 3
    assert aviary.ran("edexml", "check", *files, "--json").exit_code == 3
    shown = on_a_terminal("edexml", "check", *files, "--config", str(aviary.config), columns=5000)
    aviary.told.append(said("terminal of edexml check", shown))
    assert "odd.xml" in shown
    aviary.assert_none_escaped()


@pytest.mark.usefixtures("lyceum")
def test_an_import_of_an_edexml_lets_none_escape(aviary: Aviary):
    edexml, odd, *others = (str(path) for path in arrivals(aviary))

    assert aviary.ran("edexml", "import", edexml, "--dry-run", "-v").exit_code == 0
    assert aviary.ran("edexml", "import", edexml, odd, "-v").exit_code == 3
    assert aviary.ran("edexml", "import", *others, "--json").exit_code == 0
    assert aviary.ran("edexml", "import", *others, "--replace").exit_code == 0
    assert aviary.ran("edexml", "import", odd).exit_code == 65
    shown = on_a_terminal("edexml", "import", edexml, odd, "--config", str(aviary.config), columns=5000)
    aviary.told.append(said("terminal of edexml import", shown))
    assert "imported" in shown or "nothing new" in shown
    aviary.assert_none_escaped()
    assert Kind.KEY in aviary.cage.seen(aviary.outputs, "ledger.sqlite:sleutels.cito_key")


def held(aviary: Aviary) -> str:
    """An EDEXML in which each key is another pupil's."""
    numbers = [pupil.number for pupil in aviary.pupils]
    pupils = [
        Pupil(number, pupil.eck_id, pupil.key, pupil.klas) for pupil, number in zip(aviary.pupils, [*numbers[1:], numbers[0]], strict=True)
    ]
    return edexml(aviary, pupils)


@pytest.mark.usefixtures("lyceum")
def test_an_import_that_is_held_lets_none_escape(aviary: Aviary):
    path, *_others = arrivals(aviary)
    aviary.ran("edexml", "import", str(path))
    path.write_text(held(aviary))

    assert aviary.ran("edexml", "import", str(path)).exit_code == 4
    assert aviary.ran("edexml", "import", str(path), "--json").exit_code == 4
    aviary.assert_none_escaped()


PIPED: Mapping[str, Callable[[Aviary], bytes]] = {
    "of a stranger": lambda aviary: piped_mail(
        aviary.cage, [(f"{aviary.cage.file('an attachment')}.xml", edexml(aviary, aviary.pupils))], sender=aviary.cage.email("From")
    ),
    "not confirmed": lambda aviary: piped_mail(aviary.cage, [("edexml.xml", edexml(aviary, aviary.pupils))], confirmed=None),
    "of no school": lambda aviary: piped_mail(
        aviary.cage, [("edexml.xml", edexml(aviary, aviary.pupils))], subject=aviary.cage.name("the subject")
    ),
    "held": lambda aviary: piped_mail(aviary.cage, [(f"{aviary.cage.file('an attachment')}.xml", held(aviary))]),
    "cut off": lambda aviary: piped_mail(aviary.cage, [("edexml.xml", edexml(aviary, aviary.pupils)[:-3000])]),
    "with a locked zip": lambda aviary: piped_mail(
        aviary.cage, [("export.zip", locked(zipped((f"{aviary.cage.file('in a zip')}.xml", edexml(aviary, aviary.pupils)))))]
    ),
    "with a letter": lambda aviary: piped_mail(
        aviary.cage, [(f"{aviary.cage.file('an attachment')}.pdf", b"%PDF-1.7\n" + aviary.cage.name("a letter").encode())]
    ),
    "no mail": lambda aviary: edexml(aviary, aviary.pupils).encode(),
    "no mail at all": lambda aviary: f"{aviary.cage.name('a text')} {aviary.cage.bsn('a text')}\n".encode(),
}


@pytest.mark.usefixtures("lyceum")
@pytest.mark.parametrize("piped", PIPED.values(), ids=PIPED)
def test_of_a_mail_that_ends_in_quarantine_only_the_mail_itself_tells(
    aviary: Aviary, monkeypatch: pytest.MonkeyPatch, piped: Callable[[Aviary], bytes]
):
    path, *_others = arrivals(aviary)
    aviary.ran("edexml", "import", str(path))
    content = piped(aviary)

    for words in ((), ("--json",), ("-v",)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert aviary.ran("edexml", "import", "-", *words).exit_code in (4, 65)

    kept = [path for path in (aviary.workspace.folder / "quarantine").iterdir() if path.suffix != ".txt"]
    assert [path.read_bytes() for path in kept] == [content]
    assert (kept[0].parent / f"{kept[0].name}.txt").exists()
    aviary.assert_none_escaped()


# --- drafts ----------------------------------------------------------------------------------------------------------


def unknown(grid: Grid) -> Grid:
    """The same table, with headers that no layout knows."""
    return [[re.sub("^(Leerlingnummer|Toets|Onderdeel|Klas)$", r"Kolom \1 x", cell) for cell in cells] for cells in grid]


def test_a_draft_of_a_layout_lets_none_escape(full: Full):
    aviary, college, _lyceum = full
    header, rows = result_rows(aviary, "an unknown layout", aviary.pupils[:5])
    college.put("inbox/cito/unknown.csv", as_csv(unknown([header, *rows])))
    college.put("inbox/cito/unknown.xlsx", as_xlsx(unknown(around(aviary.cage, "an unknown layout", header, rows))))
    exports = sorted((college.folder / "inbox/cito").iterdir())

    codes = [aviary.ran("layouts", "draft", str(path)).exit_code for path in exports]

    assert (len(exports), set(codes)) == (9, {0})
    aviary.assert_none_escaped()


# --- what goes wrong -------------------------------------------------------------------------------------------------


def of_two(cage: Cage, where: str) -> str:
    """Two rows of a pupil, each in one cell of many."""
    person = in_full(cage, where)
    return f"{cage.number(where)};{cage.eck_id(where)};{cage.key(where)};{';'.join(person.values())}"


def all_bsn(cage: Cage, where: str) -> bytes:
    """An export with BSNs in the column of the leerlingnummer."""
    return ("\n".join([EXPORT_HEADER, *(row(cage.bsn(where)) for _pupil in range(12))])).encode()


def broken_xml(cage: Cage, where: str, whole: str) -> dict[str, bytes]:
    """An XML file, broken in every way at a place where a canary sits."""
    name, number, eck_id = cage.name(where), cage.number(where), cage.eck_id(where)
    first, rest = whole.split("\n", 1)
    middle = len(whole) // 2
    return {
        "cut.xml": whole[:middle].encode(),
        "tag.xml": whole.replace("</", f"</{name}", 1).encode(),
        "attribute.xml": whole.replace("<school>", f"<school naam={number}>").encode(),
        "entity.xml": whole.replace("<school>", f"<school>&{name};").encode(),
        "doctype.xml": f'{first}\n<!DOCTYPE x [<!ENTITY a "{name} {eck_id}">]>\n{rest}'.encode(),
        "bytes.xml": whole.replace("<school>", f"<school><naam>{name}\ud800</naam>").encode("utf-8", "surrogatepass"),
        "control.xml": whole.replace("<school>", f"<school><naam>{name}\x01{number}</naam>").encode(),
        "behind.xml": f"{whole}{name} {number}".encode(),
        "prefix.xml": whole.replace("<school>", f"<school><a:b>{name}</a:b>").encode(),
        "html.xml": f"<html><body>{name} {number}</body></html>".encode(),
        "text.xml": f"{name} {number} {eck_id}".encode(),
        "empty.xml": f"{first}\n<EDEX><!-- {name} --><leerlingen/></EDEX>".encode(),
    }


def broken_tables(cage: Cage, where: str) -> dict[str, bytes]:
    """A table, broken in every way at a place where a canary sits."""
    one, other = of_two(cage, where), of_two(cage, where)
    grid = [one.split(";"), other.split(";")]
    header = "Naam;Nummer;Sleutel;Adres"
    packed = as_xlsx(grid)
    return {
        "headless.csv": f"{one}\n{other}\n".encode(),
        "one-row.csv": f"{one}\n".encode(),
        "quote.csv": f'{EXPORT_HEADER}\n{row(cage.number(where))}\n"{one}\n{other}\n'.encode(),
        "unknown.csv": f"Overzicht van {cage.name(where)};;;\n{header}\n{one}\n".encode(),
        "twice.csv": f"{EXPORT_HEADER};Klas;Toets;{cage.name(where)}\n{one}\n".encode(),
        "bytes.csv": f"{one}\n".encode("utf-16-le") + b"\xff\xfe\x00\x01" + one.encode(),
        "nul.csv": f"{EXPORT_HEADER}\n{one}\x00{other}\n".encode(),
        "text.xlsx": f"{one}\n".encode(),
        "headless.xlsx": packed,
        "cut.xlsx": packed[: len(packed) // 2] + one.encode(),
        "headless.ods": ods(grid),
        "headless.xls": as_xls(grid),
        "cut.xls": as_xls(grid)[:900] + one.encode(),
        "page.xls": f"<html><table><tr><td>{one}</td></tr></table></html>".encode(),
        "zip.zip": zipped((f"{cage.file('in a zip')}.csv", one)),
        "kind.pdf": f"%PDF-1.7\n{one}".encode(),
    }


def broken_arrivals(cage: Cage, where: str, whole: str) -> dict[str, bytes]:
    """An EDEXML in a zip and in a mail, broken on the way."""
    archive = zipped((f"{cage.file('in a zip')}.xml", whole))
    content = piped_mail(cage, [(f"{cage.file('in a mail')}.xml", whole)])
    return {
        **broken_xml(cage, where, whole),
        "cut.zip": archive[: len(archive) // 2],
        "locked.zip": locked(archive),
        "other.zip": zipped((f"{cage.file('in a zip')}.txt", of_two(cage, where))),
        "cut.eml": content[: len(content) // 2],
        "nothing.eml": piped_mail(cage, []),
        "head.eml": content.partition(b"\n\n")[0],
        "letter.eml": piped_mail(cage, [(f"{cage.file('in a mail')}.docx", of_two(cage, where))]),
    }


@pytest.fixture
def college(aviary: Aviary) -> SchoolFolder:
    """A magister school with Numo's list and an export that are whole."""
    college = aviary.school("demo-college", "magister")
    pupils = [aviary.pupil("demo-college") for _number in range(4)]
    college.put("inbox/numo/a.csv", as_csv(numo(aviary, pupils)))
    header, rows = result_rows(aviary, "a whole export", pupils)
    college.put("inbox/cito/a.csv", as_csv([header, *rows]))
    return college


def fails(aviary: Aviary, exit_code: int) -> list[str]:
    """Run nights that do not go well, told in every way; the messages."""
    for words in (("--dry-run", "-v"), (), ("--json", "--full")):
        assert aviary.sync(*words).exit_code == exit_code
    aviary.assert_none_escaped()
    manifest = SchoolFolder(aviary.workspace.folder / "schools/demo-college").manifest
    return [message["message"] for message in manifest["messages"]]


def is_told(messages: Sequence[str], files: Mapping[str, bytes], folder: str) -> None:
    """Of each of these files something was said."""
    assert [name for name in files if not any(f"{folder}/{name}" in message for message in messages)] == []


def test_exports_that_are_broken_let_none_escape(aviary: Aviary, college: SchoolFolder):
    (college.folder / "inbox/cito/a.csv").unlink()
    files = {
        **broken_xml(aviary.cage, "broken UWLR", uwlr(aviary, aviary.pupils).decode()),
        **broken_tables(aviary.cage, "broken export"),
        "bsn.csv": all_bsn(aviary.cage, "all BSNs"),
    }
    for name, content in files.items():
        college.put(f"inbox/cito/{name}", content)

    is_told(fails(aviary, 3), files, "inbox/cito")
    (college.folder / "inbox/cito/nul.csv").unlink()  # of that one only the rows cannot be read
    assert any("None of the files in inbox/cito" in message for message in fails(aviary, 65))


def test_lists_of_numo_that_are_broken_let_none_escape(aviary: Aviary, college: SchoolFolder):
    (college.folder / "inbox/numo/a.csv").unlink()
    files = broken_tables(aviary.cage, "broken list")
    for unlike in ("quote.csv", "twice.csv", "nul.csv"):  # a list is read by its gebruikersnaam alone
        files[unlike] = files[unlike].replace(b"Leerlingnummer", b"gebruikersnaam;gebruikersnaam")
    for name, content in files.items():
        college.put(f"inbox/numo/{name}", content)

    is_told(fails(aviary, 65), files, "inbox/numo")


def test_edexml_files_that_are_broken_let_none_escape(aviary: Aviary, college: SchoolFolder):
    files = broken_arrivals(aviary.cage, "broken EDEXML", edexml(aviary, aviary.pupils))
    for name, content in files.items():
        college.put(f"inbox/edexml/{name}", content)

    is_told(fails(aviary, 3), files, "inbox/edexml")
    paths = [str(college.folder / "inbox/edexml" / name) for name in files]
    assert aviary.ran("edexml", "check", *paths).exit_code == 65
    assert aviary.ran("edexml", "check", *paths, "--json").exit_code == 65
    assert aviary.ran("edexml", "import", *paths, "-v").exit_code == 65
    assert aviary.ran("edexml", "import", *paths, "--json").exit_code == 65
    aviary.assert_none_escaped()


def test_a_draft_for_a_broken_file_lets_none_escape(aviary: Aviary, college: SchoolFolder):
    files = {**broken_xml(aviary.cage, "broken UWLR", uwlr(aviary, aviary.pupils).decode()), **broken_tables(aviary.cage, "broken export")}
    for name, content in files.items():
        assert aviary.ran("layouts", "draft", str(college.put(f"inbox/cito/{name}", content))).exit_code in (0, 65)

    aviary.assert_none_escaped()


MISTAKES = {
    "no mapping": "contact: {email: {canary}",
    "a colon": "contact: {email: {canary}: x: y}",
    "a tab": "contact:\n\temail: {canary}",
    "a list": "contact: {email: [{canary}]}",
    "an alias": "contact: {email: *{canary}}",
    "an anchor": "contact: {email: &a {canary}}",
    "a quote": 'contact: {email: "{canary}}',
    "a control character": "contact: {email: {canary}\x00}",
    "a text for keys": "contact: {canary}",
    "a contact twice": "contact: {email: {canary}, email: {canary}}",
    "an unknown key beside it": "contact: {email: {canary}, mail: {canary}}",
    "a number elsewhere": "contact: {email: {canary}}\nterugstuuroptie: {canary}",
    "a date elsewhere": "contact: {email: {canary}}\nactive_from: {canary}",
    "a list of mails elsewhere": "contact: {email: {canary}}\nmail_from: {a: {canary}}",
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_school_yaml_does_not_tell_of_the_contact(aviary: Aviary, college: SchoolFolder, mistake: str):
    kept = [line for line in (college.folder / "school.yaml").read_text().splitlines() if line.split(":")[0] not in mistake]
    canary = aviary.cage.name("school.yaml, contact")
    college.put("school.yaml", "\n".join([*kept, mistake.replace("{canary}", canary), ""]))

    assert fails(aviary, 78)


# --- bugs and damage -------------------------------------------------------------------------------------------------

STEPS = (
    "cito_numo.corridor.read_export",
    "cito_numo.corridor.to_results",
    "cito_numo.corridor.match",
    "cito_numo.corridor.newest_wins",
    "cito_numo.corridor.compare",
    "cito_numo.exports.open_sheets",
    "cito_numo.roster.clean_ids",
    "cito_numo.uwlr._results",
    "cito_numo.edexml_parser.line_of",
    "cito_numo.edexml._pupils",
    "cito_numo.arrivals.edexml_sources",
    "cito_numo.keytable._change",
    "cito_numo.outputs.leerplannen_json",
    "cito_numo.csv_files._cells",
    "cito_numo.ledger.Ledger.begin",
    "cito_numo.ledger.Ledger.key_table",
    "cito_numo.ledger.Ledger.remember_night",
    "cito_numo.delivery.build",
    "cito_numo.privacy.Secret.hash_column",
    "cito_numo.inbox.hashlib.sha256",
    "cito_numo.runs.Finding.as_manifest",
)
"""Deep in every part of a night."""


class OfAPupilError(Exception):
    """An error that tells of a pupil wherever it can."""

    def __str__(self) -> str:
        return f"pupil {self.args}"

    __repr__ = __str__


def errors(canary: str) -> list[Exception]:
    """Errors whose words, notes, causes and contents hold a canary."""
    with_note = ValueError(canary)
    with_note.add_note(canary)
    caused = RuntimeError(canary)
    caused.__cause__ = KeyError(canary)
    undecodable = UnicodeDecodeError("utf-8", canary.encode() + b"\xff", len(canary), len(canary) + 1, canary)
    return [with_note, caused, KeyError(canary), undecodable, ExceptionGroup(canary, [ValueError(canary)]), OfAPupilError(canary)]


@pytest.mark.parametrize("step", STEPS)
def test_a_bug_is_told_without_its_words(aviary: Aviary, college: SchoolFolder, monkeypatch: pytest.MonkeyPatch, step: str):
    college.put("inbox/cito/uwlr.xml", uwlr(aviary, aviary.pupils))
    college.put("inbox/edexml/edexml.xml", edexml(aviary, aviary.pupils))
    possible = errors(aviary.cage.name("the words of a bug"))
    raised: list[Exception] = []

    def stumbles(*_arguments: object, **_named: object) -> None:
        raised.append(possible[len(raised) % len(possible)])
        raise raised[-1]

    monkeypatch.setattr(step, stumbles)
    aviary.sync("-v")
    for command in ("check", "import"):
        aviary.ran("edexml", command, "--json", str(college.folder / "inbox/edexml/edexml.xml"))

    assert raised
    assert any("test_canaries.py:" in output.text for output in aviary.told)
    aviary.assert_none_escaped()


TEXTS = [
    ("sleutels", "cito_key"),
    ("sleutels", "gebruikersnaam"),
    ("sleutels", "klas"),
    ("leerplannen", "gebruikersnaam"),
    ("leerplannen", "klas"),
]


@pytest.mark.parametrize(("table", "column"), TEXTS)
def test_a_ledger_with_a_damaged_text_does_not_tell_the_text(aviary: Aviary, college: SchoolFolder, table: str, column: str):
    college.put("inbox/edexml/edexml.xml", edexml(aviary, aviary.pupils))
    assert aviary.sync().exit_code == 3
    connection = sqlite3.connect(college.folder / ".cito-numo/ledger.sqlite", isolation_level=None)
    connection.execute(f"UPDATE {table} SET {column} = CAST(x'ff' || CAST({column} AS BLOB) AS TEXT)")  # noqa: S608
    connection.close()

    for words in (("--full", "-v"), ("--dry-run", "--json")):
        assert aviary.sync(*words).exit_code == 4
    assert aviary.ran("plans", "list", "--all").exit_code in (0, 4)  # what it does not read does not stop it
    aviary.ran("edexml", "import", str(college.folder / "inbox/edexml/edexml.xml"), "-v")

    aviary.assert_none_escaped()


# --- who may read it -------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def too_open(folder: Path, before: Sequence[Path]) -> list[str]:
    """What was made in a folder that others than its owner may read or enter, or that its owner may run."""
    made = [path for path in folder.rglob("*") if path not in before and not path.is_symlink()]
    assert made
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made}
    return [f"{path.relative_to(folder)} {mode:o}" for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)]


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("words", [(), ("--demo", "--pupils", "20")])
def test_a_new_workspace_is_its_owners_alone(tmp_path: Path, words: Sequence[str]):
    folder = tmp_path / "above/new"

    assert run(["init", str(folder), *words]) == 0

    assert too_open(tmp_path, []) == []


@pytest.mark.usefixtures("umask")
def test_what_any_command_makes_is_its_owners_alone(aviary: Aviary, college: SchoolFolder, monkeypatch: pytest.MonkeyPatch):
    folder = aviary.workspace.folder
    path = folder / "mail.eml"
    path.write_bytes(piped_mail(aviary.cage, [("edexml.xml", edexml(aviary, aviary.pupils))], subject="demo-college"))
    before = list(folder.rglob("*"))

    def makes_private(exit_code: int, *arguments: str) -> None:
        assert aviary.ran(*arguments).exit_code == exit_code
        assert too_open(folder, before) == []

    makes_private(0, "edexml", "import", str(path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped_mail(aviary.cage, [], confirmed=None))))
    makes_private(4, "edexml", "import", "-")
    with monkeypatch.context() as crash:
        crash.setattr(delivery, "publish", _fails)
        makes_private(74, "sync", "--date", "2026-11-24")
    with monkeypatch.context() as crash:
        crash.setattr(Ledger, "mark", _fails)
        makes_private(74, "sync", "--date", "2026-11-24", "--full")
    makes_private(3, "sync", "--date", "2026-11-24")
    college.configure(terugstuuroptie="7")
    makes_private(78, "sync", "--date", "2026-11-24")


def _fails(*_arguments: object) -> None:
    raise OSError(28, "No space left on device")
