"""Which names a deferred piece of code (function, lambda, generator expression, class) reads and writes outside itself.

Follows the language reference, chapter 4 "Execution model": a name bound in a function is local to it, class bodies are
skipped by nested scopes, comprehensions are scopes whose first iterable is evaluated outside.
"""

from __future__ import annotations

import ast

from nb2pkg.flow.strings import names_in_strings

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ComprehensionNode = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Free:
    """Names that a scope leaves to the scopes around it."""

    __slots__ = ("global_reads", "global_writes", "nonlocal_writes", "reads")

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.global_reads: set[str] = set()  # declared `global`: no scope between can bind them
        self.global_writes: set[str] = set()
        self.nonlocal_writes: set[str] = set()

    def add(self, other: Free) -> None:
        """Take over what a nested scope leaves open."""
        self.reads |= other.reads
        self.global_reads |= other.global_reads
        self.global_writes |= other.global_writes
        self.nonlocal_writes |= other.nonlocal_writes

    @property
    def all_reads(self) -> set[str]:
        """Names read from around the outermost scope."""
        return self.reads | self.global_reads


def arguments_of(args: ast.arguments) -> list[ast.arg]:
    """Return all parameters in the order of the signature."""
    found = [*args.posonlyargs, *args.args]
    if args.vararg:
        found.append(args.vararg)
    found += args.kwonlyargs
    if args.kwarg:
        found.append(args.kwarg)
    return found


def target_names(node: ast.AST) -> set[str]:
    """Return the names that an assignment target binds."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def type_parameters(node: ast.AST) -> set[str]:
    """Return the names of PEP 695 type parameters (Python 3.12)."""
    return {getattr(p, "name", "") for p in getattr(node, "type_params", None) or []} - {""}


def type_parameter_reads(node: ast.AST) -> set[str]:
    """Return the names in bounds and defaults of type parameters, which Python evaluates only when asked."""
    parameters = getattr(node, "type_params", None) or []
    return {n.id for p in parameters for n in ast.walk(p) if isinstance(n, ast.Name)} - type_parameters(node)


class _Scope(ast.NodeVisitor):
    """Collect what one function-like scope binds and reads; nested scopes are resolved on the way."""

    def __init__(self, bound: set[str], *, is_class: bool = False) -> None:
        self.bound = set(bound)
        self.is_class = is_class
        self.reads: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.nested = Free()
        self.hidden: list[set[str]] = []  # targets of comprehensions around the place

    def result(self) -> Free:
        local = self.bound - self.globals - self.nonlocals
        free = Free()
        free.reads = {n for n in self.reads if n not in local and n not in self.globals}
        free.reads |= self.nested.reads if self.is_class else self.nested.reads - local - self.globals
        if self.is_class:  # a name read before the class binds it comes from outside
            free.reads |= self.reads - self.globals
        free.global_reads = self.nested.global_reads | (self.globals & (self.reads | self.nested.reads))
        free.global_writes = self.nested.global_writes | (self.globals & self.bound)
        free.nonlocal_writes = (self.nested.nonlocal_writes - local) | (self.nonlocals & self.bound)
        return free

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if not any(node.id in names for names in self.hidden):
                self.reads.add(node.id)
        else:
            self.bound.add(node.id)
            if isinstance(node.ctx, ast.Del):
                self.reads.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        self.reads |= names_in_strings(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.bound.add(node.target.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.nonlocals.update(node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.bound.add(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bound.add(node.rest)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        self.bound.add(node.name)
        for part in [*node.decorator_list, *defaults_of(node.args), *annotations_of(node)]:
            self.visit(part)
        self._nest(function_free(node))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in defaults_of(node.args):
            self.visit(part)
        self._nest(lambda_free(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bound.add(node.name)
        for part in [*node.decorator_list, *node.bases, *[k.value for k in node.keywords]]:
            self.visit(part)
        self._nest(class_free(node))

    def _nest(self, free: Free) -> None:
        for names in self.hidden:
            free.reads -= names
        self.nested.add(free)

    def _comprehension(self, node: ComprehensionNode) -> None:
        targets = set().union(*(target_names(g.target) for g in node.generators))
        self.visit(node.generators[0].iter)
        self.hidden.append(targets)
        for number, generator in enumerate(node.generators):
            if number:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
            self._target_reads(generator.target)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self.hidden.pop()

    def _target_reads(self, target: ast.expr) -> None:
        for n in ast.walk(target):
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load):
                self.visit_Name(n)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def defaults_of(args: ast.arguments) -> list[ast.expr]:
    """Return the default values, which are evaluated where the function is defined."""
    return [d for d in [*args.defaults, *args.kw_defaults] if d is not None]


def annotations_of(node: FunctionNode) -> list[ast.expr]:
    """Return the annotations of the signature, evaluated where the function is defined."""
    found = [a.annotation for a in arguments_of(node.args) if a.annotation is not None]
    return [*found, node.returns] if node.returns is not None else found


def function_free(node: FunctionNode) -> Free:
    """Return what the body of a function reads and writes outside itself."""
    scope = _Scope({a.arg for a in arguments_of(node.args)} | type_parameters(node))
    for statement in node.body:
        scope.visit(statement)
    return scope.result()


def bound_names(node: FunctionNode) -> set[str]:
    """Return the names that are local to a function."""
    scope = _Scope({a.arg for a in arguments_of(node.args)} | type_parameters(node))
    for statement in node.body:
        scope.visit(statement)
    return scope.bound - scope.globals - scope.nonlocals


def class_names(node: ast.ClassDef) -> set[str]:
    """Return the names that a class body binds."""
    scope = _Scope(type_parameters(node), is_class=True)
    for statement in node.body:
        scope.visit(statement)
    return scope.bound - scope.globals - scope.nonlocals


def lambda_free(node: ast.Lambda) -> Free:
    """Return what the body of a lambda reads outside itself."""
    scope = _Scope({a.arg for a in arguments_of(node.args)})
    scope.visit(node.body)
    return scope.result()


def class_free(node: ast.ClassDef) -> Free:
    """Return what a class body with all its methods may read outside itself."""
    scope = _Scope(type_parameters(node), is_class=True)
    for statement in node.body:
        scope.visit(statement)
    return scope.result()


def generator_free(node: ast.GeneratorExp) -> set[str]:
    """Return what a generator expression reads when it is consumed: all but its first iterable."""
    scope = _Scope(set())
    scope.visit(node)
    everything = scope.result().all_reads
    first = _Scope(set())
    first.visit(node.generators[0].iter)
    targets = set().union(*(target_names(g.target) for g in node.generators))
    inner = _Scope(targets)
    for number, generator in enumerate(node.generators):
        for part in [*([generator.iter] if number else []), *generator.ifs]:
            inner.visit(part)
    inner.visit(node.elt)
    return inner.result().all_reads & (everything | inner.result().all_reads)
