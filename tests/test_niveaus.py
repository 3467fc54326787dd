"""The ladder of levels: which texts are which level, which are none, and how far two levels lie apart."""

from itertools import product

import pandas as pd
import pytest

from cito_numo.niveaus import NIVEAUS, RUNGS, Niveau, highest_rung, lowest_rung, parse_niveau, relatief, relative_level

SPELLINGS = {
    "onder-bb": [
        "<bb",
        "<BB",
        "< BB",
        "<VMBO BB",
        "< vmbo-bb",
        "onder bb",
        "onder vmbo bb",
        "Onder VMBO-BB",
        "ONDER_VMBO_BB",
        "beneden bb",
    ],
    "vmbo-bb": [
        *("bb", "BB", "VMBO BB", "vmbo-bb", "Vmbo Bb", "VMBO_BB", "vmbo  bb", "vmbo\u2013bb", "BBL", "VMBO-BBL", "vmbo b", "VMBO-B"),
        *("basis", "vmbo basis", "basisberoeps", "basisberoepsgericht", "vmbo basisberoepsgerichte leerweg"),
        *("BB+", "vmbo-bb+", "BB-", "BB met LWOO", "VMBO BB (LWOO)", "bb+lwoo"),
    ],
    "vmbo-kb": [
        *("kb", "VMBO KB", "vmbo-kb", "VMBO_KB", "KBL", "vmbo k", "VMBO-K", "kader", "vmbo kader", "kaderberoepsgericht"),
        *("Kaderberoepsgerichte leerweg", "KB+"),
    ],
    "vmbo-gt": [
        *("gt", "GT", "gl", "tl", "VMBO GL", "VMBO TL", "vmbo-tl", "vmbo t", "VMBO-T", "vmbo g", "GTL", "VMBO GLTL", "vmbotl", "VMBOGL/TL"),
        *("gl/tl", "GL/TL", "VMBO GL/TL", "VMBO_GL/TL", "vmbo gl-tl", "vmbo gl en tl", "g/t", "vmbo g/t", "vmbo-(g)t"),
        *("gemengd", "vmbo gemengd/theoretisch", "gemengde leerweg", "theoretische leerweg", "mavo", "MAVO", "Mavo+"),
    ],
    "havo": ["havo", "HAVO", "Havo", " havo ", "havo\u00a0", "Havo+", "havo-", "havo +", "niveau havo", "havo/havo"],
    "vwo": ["vwo", "VWO", "gymnasium", "Gymnasium", "gym", "atheneum", "VWO+", "vwo/gymnasium", "VWO (gymnasium)", "atheneum/gymnasium"],
    "boven-vwo": [">vwo", ">VWO", "> VWO", "boven vwo", "Boven VWO", "BOVEN_VWO", ">vwo+"],
    "vmbo-bb/vmbo-kb": [
        *("b/k", "B/K", "bk", "BK", "B-K", "vmbo b/k", "vmbo bk", "VMBO-BK", "bb/kb", "BB/KB", "vmbo bb/kb", "VMBO BB / KB"),
        *("vmbo-bb/vmbo-kb", "VMBO_BB_TM_VMBO_KB", "bb-kb", "bb en kb", "bb t/m kb", "bb tot en met kb", "basis/kader", "kb/bb", "bb+/kb"),
    ],
    "vmbo-kb/vmbo-gt": [
        "VMBO_KB_TM_VMBO_GL/TL",
        "vmbo kb t/m vmbo gl/tl",
        "kb/gt",
        "kgt",
        "KGT",
        "vmbo kgt",
        "kader/mavo",
        "vmbo kb-gl-tl",
    ],
    "vmbo-bb/vmbo-gt": ["bb/kb/gt", "b/k/gt", "vmbo bb t/m gt", "BB|KB|GT", "b,k,t"],
    "vmbo-gt/havo": [
        "t/h",
        "T/H",
        "th",
        "t/havo",
        "vmbo-t/havo",
        "VMBO T/HAVO",
        "tl/havo",
        "mavo/havo",
        "vmbo gt/havo",
        "VMBO_GL/TL_TM_HAVO",
    ],
    "havo/vwo": [
        *(
            "h/v",
            "H/V",
            "hv",
            "HV",
            "havo/vwo",
            "HAVO/VWO",
            "havo-vwo",
            "HAVO_VWO",
            "havo \u2013 vwo",
            "havo vwo",
            "havo en vwo",
            "havo & vwo",
        ),
        *("HAVO_TM_VWO", "havo t/m vwo", "vwo/havo", "havo/gymnasium", "havo+/vwo"),
    ],
    "vmbo-gt/vwo": ["t/h/v", "mavo/havo/vwo", "vmbo-gt t/m vwo"],
}
NEVER_GUESSED = [
    *("", " ", "-", "+", "/", "?"),  # nothing is said
    *("M5", "E6", "M 5", "e3", "B1"),  # the test of a group of primary education
    *("I", "II", "III", "IV", "V", "v", "I+", "i-v", "IV-V"),  # its levels in Roman figures
    *("A", "B", "C", "D", "E", "a", "b", "B+", "d-", "A-E", "d/e", "a/b"),  # and in letters
    *("k", "g", "t", "h", "T", "H+", "V-"),  # any lone letter
    *("B/B", "V/V", "t/t", "b b"),  # the same letter twice is no range
    *("1F", "2F", "<1F", "1S", "A1", "C1"),  # reference levels of Dutch, arithmetic and English
    *("vmbo", "VMBO", "onder vmbo", "vmbo/havo", "vmbo havo", "vmbo-havo", "havo/vmbo", "vmbo vwo", "vmbo h"),  # which leerweg?
    *("vmbo vmbo bb", "bb vmbo"),
    *("-havo", "+havo", "- havo", "<havo", ">havo", "<kb", ">bb", "onder havo", "boven havo", "bb<", "onder", "boven", ">"),
    *("havo/", "/havo", "t/m havo", "havo t/m", "vmbo-bb of lager", "havo of vwo", "havo?", "niet havo", "geen vwo"),
    *("havo 3", "3 havo", "havo2", "klas 2 havo", "havoo", "hav", "tvwo", "tweetalig vwo"),
    *("b/t", "b/h", "k/h", "b/v", "b havo", "k/vwo"),  # letters that are no neighbours say something else
    *("lwoo", "havo lwoo", "kb met lwoo", "pro", "praktijkonderwijs", "po", "vo", "mbo", "niveau", "leerweg"),
]


