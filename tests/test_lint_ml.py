"""The rules of machine learning on notebooks as people write them: what each finds, and that none finds more."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2pkg.lint.cases import Case, parse_cases
from nb2pkg.lint.check import check_bytes, read
from nb2pkg.lint.docs import cases
from nb2pkg.lint.ml.history import history_of
from nb2pkg.lint.notebook import Notebook

ALL = frozenset(f"NB50{number}" for number in range(1, 10))
# After the kind: the codes that are expected, joined by +, or none; then words.
NOTEBOOKS = """
#=== bad | NB501 lstm finance
# %%
import numpy as np, pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.metrics import mean_squared_error
from keras.models import Sequential
import yfinance as yf
df = yf.download("AAPL")
data = df.filter(["Close"])
dataset = data.values
training_data_len = int(np.ceil(len(dataset) * .95))
scaler = MinMaxScaler(feature_range=(0, 1))
scaled_data = scaler.fit_transform(dataset)
train_data = scaled_data[0:int(training_data_len), :]
x_train, y_train = [], []
for i in range(60, len(train_data)):
    x_train.append(train_data[i-60:i, 0])
    y_train.append(train_data[i, 0])
x_train, y_train = np.array(x_train), np.array(y_train)
model = Sequential()
model.add(LSTM(50))
model.fit(x_train, y_train, batch_size=1, epochs=1)
# %%
test_data = scaled_data[training_data_len - 60:, :]
x_test = []
y_test = dataset[training_data_len:, :]
for i in range(60, len(test_data)):
    x_test.append(test_data[i-60:i, 0])
x_test = np.array(x_test)
predictions = model.predict(x_test)
predictions = scaler.inverse_transform(predictions)
rmse = np.sqrt(np.mean(((predictions - y_test) ** 2)))
#=== good | none titanic kaggle
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
features = ["Pclass", "Age"]
imp = SimpleImputer()
X = imp.fit_transform(train[features])
X_test = imp.transform(test[features])
model = RandomForestClassifier(random_state=1)
model.fit(X, train["Survived"])
pred = model.predict(X_test)
pd.DataFrame({"Survived": pred}).to_csv("sub.csv")
#=== bad | NB504 titanic journey
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
train_df = pd.read_csv("train.csv")
test_df = pd.read_csv("test.csv")
combine = [train_df, test_df]
X_train = train_df.drop("Survived", axis=1)
Y_train = train_df["Survived"]
X_test = test_df.drop("PassengerId", axis=1).copy()
logreg = LogisticRegression()
logreg.fit(X_train, Y_train)
Y_pred = logreg.predict(X_test)
acc_log = round(logreg.score(X_train, Y_train) * 100, 2)
svc = SVC()
svc.fit(X_train, Y_train)
acc_svc = round(svc.score(X_train, Y_train) * 100, 2)
#=== good | none column transformer pipeline
# %%
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, OneHotEncoder
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
df = pd.read_csv("h.csv")
y = df["price"]
pre = ColumnTransformer([("n", StandardScaler(), ["a"]), ("c", OneHotEncoder(), ["b"])])
pipe = Pipeline([("pre", pre), ("m", Ridge())])
tr, te = train_test_split(df, random_state=0)
pipe.fit(tr, tr["price"])
pipe.score(te, te["price"])
#=== good | none fit on final data after evaluation
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
df = pd.read_csv("h.csv")
X, y = df.drop(columns="p"), df["p"]
Xa, Xb, ya, yb = train_test_split(X, y, random_state=0)
sc = StandardScaler().fit(Xa)
m = Ridge().fit(sc.transform(Xa), ya)
print(m.score(sc.transform(Xb), yb))
# %%
final_sc = StandardScaler()
Xs = final_sc.fit_transform(X)
final = Ridge().fit(Xs, y)
#=== good | none kfold done right
# %%
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
kf = StratifiedKFold(5)
for fold, (tr, te) in enumerate(kf.split(X, y)):
    sc = StandardScaler()
    A = sc.fit_transform(X[tr])
    B = sc.transform(X[te])
    print(SVC().fit(A, y[tr]).score(B, y[te]))
#=== bad | NB501 kfold done wrong
# %%
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import KFold
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
X = StandardScaler().fit_transform(X)
for tr, te in KFold(5).split(X):
    print(SVC().fit(X[tr], y[tr]).score(X[te], y[te]))
