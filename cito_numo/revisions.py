"""What is new: the onderdelen of after this run against those in force → the leerplannen to deliver, each with its revisie and status.

Pure. A leerplan that did not change is not delivered again, so that an importer that takes every run in order ends with what is in force.
"""

import uuid
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cito_numo.redenen import INGETROKKEN_BOVEN_OPTIE, INGETROKKEN_VERPLAATST
from cito_numo.tables import LEERPLANNEN, ONDERDELEN, names, under_way
from cito_numo.uitkomst import Uitkomst

_LEERPLAN = ["gebruikersnaam", "vak"]
_NAMESPACE = uuid.UUID("5f0c6d5e-6f0b-4d58-9d6a-2c1c6c7a7e11")
_COMPARED = [column for column in names(ONDERDELEN) if column != "volgorde"]

TE_VERWERKEN = "te_verwerken"
VERWERKT = "verwerkt"
INGETROKKEN = "ingetrokken"


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


def leerplan_id(school: str, gebruikersnaam: str, vak: str) -> str:
    """The id of the leerplan of a leerling for a vak: the same for ever."""
    return str(uuid.uuid5(_NAMESPACE, f"{school}\n{gebruikersnaam}\n{vak}"))


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
    now = onderdelen[_LEERPLAN].drop_duplicates(ignore_index=True)
    plans = now.merge(leerplannen, on=_LEERPLAN, how="left")
    other_content = pd.Series(pd.MultiIndex.from_frame(plans[_LEERPLAN]).isin(_different(onderdelen, in_force)), index=plans.index)
    status = plans["status"].mask(other_content, TE_VERWERKEN) if not automatic else pd.Series(VERWERKT, index=plans.index, dtype="str")
    changed = other_content | (status != plans["status"])
    known = plans["revisie"].fillna(0).astype("int64")
    ids = [
        known_id if isinstance(known_id, str) else leerplan_id(school, gebruikersnaam, vak)
        for known_id, gebruikersnaam, vak in zip(plans["leerplan_id"], plans["gebruikersnaam"], plans["vak"], strict=True)
    ]
    plans = plans.assign(
        leerplan_id=pd.Series(ids, index=plans.index, dtype="str"),
        klas=plans["gebruikersnaam"].map(klassen).astype("str").fillna(plans["klas"]),
        revisie=known.mask(changed, known.clip(lower=above) + 1),
        status=status,
        changed=changed,
    )
    active = leerplannen[leerplannen["status"] != INGETROKKEN]
    gone = active[~pd.MultiIndex.from_frame(active[_LEERPLAN]).isin(pd.MultiIndex.from_frame(now))]
    moved = in_force[[*_LEERPLAN, "onderdeel"]].merge(onderdelen[["gebruikersnaam", "onderdeel"]])
    elsewhere = pd.MultiIndex.from_frame(gone[_LEERPLAN]).isin(pd.MultiIndex.from_frame(moved[_LEERPLAN]))
    gone = gone.assign(
        revisie=gone["revisie"].clip(lower=above) + 1,
        status=INGETROKKEN,
        reden=np.where(elsewhere, INGETROKKEN_VERPLAATST, INGETROKKEN_BOVEN_OPTIE),
    ).sort_values(_LEERPLAN, ignore_index=True)
    return plans[[*names(LEERPLANNEN), "changed"]], gone


def to_deliver(plans: pd.DataFrame, onderdelen: pd.DataFrame, ingetrokken: pd.DataFrame, *, full: bool) -> Changes:
    """The leerplannen that changed, or with `full` all that are in force, with their onderdelen."""
    chosen = plans if full else plans[plans["changed"]]
    members = pd.MultiIndex.from_frame(onderdelen[_LEERPLAN]).isin(pd.MultiIndex.from_frame(chosen[_LEERPLAN]))
    return Changes(
        chosen[names(LEERPLANNEN)].reset_index(drop=True), onderdelen.loc[members, names(ONDERDELEN)].reset_index(drop=True), ingetrokken
    )


def finish(results: pd.DataFrame, onderdelen: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Give the results that count their uitkomst: `leerplan` in a leerplan that is delivered, else `ongewijzigd`."""
    delivered = pd.MultiIndex.from_frame(onderdelen[_LEERPLAN]).isin(pd.MultiIndex.from_frame(changes.leerplannen[_LEERPLAN]))
    rows = onderdelen.loc[delivered, "result"].dropna()
    counting = onderdelen["result"].dropna()
    for members, uitkomst in ((rows, Uitkomst.LEERPLAN), (counting, Uitkomst.ONGEWIJZIGD)):
        where = under_way(results) & results.index.isin(members)
        results = results.assign(uitkomst=results["uitkomst"].mask(where, uitkomst.value))
    return results


def _different(onderdelen: pd.DataFrame, in_force: pd.DataFrame) -> pd.MultiIndex:
    """Leerling and vak of which the onderdelen are not the same in both."""
    both = onderdelen[_COMPARED].merge(in_force[_COMPARED], how="outer", indicator=True)
    return pd.MultiIndex.from_frame(both.loc[both["_merge"] != "both", _LEERPLAN])
