"""The one place that renders Jinja templates. Filters make text of a notebook harmless where it is put."""

from __future__ import annotations

import json
import re
import shlex
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nb2pkg.errors import UsageError
from nb2pkg.plan.headings import CONTROLS
from nb2pkg.plan.toml_text import toml_string
from nb2pkg.project.versions import versions

if TYPE_CHECKING:
    import jinja2

_COMMON = "files"  # the folder of the templates that all layouts share
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")  # YAML wants them escaped
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+=-]*")  # what Docker, compose and a shell read alike, unquoted


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
        """Return a template, rendered.

        Raises:
            UsageError: a template of people can't be rendered.
        """
        try:
            return _environment(self).get_template(name).render(**context)
        except Exception as error:
            if not self.own:
                raise
            raise _broken(name, error, dict(self.own)) from error

    def names(self) -> list[str]:
        """Return the names of all templates, sorted; those that begin with `_` are parts of others and left out."""
        ours: Iterable[str] = _environment(Templates(self.layout)).list_templates()
        found = sorted({*ours, *(name for name, _ in self.own)})
        return [n for n in found if not PurePosixPath(n).name.startswith("_") or PurePosixPath(n).name.startswith("__")]


def _broken(name: str, error: Exception, own: Mapping[str, str]) -> Exception:
    """Return what to tell of a template that fails; a defect of ours is told as it is."""
    places = [(name, 0), (getattr(error, "name", None) or name, getattr(error, "lineno", None) or 0)]
    places += [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    found = [(file, line) for file, line in places if file in own]
    if not found:
        return error
    file, line = found[-1]
    where = f"{file}, line {line}" if line else file
    return UsageError(f"--templates: {where}: {error}", hint="docs/templates.md lists what templates may speak of")


@lru_cache(maxsize=8)
def _environment(templates: Templates) -> jinja2.Environment:
    import jinja2  # summaries, which import this file, do without

    here = Path(__file__).parent / "templates"
    folders = [name for name in (templates.layout, _COMMON) if (here / name).is_dir()]
    ours = [jinja2.PackageLoader("nb2pkg.project", f"templates/{name}") for name in folders]
    # With a file name, so that an error says which template it is in.
    own = [jinja2.FunctionLoader(lambda name: _own(templates, name))] if templates.own else []
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*own, *ours]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        keep_trailing_newline=True,
        autoescape=False,  # no HTML; each place has its own filter
    )
    environment.filters.update(
        toml=toml_string,
        yaml=yaml_string,
        comment=comment,
        markdown=markdown_text,
        code=code_span,
        py=repr,
        sh=shell_word,
        recipe=recipe_text,
        make=make_text,
        docker=docker_string,
    )
    environment.tests["plain"] = _PLAIN.fullmatch
    environment.globals["versions"] = versions()
    return environment


def _own(templates: Templates, name: str) -> tuple[str, str, Callable[[], bool]] | None:
    texts = dict(templates.own)
    return (texts[name], name, lambda: True) if name in texts else None


def render(name: str, **context: Any) -> str:
    """Return a template that is the same in all projects, rendered."""
    return Templates().render(name, **context)


def yaml_string(text: str) -> str:
    """Return a YAML double-quoted string, which is a JSON string too."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def shell_word(text: str) -> str:
    """Return text as one word of a shell command on one line."""
    return shlex.quote(one_line(text))


def recipe_text(text: str) -> str:
    """Return text that make hands to the shell as it is."""
    return text.replace("$", "$$")


def make_text(text: str) -> str:
    """Return text as the value of a variable of make."""
    line = re.sub(r"(\\*)#", r"\1\1\#", recipe_text(one_line(text)))
    return f"{line}$()" if line.endswith("\\") else line  # a backslash at the end would join the next line


def docker_string(text: str) -> str:
    """Return text as a quoted value of a Dockerfile's ENV."""
    return '"' + re.sub(r'(["\\$])', r"\\\1", one_line(text)) + '"'


def one_line(text: str) -> str:
    """Return text on one line, without characters that change how what stands around it is read."""
    return CONTROLS.sub(" ", text).strip()


def comment(text: str) -> str:
    """Return text that can't leave a comment: in a Makefile, a backslash at the end would join the next line."""
    return one_line(text).rstrip("\\ ")


def markdown_text(text: str) -> str:
    """Return text without meaning in Markdown, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", one_line(text))


def code_span(text: str) -> str:
    """Return text that can stand within backticks in a table."""
    return one_line(text).replace("`", "'").replace("|", "\\|")
