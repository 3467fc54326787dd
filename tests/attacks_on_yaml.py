"""Attacks that are YAML: for each of the files that people write, bombs, tags, nesting, and values of another kind."""

from attack import Attack, Maker, Where, at, each, joined

_SCHOOL = {
    "name": "Aangevallen College",
    "brin": "99XX",
    "klantnummer": '"0123456"',
    "signed_up": "2026-08-20",
    "active_from": "2026-09-01",
    "administratie": "magister",
    "terugstuuroptie": "0",
}
_LAYOUT = """\
name: eigen
title: Eigen
columns:
  leerlingnummer: [Nummer]
  toets: [Proef]
  toetsniveau: [Hoogte]
  onderdeel: [Stuk]
  afnamedatum: [Dag]
  functioneringsniveau: [Behaald]
"""
_LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{later}: &{later} [{','.join([f'*{name}'] * 9)}]\n" for name, later in zip("abcdefgh", "bcdefghi", strict=True)
)
_ANY = {
    "billion laughs": _LAUGHS,
    "anchor": "a: &a x\n",
    "alias of itself": "a: &a [*a]\n",
    "alias of nothing": "a: *a\n",
    "merge key": "a: &a {b: c}\nd:\n  <<: *a\n",
    "merge key of nothing": "<<: x\n",
    "tag of a python object": "a: !!python/object/apply:os.system ['id']\n",
    "tag of a python name": "a: !!python/name:os.system\n",
    "tag of a python module": "!!python/module:antigravity x\n",
    "tag of bytes": "a: !!binary aGFsbG8=\n",
    "tag of a set": "a: !!set {x, y}\n",
    "tag of a number": "a: !!int 1\n",
    "tag of one's own": "a: !x y\n",
    "tag directive": "%TAG ! tag:aanval.example:\n---\na: !x y\n",
    "version directive": "%YAML 9.9\n---\na: b\n",
    "nested flow": "a: " + "[" * 100_000,
    "nested flow that is whole": "a: " + "[" * 5_000 + "]" * 5_000,
    "nested mappings": "a: " + "{a: " * 5_000,
    "nested blocks": "".join(f"{' ' * depth}a:\n" for depth in range(500)),
    "nested sequences": "- " * 10_000 + "x\n",
    "key twice": "name: a\nname: b\n",
    "key that is a list": "? [a, b]\n: c\n",
    "key that is a mapping": "{a: b}: c\n",
    "key without end": f"{'k' * 100_000}: v\n",
    "key that is empty": ": x\n",
    "key with controls": '"\\e[31m\\0\\a": x\n',
    "key with braces": '"{0}{hint}%s[red]": x\n',
    "key of a number": "1: x\n1.0: y\n",
    "ten thousand keys": "".join(f"k{number}: v\n" for number in range(10_000)),
    "tabs": "a:\n\tb: c\n",
    "tabs behind": "a:\tb\n",
    "a number without end": f"a: {'9' * 100_000}\n",
    "a number infinite": "a: .inf\nb: .nan\n",
    "sexagesimal": "a: 190:20:30\n",
    "nul": "a: x\0y\n",
    "escape": "a: \x1b[31m\n",
    "line separators": "a: b\u2028c: d\u2029e: f\x85g: h\n",
    "byte order mark twice": "\ufeff\ufeffa: b\n",
    "byte order mark in the middle": "a: b\n\ufeffc: d\n",
    "right to left": "a: \u202eb\n",
    "returns": "a: b\rc: d\r",
    "two documents": "a: b\n---\nc: d\n",
    "end of the document": "...\n",
    "only a comment": "# niets\n",
    "only a word": "x\n",
    "only a list": "- x\n",
    "only a number": "1\n",
    "only a quote": '"',
    "only an exclamation mark": "!",
    "only a tilde": "~",
    "quote that opens": 'a: "b\n',
    "literal without end": "a: |\n" + "  x\n" * 100_000,
    "literal with a wrong indent": "a: |9\n x\n",
    "folded without end": "a: >\n" + "  x\n\n" * 10_000,
    "at sign": "a: @x\n",
    "percent": "%x\n",
    "json": '{"a": [1, 2, {"b": null}]}',
    "colons": ":" * 10_000,
    "dashes": "-" * 10_000,
    "question marks": "? " * 2_000,
    "web page": "<!DOCTYPE html><html></html>",
    "environment": "a: ${HOME} $(id) `id`\n",
}
_BYTES = {
    "nothing": b"",
    "one byte": b"\xff",
    "one nul": b"\0",
    "latin-1": b"name: caf\xe9\n",
    "utf-16": "name: x\n".encode("utf-16"),
    "utf-32": "name: x\n".encode("utf-32"),
    "utf-16 without a mark": "name: x\n".encode("utf-16-le"),
    "surrogates in utf-8": b"name: \xed\xa0\x80\n",
    "every byte": bytes(range(256)),
    "zip": b"PK\x03\x04" + bytes(100),
    "ten thousand nuls": bytes(10_000),
}
_VALUES = {
    "a list": "[x, y]",
    "a mapping": "{x: y}",
    "a list of lists": "[[x], [y]]",
    "nothing": "",
    "true": "true",
    "a large number": "9" * 400,
    "a negative number": "-5",
    "controls": '"\\e[31m\\n\\0\\t"',
    "a path": "../../../../etc/passwd",
    "a formula": '"=1+1"',
    "a command": '"root; rm -rf /"',
    "a program": '"$(id) `id`"',
    "braces": '"{0}{hint}%s%n[red]"',
    "a long text": "x" * 100_000,
    "right to left": '"\\u202e\\u2066\\u200b"',
    "date that is none": "2026-02-31",
    "year 99999": "99999-01-01",
    "arabic digits": '"\u0669\u0669XX"',
}
_KEYS_OF_A_SCHOOL = (
    *("name", "brin", "vestigingen", "klantnummer", "contact", "maximum_niveau", "signed_up", "active_from", "administratie"),
    *("terugstuuroptie", "match_on", "trust_leerlingnummer", "processing", "language", "retention", "outbox_group", "mail_from"),
    *("edexml", "tolerance", "csv", "on_failure", "leerlingnummers_valid_from"),
)
_SPECIAL = {
    "outbox group root": ("outbox_group", "root; rm"),
    "outbox group with a nul": ("outbox_group", '"root\\0"'),
    "outbox group negative": ("outbox_group", "-1"),
    "outbox group with a surrogate": ("outbox_group", '"\\uD800"'),
    "name with a surrogate": ("name", '"\\uD800\\uDFFF"'),
    "name with a nul": ("name", '"a\\0b"'),
    "name with line ends": ("name", '"a\\r\\nb\\u2028c"'),
    "korte naam": ("korte_naam", "../gezond-college"),
    "brin with a line end": ("brin", '"99XX\\n"'),
    "vestiging with a line end": ("vestigingen", '["00\\n"]'),
    "klantnummer with controls": ("klantnummer", '"\\e]0;x\\a"'),
    "contact with controls": ("contact", '{aanhef: "\\e[31m", voornaam: "\\0", achternaam: x, email: "x\\r\\nBcc: y"}'),
    "active from with a time": ("active_from", "2026-09-01T00:00:00Z"),
    "active from in arabic digits": ("active_from", '"\u0662\u0660\u0662\u0666-\u0660\u0669-\u0660\u0661"'),
    "active from the last day": ("active_from", "9999-12-31"),
    "active from the first day": ("active_from", "0001-01-01"),
    "terugstuuroptie of a fraction": ("terugstuuroptie", "0.5"),
    "terugstuuroptie in arabic digits": ("terugstuuroptie", '"\u0661"'),
    "terugstuuroptie infinite": ("terugstuuroptie", ".inf"),
    "match on nothing": ("match_on", "[]"),
    "match on all twice": ("match_on", "[eck_id, eck_id, leerlingnummer, leerlingnummer, cito_key]"),
    "match on what is unknown": ("match_on", "[naam]"),
    "retention without end": ("retention", f"{'9' * 5000} years"),
    "retention with a line end": ("retention", '"2 years\\n"'),
    "language of a path": ("language", "../../x"),
    "mail from anybody": ("mail_from", '["*", "", "@", "x\\ny@x.example"]'),
    "edexml of an element that is a path": ("edexml", '{leerlingnummer: "toevoegingen:../../x", cito_key: "toevoegingen:{*}x"}'),
    "edexml of an element with controls": ("edexml", '{leerlingnummer: "toevoegingen:\\e[31m"}'),
    "edexml of an element in braces": ("edexml", '{leerlingnummer: "toevoegingen:{0}"}'),
    "edexml of an element of 100,000 letters": ("edexml", f'{{leerlingnummer: "toevoegingen:{"x" * 100_000}"}}'),
    "edexml of its own column": ("edexml", "{leerlingnummer: 'toevoegingen:key', cito_key: 'toevoegingen:regel'}"),
    "tolerance nan": ("tolerance", "{unmatched: nan, unmatched_hold: .nan, shrink: NaN}"),
    "tolerance infinite": ("tolerance", "{unmatched: inf}"),
    "tolerance 1e-999": ("tolerance", "{unmatched: 1e-999, unmatched_hold: 0, shrink: 0}"),
    "csv with a separator of its own": ("csv", '{separator: "\\n"}'),
    "csv with a quote for a separator": ("csv", "{separator: '\"'}"),
    "csv in utf-7": ("csv", "{encoding: utf-7}"),
    "csv in utf-16": ("csv", "{encoding: utf-16}"),
    "csv in windows-1252": ("csv", "{encoding: windows-1252}"),
    "on failure a command": ("on_failure", '"touch /tmp/aanval; id"'),
    "trust of any kind": ("trust_leerlingnummer", "9"),
    "key in other letters": ("n\u0430me", "x"),
}


