"""A share of the schools of a workspace, so that several processes or machines do a night between them."""

import os
import re
from collections.abc import Sequence
from typing import NamedTuple


class Shard(NamedTuple):
    """Share `number` (from 1) of `of`. Which school is in which depends on its korte naam alone, not on which others there are."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """The share that `K/N` says; ValueError where there is no such share."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
        shard = cls(int(found[1]), int(found[2])) if found else cls(0, 0)
        if not 1 <= shard.number <= shard.of:
            raise ValueError(text)
        return shard

    def schools(self, korte_namen: Sequence[str]) -> Sequence[str]:
        """Those of these schools that are in the share, in the same order."""
        return [korte_naam for korte_naam in korte_namen if self._has(korte_naam)]

    def _has(self, korte_naam: str) -> bool:
        import hashlib

        hashed = hashlib.sha256(os.fsencode(korte_naam)).hexdigest()
        return int(hashed, 16) % self.of == self.number - 1
