"""A file as it arrives gives the EDEXML files in it, or one clear reason why not; whoever made it, and whatever for."""

import json
import zipfile
from pathlib import Path

import pytest
from conftest import Workbook
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from limits import run_in_little_memory, within
from mails import (
    EDEXML,
    HTML,
    PDF,
    PNG,
    RAR,
    SEVEN_ZIP,
    WINMAIL,
    attach,
    beginning_at,
    bomb,
    compound_file,
    directory_of,
    forwarded,
    locked,
    mail,
    many_parts,
    nested_mails,
    nested_multiparts,
    of_declared_size,
    one_attachment,
    outlook,
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

from cito_numo import errors
from cito_numo.antwoorden import antwoord
from cito_numo.errors import CitoNumoError, ErrorKind, ExitCode
from cito_numo.unpacking import Kind, Source, damage_told, edexml_sources, kind_of, open_mail

CATALOGUE = {kind.code for kind in vars(errors).values() if isinstance(kind, ErrorKind)}
GZIP = b"\x1f\x8b\x08" + bytes(64)


def found(data: bytes, name: str = "post") -> list[tuple[str, bytes]]:
    """The name and content of each EDEXML in a file."""
    return [(source.name, content(source)) for source in edexml_sources(Source.of(name, data))[0]]


def content(source: Source) -> bytes:
    with damage_told(source.name), source.open() as stream:
        return stream.read()


def refusal(data: bytes, name: str = "post") -> str:
    """The code of why a file is refused, of which support has a text to mail back; each is one sentence that needs a person."""
    with pytest.raises(CitoNumoError) as refused:
        found(data, name)
    (problem,) = refused.value.problems
    assert refused.value.exit_code is ExitCode.NO_INPUT
    assert antwoord([problem]).startswith("Beste collega,")
    return problem.kind.code


def ending(data: bytes, name: str = "post") -> str:
    """How it ends with a file: "read", or the code of why not."""
    try:
        found(data, name)
    except CitoNumoError as refused:
        return refused.problems[0].kind.code
    return "read"


# --- each kind -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (EDEXML, Kind.XML),
        (b"\xef\xbb\xbf" + EDEXML, Kind.XML),
        (b"\r\n  <EDEX/>", Kind.XML),
        ("<EDEX/>".encode("utf-16"), Kind.XML),
        ("<EDEX/>".encode("utf-16-be"), Kind.XML),
        ("<EDEX/>".encode("utf-32"), Kind.XML),
        ('<?xml version="1.0" encoding="cp037"?>'.encode("cp037"), Kind.XML),
        (zipped({"edexml.xml": EDEXML}), Kind.ZIP),
        (zipped({}), Kind.ZIP),
        (bytes(mail()), Kind.MAIL),
        (b"From roosters@demo-college.example Tue Nov 24 2026\n" + bytes(mail()), Kind.MAIL),
        (outlook(), Kind.MSG),
        (b"", Kind.EMPTY),
        (b" \r\n\t\n", Kind.EMPTY),
        (bytes(600), Kind.EMPTY),
        (SEVEN_ZIP, Kind.SEVEN_ZIP),
        (RAR, Kind.RAR),
        (GZIP, Kind.GZIP),
        (WINMAIL, Kind.WINMAIL),
        (PDF, Kind.PDF),
        (PNG, Kind.IMAGE),
        (HTML, Kind.HTML),
        (b"Leerlingnummer;Klas\n0104311;2A\n", Kind.OTHER),
    ],
)
@pytest.mark.parametrize("name", ["post", "post.xml", "post.zip", "post.pdf"])
def test_the_first_bytes_tell_what_a_file_is_and_its_name_does_not(data: bytes, kind: Kind, name: str):
    assert kind_of(Source.of(name, data)) is kind


def test_an_edexml_is_read_as_it_is():
    assert found(EDEXML, "edexml.xml") == [("edexml.xml", EDEXML)]


