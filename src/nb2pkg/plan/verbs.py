"""The verb that names a piece of code: what its main call does, else what its form says."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb2pkg.flow.calls import calls_of
from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Statement
from nb2pkg.plan.phrases import VERB_STAGES, VERBS, lemma

# Which verbs name a unit of a stage, the strongest first, where one of its calls has them.
_STRONG = {
    "data": ("load", "read", "fetch", "download", "unpack", "connect", "generate", "make", "simulate", "build"),
    "training": ("fit", "train", "search", "tune", "select", "optimize", "cluster", "compile", "build"),
    "evaluation": ("evaluate", "score", "cross_validate", "explain", "predict", "test"),
    "visualization": ("plot", "draw"),
    "export": ("save", "write", "export"),
    "preprocessing": ("split", "scale", "encode", "tokenize", "clean", "impute", "fill", "merge", "combine", "drop"),
    "features": ("encode", "vectorize", "reduce", "extract", "bin", "aggregate"),
}
# Verbs of calls that say little of what is done, or that only fit their own stage.
_WEAK = frozenset(
    {"apply", "map", "transform", "assign", "find", "convert", "compute", "calculate", "round", "arrange"}
)
_ONLY_IN = {
    "load": "data", "read": "data", "fetch": "data", "download": "data", "save": "export", "write": "export",
    "export": "export", "train": "training", "fit": "training", "plot": "visualization", "draw": "visualization",
    "seed": "", "configure": "", "choose": "visualization",
}  # fmt: skip
_SETUP = frozenset({"seed", "configure"})
_DEFAULT = {"visualization": "plot", "training": "build", "evaluation": "evaluate", "exploration": "explore"}


def main_verb(statements: Sequence[Statement], stage: str, context: Context) -> str:
    """Return the verb of a piece of code, never one that it doesn't do: `load` takes a call that loads."""
    found = [v for v in (verb_of(c) for c in calls_of(statements, context)) if v]
    if found and set(found) <= _SETUP:
        return "seed" if set(found) == {"seed"} else "configure"
    for strong in _STRONG.get(stage, ()):
        if strong in found:
            return strong
    own = _of_own_function(statements, context)
    if own and VERB_STAGES.get(own, stage) == stage:
        return own
    fitting = [v for v in found if _ONLY_IN.get(v, stage) == stage and v not in _SETUP]
    telling = [v for v in fitting if v not in _WEAK]
    if telling:
        return telling[0]
    return _from_form(statements, context) or (fitting[0] if fitting else _DEFAULT.get(stage, "prepare"))


def _of_own_function(statements: Sequence[Statement], context: Context) -> str:
    """Return the verb of a function of the notebook that a piece of code calls: `evaluate` of `evaluate_model(m)`."""
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in context.managers:
                word = lemma(n.func.id.lower().strip("_").split("_")[0])
                if word in VERBS:
                    return word
    return ""


def _from_form(statements: Sequence[Statement], context: Context) -> str:
    """Return what the forms of the statements say, if they say one thing: `filter` for `df[df.x > 1]`."""
    verbs = [v for v in (_form(s, context) for s in statements) if v]
    if not verbs:
        return ""
    return max(dict.fromkeys(verbs), key=lambda v: (verbs.count(v), -verbs.index(v)))


def _form(statement: Statement, context: Context) -> str:
    node = statement.node
    if isinstance(node, ast.Expr):
        return "show" if statement.displayed else ""
    if isinstance(node, (ast.For, ast.While)):
        prints = any(context.qualified(n.func) == "builtins.print" for n in ast.walk(node) if isinstance(n, ast.Call))
        return "print" if prints and not statement.names.kills else ""
    if isinstance(node, ast.AugAssign):
        return "update"
    if not isinstance(node, ast.Assign):
        return ""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Attribute):
        return "set"
    if isinstance(target, ast.Subscript):
        return "add" if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str) else "set"
    return _of_value(value)


def _of_value(value: ast.expr) -> str:
    if isinstance(value, ast.Subscript):
        return "filter" if isinstance(value.slice, (ast.Compare, ast.BinOp, ast.UnaryOp)) else "select"
    if isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp)):
        return "compute"
    if isinstance(value, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return "collect"
    if isinstance(value, ast.Lambda):
        return "define"
    if isinstance(value, (ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Set)):
        return "make"
    if isinstance(value, ast.Attribute):
        return "get"
    return "compute" if isinstance(value, ast.Call) else ""


def is_weak(verb: str) -> bool:
    """True for verbs that say less than the column that is added."""
    return verb in _WEAK or verb == "set"
