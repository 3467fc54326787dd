"""A file as it arrives (xml, zip, eml, msg) → the EDEXML files in it, never on the disk. What is dangerous or of no use is refused.

What a file is, its first bytes tell; its name may lie. Raises CitoNumoError with one clear reason.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from cito_numo.errors import (
    ARCHIVE_DAMAGED,
    ARCHIVE_LOCKED,
    ARCHIVE_NESTED,
    ARCHIVE_NOTHING,
    ARCHIVE_PATH,
    ARCHIVE_TOO_LARGE,
    FILE_EMPTY,
    MAIL_CLOUD_LINK,
    MAIL_NOTHING,
    NOT_XML,
    PACKED_OTHERWISE,
    WINMAIL_DAT,
    CitoNumoError,
    Problem,
    stop,
)
from cito_numo.mail import LARGEST_MAIL, Mail, read_mail, read_msg

_HEAD = 512
_MOST_ENTRIES = 1000
_LARGEST_CONTENT = 1 << 29
LARGEST_PIPED = 1 << 27
_MOST_FORWARDS = 3
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways of packing that unpack in bounded memory (the standard library bounds no other), and that exports are packed by."""
_OFFICE = "[Content_Types].xml"


class Kind(Enum):
    """What a file is, by its first bytes."""

    XML = auto()
    ZIP = auto()
    MSG = auto()
    MAIL = auto()
    EMPTY = auto()
    SEVEN_ZIP = "7z"
    RAR = "rar"
    GZIP = "gzip"
    WINMAIL = "winmail.dat"
    PDF = "PDF"
    HTML = "web page"
    IMAGE = "picture"
    OTHER = "file of another kind"


_MAGIC = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.MSG),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Kind.RAR),
    (b"\x1f\x8b", Kind.GZIP),
    (b"\x78\x9f\x3e\x22", Kind.WINMAIL),
    (b"%PDF", Kind.PDF),
    (b"\x89PNG", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
)
_HEADER_NAME = bytes(range(ord("!"), ord("~") + 1))
_XML_STARTS = (b"<", b"\x4c\x6f\xa7\x94")
_PACKED = (Kind.SEVEN_ZIP, Kind.RAR, Kind.GZIP)


@dataclass(frozen=True)
class Source:
    """A file that can be opened, once or more; `name` stands for it in messages."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None
    """Where it lies on the disk, if it does."""

    @classmethod
    def of(cls, name: str, data: bytes, path: Path | None = None) -> "Source":
        """A file that is at hand as bytes."""
        return cls(name, lambda: io.BytesIO(data), path)

    @classmethod
    def at(cls, path: Path) -> "Source":
        """A file on the disk. What can be read only once, as a pipe, is read now. Raises OSError where it cannot be."""
        if stat.S_ISREG(path.stat().st_mode):
            return cls(str(path), lambda: path.open("rb"), path)
        with path.open("rb") as stream:
            return cls.of(str(path), stream.read(LARGEST_PIPED), path)


def kind_of(source: Source) -> Kind:
    """What a file is."""
    with source.open() as stream:
        return _kind_of(stream.read(_HEAD), source.name)


def _kind_of(head: bytes, file_name: str) -> Kind:
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found is not None:
        return found
    text = head.translate(None, b"\0").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").lstrip()
    if not text:
        return Kind.EMPTY
    if text.lower().startswith((b"<html", b"<!doctype html")):
        return Kind.HTML
    if text.startswith(_XML_STARTS):
        return Kind.XML
    name, colon, _value = text.partition(b"\n")[0].partition(b":")
    is_header = bool(colon) and name.isascii() and not name.strip(_HEADER_NAME)
    is_mail = file_name.lower().endswith(".eml") or is_header or text.startswith(b"From ")
    return Kind.MAIL if is_mail else Kind.OTHER


def open_mail(source: Source) -> Mail | None:
    """The mail that a file is; None for a file that is none."""
    kind = kind_of(source)
    if kind not in (Kind.MAIL, Kind.MSG):
        return None
    with source.open() as stream:
        data = stream.read(LARGEST_MAIL + 1)
    return read_msg(data, source.name) if kind is Kind.MSG else read_mail(data, source.name)


def edexml_sources(source: Source) -> tuple[list[Source], list[Problem]]:
    """The XML files in a file: itself, those of a zip, those that are attached to a mail or in a zip that is. At least one.

    A mail that is attached to a mail, as when it was forwarded, is opened too. With them, what is attached beside them and may hold
    pupils too, but cannot be opened; pictures and the like are passed by.
    """
    found, obstacles = _sources(source, _MOST_FORWARDS)
    if len(found) > _MOST_ENTRIES:
        raise stop(ARCHIVE_TOO_LARGE, source.name)
    return found, [problem for problem in obstacles if problem.kind is not NOT_XML]


def _sources(source: Source, forwards: int) -> tuple[list[Source], list[Problem]]:
    mail = open_mail(source)
    if mail is None:
        return _unpacked(source), []
    found: list[Source] = []
    obstacles: list[Problem] = []
    for attachment in mail.attachments:
        attached = Source.of(f"{source.name}/{attachment.name}", attachment.data)
        is_mail = attachment.name.lower().endswith((".eml", ".msg"))
        try:
            inner, beside = _sources(attached, forwards - 1) if is_mail and forwards else (_unpacked(attached), [])
            found += inner
            obstacles += beside
        except CitoNumoError as error:
            obstacles += error.problems
    if found:
        return found, obstacles
    told = [problem for problem in obstacles if problem.kind is not NOT_XML] or [
        problem for problem in obstacles if problem.values.get("what") != Kind.IMAGE.value
    ]
    if told and not (mail.links_to_a_cloud and told[0].kind is NOT_XML):
        raise CitoNumoError(told[0])
    raise stop(MAIL_CLOUD_LINK if mail.links_to_a_cloud else MAIL_NOTHING, source.name)


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """What the standard library raises while it unpacks a zip that is damaged, as an error for people."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, RuntimeError, UnicodeError):
        raise stop(ARCHIVE_DAMAGED, name) from None


