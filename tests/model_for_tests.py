"""The rules once more, in plain Python and dicts: what is in force at a school night after night, whatever comes between.

No rule of `cito_numo` is used here: what a night must leave behind is said a second time, to hold the program against.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from typing import Any

from tables_for_tests import VAK_OF
from test_properties import LADDER, InForce, Listed, content_of, selected, toets_of, whose

Row = Mapping[str, Any]
Onderdeel = tuple[str, str]
"""gebruikersnaam and onderdeel."""
Leerplan = tuple[str, str]
"""gebruikersnaam and vak."""
Said = tuple[str, str, str, str]
"""What a leerplan says of an onderdeel: toets, afnamedatum, toetsniveau and functioneringsniveau."""

UNMATCHED_HOLD, SHRINK = 0.5, 0.3
"""The tolerance of the school."""
SCHOOLJAAR = "2026-2027"
EVERYBODY = ""


class Reached(IntEnum):
    """How far a night came before the power went."""

    NOTHING = 0
    FILES = 1
    """The order of the files is kept."""
    AGREED = 2
    """And what a person agreed to."""
    CONFIRMED = 3
    """And which results newer files gave again; a run that was begun will be forgotten."""
    BUILT = 4
    """The run will be finished."""
    ALL = 5


@dataclass(frozen=True)
class File:
    """A file that lies in the inbox."""

    name: str
    sha256: str
    mtime: int
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Inbox:
    """What lies ready, and what the school's settings are."""

    exports: Sequence[File]
    numo: File
    in_numo: Collection[str]
    day: date
    option: int
    automatic: bool


@dataclass(frozen=True)
class Plan:
    """The newest revisie of a leerplan."""

    revisie: int
    status: str
    run_id: str = ""


@dataclass
class Tonight:
    """What a night must come to."""

    status: str
    orders: dict[str, int] = field(default_factory=dict)
    agreed: set[tuple] = field(default_factory=set)
    in_force: dict[Onderdeel, InForce] = field(default_factory=dict)
    taken_out: dict[tuple, int] = field(default_factory=dict)
    changed: dict[Leerplan, Plan] = field(default_factory=dict)
    pupils: int | None = None
    counts: dict[str, int] = field(default_factory=dict)