def test_a_zip_gives_all_its_xml_files():
    data = zipped({"a.xml": EDEXML, "map/b.XML": b"<EDEX/>", "zonder-achternaam": b"<EDEX />", "leesmij.txt": b"lees mij"})
    assert found(data, "post.zip") == [
        ("post.zip/a.xml", EDEXML),
        ("post.zip/b.XML", b"<EDEX/>"),
        ("post.zip/zonder-achternaam", b"<EDEX />"),
    ]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_on_the_disk_can_be_opened_again_and_again(tmp_path: Path, compression: int):
    path = tmp_path / "post.zip"
    path.write_bytes(zipped({"a.xml": EDEXML, "b.xml": EDEXML}, compression))
    sources = edexml_sources(Source.at(path))[0]
    assert [content(source) for source in (*sources, *sources)] == [EDEXML] * 4


def test_what_macos_adds_to_a_zip_is_left_alone():
    data = zipped({"edexml.xml": EDEXML, "__MACOSX/._edexml.xml": b"<\0\5\x16\7", "map/._edexml.xml": b"<x", ".DS_Store": bytes(8)})
    assert found(data, "post.zip") == [("post.zip/edexml.xml", EDEXML)]


def test_a_mail_gives_the_xml_that_is_attached():
    assert found(bytes(mail({"edexml.xml": EDEXML})), "post.eml") == [("post.eml/edexml.xml", EDEXML)]


def test_a_mail_gives_what_is_in_an_attached_zip():
    data = bytes(mail({"edexml.zip": zipped({"a.xml": EDEXML, "b.xml": b"<EDEX/>"}), "c.xml": EDEXML}))
    assert found(data, "post.eml") == [
        ("post.eml/edexml.zip/a.xml", EDEXML),
        ("post.eml/edexml.zip/b.xml", b"<EDEX/>"),
        ("post.eml/c.xml", EDEXML),
    ]


def test_a_mail_that_outlook_saved_gives_what_is_attached():
    large = EDEXML + b"<!--" + b"x" * 10_000 + b"-->"
    data = outlook({"klein.xml": EDEXML, "groot.xml": large, "post.zip": zipped({"a.xml": EDEXML}), "logo.png": PNG})
    assert found(data, "post.msg") == [("post.msg/klein.xml", EDEXML), ("post.msg/groot.xml", large), ("post.msg/post.zip/a.xml", EDEXML)]


def test_a_forwarded_mail_gives_what_was_attached_to_it():
    once = forwarded(mail({"edexml.xml": EDEXML}))
    assert found(bytes(once)) == [("post/edexml.xml", EDEXML)]
    assert found(bytes(forwarded(once))) == [("post/edexml.xml", EDEXML)]


def test_pictures_beside_the_edexml_are_left_alone():
    message = attach(mail({"image001.png": PNG}), PNG, "logo.png", "image/png")
    assert found(bytes(attach(message, EDEXML, "edexml.xml", "text/xml"))) == [("post/edexml.xml", EDEXML)]


def test_only_a_mail_is_opened_as_one():
    assert open_mail(Source.of("post", EDEXML)) is None
    assert open_mail(Source.of("post.eml", zipped({"a.xml": EDEXML}))) is None
    message = open_mail(Source.of("post", bytes(mail(subject="zuid"))))
    assert message is not None
    assert message.subject == "zuid"


# --- as mail programs write it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "application/octet-stream", "text/plain", "image/png", "audio/x-onzin"])
def test_the_declared_kind_of_an_attachment_does_not_matter(kind: str):
    part = (f"Content-Type: {kind}", 'Content-Disposition: attachment; filename="edexml.xml"')
    assert found(one_attachment(*part, data=EDEXML.rstrip())) == [("post/edexml.xml", EDEXML.rstrip())]


