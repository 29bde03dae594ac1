"""Random numbers are drawn from a generator that nobody has seeded.

## Why it hurts

Every run gives other numbers, so no test can compare them with what the notebook showed. Nor can anyone tell whether a
result got better because of a change or because of luck.

## What is found

The first draw from Python's `random`, NumPy's global generator (also by `scipy.stats`' `rvs`), PyTorch's or
TensorFlow's, when no seed for it comes before in the order in which the cells run; functions count where they are first
used. Also a generator that is made without a seed: `default_rng()`, `RandomState()`, `Random()`. Any call with `seed`
in its name (`seed_everything(1)`) is taken for a seed; timings and waiting times are left alone. There is one finding a
generator and notebook.

## How to mend it

Seed it in the first cell (`np.random.seed(0)`, `random.seed(0)`, `torch.manual_seed(0)`), or better draw from a
generator of your own: `rng = np.random.default_rng(0)`.

## Related

ruff's NPY002 reports every use of NumPy's old functions, seeded or not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.flow.effects import dotted
from nb2pkg.lint.facts.randomness import runs, seeded_by
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook

_PYTHON = frozenset("""
    random randint randrange choice choices sample shuffle uniform gauss normalvariate triangular betavariate
    expovariate gammavariate lognormvariate vonmisesvariate paretovariate weibullvariate getrandbits randbytes
    """.split())
_TORCH = frozenset(
    "rand randn randint randperm normal rand_like randn_like randint_like bernoulli multinomial poisson".split()
)
_TENSORFLOW = frozenset("normal uniform shuffle truncated_normal categorical gamma poisson random_normal".split())
_NO_DRAWS = frozenset({"seed", "set_state", "get_state", "default_rng", "get_bit_generator", "set_bit_generator"})
_MAKERS = {
    "numpy.random.default_rng": "np.random.default_rng(0)",
    "numpy.random.RandomState": "np.random.RandomState(0)",
    "random.Random": "random.Random(0)",
}
_HELP = {
    "random": "seed it in the first cell: `random.seed(0)`",
    "numpy": "seed it in the first cell (`np.random.seed(0)`), or draw from `rng = np.random.default_rng(0)`",
    "torch": "seed it in the first cell: `torch.manual_seed(0)`",
    "tensorflow": "seed it in the first cell: `tf.random.set_seed(0)`",
}
_TIMING = frozenset({"timeit", "prun", "memit"})


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each generator, at the first draw that no seed precedes."""
    if any(code.opaque and any(e.name == "run" for e in code.escapes) for code in notebook.codes.values()):
        return  # a notebook that is run by another may seed for it
    if not any(_family(call) for call in notebook.calls):
        return
    seeded: set[str] = set()
    drawn: dict[str, Call] = {}
    seeded_later: dict[str, int] = {}
    for run in runs(notebook):
        if not run.reached:
            break
        for family in seeded_by(run) - seeded:
            seeded.add(family)
            if run.call is not None and family in drawn:
                seeded_later.setdefault(family, notebook.statements[run.at].cell.number)
        if run.call is not None:
            family = _family(run.call)
            if family and family not in seeded and family not in drawn and _counts(notebook, run.call):
                drawn[family] = run.call
    for family, call in drawn.items():
        yield _finding(notebook, family, call, seeded_later.get(family))


