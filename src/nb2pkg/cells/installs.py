"""Reads install lines: `pip install ...`, `conda install ...`, `apt-get install ...`."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_VALUED = frozenset(
    [
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-e",
        "--editable",
        "-t",
        "--target",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "--prefix",
        "--root",
        "--channel",
        "-n",
        "--name",
        "-p",
        "--platform",
        "--python-version",
        "--timeout",
        "--retries",
        "--proxy",
        "--trusted-host",
        "--src",
        "--upgrade-strategy",
        "--progress-bar",
        "--cache-dir",
        "--no-binary",
        "--only-binary",
        "--log",
        "--python",
        "--file",
    ]
)
_APT = frozenset({"apt", "apt-get", "aptitude"})
_APT_VALUED = frozenset(
    "-o --option -t --target-release --default-release -c --config-file -a --host-architecture".split()
)
# They say where apt finds packages: the project takes those of its release.
_APT_SOURCES = frozenset({"add-apt-repository", "apt-add-repository", "apt-key"})
_PIP = re.compile(r"pip[\d.]*$|pipenv$")
_CONDA = frozenset({"conda", "mamba", "micromamba"})
_ENVIRONMENT = re.compile(r"\w+=\S*$")
_PYTHON = re.compile(r"python[\d.]*$|\{sys\.executable\}$|\$\{?sys\.executable\}?$")
_REDIRECT = re.compile(r"^\d*(?:>>?|<|&>)")


@dataclass(frozen=True, slots=True)
class Install:
    """What an install line asks for; `kept` is what of a shell line does something else."""

    requirements: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # requirement files
    kept: str = ""
    found: bool = False


def read_shell_line(command: str) -> Install:
    """Return what a shell line installs, and the rest of the line."""
    kept: list[str] = []
    found: list[Install] = []
    for joint, part in _parts(command):
        install = read_install(_words(part))
        if install is None:
            kept.append(part if not kept else f"{joint} {part}")
        else:
            found.append(install)
    return Install(
        tuple(item for install in found for item in install.requirements),
        tuple(item for install in found for item in install.system_packages),
        tuple(item for install in found for item in install.files),
        " ".join(part.strip() for part in kept).strip(),
        bool(found),
    )


def _parts(command: str) -> list[tuple[str, str]]:
    """Split a shell line at `&&` and `;` outside of quotes: (joint before, part)."""
    parts, joint, start, quote, position = [], "", 0, "", 0
    while position < len(command):
        character = command[position]
        if character == "\\" and quote != "'":
            position += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif command.startswith("&&", position) or character == ";":
            width = 2 if character == "&" else 1
            parts.append((joint, command[start:position]))
            joint, start = command[position : position + width], position + width
            position += width
            continue
        position += 1
    return [*parts, (joint, command[start:])] if command[start:].strip() or not parts else parts


def _words(part: str) -> list[str]:
    try:
        words = shlex.split(part)
    except ValueError:
        words = part.split()
    comment = next((n for n, word in enumerate(words) if word.startswith("#")), len(words))
    words = words[:comment]  # a `#` within a word begins none: git+https://...#egg=name
    for stop in ("|", "||", "&"):
        if stop in words:
            before, after = words[: words.index(stop)], words[words.index(stop) + 1 :]
            words = after if before[:1] in (["yes"], ["echo"]) else before
    return words


def read_install(words: list[str]) -> Install | None:
    """Return what a command installs; None when the command is no installer."""
    while words and (words[0] in {"sudo", "-H", "-E", "-y", "uv", "time", "!"} or _ENVIRONMENT.match(words[0])):
        words = words[1:]
    if len(words) > 2 and _PYTHON.search(words[0]) and words[1] == "-m":
        words = words[2:]
    if not words:
        return None
    program, rest = words[0].rsplit("/", 1)[-1], words[1:]
    if _PIP.match(program):
        return _python_packages(rest)
    if program in _CONDA:
        return _python_packages(rest, conda=True)
    if program in _APT:
        arguments = _arguments(rest, _APT_VALUED)[0]
        return Install(system_packages=tuple(arguments[1:]) if arguments[:1] == ["install"] else (), found=True)
    return Install(found=True) if program in _APT_SOURCES else None


def _python_packages(words: list[str], *, conda: bool = False) -> Install:
    arguments, files = _arguments(words)
    if arguments[:1] not in (["install"], ["add"]):
        return Install(found=True)
    names = tuple(_pinned(word) if conda else word for word in arguments[1:] if not word.startswith((".", "/")))
    return Install(requirements=names, files=tuple(files), found=True)


def _pinned(word: str) -> str:
    """Return conda's `name=1.2` as pip writes it."""
    return re.sub(r"(?<![=<>!~])=(?![=])", "==", word.split("::")[-1], count=1)


def _arguments(words: list[str], valued: frozenset[str] = _VALUED) -> tuple[list[str], list[str]]:
    """Return the arguments of a command without its options, and its requirement files."""
    arguments: list[str] = []
    files: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word in {"-r", "--requirement"} and position + 1 < len(words):
            files.append(words[position + 1])
        if _REDIRECT.match(word):
            position += 2 if _REDIRECT.fullmatch(word) else 1
            continue
        if word in valued:
            if word in {"-e", "--editable"} and position + 1 < len(words):
                arguments.append(words[position + 1])
            position += 2
            continue
        if not word.startswith("-"):
            arguments.append(word)
        position += 1
    return arguments, files
