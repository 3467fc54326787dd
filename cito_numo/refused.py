"""What never becomes a practice plan: instruments that are sensitive, numbers of the state, levels of primary education.

Pure functions on the text of headers, names and cells. They tell what a text is, and keep nothing of it.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from cito_numo.values import clean_ids

_INSTRUMENTS = {
    "sociaal-emotioneel functioneren (SEF)": r"\bsef|\bs e f\b|\bsoc\w*[\s-]*(?:en[\s-]*)?emotione",
    "leer-werkhouding": r"(?:leer|werk|studie|taak)\w*[\s-]*houding|\blwh\b",
    "cognitieve capaciteiten (CCT)": r"\bcct|cogniti|capaciteit|\biq\b|intelligentie",
}
_STATE_NUMBER = re.compile(
    r"\bbsn|burger[\s-]*service|\bsofi[\s-]*n|onderwijs[\s-]*n(?:umme)?r|\bpgn\b|persoons[\s-]*gebonden", re.IGNORECASE
)
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _INSTRUMENTS.items()}
_PRIMARY = re.compile(r"[me]\s?[3-8]|i{1,3}v?|iv|v|[a-e]|groep\s?[1-8]", re.IGNORECASE)
_JOINED = re.compile(r"[_./]+|(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Za-z]{3})")

_LONGEST = 200
_BSN_DIGITS = 9
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_BSN_CHECK = 11
_FEWEST_OF_ALL, _FEWEST, _MOST_OTHERS = 3, 5, 0.1
"""All values have to look like a BSN, or so many of which at most this share does not: one in eleven numbers does by chance."""

BSN = "BSN"


def refused_kind(text: str) -> str | None:
    """The instrument (or BSN) that a header, toets or onderdeel names; None where it names none that is refused."""
    words = _JOINED.sub(" ", text[:_LONGEST])
    if _STATE_NUMBER.search(words):
        return BSN
    return next((name for name, pattern in _PATTERNS.items() if pattern.search(words)), None)


def is_primary(text: str) -> bool:
    """Whether a text is a level or group of primary education: M5, E6, I to V, A to E."""
    return _PRIMARY.fullmatch(text.strip()) is not None


def are_bsn(column: pa.Array) -> bool:
    """Whether the values of a key look like BSNs: nine digits, of which the check (elfproef) holds."""
    values = pc.unique(pc.replace_substring_regex(clean_ids(column)[0], r"[.\s-]", "")).drop_null()
    nine = values.filter(pc.match_substring_regex(values, rf"^\d{{{_BSN_DIGITS}}}$")).to_pylist()
    found = sum(_passes(number) for number in nine)
    if found == len(values) >= _FEWEST_OF_ALL:
        return True
    return found >= max(_FEWEST, len(values) * (1 - _MOST_OTHERS))


def _passes(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _BSN_WEIGHTS, strict=True))
    return total % _BSN_CHECK == 0 and total > 0
