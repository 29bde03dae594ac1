"""The facts about libraries: looked up right, and written down without contradiction."""

from __future__ import annotations

import importlib
import importlib.util

import pytest

from nb2pkg.flow import libraries
from nb2pkg.flow.library_facts import DATA_FACTS, Fact
from nb2pkg.flow.model_facts import MODEL_FACTS
from nb2pkg.flow.picture_facts import METHOD_FACTS, PICTURE_FACTS

ALL_FACTS = DATA_FACTS + MODEL_FACTS + PICTURE_FACTS


@pytest.mark.parametrize(
    ("call", "stage", "verb"),
    [
        ("pandas.read_csv", "data", "load"),
        ("pandas.read_something_new", "data", "load"),
        ("pandas.get_dummies", "features", "encode"),
        ("sklearn.model_selection.train_test_split", "preprocessing", "split"),
        ("sklearn.model_selection.GridSearchCV", "training", "select"),
        ("sklearn.preprocessing.StandardScaler", "preprocessing", "scale"),
        ("sklearn.preprocessing.OneHotEncoder", "features", "encode"),
        ("sklearn.linear_model.Ridge", "training", "train"),
        ("sklearn.metrics.f1_score", "evaluation", "score"),
        ("sklearn.metrics.RocCurveDisplay.from_estimator", "visualization", "plot"),
        ("sklearn.feature_extraction.text.TfidfVectorizer", "features", "vectorize"),
        ("matplotlib.pyplot.scatter", "visualization", "plot"),
        ("seaborn.load_dataset", "data", "load"),
        ("torch.save", "export", "save"),
        ("tensorflow.keras.layers.Dense", "training", "build"),
        ("keras.datasets.mnist.load_data", "data", "load"),
        ("MeCab.Tagger", "preprocessing", "tokenize"),
        ("pandas.set_option", None, "configure"),
        ("pandas.Timestamp", None, None),
        ("somewhere.unknown", None, None),
    ],
)
def test_stage_and_verb(call: str, stage: str | None, verb: str | None) -> None:
    assert libraries.stage_of_call(call) == stage
    assert libraries.verb_of(call) == verb


def test_a_name_is_not_a_prefix_of_another() -> None:
    """`pandas.read_csv` says nothing about a name that only begins like a whole one."""
    assert libraries.stage_of_call("jsonlines.load") is None
    assert libraries.result_type("pandas.read_csv_fast") is None
    assert libraries.stage_of_method("dropna_later") is None


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("dropna", "preprocessing"),
        ("head", "exploration"),
        ("fit", "training"),
        ("fit_transform", "preprocessing"),
        ("predict_proba", "evaluation"),
        ("plot.bar", "visualization"),
        ("plot_diagnostics", "visualization"),
        ("to_csv", "export"),
        ("str.replace", "preprocessing"),
        ("name.str.replace", "preprocessing"),
        ("join", None),
        ("update", None),
    ],
)
def test_stage_of_method(name: str, stage: str | None) -> None:
    assert libraries.stage_of_method(name) == stage
    assert libraries.stage_of_method(f".{name}") == stage


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("matplotlib.pyplot.hist", True),
        ("matplotlib.pyplot.figure", True),
        ("matplotlib.pyplot.style.use", False),
        ("seaborn.pairplot", True),
        ("seaborn.load_dataset", False),
        ("seaborn.set_theme", False),
        ("sklearn.tree.plot_tree", True),
        ("sklearn.metrics.accuracy_score", False),
        ("statsmodels.api.qqplot", True),
        ("shap.summary_plot", True),
        (".plot", True),
        (".plot.bar", True),
        (".hist", True),
        (".fit", False),
        ("numpy.histogram", False),
        ("json.dumps", False),
        ("builtins.print", False),
        ("print", False),
        ("helpers.compare", True),  # nobody knows: it may
    ],
)
def test_draws(call: str, expected: bool) -> None:
    assert libraries.draws(call) is expected


def test_callables_that_are_not_kept() -> None:
    assert libraries.consumes_callable("builtins.sorted")
    assert libraries.consumes_callable("functools.reduce")
    assert libraries.consumes_callable(".apply", {"pandas", "DataFrame"})
    assert libraries.consumes_callable(".groupby.apply")


def test_callables_that_may_be_kept() -> None:
    assert not libraries.consumes_callable("numpy.vectorize")
    assert not libraries.consumes_callable("builtins.map")
    assert not libraries.consumes_callable("functools.partial")
    assert not libraries.consumes_callable("sklearn.preprocessing.FunctionTransformer")
    assert not libraries.consumes_callable("matplotlib.animation.FuncAnimation")
    assert not libraries.consumes_callable(".style.apply"), "a Styler calls it when it is shown"
    assert not libraries.consumes_callable(".apply", {"dask"})
    assert not libraries.consumes_callable(".map", {"ThreadPoolExecutor"})
    assert not libraries.consumes_callable(".connect")


def test_lazy_iterators_and_what_reads_them() -> None:
    assert libraries.is_lazy_iterator("builtins.map")
    assert not libraries.is_lazy_iterator("builtins.sorted")
    assert libraries.exhausts("builtins.list")
    assert not libraries.exhausts("builtins.iter")
    assert libraries.LAZY_ITERATORS.isdisjoint(libraries.EXHAUSTING_CALLS)


