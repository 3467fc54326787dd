"""The ledger: SQLite, one per school. What is in force, which key is which pupil, which files were seen, what the last night found.

Leerplannen are never overwritten: each revisie is a row of its own, and belongs to a run. What is in force is the newest revisie of a
run that was delivered, so that marking one run delivered (or forgetting it) is all it takes to finish (or discard) it after a crash.
"""

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cito_numo.errors import (
    IO_FAILED,
    LEDGER_DAMAGED,
    LEDGER_IN_USE,
    LEDGER_UNFINISHED,
    CitoNumoError,
    Problem,
    problem_of,
)
from cito_numo.language import N_, _
from cito_numo.ledger_file import connect, iso_today, prepared
from cito_numo.locking import school_lock

if TYPE_CHECKING:
    import pandas as pd

    from cito_numo.revisions import Changes
    from cito_numo.tables import Column

_IO_DETAILS = {
    sqlite3.SQLITE_FULL: N_("No space left on device"),
    sqlite3.SQLITE_IOERR: N_("Reading or writing it failed"),
    sqlite3.SQLITE_READONLY: N_("It may not be written"),
    sqlite3.SQLITE_CANTOPEN: N_("It cannot be opened"),
}

_NEWEST = """
    SELECT leerplan, leerplan_id, gebruikersnaam, vak, klas, max(revisie) AS revisie, status
    FROM leerplannen JOIN runs USING (run_id) WHERE state = 'delivered' GROUP BY leerplan_id
"""


_ONDERDELEN = "onderdelen USING (leerplan) JOIN inhouden USING (inhoud)"


class RunState(StrEnum):
    """How far a run came: written down, built beside the outbox, there."""

    PENDING = "pending"
    BUILT = "built"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class Night:
    """What the last night that was worked out found, to see whether tonight could find anything else."""

    fingerprint: str | None
    """Of all that the outcome depends on; None where the night has to be worked out anew."""
    first_day: str
    """The day it was worked out for, ISO."""
    until: str
    """The first later day on which the outcome may differ by itself, ISO."""
    exit_code: int
    messages: Sequence[Mapping[str, Any]]
    """What was said (`report.Message`), so that it is not said again while it lasts."""
    pupils: int
    """How many pupils Numo had when last delivered, to see whether they shrink."""
    manifest: Mapping[str, Any]
    status: str = ""
    at: str = ""
    """When it ended: a moment, ISO."""
    good_at: str = ""
    """When the last night ended on which the school got what there was; a moment, ISO."""
    outbox: Mapping[str, Sequence[Sequence[Any]]] = field(default_factory=dict)
    """The stamps of the files of each run that was seen to be as it was delivered."""
    judged: Mapping[str, int] = field(default_factory=dict)
    """The counts of the last night that judged results: this one, or one before it; empty before the first."""

    def covers(self, fingerprint: str, day: date) -> bool:
        """Whether a night of this fingerprint and day would find the same."""
        return self.fingerprint == fingerprint and self.first_day <= day.isoformat() < self.until


