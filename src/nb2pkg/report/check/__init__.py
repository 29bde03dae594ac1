"""What `nb2pkg check` prints: a module a format, each a pure function from reports to text."""

from __future__ import annotations

from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nb2pkg.lint.findings import FileReport

    Formatter = Callable[[Sequence[FileReport], bool], str]
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")


def formatter(name: str) -> Formatter:
    """Return the function that makes a format: of reports, and whether colours are wanted; raise KeyError for others.

    Only the module of that format is imported: a hook prints text, and waits for nothing else.
    """
    if name == "text":
        from nb2pkg.report.check.text import render
    elif name == "json":
        from nb2pkg.report.check.json_list import render
    elif name == "sarif":
        from nb2pkg.report.check.sarif import render
    elif name == "github":
        from nb2pkg.report.check.github import render
    elif name == "gitlab":
        from nb2pkg.report.check.gitlab import render
    elif name == "junit":
        from nb2pkg.report.check.junit import render
    else:
        raise KeyError(name)
    return render
