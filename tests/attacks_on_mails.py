"""Attacks that are archives and mails: bombs, paths, sizes that lie, parts in parts without end, headers that lie."""

import struct
import zipfile

import mails
from attack import NAME, NUMBER, Attack, Maker, Where, each, files, good_edexml, joined, varied
from attacks_on_xml import edexml
from mails import (
    attach,
    beginning_at,
    bomb,
    compound_file,
    directory_of,
    forwarded,
    headers,
    locked,
    many_parts,
    nested_mails,
    nested_multiparts,
    of_declared_size,
    one_attachment,
    outlook,
    outlook_forwarded,
    overlapping,
    packed_by,
    with_chains_that_loop,
    with_damaged_content,
    with_header,
    with_sizes_that_lie,
    zipped,
    zipped_link,
    zipped_under_raw_name,
)

_EDEXML = good_edexml().encode()
_DOCTYPE = edexml('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;").encode()
_ZIP = zipped({"edexml.xml": _EDEXML})
_PATHS = {
    "dots": b"../../../../../tmp/aanval.xml",
    "dots and backslashes": b"..\\..\\..\\aanval.xml",
    "absolute": b"/tmp/aanval.xml",
    "absolute with backslashes": b"\\tmp\\aanval.xml",
    "a drive": b"C:\\aanval.xml",
    "a drive in small letters": b"c:aanval.xml",
    "a share": b"\\\\aanval.example\\x\\aanval.xml",
    "dots in the middle": b"a/../../aanval.xml",
    "a dot": b"./aanval.xml",
    "a nul": b"edexml.xml\0.exe",
    "a nul and dots": b"x\0/../../aanval.xml",
    "a line end": b"edexml\r\n.xml",
    "an escape": b"\x1b[31medexml.xml",
    "a title of a terminal": b"\x1b]0;weg\x07.xml",
    "right to left": "\u202elmx.exe".encode(),
    "no utf-8": b"\xff\xfe\x80.xml",
    "braces": b"{0}{name}%s%n[red].xml",
    "a formula": b"=cmd.xml",
    "a dash": b"--replace",
    "a home": b"~/edexml.xml",
    "a variable": b"$HOME/$(id).xml",
    "a device": b"CON.xml",
    "60,000 letters": b"x" * 60_000,
    "many folders": b"a/" * 10_000 + b"x.xml",
    "only dots": b"..",
    "a slash": b"/",
    "a name": b"leerling.xml",
}


def _zips() -> dict[str, Maker]:
    """Zips that can be made at once."""
    paths = {f"zip of {name}": zipped_under_raw_name(path, _EDEXML) for name, path in _PATHS.items()}
    local_name, other = b"edexml.xml", b"../../../x"
    place = _ZIP.rindex(local_name)
    others = {
        "zip of nothing": zipped({}),
        "zip of an empty file": zipped({"edexml.xml": b""}),
        "zip of a folder": zipped({"edexml.xml/": b""}),
        "zip of a link": zipped_link("edexml.xml", "/etc/passwd"),
        "zip of a link and a file through it": zipped_link("x", "..") + zipped({"x/aanval.xml": _EDEXML}),
        "zip in a zip": zipped({"a.zip": zipped({"b.zip": _ZIP})}),
        "zip of a doctype": zipped({"edexml.xml": _DOCTYPE}),
        "zip of two of one name": _ZIP[: _ZIP.index(b"PK\x01\x02")] + _ZIP,
        "zip locked": locked(_ZIP),
        "zip cut in half": _ZIP[: len(_ZIP) // 2],
        "zip without its end": _ZIP[:-22],
        "zip of only its end": _ZIP[-22:],
        "zip of only its directory": _ZIP[_ZIP.index(b"PK\x01\x02") :],
        "zip behind a text": b"x" * 1000 + _ZIP,
        "zip behind a zip": zipped({"x.txt": b"x"}) + _ZIP,
        "zip before a text": _ZIP + b"x" * 70_000,
        "zip with two names": _ZIP[:place] + other + _ZIP[place + len(other) :],
        "zip with wrong checksums": with_damaged_content(_ZIP),
        "zip packed by bzip2": packed_by(_ZIP, zipfile.ZIP_BZIP2),
        "zip packed by lzma": packed_by(_ZIP, zipfile.ZIP_LZMA),
        "zip packed by deflate64": packed_by(_ZIP, 9),
        "zip packed by ppmd": packed_by(_ZIP, 98),
        "zip packed by aes": packed_by(_ZIP, 99),
        "zip that says it is 4 gigabytes": of_declared_size(_ZIP, 0xFFFFFFFF),
        "zip that says it is nothing": of_declared_size(_ZIP, 0),
        "zip that says it is one byte": of_declared_size(_ZIP, 1),
        "zip that begins far away": beginning_at(_ZIP, 1 << 62),
        "zip that begins behind all": beginning_at(_ZIP, (1 << 64) - 1),
        "zip that begins at itself": beginning_at(_ZIP, len(_ZIP) - 22),
        "zip of 1,001 files": zipped({f"{number}.xml": b"<EDEX/>" for number in range(1_001)}),
        "zip of 70,000 entries": directory_of(70_000),
        "zip of zeros": b"PK\x03\x04" + bytes(5_000),
        "zip of ones": b"PK\x03\x04" + b"\xff" * 5_000,
        "zip with a comment of 65,535 bytes": _ZIP[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16_383 + b"xxx",
        "zip with a directory elsewhere": _ZIP[:-6] + b"\xff\xff\xff\x7f" + _ZIP[-2:],
        "zip with a directory of 4 gigabytes": _ZIP[:-10] + b"\xff\xff\xff\xff" + _ZIP[-6:],
        "zip that says it has no files": _ZIP[:-14] + bytes(4) + _ZIP[-10:],
        "zip that says it has 65,535 files": _ZIP[:-14] + b"\xff" * 4 + _ZIP[-10:],
        "zip of several disks": _ZIP[:-18] + b"\x05\x00\x05\x00" + _ZIP[-14:],
        "zip with extra that lies": _with_extra(struct.pack("<HH", 1, 60_000)),
        "zip with extra of unicode names": _with_extra(struct.pack("<HHBI", 0x7075, 30, 1, 0) + b"../../../../aanval.xml"),
        "zip of a mac": zipped({"__MACOSX/._edexml.xml": b"<x", "._x.xml": b"<x"}),
        "zip of a workbook": zipped({"[Content_Types].xml": b"<x/>", "edexml.xml": _EDEXML}),
        "zip of a program beside": zipped({"edexml.exe": b"MZ", "edexml.xml": _EDEXML, "x.js": b"x"}),
        "7z": mails.SEVEN_ZIP,
        "rar": mails.RAR,
        "gzip": b"\x1f\x8b\x08" + bytes(100),
        "tar": b"edexml.xml" + bytes(90) + b"0000644" + bytes(400) + b"ustar",
        "pdf": mails.PDF,
        "picture": mails.PNG,
        "web page": mails.HTML,
        "winmail": mails.WINMAIL,
    }
    return each(paths | others)


def _with_extra(extra: bytes) -> bytes:
    """The zip with an extra field in its directory."""
    start, end = _ZIP.index(b"PK\x01\x02"), _ZIP.index(b"PK\x05\x06")
    entry = bytearray(_ZIP[start:end])
    name_length = struct.unpack_from("<H", entry, 28)[0]
    struct.pack_into("<H", entry, 30, len(extra))
    entry[46 + name_length : 46 + name_length] = extra
    return _ZIP[:start] + entry + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), start, 0)


_CONFIRMED = f"Authentication-Results: {mails.MAIL_HOST}; dkim=pass header.d=demo-college.example"
_FROM = f"From: {mails.SENDER}"
_TO_US = (_CONFIRMED, _FROM, "Subject: aangevallen-college", "MIME-Version: 1.0")
_XML = ("Content-Type: application/xml", "Content-Transfer-Encoding: base64")
_NAMES = {
    "a path": 'filename="../../../../tmp/aanval.xml"',
    "an absolute path": 'filename="/etc/aanval.xml"',
    "a drive": 'filename="C:\\\\x\\\\aanval.xml"',
    "controls": "filename*=utf-8''%1B%5B31m%00%0D%0Aedexml.xml",
    "right to left": "filename*=utf-8''%E2%80%AElmx.exe",
    "parts that lie": "filename*0=a; filename*2=b; filename*1*=utf-8''%zz; filename*999999999=x",
    "parts without end": "; ".join(f"filename*{number}=x" for number in range(900)),
    "an encoding unknown": "filename*=x-niets'nl'%ff%fe",
    "an encoded word": 'filename="=?utf-8?B?4oCuLnhtbA==?="',
    "an encoded word of nothing": 'filename="=?x?x?x?="',
    "braces": 'filename="{0}{name}%s[red].xml"',
    "a name": 'filename="leerling.xml"',
    "4,000 letters": f'filename="{"x" * 4_000}.xml"',
    "quotes": 'filename="a\\"b\\"; filename="c.xml',
    "nothing": 'filename=""',
    "bytes": "filename=\udcff\udcfe.xml",
}
_SUBJECTS = {
    "two headers": "aangevallen-college\r\nBcc: x@aanval.example",
    "a folded header": "aangevallen-\r\n college\r\n\tX: y",
    "a return": "aangevallen-college\rX-Aanval: ja",
    "an encoded line end": "=?utf-8?Q?aangevallen-college=0D=0ABcc:_x?=",
    "an encoded escape": "=?utf-8?Q?=1B[31maangevallen-college=07?=",
    "an encoded nul": "=?utf-8?Q?aangevallen=00-college?=",
    "an encoding unknown": "=?x-niets?Q?aangevallen-college?=",
    "an encoding of python": "=?unicode_escape?Q?\\x61angevallen-college?=",
    "an encoding that is none": "=?hex?Q?61?= =?zlib?B?eJw=?= =?rot13?Q?nnatrinyyra?=",
    "utf-7": "=?utf-7?Q?+AGE-angevallen-college?=",
    "broken base64": "=?utf-8?B?YWFuZ2V2YWxsZW4tY29sbGVnZQ?=",
    "encoded words without end": "=?utf-8?Q?a?= " * 5_000,
    "half a pair": "=?utf-16?B?2D3Y?=",
    "braces": "{0}{found}%s%n[red] aangevallen-college",
    "right to left": "=?utf-8?B?4oCuYWFuZ2V2YWxsZW4tY29sbGVnZQ==?=",
    "homoglyphs": "=?utf-8?B?0LDQsG5nZXZhbGxlbi1jb2xsZWdl?=",
    "both schools": "aangevallen-college gezond-college",
    "a path": "../gezond-college",
    "a command": "aangevallen-college; rm -rf / $(id) `id`",
    "a name": f"{NAME} {NUMBER} niets",
    "nothing": "",
    "60,000 letters": "x" * 60_000,
}
_HEADS = {
    "from twice": (_CONFIRMED, _FROM, "From: x@aanval.example", "Subject: aangevallen-college"),
    "from of two": (_CONFIRMED, f"From: x@aanval.example, {mails.SENDER}", "Subject: aangevallen-college"),
    "from of nobody": (_CONFIRMED, "From: ", "Subject: aangevallen-college"),
    "from in a comment": (_CONFIRMED, f"From: ({mails.SENDER}) x@aanval.example", "Subject: aangevallen-college"),
    "from encoded": (_CONFIRMED, "From: =?utf-8?Q?roosters=40demo-college.example?= <x@aanval.example>", "Subject: aangevallen-college"),
    "from with a nul": (_CONFIRMED, f"From: {mails.SENDER}\0@aanval.example", "Subject: aangevallen-college"),
    "from of another": (_CONFIRMED, "From: x@aanval.example", "Subject: gezond-college"),
    "confirmed by another": ("Authentication-Results: mx.aanval.example; dkim=pass header.d=demo-college.example", _FROM, _TO_US[2]),
    "confirmed twice": (_CONFIRMED, _CONFIRMED, _FROM, _TO_US[2]),
    "confirmed in a comment": (
        f"Authentication-Results: {mails.MAIL_HOST}; (dkim=pass header.d=demo-college.example) none",
        _FROM,
        _TO_US[2],
    ),
    "confirmed behind the host": (
        f'Authentication-Results: {mails.MAIL_HOST} 1; dkim=fail reason="x; dkim=pass header.d=demo-college.example"',
        _FROM,
        _TO_US[2],
    ),
    "confirmed without end": (f"Authentication-Results: {mails.MAIL_HOST}; {'(' * 50_000}", _FROM, _TO_US[2]),
    "confirmed of methods without end": (_CONFIRMED + "; spf=pass" * 20_000, _FROM, _TO_US[2]),
    "not confirmed": (_FROM, _TO_US[2]),
    "headers without names": (": x", " : y", "\t: z", *_TO_US),
    "header with a nul": ("X\0Y: z", *_TO_US),
    "header with bytes": ("X-\udcff: \udcfe", *_TO_US),
    "header of a megabyte": (f"X: {'y' * (1 << 20)}", *_TO_US),
    "fifteen hundred headers": (*[f"X-{number}: y" for number in range(1_500)], *_TO_US),
    "three thousand headers": (*[f"X-{number}: y" for number in range(3_000)], *_TO_US),
    "content type twice": (*_TO_US, "Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=x"),
    "content type of nothing": (*_TO_US, "Content-Type: "),
    "content type of slashes": (*_TO_US, "Content-Type: ////"),
    "content type of parameters": (*_TO_US, f"Content-Type: multipart/mixed{'; x=y' * 5_000}"),
    "boundary of nothing": (*_TO_US, 'Content-Type: multipart/mixed; boundary=""'),
    "boundary of blanks": (*_TO_US, 'Content-Type: multipart/mixed; boundary="   "'),
    "boundary of a regular expression": (*_TO_US, 'Content-Type: multipart/mixed; boundary="(a+)+$.*"'),
    "boundary of bytes": (*_TO_US, "Content-Type: multipart/mixed; boundary*=utf-8''%FF%00"),
    "boundary without end": (*_TO_US, f"Content-Type: multipart/mixed; boundary={'x' * 60_000}"),
    "charset of python": (*_TO_US, "Content-Type: text/plain; charset=unicode_escape"),
    "charset with a nul": (*_TO_US, "Content-Type: text/plain; charset=a\0b"),
    "encoding unknown": (*_TO_US, "Content-Transfer-Encoding: x-aanval"),
    "encoding uuencode": (*_TO_US, "Content-Type: application/xml", "Content-Transfer-Encoding: x-uuencode"),
    "partial message": (*_TO_US, "Content-Type: message/partial; id=x; number=1; total=2"),
    "external body": (*_TO_US, "Content-Type: message/external-body; access-type=local-file; name=/etc/passwd"),
    "delivery status": (*_TO_US, "Content-Type: message/delivery-status"),
    "signed": (*_TO_US, "Content-Type: multipart/signed; boundary=x; protocol=y"),
}


def _attached(*part: str, data: bytes) -> bytes:
    return one_attachment(*part, data=data, head=_TO_US[:3])


def _raw_mails() -> dict[str, Maker]:
    """Mails that can be made at once."""
    names = varied(_NAMES, lambda text: _attached(f"Content-Disposition: attachment; {text}", data=_EDEXML))
    subjects = varied(_SUBJECTS, lambda text: headers(_CONFIRMED, _FROM, f"Subject: {text}"))

    def with_head(lines: tuple[str, ...]) -> Maker:
        return lambda: headers(*lines)

    good = mails.mail({"edexml.xml": _EDEXML}, subject="aangevallen-college", results=[_CONFIRMED.partition(": ")[2]])
    others: dict[str, bytes] = {
        "mail of nothing": b"",
        "mail of one byte": b"x",
        "mail of nuls": bytes(5_000),
        "mail of line ends": b"\r\n" * 5_000,
        "mail of bytes": bytes(range(256)) * 10,
        "mail of only headers": headers(*_TO_US, body=b""),
        "mail cut in half": bytes(good)[: len(bytes(good)) // 2],
        "mail with nuls": bytes(good).replace(b"a", b"\0"),
        "mail with a byte order mark": b"\xef\xbb\xbf" + bytes(good),
        "mail with lone returns": bytes(good).replace(b"\n", b"\r"),
        "mail of a mailbox": b"From x Tue Nov 24 2026\n" + bytes(good),
        "mail of 50 multiparts": nested_multiparts(50),
        "mail of 45 multiparts": nested_multiparts(45),
        "mail of a thousand multiparts": nested_multiparts(1_000),
        "mail of multiparts of one boundary": nested_multiparts(45, "boundary=x"),
        "mail of 20 mails": nested_mails(20),
        "mail of 5,000 mails": nested_mails(5_000),
        "mail of 900 parts": many_parts(900),
        "mail of 5,000 parts": many_parts(5_000),
        "mail of mails that were forwarded": bytes(forwarded(forwarded(forwarded(forwarded(good))))),
        "mail of a mail that is a file": bytes(mails.mail({"a.eml": bytes(mails.mail({"b.eml": bytes(good)}))})),
        "mail of a file that is called a mail": bytes(mails.mail({"a.eml": _ZIP, "b.msg": _EDEXML})),
        "mail of an attachment without a name": bytes(attach(mails.mail(), _EDEXML, None)),
        "mail of a doctype": bytes(mails.mail({"edexml.xml": _DOCTYPE})),
        "mail of a zip that leads out": bytes(mails.mail({"a.zip": zipped({"../a.xml": _EDEXML})})),
        "mail of a zip that is locked": bytes(mails.mail({"a.zip": locked(_ZIP)})),
        "mail of 900 files": bytes(mails.mail({f"{number}.xml": b"<EDEX/>" for number in range(900)})),
        "mail of winmail": bytes(mails.mail({"winmail.dat": mails.WINMAIL})),
        "mail with links without end": bytes(mails.mail(body="https://we.tl/t-x https://x.sharepoint.com/ " * 5_000)),
        "mail with a link that is nearly one": bytes(mails.mail(body="https://" * 20_000)),
        "mail in base64 that is broken": _attached(*_XML, data=b"PD94bWw=!!!\x00\xff==="),
        "mail in base64 of one letter": _attached(*_XML, data=b"P"),
        "mail in base64 of equals": _attached(*_XML, data=b"=" * 50_000),
        "mail in quoted-printable of equals": _attached(_XML[0], "Content-Transfer-Encoding: quoted-printable", data=b"=" * 50_000),
        "mail in uuencode": _attached(_XML[0], "Content-Transfer-Encoding: x-uuencode", data=b"begin 644 ../../x\n#0V%T\n`\nend\n"),
        "mail in uuencode that is broken": _attached(_XML[0], "Content-Transfer-Encoding: uuencode", data=b"begin 999 x\n\xff\xff\n"),
        "mail of a charset unknown": _attached("Content-Type: application/xml; charset=x-niets", data=_EDEXML),
        "mail that says it is text": _attached("Content-Type: text/plain; charset=utf-16", data=_EDEXML),
        "mail that says it is a mail": _attached("Content-Type: message/rfc822", data=_EDEXML),
        "mail that says it is a multipart": _attached("Content-Type: multipart/mixed; boundary=grens", data=_EDEXML),
    }
    return {
        **{f"mail with attachment of {name}": make for name, make in names.items()},
        **{f"mail with subject of {name}": make for name, make in subjects.items()},
        **{f"mail with {name}": with_head(lines) for name, lines in _HEADS.items()},
        **each(others),
    }


def _outlook_mails() -> dict[str, Maker]:
    good = outlook({"edexml.xml": _EDEXML}, subject="aangevallen-college")
    nested: bytes | mails.Tree = b"x"
    for _level in range(10):
        nested = {"__attach_version1.0_#00000000": {"__substg1.0_3701000D": nested}}
    assert not isinstance(nested, bytes)
    return each(
        {
            "msg": good,
            "msg cut in half": good[: len(good) // 2],
            "msg of a header": good[:512],
            "msg of ones": good[:512] + b"\xff" * 5_000,
            "msg whose chains loop": with_chains_that_loop(good),
            "msg whose sizes lie": with_sizes_that_lie(good),
            "msg whose sizes are one": with_sizes_that_lie(good, 1),
            "msg with a subject of controls": outlook({"x.xml": _EDEXML}, subject="\x1b[31m\r\nBcc: x\0\u202eaangevallen-college"),
            "msg with an attachment of controls": outlook({"\x1b]0;x\x07\r\n\u202e.xml": _EDEXML, "{0}[red]%s.xml": b"<x/>"}),
            "msg with an attachment that leads out": outlook({"../../../tmp/aanval.xml": _EDEXML}),
            "msg with a bomb": outlook({"a.zip": zipped({"edexml.xml": _DOCTYPE})}),
            "msg in a msg": outlook_forwarded({"a.msg": outlook_forwarded({"b.msg": good})}),
            "msg of messages in messages": compound_file(nested),
            "msg that is a workbook": compound_file({"Workbook": bytes(5_000)}),
            "msg of nothing": compound_file({}),
            "msg of 900 attachments": outlook({f"{number}.xml": b"<x/>" for number in range(900)}),
            **{
                f"msg with {number:#x} in its header at {place}": with_header(good, place, number)
                for place in (24, 28, 44, 48, 56, 60, 64, 68, 72)
                for number in (0, 0x7FFFFFFF, 0xFFFFFFFF)
            },
        }
    )


def _heavy_zips() -> dict[str, Maker]:
    return {
        "heavy zip bomb": lambda: bomb(400),
        "heavy zip bomb of 500 megabytes": lambda: of_declared_size(bomb(500), 500 << 20),
        "heavy zip bomb that hides its size": lambda: of_declared_size(bomb(400), 1000),
        "heavy zip bomb that tells more": lambda: of_declared_size(bomb(400), 600 << 20),
        "heavy zip bomb of bzip2": lambda: bomb(400, compression=zipfile.ZIP_BZIP2),
        "heavy zip bomb of lzma": lambda: bomb(400, compression=zipfile.ZIP_LZMA),
        "heavy zip of half a million entries": lambda: directory_of(500_000),
        "heavy zip of entries that overlap": lambda: overlapping(500, 1),
        "heavy zip of two entries that overlap": lambda: overlapping(2, 250),
        "heavy zip of 900 files of doctypes": lambda: zipped({f"{number}.xml": _DOCTYPE for number in range(900)}),
        "heavy zip of 900 edexml files": lambda: zipped({f"{number}.xml": _EDEXML for number in range(900)}),
        "heavy zip of a file of nuls": lambda: zipped({"edexml.xml": bytes(400 << 20)}),
        "heavy zip of blanks": lambda: zipped({"edexml.xml": b" " * (400 << 20)}),
        "heavy zip in utf-16": lambda: zipped({"edexml.xml": "\ufeff<EDEX>".encode("utf-16-le") + b" \0" * (100 << 20)}),
    }


def _heavy_mails() -> dict[str, Maker]:
    head = b"".join(f"{line}\r\n".encode() for line in _TO_US)
    return {
        "heavy mail of a bomb": lambda: bytes(mails.mail({"a.zip": bomb(400)})),
        "heavy mail of ten bombs": lambda: bytes(mails.mail({f"{number}.zip": bomb(100) for number in range(10)})),
        "heavy mail of lines": lambda: head + b"\r\n" + b"\n" * (30 << 20),
        "heavy mail of dashes": lambda: head + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\n" * 900_000,
        "heavy mail of nearly dashes": lambda: head + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b" --x\n" * 900_000,
        "heavy mail of 49 multiparts and lines": lambda: nested_multiparts(49) + b"\n" * 150_000,
        "heavy mail of 35 megabytes": lambda: _attached(*_XML, data=(b"PDw8" * 19 + b"\r\n") * 440_000),
        "heavy mail that is endless": lambda: head + b"\r\n" + bytes(600 << 20),
        "heavy mail of one header": lambda: head + b"X: " + b"y" * (30 << 20) + b"\r\n\r\n",
        "heavy mail of a subject": lambda: b"Subject: " + b"=?utf-8?Q?a?= " * 2_000_000 + b"\r\n\r\n",
    }


def attacks() -> list[Attack]:
    """All that are zips and mails: in the inbox, and the mails on standard input too."""
    piped = {**_raw_mails(), **_outlook_mails()}
    some = {name: make for place, (name, make) in enumerate(_zips().items()) if place % 6 == 0}
    return joined(
        files(Where.EDEXML, ".zip", _zips()),
        files(Where.EDEXML, ".eml", _raw_mails()),
        files(Where.EDEXML, ".msg", _outlook_mails()),
        files(Where.MAIL, ".eml", piped | {f"piped {name}": make for name, make in some.items()}),
        files(Where.EDEXML, ".zip", _heavy_zips(), heavy=True),
        files(Where.EDEXML, ".eml", _heavy_mails(), heavy=True),
        files(Where.MAIL, ".eml", {f"piped {name}": make for name, make in _heavy_mails().items()}, heavy=True),
    )
