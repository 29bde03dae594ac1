"""Which rules of ruff the researcher's own lines break: those lines stay as they are, so the rules give way to them.

Found on the syntax tree of the generated modules. A code too many is harmless, so the tests are plain.
"""

from __future__ import annotations

import ast
import builtins
import io
import re
import string
import tokenize
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from nb2pkg.flow.effects import dotted
from nb2pkg.project.imports import free_names

# What mypy says of code that was written without types: names that change their type, lists that are empty at first,
# results shown of calls that return None, arguments that a library's stubs don't foresee.
_UNTYPED_HABITS = (
    "arg-type",
    "assignment",
    "attr-defined",
    "call-arg",
    "call-overload",
    "dict-item",
    "func-returns-value",
    "has-type",
    "index",
    "list-item",
    "misc",
    "no-redef",
    "operator",
    "return-value",
    "str-format",
    "union-attr",
    "valid-type",
    "var-annotated",
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OLD_TYPES = frozenset({"List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "Deque", "DefaultDict", "Text"})
_ABSTRACT = frozenset(
    "Mapping Iterable Sequence Callable Iterator Generator AsyncIterator Awaitable Coroutine MutableMapping Hashable "
    "MutableSequence MutableSet Container Collection Sized ByteString Reversible KeysView ItemsView ValuesView".split()
)
_MOVED = {
    "collections": _ABSTRACT,
    "typing": _OLD_TYPES
    | _ABSTRACT
    | {"AbstractSet", "ContextManager", "OrderedDict", "Counter", "ChainMap", "Pattern", "Match"},
}
_OLD_MODULES = frozenset({"typing", "typing_extensions", "collections", "mock", "xml.etree.cElementTree", "six"})
_OLD_ERRORS = frozenset({"IOError", "EnvironmentError", "WindowsError", "socket.error", "select.error", "mmap.error"})
_PLAIN_MODES = frozenset({"r", "rt", "tr", "U", "rU", "Ur"})
_NATIVE = frozenset({"str", "bytes", "int", "float", "bool"})


def broken_rules(source: str) -> tuple[str, ...]:
    """Return the codes of the rules that a module of the notebook's code may break, in order."""
    tree = ast.parse(source)
    inner = {id(n.format_spec) for n in ast.walk(tree) if isinstance(n, ast.FormattedValue)}
    found = {code for node in ast.walk(tree) if id(node) not in inner for code in _codes(node)}
    found |= set(_of_module(source, tree)) | set(_of_text(source, tree))
    return tuple(sorted(found))


def untyped_habits(broken: Collection[str]) -> tuple[str, ...]:
    """Return the codes of mypy that the notebook's modules are free of, given the rules of ruff that they break."""
    unknown = {"F405", "F821"} & set(broken)  # names that only a star import brings, or nothing
    return tuple(sorted({*_UNTYPED_HABITS, *(["name-defined"] if unknown else [])}))


def tops_of(sources: Iterable[str]) -> frozenset[str]:
    """Return the top-level modules that sources import, anywhere in them."""
    nodes = [n for source in sources for n in ast.walk(ast.parse(source))]
    names = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return frozenset(name.split(".")[0] for name in names)


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare):
        yield from _comparison(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, (*_FUNCTIONS, ast.Lambda)):
        yield from _function(node)
    elif isinstance(node, ast.ClassDef):
        yield from _class(node)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from _import(node)
    elif isinstance(node, ast.ExceptHandler):
        yield from ["E722"] if node.type is None else []
        yield from ["UP024"] if node.type is not None and _names_old_error(node.type) else []
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left):
        yield "UP031"
        if isinstance(node.right, ast.Tuple) and _placeholders(node.left) != len(node.right.elts):
            yield "F507"
    elif isinstance(node, ast.JoinedStr):
        yield from [] if any(isinstance(v, ast.FormattedValue) for v in node.values) else ["F541"]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Compare):
        yield from ("E713", "E714")
    else:
        yield from _statement(node)


