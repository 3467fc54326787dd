"""What each step of the corridor did with one result, in words: read, match, select, cut, plan, up to where it ended.

Pure. A pupil is never named here, and neither is an ECK iD: of a key it is told whose it is, not what it says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from cito_numo.config import School
from cito_numo.corridor import Outcome
from cito_numo.errors import printable
from cito_numo.language import N_, _
from cito_numo.redenen import Tekst, niveau_met_teken, tekst_van
from cito_numo.selection import CONTENT, TOETS
from cito_numo.tables import KEYS, records_of
from cito_numo.uitkomst import Reden, Uitkomst

READ_STEP, MATCH, SELECT, CUT_STEP, PLAN = "read", "match", "select", "cut", "plan"
KEY_NAMES = {"leerlingnummer": N_("leerlingnummer"), "eck_id": N_("ECK iD"), "cito_key": N_("Cito key")}

_STOPPED_IN: Mapping[Reden, str] = {
    **dict.fromkeys(
        (
            Reden.RIJ_ONLEESBAAR,
            Reden.VELD_ONTBREEKT,
            Reden.VELD_ONLEESBAAR,
            Reden.ECK_ID_IN_ANDER_VELD,
            Reden.SLEUTEL_ONTBREEKT,
            Reden.DATUM_IN_TOEKOMST,
            Reden.GEWEIGERD,
            Reden.DOMEIN_ALLEEN,
            Reden.ANDER_SCHOOLJAAR,
        ),
        READ_STEP,
    ),
    **dict.fromkeys(
        (
            Reden.GEWIST,
            Reden.GEEN_LEERLING,
            Reden.NULLEN_WEG,
            Reden.NIET_IN_NUMO,
            Reden.SLEUTEL_DUBBEL,
            Reden.SLEUTELS_TEGENSTRIJDIG,
            Reden.SLEUTEL_WIJKT_AF,
            Reden.NUMMER_VAN_EERDER,
        ),
        MATCH,
    ),
    **dict.fromkeys((Reden.ZELFDE_RESULTAAT, Reden.ANDER_NIVEAU_ZELFDE_DAG), SELECT),
    **dict.fromkeys((Reden.BOVEN_OPTIE, Reden.BOVEN_OPTIE_GELEVERD), CUT_STEP),
    **dict.fromkeys((Reden.NIEUWERE_TOETS, Reden.INGETROKKEN), PLAN),
}
"""Where a reason stops a result; a correction may in two steps."""


class Step(NamedTuple):
    """What one step did."""

    step: str
    text: str


@dataclass(frozen=True)
class Explained:
    """One result, and what each step did with it."""

    bestand: str
    rij: int
    toets: str | None
    onderdeel: str | None
    afnamedatum: str | None
    toetsniveau: str | None
    functioneringsniveau: str | None
    uitkomst: str
    reden: str | None
    """Why it was stopped, in Dutch; None where it was not."""
    wat_te_doen: str | None
    steps: Sequence[Step]

    @property
    def in_leerplan(self) -> bool:
        """Whether it comes into a leerplan of the leerling that is asked about, when the next night delivers."""
        return self.uitkomst == Uitkomst.LEERPLAN and self.steps[-1].step == PLAN

    def as_dict(self) -> dict[str, Any]:
        """As `explain --json` prints it."""
        return {**vars(self), "steps": [step._asdict() for step in self.steps]}


@dataclass(frozen=True)
class InForce:
    """What the ledger has delivered, and what keeps new leerplannen from being delivered (may be empty)."""

    leerplannen: pd.DataFrame
    """Columns `tables.LEERPLANNEN`."""
    onderdelen: pd.DataFrame
    """Columns `tables.ONDERDELEN`."""
    waits: str = ""


class Steps:
    """Tells of the results of one leerling: whom `leerlingen` (numbers of `tables.PUPILS`) are, if anybody."""

    def __init__(self, school: School, outcome: Outcome, in_force: InForce, leerlingen: Collection[int]) -> None:
        self._school = school
        self._outcome = outcome
        self._in_force = in_force
        self._leerlingen = frozenset(leerlingen)
        pupils = outcome.leerlingen
        self._own = pupils[pupils["leerling"].isin(self._leerlingen)]
        table = outcome.results.assign(selected=outcome.selected)
        joined = table[table["gebruikersnaam"].isin(self._own["leerlingnummer"].dropna())]
        self._table = table
        self._joined = records_of(joined)

    def of(self, rows: pd.Index) -> list[Explained]:
        """These results, by onderdeel and day, then as they stand in the files."""
        records = records_of(self._table.loc[rows])
        return [self._explained(one) for one in sorted(records, key=_order)]

    def _explained(self, one: Mapping[str, Any]) -> Explained:
        of_another = one["gebruikersnaam"] is not None and not self._is_own(one)
        said = self._tekst(one) if one["reden"] is not None and not of_another else None
        ended = MATCH if of_another else _ended(one)
        steps = []
        for step, tell in (
            (READ_STEP, self._read),
            (MATCH, self._match),
            (SELECT, self._select),
            (CUT_STEP, self._cut),
            (PLAN, self._plan),
        ):
            text = tell(one, said.reden if said is not None and step == ended else "")
            steps.append(Step(step, printable(text)))
            if step == ended:
                break
        return Explained(
            bestand=printable(one["bestand"]),
            rij=one["rij"],
            toets=_shown(one["toets"]),
            onderdeel=_shown(one["onderdeel"]),
            afnamedatum=_day(one),
            toetsniveau=one["toetsniveau"],
            functioneringsniveau=one["functioneringsniveau"],
            uitkomst=one["uitkomst"],
            reden=printable(said.reden) if said is not None else None,
            wat_te_doen=printable(said.wat_te_doen) if said is not None and said.wat_te_doen else None,
            steps=steps,
        )

    def _tekst(self, one: Mapping[str, Any]) -> Tekst:
        values = {**one, "schooljaren": one["schooljaar"], "soorten": one["waarde"]}
        return tekst_van(values, self._school.config.terugstuuroptie)

    # --- the steps ---------------------------------------------------------------------------------------------------

    def _read(self, one: Mapping[str, Any], stopped: str) -> str:
        if stopped:
            return stopped
        levels = {name: _level(one[name], one[f"{name}_tekst"]) for name in ("toetsniveau", "functioneringsniveau")}
        text = _("made for {toetsniveau}, performs at {functioneringsniveau}").format(**levels)
        if one["hersteld"]:
            text += _("; its number was repaired of what a spreadsheet adds")
        return text

    def _match(self, one: Mapping[str, Any], stopped: str) -> str:
        keys = {key: self._whose(one, key) for key in KEYS if one[key] is not None}
        if stopped or not self._is_own(one):
            text = stopped or _("joined with another pupil")
            told = "; ".join(f"{_(KEY_NAMES[key])}: {whose}" for key, whose in keys.items())
            return f"{text} [{told}]" if told else text
        own = [key for key, whose in keys.items() if whose == self._mine]
        by = [_(KEY_NAMES[key]) for key in own if key in self._school.match_on]
        text = _("joined on {keys}").format(keys=_(" and ").join(by))
        also = [_(KEY_NAMES[key]) for key in own if key not in self._school.match_on]
        if also:
            text += _("; {keys} agrees").format(keys=_(" and ").join(also))
        silent = [_("{key}: {whose}").format(key=_(KEY_NAMES[key]), whose=whose) for key, whose in keys.items() if key not in own]
        return "; ".join([text, *silent])

    def _select(self, one: Mapping[str, Any], stopped: str) -> str:
        same = [other for other in self._of(one, TOETS) if _place(other) != _place(one)]
        if not stopped:
            if not same:
                return _("the only result of this toets and onderdeel")
            n = len(same) + 1
            return _("counts, of {n} results of this toets and onderdeel: that of the newest file, in it the latest day").format(n=n)
        if one["reden"] == Reden.ZELFDE_RESULTAAT:
            beside = [other for other in same if other["reden"] != Reden.ZELFDE_RESULTAAT and _is_equal(other, one)]
        elif one["reden"] == Reden.ANDER_NIVEAU_ZELFDE_DAG:
            beside = [other for other in same if other["reden"] == Reden.ANDER_NIVEAU_ZELFDE_DAG]
        else:
            beside = [other for other in same if other["selected"] or other["reden"] == Reden.ANDER_NIVEAU_ZELFDE_DAG]
        return f"{stopped} {_pointing_at(beside)}".strip()

    def _cut(self, one: Mapping[str, Any], stopped: str) -> str:
        if not stopped:
            figures = {"relatief": niveau_met_teken(one["relatief"]), "option": niveau_met_teken(self._school.config.terugstuuroptie)}
            return _("relatief {relatief}, terugstuuroptie {option}: passed on").format(**figures)
        if _has(self._outcome.vervallen, one, TOETS):
            stopped += " " + _("It corrects what is in force, so this onderdeel leaves its leerplan.")
        return stopped

    def _plan(self, one: Mapping[str, Any], stopped: str) -> str:
        if one["reden"] == Reden.NIEUWERE_TOETS:
            counts = [other for other in self._of(one, ("gebruikersnaam", "onderdeel")) if other["reden"] is None] or self._delivered(one)
            return f"{stopped} {_what_counts(counts)}".strip()
        if one["reden"] == Reden.GECORRIGEERD:
            return f"{stopped} {_what_counts(self._delivered(one))}".strip()
        if stopped:
            return stopped
        changes = self._outcome.changes
        if one["uitkomst"] == Uitkomst.LEERPLAN:
            plan = _leerplan(_first(changes.leerplannen, changes.onderdelen, one))
            waits = self._in_force.waits
            return _("counts: {plan}; {waits}").format(plan=plan, waits=waits or _("the next night delivers it"))
        plan = _leerplan(_first(self._in_force.leerplannen, self._in_force.onderdelen, one))
        return _("counts: {plan}; delivered before, and still in force").format(plan=plan)

    # --- what they look at -------------------------------------------------------------------------------------------

    @property
    def _mine(self) -> str:
        return _("this pupil's")

    def _is_own(self, one: Mapping[str, Any]) -> bool:
        return one["gebruikersnaam"] in set(self._own["leerlingnummer"].dropna())

    def _whose(self, one: Mapping[str, Any], key: str) -> str:
        """Whose a key of a result is."""
        pupils = self._outcome.leerlingen
        owners = set(pupils.loc[pupils[key] == one[key], "leerling"])
        since = self._school.config.leerlingnummers_valid_from
        if key == "leerlingnummer" and since and one["afnamedatum"] is not None and one["afnamedatum"].date() < since:
            return _("does not count, for the toets was taken before {day}").format(day=since)
        if len(owners) > 1:
            return _("of more than one pupil")
        if owners:
            if owners <= self._leerlingen:
                return self._mine
            return _("another pupil's") if self._leerlingen else _("of pupil {letter}").format(letter=self._letter(one, owners))
        if self._leerlingen:
            return _("not this pupil's") if self._own[key].notna().any() else _("says nothing, as this pupil's is not known")
        return _("of no pupil")

    def _letter(self, one: Mapping[str, Any], owners: set[int]) -> str:
        """Tells the pupils apart to whom the keys of a result lead, where it was joined with none of them."""
        pupils = self._outcome.leerlingen
        found = [set(pupils.loc[pupils[key] == one[key], "leerling"]) for key in KEYS if one[key] is not None]
        different = [numbers for place, numbers in enumerate(found) if len(numbers) == 1 and numbers not in found[:place]]
        return "ABC"[different.index(owners)]

    def _of(self, one: Mapping[str, Any], columns: Sequence[str]) -> list[Mapping[str, Any]]:
        """The results of this leerling that say the same in these columns."""
        return [other for other in self._joined if all(other[name] == one[name] for name in columns)]

    def _delivered(self, one: Mapping[str, Any]) -> list[dict[str, Any]]:
        onderdelen = self._in_force.onderdelen
        return records_of(onderdelen[_same(onderdelen, one, ("gebruikersnaam", "onderdeel"))])


def _ended(one: Mapping[str, Any]) -> str:
    """The step in which a result ended; the last one where nothing stopped it."""
    if one["reden"] is None:
        return PLAN
    if one["reden"] == Reden.GECORRIGEERD:
        return PLAN if one["selected"] else SELECT
    return _STOPPED_IN[Reden(one["reden"])]


def _level(label: str, written: str) -> str:
    """A level, and how the export writes it where that is something else."""
    same = "-".join(written.casefold().split()) == label
    return label if same else _("{label} (written '{written}')").format(label=label, written=written)


def _pointing_at(results: Sequence[Mapping[str, Any]]) -> str:
    places = ", ".join(_("{file} row {row}").format(file=other["bestand"], row=other["rij"]) for other in results)
    return _("See {places}.").format(places=places) if places else ""


def _what_counts(results: Sequence[Mapping[str, Any]]) -> str:
    if not results:
        return ""
    one = results[0]
    return _("What counts: {toets} of {day}, {functioneringsniveau}.").format(**{**one, "day": _day(one)})


def _leerplan(plan: Mapping[str, Any] | None) -> str:
    if plan is None:
        return _("a leerplan")
    return _("leerplan {vak}, revisie {revisie}, {status}").format(**plan)


def _first(leerplannen: pd.DataFrame, onderdelen: pd.DataFrame, one: Mapping[str, Any]) -> dict[str, Any] | None:
    """The leerplan with the onderdeel of a result."""
    vakken = onderdelen.loc[_same(onderdelen, one, ("gebruikersnaam", "onderdeel")), "vak"]
    found = leerplannen[(leerplannen["gebruikersnaam"] == one["gebruikersnaam"]) & leerplannen["vak"].isin(vakken)]
    return next(iter(records_of(found)), None)


def _has(table: pd.DataFrame, one: Mapping[str, Any], columns: Sequence[str]) -> bool:
    return bool(_same(table, one, columns).any())


def _same(table: pd.DataFrame, one: Mapping[str, Any], columns: Sequence[str]) -> "pd.Series[bool]":
    same = pd.Series(True, index=table.index)
    for name in columns:
        same &= table[name] == one[name]
    return same


def _is_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in CONTENT)


def _place(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["bestand"], one["rij"], one["volgorde"]


def _order(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["onderdeel"] or "", _day(one) or "", one["toets"] or "", one["bestand"], f"{one['rij']:09d}"


def _day(one: Mapping[str, Any]) -> str | None:
    return one["afnamedatum"].strftime("%Y-%m-%d") if one["afnamedatum"] is not None else None


def _shown(text: str | None) -> str | None:
    return printable(text) if text is not None else None
