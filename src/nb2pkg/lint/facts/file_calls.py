"""Which calls read, write or list files, and which of their arguments is the path."""

from __future__ import annotations

import ast
import re

# By the last part of the name: libraries agree on these words.
_READS = (
    r"open|read_\w+|scan_\w+|load\w*|imread|open_\w+|File|ZipFile|TarFile|listdir|scandir|walk|i?glob|chdir|genfromtxt"
    r"|fromfile|memmap|ImageFolder|DatasetFolder|flow_from_directory|image_dataset_from_directory|from_file|csv|parquet"
)
_WRITES = (
    r"to_(?:csv|excel|parquet|pickle|json|html|feather|hdf|stata|file|netcdf|zarr|latex)|savefig|save\w*|dump|imwrite|imsave"
    r"|makedirs|mkdir|remove|unlink|rmtree|copy\w*|move|rename|replace|extractall|write_\w+|tofile|urlretrieve|download"
)
_FILES = rf"(?:{_READS}|{_WRITES}|append|insert|FileHandler|connect|Popen)"
# Methods of texts and lists that bear the name of a function of files.
_METHODS_OF_TEXTS = frozenset({".replace", ".append", ".insert", ".index", ".copy", ".remove", ".connect", ".csv"})
_TALK = (
    r"builtins\.(?:print|input|len|repr|isinstance|hasattr|getattr|ValueError|\w*Error|exit)|IPython\.display\.\w+|display"
    r"|logging\.(?!FileHandler)\w+|re\.\w+|warnings\.warn|os\.path\.(?:exists|isfile|isdir|lexists|relpath|basename)"
    r"|\.(?:info|debug|warning|error|startswith|endswith|split|replace|strip|lstrip|rstrip|find|count|match|title|text"
    r"|append|set_title|annotate|exists|is_file|is_dir|get|post|route)"
)
_PATH_MAKERS = (
    r"os\.path\.(?:join|expanduser|abspath|realpath|dirname|normpath)|pathlib\.\w+|builtins\.(?:str|sorted|list|tuple)|os\.fspath"
    r"|\.(?:joinpath|format)|tqdm\.\w+"
)


def is_file_call(name: str, call: ast.Call | None, argument: ast.AST | None) -> bool:
    """Return whether a call works with the file that an argument names.

    Args:
        name: what is called, in full.
        call: the call.
        argument: a positional argument or a keyword of it; None: the object that the method belongs to.
    """
    last = name.rpartition(".")[2]
    if name in _METHODS_OF_TEXTS or not re.fullmatch(_FILES, last):
        return False
    if last in ("append", "insert"):
        return name.startswith("sys.path.")
    if last == "connect":
        return name.startswith(("sqlite3.", "duckdb."))
    if last in ("replace", "copy", "remove") and not name.startswith(("os.", "shutil.")):
        return False
    if argument is None:
        return last in ("open", "mkdir", "unlink", "rename", "replace") or name.startswith(
            (".read_", ".write_", ".glob")
        )
    if isinstance(argument, ast.keyword) or not re.fullmatch(_READS, last):
        return True
    return call is not None and bool(call.args) and call.args[0] is argument


def is_talk(name: str) -> bool:
    """Return whether a call only shows, compares or takes apart a text."""
    return re.fullmatch(_TALK, name) is not None


def is_path_maker(name: str) -> bool:
    """Return whether a call makes a path, or a row of paths, of its arguments."""
    return re.fullmatch(_PATH_MAKERS, name) is not None