class Ledger:
    """One school's ledger, open. Every method that writes is one transaction: it is there whole or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # --- files and keys ----------------------------------------------------------------------------------------------

    def orders(self) -> dict[str, int]:
        """The order of each file that was seen, by sha256: a higher one is newer."""
        return dict(self._connection.execute("SELECT sha256, volgorde FROM bestanden").fetchall())

    def remember_files(self, orders: Mapping[str, int]) -> None:
        """Keep the orders of files for ever: what was seen first stays older."""
        with self._transaction():
            self._keep_files(orders)

    def key_table(self, secret: str) -> "pd.DataFrame":
        """Which key is which pupil (columns `tables.KEY_TABLE`).

        An ECK iD that was hashed with another secret than the one of this fingerprint is left out: it would contradict all others.
        """
        from cito_numo.tables import KEY_TABLE

        hashed = "SELECT cito_key, gebruikersnaam, CASE WHEN secret = ? THEN eck_id END AS eck_id, klas, volgorde FROM sleutels"
        return self._frame(f"SELECT {{columns}} FROM ({hashed}) ORDER BY cito_key, gebruikersnaam, eck_id", KEY_TABLE, secret)

    def has_keys(self) -> bool:
        """Whether any EDEXML was taken in."""
        return self._connection.execute("SELECT 1 FROM sleutels LIMIT 1").fetchone() is not None

    def remember_keys(self, keys: "pd.DataFrame", secret: str) -> None:
        """Make this the key table (columns `tables.KEY_TABLE`), of which ECK iDs were hashed with the secret of this fingerprint."""
        with self._transaction():
            self._keep_keys(keys, secret)

    def keys_since(self) -> int:
        """EDEXML files of a lower order were seen before the key table was last replaced, and no longer count; 0 where it never was."""
        return int(self._connection.execute("SELECT coalesce(max(volgorde), 0) FROM sleutels_vanaf").fetchone()[0])

    def import_keys(
        self, keys: "pd.DataFrame", secret: str, orders: Mapping[str, int], accepted: Sequence[str], replaced: int | None
    ) -> None:
        """Keep all of an import at once: the key table, the orders of its files, and what a person agreed to.

        `replaced` is the order from which files count again, where they replaced the key table. The next night is worked out anew.
        """
        with self._transaction():
            self._keep_files(orders)
            self._keep_keys(keys, secret)
            if replaced is not None:
                # What was agreed to before was about a key table that is gone.
                self._connection.execute("DELETE FROM akkoorden")
                self._connection.execute("DELETE FROM sleutels_vanaf")
                self._connection.execute("INSERT INTO sleutels_vanaf VALUES (?)", (replaced,))
            self._keep_accepted(accepted)
            self._new_night()

    def accepted(self) -> frozenset[str]:
        """The codes of holds that a person agreed to."""
        return frozenset(code for (code,) in self._connection.execute("SELECT code FROM akkoorden"))

    def remember_accepted(self, codes: Sequence[str]) -> None:
        """Keep that a person agreed to these holds: they do not come back for the same files."""
        with self._transaction():
            self._keep_accepted(codes)

    # --- what is in force --------------------------------------------------------------------------------------------

    def leerplannen(self) -> "pd.DataFrame":
        """The newest delivered revisie of each leerplan (columns `tables.LEERPLANNEN`), those that are ingetrokken too."""
        from cito_numo.tables import LEERPLANNEN

        return self._frame(f"SELECT {{columns}} FROM ({_NEWEST}) ORDER BY gebruikersnaam, vak", LEERPLANNEN)

    def count_plans(self) -> dict[str, int]:
        """How many leerplannen are in force, and how many of them a teacher still has to process."""
        count = f"SELECT count(*), coalesce(sum(status = 'te_verwerken'), 0) FROM ({_NEWEST}) WHERE status <> 'ingetrokken'"
        in_force, te_verwerken = self._connection.execute(count).fetchone()
        return {"in_force": in_force, "te_verwerken": te_verwerken}

    def keys_taken_in(self) -> str:
        """The day on which the newest EDEXML that the key table has keys of was first seen, ISO; an empty text where there is no key."""
        newest = "SELECT coalesce(max(gezien), '') FROM sleutels JOIN bestanden USING (volgorde)"
        return str(self._connection.execute(newest).fetchone()[0])

    def onderdelen(self) -> "pd.DataFrame":
        """The onderdelen of those revisies (columns `tables.ONDERDELEN`)."""
        from cito_numo.tables import ONDERDELEN

        query = f"SELECT {{columns}} FROM ({_NEWEST}) JOIN {_ONDERDELEN} ORDER BY gebruikersnaam, vak, prioriteit"
        return self._frame(query, ONDERDELEN)

    def vervallen(self) -> "pd.DataFrame":
        """The corrections that took an onderdeel out (columns `tables.VERVALLEN`), the newest of each."""
        from cito_numo.tables import VERVALLEN

        query = """
            SELECT {columns} FROM (
                SELECT gebruikersnaam, onderdeel, schooljaar, toets, max(volgorde) AS volgorde
                FROM vervallen JOIN runs USING (run_id) WHERE state = 'delivered' GROUP BY gebruikersnaam, onderdeel, schooljaar, toets)
        """
        return self._frame(query, VERVALLEN)

    def withdrawn(self) -> "pd.DataFrame":
        """What was in force when a person withdrew it (columns `tables.WITHDRAWN`)."""
        from cito_numo.tables import WITHDRAWN

        return self._frame("SELECT {columns} FROM ingetrokken JOIN runs USING (run_id) WHERE state = 'delivered'", WITHDRAWN)

    def of_leerplannen(self, leerplan_ids: Iterable[str]) -> "pd.DataFrame":
        """What is in force of these leerplannen, to keep as withdrawn (columns `tables.WITHDRAWN`)."""
        from cito_numo.tables import WITHDRAWN

        wanted = json.dumps(list(leerplan_ids))
        query = f"SELECT {{columns}} FROM ({_NEWEST}) JOIN {_ONDERDELEN}"
        return self._frame(f"{query} WHERE leerplan_id IN (SELECT value FROM json_each(?))", WITHDRAWN, wanted)

    def runs_of(self, leerplan_ids: Iterable[str]) -> dict[str, str]:
        """The run that delivered the newest revisie of each of these leerplannen."""
        query = f"SELECT leerplannen.leerplan_id, run_id FROM ({_NEWEST}) AS newest JOIN leerplannen USING (leerplan)"
        wanted = json.dumps(list(leerplan_ids))
        return dict(
            self._connection.execute(f"{query} WHERE leerplannen.leerplan_id IN (SELECT value FROM json_each(?))", (wanted,)).fetchall()
        )

    def confirm(self, onderdelen: "pd.DataFrame") -> None:
        """Keep that newer files gave results that are in force once more (columns leerplan_id, revisie, onderdeel, volgorde)."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE onderdelen SET volgorde = ?4 WHERE onderdeel = ?3"
                " AND leerplan = (SELECT leerplan FROM leerplannen WHERE leerplan_id = ?1 AND revisie = ?2)",
                _records(onderdelen[["leerplan_id", "revisie", "onderdeel", "volgorde"]]),
            )

    # --- runs --------------------------------------------------------------------------------------------------------

    def newest_run(self) -> str:
        """The greatest run-id there is, or an empty text."""
        return max(self.runs(), default="")

    def runs(self) -> dict[str, str | None]:
        """Every run there ever was, oldest first, with the sha256 of its manifest.json; None where that is not known."""
        return dict(self._connection.execute("SELECT run_id, manifest FROM runs ORDER BY run_id").fetchall())

    def revisie_floor(self) -> int:
        """A revisie that is given from now on is higher than this: 0, but where the ledger forgot some that were given."""
        return int(self._connection.execute("SELECT coalesce(max(revisie), 0) FROM ondergrens").fetchone()[0])

    def highest_revisie(self) -> int:
        """No revisie that was given is higher than this: a run adds one at most."""
        return self.revisie_floor() + len(self.runs())

    def unfinished(self) -> list[tuple[str, RunState]]:
        """Runs that were not delivered, oldest first."""
        rows = self._connection.execute("SELECT run_id, state FROM runs WHERE state <> 'delivered' ORDER BY run_id").fetchall()
        return [(run_id, RunState(state)) for run_id, state in rows]

    def begin(
        self,
        run_id: str,
        changes: "Changes",
        vervallen: "pd.DataFrame | None" = None,
        withdrawn: "pd.DataFrame | None" = None,
        *,
        full: bool = False,
    ) -> None:
        """Write down what a run will deliver, as pending.

        `vervallen` are corrections that took an onderdeel out, `withdrawn` is what a person took out (columns `tables.VERVALLEN` and
        `tables.WITHDRAWN`). With `full`, leerplannen that did not change are in force already.
        """
        from cito_numo.ledger_rows import rows_to_keep

        known = {*self._connection.execute("SELECT leerplan_id, revisie FROM leerplannen")} if full else set()
        highest = self._connection.execute(
            "SELECT (SELECT coalesce(max(leerplan), 0) FROM leerplannen), (SELECT coalesce(max(inhoud), 0) FROM inhouden)"
        )
        plans, inhouden, onderdelen = rows_to_keep(changes, known, *highest.fetchone())
        with self._transaction():
            self._connection.execute("INSERT INTO runs VALUES (?, ?, NULL)", (run_id, RunState.PENDING))
            self._insert("leerplannen", plans.assign(run_id=run_id))
            self._insert("inhouden", inhouden)
            self._insert("onderdelen", onderdelen)
            for table, rows in (("vervallen", vervallen), ("ingetrokken", withdrawn)):
                if rows is not None:
                    self._insert(table, rows.assign(run_id=run_id))
            self._new_night()

    def mark(self, run_id: str, state: RunState) -> None:
        """Keep how far a run came."""
        with self._transaction():
            self._connection.execute("UPDATE runs SET state = ? WHERE run_id = ?", (state, run_id))

    def discard(self, run_id: str) -> None:
        """Forget a run that was not delivered."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM onderdelen WHERE leerplan IN (SELECT leerplan FROM leerplannen WHERE run_id = ?)", (run_id,)
            )
            for table in ("leerplannen", "vervallen", "ingetrokken", "runs"):
                self._connection.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))
            self._forget_inhouden()

    def mark_built(self, run_id: str, manifest: str) -> None:
        """Keep that a run is built, for the first time or anew, and the sha256 of its manifest.json."""
        with self._transaction():
            self._connection.execute("UPDATE runs SET state = ?, manifest = ? WHERE run_id = ?", (RunState.BUILT, manifest, run_id))

    # --- what was purged ---------------------------------------------------------------------------------------------

    def purged(self) -> dict[str, str]:
        """Per leerling (`Secret.hash_leerling`; an empty text is everybody): what was taken before this ISO day is not delivered again."""
        return dict(self._connection.execute("SELECT leerling, tot FROM gewist").fetchall())

    def to_purge(self, before: date) -> dict[str, int]:
        """How many leerplannen and keys `purge` would take out."""
        whole, keys, _run_id = self._old(before)
        return {"leerplannen": len(whole), "keys": keys}

    def purge(self, before: date) -> None:
        """Take out what is about tests that were taken before a day, and keys of files that were first seen before it; for good."""
        whole, _keys, run_id = self._old(before)
        day = before.isoformat()
        with self._transaction():
            self._forget(whole)
            self._connection.execute("DELETE FROM onderdelen WHERE inhoud IN (SELECT inhoud FROM inhouden WHERE afnamedatum < ?)", (day,))
            older = f"SELECT leerplan FROM leerplannen WHERE run_id < ? EXCEPT SELECT leerplan FROM ({_NEWEST})"
            for table in ("onderdelen", "leerplannen"):
                self._connection.execute(f"DELETE FROM {table} WHERE leerplan IN ({older})", (run_id,))
            self._forget_inhouden()
            self._connection.execute(
                "UPDATE onderdelen SET prioriteit = nieuw FROM (SELECT leerplan AS l, onderdeel AS o, row_number() OVER"
                " (PARTITION BY leerplan ORDER BY prioriteit) AS nieuw FROM onderdelen) WHERE leerplan = l AND onderdeel = o"
            )
            self._connection.execute("DELETE FROM vervallen WHERE run_id < ?", (run_id,))
            self._connection.execute("DELETE FROM ingetrokken WHERE afnamedatum < ?", (day,))
            gone = self._connection.execute(
                "DELETE FROM sleutels WHERE volgorde IN (SELECT volgorde FROM bestanden WHERE gezien < ?)", (day,)
            )
            if gone.rowcount:  # that there are fewer pupils then is no mistake
                self._connection.execute("UPDATE nacht SET inhoud = json_set(inhoud, '$.pupils', 0)")
            self._bar([""], day)
            self._connection.execute("DELETE FROM gewist WHERE leerling <> '' AND tot <= ?", (day,))
            self._new_night()
        self._connection.execute("VACUUM")

    def of_leerling(self, gebruikersnaam: str) -> dict[str, int]:
        """How many leerplannen and keys of a pupil there are."""
        plans = self._connection.execute("SELECT count(DISTINCT leerplan_id) FROM leerplannen WHERE gebruikersnaam = ?", (gebruikersnaam,))
        keys = self._connection.execute("SELECT count(*) FROM sleutels WHERE gebruikersnaam = ?", (gebruikersnaam,))
        return {"leerplannen": int(plans.fetchone()[0]), "keys": int(keys.fetchone()[0])}

    def cito_keys(self, gebruikersnaam: str) -> list[str]:
        """The Cito keys of a pupil."""
        found = self._connection.execute("SELECT cito_key FROM sleutels WHERE gebruikersnaam = ? ORDER BY cito_key", (gebruikersnaam,))
        return [key for (key,) in found if key is not None]

    def purge_leerling(self, gebruikersnaam: str, hashes: Sequence[str], until: date) -> None:
        """Take out all of a pupil, for good. Results of who has these hashes, taken before the day `until`, are not delivered again."""
        with self._transaction():
            plans = self._connection.execute("SELECT DISTINCT leerplan_id FROM leerplannen WHERE gebruikersnaam = ?", (gebruikersnaam,))
            self._forget([leerplan_id for (leerplan_id,) in plans])
            for table in ("vervallen", "ingetrokken", "sleutels"):
                self._connection.execute(f"DELETE FROM {table} WHERE gebruikersnaam = ?", (gebruikersnaam,))
            self._bar(hashes, until.isoformat())
            self._new_night()
        self._connection.execute("VACUUM")

    def gebruikersnamen(self) -> list[str]:
        """Every pupil that the ledger knows."""
        found = self._connection.execute(
            "SELECT gebruikersnaam FROM leerplannen UNION SELECT gebruikersnaam FROM sleutels UNION SELECT gebruikersnaam FROM vervallen"
            " UNION SELECT gebruikersnaam FROM ingetrokken"
        )
        return [name for (name,) in found if name is not None]

    def bar(self, purged: Mapping[str, str]) -> None:
        """Keep what was purged (as `purged`), so that it is not delivered again."""
        with self._transaction():
            for leerling, day in purged.items():
                self._bar([leerling], day)

    def begin_anew(self, orders: Mapping[str, int], newest_run: str, revisie: int) -> None:
        """Add what is known otherwise: orders of files, a newest run that is gone, and a revisie to go above."""
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO bestanden VALUES (?, ?, ?)", [(order, sha256, iso_today()) for sha256, order in orders.items()]
            )
            if newest_run:
                self._connection.execute("INSERT INTO runs VALUES (?, 'delivered', NULL)", (newest_run,))
            self._connection.execute("INSERT INTO ondergrens VALUES (?)", (revisie,))
            self._new_night()

    def copy_to(self, path: Path) -> None:
        """Write a copy of all of it to a new file."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        copy = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.backup(copy)
        finally:
            copy.close()

    # --- the last night ----------------------------------------------------------------------------------------------

    def last_night(self) -> Night | None:
        """What the last night found; None before the first."""
        row = self._connection.execute("SELECT inhoud FROM nacht").fetchone()
        try:
            return Night(**json.loads(row[0])) if row else None
        except (ValueError, TypeError) as error:
            raise sqlite3.DatabaseError(_("what it keeps of the last night cannot be read")) from error

    def remember_night(self, night: Night) -> None:
        """Keep what this night found."""
        with self._transaction():
            content = json.dumps(vars(night), default=dict, sort_keys=True)
            self._connection.execute("INSERT OR REPLACE INTO nacht VALUES (1, ?)", (content,))

    # --- within ------------------------------------------------------------------------------------------------------

    def _keep_files(self, orders: Mapping[str, int]) -> None:
        rows = [(order, sha256, iso_today()) for sha256, order in orders.items()]
        self._connection.executemany("INSERT INTO bestanden VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING", rows)

    def _keep_keys(self, keys: "pd.DataFrame", secret: str) -> None:
        self._connection.execute("DELETE FROM sleutels")
        self._insert("sleutels", keys.assign(secret=secret))

    def _old(self, before: date) -> tuple[list[str], int, str]:
        """The leerplannen of which nothing newer is left, how many keys are old, and the first run-id of the day."""
        day, run_id = before.isoformat(), before.strftime("%Y%m%dT")
        found = self._connection.execute(
            f"SELECT newest.leerplan_id FROM ({_NEWEST}) AS newest JOIN leerplannen USING (leerplan)"
            " WHERE CASE WHEN newest.status = 'ingetrokken' THEN run_id < ? ELSE NOT EXISTS (SELECT 1 FROM onderdelen"
            " JOIN inhouden USING (inhoud) WHERE onderdelen.leerplan = newest.leerplan AND afnamedatum >= ?) END",
            (run_id, day),
        )
        whole = [leerplan_id for (leerplan_id,) in found]
        keys = self._connection.execute("SELECT count(*) FROM sleutels JOIN bestanden USING (volgorde) WHERE gezien < ?", (day,))
        return whole, int(keys.fetchone()[0]), run_id

    def _forget(self, leerplan_ids: Sequence[str]) -> None:
        """Take leerplannen out, but not how high their revisies were: each is given once."""
        ids = [(leerplan_id,) for leerplan_id in leerplan_ids]
        for one in ids:
            self._connection.execute("INSERT INTO ondergrens SELECT max(revisie) FROM leerplannen WHERE leerplan_id = ?", one)
        highest = self.revisie_floor()
        self._connection.execute("DELETE FROM ondergrens")
        self._connection.execute("INSERT INTO ondergrens VALUES (?)", (highest,))
        self._connection.executemany(
            "DELETE FROM onderdelen WHERE leerplan IN (SELECT leerplan FROM leerplannen WHERE leerplan_id = ?)", ids
        )
        self._connection.executemany("DELETE FROM leerplannen WHERE leerplan_id = ?", ids)
        self._forget_inhouden()

    def _forget_inhouden(self) -> None:
        self._connection.execute("DELETE FROM inhouden WHERE inhoud NOT IN (SELECT inhoud FROM onderdelen)")

    def _bar(self, hashes: Iterable[str], until: str) -> None:
        self._connection.executemany(
            "INSERT INTO gewist VALUES (?1, ?2) ON CONFLICT DO UPDATE SET tot = max(tot, ?2)", [(leerling, until) for leerling in hashes]
        )

    def _new_night(self) -> None:
        """Let the next night be worked out anew."""
        self._connection.execute("UPDATE nacht SET inhoud = json_set(inhoud, '$.fingerprint', NULL)")

    def _keep_accepted(self, codes: Sequence[str]) -> None:
        self._connection.executemany("INSERT INTO akkoorden VALUES (?) ON CONFLICT DO NOTHING", [(code,) for code in codes])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _frame(self, query: str, columns: "Sequence[Column]", *values: object) -> "pd.DataFrame":
        from cito_numo.tables import from_records, names

        return from_records(self._connection.execute(query.format(columns=", ".join(names(columns))), values).fetchall(), columns)

    def _insert(self, table: str, frame: "pd.DataFrame") -> None:
        marks = ", ".join("?" * len(frame.columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(frame.columns)}) VALUES ({marks})", _records(frame))


