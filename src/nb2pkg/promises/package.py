"""The modules of a package, and what is known of the values that its functions get."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nb2pkg.promises.execute import Call, Interpreter
from nb2pkg.promises.values import UNKNOWN


@dataclass(slots=True)
class Package:
    """The modules of a package, and what the story of `run()` showed of the values that its functions get."""

    name: str
    sources: Mapping[str, str]
    calls: Sequence[Call] = ()
    known: dict[tuple[str, str], ast.FunctionDef] = field(default_factory=dict)
    trees: dict[str, ast.Module] = field(default_factory=dict)

    def interpreter(self, readers: Any = None, *, tolerant: bool = False) -> Interpreter:
        """Return what follows the code of the package; `readers` and `tolerant` are those of `Interpreter`."""
        return Interpreter(self.name, self.sources, readers, tolerant, trees=self.trees)

    def function(self, module: str, name: str) -> ast.FunctionDef | None:
        """Return a function of a module."""
        if not self.known:
            for key in self.sources:
                for node in self.interpreter().tree(key).body:
                    if isinstance(node, ast.FunctionDef):
                        self.known[key, node.name] = node
        return self.known.get((module, name))

    def samples(self, module: str, name: str) -> Mapping[str, Any]:
        """Return what the story gives a function: parameter -> value, as far as it is known."""
        found: dict[str, Any] = {}
        for call in self.calls:
            if (call.module, call.function) == (module, name):
                for parameter, value in call.arguments.items():
                    if value is not UNKNOWN and parameter not in found:
                        found[parameter] = value
        return found
