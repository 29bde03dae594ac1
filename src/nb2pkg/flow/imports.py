"""Which names the notebook imports, and which imports must stay where they stand."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence

from nb2pkg.flow.distributions import distribution_of
from nb2pkg.flow.firstreads import first_reads
from nb2pkg.flow.gone import gone
from nb2pkg.model import Import, Notebook, Statement

# Importing these prints or changes options, so their place among other statements counts.
EFFECTFUL = frozenset(
    {"this", "antigravity", "__hello__", "mglearn", "japanize_matplotlib", "seaborn_image", "fastbook"}
)


def find_imports(notebook: Notebook, statements: Sequence[Statement]) -> tuple[Import, ...]:
    """Return the names that top-level imports bind for good: each stands for one thing in the whole notebook.

    A name that is also bound otherwise (`time = time.time()`), imported from two places, or whose import must stay
    where it stands, is a variable like any other.
    """
    imports = _all(notebook, statements)
    targets: dict[str, set[tuple[str, str | None]]] = {}
    for item in imports:
        root = item.module.split(".")[0] if item.attribute is None and item.alias is None else item.module
        targets.setdefault(item.name, set()).add((root, item.attribute))
    otherwise: set[str] = set()
    for statement in statements:
        names = statement.names
        otherwise |= names.late_writes | names.deletes
        if not isinstance(statement.node, (ast.Import, ast.ImportFrom)):
            otherwise |= names.defs
    stay = {i.name for i in imports if i.inline}
    reads = first_reads(statements)
    bound: dict[str, int] = {}
    for item in imports:
        bound.setdefault(item.name, item.statement)
    # What is read above its import means something else there: a builtin, or a NameError that is caught.
    stay |= {name for name, index in bound.items() if reads.get(name, index) < index}
    return tuple(
        i
        for i in imports
        if i.name == "*" or (len(targets[i.name]) == 1 and i.name not in otherwise and i.name not in stay)
    )


def _all(notebook: Notebook, statements: Sequence[Statement]) -> list[Import]:
    local = {module.name: module for module in notebook.local_modules}
    found: list[Import] = []
    effects: set[str] = set()
    seen: set[str] = set()
    tops: dict[str, str] = {}  # name -> top-level module that it stands for
    first: dict[tuple[str, str | None], bool] = {}  # whether the first import of a module stays where it stands
    for statement in statements:
        for module, alias in _aliases(statement.node):
            top = module.lstrip(".").split(".")[0]
            whole = f"{module}.{alias.name}" if isinstance(statement.node, ast.ImportFrom) else module
            inline = alias.name != "*" and (gone(whole) is not None or _stays(top, module, alias, effects, seen, local))
            if isinstance(statement.node, ast.Import) and "modules" not in effects:
                # Once more the same module under the same name: nothing changes, whatever has been done to it.
                inline = first.setdefault((module, alias.asname), inline)
            seen.add(top)
            tops[alias.asname or alias.name.split(".")[0]] = top
            if isinstance(statement.node, ast.ImportFrom):
                found.append(
                    Import(alias.asname or alias.name, module, alias.name, alias.asname, statement.index, inline)
                )
            else:
                found.append(
                    Import(alias.asname or module.split(".")[0], module, None, alias.asname, statement.index, inline)
                )
        effects |= statement.effects
        patched = [effect.partition(":")[2] for effect in statement.effects if effect.startswith("patch:")]
        effects |= {f"patch:{tops[name]}" for name in patched if name in tops}
    return found


def _aliases(node: ast.stmt) -> list[tuple[str, ast.alias]]:
    if isinstance(node, ast.Import):
        return [(alias.name, alias) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        return [("." * node.level + (node.module or ""), alias) for alias in node.names]
    return []


def _stays(
    top: str, module: str, alias: ast.alias, effects: set[str], seen: set[str], local: Mapping[str, object]
) -> bool:
    """True when something before an import may decide what it finds, or the import does more than bind names."""
    if f"patch:{top}" in effects or f"patch:{alias.asname}" in effects or "modules" in effects:
        return True
    own = local.get(top)
    if own is not None:
        return (
            not getattr(own, "pure", False) or bool(getattr(own, "written", False)) or bool(effects & {"path", "cwd"})
        )
    if top in EFFECTFUL:
        return True
    if top in sys.stdlib_module_names:
        return False
    if top not in seen and any(effect.startswith("environ") and _reads_at_import(top, effect) for effect in effects):
        return True
    return bool(effects & {"path", "files", "cwd"}) and distribution_of(module) is None


# Environment variables that libraries read when they are imported; others are read later, if at all.
_READ_AT_IMPORT: tuple[tuple[str, frozenset[str]], ...] = (
    ("MPL", frozenset({"matplotlib", "seaborn", "pandas", "mglearn", "yellowbrick", "shap"})),
    ("TF_", frozenset({"tensorflow", "keras", "tf_keras"})),
    ("KERAS_", frozenset({"tensorflow", "keras", "tf_keras"})),
    ("JAX_", frozenset({"jax", "flax", "keras"})),
    ("NUMBA_", frozenset({"numba", "umap", "hdbscan", "shap"})),
)
# Threads of numeric libraries: their number may change the last digits of sums.
_THREADS = ("OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "VECLIB_", "BLIS_", "GOTO_")


def _reads_at_import(top: str, effect: str) -> bool:
    """True unless a library is known not to read an environment variable when it is imported."""
    key = effect.partition(":")[2]
    if not key:
        return True
    if key.startswith(_THREADS):
        return True
    return any(key.startswith(prefix) and top in tops for prefix, tops in _READ_AT_IMPORT)


def qualified_names(imports: Sequence[Import]) -> dict[str, str]:
    """Return what imported names stand for: `pd` -> `pandas`, `train_test_split` -> `sklearn.model_selection....`."""
    found: dict[str, str] = {}
    for item in imports:
        if item.attribute is not None and item.name != "*":
            found[item.name] = f"{item.module}.{item.attribute}"
        elif item.alias is not None:
            found[item.name] = item.module
        elif item.name != "*":
            found[item.name] = item.name
    return found


def all_imports(statements: Sequence[Statement]) -> dict[str, frozenset[str]]:
    """Return every name that is imported anywhere, in functions and branches too, with all that it may stand for."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Import):
                for alias in n.names:
                    name, target = (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
                    found.setdefault(name, set()).add(target)
            elif isinstance(n, ast.ImportFrom) and n.module and not n.level:
                for alias in n.names:
                    found.setdefault(alias.asname or alias.name, set()).add(f"{n.module}.{alias.name}")
    return {name: frozenset(targets) for name, targets in found.items()}


def imported_tops(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the top-level modules that are imported anywhere."""
    return frozenset(target.split(".")[0] for targets in all_imports(statements).values() for target in targets)