#=== bad | NB502 kfold fit on both
# %%
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import KFold
from sklearn.svm import SVC
X, y = np.load("x.npy"), np.load("y.npy")
for tr, te in KFold(5).split(X):
    X_train, X_test = X[tr], X[te]
    X_train = StandardScaler().fit_transform(X_train)
    X_test = StandardScaler().fit_transform(X_test)
    print(SVC().fit(X_train, y[tr]).score(X_test, y[te]))
#=== good | none mask train test
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
df = pd.read_csv("h.csv")
train = df[df.year < 2015]
test = df[df.year >= 2015]
sc = StandardScaler()
a = sc.fit_transform(train[["x"]])
b = sc.transform(test[["x"]])
print(Ridge().fit(a, train.y).score(b, test.y))
#=== bad | NB501 mask scaled first
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
df = pd.read_csv("h.csv")
df[["x", "z"]] = StandardScaler().fit_transform(df[["x", "z"]])
train = df[df.year < 2015]
test = df[df.year >= 2015]
print(Ridge().fit(train[["x"]], train.y).score(test[["x"]], test.y))
#=== good | none exploration pca + separate
# %%
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
iris = load_iris()
X, y = iris.data, iris.target
pca = PCA(2)
X2 = pca.fit_transform(X)
Xa, Xb, ya, yb = train_test_split(iris.data, iris.target, random_state=0)
m = LogisticRegression().fit(Xa, ya)
print(m.score(Xb, yb))
#=== bad | NB501 sklearn alias modules
# %%
from sklearn import datasets, preprocessing, model_selection
bc = datasets.load_breast_cancer()
X = preprocessing.scale(bc.data)
a, b, c, d = model_selection.train_test_split(X, bc.target, test_size=.2, random_state=1)
#=== good | none label encoder in loop
# %%
import pandas as pd
from sklearn.preprocessing import LabelEncoder
from sklearn.model_selection import train_test_split
df = pd.read_csv("m.csv")
le = LabelEncoder()
for col in df.columns:
    df[col] = le.fit_transform(df[col])
X = df.drop(["class"], axis=1)
y = df["class"]
a, b, c, d = train_test_split(X, y, random_state=1)
#=== good | none y kept by select list
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
home = pd.read_csv("h.csv")
y = home.SalePrice
features = ["LotArea", "YearBuilt"]
X = home[features]
from sklearn.model_selection import train_test_split
a, b, c, d = train_test_split(X, y, random_state=1)
m = RandomForestRegressor(random_state=1).fit(a, c)
print(m.score(b, d))
#=== good | none drop target in loop list
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
df = pd.read_csv("h.csv")
target = "y"
X = df.drop(columns=[target, "id"])
RandomForestRegressor(random_state=1).fit(X, df[target])
Z = df.loc[:, [c for c in df if c != target]]
RandomForestRegressor(random_state=1).fit(Z, df[target])
W = df[df.columns.difference([target])]
RandomForestRegressor(random_state=1).fit(W, df[target])
V = df.iloc[:, :-1]
RandomForestRegressor(random_state=1).fit(V, df[target])
cols = df.columns.tolist()
cols.remove(target)
RandomForestRegressor(random_state=1).fit(df[cols], df[target])
#=== bad | NB505 variable target
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
df = pd.read_csv("h.csv")
target = "y"
X = df.drop(columns=["id"])
RandomForestRegressor(random_state=1).fit(X, df[target])
#=== good | none try except and if drops
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
df = pd.read_csv("h.csv")
X = df
if "y" in X.columns:
    X = X.drop("y", axis=1)
RandomForestRegressor(random_state=1).fit(X, df["y"])
#=== good | none statsmodels
# %%
import statsmodels.api as sm
import pandas as pd
from sklearn.metrics import r2_score
df = pd.read_csv("h.csv")
m = sm.OLS(df.y, df[["x"]]).fit()
print(r2_score(df.y, m.predict(df[["x"]])))
#=== good | none train and validation files
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.metrics import accuracy_score
tr, te = pd.read_csv("a.csv"), pd.read_csv("b.csv")
m = SVC().fit(tr[["a"]], tr.y)
print(accuracy_score(tr.y, m.predict(tr[["a"]])), accuracy_score(te.y, m.predict(te[["a"]])))
#=== good | none np.mean manual on split
# %%
import numpy as np
from sklearn.svm import SVC
from sklearn.model_selection import train_test_split
X, y = np.load("x.npy"), np.load("y.npy")
a, b, c, d = train_test_split(X, y, random_state=0)
m = SVC().fit(a, c)
print(m.score(a, c))
print(np.mean(m.predict(b) == d))
#=== good | none metric of lists in loop of models
# %%
import numpy as np
from sklearn.svm import SVC
from sklearn.neighbors import KNeighborsClassifier
from sklearn.model_selection import train_test_split
X, y = np.load("x.npy"), np.load("y.npy")
a, b, c, d = train_test_split(X, y, random_state=0)
for name, m in {"svc": SVC(), "knn": KNeighborsClassifier()}.items():
    m.fit(a, c)
    print(name, m.score(b, d))
