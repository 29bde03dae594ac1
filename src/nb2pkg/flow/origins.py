"""What the values of a notebook come from: random numbers without a seed, clocks, the web, estimators, other libraries.

A saved output is an oracle only as far as a run somewhere else, with other releases, gives the same again.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from nb2pkg.flow.context import Context
from nb2pkg.model import Flow, Statement

RANDOM, OUTSIDE, LEARNED, TRAINED, FRAMES = "random", "outside", "learned", "trained", "frames"
# Libraries whose results stay the same over their releases, up to the last digits.
_STEADY = frozenset(
    {"IPython", "matplotlib", "numpy", "pandas", "patsy", "scipy", "seaborn", "sklearn", "statsmodels", "sympy", "tqdm"}
    | {
        "MeCab",
        "PIL",
        "bs4",
        "dateutil",
        "fugashi",
        "janome",
        "joblib",
        "networkx",
        "openpyxl",
        "pytz",
        "tabulate",
        "yaml",
    }
)
_RANDOM = re.compile(
    r"^(numpy\.random|random|scipy\.stats\..*\.rvs|secrets)\.|\.(rvs|shuffle|sample|permutation)$|^uuid\.uuid[14]$"
    r"|^sklearn\.(ensemble|neural_network|cluster|mixture|manifold|random_projection|inspection|utils)\."
    r"|^sklearn\.tree\.|^sklearn\.linear_model\.(SGD|Perceptron|PassiveAggressive|RANSAC|Theil)"
    r"|^sklearn\.model_selection\.(train_test_split|\w*Shuffle\w*|Randomized\w+)$"
    r"|^sklearn\.(decomposition|datasets\.make_|svm\.Linear|feature_selection\.mutual_info)"
)
_TRAINED = re.compile(
    r"^sklearn\.(ensemble|neural_network|cluster|mixture|manifold|tree|inspection)\.(?!KMeans$|export_|plot_)|\.SGD\w+$|\.LinearSV"
)
_SEEDS = {"numpy.random.seed": "numpy", "random.seed": "random"}
_GENERATORS = re.compile(r"^numpy\.random\.(default_rng|RandomState|Generator|SeedSequence)$|^random\.Random$")
_SEED_WORDS = frozenset({"random_state", "seed", "rng", "random_seed"})
_OUTSIDE = re.compile(
    r"^(time|uuid|platform|getpass|socket|resource|psutil|requests|urllib|gc)\.|\.(now|today|utcnow|getpid|urandom)$"
    r"|^os\.(getcwd|environ|listdir|getpid|path\.abspath)|^sys\.(version|executable|path|getsizeof|platform)"
    r"|^builtins\.(id|hash|input|open_url)$|^__nb_(run_shell|shell_lines|run_script|measure)$|\.__version__$|^glob\."
)
_LEARNED = re.compile(
    r"^sklearn\.(?!preprocessing|datasets|impute|compose|pipeline|feature_extraction|model_selection\.train_test)"
    r"|^scipy\.(optimize|integrate|stats\.\w+\.fit)|^statsmodels\.|^numpy\.(linalg|polyfit)"
)


@dataclass(slots=True)
class _State:
    """What is known when the pass comes to a statement."""

    context: Context
    of_names: dict[str, frozenset[str]] = field(default_factory=dict)
    seeded: set[str] = field(default_factory=set)
    own_functions: set[str] = field(default_factory=set)


def origins(flow: Flow) -> tuple[frozenset[str], ...]:
    """Return for each statement what the values that it computes or shows come from.

    `random` stands for numbers drawn without a seed, `outside` for clocks, machines and the web, `learned` for what an
    estimator or solver finds, `trained` for what an estimator finds that draws numbers on its way, and `frames` for
    what pandas makes; a library that is not known to keep its results stands there by its name.
    """
    state = _State(flow.context)
    nodes = [n for s in flow.statements for n in ast.walk(s.node)]
    everywhere = {_SEEDS[name] for name in _calls(nodes, flow.context) if name in _SEEDS}
    found = []
    for statement in flow.statements:
        if isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            state.own_functions.add(statement.node.name)
            seeds = everywhere  # it runs later
        else:
            seeds = state.seeded
        marks = _own(statement, state.context, seeds)
        read = statement.names.uses | statement.names.late_uses
        marks |= frozenset().union(*(state.of_names.get(name, frozenset()) for name in read))
        found.append(marks)
        _pass_on(statement, marks, state)
    return tuple(found)


def _pass_on(statement: Statement, marks: frozenset[str], state: _State) -> None:
    """Note what a statement makes of the names that it binds or changes."""
    names = statement.names
    for name in names.defs | names.late_writes:
        old = frozenset() if name in names.kills else state.of_names.get(name, frozenset())
        state.of_names[name] = old | marks
    for name in _changed(statement.node, state.own_functions):
        state.of_names[name] = state.of_names.get(name, frozenset()) | marks
    if not isinstance(statement.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        state.seeded |= {_SEEDS[n] for n in _calls(ast.walk(statement.node), state.context) if n in _SEEDS}


def _calls(nodes: Iterator[ast.AST] | list[ast.AST], context: Context) -> Iterator[str]:
    for n in nodes:
        if isinstance(n, ast.Call):
            yield context.qualified(n.func)


def _own(statement: Statement, context: Context, seeded: set[str]) -> frozenset[str]:
    """Return the marks of what a statement itself calls and names."""
    marks: set[str] = set()
    if isinstance(statement.node, (ast.Import, ast.ImportFrom)):
        return frozenset()
    for n in ast.walk(statement.node):
        if isinstance(n, (ast.Attribute, ast.Name)):
            full = context.qualified(n)
            top = context.aliases.get(n.id, "").partition(".")[0] if isinstance(n, ast.Name) else ""
            if top == "pandas":
                marks.add(FRAMES)
            elif top and top not in sys.stdlib_module_names and top not in _STEADY:
                marks.add(top)
            if _OUTSIDE.search(full) or _OUTSIDE.search(getattr(n, "id", "")):
                marks.add(OUTSIDE)
            if _LEARNED.search(full):
                marks.add(LEARNED)
            if _TRAINED.search(full):
                marks.add(TRAINED)
        elif isinstance(n, ast.Call):
            if _draws(n, context, seeded):
                marks.add(RANDOM)
        elif isinstance(n, ast.Constant) and isinstance(n.value, str) and re.match(r"(https?|ftp|s3)://", n.value):
            marks.add(OUTSIDE)
    return frozenset(marks)


def _draws(call: ast.Call, context: Context, seeded: set[str]) -> bool:
    """True when a call draws, or lets an object draw, random numbers that nothing fixes."""
    name = context.qualified(call.func) or f".{getattr(call.func, 'attr', '')}"
    if name in _SEEDS:
        return not call.args and not call.keywords
    if _GENERATORS.search(name):
        return not call.args and not call.keywords
    if not _RANDOM.search(name) or _is_of_generator(name):
        return False
    given = [k.value for k in call.keywords if k.arg in _SEED_WORDS or k.arg is None]
    if any(not (isinstance(v, ast.Constant) and v.value is None) for v in given):
        return False
    return ("random" if name.startswith("random.") else "numpy") not in seeded


def _is_of_generator(name: str) -> bool:
    """True for a method of a generator object (`rng.shuffle`): the mark is on the object."""
    return name.startswith(".") and name not in (".sample", ".rvs")


def _changed(node: ast.stmt, own_functions: set[str]) -> Iterator[str]:
    """Yield the names of objects that a statement may change in place."""
    for n in ast.walk(node):
        if isinstance(n, (ast.Attribute, ast.Subscript)) and isinstance(n.ctx, (ast.Store, ast.Del)):
            yield _root(n)
        elif isinstance(n, ast.Call):
            if isinstance(n.func, ast.Attribute):
                yield _root(n.func)
            shuffles = getattr(n.func, "attr", "") == "shuffle"
            if shuffles or (isinstance(n.func, ast.Name) and n.func.id in own_functions):
                yield from (_root(a) for a in [*n.args, *(k.value for k in n.keywords)])


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
