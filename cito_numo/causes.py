"""Why a pupil has no leerplan: what the tool knows of it, and what may be the cause outside of it. Texts, most likely first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cito_numo.config import School, Workspace
from cito_numo.corridor import Outcome
from cito_numo.errors import (
    WAITING_ACTIVE_FROM,
    WAITING_INACTIVE,
    WAITING_NO_KEYS,
    WAITING_NO_RESULTS,
    ExitCode,
    Problem,
)
from cito_numo.inbox import CITO, NUMO
from cito_numo.language import _, ngettext
from cito_numo.ledger import Ledger
from cito_numo.privacy import Secret
from cito_numo.revisions import INGETROKKEN
from cito_numo.runs import Status
from cito_numo.schooljaar import schooljaar_start
from cito_numo.steps import Explained, InForce
from cito_numo.tables import rows_of
from cito_numo.uitkomst import Reden, Uitkomst


@dataclass(frozen=True)
class Case:
    """What is known of a pupil, or of a row, that is asked about."""

    workspace: Workspace
    school: School
    day: date
    ledger: Ledger
    outcome: Outcome | None
    """None where there was nothing to read; `problems` says why."""
    problems: Sequence[Problem]
    secret: Secret | None
    vakken: Mapping[str, str]
    """The vak of each onderdeel."""
    named: str | None
    """The number or Cito key as a person gave it."""
    about_row: bool
    gebruikersnaam: str | None
    cito_keys: Sequence[str]
    results: Sequence[Explained]
    in_force: InForce

    @property
    def has_leerplan(self) -> bool:
        """Whether a leerplan is in force, or would be delivered tonight."""
        return self.is_delivered or any(result.in_leerplan for result in self.results)

    @property
    def is_delivered(self) -> bool:
        """Whether a leerplan is in force."""
        return bool((self.in_force.leerplannen["status"] != INGETROKKEN).any())


def causes(case: Case) -> list[str]:
    """What is known of who it is, of what was read and taken away, and of the school; last what may be why outside of the tool."""
    of_pupil, outside = ([*_identity(case), *_results(case)], _outside(case)) if not case.about_row else ([], [])
    return list(dict.fromkeys([*of_pupil, *_taken_away(case), *_school(case), *outside]))


# --- who it is -------------------------------------------------------------------------------------------------------


def _identity(case: Case) -> Iterator[str]:
    if case.outcome is None:
        return
    pupils = case.outcome.leerlingen
    if case.gebruikersnaam is None:
        owners = pupils.loc[pupils["cito_key"] == case.named, "leerling"].nunique()
        if owners == 1:
            yield _("The EDEXML names this Cito key, but no gebruikersnaam with it.") + " " + _ask_for_edexml()
        elif owners:
            yield _("This Cito key belongs to more than one pupil, so that nothing is joined on it: the EDEXML has to be put right.")
        else:
            yield _("The key table has no such Cito key: no EDEXML that was read names this pupil.") + " " + _ask_for_edexml()
        return
    own = pupils[pupils["leerlingnummer"] == case.gebruikersnaam]
    if not own["in_numo"].any():
        yield from _not_in_numo(case, known=len(own) > 0)
    elif case.school.needs_keys and own["cito_key"].isna().all():
        if case.ledger.has_keys() or case.outcome.key_table is not None:
            yield _("No EDEXML that was read names this pupil, so that no Cito key is known to join results on.") + " " + _ask_for_edexml()
        else:
            yield str(Problem(WAITING_NO_KEYS))


def _not_in_numo(case: Case, *, known: bool) -> Iterator[str]:
    assert case.outcome is not None
    pupils = case.outcome.leerlingen
    has_list = any(str(content["path"]).startswith(f"{NUMO}/") for content in case.outcome.inputs)
    if known:
        yield _("The EDEXML names this pupil, but Numo's list does not. Is the pupil in Numo, with this gebruikersnaam?")
    elif has_list:
        yield _("Not in Numo's list (inbox/numo). Is it typed as the gebruikersnaam in Numo, and is the list of today?")
    elif len(pupils):
        yield _("Not in the key table, and there is no list of Numo (inbox/numo): no EDEXML that was read names this pupil.")
    else:
        yield _("There is no list of pupils: inbox/numo holds no list of Numo, and no EDEXML was read.")
    if _differs_in_zeros(case, case.outcome):
        yield _("There is a pupil whose leerlingnummer differs from this in leading zeros only. They matter: type it as Numo has it.")


def _differs_in_zeros(case: Case, outcome: Outcome) -> bool:
    """Whether a number that nobody has is somebody's but for leading zeros."""
    numbers = outcome.leerlingen.loc[outcome.leerlingen["in_numo"], "leerlingnummer"].dropna()
    bare = (case.gebruikersnaam or "").lstrip("0")
    return bool(bare) and not (numbers == case.gebruikersnaam).any() and bool((numbers.str.lstrip("0") == bare).any())