#=== bad | NB503 smote with cross val
# %%
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
ros = RandomOverSampler(random_state=0)
X_res, y_res = ros.fit_resample(df.drop("y", axis=1), df["y"])
print(cross_val_score(SVC(), X_res, y_res).mean())
#=== good | none bootstrap means
# %%
import numpy as np, pandas as pd
from sklearn.utils import resample
from sklearn.model_selection import train_test_split
x = pd.read_csv("d.csv")
means = [resample(x["a"]).mean() for _ in range(100)]
a, b = train_test_split(x, random_state=0)
#=== good | none semi supervised halves
# %%
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.linear_model import LogisticRegression
X, y = np.load("x.npy"), np.load("y.npy")
X1, X2, y1, y2 = train_test_split(X, y, test_size=0.5, random_state=0)
s = LogisticRegression().fit(X1, y1).score(X2, y2) + LogisticRegression().fit(X2, y2).score(X1, y1)
#=== good | none keras mnist
# %%
from tensorflow import keras
from sklearn.preprocessing import StandardScaler
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
s = StandardScaler()
x_train = s.fit_transform(x_train.reshape(-1, 784))
x_test = s.transform(x_test.reshape(-1, 784))
m = keras.Sequential()
m.fit(x_train, y_train)
m.evaluate(x_test, y_test)
#=== good | none target scaler
# %%
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
X, y = np.load("x.npy"), np.load("y.npy")
y = StandardScaler().fit_transform(y.reshape(-1, 1))
a, b, c, d = train_test_split(X, y, random_state=0)
#=== bad | NB501 class of a function with several values
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
def load(path="d.csv"):
    df = pd.read_csv(path)
    X = df.drop("y", axis=1)
    y = df["y"]
    sc = StandardScaler()
    X = pd.DataFrame(sc.fit_transform(X), columns=X.columns)
    return X, y
X, y = load()
a, b, c, d = train_test_split(X, y, random_state=0)
#=== good | none clustering with scores
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
X = StandardScaler().fit_transform(pd.read_csv("d.csv"))
k = KMeans(3, random_state=0).fit(X)
print(silhouette_score(X, k.labels_), k.score(X))
#=== good | none gridsearch best
# %%
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X, y = df.drop(columns="y"), df.y
g = GridSearchCV(SVC(), {"C": [1, 10]}).fit(X, y)
print(g.score(X, y), g.best_score_)
#=== good | none survival
# %%
import pandas as pd
from lifelines import CoxPHFitter
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
tr, te = train_test_split(df, random_state=0)
cph = CoxPHFitter().fit(tr, "T", event_col="E")
print(cph.score(te))
#=== good | none time lag features keep column
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error
df = pd.read_csv("p.csv")
df["target"] = df["close"].shift(-1)
df = df.dropna()
X = df[["close", "volume"]]
y = df["target"]
n = int(len(df) * .8)
m = LinearRegression().fit(X[:n], y[:n])
print(mean_absolute_error(y[n:], m.predict(X[n:])))
#=== bad | NB505 forgot target after adding
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
df = pd.read_csv("p.csv")
df["target"] = df["close"].shift(-1)
df = df.dropna()
X = df.drop(["date"], axis=1)
y = df["target"]
n = int(len(df) * .8)
m = LinearRegression().fit(X[:n], y[:n])
print(m.score(X[n:], y[n:]))
#=== good | none pandas 2 get_dummies whole
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("p.csv")
X = pd.get_dummies(df)
y = df["churn"]
X = X.drop(["churn_yes", "churn_no"], axis=1)
LogisticRegression().fit(X, y)
#=== good | none train_test_split on frame then columns
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("p.csv")
train, test = train_test_split(df, random_state=0)
cols = [c for c in train.columns if c not in ("churn", "id")]
m = LogisticRegression().fit(train[cols], train["churn"])
print(m.score(test[cols], test["churn"]))
#=== good | none selector drop by position
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
data = pd.read_csv("p.csv").values
X, y = data[:, :-1], data[:, -1]
LogisticRegression().fit(X, y)
#=== good | none subset by a split
# %%
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.manifold import TSNE
X, y = np.load("x.npy"), np.load("y.npy")
X = StandardScaler().fit_transform(X)
small, _, ys, _ = train_test_split(X, y, train_size=500, random_state=0)
flat = TSNE().fit_transform(small)
#=== bad | NB501 sentdex
# %%
import numpy as np, pandas as pd, math
from sklearn import preprocessing, model_selection
from sklearn.linear_model import LinearRegression
df = pd.read_csv("googl.csv")
df = df[["Adj. Close", "HL_PCT"]]
forecast_out = int(math.ceil(0.01 * len(df)))
df["label"] = df["Adj. Close"].shift(-forecast_out)
X = np.array(df.drop(["label"], 1))
X = preprocessing.scale(X)
X_lately = X[-forecast_out:]
X = X[:-forecast_out]
df.dropna(inplace=True)
y = np.array(df["label"])
X_train, X_test, y_train, y_test = model_selection.train_test_split(X, y, test_size=0.2)
clf = LinearRegression(n_jobs=-1)
clf.fit(X_train, y_train)
print(clf.score(X_test, y_test))
#=== good | none columns chosen by methods
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("p.csv")
y = df["churn"]
def clean(frame):
    return frame.drop(columns="churn")
