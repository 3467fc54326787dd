"""How much a test tries: a sample in the suite, all of it where CITO_NUMO_PROVE=1 (`make prove`)."""

import os

from hypothesis import settings

PROVE = os.environ.get("CITO_NUMO_PROVE") == "1"
_TIMES = 50


def quick(examples: int) -> settings:
    """So many examples in the suite; fifty times as many to prove."""
    return settings(max_examples=examples * _TIMES if PROVE else examples, deadline=None, database=None)
