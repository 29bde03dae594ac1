"""Lowerings of magics that deal with folders, files and the environment."""

from __future__ import annotations

import os.path
import re
import shlex
from pathlib import PurePosixPath

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.interpolate import interpolated, literal
from nb2pkg.cells.names import bound_names, star_imports


def cd(call: Call) -> Lowered:
    """Lower `%cd folder`."""
    words = call.line.split()
    quiet = "-q" in words
    path = re.sub(r"(?:^|\s)-q(?=\s|$)", " ", call.line).strip()
    if re.match(r"-(?:\d+|b|-)", path):
        raise call.refusal(
            f"`%cd {path}` has no counterpart", why="It reads the session's history of folders.", hint="name the folder"
        )
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        path = path[1:-1]
    argument = interpolated(path or "~", call.names)
    return Lowered(f"__nb_change_directory({argument}{', quiet=True' if quiet else ''})")


def pwd(call: Call) -> Lowered:
    """Lower `%pwd`."""
    return Lowered("__nb_working_directory()")


def env(call: Call) -> Lowered:
    """Lower `%env`, `%env name` and `%env name=value`."""
    line = call.line.strip()
    if not line:
        if not call.value_used:
            return Lowered(
                findings=(
                    call.finding("magic", "`%env` would show the environment of the machine: left out", "warning"),
                )
            )
        return Lowered("dict(__nb_environment)")
    if "=" not in line and " " not in line:
        return Lowered(f"__nb_environment[{interpolated(line, call.names)}]")
    return set_env(call)


def set_env(call: Call) -> Lowered:
    """Lower `%set_env name value`."""
    name, _, value = call.line.partition("=" if "=" in call.line else " ")
    name, value = name.strip(), value.strip()
    if not name or re.search(r"\s", name):
        raise call.refusal(f"`{call.shown_name} {call.line}` is not understood", hint="write `%env NAME=value`")
    # IPython interpolates the line as a whole: all of it, or none.
    whole = interpolated(f"{name}={value}", call.names)
    if whole == literal(f"{name}={value}"):
        return Lowered(f"__nb_set_environment({literal(name)}, {literal(value)})")
    return Lowered(f"__nb_set_environment({interpolated(name, call.names)}, {interpolated(value, call.names)})")


def writefile(call: Call) -> Lowered:
    """Lower `%%writefile path` to writing the file at its place; a Python file is also a module."""
    append, path = _target(call)
    text = call.body or ""
    argument = interpolated(path, call.names)
    options = ", append=True" if append else ""
    if argument == literal(path) and leads_outside(path):
        why = f"{path!r} is not below the notebook's folder."
        raise call.refusal(
            f"`{call.shown_name}` writes outside of the folder", why=why, hint="write below the notebook's folder"
        )
    written = (
        ((os.path.normpath(path), text),) if path.endswith(".py") and not append and argument == literal(path) else ()
    )
    return Lowered(f"__nb_write_file({argument}, {literal(text)}{options})", written=written)


def _target(call: Call) -> tuple[bool, str]:
    words = call.line.split()
    append = any(word in {"-a", "--append"} for word in words)
    path = re.sub(r"(?:^|\s)(?:-a|--append)(?=\s|$)", " ", call.line).strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return append, path[1:-1]
    if not path or re.search(r"\s", path):
        raise call.refusal(f"`{call.shown_name} {call.line}` names no file", hint="write `%%writefile name.py`")
    return append, path


def leads_outside(path: str) -> bool:
    """Return whether a path, as written in a notebook, leads out of the folder that it is relative to."""
    if "\\" in path or path.startswith(("~", "/")) or re.match(r"[A-Za-z]:", path):
        return True
    return PurePosixPath(os.path.normpath(path)).parts[:1] == ("..",)


def run(call: Call) -> Lowered:
    """Lower `%run file.py`: the names that later code reads are taken from it."""
    try:
        words = shlex.split(call.line)
    except ValueError as error:
        raise call.refusal("the arguments of `%run` are not understood", why=f"{error}.") from None
    options = [word for word in words if word.startswith("-")]
    files = [word for word in words if not word.startswith("-")]
    if "-i" in options:
        why = "The file sees the notebook's names."
        raise call.refusal(
            "`%run -i` has no counterpart", why=why, hint="make the file a module with functions, and import it"
        )
    if options or len(files) != 1:
        hint = "make the file a module with functions, and import it"
        raise call.refusal(
            f"`%run {call.line}` has no counterpart",
            why="Only `%run file.py` without options or arguments has one.",
            hint=hint,
        )
    path = files[0] if files[0].endswith((".py", ".ipynb")) else f"{files[0]}.py"
    if path.endswith(".ipynb"):
        raise call.refusal(
            "`%run` of a notebook has no counterpart",
            why="Its cells would belong to this one.",
            hint="convert that notebook, and import its package",
        )
    bound = [] if call.value_used else _run_names(call, path)
    names = "".join(f", {literal(name)}" for name in bound)
    text = f"__nb_run_file({interpolated(path, call.names)}{names})"
    targets = ", ".join(bound)
    if call.value_used or not targets:
        return Lowered(text, run=(path,))
    return Lowered(f"{targets}{',' if targets.isidentifier() else ''} = {text}", run=(path,))


def _run_names(call: Call, path: str) -> list[str]:
    """Return the names that running a file binds and later code reads."""
    text = _text_of(call, path)
    if text is None:
        return sorted(call.scene.unbound)
    own = bound_names(text) & call.scene.wanted
    return sorted(own | call.scene.unbound if star_imports(text) else own)


def _text_of(call: Call, path: str) -> str | None:
    written = dict(call.scene.written)
    if os.path.normpath(path) in written:
        return written[os.path.normpath(path)]
    folder = call.scene.folder
    if folder is None or leads_outside(path):
        return None
    file = folder / path
    try:
        inside = file.resolve().is_relative_to(folder.resolve())
        return file.read_text(encoding="utf-8") if inside and file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None
