"""What never becomes a practice plan: told by a header, a name, a level, or by the numbers in a column."""

import pyarrow as pa
import pytest

from cito_numo.layouts import shipped_layouts
from cito_numo.refused import BSN, are_bsn, is_primary, refused_kind

SEF, HOUDING, CCT = "sociaal-emotioneel functioneren (SEF)", "leer-werkhouding", "cognitieve capaciteiten (CCT)"
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def passes(number: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=True)) % 11 == 0


PASSING = [number for number in map(str, range(999_900_000, 999_901_000)) if passes(number)]
"""Numbers of nine digits of which the check holds, as of a BSN."""
OTHERS = [number for number in map(str, range(999_900_000, 999_901_000)) if not passes(number)]


def column(*values: str | None) -> pa.Array:
    return pa.array(values, pa.string())


# --- what a header or a name says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "BSN",
        "bsn",
        "BSN-nummer",
        "bsn_nummer",
        "bsn.nummer",
        "BSN nr.",
        "BSNnummer",
        "LeerlingBSN",
        "leerling_bsn",
        "BSN leerling",
        "Burgerservicenummer",
        "burgerServiceNummer",
        "Burger service nummer",
        "Burger-service-nummer",
        "burger_service_nummer",
        "Sofinummer",
        "Sofi-nummer",
        "Onderwijsnummer",
        "OnderwijsNummer",
        "onderwijs_nummer",
        "Onderwijsnr",
        "Onderwijs-nummer",
        "PGN",
        "Persoonsgebonden nummer",
        "BSN / onderwijsnummer",
        "Leerlingnummer (BSN)",
    ],
)
def test_a_header_of_a_number_of_the_state_is_told(header: str):
    assert refused_kind(header) == BSN


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((text, SEF) for text in ("SEF", "sef", "SEF-score", "sef_totaal", "T1 SEF", "Toets 1 SEF functioneringsniveau", "S.E.F.")),
        *((text, SEF) for text in ("Sociaal-emotioneel functioneren", "Sociaal emotioneel functioneren", "SociaalEmotioneel")),
        *((text, SEF) for text in ("Sociaal-emotionele ontwikkeling", "SOCIAAL_EMOTIONEEL", "Sociale en emotionele ontwikkeling")),
        *((text, HOUDING) for text in ("Leer-werkhouding", "Leerwerkhouding", "Leer- en werkhouding", "Werkhouding", "LWH", "lwh_score")),
        *((text, HOUDING) for text in ("Leerhouding", "Taakwerkhouding", "Studiehouding", "Leer/werkhouding", "Werk houding")),
        *((text, CCT) for text in ("CCT", "CCT-score", "cct_totaal", "Cognitieve capaciteiten", "Cognitieve capaciteitentest")),
        *(
            (text, CCT)
            for text in ("CognitieveCapaciteiten", "IQ", "IQ-score", "Intelligentie", "Intelligentiequotiënt", "CAPACITEITENTOETS")
        ),
    ],
)
def test_a_name_of_an_instrument_that_is_sensitive_is_told(text: str, kind: str):
    assert refused_kind(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Leerlingnummer",
        "Leerlingnr",
        "Leerling nummer",
        "Stamnummer",
        "Studentnummer",
        "Personeelsnummer",
        "Volgnummer",
        "Nummer",
        "ECK-iD",
        "Cito-leerlingkey",
        "Klas",
        "Leerjaar",
        "Onderwijssoort",
        "Onderwijsniveau",
        "Onderwijs",
        "Vestigingsnummer",
        "Burgerschap",
        "Referentieniveau",
        "Functioneringsniveau",
        "Functioneringsniveau leerling",
        "Toets 1 Rekenen-Wiskunde functioneringsniveau",
        "T1 Rekenen FN",
        "Toets 1 Rekenen-Wiskunde verhoudingen",
        "Leerling verhoudingen",
        "Verhoudingen",
        "Meten en meetkunde",
        "Werkwoordspelling",
        "Spelling niet-werkwoorden",
        "Taalverzorging",
        "Nederlands begrijpend lezen",
        "Taakletter",
        "Inhoud",
        "Vaardigheidsscore",
        "Percentiel",
        "Afnamedatum",
        "Unieke sleutel",
        "iqra",
    ],
)
def test_what_is_harmless_is_no_instrument_and_no_number_of_the_state(text: str):
    assert refused_kind(text) is None


