"""All functions and constants of libraries that are known, in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from nb2pkg.promises import learning, numeric, plain, tables
from nb2pkg.promises.values import Ref, need

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **plain.FUNCTIONS,
    **numeric.FUNCTIONS,
    **tables.FUNCTIONS,
    **learning.FUNCTIONS,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "warnings.filterwarnings": lambda *args, **kwargs: None,
}
CONSTANTS: dict[str, Any] = {**plain.CONSTANTS, **numeric.CONSTANTS}


def call_library(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Return what a function of a library gives; see `Evaluator.call`."""
    need(name in FUNCTIONS, f"{name} is not known")
    return FUNCTIONS[name](*args, **kwargs)


def constant_of(name: str) -> Any:
    """Return what a full name stands for: a constant, or the thing of that name."""
    return CONSTANTS[name] if name in CONSTANTS else Ref(name)
