"""Defects planted into generated packages, and the notebooks whose packages they are planted into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from executed import FOLDERS
from making import notebook

# A shop's orders: small, and with a place for each kind of defect that data work knows.
ORDERS = (
    "#md # Orders of a shop",  # 1
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",  # 2
    """\
rng = np.random.default_rng(11)
orders = pd.DataFrame({"order": range(200), "customer": rng.integers(0, 40, 200)})
orders["amount"] = rng.gamma(2.0, 20.0, 200).round(2)
orders["note"] = [f"ref {i}, gift" if i % 3 else "none" for i in range(200)]
orders.loc[rng.choice(200, 15, replace=False), "amount"] = np.nan
orders.head()""",  # 3
    "#md ## Clean",  # 4
    """\
orders = orders.dropna(subset=["amount"])
orders["reference"] = orders["note"].str.extract(r"ref (\\d+)", expand=False).fillna("0").astype(int)
orders["large"] = orders["amount"] > 60
print(len(orders), "orders,", int(orders["large"].sum()), "large")""",  # 5
    "#md ## Join the customers",  # 6
    """\
customers = pd.DataFrame({"customer": range(50), "city": ["Kobe", "Nara", "Otsu", "Gifu", "Mie"] * 10})
joined = orders.merge(customers, on="customer", how="inner")
joined = joined.sort_values(["customer", "order"])
joined.tail(3)""",  # 7
    """\
totals = joined.groupby("city")["amount"].agg(["sum", "mean"])
totals = totals.sort_values("sum", ascending=False)
totals.round(1)""",  # 8
    "#md ## Features",  # 9
    """\
spread = joined["amount"].std(ddof=0)
scaled = (joined["amount"] - joined["amount"].mean()) / spread
print(f"spread {spread:.3f}")""",  # 10
    """\
alias = joined
alias["scaled"] = scaled
print(joined.shape)""",  # 11
    """\
names = list(customers["city"].unique())
names.sort(reverse=True)
first = names[:3]
print(first)""",  # 12
    """\
growth = [1.0]
for step in range(1, 12):
    growth.append(growth[-1] * (1 + 0.02 * step))
print("after a year:", round(growth[-1], 3))""",  # 13
    """\
table = joined.pivot_table(index="city", columns="large", values="amount", aggfunc="mean").to_numpy()
rows = table.sum(axis=1)
rows.round(1)""",  # 14
    "#md ## Predict",  # 15
    """\
shuffled = joined.sample(frac=1, random_state=3)
n_train = int(len(shuffled) * 0.8)
train, test = shuffled.iloc[:n_train], shuffled.iloc[n_train:]
print(len(train), len(test))""",  # 16
    """\
def mean_error(wanted, found):
    return float((wanted - found).abs().mean())


