"""Records calls of the notebook's own functions: what they take, give back and change, as specs of `holding`."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from nb2pkg.run.probe.holding import Holder, Spec, described, identical

_PLAIN = 8  # calls that are kept where all values are literals
_LARGE = 2  # calls that are kept otherwise
_WATCHED = 400  # calls of a function that are looked at


class Calls:
    """Wraps functions, and keeps the calls that show most of them.

    Args:
        holder: writes the values.
        lines: what the tracer has seen; a call that adds to it shows something new.
        lifted: function -> the notebook's names that its counterpart takes as arguments.
    """

    def __init__(self, holder: Holder, lines: set[Any], lifted: Mapping[str, list[str]]) -> None:
        self.holder = holder
        self.lines = lines
        self.lifted = lifted
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.seen: dict[str, set[str]] = {}
        self.functions: dict[str, Callable[..., Any]] = {}

    def wrap(self, names: dict[str, Any]) -> None:
        """Put wrappers into the notebook's namespace."""
        for name in self.lifted:
            function = names.get(name)
            wrapped = hasattr(function, "__wrapped__")
            if (
                inspect.isfunction(function)
                and not wrapped
                and function.__module__ == "__main__"
                and _is_plain(function)
            ):
                names[name] = self._wrapper(name, function, names)

    def chosen(self) -> list[dict[str, Any]]:
        """Return the calls to keep: those that ran through new lines, then the last ones and the first."""
        found: list[dict[str, Any]] = []
        for name, calls in self.kept.items():
            plain = [c for c in calls if c["plain"]]
            mine = [*plain, *self._borders(name, plain)] if plain else calls
            order = sorted(range(len(mine)), key=lambda i: (-mine[i]["new"], min(i, len(mine) - i)))
            picked = sorted(order[: _PLAIN if plain else _LARGE])
            found += [{**mine[i], "function": name, "raw": None} for i in picked]
        return found

    def _borders(self, name: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return calls at the borders between results, where the calls differ in one whole number only.

        Between 3 -> 0 and 15 -> 1 there are two numbers side by side where the result changes, say 11 and 12.
        """
        varied = {p for c in calls for p, v in c["arguments"].items() if v["text"] != calls[0]["arguments"][p]["text"]}
        if len(varied) != 1 or any(c["arguments"].keys() != calls[0]["arguments"].keys() for c in calls):
            return []
        (parameter,) = varied
        known = {int(c["raw"][parameter]): c for c in calls if _is_whole(c["raw"].get(parameter))}
        if len(known) != len(calls):
            return []
        found: list[dict[str, Any]] = []
        for low, high in zip(sorted(known), sorted(known)[1:], strict=False):
            if len(found) < _PLAIN and known[low]["result"]["text"] != known[high]["result"]["text"]:
                found += self._border(name, parameter, known[low], known[high])
        return found

    def _border(self, name: str, parameter: str, below: dict[str, Any], above: dict[str, Any]) -> list[dict[str, Any]]:
        while above["raw"][parameter] - below["raw"][parameter] > 1:
            kind, middle = type(below["raw"][parameter]), (above["raw"][parameter] + below["raw"][parameter]) // 2
            call = self._called(name, {**below["raw"], parameter: kind(middle)}, below)
            if call is None:
                return []
            if call["result"]["text"] == below["result"]["text"]:
                below = call
            else:
                above = call
        return [{**below, "new": 2}, {**above, "new": 2}]

    def _called(self, name: str, given: dict[str, Any], like: dict[str, Any]) -> dict[str, Any] | None:
        """Return a call that the notebook did not make, as if it had; None where it fails or gives no plain value."""
        try:
            result = self.functions[name](**given)
        except Exception:
            return None
        spec = self.holder.hold(result, f"{name}_border", exact=False)
        held = {p: self.holder.hold(value, f"{name}_border_{p}") for p, value in given.items()}
        call = {**like, "raw": given, "arguments": {**like["arguments"], **held}, "result": spec}
        return call if spec["how"] == "literal" else None

    def _wrapper(self, name: str, function: Callable[..., Any], names: dict[str, Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        self.kept[name], self.seen[name], self.functions[name] = [], set(), function

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if len(self.seen[name]) >= _WATCHED:
                return function(*args, **kwargs)
            try:
                given = dict(signature.bind(*args, **kwargs).arguments)
                held = self._held(name, given)
                lifted = {n: self.holder.hold(names[n], f"{name}_{n}") for n in self.lifted[name]}
            except (TypeError, KeyError):
                return function(*args, **kwargs)
            before = len(self.lines)
            result = function(*args, **kwargs)
            if held is not None and all(s["how"] != "described" for s in lifted.values()):
                self._keep(name, given, {**held, **lifted}, result, len(self.lines) > before)
            return result

        return wrapper

    def _held(self, name: str, given: Mapping[str, Any]) -> dict[str, Spec] | None:
        """Return the specs of the arguments of a call that is not known yet."""
        number = len(self.seen[name])
        found = {p: self.holder.hold(value, f"{name}_{number}_{p}") for p, value in given.items()}
        if any(spec["how"] == "described" for spec in found.values()):
            return None
        key = json.dumps([_key(self.holder, spec) for spec in found.values()])
        if key in self.seen[name]:
            return None
        self.seen[name].add(key)
        files = sum(spec["how"] == "file" for spec in found.values())
        return found if not files or number < 4 * _LARGE else None

    def _keep(self, name: str, given: Mapping[str, Any], held: dict[str, Spec], result: Any, new: bool) -> None:
        number = len(self.seen[name]) - 1
        spec = self.holder.hold(result, f"{name}_{number}_result", exact=False)
        changed = {}
        for parameter, value in given.items():
            can_change = held[parameter]["how"] == "file" or isinstance(value, (list, dict, set))
            if can_change and not identical(self.holder.fetch(held[parameter]), value):
                after = self.holder.hold(value, f"{name}_{number}_{parameter}_after", exact=False)
                changed[parameter] = after
        if spec["how"] == "described":
            spec = described(result) | {"how": "described"}
        plain = not changed and all(s["how"] in ("literal", "made") for s in (*held.values(), spec))
        self.kept[name].append({"arguments": held, "result": spec, "changed": changed, "plain": plain, "new": int(new)})
        self.kept[name][-1]["raw"] = dict(given) if plain else {}


def _is_whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _is_plain(function: Callable[..., Any]) -> bool:
    """Tell whether a call of a function is over when it returns, and says by name what it takes."""
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    lazy = inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function)
    return not lazy and not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def _key(holder: Holder, spec: Spec) -> str:
    return spec["text"] if "text" in spec else holder.digest(spec)
