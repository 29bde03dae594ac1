"""Several units -> one function: decides whether they are the same but for names and values, and what is passed.

A difference becomes a parameter only where evaluating it at the call changes nothing: literals that can't be changed or
are made once, names of the run's variables that the unit leaves alone, imports and definitions of module level.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.cells.text import Positions, parse
from nb2pkg.flow.effects import dotted
from nb2pkg.flow.scopes import arguments_of
from nb2pkg.model import Argument, Given, Replacement, Shared, Statement
from nb2pkg.plan.alignment import Aligner, Different, Slot
from nb2pkg.plan.databases import asks_database
from nb2pkg.plan.lifting import Interface, compose, interface_of
from nb2pkg.plan.remarks import common_remarks
from nb2pkg.plan.roles import Choice, choose_names, roles_of
from nb2pkg.plan.shapes import is_fresh, is_module_path
from nb2pkg.plan.story import Story, is_ready_made

MOST_HOLES = 3
MOST_PARAMETERS = 7
_OWN = frozenset({"show_figures", "run", "config", *(h.name for h in HELPERS.values())})


@dataclass(frozen=True, slots=True)
class Side:
    """One of the units: its statements, parsed one by one as they stand in their source, and its interface."""

    statements: tuple[Statement, ...]
    trees: tuple[ast.stmt, ...]
    found: Interface
    bound: frozenset[str]  # names that its text binds anywhere
    kills: frozenset[str]  # names that it surely binds

    def holds(self, name: str) -> bool:
        """Tell whether a name is a variable here: of the run, or of the unit itself."""
        return name in self.bound or name in self.found.inputs


@dataclass(frozen=True, slots=True)
class _Group:
    """Slots that hold the same thing of each unit, and so share a name."""

    slots: tuple[Slot, ...]
    texts: tuple[str, ...]
    kind: str  # local, input, hole, or kept: the same name of module level everywhere


def side_of(story: Story, first: int, last: int) -> Side | None:
    """Return what is known of the statements at positions of the story, or None where they can't be a function."""
    found = interface_of(story, first, last)
    if found.obstacle or any(p in story.hoisted for p in range(first, last + 1)):
        return None
    statements = tuple(story.statements[first : last + 1])
    trees = tuple(parse(s.source).body[0] for s in statements)
    bound = frozenset(name for tree in trees for n in ast.walk(tree) for name in _binds(n))
    return Side(statements, trees, found, bound, compose([s.names for s in statements]).kills)


def fold(story: Story, name: str, sides: Sequence[Side]) -> Shared:
    """Return the one function that units become.

    Raises:
        Different: they can't be one, and why.
    """
    if len({len(s.statements) for s in sides}) > 1:
        raise Different("one is longer than another")
    if any(asks_database(statement) for statement in sides[0].statements):
        raise Different("each query has its own function")
    aligner = _aligned(story, sides)
    fixed = aligner.fixed | _hidden(sides, aligner.slots) | _passed_on(story, aligner.slots)
    groups = _groups(story, sides, aligner.slots, fixed)
    dropped = _dropped(sides[0], groups)
    names = _names(story, sides, groups, fixed | aligner.words, dropped)
    returned, targets = _results(sides, groups, names, fixed)
    given = _parameters(sides, groups, names, fixed)
    if sum(g.kind == "hole" for g in groups) > MOST_HOLES or len(given) > MOST_PARAMETERS:
        raise Different("they differ in too much")
    remarks = common_remarks([s.statements for s in sides])
    shared = Shared(
        name=name,
        members=tuple(tuple(s.index for s in side.statements) for side in sides),
        parameters=given,
        returned=returned,
        targets=targets,
        replacements=(*_replacements(sides[0], groups, names, dropped), *remarks.removed),
        dropped=frozenset(sides[0].statements[n].index for n in dropped),
        comments=remarks.common,
        notes=remarks.notes,
    )
    _prove(sides[0], groups, names, shared)
    return shared


