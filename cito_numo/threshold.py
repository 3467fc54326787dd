"""Terugstuuroptie: which results does a school want sent on?

Results table in, the same table out, with `relatief` filled and `uitkomst` set to boven_terugstuuroptie where held back.
"""

import pandas as pd

from cito_numo.niveaus import relative_level
from cito_numo.tables import stop_rows
from cito_numo.uitkomst import Reden, Uitkomst


def apply_cutoff(results: pd.DataFrame, option: int) -> pd.DataFrame:
    """Hold back every result whose relative level is above `option` (-2 … +2).

    Adds `relatief` (Int8, -2 … +2): functioneringsniveau against toetsniveau, clipped, because +2 means "all results" and -2 "two or more
    levels below" (the school's setting in Leerling in beeld). Rows that already have an uitkomst stay as they are.
    """
    relatief = relative_level(results["functioneringsniveau"], results["toetsniveau"])
    above = (relatief > option).fillna(False).astype(bool)
    return stop_rows(results.assign(relatief=relatief), above, Uitkomst.BOVEN_TERUGSTUUROPTIE, Reden.BOVEN_OPTIE)
