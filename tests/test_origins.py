"""What the values of a notebook come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.flow.origins import origins

HEAD = (
    "import datetime\nimport random\nimport numpy as np\nimport pandas as pd\nimport torch\n"
    "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.linear_model import LinearRegression\n"
    "from sklearn.model_selection import train_test_split\n"
)


def last(folder: Path, code: str) -> set[str]:
    """Return the marks of the last statement of a notebook."""
    return {*origins(analyse(read_notebook(notebook(folder, HEAD + code))))[-1]}


@pytest.mark.parametrize(
    ("code", "marks"),
    [
        ("x = np.arange(3)\nprint(x.mean())", set()),
        ("x = np.random.rand(3)\nprint(x.mean())", {"random"}),
        ("np.random.seed(0)\nx = np.random.rand(3)\nprint(x.mean())", set()),
        ("x = np.random.rand(3)\nnp.random.seed(0)\nprint(x.mean())", {"random"}),
        ("random.seed(0)\nx = np.random.rand(3)\nprint(x.mean())", {"random"}),
        ("rng = np.random.default_rng(0)\nprint(rng.normal())", set()),
        ("rng = np.random.default_rng()\nx = rng.normal()\nprint(x)", {"random"}),
        ("def f():\n    return random.random()\nrandom.seed(1)\nprint(f())", set()),
        ("df = pd.read_csv('a.csv')\ndf['n'] = np.random.rand(3)\nprint(df.n.sum())", {"random", "frames"}),
        ("df = pd.read_csv('a.csv').sample(3)\nprint(df)", {"random", "frames"}),
        ("df = pd.read_csv('a.csv').sample(3, random_state=1)\nprint(df)", {"frames"}),
        ("df = pd.read_csv('https://a.example/a.csv')\nprint(df)", {"outside", "frames"}),
        ("a, b = train_test_split([1, 2, 3])\nprint(a)", {"random"}),
        ("a, b = train_test_split([1, 2, 3], random_state=3)\nprint(a)", set()),
        ("m = LinearRegression()\nm.fit([[1]], [1])\nprint(m.coef_)", {"learned"}),
        (
            "m = RandomForestClassifier()\nm.fit([[1]], [1])\nprint(m.score([[1]], [1]))",
            {"learned", "trained", "random"},
        ),
        (
            "m = RandomForestClassifier(random_state=0)\nm.fit([[1]], [1])\nprint(m.score([[1]], [1]))",
            {"learned", "trained"},
        ),
        ("t = torch.ones(3)\nprint(t.sum())", {"torch"}),
        ("now = datetime.datetime.now()\nprint(now)", {"outside"}),
        ("x = [3, 1]\nrandom.shuffle(x)\nprint(x)", {"random"}),
        ("x = 1\nx = np.random.rand()\nx = 2\nprint(x)", set()),
        ("print(np.__version__)", {"outside"}),
    ],
)
def test_origins(code: str, marks: set[str], tmp_path: Path) -> None:
    assert last(tmp_path, code) == marks