def _aligned(story: Story, sides: Sequence[Side]) -> Aligner:
    first = sides[0]
    imported = {i.name for i in story.flow.imports if i.name != "*"} - frozenset().union(*(s.bound for s in sides))
    aligner = Aligner(imported, story.context.bound | story.context.aliases.keys())
    for number in range(len(first.trees)):
        if len({s.statements[number].displayed for s in sides}) > 1:
            raise Different("one shows what another does not")
        aligner.align([s.trees[number] for s in sides], number)
    return aligner


def _hidden(sides: Sequence[Side], slots: Sequence[Slot]) -> frozenset[str]:
    """Return what goes in or out of a unit without being written as a name."""
    found: frozenset[str] = frozenset()
    for number, side in enumerate(sides):
        written = {n.id for slot in slots if isinstance(n := slot.nodes[number], ast.Name)}
        found |= frozenset([*side.found.inputs, *side.found.outputs]) - written
    for name in found:
        if len({(name in s.found.inputs, name in s.found.outputs) for s in sides}) > 1:
            raise Different(f"only one of them needs `{name}`")
    return found


def _passed_on(story: Story, slots: Sequence[Slot]) -> frozenset[str]:
    """Return what calls of lifted functions pass on: under its own name, which the edit of the call writes."""
    names = {n.id for slot in slots for n in slot.nodes if isinstance(n, ast.Name)}
    return frozenset(v for name in names for v in story.definitions.lifted(name))


def _groups(
    story: Story, sides: Sequence[Side], slots: Sequence[Slot], fixed: frozenset[str] | set[str]
) -> list[_Group]:
    """Return slots grouped by what they hold, in the order of the text.

    Raises:
        Different: what a slot holds can be no parameter, or names do not correspond one to one.
    """
    found: dict[tuple[object, ...], list[Slot]] = {}
    for slot in slots:
        found.setdefault(_key(slot, len(found)), []).append(slot)
    groups = []
    for members in found.values():
        texts = tuple(_source(side, members[0], n) for n, side in enumerate(sides))
        groups.append(_Group(tuple(members), texts, _kind(story, sides, members, fixed)))
    bound = [g for g in groups if g.kind == "local"]
    for number in range(len(sides)):
        if len({g.texts[number] for g in bound}) < len(bound):
            raise Different("two names of one are a single name of another")
    return groups


def _key(slot: Slot, number: int) -> tuple[object, ...]:
    if slot.names:
        return tuple(n.id for n in slot.nodes if isinstance(n, ast.Name))
    texts = tuple(ast.dump(n) for n in slot.nodes)
    if any(is_fresh(n) for n in slot.nodes):
        return (number, *texts)  # each evaluation makes an object of its own
    alike = all(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in slot.nodes)
    return (texts if alike else (slot.word or number, *texts), "value")


def _kind(story: Story, sides: Sequence[Side], slots: Sequence[Slot], fixed: frozenset[str] | set[str]) -> str:
    nodes = slots[0].nodes
    names = [n.id if isinstance(n, ast.Name) else "" for n in nodes]
    same = slots[0].names and len(set(names)) == 1
    local = [name in side.bound for name, side in zip(names, sides, strict=True)]
    inputs = [name in side.found.inputs for name, side in zip(names, sides, strict=True)]
    if not same and (not fixed.isdisjoint(names) or not fixed.isdisjoint(_roots(nodes))):
        raise Different(f"`{next(n for n in (*names, *_roots(nodes)) if n in fixed)}` can have no other name")
    if any(local):
        if not all(local) or len(set(inputs)) > 1:
            raise Different(f"`{names[local.index(True)]}` is bound in one, and not in another")
        return "local"
    if slots[0].names and all(inputs):
        return "input"
    if same and not any(inputs):
        return "kept"
    for node, side in zip(nodes, sides, strict=True):
        if not _may_be_early(story, node, side) or (is_fresh(node) and any(s.repeated for s in slots)):
            raise Different(f"`{ast.unparse(node)}` can't be evaluated at the call")
    return "hole"


def _roots(nodes: Sequence[ast.expr]) -> list[str]:
    return [dotted(n).split(".")[0] for n in nodes if isinstance(n, ast.Attribute)]


