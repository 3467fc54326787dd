"""What a leerplan holds: per leerling and onderdeel the newest toets counts, and says where to start and where to go.

Pure: results and what is in force come in; results with an uitkomst and the onderdelen that are in force after this run go
out. What was delivered stays: an onderdeel leaves its leerplan only because a newer toets or a correction took its place,
or a correction lies above the cutoff.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cito_numo.categories import NOT_THERE, Numbers, beside, equal_at, from_codes, in_common, is_in, mapped, numbers, positions, values_at
from cito_numo.domeinen import in_force_after
from cito_numo.niveaus import RUNGS, highest_rung, lowest_rung, relative_level
from cito_numo.selection import CONTENT, TOETS
from cito_numo.tables import ONDERDELEN, VERVALLEN, names, stop_rows, under_way
from cito_numo.uitkomst import Reden, Uitkomst

_TOETS = list(TOETS)
_ONDERDEEL = ["gebruikersnaam", "onderdeel"]
_COUNTING = [*TOETS, *CONTENT, "domeinen", "volgorde", "result"]
_LOWEST, _HIGHEST = RUNGS.index("vmbo-bb"), RUNGS.index("vwo")

ROUTES = ("ondersteuning", "basis", "verrijking")
"""For who performs below, at and above the toetsniveau."""


@dataclass(frozen=True)
class Counting:
    """What counts after this run: one toets for each leerling and onderdeel."""

    onderdelen: pd.DataFrame
    """selection.TOETS and CONTENT, `domeinen`, `volgorde`, and `result`: the place of its row in the results, NOT_THERE where only the
    ledger has it."""
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
    held = (results["uitkomst"] == Uitkomst.BOVEN_TERUGSTUUROPTIE).to_numpy()
    chosen = under_way(results).to_numpy() | held
    candidates = results.loc[chosen, [*TOETS, *CONTENT, "volgorde"]].assign(
        domeinen=results.loc[chosen, "domeinen"].astype("str").fillna(""), held=held[chosen], result=np.flatnonzero(chosen)
    )
    candidates, in_force, vervallen = in_common(_TOETS, candidates, in_force, vervallen)
    candidates, in_force = in_common(CONTENT[1:], candidates, in_force)
    of_candidates, of_in_force, of_vervallen = numbers(_TOETS, candidates, in_force, vervallen)

    # A ledger built anew from some of the runs may know an onderdeel in two leerplannen, for it moved to another vak.
    places, before = beside(of_candidates, of_in_force)
    candidates, of_candidates = candidates.take(places), of_candidates[places]
    known = before != NOT_THERE
    same = known & np.logical_and.reduce([equal_at(candidates[column], in_force[column], before) for column in CONTENT])
    volgorde = candidates["volgorde"].to_numpy()
    later = known & (candidates["afnamedatum"].to_numpy() < values_at(in_force["afnamedatum"], before)) & keep_newer
    corrects = known & ~same & ~later & (volgorde >= values_at(in_force["volgorde"], before))
    corrected_since = positions(of_candidates, of_vervallen)
    older = (corrected_since != NOT_THERE) & (volgorde < values_at(vervallen["volgorde"], corrected_since))
    outdated = ~same & ((known & ~corrects) | older)

    staying = _read_again(in_force, candidates[same], *beside(of_candidates[same], of_in_force))
    staying = staying[~is_in(of_in_force, of_candidates[corrects])]
    arrives = ~candidates["held"].to_numpy() & ~same & ~outdated
    arriving = candidates[arrives]
    arriving = arriving.assign(domeinen=_domeinen_of(arriving, in_force, before[arrives]))
    pool = pd.concat([staying[_COUNTING], arriving[_COUNTING]], ignore_index=True)
    counts = _newest(pool)

    for places, reden in (
        (candidates["result"].to_numpy()[outdated], Reden.GECORRIGEERD),
        (pool.loc[~counts, "result"], Reden.NIEUWERE_TOETS),
    ):
        results = stop_rows(results, rows_at(results, places), Uitkomst.VERVANGEN, reden)
    stays = rows_at(results, candidates.loc[same & candidates["held"], "result"])
    if stays.any():
        results = results.assign(reden=results["reden"].mask(stays, Reden.BOVEN_OPTIE_GELEVERD.value))
    taken_out = candidates.loc[corrects & candidates["held"], names(VERVALLEN)].reset_index(drop=True)
    return results, Counting(pool[counts].reset_index(drop=True), taken_out)


def rows_at(results: pd.DataFrame, places: Iterable[int]) -> "pd.Series[bool]":
    """Which rows of the results these are, by their place; NOT_THERE is none of them."""
    which = np.zeros(len(results) + 1, dtype=bool)
    which[np.asarray(places, dtype="int64")] = True
    return pd.Series(which[:-1], index=results.index).astype(bool)


def _newest(pool: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which row counts for each leerling and onderdeel: by afnamedatum, then toets, then file."""
    (of_onderdeel,) = numbers(_ONDERDEEL, pool)
    several = pd.Series(of_onderdeel).duplicated(keep=False).to_numpy()
    rivals = pool.loc[several, ["afnamedatum", "toets", "volgorde"]].assign(of_onderdeel=of_onderdeel[several])
    rivals = rivals.sort_values(["of_onderdeel", "afnamedatum", "toets", "volgorde"], kind="stable")
    counts = ~several
    counts[rivals.index[~rivals["of_onderdeel"].duplicated(keep="last")]] = True
    return counts


