"""What is new: the onderdelen of after this run against those in force → the leerplannen to deliver, each with its revisie and status.

Pure. A leerplan that did not change is not delivered again, so that an importer that takes every run in order ends with what is in force.
"""

import hashlib
import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.categories import (
    NOT_THERE,
    Numbers,
    as_category,
    equal_at,
    from_codes,
    in_common,
    is_in,
    looked_up,
    numbers,
    positions,
    texts,
    values_at,
)
from cito_numo.hexadecimal import hexadecimal
from cito_numo.plans import rows_at
from cito_numo.redenen import INGETROKKEN_BOVEN_OPTIE, INGETROKKEN_VERPLAATST
from cito_numo.tables import LEERPLANNEN, ONDERDELEN, names, under_way
from cito_numo.uitkomst import Uitkomst

_LEERPLAN = ["gebruikersnaam", "vak"]
_NAMESPACE = uuid.UUID("5f0c6d5e-6f0b-4d58-9d6a-2c1c6c7a7e11")
_COMPARED = [column for column in names(ONDERDELEN) if column != "volgorde"]
_TEXTS = [column.name for column in ONDERDELEN if column.dtype == "category"]
_DASHES = (8, 13, 18, 23)

TE_VERWERKEN = "te_verwerken"
VERWERKT = "verwerkt"
INGETROKKEN = "ingetrokken"
_STATUSES = sorted([TE_VERWERKEN, VERWERKT, INGETROKKEN])


@dataclass(frozen=True)
class Changes:
    """What a run delivers."""

    leerplannen: pd.DataFrame
    """Columns `tables.LEERPLANNEN`, sorted by gebruikersnaam and vak."""
    onderdelen: pd.DataFrame
    """Columns `tables.ONDERDELEN`: those of these leerplannen, in the same order."""
    ingetrokken: pd.DataFrame
    """Columns `tables.LEERPLANNEN`, and `reden` (Dutch): the leerplannen that lost their last onderdeel."""

    def __bool__(self) -> bool:
        return len(self.leerplannen) + len(self.ingetrokken) > 0

    def of(self, gebruikersnaam: str) -> bool:
        """Whether any of it is of this pupil."""
        return any((table["gebruikersnaam"] == gebruikersnaam).any() for table in (self.leerplannen, self.ingetrokken))

    def without(self, gebruikersnaam: str) -> "Changes":
        """The same without this pupil."""
        tables = (self.leerplannen, self.onderdelen, self.ingetrokken)
        return Changes(*(table[table["gebruikersnaam"] != gebruikersnaam].reset_index(drop=True) for table in tables))


def leerplan_ids(school: str, plans: pd.DataFrame) -> "pd.Series[str]":
    """The ids of the leerplannen of leerlingen (`gebruikersnaam`) for vakken (`vak`): the same for ever (UUID version 5, RFC 9562)."""
    begin = hashlib.sha1(_NAMESPACE.bytes + f"{school}\n".encode(), usedforsecurity=False)
    named = pc.binary_join_element_wise(texts(plans["gebruikersnaam"]), texts(plans["vak"]), "\n")
    digests = []
    for name in named.cast(pa.large_binary()).to_pylist():
        hashed = begin.copy()
        hashed.update(name)
        digests.append(hashed.digest())
    octets = np.frombuffer(b"".join(digests), dtype="uint8").reshape(-1, begin.digest_size)[:, :16].copy()
    octets[:, 6] = octets[:, 6] & 0x0F | 0x50
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    return pd.Series(hexadecimal(octets, _DASHES).to_pandas(), dtype="str").set_axis(plans.index)