def _unpacked(source: Source) -> list[Source]:
    kind = kind_of(source)
    if kind is Kind.XML:
        return [source]
    if kind is Kind.ZIP:
        return _unzipped(source)
    if kind is Kind.EMPTY:
        raise stop(FILE_EMPTY, source.name)
    if kind is Kind.WINMAIL:
        raise stop(WINMAIL_DAT, source.name)
    if kind in _PACKED:
        raise stop(PACKED_OTHERWISE, source.name, what=kind.value)
    raise stop(NOT_XML, source.name, what=Kind.OTHER.value if kind in (Kind.MAIL, Kind.MSG) else kind.value)


def _unzipped(source: Source) -> list[Source]:
    with damage_told(source.name), source.open() as stream, _archive(stream) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        _refuse_danger(entries, source.name)
        size = stream.seek(0, io.SEEK_END)
        if not all(0 <= entry.header_offset < size and entry.compress_type in _METHODS for entry in entries):
            raise stop(ARCHIVE_DAMAGED, source.name)
        if any(entry.filename == _OFFICE for entry in entries):
            raise stop(NOT_XML, source.name, what=Kind.OTHER.value)
        kinds = {entry.filename: _kind_of(_head(archive, entry), entry.filename) for entry in entries if not _is_of_a_mac(entry.filename)}
    found = [_member(source, entry) for entry in entries if kinds.get(entry.filename) is Kind.XML]
    if found:
        return found
    nested = any(kind in (Kind.ZIP, *_PACKED) for kind in kinds.values())
    raise stop(ARCHIVE_NESTED if nested else ARCHIVE_NOTHING, source.name)


def _refuse_danger(entries: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _LARGEST_CONTENT:
        raise stop(ARCHIVE_TOO_LARGE, name)
    for entry in entries:
        path = entry.orig_filename.replace("\\", "/")
        leads_out = path.startswith("/") or path[1:2] == ":" or ".." in path.split("/")
        if leads_out or stat.S_ISLNK(entry.external_attr >> 16):
            raise stop(ARCHIVE_PATH, name)
        if entry.flag_bits & 1:
            raise stop(ARCHIVE_LOCKED, name)


def _archive(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (ValueError, OverflowError) as error:  # places before the beginning or behind the end of everything
        raise zipfile.BadZipFile from error


def _head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as member:
        return member.read(_HEAD)


def _member(source: Source, entry: zipfile.ZipInfo) -> Source:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        name = source.name
        with damage_told(name), source.open() as outer, _archive(outer) as archive, archive.open(entry) as stream:
            yield cast("BinaryIO", stream)

    return Source(f"{source.name}/{PurePath(entry.filename).name}", opened)


def _is_of_a_mac(path: str) -> bool:
    """What macOS adds to a zip beside the files."""
    return path.startswith("__MACOSX/") or PurePath(path).name.startswith("._")
