"""A new workspace: the folders, and YAML files that say in comments what each key is for."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from cito_numo.config import CONFIG_NAME, LAYOUTS, Settings
from cito_numo.errors import FOLDER_NOT_EMPTY, stop
from cito_numo.files import make_folder, write_whole
from cito_numo.inbox import CITO, EDEXML, NUMO
from cito_numo.language import _

_NOT_YET = frozenset({"language"})
"""Keys that a school.yaml may hold already, but that nothing asks for yet: a sample would promise too much."""
_HEAD = """\
# The workspace of cito-numo. The folder of this file holds schools/<korte_naam>/, one folder for each school.
# What stands under defaults holds for every school that does not say otherwise in its own school.yaml.
# Take the # away to change a value; behind each key stands what it is if you do not. Lines with #: explain.
# The name with which your mail host signs its Authentication-Results headers: needed for mails that come in by a mail rule.
# mail_host: mx.kurve.example
defaults:
"""

_SCHOOL = """\
# One school. The name of this folder is the korte schoolnaam in Numo: {korte_naam}
name: {name}
brin: {brin}                       # two digits, two capitals; a list after a fusion: [99XX, 99XY]
# vestigingen: ["00"]            # only these of a joint EDEXML
klantnummer: "{klantnummer}"         # Cito's customer number
contact: {{aanhef: {aanhef}, voornaam: {voornaam}, achternaam: {achternaam}, email: {email}}}
maximum_niveau: "+2"             # as filled in on the sign-up form
signed_up: {signed_up}
{active_from}
administratie: {administratie}          # somtoday | magister | other
terugstuuroptie: {terugstuuroptie}               # +2 +1 0 -1 -2: the same as the school set in Leerling in beeld
"""


def new_workspace(folder: Path) -> None:
    """Make the folder a workspace without schools; CitoNumoError where it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise stop(FOLDER_NOT_EMPTY, str(folder))
    make_folder(folder, None)
    make_folder(folder / LAYOUTS, None)
    write_whole(folder / CONFIG_NAME, workspace_yaml().encode())


def new_school(folder: Path, korte_naam: str, values: Mapping[str, object]) -> Path:
    """Make the folders and the school.yaml of a school in a workspace; the school's folder."""
    school = folder / "schools" / korte_naam
    for inbox in (CITO, NUMO, EDEXML):
        make_folder(school / inbox, None)
    write_whole(school / "school.yaml", _SCHOOL.format(korte_naam=korte_naam, **values).encode())
    return school


def new_example_school(folder: Path) -> Path:
    """A school to copy, rename and fill in: signed up, not active."""
    return new_school(
        folder,
        "voorbeeld-school",
        {
            "name": "Voorbeeld School",
            "brin": "99XX",
            "klantnummer": "1234567",
            "aanhef": "Mevrouw",
            "voornaam": "Voornaam",
            "achternaam": "Achternaam",
            "email": "beheer@voorbeeld-school.example",
            "signed_up": "2026-08-20",
            "active_from": "# active_from: 2026-09-01      # the day from which Cito has handled the request; absent: not yet",
            "administratie": "magister",
            "terugstuuroptie": "0",
        },
    )


def workspace_yaml() -> str:
    """cito-numo.yaml with every key that may stand under defaults, commented out, and what it means."""
    return _HEAD + "".join(f"  {line}\n" for line in _commented(Settings, ""))


def _commented(model: type[BaseModel], indent: str) -> list[str]:
    lines = []
    for name, field in model.model_fields.items():
        nested = isinstance(field.default, BaseModel)
        if name in _NOT_YET:
            continue
        if field.description and not nested:
            lines.append(f"#: {indent}{_(field.description)}")
        lines.append(f"# {indent}{name}: {'' if nested else _yaml(field.default)}".rstrip())
        if nested:
            lines += _commented(type(field.default), indent + "  ")
    return lines


def _yaml(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if value.strip(";,\t") != value else value
    return str(value)
