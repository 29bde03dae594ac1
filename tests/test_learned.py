"""A fitted model and its transformers as one object: when there is one, and that it predicts as the notebook did."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import close_worker, examine
from making import code_of, converted, notebook

from nb2pkg.model import Predictor, Project
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.project.build import build_project


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


IMPORTS = (
    "import numpy as np\nimport pandas as pd\n"
    "from sklearn.decomposition import PCA\n"
    "from sklearn.feature_extraction.text import CountVectorizer\n"
    "from sklearn.linear_model import LogisticRegression\n"
    "from sklearn.metrics import accuracy_score\n"
    "from sklearn.model_selection import train_test_split\n"
    "from sklearn.naive_bayes import MultinomialNB\n"
    "from sklearn.pipeline import Pipeline\n"
    "from sklearn.preprocessing import StandardScaler\n"
)
DATA = (
    "rng = np.random.default_rng(0)\nX = rng.normal(size=(60, 3)) * 5 + 2\ny = (X[:, 0] > X[:, 1]).astype(int)\n"
    "X_train, X_test, y_train, y_test = X[:40], X[40:], y[:40], y[40:]"
)
SCALE = "scaler = StandardScaler()\nZ_train = scaler.fit_transform(X_train)\nZ_test = scaler.transform(X_test)"
FIT = "model = LogisticRegression()\nmodel.fit(Z_train, y_train);"
JUDGE = "accuracy = accuracy_score(y_test, model.predict(Z_test))\nprint(accuracy)"
DUMP = "import joblib\njoblib.dump(model, 'model.joblib');"
TEXTS = (
    "texts = ['good good', 'bad', 'good day', 'bad bad day']\nlabels = [1, 0, 1, 0]\n"
    "counter = CountVectorizer()\ncounts = counter.fit_transform(texts)\nbayes = MultinomialNB()\n"
    "bayes.fit(counts.toarray(), labels);"
)

# cells below IMPORTS and DATA -> parts, methods, and the notebook's name for rows that go in
FOUND: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]] = {
    "new rows": ((SCALE, FIT, JUDGE), ("scaler", "model"), ("predict",), "X_test"),
    "one expression": (
        (
            SCALE,
            FIT,
            "new = np.array([[1, 2, 3.0]])\nprint(model.predict(scaler.transform(new)))",
            "print(model.predict_proba(scaler.transform(new)).round(3))",
        ),
        ("scaler", "model"),
        ("predict", "predict_proba"),
        "new",
    ),
    "a saved model": (
        ("scaler = StandardScaler()\nZ_train = scaler.fit_transform(X_train)", FIT, DUMP),
        ("scaler", "model"),
        ("predict",),
        "X_train",
    ),
    "saved together": (
        (SCALE, FIT, "import pickle\nwith open('m.pkl', 'wb') as f:\n    pickle.dump({'s': scaler, 'm': model}, f)"),
        ("scaler", "model"),
        ("predict",),
        "X_train",
    ),
    "two transformers, made and fitted in one line": (
        (
            "scaler = StandardScaler().fit(X_train)\npca = PCA(2)",
            "P_train = pca.fit_transform(scaler.transform(X_train))",
            "model = LogisticRegression().fit(P_train, y_train)",
            "guesses = model.predict(pca.transform(scaler.transform(X_test)))\nprint(guesses)",
        ),
        ("scaler", "pca", "model"),
        ("predict",),
        "X_test",
    ),
    "the same name again": (
        (
            "scaler = StandardScaler()\nX_train = scaler.fit_transform(X_train)\nX_test = scaler.transform(X_test)",
            "model = LogisticRegression()\nmodel.fit(X_train, y_train);",
            "print(model.predict(X_test))\nprint(model.coef_.round(2))",
        ),
        ("scaler", "model"),
        ("predict",),
        "X_test",
    ),
    "scaled, then split": (
        (
            "scaler = StandardScaler()\nZ = scaler.fit_transform(X)",
            "Z_train, Z_test, y_train, y_test = train_test_split(Z, y, random_state=0)",
            FIT,
            JUDGE,
            "print(model.predict(scaler.transform([[1, 2, 3]])))",
        ),
        ("scaler", "model"),
        ("predict",),
        "",
    ),
    "words": (
        (TEXTS, "more = ['good good good', 'bad day']\nprint(bayes.predict(counter.transform(more).toarray()))"),
        ("counter", "bayes"),
        ("predict",),
        "more",
    ),
    "the one of two models that is saved": (
        (
            SCALE,
            FIT,
            JUDGE,
            "other = LogisticRegression(C=0.1)\nother.fit(Z_train, y_train)\nother.predict(Z_test)",
            DUMP,
        ),
        ("scaler", "model"),
        ("predict",),
        "X_test",
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_a_predictor_is_found_and_the_story_stays(case: str, tmp_path: Path) -> None:
    cells, parts, methods, rows = FOUND[case]
    flow, plan = plan_notebook(notebook(tmp_path, IMPORTS, DATA, *cells))
    found = plan.predictor

    assert isinstance(found, Predictor)
    assert (found.parts, found.methods, found.rows) == (parts, methods, rows)
    assert apply_plan(plan_text(plan, flow), "plan.toml", flow, plan) == plan
    verdict = examine((IMPORTS, DATA, *cells))
    assert verdict.kind == "same", verdict.detail


REFUSED: dict[str, tuple[str, ...]] = {
    "a model alone": ("model = LogisticRegression()\nmodel.fit(X_train, y_train)", "print(model.predict(X_test))"),
    "nothing new, and nothing saved": (SCALE, FIT, "print(model.score(Z_test, y_test))"),
    "a scaler that is rebound": (SCALE, FIT, JUDGE, "scaler = StandardScaler()\nscaler.fit(X)"),
    "a scaler that is fitted again": (SCALE, FIT, JUDGE, "scaler.fit(X_test)"),
    "a model that is fitted again": (SCALE, FIT, JUDGE, "model.fit(Z_test, y_test)"),
    "a model that is fitted in a loop": (
        SCALE,
        "model = LogisticRegression()\nfor _ in range(2):\n    model.fit(Z_train, y_train)",
        JUDGE,
    ),
    "a model that is fitted under another name": (SCALE, FIT, JUDGE, "best = model\nbest.fit(X_train, y_train)"),
    "what fit returns": (SCALE, FIT.replace("model.fit", "again = model.fit"), JUDGE, "again.fit(X, y)"),
    "a model in a list": (SCALE, FIT, JUDGE, "for m in [model]:\n    m.fit(X, y)"),
    "a model that a function gets": (
        SCALE,
        FIT,
        JUDGE,
        "def again(m):\n    return m.fit(X, y)\n\nagain(model)",
    ),
    "a model that a function fits": (SCALE, FIT, JUDGE, "def again():\n    model.fit(X, y)\n\nagain()"),
    "a model that is deleted": (SCALE, FIT, JUDGE, "del model"),
    "a scaler that is deleted": (SCALE, FIT, JUDGE, "del scaler"),
    "a part that is changed": (SCALE, FIT, JUDGE, "model.intercept_[0] = 100"),
    "a part that is changed under another name": (SCALE, FIT, JUDGE, "weights = model.coef_\nweights[0] = 0"),
    "a part that is shuffled": (SCALE, FIT, JUDGE, "np.random.shuffle(model.coef_[0])"),
    "a part whose parameters are set": (
        "from sklearn.model_selection import GridSearchCV",
        SCALE,
        "model = GridSearchCV(LogisticRegression(), {'C': [1, 2]})\nmodel.fit(Z_train, y_train)",
        JUDGE,
        "best = model.best_estimator_\nbest.set_params(C=3)",
    ),
    "an attribute that is set": (SCALE, FIT, JUDGE, "scaler.mean_ = scaler.mean_ * 2"),
    "parameters that are set": (SCALE, FIT, JUDGE, "scaler.set_params(with_mean=False)"),
    "in a pipeline that is fitted": (
        SCALE,
        FIT,
        JUDGE,
        "pipe = Pipeline([('s', scaler), ('m', model)])\npipe.fit(X, y)",
    ),
    "bound in a branch": (
        "if len(X_train) > 3:\n    scaler = StandardScaler()\nZ_train = scaler.fit_transform(X_train)\n"
        "Z_test = scaler.transform(X_test)",
        FIT,
        JUDGE,
    ),
    "rows that are changed by hand": (SCALE, "Z_train[:, 0] = 0\nZ_test[:, 0] = 0", FIT, JUDGE),
    "rows that are changed under another name": (SCALE, "view = Z_test\nview[:, 0] = 0", FIT, JUDGE),
    "rows that a function changes": (SCALE, FIT, "def clear():\n    Z_test[:] = 0\n\nclear()", JUDGE),
    "rows that something else prepared": (
        "first = StandardScaler()\nframe = pd.DataFrame(first.fit_transform(X_train))\n"
        "fresh = pd.DataFrame(first.transform(X_test))",
        "scaler = StandardScaler()\nZ_train = scaler.fit_transform(frame)\nZ_test = scaler.transform(fresh)",
        FIT,
        JUDGE,
    ),
    "columns that something else prepared": (
        "first = StandardScaler()\nframe = pd.DataFrame(X_train)\nfresh = pd.DataFrame(X_test)",
        "frame[[0]] = first.fit_transform(frame[[0]])\nfresh[[0]] = first.transform(fresh[[0]])",
        "scaler = StandardScaler()\nZ_train = scaler.fit_transform(frame)\nZ_test = scaler.transform(fresh)",
        FIT,
        JUDGE,
    ),
    "rows that are not scaled once": (SCALE, FIT, JUDGE, "print(model.predict(X_test))"),
    "fitted on something else": (SCALE, FIT.replace("Z_train", "X_train"), JUDGE),
    "two models": (
        SCALE,
        FIT,
        JUDGE,
        "other = LogisticRegression(C=0.1)\nother.fit(Z_train, y_train)\nother.predict(Z_test)",
    ),
    "a model and a pipeline": (
        SCALE,
        FIT,
        JUDGE,
        "pipe = Pipeline([('s', StandardScaler()), ('m', LogisticRegression())])\npipe.fit(X_train, y_train)",
        "print(pipe.predict(X_test))",
    ),
    "a scaler that works in place": (SCALE.replace("StandardScaler()", "StandardScaler(copy=False)"), FIT, JUDGE),
    "settings of the library": (
        "import sklearn\nsklearn.set_config(transform_output='default')",
        SCALE,
        FIT,
        JUDGE,
    ),
    "a function within": (
        "def words(text):\n    return text.split()",
        TEXTS.replace("CountVectorizer()", "CountVectorizer(tokenizer=words, token_pattern=None)"),
        "print(bayes.predict(counter.transform(['good']).toarray()))",
    ),
    "a part that has one of our names": (
        SCALE.replace("scaler", "load"),
        FIT,
        JUDGE,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_predictor_where_it_might_say_something_else(case: str, tmp_path: Path) -> None:
    cells = REFUSED[case]
    plan = plan_notebook(notebook(tmp_path, IMPORTS, DATA, *cells))[1]

    assert plan.predictor is None
    assert "predictor" not in code_of(converted(tmp_path, IMPORTS, DATA, *cells))


def installed(project: Project, folder: Path) -> dict[str, str]:
    """Write a project and return the environment in which its package is found."""
    for name, data in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return {**os.environ, "PYTHONPATH": str(folder / "src")}


def python(folder: Path, environment: dict[str, str], code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize("library", ["pickle", "joblib"])
def test_a_loaded_predictor_predicts_what_the_notebook_did(library: str, tmp_path: Path) -> None:
    imports = IMPORTS + ("import joblib\n" if library == "joblib" else "")
    cells = (imports, DATA, SCALE, FIT, "guesses = model.predict(Z_test)\nchances = model.predict_proba(Z_test)")
    shown = "print(guesses.tolist(), chances.tolist())"
    project = converted(tmp_path, *cells, shown)
    environment = installed(project, tmp_path)

    told = python(tmp_path, environment, "from small_book import run; run().predictor.save('p.bin')")
    loaded = python(
        tmp_path,
        environment,
        "from small_book import Predictor; import numpy as np\n"
        f"{DATA}\np = Predictor.load('p.bin')\nprint(p.predict(X_test).tolist(), p.predict_proba(X_test).tolist())",
    )

    assert told == loaded
    assert examine((*cells, shown)).kind == "same"
    assert f"{library}.dump(self" in code_of(project)["predictor"]


def test_a_file_with_something_else_is_not_loaded(tmp_path: Path) -> None:
    environment = installed(converted(tmp_path, IMPORTS, DATA, SCALE, FIT, JUDGE), tmp_path)
    code = (
        "import pickle\nfrom small_book import Predictor\npickle.dump([1], open('list.bin', 'wb'))\n"
        "try:\n    Predictor.load('list.bin')\nexcept TypeError as error:\n    print(error)"
    )

    assert python(tmp_path, environment, code) == "list.bin holds no Predictor\n"


def test_our_names_give_way(tmp_path: Path) -> None:
    cells = (
        IMPORTS,
        DATA,
        SCALE,
        FIT,
        JUDGE,
        "Predictor = 3\npredictor = LogisticRegression().fit(X, y)\nprint(Predictor)",
    )
    code = code_of(converted(tmp_path, *cells))

    assert "class RunPredictor:" in code["predictor"]
    assert "    fitted_predictor: RunPredictor\n" in code["pipeline"]
    assert '"RunPredictor", "Results", "run"' in code["__init__"]
    assert examine(cells).kind == "same"


def test_parts_come_out_of_records_and_chapters(tmp_path: Path) -> None:
    plots = [
        part
        for number in range(14)
        for part in (f"#md ## Look {number}", f"print('a', {number})", f"print('b', {number})", f"print('c', {number})")
    ]
    cells = (IMPORTS, DATA, "#md ## Scale", SCALE, FIT, JUDGE, *plots)
    code = code_of(converted(tmp_path, *cells))

    assert "predictor=Predictor(" in code["pipeline"]
    assert examine([c for c in cells if not c.startswith("#md")]).kind == "same"


def test_no_results_no_predictor(tmp_path: Path) -> None:
    flow, plan = plan_notebook(notebook(tmp_path, IMPORTS, DATA, SCALE, FIT, JUDGE))
    text = plan_text(plan, flow)
    line = next(line for line in text.splitlines() if line.startswith("results ="))
    without = apply_plan(text.replace(line, "results = []"), "plan.toml", flow, plan)

    assert plan.predictor is not None
    assert without.predictor is None
    assert "predictor.py" not in "".join(build_project(flow, without).files)


def test_the_readme_says_how(tmp_path: Path) -> None:
    readme = converted(tmp_path, IMPORTS, DATA, SCALE, FIT, JUDGE).files["README.md"].decode()

    assert 'Predictor.load("small_book.pickle").predict(rows)' in readme
    assert "`rows` is what `scaler` takes, such as the notebook's `X_test`" in readme
