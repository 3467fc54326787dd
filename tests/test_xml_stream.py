"""XML from anybody: what is read in bounded memory with the right lines, and what is refused before it does harm."""

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from limits import uncounted

from cito_numo.edexml import read_edexml
from cito_numo.errors import CitoNumoError
from cito_numo.xml_stream import XmlStream, line_of

MEGABYTE = 1 << 20
BEGIN, END = "<EDEX>\n<leerlingen>\n", "</leerlingen>\n</EDEX>\n"


def elements(content: bytes | str | io.RawIOBase, *names: str) -> list[tuple[str, int]]:
    """The key and the line of each element that is taken out of a file."""
    content = content.encode() if isinstance(content, str) else content
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    found = []
    for element in XmlStream(source, "edexml.xml", names or ("leerling",)):
        found.append((element.get("key") or "", line_of(element)))
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    return found


def refusal(content: bytes | str | io.RawIOBase) -> tuple[str, int | None]:
    """The code under which a file is refused, and the line that is told."""
    with pytest.raises(CitoNumoError) as stopped:
        elements(content)
    (problem,) = stopped.value.problems
    assert problem.place == "edexml.xml"
    line = problem.values.get("line")
    assert line is None or isinstance(line, int)
    return problem.kind.code, line


def pupils(numbers: Sequence[int], end: str = "\n") -> str:
    return "".join(f'<leerling key="{number}"><gebruikersnaam>{number:05}</gebruikersnaam></leerling>{end}' for number in numbers)


# --- what is taken out -----------------------------------------------------------------------------------------------


def test_the_elements_come_out_whole_with_their_lines():
    assert elements(BEGIN + pupils(range(3)) + END) == [("0", 3), ("1", 4), ("2", 5)]


