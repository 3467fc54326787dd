"""Numo's own list of pupils, and the key table beside it → the one table of pupils that results are joined with.

The list is a CSV or xlsx with `gebruikersnaam` and optionally `eck_id` and `klas`; the key table (from EDEXML) tells which Cito key
belongs to which gebruikersnaam. Birth dates and names are never read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.categories import among
from cito_numo.errors import FILE_EMPTY, ROSTER_COLUMNS, ROSTER_EXPORT, stop
from cito_numo.keytable import given_to_two_pupils
from cito_numo.layouts import find_columns, shown_headers
from cito_numo.privacy import Secret
from cito_numo.sheets import WHOLE, open_sheets
from cito_numo.tables import PUPILS, names
from cito_numo.values import clean_ids, label_key, plain, present, trimmed, without_eck_ids

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "gebruikersnaam": ("Gebruikersnaam", "Leerlingnummer", "Leerlingnr", "Stamnummer", "Login", "Username"),
    "eck_id": ("ECK-iD", "ECKID", "Keten-iD", "Ketenid"),
    "klas": ("Klas", "Stamgroep", "Groep", "Klascode"),
}


@dataclass(frozen=True)
class Roster:
    """One list of Numo.

    `pupils` has the text columns `gebruikersnaam`, `eck_id` (keyed hash) and `klas`, a row for each row of the list; `left_out` counts
    the rows that are not whole or have no gebruikersnaam, `repaired` those whose gebruikersnaam a spreadsheet had changed.
    """

    pupils: pd.DataFrame
    left_out: int
    repaired: int


def read_roster(content: bytes, name: str, secret: Secret) -> Roster:
    """Read one list. Raises CitoNumoError where no column holds the gebruikersnaam."""
    sheets = [sheet for sheet in open_sheets(content, name) if not sheet.hidden]
    if not sheets:
        raise stop(FILE_EMPTY, name)
    headers = ((sheet, row, find_columns(row.cells, _ALIASES, name)) for sheet in sheets for row in sheet.top)
    found = next((header for header in headers if "gebruikersnaam" in header[2]), None)
    if found is None:
        header, *below = sheets[0].top
        raise stop(ROSTER_COLUMNS, name, headers=shown_headers(header.cells, [row.cells for row in below], known=False))
    sheet, header, columns = found
    if "functioneringsniveau" in map(label_key, header.cells):
        raise stop(ROSTER_EXPORT, name)
    cells = sheet.read(header, columns)
    rows = cells.num_rows
    cells = cells.filter(cells[WHOLE])
    nothing = pa.nulls(cells.num_rows, pa.string())
    said = {name: present(trimmed(plain(cells[name])), ("-",)) if name in columns else nothing for name in _ALIASES}
    gebruikersnaam, repaired = clean_ids(without_eck_ids(said["gebruikersnaam"])[0])
    texts = {
        "gebruikersnaam": gebruikersnaam,
        "eck_id": secret.hash_column(said["eck_id"]),
        "klas": clean_ids(without_eck_ids(said["klas"])[0])[0],
    }
    pupils = pd.DataFrame({name: text.to_pandas() for name, text in texts.items()}).astype("str")
    pupils = pupils[pupils["gebruikersnaam"].notna()].reset_index(drop=True)
    return Roster(pupils, rows - len(pupils), pc.sum(repaired).as_py() or 0)


def with_key_table(roster: pd.DataFrame, key_table: pd.DataFrame) -> pd.DataFrame:
    """The pupils (columns `tables.PUPILS`) of Numo's list, each with the Cito keys that the key table gives its gebruikersnaam.

    The key table adds the ECK iD where the list has none. A key whose gebruikersnaam is not in the list stays, with its ECK iD,
    as a pupil that is not in Numo. A key that is not certain to be the listed pupil's points at two pupils, so that nothing is
    joined on it: where list and key table give one gebruikersnaam different ECK iDs, or the key table gives it to two pupils.
    """
    listed = roster.rename(columns={"gebruikersnaam": "leerlingnummer"}).assign(leerling=np.arange(len(roster)), in_numo=True)
    if key_table.empty:
        return _pupils(listed)
    keys = key_table.rename(columns={"gebruikersnaam": "leerlingnummer", "eck_id": "eck_id_of_key"}).assign(
        shared=given_to_two_pupils(key_table)
    )[["leerlingnummer", "eck_id_of_key", "cito_key", "shared"]]
    joined = listed.merge(keys[keys["leerlingnummer"].notna()], on="leerlingnummer", how="left")
    other_eck_id = joined["eck_id"].notna() & joined["eck_id_of_key"].notna() & (joined["eck_id"] != joined["eck_id_of_key"])
    doubtful = other_eck_id | (joined["shared"] == True)  # noqa: E712  missing where the list's pupil has no key
    other = joined["eck_id_of_key"].mask(joined["eck_id_of_key"] == joined["eck_id"])
    strangers = pd.concat(
        [
            keys[~among(keys["leerlingnummer"], listed["leerlingnummer"])].rename(columns={"eck_id_of_key": "eck_id"}),
            joined.assign(eck_id=other).loc[doubtful, ["cito_key", "eck_id"]],
        ]
    )
    strangers = strangers.assign(leerling=np.arange(len(strangers)) + len(roster), in_numo=False)
    joined["eck_id"] = joined["eck_id"].fillna(joined["eck_id_of_key"])
    return _pupils(pd.concat([joined, strangers], ignore_index=True))


def from_key_table(key_table: pd.DataFrame) -> pd.DataFrame:
    """The pupils of the EDEXML, where Numo's own list is not at hand; one without gebruikersnaam is not in Numo."""
    pupils = key_table.rename(columns={"gebruikersnaam": "leerlingnummer"})
    return _pupils(pupils.assign(leerling=np.arange(len(pupils)), in_numo=pupils["leerlingnummer"].notna()))


def from_results(results: pd.DataFrame) -> pd.DataFrame:
    """The pupils that the results themselves name, for a school that trusts Cito's leerlingnummer unseen.

    A leerlingnummer that comes with two ECK iDs is two pupils, so that nothing is joined on it.
    """
    named = results.loc[results["leerlingnummer"].notna(), ["leerlingnummer", "eck_id", "klas"]]
    pairs = named.drop_duplicates(["leerlingnummer", "eck_id"])
    complete = pairs["eck_id"].notna() | ~among(pairs["leerlingnummer"], pairs.loc[pairs["eck_id"].notna(), "leerlingnummer"])
    pupils = pairs[complete].sort_values(["leerlingnummer", "eck_id"])
    return _pupils(pupils.assign(leerling=np.arange(len(pupils)), in_numo=True, cito_key=None))


def _pupils(table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex(columns=names(PUPILS)).astype({column.name: column.dtype for column in PUPILS}).reset_index(drop=True)
