"""A mail (RFC 5322, or Outlook's .msg) → its subject, what is attached, which school it is about, and whether its sender is confirmed.

Nothing of a mail is believed but what the mail host that the workspace names has confirmed. Raises CitoNumoError for what cannot be read
as a mail, or is made to fill the memory.
"""

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.errors import MessageError, MissingHeaderBodySeparatorDefect
from email.header import decode_header
from email.message import Message
from email.parser import BytesFeedParser
from email.policy import Compat32
from typing import Any

from cito_numo.errors import (
    MAIL_DAMAGED,
    MAIL_FORGED,
    MAIL_NO_HOST,
    MAIL_NO_SCHOOL,
    MAIL_OUTLOOK,
    MAIL_SENDER,
    MAIL_TAMPERED,
    MAIL_TOO_LARGE,
    MAIL_UNCONFIRMED,
    Problem,
    stop,
)
from cito_numo.language import _

LARGEST_MAIL = 36 << 20
"""Bytes; mail hosts let no larger ones pass."""
_MOST_BOUNDARIES, _MOST_PARTS, _MOST_HEADERS, _MOST_LINES = 50, 1000, 2000, 1_000_000
_MOST_COMPARED = 8_000_000
"""The parser compares each line with the boundary of each multipart around it."""
_MOST_BODY = 1 << 20
_PIECE = 1 << 16
_LONGEST_HEADER = 4096
_CLOUD = re.compile(
    r"https?://[^\s\"'<>/]*(?:1drv\.ms|onedrive\.live\.com|sharepoint\.com|drive\.google\.com|docs\.google\.com|dropbox\.com|wetransfer\.com|we\.tl"
    r"|icloud\.com|stackstorage\.com|filesender\.surf\.nl|transfernow\.net|mega\.nz)\b",
    re.IGNORECASE,
)

_BOUNDARY = re.compile(rb"boundary[\s*\d]*=", re.IGNORECASE)
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_BEFORE = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|wg|antw|antwoord|betr|doorst|tr)\s*(?:\[\d+\])?\s*:|\[[^\]]*\])\s*", re.IGNORECASE)
_OVV = re.compile(r".*\b(?:o\.?\s*v\.?\s*v\.?|onder vermelding van)(?![a-z])[\s:;,-]*", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"""(?:(?:"(?:[^"\\]|\\.)*"|[^<>@,;"])*<)?\s*([^\s<>@,;:"()]+@[A-Za-z0-9.-]+)\s*>?""")
_ONCE = ("From", "Subject", "Date", "Content-Type", "Content-Transfer-Encoding", "MIME-Version")
"""Headers that a mail has once (RFC 5322 §3.6): DKIM covers one of them, and a reader may take the other."""
_CUT_SHORT = MissingHeaderBodySeparatorDefect
_AROUND = " \t\r\n\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb<>()[]{}.,;:!?*_\ufffd"
_DASHES = re.compile("[\u2010-\u2015\u2212]")


@dataclass(frozen=True)
class Attachment:
    """A file in a mail."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """What counts of a mail. `headers` is None for a .msg, which says nothing that could be confirmed."""

    subject: str
    attachments: Sequence[Attachment]
    links_to_a_cloud: bool
    headers: Message | None = None


def read_mail(data: bytes, name: str) -> Mail:
    """A mail as it is sent and stored (RFC 5322)."""
    head, rest = _head_and_rest(data)
    _refuse_bombs(data, head, name)
    try:
        message = _parsed(head, rest)
        parts = [part for part in message.walk() if not part.is_multipart()]
        if len(parts) > _MOST_PARTS:
            raise stop(MAIL_TOO_LARGE, name)
        attachments = [Attachment(_file_name(part), _payload(part)) for part in parts if not _is_body(part)]
        body = b"\n".join(_payload(part)[:_MOST_BODY] for part in parts if _is_body(part))
    except (RecursionError, MessageError, ValueError, LookupError, TypeError, AttributeError):  # what the parser does with broken mails
        raise stop(MAIL_DAMAGED, name) from None
    if not message.keys():
        raise stop(MAIL_DAMAGED, name)
    return Mail(_subject(message), attachments, _CLOUD.search(body.decode("latin-1")) is not None, message)


class _Bounded(Compat32):
    """What the parser reads parameters from is short: the time it takes for them grows with the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER] if name.casefold().startswith("content-") else value


def _parsed(*data: bytes) -> Message:
    """The mail, parsed piece by piece: that takes far less memory than all at once."""
    parser = BytesFeedParser(policy=_Bounded())
    for part in data:
        for start in range(0, len(part), _PIECE):
            parser.feed(part[start : start + _PIECE])
    return parser.close()


def _head_and_rest(data: bytes) -> tuple[bytes, bytes]:
    """The headers and what follows. A lone return ends no line of them: it does for the parser, not for mail hosts (RFC 5322 §2.2)."""
    data = data.removeprefix(codecs.BOM_UTF8)
    end = _END_OF_HEAD.search(data)
    place = end.start() if end else len(data)
    return _LONE_RETURN.sub(b" ", data[:place]), data[place:]