@pytest.mark.parametrize("charset", ["utf-16", "x-onbekend", "iso-8859-1", "us-ascii", "rot13", "'\"", ""])
def test_a_wrong_charset_of_an_attachment_does_not_change_its_bytes(charset: str):
    data = EDEXML.replace(b"104311", "één".encode()).rstrip()
    part = (f"Content-Type: text/xml; charset={charset}", 'Content-Disposition: attachment; filename="edexml.xml"')
    assert [read for _name, read in found(one_attachment(*part, "Content-Transfer-Encoding: 8bit", data=data))] == [data]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="edexml leerjaar 2.xml"', "edexml leerjaar 2.xml"),
        ("attachment; filename==?utf-8?Q?leerlingen_=C3=A9=C3=A9n=2Exml?=", "leerlingen één.xml"),
        ('attachment; filename="=?iso-8859-1?Q?=E9=E9n=2Exml?="', "één.xml"),
        ("attachment; filename*=UTF-8''%C3%A9%C3%A9n.xml", "één.xml"),
        ('attachment; filename*0="edexml-"; filename*1="leerjaar-2.xml"', "edexml-leerjaar-2.xml"),
        ("attachment; filename*0*=utf-8''%C3%A9; filename*1*=%C3%A9n.xml", "één.xml"),
        ('attachment; filename="../../etc/edexml.xml"', "edexml.xml"),
        ('attachment; filename="/etc/edexml.xml"', "edexml.xml"),
        ('attachment; filename="C:\\\\map\\\\edexml.xml"', "edexml.xml"),
        ("attachment", "application-octet-stream"),
        ('attachment; filename=""', "application-octet-stream"),
        ('attachment; filename="map/"', "application-octet-stream"),
        ("inline; filename=edexml.xml", "edexml.xml"),
    ],
)
def test_an_attachment_is_called_by_its_name_without_folders(disposition: str, name: str):
    part = ("Content-Type: application/octet-stream", f"Content-Disposition: {disposition}")
    assert found(one_attachment(*part, data=EDEXML.rstrip())) == [(f"post/{name}", EDEXML.rstrip())]


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="a\x1b[31m\x07.xml"',
        "attachment; filename*=x-onbekend''%E9.xml",
        "attachment; filename*=''%ZZ.xml",
        "attachment; filename*999999999999999999999=a",
        "attachment; filename*x*=a",
        "attachment; filename*0=a; filename*0=b",
        'attachment; filename="één\udcff.xml"',
        f'attachment; filename="{"a" * 100_000}.xml"',
        "attachment; filename==?utf-8?B?!!!?=",
        ";;;=;==;filename",
    ],
)
def test_an_attachment_with_an_odd_name_is_read_and_told_without_control_characters(disposition: str):
    part = ("Content-Type: application/octet-stream", f"Content-Disposition: {disposition}")
    ((name, read),) = found(one_attachment(*part, data=EDEXML.rstrip()))
    assert read == EDEXML.rstrip()
    assert str(errors.Problem(errors.FILE_EMPTY, name)).isprintable()


def test_a_broken_base64_gives_what_can_be_read_of_it_or_a_reason():
    part = (
        "Content-Type: application/octet-stream",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=a.xml",
    )
    assert ending(one_attachment(*part, data=b"PEVERVg+!!!\xff\0=")) == "read"
    assert ending(one_attachment(*part, data=b"!!!!")) == "file-empty"


@pytest.mark.parametrize("encoding", ["quoted-printable", "x-uuencode", "base-64", "onzin", "8bit", ""])
def test_any_transfer_encoding_ends_in_a_file_or_a_reason(encoding: str):
    part = ("Content-Type: text/xml", f"Content-Transfer-Encoding: {encoding}", "Content-Disposition: attachment; filename=a.xml")
    assert ending(one_attachment(*part, data=EDEXML)) in {"read", *CATALOGUE}