def _school(key: str, value: str) -> Maker:
    return lambda: "".join(f"{name}: {text}\n" for name, text in {**_SCHOOL, key: value}.items()).encode()


def _schools() -> dict[str, Maker]:
    special = {name: _school(*pair) for name, pair in _SPECIAL.items()}
    every = {f"{key} is {name}": _school(key, value) for key in _KEYS_OF_A_SCHOOL for name, value in _VALUES.items()}
    return {**special, **every}


def _layout(old: str, new: str) -> Maker:
    assert old in _LAYOUT
    return lambda: _LAYOUT.replace(old, new).encode()


_WIDE = "shape: wide\nwide:\n  functioneringsniveau: [{}]\n"
_LAYOUTS: dict[str, Maker] = {
    "name that is a path": _layout("name: eigen", "name: ../../x"),
    "name of a shipped one": _layout("name: eigen", "name: lib-vo"),
    "name with a line end": _layout("name: eigen", 'name: "eigen\\n"'),
    "title with controls": _layout("title: Eigen", 'title: "\\e[31m\\u202e"'),
    "headers of nothing": _layout("[Nummer]", '["", " ", "-"]'),
    "headers that are all the same": lambda: _LAYOUT.replace("Proef", "Nummer").replace("Dag", "Nummer").encode(),
    "headers that others have": _layout("[Nummer]", "[Leerlingnummer, Klas, Toets]"),
    "headers without end": _layout("[Nummer]", f"[{'x' * 100_000}]"),
    "ten thousand headers": _layout("[Nummer]", f"[{','.join(f'k{number}' for number in range(10_000))}]"),
    "regular expression for a header": _layout("[Nummer]", '["(a+)+$", ".*", "["]'),
    "template of a regular expression": _layout("columns:", _WIDE.format('"{toets} (a+)+$ {onderdeel}"') + "columns:"),
    "template with a brace": _layout("columns:", _WIDE.format('"{toets} {0.__class__} x"') + "columns:"),
    "template that opens a brace": _layout("columns:", _WIDE.format('"{toets x {onderdeel"') + "columns:"),
    "template of 100,000 words": _layout("columns:", _WIDE.format('"{toets} ' + "x " * 100_000 + '"') + "columns:"),
    "template of places only": _layout("columns:", _WIDE.format('"{toets} {onderdeel}"') + "columns:"),
    "template of a domein only": _layout("columns:", _WIDE.format('"{domein}"') + "columns:"),
    "wide without templates": _layout("columns:", "shape: wide\ncolumns:"),
    "uwlr twice": _layout("columns:", "shape: uwlr\ncolumns:"),
    "niveaus that are none": _layout("columns:", "niveaus: {x: hoog}\ncolumns:"),
    "niveaus that turn all about": _layout("columns:", "niveaus: {havo: vwo, vwo: onder-bb}\ncolumns:"),
    "toetsen of a regular expression": _layout("columns:", 'toetsen: {"(a+)+$": {toets: T1}, "": {toets: T2}}\ncolumns:'),
    "toetsen with controls": _layout("columns:", 'toetsen: {"\\e[31m": {toets: "\\0", onderdeel: "=1+1"}}\ncolumns:'),
    "ten thousand toetsen": _layout("columns:", f"toetsen: {{{', '.join(f'c{n}: {{toets: T1}}' for n in range(10_000))}}}\ncolumns:"),
    "domeinen with a path": _layout("columns:", "domeinen: {../x: [y]}\ncolumns:"),
    "domeinen that all are the same": _layout("columns:", "domeinen: {x: [y], z: [y], getallen: [y]}\ncolumns:"),
    "dates of both kinds": _layout("columns:", "dates: [dd-mm-jjjj, mm-dd-jjjj]\ncolumns:"),
    "dates of a format": _layout("columns:", 'dates: ["%Y%s%n"]\ncolumns:'),
    "absent of everything": _layout("columns:", 'absent: [havo, T1, "0011", "\\0"]\ncolumns:'),
    "decimal of a word": _layout("columns:", "decimal: xx\ncolumns:"),
}
_LEERLIJNEN: dict[str, Maker] = each(
    {
        "names that are the same": "rekenen:\n  rekenen-wiskunde: [x]\nnederlands:\n  lezen: [x]\n",
        "onderdeel under two": "rekenen:\n  x: []\nnederlands:\n  x: []\n",
        "vak that is a formula": '"=1+1":\n  rekenen-wiskunde: [Rekenen]\n',
        "vak with controls": '"\\e[31m\\0":\n  rekenen-wiskunde: [Rekenen]\n',
        "names of nothing": 'rekenen:\n  rekenen-wiskunde: ["", "-", " "]\n  lezen: ["!"]\n',
        "names of numbers": "1:\n  2: [3]\n",
        "names nested": "rekenen:\n  rekenen-wiskunde:\n    - [x]\n",
        "names that are a text": "rekenen:\n  rekenen-wiskunde: x\n",
        "ten thousand names": f"rekenen:\n  rekenen-wiskunde: [{','.join(f'n{number}' for number in range(10_000))}]\n",
    }
)


def attacks() -> list[Attack]:
    """All that are YAML."""
    everywhere = each(_ANY) | each(_BYTES)
    return joined(
        at(Where.SCHOOL, "school.yaml", everywhere | _schools()),
        at(
            Where.CONFIG,
            "cito-numo.yaml",
            everywhere | each({f"defaults: {name}": f"defaults: {value}\n" for name, value in _VALUES.items()}),
        ),
        at(Where.LEERLIJNEN, "leerlijnen.yaml", everywhere | _LEERLIJNEN),
        at(Where.LAYOUT, "layouts/eigen.yaml", everywhere | _LAYOUTS),
    )