def compare(
    onderdelen: pd.DataFrame,
    in_force: pd.DataFrame,
    leerplannen: pd.DataFrame,
    klassen: pd.Series,
    school: str,
    *,
    automatic: bool,
    above: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All leerplannen after this run (columns `tables.LEERPLANNEN`, and `changed`), and those that are ingetrokken now.

    `onderdelen` are those of after the run, `in_force` those of before it, `leerplannen` the newest revisie of each, `klassen` the klas by
    gebruikersnaam. `revisie` goes up when onderdelen or status change; klas alone does not. A leerplan is `te_verwerken` until a teacher
    processes it, again when its onderdelen change; where processing is automatic it is `verwerkt`. A revisie that is given now is higher
    than `above`.
    """
    onderdelen, in_force, leerplannen = in_common(_LEERPLAN, onderdelen, in_force, leerplannen)
    onderdelen, in_force = in_common(_TEXTS, onderdelen, in_force)
    of_onderdelen, of_leerplannen = numbers(_LEERPLAN, onderdelen, leerplannen)
    first = np.flatnonzero(np.diff(of_onderdelen, prepend=-1))
    of_plans = of_onderdelen[first]
    before = positions(of_plans, of_leerplannen)
    known = before != NOT_THERE
    plans = onderdelen.iloc[first][_LEERPLAN].reset_index(drop=True)
    other_content = is_in(of_plans, _different(onderdelen, in_force))
    statuses = as_category(leerplannen["status"]).cat.set_categories(_STATUSES).cat.codes
    was = np.where(known, values_at(statuses, before), NOT_THERE)
    status = (
        np.where(other_content, _STATUSES.index(TE_VERWERKEN), was) if not automatic else np.full(len(plans), _STATUSES.index(VERWERKT))
    )
    changed = other_content | (status != was)
    revisie = np.where(known, values_at(leerplannen["revisie"], before), 0)
    ids = [leerplannen["leerplan_id"].take(before[known]).set_axis(plans.index[known]), leerplan_ids(school, plans[~known])]
    plans = plans.assign(
        leerplan_id=pd.concat(ids).sort_index(),
        klas=_klassen(plans, klassen, leerplannen, before),
        revisie=np.where(changed, np.maximum(revisie, above) + 1, revisie),
        status=from_codes(status, _STATUSES),
        changed=changed,
    )
    gone = leerplannen[(leerplannen["status"] != INGETROKKEN).to_numpy() & ~is_in(of_leerplannen, of_plans)]
    elsewhere = is_in(numbers(_LEERPLAN, gone)[0], _moved(onderdelen, in_force))
    gone = gone.assign(
        revisie=gone["revisie"].clip(lower=above) + 1,
        status=INGETROKKEN,
        reden=np.where(elsewhere, INGETROKKEN_VERPLAATST, INGETROKKEN_BOVEN_OPTIE),
    ).sort_values(_LEERPLAN, ignore_index=True)
    return plans[[*names(LEERPLANNEN), "changed"]], gone


def _klassen(plans: pd.DataFrame, klassen: pd.Series, leerplannen: pd.DataFrame, before: Numbers) -> pd.Series:
    """The klas of each pupil, else the one that stood in the leerplan `before`."""
    klas = looked_up(plans["gebruikersnaam"], klassen)
    if not (klas.isna() & (before != NOT_THERE)).any():
        return klas
    known = as_category(leerplannen["klas"])
    codes = np.where(before != NOT_THERE, values_at(known.cat.codes, before), NOT_THERE)
    return as_category(klas.astype("str").fillna(from_codes(codes, known.cat.categories).astype("str")))


def to_deliver(plans: pd.DataFrame, onderdelen: pd.DataFrame, ingetrokken: pd.DataFrame, *, full: bool) -> Changes:
    """The leerplannen that changed, or with `full` all that are in force, with their onderdelen."""
    chosen = plans if full else plans[plans["changed"]]
    members = _within(onderdelen, chosen)
    return Changes(
        chosen[names(LEERPLANNEN)].reset_index(drop=True), onderdelen.loc[members, names(ONDERDELEN)].reset_index(drop=True), ingetrokken
    )


def finish(results: pd.DataFrame, onderdelen: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Give the results that count their uitkomst: `leerplan` in a leerplan that is delivered, else `ongewijzigd`."""
    delivered = onderdelen.loc[_within(onderdelen, changes.leerplannen), "result"]
    for members, uitkomst in ((delivered, Uitkomst.LEERPLAN), (onderdelen["result"], Uitkomst.ONGEWIJZIGD)):
        where = under_way(results) & rows_at(results, members)
        results = results.assign(uitkomst=results["uitkomst"].mask(where, uitkomst.value))
    return results


def _within(onderdelen: pd.DataFrame, leerplannen: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which onderdelen are of one of these leerplannen."""
    of_onderdelen, of_leerplannen = numbers(_LEERPLAN, *in_common(_LEERPLAN, onderdelen, leerplannen))
    return is_in(of_onderdelen, of_leerplannen)


def _different(onderdelen: pd.DataFrame, in_force: pd.DataFrame) -> Numbers:
    """The numbers of the leerplannen of which the onderdelen are not the same in both."""
    of_leerplannen = numbers(_LEERPLAN, onderdelen, in_force)
    of_now, of_before = numbers([*_LEERPLAN, "onderdeel"], onderdelen, in_force)
    before = positions(of_now, of_before)
    same = (before != NOT_THERE) & np.logical_and.reduce([equal_at(onderdelen[name], in_force[name], before) for name in _COMPARED])
    return np.concatenate([of_leerplannen[0][~same], of_leerplannen[1][~is_in(of_before, of_now)]])


def _moved(onderdelen: pd.DataFrame, in_force: pd.DataFrame) -> Numbers:
    """The numbers of the leerplannen of before of which an onderdeel stands in another leerplan now."""
    of_leerplannen = numbers(_LEERPLAN, in_force)[0]
    now, before = numbers(["gebruikersnaam", "onderdeel"], onderdelen, in_force)
    return of_leerplannen[is_in(before, now)]
