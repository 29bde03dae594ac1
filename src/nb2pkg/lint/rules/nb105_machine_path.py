"""A path is written down that exists on one machine only.

## Why it hurts

The notebook runs for the one person whose folder that is: everybody else, and every test on a server, gets a
`FileNotFoundError`. The path also tells the person's name and how their disk is arranged.

## What is found

Literals such as `/Users/anna/data.csv`, `C:\\Users\\anna`, `D:\\data\\x.csv`, `~/data` or a folder of one's Google
Drive that reach a call which reads, writes or lists files, directly or through a name; and `%cd` to such a path. One
finding for each place on the disk. URLs, text that is only printed, paths that any machine of a kind has (`/tmp`,
`/dev/null`, `/usr`, `/kaggle/input`, `/content`), hidden folders of settings (`~/.cache`) and placeholders
(`/path/to/data`) are none.

## How to mend it

Put the data beside the notebook and use a relative path, or let one constant at the top take the folder from an
environment variable: `DATA = Path(os.environ.get("DATA", "data"))`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.facts.commands import commands
from nb2pkg.lint.facts.file_calls import is_file_call, is_path_maker, is_talk
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Notebook, Site
from nb2pkg.tuples import TYPE_CHECKING

# Patterns as text: they are compiled when a path turns up, which is rare.
_OWN = (
    r"(?:file:/{2,3})?(/Users/[^/\s]+|/home/[^/\s]+|[A-Za-z]:[\\/]+Users[\\/]+[^\\/]+|/mnt/[a-z]/Users/[^/]+|/Volumes/[^/]+"
    r"|(?:/content)?/g?drive/(?:My ?Drive|Shared ?drives)(?=/.))(?![^/\\])"
)
_OTHER = r"([A-Za-z]:[\\/]+(?![\\/])[^\\/]*|~(?=/[^./])|/[\w.-]+(?=/[^/\s]))"
_EVERYWHERE = (
    r"(?i)/(?:dev|tmp|proc|sys|etc|usr|bin|sbin|lib\d*|var|opt|run|srv|boot|snap|root|kaggle|content|dbfs|databricks"
    r"|FileStore|workspace)\b"
    r"|/home/(?:jovyan|user|ubuntu|ec2-user|runner|vscode|codespace|[\w-]+-user|me|you)\b|/Users/(?:Shared|user|me|you)\b"
    r"|[A-Za-z]:[\\/]+(?:Windows|Program)|[A-Za-z]:[\\/]+Users[\\/]+(?:Public|user|me|you)\b"
)
_PLACEHOLDER = (
    r"(?i)^/(?:dir|directory|folder|files?|example|test)/|path[/\\_-]*to|your|user_?name|\bxxx|\.\.\.|<|\bfoo\b"
    r"|some[/\\_-]?(?:path|folder|dir)"
)
_IN_COMMAND = rf"(?:^|[\s'\"=])({_OWN}[^\s'\";|&>]*)"
_PARTS = ("/home/", "/Users/", "/Volumes/", "drive/", ":/", ":\\")
_HELP = "use a path relative to the notebook, or take the folder from an environment variable in one place"
_MOST_STEPS = 200

if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["own", "other", ""]


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each place on a disk, at the first path that leads there."""
    found: dict[str, list[tuple[Place, str]]] = {}
    for place, path in sorted(_paths(notebook)):
        found.setdefault(_root(path), []).append((place, path))
    for root, paths in found.items():
        place, path = paths[0]
        others = len({other for _, other in paths} - {path})
        more = f", and so do {others} more below `{root}`" if others > 1 else ""
        more = f", and so does one more below `{root}`" if others == 1 else more
        where = "in one person's Google Drive" if "drive/" in root.lower() + "/" and "My" in path else "on one machine"
        yield Finding(place, "NB105", "warning", f"`{_short(path)}` exists {where} only{more}", _HELP)


