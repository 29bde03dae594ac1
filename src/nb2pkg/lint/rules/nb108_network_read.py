"""Data is read from the network each time the notebook runs.

## Why it hurts

A test that needs the network fails when the server is down, slow, or has moved, and its result changes when the data
there does. Whoever runs it without a network can't run it at all.

## What is found

Reads of a URL: `pd.read_csv("https://...")`, `requests.get`, `urllib.request.urlopen`, `wget` and `curl`, and libraries
that fetch from a service (`yfinance.download`, `pandas_datareader`). A read that a condition
guards, as in `if not os.path.exists(path)`, calls to the own machine, and loaders that keep what they have fetched
(`fetch_openml`, `load_dataset`) are none.

## How to mend it

Download the data once, in a script of its own or with `pooch`, which checks its hash; let the notebook read the file.
In tests, use a small file that lies beside them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.facts.commands import commands
from nb2pkg.lint.facts.literals import text_of
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Call, Notebook

_ALWAYS = frozenset(
    {f"requests.{verb}" for verb in ("get", "post", "request")}
    | {f"httpx.{verb}" for verb in ("get", "post", "request", "stream")}
    | {"urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.urlopen", "urllib.urlretrieve"}
    | {"urllib2.urlopen", "wget.download", "gdown.download", "yfinance.download"}
    | {"pandas_datareader.DataReader", "pandas_datareader.data.DataReader", "pandas_datareader.get_data_yahoo"}
)
_READERS = (
    r"(?:pandas|geopandas|polars|dask\.dataframe)\.(?:read_\w+|scan_\w+)|skimage\.io\.imread|numpy\.\w+"
    r"|xarray\.open_\w+|\.get|\.post"
)
_URL = r"(?:https?|ftp|s3a?|gs|gcs|abfss?|hf)://(?:[^/@\s]*@)?([\w.-]+)"
_LOCAL = r"localhost$|127\.|0\.0\.0\.0$|192\.168\.|10\.\d"
_COMMAND = r"(?:^|[;&|]\s*)(wget|curl|gdown|kaggle\s+(?:datasets|competitions)\s+download)\b"
_HELP = "download it once, in a script of its own, and let the notebook read the file"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each call or command that reads from the network; one a cell for the same kind and host."""
    told: set[tuple[int, str]] = set()
    for place, what in _reads(notebook):
        if (place.cell, what) not in told:
            told.add((place.cell, what))
            message = f"data is read from the network each run: {what}"
            yield Finding(place, "NB108", "info", message, _HELP)


def _reads(notebook: Notebook) -> Iterator[tuple[Place, str]]:
    """Yield (place, what reads and from where)."""
    for call in notebook.calls:
        if call.name in _ALWAYS or (call.node.args and re.fullmatch(_READERS, call.name)):
            url = _url(notebook, call)
            host = re.match(_URL, url)
            if (call.name not in _ALWAYS and not host) or (host and re.match(_LOCAL, host[1])):
                continue
            if not _is_guarded(notebook, call):
                yield notebook.place(call.node, call.statement), _spelled(call.name, host)
    for command in commands(notebook):
        match = re.search(_COMMAND, command.text)
        if match and command.call is None:
            host = re.search(_URL, command.text)
            if host and re.match(_LOCAL, host[1]):
                continue
            yield command.place(notebook), _spelled(match[1].split()[0], host)


def _spelled(name: str, host: re.Match[str] | None) -> str:
    return f"`{name}` from {host[1]}" if host else f"`{name}`"


def _url(notebook: Notebook, call: Call) -> str:
    """Return what is known of the address: its beginning is enough."""
    arguments = [*call.node.args[:1], *(k.value for k in call.node.keywords if k.arg in ("url", "filepath_or_buffer"))]
    return text_of(notebook, arguments[0], call.statement) if arguments else ""


def _is_guarded(notebook: Notebook, call: Call) -> bool:
    """Return whether the call need not run each time: in a branch, or in a function that asks or keeps the result."""
    for above in notebook.parents(call.node):
        if isinstance(above, (ast.If, ast.IfExp, ast.ExceptHandler)):
            return True
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and (
            any(isinstance(part, ast.If) for part in above.body) or _is_cached(above)
        ):
            return True
    return False


def _is_cached(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("cache" in ast.dump(decorator) for decorator in function.decorator_list)


CASES = """
#=== bad | a table
# %%
import pandas as pd
df = pd.read_csv("https://example.org/data.csv")
#=== bad | the address has a name
# %%
import pandas as pd
URL = "https://example.org/data.csv"
# %%
df = pd.read_csv(URL, sep=";")
#=== bad | requests
# %%
import requests
page = requests.get(f"https://example.org/{name}").text
#=== bad | a shell line
# %%
#!!wget -q https://example.org/data.csv
#=== bad | a session
# %%
import requests
session = requests.Session()
page = session.get("https://example.org/data.json").json()
#=== bad | a bucket
# %%
import pandas as pd
df = pd.read_parquet("s3://bucket/data.parquet")
#=== bad | prices of the day
# %%
import yfinance as yf
prices = yf.download("AAPL")
#=== good | a file
# %%
import pandas as pd
df = pd.read_csv("data.csv")
#=== good | only when it is not there yet
# %%
import os
from urllib.request import urlretrieve
if not os.path.exists("data.csv"):
    urlretrieve("https://example.org/data.csv", "data.csv")
#=== good | an address that is only shown
# %%
source = "https://example.org/data.csv"
print("data from", source)
#=== good | the own machine
# %%
import requests
requests.get("http://localhost:8000/health")
#=== good | a loader that keeps what it has fetched
# %%
from sklearn.datasets import fetch_california_housing
data = fetch_california_housing()
"""
