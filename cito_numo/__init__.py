"""cito-numo: Cito results of Leerling in beeld VO become practice plans (leerplannen) for Numo."""

from importlib.metadata import version

__version__ = version("cito-numo")
