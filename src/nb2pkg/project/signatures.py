"""What a function takes and gives back, and how `run()` calls it: one place, so that both sides always agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nb2pkg.model import Plan, Record, Setting, Shared, Unit
from nb2pkg.plan.shared_settings import field_of

_WHOLE = 3  # fields of a record from which a function takes it as a whole
_MOST = 3  # parameters of a function that gets its settings one by one


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function that a unit becomes.

    Args:
        name: its name in the function.
        argument: what `run()` passes for it.
        annotation: its type, or the empty string where none is known.
        keyword_only: it is passed by name.
    """

    name: str
    argument: str
    annotation: str = ""
    keyword_only: bool = False


def parameters(plan: Plan, unit: Unit) -> tuple[Parameter, ...]:
    """Return the parameters of the function that a unit becomes, in order."""
    shared = shared_of(plan, unit)
    if shared is not None:
        return tuple(_of_shared(plan, shared, unit))
    settings = settings_of(plan, unit)
    gone = {s.variable for s in settings if not s.local}
    given = tuple(_given(plan, unit, [name for name in unit.inputs if name not in gone]))
    if not settings:
        return given
    if len(given) + len(settings) > _MOST:
        return (*given, Parameter(plan.config, plan.config, plan.config_class))
    named = (Parameter(s.name, _field(plan, s), _annotation(s), keyword_only=True) for s in settings)
    return (*given, *named)


def shared_of(plan: Plan, unit: Unit) -> Shared | None:
    """Return the function that a unit becomes together with others, or None where it becomes one by itself."""
    return next((s for s in plan.shared if s.name == unit.name), None) if unit.kind == "function" else None


def _of_shared(plan: Plan, shared: Shared, unit: Unit) -> Iterator[Parameter]:
    number, carried = shared.members.index(unit.statements), dict(unit.carried)
    whole = shared_fields(plan, shared)
    seen: set[str] = set()
    for given in shared.parameters:
        text = given.arguments[number].text
        if given.name not in whole:
            text = f"{carried[text]}.{text}" if text in carried else text
            yield Parameter(given.name, text, keyword_only=given.keyword_only)
            continue
        variable = whole[given.name].partition(".")[0]
        if variable not in seen:
            seen.add(variable)
            yield Parameter(variable, carried[text], _class_of(plan, variable))


def shared_fields(plan: Plan, shared: Shared) -> dict[str, str]:
    """Return parameter -> field, `split.X_train`, of what all calls take from records of one class, if it is much."""
    carried = {u.statements: dict(u.carried) for u in plan.units if u.kind == "function" and u.name == shared.name}
    fields: dict[str, dict[str, str]] = {}
    for given in shared.parameters:
        texts = [a.text for a in given.arguments]
        variables = [carried[member].get(text, "") for member, text in zip(shared.members, texts, strict=True)]
        if len(set(texts)) == 1 and all(variables) and len({_class_of(plan, v) for v in variables}) == 1:
            fields.setdefault(variables[0], {})[given.name] = f"{variables[0]}.{texts[0]}"
    return {name: field for found in fields.values() if len(found) >= _WHOLE for name, field in found.items()}


def _class_of(plan: Plan, variable: str) -> str:
    return next(r.name for r in plan.records if r.variable == variable)


def whole_records(plan: Plan, unit: Unit) -> dict[str, str]:
    """Return the names that a function reads as fields of a record that it takes as a whole -> its variable."""
    if shared_of(plan, unit) is not None:
        return {}
    variables = [variable for _, variable in unit.carried]
    made = {r.variable for r in plan.records if r.statements == unit.statements}
    whole = {v for v in variables if variables.count(v) >= _WHOLE or (v == unit.record and v not in made)}
    return {name: variable for name, variable in unit.carried if variable in whole}


def _given(plan: Plan, unit: Unit, names: Sequence[str]) -> Iterator[Parameter]:
    carried, whole = dict(unit.carried), whole_records(plan, unit)
    classes = {r.variable: r.name for r in plan.records}
    seen: set[str] = set()
    for name in names:
        if name not in carried:
            yield Parameter(name, name)
        elif name not in whole:
            yield Parameter(name, f"{carried[name]}.{name}")
        elif whole[name] not in seen:
            seen.add(whole[name])
            yield Parameter(whole[name], whole[name], classes[whole[name]])
    record = _record_of(plan, unit)
    kept = record is not None and record.statements != unit.statements and set(record.fields) - set(unit.outputs)
    if kept and unit.record not in seen:  # what it does not bind anew comes from the old one
        yield Parameter(unit.record, unit.record, classes[unit.record])


def settings_of(plan: Plan, unit: Unit) -> tuple[Setting, ...]:
    """Return the settings that a unit's code reads, whether as literals or by the notebook's name."""
    if shared_of(plan, unit) is not None:
        return ()  # its calls pass them as arguments
    here, inputs = set(unit.statements), set(unit.inputs)
    return tuple(
        s for s in plan.settings if (s.variable in inputs and not s.local) or any(p.statement in here for p in s.places)
    )


