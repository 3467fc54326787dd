"""Whose result is it? Joins results with pupils on exact keys, or leaves them out.

A wrong match is the worst thing this program can do, so every key that a result has must agree: a result left out can be repaired tomorrow,
a child's result shown to another cannot. Names and birth dates play no part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from cito_numo.categories import as_category, from_codes, looked_up, numbers, texts
from cito_numo.tables import KEYS, stop_rows, under_way
from cito_numo.uitkomst import Reden, Uitkomst

_NOBODY = -1
_SEVERAL = -2
_LEERJAAR = r"(?<!\d)([1-6])(?!\d)"
_FEWEST = 4
"""Pupils of a klas from which it says something that they are scattered."""
_NOT_LOOKED_UP = (Uitkomst.ONGELDIG, Uitkomst.VORIG_SCHOOLJAAR, Uitkomst.ONGEWIJZIGD)
"""Of which no pupil was looked up: results that cannot be read, of another schooljaar, or purged."""

_Numbers = npt.NDArray[np.int64]


def match(results: pd.DataFrame, pupils: pd.DataFrame, match_on: Sequence[str], numbers_since: date | None = None) -> pd.DataFrame:
    """Join each result that is under way with its pupil; adds `gebruikersnaam`.

    `results` has the columns `tables.READ`, `pupils` those of `tables.PUPILS`. Every key that a result has is looked up; those of
    `match_on` may join it. `tegenstrijdig`: a key that several pupils have, keys that lead to different pupils, a key that differs from
    the one the found pupil has, or a pupil whose gebruikersnaam stands in the list twice. `niet_gekoppeld`: no pupil with a key of
    `match_on`, or one who is not in Numo. A key that either side lacks says nothing. A leerlingnummer that a pupil has with zeros before it
    joins nobody: not where no pupil has it without, and in a file that a spreadsheet saved also not where another pupil has.

    The leerlingnummer of a toets that was taken before `numbers_since` says nothing: it may have been another pupil's then.
    """
    written = results["leerlingnummer"]
    before = results["afnamedatum"] < pd.Timestamp(numbers_since) if numbers_since else pd.Series(False, index=results.index)
    if before.any():
        results = results.assign(leerlingnummer=written.mask(before))
    owners = {key: _Owners(pupils, key) for key in KEYS}
    hits = {key: owners[key].of(results[key]) for key in KEYS}
    found = np.maximum(np.maximum.reduce(list(hits.values())), _NOBODY)
    nearest = np.minimum.reduce([np.where(hit >= 0, hit, len(pupils)) for hit in hits.values()])
    known = found >= 0
    joinable = np.logical_or.reduce([hits[key] >= 0 for key in match_on])
    confirmed = np.logical_or.reduce([hits[key] >= 0 for key in KEYS if key != "leerlingnummer"])
    in_numo = _bool_by_leerling(pupils, pupils["in_numo"].to_numpy())[found]
    listed_twice = _bool_by_leerling(pupils, owners["leerlingnummer"].shared)[found]

    tegenstrijdig = Uitkomst.TEGENSTRIJDIG
    for key in KEYS:
        results = _stop(results, hits[key] == _SEVERAL, tegenstrijdig, Reden.SLEUTEL_DUBBEL, key)
    results = _stop(results, known & (nearest != found), tegenstrijdig, Reden.SLEUTELS_TEGENSTRIJDIG)
    numbers_of = pupils.drop_duplicates("leerling").set_index("leerling")["leerlingnummer"]
    has_with_zeros = _has_with_zeros(results["leerlingnummer"], pupils)
    of_another = _has_another(results["leerlingnummer"], numbers_of, found, known & has_with_zeros)
    lacks_zeros = has_with_zeros & (hits["leerlingnummer"] == _NOBODY) & ~of_another
    saved = results["bestand"].isin(results.loc[results["hersteld"].to_numpy() | lacks_zeros, "bestand"].unique()).to_numpy()
    unsure = has_with_zeros & known & ~confirmed & saved
    results = _stop(results, lacks_zeros | unsure, Uitkomst.NIET_GEKOPPELD, Reden.NULLEN_WEG)
    for key in KEYS:
        has_another = _bool_by_leerling(pupils, pupils[key].notna().to_numpy())[found]
        differs = results[key].notna().to_numpy() & (hits[key] == _NOBODY) & has_another
        results = _stop(results, differs, tegenstrijdig, Reden.SLEUTEL_WIJKT_AF, key)
    results = _stop(results, ~joinable & (before & written.notna()).to_numpy(), Uitkomst.NIET_GEKOPPELD, Reden.NUMMER_VAN_EERDER)
    results = _stop(results, ~joinable, Uitkomst.NIET_GEKOPPELD, Reden.GEEN_LEERLING)
    results = _stop(results, ~in_numo, Uitkomst.NIET_GEKOPPELD, Reden.NIET_IN_NUMO)
    results = _stop(results, listed_twice, tegenstrijdig, Reden.SLEUTEL_DUBBEL, "leerlingnummer")

    joined = np.where(under_way(results), found, _NOBODY)
    return results.assign(gebruikersnaam=_named(numbers_of, joined).set_axis(results.index), leerlingnummer=written)


@dataclass(frozen=True)
class Unmatched:
    """How many results were not joined."""

    nobody: int
    """No pupil was found for these."""
    contradictory: int
    total: int
    """Of so many that were looked up."""
    elsewhere: Mapping[str, int]
    """Per klas that the list of pupils does not have: so many, which are in none of the other figures."""


def unmatched(results: pd.DataFrame, pupils: pd.DataFrame) -> Unmatched:
    """How many results were not joined, those of klassen that the list does not have at all apart: Numo may serve some years only.

    That says something only where the list and the export name klassen alike: where the list has one of the export's klassen, and nobody
    of the klas in question was found.
    """
    looked_up = ~results["uitkomst"].isin(_NOT_LOOKED_UP)
    nobody = results["uitkomst"] == Uitkomst.NIET_GEKOPPELD
    klassen = results["klas"].cat.categories
    klas = results["klas"].cat.codes.to_numpy()
    in_list = {_folded(name) for name in pupils.loc[pupils["in_numo"], "klas"].dropna().unique()}
    unknown = np.array([*(_folded(name) not in in_list for name in klassen), False])  # the last one is for a result without klas
    unknown[np.unique(klas[looked_up & ~nobody])] = False
    alike = any(_folded(name) in in_list for name in klassen[np.unique(klas[looked_up & (klas >= 0)])])
    elsewhere = nobody & unknown[klas] & alike
    return Unmatched(
        int((nobody & ~elsewhere).sum()),
        int((results["uitkomst"] == Uitkomst.TEGENSTRIJDIG).sum()),
        int((looked_up & ~elsewhere).sum()),
        {str(name): int(count) for name, count in results.loc[elsewhere, "klas"].astype("str").value_counts().sort_index().items()},
    )


def _folded(klas: str) -> str:
    return klas.strip().casefold()


def scattered(results: pd.DataFrame, klassen: pd.Series) -> tuple[pd.DataFrame, int]:
    """The klassen of the exports of which the pupils are scattered over the list's klassen, and how many klassen were looked at.

    `klassen` is the klas in the list by gebruikersnaam. A klas of four pupils or more is scattered where fewer than half of them are in one
    klas of the list: probably the wrong pupils were joined. The table has a row per result (columns `volgorde`, `klas`, `in_list`).
    """
    joined = results.loc[under_way(results) & results["klas"].notna(), ["volgorde", "klas", "gebruikersnaam"]]
    joined = joined.assign(in_list=looked_up(joined["gebruikersnaam"], klassen)).dropna(subset="in_list")
    pupils = joined[~pd.Series(numbers(["klas", "gebruikersnaam"], joined)[0], joined.index).duplicated()]
    together = pupils.groupby(["klas", "in_list"], observed=True).size().groupby("klas", observed=True)
    sizes = together.sum()
    apart = sizes.index[(sizes >= _FEWEST) & (together.max() * 2 < sizes)]
    return joined[joined["klas"].isin(apart)].astype({"klas": "str", "in_list": "str"}), int((sizes >= _FEWEST).sum())


def elsewhere_in_school(results: pd.DataFrame, klassen: pd.Series, years: int) -> tuple[int, int]:
    """How many pupils cannot well be in their klas of now, so many `years` after the klas of their results; and of how many both are known.

    `klassen` is the klas in the list by gebruikersnaam. The leerjaar is the digit in a klas's name (2A, h4b). One year more or less is no
    wonder: a pupil doubled, or went up early. Nor is the leerjaar of now: an export of a klas holds tests of before under that klas.
    """
    pupils = results.loc[under_way(results), ["gebruikersnaam", "klas"]].drop_duplicates()
    leerjaren = pd.DataFrame({"then": _leerjaar(pupils["klas"]), "now": _leerjaar(pupils["gebruikersnaam"].map(klassen))}).dropna()
    odd = ((leerjaren["now"] - leerjaren["then"] - years).abs() > 1) & (leerjaren["now"] != leerjaren["then"])
    return int(odd.sum()), len(leerjaren)


def _leerjaar(klassen: "pd.Series[str]") -> "pd.Series[float]":
    return klassen.astype("str").str.extract(_LEERJAAR, expand=False).astype("float64")


def matched_per_key(results: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Per key: in how many results it was looked up (`tried`), and how many of those were joined with a pupil (`matched`)."""
    tried = ~results["uitkomst"].isin(_NOT_LOOKED_UP)
    joined = results["gebruikersnaam"].notna()
    return {
        key: {"tried": int((tried & results[key].notna()).sum()), "matched": int((joined & results[key].notna()).sum())} for key in KEYS
    }