class Model:
    """A school as the rules have it; `keys`: whose Cito key is known, `purged`: from which day on results of a number or key count."""

    def __init__(self, match_on: Sequence[str], key_of: Mapping[str, str], eck_of: Mapping[str, str]) -> None:
        self.match_on = match_on
        self.key_of, self.eck_of = key_of, eck_of
        self.orders: dict[str, int] = {}
        self.in_force: dict[Onderdeel, InForce] = {}
        self.taken_out: dict[tuple, tuple[int, str]] = {}
        self.withdrawn: list[tuple[Onderdeel, InForce]] = []
        self.plans: dict[Leerplan, Plan] = {}
        self.floor = 0
        self.pupils = 0
        self.agreed: set[tuple] = set()
        self.purged: dict[str, date] = {}
        self.keys: set[str] = set()
        self.any_run = False

    # --- a night ---------------------------------------------------------------------------------------------------------

    def night(self, inbox: Inbox, *, agree: bool = False) -> Tonight:
        """What a night must come to; with `agree` a person agrees to all that would be held."""
        if (not inbox.exports and not self.any_run) or ("cito_key" in self.match_on and not self.keys):
            return Tonight("waiting")
        orders = self._orders([*inbox.exports, inbox.numo])
        rows = [{**row, "volgorde": orders[file.sha256]} for file in inbox.exports for row in file.rows]
        owners = [self._owner(row, inbox) for row in rows]
        holds = self._holds(inbox, Counter(ended for _who, ended in owners))
        if holds and not agree:
            return Tonight("held", orders)
        tonight = Tonight("nothing_new", orders, holds, dict(self.in_force), pupils=len(inbox.in_numo))
        self._count(tonight, [{**row, "leerlingnummer": who} for row, (who, ended) in zip(rows, owners, strict=True) if not ended], inbox)
        tonight.changed = self._changed(tonight.in_force, inbox.automatic)
        tonight.counts = dict(Counter(ended for _who, ended in owners if ended))
        if tonight.changed:
            tonight.status = "delivered"
        return tonight

    def keep(self, tonight: Tonight, run_id: str, reached: Reached = Reached.ALL) -> None:
        """Let a night have been, as far as it came."""
        if tonight.status == "waiting":
            return
        if reached >= Reached.FILES:
            self.orders |= tonight.orders
        if tonight.status == "held":
            return
        if reached >= Reached.AGREED:
            self.agreed |= tonight.agreed
        if reached >= Reached.CONFIRMED:
            self._confirm(tonight)
        if reached >= Reached.BUILT:
            self.in_force = tonight.in_force
            self.taken_out |= {toets: (volgorde, run_id) for toets, volgorde in tonight.taken_out.items() if tonight.changed}
            self.plans |= {leerplan: Plan(plan.revisie, plan.status, run_id) for leerplan, plan in tonight.changed.items()}
            self.any_run = self.any_run or bool(run_id)
        if reached >= Reached.ALL:
            self.pupils = tonight.pupils if tonight.pupils is not None else self.pupils

    def _orders(self, files: Sequence[File]) -> dict[str, int]:
        """A file is as old as when its bytes were first seen."""
        orders = dict(self.orders)
        for file in sorted(files, key=lambda file: (file.mtime, file.name)):
            orders.setdefault(file.sha256, max(orders.values(), default=0) + 1)
        return orders

    def _owner(self, row: Row, inbox: Inbox) -> tuple[str | None, str | None]:
        """Whose a result is, or in which uitkomst it ended before that could count."""
        if row["functioneringsniveau"] not in LADDER or row["afnamedatum"] > inbox.day.isoformat():
            return None, "ongeldig"
        if row["schooljaar"] != SCHOOLJAAR:
            return None, "vorig_schooljaar"
        who, ended = whose(row, self._listed(inbox), self.match_on)
        if any(row["afnamedatum"] < self._until(number) for number in (row["leerlingnummer"], row["cito_key"])):
            return None, "ongewijzigd"
        if who is not None and row["afnamedatum"] < self._until(who):
            return None, "ongewijzigd"
        return who, ended

    def _listed(self, inbox: Inbox) -> list[Listed]:
        def pupil(name: str) -> Listed:
            keys = frozenset({self.key_of[name]} if name in self.keys else ())
            return Listed(name, self.eck_of.get(name), keys, "2A", name in inbox.in_numo)

        return [pupil(name) for name in sorted({*inbox.in_numo, *self.keys})]

    def _until(self, number: str | None) -> str:
        """What was taken before this day, of whom has this number or key, was purged."""
        return max(self.purged.get(who, date.min) for who in (EVERYBODY, number or EVERYBODY)).isoformat()

    def _holds(self, inbox: Inbox, ended: Counter) -> set[tuple]:
        """What a person has to agree to, and has not, each with the files that it is about."""
        holds = set()
        looked_up = sum(ended.values()) - ended["ongeldig"] - ended["vorig_schooljaar"] - ended["ongewijzigd"]
        if ended["niet_gekoppeld"] > UNMATCHED_HOLD * looked_up:
            holds.add(("unmatched", *sorted([*(file.sha256 for file in inbox.exports), inbox.numo.sha256])))
        if self.pupils - len(inbox.in_numo) > SHRINK * self.pupils:
            holds.add(("shrink", inbox.numo.sha256))
        return holds - self.agreed

    def _count(self, tonight: Tonight, rows: Sequence[Row], inbox: Inbox) -> None:
        """For each leerling and onderdeel the newest toets counts; what was delivered stays until that or a correction takes its place."""
        counting = [row for row, ended in zip(rows, selected(rows), strict=True) if ended is None]
        for who in {(row["leerlingnummer"], row["onderdeel"]) for row in counting}:
            mine = [row for row in counting if (row["leerlingnummer"], row["onderdeel"]) == who]
            counts = self._newest(who, mine, inbox.option, tonight.taken_out)
            tonight.in_force.pop(who, None)
            if counts is not None:
                tonight.in_force[who] = counts

    def _newest(self, who: Onderdeel, rows: Sequence[Row], option: int, taken_out: dict[tuple, int]) -> InForce | None:
        current, stays, arriving = self.in_force.get(who), True, []
        for row in rows:
            passes = LADDER.index(row["functioneringsniveau"]) - LADDER.index(row["toetsniveau"]) <= option
            said = InForce(row["afnamedatum"], row["toets"], row["schooljaar"], content_of(row), row["volgorde"])
            if current is not None and (said.toets, said.schooljaar) == (current.toets, current.schooljaar):
                if said.content == current.content:
                    current = current._replace(volgorde=max(said.volgorde, current.volgorde))
                    continue
                if said.volgorde < current.volgorde:
                    continue
                stays = False
                if not passes:
                    taken_out[toets_of(row)] = said.volgorde
            elif self._stays_withdrawn(who, said):
                continue
            if passes and said.volgorde >= self.taken_out.get(toets_of(row), (0, ""))[0]:
                arriving.append(said)
        return max([*arriving, *([current] if current is not None and stays else [])], default=None)

    def _stays_withdrawn(self, who: Onderdeel, said: InForce) -> bool:
        """Whether it is what a person withdrew, says of that toets what an older file says, or is of an older toets."""
        for owner, gone in self.withdrawn:
            same_toets = (said.toets, said.schooljaar) == (gone.toets, gone.schooljaar)
            older = (said.afnamedatum, said.toets) < (gone.afnamedatum, gone.toets)
            if owner == who and ((said.content == gone.content or said.volgorde <= gone.volgorde) if same_toets else older):
                return True
        return False

    def _confirm(self, tonight: Tonight) -> None:
        for who, before in self.in_force.items():
            after = tonight.in_force.get(who)
            if after is not None and (after.toets, after.schooljaar, after.content) == (before.toets, before.schooljaar, before.content):
                self.in_force[who] = after

    def _changed(self, in_force: Mapping[Onderdeel, InForce], automatic: bool) -> dict[Leerplan, Plan]:
        """The leerplannen that get a new revisie."""
        before, after = said_in(self.in_force), said_in(in_force)
        changed = {}
        for leerplan in after:
            known = self.plans.get(leerplan, Plan(0, ""))
            other = after[leerplan] != before.get(leerplan)
            status = "verwerkt" if automatic else "te_verwerken" if other else known.status
            if other or status != known.status:
                changed[leerplan] = Plan(max(known.revisie, self.floor) + 1, status)
        for leerplan, known in self.plans.items():
            if leerplan not in after and known.status != "ingetrokken":
                changed[leerplan] = Plan(max(known.revisie, self.floor) + 1, "ingetrokken")
        return changed

    # --- by a person -----------------------------------------------------------------------------------------------------

    def process(self, leerplannen: Collection[Leerplan], run_id: str) -> None:
        """A teacher processes leerplannen that wait."""
        self._give(leerplannen, "verwerkt", run_id)

    def withdraw(self, leerplannen: Collection[Leerplan], run_id: str) -> None:
        """A person takes leerplannen back: what was in force of them does not come back."""
        gone = {who: said for who, said in self.in_force.items() if (who[0], VAK_OF[who[1]]) in leerplannen}
        self.withdrawn += gone.items()
        self.in_force = {who: said for who, said in self.in_force.items() if who not in gone}
        self._give(leerplannen, "ingetrokken", run_id)

    def _give(self, leerplannen: Collection[Leerplan], status: str, run_id: str) -> None:
        for leerplan in leerplannen:
            self.plans[leerplan] = Plan(max(self.plans[leerplan].revisie, self.floor) + 1, status, run_id)

    # --- between nights --------------------------------------------------------------------------------------------------

    def import_keys(self, names: Collection[str], sha256: str) -> None:
        """An EDEXML is taken in, by hand."""
        self.keys |= set(names)
        self.orders.setdefault(sha256, max(self.orders.values(), default=0) + 1)

    def purge_pupil(self, name: str, today: date) -> None:
        """All of one pupil is forgotten; what was taken up to today does not come back."""
        self._forget({leerplan for leerplan in self.plans if leerplan[0] == name})
        self.taken_out = {toets: known for toets, known in self.taken_out.items() if toets[0] != name}
        self.withdrawn = [(who, said) for who, said in self.withdrawn if who[0] != name]
        for number in (name, *({self.key_of[name]} if name in self.keys else ())):
            self.purged[number] = max(self.purged.get(number, date.min), today + timedelta(days=1))
        self.keys.discard(name)

    def purge_before(self, before: date) -> None:
        """What is about tests of before a day is forgotten, and does not come back."""
        day, run_id = before.isoformat(), f"{before:%Y%m%d}T"
        self.in_force = {who: said for who, said in self.in_force.items() if said.afnamedatum >= day}
        still = said_in(self.in_force)
        gone = {leerplan for leerplan, plan in self.plans.items() if plan.status == "ingetrokken" and plan.run_id < run_id}
        self._forget(gone | {leerplan for leerplan, plan in self.plans.items() if plan.status != "ingetrokken" and leerplan not in still})
        self.taken_out = {toets: known for toets, known in self.taken_out.items() if known[1] >= run_id}
        self.withdrawn = [(who, said) for who, said in self.withdrawn if said.afnamedatum >= day]
        self.purged[EVERYBODY] = max(self.purged.get(EVERYBODY, date.min), before)

    def _forget(self, leerplannen: Collection[Leerplan]) -> None:
        self.floor = max([self.floor, *(self.plans[leerplan].revisie for leerplan in leerplannen)])
        self.plans = {leerplan: plan for leerplan, plan in self.plans.items() if leerplan not in leerplannen}
        self.in_force = {
            (name, onderdeel): said for (name, onderdeel), said in self.in_force.items() if (name, VAK_OF[onderdeel]) not in leerplannen
        }


def said_in(in_force: Mapping[Onderdeel, InForce]) -> dict[Leerplan, dict[str, Said]]:
    """What each leerplan says of its onderdelen."""
    leerplannen: dict[Leerplan, dict[str, Said]] = {}
    for (name, onderdeel), said in in_force.items():
        leerplannen.setdefault((name, VAK_OF[onderdeel]), {})[onderdeel] = (said.toets, *said.content)
    return leerplannen
