"""Records calls of the notebook's own functions: what they take, give back and change, as specs of `holding`."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from nb2pkg.run.probe.holding import Holder, Spec, described, identical

_PLAIN = 6  # calls that are kept where all values are literals
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

    def wrap(self, names: dict[str, Any]) -> None:
        """Put wrappers into the notebook's namespace."""
        for name in self.lifted:
            function = names.get(name)
            wrapped = hasattr(function, "__wrapped__")
            if inspect.isfunction(function) and not wrapped and function.__module__ == "__main__" and _is_plain(function):
                names[name] = self._wrapper(name, function, names)

    def chosen(self) -> list[dict[str, Any]]:
        """Return the calls to keep: those that ran through new lines, then the last ones and the first."""
        found = []
        for name, calls in self.kept.items():
            plain = [c for c in calls if c["plain"]]
            mine = plain or calls
            order = sorted(range(len(mine)), key=lambda i: (not mine[i]["new"], min(i, len(mine) - i)))  # noqa: B023
            picked = sorted(order[: _PLAIN if plain else _LARGE])
            found += [{**mine[i], "function": name} for i in picked]
        return found

    def _wrapper(self, name: str, function: Callable[..., Any], names: dict[str, Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        self.kept[name], self.seen[name] = [], set()

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
            if held[parameter]["how"] == "file" or isinstance(value, (list, dict, set)):
                if not identical(self.holder.fetch(held[parameter]), value):
                    after = self.holder.hold(value, f"{name}_{number}_{parameter}_after", exact=False)
                    changed[parameter] = after
        if spec["how"] == "described":
            spec = described(result) | {"how": "described"}
        plain = not changed and all(s["how"] in ("literal", "made") for s in (*held.values(), spec))
        self.kept[name].append({"arguments": held, "result": spec, "changed": changed, "plain": plain, "new": new})


def _is_plain(function: Callable[..., Any]) -> bool:
    """Tell whether a call of a function is over when it returns, and says by name what it takes."""
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    lazy = inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function)
    return not lazy and not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def _key(holder: Holder, spec: Spec) -> str:
    return spec["text"] if "text" in spec else holder.digest(spec)
