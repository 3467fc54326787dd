"""What stands in leerplannen.json, leerplannen.csv and niet-geleverd.csv, as bytes.

Same tables, same bytes: everything is sorted, and nothing holds a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.config import Csv, School
from cito_numo.domeinen import Domein, by_priority
from cito_numo.errors import CSV_ENCODING, stop
from cito_numo.redenen import tekst, tekst_van
from cito_numo.report import (
    LEERPLANNEN_CSV,
    LEERPLANNEN_JSON,
    MANIFEST_JSON,
    NIET_GELEVERD,
    csv_header,
    described,
    manifest_json,
    read_manifest,
)
from cito_numo.revisions import INGETROKKEN, Changes
from cito_numo.tables import LEERPLANNEN, ONDERDELEN, Column, names, records_of
from cito_numo.uitkomst import Reden, Uitkomst

_ONDERDEEL = [column for column in names(ONDERDELEN) if column not in ("gebruikersnaam", "vak", "volgorde")]
_LEERPLAN = ["leerplan_id", "revisie", "status", "gebruikersnaam", "klas", "vak"]
_INGETROKKEN = ["leerplan_id", "revisie", "gebruikersnaam", "vak", "reden"]
_CSV_COLUMNS = [*_LEERPLAN, *_ONDERDEEL[:-1]]
"""A row of the CSV has no place for domeinen: they stand in the JSON."""
_LISTED = (Uitkomst.ONGELDIG, Uitkomst.NIET_GEKOPPELD, Uitkomst.TEGENSTRIJDIG, Uitkomst.BOVEN_TERUGSTUUROPTIE)
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"


def leerplannen_json(school: School, changes: Changes) -> bytes:
    """The leerplannen for import into Numo, one on a line; valid against the schema `leerplannen` that the package ships."""
    return _json({"korte_naam": school.korte_naam, "brin": school.config.brin[0]}, changes)


def _json(school: Mapping[str, str], changes: Changes) -> bytes:
    withdrawn = records_of(changes.ingetrokken[_INGETROKKEN])
    head = {"format": "cito-numo/leerplannen", "version": "1.0", "school": school}
    return b"%s,\n%s,\n%s}\n" % (
        orjson.dumps(head)[:-1],
        _lines("leerplannen", plan_records(changes)),
        _lines("ingetrokken", withdrawn),
    )


def plan_records(changes: Changes) -> list[dict[str, Any]]:
    """The leerplannen as they stand in leerplannen.json, each with its onderdelen."""
    plans = records_of(changes.leerplannen[_LEERPLAN])
    onderdelen = records_of(_printable(changes.onderdelen)[["gebruikersnaam", "vak", *_ONDERDEEL]])
    members = (list(group) for _key, group in groupby(onderdelen, key=lambda row: (row.pop("gebruikersnaam"), row.pop("vak"))))
    for plan, rows in zip(plans, members, strict=True):
        plan["onderdelen"] = [{**row, "domeinen": [domein._asdict() for domein in _domeinen(row)]} for row in rows]
    return plans


def changes_in(content: bytes, volgorde: int = 0) -> Changes:
    """What a leerplannen.json delivers: what `leerplannen_json` made it of. `volgorde` is that of the files the results came from."""
    document = orjson.loads(content)
    plans, withdrawn = document["leerplannen"], document["ingetrokken"]
    onderdelen = [
        {**row, "gebruikersnaam": plan["gebruikersnaam"], "vak": plan["vak"], "domeinen": _as_text(row["domeinen"]), "volgorde": volgorde}
        for plan in plans
        for row in plan["onderdelen"]
    ]
    ingetrokken = [{**plan, "klas": None, "status": INGETROKKEN} for plan in withdrawn]
    return Changes(
        _table(plans, names(LEERPLANNEN), LEERPLANNEN),
        _table(onderdelen, names(ONDERDELEN), ONDERDELEN),
        _table(ingetrokken, [*names(LEERPLANNEN), "reden"], LEERPLANNEN).astype({"reden": "str"}),
    )


def rewritten(run: Path, leerling: str, style: Csv) -> dict[str, bytes]:
    """The files of a run without a pupil who was purged; the manifest says that it was `rewritten`."""
    content = (run / LEERPLANNEN_JSON).read_bytes()
    changes = changes_in(content).without(leerling)
    files = {LEERPLANNEN_JSON: _json(orjson.loads(content)["school"], changes), LEERPLANNEN_CSV: leerplannen_csv(changes, style)}
    manifest = {**read_manifest(run / MANIFEST_JSON), "outputs": described(files), "rewritten": True}
    return {**files, MANIFEST_JSON: manifest_json(manifest)}


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], group: Sequence[Column]) -> pd.DataFrame:
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=list(columns))
    return frame.astype({column.name: column.dtype for column in group})


def _as_text(levels: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(sorted(f"{level['domein']}={level['functioneringsniveau']}" for level in levels))


def _domeinen(onderdeel: Mapping[str, Any]) -> list[Domein]:
    return by_priority(onderdeel["domeinen"], onderdeel["toetsniveau"]) if onderdeel["domeinen"] else []


def leerplannen_csv(changes: Changes, style: Csv) -> bytes:
    """The same, flat: a row for each onderdeel."""
    rows = _printable(changes.onderdelen).merge(changes.leerplannen, on=["gebruikersnaam", "vak"])
    return _csv(rows[_CSV_COLUMNS], style)


def niet_geleverd_csv(results: pd.DataFrame, school: School) -> bytes:
    """Each result that a school should know was held back: why, what to do and whom to ask.

    What is of another schooljaar, or of an instrument that is refused, has one line for each file. `leerling` is the leerlingnummer or Cito
    key, never the ECK iD.
    """
    return _csv(_niet_geleverd(results, school), school.config.csv)


def _niet_geleverd(results: pd.DataFrame, school: School) -> pd.DataFrame:
    refused = results["reden"] == Reden.GEWEIGERD
    listed = results[results["uitkomst"].isin(_LISTED) & ~refused]
    told = ["reden", "veld", "waarde", "toetsniveau", "functioneringsniveau", "relatief"]
    cases = listed[told].drop_duplicates()
    texts = [tekst_van(case, school.config.terugstuuroptie) for case in records_of(cases)]
    cases = cases.assign(tekst=[text.reden for text in texts], wat_te_doen=[text.wat_te_doen for text in texts])
    lines = listed.merge(cases, on=told, how="left")
    lines = lines.assign(leerling=lines["leerlingnummer"].fillna(lines["cito_key"]), reden=lines["tekst"])

    other_year = results.loc[results["uitkomst"] == Uitkomst.VORIG_SCHOOLJAAR, ["bestand", "schooljaar"]].astype("str")
    per_year = other_year.value_counts().reset_index(name="aantal").sort_values("schooljaar")
    per_year["schooljaren"] = per_year["schooljaar"] + " (" + per_year["aantal"].astype("str") + ")"
    other_year = per_year.groupby("bestand")["schooljaren"].agg(", ".join).reset_index().assign(uitkomst=Uitkomst.VORIG_SCHOOLJAAR.value)
    texts = [tekst(Reden.ANDER_SCHOOLJAAR, case) for case in records_of(other_year)]
    other_year = other_year.assign(reden=[text.reden for text in texts], wat_te_doen=[text.wat_te_doen for text in texts])

    kinds = results.loc[refused, ["bestand", "waarde"]].astype("str").drop_duplicates().sort_values("waarde")
    kinds = kinds.groupby("bestand")["waarde"].agg(", ".join).reset_index(name="soorten").assign(uitkomst=Uitkomst.ONGELDIG.value)
    texts = [tekst(Reden.GEWEIGERD, case) for case in records_of(kinds)]
    kinds = kinds.assign(reden=[text.reden for text in texts], wat_te_doen=[text.wat_te_doen for text in texts])

    rows = pd.concat([lines.astype({"bestand": "str", "rij": "Int64"}), other_year, kinds])
    return rows.sort_values(["bestand", "rij", "reden"], na_position="first")[list(NIET_GELEVERD)]


def _printable(onderdelen: pd.DataFrame) -> pd.DataFrame:
    return onderdelen.assign(afnamedatum=onderdelen["afnamedatum"].dt.strftime("%Y-%m-%d").astype("str"))


def _lines(name: str, items: Iterable[object]) -> bytes:
    lines = [orjson.dumps(item) for item in items]
    return b'"%s":[%s]' % (name.encode(), b"\n" + b",\n".join(lines) + b"\n" if lines else b"")


def _csv(rows: pd.DataFrame, style: Csv) -> bytes:
    special = f'["\\r\\n{style.separator}]'
    columns = [_quoted(_defused(pa.array(rows[name], from_pandas=True).cast(pa.string())), special) for name in rows.columns]
    lines = pc.binary_join_element_wise(*columns, style.separator, null_handling="replace", null_replacement="").to_pylist()
    try:
        return "".join([csv_header(list(rows.columns), style), *(f"{line}\r\n" for line in lines)]).encode(style.encoding)
    except UnicodeEncodeError:
        raise stop(CSV_ENCODING, encoding=style.encoding) from None


def _defused(cells: pa.Array) -> pa.Array:
    """Texts that a spreadsheet would run as a formula get an apostrophe in front; numbers do not."""
    formula = pc.and_not(pc.match_substring_regex(cells, _FORMULA), pc.match_substring_regex(cells, _NUMBER))
    return pc.if_else(formula, pc.binary_join_element_wise("'", cells, ""), cells)


def _quoted(cells: pa.Array, special: str) -> pa.Array:
    """Texts that hold a separator, a quote or a line's end, within quotes."""
    within = pc.binary_join_element_wise('"', pc.replace_substring(cells, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(cells, special), within, cells)