def _records(frame: "pd.DataFrame") -> Iterator[tuple[object, ...]]:
    """The rows as values that SQLite takes: days as ISO text."""
    from cito_numo.tables import rows_of
    from cito_numo.values import as_days

    days = frame.select_dtypes("datetime").columns
    return rows_of(frame.assign(**{str(name): as_days(frame[name]) for name in days}))


def ledger_path(school: Path) -> Path:
    """Where the ledger of the school in this folder lies."""
    return school / ".cito-numo" / "ledger.sqlite"


@contextmanager
def open_ledger(path: Path, *, read_only: bool = False) -> Iterator[Ledger]:
    """Open a school's ledger, made if there is none; `read_only` writes nothing, and gives an empty one where there is none.

    Raises CitoNumoError where it is damaged, or was written by a newer version of the tool.
    """
    connection = None
    try:
        connection = connect(path, read_only=read_only)
        connection = prepared(connection, path, read_only=read_only)
        yield Ledger(connection)
    except sqlite3.DatabaseError as error:
        raise CitoNumoError(ledger_problem(error, path)) from error
    finally:
        if connection is not None:
            connection.close()


def gave_results(path: Path, files: Collection[str]) -> bool:
    """Whether a leerplan that this ledger knows has a result of one of these files (sha256). Never an error: another school asks."""
    if not path.exists():
        return False
    query = "SELECT 1 FROM bestanden JOIN onderdelen USING (volgorde) WHERE sha256 IN (SELECT value FROM json_each(?)) LIMIT 1"
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            return connection.execute(query, (json.dumps(list(files)),)).fetchone() is not None
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False