# --- what cannot be used, and what is mailed back --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (locked(zipped({"edexml.xml": EDEXML})), "archive-locked", "wachtwoord"),
        (SEVEN_ZIP, "packed-otherwise", "7z"),
        (RAR, "packed-otherwise", "rar"),
        (GZIP, "packed-otherwise", "gz"),
        (WINMAIL, "winmail-dat", "winmail.dat"),
        (PDF, "not-xml", "geen EDEXML-bestand"),
        (HTML, "not-xml", "geen EDEXML-bestand"),
        (b"Leerlingnummer;Klas\n", "not-xml", "geen EDEXML-bestand"),
        (b"", "file-empty", "leeg"),
        (zipped({}), "archive-nothing", "geen EDEXML-bestand"),
        (zipped({"leesmij.txt": b"lees mij"}), "archive-nothing", "geen EDEXML-bestand"),
        (zipped({"edexml.zip": zipped({"edexml.xml": EDEXML})}), "archive-nested", "weer een ingepakt bestand"),
        (zipped({"edexml.7z": SEVEN_ZIP}), "archive-nested", "weer een ingepakt bestand"),
    ],
)
def test_what_cannot_be_used_gets_a_reason_and_a_text_to_mail_back(data: bytes, code: str, words: str):
    if data:
        assert refusal(data) == code
        assert refusal(outlook({"bijlage": data}), "post.msg") == code
    assert refusal(bytes(mail({"bijlage": data}))) == code
    with pytest.raises(CitoNumoError) as refused:
        edexml_sources(Source.of("post", data))[0]
    assert words in antwoord(refused.value.problems)


def test_a_workbook_is_no_edexml(xlsx: Workbook):
    workbook = xlsx([["Leerlingnummer", "Klas"], ["0104311", "2A"]])
    assert refusal(workbook, "leerlingen.xlsx") == "not-xml"
    assert refusal(bytes(mail({"leerlingen.xlsx": workbook}))) == "not-xml"


@pytest.mark.parametrize("pictures", [{}, {"logo.png": PNG}, {"logo.png": PNG, "foto.jpg": b"\xff\xd8\xff\xe0" + bytes(32)}])
def test_a_mail_with_nothing_but_pictures_has_nothing_attached(pictures: dict[str, bytes]):
    assert refusal(bytes(mail(pictures))) == "mail-nothing"
    assert refusal(outlook(pictures)) == "mail-nothing"
    assert refusal(bytes(forwarded(mail(pictures)))) == "mail-nothing"


@pytest.mark.parametrize("attachments", [{}, {"logo.png": PNG}, {"voorwaarden.pdf": PDF}])
def test_a_link_to_a_cloud_is_not_followed_but_told(attachments: dict[str, bytes]):
    body = "Het bestand staat op https://demo.sharepoint.com/:u:/g/edexml\n"
    assert refusal(bytes(mail(attachments, body=body))) == "mail-cloud-link"
    assert refusal(outlook(attachments, body=body)) == "mail-cloud-link"


def test_a_link_beside_the_edexml_is_no_obstacle():
    assert found(bytes(mail({"a.xml": EDEXML}, body="Ook op https://we.tl/t-abc\n"))) == [("post/a.xml", EDEXML)]


def test_a_locked_zip_is_told_before_the_picture_and_the_link_beside_it():
    message = mail({"logo.png": PNG, "edexml.zip": locked(zipped({"a.xml": EDEXML}))}, body="https://we.tl/t-abc\n")
    assert refusal(bytes(message)) == "archive-locked"


# --- zips that nobody should send ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        b"../edexml.xml",
        b"map/../../edexml.xml",
        b"..",
        b"/etc/edexml.xml",
        b"//server/edexml.xml",
        b"..\\edexml.xml",
        b"map\\..\\..\\edexml.xml",
        b"\\edexml.xml",
        b"\\\\server\\edexml.xml",
        b"C:\\edexml.xml",
        b"c:edexml.xml",
        b"edexml.xml\0/../../x",
    ],
)
def test_a_path_that_leads_out_of_a_zip_is_refused(name: bytes):
    data = zipped_under_raw_name(name)
    assert refusal(data) == "archive-path"
    assert refusal(bytes(mail({"post.zip": data}))) == "archive-path"


@pytest.mark.parametrize("name", ["edexml..xml", "map/...xml", "a/b/c/edexml.xml", "één ✓.xml", "a:b.txt"[2:]])
def test_a_path_that_only_looks_odd_is_read(name: str):
    assert [read for _name, read in found(zipped({name: EDEXML}))] == [EDEXML]