LogisticRegression().fit(df.pipe(clean), y)
LogisticRegression().fit(df.filter(["a", "b"]), y)
LogisticRegression().fit(df.filter(like="num_"), y)
LogisticRegression().fit(df[df.columns[:-1]], y)
LogisticRegression().fit(df[list(set(df.columns) - {"churn"})], y)
LogisticRegression().fit(df[[*"abc"]], y)
LogisticRegression().fit(df.set_index("churn"), y)
LogisticRegression().fit(df.rename(columns={"churn": "x"}).drop(columns="x"), y)
LogisticRegression().fit(df.T.iloc[:-1].T, y)
LogisticRegression().fit(clean(df), y)
LogisticRegression().fit(df.drop(df.columns[-1], axis=1), y)
LogisticRegression().fit(df.drop(labels=["churn"], axis=1), y)
LogisticRegression().fit(df.drop(["churn"], 1), y)
#=== bad | NB501 columns by position
# %%
import pandas as pd
from sklearn.preprocessing import RobustScaler
from sklearn.model_selection import train_test_split
df = pd.read_csv("p.csv")
X = RobustScaler().fit_transform(df[df.columns[:-1]])
a, b, c, d = train_test_split(X, df["y"])
#=== good | none loops of train and test
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
train, test = pd.read_csv("a.csv"), pd.read_csv("b.csv")
sc = StandardScaler()
sc.fit(train[["a"]])
for frame in (train, test):
    frame[["a"]] = sc.transform(frame[["a"]])
#=== good | none two scalers
# %%
import pandas as pd
from sklearn.preprocessing import StandardScaler
train, test = pd.read_csv("a.csv"), pd.read_csv("b.csv")
a = StandardScaler().fit_transform(train)
b = StandardScaler().fit_transform(test)
#=== bad | NB501 lstm with a function for windows
# %%
import numpy as np, pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.metrics import mean_absolute_error
from keras.models import Sequential
df = pd.read_csv("power.csv")
dataset = df.power.values.astype("float32").reshape(-1, 1)
scaler = MinMaxScaler()
dataset = scaler.fit_transform(dataset)
train_size = int(len(dataset) * 0.8)
train, test = dataset[0:train_size, :], dataset[train_size:len(dataset), :]
def create_dataset(dataset, look_back=1):
    X, Y = [], []
    for i in range(len(dataset) - look_back - 1):
        X.append(dataset[i:(i + look_back), 0])
        Y.append(dataset[i + look_back, 0])
    return np.array(X), np.array(Y)