def _may_be_early(story: Story, node: ast.expr, side: Side) -> bool:
    """True when evaluating this at the call gives what it gave in its place."""
    if isinstance(node, ast.Attribute):
        parts = dotted(node).split(".")
        return is_module_path(node, {i.name for i in story.flow.imports}) and story.context.stored.isdisjoint(parts)
    if not isinstance(node, ast.Name):
        return True  # a literal
    if node.id in side.found.inputs:
        return True
    if node.id in story.variables or node.id.startswith("__"):
        return False
    if story.definitions.lifted(node.id):
        return False
    imported = any(i.name == node.id for i in story.flow.imports)
    builtin = is_ready_made(node.id) and node.id != "display" and node.id not in story.context.bound
    return imported or node.id in story.definitions.moved or builtin


def _names(
    story: Story, sides: Sequence[Side], groups: Sequence[_Group], fixed: frozenset[str] | set[str], dropped: set[int]
) -> list[str]:
    """Return the name of each group within the function.

    Raises:
        Different: no name is left for one.
    """
    module = {i.name for i in story.flow.imports} | story.definitions.moved | story.context.managers
    settled = [g.kind == "kept" or (g.kind != "hole" and len(set(g.texts)) == 1) for g in groups]
    kept = {g.texts[0] for g, is_settled in zip(groups, settled, strict=True) if is_settled}
    choices = [
        Choice(
            texts=g.texts,
            words=tuple(s.word for s in g.slots),
            nodes=g.slots[0].nodes,
            settled=is_settled,
            variable=g.kind != "hole",
        )
        for g, is_settled in zip(groups, settled, strict=True)
    ]
    names = choose_names(choices, kept | fixed | module | _OWN, roles_of(sides[0].statements))
    for number, group in enumerate(groups):
        slot = group.slots[0]
        tree = sides[0].trees[slot.statement]
        if slot.statement in dropped and isinstance(tree, ast.Assign) and tree.value is slot.nodes[0]:
            target = tree.targets[0]
            names[number] = next(n for g, n in zip(groups, names, strict=True) if g.slots[0].nodes[0] is target)
    return names


