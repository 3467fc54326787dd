"""One value of a YAML file that a person wrote, changed in place; and values written so that they read as the same text."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cito_numo.errors import CitoNumoError
from cito_numo.yaml_files import in_quotes, load, quoted, with_value

PATH = Path("school.yaml")
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


def changed(text: str, value: str = "+1", key: str = "terugstuuroptie") -> str:
    return with_value(load(PATH, text), text, key, value)


def data_of(text: str) -> object:
    return load(PATH, text).data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: Demo\nterugstuuroptie: 0   # as at Cito\nbrin: 99XX\n", "name: Demo\nterugstuuroptie: +1   # as at Cito\nbrin: 99XX\n"),
        ("terugstuuroptie: 0", "terugstuuroptie: +1"),
        ("terugstuuroptie:    0\r\nname: Demo\r\n", "terugstuuroptie:    +1\r\nname: Demo\r\n"),
        ("terugstuuroptie: '0' # why\n", "terugstuuroptie: '+1' # why\n"),
        ('terugstuuroptie: "0" # why\n', 'terugstuuroptie: "+1" # why\n'),
        ('"terugstuuroptie": 0\n', '"terugstuuroptie": +1\n'),
        ("? terugstuuroptie\n: 0\nname: Demo\n", "? terugstuuroptie\n: +1\nname: Demo\n"),
        ("{name: Demo, terugstuuroptie: 0, brin: [99XX]}\n", "{name: Demo, terugstuuroptie: +1, brin: [99XX]}\n"),
        ('{"terugstuuroptie":"0","name":"Demo"}', '{"terugstuuroptie":"+1","name":"Demo"}'),
        ("terugstuuroptie: |-  # why\n  0\n\nname: Demo\n", "terugstuuroptie: +1  # why\n\nname: Demo\n"),
        ("terugstuuroptie: >\n  0\n# and then\nname: Demo\n", "terugstuuroptie: +1\n# and then\nname: Demo\n"),
        ("terugstuuroptie:\n  0\nname: Demo\n", "terugstuuroptie:\n  +1\nname: Demo\n"),
        ("terugstuuroptie: ! 0\n", "terugstuuroptie: +1\n"),
        ("--- # begin\nterugstuuroptie: 0\n...\n", "--- # begin\nterugstuuroptie: +1\n...\n"),
        ("\ufeffterugstuuroptie: 0\n", "\ufeffterugstuuroptie: +1\n"),
        ("contact: {terugstuuroptie: 5}\nterugstuuroptie: 0\n", "contact: {terugstuuroptie: 5}\nterugstuuroptie: +1\n"),
        ("name: Zoë \U0001f600\nterugstuuroptie: 0\n", "name: Zoë \U0001f600\nterugstuuroptie: +1\n"),
    ],
)
def test_a_value_is_changed_where_it_stands_and_nothing_else_is(before: str, after: str):
    assert changed(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: Demo\nactive_from:   # not yet\n", "name: Demo\nactive_from: 2026-09-01   # not yet\n"),
        ("active_from:", "active_from: 2026-09-01"),
        ("active_from: ~\n", "active_from: 2026-09-01\n"),
        ("active_from: null # not yet\n", "active_from: 2026-09-01 # not yet\n"),
        ("{active_from: , name: Demo}\n", "{active_from: 2026-09-01 , name: Demo}\n"),
        ("{active_from, name: Demo}\n", "{active_from: 2026-09-01, name: Demo}\n"),
    ],
)
def test_a_key_with_nothing_behind_it_gets_its_value_there(before: str, after: str):
    assert changed(before, "2026-09-01", "active_from") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "name: Demo\n# active_from: 2026-01-01   # the day\nbrin: 99XX\n",
            "name: Demo\nactive_from: 2026-09-01   # the day\nbrin: 99XX\n",
        ),
        ("name: Demo\r\n#active_from:\r\nbrin: 99XX\r\n", "name: Demo\r\nactive_from: 2026-09-01\r\nbrin: 99XX\r\n"),
        ("name: Demo\n# active_from: 2026-01-01", "name: Demo\nactive_from: 2026-09-01"),
    ],
)
def test_a_key_that_is_commented_out_takes_the_place_of_its_comment(before: str, after: str):
    assert changed(before, "2026-09-01", "active_from") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: Demo\n", "name: Demo\nactive_from: 2026-09-01\n"),
        ("name: Demo", "name: Demo\nactive_from: 2026-09-01"),
        ("name: Demo\r\nbrin: 99XX", "name: Demo\r\nbrin: 99XX\r\nactive_from: 2026-09-01"),
        ("  name: Demo\n  brin: 99XX\n", "  name: Demo\n  brin: 99XX\n  active_from: 2026-09-01\n"),
        ("name: Demo\n# active_from: the day we begin\n", "name: Demo\n# active_from: the day we begin\nactive_from: 2026-09-01\n"),
        ("name: Demo\n...\n", "active_from: 2026-09-01\nname: Demo\n...\n"),
        ("name: |\n  Demo", "active_from: 2026-09-01\nname: |\n  Demo"),
        ("{name: Demo}\n", "{active_from: 2026-09-01, name: Demo}\n"),
        ("{}", "{active_from: 2026-09-01}"),
        ("# nothing yet", "# nothing yet\nactive_from: 2026-09-01\n"),
        ("", "active_from: 2026-09-01\n"),
        ('name: "a\n# active_from: 2026-01-01\n  b"\n', 'name: "a\n# active_from: 2026-01-01\n  b"\nactive_from: 2026-09-01\n'),
        (
            "contact:\n  voornaam: V\n# active_from: 2026-01-01\n  achternaam: A\n",
            "contact:\n  voornaam: V\n# active_from: 2026-01-01\n  achternaam: A\nactive_from: 2026-09-01\n",
        ),
    ],
)
def test_a_key_that_is_not_there_is_added(before: str, after: str):
    assert changed(before, "2026-09-01", "active_from") == after


@pytest.mark.parametrize("text", ["terugstuuroptie: [0]\n", "terugstuuroptie:\n  a: b\n", "- terugstuuroptie\n", "terugstuuroptie"])
def test_what_is_no_single_value_is_left_as_it_is_and_told(text: str):
    with pytest.raises(CitoNumoError, match=r"school\.yaml, line 1: 'terugstuuroptie' is written in such a way"):
        changed(text)


# --- whatever a file looks like --------------------------------------------------------------------------------------

WORDS = st.sampled_from(["Demo", "0", "99XX", "a b", "zoë", "-1", "x:y"])
FLOW_VALUES = st.sampled_from(["0", "'a'", '"b"', "[a, b]", "{terugstuuroptie: d}"])
ABOVE = st.lists(st.sampled_from(["", "# terugstuuroptie: 0", "  # more", "#: text", "# terugstuuroptie: as at Cito"]), max_size=2)
COMMENTS = st.sampled_from(["", "", " # why", "  # terugstuuroptie: 0", "    # a 'quote"])


@st.composite
def scalars(draw: st.DrawFn) -> str:
    """A value behind `key: `, on one line or more, with its comment."""
    text, comment = draw(WORDS), draw(COMMENTS)
    return draw(
        st.sampled_from(
            [
                f"{text}{comment}",
                f"'{text}'{comment}",
                f'"{text}"{comment}',
                f"'{text}\n\n  {text}'{comment}",
                f'"{text}\\\n  {text}"{comment}',
                f"{text}\n  {text}{comment}",
                f"|{comment}\n  {text}\n  # no comment\n",
                f">-{comment}\n  {text}\n\n",
                f"|+\n  {text}\n\n",
            ]
        )
    )


@st.composite
def files(draw: st.DrawFn) -> str:
    """A school.yaml in any style, with or without the key."""
    keys = draw(st.permutations(["name", "terugstuuroptie", "contact", "brin"]))[draw(st.integers(0, 2)) :]
    if draw(st.booleans()):
        parts = [f"{key}: {draw(FLOW_VALUES)}" for key in keys if key != "terugstuuroptie"]
        parts += [f"terugstuuroptie:{draw(st.sampled_from([' 0', ' ', '  -1 ']))}"] if "terugstuuroptie" in keys else []
        text = draw(st.sampled_from([", ", ",\n  ", " ,\n\n "])).join(draw(st.permutations(parts)))
        return "".join((draw(st.sampled_from(["", "# head\n", "--- "])), "{", text, "}", draw(COMMENTS), draw(st.sampled_from(["", "\n"]))))
    lines = []
    for key in keys:
        lines += draw(ABOVE)
        value = draw(scalars()) if key != "contact" else draw(st.sampled_from(["{a: b}", "\n  terugstuuroptie: 5\n  c: d", "\n- e\n- f"]))
        lines.append(f"{draw(st.sampled_from([key, in_quotes(key)]))}: {value}".rstrip(" "))
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n# end\n", "\n...\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def beside(text: str) -> tuple[str, str]:
    """What stands in the lines above that of the key, and from the next key on; all and nothing where it is not there."""
    document, lines = load(PATH, text), text.splitlines(keepends=True)
    place = document.lines.get(("terugstuuroptie",))
    if place is None:
        return text, ""
    below = min((line for key, line in document.lines.items() if len(key) == 1 and line > place), default=len(lines) + 1)
    return "".join(lines[: place - 1]), "".join(lines[below - 1 :])


def same(one: str, other: str) -> int:
    """How many letters are the same at the begin of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (letter, another) in pairs if letter != another), min(len(one), len(other)))


