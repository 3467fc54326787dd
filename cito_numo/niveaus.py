"""The ladder of levels: the text of a level becomes a range of rungs, and two ranges have a distance.

A level is never guessed: a text that is not one of the known spellings is no level (None).
"""

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

RUNGS = ("onder-bb", "vmbo-bb", "vmbo-kb", "vmbo-gt", "havo", "vwo", "boven-vwo")
"""The ladder, lowest first."""

_ONDER, _BB, _KB, _GT, _HAVO, _VWO, _BOVEN = range(len(RUNGS))


class Niveau(NamedTuple):
    """A level as a range of rungs, `low` and `high` included; one rung has `low == high`."""

    low: int
    high: int

    @property
    def label(self) -> str:
        """How the level is written: `havo`, or `vmbo-gt/havo` for a range."""
        return RUNGS[self.low] if self.low == self.high else f"{RUNGS[self.low]}/{RUNGS[self.high]}"


_ALL = tuple(Niveau(low, high) for low in range(len(RUNGS)) for high in range(low, len(RUNGS)))

NIVEAUS = tuple(niveau.label for niveau in _ALL)
"""The labels of all levels, ranges too."""

NIVEAU_DTYPE = pd.CategoricalDtype(list(NIVEAUS))

# What a word says of the ladder. A word of one letter is no level by itself (a lone letter is one of primary education): it
# counts right after "vmbo", or beside the letter or word of a neighbouring rung, as in "b/k" and "t/havo".
_WORDS: dict[str, Niveau] = {
    word: Niveau(low, high)
    for low, high, words in (
        (_BB, _BB, "b bb bbl basis basisberoeps basisberoepsgericht basisberoepsgerichte"),
        (_KB, _KB, "k kb kbl kader kaderberoeps kaderberoepsgericht kaderberoepsgerichte"),
        (_GT, _GT, "g t gt gl tl gltl gtl gemengd gemengde theoretisch theoretische mavo"),
        (_HAVO, _HAVO, "h havo"),
        (_VWO, _VWO, "v vwo gymnasium gym atheneum"),
        (_BB, _KB, "bk bbkb"),
        (_KB, _GT, "kgt kbgt"),
        (_GT, _HAVO, "th"),
        (_HAVO, _VWO, "hv"),
    )
    for word in words.split()
}
_ENDS = {"onder": (Niveau(_BB, _BB), Niveau(_ONDER, _ONDER)), "boven": (Niveau(_VWO, _VWO), Niveau(_BOVEN, _BOVEN))}
_ENDS |= {"<": _ENDS["onder"], "beneden": _ENDS["onder"], ">": _ENDS["boven"]}
_VMBO = frozenset(niveau for niveau in _WORDS.values() if niveau.high <= _GT)
_SEPARATORS = frozenset("/|,&") | {"en", "tm"}
_NOISE = frozenset({"leerweg", "leerwegen", "niveau"})
_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_THROUGH = re.compile(r"\bt/m\b|\btot en met\b")
_VMBO_WORD = re.compile(r"\bvmbo(?=[a-z])")
_JOINERS = re.compile(r"[\s_().+\u2010-\u2015-]+")


def parse_niveau(text: str) -> Niveau | None:
    """The level that a text says, or None where it is not certain.

    Case, spaces, hyphens and underscores are free, and a trailing + or - plays no part (BB+ is vmbo-bb with extra support).
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    if plain.startswith(("+", "-")):
        return None
    tokens = _TOKEN.findall(_JOINERS.sub(" ", _VMBO_WORD.sub("vmbo ", _THROUGH.sub(" tm ", plain).replace("met lwoo", "lwoo"))))
    if not tokens or tokens[0] in _SEPARATORS or tokens[-1] in _SEPARATORS:
        return None
    rungs: list[Niveau] = []
    letters: list[str] = []
    expected: frozenset[Niveau] | None = None
    end: Niveau | None = None
    for word in tokens:
        if word in _WORDS:
            rung = _WORDS[word]
            if expected is not None and rung not in expected:
                return None
            if len(word) == 1 and expected is None:
                letters.append(word)
            rungs.append(rung if end is None else end)
            expected = end = None
        elif word == "vmbo" and (expected is None or expected == {_ENDS["onder"][0]}):
            expected = expected or _VMBO
        elif word in _ENDS and expected is None:
            expected, end = frozenset({_ENDS[word][0]}), _ENDS[word][1]
        elif expected is not None or not (word in _SEPARATORS or word in _NOISE or (word == "lwoo" and rungs[-1:] == [_ENDS["onder"][0]])):
            return None
    if not rungs or expected is not None:
        return None
    neighbours = all(low.low <= high.low <= low.high + 1 for low, high in pairwise(rungs))
    if letters and (len(rungs) == 1 or len(set(letters)) < len(letters) or not neighbours):
        return None
    return Niveau(min(rung.low for rung in rungs), max(rung.high for rung in rungs))


def relatief(functioneringsniveau: Niveau, toetsniveau: Niveau) -> int:
    """How far `functioneringsniveau` lies above (+) or below (-) `toetsniveau`, in rungs, clipped to -2 … +2.

    Ranges that overlap are level (0); else the gap between their nearest ends counts. +2 means "two or more above", -2 "two
    or more below": the scale of the terugstuuroptie in Leerling in beeld.
    """
    if functioneringsniveau.low > toetsniveau.high:
        return min(functioneringsniveau.low - toetsniveau.high, 2)
    if functioneringsniveau.high < toetsniveau.low:
        return max(functioneringsniveau.high - toetsniveau.low, -2)
    return 0


_Rungs = npt.NDArray[np.int8]

_RELATIEF: _Rungs = np.array([[relatief(f, t) for t in _ALL] for f in _ALL], dtype="int8")
_LOW: _Rungs = np.array([niveau.low for niveau in _ALL], dtype="int8")
_HIGH: _Rungs = np.array([niveau.high for niveau in _ALL], dtype="int8")


def _codes(niveaus: pd.Series) -> _Rungs:
    # Not astype: to pandas two dtypes are equal whose categories have another order, and it leaves the codes as they are.
    return pd.Categorical(niveaus, dtype=NIVEAU_DTYPE).codes.astype("int8")


def relative_level(functioneringsniveau: pd.Series, toetsniveau: pd.Series) -> pd.Series:
    """`relatief` of two columns of labels, row by row (Int8); missing where a level is missing."""
    f, t = _codes(functioneringsniveau), _codes(toetsniveau)
    level = pd.Series(_RELATIEF[f, t], index=functioneringsniveau.index, dtype="Int8")
    return level.mask((f < 0) | (t < 0))


def lowest_rung(niveaus: pd.Series) -> _Rungs:
    """The index in RUNGS of the lowest rung of each level; no level may be missing."""
    rungs: _Rungs = _LOW[_codes(niveaus)]
    return rungs


def highest_rung(niveaus: pd.Series) -> _Rungs:
    """The index in RUNGS of the highest rung of each level; no level may be missing."""
    rungs: _Rungs = _HIGH[_codes(niveaus)]
    return rungs
