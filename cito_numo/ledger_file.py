"""The file of a ledger: its tables, how an older version of them becomes this one, and how it is opened.

What stands in it is that of `ledger.Ledger`.
"""

import os
import sqlite3
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from cito_numo.errors import LEDGER_DAMAGED, LEDGER_NEWER, stop
from cito_numo.files import make_folder
from cito_numo.language import _
from cito_numo.schooljaar import today

VERSION = 6

_SCHEMA = """
CREATE TABLE bestanden (
    volgorde INTEGER PRIMARY KEY,  -- a file seen later is newer
    sha256 TEXT NOT NULL UNIQUE,
    gezien TEXT NOT NULL  -- day on which it was first seen
);
CREATE TABLE sleutels (cito_key TEXT, gebruikersnaam TEXT, eck_id TEXT, klas TEXT, volgorde INTEGER NOT NULL,
    secret TEXT NOT NULL  -- fingerprint of the secret that eck_id was hashed with
);
CREATE TABLE sleutels_vanaf (volgorde INTEGER NOT NULL);  -- files of a lower order were seen before the key table was replaced
CREATE TABLE akkoorden (code TEXT PRIMARY KEY) WITHOUT ROWID;  -- holds that a person agreed to
CREATE TABLE runs (run_id TEXT PRIMARY KEY, state TEXT NOT NULL,
    manifest TEXT  -- sha256 of its manifest.json; missing where an older version delivered it
) WITHOUT ROWID;
CREATE TABLE gewist (leerling TEXT PRIMARY KEY,  -- keyed hash of a leerlingnummer or Cito key; empty: everybody
    tot TEXT NOT NULL  -- what was taken before this day is not delivered again
) WITHOUT ROWID;
CREATE TABLE ondergrens (revisie INTEGER NOT NULL);  -- a revisie that is given from now on is higher
CREATE TABLE leerplannen (
    leerplan INTEGER PRIMARY KEY,
    leerplan_id TEXT NOT NULL, gebruikersnaam TEXT NOT NULL, vak TEXT NOT NULL, klas TEXT, revisie INTEGER NOT NULL, status TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs,
    UNIQUE (leerplan_id, revisie)
);
CREATE TABLE inhouden (  -- what onderdelen say of their toets: what one run gave to many stands here once
    inhoud INTEGER PRIMARY KEY,
    toets TEXT NOT NULL, schooljaar TEXT NOT NULL, afnamedatum TEXT NOT NULL,
    toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL, relatief INTEGER NOT NULL, route TEXT NOT NULL,
    startniveau TEXT NOT NULL, doelniveau TEXT NOT NULL, domeinen TEXT NOT NULL
);
CREATE TABLE onderdelen (
    leerplan INTEGER NOT NULL REFERENCES leerplannen, onderdeel TEXT NOT NULL, prioriteit INTEGER NOT NULL,
    inhoud INTEGER NOT NULL REFERENCES inhouden,
    volgorde INTEGER NOT NULL,  -- of the newest file that gave this result
    PRIMARY KEY (leerplan, onderdeel)
) WITHOUT ROWID;
CREATE TABLE vervallen (
    run_id TEXT NOT NULL REFERENCES runs,
    gebruikersnaam TEXT NOT NULL, onderdeel TEXT NOT NULL, schooljaar TEXT NOT NULL, toets TEXT NOT NULL, volgorde INTEGER NOT NULL
);
CREATE TABLE ingetrokken (  -- what was in force when a person withdrew it
    run_id TEXT NOT NULL REFERENCES runs,
    gebruikersnaam TEXT NOT NULL, onderdeel TEXT NOT NULL, schooljaar TEXT NOT NULL, toets TEXT NOT NULL, afnamedatum TEXT NOT NULL,
    toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL, volgorde INTEGER NOT NULL
);
CREATE TABLE nacht (id INTEGER PRIMARY KEY CHECK (id = 1), inhoud TEXT NOT NULL);
"""

