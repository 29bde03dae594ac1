"""The name of the notebook's file says nothing about what is in it.

## Why it hurts

Nobody can tell `Untitled3.ipynb` from `Untitled4.ipynb`, so copies of one analysis drift apart unseen. A package, its
modules and its tests are named after the notebook, and inherit the name that says nothing.

## What is found

File names that Jupyter, Colab or VS Code give to a new notebook, in the languages that we know: `Untitled.ipynb`,
`Untitled3.ipynb`, `Untitled-1.ipynb`, `Untitled (1).ipynb`, `無題.ipynb`, and copies of those, such as
`Untitled-Copy1.ipynb` and `Copy of Untitled.ipynb`.

Not found: names that hold anything more (`Untitled churn.ipynb`), and copies of a notebook with a name
(`churn-Copy1.ipynb`).

## How to mend it

Rename the file to what it does: `git mv Untitled3.ipynb churn_model.ipynb`.

## Related

pynblint `untitled-notebook`; julynter's checks of titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2pkg.lint.notebook import Notebook

# What applications name a notebook that nobody named yet: Jupyter and Colab in the languages they speak.
_NAMES = (
    *("untitled", "unbenannt", "ohne titel", "sans titre", "sans nom", "sin título", "senza titolo", "sem título"),
    *("naamloos", "без названия", "名称未設定", "無題", "未命名", "无标题", "無標題", "제목 없음"),
)
_COPY_OF = r"(?:(?:copy of|kopie von|copie de|copia de|copia di|cópia de) )*"
_COPY = r"(?:[-_ ]?copy(?:[-_ ]?[0-9]+)?|(?: -)? ?(?:の)?コピー)*"
_NUMBER = r"[0-9]*(?:[-_ ][0-9]+| ?[(（][0-9]+[)）])*"
_LONGEST = 80  # no such name is longer; what is longer isn't looked at


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding when the file's name is one that nobody chose."""
    name = notebook.path.replace("\\", "/").rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0].strip()
    if len(stem) <= _LONGEST and _is_untitled(stem.lower()):
        yield Finding(
            Place(), "NB705", "info", f"the file's name says nothing: {name}", "rename the file to what it does"
        )


def _is_untitled(stem: str) -> bool:
    word = next((word for word in _NAMES if word in stem), "")
    if not word:
        return False  # nearly always, and before a pattern costs anything
    return re.fullmatch(f"{_COPY_OF}{word}(?:[-_ ]?notebook)?{_NUMBER}{_COPY}{_NUMBER}", stem) is not None


CASES = r"""
#=== bad | as Jupyter names a new notebook | name=Untitled.ipynb
# %%
x = 1
#=== bad | the fourth of them, in a folder | name=work/Untitled3.ipynb
# %%
x = 1
#=== bad | as VS Code names it | name=Untitled-1.ipynb
# %%
x = 1
#=== bad | downloaded twice | name=Untitled (1).ipynb
# %%
x = 1
#=== bad | in Japanese | name=無題.ipynb
# %%
x = 1
#=== bad | a copy of an untitled notebook | name=Untitled-Copy1.ipynb
# %%
x = 1
#=== bad | a copy as Colab names it | name=Copy of Untitled2.ipynb
# %%
x = 1
#=== good | a name that says something | name=churn_model.ipynb
# %%
x = 1
#=== good | a copy of a notebook with a name | name=churn-Copy1.ipynb
# %%
x = 1
#=== good | more than the word | name=Untitled churn analysis.ipynb
# %%
x = 1
#=== good | the folder's name doesn't count | name=Untitled Folder/churn.ipynb
# %%
x = 1
#=== good | the word within another | name=untitledness.ipynb
# %%
x = 1
"""
