"""Something is downloaded whose content may change under the same address.

## Why it hurts

A branch or a "latest" release is another file tomorrow, so the same notebook gives other results without any change in
it. A test that downloads it fails on a day when nobody has touched the code.

## What is found

Addresses of a branch (`.../master/...`, `.../main/...`, `.../HEAD/...`), of `latest`, of a gist without a revision, and
`git+https://` without `@`, in a call that reads or downloads or in a magic or shell line. Addresses with a tag or a
commit, calls that are given a hash, and addresses in text that is only shown are none.

## How to mend it

Name a tag, a release or a commit in the address, or keep a copy of the file with its checksum beside the notebook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Call, Notebook

_READING = frozenset("""
    urlretrieve urlopen get download retrieve get_file load_file_from_url download_url load_state_dict_from_url
    fetch_data download_file wget Request open load read
    """.split())
_HASHES = frozenset(
    {"known_hash", "file_hash", "md5_hash", "hash_prefix", "sha256", "md5", "checksum", "expected_hash"}
)
_URL = r"(?:git\+)?(?:https?|ftp)://[^\s'\"<>|;)\]]+"
_BRANCH = r"/(?:master|main|HEAD|develop|dev|trunk|gh-pages|refs/heads/[^/]+)(?:/|\.zip|\.tar|$)"
_HOSTS = r"github|gitlab|bitbucket|huggingface|jsdelivr"
_HELP = "name a tag, a release or a commit in the address, or keep the file with its checksum"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each address in a download whose content may change."""
    told: set[str] = set()
    for call in notebook.calls:
        if not _reads(call) or any(k.arg in _HASHES for k in call.node.keywords):
            continue
        for text, node in _texts(notebook, call):
            url = _changing(text)
            if url and url not in told:
                told.add(url)
                yield Finding(notebook.place(node, call.statement), "NB305", "info", _message(url), _HELP)
    for cell in notebook.cells:
        code = notebook.codes.get(cell.number)
        for escape in code.escapes if code is not None else ():
            url = _changing(escape.argument)
            if url and url not in told:
                told.add(url)
                yield Finding(notebook.line_place(cell, escape.line), "NB305", "info", _message(url), _HELP)


def _message(url: str) -> str:
    short = url if len(url) <= 80 else f"{url[:77]}..."
    return f"`{short}` may change: no version, no checksum"


def _reads(call: Call) -> bool:
    last = call.name.rpartition(".")[2]
    return last in _READING or last.startswith(("read_", "fetch", "load_", "download"))


def _texts(notebook: Notebook, call: Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the texts that a call is given: directly, or by the name of one that is bound once."""
    for argument in [*call.node.args, *(k.value for k in call.node.keywords)]:
        if isinstance(argument, ast.Name):
            bound = [s.node for s in notebook.bindings.get(argument.id, ())]
            values = [n.value for n in bound if isinstance(n, ast.Assign) and len(bound) == 1]
            yield from ((_fixed(value), argument) for value in values)
        else:
            yield _fixed(argument), argument


def _fixed(node: ast.expr) -> str:
    """Return the text of a constant, or its fixed start."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            v.value if isinstance(v, ast.Constant) and isinstance(v.value, str) else "_" for v in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.left, ast.Constant):
        return f"{node.left.value}_" if isinstance(node.left.value, str) else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _changing(text: str) -> str:
    """Return the address in a text whose content may change, or nothing."""
    if "://" not in text:
        return ""
    for url in re.findall(_URL, text):
        if _changes(url):
            return str(url)
    return ""


def _changes(url: str) -> bool:
    if url.startswith("git+"):
        return "@" not in url.partition("://")[2].partition("/")[2]
    if re.search(_HOSTS, url) and re.search(_BRANCH, url):
        return True
    if "gist.githubusercontent" in url:
        return not re.search(r"/raw/[0-9a-f]{20,}", url)
    return bool(re.search(r"/latest(?:[/.]|$)|[-_]latest\.", url))


CASES = """
#=== bad | the file of a branch
# %%
import pandas as pd
df = pd.read_csv("https://raw.githubusercontent.com/mwaskom/seaborn-data/master/tips.csv")
#=== bad | the address has a name
# %%
from urllib.request import urlretrieve
URL = "https://github.com/a/b/archive/main.zip"
urlretrieve(URL, "b.zip")
#=== bad | the latest release, by a shell command
# %%
#!!wget https://example.org/data/latest/model.bin
#=== bad | a package from a repository
# %%
#!%pip install git+https://github.com/a/b.git
#=== good | a tag, a commit
# %%
import pandas as pd
a = pd.read_csv("https://raw.githubusercontent.com/a/b/v1.2/d.csv")
b = pd.read_csv("https://raw.githubusercontent.com/a/b/0123456789abcdef0123456789abcdef01234567/d.csv")
#!%pip install git+https://github.com/a/b.git@v1.0
#=== good | it is checked
# %%
import pooch
path = pooch.retrieve("https://github.com/a/b/raw/main/d.csv", known_hash="md5:0")
#=== good | only shown
# %%
print("see https://github.com/a/b/blob/master/README.md")
"""