def _read_again(in_force: pd.DataFrame, again: pd.DataFrame, rows: Numbers, places: Numbers) -> pd.DataFrame:
    """What is in force, with the `result` of these rows that were read again, at these places: they follow the newer file."""
    again = again.take(rows)
    volgorde, domeinen = in_force["volgorde"].to_numpy().copy(), in_force["domeinen"].to_numpy(dtype="object").copy()
    result = np.full(len(in_force), NOT_THERE)
    newer = (again["volgorde"].to_numpy() >= volgorde[places]) & (again["domeinen"] != "").to_numpy()
    for place, now in zip(places[newer], again["domeinen"][newer], strict=True):
        domeinen[place] = in_force_after(domeinen[place], now)
    volgorde[places] = np.maximum(volgorde[places], again["volgorde"].to_numpy())
    result[places] = again["result"].to_numpy()
    return in_force.assign(volgorde=volgorde, domeinen=pd.Series(domeinen, index=in_force.index, dtype="str"), result=result)


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


def _domeinen_of(arriving: pd.DataFrame, in_force: pd.DataFrame, places: Numbers) -> "pd.Series[str]":
    """The domeinen of what arrives; where a correction leaves both levels as they are, it has those that are in force too."""
    same_levels = np.logical_and.reduce([equal_at(arriving[column], in_force[column], places) for column in CONTENT[1:]])
    before = pd.Series(values_at(in_force["domeinen"], places), index=arriving.index, dtype="str").where(
        (places != NOT_THERE) & same_levels, ""
    )
    there = (arriving["domeinen"] != "") | (before != "")
    if not there.any():
        return arriving["domeinen"]
    pairs = zip(before[there], arriving.loc[there, "domeinen"], strict=True)
    after = pd.Series([in_force_after(earlier, now) for earlier, now in pairs], index=before.index[there], dtype="str")
    return arriving["domeinen"].where(~there, after)


def onderdelen_of(counting: pd.DataFrame, vak_of: Mapping[str, str], in_force: pd.DataFrame) -> pd.DataFrame:
    """The onderdelen (columns `tables.ONDERDELEN`, and `result`) of all leerplannen, from what counts, sorted by leerling, vak, prioriteit.

    `vak_of` is the leerlijnen's; an onderdeel that it no longer knows keeps the vak it was delivered under. `route` says on
    which side of the toetsniveau the leerling performs; `startniveau` is the lowest rung of the functioneringsniveau;
    `doelniveau` is the toetsniveau's highest rung for who performs below it, else one rung above the functioneringsniveau's
    highest. Both stay within vmbo-bb … vwo, where Numo practises.
    """
    relatief = relative_level(counting["functioneringsniveau"], counting["toetsniveau"]).to_numpy("int8")
    start = lowest_rung(counting["functioneringsniveau"]).clip(_LOWEST, _HIGHEST)
    doel = np.where(relatief < 0, highest_rung(counting["toetsniveau"]), highest_rung(counting["functioneringsniveau"]) + 1)
    delivered_under = in_force[["onderdeel", "vak"]].drop_duplicates("onderdeel").astype("str").to_numpy().tolist()
    onderdelen = counting.assign(
        vak=mapped(counting["onderdeel"], {**dict(delivered_under), **vak_of}),
        relatief=relatief,
        route=from_codes(np.sign(relatief) + 1, ROUTES).cat.reorder_categories(sorted(ROUTES)),
        startniveau=_rungs(start),
        doelniveau=_rungs(np.minimum(doel, _HIGHEST)),
    )
    (leerplan,) = numbers(["gebruikersnaam", "vak"], onderdelen)
    order = np.lexsort((onderdelen["onderdeel"].cat.codes.to_numpy(), start, relatief, leerplan))
    first = np.flatnonzero(np.diff(leerplan[order], prepend=-1))
    before = np.repeat(first, np.diff(first, append=len(order)))
    onderdelen = onderdelen.take(order).reset_index(drop=True).assign(prioriteit=np.arange(len(order)) - before + 1)
    return onderdelen[[*names(ONDERDELEN), "result"]]


def _rungs(places: npt.NDArray[np.integer]) -> pd.Series:
    """A column of rungs, by their place in RUNGS."""
    return from_codes(places, RUNGS).cat.reorder_categories(sorted(RUNGS))