def _family(call: Call) -> str:
    """Return the generator that a call draws from, `made` for a generator without a seed, or nothing."""
    name = call.name
    module, _, last = name.rpartition(".")
    if name in _MAKERS:
        given = [*call.node.args, *(k.value for k in call.node.keywords)]
        return "" if given and not _is_none(given[0]) else "made"
    if module == "random" and last in _PYTHON:
        return "random"
    if module == "numpy.random" and last.islower() and last not in _NO_DRAWS:
        return "numpy"
    if last == "rvs" and module.startswith("scipy.stats.") and _is_none(call.keyword("random_state")):
        return "numpy"
    if module == "torch" and last in _TORCH and call.keyword("generator") is None:
        return "torch"
    if module == "tensorflow.random" and last in _TENSORFLOW and call.keyword("seed") is None:
        return "tensorflow"
    return ""


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _counts(notebook: Notebook, call: Call) -> bool:
    """False for a draw that only says how long to wait, that is only timed, or a generator that stands in for one."""
    for node in notebook.parents(call.node):
        if call.name in _MAKERS and call.function is not None and isinstance(node, (ast.If, ast.IfExp, ast.BoolOp)):
            return False  # `if rng is None: rng = default_rng()`: callers may pass theirs
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "sleep":
            return False
    if "raises-exception" in call.statement.cell.tags:
        return False
    code = call.statement.code
    line = code.source_line(call.node.lineno)
    return not any(e.name in _TIMING and (e.kind == "%%" or e.line == line) for e in code.escapes)


def _finding(notebook: Notebook, family: str, call: Call, later: int | None) -> Finding:
    place = notebook.place(call.node.func, call.statement)
    called = dotted(call.node.func) or call.name
    if family == "made":
        message = f"`{called}()` makes a generator without a seed: other numbers each run"
        return Finding(place, "NB301", "warning", message, f"give it a seed: `{_MAKERS[call.name]}`")
    message = f"`{called}` draws from a generator nobody seeded"
    if later is not None:
        where = f"cell {later}" if later != call.statement.cell.number else "this cell"
        message += f" before ({where} seeds it too late)"
    return Finding(place, "NB301", "warning", message, _HELP[family])


CASES = """
#=== bad | nobody seeded
# %%
import numpy as np
x = np.random.rand(3)
#=== bad | the seed comes too late
# %%
import random
x = random.random()
# %%
random.seed(1)
#=== bad | a function draws, before the seed
# %%
import numpy as np
def noise(n):
    return np.random.normal(size=n)
# %%
y = noise(3)
np.random.seed(0)
#=== bad | another generator was seeded
# %%
import random
import numpy as np
random.seed(0)
x = np.random.permutation(5)
#=== bad | a generator without a seed
# %%
import numpy as np
rng = np.random.default_rng()
#=== bad | a seed of nothing
# %%
import numpy as np
np.random.seed()
x = np.random.rand(3)
#=== bad | a random tensor
# %%
import torch
weights = torch.randn(3, 4)
#=== bad | by a library that uses NumPy's generator
# %%
from scipy import stats
x = stats.norm.rvs(size=10)
#=== good | seeded above
# %%
import numpy as np
np.random.seed(0)
# %%
x = np.random.rand(3)
#=== good | a generator of one's own
# %%
import numpy as np
rng = np.random.default_rng(42)
state = np.random.RandomState(seed=1)
x = rng.normal(size=3) + state.rand(3)
#=== good | the seed is set in a function that is called first
# %%
import random
import numpy as np
def setup(seed):
    random.seed(seed)
    np.random.seed(seed)
def draw():
    return np.random.rand() + random.random()
# %%
setup(1)
x = draw()
#=== good | a library seeds them all
# %%
from transformers import set_seed
import torch
set_seed(0)
x = torch.randn(3)
#=== good | callers may pass their generator
# %%
import numpy as np
def draw(n, rng=None):
    if rng is None:
        rng = np.random.default_rng()
    return rng.normal(size=n)
x = draw(3, np.random.default_rng(0))
#=== good | how long to wait
# %%
import random, time
time.sleep(1 + random.random())
#=== good | it is timed
# %%
import numpy as np
#!%timeit np.random.rand(1000)
#=== good | a name of one's own
# %%
class random:
    @staticmethod
    def choice(x):
        return x[0]
random.choice([1])
#=== good | a method draws after the seed
# %%
import numpy as np
class Walk:
    def step(self):
        return np.random.rand()
walk = Walk()
# %%
np.random.seed(3)
walk.step()
"""