_TO_VERSION = {
    2: """
CREATE TABLE oud AS SELECT * FROM sleutels;
DROP TABLE sleutels;
CREATE TABLE sleutels (cito_key TEXT, gebruikersnaam TEXT, eck_id TEXT, klas TEXT, volgorde INTEGER NOT NULL, secret TEXT NOT NULL);
INSERT INTO sleutels SELECT cito_key, gebruikersnaam, eck_id, klas, volgorde, secret FROM oud;
DROP TABLE oud;
CREATE TABLE sleutels_vanaf (volgorde INTEGER NOT NULL);
""",
    3: "ALTER TABLE onderdelen ADD COLUMN domeinen TEXT NOT NULL DEFAULT '';",
    4: """
ALTER TABLE bestanden ADD COLUMN gezien TEXT NOT NULL DEFAULT '';
UPDATE bestanden SET gezien = '{today}';
ALTER TABLE runs ADD COLUMN manifest TEXT;
CREATE TABLE gewist (leerling TEXT PRIMARY KEY, tot TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ondergrens (revisie INTEGER NOT NULL);
""",
    5: """
CREATE TABLE ingetrokken (run_id TEXT NOT NULL REFERENCES runs,
    gebruikersnaam TEXT NOT NULL, onderdeel TEXT NOT NULL, schooljaar TEXT NOT NULL, toets TEXT NOT NULL, afnamedatum TEXT NOT NULL,
    toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL, volgorde INTEGER NOT NULL);
""",
    6: """
ALTER TABLE leerplannen RENAME TO oude_leerplannen;
ALTER TABLE onderdelen RENAME TO oude_onderdelen;
CREATE TABLE leerplannen (leerplan INTEGER PRIMARY KEY,
    leerplan_id TEXT NOT NULL, gebruikersnaam TEXT NOT NULL, vak TEXT NOT NULL, klas TEXT, revisie INTEGER NOT NULL, status TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs, UNIQUE (leerplan_id, revisie));
CREATE TABLE inhouden (inhoud INTEGER PRIMARY KEY, toets TEXT NOT NULL, schooljaar TEXT NOT NULL, afnamedatum TEXT NOT NULL,
    toetsniveau TEXT NOT NULL, functioneringsniveau TEXT NOT NULL, relatief INTEGER NOT NULL, route TEXT NOT NULL,
    startniveau TEXT NOT NULL, doelniveau TEXT NOT NULL, domeinen TEXT NOT NULL);
CREATE TABLE onderdelen (leerplan INTEGER NOT NULL REFERENCES leerplannen, onderdeel TEXT NOT NULL, prioriteit INTEGER NOT NULL,
    inhoud INTEGER NOT NULL REFERENCES inhouden, volgorde INTEGER NOT NULL, PRIMARY KEY (leerplan, onderdeel)) WITHOUT ROWID;
INSERT INTO leerplannen (leerplan_id, gebruikersnaam, vak, klas, revisie, status, run_id)
    SELECT leerplan_id, gebruikersnaam, vak, klas, revisie, status, run_id FROM oude_leerplannen;
INSERT INTO inhouden (toets, schooljaar, afnamedatum, toetsniveau, functioneringsniveau, relatief, route, startniveau, doelniveau, domeinen)
    SELECT DISTINCT toets, schooljaar, afnamedatum, toetsniveau, functioneringsniveau, relatief, route, startniveau, doelniveau, domeinen
    FROM oude_onderdelen;
INSERT INTO onderdelen SELECT leerplan, onderdeel, prioriteit, inhoud, volgorde
    FROM oude_onderdelen JOIN leerplannen USING (leerplan_id, revisie) JOIN inhouden USING
    (toets, schooljaar, afnamedatum, toetsniveau, functioneringsniveau, relatief, route, startniveau, doelniveau, domeinen);
DROP TABLE oude_onderdelen;
DROP TABLE oude_leerplannen;
""",
}


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to the file, made if there is none; `read_only` to one in memory where there is none."""
    if read_only:
        written = path.exists() and path.stat().st_size > 0
        place = f"file:{quote(str(path))}?mode=ro" if written else ":memory:"
        return sqlite3.connect(place, uri=written, isolation_level=None)
    make_folder(path.parent, None)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return sqlite3.connect(path, isolation_level=None)


def prepared(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> sqlite3.Connection:
    """The connection, to a ledger of this version: made if there is none yet, upgraded (in memory, where it is only read) if older."""
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA secure_delete = ON")
    fault = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if fault != "ok":
        raise stop(LEDGER_DAMAGED, str(path), detail=fault)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    elif 1 <= version < VERSION:
        return _upgraded(connection, version, in_memory=read_only)
    elif version > VERSION:
        raise stop(LEDGER_NEWER, str(path))
    elif version != VERSION:
        raise stop(LEDGER_DAMAGED, str(path), detail=_("it is no ledger of cito-numo"))
    return connection


def _upgraded(connection: sqlite3.Connection, version: int, *, in_memory: bool) -> sqlite3.Connection:
    """The ledger in this version.

    Version 2 knows pupils without a Cito key, and a replaced key table; 3 domeinen; 4 what was purged, and manifests; 5 withdrawals;
    6 keeps once what many onderdelen have in common.
    """
    if in_memory:
        copy = sqlite3.connect(":memory:", isolation_level=None)
        connection.backup(copy)
        connection.close()
        connection = copy
    steps = " ".join(_TO_VERSION[step] for step in range(version + 1, VERSION + 1)).format(today=iso_today())
    connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {VERSION}; COMMIT;")
    return connection


def iso_today() -> str:
    """The day in the Netherlands, ISO; SQLite's own 'now' is in UTC, a day behind at night."""
    return today(datetime.now().astimezone()).isoformat()