def _paths(notebook: Notebook) -> Iterator[tuple[Place, str]]:
    uses = _Uses(notebook)
    for site in notebook.find(ast.Constant):
        value = site.node.value
        if isinstance(value, str) and (kind := _kind(value)) and uses.reaches(site.node, kind):
            yield notebook.place(_whole(notebook, site), site.statement), value
    for command in commands(notebook):
        if command.call is None and any(part in command.text for part in _PARTS):
            match = re.search(_IN_COMMAND, command.text)
            if match and _kind(match[1]):
                yield command.place(notebook), match[1]


def _kind(value: str) -> Kind:
    """Return whether a text is a path of one person, another absolute path, or none that matters."""
    if len(value) < 4 or len(value) > 300 or "\n" in value or not (value[0] in "/~f" or value[1] == ":"):
        return ""
    own = re.match(_OWN, value)
    if (own is None and re.match(_OTHER, value) is None) or re.search(_PLACEHOLDER, value):
        return ""
    if re.match(_EVERYWHERE, value) and not (own and own[1].startswith("/content")):
        return ""
    return "own" if own else "other"


def _root(path: str) -> str:
    match = re.match(_OWN, path) or re.match(_OTHER, path)
    return match[1].replace("\\\\", "\\") if match else path


def _short(path: str) -> str:
    path = " ".join(path.replace("`", "'").split())
    return path if len(path) <= 80 else f"{path[:77]}..."


def _whole(notebook: Notebook, site: Site) -> ast.AST:
    """Return the f-string around a piece of one: before Python 3.12 the pieces have no places of their own."""
    above = notebook.parent(site.node)
    return above if isinstance(above, ast.JoinedStr) else site.node


