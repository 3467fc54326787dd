"""What stands in leerplannen.json, leerplannen.csv and niet-geleverd.csv, as bytes.

Same tables, same bytes: everything is sorted, and nothing holds a time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.categories import Numbers, distinct, in_common, numbers, on_texts, positions, texts
from cito_numo.config import Csv, School
from cito_numo.csv_files import Cells, csv_of, csv_parts, joined
from cito_numo.domeinen import Domein, by_priority
from cito_numo.redenen import Tekst, tekst, tekst_van
from cito_numo.report import (
    LEERPLANNEN_CSV,
    LEERPLANNEN_JSON,
    NIET_GELEVERD,
)
from cito_numo.revisions import INGETROKKEN, Changes
from cito_numo.tables import LEERPLANNEN, ONDERDELEN, Column, names, records_of, rows_of
from cito_numo.uitkomst import Reden, Uitkomst
from cito_numo.values import as_days, plain

_ONDERDEEL = [column for column in names(ONDERDELEN) if column not in ("gebruikersnaam", "vak", "volgorde")]
_LEERPLAN = ["leerplan_id", "revisie", "status", "gebruikersnaam", "klas", "vak"]
_INGETROKKEN = ["leerplan_id", "revisie", "gebruikersnaam", "vak", "reden"]
_PLAN_KEY = ["gebruikersnaam", "vak"]
_LINES = [name for name in NIET_GELEVERD if name not in ("rij", "leerling")]
_LISTED = (Uitkomst.ONGELDIG, Uitkomst.NIET_GEKOPPELD, Uitkomst.TEGENSTRIJDIG, Uitkomst.BOVEN_TERUGSTUUROPTIE)
_ESCAPED = r'["\\\x00-\x1f]'
"""What JSON cannot have in a text as it is."""
_PART = 1 << 12
"""Rows that are put together at once."""


def leerplannen_json(school: School, changes: Changes) -> Iterator[bytes]:
    """The leerplannen for import into Numo, part by part, one on a line; valid against the schema `leerplannen` that the package ships."""
    return _json({"korte_naam": school.korte_naam, "brin": school.config.brin[0]}, changes)


def _json(school: Mapping[str, str], changes: Changes) -> Iterator[bytes]:
    head = {"format": "cito-numo/leerplannen", "version": "1.0", "school": school}
    yield b'%s,\n"leerplannen":[' % orjson.dumps(head)[:-1]
    yield from _plan_lines(changes)
    withdrawn = [orjson.dumps(plan) for plan in records_of(changes.ingetrokken[_INGETROKKEN])]
    yield b'],\n"ingetrokken":[%s]}\n' % (b"\n" + b",\n".join(withdrawn) + b"\n" if withdrawn else b"")


def _plan_lines(changes: Changes) -> Iterator[bytes]:
    """The leerplannen as JSON, each on a line, with commas between them."""
    plans, onderdelen = changes.leerplannen, _printable(changes.onderdelen)
    first, like = distinct(onderdelen[_ONDERDEEL])
    objects = pa.array([orjson.dumps(onderdeel).decode() for onderdeel in _onderdelen(onderdelen.iloc[first])], pa.string())
    ends = np.append(0, np.bincount(_plan_of(changes), minlength=len(plans)).cumsum())
    columns = [texts(plans[name]) if name == "revisie" else on_texts(plans[name], _json_texts) for name in _LEERPLAN]
    for begin in range(0, len(plans), _PART):
        bounds = ends[begin : begin + _PART + 1]
        members = objects.take(pa.array(like[bounds[0] : bounds[-1]]))
        listed = pc.binary_join(pa.ListArray.from_arrays(pa.array(bounds - bounds[0], pa.int32()), members), ",")
        cells = [pc.fill_null(plain(column[begin : begin + _PART]), "null") for column in columns]
        named = [part for name, cell in zip(_LEERPLAN, cells, strict=True) for part in (f'"{name}":', cell, ",")]
        lines = joined(pc.binary_join_element_wise(",\n{", *named, '"onderdelen":[', listed, "]}", ""))
        yield lines if begin else lines[1:]
    yield b"\n" if len(plans) else b""


def _json_texts(cells: pa.Array) -> pa.Array:
    """Texts as JSON has them."""
    if pc.any(pc.match_substring_regex(cells, _ESCAPED)).as_py():
        return pa.array([None if text is None else orjson.dumps(text).decode() for text in cells.to_pylist()], pa.string())
    return pc.binary_join_element_wise('"', cells, '"', "")


def _plan_of(changes: Changes) -> Numbers:
    """The place of the leerplan of each onderdeel."""
    return positions(*numbers(_PLAN_KEY, *in_common(_PLAN_KEY, changes.onderdelen, changes.leerplannen)))


def _onderdelen(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Onderdelen as they stand in leerplannen.json."""
    return [{**row, "domeinen": [domein._asdict() for domein in _domeinen(row)]} for row in records_of(rows[_ONDERDEEL])]


def plan_records(changes: Changes) -> list[dict[str, Any]]:
    """The leerplannen as they stand in leerplannen.json, each with its onderdelen."""
    plans = records_of(changes.leerplannen[_LEERPLAN])
    for plan in plans:
        plan["onderdelen"] = []
    for place, onderdeel in zip(_plan_of(changes), _onderdelen(_printable(changes.onderdelen)), strict=True):
        plans[place]["onderdelen"].append(onderdeel)
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


