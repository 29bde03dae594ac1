"""What our models of pandas, numpy and scikit-learn say is what the libraries do, wherever we do not doubt."""

from __future__ import annotations

import math
from textwrap import indent
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nb2pkg.promises.arrays import as_list
from nb2pkg.promises.package import Package
from nb2pkg.promises.trial import execute
from nb2pkg.promises.values import Array, Doubt, Estimator, Frame, Index, Raised, Series, frame_of

COLUMNS: dict[str, list[Any]] = {
    "name": ["ann", "bob", None, "dan", "ann"],
    "age": [30.5, None, 12.0, 47.0, 30.5],
    "size": [3, 1, 4, 1, 3],
    "kind": ["x", "y", "x", "z", "x"],
    "good": [True, False, True, True, True],
    "day": ["2020-01-31", "2020-02-01", "2021-12-31", "2019-07-14", "2020-01-31"],
    "mixed": ["1", "2.5", " ", "7", "1"],
}
HEADER = "import numpy as np\nimport pandas as pd\nfrom sklearn.preprocessing import *\n"
BODIES = """
return df.dropna()
return df.dropna(subset=["age"])
return df.dropna(axis=1)
return df.dropna(how="all")
return df.drop_duplicates()
return df.drop_duplicates(subset="kind", keep="last")
return df.drop(columns=["age", "size"])
return df.drop("age", axis=1)
return df.drop([0, 2])
df.drop("age", axis=1, inplace=True); return df
return df.rename(columns={"age": "years"})
return df[["kind", "age"]]
return df[df["size"] > 1]
return df[(df["size"] > 1) & (df["kind"] == "x")]
return df[~df["good"]]
return df[df["kind"].isin(["x", "z"])]
return df.query("size > 1 and kind == 'x'")
return df.loc[df.age.notna(), ["kind", "age"]]
return df.loc[:, "age":"kind"]
return df.iloc[1:3, 2:]
return df.iloc[:, 2]
return df.head(2)
return df.iloc[:4].sort_values("day")
return df.reset_index()
return df.reset_index(drop=True)
return df.set_index("day")
return df[["age", "size"]].fillna(0)
return df.age.fillna(df.age.mean())
return df.age.fillna(df.age.median())
return df["name"].fillna("nobody")
return df["kind"].map({"x": 1, "y": 2})
return df["kind"].map({"x": 1, "y": 2, "z": 3})
return df["kind"].replace({"x": "left", "y": "right"})
return df["size"].astype(float)
return df["size"].astype(str)
return df["good"].astype(int)
return df["size"].apply(lambda n: "big" if n > 2 else "small")
return df["kind"].apply(len)
return df["kind"].str.upper() + "!"
return df["name"].str.len()
return df["day"].str.split("-").str[0]
return df["day"].str[:4].astype(int)
return df["day"].str.contains("2020")
return df["kind"].str.replace("x", "y")
return df["day"].str.extract(r"-(\\d+)-", expand=False)
return pd.to_datetime(df["day"]).dt.year
return pd.to_datetime(df["day"]).dt.dayofweek
return pd.to_numeric(df["mixed"], errors="coerce")
return pd.get_dummies(df["kind"], prefix="kind").astype(int)
return pd.get_dummies(df[["kind", "size"]], drop_first=True).astype(int)
return pd.concat([df[["age"]], df[["kind"]]], axis=1)
return pd.concat([df, df], ignore_index=True)
return df.groupby("kind")["size"].mean()
return df.groupby("kind")["size"].sum().reset_index()
return df.groupby("kind", as_index=False)["size"].max()
return df.groupby("kind")["size"].transform("mean")
return df.merge(pd.DataFrame({"kind": ["x", "y"], "label": ["left", "right"]}), on="kind", how="left")
return pd.cut(df["size"], bins=[0, 1, 3, 9], labels=["low", "mid", "high"]).astype(str)
return np.where(df["size"] > 1, "big", "small")
return np.log1p(df["size"])
return df["size"] / df["size"].sum()
return df["size"] ** 2 - 1
return (df["size"] - df["size"].mean()) / df["size"].std()
return df.isnull().sum()
return df["age"].isnull()
return df["size"].clip(2, 3)
return df["size"].cumsum()
return df["size"].shift(1)
return df["size"].diff()
return df["size"].between(1, 3)
return df["size"].quantile(0.3)
return df["kind"].mode()[0]
return df["kind"].nunique()
return df["kind"].unique()
return df["age"].ffill()
return df["age"].round(1)
return df["age"] > 20
return df["age"] != 30.5
return df.select_dtypes("number")
return df[["age", "size"]].mean()
return df[["size"]].sum(axis=1)
return df[["age", "size"]].values
return df["size"].values.reshape(-1, 1)
return df[["size"]].T
return df.shape
return df.assign(twice=df["size"] * 2)
return df.assign(twice=lambda d: d["size"] * 2)
df["new"] = 1; return df
df["age"] = df["age"].fillna(1); return df
df.loc[df["size"] > 1, "age"] = 0; return df
df.loc[:, "both"] = df["kind"] + df["day"]; return df
df.insert(0, "first", df["size"]); return df
df.columns = list("abcdefg"); return df
return df.melt(id_vars=["day"], value_vars=["size"])
return df[["size"]].apply(lambda c: c * 2)
return [row["kind"] for _, row in df.iterrows()]
return df["size"].tolist()[::-1]
return {k: len(k) for k in df["kind"]}
return f"{df['size'].mean():.2f} of {len(df)}"
return StandardScaler().fit_transform(df[["size"]])
return MinMaxScaler().fit_transform(df[["size"]])
return LabelEncoder().fit_transform(df["kind"])
a = np.arange(6).reshape(2, 3); return a.T @ a
a = np.arange(6).reshape(2, 3); return a[:, 1:] * 2 + a[:, :1]
a = np.arange(6).reshape(2, 3); return np.vstack([a, a[0]])
a = np.arange(6).reshape(2, 3); return np.hstack([a, a])
a = np.arange(6.0).reshape(2, 3); return a.mean(axis=0)
a = np.arange(6.0).reshape(2, 3); return (a - a.mean(axis=0)) / (a.std(axis=0) + 1)
a = np.array([3, 1, 2]); return a[np.argsort(a)]
a = np.array([3, 1, 2]); a[a > 1] = 0; return a
a = np.linspace(0, 1, 5); return np.concatenate([a, np.zeros(2)])
a = np.eye(2); a[0] = 5; return a
return np.column_stack([np.array([1, 2]), np.array([3.5, 4])])
return np.percentile([1, 2, 3, 4], [25, 50])
x = [1, 2, 3]; x.append(4); return sum(x) / len(x)
x = "Some text, here"; return [w.strip(",").lower() for w in x.split()]
return sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1])
total = 0; [total := total + n for n in range(4)]; return total
""".strip().splitlines()