def test_a_file_without_a_name_in_a_zip_ends_in_what_is_there_or_a_reason():
    assert ending(zipped_under_raw_name(b"\0")) in ("read", "archive-damaged")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../geheim", "edexml.xml"])
def test_a_symbolic_link_in_a_zip_is_refused(target: str):
    assert refusal(zipped_link("edexml.xml", target)) == "archive-path"


@pytest.mark.parametrize("megabytes", [600, 5000])
def test_a_zip_bomb_that_tells_its_size_is_refused(megabytes: int):
    small = bomb(1)
    with within(3):
        assert refusal(of_declared_size(small, min(megabytes << 20, 0xFFFFFFFE))) == "archive-too-large"


def test_a_zip_of_many_files_that_are_large_together_is_refused():
    data = of_declared_size(zipped({f"{number}.xml": EDEXML for number in range(10)}), 60 << 20)
    assert refusal(data) == "archive-too-large"


def test_a_zip_bomb_that_hides_its_size_gives_no_more_than_it_told():
    pieces: list[bytes] = []
    with within(3), pytest.raises(CitoNumoError) as refused:
        read_in_pieces(of_declared_size(bomb(50), 1000), pieces)
    assert refused.value.problems[0].kind.code == "archive-damaged"
    assert sum(map(len, pieces)) <= 1000


def read_in_pieces(data: bytes, pieces: list[bytes]) -> None:
    """Read a file, and keep what was read until it went wrong."""
    with damage_told("post"):
        for source in edexml_sources(Source.of("post", data))[0]:
            with source.open() as stream:
                while piece := stream.read(100):
                    pieces.append(piece)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_that_exports_do_not_use_is_refused(method: int):
    data = zipped({"edexml.xml": EDEXML}, method)
    assert ending(data) in CATALOGUE


@pytest.mark.parametrize("count", [1001, 100_000])
def test_a_zip_of_very_many_files_is_refused(count: int):
    with within(3):
        assert refusal(directory_of(count)) == "archive-too-large"


def test_a_zip_of_many_files_is_read_at_once():
    data = zipped({f"{number}.xml": EDEXML for number in range(100)})
    with within(2):
        assert len(found(data)) == 100
        assert len(edexml_sources(Source.of("post", directory_of(1000)))[0]) == 1000


def test_a_zip_whose_files_are_all_the_same_bytes_ends_in_seconds():
    with within(10):
        assert ending(overlapping(100, 1)) in ("read", *CATALOGUE)
        assert ending(overlapping(900, 1)) == "archive-too-large"


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99, 0xFFFF])
def test_a_zip_that_says_another_way_of_packing_is_told_as_damaged(method: int):
    assert refusal(packed_by(zipped({"edexml.xml": EDEXML}), method)) in ("archive-damaged", "packed-otherwise")


@pytest.mark.parametrize("offset", [1, 10_000, 2**31, 2**40, 2**62, 2**63, 2**64 - 1])
def test_a_zip_whose_file_begins_where_it_is_not_is_told_as_damaged(offset: int):
    assert refusal(beginning_at(zipped({"edexml.xml": EDEXML}), offset)) == "archive-damaged"


def test_a_zip_with_a_wrong_checksum_is_told_as_damaged():
    assert refusal(with_damaged_content(zipped({"edexml.xml": EDEXML}))) == "archive-damaged"
    assert refusal(with_damaged_content(zipped({"edexml.xml": EDEXML * 1000}))) == "archive-damaged"


def test_a_zip_that_is_cut_off_is_told_as_damaged():
    data = zipped({"edexml.xml": EDEXML})
    assert {refusal(data[:length]) for length in range(4, len(data))} == {"archive-damaged"}


def test_a_zip_within_a_zip_beside_an_edexml_is_left_alone():
    assert found(zipped({"a.xml": EDEXML, "b.zip": zipped({"b.xml": EDEXML})})) == [("post/a.xml", EDEXML)]


