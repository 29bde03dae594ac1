"""The one place that renders Jinja templates. Filters make text of a notebook harmless where it is put."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nb2pkg.plan.headings import CONTROLS

if TYPE_CHECKING:
    import jinja2

_COMMON = "files"  # the folder of the templates that all layouts share


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a project, a tree that mirrors it: `src` and `PACKAGE` stand for its source folder and package.

    Args:
        layout: the folder of templates that are looked for before the common ones.
        own: templates of people, which come first: path in their folder -> text.
    """

    layout: str = "src"
    own: tuple[tuple[str, str], ...] = ()

    def render(self, name: str, **context: Any) -> str:
        """Return a template, rendered."""
        return _environment(self).get_template(name).render(**context)

    def names(self) -> list[str]:
        """Return the names of all templates, sorted; those that begin with `_` are parts of others and left out."""
        found: Iterable[str] = _environment(self).list_templates()
        return [n for n in found if not PurePosixPath(n).name.startswith("_") or PurePosixPath(n).name.startswith("__")]


@lru_cache(maxsize=8)
def _environment(templates: Templates) -> jinja2.Environment:
    import jinja2  # summaries, which import this file, do without

    folders = [name for name in (templates.layout, _COMMON) if name != "src"]
    ours = [jinja2.PackageLoader("nb2pkg.project", f"templates/{name}") for name in folders]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader(dict(templates.own)), *ours]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=True,
        autoescape=False,  # no HTML; each place has its own filter
    )
    environment.filters.update(toml=toml_string, comment=one_line, markdown=markdown_text, code=code_span, py=repr)
    return environment


def render(name: str, **context: Any) -> str:
    """Return a template that is the same in all projects, rendered."""
    return Templates().render(name, **context)


def toml_string(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def one_line(text: str) -> str:
    """Return text that can't leave a comment, nor change how what stands around it is read."""
    return CONTROLS.sub(" ", text).strip()


def markdown_text(text: str) -> str:
    """Return text without meaning in Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", one_line(text))


def code_span(text: str) -> str:
    """Return text that can stand within backticks in a table."""
    return one_line(text).replace("`", "'").replace("|", "\\|")
