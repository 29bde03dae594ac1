"""The one place that renders Jinja templates. Filters make text of a notebook harmless where it is put."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import jinja2

from nb2pkg.plan.headings import CONTROLS


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nb2pkg.project", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=True,
        autoescape=False,  # no HTML; each place has its own filter
    )
    environment.filters.update(toml=toml_string, comment=one_line, markdown=markdown_text, code=code_span, py=repr)
    return environment


def render(name: str, **context: Any) -> str:
    """Return a template of `templates/`, rendered."""
    return _environment().get_template(name).render(**context)


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
