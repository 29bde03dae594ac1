"""What probes saw of a notebook and of its package, and where the values of the two part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nb2pkg.model import Flow
from nb2pkg.run.probe.mentions import identities, mentioned
from nb2pkg.run.sites import Sites
from nb2pkg.run.values import Summary, difference


@dataclass(frozen=True, slots=True)
class Event:
    """The end of a statement: where, how many bytes had been written by then, and what its names held."""

    site: str
    at: int
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trace:
    """All events of a run, the summaries that they name by number, and the named results."""

    events: tuple[Event, ...]
    summaries: Mapping[int, Summary]
    results: Mapping[str, Summary]


@dataclass(frozen=True, slots=True)
class Seen:
    """One comparison of a name's value; an empty text means: equal.

    Args:
        statement: of the notebook, after which it is compared.
        name: whose value it is.
        text: how it differs.
        site: of the package.
        group: the statements that are done at the site since the one before.
        origin: the last of them that mentions the name.
    """

    statement: int
    name: str
    text: str
    site: str
    group: tuple[int, ...]
    origin: int


def trace_marks(flow: Flow) -> list[dict[str, Any]]:
    """Return the marks that let the kernel write down what names hold after each statement."""
    marks = []
    places: Counter[tuple[int, int]] = Counter()
    for statement in flow.statements:
        where = (statement.location.cell, statement.location.line)
        names = mentioned(statement.node)
        mark = {"kind": "trace", "cell": where[0], "line": where[1], "when": "after", "place": places[where]}
        marks.append(
            {
                **mark,
                "site": str(statement.index),
                "names": names,
                "pairs": [list(p) for p in identities(statement.node)],
            }
        )
        places[where] += 1
    return marks


def read_trace(observed: Sequence[Mapping[str, Any]]) -> Trace:
    """Return what was observed as a trace."""
    events = (Event(e["site"], e["at"], e["names"]) for e in observed if e["kind"] == "event")
    summaries = {e["number"]: e["summary"] for e in observed if e["kind"] == "summary"}
    return Trace(tuple(events), summaries, {e["name"]: e["summary"] for e in observed if e["kind"] == "result"})


def placed(events: Iterable[Event], sites: Sites) -> Iterator[tuple[Event, tuple[int, ...]]]:
    """Yield the events of a package with the notebook's statements that they end; none where that is unknown."""
    calls: Counter[str] = Counter()
    for event in events:
        groups = sites.statements.get(event.site, ())
        yield event, groups[calls[event.site]] if calls[event.site] < len(groups) else ()
        calls[event.site] += 1


def unstable_values(first: Trace, second: Trace) -> set[tuple[int, str]]:
    """Return (statement, name) whose values differ from one run of the notebook to the other."""
    a, b = _after(first), _after(second)
    return {
        (index, name)
        for index, names in a.items()
        for name, number in names.items()
        if name in b.get(index, {}) and difference(first.summaries[number], second.summaries[b[index][name]])
    }


def compare_values(own: Trace, theirs: Trace, sites: Sites) -> list[Seen]:
    """Return the comparisons of all values that notebook and package have under one name, in the package's order."""
    after = _after(own)
    known: dict[tuple[int, int], str] = {}
    found = []
    for event, group in placed(theirs.events, sites):
        for name, number in event.names.items():
            if event.site in sites.renamed and not name.endswith(" state"):
                continue
            origin = next((i for i in reversed(group) if name in after.get(i, {})), None)
            if origin is None or (origin != group[-1] and name in sites.mentioned.get(event.site, ())):
                continue  # what came after may have changed it, through another name
            wanted = after[origin][name]
            if (wanted, number) not in known:
                known[wanted, number] = difference(own.summaries[wanted], theirs.summaries[number])
            found.append(Seen(group[-1], name, known[wanted, number], event.site, group, origin))
    return found


def changes_of(own: Trace, name: str) -> Iterator[int]:
    """Yield the notebook's statements after which a name has another value than before."""
    before: int | None = None
    for event in own.events:
        number = event.names.get(name)
        if number is not None and number != before:
            yield int(event.site)
            before = number


def _after(trace: Trace) -> dict[int, Mapping[str, int]]:
    return {int(event.site): event.names for event in trace.events}
