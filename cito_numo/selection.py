"""One result per toets: of everything that was read about a leerling's toets and onderdeel, which row counts?

Exports repeat, come late and are corrected. Results table in, the same table out, with dubbel, vervangen and tegenstrijdig stopped.
"""

from functools import reduce

import pandas as pd

from cito_numo.categories import numbers
from cito_numo.domeinen import in_force_after
from cito_numo.tables import stop_rows, under_way
from cito_numo.uitkomst import Reden, Uitkomst

TOETS = ("gebruikersnaam", "schooljaar", "toets", "onderdeel")
"""What makes a result one of the same toets."""

CONTENT = ("afnamedatum", "toetsniveau", "functioneringsniveau")
"""What makes two results of a toets the same result."""


def select(results: pd.DataFrame) -> pd.DataFrame:
    """Let one result stay under way for each leerling, schooljaar, toets and onderdeel.

    Equal rows (afnamedatum and both levels) are `dubbel`; of them the one in the newest file, then the lowest row, stays. What is left is
    decided by the newest file that has the toets, in it by the latest afnamedatum: where different rows stand there, they are all
    `tegenstrijdig`; all others are `vervangen`. Rows that are equal share their domeinen.
    """
    candidates = results.loc[under_way(results), [*TOETS, *CONTENT, "volgorde", "rij", "domeinen"]]
    candidates = candidates[pd.Series(numbers(TOETS, candidates)[0], candidates.index).duplicated(keep=False)]  # the others are alone
    candidates = candidates.sort_values(["volgorde", "rij"], ascending=[False, True], kind="stable")
    again = candidates.duplicated([*TOETS, *CONTENT])
    if candidates["domeinen"].notna().any():
        shared = _of_equals(candidates).astype("str").reindex(results.index)
        results = results.assign(domeinen=shared.fillna(results["domeinen"].astype("str")))
    left = candidates[~again]
    toets = left.groupby(list(TOETS), observed=True, sort=False).ngroup()
    newest = left["volgorde"] == left["volgorde"].groupby(toets).transform("max")
    latest = left["afnamedatum"].where(newest)
    deciding = newest & (latest == latest.groupby(toets).transform("max"))
    contradictory = deciding & (deciding.groupby(toets).transform("sum") > 1)

    def rows(which: "pd.Series[bool]") -> "pd.Series[bool]":
        return which.reindex(results.index, fill_value=False)

    results = stop_rows(results, rows(again), Uitkomst.DUBBEL, Reden.ZELFDE_RESULTAAT)
    results = stop_rows(results, rows(contradictory), Uitkomst.TEGENSTRIJDIG, Reden.ANDER_NIVEAU_ZELFDE_DAG)
    return stop_rows(results, rows(~deciding), Uitkomst.VERVANGEN, Reden.GECORRIGEERD)


def _of_equals(candidates: pd.DataFrame) -> pd.Series:
    """The domeinen of each row and of those that are equal to it; of one that several give, the level in the newest file counts."""
    equals = candidates.groupby([*TOETS, *CONTENT], observed=True, sort=False)["domeinen"]
    said = equals.transform("first")
    several = equals.transform("nunique") > 1
    if several.any():
        texts = candidates[several].astype({"domeinen": "str"}).groupby([*TOETS, *CONTENT], observed=True, sort=False)["domeinen"]
        said = said.astype("str").mask(several, texts.transform(lambda newest_first: reduce(in_force_after, newest_first.dropna()[::-1])))
    return said