def _statement(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Lambda):
        yield "E731"
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id in ("l", "O", "I"):
        yield "E741"
    elif isinstance(node, ast.Dict):
        keys = Counter(ast.dump(k) for k in node.keys if isinstance(k, (ast.Constant, ast.Name)))
        yield from ("F601", "F602") if any(count > 1 for count in keys.values()) else ()
    elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple):
        yield "F631"
    elif isinstance(node, ast.Raise) and node.exc is not None:
        yield from ["F901"] if "NotImplemented" in (dotted(node.exc), _called(node.exc)) else []
        yield from ["UP024"] if _names_old_error(node.exc) else []
    elif isinstance(node, ast.For) and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Yield):
        yield "UP028"
    elif isinstance(node, ast.If) and "version_info" in ast.dump(node.test):
        yield "UP036"
    elif isinstance(node, ast.Subscript) and dotted(node.value).split(".")[-1] in ("Optional", "Union"):
        yield from ("UP007", "UP045")
    elif isinstance(node, (ast.Name, ast.Attribute)) and dotted(node).split(".")[-1] in _OLD_TYPES:
        yield from ("UP006", "UP019")


def _comparison(node: ast.Compare) -> Iterator[str]:
    sides = [node.left, *node.comparators]
    constants = [n.value for n in sides if isinstance(n, ast.Constant)]
    if any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
        literals = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)
        plain = [n for n in sides if isinstance(n, literals)]
        yield from ["F632"] if any(getattr(n, "value", 0) not in (None, True, False, ...) for n in plain) else []
        return
    yield from ["E711"] if any(value is None for value in constants) else []
    yield from ["E712"] if any(isinstance(value, bool) for value in constants) else []
    yield from ["E721"] if any(_called(n) == "type" for n in sides) else []


def _call(node: ast.Call) -> Iterator[str]:
    name = dotted(node.func)
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if method == "format" and isinstance(node.func, ast.Attribute) and _is_text(node.func.value):
        yield from _formatted(node, node.func.value)
    elif method == "encode":
        yield "UP012"
    elif name == "super" and node.args:
        yield "UP008"
    elif name in ("open", "io.open"):
        modes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]
        yield from ["UP015"] if any(isinstance(m, ast.Constant) and m.value in _PLAIN_MODES for m in modes) else []
        yield from ["UP020"] if name == "io.open" else []
    elif name in _NATIVE and len(node.args) <= 1 and all(isinstance(a, ast.Constant) for a in node.args):
        yield "UP018"
    elif name == "type" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
        yield "UP003"
    elif name.endswith("lru_cache"):
        yield from ("UP011", "UP033")
    elif name.endswith(("NamedTuple", "TypedDict")):
        yield from ("UP013", "UP014")
    words = {k.arg for k in node.keywords}
    yield from ["UP021"] if "universal_newlines" in words else []
    yield from ["UP022"] if {"stdout", "stderr"} <= words else []
    yield from ["UP005"] if method.startswith(("assertEquals", "assertNotEquals", "assertItems")) else []


def _formatted(node: ast.Call, text: ast.expr) -> Iterator[str]:
    yield from ("UP030", "UP032")
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return
    if any(isinstance(a, ast.Starred) for a in node.args):
        return
    try:
        fields = [part[1] for part in string.Formatter().parse(text.value) if part[1] is not None]
    except ValueError:
        yield "F521"
        return
    heads = {field.split(".")[0].split("[")[0] for field in fields}
    automatic = sum(field.split(".")[0].split("[")[0] == "" for field in fields)
    places = {int(head) for head in heads if head.isdecimal()} | set(range(automatic))
    nested = any("{" in (part[2] or "") for part in string.Formatter().parse(text.value))
    if not nested and places != set(range(len(node.args))):
        yield from ("F523", "F524")
    if not nested and any(k.arg is not None and k.arg not in heads for k in node.keywords):
        yield "F522"
    named = {head for head in heads if head and not head.isdecimal()}
    if not named <= {k.arg for k in node.keywords} and all(k.arg is not None for k in node.keywords):
        yield "F524"


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[str]:
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    yield from ["E741"] if any(a.arg in ("l", "O", "I") for a in given) else []
    if isinstance(node, ast.Lambda):
        return
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    caught = {n.name for n in ast.walk(node) if isinstance(n, ast.ExceptHandler)} - {None}
    stored = {n.id for n in names if isinstance(n.ctx, ast.Store)} | caught
    yield from ["F841"] if stored - read else []
    bare = [n for n in ast.walk(node) if isinstance(n, ast.AnnAssign) and n.value is None]
    yield from ["F842"] if any(isinstance(n.target, ast.Name) and n.target.id not in read for n in bare) else []


