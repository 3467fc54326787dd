"""EDEXML, in every dialect that exporters write → which Cito key is which pupil.

    from cito_numo.edexml import read_edexml
    file = read_edexml("cito-importbestand.xml")

Only what joins leaves the reader: `cito_key`, `eck_id` (as keyed hash), `gebruikersnaam`, `klas`, `leerjaar`, `vestiging`. Names, birth
dates, BSN and the rest are dropped while it reads, and memory grows with the table of pupils, not with the file.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.config import Edexml as Settings
from cito_numo.edexml_parser import ADDED, PLACES, TEXT, Raw, parse_edexml
from cito_numo.errors import (
    EDEXML_ECK_DOUBLE,
    EDEXML_GROEP_UNKNOWN,
    EDEXML_KEY_DOUBLE,
    EDEXML_LEFT,
    EDEXML_NAME_DOUBLE,
    EDEXML_NO_KEY,
    EDEXML_NO_KEYS,
    EDEXML_NO_PUPILS,
    EDEXML_NOT_VO,
    EDEXML_ONLY_ECK_ID,
    EDEXML_OTHER_VESTIGINGEN,
    EDEXML_PLACE,
    EDEXML_PLACE_UNKNOWN,
    ErrorKind,
    stop,
)
from cito_numo.findings import Finding
from cito_numo.language import _
from cito_numo.privacy import Secret, passing_secret
from cito_numo.tables import EDEXML_PUPILS, names

MAIN_VESTIGING = "00"
"""The dependancecode of a main vestiging: the same as an empty one."""
_FIRST_VO_JAARGROEP = 11
_LEERJAREN = 6
_JAARGROEPEN = {str(number): number for number in (*range(1, 9), *range(11, 17))}


@dataclass(frozen=True)
class EdexmlFile:
    """One EDEXML: the school it says it is of, when it was made, its pupils, and what is odd about it.

    `pupils` has the columns `tables.EDEXML_PUPILS`. `place` is where the gebruikersnaam was found, None where that is not certain (then
    no pupil has one); `places` tells for each place how many of Numo's pupils were found there, or, without Numo's list, how many pupils
    have something there. `findings` tells what is wrong or odd, with line numbers.
    """

    name: str
    dialect: str
    xsdversie: str | None
    brin: str | None
    schooljaar: str | None
    aanmaakdatum: str | None
    place: str | None
    places: Mapping[str, int]
    pupils: pd.DataFrame
    findings: Sequence[Finding]


def read_edexml(
    source: str | PathLike[str] | bytes | BinaryIO,
    name: str = "",
    *,
    secret: Secret | None = None,
    settings: Settings | None = None,
    vestigingen: Sequence[str] = (),
    known: Iterable[str] | None = None,
) -> EdexmlFile:
    """Read one EDEXML: a path, bytes or a binary stream; `name` stands for it in messages.

    ECK iDs are hashed with `secret`; without one the hashes can only be compared within one call. Pupils of other vestigingen than the
    named ones are left out. Where the gebruikersnaam stands is decided once for the file: as configured in `settings`, or (`auto`) the one
    place in which most of Numo's pupils, `known`, are found; not where that is a tie, or less than half.

    Raises CitoNumoError for a file that is not well-formed, has a DOCTYPE, is no EDEXML, is too large, or holds no pupils.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        if isinstance(source, (str, PathLike)):
            name = name or Path(source).name
            stream: BinaryIO = stack.enter_context(Path(source).open("rb"))
        else:
            stream = io.BytesIO(source) if isinstance(source, bytes) else source
        raw = parse_edexml(stream, name, secret or passing_secret(), settings)
    if not raw.pupils.num_rows:
        raise stop(EDEXML_NO_PUPILS, name)
    table = _of_vestigingen(raw, vestigingen, name)
    keys = table[settings.cito_key]
    table = table.append_column("cito_key", pc.if_else(pc.starts_with(keys, "#"), pa.scalar(None, pa.string()), keys))
    table = _with_keys(raw, table, name)
    table = _with_klas(raw, table)
    _note_left(raw, table)
    place, places = _place(raw, table, settings.leerlingnummer, _known(known))
    table = table.append_column("gebruikersnaam_gekozen", table[place] if place else pa.nulls(len(table), TEXT))
    for kind, column in (
        (EDEXML_KEY_DOUBLE, "cito_key"),
        (EDEXML_ECK_DOUBLE, "eck_id"),
        (EDEXML_NAME_DOUBLE, "gebruikersnaam_gekozen"),
    ):
        _note_doubles(raw, table, kind, column)
    return EdexmlFile(
        name=name,
        dialect=raw.dialect,
        xsdversie=raw.school.get("xsdversie"),
        brin=(raw.school.get("brincode") or "").upper() or None,
        schooljaar=raw.school.get("schooljaar"),
        aanmaakdatum=raw.school.get("aanmaakdatum"),
        place=place,
        places=places,
        pupils=_pupils(table),
        findings=raw.notes.findings(),
    )