@pytest.mark.parametrize(
    "call",
    [
        "pandas.set_option",
        "numpy.random.seed",
        "random.seed",
        "torch.manual_seed",
        "warnings.filterwarnings",
        "warnings.simplefilter",
        "numpy.set_printoptions",
        "logging.basicConfig",
        "seaborn.set_theme",
        "matplotlib.pyplot.rcParams.update",
        "matplotlib.pyplot.style.use",
    ],
)
def test_settings(call: str) -> None:
    assert libraries.is_setting(call)


def test_no_settings() -> None:
    assert not libraries.is_setting("pandas.read_csv")
    assert not libraries.is_setting("numpy.random.normal")
    assert not libraries.is_setting("matplotlib.pyplot.plot")


@pytest.mark.parametrize(
    ("call", "keywords", "expected"),
    [
        ("pandas.read_csv", (), ("pandas", "DataFrame")),
        ("pandas.read_csv", ("index_col", "chunksize"), None),
        ("pandas.read_excel", ("sheet_name",), None),
        ("pandas.concat", (), None),
        ("numpy.linspace", (), ("numpy", "ndarray")),
        ("sklearn.linear_model.Ridge", ("alpha",), ("sklearn.linear_model", "Ridge")),
        ("sklearn.decomposition.PCA", (), ("sklearn.decomposition", "PCA")),
        ("sklearn.metrics.accuracy_score", (), ("builtins", "float")),
        ("sklearn.ensemble.forest.something", (), None),
        ("sklearn.pipeline.make_pipeline", (), ("sklearn.pipeline", "Pipeline")),
        ("sklearn.pipeline.make_union", (), None),
        ("pathlib.Path", (), ("pathlib", "Path")),
        ("pathlib.Path.cwd", (), None),
        ("collections.deque", (), ("collections", "deque")),
    ],
)
def test_result_type(call: str, keywords: tuple[str, ...], expected: tuple[str, str] | None) -> None:
    assert libraries.result_type(call, keywords) == expected


# In some of the releases that people have, and not in the newest.
GONE = {"pandas.read_gbq"}


def _installed_names() -> list[tuple[str, Fact]]:
    names = []
    for fact in DATA_FACTS + MODEL_FACTS:
        if isinstance(fact.result, tuple) and fact.module.partition(".")[0] in {"pandas", "numpy", "sklearn", "json"}:
            names += [(f"{fact.module}.{name}", fact) for name in fact.names.split() if "*" not in name]
    return [(name, fact) for name, fact in names if name not in GONE]


@pytest.mark.parametrize(("call", "fact"), _installed_names())
def test_calls_and_result_types_exist(call: str, fact: Fact) -> None:
    """A misspelt row would do nothing, silently."""
    assert isinstance(fact.result, tuple)
    module, name = fact.result
    assert hasattr(importlib.import_module(module), name)
    parts = call.split(".")
    found: object = importlib.import_module(parts[0])
    for length, part in enumerate(parts[1:], start=2):
        if not hasattr(found, part) and importlib.util.find_spec(".".join(parts[:length])):
            importlib.import_module(".".join(parts[:length]))
        found = getattr(found, part)
    assert callable(found)


def test_rows_with_the_same_name_agree() -> None:
    """Rows of one name add up, so they may not contradict each other."""
    for facts in (ALL_FACTS, METHOD_FACTS):
        seen: dict[str, list[Fact]] = {}
        for fact in facts:
            for name in fact.names.split():
                seen.setdefault(f"{fact.module}.{name}", []).append(fact)
        for name, rows in seen.items():
            for attribute in ("stage", "verb", "result"):
                values = {getattr(row, attribute) for row in rows} - {None, ""}
                assert len(values) <= 1, f"{name}: {attribute} is {values}"


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Load the data", "data"),
        ("1. Loading data", "data"),
        ("Data cleaning", "preprocessing"),
        ("Train/test split", "preprocessing"),
        ("Split the data", "preprocessing"),
        ("Exploratory Data Analysis", "exploration"),
        ("Feature engineering", "features"),
        ("Feature scaling", "preprocessing"),
        ("Feature importance", "evaluation"),
        ("Train a random forest", "training"),
        ("Modelling", "training"),
        ("Model evaluation", "evaluation"),
        ("Evaluate on the training set", "evaluation"),
        ("Plot the training loss", "visualization"),
        ("Data visualization", "visualization"),
        ("Save the model", "export"),
        ("Results", "evaluation"),
        ("データの読み込み", "data"),
        ("2. データ読込", "data"),
        ("学習データの読み込み", "data"),
        ("前処理", "preprocessing"),
        ("欠損値の処理", "preprocessing"),
        ("学習データとテストデータに分割", "preprocessing"),
        ("特徴量の作成", "features"),
        ("モデルの学習", "training"),
        ("モデルの評価", "evaluation"),
        ("予測", "evaluation"),
        ("結果の可視化", "visualization"),
        ("モデルの保存", "export"),
        ("Introduction", None),
        ("はじめに", None),
        ("", None),
        ("A trainee's estate", None),
    ],
)
def test_stage_of_heading(text: str, stage: str | None) -> None:
    assert libraries.stage_of_heading(text) == stage