def removed(before: str, after: str) -> str:
    """What stands in a text between what it begins and ends with as another text does."""
    begin = same(before, after)
    end = same(before[begin:][::-1], after[begin:][::-1])
    return before[begin : len(before) - end]


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


@given(files(), st.sampled_from(["+1", "0", "-2", "2026-09-01", "a: b # c", "both \"' quotes"]))
@example("name: |\n  Demo", "+1")
@example("name: x\nterugstuuroptie: |+\n  0\n\n", "+1")
def test_the_file_says_the_same_but_for_that_key_and_all_other_lines_are_the_same_bytes(text: str, value: str):
    before = data_of(text)
    assert isinstance(before, dict)

    after = changed(text, value)

    assert data_of(after) == {**before, "terugstuuroptie": value}
    if text.lstrip("#- head\n").startswith("{"):
        assert removed(text, after) in ("", "-", "0", "1", "-1")
    elif ("terugstuuroptie",) in load(PATH, text).lines:
        assert beside(after) == beside(text)
        assert comments(after) == comments(text)
    else:
        above, below = beside(after)
        assert len(comments(text)) - len(comments(after)) in (0, 1)
        ends = "\r\n" if "\r\n" in text else "\n"
        assert text.removesuffix(ends).startswith(above.removesuffix(ends))
        assert text.endswith(below)