slope, intercept = np.polyfit(train["reference"], train["amount"], 1)
predicted = intercept + slope * test["reference"]
error = mean_error(test["amount"], predicted)
print(f"error {error:.2f}")""",  # 17
    "#md ## Look",  # 18
    'plt.figure(figsize=(3, 2))\nplt.hist(joined["amount"], bins=10)\nplt.show()',  # 19
    'plt.figure(figsize=(3, 2))\nplt.plot(growth, color="teal")\nplt.show()',  # 20
    'plt.figure(figsize=(3, 2))\nplt.bar(totals.index, totals["sum"])\nplt.title("by city")\nplt.show()',  # 21
    'totals.round(2).to_csv("totals.csv")\nprint("done")',  # 22
)


def notebook_of(name: str, folder: Path) -> Path:
    """Return the path of a notebook by its name."""
    if name == "orders":
        return notebook(folder, *ORDERS, name="orders.ipynb")
    return FOLDERS[name] / f"{name}.ipynb"


@dataclass(frozen=True, slots=True)
class Seeded:
    """One defect: in a module of a package, some text becomes another; the code is that of a cell."""

    kind: str
    notebook: str
    cell: int
    module: str
    old: str
    new: str


SEEDED = (
    Seeded("constant", "orders", 13, "features", "0.02 * step", "0.03 * step"),
    Seeded("operator", "orders", 17, "evaluation", "intercept + slope", "intercept - slope"),
    Seeded("threshold", "orders", 5, "preprocessing", '["amount"] > 60', '["amount"] > 70'),
    Seeded(
        "dropped statement",
        "orders",
        7,
        "preprocessing",
        'return joined.sort_values(["customer", "order"])',
        "return joined",
    ),
    Seeded("missing dropna", "orders", 5, "preprocessing", '    orders = orders.dropna(subset=["amount"])\n', ""),
    Seeded("value of fillna", "orders", 5, "preprocessing", 'fillna("0")', 'fillna("1")'),
    Seeded("regular expression", "orders", 5, "preprocessing", r"ref (\d+)", r"ref (\d)"),
    Seeded("wrong column", "orders", 10, "features", '(joined["amount"] - joined', '(joined["reference"] - joined'),
    Seeded("degrees of freedom", "orders", 10, "features", "ddof=0", "ddof=1"),
    Seeded("kind of join", "orders", 7, "preprocessing", 'how="inner"', 'how="outer"'),
    Seeded("key of groups", "orders", 8, "exploration", 'groupby("city")', 'groupby("large")'),
    Seeded("descending order", "orders", 8, "preprocessing", "ascending=False", "ascending=True"),
    Seeded("columns to sort by", "orders", 7, "preprocessing", '["customer", "order"]', '["order", "customer"]'),
    Seeded("copy of an alias", "orders", 11, "features", "alias = joined", "alias = joined.copy()"),
    Seeded("sorted copy", "orders", 12, "features", "names.sort(reverse=True)", "sorted(names, reverse=True)"),
    Seeded("off by one", "orders", 12, "features", "names[:3]", "names[:2]"),
    Seeded("range of a loop", "orders", 13, "features", "range(1, 12)", "range(1, 11)"),
    Seeded("axis", "orders", 14, "preprocessing", "axis=1", "axis=0"),
    Seeded("train and test swapped", "orders", 16, "evaluation", "train, test = shuffled", "test, train = shuffled"),
    Seeded("share of the split", "orders", 16, "evaluation", "* 0.8", "* 0.7"),
    Seeded("seed", "orders", 16, "config", "joined_seed: int = 3", "joined_seed: int = 4"),
    Seeded("metric", "orders", 17, "evaluation", "(wanted - found).abs().mean()", "(wanted - found).abs().median()"),
    Seeded("missing print", "orders", 16, "evaluation", "    print(len(train), len(test))\n", ""),
    Seeded("format of a print", "orders", 17, "pipeline", "{error:.2f}", "{error:.1f}"),
    Seeded("lost figure", "orders", 20, "pipeline", "    visualization.plot_growth(growth)\n    show_figures()\n", ""),
    Seeded(
        "size of a figure",
        "orders",
        19,
        "visualization",
        "figsize=(3, 2))\n    plt.hist",
        "figsize=(4, 2))\n    plt.hist",
    ),
    Seeded("title of a figure", "orders", 21, "visualization", 'plt.title("by city")', 'plt.title("by town")'),
    Seeded("digits of a file", "orders", 22, "export", "totals.round(2)", "totals.round(1)"),
    Seeded("random generator", "orders", 3, "config", "seed: int = 11", "seed: int = 12"),
    Seeded(
        "order of returned values", "sensor_cleaning", 10, "preprocessing", "return train, test", "return test, train"
    ),
    Seeded(
        "arguments swapped",
        "sensor_cleaning",
        11,
        "pipeline",
        "impute_medians(train, test)",
        "impute_medians(test, train)",
    ),
    Seeded(
        "leak of the test part",
        "sensor_cleaning",
        11,
        "preprocessing",
        "medians = train[",
        "medians = pd.concat([train, test])[",
    ),
    Seeded("definition", "sensor_cleaning", 5, "preprocessing", "<= MAX_DEVIATION", "< 0.05 * MAX_DEVIATION"),
    Seeded("constant of a module", "sensor_cleaning", 5, "preprocessing", "MAX_DEVIATION = 3", "MAX_DEVIATION = 0.1"),
    Seeded(
        "argument of a shared function",
        "sensor_cleaning",
        7,
        "pipeline",
        'column="humidity", value=0',
        'column="humidity", value=1',
    ),
    Seeded("setting", "churn", 13, "config", "test_size: float = 0.3", "test_size: float = 0.25"),
    Seeded(
        "fit on the test part", "churn", 13, "preprocessing", "scaler.transform(X_test)", "scaler.fit_transform(X_test)"
    ),
    Seeded("unfitted seed", "churn", 2, "pipeline", "    np.random.seed(config.seed)\n", ""),
    Seeded("hyper-parameter", "churn", 16, "config", "forest_max_depth: int = 4", "forest_max_depth: int = 5"),
    Seeded("lag", "sales_forecast", 10, "features", "shift(1).rolling", "shift(2).rolling"),
    Seeded("side of a split", "sales_forecast", 12, "preprocessing", "df.index >= cutoff", "df.index > cutoff"),
    Seeded("method of a class", "simulation", 5, "training", "min(self.free_at)", "max(self.free_at)"),
)
