"""The leerlijnen and domeinen, as data: which name means which onderdeel, which vak it belongs to, which domeinen there are.

Both are YAML that the package ships (`data/`); a `leerlijnen.yaml` in the workspace takes the place of the shipped one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import RootModel

from cito_numo.config import LEERLIJNEN
from cito_numo.errors import CONFIG_VALUE, stop
from cito_numo.language import _
from cito_numo.values import label_key
from cito_numo.yaml_files import load, validate

_SHIPPED = Path(__file__).parent / "data"


class _Domeinen(RootModel[dict[str, list[str]]]):
    """domein → names."""


@cache
def shipped_domeinen() -> Mapping[str, tuple[str, ...]]:
    """The domeinen within an onderdeel, each with the names that exports give it; its own name is one."""
    tree = validate(_Domeinen, load(_SHIPPED / "domeinen.yaml")).root
    return {domein: (domein, *known) for domein, known in tree.items()}


class _Leerlijnen(RootModel[dict[str, dict[str, list[str]]]]):
    """vak → onderdeel → names."""


@dataclass(frozen=True)
class Leerlijnen:
    """Which vak an onderdeel belongs to, and which onderdeel a name in an export stands for."""

    vak_of: Mapping[str, str]
    _onderdeel_of: Mapping[str, str]

    names: Mapping[str, tuple[str, ...]]
    """onderdeel → the names that exports give it."""

    def onderdeel(self, text: str) -> str | None:
        """The onderdeel that a name stands for; None where the name is not known."""
        return self._onderdeel_of.get(label_key(text))


def read_leerlijnen(workspace: Path, own: str | None) -> Leerlijnen:
    """The leerlijnen of the workspace's `own` text, else the package's; CitoNumoError with their mistakes."""
    document = load(_SHIPPED / LEERLIJNEN) if own is None else load(workspace / LEERLIJNEN, own)
    tree = validate(_Leerlijnen, document).root
    vak_of: dict[str, str] = {}
    onderdeel_of: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for vak, onderdelen in tree.items():
        for onderdeel, known in onderdelen.items():
            if onderdeel in vak_of:
                raise stop(
                    CONFIG_VALUE, document.place((vak, onderdeel)), key=onderdeel, detail=_("this stands under another vak too"), hint=""
                )
            vak_of[onderdeel] = vak
            names[onderdeel] = tuple(known)
            for name in (onderdeel, *known):
                if onderdeel_of.setdefault(label_key(name), onderdeel) != onderdeel:
                    raise stop(
                        CONFIG_VALUE,
                        document.place((vak, onderdeel)),
                        key=name,
                        detail=_("this name stands for another onderdeel too"),
                        hint="",
                    )
    return Leerlijnen(vak_of, onderdeel_of, names)
