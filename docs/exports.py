"""Writes the tables in docs/exports.md anew from the layouts that the package ships; the text around them stays."""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from cito_numo.layouts import Layout, shipped_layouts
from cito_numo.leerlijnen import read_leerlijnen, shipped_domeinen

PAGE = Path(__file__).with_name("exports.md")


def page() -> str:
    """The whole page."""
    text = PAGE.read_text("utf-8")
    for name, table in {"layouts": layouts(), "names": names()}.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text, flags=re.DOTALL
        )
    return text


def layouts() -> str:
    """A table for each layout: of each column the headers, and how values are written."""
    return "\n\n".join(map(_layout, shipped_layouts()))


def names() -> str:
    """The names of onderdelen and domeinen."""
    leerlijnen = read_leerlijnen(Path(), None)
    rows = [["onderdeel", f"`{onderdeel}` ({vak})", _listed(leerlijnen.names[onderdeel])] for onderdeel, vak in leerlijnen.vak_of.items()]
    rows += [["domein", f"`{domein}`", _listed(known[1:])] for domein, known in shipped_domeinen().items()]
    return _table(["", "is", "also written"], rows)


def _layout(layout: Layout) -> str:
    rows = [[f"`{name}`", _listed(known)] for name, known in layout.columns.model_dump().items() if known]
    rows += [[f"`{name}` of a toets and onderdeel", _listed(known)] for name, known in layout.wide.model_dump().items() if known]
    rows += [["nothing here", _listed(["(empty)", *layout.absent])], ["dates", _listed(dict.fromkeys([*layout.dates, "jjjj-mm-dd"]))]]
    return f"**`{layout.name}`** ({layout.shape}): {layout.title}\n\n{_table(['column', 'headers'], rows)}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE.name} is up to date\n")
