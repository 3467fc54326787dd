"""Mails, zips and Outlook files as tests need them: those that schools send, and those that nobody should send."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

MAIL_HOST = "mx.kurve.example"
SENDER = "roosters@demo-college.example"
CONFIRMED = f"{MAIL_HOST}; dkim=pass header.d=demo-college.example header.s=mail"
EDEXML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<EDEX><school><schooljaar>2026-2027</schooljaar><brincode>99XX</brincode></school>'
    b'<leerlingen><leerling key="0104311"><jaargroep>12</jaargroep><gebruikersnaam>104311</gebruikersnaam></leerling></leerlingen></EDEX>\n'
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
SEVEN_ZIP, RAR, PDF = b"7z\xbc\xaf\x27\x1c" + bytes(64), b"Rar!\x1a\x07\x01\x00" + bytes(64), b"%PDF-1.7\n" + bytes(64)
WINMAIL = b"\x78\x9f\x3e\x22" + bytes(64)
HTML = b"<!DOCTYPE html>\n<html><body><p>edexml</p></body></html>\n"


# --- mails -----------------------------------------------------------------------------------------------------------


def mail(
    attachments: Mapping[str, bytes] | None = None,
    *,
    subject: str = "demo-college",
    sender: str | None = SENDER,
    results: Iterable[str] = (),
    body: str = "Bijgaand ons bestand.\n",
) -> EmailMessage:
    """A mail as a mail program writes it; `results` are its Authentication-Results headers."""
    message = EmailMessage()
    for result in results:
        message["Authentication-Results"] = result
    if sender is not None:
        message["From"] = sender
    message["To"] = "support@kurve.example"
    message["Subject"] = subject
    message.set_content(body)
    for name, data in (attachments or {}).items():
        attach(message, data, name)
    return message


def attach(message: EmailMessage, data: bytes, name: str | None, kind: str = "application/octet-stream") -> EmailMessage:
    """Attach a file to a mail, under a name or under none."""
    main, _slash, sub = kind.partition("/")
    message.add_attachment(data, maintype=main, subtype=sub, **({"filename": name} if name is not None else {}))
    return message


def forwarded(original: EmailMessage, *, subject: str = "FW: demo-college", sender: str = SENDER) -> EmailMessage:
    """A mail with another mail as its attachment."""
    message = mail(subject=subject, sender=sender)
    message.add_attachment(original)
    return message


def headers(*lines: str, body: bytes = b"\r\nBijgaand ons bestand.\r\n") -> bytes:
    """A mail of exactly these header lines, as it lies on the wire."""
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape") + body


def one_attachment(*part_headers: str, data: bytes, head: Sequence[str] = ("Subject: demo-college",)) -> bytes:
    """A mail of one text and one attachment with exactly these headers."""
    lines = [*head, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="grens"']
    text = b"\r\n--grens\r\nContent-Type: text/plain\r\n\r\nBijgaand.\r\n--grens\r\n"
    return headers(*lines, body=text + headers(*part_headers, body=b"\r\n") + data + b"\r\n--grens--\r\n")


def nested_multiparts(depth: int, boundary: str = 'boundary="{}"') -> bytes:
    """Multiparts in multiparts; `boundary` is how each writes its own."""
    opening = "".join(f"Content-Type: multipart/mixed; {boundary.format(f'b{level}')}\n\n--b{level}\n" for level in range(depth))
    return f"Subject: demo-college\nMIME-Version: 1.0\n{opening}\nniets\n".encode()


def nested_mails(depth: int) -> bytes:
    """Mails that are forwarded in mails."""
    return b"Subject: demo-college\n" + b"Content-Type: message/rfc822\n\n" * depth + b"\nniets\n"


def many_parts(count: int) -> bytes:
    """A multipart of very many empty parts."""
    return b"Subject: demo-college\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * count + b"--x--\n"


# --- zips ------------------------------------------------------------------------------------------------------------

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def zipped_under_raw_name(name: bytes, data: bytes = EDEXML) -> bytes:
    """A zip with one file under exactly this name, which a well-behaved packer would not write."""
    stand_in = "x" * len(name)
    return zipped({stand_in: data}).replace(stand_in.encode(), name)


def zipped_link(name: str, target: str) -> bytes:
    """A zip with a symbolic link."""
    content = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(entry, target)
    return content.getvalue()


def locked(archive: bytes) -> bytes:
    """The same zip, as if its files had a password."""
    return _patched(archive, 6, 8, lambda flags: flags | 1)


def packed_by(archive: bytes, method: int) -> bytes:
    """The same zip, which says that its files were packed by another method."""
    return _patched(archive, 8, 10, lambda _method: method)


def with_damaged_content(archive: bytes) -> bytes:
    """The same zip with another checksum than its content has."""
    return _patched(_patched(archive, 14, 16, lambda half: half ^ 0xFFFF), 16, 18, lambda half: half ^ 0xFFFF)


def of_declared_size(archive: bytes, size: int) -> bytes:
    """The same zip, which says that each of its files has this size when unpacked."""
    low, high = size & 0xFFFF, size >> 16
    return _patched(_patched(archive, 22, 24, lambda _half: low), 24, 26, lambda _half: high)


def _patched(archive: bytes, in_local: int, in_central: int, change: object) -> bytes:
    """A zip with a 16-bit number changed in all its headers, of which each has it twice: before the file, and in the directory."""
    content = bytearray(archive)
    for magic, offset in ((_LOCAL, in_local), (_CENTRAL, in_central)):
        start = content.find(magic)
        while start >= 0:
            (number,) = struct.unpack_from("<H", content, start + offset)
            struct.pack_into("<H", content, start + offset, change(number))
            start = content.find(magic, start + 4)
    return bytes(content)


def bomb(megabytes: int, name: str = "edexml.xml", compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A small zip of a large XML file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive, archive.open(name, "w", force_zip64=True) as member:
        member.write(b"<EDEX><school>")
        for _megabyte in range(megabytes):
            member.write(b" " * (1 << 20))
    return content.getvalue()


def directory_of(count: int) -> bytes:
    """A zip that is all directory: very many entries, each of the same few bytes."""
    local = struct.pack("<4s5H3I2H", _LOCAL, 20, 0, 0, 0, 0, zlib.crc32(b"<"), 1, 1, 1, 0) + b"a<"
    entry = struct.pack("<4s6H3I5H2I", _CENTRAL, 20, 20, 0, 0, 0, 0, zlib.crc32(b"<"), 1, 1, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * count
    told = min(count, 0xFFFF)
    return local + directory + struct.pack("<4s4H2IH", _END, 0, 0, told, told, len(directory), len(local), 0)


def overlapping(count: int, megabytes: int) -> bytes:
    """A zip whose many entries are all the same packed bytes, as in a zip that is to unpack to far more than it could hold."""
    data = b"<EDEX><school>" + b" " * (megabytes << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    sizes = (zlib.crc32(data), len(packed), len(data))
    local = struct.pack("<4s5H3I2H", _LOCAL, 20, 0, 8, 0, 0, *sizes, 5, 0) + b"0.xml" + packed
    directory = b"".join(
        struct.pack("<4s6H3I5H2I", _CENTRAL, 20, 20, 0, 8, 0, 0, *sizes, 5, 0, 0, 0, 0, 0, 0) + b"0.xml" for _number in range(count)
    )
    return local + directory + struct.pack("<4s4H2IH", _END, 0, 0, count, count, len(directory), len(local), 0)


def beginning_at(archive: bytes, offset: int) -> bytes:
    """The same zip of one file, which says in its directory that the file begins at this place, however far away (zip64)."""
    start, end = archive.index(_CENTRAL), archive.index(_END)
    entry = bytearray(archive[start:end])
    name_length, extra_length = struct.unpack_from("<2H", entry, 28)
    assert extra_length == 0
    extra = struct.pack("<2HQ", 1, 8, offset)
    struct.pack_into("<H", entry, 30, len(extra))
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    entry[46 + name_length : 46 + name_length] = extra
    return archive[:start] + entry + struct.pack("<4s4H2IH", _END, 0, 0, 1, 1, len(entry), start, 0)


# --- Outlook ---------------------------------------------------------------------------------------------------------

_SECTOR, _MINI_SECTOR, _MINI_BELOW, _DIRECTORY_ENTRY = 512, 64, 4096, 128
_FREE, _END_OF_CHAIN, _FAT_SECTOR, _NO_STREAM = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_MESSAGE_HEADER, _ATTACHMENT_HEADER = "<8x4I8x", "<8x"

Tree = Mapping[str, "bytes | Tree"]


def outlook(
    attachments: Mapping[str, bytes] | None = None, *, subject: str = "demo-college", sender: str = SENDER, body: str = "Bijgaand.\r\n"
) -> bytes:
    """A mail as Outlook saves it (.msg: MS-OXMSG in MS-CFB)."""
    message = _message(attachments or {}, subject=subject, sender=sender, body=body)
    return compound_file({"__nameid_version1.0": {f"__substg1.0_000{number}0102": b"" for number in (2, 3, 4)}, **message})


def outlook_forwarded(attachments: Mapping[str, bytes]) -> bytes:
    """A mail to which Outlook attached another as a mail, with these attachments."""
    outer = _message({}, subject="FW: demo-college", sender=SENDER, body="Zie bijgaand.")
    inner = _message(attachments, subject="demo-college", sender=SENDER, body="Bijgaand.")
    properties = _properties(struct.pack(_ATTACHMENT_HEADER), {}, {}, {"3705": 5, "0E21": 0})
    attached = {"__properties_version1.0": properties, "__substg1.0_3701000D": inner}
    return compound_file({**outer, "__attach_version1.0_#00000000": attached})


def _message(attachments: Mapping[str, bytes], *, subject: str, sender: str, body: str) -> dict[str, "bytes | Tree"]:
    texts = {"001A": "IPM.Note", "0037": subject, "0C1F": sender, "1000": body}
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": _properties(
            struct.pack(_MESSAGE_HEADER, 0, len(attachments), 0, len(attachments)), texts, {}, {"340D": 0x40000}
        ),
        **_texts(texts),
    }
    for number, (name, data) in enumerate(attachments.items()):
        names = {"3707": name}
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": _properties(
                struct.pack(_ATTACHMENT_HEADER), names, {"3701": data}, {"3705": 1, "0E21": number, "370B": 0xFFFFFFFF}
            ),
            "__substg1.0_37010102": data,
            **_texts(names),
        }
    return tree


def _texts(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {f"__substg1.0_{number}001F": text.encode("utf-16-le") for number, text in texts.items()}


def _properties(header: bytes, texts: Mapping[str, str], binaries: Mapping[str, bytes], numbers: Mapping[str, int]) -> bytes:
    """The stream that lists the properties: of numbers the value, of the others the size of the stream that holds them."""
    rows = [(int(number, 16), 0x1F, len(text.encode("utf-16-le")) + 2) for number, text in texts.items()]
    rows += [(int(number, 16), 0x102, len(data)) for number, data in binaries.items()]
    rows += [(int(number, 16), 0x3, value) for number, value in numbers.items()]
    return header + b"".join(struct.pack("<HHIII", kind, number, 6, value, 0) for number, kind, value in rows)


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    colour: int = _BLACK
    left: int = _NO_STREAM
    right: int = _NO_STREAM
    child: int = _NO_STREAM
    start: int = 0
    size: int = 0

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le")
        links = (self.left, self.right, self.child)
        return struct.pack("<64sHBB3I16xI16xIQ", name, len(name) + 2, self.kind, self.colour, *links, 0, self.start, self.size)


def compound_file(tree: Tree) -> bytes:
    """A compound file (MS-CFB, version 3) of these storages and streams; small streams lie in the mini stream."""
    entries = [_Entry("Root Entry", _ROOT)]
    entries[0].child = _directory(tree, entries)
    sectors: list[bytes] = []
    fat: list[int] = []
    mini, mini_fat = bytearray(), []

    def placed(data: bytes) -> int:
        """Put data in sectors of its own, in a chain; the first of them."""
        count = -(-len(data) // _SECTOR)
        if not count:
            return _END_OF_CHAIN
        first = len(sectors)
        sectors.extend(data[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(data), _SECTOR))
        fat.extend([*range(first + 1, first + count), _END_OF_CHAIN])
        return first

    for entry in entries:
        if entry.kind != _STREAM:
            continue
        entry.size = len(entry.data)
        if entry.size >= _MINI_BELOW:
            entry.start = placed(entry.data)
        elif entry.size:
            entry.start = len(mini_fat)
            count = -(-entry.size // _MINI_SECTOR)
            mini += entry.data.ljust(count * _MINI_SECTOR, b"\0")
            mini_fat += [*range(entry.start + 1, entry.start + count), _END_OF_CHAIN]
        else:
            entry.start = _END_OF_CHAIN
    entries[0].size, entries[0].start = len(mini), placed(bytes(mini))
    packed_mini_fat = _numbers(mini_fat)
    mini_fat_start = placed(packed_mini_fat)
    packed_entries = b"".join(entry.packed() for entry in entries)
    unused = struct.pack("<64x2xBB3I44x", 0, 0, _NO_STREAM, _NO_STREAM, _NO_STREAM)
    while len(packed_entries) % _SECTOR:
        packed_entries += unused
    directory_start = placed(packed_entries)
    fat_sectors = _fat_sectors(len(sectors))
    first_fat = len(sectors)
    fat += [_FAT_SECTOR] * fat_sectors
    header = struct.pack(
        "<8s16x5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, fat_sectors, directory_start, 0, _MINI_BELOW, mini_fat_start, len(packed_mini_fat) // _SECTOR, _END_OF_CHAIN, 0),
    )
    return b"".join([header, _numbers([*range(first_fat, first_fat + fat_sectors)], 109), *sectors, _numbers(fat)])


def _directory(tree: Tree, entries: list[_Entry]) -> int:
    """Add what is in a storage to the directory, as a balanced red-black tree; the number of its root."""
    children = []
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        number = len(entries)
        children.append(number)
        entries.append(_Entry(name, _STREAM, content) if isinstance(content, bytes) else _Entry(name, _STORAGE))
        if not isinstance(content, bytes):
            entries[number].child = _directory(content, entries)
    deepest = (len(children) + 1).bit_length() - 1
    return _balanced(children, entries, 0, deepest)


def _balanced(children: Sequence[int], entries: list[_Entry], depth: int, deepest: int) -> int:
    if not children:
        return _NO_STREAM
    middle = len(children) // 2
    entry = entries[children[middle]]
    entry.colour = _RED if depth == deepest else _BLACK
    entry.left = _balanced(children[:middle], entries, depth + 1, deepest)
    entry.right = _balanced(children[middle + 1 :], entries, depth + 1, deepest)
    return children[middle]


def _numbers(numbers: Sequence[int], count: int = 0) -> bytes:
    """Numbers of 32 bits, filled up to `count` or else to whole sectors."""
    count = count or -(-len(numbers) // 128) * 128
    return struct.pack(f"<{count}I", *numbers, *[_FREE] * (count - len(numbers)))


def _fat_sectors(others: int) -> int:
    """How many sectors the table needs that also lists itself; up to 109, which the header can name."""
    count = 1
    while count * 128 < others + count:
        count += 1
    assert count <= 109
    return count


def with_chains_that_loop(msg: bytes) -> bytes:
    """The same .msg, in whose table each sector of a chain is followed by itself."""
    content = bytearray(msg)
    (fat_sectors,) = struct.unpack_from("<I", content, 44)
    for index in range(fat_sectors):
        (sector,) = struct.unpack_from("<I", content, 76 + 4 * index)
        for at in range(128):
            place = (sector + 1) * _SECTOR + 4 * at
            (following,) = struct.unpack_from("<I", content, place)
            if following < _FAT_SECTOR:
                struct.pack_into("<I", content, place, index * 128 + at)
    return bytes(content)


def with_sizes_that_lie(msg: bytes, size: int = 0x7FFFFFFF) -> bytes:
    """The same .msg, which says that each of its streams has this size."""
    content = bytearray(msg)
    (first,) = struct.unpack_from("<I", content, 48)
    for place in range((first + 1) * _SECTOR, len(content) - _DIRECTORY_ENTRY + 1, _DIRECTORY_ENTRY):
        if content[place + 66] == _STREAM and content[place + 1] == 0:
            struct.pack_into("<I", content, place + 120, size)
    return bytes(content)


def with_header(msg: bytes, offset: int, number: int) -> bytes:
    """The same .msg with a 32-bit number of its header changed (MS-CFB 2.2)."""
    content = bytearray(msg)
    struct.pack_into("<I", content, offset, number)
    return bytes(content)