def test_elements_of_any_namespace_and_prefix_come_out():
    text = '<x:a xmlns:x="urn:x"><x:leerling key="1"/><leerling xmlns="urn:y" key="2"/><leerling key="3"/></x:a>'
    assert [key for key, _line in elements(text)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "root"), [("<EDEX/>", "EDEX"), ("<a:b xmlns:a='urn:a'/>", "b"), ("<!-- <x> --><?y <z>?>\n\n<EDEX\n/>", "EDEX")]
)
def test_the_root_is_known_before_anything_is_parsed(text: str, root: str):
    assert XmlStream(io.BytesIO(text.encode()), "edexml.xml", ()).root == root


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at once, as a pipe may."""

    def __init__(self, content: bytes, at_once: int) -> None:
        self._content = io.BytesIO(content)
        self._at_once = at_once

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, self._at_once))


@pytest.mark.parametrize("at_once", [1, 7, 4096])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_pipe_may_give_a_few_bytes_at_once(encoding: str, at_once: int):
    content = (BEGIN + pupils(range(2000)) + END).encode(encoding)
    assert elements(Pipe(content, at_once)) == elements(content)
    assert len(elements(content)) == 2000


# --- lines far down --------------------------------------------------------------------------------------------------


def test_the_line_is_exact_far_down_with_a_pupil_on_each_line():
    assert elements(BEGIN + pupils(range(70_000)) + END) == [(str(number), number + 3) for number in range(70_000)]


def test_the_line_is_exact_far_down_where_each_element_has_its_own_line():
    text = "".join(f'<leerling\n key="{number}">\n  <groep/>\n  <naam>\nx</naam>\n</leerling>\n' for number in range(14_000))
    assert elements(BEGIN + text + END) == [(str(number), 6 * number + 4) for number in range(14_000)]


@pytest.mark.parametrize(
    "pupil",
    [
        '<leerling key="1"/>',
        '<leerling key="1"></leerling>',
        '<leerling key="1">\n</leerling>',
        '<leerling key="1"><groep/><naam>1</naam></leerling>',
        '<leerling key="1">\n<groep/>\n<groep/>\n</leerling>',
        '<leerling key="1"><groep/>\n</leerling>',
        '<leerling key="1"><a><b><c>\n\n1</c></b></a></leerling>',
    ],
)
def test_the_line_is_exact_far_down_however_the_pupil_is_written(pupil: str):
    assert elements(BEGIN + "\n" * 69_998 + f"{pupil}\n{pupil}\n" + END) == [("1", 70_001), ("1", 70_002 + pupil.count("\n"))]


def test_the_line_of_what_is_not_well_formed_is_exact_far_down():
    assert refusal(BEGIN + pupils(range(70_000)) + "</EDEX>") == ("xml-syntax", 70_003)


# --- entities and DOCTYPE --------------------------------------------------------------------------------------------


def test_an_entity_that_nobody_declared_is_refused_with_its_line():
    assert refusal(BEGIN + pupils([1]) + "<leerling key='2'>&naam;</leerling>" + END) == ("xml-syntax", 4)


def test_an_undeclared_entity_early_in_a_large_file_is_refused_even_when_the_rest_is_a_whole_document():
    early = f"{BEGIN}{pupils([1])}<leerling key='2'><a>&naam;</a></leerling>"
    rest_of_the_chunk = f"{END}{' ' * (1 << 17)}"
    another = f"{BEGIN}{pupils(range(5000))}{END}"
    assert refusal(early + rest_of_the_chunk) == ("xml-syntax", 4)
    assert refusal(early + " " * ((1 << 16) - len(early)) + another) == ("xml-syntax", 4)
    assert refusal(early + rest_of_the_chunk + another)[0] == "xml-syntax"


@pytest.mark.parametrize("entity", ["&naam;", "&naam", "&#0;", "&#xD800;", "&;", "&", "&#99999999;"])
@pytest.mark.parametrize("place", ["<leerling>{}</leerling>", "<leerling key='{}'/>", "{}"])
def test_what_is_no_character_reference_is_refused_wherever_it_stands(entity: str, place: str):
    assert refusal(BEGIN + place.format(entity) + END)[0] == "xml-syntax"


def test_the_five_entities_of_xml_itself_are_read():
    assert elements("<a><leerling key='&lt;&gt;&amp;&quot;&apos;&#65;&#x42;'/></a>") == [("<>&\"'AB", 1)]


@pytest.mark.parametrize("before", ["", "\n", "<!-- x -->", "<?x?>\n<!-- <EDEX> -->\n", "<!-- x -->" * 5000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_doctype_is_refused_in_any_encoding_and_behind_any_comment(before: str, encoding: str):
    assert refusal((f"{before or ''}<!DOCTYPE EDEX>{BEGIN}{END}").lstrip("\n").encode(encoding)) == ("xml-doctype", None)


def test_a_doctype_that_is_cut_by_a_chunk_is_refused():
    for short in range(9):
        comment = f"<!--{' ' * ((1 << 16) - 7 - short)}-->"
        assert refusal(f"{comment}<!DOCTYPE EDEX>{BEGIN}{END}") == ("xml-doctype", None)


def test_a_doctype_within_the_root_is_no_xml():
    assert refusal("<EDEX><!DOCTYPE EDEX><leerlingen/></EDEX>") == ("xml-syntax", 1)


def test_no_other_file_is_opened(tmp_path: Path):
    """A named pipe stops for ever who opens it."""
    script = """if True:
        import io, os, sys
        from cito_numo.edexml import read_edexml
        from cito_numo.errors import CitoNumoError
        os.mkfifo(sys.argv[1])
        link = "file://" + sys.argv[1]
        body = "<leerlingen><leerling key='1'><gebruikersnaam>0012</gebruikersnaam>%s</leerling></leerlingen></EDEX>"
        xinclude = f"<x:include xmlns:x='http://www.w3.org/2001/XInclude' href='{link}'/>"
        schema = "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:noNamespaceSchemaLocation"
        for before, inside in (
            (f"<!DOCTYPE EDEX SYSTEM '{link}'><EDEX>", ""),
            (f"<!DOCTYPE EDEX [<!ENTITY a SYSTEM '{link}'>]><EDEX>", "&a;"),
            (f"<!DOCTYPE EDEX [<!ENTITY % a SYSTEM '{link}'> %a;]><EDEX>", ""),
            (f"<EDEX {schema}='{link}'>", ""),
            (f"<?xml-stylesheet href='{link}'?><?xml-model href='{link}'?><EDEX xml:base='{link}'>", ""),
            ("<EDEX>", xinclude),
        ):
            try:
                print(len(read_edexml((before + body % inside).encode()).pupils), end=" ")
            except CitoNumoError as error:
                print(error.problems[0].kind.code, end=" ")
    """
    ran = subprocess.run([sys.executable, "-c", script, str(tmp_path / "pipe")], capture_output=True, text=True, timeout=20, check=True)
    assert ran.stdout.split() == ["xml-doctype"] * 3 + ["1"] * 3


# --- encodings -------------------------------------------------------------------------------------------------------


def declared(charset: str, text: str = "zoë", encoding: str = "utf-8") -> bytes:
    return f'<?xml version="1.0" encoding="{charset}"?>\n<EDEX><leerling key="{text}"/></EDEX>'.encode(encoding)


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", "UTF-16", "utf-16le", "UTF-16BE", "UTF-32", "utf_32_le"])
def test_a_wide_encoding_that_is_declared_in_an_8_bit_file_is_not_believed(charset: str):
    assert elements(declared(charset)) == [("zoë", 2)]


@pytest.mark.parametrize(
    "charset", ["ISO-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252", "MacRoman", "cp850", "cp037", "cp500"]
)
def test_an_8_bit_encoding_is_the_one_that_is_declared(charset: str):
    assert elements(declared(charset, encoding=charset)) == [("zoë", 2)]


@pytest.mark.parametrize("charset", ["Shift_JIS", "EUC-JP", "GB18030", "Big5", "ISO-2022-JP", "KOI8-R"])
def test_encodings_of_elsewhere_are_read_too(charset: str):
    text = "имя" if charset == "KOI8-R" else "中"
    assert elements(declared(charset, text, charset)) == [(text, 2)]


def test_a_character_that_a_chunk_cuts_is_whole():
    for short in range(4):
        text = f"<a>{' ' * ((1 << 16) - 20 - short)}<leerling key='{'€' * 8}'/></a>"
        assert [key for key, _line in elements(text)] == ["€" * 8]
        assert [key for key, _line in elements(text.encode("utf-16"))] == ["€" * 8]


@pytest.mark.parametrize("charset", ["klingon", "x" * 900, "utf-9", "os.path", "encodings.utf_8"])
def test_an_encoding_that_does_not_exist_is_refused(charset: str):
    assert refusal(declared(charset)) == ("xml-charset-unknown", None)


@pytest.mark.parametrize(
    "charset",
    [
        "rot13",
        "idna",
        "punycode",
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "base64",
        "hex",
        "zip",
        "bz2",
        "uu",
        "mbcs",
        "oem",
    ],
)
def test_what_only_python_takes_for_an_encoding_is_refused(charset: str):
    assert refusal(declared(charset)) == ("xml-charset-unknown", None)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"<EDEX>\n\xe9</EDEX>", 2),
        (b"<EDEX>\n\xc3</EDEX>", 2),
        ("<EDEX>\n</EDEX>\n".encode("utf-16") + b"\x00", 3),
        (b"\xff\xfe" + "<EDEX>\n".encode("utf-16-le") + b"\x00\xd8\x00\x00", 1),
        (declared("ascii"), 1),
        (declared("cp1252", "\x81", "latin-1"), 1),
    ],
)
def test_bytes_that_are_not_in_the_encoding_are_refused(content: bytes, line: int):
    code, told = refusal(content)
    assert code == "xml-charset"
    assert told is not None
    assert told >= line


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_xml_does_not_have_are_refused(character: str):
    assert refusal(f"<EDEX>\n<leerling key='1'>{character}</leerling></EDEX>")[0] in {"xml-syntax", "xml-charset"}


# --- too large, too deep ---------------------------------------------------------------------------------------------


def test_what_is_nested_too_deep_is_refused():
    assert refusal("<a>" * 100_000) == ("xml-too-large", None)
    assert refusal(BEGIN + "<leerling>" * 1000 + "</leerling>" * 1000 + END) == ("xml-too-large", None)


def test_an_attribute_of_11_mb_is_refused():
    assert refusal(f"{BEGIN}<leerling key='{'x' * 11 * MEGABYTE}'/>{END}") == ("xml-too-large", None)


def test_a_text_of_11_mb_is_refused():
    assert refusal(f"{BEGIN}<leerling key='1'>{'x' * 11 * MEGABYTE}</leerling>{END}") == ("xml-too-large", None)


def test_a_comment_of_11_mb_is_refused():
    assert refusal(f"{BEGIN}<!-- {'x' * 11 * MEGABYTE} -->{END}") == ("xml-too-large", None)


def test_9_mb_of_what_nobody_asked_for_is_refused():
    assert refusal(f"<EDEX>{'<x>x</x>' * (9 * MEGABYTE // 8)}<leerlingen/></EDEX>") == ("xml-too-large", None)


def test_less_than_2_mb_of_what_nobody_asked_for_is_read():
    assert elements(f"<EDEX>{'<foto>' + 'x' * 1000 + '</foto>'}{' ' * MEGABYTE}{pupils([1])}</EDEX>") == [("1", 1)]


def test_a_name_that_is_too_long_is_refused():
    assert refusal(f"{BEGIN}<{'x' * 60_000}/>{END}") == ("xml-too-large", None)
    assert refusal(f"{BEGIN}<leerling {'x' * 60_000}='1'/>{END}") == ("xml-too-large", None)


@pytest.mark.parametrize("misc", ["<!-- x -->", "<?x y?>", "\n", f"<!-- {'x' * MEGABYTE}"])
def test_a_prolog_without_end_is_refused(misc: str):
    assert refusal("<?xml version='1.0'?>" + misc * (MEGABYTE // len(misc) + 1)) == ("xml-too-large", None)


def test_many_attributes_are_read_or_refused():
    few = " ".join(f"a{number}='1'" for number in range(1000))
    assert elements(f"<EDEX><leerling key='1' {few}/></EDEX>") == [("1", 1)]
    many = " ".join(f"a{number}='1'" for number in range(1_000_000))
    assert refusal(f"<EDEX><leerling key='1' {many}/></EDEX>")[0] == "xml-too-large"


def test_the_same_attribute_twice_is_not_well_formed():
    assert refusal("<EDEX><leerling key='1' key='2'/></EDEX>") == ("xml-syntax", 1)


HOSTILE = """if True:
    import io, itertools, resource, sys
    from pathlib import Path
    from cito_numo.edexml import read_edexml
    from cito_numo.errors import CitoNumoError

    def numbered(text):
        return (text.replace("NUMBER", str(number)).encode() for number in itertools.count())

    class Endless(io.RawIOBase):
        "What is said for ever; a long time at least."
        def __init__(self, begin, parts):
            self.parts, self.rest = itertools.chain([begin], parts), b""
        def read(self, size=-1):
            while len(self.rest) < size:
                self.rest += next(self.parts)
            taken, self.rest = self.rest[:size], self.rest[size:]
            return taken

    LIST = b"<EDEX><leerlingen>"
    ONE = LIST + b"<leerling key='1'>"
    STREAMS = {
        "pupils within pupils": (LIST, itertools.repeat(b"<leerling key='1'>" * 3000)),
        "pupils": (LIST, itertools.repeat(b"<leerling key='1'/>" * 3000)),
        "elements between pupils": (LIST, itertools.repeat(b"<a/>" * 5000)),
        "elements outside the list": (b"<EDEX>", itertools.repeat(b"<a b=''/>" * 5000)),
        "elements in one pupil": (ONE, itertools.repeat(b"<a/>" * 5000)),
        "text in one pupil": (ONE, itertools.repeat(b"0012" * 5000)),
        "attributes of one pupil": (LIST + b"<leerling", numbered(" aNUMBER='1'")),
        "comments": (LIST, itertools.repeat(b"<!-- -->" * 5000)),
        "groepen": (b"<EDEX><groepen>", numbered("<groep key='NUMBER'><naam>2A</naam></groep>")),
        "long gebruikersnamen": (LIST, numbered(f"<leerling key='1'><gebruikersnaam>NUMBER{'x' * 100_000}</gebruikersnaam></leerling>")),
        "long keys": (LIST, numbered(f"<leerling key='NUMBER{'x' * 100_000}'/>")),
        "long names of elements": (LIST, numbered(f"<leerling key='1'><aNUMBER{'x' * 30_000}/></leerling>")),
        "groepen of one pupil": (
            LIST,
            numbered("<leerling key='1'><samengestelde_groepen>" + "".join(f"<s key='NUMBER.{n}'/>" for n in range(5000))
                     + "</samengestelde_groepen></leerling>"),
        ),
        "kinds of elements in one pupil": (
            LIST + b"<leerling key='1'>" + b"".join(b"<a%d/>" % n for n in range(200_000)) + b"</leerling>",
            itertools.repeat(b"<leerling key='1'/>" * 3000),
        ),
    }
    read_edexml(b"<EDEX><leerlingen><leerling key='1'/></leerlingen></EDEX>")  # imports what is imported late
    status = Path("/proc/self/status").read_text()
    now = int(status.partition("VmData:")[2].split()[0]) << 10
    budget = int(sys.argv[2]) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (now + budget, now + budget))
    try:
        bytearray(budget + (32 << 20))
    except MemoryError:
        pass
    else:
        sys.exit("the limit does not hold")
    try:
        read_edexml(Endless(*STREAMS[sys.argv[1]]), "edexml.xml")
    except CitoNumoError as error:
        print(error.problems[0].kind.code)
"""


@pytest.mark.parametrize(
    "stream",
    [
        "pupils within pupils",
        "pupils",
        "elements between pupils",
        "elements outside the list",
        "elements in one pupil",
        "text in one pupil",
        "attributes of one pupil",
        "comments",
        "groepen",
        "long gebruikersnamen",
        "long keys",
        "long names of elements",
        "groepen of one pupil",
        "kinds of elements in one pupil",
    ],
)
def test_a_stream_without_end_is_refused_in_bounded_memory(stream: str):
    environment = {**uncounted(), "ARROW_DEFAULT_MEMORY_POOL": "system"}  # others reserve a gigabyte beforehand, which no limit counts
    command = [sys.executable, "-c", HOSTILE, stream, "400"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert (ran.stdout.split(), ran.stderr[-300:]) == (["xml-too-large"], "")


def test_a_file_that_cannot_be_read_any_further_tells_the_system_why():
    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        read_edexml(Broken(), "edexml.xml")