X_train, Y_train = create_dataset(train, 30)
X_test, Y_test = create_dataset(test, 30)
model = Sequential()
model.fit(X_train, Y_train)
test_predict = scaler.inverse_transform(model.predict(X_test))
Y_test = scaler.inverse_transform([Y_test])
print(mean_absolute_error(Y_test[0], test_predict[:, 0]))
#=== bad | NB504 rounded predictions
# %%
import numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score
df = pd.read_csv("p.csv")
X, y = df[["a"]], df["y"]
m = LinearRegression().fit(X, y)
print(accuracy_score(y, (m.predict(X) > 0.5).astype(int)))
"""

PEOPLES = parse_cases(NOTEBOOKS)


def codes(data: bytes) -> set[str]:
    """Return the rules of machine learning that find something."""
    return {finding.code for finding in check_bytes(data, "a.ipynb", ALL)}


def notebook(*cells: str) -> bytes:
    """Return a notebook of code cells."""
    saved = [{"cell_type": "code", "metadata": {}, "source": c, "outputs": [], "execution_count": 1} for c in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": saved}).encode()


@pytest.mark.parametrize("case", PEOPLES, ids=[case.why for case in PEOPLES])
def test_what_people_write(case: Case) -> None:
    expected = set(case.why.partition(" ")[0].split("+")) - {"none"}
    assert codes(case.data) == expected


def test_a_finding_names_the_cells_and_stands_at_the_call() -> None:
    found = check_bytes(
        notebook(
            "from sklearn.preprocessing import StandardScaler\nfrom sklearn.model_selection import train_test_split",
            "import numpy as np\nX = np.load('x.npy')",
            "X = StandardScaler().fit_transform(X)",
            "a, b = train_test_split(X, random_state=0)",
        ),
        "a.ipynb",
        frozenset({"NB501"}),
    )
    assert [f.message for f in found] == [
        "`StandardScaler` is fitted on all rows, the split comes in cell 4: the test score is too good"
    ]
    assert found[0].place[:5] == (3, 1, 5, 1, 38)


def test_a_change_in_place_reaches_all_names_of_the_data() -> None:
    start = "import pandas as pd\nfrom sklearn.svm import SVC\ndf = pd.read_csv('d.csv')\ny = df['t']\nX = df\n"
    assert codes(notebook(start + "SVC().fit(X, y)")) == {"NB505"}
    for change in ("del df['t']", "df.pop('t')", "df.drop('t', axis=1, inplace=True)", "df.columns = list('abc')"):
        assert codes(notebook(start + change + "\nSVC().fit(X, y)")) == set(), change


def test_notebooks_without_a_library_of_learning_are_not_followed() -> None:
    book = read(notebook("X = load()\nm.fit(X, X)\nm.score(X, X)"), "a.ipynb")
    assert isinstance(book, Notebook)
    assert not history_of(book).fits


STATEMENTS = [
    line for code in sorted(ALL) for case in cases(code) for cell in case.cells for line in cell.source.split("\n")
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=5, max_size=60), st.randoms(use_true_random=False))
def test_no_order_of_statements_is_too_much(lines: list[str], chance: random.Random) -> None:
    """Any order of the cases' own lines gives findings, the same each time, and no exception."""
    cells = [line if chance.random() < 0.8 else f"def f(X, y, df):\n    {line.strip()}\n    return X" for line in lines]
    data = notebook(*cells, "f(X, y, df)")
    assert check_bytes(data, "a.ipynb", ALL) == check_bytes(data, "a.ipynb", ALL)


def test_functions_that_call_each_other_end() -> None:
    many = "\n".join(f"def f{i}(x):\n    return f{i + 1}(f{i + 1}(f{i + 1}(x)))" for i in range(40))
    own = "def g(x):\n    return g(g(x))"
    start = time.perf_counter()
    codes(notebook("import sklearn\nimport pandas as pd\n" + many + "\n" + own, "f0(pd.read_csv('x'))\ng(1)\nm.fit(x)"))
    assert time.perf_counter() - start < 5


def test_deep_expressions_end() -> None:
    deep = "x" + "".join(f"[{i}]" for i in range(400)) + " + ".join(["x"] * 400) + "(" * 60 + ")" * 60
    assert (
        codes(notebook("import sklearn, numpy as np\nx = np.load('x')", "y = x" + ".T" * 900, deep, "m.fit(x)"))
        == set()
    )


def test_a_long_notebook_takes_its_time_only_once() -> None:
    cell = (
        "df{i} = pd.read_csv('d.csv')\nX{i}, y{i} = df{i}.drop(columns='y'), df{i}['y']\n"
        "X{i} = StandardScaler().fit_transform(X{i})\nif len(X{i}):\n    X{i} = X{i} * 2\n"
        "a, b, c, d = train_test_split(X{i}, y{i}, random_state=0)\nSVC().fit(a, c).score(b, d)"
    )
    first = (
        "import pandas as pd\nfrom sklearn.svm import SVC\nfrom sklearn.preprocessing import StandardScaler\n"
        "from sklearn.model_selection import train_test_split"
    )
    taken = []
    for number in (100, 400):
        book = read(notebook(first, *(cell.replace("{i}", str(i)) for i in range(number))), "a.ipynb")
        assert isinstance(book, Notebook)
        assert book.calls
        start = time.perf_counter()
        assert len(history_of(book).splits) == number
        taken.append(time.perf_counter() - start)
    assert taken[1] < 12 * taken[0] + 0.5
