"""Lowerings of shell lines, script cells and installers."""

from __future__ import annotations

import re
import shlex

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.installs import Install, read_shell_line
from nb2pkg.cells.interpolate import interpolated, literal
from nb2pkg.model import Finding

# The aliases that IPython defines on Linux, with the options that it adds.
ALIASES = {
    "ls": "ls -F --color",
    "ll": "ls -F -o --color",
    "mkdir": "mkdir",
    "rmdir": "rmdir",
    "mv": "mv",
    "rm": "rm",
    "cp": "cp",
    "cat": "cat",
}
_PROGRAMS = {"shell": "bash"}
_IDLE = re.compile(r"#|set -[a-z]+( pipefail)?$|export DEBIAN_FRONTEND=\w+$")  # what matters to other lines only
_PROGRAM_SHELLS = frozenset({"bash", "sh"})


def system(call: Call) -> Lowered:
    """Lower `!command`."""
    return _command(call, call.line, "__nb_run_shell")


def lines(call: Call) -> Lowered:
    """Lower `name = !command` and `!!command`."""
    return _command(call, call.line, "__nb_shell_lines")


def alias(call: Call) -> Lowered:
    """Lower a command that IPython offers as a magic, such as `%ls`."""
    return _command(call, f"{ALIASES[call.name]} {call.line}".rstrip(), "__nb_run_shell")


def system_cell(call: Call) -> Lowered:
    """Lower `%%system` and `%%sx`."""
    return _command(call, f"{call.line}\n{call.body or ''}".strip("\n"), "__nb_shell_lines")


def install(call: Call) -> Lowered:
    """Lower `%pip`, `%conda` to requirements."""
    return _installed(call, read_shell_line(f"{call.name} {call.line}"))


def _command(call: Call, command: str, helper: str) -> Lowered:
    install = read_shell_line(command)
    if install.found and not call.value_used:
        noted = _installed(call, install)
        if not install.kept:
            return noted
        text = f"{helper}({interpolated(install.kept, call.names)})"
        return Lowered(text, (), noted.findings, noted.requirements, noted.system_packages)
    return Lowered(f"{helper}({interpolated(command, call.names)})")


def _installed(call: Call, install: Install) -> Lowered:
    findings = []
    if install.requirements or install.system_packages:
        names = ", ".join((*install.requirements, *install.system_packages))
        findings.append(call.finding("install", f"an install line became dependencies: {names}", "info"))
    else:
        findings.append(
            call.finding("install", f"`{call.line.strip()}` is left out: it manages the notebook's environment", "info")
        )
    findings += [_file_finding(call, file) for file in install.files]
    return Lowered("", (), tuple(findings), install.requirements, install.system_packages)


def _file_finding(call: Call, file: str) -> Finding:
    """Return what becomes of the requirements of a file: those beside the notebook say versions."""
    if call.scene.folder is not None and (call.scene.folder / file).is_file():
        return call.finding("install", f"{file!r} says which versions of what the code imports are taken", "info")
    message = f"the requirements in {file!r} are not read: it is not there"
    return call.finding("install", message, "warning", hint="add them to pyproject.toml")


def script(call: Call) -> Lowered:
    """Lower `%%bash`, `%%sh` and `%%script program`."""
    try:
        words = shlex.split(call.line)
    except ValueError as error:
        raise call.refusal(f"the arguments of `{call.shown_name}` are not understood", why=f"{error}.") from None
    check = "--no-raise-error" not in words
    words = [word for word in words if word != "--no-raise-error"]
    bad = next((word for word in words if word.split("=")[0] in {"--out", "--err", "--bg", "--proc"}), None)
    if bad:
        raise call.refusal(f"`{call.shown_name} {bad}` has no counterpart", hint="use `name = !command`")
    program = _PROGRAMS.get(call.name, call.name)
    installs = _only_installs(call.body or "") if not words and program in _PROGRAM_SHELLS else None
    if installs is not None:
        return _installed(call, installs)
    if call.name == "script":
        if not words:
            raise call.refusal("`%%script` names no program", hint="write `%%script bash`")
        program, words = words[0], words[1:]
    arguments = f", args=({', '.join(interpolated(word, call.names) for word in words)},)" if words else ""
    checked = "" if check else ", check=False"
    return Lowered(f"__nb_run_script({literal(program)}, {literal(call.body or '')}{checked}{arguments})")


def _only_installs(body: str) -> Install | None:
    """Return what a script installs when it does nothing else, else None."""
    lines = [line.strip() for line in re.sub(r"\\\n", " ", body).splitlines()]
    found = [read_shell_line(line) for line in lines if line and not _IDLE.match(line)]
    if not found or any(install.kept or not install.found for install in found):
        return None
    return Install(
        tuple(item for install in found for item in install.requirements),
        tuple(item for install in found for item in install.system_packages),
        tuple(item for install in found for item in install.files),
        found=True,
    )
