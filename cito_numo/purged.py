"""What was purged stays purged: a result of then goes no further, so that it is not delivered again, and nobody is named by it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from cito_numo.privacy import Secret
from cito_numo.tables import KEYS, stop_rows, under_way
from cito_numo.uitkomst import Reden, Uitkomst


def stop_purged(results: pd.DataFrame, purged: Mapping[str, str], secret: Secret, keys: Sequence[str]) -> pd.DataFrame:
    """Stop results that were taken before the day up to which they were purged: of everybody, or of who has one of these `keys`.

    `purged` is that day (ISO) per leerling (`Secret.hash_leerling`; an empty text is everybody). They are `ongewijzigd`: nothing of them is
    delivered, and no list names them. One that was stopped before, also without a day that can be read, loses its keys.
    """
    if not purged:
        return results
    until = pd.Series(pd.Timestamp(purged.get("", "1900-01-01")), index=results.index)
    of_purged = pd.Series(False, index=results.index)
    for key in keys:
        known = {number: purged.get(secret.hash_leerling(number)) for number in results[key].dropna().unique()}
        days = pd.to_datetime(results[key].map({number: day for number, day in known.items() if day}), format="%Y-%m-%d")
        until = until.where(days.isna() | (days < until), days)
        of_purged |= days.notna()
    gone = (results["afnamedatum"] < until) | (of_purged & results["afnamedatum"].isna())
    nameless = gone & ~under_way(results)
    results = results.assign(**{key: results[key].mask(nameless) for key in KEYS})
    return stop_rows(results, gone, Uitkomst.ONGEWIJZIGD, Reden.GEWIST)
