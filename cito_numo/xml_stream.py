"""XML from anybody, one element at a time: any encoding that a declaration can name, no DOCTYPE, bounded memory.

In goes a binary stream, out come the elements that the caller asked for, each when it is whole. Raises CitoNumoError for what is not
well-formed, has a DOCTYPE, or is larger or deeper than any file of this field. Nothing outside the stream is ever opened.
"""

import codecs
import itertools
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from lxml import etree

from cito_numo.errors import FILE_EMPTY, XML_CHARSET, XML_CHARSET_UNKNOWN, XML_DOCTYPE, XML_SYNTAX, XML_TOO_LARGE, stop

_CHUNK = 1 << 16
_LARGEST = 1 << 29
"""Bytes in a file; a school with 2,000 pupils has 1 to 3 MB."""
_LARGEST_BETWEEN = 2 << 20
"""Bytes between two elements that the caller takes out: what lies between them stays in memory."""
_LARGEST_PROLOG = 1 << 16
_MOST_STEPS = 50
_UNKNOWN_LINE = 65535
"""libxml2 keeps the line of an element in 16 bits; from here on it tells that of the text behind it."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How a file begins that does not begin with < in one byte (XML 1.0, appendix F)."""
_EBCDIC, _EBCDIC_FAMILY = b"\x4c\x6f\xa7\x94", "cp037"
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"})
"""What Python takes for an encoding, and XML does not."""
_WIDE = ("utf-16", "utf-32")
_DECLARATION = re.compile(r"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'][^>]*\?>""")
_LONGEST_DECLARATION = 1024
_MISC = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"""<([^\s/>!?=<&"']+)[\s/>]""")

_LIMITS = frozenset({etree.ErrorTypes.ERR_NO_MEMORY, etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG})
_BAD_BYTES = etree.ErrorTypes.ERR_INVALID_ENCODING


class XmlStream:
    """The elements with certain local names, in whatever namespace, as they become whole.

    The caller takes an element out of its parent when it is done with it; what stays in the tree counts as memory. `root` is the local
    name of the outermost element, known before anything is parsed.
    """

    def __init__(self, source: BinaryIO, name: str, local_names: Collection[str]) -> None:
        """Begin to read. Raises CitoNumoError for an empty file, a DOCTYPE, an unknown encoding, or what is no XML."""
        self._name = name
        self._chunks = _decoded(source, name)
        self.bytes_read = 0
        """How much of the file (in UTF-8) the elements so far came from."""
        self._begin, self.root = _prolog(self._chunks, name)
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{local_name}" for local_name in local_names],
            encoding="utf-8",
            # Not False: then an entity that nobody declared ends the document without an error, and what follows is read as the next one.
            # There is no DOCTYPE, so no entity is declared, and each is an error.
            resolve_entities="internal",  # type: ignore[arg-type]  # as lxml documents it; its stubs are older
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )

    def __iter__(self) -> Iterator[etree._Element]:
        """The elements. Raises CitoNumoError where the file turns out not to be well-formed, or too large."""
        try:
            yield from self._elements()
        except etree.XMLSyntaxError as error:
            code = getattr(error, "code", 0)
            if code in _LIMITS:
                raise stop(XML_TOO_LARGE, self._name) from None
            kind = XML_CHARSET if code == _BAD_BYTES else XML_SYNTAX
            raise stop(kind, self._name, line=error.lineno or 1, charset="UTF-8") from None

    def _elements(self) -> Iterator[etree._Element]:
        between = 0
        self._parser.feed(self._begin)
        for chunk in self._chunks:
            for element in self._whole():
                yield element
                if element.getparent() is None:
                    between = 0
            between += len(chunk)
            self.bytes_read += len(chunk)
            if between > _LARGEST_BETWEEN:
                raise stop(XML_TOO_LARGE, self._name)
            self._parser.feed(chunk)
        self._parser.close()
        yield from self._whole()

    def _whole(self) -> Iterator[etree._Element]:
        for _event, element in self._parser.read_events():
            yield element  # type: ignore[misc]  # its stubs think of other events


def line_of(element: etree._Element) -> int:
    """The line on which the start tag of an element ends, also far down in a large file."""
    line = int(str(element.sourceline or 1))
    if line < _UNKNOWN_LINE:
        return line
    for _step in range(_MOST_STEPS):  # as libxml2 goes from element to element until there is a text
        if element.text is not None or len(element):
            if element.text is not None:
                return line - element.text.count("\n")
            element = element[0]
        elif element.tail is not None:
            return line - element.tail.count("\n")
        elif (following := element.getnext()) is not None:
            element = following
        else:
            return line
    return line


def _read(source: BinaryIO, name: str) -> Iterator[bytes]:
    """The bytes in chunks of one size, whatever a pipe gives at once."""
    total = 0
    while chunk := source.read(_CHUNK):
        while len(chunk) < _CHUNK and (more := source.read(_CHUNK - len(chunk))):
            chunk += more
        total += len(chunk)
        if total > _LARGEST:
            raise stop(XML_TOO_LARGE, name)
        yield chunk


def _decoded(source: BinaryIO, name: str) -> Iterator[bytes]:
    """The file in UTF-8, as its first bytes or its declaration say what it is in. UTF-8 itself passes through; the parser checks it."""
    chunks = _read(source, name)
    first = next(chunks, b"")
    if not first.strip(b" \t\r\n\0"):
        raise stop(FILE_EMPTY, name)
    charset = _charset(first, name)
    if charset == "utf-8":
        yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(charset)()
    line = 1
    try:
        for chunk in itertools.chain((first,), chunks):
            text = decoder.decode(chunk)
            line += text.count("\n")
            yield text.encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise stop(XML_CHARSET, name, line=line, charset=charset.removesuffix("-sig").upper()) from None


def _charset(first: bytes, name: str) -> str:
    for mark, charset in _MARKS:
        if first.startswith(mark):
            return charset
    family = _EBCDIC_FAMILY if first.startswith(_EBCDIC) else "latin-1"
    declared = _DECLARATION.match(first[:_LONGEST_DECLARATION].decode(family).lstrip())
    if declared is None:
        return "utf-8"
    try:
        charset = codecs.lookup(declared[1]).name
        "".encode(charset)  # refuses what is no text encoding
    except (LookupError, UnicodeError):
        charset = ""
    if not charset or charset in _NO_CHARSETS:
        raise stop(XML_CHARSET_UNKNOWN, name, charset=declared[1])
    # A declaration that can be read byte by byte is in no wide encoding: the text was converted later, as mail programs and .NET do.
    return "utf-8" if charset.startswith(_WIDE) else charset


def _prolog(chunks: Iterator[bytes], name: str) -> tuple[bytes, str]:
    """What comes up to and with the chunk that holds the outermost element, and the local name of that element.

    A DOCTYPE can only stand here, so it is refused before a parser sees it.
    """
    begin = b""
    for chunk in chunks:
        begin += chunk
        text = begin.decode(errors="replace")
        position = 0
        while misc := _MISC.match(text, position):
            position = misc.end()
        if text[position : position + 9].upper() == "<!DOCTYPE":
            raise stop(XML_DOCTYPE, name)
        if root := _ROOT.match(text, position):
            return begin, root[1].rpartition(":")[2]
        if text[position : position + 1] not in ("<", ""):
            raise stop(XML_SYNTAX, name, line=text.count("\n", 0, position) + 1)
        if len(begin) > _LARGEST_PROLOG:
            raise stop(XML_TOO_LARGE, name)
    raise stop(XML_SYNTAX, name, line=begin.count(b"\n") + 1)
