"""Which programs a notebook starts: by shell lines, script cells, `subprocess`, `os.system`; as far as literals say."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb2pkg.model import Flow

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
# Words that come before the command which they run.
_BEFORE = frozenset(
    "sudo time nohup exec env nice ionice command builtin eval if then elif else while until do ! { xargs watch".split()
)
_ASKING = frozenset({"which", "type", "whereis"})  # they say where a program is: it is to be there
_HOMES = ("/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/")
_JOINTS = frozenset("; | & || && |& ( ) ;; &|".split())
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PROGRAM = re.compile(r"[A-Za-z0-9~.][\w.+~/-]*")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
_WITHIN = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
_GAP = "X"  # stands for a value that only a run knows

_VALUES = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple)
_LISTS = frozenset(
    {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen"}
)
_TEXTS = frozenset(
    {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"}
)
_NAMES = frozenset({"shutil.which", "asyncio.create_subprocess_exec", "distutils.spawn.find_executable"})
_LINES = frozenset({"__nb_run_shell", "__nb_shell_lines"})


@dataclass(frozen=True, slots=True)
class Command:
    """A program that a cell starts, with the words after it."""

    program: str
    arguments: tuple[str, ...]
    cell: int


def commands_of(flow: Flow) -> tuple[Command, ...]:
    """Return the programs that a notebook starts, in the order of the text; what is no literal is left out."""
    bound = _bound_once(flow)
    found = []
    for statement in flow.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call):
                words = _started(node, flow.context.qualified(node.func), bound)
                found += [Command(w[0], tuple(w[1:]), statement.location.cell) for w in words]
    return tuple(found)


def script_texts(flow: Flow) -> Iterator[tuple[str, int]]:
    """Yield the shell scripts of `%%bash` cells and the like: (text, cell)."""
    for statement in flow.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call) and _name(node) == "__nb_run_script" and len(node.args) > 1:
                program, body = _text(node.args[0], {}), _text(node.args[1], {})
                if program in _SHELLS and body is not None:
                    yield body, statement.location.cell


def shell_words(text: str) -> Iterator[list[str]]:
    """Yield the commands of a shell text, each as its words; a line that is not understood gives nothing."""
    for line in shell_lines(text):
        for match in _WITHIN.finditer(line):
            yield from shell_words(match[1] or match[2] or "")
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            tokens = list(lexer)
        except ValueError:
            continue
        words: list[str] = []
        for token in (*tokens, ";"):
            if token in _JOINTS:
                if command := _command(words):
                    yield command
                words = []
            else:
                words.append(token)


def shell_lines(text: str) -> Iterator[str]:
    """Yield the lines of a shell text, continued ones as one, without the texts that `<<` hands on."""
    end = ""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if end:
            end = "" if line.strip() == end else end
            continue
        match = _HEREDOC.search(line)
        if match and "<<<" not in line:
            end, line = match[2], line[: match.start()] + line[match.end() :]
        yield line


def _command(words: Sequence[str]) -> list[str]:
    """Return the words of a command from its program on; nothing where the program is not known."""
    rest = list(words)
    while rest and (rest[0] in _BEFORE or rest[0].startswith("-") or _ASSIGNMENT.match(rest[0])):
        rest.pop(0)
    if not rest:
        return []
    if rest[0] in _ASKING:
        rest = [word for word in rest[1:] if not word.startswith("-")]
    program = _program(rest[0]) if rest else ""
    return [program, *rest[1:]] if program else []


def _program(word: str) -> str:
    """Return a program's name, a path for one of the notebook's own, `./build.sh`; empty where nobody knows it."""
    for home in _HOMES:
        word = word.removeprefix(home)
    return word if _PROGRAM.fullmatch(word) and word != _GAP else ""


def _started(node: ast.Call, name: str, bound: dict[str, ast.expr]) -> list[list[str]]:
    """Return the commands that one call starts."""
    helper = _name(node)
    if not node.args:
        return []
    first = node.args[0]
    if helper in _LINES or name in _TEXTS:
        return list(shell_words(_text(first, bound) or ""))
    if helper == "__nb_run_script":
        program = _program(_text(first, bound) or "")
        body = _text(node.args[1], bound) if len(node.args) > 1 and program in _SHELLS else None
        return [*([[program]] if program else []), *shell_words(body or "")]
    if name in _NAMES:
        program = _program(_text(first, bound) or "")
        return [[program]] if program else []
    return _listed(first, bound) if name in _LISTS else []


def _listed(node: ast.expr, bound: dict[str, ast.expr]) -> list[list[str]]:
    """Return the commands of what `subprocess.run` is given: a list, a text, or `text.split()`."""
    node = bound.get(node.id, node) if isinstance(node, ast.Name) else node
    if isinstance(node, ast.Call):
        inner = node.func.value if isinstance(node.func, ast.Attribute) and not node.args else None
        is_split = isinstance(node.func, ast.Attribute) and node.func.attr == "split"
        node = inner if is_split and inner is not None else node.args[0] if is_split and node.args else node
    if not isinstance(node, (ast.List, ast.Tuple)):
        return list(shell_words(_text(node, bound) or ""))
    words = [_text(item, bound) or _GAP for item in node.elts]
    if words and _program(words[0]) in _SHELLS and "-c" in words[:-1]:
        return list(shell_words(words[words.index("-c") + 1]))
    command = _command(words)
    return [command] if command else []


def _text(node: ast.expr, bound: dict[str, ast.expr]) -> str | None:
    """Return a literal text, with a gap for each value that only a run knows."""
    if isinstance(node, ast.Name):
        node = bound.get(node.id, node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else _GAP for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        left = _text(node.left, bound)
        if left is not None and isinstance(node.op, ast.Add):
            right = _text(node.right, bound)
            return left + (_GAP if right is None else right)
        return left
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(node.func.value, bound)
    return None


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _bound_once(flow: Flow) -> dict[str, ast.expr]:
    """Return the texts and lists that names are bound to, of those that one statement alone binds."""
    times: dict[str, int] = {}
    values: dict[str, ast.expr] = {}
    for statement in flow.statements:
        for name in statement.names.defs:
            times[name] = times.get(name, 0) + 1
        node = statement.node
        if not isinstance(node, ast.Assign) or not isinstance(node.value, _VALUES):
            continue
        if isinstance(node.targets[0], ast.Name) and len(node.targets) == 1:
            values[node.targets[0].id] = node.value
    return {name: value for name, value in values.items() if times.get(name) == 1}
