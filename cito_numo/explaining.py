"""`explain`: why a pupil has these leerplannen, or none. Every result of the pupil step by step, what is in force, what else may be why.

Writes nothing. What lies ready is worked out as tonight would, with what the ledger knows. ECK iDs and their hashes are looked at, never
told; of another pupil nothing is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from cito_numo.causes import Case, causes
from cito_numo.config import School, Workspace
from cito_numo.corridor import Outcome
from cito_numo.errors import EXPORT_ROW_UNKNOWN, EXPORT_SEVERAL, EXPORT_UNKNOWN, CitoNumoError, Problem, printable, stop
from cito_numo.groundwork import Groundwork
from cito_numo.inbox import CITO, NUMO
from cito_numo.language import _
from cito_numo.ledger import Ledger, ledger_path, open_ledger
from cito_numo.outbox import check_ledger
from cito_numo.privacy import Secret
from cito_numo.revisions import INGETROKKEN
from cito_numo.steps import Explained, InForce, Steps
from cito_numo.tables import KEYS, records_of

_MOST_FILES = 12
_ONDERDEEL = (
    "onderdeel",
    "toets",
    "schooljaar",
    "afnamedatum",
    "toetsniveau",
    "functioneringsniveau",
    "relatief",
    "route",
    "startniveau",
    "doelniveau",
    "prioriteit",
)


class Row(NamedTuple):
    """One row of an export, as niet-geleverd.csv names it."""

    bestand: str
    """The file's name, or the end of its path."""
    rij: int


@dataclass(frozen=True)
class Asked:
    """Whom or what a person asks about: one of these."""

    leerling: str | None = None
    """A leerlingnummer as in Numo."""
    cito_key: str | None = None
    row: Row | None = None


