"""Exports for tests: results of leerlingen as bytes, in any shape in which Cito and spreadsheets give them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import NamedTuple
from xml.sax.saxutils import escape

import xlsxwriter

TOETSEN = {
    "T0": ("T0", "Toets 0", "VAS-0"),
    "T1": ("T1", "Toets 1", "VAS-1", "Kernvaardighedentoets T1"),
    "T2": ("T2", "toets 2", "VAS 2", "Kernvaardighedentoets 2"),
    "T3": ("T3", "Toets 3", "VAS-3"),
}
ONDERDELEN = {
    "rekenen-wiskunde": ("Rekenen-Wiskunde", "Rekenen/wiskunde", "Rekenen en wiskunde", "REKENEN"),
    "nederlands-leesvaardigheid": ("Nederlands leesvaardigheid", "Begrijpend lezen", "Nederlandse leesvaardigheid"),
    "nederlands-woordenschat": ("Nederlands woordenschat", "Woordenschat Nederlands", "Nederlandse woordenschat"),
    "taalverzorging": ("Taalverzorging", "Nederlands taalverzorging"),
    "engels-leesvaardigheid": ("Engels leesvaardigheid", "Leesvaardigheid Engels", "Engels begrijpend lezen"),
    "engels-woordenschat": ("Engels woordenschat", "Engelse woordenschat", "Woordenschat Engels"),
}
DOMEINEN = {
    "getallen": ("Getallen", "getallen"),
    "verhoudingen": ("Verhoudingen",),
    "meten-en-meetkunde": ("Meten en meetkunde", "Meten/meetkunde", "Meetkunde"),
    "verbanden": ("Verbanden", "VERBANDEN"),
    "spelling-werkwoorden": ("Spelling werkwoorden", "Werkwoordspelling"),
    "spelling-niet-werkwoorden": ("Spelling niet-werkwoorden",),
    "woordenschat": ("Woordenschat",),
}
NIVEAUS = {
    "onder-bb": ("onder-bb", "Onder BB"),
    "vmbo-bb": ("vmbo-bb", "VMBO BB", "BB"),
    "vmbo-kb": ("vmbo-kb", "vmbo kader"),
    "vmbo-gt": ("vmbo-gt", "VMBO-GT", "mavo", "vmbo-tl"),
    "vmbo-gt/havo": ("vmbo-gt/havo", "vmbo-t/havo", "t/h"),
    "havo": ("havo", "HAVO", " Havo"),
    "havo/vwo": ("havo/vwo", "HAVO/VWO"),
    "vwo": ("vwo", "VWO "),
    "boven-vwo": ("boven-vwo", "Boven vwo"),
}
NAMEN = ("Zoë Voorbeeld", "Voorbeeld, Jan", 'Jan "de Snelle" Voorbeeld', "Voorbeeld; Anna", "Anna\nVoorbeeld", "Renée 't Voorbeeld", "")
_HEADERS = {
    "leerlingnummer": ("Leerlingnummer", "leerling nr", "Stamnummer", "Gebruikersnaam"),
    "eck_id": ("ECK-iD", "ECKID", "Keten-iD"),
    "cito_key": ("Cito-leerlingkey", "Citokey", "Cito-key"),
    "klas": ("Klas", "Groep", "STAMGROEP"),
    "toets": ("Toets", "Toetsnaam", "Naam toets"),
    "toetsniveau": ("Toetsniveau", "Niveau toets"),
    "onderdeel": ("Onderdeel", "Toetsonderdeel", "Vaardigheid"),
    "domein": ("Domein", "Domeinnaam"),
    "afnamedatum": ("Afnamedatum", "Datum afname", "toets-datum"),
    "functioneringsniveau": ("Functioneringsniveau", "Functionerings niveau", "FN"),
}
_KEYS = ("leerlingnummer", "eck_id", "cito_key")
_OF_A_LEERLING = (*_KEYS, "klas")
_TITLES = ("Leerling in beeld VO", "Demo College, klas 2A", "Gemaakt op 24-11-2026 om 10:12 — Cito")
_CLOSINGS = ("Totaal", "Totaal: 12 resultaten", "Afgedrukt op 24-11-2026")


@dataclass(frozen=True)
class CitoResult:
    """One result, as it should be read; the eck_id is the ECK iD itself."""

    leerlingnummer: str = "0012"
    eck_id: str | None = None
    cito_key: str | None = None
    klas: str | None = "2A"
    toets: str = "T1"
    toetsniveau: str = "havo"
    onderdeel: str = "rekenen-wiskunde"
    day: date = date(2026, 10, 6)
    functioneringsniveau: str = "havo"
    domeinen: Mapping[str, str] = field(default_factory=dict)

    @property
    def leerling(self) -> tuple[str | None, ...]:
        """What stands in each of the columns of a leerling."""
        return self.leerlingnummer, self.eck_id, self.cito_key, self.klas


class Read(NamedTuple):
    """A result and the row that it should be read from; None where the shape has no rows."""

    rij: int | None
    result: CitoResult


class Written(NamedTuple):
    """A file, and what should be read from it, in order."""

    name: str
    content: bytes
    reads: Sequence[Read]


_Cell = str | date
_Grid = list[list[_Cell]]


@dataclass(frozen=True)
class Shape:
    """One way to write results as a file; `chance` decides the spelling of each value and what is thrown in between."""

    layout: str = "long"
    """long, wide or uwlr."""
    kind: str = "csv"
    """csv, xlsx or ods; of uwlr: xml."""
    chance: Random = field(default_factory=lambda: Random(0))
    domein_rows: bool = False
    """Whether a domein of a long export has a row, or a column."""
    iso_dates: bool = False
    real_dates: bool = False
    """Whether a workbook holds dates, or their text."""
    titles: int = 0
    closing: bool = False
    blanks: bool = False
    shuffled: bool = False
    """Columns in any order, under any of their names, with others between, and values in any spelling."""
    separator: str = ";"
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    quoting: int = csv.QUOTE_MINIMAL
    soap: bool = False
    by_norm: bool = False
    """Whether UWLR gives scores and norms, or the levels themselves."""

    def write(self, results: Sequence[CitoResult], name: str = "export") -> Written:
        """The results as a file of this shape."""
        if self.layout == "uwlr":
            return Written(f"{name}.xml", self._uwlr(results), [Read(None, replace(each, klas=None, cito_key=None)) for each in results])
        header, rows = self._long(results) if self.layout == "long" else self._wide(results)
        grid, numbers = self._around(header, [cells for _reads, cells in rows])
        content, lines = self._in_file(grid)
        reads = [Read(lines[number], each) for number, (reads, _cells) in zip(numbers, rows, strict=True) for each in reads]
        return Written(f"{name}.{self.kind}", content, reads)

    # --- values ------------------------------------------------------------------------------------------------------

    def _spelled(self, spellings: Sequence[str]) -> str:
        return self.chance.choice(spellings) if self.shuffled else spellings[0]

    def _day(self, day: date) -> _Cell:
        if self.real_dates and self.kind != "csv":
            return day
        return day.isoformat() if self.iso_dates else day.strftime("%d-%m-%Y")

    def _noise(self) -> dict[str, str]:
        """Columns that no result needs."""
        return {"Naam": self.chance.choice(NAMEN), "Vaardigheidsscore": str(self.chance.randrange(300)), "": ""} if self.shuffled else {}

    def _in_columns(self, rows: Sequence[Mapping[str, _Cell]], titles: Mapping[str, str]) -> tuple[list[_Cell], _Grid]:
        """Header and cells; the first column is a key, for there stands what closes an export."""
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if self.shuffled:
            columns = self.chance.sample(columns, len(columns))
            first = next(column for column in columns if column in _KEYS)
            columns = [first, *(column for column in columns if column != first)]
        return [titles.get(column, column) for column in columns], [[row.get(column, "") for column in columns] for row in rows]

    def _titles(self) -> dict[str, str]:
        return {column: self._spelled(spellings) for column, spellings in _HEADERS.items()}

    # --- a row per result, or per leerling ---------------------------------------------------------------------------

    def _long(self, results: Sequence[CitoResult]) -> tuple[list[_Cell], list[tuple[list[CitoResult], list[_Cell]]]]:
        titles = self._titles()
        domeinen = sorted({domein for each in results for domein in each.domeinen})
        titles |= {f"={domein}": self._spelled(("", "Domein ")) + self._spelled(DOMEINEN[domein]) for domein in domeinen}
        rows: list[tuple[list[CitoResult], dict[str, _Cell]]] = []
        for each in results:
            cells: dict[str, _Cell] = {
                **dict(zip(_OF_A_LEERLING, (value or "" for value in each.leerling), strict=True)),
                "toets": self._spelled(TOETSEN[each.toets]),
                "toetsniveau": self._spelled(NIVEAUS[each.toetsniveau]),
                "onderdeel": self._spelled(ONDERDELEN[each.onderdeel]),
                "afnamedatum": self._day(each.day),
                "functioneringsniveau": self._spelled(NIVEAUS[each.functioneringsniveau]),
                **self._noise(),
            }
            levels = {domein: self._spelled(NIVEAUS[level]) for domein, level in each.domeinen.items()}
            if self.domein_rows:
                of_each = [({"domein": self._spelled(DOMEINEN[domein]), "functioneringsniveau": levels[domein]}) for domein in levels]
                rows.append(([each], {**cells, "domein": self._spelled(("", "Totaal", "-"))}))
                rows += [([], {**cells, **of_domein}) for of_domein in of_each]
            else:
                nothing = {f"={domein}": self._spelled(("", "-", "n.v.t.")) for domein in domeinen}
                rows.append(([each], {**cells, **nothing, **{f"={domein}": level for domein, level in levels.items()}}))
        header, grid = self._in_columns([cells for _reads, cells in rows], titles)
        return header, [(reads, cells) for (reads, _cells), cells in zip(rows, grid, strict=True)]

    def _wide(self, results: Sequence[CitoResult]) -> tuple[list[_Cell], list[tuple[list[CitoResult], list[_Cell]]]]:
        titles = self._titles()
        groups = list(dict.fromkeys((each.toets, each.onderdeel) for each in results))
        leerlingen: list[dict[tuple[str, str], CitoResult]] = []
        for each in results:
            group = each.toets, each.onderdeel
            mine = next((row for row in leerlingen if group not in row and next(iter(row.values())).leerling == each.leerling), None)
            if mine is None:
                leerlingen.append(mine := {})
            mine[group] = each
        for toets, onderdeel in groups:
            name = f"{self._spelled(TOETSEN[toets])} {self._spelled(ONDERDELEN[onderdeel])}"
            joined = self._spelled((" ", " - ", "_"))
            for column in ("functioneringsniveau", "toetsniveau", "afnamedatum"):
                spellings = {"functioneringsniveau": ("functioneringsniveau", "FN"), "toetsniveau": ("toetsniveau", "niveau toets")}
                titles[f"{toets} {onderdeel} {column}"] = f"{name}{joined}{self._spelled(spellings.get(column, (column,)))}"
            for domein, spellings in DOMEINEN.items():
                before, behind = self._spelled(("|", "|FN", "domein |", "|functioneringsniveau")).split("|")
                titles[f"{toets} {onderdeel} {domein}"] = f"{name}{joined}{before}{self._spelled(spellings)} {behind}".strip()
        rows: list[dict[str, _Cell]] = []
        for row in leerlingen:
            cells: dict[str, _Cell] = dict(zip(_OF_A_LEERLING, (value or "" for value in next(iter(row.values())).leerling), strict=True))
            for (toets, onderdeel), each in row.items():
                place = f"{toets} {onderdeel}"
                cells[f"{place} functioneringsniveau"] = self._spelled(NIVEAUS[each.functioneringsniveau])
                cells[f"{place} toetsniveau"] = self._spelled(NIVEAUS[each.toetsniveau])
                cells[f"{place} afnamedatum"] = self._day(each.day)
                cells |= {f"{place} {domein}": self._spelled(NIVEAUS[level]) for domein, level in each.domeinen.items()}
            rows.append({**cells, **self._noise()})
        header, grid = self._in_columns(rows, titles)
        order = [
            (toets, onderdeel)
            for title in header
            for toets, onderdeel in groups
            if title == titles[f"{toets} {onderdeel} functioneringsniveau"]
        ]
        return header, [([row[group] for group in order if group in row], cells) for row, cells in zip(leerlingen, grid, strict=True)]

    def _around(self, header: list[_Cell], rows: _Grid) -> tuple[_Grid, list[int]]:
        """The whole grid, with what stands above and below the table and between its rows, and where each row is."""
        grid: _Grid = [[title] for title in _TITLES[: self.titles]]
        grid += [[] for _blank in range(self._gap())]
        grid.append(header)
        places = []
        for cells in rows:
            grid += [self.chance.choice(([], [""] * len(header))) for _blank in range(self._gap())]
            places.append(len(grid))
            grid.append(cells)
        if self.closing:
            last = self.chance.choice(_CLOSINGS)
            grid += [[] for _blank in range(self._gap())]
            grid.append(self.chance.choice(([last], [last, *[""] * (len(header) - 1)])))
        return grid, places

    def _gap(self) -> int:
        return self.chance.choice((0, 0, 1, 2)) if self.blanks else 0

    # --- files -------------------------------------------------------------------------------------------------------

    def _in_file(self, grid: _Grid) -> tuple[bytes, list[int]]:
        """The bytes, and the number that a person sees of each row."""
        if self.kind == "csv":
            return self._csv(grid)
        content = self._xlsx(grid) if self.kind == "xlsx" else ods(grid)
        return content, list(range(1, len(grid) + 1))

    def _csv(self, grid: _Grid) -> tuple[bytes, list[int]]:
        lines: list[int] = []
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.separator, lineterminator=self.line_end, quoting=self.quoting)
        line = 1
        for cells in grid:
            lines.append(line)
            writer.writerow([str(cell).replace("\n", self.line_end) for cell in cells])
            line += 1 + sum(str(cell).count("\n") for cell in cells)
        return text.getvalue().encode(self.encoding), lines

    def _xlsx(self, grid: _Grid) -> bytes:
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"strings_to_numbers": False, "default_date_format": "dd-mm-yyyy"}) as workbook:
            sheet = workbook.add_worksheet("Resultaten")
            for number, cells in enumerate(grid):
                sheet.write_row(number, 0, cells)
        return content.getvalue()

    # --- UWLR --------------------------------------------------------------------------------------------------------

    def _uwlr(self, results: Sequence[CitoResult]) -> bytes:
        codes: dict[tuple[str, str, str], str] = {}
        parts: dict[str, dict[str, str]] = {}
        afnames = ""
        for each in results:
            code = codes.setdefault((each.toets, each.onderdeel, each.toetsniveau), f"VO-{len(codes)}")
            given = self._resultaat(each, code, None, each.functioneringsniveau)
            for domein, level in each.domeinen.items():
                part = parts.setdefault(code, {}).setdefault(domein, f"D{len(parts[code])}")
                given += self._resultaat(each, code, part, level)
            leerling = _element("leerlingid", each.leerlingnummer) + (_element("eckid", each.eck_id) if each.eck_id else "")
            afnames += f"<toetsafname>{leerling}<resultaten>{given}</resultaten></toetsafname>\n"
        toetsen = "".join(self._toets(*names, code, parts.get(code, {})) for names, code in codes.items())
        school = "<school><brincode>99XX</brincode><aanmaakdatum>2026-11-20T10:00:00</aanmaakdatum></school>"
        data = f"{school}\n<toetsafnames>\n{afnames}</toetsafnames>\n<toetsen>\n{toetsen}</toetsen>"
        verzoek = (
            f'<leerresultaten_verzoek xmlns="http://www.edustandaard.nl/leerresultaten/2/leerresultaten">{data}</leerresultaten_verzoek>'
        )
        if self.soap:
            head = "<s:Header><autorisatie><autorisatiesleutel>geheim</autorisatiesleutel></autorisatie></s:Header>"
            verzoek = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{head}<s:Body>{verzoek}</s:Body></s:Envelope>'
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{verzoek}'.encode()

    def _resultaat(self, each: CitoResult, code: str, part: str | None, level: str) -> str:
        known = _element("afnamedatum", each.day.isoformat()) + _element("toetscode", code) + _element("versie", "1")
        known += _element("toetsonderdeelcode", part) if part else ""
        if self.by_norm:
            said = _element("score", str(_score(level)))
        else:
            said = _element("codereferentiescore", "FN") + _element("waarde", self._spelled(NIVEAUS[level]))
            said = f"<osoresultaat><referentiescore>{said}</referentiescore></osoresultaat>"
        return f"<resultaat>{known}{said}</resultaat>\n"

    def _toets(self, toets: str, onderdeel: str, toetsniveau: str, code: str, parts: Mapping[str, str]) -> str:
        naam = f"{self._spelled(TOETSEN[toets])} {self._spelled(ONDERDELEN[onderdeel])}"
        norms = _element("toetsniveau", self._spelled(NIVEAUS[toetsniveau])) + _norms() * self.by_norm
        onderdelen = "".join(
            f"<toetsonderdeel>{_element('toetsonderdeelcode', part)}{_element('toetsonderdeelnaam', self._spelled(DOMEINEN[domein]))}"
            f"<toetsonderdeelnormering>{_norms() * self.by_norm}</toetsonderdeelnormering></toetsonderdeel>"
            for domein, part in parts.items()
        )
        known = _element("toetscode", code) + _element("versie", "1") + _element("toetsnaam", naam)
        rest = f"<toetsnormering>{norms}</toetsnormering><toetsonderdelen>{onderdelen}</toetsonderdelen>"
        return f"<toets>{known}{rest}</toets>\n"


def ods(grid: Sequence[Sequence[_Cell]]) -> bytes:
    """An ods with these cells in its only sheet; rows and cells that are empty are told by their number."""
    rows = ""
    blank = 0
    for cells in [*grid, None]:
        if cells is not None and not any(cells):
            blank += 1
            continue
        rows += f'<table:table-row table:number-rows-repeated="{blank}"><table:table-cell/></table:table-row>' if blank else ""
        blank = 0
        rows += f"<table:table-row>{''.join(map(_ods_cell, cells or ()))}</table:table-row>" if cells else ""
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    }
    declared = " ".join(f'xmlns:{name}="{uri}"' for name, uri in names.items())
    sheet = f'<office:body><office:spreadsheet><table:table table:name="Resultaten">{rows}</table:table></office:spreadsheet></office:body>'
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mimetype}"/>'
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    members = {
        "mimetype": mimetype,
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{manifest}">{entry}</manifest:manifest>',
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {declared}>{sheet}</office:document-content>',
    }
    return zipped({name: text.encode() for name, text in members.items()})


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip of these members, in this order; of the same members always the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return content.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The members of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _ods_cell(cell: _Cell) -> str:
    if isinstance(cell, date):
        shown = f"<text:p>{cell.strftime('%d-%m-%y')}</text:p>"
        return f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}">{shown}</table:table-cell>'
    if not cell:
        return "<table:table-cell/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in cell.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _score(level: str) -> int:
    return 10 * list(NIVEAUS).index(level) + 5


def _norms() -> str:
    bounds = [(level, str(10 * place), str(10 * place + 9)) for place, level in enumerate(NIVEAUS)]
    return "".join(
        f"<norm>{_element('term', level)}{_element('beginnormwaarde', begin)}{_element('eindnormwaarde', end)}</norm>"
        for level, begin, end in bounds
    )
