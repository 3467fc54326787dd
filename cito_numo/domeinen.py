"""The domeinen of a result: a level for each part of an onderdeel (getallen, verhoudingen, …), kept as one text.

The text names them in the order of their names, as `getallen=havo verbanden=vmbo-gt`; a level that the cutoff holds back has a `!` behind
it. Pure functions on that text: it is a category in the tables, and each distinct one is worked on once.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.niveaus import RUNGS, parse_niveau, relatief

_HELD = "!"
_KNOWN = 1 << 16
"""Results of which is kept what came of them: most repeat."""


class Domein(NamedTuple):
    """One domein of a result, as a leerplan shows it."""

    domein: str
    functioneringsniveau: str
    relatief: int
    """Against the toetsniveau of the result, -2 … +2."""
    prioriteit: int
    """1 is first: lowest relatief, then lowest level, then by name."""


def as_text(levels: Mapping[str, pa.Array]) -> pa.Array:
    """One text for each row of labels per domein (null: none); null where a row has no domein."""
    named = [pc.binary_join_element_wise(f"{domein}=", levels[domein], "") for domein in sorted(levels)]
    # Not null_handling="skip": that leaves out a row in which all are null, so that those below it move up.
    joined = pc.binary_join_element_wise(*named, " ", null_handling="replace", null_replacement="")
    joined = pc.utf8_trim_whitespace(pc.replace_substring_regex(joined, " +", " "))
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


@lru_cache(_KNOWN)
def hold_back(domeinen: str, toetsniveau: str, option: int) -> str:
    """The same with a mark on the levels above the cutoff: they are known, and not passed on."""
    marked = {name: level + _HELD if _relatief(level, toetsniveau) > option else level for name, level in _levels(domeinen)}
    return _joined(marked)


@lru_cache(_KNOWN)
def in_force_after(before: str, now: str) -> str:
    """What is in force once a result that is in force was read again.

    A domein leaves only because of a correction: its level is another now, and above the cutoff. One that is not named any more stays.
    """
    after = dict(_levels(before))
    for name, level in _levels(now):
        if not level.endswith(_HELD):
            after[name] = level
        elif after.get(name) != level.removesuffix(_HELD):
            after.pop(name, None)
    return _joined(after)


def by_priority(domeinen: str, toetsniveau: str) -> list[Domein]:
    """The domeinen in the order in which a leerling should practise them."""
    order = sorted((_relatief(level, toetsniveau), _rung(level), name, level) for name, level in _levels(domeinen))
    return [Domein(name, level, distance, number) for number, (distance, _lowest, name, level) in enumerate(order, 1)]


def _levels(domeinen: str) -> Iterator[tuple[str, str]]:
    for part in domeinen.split():
        name, _equals, level = part.partition("=")
        yield name, level


def _joined(levels: Mapping[str, str]) -> str:
    return " ".join(f"{name}={levels[name]}" for name in sorted(levels))


def _relatief(level: str, toetsniveau: str) -> int:
    functioneringsniveau, toets = parse_niveau(level), parse_niveau(toetsniveau)
    assert functioneringsniveau is not None
    assert toets is not None
    return relatief(functioneringsniveau, toets)


def _rung(level: str) -> int:
    return RUNGS.index(level.partition("/")[0])