def _lacks_key(case: Case) -> bool:
    """Whether no result could be known to be this pupil's, for want of the Cito key that its school is joined on."""
    return case.school.needs_keys and case.gebruikersnaam is not None and not case.cito_keys


def _ask_for_edexml() -> str:
    return _("The school's Somtoday administrator exports the Cito-importbestand anew and mails it to support@kurve.nl.")


# --- what was read ---------------------------------------------------------------------------------------------------


def _results(case: Case) -> Iterator[str]:
    outcome = case.outcome
    if outcome is None:
        return
    if _differs_in_zeros(case, outcome):
        return
    if not case.has_leerplan:
        yield from _troubled(outcome)
    if not case.results and _lacks_key(case):
        nobodys = int((outcome.results["reden"] == Reden.GEEN_LEERLING).sum())
        yield _("Without a Cito key it is not known which results are this pupil's. Results with a key that is nobody's: {n}.").format(
            n=nobodys
        )
    elif not case.results:
        yield from _nothing_read(case, outcome)
    elif not case.has_leerplan:
        n = len(case.results)
        text = ngettext(
            "The {n} result that was read came into no leerplan", "None of the {n} results that were read came into a leerplan", n
        )
        yield _("{text}: {counts}. Each says why.").format(text=text.format(n=n), counts=_counted(case.results))
        if any(result.uitkomst == Uitkomst.VORIG_SCHOOLJAAR for result in case.results):
            yield _earlier_schooljaar(case)
    else:
        yield from _of_vakken(case)
    yield from _without_zeros(case, outcome)


def _of_vakken(case: Case) -> Iterator[str]:
    """Of the vakken without a leerplan of a pupil who has one."""
    in_force = case.in_force.leerplannen
    missing = []
    for vak in dict.fromkeys(case.vakken.values()):
        results = [result for result in case.results if case.vakken.get(result.onderdeel or "") == vak]
        if any(result.in_leerplan for result in results) or (in_force["vak"] == vak).any():
            continue
        if results:
            yield _("No leerplan {vak}: {counts}. Each says why.").format(vak=vak, counts=_counted(results))
        else:
            missing.append(vak)
    if missing:
        yield _("Nothing was read for {vakken}: not taken, or held back in Leerling in beeld.").format(vakken=", ".join(missing))


def _counted(results: Sequence[Explained]) -> str:
    counts = Counter(result.uitkomst for result in results)
    return ", ".join(f"{uitkomst.value} {counts[uitkomst.value]}" for uitkomst in Uitkomst if counts[uitkomst.value])


def _nothing_read(case: Case, outcome: Outcome) -> Iterator[str]:
    exports = [content for content in outcome.inputs if str(content["path"]).startswith(f"{CITO}/")]
    if not exports and not any(_troubled(outcome)):
        yield str(Problem(WAITING_NO_RESULTS))
    else:
        read = len(outcome.results)
        yield ngettext(
            "No export in inbox/cito has a result of this pupil ({n} result was read).",
            "No export in inbox/cito has a result of this pupil ({n} results were read).",
            read,
        ).format(n=read)
    klas = _klas(case, outcome)
    klassen = {str(name).strip().casefold() for name in outcome.results["klas"].dropna().unique()}
    if klas and klassen and klas.strip().casefold() not in klassen:
        yield _("They have no result of klas {klas} at all: is the export of that klas missing?").format(klas=klas)


def _outside(case: Case) -> Iterator[str]:
    """What may be why nothing was read of a pupil who has no leerplan."""
    if case.outcome is None or case.results or case.is_delivered or _lacks_key(case) or _differs_in_zeros(case, case.outcome):
        return
    yield _(
        "Cito may hold it back: it sends on only what the terugstuuroptie in Leerling in beeld lets through. The school can look there; "
        "its results come with the next export once it is raised."
    )
    yield _("The toets may not have been taken or finished, or was reset; the school sees that in Leerling in beeld.")
    yield _("The export may have been made before the toets was finished, or of another klas: export again and put it in inbox/cito.")
    yield _earlier_schooljaar(case)


def _earlier_schooljaar(case: Case) -> str:
    return _(
        "A toets of before {day} is of an earlier schooljaar. It is coupled only after a request to klantenservice@cito.nl, "
        "and then with cito-numo import."
    ).format(day=schooljaar_start(case.day))


def _troubled(outcome: Outcome) -> Iterator[str]:
    """What is wrong with exports: the pupil may stand in one that could not be read."""
    for problem in outcome.problems:
        if problem.kind.exit_code is not ExitCode.DONE and problem.place.startswith(CITO):
            yield str(problem)


def _klas(case: Case, outcome: Outcome) -> str | None:
    pupils = outcome.leerlingen
    known = pupils.loc[(pupils["leerlingnummer"] == case.gebruikersnaam) & pupils["klas"].notna(), "klas"]
    return str(known.iloc[0]) if len(known) else None


