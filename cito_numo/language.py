"""Marks the texts that a user reads for translation (gettext; the source texts are English)."""

import gettext
from pathlib import Path

_catalogue = gettext.translation("cito_numo", Path(__file__).parent / "locale", fallback=True)

_ = _catalogue.gettext
ngettext = _catalogue.ngettext


def N_(text: str) -> str:
    """Mark a text that is kept in a table and translated with `_` when it is shown."""
    return text