def test_no_header_that_a_layout_reads_is_refused():
    read = [header for layout in shipped_layouts() for headers in layout.columns.model_dump().values() for header in headers]
    assert {header: refused_kind(header) for header in read if refused_kind(header)} == {}


def test_of_a_header_that_names_a_number_of_the_state_and_an_instrument_the_number_is_told():
    assert refused_kind("SEF per BSN") == BSN


# --- levels of primary education -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["M3", "M5", "E6", "m8", "e7", "M 5", " E6 ", "I", "II", "III", "IV", "V", "v", "iii", "A", "B", "e", "Groep 8", "groep7"]
)
def test_a_level_of_primary_education_is_told(text: str):
    assert is_primary(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "havo",
        "vwo",
        "vmbo-kb",
        "BB",
        "KB",
        "bk",
        "t/havo",
        "M2",
        "M9",
        "E1",
        "VI",
        "IIII",
        "F",
        "T",
        "H",
        "1F",
        "2F",
        "2A",
        "Groep",
        "-",
    ],
)
def test_what_is_no_level_of_primary_education_is_not_told_so(text: str):
    assert not is_primary(text)


# --- numbers that look like BSNs -------------------------------------------------------------------------------------


def test_three_numbers_of_which_the_check_holds_look_like_bsns_and_two_do_not():
    assert are_bsn(column(*PASSING[:3]))
    assert not are_bsn(column(*PASSING[:2]))


def test_the_same_number_many_times_is_one():
    assert not are_bsn(column(*PASSING[:2], *PASSING[:2], *PASSING[:2]))


def test_a_column_without_numbers_holds_no_bsns():
    assert not are_bsn(column())
    assert not are_bsn(column(None, None))
    assert not are_bsn(column("", "-", "n.v.t.", "anna", "0012"))


@pytest.mark.parametrize(("others", "expected"), [(0, True), (5, True), (8, False), (45, False)])
def test_a_few_numbers_of_another_kind_do_not_hide_bsns(others: int, expected: bool):
    assert are_bsn(column(*PASSING[:45], *OTHERS[:others])) is expected


@pytest.mark.parametrize(("short", "expected"), [(5, True), (8, False)])
def test_a_few_numbers_of_another_length_do_not_hide_bsns(short: int, expected: bool):
    assert are_bsn(column(*PASSING[:45], *map(str, range(1000, 1000 + short)))) is expected


def test_missing_values_do_not_hide_bsns():
    assert are_bsn(column(*PASSING[:5], *[None] * 40))


@pytest.mark.parametrize(
    "written",
    ["{0}{1}{2}", "{0}.{1}.{2}", "{0} {1} {2}", "{0}-{1}-{2}", "{0}{1}{2}.0", "{0}{1}{2},0", "{0}{1}{2},00", '="{0}{1}{2}"', "'{0}{1}{2}"],
)
def test_bsns_are_told_as_people_and_spreadsheets_write_them(written: str):
    assert are_bsn(column(*(written.format(number[:3], number[3:6], number[6:]) for number in PASSING[:10])))


def test_numbers_of_eight_or_ten_digits_are_no_bsns():
    assert not are_bsn(column(*(number[1:] for number in PASSING)))
    assert not are_bsn(column(*(f"{number}1" for number in PASSING)))


def test_ordinary_numbers_of_nine_digits_are_no_bsns_though_one_in_eleven_passes_by_chance():
    numbers = list(map(str, range(999_900_000, 999_901_000)))
    assert 80 < sum(map(passes, numbers)) < 100
    assert not are_bsn(column(*numbers))


def test_nine_zeros_are_no_bsn_though_the_check_holds():
    assert not are_bsn(column("000000000", *PASSING[:4]))


def test_digits_of_another_script_are_no_bsn():
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    assert not are_bsn(column(*(number.translate(arabic) for number in PASSING[:10])))
