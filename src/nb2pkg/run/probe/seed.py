"""Seeds the generators of random numbers that a notebook leaves to chance: the same in notebook and package.

Standard library only. numpy and torch are seeded when they are imported, since importing them is the notebook's to do.
"""

from __future__ import annotations

import random
import sys
from importlib import abc, machinery, util
from types import ModuleType
from typing import Any


def install(seed: int) -> None:
    """Seed what is there, and what will be."""
    random.seed(seed)
    actions = {"numpy.random": _seed_numpy, "torch": _seed_torch}
    for name, action in actions.items():
        if name in sys.modules:
            action(sys.modules[name], seed)
        else:
            sys.meta_path.insert(0, _Seeder(name, action, seed))


def _seed_numpy(module: Any, seed: int) -> None:
    module.seed(seed)
    real = module.default_rng

    def default_rng(seed_or_none: Any = None, **given: Any) -> Any:
        wanted = given.pop("seed", seed_or_none)
        return real(seed if wanted is None else wanted)

    default_rng.__doc__ = real.__doc__
    module.default_rng = default_rng


def _seed_torch(module: Any, seed: int) -> None:
    module.manual_seed(seed)


class _Seeder(abc.MetaPathFinder, abc.Loader):
    """Loads one module as usual, then seeds it."""

    def __init__(self, name: str, action: Any, seed: int) -> None:
        self.name = name
        self.action = action
        self.seed = seed
        self.loader: Any = None

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> machinery.ModuleSpec | None:
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        self.loader = spec.loader
        spec.loader = self
        return spec

    def create_module(self, spec: machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        try:
            self.action(module, self.seed)
        except Exception:
            return  # an unusual release: the notebook is then taken as it is
