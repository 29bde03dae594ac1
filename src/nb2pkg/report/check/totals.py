"""Numbers over all files: how often each rule was found, and how testable each notebook is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nb2pkg.lint.findings import FileReport, Score
from nb2pkg.lint.score import UNREADABLE
from nb2pkg.report.check.source_line import printable

PERCENTILES = (10, 50, 90)


def statistics(reports: Sequence[FileReport]) -> str:
    """Return a line a rule, the most frequent first, and the percentiles of the scores."""
    rows = _counted(reports)
    width = max((len(str(count)) for count, _, _ in rows), default=0)
    lines = [f"{count:>{width}}  {code}  {name}" for count, code, name in rows]
    values = [report.score.value for report in reports if report.score]
    if values:
        shown = ", ".join(f"p{percent} {value}" for percent, value in percentiles(values).items())
        lines.append(f"Scores of {len(values)} notebook{'' if len(values) == 1 else 's'}: {shown}")
    return "".join(f"{line}\n" for line in lines)


def statistics_json(reports: Sequence[FileReport]) -> str:
    """Return the same as JSON: `rules`, a list, and `scores`, an object, or null where no file was scored."""
    import json  # text does without

    values = [report.score.value for report in reports if report.score]
    scored = {f"p{percent}": value for percent, value in percentiles(values).items()} if values else None
    rules = [{"code": code, "name": name, "count": count} for count, code, name in _counted(reports)]
    return json.dumps({"rules": rules, "notebooks": len(reports), "scores": scored}, indent=2) + "\n"


def percentiles(values: Sequence[int]) -> dict[int, int]:
    """Return percentiles of values by nearest rank: each is one of the values."""
    ordered = sorted(values)
    return {percent: ordered[max(0, -(-percent * len(ordered) // 100) - 1)] for percent in PERCENTILES}


def scores(reports: Sequence[FileReport]) -> str:
    """Return a line a notebook: its score, its path, and what takes points away.

    `62 notebooks/churn.ipynb  NB2 -12.0 (2 of 5), NB4 -25.0 (6 of 6)`; of nine findings six count: `(9, 6 count)`.
    """
    return "".join(f"{_score_line(report.path, report.score)}\n" for report in reports if report.score)


def scores_json(reports: Sequence[FileReport]) -> str:
    """Return the same as JSON, a list: all terms, those that take nothing away too."""
    import json  # text does without

    from nb2pkg.report.check.identity import storable

    found = [
        {
            "path": storable(report.path),
            "score": report.score.value,
            "capped": report.score.capped or None,
            "terms": [term._asdict() for term in report.score.terms],
        }
        for report in reports
        if report.score
    ]
    return json.dumps(found, indent=2) + "\n"


def _score_line(path: str, score: Score) -> str:
    said = ", ".join(_said(score))
    return f"{score.value:>3} {printable(path)}" + (f"  {said}" if said else "")


def _said(score: Score) -> Iterator[str]:
    for term in score.terms:
        if term.found:
            counted = f"{term.found} of {term.cap}" if term.found <= term.cap else f"{term.found}, {term.cap} count"
            yield f"{term.group} -{term.lost:.1f} ({counted})"
    if score.capped == UNREADABLE:
        yield f"0: {UNREADABLE}"
    elif score.capped:
        yield f"at most 20: {score.capped}"


def _counted(reports: Sequence[FileReport]) -> list[tuple[int, str, str]]:
    counts: dict[tuple[str, str], int] = {}
    for report in reports:
        for reported in report.findings:
            key = (reported.finding.code, reported.name)
            counts[key] = counts.get(key, 0) + 1
    return [(counts[key], *key) for key in sorted(counts, key=lambda key: (-counts[key], key))]