# --- mails that nobody should send -----------------------------------------------------------------------------------

HEAD = b"Subject: demo-college\nMIME-Version: 1.0\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
BOUNDARIES = ['boundary="{}"', "boundary={}", 'boundary = "{}"', "boundary*=us-ascii''{}", "BOUNDARY*0={}", "boundary*0*=''{}"]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_thousand_multiparts_in_each_other_are_refused_at_once(boundary: str):
    data = nested_multiparts(1000, boundary)
    with within(3):
        assert refusal(data) in ("mail-too-large", "mail-damaged")


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_many_lines_under_many_multiparts_are_refused_at_once(boundary: str):
    data = nested_multiparts(300, boundary) + b"\n" * 200_000
    with within(3):
        assert refusal(data) in ("mail-too-large", "mail-damaged")


@pytest.mark.parametrize("depth", [100, 1000, 100_000])
def test_mails_in_mails_without_end_are_refused_at_once(depth: int):
    with within(3):
        assert ending(nested_mails(depth)) in ("mail-too-large", "mail-damaged", "mail-nothing")


@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_a_mail_of_very_many_parts_is_refused(count: int):
    with within(3):
        assert refusal(many_parts(count)) == "mail-too-large"


@pytest.mark.parametrize(
    "data",
    [
        b"X: y\n" * 100_000 + b"\ntekst",
        b"X: y\r" * 100_000 + b"\rtekst",
        b"X: y\r\n" * 100_000 + b"\r\ntekst",
        MULTIPART + b"X: y\n" * 100_000 + b"\ntekst\n--x--\n",
        HEAD + b"Content-Type: message/rfc822\n\n" + b"X: y\n" * 100_000 + b"\ntekst\n",
        HEAD + b'Content-Type: multipart/mixed; boundary="' + b"b" * 1_000_000 + b'"\n\n--' + b"b" * 1_000_000 + b"\n\ntekst\n",
        HEAD + b"X-Lang: " + b"x" * 10_000_000 + b"\n\ntekst",
        HEAD + b"Content-Type: text/plain; charset=" + b"x" * 1_000_000 + b"\n\ntekst",
        HEAD + b"\n" + bytes(1_000_000),
    ],
)
def test_very_many_or_very_long_headers_end_in_seconds(data: bytes):
    with within(5):
        assert refusal(data) in ("mail-too-large", "mail-damaged", "mail-nothing", "not-xml")


@pytest.mark.parametrize("name", ["Content-Type: multipart/mixed", "Content-Disposition: attachment", "Content-Type: text/plain"])
@pytest.mark.parametrize("parameters", [b'; "' + b";" * 200_000, b";a" * 200_000, b'; filename="' + b'\\";' * 100_000])
def test_very_many_parameters_of_a_header_end_in_seconds(name: str, parameters: bytes):
    data = HEAD + name.encode() + parameters + b"\n\ntekst"
    with within(3):
        assert ending(data) in CATALOGUE


def test_a_mail_larger_than_mail_hosts_let_pass_is_refused_at_once():
    with within(3):
        assert refusal(HEAD + b"\n" + b"x" * (51 << 20)) == "mail-too-large"
        assert refusal(outlook()[:512] + bytes(51 << 20)) == "mail-too-large"


def test_a_mail_of_nothing_but_line_ends_ends_in_seconds():
    with within(5):
        assert refusal(MULTIPART + b"\n" * (20 << 20)) in ("mail-too-large", "mail-nothing")


def test_a_mail_that_is_cut_off_ends_in_what_is_left_of_it_or_a_reason():
    data = bytes(mail({"edexml.zip": zipped({"a.xml": EDEXML})}))
    endings = {ending(data[:length], "post.eml") for length in range(0, len(data), 3)}
    assert {"archive-damaged", "mail-nothing"} <= endings <= {"read", *CATALOGUE}


def test_a_mail_with_nuls_ends_in_a_file_or_a_reason():
    data = bytes(mail({"edexml.xml": EDEXML}))
    for place in range(0, len(data), 5):
        assert ending(data[:place] + b"\0" + data[place:]) in {"read", *CATALOGUE}


