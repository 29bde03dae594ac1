"""A Dockerfile as values: its stages and their steps; no more of the language than files of ours may use."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_VARIABLE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})")
_IDLE = frozenset({"EXPOSE", "LABEL", "HEALTHCHECK", "STOPSIGNAL", "VOLUME", "MAINTAINER"})
_KNOWN = frozenset({"FROM", "ARG", "ENV", "RUN", "COPY", "ADD", "WORKDIR", "USER", "SHELL", "CMD", "ENTRYPOINT"})


@dataclass(frozen=True)
class Step:
    """One instruction: its word, its options such as `--from=builder`, and the rest of its text."""

    word: str
    options: Mapping[str, str]
    text: str
    line: int

    def listed(self) -> list[str] | None:
        """Return the words of the form `["a", "b"]`, or None where it is another form."""
        return json.loads(self.text) if self.text.startswith("[") else None


@dataclass
class Stage:
    """A stage: the image or stage that it begins with, and its steps."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)

    def sources(self) -> set[str]:
        """Return the stages and images that it copies from."""
        return {step.options["from"] for step in self.steps if "from" in step.options}


def read_dockerfile(text: str) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by their names; those without one are numbered.

    Raises:
        ValueError: it has an instruction that is not understood.
    """
    stages: dict[str, Stage] = {}
    arguments: dict[str, str] = {}
    current: Stage | None = None
    for line, content in _logical_lines(text):
        step = _step(line, content)
        if step.word == "FROM":
            words = expanded(step.text, arguments).split()
            name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else str(len(stages))
            current = stages.setdefault(name, Stage(name, words[0]))
        elif current is not None:
            current.steps.append(step)
        elif step.word == "ARG":
            name, _, value = step.text.partition("=")
            arguments[name.strip()] = value.strip().strip("\"'")
        else:
            raise ValueError(f"line {line}: {step.word} before FROM")
    return stages


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return (number, text) of the lines, those that end in a backslash joined; comments between them are dropped."""
    found: list[tuple[int, str]] = []
    open_line: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not open_line:
            start = number
        more = line.rstrip().endswith("\\")
        open_line.append(line.rstrip()[:-1] if more else line)
        if not more:
            found.append((start, "".join(open_line).strip()))
            open_line = []
    if open_line:
        raise ValueError(f"line {start} is not finished")
    return found


def _step(line: int, content: str) -> Step:
    word, _, rest = content.partition(" ")
    word, rest, options = word.upper(), rest.strip(), {}
    if word not in _KNOWN | _IDLE:
        raise ValueError(f"line {line}: no instruction: {word}")
    while word in {"RUN", "COPY", "ADD", "FROM"} and rest.startswith("--"):
        option, _, rest = rest.partition(" ")
        name, _, value = option[2:].partition("=")
        options[name] = value
        rest = rest.strip()
    if "<<" in rest and word in {"RUN", "COPY"}:
        raise ValueError(f"line {line}: texts that follow (<<) are not understood")
    return Step(word, options, rest, line)


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with `$NAME`, `${NAME}`, `${NAME:-text}` replaced."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "\\$":
            return "$"
        found = variables.get(match[1] or match[2])
        if (match[3] or "").endswith("+"):
            return match[4] if found else ""
        return found if found or (found is not None and match[3] != ":-") else match[4] or ""

    return _VARIABLE.sub(value, text)


def pairs(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the names and values of an ENV or ARG instruction."""
    found = {}
    for word in shlex.split(text.replace("\\$", "\0")):
        name, _, value = word.partition("=")
        found[name] = expanded(value, variables).replace("\0", "$")
    return found


class Ignore:
    """What `.dockerignore` leaves out; the last line that fits a path decides."""

    def __init__(self, folder: Path) -> None:
        path = folder / ".dockerignore"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        self.rules = [
            (not line.startswith("!"), _pattern(line.lstrip("!")))
            for line in map(str.strip, lines)
            if line[:1] not in ("", "#")
        ]

    def __call__(self, path: str) -> bool:
        """Tell whether a path, relative to the folder, is left out."""
        out = False
        for leaves_out, pattern in self.rules:
            if pattern.match(path):
                out = leaves_out
        return out


def _pattern(line: str) -> re.Pattern[str]:
    text = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", line.strip("/")):
        text += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or (
            part if part.startswith("[") else re.escape(part)
        )
    return re.compile(f"{text}(?:/.*)?$")
