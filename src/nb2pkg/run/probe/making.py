"""Values as Python text: plain ones as literals, others as the call that makes one, `LogisticRegression(C=0.5)`.

A text is only given out together with the imports that it needs, and only where evaluating it gives such a value.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from dataclasses import dataclass
from typing import Any

from nb2pkg.run.probe import places

_LONGEST = 160  # of a literal in a test
_DEEPEST = 4
Imports = tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """An expression, and the import lines that it needs.

    Args:
        text: the expression.
        imports: lines for what is installed.
        ours: names of the notebook's own functions in it.
        local: import lines for modules that lie near the notebook.
        paths: where those are found, relative to the notebook's folder.
    """

    text: str
    imports: Imports = ()
    ours: tuple[str, ...] = ()
    local: Imports = ()
    paths: tuple[str, ...] = ()


def literal(value: Any, *, exact: bool = True) -> Text | None:
    """Return a short plain value as Python text.

    Args:
        value: the value.
        exact: a number of numpy stays one, as a function that it is passed to may ask.
    """
    found = _literal(value, exact, 0)
    return found if found is not None and len(found.text) <= _LONGEST else None


def made(value: Any, depth: int = 0) -> Text | None:
    """Return an expression that makes a value like this one, for what is no plain value; None where there is none."""
    if depth > _DEEPEST:
        return None
    if inspect.isclass(value) or inspect.isroutine(value) or type(value).__name__ == "ufunc":
        return _named(value)
    for maker in (_of_standard, _of_numpy, _of_figures, _of_parameters):
        found = maker(value, depth)
        if found is not None:
            return found
    return None


def is_fitted(value: Any) -> bool:
    """Tell whether an estimator has been fitted."""
    own = getattr(value, "__dict__", {})
    if any(name.endswith("_") and not name.startswith("_") for name in own):
        return True
    nested = [v for v in own.values() if hasattr(v, "get_params")]
    nested += [step for _, step in getattr(value, "steps", []) if hasattr(step, "get_params")]
    return any(is_fitted(item) for item in nested if not inspect.isclass(item))


def is_estimator(value: Any) -> bool:
    """Tell whether a value is an estimator or transformer of scikit-learn's kind."""
    return not inspect.isclass(value) and hasattr(value, "get_params") and hasattr(value, "fit")


def fields(text: Text) -> dict[str, Any]:
    """Return a text as plain data, without what it does not have."""
    return {name: list(part) if isinstance(part, tuple) else part for name, part in vars(text).items() if part}


def joined(template: str, parts: list[Text]) -> Text:
    """Return a text made of others."""
    columns = [[getattr(part, name) for part in parts] for name in ("imports", "ours", "local", "paths")]
    merged = [tuple(dict.fromkeys(item for found in column for item in found)) for column in columns]
    return Text(template.format(*(part.text for part in parts)), *merged)


def _escaped(key: str) -> str:
    return repr(key).replace("{", "{{").replace("}", "}}")


def _literal(value: Any, exact: bool, depth: int) -> Text | None:
    kind: Any = type(value)
    if value is None or kind in (bool, int, str):
        return Text(repr(value))
    if kind is float:
        return Text(repr(value) if math.isfinite(value) else f'float("{value}")')
    if kind in (list, tuple, set, dict) and depth <= _DEEPEST and len(value) <= _LONGEST // 2:
        return _container(value, exact, depth)
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biufU":
        plain = _literal(value.item(), exact, depth)
        if not exact or plain is None or value.dtype.kind in "bU":
            return plain
        return Text(f"np.{type(value).__name__}({plain.text})", ("import numpy as np",))
    if pandas is not None and kind in (pandas.Timestamp, pandas.Timedelta):
        text = str(value) if kind is pandas.Timestamp else value.isoformat()
        return Text(f'pd.{kind.__name__}("{text.removesuffix(" 00:00:00")}")', ("import pandas as pd",))
    return None


def _container(value: Any, exact: bool, depth: int) -> Text | None:
    if not value:
        return Text(repr(value))
    if isinstance(value, dict):
        keys = [_literal(key, exact, depth + 1) for key in value]
        values = [_literal(item, exact, depth + 1) for item in value.values()]
        pairs = [part for pair in zip(keys, values, strict=True) for part in pair]
        template = "{{" + ", ".join(["{}: {}"] * len(value)) + "}}"
    else:
        items = sorted(value, key=repr) if isinstance(value, set) else value
        pairs = [_literal(item, exact, depth + 1) for item in items]
        holes = ", ".join(["{}"] * len(pairs))
        templates: dict[Any, str] = {
            list: f"[{holes}]",
            tuple: f"({holes},)" if len(pairs) == 1 else f"({holes})",
            set: f"{{{{{holes}}}}}",
        }
        template = templates[type(value)]
    known = [part for part in pairs if part is not None]
    return joined(template, known) if len(known) == len(pairs) else None