# --- Outlook files that nobody should send ---------------------------------------------------------------------------

MSG = outlook({"klein.xml": EDEXML, "groot.xml": EDEXML * 40})


def test_an_outlook_mail_whose_chains_loop_is_told_as_damaged():
    with within(3):
        assert refusal(with_chains_that_loop(MSG)) == "mail-damaged"


@pytest.mark.parametrize("size", [0, 4095, 4096, 20_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_outlook_mail_whose_sizes_lie_ends_in_what_is_there_or_a_reason(size: int):
    with within(3):
        assert ending(with_sizes_that_lie(MSG, size)) in ("read", "mail-damaged", "mail-nothing")


@pytest.mark.parametrize("offset", range(24, 76, 4))
@pytest.mark.parametrize("number", [0, 1, 3, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_an_outlook_mail_with_a_wrong_header_ends_in_what_is_there_or_a_reason(offset: int, number: int):
    with within(3):
        assert ending(with_header(MSG, offset, number)) in ("read", "mail-damaged", "mail-nothing")


def test_an_outlook_mail_that_is_cut_off_ends_in_what_is_there_or_a_reason():
    endings = {ending(MSG[:length], "post.msg") for length in range(8, len(MSG), 61)}
    assert {"mail-damaged"} <= endings <= {"read", "mail-damaged", "mail-nothing"}


def test_a_compound_file_that_is_no_mail_is_told_as_such(tmp_path: Path):
    path = tmp_path / "leerlingen.xls"
    path.write_bytes(compound_file({"Workbook": b"\x09\x08\x10\x00" + bytes(5000)}))
    with pytest.raises(CitoNumoError) as refused:
        edexml_sources(Source.at(path))[0]
    assert refused.value.problems[0].kind.code == "mail-damaged"


# --- anything --------------------------------------------------------------------------------------------------------

WELL_FORMED = {
    "post.eml": bytes(forwarded(attach(mail({"één.zip": zipped({"a.xml": EDEXML})}), EDEXML, "b.xml", "text/xml"))),
    "post.zip": zipped({"a.xml": EDEXML, "map/b.xml": EDEXML, "c.txt": b"c"}),
    "post.msg": outlook({"klein.xml": EDEXML, "groot.zip": zipped({"a.xml": EDEXML * 40}, zipfile.ZIP_STORED)}),
}
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "insert", "delete", "repeat"]),
        st.integers(0, 1 << 20),
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\xff" * 8, b"PK\x01\x02", b"--", b"\r\n", b"\n\n"]),
        ),
    ),
    min_size=1,
    max_size=12,
)


def changed(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    """A file after some accidents."""
    content = bytearray(data)
    for what, where, by in changes:
        place = where % (len(content) + 1)
        if what == "put":
            content[place : place + len(by)] = by
        elif what == "insert":
            content[place:place] = by
        elif what == "delete":
            del content[place : place + len(by) ** 3]
        else:
            content[place:place] = content[place : place + len(by) ** 3]
    return bytes(content)


@pytest.mark.parametrize("name", WELL_FORMED)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES)
@example(changes=[("put", 8, b"\x0c")])
@example(changes=[("put", 8, b"\x0e")])
def test_a_file_with_any_damage_ends_in_sources_or_a_reason_of_the_catalogue(name: str, changes: list[tuple[str, int, bytes]]):
    with within(10):
        assert ending(changed(WELL_FORMED[name], changes), name) in {"read", *CATALOGUE}


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=2000), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"From: a\n", b"<"])
)
def test_any_bytes_end_in_sources_or_a_reason_of_the_catalogue(data: bytes, start: bytes):
    assert ending(start + data, "post.eml") in {"read", *CATALOGUE}


# --- little memory ---------------------------------------------------------------------------------------------------

