"""How testable a notebook is, from what was found in it: 0 to 100, with the terms that take points away."""

from __future__ import annotations

from collections.abc import Iterable

from nb2pkg.lint.findings import Finding, Score, Term

GROUPS = (("NB2", 30, 5), ("NB3", 15, 3), ("NB4", 25, 6), ("NB5", 15, 2), ("NB6", 15, 2))  # name, weight, cap
UNREADABLE = "NB101"
CAPPING = (UNREADABLE, "NB102", "NB103", "NB201")  # no test can run while there is one of these
CEILING = 20  # with one of them
_PARTS = 30  # a point in parts that each cap divides, so that sums are exact and halves are halves


def score(findings: Iterable[Finding]) -> Score:
    """Return the score of a notebook with these findings: those that were not suppressed."""
    findings = tuple(findings)
    codes = [finding.code for finding in findings]
    terms, parts = [], 100 * _PARTS
    for group, weight, cap in GROUPS:
        count = sum(1 for each in codes if each.startswith(group))
        lost = weight * min(count, cap) * (_PARTS // cap)
        parts -= lost
        terms.append(Term(group, count, cap, weight, lost / _PARTS))
    value = max(0, (2 * parts + _PARTS) // (2 * _PARTS))  # half up
    errors = {finding.code for finding in findings if finding.severity == "error"}
    capped = next((code for code in CAPPING if code in errors), "")
    if capped:
        value = 0 if capped == UNREADABLE else min(value, CEILING)
    return Score(value, tuple(terms), capped)
