"""The key table: which Cito key is which pupil, as the EDEXML files that came in over time tell it.

Files come per vestiging and per leerjaar, and keys are never re-used (EDEXML 2.1), so a key stays until a newer file says
something else of it.
"""

import pandas as pd

_PAIR = ["cito_key", "gebruikersnaam"]


def add_to_key_table(key_table: pd.DataFrame, file: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The key table with one file added (columns `tables.KEY_TABLE`), and how many known keys now point at another pupil.

    For a key that both have, the newer file counts, with all rows it gives that key: a key that one file gives to two pupils stays
    contradictory. Where the newer file has no gebruikersnaam for it, nothing is known to have changed.
    """
    newest = key_table.groupby("cito_key")["volgorde"].max()
    fresh = file[file["volgorde"] >= file["cito_key"].map(newest).fillna(-1)]
    replaced = key_table["cito_key"].isin(fresh["cito_key"])
    before = key_table.loc[replaced, _PAIR].dropna().drop_duplicates()
    now = fresh[_PAIR].dropna().drop_duplicates()
    pairs = before.merge(now, how="outer", indicator=True)
    in_both = pairs["cito_key"].isin(before["cito_key"]) & pairs["cito_key"].isin(now["cito_key"])
    moved = pairs.loc[in_both & (pairs["_merge"] != "both"), "cito_key"].nunique()
    return pd.concat([key_table[~replaced], fresh], ignore_index=True), int(moved)