def _class(node: ast.ClassDef) -> Iterator[str]:
    yield from ["UP004"] if any(dotted(base) == "object" for base in node.bases) else []
    yield from ["UP050"] if any(k.arg == "metaclass" and dotted(k.value) == "type" for k in node.keywords) else []
    yield from ["UP042"] if {"str", "Enum"} <= {dotted(base).split(".")[-1] for base in node.bases} else []


def _import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    names = {alias.name for alias in node.names}
    yield from ["E401"] if isinstance(node, ast.Import) and len(node.names) > 1 else []
    yield from ("F403", "F405", "I001") if "*" in names else ()
    moved = names & _MOVED.get(module, names)
    yield from ["UP035"] if (module in _OLD_MODULES and moved) or names & (_OLD_MODULES - {"collections"}) else []
    yield from ["UP023"] if "cElementTree" in f"{module} {names}" else []
    yield from ["UP026"] if "mock" in {module, *names} else []
    yield from ["UP029"] if module in ("builtins", "io", "six.moves") else []
    yield from ["UP010"] if module == "__future__" and names != {"annotations"} else []


def _of_module(source: str, tree: ast.Module) -> Iterator[str]:
    """Yield the codes of rules about names that a module binds twice, never reads, or never binds."""
    nodes = [*ast.walk(tree)]
    imports = [n for n in nodes if isinstance(n, ast.Import) or (isinstance(n, ast.ImportFrom) and not _is_future(n))]
    defined = [n.name for n in nodes if isinstance(n, (*_FUNCTIONS, ast.ClassDef))]
    imported = [a.asname or a.name.split(".")[0] for n in imports for a in n.names]
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    inner = [n for n in imports if n not in tree.body]
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if any(count > 1 for count in Counter([*defined, *imported]).values()) or stored & set(imported):
        yield "F811"
    named = Counter(a.asname or a.name.split(".")[0] for n in imports if isinstance(n, ast.Import) for a in n.names)
    dotted_ones = [a.name for n in imports if isinstance(n, ast.Import) for a in n.names if "." in a.name]
    silent = {number for number, line in enumerate(source.splitlines(), 1) if "# noqa: F401" in line}
    unsaid = {a.asname or a.name.split(".")[0] for n in imports for a in n.names if a.lineno not in silent}
    if unsaid - read - {"*"} or any(named[name.split(".")[0]] > 1 for name in dotted_ones):
        yield "F401"
    if inner:
        yield from ("I001", "F401")  # the name may be read where another import binds it
    unbound = free_names(tree) - set(dir(builtins)) - {"__file__"}
    if unbound:
        yield "F821"
    seen = False
    for node in tree.body:
        seen = seen or not isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr))
        if seen and isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ("E402", "I001", "F401")


def _is_future(node: ast.ImportFrom) -> bool:
    return node.module == "__future__"


def _of_text(source: str, tree: ast.Module) -> Iterator[str]:
    """Yield the codes of rules about how code is written, which its tree does not tell."""
    if "fmt: off" in source:
        yield from ("E701", "E702", "E703")
    if re.search(r"^\s*class \w+\(\s*\):", source, re.M):
        yield "UP039"
    if any(isinstance(n, ast.Constant) and n.kind == "u" for n in ast.walk(tree)):
        yield "UP025"
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in _LAYOUT]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return
    if _has_idle_parentheses([t.string for t in tokens]):
        yield "UP034"


_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


def _has_idle_parentheses(tokens: list[str]) -> bool:
    """True for `print((x))`: two pairs of parentheses around what is no tuple."""
    opened: list[int] = []
    closes: dict[int, int] = {}
    commas: set[int] = set()
    for place, text in enumerate(tokens):
        if text in ("(", "[", "{"):
            opened.append(place)
        elif text in (")", "]", "}") and opened:
            closes[opened.pop()] = place
        elif text == "," and opened:
            commas.add(opened[-1])
    return any(
        tokens[start] == "(" == tokens[start + 1] and closes.get(start + 1) == end - 1 and start + 1 not in commas
        for start, end in closes.items()
        if end > start + 2
    )


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def _called(node: ast.expr) -> str:
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def _names_old_error(node: ast.expr) -> bool:
    return any(dotted(n) in _OLD_ERRORS for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute)))


def _placeholders(node: ast.expr) -> int:
    """Return how many values a text for `%` takes, or -1 where it takes names."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return -1
    text = node.value.replace("%%", "")
    return -1 if "%(" in text or "*" in text else text.count("%")
