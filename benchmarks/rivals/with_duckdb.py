"""The first night of a school in DuckDB.

    python with_duckdb.py INBOX OUT FIRST_DAY LAST_DAY OPTION

Reads the exports of `INBOX`/cito and the list of `INBOX`/numo; writes leerplannen.jsonl and leerplannen.csv in `OUT`.
"""

import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
inbox, out, first_day, last_day, option = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
NIGHT = f"""
SET preserve_insertion_order = false;
CREATE TEMP TABLE leerlingen AS
    SELECT * FROM read_csv('{inbox}/numo/*.csv', delim = ';', header = true, all_varchar = true);
CREATE TEMP TABLE niveaus AS SELECT * FROM read_csv('{HERE}/niveaus.csv', delim = ';');
CREATE TEMP TABLE onderdelen AS SELECT * FROM read_csv('{HERE}/onderdelen.csv', delim = ';');
CREATE TEMP TABLE plannen AS
    WITH rijen AS (
        SELECT "Leerlingnummer" AS leerlingnummer, "ECK-iD" AS eck_id, 'T' || right("Toets", 1) AS toets, filename AS bestand,
            try_strptime("Afnamedatum", '%d-%m-%Y')::DATE AS afnamedatum, onderdelen.onderdeel, onderdelen.vak,
            t.niveau AS toetsniveau, f.niveau AS functioneringsniveau,
            CASE WHEN f.laagste > t.hoogste THEN least(f.laagste - t.hoogste, 2)
                 WHEN f.hoogste < t.laagste THEN greatest(f.hoogste - t.laagste, -2) ELSE 0 END AS relatief
        FROM read_csv('{inbox}/cito/*.csv', delim = ';', header = true, all_varchar = true, filename = true) AS rijen
        JOIN niveaus AS t ON t.tekst = rijen."Toetsniveau"
        JOIN niveaus AS f ON f.tekst = rijen."Functioneringsniveau"
        JOIN onderdelen ON onderdelen.tekst = rijen."Onderdeel"
    ), op_nummer AS MATERIALIZED (
        SELECT rijen.*, l.gebruikersnaam, l.klas
        FROM rijen LEFT JOIN leerlingen AS l ON l.gebruikersnaam = rijen.leerlingnummer
        WHERE afnamedatum BETWEEN '{first_day}' AND '{last_day}' AND relatief <= {option}
    ), gekoppeld AS (
        SELECT * EXCLUDE (leerlingnummer, eck_id) FROM op_nummer WHERE gebruikersnaam IS NOT NULL
        UNION ALL
        SELECT o.* EXCLUDE (leerlingnummer, eck_id) REPLACE (l.gebruikersnaam AS gebruikersnaam, l.klas AS klas)
        FROM op_nummer AS o JOIN leerlingen AS l ON l.eck_id = o.eck_id WHERE o.gebruikersnaam IS NULL
    )
    SELECT * FROM gekoppeld
    QUALIFY row_number() OVER (PARTITION BY gebruikersnaam, onderdeel ORDER BY afnamedatum DESC, toets DESC, bestand DESC) = 1;
COPY (
    SELECT gebruikersnaam, klas, vak,
        list(struct_pack(onderdeel, toets, afnamedatum, toetsniveau, functioneringsniveau, relatief)) AS onderdelen
    FROM plannen GROUP BY gebruikersnaam, klas, vak
) TO '{out}/leerplannen.jsonl' (FORMAT json);
COPY (
    SELECT gebruikersnaam, klas, vak, onderdeel, toets, afnamedatum, toetsniveau, functioneringsniveau, relatief FROM plannen
) TO '{out}/leerplannen.csv' (HEADER, DELIMITER ';');
"""  # noqa: S608  the names in it are those of the benchmark
duckdb.execute(NIGHT)
