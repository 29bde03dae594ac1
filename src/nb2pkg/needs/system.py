"""Which Debian packages a package needs to run, and which only to build its distributions: a table, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nb2pkg.declarations import normalized
from nb2pkg.machine import Requirement, SystemPackage, Variable
from nb2pkg.model import Finding, Flow, Location
from nb2pkg.needs.commands import Command
from nb2pkg.needs.evidence import Evidence, gather
from nb2pkg.needs.installed import installed_packages
from nb2pkg.needs.mecab import find_dictionary
from nb2pkg.needs.system_table import Row, SystemTable, language_package, system_table

TASK = "system"  # code of findings that say what people must do themselves: no package does it


@dataclass(slots=True)
class _Found:
    """What is needed so far; a package that a run needs is no longer one for building alone."""

    table: SystemTable
    release: str
    packages: dict[str, SystemPackage] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, why: str, *, build: bool = False) -> None:
        there = self.table.name_in(self.release, name)
        if not there:
            self.tasks.setdefault(f"Debian {self.release} has no package {name}, which is needed: {why}", 0)
        elif there not in self.packages or (self.packages[there].build and not build):
            self.packages[there] = SystemPackage(there, why, build)


def find_system(
    flow: Flow, requirements: tuple[Requirement, ...], debian: str = "bookworm"
) -> tuple[tuple[SystemPackage, ...], tuple[Variable, ...], tuple[Finding, ...]]:
    """Return the Debian packages and variables that a package needs, sorted, and findings about what people must do.

    Args:
        flow: the analysed notebook.
        requirements: what it needs of registries.
        debian: the release; another than the table's is taken for the first of them.
    """
    table = system_table()
    said = gather(flow, requirements)
    found = _Found(table, debian if debian in table.releases else table.releases[0])
    for requirement in requirements:
        if requirement.url.startswith("git+"):
            found.add("git", f"{requirement.name} comes from a Git repository", build=True)
    for row in table.rows:
        _add_row(row, said, found)
    _add_commands(said, found)
    _add_paths(said, found)
    _add_languages(said, found)
    installs = installed_packages(flow, said, table)
    dictionary = find_dictionary(said, table.mecab, [name for name, *_ in installs.packages])
    for name, why in dictionary.packages:
        found.add(name, why)
    found.variables |= {variable.name: variable for variable in dictionary.variables}
    found.tasks |= {**dictionary.tasks, **installs.tasks}
    for name, why, build in installs.packages:
        found.add(name, why, build=build)
    findings = tuple(
        Finding(
            TASK, text, Location(flow.notebook.path, cell), "warning", hint="nb2pkg can't do it: see to it yourself"
        )
        for text, cell in found.tasks.items()
    )
    packages = tuple(found.packages[name] for name in sorted(found.packages))
    return packages, tuple(found.variables[name] for name in sorted(found.variables)), findings


def _add_row(row: Row, said: Evidence, found: _Found) -> None:
    reason = _reason(row, said)
    if reason is None or said.has(row.unless) or not found.packages.keys().isdisjoint(row.unless_run):
        return
    why, match, cell = reason
    why = f"{why}: {row.note}" if row.note and (row.run or row.build) else why
    for name in row.run:
        found.add(name, why)
    for name in row.build:
        found.add(name, why.replace(" needs it", " is built from source"), build=True)
    for name, value in row.env.items():
        found.variables[name] = Variable(name, why, value=value)
    if row.task:
        version = row.versions.get(found.release, "")
        task = row.task.replace("{match!r}", repr(match)).replace("{version}", version)
        tools = f" (it needs {' '.join(row.tools)})" if row.tools else ""
        found.tasks.setdefault(f"{task}{tools}", cell)


def _reason(row: Row, said: Evidence) -> tuple[str, str, int] | None:
    """Return why a row holds, the text that it matches and a cell that says so; None where it does not hold."""
    why, cell, match = [], 0, ""
    if row.of:
        requirement = next((said.distributions[name] for name in row.of if name in said.distributions), None)
        if requirement is None or not _recent(requirement, row.since):
            return None
        why.append(requirement.name)
    if row.imports:
        module = said.imported(row.imports)
        if not module:
            return None
        why.append(f"`import {module}`")
        cell = next(c for name, c in said.imports.items() if name == module or name.startswith(f"{module}."))
    if row.labels:
        label = next((item for item in said.labels if item[0] in row.calls and re.search(row.labels, item[1])), None)
        if label is None:
            return None
        return f"cell {label[2]} labels a plot in Japanese", label[1], label[2]
    if row.calls:
        call = next((call for call in said.calls if any(_matches(call, pattern) for pattern in row.calls)), "")
        if not call:
            return None
        why.append(f"`{call.lstrip('.')}`")
        cell = said.calls[call]
    if row.text:
        # Only what matches is told: the rest of an address may hold a password.
        hit = next((m for text in said.texts if (m := re.search(row.text, text))), None)
        if hit is None:
            return None
        match, cell = hit[0], said.texts[hit.string]
        why.append(f'"{match}"')
    return f"{' with '.join(why)} needs it", match, cell


def _matches(call: str, pattern: str) -> bool:
    return call.startswith(pattern[:-1]) if pattern.endswith("*") else call == pattern


def _recent(requirement: Requirement, since: str) -> bool:
    """Tell whether a distribution may be as new as that: an older one is known by its version, or by what is asked."""
    if not since:
        return True
    if requirement.version:
        return requirement.version.split(".")[0].isdigit() and int(requirement.version.split(".")[0]) >= int(since)
    return not re.search(rf"(==|~=|<=)\s*0|<\s*{since}(\D|$)", requirement.specifier)


def _add_commands(said: Evidence, found: _Found) -> None:
    for command in said.commands:
        if normalized(command.program) in said.distributions:
            continue  # pip brings it
        why = f"cell {command.cell} runs `{command.program}`"
        for name in (*found.table.commands.get(command.program, ()), *_packers(command)):
            found.add(name, why)
        if task := found.table.command_tasks.get(command.program):
            found.tasks.setdefault(f"{task} ({why})", command.cell)


def _packers(command: Command) -> Iterator[str]:
    """Yield what `tar` calls, for those of its kinds that a slim image lacks."""
    if command.program == "tar" and command.arguments:
        options = " ".join((command.arguments[0], *(a for a in command.arguments if re.fullmatch(r"-\w+", a))))
        names = " ".join(command.arguments)
        if "j" in options or re.search(r"\.(bz2|tbz2?)\b", names) or "--bzip2" in names:
            yield "bzip2"
        if "J" in options or re.search(r"\.(xz|txz)\b", names) or "--xz" in names:
            yield "xz-utils"
        if "--zstd" in names or re.search(r"\.zst\b", names):
            yield "zstd"


def _add_paths(said: Evidence, found: _Found) -> None:
    starts = sorted(found.table.paths, key=len, reverse=True)
    for text, cell in said.texts.items():
        if text.startswith(("/usr/", "/bin/")) and text.isprintable():
            package = next((found.table.paths[start] for start in starts if text.startswith(start)), "")
            packages = (package,) if package else found.table.commands.get(text.rsplit("/", 1)[-1], ())
            for name in packages:
                found.add(name, f"cell {cell} names {text}")
            if not packages and text.startswith("/usr/share/fonts/") and "." in text:
                found.tasks.setdefault(f"install the package that has the font {text}", cell)


def _add_languages(said: Evidence, found: _Found) -> None:
    """Add what tesseract reads other languages with: `lang="jpn+eng"`, `-l jpn`."""
    if not (said.has(("pytesseract", "tesserocr", "ocrmypdf")) or any(c.program == "tesseract" for c in said.commands)):
        return
    texts = dict(said.texts)
    for command in said.commands:
        if command.program == "tesseract":
            texts |= {
                after: command.cell
                for option, after in zip(command.arguments, command.arguments[1:], strict=False)
                if option == "-l"
            }
    for text, cell in texts.items():
        codes = text.split("+")
        if all(code in found.table.languages for code in codes):
            for code in codes:
                found.add(language_package(code), f"cell {cell} reads text in `{code}`")
