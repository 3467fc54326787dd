"""cito-numo: Cito results of Leerling in beeld VO become practice plans (leerplannen) for Numo."""


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: `--help` need not wait for it."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import version

    return version("cito-numo")
