"""A workspace as it is written: its folders, YAML files that say in comments what each key is for, and one value in them changed."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from cito_numo.config import CONFIG_NAME, LAYOUTS, SchoolConfig, Settings, Workspace
from cito_numo.errors import FOLDER_NOT_EMPTY, stop
from cito_numo.files import folder_lock, make_folder, part_of, rewrite_whole, sync_folder, write_whole
from cito_numo.inbox import CITO, EDEXML, NUMO
from cito_numo.language import _
from cito_numo.yaml_files import in_quotes, load, quoted, validate, with_value

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
{vestigingen}            # only these of a joint EDEXML
klantnummer: {klantnummer}         # Cito's customer number
contact: {{aanhef: {aanhef}, voornaam: {voornaam}, achternaam: {achternaam}, email: {email}}}
maximum_niveau: {maximum_niveau}             # as filled in on the sign-up form
signed_up: {signed_up}
{active_from}
administratie: {administratie}          # somtoday | magister | other
# leerlingnummers_valid_from: 2026-08-01    # after a fusion or a new administration: what is older is not joined on leerlingnummer
terugstuuroptie: {terugstuuroptie}               # +2 +1 0 -1 -2: the same as the school set in Leerling in beeld
"""
_NOT_ACTIVE = "# active_from: 2026-09-01      # the day from which Cito has handled the request; absent: not yet"


def new_workspace(folder: Path) -> None:
    """Make the folder a workspace without schools; CitoNumoError where it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise stop(FOLDER_NOT_EMPTY, str(folder))
    make_folder(folder, None)
    make_folder(folder / LAYOUTS, None)
    write_whole(folder / CONFIG_NAME, workspace_yaml().encode())


@dataclass(frozen=True)
class NewSchool:
    """What the school.yaml of a new school says; vestigingen and active_from only where there are."""

    korte_naam: str
    name: str
    brin: str
    klantnummer: str
    aanhef: str
    voornaam: str
    achternaam: str
    email: str
    signed_up: date
    administratie: str
    terugstuuroptie: int
    maximum_niveau: str = "+2"
    vestigingen: Sequence[str] = ()
    active_from: date | None = None

    @property
    def text(self) -> str:
        """The school.yaml; each value reads as the same text, whatever stands in it."""
        listed = ", ".join(map(in_quotes, self.vestigingen))
        return _SCHOOL.format(
            korte_naam=self.korte_naam,
            name=quoted(self.name),
            brin=quoted(self.brin),
            vestigingen=f"vestigingen: [{listed}]" if listed else '# vestigingen: ["00"]',
            klantnummer=in_quotes(self.klantnummer),
            aanhef=quoted(self.aanhef),
            voornaam=quoted(self.voornaam),
            achternaam=quoted(self.achternaam),
            email=quoted(self.email),
            maximum_niveau=in_quotes(self.maximum_niveau),
            signed_up=self.signed_up,
            active_from=f"active_from: {self.active_from}" if self.active_from else _NOT_ACTIVE,
            administratie=quoted(self.administratie),
            terugstuuroptie=signed(self.terugstuuroptie),
        )

    @property
    def config(self) -> SchoolConfig:
        """The school.yaml as it is read back; CitoNumoError with all its mistakes."""
        return validate(SchoolConfig, load(Path(self.korte_naam, "school.yaml"), self.text))


def signed(option: int) -> str:
    """A terugstuuroptie as it is written: +2 +1 0 -1 -2."""
    return f"{option:+d}" if option else "0"


def new_school(folder: Path, school: NewSchool) -> Path:
    """Make a school's folder, with its school.yaml and inbox, in a workspace; it is there whole or not at all."""
    path = folder / "schools" / school.korte_naam
    fresh = part_of(path)
    if fresh.exists():
        shutil.rmtree(fresh)
    for inbox in (CITO, NUMO, EDEXML):
        make_folder(fresh / inbox, None)
    write_whole(fresh / "school.yaml", school.text.encode())
    fresh.rename(path)
    sync_folder(path.parent)
    return path


def new_example_school(folder: Path) -> Path:
    """A school to copy, rename and fill in: signed up, not active."""
    return new_school(
        folder,
        NewSchool(
            korte_naam="voorbeeld-school",
            name="Voorbeeld School",
            brin="99XX",
            klantnummer="1234567",
            aanhef="Mevrouw",
            voornaam="Voornaam",
            achternaam="Achternaam",
            email="beheer@voorbeeld-school.example",
            signed_up=date(2026, 8, 20),
            administratie="magister",
            terugstuuroptie=0,
        ),
    )


def change_school(workspace: Workspace, korte_naam: str, key: str, value: str) -> None:
    """Set one key in a school's school.yaml, with all else in it as it is.

    CitoNumoError, with nothing written, where the file is not valid as it is or would not be with the value.
    """
    folder = workspace.school(korte_naam).folder
    with folder_lock(folder):
        path = folder / "school.yaml"
        text = path.read_bytes().decode()
        document = load(path, text)
        changed = with_value(document, text, key, value)
        workspace.school(korte_naam, changed)
        rewrite_whole(path, changed.encode())


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