def _refuse_bombs(data: bytes, head: bytes, name: str) -> None:
    """A mail of very many or very deep parts, or of very many lines, would keep the parser busy for hours and fill the memory."""
    lines = max(data.count(b"\n"), data.count(b"\r"))
    delimiters = data.count(b"\n--") + data.count(b"\r--")
    boundaries = len(_BOUNDARY.findall(data))
    if (
        len(data) > LARGEST_MAIL
        or head.count(b"\n") > _MOST_HEADERS
        or lines > _MOST_LINES
        or delimiters > 4 * _MOST_PARTS
        or boundaries > _MOST_BOUNDARIES
        or lines * boundaries > _MOST_COMPARED
    ):
        raise stop(MAIL_TOO_LARGE, name)


def _subject(message: Message) -> str:
    """The subject; where it holds bytes that are not ASCII, they are UTF-8 (RFC 6532)."""
    raw = next((str(value) for name, value in message.raw_items() if name.casefold() == "subject"), "")
    return _decoded(raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _is_body(part: Message) -> bool:
    return part.get_content_maintype() == "text" and part.get_content_subtype() in ("plain", "html") and not part.get_filename()


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file_name(part: Message) -> str:
    return _decoded(part.get_filename()).replace("\\", "/").rpartition("/")[2] or part.get_content_type().replace("/", "-")


def _decoded(header: object) -> str:
    """A header without its encoding; what cannot be decoded is replaced, never an error."""
    if header is None:
        return ""
    texts = []
    raw = str(header)[:_LONGEST_HEADER]
    try:
        for text, charset in decode_header(raw):
            if isinstance(text, str):
                texts.append(text)
            else:
                texts.append(text.decode(charset or "latin-1", "replace"))
    except (ValueError, LookupError, TypeError, MessageError):
        return raw
    return " ".join("".join(texts).split())


# --- Outlook ---------------------------------------------------------------------------------------------------------

_SUBJECT, _BODY, _HTML, _DATA, _LONG_NAME, _SHORT_NAME = "0037", "1000", "1013", "3701", "3707", "3704"
"""Property ids of MAPI: MS-OXMSG and MS-OXPROPS."""
_UNICODE, _ANSI, _BINARY = "001F", "001E", "0102"
_ATTACHMENT = "__attach_version1.0_"
_EMBEDDED = "__substg1.0_3701000D"
"""Where a message lies that is attached to another."""
_DEEPEST = 6


def read_msg(data: bytes, name: str) -> Mail:
    """A mail as Outlook saves it (.msg, MS-OXMSG): a compound file whose streams are the properties of the mail."""
    import olefile

    if len(data) > LARGEST_MAIL:
        raise stop(MAIL_TOO_LARGE, name)
    try:
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as ole:
            message = _Outlook(ole, name)
            subject = message.text((), _SUBJECT)
            body = message.text((), _BODY) + message.stream((), _HTML, _BINARY).decode("latin-1")
            attachments = list(message.attachments(()))
            is_mail = ole.exists("__properties_version1.0")
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, MemoryError):
        raise stop(MAIL_DAMAGED, name) from None  # how the library ends on a damaged file
    if not is_mail:
        raise stop(MAIL_DAMAGED, name)
    return Mail(" ".join(subject[:_LONGEST_HEADER].split()), attachments, _CLOUD.search(body[:_MOST_BODY]) is not None)