@given(ANY_TEXT)
@example("null")
@example("a: b")
@example("a #b")
@example("\ud7ff\ufeff\x85\u2028\x00\x7f")
def test_any_text_is_read_back_as_it_was_in_a_block_and_in_a_flow(text: str):
    assert data_of(f"name: {quoted(text)}   # why\ncontact: {{a: {quoted(text)}, b: {in_quotes(text)}}}\n") == {
        "name": text,
        "contact": {"a": text, "b": text},
    }


def test_what_needs_no_quotes_has_none():
    plain = ["Demo College", "99XX", "+2", "-1", "2026-09-01", "Zoë d'Ancona", "a@b.example", "St. Jan (vo)", "00"]
    assert [quoted(text) for text in plain] == plain
    assert [quoted(text) for text in ("", "~", "null", "a: b", "#1", 'De "Brug"', "'t Hof", " a", "a,b")] == [
        '""',
        '"~"',
        '"null"',
        '"a: b"',
        '"#1"',
        '"De \\"Brug\\""',
        '"\'t Hof"',
        '" a"',
        '"a,b"',
    ]


def test_a_value_may_be_set_twice():
    text = "name: Demo\n# active_from: 2026-09-01\n"
    once = changed(text, "2026-10-01", "active_from")
    assert changed(once, "2026-09-01", "active_from") == "name: Demo\nactive_from: 2026-09-01\n"
