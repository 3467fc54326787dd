"""Wide exports: a row per leerling with columns for each toets and onderdeel → a row for each result, with the same row number."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.errors import FILE_DOUBLE_COLUMN, stop
from cito_numo.layouts import Layout, header_words, split_toets
from cito_numo.leerlijnen import Leerlijnen
from cito_numo.sheets import ROW, WHOLE
from cito_numo.values import label_key, plain, present, toets_name, trimmed

DOMEIN = "domein:"
"""What the columns with the level of a domein begin with, before its name."""

_OF_A_RESULT = ("functioneringsniveau", "toetsniveau", "afnamedatum")
_GROUP = "groep"
_MOST_WORDS = 12
_LEVEL = re.compile(r"\bfn\b|functionerings ?niveau", re.IGNORECASE)


@dataclass
class Group:
    """The columns of one toets and onderdeel: name → position in the header."""

    toets: str | None
    """None where the row names the toets."""
    onderdeel: str
    own: dict[str, int] = field(default_factory=dict)
    toetsniveau: str | None = None
    """What the code of the toets says of it."""
    of_toets: Mapping[str, int] = field(default_factory=dict)
    """Those that all onderdelen of the toets share."""

    @property
    def positions(self) -> set[int]:
        """Where in the header any of its columns stand."""
        return {*self.own.values(), *self.of_toets.values()}


def melt(table: pa.Table, groups: Sequence[Group], of_row: Mapping[str, int], absent: Iterable[str]) -> pa.Table:
    """The results of a wide sheet, as a long one would give them: text columns, with `rij` and `heel`.

    `table` has the cells under the text of their position; `of_row` says where the columns of a whole row stand. Where nothing stands in
    the columns of a toets and onderdeel there is no result; a row that is not whole is one.
    """
    whole = table.filter(table[WHOLE])
    broken = table.filter(pc.invert(table[WHOLE])).select([ROW, WHOLE])
    parts = [_melted(whole, group, of_row, absent, number) for number, group in enumerate(groups)]
    melted = pa.concat_tables([*parts, broken], promote_options="default")
    return melted.sort_by([(ROW, "ascending"), (_GROUP, "ascending")]).drop_columns([_GROUP])


def find_groups(header: Sequence[str], layout: Layout, leerlijnen: Leerlijnen, place: str) -> tuple[list[Group], list[str]]:
    """The toetsen and onderdelen that a header has levels of, and the titles that look like more of these.

    CitoNumoError where two columns hold the same.
    """
    left: list[str] = []
    groups: dict[tuple[str | None, str], Group] = {}
    of_toets: dict[str, dict[str, int]] = {}
    later: list[tuple[str, str | None, str, int]] = []
    for position, title in enumerate(header):
        meanings = layout.wide_meanings(title)
        name, said = next((meaning for meaning in meanings if _makes_sense(*meaning, leerlijnen)), ("", {}))
        if not name:
            left += [title] if _looks_like_a_result(title, layout, leerlijnen) else []
            continue
        toets, onderdeel, domein = said.get("toets"), said.get("onderdeel"), said.get("domein")
        if said.get("other") and onderdeel:  # it is not certain where the toets ends and the onderdeel begins: neither will be known
            toets = onderdeel = f"{toets} {onderdeel}"
        code = layout.code(toets or "")
        if toets is not None:
            toets = code.toets or toets_name(toets)
        if onderdeel is None:
            put(of_toets.setdefault(toets or "", {}), name, position, place)
        elif name in ("functioneringsniveau", "domein"):  # a level of a domein without a result is an `ongeldig` one
            group = groups.setdefault(_key(toets, onderdeel, leerlijnen), Group(toets, onderdeel, toetsniveau=code.toetsniveau))
            put(group.own, f"{DOMEIN}{layout.domein(domein)}" if domein is not None else name, position, place)
        else:
            later.append((name, toets, onderdeel, position))
    for column, toets, onderdeel, position in later:
        known = groups.get(_key(toets, onderdeel, leerlijnen))
        if known is not None:
            put(known.own, column, position, place)
    for group in groups.values():
        group.of_toets = of_toets.get(group.toets or "", {})
    return list(groups.values()), left


def _looks_like_a_result(title: str, layout: Layout, leerlijnen: Leerlijnen) -> bool:
    """Whether a header that no template fits names a functioneringsniveau, or a toets or onderdeel with what could be one."""
    toets, rest = split_toets(title)
    rest = re.sub(r"\s*niveau$", "", rest, flags=re.IGNORECASE)
    words = rest.split()[-_MOST_WORDS:]
    cut = [(" ".join(words[:place]), " ".join(words[place:])) for place in range(len(words))]
    of_domein = any(layout.domein(end) and (toets or _ends_in_onderdeel(begin, leerlijnen)) for begin, end in cut)
    return bool(_LEVEL.search(header_words(title))) or of_domein or (toets is not None and leerlijnen.onderdeel(rest) is not None)


def _ends_in_onderdeel(text: str, leerlijnen: Leerlijnen) -> bool:
    words = text.split()
    return any(leerlijnen.onderdeel(" ".join(words[place:])) for place in range(len(words)))


def _makes_sense(name: str, said: Mapping[str, str], leerlijnen: Leerlijnen) -> bool:
    """A level of a domein needs an onderdeel that is known: the last word of "Nederlands woordenschat" is none of Nederlands."""
    return name != "domein" or ("other" not in said and leerlijnen.onderdeel(said.get("onderdeel", "")) is not None)


def put(columns: dict[str, int], name: str, position: int, place: str) -> None:
    """Note where a column stands; CitoNumoError where another header holds it already."""
    if name in columns:
        raise stop(FILE_DOUBLE_COLUMN, place, column=name)
    columns[name] = position


def _key(toets: str | None, onderdeel: str, leerlijnen: Leerlijnen) -> tuple[str | None, str]:
    return toets, leerlijnen.onderdeel(onderdeel) or label_key(onderdeel)


def _melted(table: pa.Table, group: Group, of_row: Mapping[str, int], absent: Iterable[str], number: int) -> pa.Table:
    """The results of one toets and onderdeel."""
    nothing = list(absent)
    own = {name: present(trimmed(_column(table, position)), nothing) for name, position in group.own.items()}
    given = pa.repeat(pa.scalar(False), table.num_rows)
    for column in own.values():
        given = pc.or_(given, column.is_valid())
    columns = {name: _column(table, position) for name, position in of_row.items() if name not in _OF_A_RESULT}
    for name in _OF_A_RESULT:
        places = [group.own.get(name), group.of_toets.get(name), of_row.get(name)]
        cells = [_column(table, position) for position in places if position is not None]
        if cells:
            columns[name] = pc.coalesce(*(present(trimmed(cell), nothing) for cell in cells), cells[0])
    if group.toetsniveau is not None:
        level = pa.scalar(group.toetsniveau, pa.string())
        said = columns.get("toetsniveau", pa.nulls(table.num_rows, pa.string()))
        columns["toetsniveau"] = pc.coalesce(present(trimmed(said), nothing), level)
    columns |= {name: own[name] for name in own if name.startswith(DOMEIN)}
    if group.toets is not None:
        columns["toets"] = pa.repeat(pa.scalar(group.toets, pa.string()), table.num_rows)
    columns["onderdeel"] = pa.repeat(pa.scalar(group.onderdeel, pa.string()), table.num_rows)
    numbers = pa.repeat(pa.scalar(number, pa.int64()), table.num_rows)
    return pa.table({**columns, ROW: table[ROW], WHOLE: table[WHOLE], _GROUP: numbers}).filter(given)


def _column(table: pa.Table, position: int) -> pa.Array:
    return plain(table[str(position)])
