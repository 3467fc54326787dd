"""Draws what `growth.py` measured: runs in the environment of the rivals, and reads the figures as JSON from its standard input."""

import json
import sys

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, ScalarFormatter


def main() -> None:
    """Two panels, both log-log, with a dashed line from the first point of each series that grows as the data does."""
    told = json.load(sys.stdin)
    times = told["times"]
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for axes, what, label in zip(panels, ("seconds", "megabytes"), ("seconds", "peak MB, all processes together"), strict=True):
        for (name, figures), colour, marker in zip(told["series"].items(), ("tab:blue", "tab:orange"), "os", strict=True):
            axes.plot(times, figures[what], color=colour, marker=marker, label=name)
            linear = [figures[what][0] * factor for factor in times]
            axes.plot(times, linear, color=colour, linestyle="--", linewidth=0.9, alpha=0.7)
        axes.plot([], [], color="grey", linestyle="--", linewidth=0.9, label="if it grew as the data does")
        axes.set(xscale="log", yscale="log", xlabel="times the data", title=label)
        axes.xaxis.set_major_locator(FixedLocator(times))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda factor, _place: f"{factor:g}x"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda figure, _place: f"{figure:g}" if f"{figure:g}"[0] in "25" else ""))
        axes.grid(which="both", linewidth=0.4, alpha=0.5)
    panels[0].legend(frameon=False)
    figure.suptitle("First night of cito-numo")
    figure.savefig(told["file"], dpi=120, metadata={"Software": None})


if __name__ == "__main__":
    main()
