"""Terugstuuroptie: which results does a school want sent on?

Results table in, the same table out, with `relatief` filled and `uitkomst` set to boven_terugstuuroptie where held back. And, for a school
that has to choose: how much each option would pass on.
"""

from collections.abc import Sequence

import pandas as pd

from cito_numo.domeinen import hold_back
from cito_numo.niveaus import relative_level
from cito_numo.tables import stop_rows
from cito_numo.uitkomst import Reden, Uitkomst

OPTIONS = (2, 1, 0, -1, -2)
"""The options of Leerling in beeld, from all results to the fewest."""


def apply_cutoff(results: pd.DataFrame, option: int) -> pd.DataFrame:
    """Hold back every result whose relative level is above `option` (-2 … +2).

    Adds `relatief` (Int8, -2 … +2): functioneringsniveau against toetsniveau, clipped, because +2 means "all results" and -2 "two or more
    levels below" (the school's setting in Leerling in beeld). Rows that already have an uitkomst stay as they are. In the domeinen of a
    result the levels above `option` are marked as held back.
    """
    relatief = relative_level(results["functioneringsniveau"], results["toetsniveau"])
    if results["domeinen"].notna().any():
        results = results.assign(domeinen=_held_back(results, option))
    above = (relatief > option).fillna(False).astype(bool)
    return stop_rows(results.assign(relatief=relatief), above, Uitkomst.BOVEN_TERUGSTUUROPTIE, Reden.BOVEN_OPTIE)


def passed_on(results: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """How many of these results each option would pass on, and of how many pupils.

    `results` (columns `relatief`, `gebruikersnaam` and those of `by`) are what was selected and joined. Columns of what comes out: those of
    `by`, `option` (-2 … +2), `results` and `pupils`; a row for each option and each combination of `by` that occurs, also where the option
    passes nothing on. A higher option passes on what a lower one does, and never less.
    """
    of_options = results[["relatief", "gebruikersnaam", *by]].merge(pd.DataFrame({"option": OPTIONS}), how="cross")
    passed = of_options["relatief"] <= of_options["option"]
    counted = of_options.assign(passed=passed, passed_pupil=of_options["gebruikersnaam"].where(passed))
    per_option = counted.groupby([*by, "option"], observed=True)
    return per_option.agg(results=("passed", "sum"), pupils=("passed_pupil", "nunique")).reset_index().astype({"results": "int64"})


def _held_back(results: pd.DataFrame, option: int) -> pd.Series:
    known = results["domeinen"].notna() & results["toetsniveau"].notna()
    pairs = results.loc[known, ["domeinen", "toetsniveau"]].astype("str")
    marked = [
        hold_back(domeinen, toetsniveau, option) for domeinen, toetsniveau in zip(pairs["domeinen"], pairs["toetsniveau"], strict=True)
    ]
    return pd.Series(marked, index=pairs.index, dtype="str").reindex(results.index)