def _of_vestigingen(raw: Raw, wanted: Sequence[str], name: str) -> pa.Table:
    """The pupils of these vestigingen, or all; each with the code of its vestiging, which the file gives by key."""
    own = raw.school.get("dependancecode") or MAIN_VESTIGING

    def code(reference: str | None) -> str:
        if not reference:
            return own
        found = raw.vestigingen.get(reference)
        return reference if found is None else found or MAIN_VESTIGING

    references = raw.pupils["vestiging"].combine_chunks().dictionary_encode(null_encoding="encode")
    codes = pa.array([code(reference) for reference in references.dictionary.to_pylist()], TEXT).take(references.indices)
    table = raw.pupils.set_column(raw.pupils.column_names.index("vestiging"), "vestiging", codes)
    if wanted:
        table = table.filter(pc.is_in(table["vestiging"], pa.array(wanted, TEXT)))
        if not table.num_rows:
            raise stop(EDEXML_OTHER_VESTIGINGEN, name, expected=", ".join(wanted))
    return table


def _with_keys(raw: Raw, table: pa.Table, name: str) -> pa.Table:
    """Only pupils that have a key or an ECK iD; the others can be joined with nothing."""
    has_key = pc.or_(pc.is_valid(table["cito_key"]), pc.is_valid(table["eck_id"]))
    if not pc.any(has_key).as_py():
        raise stop(EDEXML_NO_KEYS, name)
    only_eck_id = pc.and_(pc.is_null(table["cito_key"]), pc.is_valid(table["eck_id"]))
    raw.notes.note_all(EDEXML_ONLY_ECK_ID, table["regel"].filter(only_eck_id).to_pylist())
    if pc.all(has_key).as_py():
        return table
    raw.notes.note_all(EDEXML_NO_KEY, table.filter(pc.invert(has_key))["regel"].to_pylist())
    return table.filter(has_key)


def _with_klas(raw: Raw, table: pa.Table) -> pa.Table:
    """With the `klas` and `leerjaar` of each pupil: the groep counts, else the first samengestelde groep that the file has."""
    first_lines = table.group_by("groepen").aggregate([("regel", "min")])
    line_of = dict(zip(first_lines["groepen"].to_pylist(), first_lines["regel_min"].to_pylist(), strict=True))
    klassen, jaargroepen = [], []
    for number, references in enumerate(raw.references):
        groups = [raw.groups[reference] for reference in references if reference in raw.groups]
        if len(groups) < len(references) and number in line_of:  # not one of a pupil of another vestiging
            raw.notes.note(EDEXML_GROEP_UNKNOWN, line_of[number])
        klassen.append(next((group.naam for group in groups if group.naam), None))
        jaargroepen.append(next((group.jaargroep for group in groups if group.jaargroep), None))
    of_groep = pa.array(jaargroepen, TEXT).take(table["groepen"])
    jaargroep = pc.coalesce(table["jaargroep"], of_groep)
    return (
        table.drop_columns(["jaargroep"])
        .append_column("jaargroep", jaargroep)
        .append_column("klas", pa.array(klassen, TEXT).take(table["groepen"]))
        .append_column("leerjaar", _leerjaren(raw, jaargroep))
    )


def _leerjaren(raw: Raw, jaargroepen: pa.ChunkedArray) -> pa.Array:
    """The years 1 to 6 of vo. A file writes them as 11 to 16 (EDEXML), or all as 1 to 6 (as Magister does)."""
    encoded = jaargroepen.combine_chunks().dictionary_encode()
    written = [_JAARGROEPEN.get(text, 0) for text in encoded.dictionary.to_pylist()]
    first = _FIRST_VO_JAARGROEP if max(written, default=0) >= _FIRST_VO_JAARGROEP else 1
    of_vo = [number - first + 1 if first <= number < first + _LEERJAREN else None for number in written]
    if first == 1 and max(written, default=0) > _LEERJAREN:  # 7 and 8 occur in primary education only
        raw.notes.note(EDEXML_NOT_VO, 1)
        of_vo = [None for _number in written]
    return pa.array(of_vo, pa.int8()).take(encoded.indices)


