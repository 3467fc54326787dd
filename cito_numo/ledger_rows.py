"""What a run delivers, as the rows in which the ledger keeps it."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from cito_numo.categories import NOT_THERE, distinct, in_common, numbers, positions
from cito_numo.revisions import Changes
from cito_numo.tables import LEERPLANNEN

_LEERPLAN = ["gebruikersnaam", "vak"]
_TEXTS = [column.name for column in LEERPLANNEN if column.dtype == "category"]
_INHOUD = [
    *("toets", "schooljaar", "afnamedatum", "toetsniveau", "functioneringsniveau"),
    *("relatief", "route", "startniveau", "doelniveau", "domeinen"),
]
"""What many onderdelen have in common."""


def rows_to_keep(
    changes: Changes, known: Collection[tuple[str, int]], leerplan: int, inhoud: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows of the tables leerplannen, inhouden and onderdelen, numbered on from `leerplan` and `inhoud`, in the order of their keys.

    Revisies that are `known` (leerplan_id, revisie) have their rows already.
    """
    plans = changes.leerplannen
    if len(changes.ingetrokken):
        plans = pd.concat(in_common(_TEXTS, plans, changes.ingetrokken.drop(columns="reden")), ignore_index=True)
    if known:
        there = [pair in known for pair in zip(plans["leerplan_id"], plans["revisie"], strict=True)]
        plans = plans[~np.array(there, dtype=bool)]
    plans = plans.sort_values("leerplan_id", ignore_index=True)
    plans.insert(0, "leerplan", np.arange(len(plans)) + leerplan + 1)

    of_onderdelen, of_plans = numbers(_LEERPLAN, *in_common(_LEERPLAN, changes.onderdelen, plans))
    at = positions(of_onderdelen, of_plans)
    onderdelen = changes.onderdelen if (at != NOT_THERE).all() else changes.onderdelen[at != NOT_THERE]
    first, like = distinct(onderdelen[_INHOUD])
    inhouden = onderdelen.iloc[first][_INHOUD]
    inhouden.insert(0, "inhoud", np.arange(len(first)) + inhoud + 1)
    onderdelen = onderdelen[["onderdeel", "prioriteit", "volgorde"]].assign(
        leerplan=plans["leerplan"].to_numpy()[at[at != NOT_THERE]], inhoud=like + inhoud + 1
    )
    order = np.lexsort((onderdelen["onderdeel"].cat.codes.to_numpy(), onderdelen["leerplan"].to_numpy()))
    return plans, inhouden, onderdelen.take(order)