def _without_zeros(case: Case, outcome: Outcome) -> Iterator[str]:
    bare = (case.gebruikersnaam or "").lstrip("0")
    if not bare or bare == case.gebruikersnaam:
        return
    results = outcome.results
    lacking = results[(results["leerlingnummer"] == bare) & (results["reden"] == Reden.NULLEN_WEG)]
    if len(lacking):
        first = lacking.iloc[0]
        yield ngettext(
            "{n} result stands under this number without its leading zeros, and is joined with nobody: {file} row {row}.",
            "{n} results stand under this number without its leading zeros, and are joined with nobody: {file} row {row}, ….",
            len(lacking),
        ).format(n=len(lacking), file=first["bestand"], row=first["rij"])


# --- what was taken away ---------------------------------------------------------------------------------------------


def _taken_away(case: Case) -> Iterator[str]:
    purged = case.ledger.purged()
    numbers = {number for number in (case.gebruikersnaam, *case.cito_keys) if number}
    own = [purged[hashed] for number in numbers if case.secret and (hashed := case.secret.hash_leerling(number)) in purged]
    if own:
        yield _("All of this pupil was purged: results of before {day} are not delivered again.").format(day=max(own))
    if "" in purged and not case.has_leerplan:
        barred = int((case.outcome.results["reden"] == Reden.GEWIST).sum()) if case.outcome is not None else 0
        text = _("What was taken before {day} was purged for all pupils, and is not delivered again (in the inbox: {n}).")
        yield text.format(day=purged[""], n=barred)
    if case.gebruikersnaam is None:
        return
    in_force = set(case.in_force.onderdelen["onderdeel"])
    withdrawn = case.ledger.withdrawn()
    withdrawn = withdrawn[(withdrawn["gebruikersnaam"] == case.gebruikersnaam) & ~withdrawn["onderdeel"].isin(in_force)]
    for onderdeel, toets, day in rows_of(withdrawn[["onderdeel", "toets", "afnamedatum"]].drop_duplicates()):
        assert isinstance(day, datetime)
        yield _("{onderdeel}, {toets} of {day}, was delivered and withdrawn by a person: only a newer result comes back.").format(
            onderdeel=onderdeel, toets=toets, day=day.date()
        )
    corrected = case.ledger.vervallen()
    corrected = corrected[(corrected["gebruikersnaam"] == case.gebruikersnaam) & ~corrected["onderdeel"].isin(in_force)]
    for onderdeel, toets in rows_of(corrected[["onderdeel", "toets"]].drop_duplicates()):
        yield _("{onderdeel}: a correction of {toets} lies above the terugstuuroptie, and took it out of its leerplan.").format(
            onderdeel=onderdeel, toets=toets
        )
    gone = case.in_force.leerplannen
    for vak, revisie in rows_of(gone.loc[gone["status"] == INGETROKKEN, ["vak", "revisie"]]):
        yield _("Leerplan {vak} was delivered as ingetrokken (revisie {revisie}).").format(vak=vak, revisie=revisie)
    if case.outcome is not None:
        coming = case.outcome.changes.ingetrokken
        for vak, reden in rows_of(coming.loc[coming["gebruikersnaam"] == case.gebruikersnaam, ["vak", "reden"]]):
            yield _("The next night withdraws leerplan {vak}: {reden}").format(vak=vak, reden=reden)


# --- how the school stands -------------------------------------------------------------------------------------------


def _school(case: Case) -> Iterator[str]:
    school = case.school
    if not school.is_active(case.day):
        start = school.config.active_from
        yield str(Problem(WAITING_ACTIVE_FROM, "", {"date": start}) if start else Problem(WAITING_INACTIVE))
    waits = case.outcome is not None and not case.in_force.waits
    if waits and case.has_leerplan and not case.is_delivered and case.ledger.last_night() is not None:
        yield _("What came in since the last night is delivered by the next: {command}").format(
            command=case.workspace.command("sync", school.korte_naam)
        )
    now = [str(problem) for problem in (case.problems if case.outcome is None else case.outcome.holds)]
    last = case.ledger.last_night()
    if last is None and school.is_active(case.day):
        yield _("This school had no night yet: {command}").format(command=case.workspace.command("sync", school.korte_naam))
    if last is not None and last.status in (Status.HELD, Status.FAILED):
        said = [str(message["text"]) for message in last.messages if message["needs_person"] and message["text"] not in now]
        at = last.at[:16].replace("T", " ")
        how = _("The last night ({at}) was held.") if last.status == Status.HELD else _("The last night ({at}) failed.")
        yield " ".join([how.format(at=at), *said])
    if case.outcome is None:
        yield _("The results in the inbox cannot be worked out, so nothing of them is told here.")
    yield from now
