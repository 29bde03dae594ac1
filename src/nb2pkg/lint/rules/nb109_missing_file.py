"""A file is read that is not there, and that no cell makes.

## Why it hurts

On a fresh copy of the repository the notebook stops here with a `FileNotFoundError`, and so does every test. Nobody but
the author knows where the file comes from.

## What is found

Calls that read a file by a relative path (`pd.read_csv("data/x.csv")`, `open("notes.txt")`, `np.load`, `cv2.imread`),
directly or through a name, where the path leads to nothing beside the notebook or from a folder above it. One finding
for all files of a missing folder. The rule is silent when a cell may make the file: by writing, downloading, unzipping,
running another program or changing the working directory; and where `if` or `try` guard the read.

## How to mend it

Put the file, or a small sample of it, beside the notebook; or add a cell, or better a script, that downloads it with a
checksum. Say in the README where large data come from.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from nb2pkg.lint.facts.commands import commands
from nb2pkg.lint.facts.file_calls import is_path_maker, is_talk
from nb2pkg.lint.facts.literals import HOLE, clean, text_of
from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Call, Notebook
from nb2pkg.tuples import NamedTuple

_READERS = (
    r"builtins\.open|io\.open|codecs\.open|gzip\.open|zipfile\.ZipFile|tarfile\.open|h5py\.File|PIL\.Image\.open"
    r"|(?:pandas|geopandas|polars|networkx|pyreadstat)\.read_(?!sql|html|clipboard|gbq|json\b)\w+"
    r"|numpy\.(?:load|loadtxt|genfromtxt|fromfile)|joblib\.load|torch\.load|cv2\.imread|skimage\.io\.imread|nibabel\.load"
    r"|matplotlib\.(?:pyplot|image)\.imread|imageio\.(?:v2\.|v3\.)?imread|xarray\.open_(?:dataset|dataarray|mfdataset)"
    r"|scipy\.io\.(?:loadmat|wavfile\.read|arff\.loadarff)|librosa\.load|soundfile\.read|rasterio\.open"
)
_PATH_NAMES = ("file", "filename", "filepath_or_buffer", "io", "path", "fname", "fp")
# Shell commands that make no file; any other may.
_HARMLESS = (
    r"(?:ls|dir|pwd|head|tail|wc|nvidia-smi|which|free|df|du|cat|less|file|tree|echo|date|whoami|uname|lscpu"
    r"|(?:python[\d.]*|\{[^}]*\})?\s*(?:-m\s+)?pip[\d.]*|conda|mamba|apt|apt-get|sudo\s+apt(?:-get)?)(?:\s[^>]*)?"
)
_MAKING_MAGICS = frozenset({"cd", "pushd", "run", "system", "sx", "sc", "cp", "mv", "load", "store", "sql"})
_MAKERS = (
    r"(?i)^(?:os\.(?:chdir|system|popen|rename|replace|symlink)$|(?:subprocess|shutil|gdown|wget|kagglehub)\.)"
    r"|download|retrieve|extract|unzip|fetch|unpack|clone|get_file|upload|mount|\.(?:copy_tree|system|getoutput)$"
)
_CONVERSIONS = frozenset(
    {"to_datetime", "to_numeric", "to_timedelta", "to_numpy", "to_frame", "to_dict", "to_list", "to_categorical"}
)
_HELP = "put the file beside the notebook, or add a step that makes or downloads it"


class _Read(NamedTuple):
    place: Place
    path: str


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each missing file, or for the folder where all of it is missing."""
    if not notebook.beside.folder:
        return
    readers = {id(call.node) for call in notebook.calls if _reads(call)}
    missing = [read for call in notebook.calls if id(call.node) in readers for read in _missing(notebook, call)]
    if not missing or _makes_unseen(notebook):
        return
    made = set(_mentioned(notebook, readers))
    patterns = [pattern for pattern in made if HOLE in pattern or pattern == "*"]
    found: dict[str, list[_Read]] = {}
    for read in missing:
        if not _is_made(read.path, made, patterns):
            found.setdefault(_cause(notebook, read.path), []).append(read)
    for cause, reads in found.items():
        others = len({read.path for read in reads}) - 1
        more = f", as {'are' if others > 1 else 'is'} {others} more in `{cause}`" if others else ""
        message = f"`{reads[0].path}` is read, but neither made by a cell above nor beside the notebook{more}"
        yield Finding(reads[0].place, "NB109", "warning", message, _HELP)


def _reads(call: Call) -> bool:
    """Return whether a call reads the file that it names."""
    if not re.fullmatch(_READERS, call.name):
        return False
    if not call.name.endswith((".open", ".ZipFile", ".File")) or call.name.startswith("PIL."):
        return True
    mode = call.node.args[1] if len(call.node.args) > 1 else call.keyword("mode")
    if mode is None:
        return True
    return isinstance(mode, ast.Constant) and str(mode.value).startswith("r") and "+" not in str(mode.value)


def _missing(notebook: Notebook, call: Call) -> Iterator[_Read]:
    """Yield what a call reads if that is not there and nothing guards it."""
    given = call.node.args[:1] or [k.value for k in call.node.keywords if k.arg in _PATH_NAMES][:1]
    if not given:
        return
    path = clean(text_of(notebook, given[0], call.statement).replace("\\", "/"))
    if not _is_relative(path) or _exists(notebook, path) or _is_guarded(notebook, call):
        return
    yield _Read(notebook.place(given[0], call.statement), path)


