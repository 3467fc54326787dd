"""The key table: which Cito key is which pupil, as the EDEXML files that came in over time tell it.

Files come per vestiging and per leerjaar, and keys are never re-used (EDEXML 2.1), so a key stays until a newer file says
something else of it. A pupil without a key (UWLR allows it beside an ECK iD) is known by the ECK iD.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from cito_numo.categories import among
from cito_numo.errors import HOLD_BRIN, HOLD_COVER, HOLD_KEYS_MOVED, HOLD_KEYS_RENEWED, KEYS_OLDER, Problem
from cito_numo.holds import Holds
from cito_numo.tables import KEY_TABLE, names

_FEW = 2
"""Pupils who may get a new key at once without a person agreeing."""


@dataclass(frozen=True)
class Arrived:
    """An EDEXML that arrived: what it says of its school and when it was made, and its pupils (columns `tables.EDEXML_PUPILS`).

    `sha256` and `volgorde` are the hash and the order of the file that it came in.
    """

    name: str
    brin: str | None
    made: float
    """When it says that it was made, in seconds since 1970; 0 where it does not."""
    pupils: pd.DataFrame
    sha256: str
    volgorde: int
    in_another: bool = False
    """Whether it came in a mail or a zip."""
    doubt: Problem | None = None
    """Why it is not certain where this file holds the gebruikersnaam."""

    @property
    def part(self) -> str:
        """Which EDEXML of the file it is; nothing where the file is one itself."""
        return self.name.rpartition("/")[2] if self.in_another else ""

    @property
    def rows(self) -> pd.DataFrame:
        """The pupils as a key table (columns `tables.KEY_TABLE`)."""
        return self.pupils.assign(volgorde=self.volgorde)[names(KEY_TABLE)]


@dataclass(frozen=True)
class KeyChange:
    """How a key table changes: how many keys are new, say something else, or go; how many of Numo's pupils it covers."""

    table: pd.DataFrame
    new: int
    changed: int
    gone: int
    covered: int
    in_numo: int | None
    """How many pupils Numo has; None where its list is not at hand."""
    keys: int
    """How many keys are known now."""
    doubts: Sequence[Problem]
    """Files that could not be taken in, and what a newer file says otherwise."""
    differs: bool
    """Whether anything in the table differs, be it only which file said it last."""


def take_in(
    key_table: pd.DataFrame,
    arrived: Sequence[Arrived],
    brin: Sequence[str],
    known: "pd.Series[str] | None",
    holds: Holds,
    *,
    needs_keys: bool,
    replace: bool = False,
) -> KeyChange:
    """The key table with these files added, oldest first; with `replace`, only what stands in them.

    Held are: a file of another BRIN, known keys or ECK iDs that would now point at another pupil, new keys for most pupils who have one,
    and a change after which less than half of Numo's pupils, `known`, have a key (with `needs_keys`: a Cito key) by which they can be
    joined. A file that is held is left out of the table that is returned.
    """
    table = key_table.iloc[:0] if replace else key_table
    doubts: list[Problem] = []
    whole = True
    for one in sorted(arrived, key=lambda one: (one.volgorde, one.made, one.name)):
        other_brin = one.brin is not None and one.brin not in brin
        if other_brin and holds.hold(HOLD_BRIN, [one.sha256, one.part, one.brin or ""], one.name, found=one.brin, expected=", ".join(brin)):
            whole = False
            continue
        if one.doubt is not None:
            doubts.append(one.doubt)
            continue
        added, moved = add_to_key_table(table, one.rows)
        if replace:
            moved |= _moved(key_table, one.rows)
        renewed = _renewed(key_table, one.rows)
        held = [
            count and holds.hold(kind, [one.sha256, one.part], one.name, count=count)
            for kind, count in ((HOLD_KEYS_MOVED, len(moved)), (HOLD_KEYS_RENEWED, renewed))
        ]
        if any(held):
            whole = False
        else:
            table = added
    change = _change(key_table, table, known, doubts, needs_keys=needs_keys)
    says_more = change.new or change.changed or change.gone
    if whole and says_more and change.in_numo is not None and 2 * change.covered < change.in_numo:
        bound_to = [*(one.sha256 for one in arrived), f"gone: {change.gone}"]
        holds.hold(HOLD_COVER, bound_to, count=change.covered, total=change.in_numo)
    if whole and (older := set().union(*(_moved(table, one.rows) for one in arrived if one.doubt is None))):
        doubts.append(Problem(KEYS_OLDER, "", {"count": len(older)}))
    return change


