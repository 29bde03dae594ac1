"""What machines are told of findings: text that any parser takes, and an identity that outlives moved lines."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from nb2pkg.lint.findings import FileReport, Reported

_SURROGATES = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Return text without halves of surrogate pairs, which no encoding holds."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def identified(reports: Sequence[FileReport]) -> Iterator[tuple[FileReport, Reported, str]]:
    """Yield each finding with its file and an identity that no other has, the same in the next run.

    It is made of path, code and the finding's own fingerprint; equal ones are told apart by their order.
    """
    seen: dict[str, int] = {}
    for report in reports:
        for reported in report.findings:
            finding = reported.finding
            own = reported.fingerprint or f"{reported.source.strip()}\0{finding.message}"
            key = "\0".join((report.path, finding.code, own))
            seen[key] = seen.get(key, 0) + 1
            text = key if seen[key] == 1 else f"{key}\0{seen[key]}"
            yield report, reported, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
