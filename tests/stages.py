"""How many statements stand in the right stage module: `python tests/stages.py RESEARCHERS DISTRIBUTIONS`.

`stage_labels.csv` holds statements of public notebooks by source, path, cell and line, with the stage that a person
gave them before the rules were tuned; `also` is a second stage where both are equally right. The notebooks themselves
are not here: RESEARCHERS is the folder in which `cases/*/case.json` names repository and path of each, DISTRIBUTIONS
the one with the notebooks of source distributions below `runnable` and `convert-only`.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nb2pkg.errors import Nb2pkgError
from nb2pkg.model import Flow, Plan
from nb2pkg.pipeline import plan_notebook

LABELS = Path(__file__).with_name("stage_labels.csv")


@dataclass(frozen=True)
class Label:
    """One statement, and where it belongs."""

    source: str
    path: str
    cell: int
    line: int
    stage: str
    also: str


def labels() -> list[Label]:
    """Return the statements that were labelled by hand."""
    with LABELS.open(newline="", encoding="utf-8") as file:
        return [
            Label(r["source"], r["path"], int(r["cell"]), int(r["line"]), r["stage"], r["also"])
            for r in csv.DictReader(file)
        ]


def notebooks(researchers: Path, distributions: Path) -> dict[tuple[str, str], Path]:
    """Return where the notebooks lie, by source and path."""
    found = {}
    for file in researchers.glob("cases/*/case.json"):
        case = json.loads(file.read_text(encoding="utf-8"))
        source, _, path = case["source"].partition(":")
        found[source, path] = file.parent / "tree" / case["notebook"]
    for book in distributions.rglob("*.ipynb"):
        found["distributions", book.relative_to(distributions).as_posix()] = book
    return found


@cache
def planned(path: Path) -> tuple[Flow, Plan] | None:
    """Return the plan of a notebook, or None for one that is refused."""
    try:
        return plan_notebook(path)
    except Nb2pkgError:
        return None


def placed(label: Label, path: Path) -> tuple[str, str]:
    """Return the module of a labelled statement (`pipeline`: it stays in `run()`), and its text."""
    found = planned(path)
    if found is None:
        return "refused", ""
    flow, plan = found
    for unit in plan.units:
        for index in unit.statements:
            place = flow.statements[index].location
            if (place.cell, place.line) == (label.cell, label.line):
                return unit.module, flow.statements[index].source
    return "gone", ""


def rows(researchers: Path, distributions: Path) -> Iterator[tuple[Label, str, str]]:
    """Yield each label with the module that its statement got, and the statement."""
    where = notebooks(researchers, distributions)
    for label in labels():
        path = where.get((label.source, label.path))
        if path is not None:
            yield (label, *placed(label, path))


def main() -> int:
    """Print the share that is right, and what is mistaken for what."""
    found = list(rows(Path(sys.argv[1]), Path(sys.argv[2])))
    in_stage = [row for row in found if row[1] not in ("refused", "gone", "pipeline")]
    first = sum(label.stage == module for label, module, _ in in_stage)
    either = sum(module in (label.stage, label.also) for label, module, _ in in_stage)
    print(f"{len(found)} of {len(labels())} found, {len(in_stage)} of them in a stage module")
    print(f"right: {first / len(in_stage):.1%}; with the second label: {either / len(in_stage):.1%}")
    wrong = [row for row in in_stage if row[1] not in (row[0].stage, row[0].also)]
    for (stage, module), count in Counter((label.stage, module) for label, module, _ in wrong).most_common(15):
        print(f"{count:4}  {stage} -> {module}")
    if "--rows" in sys.argv:
        for label, module, text in wrong:
            print(f"{label.stage} -> {module}: {label.path}:{label.cell}:{label.line}: {text.splitlines()[0][:100]}")
    return 0 if either >= 0.9 * len(in_stage) else 1


if __name__ == "__main__":
    sys.exit(main())
