"""The JSON Schemas that the package ships."""

from enum import StrEnum
from importlib import resources


class SchemaName(StrEnum):
    """Which there are."""

    LEERPLANNEN = "leerplannen"


def schema_text(name: str) -> str:
    """A schema as it stands in the package."""
    return resources.files("cito_numo").joinpath("data", "schemas", f"{name}.json").read_text("utf-8")
