"""Octets as hexadecimal text, many at once: keyed hashes, and the ids of leerplannen."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_DIGITS = np.frombuffer(bytes(range(256)).hex().encode(), dtype="uint16")
"""The two digits of each octet."""


def hexadecimal(octets: npt.NDArray[np.uint8], dashes: Sequence[int] = ()) -> pa.Array:
    """A text for each row of octets (n by k), with dashes at these places in it."""
    rows, digits = len(octets), 2 * octets.shape[1]
    length = digits + len(dashes)
    if not rows:
        return pa.array([], pa.string())
    letters = _DIGITS[octets].view("uint8")
    if dashes:
        spaced = np.full((rows, length), ord("-"), dtype="uint8")
        ends = [0, *(dash - number for number, dash in enumerate(dashes)), digits]
        for number, (begin, end) in enumerate(pairwise(ends)):
            spaced[:, begin + number : end + number] = letters[:, begin:end]
        letters = spaced
    ends = np.arange(rows + 1, dtype="int32") * length
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(letters.reshape(-1)))
