"""Mutants of a file: the same seed always gives the same one."""

from collections.abc import Sequence
from random import Random

from exports_for_tests import unzipped
from exports_for_tests import zipped as packed

MAGIC = (
    *(b"\x00", b"\xff", b"\x7f", b"\x80", b"\x00\x00", b"\xff\xff", b"\xff\x7f", b"\x00\x80", b"\x01\x00\x00\x00"),
    *(b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xfe\xff\xff\xff", b"\xff" * 8, b"\x00" * 8),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xef\xbb\xbf", b"\xff\xfe"),
)
OF_TEXT = (
    *("", " ", "\t", "\r", "\n", "\r\n", "\0", "\x1b", "\x7f", "\x85", "\u00a0", "\u200b", "\u2028", "\ufeff", "\u202e", "\ufffd"),
    *(
        '"',
        "'",
        "`",
        ";",
        ",",
        "|",
        ":",
        "=",
        "+",
        "-",
        "@",
        "%",
        "{0}",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "*",
        "\\",
        "/",
        "..",
        "#",
        "&",
        "<",
        ">",
    ),
    *("0", "-1", "1e999", "NaN", "9" * 30, "\u0661", "\uff11", "\u00e9", "e\u0301", "\u0130", "\u1e9e", "\U0001f600", "x" * 300),
)
OF_TABLES = (
    *("Leerlingnummer", "ECK-iD", "Cito-leerlingkey", "Klas", "Toets", "Toetsniveau", "Onderdeel", "Domein", "Afnamedatum", "FN"),
    *(
        "Functioneringsniveau",
        "T0",
        "T1",
        "T4",
        "havo",
        "vwo",
        "havo/vwo",
        "vmbo-gt",
        "M5",
        "Getallen",
        "Totaal",
        "SEF",
        "BSN",
        "-",
        "n.v.t.",
    ),
    *("31-02-2026", "2026-10-06", "06-10-2025", "06-10-2027", "https://ketenid.nl/201703/ab", "123456782", "0011.0", '="0011"', "1,2E+05"),
    *("Taalverzorging", "Rekenen-Wiskunde", "T1 rekenen FN", "toets 1", "gebruikersnaam", "eck_id", "sep=,"),
)
OF_XML = (
    *("<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "<!DOCTYPE x>", "&amp;", "&x;", "&#0;", "&#65;", "</", "/>", "xmlns=", 'key="k0011"'),
    *(
        "<leerling>",
        "</leerling>",
        "<EDEX>",
        "leerling",
        "groep",
        "toets",
        "resultaat",
        "toetsafname",
        "school",
        "brincode",
        "99XX",
        "99YY",
    ),
    *(
        "gebruikersnaam",
        "toevoegingen",
        "jaargroep",
        "eckid",
        'encoding="utf-16"',
        'encoding="x"',
        "12",
        "H",
        "2026-10-06",
        "<score>5</score>",
    ),
)
OF_YAML = (
    *(
        "- ",
        ": ",
        "? ",
        "&a ",
        "*a",
        "!!python/object:x ",
        "!x ",
        "|\n ",
        ">\n ",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "~",
        "null",
        "[[[[",
        "{{{{",
    ),
    *(
        "name",
        "brin",
        "shape",
        "wide",
        "uwlr",
        "columns",
        "toetsen",
        "niveaus",
        "dates",
        "absent",
        "defaults",
        "tolerance",
        "true",
        "0x10",
        "99XX",
    ),
)
OF_MAILS = (
    *(
        "Content-Type: ",
        "multipart/mixed",
        "message/rfc822",
        "boundary=",
        "charset=",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "filename=",
    ),
    *("=?utf-8?B?", "=?x?Q?a?=", "?=", "--", "\r\n\r\n", "Subject: ", "From: ", "Content-Transfer-Encoding: ", "filename*0*=utf-8''%ff"),
)


class Mutator:
    """Makes mutants of one file, with parts of others and with words that mean something in files of its kind."""

    def __init__(self, sample: bytes, others: Sequence[bytes] = (), words: Sequence[str] = ()) -> None:
        self.sample = sample
        self._others = [*others, sample]
        self._words = [word.encode() for word in (*words, *OF_TEXT)]
        self._means_something = bool(words)
        self._members = unzipped(sample) if zipfile_like(sample) else {}

    def mutant(self, seed: int) -> bytes:
        """The mutant of this number. Of a zip it is every second time a member that changes, and the zip is whole."""
        chance = Random(seed)
        if self._members and chance.random() < 0.7:
            name = chance.choice([name for name, data in self._members.items() if data])
            return packed({**self._members, name: self._changed(self._members[name], chance)})
        return self._changed(self.sample, chance)

    def _changed(self, data: bytes, chance: Random) -> bytes:
        of_bytes = (self._flip, self._insert, self._delete, self._duplicate, self._swap, self._cut, self._number, self._splice)
        of_words = (self._word, self._word, self._replace_word, self._duplicate_line, self._swap_lines)
        for _change in range(chance.choice((1, 1, 2, 3, 6))):
            change = chance.choice(of_words if self._means_something and chance.random() < 0.6 else of_bytes)
            data = change(data, chance)
        return data

    def _span(self, data: bytes, chance: Random) -> tuple[int, int]:
        start = chance.randrange(len(data) + 1)
        return start, min(len(data), start + chance.choice((1, 2, 4, 16, 64, 512)))

    def _flip(self, data: bytes, chance: Random) -> bytes:
        if not data:
            return data
        content = bytearray(data)
        for _bit in range(chance.choice((1, 1, 2, 8))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        return bytes(content)

    def _insert(self, data: bytes, chance: Random) -> bytes:
        place = chance.randrange(len(data) + 1)
        return data[:place] + chance.randbytes(chance.choice((1, 2, 8, 64))) + data[place:]

    def _delete(self, data: bytes, chance: Random) -> bytes:
        start, end = self._span(data, chance)
        return data[:start] + data[end:]

    def _duplicate(self, data: bytes, chance: Random) -> bytes:
        start, end = self._span(data, chance)
        return data[:end] + data[start:end] * chance.choice((1, 1, 3, 50)) + data[end:]

    def _swap(self, data: bytes, chance: Random) -> bytes:
        (a, b), (c, d) = sorted((self._span(data, chance), self._span(data, chance)))
        b = min(b, c)
        return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]

    def _cut(self, data: bytes, chance: Random) -> bytes:
        return data[: chance.randrange(len(data) + 1)]

    def _number(self, data: bytes, chance: Random) -> bytes:
        place, number = chance.randrange(len(data) + 1), chance.choice(MAGIC)
        return data[:place] + number + data[place + len(number) * chance.choice((0, 1, 1)) :]

    def _splice(self, data: bytes, chance: Random) -> bytes:
        other = chance.choice(self._others)
        return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]

    def _word(self, data: bytes, chance: Random) -> bytes:
        place = chance.randrange(len(data) + 1)
        return data[:place] + chance.choice(self._words) + data[place:]

    def _replace_word(self, data: bytes, chance: Random) -> bytes:
        present = [word for word in self._words if word and word in data]
        if not present:
            return self._word(data, chance)
        old, new = chance.choice(present), chance.choice(self._words)
        return data.replace(old, new, chance.choice((1, 1, -1)))

    def _duplicate_line(self, data: bytes, chance: Random) -> bytes:
        lines = data.split(b"\n")
        line = chance.choice(lines)
        lines.insert(chance.randrange(len(lines) + 1), line)
        return b"\n".join(lines)

    def _swap_lines(self, data: bytes, chance: Random) -> bytes:
        lines = data.split(b"\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return b"\n".join(lines)


def zipfile_like(data: bytes) -> bool:
    """Whether the members of a file can change on their own."""
    return data.startswith(b"PK")