def _results(
    sides: Sequence[Side], groups: Sequence[_Group], names: Sequence[str], fixed: frozenset[str] | set[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return what the function returns, and what each call binds it to.

    A value that only some of the units hand on is bound by the others too, as in the notebook: nothing reads it there.
    """
    hidden = [n for n in sides[0].found.outputs if n in fixed and not any(n in g.texts for g in groups)]
    wanted = [
        (g, name)
        for g, name in zip(groups, names, strict=True)
        if any(text in side.found.outputs for text, side in zip(g.texts, sides, strict=True))
    ]
    for group, name in wanted:
        for text, side in zip(group.texts, sides, strict=True):
            if group.kind != "local" or (text not in side.found.outputs and text not in side.kills):
                raise Different(f"`{name}` may be unbound after one of them")
    targets = []
    for number, side in enumerate(sides):
        bound = (*(g.texts[number] for g, _ in wanted), *hidden)
        targets.append(bound if any(text in side.found.outputs for text in bound) else ())
    return (*(name for _, name in wanted), *hidden), tuple(targets)


def _parameters(
    sides: Sequence[Side], groups: Sequence[_Group], names: Sequence[str], fixed: frozenset[str] | set[str]
) -> tuple[Given, ...]:
    """Return what the function takes: variables and callables first, then values, which are passed by name."""
    hidden = [n for n in sides[0].found.inputs if n in fixed and not any(n in g.texts for g in groups)]
    positional, named = [], [Given(n, (Argument(n),) * len(sides)) for n in hidden]
    for group, name in zip(groups, names, strict=True):
        inputs = [text in side.found.inputs for text, side in zip(group.texts, sides, strict=True)]
        if group.kind == "input" or (group.kind == "local" and all(inputs)):
            positional.append(Given(name, tuple(Argument(text) for text in group.texts)))
        elif group.kind == "hole":
            arguments = tuple(_argument(side, group.slots[0], n) for n, side in enumerate(sides))
            by_name = not all(isinstance(n, (ast.Name, ast.Attribute)) for n in group.slots[0].nodes)
            (named if by_name else positional).append(Given(name, arguments, by_name))
    plain = [g for g in named if not g.keyword_only]
    return (*positional, *plain, *(g for g in named if g.keyword_only))


def _argument(side: Side, slot: Slot, number: int) -> Argument:
    node = slot.nodes[number]
    text = _source(side, slot, number)
    if isinstance(node, ast.Tuple) and not text.startswith("("):
        text = f"({text})"
    statement = side.statements[slot.statement]
    start, end = Positions(statement.source).span(node)
    return Argument(text, statement.index, start, end)


def _source(side: Side, slot: Slot, number: int) -> str:
    node = slot.nodes[number]
    if isinstance(node, ast.Name):
        return node.id
    start, end = Positions(side.statements[slot.statement].source).span(node)
    return side.statements[slot.statement].source[start:end]


def _dropped(side: Side, groups: Sequence[_Group]) -> set[int]:
    """Return the statements that only give a name to what became a parameter: `bins = 20`."""
    found = set()
    for group in groups:
        slot = group.slots[0]
        tree = side.trees[slot.statement]
        if group.kind != "hole" or len(group.slots) > 1 or not isinstance(tree, ast.Assign):
            continue
        target = tree.targets[0]
        if tree.value is not slot.nodes[0] or len(tree.targets) > 1 or not isinstance(target, ast.Name):
            continue
        statement = side.statements[slot.statement]
        above = {n for s in side.statements[: slot.statement] for n in s.names.uses | s.names.late_uses | s.names.defs}
        if target.id not in above | set(side.found.inputs) and not statement.comments + statement.end_comments:
            found.add(slot.statement)
    return found


def _replacements(
    side: Side, groups: Sequence[_Group], names: Sequence[str], dropped: set[int]
) -> Iterator[Replacement]:
    for group, name in zip(groups, names, strict=True):
        for slot in group.slots:
            statement = side.statements[slot.statement]
            text = _source(side, slot, 0)
            start, end = Positions(statement.source).span(slot.nodes[0])
            if text != name and slot.statement not in dropped:
                if statement.source[start:end] != text:
                    raise Different(f"`{text}` is not where the tree says")  # within f-strings, before Python 3.12
                yield Replacement(statement.index, start, end, name)


def edited(statement: Statement, shared: Shared) -> str:
    """Return the source of a statement of the first member as it stands in the function."""
    text = statement.source
    for item in sorted(shared.replacements, key=lambda r: r.start, reverse=True):
        if item.statement == statement.index:
            text = text[: item.start] + item.text + text[item.end :]
    return text


def _prove(side: Side, groups: Sequence[_Group], names: Sequence[str], shared: Shared) -> None:
    """Make sure that the edits change the tree as they are meant to, and nothing else."""
    new = {id(s.nodes[0]): name for g, name in zip(groups, names, strict=True) for s in g.slots}
    for statement, tree in zip(side.statements, side.trees, strict=True):
        if statement.index in shared.dropped:
            continue
        try:
            made = parse(edited(statement, shared)).body[0]
        except SyntaxError:
            raise Different("the text can't be edited") from None
        if _dump(tree, new) != _dump(made, {}):
            raise Different("the text can't be edited")


def _dump(node: ast.AST, new: Mapping[int, str]) -> str:
    """Return a tree as text, with the new names in the places of the nodes that they replace."""
    if id(node) in new or isinstance(node, ast.Name):
        return f"name {new.get(id(node), getattr(node, 'id', ''))}"
    parts = []
    for field in node._fields:
        value = getattr(node, field, None)
        items = value if isinstance(value, list) else [value]
        parts.append(",".join(_dump(i, new) if isinstance(i, ast.AST) else repr(i) for i in items))
    return f"{type(node).__name__}({';'.join(parts)})"


def _binds(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from (a.arg for a in arguments_of(node.args))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