class _Uses:
    """Follows a literal to the calls that it reaches."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self._reads: dict[str, list[ast.AST]] | None = None

    def reaches(self, node: ast.AST, kind: Kind) -> bool:
        """Return whether a literal reaches a call that works with files.

        Args:
            node: the literal.
            kind: a path of one person also counts where it is handed to a function that nobody knows.
        """
        todo, seen = [node], set[str]()
        for _ in range(_MOST_STEPS):
            if not todo:
                return False
            end = self._climb(todo.pop(), kind)
            if end is True:
                return True
            for name in end or ():
                if name not in seen:
                    seen.add(name)
                    todo += self._read(name)
        return False

    def _climb(self, node: ast.AST, kind: Kind) -> bool | tuple[str, ...]:
        """Return whether a value reaches a file from where it stands, or the names that it is bound to."""
        below = node
        for above in self.notebook.parents(node):
            if isinstance(above, ast.Call):
                end = self._given(above, below, kind)
                if end is not None:
                    return end
            elif isinstance(above, ast.Attribute):
                method = self.notebook.parent(above)
                called = isinstance(method, ast.Call) and method.func is above
                if called and is_file_call(f".{above.attr}", None, None):
                    return True
                if not called or above.attr not in (
                    "joinpath",
                    "format",
                    "expanduser",
                    "resolve",
                    "absolute",
                    "parent",
                ):
                    return False
                node = above
            elif isinstance(above, (ast.Compare, ast.Expr, ast.Assert, ast.Raise)) or below is getattr(
                above, "slice", None
            ):
                return False
            elif isinstance(above, ast.comprehension):
                return tuple(n.id for n in ast.walk(above.target) if isinstance(n, ast.Name))
            elif isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
                return self._bound(above, kind)
            elif isinstance(above, ast.Return):
                return kind == "own"
            elif isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return kind == "own" and isinstance(below, ast.expr)  # a default
            elif isinstance(above, ast.stmt):
                return self._iterated(above, below)
            below = above
        return False

    def _given(self, call: ast.Call, below: ast.AST, kind: Kind) -> bool | None:
        """Return whether a call takes a value to a file; None where it makes another value of it."""
        if below is call.func or (isinstance(call.func, ast.Attribute) and below is call.func.value):
            return False
        name = self.notebook.qualified(call.func)
        if is_talk(name):
            return False
        if is_file_call(name, call, below):
            return True
        if is_path_maker(name):
            return None
        return kind == "own" and (not name.startswith(".") or isinstance(below, ast.keyword))

    def _bound(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr, kind: Kind) -> bool | tuple[str, ...]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = tuple(target.id for target in targets if isinstance(target, ast.Name))
        if names and kind == "own" and isinstance(self.notebook.parent(node), ast.ClassDef):
            return any(site.node.attr in names for site in self.notebook.find(ast.Attribute))
        if not names:
            return kind == "own" and any(isinstance(t, (ast.Attribute, ast.Subscript)) for t in targets)
        return names

    def _iterated(self, above: ast.stmt, below: ast.AST) -> tuple[str, ...]:
        """Return the name of a loop over paths."""
        if isinstance(above, (ast.For, ast.AsyncFor)) and below is above.iter and isinstance(above.target, ast.Name):
            return (above.target.id,)
        return ()

    def _read(self, name: str) -> list[ast.AST]:
        if self._reads is None:
            self._reads = {}
            for site in self.notebook.find(ast.Name):
                if isinstance(site.node.ctx, ast.Load):
                    self._reads.setdefault(site.node.id, []).append(site.node)
        return self._reads.get(name, [])


CASES = r"""
#=== bad | a home folder
# %%
import pandas as pd
df = pd.read_csv("/home/anna/project/data.csv")
#=== bad | through a name
# %%
import pandas as pd
FOLDER = "C:/Users/anna/thesis"
# %%
df = pd.read_csv(FOLDER + "/data.csv")
#=== bad | joined to a path
# %%
import os
import pandas as pd
base = r"D:\projects\churn"
df = pd.read_csv(os.path.join(base, "data.csv"))
#=== bad | the place of a module
# %%
import sys
sys.path.append("/Users/anna/code")
#=== bad | the home of whoever runs it
# %%
import numpy as np
x = np.load("~/results/x.npy")
#=== bad | a magic
# %%
#!%cd /home/anna/project
#=== bad | a folder of one's Drive
# %%
from google.colab import drive
drive.mount("/content/drive")
# %%
import pandas as pd
df = pd.read_csv("/content/drive/MyDrive/thesis/data.csv")
#=== bad | handed to a function of one's own
# %%
from mylib import prepare
prepare("/home/anna/raw")
#=== bad | in a table of settings
# %%
CONFIG = {"data": "/home/anna/data.csv", "rows": 10}
# %%
text = open(CONFIG["data"]).read()
#=== bad | in a class of settings
# %%
class Config:
    data = "/home/anna/data"
# %%
load(Config.data)
#=== bad | in a row of paths
# %%
import pandas as pd
paths = ["/home/anna/a.csv", "/home/anna/b.csv"]
frames = [pd.read_csv(path) for path in paths]
#=== good | relative
# %%
import pandas as pd
df = pd.read_csv("../data/data.csv")
#=== good | a URL
# %%
import pandas as pd
df = pd.read_csv("https://example.org/home/anna/data.csv")
#=== good | printed
# %%
print("/home/anna/data.csv is where mine lies")
#=== good | paths that every machine of a kind has
# %%
import pandas as pd
open("/dev/null", "w").close()
df = pd.read_csv("/tmp/data.csv")
train = pd.read_csv("/kaggle/input/titanic/train.csv")
#=== good | a placeholder
# %%
import pandas as pd
df = pd.read_csv("/path/to/your/data.csv")
#=== good | text that begins with a slash
# %%
route = "/users/list"
parts = route.split("/")
requests_made = {route: 1}
#=== good | a hidden folder of settings
# %%
import os
cache = os.path.expanduser("~/.cache/models")
os.makedirs(cache, exist_ok=True)
#=== good | compared
# %%
import os
in_docker = os.getcwd() == "/home/anna/work"
"""
