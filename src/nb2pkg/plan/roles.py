"""Names for what a function is given when the units that it stands for call it differently."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.model import Statement
from nb2pkg.plan.alignment import Different

# What a variable is, by the methods that are called of it; the first row that fits counts.
_ROLES = (
    ("model", {"fit", "predict", "predict_proba", "decision_function", "evaluate", "fit_predict", "train"}),
    ("transformer", {"fit_transform", "transform", "inverse_transform"}),
    ("ax", {"set_title", "set_xlabel", "set_ylabel", "set_xlim", "set_ylim", "set_xticks", "twinx"}),
    ("df", {"groupby", "dropna", "drop_duplicates", "merge", "isnull", "isna", "describe", "set_index", "iloc"}),
)  # fmt: skip
_KINDS: tuple[tuple[type, str], ...] = ((bool, "flag"), (str, "text"), (int, "number"), (float, "value"))


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that needs a name.

    Args:
        texts: what stands for it, unit by unit.
        words: what the places that it stands at say of it.
        nodes: the first place, unit by unit.
        settled: it keeps its name.
        variable: it is a variable in each of the units.
    """

    texts: tuple[str, ...]
    words: tuple[str, ...]
    nodes: tuple[ast.expr, ...]
    settled: bool
    variable: bool


def roles_of(statements: Sequence[Statement]) -> dict[str, str]:
    """Return what variables are that code calls methods of: `model` for what it fits."""
    used: dict[str, set[str]] = {}
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name):
                used.setdefault(n.value.id, set()).add(n.attr)
            elif isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and _is_column(n.slice):
                used.setdefault(n.value.id, set()).add("groupby")
    found = {}
    for name, attributes in used.items():
        role = next((role for role, methods in _ROLES if not methods.isdisjoint(attributes)), "")
        if role:
            found[name] = role
    return found


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def choose_names(choices: Sequence[Choice], taken: Iterable[str], roles: Mapping[str, str]) -> list[str]:
    """Return a name for each choice, all of them different.

    Args:
        choices: what needs names.
        taken: names that nothing else may have.
        roles: what variables of the first unit are.

    Raises:
        Different: no name is left for one.
    """
    used = {*taken, *(c.texts[0] for c in choices if c.settled)}
    names = []
    for choice in choices:
        if choice.settled:
            names.append(choice.texts[0])
            continue
        name = next((w for w in _wishes(choice, roles) if _is_free(w, used)), "")
        if not name:
            raise Different(f"there is no name for `{choice.texts[0]}`")
        used.add(name)
        names.append(name)
    return names


def _is_free(name: str, used: set[str]) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in used and not hasattr(builtins, name)


def _wishes(choice: Choice, roles: Mapping[str, str]) -> Iterator[str]:
    """Yield names, the best first."""
    first = choice.texts[0]
    if choice.variable:
        role = roles.get(first, "")
        common = common_name(choice.texts)
        yield from (role, common) if role in ("model", "ax") else (common, role)
        yield f"other_{common}" if common else ""
        yield from dict.fromkeys(choice.texts)
        return
    if all(isinstance(n, (ast.Name, ast.Attribute)) for n in choice.nodes):
        if "function" in choice.words and all(t.rpartition(".")[2][:1].isupper() for t in choice.texts):
            yield "model_class" if "model" in roles.values() else "made_class"
        yield from (w for w in choice.words if w)
        yield common_name(choice.texts)
    yield from (w for w in choice.words if w)
    yield from (f"other_{w}" for w in choice.words if w)
    kind = _kind(choice.nodes)
    yield from (kind, f"other_{kind}", f"last_{kind}")


def _kind(nodes: Sequence[ast.expr]) -> str:
    values = [n.value for n in nodes if isinstance(n, ast.Constant)]
    for kind, word in _KINDS:
        if len(values) == len(nodes) and all(isinstance(v, kind) for v in values):
            return word
    return "values" if any(isinstance(n, (ast.List, ast.Tuple, ast.Set)) for n in nodes) else "value"


def common_name(names: Sequence[str]) -> str:
    """Return what names have in common as a name: `auc` of `logit_auc` and `forest_auc`; perhaps nothing."""
    words = [_tokens(name) for name in names]
    shared = [w for w in words[0] if all(w in other for other in words[1:])]
    if any(re.search("[^0-9]", w) for w in shared):
        text = "_".join(shared).strip("_")
        return re.sub(r"^[0-9_]+|_[0-9]+$", "", text)
    stems = {re.sub(r"_?[0-9]+$", "", name) for name in names}
    return stems.pop() if len(stems) == 1 else ""


def _tokens(name: str) -> list[str]:
    if "_" in name:
        return [part for part in name.split("_") if part]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_") if not name.isupper() else [name]
