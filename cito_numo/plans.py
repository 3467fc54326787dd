"""What a leerplan holds: per leerling and onderdeel the newest toets counts, and says where to start and where to go.

Pure: results and what is in force come in; results with an uitkomst and the onderdelen that are in force after this run go
out. What was delivered stays: an onderdeel leaves its leerplan only because a newer toets or a correction took its place,
or a correction lies above the cutoff.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cito_numo.domeinen import in_force_after
from cito_numo.niveaus import RUNGS, highest_rung, lowest_rung, relative_level
from cito_numo.selection import CONTENT, TOETS
from cito_numo.tables import ONDERDELEN, VERVALLEN, names, stop_rows, under_way
from cito_numo.uitkomst import Reden, Uitkomst

_TOETS = list(TOETS)
_ONDERDEEL = ["gebruikersnaam", "onderdeel"]
_COUNTING = [*TOETS, *CONTENT, "domeinen", "volgorde", "result"]
_LOWEST, _HIGHEST = RUNGS.index("vmbo-bb"), RUNGS.index("vwo")
_RUNG = np.array(RUNGS, dtype=object)


@dataclass(frozen=True)
class Counting:
    """What counts after this run: one toets for each leerling and onderdeel."""

    onderdelen: pd.DataFrame
    """selection.TOETS and CONTENT, `domeinen`, `volgorde`, and `result`: the row of the results, missing where only the ledger has it."""
    vervallen: pd.DataFrame
    """Columns `tables.VERVALLEN`: the corrections of this run that took an onderdeel out."""


def newest_wins(
    results: pd.DataFrame, in_force: pd.DataFrame, vervallen: pd.DataFrame, withdrawn: pd.DataFrame, *, keep_newer: bool = False
) -> tuple[pd.DataFrame, Counting]:
    """Decide which toets counts for each leerling and onderdeel, among what passed the cutoff and what is in force.

    `in_force` has the columns `tables.ONDERDELEN`, `vervallen` those of `tables.VERVALLEN`. By afnamedatum, then toets, the
    newest counts; a result that does not becomes `vervangen`. A correction (the toets that is in force, from a file not
    older than the one it came from) takes its place whatever the date; one that was held back takes it out. What an older
    file says of a toets corrected since is `vervangen`. Where what is in force is read again, its domeinen follow the newer file; where the
    cutoff was lowered since, it is held back, with the reason that it was delivered.

    `withdrawn` has the columns `tables.WITHDRAWN`: what was in force when a person withdrew it. It does not come back (`ongewijzigd`), nor
    does what is older; a newer toets does, and a correction from a newer file. With `keep_newer`, a correction that was taken earlier than
    what is in force stands back.
    """
    results = _stop_withdrawn(results, in_force, withdrawn, keep_newer=keep_newer)
    held = results["uitkomst"] == Uitkomst.BOVEN_TERUGSTUUROPTIE
    numbered = results.assign(held=held, result=results.index.astype("Int64"))
    candidates = numbered.loc[under_way(results) | held, [*TOETS, *CONTENT, "domeinen", "volgorde", "held", "result"]]
    candidates = candidates.astype(dict.fromkeys([*TOETS, *CONTENT[1:], "domeinen"], "str")).fillna({"domeinen": ""})

    beside = candidates.merge(in_force[[*TOETS, *CONTENT, "domeinen", "volgorde"]], on=_TOETS, how="left", suffixes=("", "_in_force"))
    beside = beside.merge(vervallen, on=_TOETS, how="left", suffixes=("", "_vervallen"))
    known = beside["volgorde_in_force"].notna()
    same = known & np.logical_and.reduce([beside[column] == beside[f"{column}_in_force"] for column in CONTENT])
    later = known & (beside["afnamedatum"] < beside["afnamedatum_in_force"]) if keep_newer else pd.Series(False, index=beside.index)
    corrects = known & ~same & ~later & (beside["volgorde"] >= beside["volgorde_in_force"])
    outdated = ~same & ((known & ~corrects) | (beside["volgorde"] < beside["volgorde_vervallen"]))

    again = beside.loc[same, [*TOETS, "volgorde", "domeinen", "result"]]
    staying = in_force[[*TOETS, *CONTENT, "domeinen", "volgorde"]].merge(again, on=_TOETS, how="left", suffixes=("", "_again"))
    staying["domeinen"] = _domeinen_after(staying)
    staying["volgorde"] = staying[["volgorde", "volgorde_again"]].max(axis=1).astype("int64")
    corrected = pd.MultiIndex.from_frame(staying[_TOETS]).isin(pd.MultiIndex.from_frame(beside.loc[corrects, _TOETS]))
    arriving = beside[~beside["held"] & ~same & ~outdated]
    arriving = arriving.assign(domeinen=_domeinen_of(arriving))
    pool = pd.concat([staying.loc[~corrected, _COUNTING], arriving[_COUNTING]], ignore_index=True)
    pool = pool.sort_values([*_ONDERDEEL, "afnamedatum", "toets", "volgorde"], kind="stable")
    counts = ~pool.duplicated(_ONDERDEEL, keep="last")

    for rows, reden in ((beside.loc[outdated, "result"], Reden.GECORRIGEERD), (pool.loc[~counts, "result"], Reden.NIEUWERE_TOETS)):
        where = pd.Series(results.index.isin(rows.dropna()), index=results.index)
        results = stop_rows(results, where, Uitkomst.VERVANGEN, reden)
    stays = results.index.isin(beside.loc[same & beside["held"], "result"])
    if stays.any():
        results = results.assign(reden=results["reden"].mask(stays, Reden.BOVEN_OPTIE_GELEVERD.value))
    taken_out = beside.loc[corrects & beside["held"], names(VERVALLEN)].reset_index(drop=True)
    return results, Counting(pool[counts].reset_index(drop=True), taken_out)


def _stop_withdrawn(results: pd.DataFrame, in_force: pd.DataFrame, withdrawn: pd.DataFrame, *, keep_newer: bool) -> pd.DataFrame:
    """Stop results that a person withdrew, and those of the same onderdeel that are not newer.

    Results of a toets that is in force go by the other rules. Beside another toets that is in force, what was withdrawn stays so: it does
    not come back when that one is corrected away.
    """
    if withdrawn.empty:
        return results
    candidates = results.loc[under_way(results), [*TOETS, *CONTENT, "volgorde"]].astype(dict.fromkeys([*TOETS, *CONTENT[1:]], "str"))
    candidates = candidates[~pd.MultiIndex.from_frame(candidates[_TOETS]).isin(pd.MultiIndex.from_frame(in_force[_TOETS]))]
    beside = candidates.assign(result=candidates.index).merge(withdrawn, on=_ONDERDEEL, suffixes=("", "_withdrawn"))
    same_toets = (beside["schooljaar"] == beside["schooljaar_withdrawn"]) & (beside["toets"] == beside["toets_withdrawn"])
    same_content = np.logical_and.reduce([beside[column] == beside[f"{column}_withdrawn"] for column in CONTENT])
    earlier = beside["afnamedatum"] < beside["afnamedatum_withdrawn"]
    same_content |= earlier & keep_newer
    earlier |= (beside["afnamedatum"] == beside["afnamedatum_withdrawn"]) & (beside["toets"] < beside["toets_withdrawn"])
    not_newer = (same_toets & (same_content | (beside["volgorde"] <= beside["volgorde_withdrawn"]))) | (~same_toets & earlier)
    where = pd.Series(results.index.isin(beside.loc[not_newer, "result"]), index=results.index)
    return stop_rows(results, where, Uitkomst.ONGEWIJZIGD, Reden.INGETROKKEN)


def _domeinen_of(arriving: pd.DataFrame) -> "pd.Series[str]":
    """The domeinen of what arrives; where a correction leaves both levels as they are, it has those that are in force too."""
    same_levels = np.logical_and.reduce([arriving[column] == arriving[f"{column}_in_force"] for column in CONTENT[1:]])
    pairs = zip(arriving["domeinen_in_force"].where(same_levels, "").fillna(""), arriving["domeinen"], strict=True)
    return pd.Series([in_force_after(before, now) for before, now in pairs], index=arriving.index, dtype="str")


def _domeinen_after(staying: pd.DataFrame) -> "pd.Series[str]":
    """The domeinen of what is in force, with those of a file that is not older."""
    newer = staying["volgorde_again"] >= staying["volgorde"]
    pairs = zip(staying["domeinen"], staying["domeinen_again"].where(newer, ""), strict=True)
    return pd.Series([in_force_after(before, now) if now else before for before, now in pairs], index=staying.index, dtype="str")


def onderdelen_of(counting: pd.DataFrame, vak_of: Mapping[str, str], in_force: pd.DataFrame) -> pd.DataFrame:
    """The onderdelen (columns `tables.ONDERDELEN`, and `result`) of all leerplannen, from what counts, sorted by leerling, vak, prioriteit.

    `vak_of` is the leerlijnen's; an onderdeel that it no longer knows keeps the vak it was delivered under. `route` says on
    which side of the toetsniveau the leerling performs; `startniveau` is the lowest rung of the functioneringsniveau;
    `doelniveau` is the toetsniveau's highest rung for who performs below it, else one rung above the functioneringsniveau's
    highest. Both stay within vmbo-bb … vwo, where Numo practises.
    """
    relatief = relative_level(counting["functioneringsniveau"], counting["toetsniveau"]).astype("int8")
    start = lowest_rung(counting["functioneringsniveau"]).clip(_LOWEST, _HIGHEST)
    doel = np.where(relatief < 0, highest_rung(counting["toetsniveau"]), highest_rung(counting["functioneringsniveau"]) + 1)
    delivered_under = in_force[["onderdeel", "vak"]].drop_duplicates("onderdeel").to_numpy().tolist()
    vakken = {**dict(delivered_under), **vak_of}
    onderdelen = counting.assign(
        vak=counting["onderdeel"].map(vakken).astype("str"),
        relatief=relatief,
        route=pd.Series(
            np.select([relatief < 0, relatief > 0], ["ondersteuning", "verrijking"], "basis"), index=counting.index, dtype="str"
        ),
        startniveau=pd.Series(_RUNG[start], index=counting.index, dtype="str"),
        doelniveau=pd.Series(_RUNG[np.minimum(doel, _HIGHEST)], index=counting.index, dtype="str"),
        start=start,
    )
    onderdelen = onderdelen.sort_values(["gebruikersnaam", "vak", "relatief", "start", "onderdeel"], ignore_index=True)
    onderdelen["prioriteit"] = onderdelen.groupby(["gebruikersnaam", "vak"], sort=False).cumcount() + 1
    return onderdelen[[*names(ONDERDELEN), "result"]]