@contextmanager
def school_ledger(school: Path, now: datetime, *, dry_run: bool) -> Iterator[Ledger]:
    """The ledger of the school in this folder, while no other run has it; a dry run only reads it, and waits for nobody."""
    path = ledger_path(school)
    if dry_run:
        with open_ledger(path, read_only=True) as ledger:
            yield ledger
    else:
        with school_lock(path.with_name("lock"), now), open_ledger(path) as ledger:
            yield ledger


def problems_with(error: Exception, path: Path) -> Sequence[Problem]:
    """What to tell of whatever stopped the run of a school, whose ledger lies there."""
    if isinstance(error, CitoNumoError):
        return error.problems
    return [ledger_problem(error, path) if isinstance(error, sqlite3.DatabaseError) else problem_of(error)]


def ledger_problem(error: sqlite3.DatabaseError, path: Path) -> Problem:
    """What to tell of trouble with a ledger: another program has it open, the disk, or damage."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK:
        return Problem(LEDGER_UNFINISHED, str(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Problem(LEDGER_IN_USE, str(path))
    # Not the error's words: they may hold a text from the ledger.
    if code in _IO_DETAILS:
        return Problem(IO_FAILED, str(path), {"detail": _(_IO_DETAILS[code])})
    detail = getattr(error, "sqlite_errorname", None) or _("what stands in it cannot be read")
    return Problem(LEDGER_DAMAGED, str(path), {"detail": detail})
