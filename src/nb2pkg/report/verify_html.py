"""The report of `verify` as one HTML file: left the notebook's outputs, right the package's, differences marked.

Cells are rendered by nbconvert, whose HTML is cleaned once more: the file runs nothing and loads nothing.
"""

from __future__ import annotations

import base64
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import jinja2
from markupsafe import Markup

from nb2pkg.model import Cell, Notebook
from nb2pkg.report.clean_html import clean_html
from nb2pkg.run.notebook import CellRun
from nb2pkg.run.verdict import CellVerdict, FigureVerdict, Report


def html_report(report: Report, notebook: Notebook) -> str:
    """Return the report of a notebook's verification."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nb2pkg.report", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
    )
    counts = Counter(cell.status for cell in report.cells).most_common()
    items = list(_items(report, notebook))
    return environment.get_template("verify.html.jinja").render(report=report, counts=counts, items=items)


def _items(report: Report, notebook: Notebook) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of each cell: text cells as they are, code cells with both sides."""
    verdicts = {verdict.number: verdict for verdict in report.cells}
    runs = {run.number: run for run in report.runs}
    sources, outputs = _exporter(exclude_output=True), _exporter(exclude_input=True)
    attached = _attachments(notebook)
    for cell in notebook.cells:
        verdict = verdicts.get(cell.number)
        if verdict is None and cell.kind != "markdown":
            continue
        item: dict[str, Any] = {"verdict": verdict, "source": _rendered(sources, cell, None, attached)}
        if verdict is not None:
            item |= {"outputs": _rendered(outputs, cell, runs.get(cell.number), attached), **_pictures(verdict)}
        yield item


def _pictures(verdict: CellVerdict) -> dict[str, Any]:
    numbered = list(enumerate(verdict.figures, 1))
    return {
        "figures": [{"got": _encoded(figure.got)} for figure in verdict.figures],
        "differing": [_difference(number, figure) for number, figure in numbered if figure.text or figure.note],
    }


def _difference(number: int, figure: FigureVerdict) -> dict[str, Any]:
    return {"number": number, "text": figure.text or figure.note, "marked": _encoded(figure.marked)}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _exporter(**options: bool) -> Any:
    import nbconvert

    exporter: Any = nbconvert.HTMLExporter
    return exporter(
        template_name="basic",
        sanitize_html=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        log=_silent_log(),
        **options,
    )


def _silent_log() -> logging.Logger:
    log = logging.getLogger("nb2pkg.report")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    return log


def _attachments(notebook: Notebook) -> dict[int, Any]:
    """Return the pictures that were pasted into text cells: number -> name -> type -> content."""
    try:
        cells = json.loads(notebook.raw).get("cells", [])
    except (ValueError, AttributeError):
        return {}  # a notebook kept as text
    rows = {n: cell.get("attachments") for n, cell in enumerate(cells, 1) if isinstance(cell, dict)}
    return {number: row for number, row in rows.items() if isinstance(row, dict)}


def _rendered(exporter: Any, cell: Cell, run: CellRun | None, attached: Mapping[int, Any]) -> Markup:
    """Return a cell's source, or its outputs, as HTML that is clean."""
    import nbformat

    v4: Any = nbformat.v4
    node: Any = nbformat.from_dict
    if cell.kind == "code":
        raw = [node(dict(output.raw)) for output in (run.outputs if run is not None else ())]
        made = v4.new_code_cell(cell.source, outputs=raw)
    else:
        made = v4.new_markdown_cell(cell.source, attachments=node(attached.get(cell.number, {})))
    try:
        body, _ = exporter.from_notebook_node(v4.new_notebook(cells=[made]))
    except Exception:  # of all that nbconvert may not like, a picture that is not there: then the text as it is
        body = f"<pre>{escape(cell.source)}</pre>"
    return Markup(clean_html(body).strip())