READ_ALL = """
from cito_numo.edexml import read_edexml
from cito_numo.errors import CitoNumoError
from cito_numo.unpacking import Source, damage_told, edexml_sources
import email.parser, olefile, zipfile, json
folder = Path(sys.argv[1])
read_edexml(folder / "warm.xml")
take_no_more_than(400)
told = {}
for path in sorted(folder.glob("*.post")):
    try:
        for source in edexml_sources(Source.at(path))[0]:
            with damage_told(source.name), source.open() as stream:
                read_edexml(stream, source.name)
        told[path.stem] = "read"
    except CitoNumoError as refused:
        told[path.stem] = refused.problems[0].kind.code
    except MemoryError:
        told[path.stem] = "out of memory"
print(json.dumps(told))
"""


def test_a_process_with_little_memory_has_no_more():
    program = "take_no_more_than(400)\ntry:\n    bytearray(500 << 20)\nexcept MemoryError:\n    print('no more')"
    assert run_in_little_memory(program) == "no more\n"


def test_hostile_files_are_refused_in_little_memory(tmp_path: Path):
    large_bomb = bomb(500)
    packed = ("Content-Type: application/xml", "Content-Transfer-Encoding: base64")
    hostile = {
        "bomb": (large_bomb, "xml-too-large"),
        "bomb-told": (of_declared_size(large_bomb, 600 << 20), "archive-too-large"),
        "bomb-hidden": (of_declared_size(large_bomb, 1000), "archive-damaged"),
        "bomb-bzip2": (bomb(500, compression=zipfile.ZIP_BZIP2), None),
        "bomb-in-mail": (bytes(mail({"post.zip": large_bomb})), "xml-too-large"),
        "bomb-in-outlook": (outlook({"post.zip": large_bomb}), "xml-too-large"),
        "entries": (directory_of(500_000), "archive-too-large"),
        "overlapping": (overlapping(500, 1), None),
        "parts": (many_parts(1_000_000), "mail-too-large"),
        "multiparts": (nested_multiparts(40) + b"\n" * 100_000, None),
        "headers": (MULTIPART + b"X: y\n" * 300_000 + b"\n", None),
        "lines": (HEAD + b"\n" + b"\n\n" * (10 << 20), None),
        "largest": (one_attachment(*packed, data=(b"PDw8" * 19 + b"\r\n") * 450_000), None),
        "largest-of-bytes": (one_attachment(*packed[:1], data=(b"<\xff" * 38 + b"\r\n") * 450_000), None),
        "short-lines": (one_attachment(*packed, data=b"PDw8\n" * (7 << 20)), None),
        "msg-loops": (with_chains_that_loop(MSG), "mail-damaged"),
        "msg-lies": (with_sizes_that_lie(MSG), "mail-damaged"),
        "msg-fat": (with_header(MSG, 44, 0x7FFFFFFF), None),
        "msg-streams": (outlook({f"{number}.xml": b"x" for number in range(900)}), "not-xml"),
    }
    (tmp_path / "warm.xml").write_bytes(EDEXML)
    for name, (data, _code) in hostile.items():
        (tmp_path / f"{name}.post").write_bytes(data)
    told = json.loads(run_in_little_memory(READ_ALL, str(tmp_path)))
    assert told.keys() == hostile.keys()
    assert {name: code for name, code in told.items() if code not in {"read", *CATALOGUE}} == {}
    expected = {name: code for name, (_data, code) in hostile.items() if code}
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize(("name", "inner"), [("FW.eml", bytes(mail({"edexml.xml": EDEXML}))), ("FW.msg", outlook({"edexml.xml": EDEXML}))])
def test_a_saved_mail_that_is_attached_to_a_mail_is_opened(name: str, inner: bytes):
    outer = bytes(mail({name: inner}))

    assert [source.name for source in edexml_sources(Source.of("post.eml", outer))[0]] == [f"post.eml/{name}/edexml.xml"]


def test_mails_in_mails_without_end_are_not_opened():
    data = bytes(mail({"edexml.xml": EDEXML}))
    for _level in range(6):
        data = bytes(mail({"FW.eml": data}))

    assert refusal(data) == "not-xml"