def _note_left(raw: Raw, table: pa.Table) -> None:
    """Note pupils who left the school before the file's peildatum (or before it was made), or whose jaargroep is H (historic)."""
    day = raw.school.get("peildatum") or (raw.school.get("aanmaakdatum") or "")[:10]
    left = pc.equal(table["jaargroep"], "H")
    if day:
        dated = pc.match_substring_regex(table["uitstroomdatum"], r"^\d{4}-\d{2}-\d{2}")
        left = pc.or_kleene(left, pc.and_kleene(dated, pc.less(table["uitstroomdatum"], day)))
    raw.notes.note_all(EDEXML_LEFT, table.filter(pc.fill_null(left, False))["regel"].to_pylist())


def _known(known: Iterable[str] | None) -> pa.Array | None:
    return pa.array(sorted(set(known)), TEXT) if known is not None else None


def _place(raw: Raw, table: pa.Table, configured: str, known: pa.Array | None) -> tuple[str | None, dict[str, int]]:
    """Where the gebruikersnaam stands, None where that is not certain; and the figures of each place."""
    places = (*PLACES, configured) if configured.startswith(ADDED) else PLACES
    if known is None:
        figures = {place: len(table) - table[place].null_count for place in places}
        place = "gebruikersnaam" if 2 * figures["gebruikersnaam"] > len(table) else None
    else:
        figures = {place: int(pc.sum(pc.is_in(known, table[place].combine_chunks())).as_py() or 0) for place in places}
        place = _best(table, {place: figures[place] for place in PLACES}, known)
    if configured != "auto":
        return configured, figures
    if place is None:
        values = {
            "figures": ", ".join(f"{place} {figure}" for place, figure in figures.items()),
            "added": ", ".join(sorted(raw.toevoegingen)) or _("nothing"),
        }
        if known is None:
            raw.notes.note(EDEXML_PLACE_UNKNOWN, 1, pupils=len(table), **values)
        else:
            raw.notes.note(EDEXML_PLACE, 1, known=len(known), **values)
    return place, figures


def _best(table: pa.Table, figures: Mapping[str, int], known: pa.Array) -> str | None:
    """The place with the highest figure. None where that is less than half of the pupils there could be, or a tie.

    Two places that say the same of every pupil are no tie. None too where another place names other pupils of Numo for as many as half:
    keys of the administration may happen to be numbers of Numo.
    """
    best = max(figures.values())
    first, *others = [place for place, figure in figures.items() if figure == best]
    enough = best > 0 and 2 * best >= min(len(table), len(known))
    if not enough or not all(table[first].equals(table[other]) for other in others):
        return None
    return None if any(2 * _contradicted(table, first, other, known) >= best for other in figures if other != first) else first


def _contradicted(table: pa.Table, place: str, other: str, known: pa.Array) -> int:
    """For how many pupils another place names another of Numo's pupils."""
    mine, theirs = table[place], table[other]
    both = pc.and_(pc.is_in(mine, known), pc.is_in(theirs, known))
    return int(pc.sum(pc.and_(both, pc.not_equal(mine, theirs))).as_py() or 0)


def _note_doubles(raw: Raw, table: pa.Table, kind: ErrorKind, column: str) -> None:
    counted = pc.value_counts(table[column].drop_null())
    doubles = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    if len(doubles):
        raw.notes.note_all(kind, table["regel"].filter(pc.is_in(table[column], doubles)).to_pylist())


def _pupils(table: pa.Table) -> pd.DataFrame:
    columns = table.drop_columns(["gebruikersnaam"]).rename_columns({"gebruikersnaam_gekozen": "gebruikersnaam"})
    dtypes = {TEXT: pd.StringDtype(na_value=np.nan), pa.int8(): pd.Int8Dtype()}
    pupils: pd.DataFrame = columns.select(names(EDEXML_PUPILS)).to_pandas(types_mapper=dtypes.get)
    return pupils
