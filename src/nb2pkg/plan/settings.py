"""Which values of a notebook become fields of `Config`: names bound to literals, and literals given to calls."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from nb2pkg.model import Flow, Place, Setting, Statement
from nb2pkg.needs.queries import bound_queries
from nb2pkg.plan.setting_facts import PATHS, SEED_CALLS, SEED_KEYWORDS, keyword_fact
from nb2pkg.plan.setting_literals import literals_at, place_of, scalar_of, text_of, variable_literal
from nb2pkg.plan.setting_names import Group, field_names, is_seed_name, looks_like_path, names_taken
from nb2pkg.plan.setting_reads import Hazards, find_hazards, must_stay_local
from nb2pkg.plan.story import Story

_CLOSED = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.JoinedStr)
_LONGEST = 300  # characters of a path
_SHELL_CALLS = frozenset({"os.system", "os.popen", "subprocess.run", "subprocess.check_output", "subprocess.call"})


@dataclass(frozen=True, slots=True)
class Found:
    """A literal that is a setting.

    Args:
        key: literals with the same key are one setting.
        field: how the field is called when there is no other of that name.
        type: the field's type.
        text: the literal.
        place: where it stands.
        subject: the variable that holds what the call makes, or that its method belongs to.
        owner: the class or function that is called.
        of_model: it configures an object, by whose name the field is called.
    """

    key: tuple[str, ...]
    field: str
    type: str
    text: str
    place: Place
    subject: str = ""
    owner: str = ""
    of_model: bool = False


def find_settings(story: Story) -> tuple[Setting, ...]:
    """Return the settings of a notebook, in the order in which they appear first."""
    hazards = find_hazards(story)
    variables = [v for s in story.statements if (v := _variable(story, s, hazards)) is not None]
    literals = [found for s in story.statements for found in _literals(story, s)]
    literals = _labelled([*_with_equal_paths(story, literals, [v for v in variables if v.path])])
    groups: list[tuple[Setting, Found | None]] = [(v, None) for v in variables]
    number_of: dict[tuple[str, ...], int] = {}
    for found in literals:
        if found.key not in number_of:
            same = (n for n, variable in enumerate(variables) if _is_same(found, variable))
            number_of[found.key] = next(same, len(groups))
        number = number_of[found.key]
        if number == len(groups):
            groups.append((Setting("", found.type, found.text, (), path=found.key[0] == "path"), found))
        setting, first = groups[number]
        groups[number] = (replace(setting, places=(*setting.places, found.place)), first)
    groups.sort(key=lambda group: min(_order(p) for p in group[0].places))
    names = field_names([_group(*group) for group in groups], names_taken(story))
    return tuple(replace(s, name=name) for (s, _), name in zip(groups, names, strict=True))


def _labelled(literals: Sequence[Found]) -> list[Found]:
    """Tell apart the places of a statement that are called alike: `epochs` and `epochs 2`."""
    count: Counter[tuple[int, str]] = Counter()
    found = []
    for item in sorted(literals, key=lambda item: _order(item.place)):
        label = item.place.label
        count[item.place.statement, label] += 1
        number = count[item.place.statement, label]
        found.append(replace(item, place=replace(item.place, label=label if number == 1 else f"{label} {number}")))
    return found


def _order(place: Place) -> tuple[int, int, int]:
    return place.statement, place.line, place.column


def _group(setting: Setting, first: Found | None) -> Group:
    if first is None:
        return Group(setting.variable, variable=True)
    return Group(first.field, subject=first.subject, owner=first.owner, of_model=first.of_model, path=_path_of(first))


def _path_of(found: Found) -> str:
    return found.key[1] if found.key[0] == "path" else ""


def _is_same(found: Found, variable: Setting) -> bool:
    """True when a literal says what a variable says already: the same seed, the same path."""
    if variable.local or variable.type != found.type:
        return False
    kind = is_seed_name(variable.variable) if found.key[0] == "seed" else found.key[0] == "path" and variable.path
    return kind and bool(ast.literal_eval(variable.value) == ast.literal_eval(found.text))


@lru_cache(maxsize=1)
def _query_statements(flow: Flow) -> frozenset[int]:
    """Return the statements that bind the text of a query, which stands in a file of its own."""
    return bound_queries(flow)


def _variable(story: Story, statement: Statement, hazards: Hazards) -> Setting | None:
    literal = variable_literal(story, statement)
    if literal is None or statement.index in _query_statements(story.flow):
        return None
    assert isinstance(statement.node, ast.Assign) and isinstance(statement.node.targets[0], ast.Name)
    name = statement.node.targets[0].id
    return Setting(
        name="",
        type=literal.type,
        value=literal.text,
        places=(place_of(statement, statement.node.value, name),),
        variable=name,
        local=must_stay_local(story, statement, name, hazards, as_list=literal.as_list),
        as_list=literal.as_list,
        path=literal.type == "str" and looks_like_path(ast.literal_eval(literal.text)),
    )


def _literals(story: Story, statement: Statement) -> list[Found]:
    """Return the settings among the literals that a statement gives to calls, in the order of the text."""
    found = [item for call, subject in _calls(statement.node, "") for item in _of_call(story, statement, call, subject)]
    here = literals_at(statement) if found else {}
    known = []
    for item in found:
        node = here.get((item.place.line, item.place.column))
        # Where the text is not what `ast` says, nothing can be put in its place.
        if node is not None and scalar_of(node) == ast.literal_eval(item.text):
            known.append(replace(item, text=text_of(statement.source, node)))
    return sorted(known, key=lambda item: _order(item.place))


def _calls(node: ast.AST, subject: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls that a piece of code makes itself, each with the name that is bound to what it makes."""
    if isinstance(node, _CLOSED):
        return
    if isinstance(node, ast.Assign):
        name = node.targets[0].id if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) else ""
        for target in node.targets:
            yield from _calls(target, "")
        yield from _calls(node.value, name)
        return
    if isinstance(node, ast.AnnAssign):
        name = node.target.id if isinstance(node.target, ast.Name) else ""
        yield from _calls(node.value, name) if node.value is not None else ()
        return
    if isinstance(node, ast.Call):
        yield node, subject
        maker = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        yield from _calls(maker, subject)  # model = RandomForestClassifier(...).fit(X, y)
        for part in (*node.args, *node.keywords):
            yield from _calls(part, "")
        return
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, "")