def add_to_key_table(key_table: pd.DataFrame, file: pd.DataFrame) -> tuple[pd.DataFrame, set[str]]:
    """The key table with one file added (columns `tables.KEY_TABLE`), and the known keys and ECK iDs that now point at another pupil.

    For a key that both have, the newer file counts, with all rows it gives that key: a key that one file gives to two pupils stays
    contradictory. Where the newer file has no gebruikersnaam for it, what was known stays.
    """
    if key_table.empty:
        return file.reset_index(drop=True), set()
    newest = key_table.groupby(identity(key_table))["volgorde"].max()
    fresh = file[file["volgorde"] >= identity(file).map(newest).fillna(-1)]
    fresh = fresh.assign(gebruikersnaam=fresh["gebruikersnaam"].fillna(identity(fresh).map(_certain(key_table)).astype("str")))
    without_key = key_table["cito_key"].isna() & among(key_table["eck_id"], fresh["eck_id"])
    replaced = among(identity(key_table), identity(fresh)) | without_key
    return pd.concat([key_table[~replaced], fresh], ignore_index=True), _moved(key_table, fresh)


def _certain(key_table: pd.DataFrame) -> "pd.Series[str]":
    """The gebruikersnaam of each key that has one."""
    pairs = key_table.assign(key=identity(key_table))[["key", "gebruikersnaam"]].dropna().drop_duplicates()
    return pairs.drop_duplicates("key", keep=False).set_index("key")["gebruikersnaam"]


def _renewed(key_table: pd.DataFrame, file: pd.DataFrame) -> int:
    """How many pupils who have a key get another one, where that are most of those whom the file names; else 0.

    Keys do not change (EDEXML 2.1): one pupil may come back under a new one, but where most do, keys and pupils may have been mixed up.
    """
    before, now = (rows[["cito_key", "gebruikersnaam"]].dropna().drop_duplicates() for rows in (key_table, file))
    named = now[among(now["gebruikersnaam"], before["gebruikersnaam"])]
    with_a_known_one = named.merge(before)["gebruikersnaam"].nunique()
    others = named["gebruikersnaam"].nunique() - with_a_known_one
    return others if others > with_a_known_one and others > _FEW else 0


def _moved(before: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    """The keys and ECK iDs that both have, and that point at another pupil now."""
    return _pointing_elsewhere(before, now, "cito_key") | _pointing_elsewhere(before, now, "eck_id")


def _pointing_elsewhere(before: pd.DataFrame, now: pd.DataFrame, key: str) -> set[str]:
    before, now = (rows[[key, "gebruikersnaam"]].dropna().drop_duplicates() for rows in (before, now))
    if before.empty or now.empty:
        return set()
    pairs = before.merge(now, how="outer", indicator=True)
    in_both = among(pairs[key], before[key]) & among(pairs[key], now[key])
    return set(pairs.loc[in_both & (pairs["_merge"] != "both"), key])


def given_to_two_pupils(key_table: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows have a gebruikersnaam that stands with two keys in one file, or with two ECK iDs: it is of two pupils."""
    pupils_per_file = key_table.groupby(["gebruikersnaam", "volgorde"])["cito_key"].transform("nunique")
    eck_ids = key_table.groupby("gebruikersnaam")["eck_id"].transform("nunique")
    return (pupils_per_file > 1) | (eck_ids > 1)


def identity(key_table: pd.DataFrame) -> "pd.Series[str]":
    """What a row is known by: the Cito key, else the keyed hash of the ECK iD."""
    return key_table["cito_key"].fillna(key_table["eck_id"])


def _change(
    before: pd.DataFrame, after: pd.DataFrame, known: "pd.Series[str] | None", doubts: list[Problem], *, needs_keys: bool
) -> KeyChange:
    keys_before, keys_after = set(identity(before)), set(identity(after))
    content = ["cito_key", "gebruikersnaam", "eck_id", "klas"]
    both = after[content].merge(before[content], how="left", on=content, indicator=True)
    other = set(identity(both[both["_merge"] == "left_only"])) & keys_before
    return KeyChange(
        table=after,
        new=len(keys_after - keys_before),
        changed=len(other),
        gone=len(keys_before - keys_after),
        covered=0 if known is None else int(among(known.drop_duplicates(), _joinable(after, needs_keys=needs_keys)).sum()),
        in_numo=None if known is None else known.nunique(),
        keys=len(keys_after),
        differs=not _in_order(after).equals(_in_order(before)),
        doubts=doubts,
    )


def _joinable(key_table: pd.DataFrame, *, needs_keys: bool) -> "pd.Series[str]":
    """The gebruikersnamen of those whom a result can be joined with: by a key that is one pupil's alone."""
    by = key_table["cito_key"] if needs_keys else identity(key_table)
    alone = by.notna() & ~by.duplicated(keep=False) & ~given_to_two_pupils(key_table)
    return key_table.loc[alone, "gebruikersnaam"].dropna()


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(names(KEY_TABLE), ignore_index=True)
