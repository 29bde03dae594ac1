"""Names of the fields of `Config`: the notebook's own in lower case, else a keyword and what it configures."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.plan.story import Story
from nb2pkg.plan.subjects import VAGUE, snake

_SEED = re.compile(r"(^|_)(seed|seeds|random_state|randomstate|rng)$", re.I)
_PATH = re.compile(r"^[a-z]+://|^[~.]{0,2}/|\.(?=[a-z0-9]*[a-z])[a-z0-9]{1,8}$|^[\w.-]+/$", re.I)
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.I)
_NOT_TELLING = VAGUE | frozenset("""
    model clf reg est estimator classifier regressor pipe pipeline score scores history res data train test split df
    mod mdl
    """.split())
_KIND = re.compile(r"^make_|^train_test_(?=split$)|_(classifier|regressor)$")  # says nothing that tells fields apart
_OURS = frozenset({"config", "show_figures", "np", "pd"})


@dataclass(frozen=True, slots=True)
class Group:
    """What a field may be called by.

    Args:
        field: a variable of the notebook, or the keyword.
        variable: it is a variable.
        subject: the variable that the keyword configures.
        owner: the class or function that it is given to.
        of_model: it is called by what it configures, too.
        path: the path or URL that it is.
    """

    field: str
    variable: bool = False
    subject: str = ""
    owner: str = ""
    of_model: bool = False
    path: str = ""


def names_taken(story: Story) -> frozenset[str]:
    """Return the names that a parameter of a function must not have: all that the story's code names, and ours."""
    found = {h.name for h in HELPERS.values()} | set(_OURS) | set(dir(builtins)) | set(keyword.kwlist)
    found |= story.variables | set(story.definitions.by_name) | {i.name for i in story.flow.imports}
    for statement in story.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Name):
                found.add(n.id)
            elif isinstance(n, ast.arg):
                found.add(n.arg)
            elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(n.name)
            elif isinstance(n, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
                found.add(n.name or "")
    return frozenset(found)


def field_names(groups: Sequence[Group], taken: frozenset[str]) -> list[str]:
    """Return a name for each group; those of variables come first, since the notebook gave them."""
    names: dict[int, str] = {}
    used: set[str] = set()
    count = Counter(_bare(g) for g in groups if not g.variable)
    for number, group in sorted(enumerate(groups), key=lambda item: not item[1].variable):
        own = {group.field} if group.variable else set()
        wishes = list(_wishes(group, alone=count[_bare(group)] == 1))
        names[number] = _first_free(wishes, used | (taken - own))
        used.add(names[number])
    return [names[number] for number in range(len(groups))]


def _first_free(wishes: Sequence[str], used: set[str]) -> str:
    wishes = [w for w in wishes if w.isidentifier()]
    for wish in wishes:
        if wish not in used:
            return wish
    number = 2
    while f"{wishes[-1]}_{number}" in used:
        number += 1
    return f"{wishes[-1]}_{number}"


def _bare(group: Group) -> str:
    return _of_path(group.path) if group.path else group.field


def _wishes(group: Group, *, alone: bool) -> Iterator[str]:
    """Yield names for a field, the best first."""
    if group.variable:
        yield from (_lowered(group.field), group.field)
        return
    if group.path:
        above = _slug(_parts(group.path)[-2]) if len(_parts(group.path)) > 1 else ""
        yield from (f"{above}_{_bare(group)}" if above and not alone else "", _bare(group))
        return
    bare = group.field
    subject, owner = snake(group.subject), _KIND.sub("", snake(group.owner))
    telling = subject not in _NOT_TELLING and len(subject) > 2
    if not group.of_model and (alone or bare == "seed"):
        yield bare
    if group.subject and telling:
        yield f"{subject}_{bare}"
    elif group.of_model and alone and len(bare) > 1:
        yield bare
    # The last one gets a number, where it is taken.
    yield f"{owner}_{bare}" if owner and bare not in owner.split("_") else bare if len(bare) > 1 else f"{bare}_value"


def _lowered(name: str) -> str:
    """Return a variable's name as a field is spelled: `SEED` is `seed`, `testSize` is `test_size`."""
    words = name if name.isupper() else re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return words.lower().strip("_")


def is_seed_name(name: str) -> bool:
    """True for a variable that holds a seed, as its name says."""
    return bool(_SEED.search(name))


def looks_like_path(text: str) -> bool:
    """True for a text that names a file, a folder or a page, as its form says."""
    return len(text) <= 300 and " " not in text.strip() and text.isprintable() and bool(_PATH.search(text))


def _parts(path: str) -> list[str]:
    path = re.split(r"[?#]", _URL.sub("", path))[0] if _URL.match(path) else path
    return [part for part in re.split(r"[/\\]", path) if part.strip(".~")]


def _of_path(path: str) -> str:
    """Return `customers_csv` for `data/customers.csv`."""
    kind = "url" if _URL.match(path) else "path"
    last = (_parts(path) or [""])[-1]
    stem, dot, ending = last.rpartition(".")
    if not dot or not ending.isalnum():
        return f"{_slug(last)}_{kind}" if _slug(last) else kind
    return f"{_slug(stem)}_{_slug(ending)}" if _slug(stem) else f"{_slug(ending) or 'file'}_{kind}"


def _slug(text: str) -> str:
    """Return a part of a path as a name; nothing where it has letters beyond ASCII."""
    return re.sub(r"\W+", "_", text).lower().strip("_0123456789") if text.isascii() else ""
