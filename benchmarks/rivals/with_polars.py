"""The first night of a school in polars.

    python with_polars.py INBOX OUT FIRST_DAY LAST_DAY OPTION

Reads the exports of `INBOX`/cito and the list of `INBOX`/numo; writes leerplannen.jsonl and leerplannen.csv in `OUT`.
"""

import sys
from datetime import date
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
inbox, out, first_day, last_day, option = Path(sys.argv[1]), Path(sys.argv[2]), *map(date.fromisoformat, sys.argv[3:5]), int(sys.argv[5])
niveaus = pl.read_csv(HERE / "niveaus.csv", separator=";").lazy()
onderdelen = pl.read_csv(HERE / "onderdelen.csv", separator=";").lazy()
leerlingen = pl.scan_csv(inbox / "numo" / "*.csv", separator=";", infer_schema=False)
low, high = pl.col("laagste"), pl.col("hoogste")
t_low, t_high = pl.col("laagste_t"), pl.col("hoogste_t")
resultaten = (
    pl.scan_csv(inbox / "cito" / "*.csv", separator=";", infer_schema=False, include_file_paths="bestand")
    .select(
        pl.col("Leerlingnummer").alias("leerlingnummer"),
        pl.col("ECK-iD").alias("eck_id"),
        pl.col("Toets").str.replace("Toets ", "T", literal=True).alias("toets"),
        pl.col("Afnamedatum").str.to_date("%d-%m-%Y", strict=False).alias("afnamedatum"),
        "Onderdeel",
        "Toetsniveau",
        "Functioneringsniveau",
        "bestand",
    )
    .filter(pl.col("afnamedatum").is_between(first_day, last_day))
    .join(niveaus.rename({"niveau": "functioneringsniveau"}), left_on="Functioneringsniveau", right_on="tekst")
    .join(niveaus.rename({"niveau": "toetsniveau"}), left_on="Toetsniveau", right_on="tekst", suffix="_t")
    .with_columns(
        pl.when(low > t_high)
        .then((low - t_high).clip(upper_bound=2))
        .when(high < t_low)
        .then((high - t_low).clip(lower_bound=-2))
        .otherwise(0)
        .alias("relatief")
    )
    .filter(pl.col("relatief") <= option)
    .join(onderdelen, left_on="Onderdeel", right_on="tekst")
)
op_nummer = resultaten.join(
    leerlingen.select("gebruikersnaam", "klas"), left_on="leerlingnummer", right_on="gebruikersnaam", how="left", coalesce=False
)
COLUMNS = ["onderdeel", "toets", "afnamedatum", "toetsniveau", "functioneringsniveau", "relatief"]
WHO = ["gebruikersnaam", "klas", "vak"]
op_eck = op_nummer.filter(pl.col("gebruikersnaam").is_null()).drop("gebruikersnaam", "klas").join(leerlingen, on="eck_id")
gekoppeld = pl.concat(
    frame.select(*WHO, *COLUMNS, "bestand") for frame in (op_nummer.filter(pl.col("gebruikersnaam").is_not_null()), op_eck)
)
plannen = (
    gekoppeld.sort("afnamedatum", "toets", "bestand", descending=True)
    .unique(["gebruikersnaam", "onderdeel"], keep="first", maintain_order=True)
    .drop("bestand")
    .collect(engine="streaming")
)
plannen.group_by(WHO).agg(pl.struct(COLUMNS).alias("onderdelen")).write_ndjson(out / "leerplannen.jsonl")
plannen.select(*WHO, *COLUMNS).write_csv(out / "leerplannen.csv", separator=";")
