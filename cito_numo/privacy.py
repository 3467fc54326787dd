"""The workspace's secret, the keyed hash that stands for an ECK iD, and masks for what an operator may see.

An ECK iD is hashed by the reader that meets it, so that no table, file or ledger holds one (it may not be stored or shown).
"""

import hashlib
import hmac
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cito_numo.errors import SECRET_DAMAGED, SECRET_OPEN, stop
from cito_numo.files import folder_lock, make_folder, read_file, write_whole

if TYPE_CHECKING:
    import pyarrow as pa

_SIZE = 32
_DIGEST = 16
"""Bytes of a keyed hash."""
_LARGEST = 4096
"""Bytes that a file may have which is taken for a secret."""
_PART = 1 << 14
"""ECK iDs that are hashed at once: all of a large school would fill the memory."""
_KETENID = r"^https?://ketenid\.nl/"
_STAMPSEUDONIEM = "/sppilot/"


class Secret:
    """The key of the keyed hashes of one workspace."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._keyed = hashlib.blake2b(key=key, digest_size=_DIGEST)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> tuple[type["Secret"], tuple[bytes]]:
        return Secret, (self._key,)  # for the pipe to a worker: never to a disk

    def fingerprint(self) -> str:
        """Tells two secrets apart without giving either away; the ledger keeps it."""
        return hmac.new(self._key, b"fingerprint", hashlib.sha256).hexdigest()[:16]

    def hash_leerling(self, number: str) -> str:
        """The keyed hash (32 hexadecimal digits) of a leerlingnummer or Cito key, by which a pupil who was purged is known again."""
        return self._digest(b"leerling " + number.encode()).hex()

    def hash_eck_id(self, eck_id: str) -> str | None:
        """The keyed hash (32 hexadecimal digits) of an ECK iD; None for a stampseudoniem, which identifies something else."""
        import pyarrow as pa

        hashed: str | None = self.hash_column(pa.array([eck_id], pa.string()))[0].as_py()
        return hashed

    def hash_column(self, column: "pa.Array") -> "pa.Array":
        """The keyed hashes of a text column, as `hash_eck_id`; null stays null."""
        import pyarrow as pa

        parts = [self._hash_part(column[begin : begin + _PART]) for begin in range(0, len(column), _PART)]
        return pa.concat_arrays(parts) if parts else column

    def _hash_part(self, column: "pa.Array") -> "pa.Array":
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        from cito_numo.hexadecimal import hexadecimal

        lower = pc.utf8_lower(column)
        ketenid = pc.match_substring_regex(lower, _KETENID)
        other = pc.match_substring(lower, _STAMPSEUDONIEM)
        texts = pc.if_else(other, pa.scalar(None, pa.string()), pc.if_else(ketenid, lower, column))
        digests = b"".join([self._digest(text or b"") for text in texts.cast(pa.binary()).to_pylist()])
        hashed = hexadecimal(np.frombuffer(digests, dtype="uint8").reshape(-1, _DIGEST))
        return pc.if_else(texts.is_valid(), hashed, pa.scalar(None, pa.string()))

    def _digest(self, text: bytes) -> bytes:
        hashed = self._keyed.copy()
        hashed.update(text)
        return hashed.digest()


def passing_secret() -> Secret:
    """A secret for a run that writes nothing, in a workspace that has none yet."""
    return Secret(secrets.token_bytes(_SIZE))


def read_secret(path: Path) -> Secret | None:
    """The secret in `path`, or None where there is none yet.

    Raises CitoNumoError where others can read it, or where it is not what `make_secret` wrote.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = read_file(path, _LARGEST)
    except FileNotFoundError:
        return None
    if mode & 0o077:
        raise stop(SECRET_OPEN, str(path))
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != _SIZE:
        raise stop(SECRET_DAMAGED, str(path))
    return Secret(key)


def workspace_secret(path: Path, *, dry_run: bool) -> Secret:
    """The secret in `path`, made there first if there is none; a dry run makes one that passes."""
    return read_secret(path) or (passing_secret() if dry_run else make_secret(path))


def make_secret(path: Path) -> Secret:
    """The secret in `path`, made there first if there is none; two runs that make it at once end up with the same one."""
    make_folder(path.parent, None)
    with folder_lock(path.parent):
        made = read_secret(path)
        if made is None:
            write_whole(path, secrets.token_bytes(_SIZE).hex().encode("ascii"))
            made = read_secret(path)
    assert made is not None
    return made
