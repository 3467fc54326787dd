"""What a school reads about a result that was not delivered."""

import re

import pytest

from cito_numo.layouts import REQUIRED
from cito_numo.redenen import INGETROKKEN_BOVEN_OPTIE, INGETROKKEN_VERPLAATST, niveau_met_teken, tekst
from cito_numo.tables import KEYS
from cito_numo.uitkomst import Reden

RESULT = {
    "veld": "eck_id",
    "waarde": "M5",
    "schooljaren": "2025-2026 (3)",
    "soorten": "leer-werkhouding",
    "toetsniveau": "havo",
    "functioneringsniveau": "vwo",
    "relatief": "+1",
    "terugstuuroptie": "0",
}
NOBODY_READS = {Reden.ZELFDE_RESULTAAT, Reden.GECORRIGEERD, Reden.NIEUWERE_TOETS, Reden.GEWIST, Reden.INGETROKKEN}
"""Counted, never listed."""


@pytest.mark.parametrize("reden", Reden)
def test_every_reason_has_a_dutch_sentence_without_gaps(reden: Reden):
    text = tekst(reden, RESULT)
    assert re.fullmatch(r"[A-Z].{10,}\.", text.reden)
    assert not re.search(r"[{}]|  |\bNone\b|\bnan\b", text.reden + text.wat_te_doen)


@pytest.mark.parametrize("reden", sorted(set(Reden) - NOBODY_READS))
def test_every_reason_that_a_school_reads_says_what_to_do(reden: Reden):
    assert re.fullmatch(r"[A-Z].{10,}\.", tekst(reden, RESULT).wat_te_doen)


@pytest.mark.parametrize("veld", [*KEYS, *REQUIRED])
@pytest.mark.parametrize("reden", [Reden.VELD_ONTBREEKT, Reden.VELD_ONLEESBAAR, Reden.SLEUTEL_DUBBEL, Reden.SLEUTEL_WIJKT_AF])
def test_every_field_that_a_reason_is_about_has_a_name(reden: Reden, veld: str):
    name = {"eck_id": "ECK iD", "cito_key": "Cito-leerlingkey"}.get(veld, veld.capitalize())
    assert tekst(reden, {**RESULT, "veld": veld}).reden.startswith(f"{name} ")


def test_a_reason_names_the_value_that_could_not_be_read():
    text = tekst(Reden.VELD_ONLEESBAAR, {"veld": "functioneringsniveau", "waarde": "M5"})
    assert text.reden == "Functioneringsniveau is niet te lezen: 'M5'."


def test_a_reason_names_nothing_where_there_is_nothing():
    assert tekst(Reden.VELD_ONTBREEKT, {"veld": "toets", "waarde": None}).reden == "Toets ontbreekt."


@pytest.mark.parametrize("waarde", ["{veld}", "{0}", "{", "%s"])
def test_a_value_is_never_taken_for_a_template(waarde: str):
    assert f"'{waarde}'" in tekst(Reden.VELD_ONLEESBAAR, {"veld": "toets", "waarde": waarde}).reden


def test_a_value_without_end_is_cut_off():
    assert len(tekst(Reden.VELD_ONLEESBAAR, {"veld": "toets", "waarde": "x" * 10_000}).reden) < 120


def test_the_reason_of_the_cutoff_names_both_levels_and_the_option():
    reden = tekst(Reden.BOVEN_OPTIE, RESULT).reden
    assert "Functioneringsniveau vwo" in reden
    assert "toetsniveau havo (relatief +1, terugstuuroptie 0)" in reden


@pytest.mark.parametrize("reden", [Reden.ANDER_SCHOOLJAAR, Reden.VELD_ONLEESBAAR])
def test_cito_is_asked_about_what_is_citos(reden: Reden):
    assert "klantenservice@cito.nl" in tekst(reden, RESULT).wat_te_doen


@pytest.mark.parametrize(
    "reden", [Reden.GEEN_LEERLING, Reden.NIET_IN_NUMO, Reden.SLEUTEL_DUBBEL, Reden.SLEUTELS_TEGENSTRIJDIG, Reden.BOVEN_OPTIE]
)
def test_kurve_is_asked_about_pupils_and_the_option(reden: Reden):
    assert "support@kurve.nl" in tekst(reden, RESULT).wat_te_doen


def test_a_leerplan_that_is_taken_back_says_why():
    assert INGETROKKEN_BOVEN_OPTIE != INGETROKKEN_VERPLAATST
    assert "terugstuuroptie" in INGETROKKEN_BOVEN_OPTIE
    assert "vak" in INGETROKKEN_VERPLAATST


@pytest.mark.parametrize(("relatief", "written"), [(2, "+2"), (1, "+1"), (0, "0"), (-1, "-1"), (-2, "-2")])
def test_a_relative_level_is_written_with_its_sign(relatief: int, written: str):
    assert niveau_met_teken(relatief) == written


@pytest.mark.parametrize("waarde", ["999990019", "9999.90.019", "9999 90019", "99999-0019"])
@pytest.mark.parametrize("veld", ["functioneringsniveau", "afnamedatum", "toets"])
def test_a_number_that_may_be_a_bsn_is_never_shown_whole_however_it_is_written(veld: str, waarde: str):
    assert "0019" not in tekst(Reden.VELD_ONLEESBAAR, {"veld": veld, "waarde": waarde}).reden


@pytest.mark.parametrize("waarde", ["31-02-2026", "2026-02-31", "20260231"])
def test_a_date_that_is_none_is_shown(waarde: str):
    assert f"'{waarde}'" in tekst(Reden.VELD_ONLEESBAAR, {"veld": "afnamedatum", "waarde": waarde}).reden