def setting_reads(plan: Plan, unit: Unit | None) -> dict[str, str]:
    """Return how code reads settings: field -> expression.

    Args:
        plan: the plan.
        unit: the function that the code stands in; None for `run()` itself.
    """
    if unit is None:
        return {s.name: _field(plan, s) for s in plan.settings}
    named = {p.name for p in parameters(plan, unit) if p.keyword_only}
    return {s.name: s.name if s.name in named else _field(plan, s) for s in settings_of(plan, unit)}


def _field(plan: Plan, setting: Setting) -> str:
    return field_of(setting, plan.config)


def _annotation(setting: Setting) -> str:
    return setting.type.replace("tuple[", "list[").replace(", ...", "") if setting.as_list else setting.type


def header(plan: Plan, unit: Unit, notes: Mapping[str, str] | None = None, result: str = "") -> str:
    """Return the line that opens the function.

    Args:
        plan: the plan.
        unit: what becomes a function.
        notes: annotations of what it takes, by the name that `run()` passes.
        result: the annotation of what it returns.
    """
    given = [
        replace(p, annotation=p.annotation or (notes or {}).get(p.argument, (notes or {}).get(p.name, "")))
        for p in parameters(plan, unit)
    ]
    parts = [_declared(p) for p in given if not p.keyword_only]
    named = [_declared(p) for p in given if p.keyword_only]
    arrow = f" -> {result}" if result else ""
    return f"def {unit.name}({', '.join([*parts, *(['*'] if named else []), *named])}){arrow}:"


def _declared(parameter: Parameter) -> str:
    return f"{parameter.name}: {parameter.annotation}" if parameter.annotation else parameter.name


def call(plan: Plan, unit: Unit, function: str) -> str:
    """Return the statement of `run()` that calls the function, under the name that it has there."""
    arguments = [f"{p.name}={p.argument}" if p.keyword_only else p.argument for p in parameters(plan, unit)]
    made = f"{function}({', '.join(arguments)})"
    shared = shared_of(plan, unit)
    targets = _targets(plan, unit) if shared is None else shared.targets[shared.members.index(unit.statements)]
    return f"{', '.join(targets)} = {made}" if targets else made


def returned(plan: Plan, unit: Unit) -> str:
    """Return what stands after `return`, or the empty string."""
    shared = shared_of(plan, unit)
    return ", ".join(_values(plan, unit) if shared is None else shared.returned)


def _record_of(plan: Plan, unit: Unit) -> Record | None:
    """Return the record that a function makes, or puts new values into."""
    made = [r for r in plan.records if r.variable == unit.record]
    return next((r for r in made if r.statements == unit.statements), made[0] if made else None)


def _rest(plan: Plan, unit: Unit) -> list[str]:
    """Return the names that a function returns beside its record."""
    record = _record_of(plan, unit)
    return [name for name in unit.outputs if record is None or name not in record.fields]


def _targets(plan: Plan, unit: Unit) -> list[str]:
    """Return what `run()` binds the returned values to."""
    return [*_rest(plan, unit), *([unit.record] if unit.record else [])]


def _values(plan: Plan, unit: Unit) -> list[str]:
    record = _record_of(plan, unit)
    if record is None:
        return list(unit.outputs)
    new = set(unit.outputs)
    fields = (f"{n}={n}" if n in new else f"{n}={record.variable}.{n}" for n in record.fields)
    return [*_rest(plan, unit), f"{record.name}({', '.join(fields)})"]


def result_note(plan: Plan, unit: Unit, note: str) -> str:
    """Return the annotation of what a function returns, where `note` is that of its values as they are."""
    record = _record_of(plan, unit) if shared_of(plan, unit) is None else None
    if record is None:
        return note
    return "" if _rest(plan, unit) else record.name


def passed(plan: Plan, unit: Unit, parameter: Parameter) -> tuple[str, ...]:
    """Return what of the notebook a parameter stands for, in the notebook's terms: a record stands for its fields.

    Settings are none of it: a test takes them from `Config`.
    """
    text = parameter.argument
    if text == plan.config or text.startswith((f"{plan.config}.", f"list({plan.config}.")):
        return ()
    records = {r.variable: r for r in plan.records}
    if text in records:
        return records[text].fields
    owner, _, name = text.rpartition(".")
    return (name,) if owner in records else (text,)


def results_of(plan: Plan, unit: Unit) -> tuple[str, ...]:
    """Return the notebook's names of the values that a function returns, those of a record one by one."""
    shared = shared_of(plan, unit)
    if shared is not None:
        return shared.targets[shared.members.index(unit.statements)]
    record = _record_of(plan, unit)
    return (*_rest(plan, unit), *(record.fields if record is not None else ()))


def record_of(plan: Plan, unit: Unit) -> Record | None:
    """Return the record that a function returns last, if it returns one."""
    return _record_of(plan, unit) if shared_of(plan, unit) is None else None
