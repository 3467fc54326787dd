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

    `pupils` has the columns `tables.PUPILS`. Every key that a result has is looked up; those of `match_on` may join it.
    `tegenstrijdig`: a key that several pupils have, keys that lead to different pupils, a key that differs from the one the
    found pupil has, or a pupil whose gebruikersnaam stands in the list twice. `niet_gekoppeld`: no pupil with a key of
    `match_on`, or one who is not in Numo. A key that either side lacks says nothing. A leerlingnummer that a pupil has with zeros before it
    joins nobody: not where no pupil has it without, and in a file that a spreadsheet saved also not where another pupil has.

    The leerlingnummer of a toets that was taken before `numbers_since` says nothing: it may have been another pupil's then.
    """
    written = results["leerlingnummer"]
    before = results["afnamedatum"] < pd.Timestamp(numbers_since) if numbers_since else pd.Series(False, index=results.index)
    if before.any():
        results = results.assign(leerlingnummer=written.mask(before))
    hits = {key: _looked_up(results[key], pupils, key) for key in KEYS}
    found = np.maximum(np.maximum.reduce(list(hits.values())), _NOBODY)
    nearest = np.minimum.reduce([np.where(hit >= 0, hit, len(pupils)) for hit in hits.values()])
    known = found >= 0
    joinable = np.logical_or.reduce([hits[key] >= 0 for key in match_on])
    confirmed = np.logical_or.reduce([hits[key] >= 0 for key in KEYS if key != "leerlingnummer"])
    in_numo = _bool_by_leerling(pupils, pupils["in_numo"])[found]
    listed_twice = _bool_by_leerling(pupils, _listed_twice(pupils))[found]

    tegenstrijdig = Uitkomst.TEGENSTRIJDIG
    for key in KEYS:
        results = _stop(results, hits[key] == _SEVERAL, tegenstrijdig, Reden.SLEUTEL_DUBBEL, key)
    results = _stop(results, known & (nearest != found), tegenstrijdig, Reden.SLEUTELS_TEGENSTRIJDIG)
    has_with_zeros = _has_with_zeros(results, pupils)
    own = pupils.drop_duplicates("leerling").set_index("leerling")["leerlingnummer"].reindex(found).str.lstrip("0")
    of_another = known & (own.to_numpy() != results["leerlingnummer"].to_numpy())
    lacks_zeros = has_with_zeros & (hits["leerlingnummer"] == _NOBODY) & ~of_another
    saved = results["bestand"].isin(results.loc[results["hersteld"].to_numpy() | lacks_zeros, "bestand"].unique()).to_numpy()
    unsure = has_with_zeros & known & ~confirmed & saved
    results = _stop(results, lacks_zeros | unsure, Uitkomst.NIET_GEKOPPELD, Reden.NULLEN_WEG)
    for key in KEYS:
        has_another = _bool_by_leerling(pupils, pupils[key].notna())[found]
        differs = results[key].notna().to_numpy() & (hits[key] == _NOBODY) & has_another
        results = _stop(results, differs, tegenstrijdig, Reden.SLEUTEL_WIJKT_AF, key)
    results = _stop(results, ~joinable & (before & written.notna()).to_numpy(), Uitkomst.NIET_GEKOPPELD, Reden.NUMMER_VAN_EERDER)
    results = _stop(results, ~joinable, Uitkomst.NIET_GEKOPPELD, Reden.GEEN_LEERLING)
    results = _stop(results, ~in_numo, Uitkomst.NIET_GEKOPPELD, Reden.NIET_IN_NUMO)
    results = _stop(results, listed_twice, tegenstrijdig, Reden.SLEUTEL_DUBBEL, "leerlingnummer")

    matched = under_way(results)
    names = pupils.drop_duplicates("leerling").set_index("leerling")["leerlingnummer"].reindex(np.where(matched, found, _NOBODY))
    return results.assign(gebruikersnaam=names.set_axis(results.index), leerlingnummer=written)


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
    numbers, klassen = pd.factorize(results["klas"])  # each distinct klas is looked at once
    in_list = {_folded(klas) for klas in pupils.loc[pupils["in_numo"], "klas"].dropna().unique()}
    unknown = np.array([*(_folded(klas) not in in_list for klas in klassen), False])  # the last one is for a result without klas
    unknown[np.unique(numbers[looked_up & ~nobody])] = False
    alike = any(_folded(klas) in in_list for klas in klassen[np.unique(numbers[looked_up & (numbers >= 0)])])
    elsewhere = nobody & unknown[numbers] & alike
    return Unmatched(
        int((nobody & ~elsewhere).sum()),
        int((results["uitkomst"] == Uitkomst.TEGENSTRIJDIG).sum()),
        int((looked_up & ~elsewhere).sum()),
        {str(klas): int(count) for klas, count in results.loc[elsewhere, "klas"].value_counts().sort_index().items()},
    )


def _folded(klas: str) -> str:
    return klas.strip().casefold()


def scattered(results: pd.DataFrame, klassen: pd.Series) -> tuple[pd.DataFrame, int]:
    """The klassen of the exports of which the pupils are scattered over the list's klassen, and how many klassen were looked at.

    `klassen` is the klas in the list by gebruikersnaam. A klas of four pupils or more is scattered where fewer than half of them are in one
    klas of the list: probably the wrong pupils were joined. The table has a row per result (columns `volgorde`, `klas`, `in_list`).
    """
    joined = results.loc[under_way(results) & results["klas"].notna(), ["volgorde", "klas", "gebruikersnaam"]]
    joined = joined.assign(in_list=joined["gebruikersnaam"].map(klassen)).dropna(subset="in_list")
    pupils = joined.drop_duplicates(["klas", "gebruikersnaam"])
    sizes = pupils.groupby("klas")["in_list"].size()
    together = pupils.groupby("klas")["in_list"].agg(lambda names: names.value_counts().iloc[0]) if len(pupils) else sizes
    looked_at = sizes[sizes >= _FEWEST]
    apart = looked_at.index[together.loc[looked_at.index] * 2 < looked_at]
    return joined[joined["klas"].isin(apart)], len(looked_at)


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


def _looked_up(values: pd.Series, pupils: pd.DataFrame, key: str) -> _Numbers:
    """The leerling that each value leads to, _NOBODY or _SEVERAL."""
    owners = pupils.loc[pupils[key].notna(), ["leerling", key]].drop_duplicates()
    shared = owners[key].duplicated(keep=False).to_numpy()
    leads_to = np.append(np.where(shared, _SEVERAL, owners["leerling"].to_numpy()), _NOBODY)[~np.append(owners[key].duplicated(), False)]
    positions = pd.Index(owners[key].drop_duplicates()).get_indexer(pd.Index(values))
    numbers: _Numbers = leads_to[positions].astype("int64")
    return numbers


def _has_with_zeros(results: pd.DataFrame, pupils: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which results have a leerlingnummer that a pupil has with zeros before it: a spreadsheet leaves those out."""
    with_zeros = pupils.loc[pupils["leerlingnummer"].str.fullmatch(r"0\d+", na=False), "leerlingnummer"]
    has: npt.NDArray[np.bool_] = results["leerlingnummer"].isin(with_zeros.str.lstrip("0")).to_numpy()
    return has


def _bool_by_leerling(pupils: pd.DataFrame, holds: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether something holds for any row of a leerling, by number; the last one, for _NOBODY, is false."""
    by_number = np.zeros(int(pupils["leerling"].max() + 2) if len(pupils) else 1, dtype=bool)
    by_number[pupils.loc[holds, "leerling"].to_numpy()] = True
    return by_number


def _listed_twice(pupils: pd.DataFrame) -> pd.Series:
    owners = pupils[["leerling", "leerlingnummer"]].drop_duplicates()
    shared = owners.loc[owners["leerlingnummer"].duplicated(keep=False), "leerlingnummer"].dropna()
    return pupils["leerlingnummer"].isin(shared)


def _stop(results: pd.DataFrame, where: npt.NDArray[np.bool_], uitkomst: Uitkomst, reden: Reden, veld: str | None = None) -> pd.DataFrame:
    return stop_rows(results, pd.Series(where, index=results.index), uitkomst, reden, veld)