class _Owners:
    """To which leerling each text of a key leads: a number, or _SEVERAL."""

    def __init__(self, pupils: pd.DataFrame, key: str) -> None:
        known = texts(pupils[key]).dictionary_encode()
        self._texts = known.dictionary
        self._codes = known.indices.fill_null(len(self._texts)).to_numpy()
        leerlingen = pupils["leerling"].to_numpy()
        self._leads_to = np.full(len(self._texts) + 1, _NOBODY, dtype="int64")  # the last one is for a missing key
        self._leads_to[self._codes] = leerlingen
        self._leads_to[self._codes[self._leads_to[self._codes] != leerlingen]] = _SEVERAL
        self._leads_to[-1] = _NOBODY

    def of(self, values: pd.Series) -> _Numbers:
        """The leerling of each value of a category column, _NOBODY or _SEVERAL."""
        positions = pc.index_in(texts(values.cat.categories), value_set=self._texts).fill_null(len(self._texts)).to_numpy()
        of_texts = np.append(self._leads_to[positions], np.int64(_NOBODY))
        found: _Numbers = of_texts[values.cat.codes.to_numpy()]
        return found

    @property
    def shared(self) -> npt.NDArray[np.bool_]:
        """Which rows of the pupils have a text that several leerlingen have."""
        several: npt.NDArray[np.bool_] = self._leads_to[self._codes] == _SEVERAL
        return several


