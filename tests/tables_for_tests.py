"""Small tables for tests of the rules: a result, a pupil or a key is one line, and a school is played night after night."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from cito_numo.niveaus import NIVEAU_DTYPE
from cito_numo.plans import newest_wins, onderdelen_of
from cito_numo.revisions import Changes, compare, finish, to_deliver
from cito_numo.schooljaar import schooljaar_of
from cito_numo.selection import select
from cito_numo.tables import (
    KEY_TABLE,
    LEERPLANNEN,
    ONDERDELEN,
    PUPILS,
    REDEN_DTYPE,
    UITKOMST_DTYPE,
    VERVALLEN,
    WITHDRAWN,
    empty,
    from_records,
    names,
)
from cito_numo.threshold import apply_cutoff

REKENEN = "rekenen-wiskunde"
LEZEN = "nederlands-leesvaardigheid"
WOORDEN = "nederlands-woordenschat"
TAAL = "taalverzorging"
ENGELS = "engels-leesvaardigheid"
VAK_OF = {REKENEN: "rekenen", LEZEN: "nederlands", WOORDEN: "nederlands", TAAL: "nederlands", ENGELS: "engels"}


def leerplan_id(school: str, gebruikersnaam: str, vak: str) -> str:
    """The id of a leerplan, as Python's own library makes it."""
    return str(uuid.uuid5(uuid.UUID("5f0c6d5e-6f0b-4d58-9d6a-2c1c6c7a7e11"), f"{school}\n{gebruikersnaam}\n{vak}"))


def result(
    leerlingnummer: str | None = "0012",
    eck_id: str | None = None,
    cito_key: str | None = None,
    *,
    toets: str = "T1",
    onderdeel: str = REKENEN,
    day: str = "2026-10-06",
    toetsniveau: str = "havo",
    fn: str = "havo",
    domeinen: str | None = None,
    file: int = 1,
    rij: int | None = None,
    uitkomst: str | None = None,
) -> dict[str, object]:
    """One result; `file` is the order of its file (a higher one is newer), `rij` by default its place in the table."""
    return {
        "bestand": f"export-{file}.csv",
        "volgorde": file,
        "rij": rij,
        "hersteld": False,
        "leerlingnummer": leerlingnummer,
        "eck_id": eck_id,
        "cito_key": cito_key,
        "klas": "2A",
        "toets": toets,
        "onderdeel": onderdeel,
        "afnamedatum": day,
        "schooljaar": schooljaar_of(date.fromisoformat(day)),
        "toetsniveau": toetsniveau,
        "toetsniveau_tekst": toetsniveau,
        "functioneringsniveau": fn,
        "functioneringsniveau_tekst": fn,
        "domeinen": domeinen,
        "uitkomst": uitkomst,
    }


_REPEATED = (
    "bestand",
    "leerlingnummer",
    "eck_id",
    "cito_key",
    "klas",
    "toets",
    "onderdeel",
    "schooljaar",
    "toetsniveau_tekst",
    "functioneringsniveau_tekst",
    "domeinen",
)
"""Texts of which the table keeps each distinct one once."""
_DTYPES = {
    **dict.fromkeys(["volgorde", "rij"], "int64"),
    "hersteld": "bool",
    "afnamedatum": "datetime64[s]",
    **dict.fromkeys(["toetsniveau", "functioneringsniveau"], NIVEAU_DTYPE),
    "uitkomst": UITKOMST_DTYPE,
}


def read_results(*rows: Mapping[str, object]) -> pd.DataFrame:
    """The table of results as the reader hands it to matching."""
    numbered = [{**row, "rij": place if row["rij"] is None else row["rij"]} for place, row in enumerate(rows, 2)]
    columns = {name: pd.Series([row[name] for row in numbered], dtype=_DTYPES.get(name, "str")) for name in result()}
    index = range(len(rows))
    return pd.DataFrame(
        {
            **columns,
            **{name: columns[name].astype("category") for name in _REPEATED},
            "reden": pd.Series(pd.NA, index=index, dtype=REDEN_DTYPE),
            "veld": pd.Series(pd.NA, index=index, dtype=pd.CategoricalDtype(names([*PUPILS]))),
            "waarde": pd.Series(pd.NA, index=index, dtype="str"),
        }
    )


def matched_results(*rows: Mapping[str, object]) -> pd.DataFrame:
    """The table of results as matching hands it on, where each leerlingnummer is the pupil's gebruikersnaam."""
    table = read_results(*rows)
    return table.assign(gebruikersnaam=table["leerlingnummer"])


def pupil(
    leerling: int,
    leerlingnummer: str | None,
    eck_id: str | None = None,
    cito_key: str | None = None,
    *,
    klas: str = "2A",
    in_numo: bool = True,
) -> tuple[object, ...]:
    """One row of the table of pupils; rows of one pupil have the same `leerling`."""
    return leerling, leerlingnummer, eck_id, cito_key, klas, in_numo


def pupils(*rows: tuple[object, ...]) -> pd.DataFrame:
    return from_records(rows, PUPILS)


def key_row(
    cito_key: str, gebruikersnaam: str | None, eck_id: str | None = None, *, klas: str | None = None, file: int = 1
) -> tuple[object, ...]:
    """One row of the key table, from the EDEXML file with that order."""
    return cito_key, gebruikersnaam, eck_id, klas, file


def key_table(*rows: tuple[object, ...]) -> pd.DataFrame:
    return from_records(rows, KEY_TABLE)