def _named(value: Any) -> Text | None:
    """Return a class or function by its public name."""
    name = getattr(value, "__name__", "")
    module = getattr(value, "__module__", None) or type(value).__module__
    if type(value).__name__ == "ufunc":
        module = "numpy"
    if not name.isidentifier() or getattr(value, "__qualname__", name) != name or hasattr(value, "__self__"):
        return _builtin(value, name)
    if module == "__main__":
        return Text(name, ours=(name,))
    if module == "builtins":
        return Text(name)
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        public = ".".join(parts[:end])
        if any(p.startswith("_") for p in parts[:end]):
            break
        if getattr(sys.modules.get(public), name, None) is value:
            if public == "numpy":
                return Text(f"np.{name}", ("import numpy as np",))
            line, place = f"from {public} import {name}", places.folder_of(sys.modules[public])
            return Text(name, (line,)) if not place else Text(name, local=(line,), paths=(place,))
    return None


def _builtin(value: Any, name: str) -> Text | None:
    return Text(name) if getattr(sys.modules["builtins"], name, None) is value else None


def _of_standard(value: Any, depth: int) -> Text | None:
    kind = type(value)
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str) and value.flags == re.UNICODE:
        return Text(f"re.compile({value.pattern!r})", ("import re",))
    if kind is range or kind is slice:
        return Text(repr(value))
    if kind.__module__ == "pathlib" and hasattr(value, "is_absolute") and not value.is_absolute():
        return Text(f"Path({str(value)!r})", ("from pathlib import Path",))
    dated = kind.__module__ == "datetime" and kind.__name__ in ("date", "datetime", "timedelta")
    if dated and getattr(value, "tzinfo", None) is None:
        return Text(repr(value), ("import datetime",))
    if isinstance(value, (list, tuple)) and len(value) <= 12:
        items = [literal(item) or made(item, depth + 1) for item in value]
        known = [item for item in items if item is not None]
        holes = ", ".join(["{}"] * len(known))
        if len(known) == len(items) and kind in (list, tuple):
            single = kind is tuple and len(known) == 1
            return joined(f"[{holes}]" if kind is list else f"({holes},)" if single else f"({holes})", known)
    if kind is dict and len(value) <= 12 and all(type(key) is str for key in value):
        entries = [literal(item) or made(item, depth + 1) for item in value.values()]
        known = [item for item in entries if item is not None]
        if len(known) == len(entries):
            return joined("{{" + ", ".join(f"{_escaped(key)}: {{}}" for key in value) + "}}", known)
    return None


def _of_numpy(value: Any, depth: int) -> Text | None:
    """Return a fresh random generator: any state does, as long as it is known."""
    if type(value).__module__.startswith("numpy.random") and type(value).__name__ in ("Generator", "RandomState"):
        maker = "default_rng" if type(value).__name__ == "Generator" else "RandomState"
        return Text(f"np.random.{maker}(0)", ("import numpy as np",))
    return None


def _of_figures(value: Any, depth: int) -> Text | None:
    """Return fresh axes, in the same arrangement."""
    numpy, axes = sys.modules.get("numpy"), sys.modules.get("matplotlib.axes")
    if axes is None or numpy is None:
        return None
    line = ("import matplotlib.pyplot as plt",)
    if isinstance(value, axes.Axes):
        return Text("plt.figure().add_subplot()", line) if type(value).__name__ in ("Axes", "AxesSubplot") else None
    is_grid = type(value) is numpy.ndarray and value.dtype == object and value.size and value.ndim <= 2
    if is_grid and all(isinstance(item, axes.Axes) for item in value.ravel()):
        rows, columns = value.shape if value.ndim == 2 else (1, len(value))
        return Text(f"plt.subplots({rows}, {columns})[1]", line)
    figure = sys.modules.get("matplotlib.figure")
    return Text("plt.figure()", line) if figure is not None and type(value) is figure.Figure else None


def _of_parameters(value: Any, depth: int) -> Text | None:
    """Return the call that makes an estimator or a splitter of scikit-learn's kind with the same parameters."""
    kind = type(value)
    name = _named(kind)
    if name is None or not (hasattr(value, "get_params") or hasattr(value, "get_n_splits")):
        return None
    parts: list[Text] = [name]
    shown: list[str] = []
    for parameter in inspect.signature(kind.__init__).parameters.values():
        if parameter.name == "self" or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL or not hasattr(value, parameter.name):
            return None
        given = getattr(value, parameter.name)
        if given is parameter.default or (type(given) is type(parameter.default) and given == parameter.default):
            continue
        text = literal(given) or made(given, depth + 1)
        if text is None:
            return None
        parts.append(text)
        shown.append("{}" if parameter.default is parameter.empty and not shown else f"{parameter.name}={{}}")
    return joined(f"{{}}({', '.join(shown)})", parts)