def _is_relative(path: str) -> bool:
    """Return whether a text is the whole of a relative path to a file."""
    if not 2 < len(path) < 200 or any(part in path for part in (HOLE, "\n", "*", "?", "://", "`", "{", "<")):
        return False
    if path.startswith("sample_data/"):  # on Colab it is always there
        return False
    return path[0] not in "/~" and path[1] != ":" and re.search(r"\.\w{1,8}$", path) is not None


def _exists(notebook: Notebook, path: str) -> bool:
    """Return whether a path leads to something, also from the folders above, where a server may start."""
    return any(notebook.beside.exists("../" * up + path) for up in range(4))


def _is_guarded(notebook: Notebook, call: Call) -> bool:
    if "raises-exception" in call.statement.cell.tags:
        return True
    return any(isinstance(above, (ast.If, ast.Try, ast.IfExp)) for above in notebook.parents(call.node))


def _makes_unseen(notebook: Notebook) -> bool:
    """Return whether the notebook does what may make any file, or look for files elsewhere."""
    if any(statement.unsure for statement in notebook.statements):
        return True
    if any(re.search(_MAKERS, call.name) for call in notebook.calls):
        return True
    for command in commands(notebook):
        if command.magic in _MAKING_MAGICS or (not command.magic and not re.fullmatch(_HARMLESS, command.text)):
            return True
    return False


def _mentioned(notebook: Notebook, readers: set[int]) -> Iterator[str]:
    """Yield the texts that are handed to all calls but the reading ones: what any of them may write."""
    for call in notebook.calls:
        if id(call.node) in readers or is_path_maker(call.name) or is_talk(call.name):
            continue
        for argument in (*call.node.args, *(k.value for k in call.node.keywords)):
            if isinstance(argument, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Name, ast.Call)):
                text = clean(text_of(notebook, argument, call.statement).replace("\\", "/"))
                if text.strip(HOLE + "/"):
                    yield text
                elif HOLE in text and _writes(call):
                    yield "*"
    for cell in notebook.cells:
        if cell.kind == "code" and cell.source.lstrip().startswith(("%%writefile", "%%file")):
            yield clean(cell.source.split()[-1] if "\n" not in cell.source else cell.source.split("\n")[0].split()[-1])


def _writes(call: Call) -> bool:
    """Return whether a call with an unknown path may write there."""
    last = call.name.rpartition(".")[2]
    if last == "open":
        return not _reads(call)
    return last.startswith(("to_", "save", "write", "dump", "imwrite", "imsave", "make")) and last not in _CONVERSIONS


def _is_made(path: str, made: set[str], patterns: list[str]) -> bool:
    """Return whether one of the texts is a path, or a folder that it lies in, or may be with its holes filled."""
    parts = path.split("/")
    if any(
        "/".join(parts[:length]) in made or "/".join(parts[:length]) + "/" in made
        for length in range(1, len(parts) + 1)
    ):
        return True
    globs = [re.sub(r"([\[?])", r"[\1]", pattern).replace(HOLE, "*").rstrip("/") for pattern in patterns]
    return any(fnmatchcase(path, glob) or fnmatchcase(path, f"{glob}/*") for glob in globs)


def _cause(notebook: Notebook, path: str) -> str:
    """Return the missing folder that a path lies in, or the path itself."""
    folder = path.rpartition("/")[0]
    return folder if folder and not notebook.beside.exists(folder) else path


CASES = """
#=== bad | a table
# %%
import pandas as pd
df = pd.read_csv("data.csv")
#=== bad | through names, in a folder that is not there | files=other.csv
# %%
import os
import pandas as pd
FOLDER = "data"
# %%
a = pd.read_csv(os.path.join(FOLDER, "a.csv"))
b = pd.read_csv(os.path.join(FOLDER, "b.csv"))
#=== bad | a text
# %%
with open("notes.txt") as file:
    notes = file.read()
#=== bad | another file is written
# %%
import pandas as pd
df = pd.read_csv("raw.csv")
df.to_csv("clean.csv")
#=== good | beside the notebook | files=data.csv:a
# %%
import pandas as pd
df = pd.read_csv("data.csv")
#=== good | written above
# %%
import pandas as pd
pd.DataFrame({"a": [1]}).to_csv("data.csv")
# %%
df = pd.read_csv("data.csv")
#=== good | downloaded above
# %%
#!!wget https://example.org/data.csv
# %%
import pandas as pd
df = pd.read_csv("data.csv")
#=== good | unzipped above | files=data.zip:x
# %%
import zipfile
zipfile.ZipFile("data.zip").extractall("data")
# %%
import pandas as pd
df = pd.read_csv("data/data.csv")
#=== good | guarded
# %%
import pandas as pd
try:
    df = pd.read_csv("cache.csv")
except FileNotFoundError:
    df = pd.DataFrame()
#=== good | a URL
# %%
import pandas as pd
df = pd.read_csv("https://example.org/data.csv")
#=== good | a function of the notebook makes it
# %%
def make(path):
    with open(path, "w") as file:
        file.write("a")
make("data.csv")
# %%
text = open("data.csv").read()
#=== good | another working directory
# %%
#!%cd ../project
# %%
text = open("data.csv").read()
"""
