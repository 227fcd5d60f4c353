"""The chart: a panel of bars for each of the common operations, and lines of how cost grows.

Drawn by matplotlib, from the extra `bench`, without a background and in colours that stand out on white and
on black alike, so that one file serves pages of both kinds.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.row import Result
from benchmarks.subjects import FLOOR, OURS

BARS = ("get-hit", "set-ttl", "get-dict", "set-dict", "incr", "mget", "lock", "hand-off", "memory")
LINES = ("growth", "threads-curve")
COLUMNS = 3

INK = "#7d8590"
ACCENT = "#e8590c"
PEER = "#4c8dd6"
PALE = "#a0a7b0"
COLOURS = (ACCENT, PEER, "#2f9e63", "#b05cc8", "#c99a06", INK)

STYLE = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9,
    "font.size": 8,
    # Text stays text: the reader's own font, and half the size of the file.
    "svg.fonttype": "none",
    # Names of elements that do not change from run to run.
    "svg.hashsalt": "benchmarks",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def require() -> None:
    """Load what draws.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    importlib.import_module("matplotlib.figure")


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw what there is of the common operations and of growth, as SVG."""
    matplotlib: Any = importlib.import_module("matplotlib")
    figures: Any = importlib.import_module("matplotlib.figure")
    bars = [result for result in results if result.row.name in BARS and result.figures]
    curves = [
        [result for result in results if result.row.section.name == name and result.figures] for name in LINES
    ]
    lines = max(1, -(-(len(bars) + sum(map(bool, curves))) // COLUMNS))
    with matplotlib.rc_context(STYLE):
        figure = figures.Figure(figsize=(3.2 * COLUMNS, 2.9 * lines), layout="constrained")
        axes: list[Any] = list(figure.subplots(lines, COLUMNS, squeeze=False).flat)
        for result in bars:
            _bars(axes.pop(0), result)
        for together in filter(None, curves):
            _lines(axes.pop(0), together)
        for unused in axes:
            unused.set_axis_off()
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def _bars(axes: Any, result: Result) -> None:
    """Draw the subjects from the quickest down, on a logarithmic scale, each with its figure."""
    ticker: Any = importlib.import_module("matplotlib.ticker")
    unit = result.row.unit
    names = sorted(result.figures, key=lambda name: result.figures[name].figure)
    heights = [result.figures[name].figure / unit.scale for name in names]
    colours = [{OURS: ACCENT, FLOOR: PALE}.get(name, PEER) for name in names]
    drawn = axes.barh(names, heights, color=colours, log=True)
    axes.xaxis.set_major_formatter(ticker.NullFormatter())
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.bar_label(drawn, [unit.show(result.figures[name].figure) for name in names], padding=2, color=INK)
    axes.set_title(f"{result.heading}, {unit.label}")
    axes.margins(x=0.25)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)


def _lines(axes: Any, results: Sequence[Result]) -> None:
    """Draw each row of a section as the multiple of its first figure."""
    section = results[0].row.section
    for result, colour in zip(results, COLOURS, strict=False):
        first = next(iter(result.figures))
        ratios = [figure.ratio_to(result.figures[first]) for figure in result.figures.values()]
        axes.plot(list(result.figures), ratios, marker="o", markersize=3, color=colour, label=result.row.name)
    axes.set_ylim(bottom=0)
    axes.set_title(f"{section.title}, times {section.reference}")
    axes.legend(frameon=False, labelcolor=INK)
    axes.spines[["top", "right"]].set_visible(False)
