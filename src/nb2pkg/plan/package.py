"""The package's name and title, from the notebook's file name and first heading."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Collection
from pathlib import PurePath

from nb2pkg.errors import UsageError
from nb2pkg.flow.distributions import known_imports
from nb2pkg.model import Finding, Flow, Location, Notebook
from nb2pkg.plan.headings import CONTROLS, headings_of, plain_text

_OUR_DEPENDENCIES = {"pytest", "pip", "setuptools", "hatchling", "test", "tests", "src", "site", "data"}
_FALLBACK = "notebook_package"


def package_name(flow: Flow, wanted: str | None, reserved: Collection[str] = frozenset()) -> tuple[str, Finding | None]:
    """Return a package name that shadows nothing, and a finding when the notebook's own name had to give way.

    Args:
        flow: the analysed notebook.
        wanted: the name that people ask for.
        reserved: names of what lies beside the package in the project.

    Raises:
        UsageError: the wanted name can't be a package, or would shadow a module.
    """
    path = flow.notebook.path
    blocked = _blocked(flow)
    if wanted is not None:
        if not wanted.isidentifier() or keyword.iskeyword(wanted) or not wanted.isascii():
            raise UsageError(
                f"`{wanted}` can't be the name of a package", hint="use lower-case letters, digits and underscores"
            )
        if wanted in blocked:
            raise UsageError(
                f"a package `{wanted}` would shadow a module that the notebook uses", hint="choose another --name"
            )
        if wanted in reserved:
            raise UsageError(
                f"a package `{wanted}` would lie where the layout has a folder of this name",
                hint="choose another --name, or --layout src",
            )
        return wanted, None
    stem = PurePath(path).name
    stem = re.sub(r"\.(ipynb|py|md)$", "", stem, flags=re.I)
    name = _cleaned(stem)
    if name and name not in blocked and name not in reserved:
        return name, None
    for candidate in ([f"{name}_notebook", f"{name}_package"] if name else []) + [_FALLBACK]:
        if candidate not in blocked:
            message = f"the package is called `{candidate}`: " + (
                f"`{name}` would {'shadow a module' if name in blocked else 'lie where the layout has a folder'}"
                if name
                else "the file's name has no letters that a package name can have"
            )
            return candidate, Finding("NB301", message, Location(path), "info", hint="choose another with --name")
    return _FALLBACK, None


def _cleaned(stem: str) -> str:
    text = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    text = re.sub(r"\W+", "_", text).strip("_").lower()
    text = re.sub(r"__+", "_", text)[:50].rstrip("_")
    if text and text[0].isdigit():
        rest = re.sub(r"^[\d_]+", "", text)
        text = rest if len(rest) > 2 else f"notebook_{text}"
    return "" if keyword.iskeyword(text) and not text else f"{text}_notebook" if keyword.iskeyword(text) else text


def _blocked(flow: Flow) -> frozenset[str]:
    """Return names that would shadow a module: of the standard library, a known library, beside the notebook."""
    imported = {i.module.lstrip(".").split(".")[0] for i in flow.imports}
    for statement in flow.statements:
        imported |= {a.name.split(".")[0] for a in getattr(statement.node, "names", []) if hasattr(a, "name")}
        module = getattr(statement.node, "module", None)
        imported |= {module.split(".")[0]} if isinstance(module, str) else set()
    beside = {m.name for m in flow.notebook.local_modules} | set(flow.notebook.neighbours)
    ours = set(sys.stdlib_module_names) | set(dir(builtins)) | _OUR_DEPENDENCIES
    return frozenset(imported | beside | ours | known_imports())


def title_of(notebook: Notebook) -> str:
    """Return the first heading, else the file's name."""
    for cell in notebook.cells:
        if cell.kind == "markdown":
            found = re.search(r"^#{1,3}\s+(.+?)\s*#*\s*$", cell.source, re.M)
            if found:
                text = plain_text(found[1])
                if text:
                    return text[:100].rstrip()
    return " ".join(CONTROLS.sub(" ", PurePath(notebook.path).name).split())


__all__ = ["headings_of", "package_name", "title_of"]
