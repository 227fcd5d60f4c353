"""The command: `python -m benchmarks`."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import chart
from benchmarks.measure import FULL, QUICK, Effort
from benchmarks.page import replace_figures
from benchmarks.report import Report
from benchmarks.row import Result, Row, measure
from benchmarks.subjects import muster
from benchmarks.work import ROWS


class Progress:
    """Tells a waiting reader on stderr which row is at work, on one line where that can be rewritten."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._row = 0
        self._name = ""
        self._start = time.perf_counter()
        self._rewrites = sys.stderr.isatty()

    def begin(self, row: Row) -> None:
        """Go on to the next row."""
        self._row += 1
        self._name = row.name
        if not self._rewrites:
            print(self._line("…"), file=sys.stderr, flush=True)

    def step(self, doing: str) -> None:
        """Tell what is going on within the row."""
        if self._rewrites:
            print(f"\r\x1b[K{self._line(doing)}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line free for what comes next."""
        if self._rewrites:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _line(self, doing: str) -> str:
        elapsed = time.perf_counter() - self._start
        return f"[{self._row}/{self._rows} {elapsed:4.0f} s] {self._name}: {doing}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 1 if somebody failed at work it claims to do."""
    options = _parser().parse_args(arguments)
    if options.chart or options.page:
        # Before the run: who lacks matplotlib should not learn it after ten minutes.
        chart.require()
    rows = [
        row
        for row in ROWS
        if not options.only or row.name in options.only or row.section.name in options.only
    ]
    effort = QUICK if options.quick else FULL
    report = _run(rows, effort)
    sys.stdout.write(report.text())
    if options.json:
        options.json.write_text(json.dumps(report.json(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    if options.markdown:
        options.markdown.write_text(report.markdown(), "utf-8")
    if options.page:
        replace_figures(options.page, report.markdown())
        chart.draw(report.results, options.page.with_suffix(".svg"))
    if options.chart:
        chart.draw(report.results, options.chart)
    return int(bool(report.failures))


def _run(rows: Sequence[Row], effort: Effort) -> Report:
    casts = {row.section.name: row.section.cast(effort) for row in rows}
    roster = muster(subject for cast in casts.values() for subject in cast)
    progress = Progress(len(rows))
    results: list[Result] = []
    for row in rows:
        progress.begin(row)
        present = [subject for subject in casts[row.section.name] if subject.name not in roster.missing]
        results.append(measure(row, present, effort, progress=progress.step))
    progress.end()
    return Report(roster, effort, results)


def _parser() -> argparse.ArgumentParser:
    rows = dict.fromkeys(row.name for row in ROWS)
    sections = dict.fromkeys(row.section.name for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure our double beside a floor and the doubles people would pick instead.",
        epilog="The peers come with `pip install -e '.[bench]'`; those that are missing are named.",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*sections, *rows],
        metavar="NAME",
        help=f"only these sections ({', '.join(sections)}) or rows ({', '.join(rows)})",
    )
    parser.add_argument("--quick", action="store_true", help="few rounds and small stores: a smoke test")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw a chart as SVG; needs matplotlib")
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="replace the figures in a Markdown page, between its marks, and draw the chart beside it",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
