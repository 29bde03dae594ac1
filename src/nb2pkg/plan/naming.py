"""Names of functions: a verb and what it is about, from the heading or comment above, else from the main call."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import verb_of
from nb2pkg.model import Statement
from nb2pkg.plan.stages import calls_of
from nb2pkg.plan.subjects import VAGUE, details, echoes, receivers

_VERBS = frozenset("""
    add aggregate apply assign bin build calculate check choose clean cluster collect combine compare compute
    convert count create cross_validate define describe detect display download drop encode engineer estimate
    evaluate examine explore export extract fetch fill filter find fit fix format generate get group handle
    impute initialize inspect join label list load look make map measure merge normalize optimize parse pivot
    plot predict prepare preprocess print process pull query rank read reduce remove rename replace report
    resample reshape run sample save scale score search select separate set show shuffle simulate smooth sort
    split standardize store summarize test tokenize train transform try tune update use validate vectorize view
    visualize write
    """.split())
_STOP = frozenset("""
    a an the of our we i you to is are was be been and or let lets us now then with for in on at by from this
    that these those it its as into all some each here there so just also will can using use via first next
    again my your their new up out how what why
    """.split())
_OPENERS = frozenset(
    ["now", "then", "next", "first", "finally", "let", "lets", "us", "we", "to", "please", "here", "also"]
)
# Which verb of several names a unit of a stage.
_STRONG = {
    "data": ("load", "read", "fetch", "download", "generate"),
    "training": ("fit", "train", "search", "tune", "compile", "split"),
    "evaluation": ("evaluate", "score", "cross_validate", "predict"),
    "visualization": ("plot", "draw"),
    "export": ("save", "write", "export"),
    "preprocessing": ("split", "scale", "encode", "clean", "fill", "drop", "load"),
    "features": ("encode", "extract", "build", "split"),
}
# Verbs of calls that say little of what is done; a column that is added says more.
_WEAK = frozenset(["apply", "map", "transform", "assign", "find", "convert", "compute", "calculate", "round"])
_STAGE_VERBS = {
    "data": "load",
    "exploration": "explore",
    "preprocessing": "prepare",
    "features": "build",
    "training": "fit",
    "evaluation": "evaluate",
    "visualization": "plot",
    "export": "save",
}
# What a unit is called whose code names nothing.
_NOTHING_TO_SAY = {"visualization": "figure", "data": "input", "training": "model", "evaluation": "scores"}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
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


def wishes(
    statements: Sequence[Statement], outputs: Sequence[str], stage: str, heading: str, context: Context
) -> list[str]:
    """Return names for a unit, the best first."""
    comment = _first_line(statements[0].comments)
    working = [s for s in statements if not s.displayed or len(statements) == 1]
    calls = calls_of(working, context)
    verb = _main_verb(calls, stage) or (_STAGE_VERBS.get(stage, "prepare") if calls else "set")
    about = _objects(working, outputs, verb, context)
    if verb == "seed" and not outputs:
        return ["set_seeds", "seed_generators"]
    if verb in _WEAK and not outputs and _added_columns(working):
        verb = "add"
    texts = [text for text in (_from_text(comment, verb), _from_text(heading, verb)) if text]
    more = [word for word in details(working, context) if word != verb and word not in _VERBS]
    weak = [word for word in echoes(working) if word != verb and word not in _VERBS]
    clear = [thing for thing in about if thing.lower() not in VAGUE]
    vague = [thing for thing in about if thing.lower() in VAGUE]
    stage_verb = _STAGE_VERBS.get(stage, "prepare")
    found = [*texts, *(f"{verb}_{thing}" for thing in [*clear, *more, *vague, *weak])]
    # Taken: say more of it. Bases come first, so that the shortest additions are tried before longer ones.
    bases = [*texts, *(f"{verb}_{thing}" for thing in [*clear, *vague, *more[:3], *weak[:2]])]
    found += [f"{base}_{word}" for base in bases for word in [*more, *clear, *weak] if word not in base]
    found += [f"{stage_verb}_{thing}" for thing in [*clear, *more, *vague]]
    found += [f"{base}_{a}_and_{b}" for base in bases[:2] for a, b in pairwise(more)]
    return [name for name in (_clean(n) for n in found) if name] or [f"{verb}_{_NOTHING_TO_SAY.get(stage, 'values')}"]


def _first_line(comments: str) -> str:
    for line in comments.splitlines():
        text = line.strip("# \t-=*")
        if text and not looks_like_code(text):
            return text
    return ""


def looks_like_code(text: str) -> bool:
    """True for a comment that is code put out of use."""
    if not re.search(r"[=(\[]", text):
        return False
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _from_text(text: str, verb: str) -> str:
    """Return a name that a line of English gives, or the empty string."""
    text = re.sub(r"`[^`]*`|\$[^$]*\$|https?://\S+|\([^)]*\)|\[|\]|^[\d.\s)]+", " ", text)
    if not text.isascii() or len(text) > 80:
        return ""
    words = [w.lower() for w in _WORD.findall(text)]
    while words and words[0] in _OPENERS:
        words.pop(0)
    head = _lemma(words[0]) if words else ""
    starts_with_verb = head in _VERBS
    words = [w for w in words if w not in _STOP and len(w) > 1][:4]
    if not words or all(w in _VERBS for w in words):
        return ""
    if starts_with_verb:
        words[0] = head
        return "_".join(words) if len(words) > 1 else ""
    return "_".join([verb, *words[:3]])


def _lemma(word: str) -> str:
    """Return the verb that a word may be a form of: `loading` and `loads` are `load`."""
    for ending, stem in (("ing", word[:-3]), ("ed", word[:-2]), ("es", word[:-2]), ("s", word[:-1])):
        if word.endswith(ending) and len(stem) > 2:
            options = [stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
            for option in options:
                if option in _VERBS:
                    return option
    return word


def opens_with_verb(text: str) -> bool:
    """True when a text begins with a verb of this trade: `Drop duplicates`, `Loading the data`."""
    words = [w.lower() for w in _WORD.findall(text)]
    return bool(words) and _lemma(words[0]) in _VERBS


def _main_verb(calls: Sequence[str], stage: str) -> str:
    found = [v for v in (verb_of(c) for c in calls) if v]
    for strong in _STRONG.get(stage, ()):
        if strong in found:
            return strong
    return found[0] if found else ""


def _objects(statements: Sequence[Statement], outputs: Sequence[str], verb: str, context: Context) -> list[str]:
    """Return what a unit is about: what it returns, the column that it adds, what it works on."""
    found = list(dict.fromkeys(outputs))
    columns = _added_columns(statements)
    used: list[str] = []
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Name) and n.id not in used and n.id in context.bound and n.id not in context.aliases:
                used.append(n.id)
    models = [n for n in receivers(statements) if n in context.bound and n not in context.aliases]
    if verb in ("fit", "train") and found:
        found = [*reversed(found)]
    if not found and verb in ("fit", "train", "evaluate", "score", "predict"):
        found = models
    if not found:
        found = [*columns[-1:], *(n for n in used if not n.startswith("_"))]
    if verb == "split" and {"X_train", "X_test"} & set(found):
        found = ["train_test", *found]
    return [w for w in found if w][:4]


def _added_columns(statements: Sequence[Statement]) -> list[str]:
    """Return the columns (or keys) that statements store under a literal name."""
    return [
        str(n.slice.value)
        for s in statements
        for n in ast.walk(s.node)
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and isinstance(n.slice, ast.Constant)
    ]


def _clean(name: str) -> str:
    name = re.sub(r"\W+", "_", name).strip("_")
    name = re.sub(r"__+", "_", name)
    if not name.isascii():
        name = re.sub(r"[^\x00-\x7f]+", "", name).strip("_")
    name = name[:_LONGEST].rstrip("_")
    return name.lower() if name.isidentifier() and not keyword.iskeyword(name.lower()) and "_" in name else ""
