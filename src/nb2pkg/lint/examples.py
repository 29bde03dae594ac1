"""The cases of rules as people read them: cells one below the other, with counts, outputs and files as comments."""

from __future__ import annotations

from nb2pkg.lint.cases import Case, CaseCell


def example(case: Case) -> str:
    """Return a case as text that reads like Python."""
    if case.raw is not None:
        return case.raw.strip("\n")
    parts = [f"# file: {case.name}"] if "name" in case.options else []
    if "language" in case.options or "kernel" in case.options:
        parts.append(f"# kernel: {case.options.get('kernel', '')} {case.options.get('language', '')}".rstrip())
    if "settings" in case.options:
        parts.append("# settings: " + case.options["settings"].replace("_", "-").replace(":", " = "))
    parts += [_beside(name, text) for name, text in case.files]
    heads = len(case.cells) > 1 or any(cell.kind != "code" or cell.options for cell in case.cells)
    parts += [_cell(cell, number if heads else 0) for number, cell in enumerate(case.cells, 1)]
    return "\n\n".join(part for part in parts if part)


def _beside(name: str, text: str) -> str:
    return f"# beside it: {name}" + "".join(f"\n#     {line}" for line in text.splitlines())


def _cell(cell: CaseCell, number: int) -> str:
    options = cell.options
    notes = [] if cell.kind == "code" else [cell.kind]
    notes += [f"executed as [{options['count']}]"] if "count" in options else []
    notes += [f"tags: {options['tags']}"] if "tags" in options else []
    lines = [f"# cell {number}" + (f" ({', '.join(notes)})" if notes else "")] if number else []
    lines += [line if cell.kind == "code" else f"# {line}".rstrip() for line in cell.source.split("\n") if cell.source]
    for option, said in (("out", "prints"), ("err", "prints"), ("display", "shows"), ("error", "ends with")):
        if option in options:
            first, *rest = options[option].split("\n")
            lines += [f"# {said}: {first}", *(f"#     {line}" for line in rest)]
    return "\n".join(lines)