@pytest.mark.parametrize(("text", "label"), [(text, label) for label, texts in SPELLINGS.items() for text in texts])
def test_every_usual_spelling_is_read(text: str, label: str):
    niveau = parse_niveau(text)
    assert niveau is not None
    assert niveau.label == label


@pytest.mark.parametrize("text", NEVER_GUESSED)
def test_a_level_is_never_guessed(text: str):
    assert parse_niveau(text) is None


def test_gl_tl_is_one_rung_and_no_range():
    assert parse_niveau("GL/TL") == Niveau(3, 3)


def test_the_ladder_goes_from_onder_bb_to_boven_vwo():
    assert RUNGS == ("onder-bb", "vmbo-bb", "vmbo-kb", "vmbo-gt", "havo", "vwo", "boven-vwo")


def test_there_is_a_label_for_each_rung_and_each_range_of_rungs():
    assert set(RUNGS) < set(NIVEAUS)
    assert len(NIVEAUS) == len(set(NIVEAUS)) == 7 + 6 + 5 + 4 + 3 + 2 + 1


@pytest.mark.parametrize("label", NIVEAUS)
def test_every_label_is_read_as_itself(label: str):
    niveau = parse_niveau(label)
    assert niveau is not None
    assert niveau.label == label


def test_a_range_is_written_low_slash_high():
    assert Niveau(3, 4).label == "vmbo-gt/havo"