def rewritten(run: Path, leerling: str, style: Csv) -> dict[str, Iterable[bytes]]:
    """The files of a run without a pupil who was purged, part by part, but for its manifest."""
    content = (run / LEERPLANNEN_JSON).read_bytes()
    changes = changes_in(content).without(leerling)
    return {LEERPLANNEN_JSON: _json(orjson.loads(content)["school"], changes), LEERPLANNEN_CSV: leerplannen_csv(changes, style)}


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], group: Sequence[Column]) -> pd.DataFrame:
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=list(columns))
    return frame.astype({column.name: column.dtype for column in group})


def _as_text(levels: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(sorted(f"{level['domein']}={level['functioneringsniveau']}" for level in levels))


def _domeinen(onderdeel: Mapping[str, Any]) -> list[Domein]:
    return by_priority(onderdeel["domeinen"], onderdeel["toetsniveau"]) if onderdeel["domeinen"] else []


def leerplannen_csv(changes: Changes, style: Csv) -> Iterator[bytes]:
    """The same, flat: a row for each onderdeel, part by part. CitoNumoError at once where the encoding lacks a letter of it."""
    onderdelen = _printable(changes.onderdelen)
    first, like = distinct(onderdelen[_ONDERDEEL])
    plans, of_plan = Cells(changes.leerplannen, _LEERPLAN, style), _plan_of(changes)
    contents = Cells(onderdelen.iloc[first], _ONDERDEEL[:-1], style).rows(0, len(first))

    def rows(begin: int) -> pa.Array:
        places = of_plan[begin : begin + _PART]
        lowest = places.min()
        of_plans = plans.rows(lowest, places.max() + 1).take(pa.array(places - lowest))
        return pc.binary_join_element_wise(of_plans, contents.take(pa.array(like[begin : begin + _PART])), style.separator)

    return csv_parts([*_LEERPLAN, *_ONDERDEEL[:-1]], map(rows, range(0, len(like), _PART)), style)


def niet_geleverd_csv(results: pd.DataFrame, school: School) -> Iterator[bytes]:
    """Each result that a school should know was held back: why, what to do and whom to ask; part by part.

    What is of another schooljaar, or of an instrument that is refused, has one line for each file. `leerling` is the leerlingnummer or Cito
    key, never the ECK iD.
    """
    return csv_of(_niet_geleverd(results, school), NIET_GELEVERD, school.config.csv)


def _niet_geleverd(results: pd.DataFrame, school: School) -> pd.DataFrame:
    refused = results["reden"] == Reden.GEWEIGERD
    listed = results[results["uitkomst"].isin(_LISTED) & ~refused]
    first, like = distinct(listed[["reden", "veld", "waarde", "toetsniveau", "functioneringsniveau", "relatief"]])
    cases = [tekst_van(case, school.config.terugstuuroptie) for case in records_of(listed.iloc[first])]
    told = pd.DataFrame({"reden": [case.reden for case in cases], "wat_te_doen": [case.wat_te_doen for case in cases]}, dtype="str")
    own = listed["leerlingnummer"].astype("str").fillna(listed["cito_key"].astype("str"))
    lines = listed[["bestand", "rij", "klas", "onderdeel", "toets", "uitkomst"]].assign(
        leerling=own, **told.astype("category").take(like).set_axis(listed.index)
    )

    of_files = [*_other_schooljaren(results), *_refused_kinds(results[refused])]
    if of_files:
        whole_files = pd.DataFrame(of_files, dtype="str").assign(rij=0).reindex(columns=list(NIET_GELEVERD))
        lines = pd.concat(in_common(_LINES, lines, whole_files), ignore_index=True)
    (rows,) = in_common(["bestand", "reden"], lines)
    rows = rows.take(np.lexsort((rows["reden"].cat.codes.to_numpy(), rows["rij"].to_numpy(), rows["bestand"].cat.codes.to_numpy())))
    return rows.assign(rij=rows["rij"].astype("Int64").mask(rows["rij"] == 0))


def _other_schooljaren(results: pd.DataFrame) -> Iterator[dict[str, str]]:
    """A line for each file with results of another schooljaar."""
    other = results.loc[results["uitkomst"] == Uitkomst.VORIG_SCHOOLJAAR, ["bestand", "schooljaar"]]
    first, like = distinct(other)
    per_file: dict[str, list[str]] = {}
    for (bestand, schooljaar), count in sorted(zip(rows_of(other.iloc[first]), np.bincount(like), strict=True)):
        per_file.setdefault(str(bestand), []).append(f"{schooljaar} ({count})")
    for bestand, schooljaren in per_file.items():
        yield _line_of(bestand, Uitkomst.VORIG_SCHOOLJAAR, tekst(Reden.ANDER_SCHOOLJAAR, {"schooljaren": ", ".join(schooljaren)}))


def _refused_kinds(refused: pd.DataFrame) -> Iterator[dict[str, str]]:
    """A line for each file with results of instruments that are refused."""
    per_file: dict[str, set[str]] = {}
    for bestand, kind in rows_of(refused[["bestand", "waarde"]].drop_duplicates()):
        per_file.setdefault(str(bestand), set()).add(str(kind))
    for bestand, kinds in per_file.items():
        yield _line_of(bestand, Uitkomst.ONGELDIG, tekst(Reden.GEWEIGERD, {"soorten": ", ".join(sorted(kinds))}))


def _line_of(bestand: str, uitkomst: Uitkomst, said: Tekst) -> dict[str, str]:
    return {"bestand": bestand, "uitkomst": uitkomst.value, "reden": said.reden, "wat_te_doen": said.wat_te_doen}


def _printable(onderdelen: pd.DataFrame) -> pd.DataFrame:
    return onderdelen.assign(afnamedatum=as_days(onderdelen["afnamedatum"]))