def _named(owners: pd.Series, found: _Numbers) -> pd.Series:
    """The gebruikersnaam (category) of each leerling that was found; missing for _NOBODY. `owners` is the leerlingnummer by leerling."""
    named = as_category(owners)
    codes = np.full(int(owners.index.max() + 2) if len(owners) else 1, -1, dtype="int32")
    codes[owners.index.to_numpy()] = named.cat.codes.to_numpy()
    return from_codes(codes[found], named.cat.categories)


def _has_with_zeros(leerlingnummers: pd.Series, pupils: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which leerlingnummers a pupil has with zeros before it: a spreadsheet leaves those out."""
    listed = texts(pupils["leerlingnummer"]).drop_null()
    without = pc.utf8_ltrim(listed.filter(pc.match_substring_regex(listed, r"^0\d+$")), "0")
    of_texts = pc.is_in(texts(leerlingnummers.cat.categories), value_set=without).to_numpy(zero_copy_only=False)
    has: npt.NDArray[np.bool_] = np.append(of_texts, False)[leerlingnummers.cat.codes.to_numpy()]
    return has


def _has_another(leerlingnummers: pd.Series, owners: pd.Series, found: _Numbers, asked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of which of the rows that are `asked` the pupil that was found has another number, zeros before it apart."""
    own = owners.reindex(found[asked]).str.lstrip("0").to_numpy()
    has = np.zeros(len(leerlingnummers), dtype=bool)
    has[asked] = own != leerlingnummers[asked].astype("str").to_numpy()
    return has


def _bool_by_leerling(pupils: pd.DataFrame, holds: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether something holds for any row of a leerling, by number; the last one, for _NOBODY, is false."""
    by_number = np.zeros(int(pupils["leerling"].max() + 2) if len(pupils) else 1, dtype=bool)
    by_number[pupils["leerling"].to_numpy()[holds]] = True
    return by_number


def _stop(results: pd.DataFrame, where: npt.NDArray[np.bool_], uitkomst: Uitkomst, reden: Reden, veld: str | None = None) -> pd.DataFrame:
    return stop_rows(results, pd.Series(where, index=results.index), uitkomst, reden, veld)