def _of_call(story: Story, statement: Statement, call: ast.Call, target: str) -> Iterator[Found]:
    name = story.context.qualified(call.func)
    if name.startswith("builtins.__nb_") or (isinstance(call.func, ast.Name) and call.func.id.startswith("__nb_")):
        return
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    own = not name or name.lstrip(".") in story.context.methods
    receiver = call.func.value if isinstance(call.func, ast.Attribute) and name.startswith(".") else None
    subject = receiver.id if isinstance(receiver, ast.Name) else "" if receiver is not None else target
    for keyword in call.keywords:
        item = _keyword(name, last, keyword, own=own)
        if item is not None:
            yield replace(item, place=place_of(statement, keyword.value, keyword.arg or ""), subject=subject)
    for node, label in _positional(name, call, last, own=own):
        value = scalar_of(node)
        if label == "seed" and type(value) is int:
            place = place_of(statement, node, label)
            yield Found(("seed", repr(value)), "seed", "int", repr(value), place, subject, last)
        elif label != "seed" and isinstance(value, str) and _is_path(value):
            yield Found(("path", value), "", "str", repr(value), place_of(statement, node, label), "", last)


def _keyword(name: str, last: str, keyword: ast.keyword, *, own: bool) -> Found | None:
    """Return what a keyword sets; its place is filled in by the caller."""
    value = scalar_of(keyword.value)
    nowhere = Place(0, 0, 0, "")
    if keyword.arg is None or value is None or isinstance(value, bool):
        return None
    if keyword.arg in SEED_KEYWORDS:
        return (
            Found(("seed", repr(value)), "seed", "int", repr(value), nowhere, "", last) if type(value) is int else None
        )
    fact = keyword_fact(name, keyword.arg, own=own)
    if fact is None or isinstance(value, str) != (fact.type == "text"):
        return None
    kind = "float" if fact.type == "float" else type(value).__name__
    field = fact.field or keyword.arg.lower()
    key = ("keyword", field, name or last, repr(value))
    return Found(key, field, kind, repr(value), nowhere, "", last, fact.of_model)