def real(body: str) -> Any:
    """Return what the libraries make of it."""
    names: dict[str, Any] = {}
    exec(HEADER + "def f(df):\n" + indent(body.replace("; ", "\n"), "    "), names)  # code of this test
    return names["f"](pd.DataFrame(COLUMNS))


def ours(body: str) -> Any:
    """Return what our models make of it."""
    source = "def f(df):\n" + indent(body.replace("; ", "\n"), "    ")
    imports = "import numpy as np\nimport pandas as pd\n"
    imports += "from sklearn.preprocessing import StandardScaler, MinMaxScaler, LabelEncoder\n\n"
    package = Package("small", {"features": imports + source})
    return execute(package, "features", "f", {"df": frame_of(COLUMNS)}).result


def plain(value: Any) -> Any:
    """Return a value of ours or of the libraries as plain lists, gaps as None, floats rounded."""
    if isinstance(value, Frame):
        return {k: plain(list(c.cells)) for k, c in value.columns.items()}, plain(list(value.index.cells))
    if isinstance(value, pd.DataFrame):
        return {k: plain(value[k].tolist()) for k in value.columns}, plain(value.index.tolist())
    if isinstance(value, Series):
        return plain(list(value.cells)), plain(list(value.index.cells))
    if isinstance(value, pd.Series):
        return plain(value.tolist()), plain(value.index.tolist())
    if isinstance(value, (Array, np.ndarray, pd.api.extensions.ExtensionArray)):
        return plain(as_list(value) if isinstance(value, Array) else value.tolist())
    if isinstance(value, (Index, pd.Index)):
        return plain(list(value.cells if isinstance(value, Index) else value))
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return None
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return round(float(value), 9)
    return value


@pytest.mark.parametrize("body", BODIES)
def test_models_agree_with_the_libraries(body: str) -> None:
    assert plain(ours(body)) == plain(real(body))


@pytest.mark.parametrize("body", [b for b in BODIES if b.startswith("df") or "inplace" in b])
def test_what_changes_in_place_changes_the_argument(body: str) -> None:
    frame = frame_of(COLUMNS)
    package = Package("small", {"features": "def f(df):\n" + indent(body.replace("; ", "\n"), "    ")})
    outcome = execute(package, "features", "f", {"df": frame})
    assert outcome.result is outcome.after["df"]
    assert plain(outcome.before["df"]) != plain(outcome.after["df"])


# Releases of pandas and numpy, or machines, do different things here: nothing may be claimed.
DOUBTED = [
    "df['age'].fillna(0, inplace=True); return df['age'] + df['size'].tolist()[0] if df['age'].sum() > 0 else 0",
    "return df['size'].value_counts()",
    "return df.sort_values('size')",
    "return df.append(df)",
    "return df.fillna(method='ffill')",
    "return df['size'] // (df['size'] - 1)",
    "return df['name'].str.contains('a')",
    "return df['age'].astype(str)",
    "return df.groupby(['kind', 'good'])['size'].mean()",
    "return pd.to_datetime(df['mixed'])",
    "return df.sample(2)",
    "return df.corr()",
    "return open('file').read()",
    "return __import__('os').getcwd()",
    "return 2 ** 10 ** 10",
    "return 'x' * 10 ** 9",
    "return [0] * 10 ** 9",
    "while True: pass",
    "return [(3).stat, df]",
    "return df['size'].unheard_of",
    "return list(range(10 ** 9))",
]


@pytest.mark.parametrize("body", DOUBTED)
def test_nothing_is_claimed_of_what_is_not_certain(body: str) -> None:
    with pytest.raises(Doubt):
        ours(body)


def test_a_column_that_is_missing_raises() -> None:
    with pytest.raises(Raised) as raised:
        ours("return df['nothing']")
    assert (raised.value.kind, raised.value.text) == ("KeyError", "nothing")


def test_estimators_are_told_by_their_class() -> None:
    assert isinstance(ours("return StandardScaler()"), Estimator)
