"""Names of functions: a verb and what it is about, from the heading or comment above, else from the main call."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from nb2pkg.flow.context import Context
from nb2pkg.model import Statement
from nb2pkg.plan.databases import database_names
from nb2pkg.plan.phrases import VERBS, bare_verb, lemma, names_from_comment, names_from_text
from nb2pkg.plan.subjects import VAGUE, details, echoes, receivers, snake
from nb2pkg.plan.verbs import is_weak, main_verb

# What names hold that say little: for `df = pd.read_csv(...)` the function is `load_data`.
_MEANT = {
    "df": "data", "data": "data", "dataset": "dataset", "d": "data", "x": "x", "X": "features", "y": "target",
    "fig": "figure", "ax": "axes", "axes": "axes", "f": "file", "s": "series", "ser": "series", "arr": "array",
    "res": "results", "result": "result", "results": "results", "out": "output", "output": "output",
}  # fmt: skip
_PREDICTIONS = frozenset("pred preds y_pred y_preds prediction predictions predicted yhat y_hat yp".split())
# Another verb, where the notebook has a function of the first name.
_SYNONYMS = {
    "load": ("read", "get"),
    "plot": ("draw",),
    "train": ("fit",),
    "fit": ("train",),
    "compute": ("calculate",),
}
# What a unit is called whose code names nothing.
_NOTHING_TO_SAY = {"visualization": "figure", "data": "input", "training": "model", "evaluation": "scores"}
_LONGEST = 40


class Names:
    """Hands out unique names that clash with nothing.

    Args:
        taken: every identifier of the notebook.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = (
            set(taken) | set(dir(builtins)) | set(keyword.kwlist) | {"run", "main", "config", "show", "np", "pd"}
        )

    def give(self, wishes: Sequence[str]) -> str:
        """Return the first wish that is free; the last one gets a number when none is."""
        for wish in wishes:
            if wish and wish not in self.taken:
                self.taken.add(wish)
                return wish
        stem = next((w for w in wishes if w), "prepare_values")
        number = 2
        while f"{stem}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{stem}_{number}")
        return f"{stem}_{number}"

    def take_back(self, names: Iterable[str]) -> None:
        """Make names that were given free again."""
        self.taken -= set(names)


def wishes(
    statements: Sequence[Statement], outputs: Sequence[str], stage: str, heading: str, context: Context
) -> list[str]:
    """Return names for a unit, the best first.

    Args:
        statements: what it holds.
        outputs: the names that it returns.
        stage: its module.
        heading: the heading above, where it is the unit's own.
        context: what calls stand for.
    """
    working = [s for s in statements if not s.displayed or len(statements) == 1] or list(statements)
    verb = main_verb(working, stage, context)
    if verb == "seed" and not outputs:
        return ["set_seeds", "seed_generators"]
    columns = _added_columns(working, context)
    if is_weak(verb) and not outputs and columns:
        verb = "add"
    texts = [*names_from_comment(statements[0].comments, verb, stage), bare_verb(heading)]
    texts += names_from_text(heading, verb, stage)
    asked = database_names(statements, [name for name in outputs if name.lower() not in VAGUE])
    if asked:
        return list(dict.fromkeys([*(t for t in (_clean(text, bare=True) for text in texts) if t), *asked]))
    about = _objects(working, outputs, verb, columns, context)
    about = [a for a in about if lemma(a.lower()) != verb and not (verb == "predict" and a.lower() in _PREDICTIONS)]
    clear = [snake(thing) for thing in about if thing.lower() not in VAGUE]
    meant = [_MEANT.get(thing, snake(thing)) for thing in about if thing.lower() in VAGUE]
    more = _without_verb(details(working, context), verb)
    weak = _without_verb(echoes(working), verb)
    known = [m for m in meant if m not in VAGUE]
    nouns = [*clear, *known, *more, *meant, *weak]
    bases = [*texts, *(f"{verb}_{noun}" for noun in [*clear, *known, *more[:3], *meant, *weak[:2]])]
    others = (f"{other}_{noun}" for other in _SYNONYMS.get(verb, ()) for noun in [*clear, *known][:2])
    found = [*texts, *(f"{verb}_{noun}" for noun in [*clear, *known]), *others, *(f"{verb}_{noun}" for noun in nouns)]
    # Taken: say more of it. Bases come first, so that the shortest additions are tried before longer ones.
    found += [f"{base}_{word}" for base in bases for word in [*more, *clear, *weak] if base and word not in base]
    found += [f"{base}_{a}_and_{b}" for base in bases[:2] for a, b in pairwise(more) if base]
    named = [name for name in (_clean(n, bare=n in texts) for n in found) if name]
    return list(dict.fromkeys(named)) or [f"{verb}_{_NOTHING_TO_SAY.get(stage, 'values')}"]


def _without_verb(words: Iterable[str], verb: str) -> list[str]:
    """Return words that may follow the verb: `digits` of `load_digits`, and nothing that is a verb itself."""
    found = (w.removeprefix(f"{verb}_") for w in words)
    return [w for w in dict.fromkeys(found) if lemma(w) != verb and w not in VERBS]


def _objects(
    statements: Sequence[Statement], outputs: Sequence[str], verb: str, columns: Sequence[str], context: Context
) -> list[str]:
    """Return what a unit is about: what it returns, the column that it adds, what it works on."""
    found = list(dict.fromkeys(outputs))
    if verb == "split" and {"X_train", "X_test", "x_train", "x_test"} & set(found):
        return ["train_test", *found]
    if verb in ("fit", "train") and found:
        found = [*reversed(found)]
    if not found and verb in ("fit", "train", "evaluate", "score", "predict"):
        found = [n for n in receivers(statements) if n in context.bound and n not in context.aliases]
    if not found:
        found = [*columns[-1:], *(n for n in _used(statements, context) if not n.startswith("_"))]
    return [w for w in found if w][:4]


def _used(statements: Sequence[Statement], context: Context) -> list[str]:
    """Return the names of the notebook that statements mention, in order."""
    names = (n.id for s in statements for n in ast.walk(s.node) if isinstance(n, ast.Name))
    return list(dict.fromkeys(n for n in names if n in context.bound and n not in context.aliases))


def _added_columns(statements: Sequence[Statement], context: Context) -> list[str]:
    """Return the columns (or keys) that statements store under a literal name, in what the notebook made."""
    return [
        str(n.slice.value)
        for s in statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Subscript)
        and isinstance(n.ctx, ast.Store)
        and isinstance(n.slice, ast.Constant)
        and not (isinstance(n.value, ast.Attribute) and getattr(n.value.value, "id", "") in context.aliases)
    ]


def _clean(name: str, *, bare: bool = False) -> str:
    """Return a name as a function can have it, or nothing; one word is enough only where a heading says it."""
    name = re.sub(r"\W+", "_", name).strip("_")
    name = re.sub(r"__+", "_", name)
    if not name.isascii():
        name = re.sub(r"[^\x00-\x7f]+", "", name).strip("_")
    while len(name) > _LONGEST and "_" in name:
        name = name.rpartition("_")[0]
    usable = name.isidentifier() and not keyword.iskeyword(name.lower()) and ("_" in name or bare)
    return name.lower() if usable else ""
