"""What a recorded test passes to a function: expressions that make the values that the notebook had."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace

from nb2pkg.model import Import, Setting, Unit
from nb2pkg.project.config import moved_settings
from nb2pkg.project.functions import Build
from nb2pkg.project.recorded_values import Code, loaded
from nb2pkg.project.recording import Recorded, Recording, Value
from nb2pkg.project.signatures import Parameter, parameters, passed, record_of, results_of

WIDE = 40  # of a setting that stands in the call


def expression(
    build: Build,
    value: Value,
    *,
    names: Mapping[str, str],
    variables: Mapping[str, str],
    arguments: Mapping[str, Value] | None = None,
    recording: Recording | None = None,
) -> Code:
    """Return the expression that makes a value that a function takes.

    Args:
        build: the package.
        value: the value.
        names: file as recorded -> its name below `tests/fixtures`.
        variables: name in the notebook -> variable of the test that holds it.
        arguments: name in the notebook -> what was recorded of it.
        recording: the recording, for values that the function of another unit makes.
    """
    if value.how == "file":
        return Code((loaded(value, names),), frozenset({"from recorded import load"}))
    if value.how == "same":
        return Code((variables[value.other],))
    if value.how == "called" and recording is not None:
        return _called(build, value, names, recording)
    text, imports = _with_ours(build, value)
    local, paths = frozenset(value.local), frozenset(value.paths)
    if value.how != "fitted":
        return Code((text,), imports, local, paths)
    rows = [
        variables[name] if name in variables and (arguments or {}).get(name) == part else loaded(part, names)
        for name, part in value.parts.items()
    ]
    imports |= {"from recorded import load"} if any(r.startswith("load(") for r in rows) else set()
    return Code((f"{text}.fit({', '.join(rows)})",), imports, local, paths)


def _with_ours(build: Build, value: Value) -> tuple[str, frozenset[str]]:
    """Return the text of a value with the notebook's own functions by their modules."""
    text, imports = value.text, set(value.imports)
    modules = {u.name: u.module for u in build.plan.units if u.kind == "definition"}
    for name in value.ours:
        if name in modules:
            text = re.sub(rf"(?<![\w.]){name}\b", f"{modules[name]}.{name}", text)
            imports.add(f"from {build.plan.package} import {modules[name]}")
    return text, frozenset(imports)


def _called(build: Build, value: Value, names: Mapping[str, str], recording: Recording) -> Code:
    """Return the call of the function of another unit, and what is taken of its result."""
    plan = build.plan
    maker = next((m for m in recording.makers if f"{m.statements[0]:03d}" == value.unit), None)
    if maker is not None:
        return _statement(build, maker, names, recording)
    unit = next(u for u in plan.units if u.kind == "function" and f"{u.statements[0]:03d}" == value.unit)
    held = next(r for r in recording.units if r.statements == unit.statements).arguments
    records = {r.name for r in plan.records}
    code, given = Code((), frozenset({f"from {plan.package} import {unit.module}"})), list[str]()
    for parameter in parameters(plan, unit):
        texts = passed(plan, unit, parameter)
        parts = [expression(build, held[t], names=names, variables={}, recording=recording) for t in texts]
        for part in parts:
            code += replace(part, lines=())
        if not texts:
            text, needed = setting_text(build, parameter, f"{plan.config_class}()")
            code += Code((), needed)
        elif parameter.annotation in records:
            fields = ", ".join(f"{t}={p.lines[0]}" for t, p in zip(texts, parts, strict=True))
            text = f"{parameter.annotation}({fields})"
            code += Code((), frozenset({f"from {plan.package}.model import {parameter.annotation}"}))
        else:
            text = parts[0].lines[0]
        given.append(f"{parameter.name}={text}" if parameter.keyword_only else text)
    call = f"{unit.module}.{unit.name}({', '.join(given)})"
    return replace(code, lines=(f"{call}{_taken(build, unit, value.other)}",))


def _statement(build: Build, maker: Recorded, names: Mapping[str, str], recording: Recording) -> Code:
    """Return the expression of a statement of `run()`, with what a test has for the notebook's names."""
    node = ast.parse(build.flow.statements[maker.statements[0]].source).body[0]
    modules = {u.name: u.module for u in build.plan.units if u.kind == "definition"}
    code, texts = Code(()), dict[str, str]()
    for name, value in maker.arguments.items():
        part = expression(build, value, names=names, variables={}, recording=recording)
        texts[name] = part.lines[0]
        code += replace(part, lines=())
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for name in sorted(read & modules.keys()):
        texts[name] = f"{modules[name]}.{name}"
        code += Code((), frozenset({f"from {build.plan.package} import {modules[name]}"}))
    code += Code((), frozenset(_line(item) for item in build.flow.imports if item.name in read))
    value_node = _Names(texts).visit(node).value
    return replace(code, lines=(ast.unparse(value_node),))


class _Names(ast.NodeTransformer):
    """Puts expressions where names are read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_read = isinstance(node.ctx, ast.Load) and node.id in self.texts
        return ast.parse(self.texts[node.id], mode="eval").body if is_read else node


def _line(item: Import) -> str:
    alias = f" as {item.alias}" if item.alias else ""
    if item.attribute is None:
        return f"import {item.module}{alias}"
    return f"from {item.module} import {item.attribute}{alias}"


def _taken(build: Build, unit: Unit, name: str) -> str:
    """Return how one of the values is taken out of what a function returns."""
    record = record_of(build.plan, unit)
    results = results_of(build.plan, unit)
    fields = record.fields if record is not None else ()
    rest = [n for n in results if n not in fields]
    if name in fields:
        return f"[-1].{name}" if rest else f".{name}"
    return f"[{rest.index(name)}]" if len(rest) + bool(fields) > 1 else ""


def setting_text(build: Build, parameter: Parameter, config: str) -> tuple[str, frozenset[str]]:
    """Return what is passed for settings: a short value itself, else a field of `config`, or `config` as a whole."""
    plan = build.plan
    line = frozenset({f"from {plan.package}.config import {plan.config_class}"})
    if parameter.argument == plan.config:
        return config, line
    short = short_setting(build, parameter)
    return (short, frozenset()) if short else (parameter.argument.replace(plan.config, config, 1), line)


def short_setting(build: Build, parameter: Parameter) -> str:
    """Return the notebook's value of a setting, if it is short."""
    setting = next((s for s in build.plan.settings if _reads(build.plan.config, s, parameter)), None)
    if setting is None or len(setting.value) > WIDE or "\n" in setting.value:
        return ""
    if setting.name in moved_settings(build.plan):
        return ""  # its value depends on the machine
    return f"list({setting.value})" if setting.as_list else setting.value


def _reads(config: str, setting: Setting, parameter: Parameter) -> bool:
    field = f"{config}.{setting.name}"
    return parameter.argument in (field, f"list({field})")
