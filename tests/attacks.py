"""All attacks: files that nobody should send, by name; each a small generator in the module of its kind."""

from functools import cache

import attacks_on_folders
import attacks_on_mails
import attacks_on_tables
import attacks_on_workbooks
import attacks_on_xml
import attacks_on_yaml
from attack import Attack, joined


@cache
def all_attacks() -> tuple[Attack, ...]:
    """Each attack once, in a fixed order."""
    kinds = (attacks_on_tables, attacks_on_workbooks, attacks_on_xml, attacks_on_mails, attacks_on_yaml, attacks_on_folders)
    return tuple(joined(*(kind.attacks() for kind in kinds)))