def _positional(name: str, call: ast.Call, last: str, *, own: bool) -> Iterator[tuple[ast.expr, str]]:
    """Yield the arguments that are seeds or paths, with what they are called."""
    plain = not any(isinstance(a, ast.Starred) for a in call.args)
    if own:
        return
    if name in SEED_CALLS and plain and call.args:
        yield call.args[0], "seed"
    fact = PATHS.get(name)
    if fact is not None:
        yield from ((a, last) for n, a in enumerate(call.args) if plain and n in fact.positions)
        yield from ((k.value, k.arg) for k in call.keywords if k.arg is not None and k.arg in fact.keywords.split())


def _is_path(text: str) -> bool:
    """True for what may name a file: no data, no special names."""
    if not 0 < len(text) <= _LONGEST or not text.isprintable() or text.startswith(("{", "[", "<", ":")):
        return False
    return text.strip() == text and not re.fullmatch(r"[./~\\-]*", text)


def _with_equal_paths(story: Story, found: Sequence[Found], variables: Sequence[Setting]) -> Iterator[Found]:
    """Yield settings; a path counts wherever it is given to a call, so that what is written is found again.

    Where the same text stands elsewhere too (in a function, in a list, in a shell line), or another path begins with
    it, the paths stay in the code: together they would no longer name one file.
    """
    texts = {item.key[1] for item in found if item.key[0] == "path"}
    texts |= {str(ast.literal_eval(v.value)) for v in variables}
    if not texts:
        yield from found
        return
    spots = {item.place for item in found if item.key[0] == "path"}
    more = [item for s in story.statements for item in _given(story, s, texts) if item.place not in spots]
    bound = Counter(str(ast.literal_eval(v.value)) for v in variables)
    count = Counter(item.key[1] for item in (*found, *more) if item.key[0] == "path") + bound
    scattered = {text for text, number in _mentions(story, texts).items() if number != count[text]}
    everything = sorted((*found, *more), key=lambda item: _order(item.place))
    yield from (item for item in everything if item.key[0] != "path" or item.key[1] not in scattered)


def _given(story: Story, statement: Statement, texts: set[str]) -> Iterator[Found]:
    """Yield the places of a statement at which one of the texts is given to a call."""
    for call, _ in _calls(statement.node, ""):
        named = getattr(call.func, "attr", getattr(call.func, "id", ""))
        for node, label in [*((a, named) for a in call.args), *((k.value, k.arg or "") for k in call.keywords)]:
            value = scalar_of(node)
            if isinstance(value, str) and value in texts:
                place = place_of(statement, node, label)
                at = literals_at(statement).get((place.line, place.column))
                if at is not None and scalar_of(at) == value:
                    yield Found(("path", value), "", "str", text_of(statement.source, at), place, "", named)


def _mentions(story: Story, texts: set[str]) -> Counter[str]:
    """Return how often each text stands in the notebook; shell lines and longer paths count, which keep theirs."""
    count: Counter[str] = Counter()
    for statement in story.flow.statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Constant) and isinstance(n.value, str):
                count[n.value] += n.value in texts
                count.update(text for text in texts if n.value.startswith(f"{text.rstrip('/')}/") and n.value != text)
            elif isinstance(n, ast.Call) and _is_shell(story, n):
                line = ast.unparse(n)
                count.update(text for text in texts if text in line)
    return Counter({text: count[text] for text in texts})


def _is_shell(story: Story, call: ast.Call) -> bool:
    own = isinstance(call.func, ast.Name) and call.func.id.startswith("__nb_")
    return own or story.context.qualified(call.func) in _SHELL_CALLS