# --- relative level --------------------------------------------------------------------------------------------------


def rungs_of(label: str) -> list[int]:
    """The places on the ladder that a label covers."""
    ends = [RUNGS.index(end) for end in label.split("/")]
    return list(range(ends[0], ends[-1] + 1))


def niveau_of(label: str) -> Niveau:
    rungs = rungs_of(label)
    return Niveau(rungs[0], rungs[-1])


@pytest.mark.parametrize(
    ("functioneringsniveau", "toetsniveau", "expected"),
    [
        ("havo", "havo", 0),
        ("vwo", "havo", 1),
        ("vmbo-gt", "havo", -1),
        ("boven-vwo", "vwo", 1),
        ("onder-bb", "vmbo-bb", -1),
        # ranges that overlap are level
        ("vmbo-kb", "vmbo-bb/vmbo-kb", 0),
        ("vmbo-bb", "vmbo-bb/vmbo-kb", 0),
        ("havo/vwo", "havo", 0),
        ("vmbo-gt/havo", "havo/vwo", 0),
        ("onder-bb/boven-vwo", "havo", 0),
        # else the nearest ends count
        ("vmbo-gt", "vmbo-bb/vmbo-kb", 1),
        ("vmbo-gt/havo", "vmbo-bb/vmbo-kb", 1),
        ("vmbo-bb/vmbo-kb", "vmbo-gt/havo", -1),
        ("vmbo-gt", "havo/vwo", -1),
        ("vmbo-bb/vmbo-kb", "havo/vwo", -2),
        # more than two is two
        ("vwo", "vmbo-kb", 2),
        ("boven-vwo", "onder-bb", 2),
        ("vmbo-bb", "vwo", -2),
        ("onder-bb", "boven-vwo", -2),
    ],
)
def test_relative_level(functioneringsniveau: str, toetsniveau: str, expected: int):
    assert relatief(niveau_of(functioneringsniveau), niveau_of(toetsniveau)) == expected


@pytest.mark.parametrize("toetsniveau", NIVEAUS)
def test_relative_level_is_the_distance_of_the_nearest_rungs_clipped(toetsniveau: str):
    nearest = {f: min((one - other for one, other in product(rungs_of(f), rungs_of(toetsniveau))), key=abs) for f in NIVEAUS}
    expected = {f: max(-2, min(2, distance)) for f, distance in nearest.items()}
    assert {f: relatief(niveau_of(f), niveau_of(toetsniveau)) for f in NIVEAUS} == expected


def test_the_columns_say_the_same_as_the_single_levels():
    pairs = list(product(NIVEAUS, NIVEAUS))
    f, t = (pd.Series(column, dtype="str") for column in zip(*pairs, strict=True))
    level = relative_level(f, t)
    assert level.dtype == "Int8"
    assert level.tolist() == [relatief(niveau_of(one), niveau_of(other)) for one, other in pairs]


def test_a_missing_level_has_no_relative_level():
    f = pd.Series(["havo", None, None, "vwo"], index=[3, 5, 7, 9], dtype="str")
    t = pd.Series([None, "havo", None, "havo"], index=[3, 5, 7, 9], dtype="str")
    level = relative_level(f, t)
    assert level.isna().tolist() == [True, True, True, False]
    assert level[9] == 1


def test_lowest_and_highest_rung_of_a_column():
    niveaus = pd.Series(["havo", "vmbo-bb/vmbo-gt", "boven-vwo"], dtype="str")
    assert [RUNGS[rung] for rung in lowest_rung(niveaus)] == ["havo", "vmbo-bb", "boven-vwo"]
    assert [RUNGS[rung] for rung in highest_rung(niveaus)] == ["havo", "vmbo-gt", "boven-vwo"]
