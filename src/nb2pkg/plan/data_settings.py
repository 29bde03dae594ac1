"""Joins the files that a notebook reads to the settings that hold their paths.

A path of one machine can lead into the project only by a setting: where there is none, it stays as the notebook has it.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace

from nb2pkg.model import Finding, Flow, Plan
from nb2pkg.needs.data import stays, without_origin
from nb2pkg.needs.reads import readable


def link_data(flow: Flow, plan: Plan) -> Plan:
    """Return a plan whose data know their settings; of paths that can't be moved, findings say so."""
    if not plan.needs.data:
        return plan
    held = _held(flow, plan)
    roots = {row.origin for row in plan.needs.data if row.origin and held.get(row.origin)}
    rows = []
    findings: list[Finding] = []
    for row in plan.needs.data:
        setting = held.get(row.origin or row.path, "")
        if row.origin and not setting and not any(row.origin.startswith(root) for root in roots):
            row = without_origin(row)
            findings.append(stays(flow, row))
        rows.append(replace(row, setting=setting))
    needs = replace(plan.needs, data=tuple(sorted(rows, key=lambda row: row.path)))
    return replace(plan, needs=needs, findings=(*plan.findings, *findings))


def _held(flow: Flow, plan: Plan) -> dict[str, str]:
    """Return which settings hold paths wherever the notebook has them: path -> name."""
    paths = {str(ast.literal_eval(s.value)): s for s in plan.settings if s.path and s.type == "str"}
    if not paths:
        return {}
    count = Counter(
        n.value
        for s in flow.statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value in paths
    )
    found = {text: s.name for text, s in paths.items() if count[text] == len(s.places)}
    plain = {readable(text): name for text, name in found.items() if readable(text)}
    return {**plain, **found}
