"""What the cache keeps of a file: what a summary needs, and the text that people read.

A run in which nothing changed prints these without reading or building a finding.
"""

from __future__ import annotations

from nb2pkg.tuples import NamedTuple

PATH = b"\x01"  # in texts, where control characters are escaped


class Record(NamedTuple):
    """What is kept of one file.

    Args:
        found: how many findings there are.
        fixable: how many of them have a safe fix.
        score: the testability score.
        key: what the report is kept under, as hex digits; empty where it is not kept.
        text: the findings as UTF-8 without colours, `PATH` where the file's path is to stand: files with the same
            content share a record.
        report: the whole report, as JSON; empty where it has not been loaded.
    """

    found: int
    fixable: int
    score: int
    key: bytes
    text: bytes
    report: bytes = b""

    def encoded(self) -> bytes:
        """Return all but the report as bytes."""
        return b"%d %d %d %s\n%s" % (self.found, self.fixable, self.score, self.key, self.text)


def decoded(data: bytes) -> Record | None:
    """Return a record, without its report, of such bytes, or None for others."""
    head, _, text = data.partition(b"\n")
    try:
        found, fixable, score, key = head.split(b" ")
        return Record(int(found), int(fixable), int(score), key, text)
    except ValueError:
        return None