class _Outlook:
    """The properties in a compound file; a path names the storages that lead to a message, none for the mail itself."""

    def __init__(self, ole: Any, name: str) -> None:  # noqa: ANN401  the library has no types
        self._ole = ole
        self._name = name
        self._paths = [tuple(path) for path in ole.listdir()]
        self._left = LARGEST_MAIL

    def attachments(self, within: tuple[str, ...]) -> Iterator[Attachment]:
        """The files that are attached to a message, and to the messages that are attached to it (it was forwarded)."""
        depth = len(within)
        storages = sorted({path[depth] for path in self._paths if path[:depth] == within and path[depth].startswith(_ATTACHMENT)})
        if len(storages) > _MOST_PARTS or depth > _DEEPEST:
            raise stop(MAIL_TOO_LARGE, self._name)
        for storage in storages:
            here = (*within, storage)
            content = self.stream(here, _DATA, _BINARY)
            if content:
                yield Attachment(self.text(here, _LONG_NAME) or self.text(here, _SHORT_NAME) or storage, content)
            yield from self.attachments((*here, _EMBEDDED))

    def stream(self, within: tuple[str, ...], number: str, kind: str) -> bytes:
        """The bytes of a property; none where it is absent."""
        path = [*within, f"__substg1.0_{number}{kind}"]
        if not self._ole.exists(path):
            return b""
        data: bytes = self._ole.openstream(path).read(self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise stop(MAIL_TOO_LARGE, self._name)
        return data

    def text(self, within: tuple[str, ...], number: str) -> str:
        """A text, in whichever of the two ways it stands there."""
        text = self.stream(within, number, _UNICODE).decode("utf-16-le", "replace")
        return text or self.stream(within, number, _ANSI).decode("windows-1252", "replace")


# --- which school ----------------------------------------------------------------------------------------------------


def school_of(subject: str, korte_namen: Sequence[str], place: str) -> str | Problem:
    """The school of the workspace that the subject names, or why that is not certain.

    What stands behind "o.v.v." is the name, or else the whole subject without Re:, FW: and quotes; or else the one word of it that is a
    school's name.
    """
    found = _schools_of(subject, korte_namen)
    if len(found) == 1:
        return found[0]
    return Problem(MAIL_NO_SCHOOL, place, {"found": ", ".join(found) or _("none")})


def _schools_of(subject: str, korte_namen: Sequence[str]) -> list[str]:
    text = subject.casefold()
    while before := _BEFORE.match(text):
        text = text[before.end() :]
    text = _OVV.sub("", text, count=1).strip(_AROUND)
    text = _DASHES.sub("-", text)
    whole = re.sub(r"\s+", "-", text)
    if whole in korte_namen:
        return [whole]
    found = []
    for korte_naam in sorted(korte_namen, key=len, reverse=True):  # what names "demo-college" does not name "demo"
        words = r"[\s_-]+".join(re.escape(word) for word in korte_naam.split("-"))
        text, count = re.subn(rf"(?<![a-z0-9])(?<![a-z0-9]-){words}(?!-?[a-z0-9])", "|", text)
        if count:
            found.append(korte_naam)
    return found


# --- who sent it -----------------------------------------------------------------------------------------------------


def doubt_about_sender(mail: Mail, mail_from: Sequence[str], mail_host: str | None, place: str) -> Problem | None:
    """Why it is not certain that the mail is from one of these addresses; None where the mail host confirmed it.

    Confirmed means: an Authentication-Results header of that host (RFC 8601) says that DKIM passed for the very domain of the one
    address in From. A host takes such headers of others away and writes one on DKIM, so two of them are a forgery.
    """
    headers = mail.headers
    if headers is None:
        return Problem(MAIL_OUTLOOK, place)
    senders = [_FROM.fullmatch(str(header).strip()) for header in headers.get_all("From", [])]
    address = senders[0][1].casefold() if len(senders) == 1 and senders[0] else ""
    if not address or address not in {allowed.casefold() for allowed in mail_from}:
        return Problem(MAIL_SENDER, place)
    if mail_host is None:
        return Problem(MAIL_NO_HOST, place)
    if any(len(headers.get_all(once, [])) > 1 for once in _ONCE) or any(isinstance(defect, _CUT_SHORT) for defect in headers.defects):
        return Problem(MAIL_TAMPERED, place)
    written = [str(header) for header in headers.get_all("Authentication-Results", [])]
    if any(len(header) > _LONGEST_HEADER for header in written):  # never cut: what is left of a domain is another domain
        return Problem(MAIL_UNCONFIRMED, place, {"host": mail_host, "domain": address.rpartition("@")[2]})
    results = [_authentication_results(header) for header in written]
    about_dkim = [methods for host, methods in results if host == mail_host.casefold() and any(name == "dkim" for name, *_rest in methods)]
    if len(about_dkim) > 1:
        return Problem(MAIL_FORGED, place, {"host": mail_host})
    domain = address.rpartition("@")[2]
    said = {result for methods in about_dkim for name, result, signed in methods if name == "dkim" and signed == domain}
    return None if said == {"pass"} else Problem(MAIL_UNCONFIRMED, place, {"host": mail_host, "domain": domain})


def _authentication_results(header: str) -> tuple[str, list[tuple[str, str, str]]]:
    """The host that wrote an Authentication-Results header, and of each method its name, result and domain (RFC 8601 §2.2).

    The domain is header.d or, as some hosts write only that, the one in header.i, which is header.d or below it (RFC 6376 §3.5).
    """
    host, *methods = _split_at_semicolons(header)
    found = []
    for method in methods:
        properties = re.findall(r"([A-Za-z0-9._/-]+)\s*=\s*([^\s\"]+)", method.casefold())
        name, result = properties[0] if properties else ("", "")
        domains = [value for key, value in properties if key == "header.d"] or [
            value.rpartition("@")[2] for key, value in properties if key == "header.i"
        ]
        found.append((name.partition("/")[0], result, domains[0].rstrip(".") if len(domains) == 1 else ""))
    return (host.split() or [""])[0].casefold(), found


def _split_at_semicolons(header: str) -> Iterator[str]:
    """The parts between semicolons, without comments (which nest) and with what is quoted as one empty word."""
    part, depth, quoted, escaped = "", 0, False, False
    for letter in header:
        if escaped:
            escaped = False
        elif letter == "\\" and (quoted or depth):
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
            part += "-" if quoted else ""
        elif quoted:
            continue
        elif letter in "()":
            depth = max(depth + (1 if letter == "(" else -1), 0)
            part += " "
        elif letter == ";" and not depth:
            yield part
            part = ""
        elif not depth:
            part += letter
    yield part