@dataclass(frozen=True)
class Explanation:
    """What can be told. `leerling` is None where no pupil is known by what was asked."""

    korte_naam: str
    leerling: str | None
    klas: str | None
    in_numo: bool | None
    """Whether Numo's list, or what stands for it, has this pupil; None where that could not be looked at."""
    has_list: bool
    """Whether Numo's list is there; else the pupils of the EDEXML are, or those that the results name."""
    results: Sequence[Explained]
    leerplannen: Sequence[Mapping[str, Any]]
    """Those that are in force, with their onderdelen."""
    why: Sequence[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As `explain --json` prints it."""
        return {
            "school": self.korte_naam,
            "leerling": self.leerling,
            "in_numo": self.in_numo,
            "results": [result.as_dict() for result in self.results],
            "leerplannen": self.leerplannen,
            "why": self.why,
        }


@dataclass(frozen=True)
class _Found:
    """Who it is, and which results are looked at."""

    gebruikersnaam: str | None
    cito_keys: Sequence[str]
    rows: pd.Index


def explain(workspace: Workspace, school: School, day: date, asked: Asked) -> Explanation:
    """Explain what came, or would come tonight, of a pupil or of a row. CitoNumoError where there is no such file or row."""
    ground = Groundwork(workspace, day, dry_run=True)
    with open_ledger(ledger_path(school.folder), read_only=True) as ledger:
        outcome, problems = _foreseen(ground, school, ledger)
        if outcome is None and asked.row is not None:
            raise CitoNumoError(*problems)
        found = _find(asked, outcome, ledger)
        pupils = outcome.leerlingen if outcome is not None else None
        own = pupils[pupils["leerlingnummer"] == found.gebruikersnaam] if pupils is not None else None
        listed = own[own["in_numo"]] if own is not None else None
        waits = _waits(school, day, outcome)
        in_force = InForce(_of(ledger.leerplannen(), found.gebruikersnaam), _of(ledger.onderdelen(), found.gebruikersnaam), waits)
        results: Sequence[Explained] = []
        if outcome is not None and own is not None:
            results = Steps(school, outcome, in_force, own["leerling"].tolist()).of(found.rows)
        plans = _leerplannen(in_force, _files(outcome))
        case = Case(
            workspace=workspace,
            school=school,
            day=day,
            ledger=ledger,
            outcome=outcome,
            problems=problems,
            secret=_secret(ground),
            vakken=_vakken(ground),
            named=asked.leerling or asked.cito_key,
            about_row=asked.row is not None,
            gebruikersnaam=found.gebruikersnaam,
            cito_keys=found.cito_keys,
            results=results,
            in_force=in_force,
        )
        klassen = listed["klas"].dropna().tolist() if listed is not None else []
        return Explanation(
            korte_naam=printable(school.korte_naam),
            leerling=printable(found.gebruikersnaam) if found.gebruikersnaam is not None else None,
            klas=printable(klassen[0]) if klassen else None,
            in_numo=None if listed is None else len(listed) > 0,
            has_list=outcome is not None and any(str(content["path"]).startswith(f"{NUMO}/") for content in outcome.inputs),
            results=results,
            leerplannen=plans,
            why=[printable(text) for text in causes(case)],
        )


def _foreseen(ground: Groundwork, school: School, ledger: Ledger) -> tuple[Outcome | None, Sequence[Problem]]:
    try:
        check_ledger(ledger, school.folder)
        return ground.foresee(school, ledger), []
    except CitoNumoError as error:  # there is nothing that can be read: what is in force can still be told
        return None, error.problems


def _secret(ground: Groundwork) -> Secret | None:
    try:
        return ground.secret
    except CitoNumoError:  # told already, as what kept the results from being read
        return None


def _vakken(ground: Groundwork) -> Mapping[str, str]:
    try:
        return ground.rules.leerlijnen.vak_of
    except CitoNumoError:
        return {}


def _find(asked: Asked, outcome: Outcome | None, ledger: Ledger) -> _Found:
    if asked.row is not None and outcome is not None:
        rows = _rows_at(outcome, asked.row)
        joined = outcome.results.loc[rows, "gebruikersnaam"].dropna()
        gebruikersnaam = str(joined.iloc[0]) if len(joined) else None
        return _Found(gebruikersnaam, _cito_keys(gebruikersnaam, outcome, ledger), rows)
    gebruikersnaam = asked.leerling
    keys = [asked.cito_key] if asked.cito_key is not None else []
    if asked.cito_key is not None:
        gebruikersnaam = _owner(asked.cito_key, outcome, ledger)
    keys = list(dict.fromkeys([*keys, *_cito_keys(gebruikersnaam, outcome, ledger)]))
    return _Found(gebruikersnaam, keys, _rows_of(gebruikersnaam, keys, outcome) if outcome is not None else pd.Index([]))


def _owner(cito_key: str, outcome: Outcome | None, ledger: Ledger) -> str | None:
    """The one pupil with this Cito key; None where there is none, or more than one."""
    if outcome is not None:
        pupils = outcome.leerlingen
        owners = pupils.loc[pupils["cito_key"] == cito_key].drop_duplicates("leerling")["leerlingnummer"].tolist()
    else:
        table = ledger.key_table("")
        owners = table.loc[table["cito_key"] == cito_key, "gebruikersnaam"].drop_duplicates().tolist()
    return owners[0] if len(owners) == 1 and isinstance(owners[0], str) else None


def _cito_keys(gebruikersnaam: str | None, outcome: Outcome | None, ledger: Ledger) -> list[str]:
    if gebruikersnaam is None:
        return []
    if outcome is None:
        return ledger.cito_keys(gebruikersnaam)
    pupils = outcome.leerlingen
    return pupils.loc[pupils["leerlingnummer"] == gebruikersnaam, "cito_key"].dropna().drop_duplicates().tolist()


def _rows_of(gebruikersnaam: str | None, cito_keys: Sequence[str], outcome: Outcome) -> pd.Index:
    """The results that have a key of the pupil, or were joined with the pupil; also those that contradict something."""
    results, pupils = outcome.results, outcome.leerlingen
    own = pupils[pupils["leerlingnummer"] == gebruikersnaam]
    values = {"leerlingnummer": [gebruikersnaam], "eck_id": own["eck_id"].dropna().tolist(), "cito_key": list(cito_keys)}
    theirs = results["gebruikersnaam"] == gebruikersnaam
    for key in KEYS:
        theirs |= results[key].isin([value for value in values[key] if value is not None])
    return results.index[theirs.fillna(False).astype(bool)]


def _rows_at(outcome: Outcome, row: Row) -> pd.Index:
    results = outcome.results
    files = sorted({str(content["path"]).removeprefix(f"{CITO}/") for content in outcome.inputs if _is_export(str(content["path"]))})
    wanted = row.bestand
    near = [name for name in files if name.endswith(f"/{wanted}") or wanted.endswith(f"/{name}")]
    found = [wanted] if wanted in files else near
    if not found:
        raise stop(EXPORT_UNKNOWN, CITO, file=wanted, files=_listed(files))
    if len(found) > 1:
        raise stop(EXPORT_SEVERAL, CITO, file=wanted, files=_listed(found))
    of_file = results[results["bestand"].astype("str") == found[0]]
    rows = of_file.index[of_file["rij"] == row.rij]
    if not len(rows):
        if not len(of_file):
            raise stop(EXPORT_ROW_UNKNOWN, f"{CITO}/{found[0]}", row=row.rij, rows=_("none"))
        raise stop(EXPORT_ROW_UNKNOWN, f"{CITO}/{found[0]}", row=row.rij, rows=f"{of_file['rij'].min()} … {of_file['rij'].max()}")
    return rows


def _is_export(path: str) -> bool:
    return path.startswith(f"{CITO}/")


def _listed(files: Sequence[str]) -> str:
    shown = ", ".join(files[:_MOST_FILES]) or _("none")
    return f"{shown}, …" if len(files) > _MOST_FILES else shown


def _waits(school: School, day: date, outcome: Outcome | None) -> str:
    """What keeps new leerplannen from being delivered, in a few words."""
    if not school.is_active(day):
        return _("it waits until the school is active")
    return _("it waits, for the night would be held") if outcome is not None and outcome.holds else ""


def _of(table: pd.DataFrame, gebruikersnaam: str | None) -> pd.DataFrame:
    return table[table["gebruikersnaam"] == gebruikersnaam]


def _files(outcome: Outcome | None) -> Mapping[int, str]:
    """The export in the inbox of each order."""
    inputs = outcome.inputs if outcome is not None else []
    exports = ((int(str(content["volgorde"])), str(content["path"])) for content in inputs if _is_export(str(content["path"])))
    return {volgorde: printable(path.removeprefix(f"{CITO}/")) for volgorde, path in exports}


def _leerplannen(in_force: InForce, files: Mapping[int, str]) -> list[dict[str, Any]]:
    """The leerplannen that are in force; `bestand` is the export that gave an onderdeel, None where it is not in the inbox any more."""
    plans = in_force.leerplannen[in_force.leerplannen["status"] != INGETROKKEN]
    onderdelen = in_force.onderdelen
    days = onderdelen["afnamedatum"].dt.strftime("%Y-%m-%d").astype("str")
    told = [*records_of(onderdelen.assign(afnamedatum=days))]
    return [
        {
            **{name: plan[name] for name in ("leerplan_id", "vak", "klas", "revisie", "status")},
            "onderdelen": [
                {**{name: one[name] for name in _ONDERDEEL}, "bestand": files.get(one["volgorde"])}
                for one in told
                if one["vak"] == plan["vak"]
            ],
        }
        for plan in records_of(plans)
    ]