def uitkomsten(results: pd.DataFrame) -> list[str | None]:
    """The uitkomst of each row, None where it is under way."""
    return _texts(results["uitkomst"])


def redenen(results: pd.DataFrame) -> list[str | None]:
    return _texts(results["reden"])


def velden(results: pd.DataFrame) -> list[str | None]:
    return _texts(results["veld"])


def gebruikersnamen(results: pd.DataFrame) -> list[str | None]:
    """The pupil in Numo that each row was joined with, None where with nobody."""
    return _texts(results["gebruikersnaam"])


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(text) else str(text) for text in column]


@dataclass
class Night:
    """What came of one night."""

    results: pd.DataFrame
    changes: Changes

    @property
    def uitkomsten(self) -> list[str | None]:
        return uitkomsten(self.results)

    @property
    def delivered(self) -> list[tuple[str, str, int, str]]:
        """gebruikersnaam, vak, revisie and status of each leerplan that was delivered."""
        return _tuples(self.changes.leerplannen, "gebruikersnaam", "vak", "revisie", "status")

    @property
    def onderdelen(self) -> list[tuple[str, str]]:
        """gebruikersnaam and onderdeel of all that was delivered."""
        return _tuples(self.changes.onderdelen, "gebruikersnaam", "onderdeel")

    @property
    def ingetrokken(self) -> list[tuple[str, str, int, str]]:
        return _tuples(self.changes.ingetrokken, "gebruikersnaam", "vak", "revisie", "status")


class SchoolNights:
    """A school night after night, from selection on, that remembers what its ledger would."""

    def __init__(self) -> None:
        self.onderdelen = empty(ONDERDELEN)
        self.leerplannen = empty(LEERPLANNEN)
        self.vervallen = empty(VERVALLEN)
        self.withdrawn = empty(WITHDRAWN)

    def night(
        self,
        *rows: Mapping[str, object],
        option: int = 0,
        automatic: bool = False,
        full: bool = False,
        klas: str | None = "2A",
        vak_of: Mapping[str, str] = VAK_OF,
    ) -> Night:
        """Play a night in which the inbox holds these results, and keep what it delivers."""
        return self.night_of(matched_results(*rows), option=option, automatic=automatic, full=full, klas=klas, vak_of=vak_of)

    def night_of(
        self,
        matched: pd.DataFrame,
        *,
        option: int = 0,
        automatic: bool = False,
        full: bool = False,
        klas: str | None = "2A",
        vak_of: Mapping[str, str] = VAK_OF,
    ) -> Night:
        """As `night`, of results as matching hands them on; `klas` is everybody's in Numo, None of who is no longer there."""
        results = apply_cutoff(select(matched), option)
        results, counting = newest_wins(results, self.onderdelen, self.vervallen, self.withdrawn)
        onderdelen = onderdelen_of(counting.onderdelen, vak_of, self.onderdelen)
        klassen = pd.Series(klas, index=onderdelen["gebruikersnaam"].unique(), dtype="str")
        plans, gone = compare(onderdelen, self.onderdelen, self.leerplannen, klassen, "demo-college", automatic=automatic)
        changes = to_deliver(plans, onderdelen, gone, full=full)
        self._keep(changes, onderdelen, counting.vervallen)
        return Night(finish(results, onderdelen, changes), changes)

    def withdraw(self, gebruikersnaam: str, *vakken: str) -> None:
        """Let a person withdraw the leerplannen of a pupil, those of these vakken or all."""
        mine = self.leerplannen["gebruikersnaam"] == gebruikersnaam
        plans = mine & (self.leerplannen["vak"].isin(vakken) if vakken else True)
        self.leerplannen["revisie"] += plans.astype("int64")
        self.leerplannen["status"] = self.leerplannen["status"].mask(plans, "ingetrokken")
        vak = self.onderdelen["vak"].isin(vakken) if vakken else True
        gone = (self.onderdelen["gebruikersnaam"] == gebruikersnaam) & vak
        self.withdrawn = pd.concat([self.withdrawn, self.onderdelen.loc[gone, names(WITHDRAWN)]], ignore_index=True)
        self.onderdelen = self.onderdelen[~gone].reset_index(drop=True)

    def _keep(self, changes: Changes, onderdelen: pd.DataFrame, vervallen: pd.DataFrame) -> None:
        self.onderdelen = onderdelen[names(ONDERDELEN)]
        revisies = pd.concat([self.leerplannen, changes.leerplannen, changes.ingetrokken[names(LEERPLANNEN)]], ignore_index=True)
        self.leerplannen = revisies.drop_duplicates("leerplan_id", keep="last", ignore_index=True)
        toets = [column for column in names(VERVALLEN) if column != "volgorde"]
        corrections = pd.concat([self.vervallen, vervallen], ignore_index=True).sort_values("volgorde")
        self.vervallen = corrections.drop_duplicates(toets, keep="last", ignore_index=True)

    @property
    def in_force(self) -> list[tuple[str, str, str, str]]:
        """gebruikersnaam, onderdeel, toets and functioneringsniveau of all that is in force."""
        return _tuples(self.onderdelen, "gebruikersnaam", "onderdeel", "toets", "functioneringsniveau")

    @property
    def revisies(self) -> list[tuple[str, str, int, str]]:
        """gebruikersnaam, vak, revisie and status of the newest revisie of each leerplan."""
        return sorted(_tuples(self.leerplannen, "gebruikersnaam", "vak", "revisie", "status"))


def _tuples(table: pd.DataFrame, *columns: str) -> list[tuple]:
    return list(table[list(columns)].itertuples(index=False, name=None))
