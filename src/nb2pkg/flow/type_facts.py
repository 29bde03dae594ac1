"""What attributes, methods and calls of well-known libraries return: the tables behind `nb2pkg.flow.types`.

A row holds only what is so in each supported version of a library and for each argument, apart from the keywords that
it names. What depends on the data (`Series.values`, `Series.sum()`) is in no row: an annotation must not be a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type that a value surely has.

    Args:
        module: where the class is found; empty for classes of the notebook.
        name: the class.
        args: types of the items: of a list or a set one, of a dict two, of a tuple one for each.
        tag: what else is known; no part of an annotation.
    """

    module: str
    name: str
    args: tuple[Type | None, ...] = ()
    tag: str = ""


def _builtin(name: str) -> Type:
    return Type("builtins", name)


INT, FLOAT, TEXT, BOOL, BYTES = (_builtin(name) for name in ("int", "float", "str", "bool", "bytes"))
LIST, TUPLE, SET, DICT, RANGE = (_builtin(name) for name in ("list", "tuple", "set", "dict", "range"))
FRAME = Type("pandas", "DataFrame")
LEVELS = Type("pandas", "DataFrame", tag="levels")  # its columns may have levels, so that `df["a"]` may be a frame
SERIES = Type("pandas", "Series")
INDEX = Type("pandas", "Index")
ARRAY = Type("numpy", "ndarray")
TENSOR = Type("torch", "Tensor")
GRAPH = Type("networkx", "Graph")
FIGURE = Type("matplotlib.figure", "Figure")
AXES = Type("matplotlib.axes", "Axes")
PATH = Type("pathlib", "Path")
BUNCH = Type("sklearn.utils", "Bunch")
ARRAYS = Type("sklearn.utils", "Bunch", tag="arrays")  # of a toy data set: `data` and `target` are arrays
# What is no annotation, but leads to one: the groups of a frame, of a series; a series' accessors.
FRAME_GROUPS = Type("", "", tag="frame groups")
SERIES_GROUPS = Type("", "", tag="series groups")
TEXTS = Type("", "", tag="str accessor")
DATES = Type("", "", tag="dt accessor")

DATASET = Type("", "", tag="statsmodels data set")
TABLES = (FRAME, LEVELS, SERIES, ARRAY)

Results = dict[tuple[Type, str], tuple[Type, frozenset[str]]]


def _rows(*rows: tuple[Type, Type, str] | tuple[Type, Type, str, str]) -> Results:
    """Return (receiver, name) -> (result, keywords with which it is another); a row may name many."""
    found: Results = {}
    for receiver, result, names, *unless in rows:
        for name in names.split():
            found[receiver, name] = (result, frozenset(" ".join(unless).split()))
    return found


_SAME = """head tail copy dropna drop_duplicates fillna drop sort_index sort_values sample replace astype round abs
    clip diff shift cumsum cumprod cummax cummin pct_change rank ffill bfill where mask isin isna isnull notna notnull
    between nlargest nsmallest interpolate add sub mul div truediv mod pow reindex infer_objects convert_dtypes truncate
    tz_localize tz_convert duplicated rename map combine_first set_axis add_prefix add_suffix"""
_FRAME_ONLY = """merge join assign query transpose melt select_dtypes filter set_index reset_index corr cov applymap
    explode append"""

METHODS: Results = {
    **_rows(
        *((kind, kind, _SAME, "level") for kind in (FRAME, LEVELS, SERIES)),
        (FRAME, FRAME, _FRAME_ONLY),
        (LEVELS, LEVELS, _FRAME_ONLY),
        (FRAME, FRAME, "describe"),
        (FRAME, LEVELS, "pivot pivot_table"),
        (FRAME, FRAME_GROUPS, "groupby", "as_index axis"),
        (FRAME, FRAME_GROUPS, "rolling expanding resample ewm", "axis"),
        (FRAME, ARRAY, "to_numpy"),
        (FRAME, SERIES, "duplicated nunique count memory_usage pop", "level"),
        (FRAME, DICT, "to_dict", "orient"),
        (FRAME, TEXT, "to_markdown", "buf"),
        (LEVELS, ARRAY, "to_numpy"),
        (LEVELS, SERIES, "duplicated nunique count memory_usage", "level"),
        (SERIES, SERIES, "value_counts describe"),
        (SERIES, FRAME, "to_frame"),
        (SERIES, SERIES_GROUPS, "groupby rolling expanding resample ewm", "as_index axis"),
        (SERIES, ARRAY, "to_numpy"),
        (SERIES, LIST, "tolist to_list"),
        (SERIES, DICT, "to_dict"),
        (SERIES, INT, "nunique"),
        (SERIES, FLOAT, "corr skew kurt autocorr"),
        (INDEX, LIST, "tolist to_list"),
        (INDEX, ARRAY, "to_numpy"),
        (
            TEXTS,
            SERIES,
            "lower upper strip lstrip rstrip title capitalize replace contains startswith endswith match len zfill "
            "pad slice get join count find isdigit isnumeric isalpha normalize swapcase repeat center ljust rjust",
        ),
        (TEXTS, SERIES, "split rsplit", "expand"),
        (DATES, SERIES, "strftime normalize floor ceil round month_name day_name total_seconds tz_localize tz_convert"),
        (
            FRAME_GROUPS,
            FRAME,
            "sum mean median min max std var count nunique first last prod transform cumsum head tail",
        ),
        (FRAME_GROUPS, SERIES, "size ngroup cumcount"),
        (
            SERIES_GROUPS,
            SERIES,
            "sum mean median min max std var count nunique first last prod size transform cumsum cumcount value_counts "
            "rank shift diff",
        ),
    ),
    **_rows(
        (
            ARRAY,
            ARRAY,
            "copy round cumsum reshape ravel flatten astype transpose squeeze clip argsort repeat swapaxes view",
        ),
        (ARRAY, BYTES, "tobytes"),
        (
            TENSOR,
            TENSOR,
            "view reshape float long int double half bool squeeze unsqueeze transpose permute clone detach cpu cuda to "
            "sum mean std var exp log sqrt abs pow matmul mm t flatten argmax softmax sigmoid relu tanh contiguous "
            "expand repeat clamp round eq ne gt lt ge le requires_grad_ type_as add sub mul div",
        ),
        (TENSOR, ARRAY, "numpy"),
        (FIGURE, AXES, "add_subplot add_axes gca", "projection polar"),
        (AXES, AXES, "twinx twiny inset_axes"),
        (AXES, FIGURE, "get_figure"),
    ),
    **_rows(
        (
            TEXT,
            TEXT,
            "lower upper strip lstrip rstrip title capitalize replace join format zfill ljust rjust center casefold "
            "swapcase expandtabs translate removeprefix removesuffix format_map",
        ),
        (TEXT, Type("builtins", "list", (TEXT,)), "split rsplit splitlines"),
        (TEXT, INT, "count find rfind index rindex"),
        (TEXT, BOOL, "startswith endswith isdigit isalpha isnumeric isspace isupper islower isalnum isidentifier"),
        (TEXT, BYTES, "encode"),
        (BYTES, TEXT, "decode hex"),
        (LIST, LIST, "copy"),
        (LIST, INT, "index count"),
        (DICT, DICT, "copy"),
        (SET, SET, "copy union intersection difference symmetric_difference"),
        (SET, BOOL, "issubset issuperset isdisjoint"),
        (PATH, PATH, "joinpath resolve absolute with_suffix with_name expanduser relative_to with_stem"),
        (PATH, BOOL, "exists is_file is_dir"),
        (PATH, TEXT, "read_text as_posix as_uri"),
        (PATH, BYTES, "read_bytes"),
        (Type("requests", "Session"), Type("requests", "Response"), "get post put request head"),
        (Type("datetime", "datetime"), TEXT, "strftime isoformat"),
        (Type("datetime", "date"), TEXT, "strftime isoformat"),
        (Type("collections", "Counter"), LIST, "most_common"),
    ),
}

ATTRIBUTES: Results = _rows(
    (FRAME, ARRAY, "values"),
    (FRAME, FRAME, "T"),
    (FRAME, INDEX, "columns index"),
    (FRAME, SERIES, "dtypes"),
    (FRAME, Type("builtins", "tuple", (INT, INT)), "shape"),
    (FRAME, INT, "size ndim"),
    (FRAME, BOOL, "empty"),
    (LEVELS, ARRAY, "values"),
    (LEVELS, INDEX, "columns index"),
    (LEVELS, SERIES, "dtypes"),
    (SERIES, INDEX, "index"),
    (SERIES, INT, "size ndim"),
    (SERIES, TEXTS, "str"),
    (SERIES, DATES, "dt"),
    (
        DATES,
        SERIES,
        "year month day hour minute second dayofweek weekday dayofyear quarter date time days is_month_end",
    ),
    (ARRAY, ARRAY, "T real imag"),
    (ARRAY, INT, "size ndim"),
    (ARRAY, TUPLE, "shape"),
    (ARRAYS, ARRAY, "data target"),
    (DATASET, FRAME, "data exog"),
    (TENSOR, TENSOR, "T data"),
    (PATH, PATH, "parent"),
    (PATH, TEXT, "name stem suffix"),
    (Type("requests", "Response"), TEXT, "text"),
    (Type("requests", "Response"), BYTES, "content"),
    (Type("requests", "Response"), INT, "status_code"),
)


def _calls(*rows: tuple[Type, str, str] | tuple[Type, str, str, str]) -> dict[str, tuple[Type, frozenset[str]]]:
    found = {}
    for result, module, names, *unless in rows:
        for name in names.split():
            found[f"{module}.{name}"] = (result, frozenset(" ".join(unless).split()))
    return found


_PAIR = Type("builtins", "tuple", (ARRAY, ARRAY))
# Calls that `libraries.result_type` says nothing of.
CALLS = _calls(
    (INT, "builtins", "len int ord hash id"),
    (FLOAT, "builtins", "float"),
    (TEXT, "builtins", "str repr chr hex bin oct input format ascii"),
    (BOOL, "builtins", "bool isinstance issubclass callable hasattr any all"),
    (LIST, "builtins", "list sorted dir"),
    (DICT, "builtins", "dict"),
    (SET, "builtins", "set"),
    (_builtin("frozenset"), "builtins", "frozenset"),
    (TUPLE, "builtins", "tuple"),
    (RANGE, "builtins", "range"),
    (BYTES, "builtins", "bytes"),
    (FLOAT, "time", "time perf_counter monotonic process_time"),
    (TEXT, "time", "strftime ctime"),
    (FLOAT, "math", "sqrt exp log log2 log10 sin cos tan atan atan2 radians degrees pow fsum hypot"),
    (INT, "math", "factorial comb perm gcd"),
    (FLOAT, "random", "random uniform gauss normalvariate"),
    (INT, "random", "randint randrange"),
    (TEXT, "os", "getcwd"),
    (BOOL, "os", "path.exists path.isfile path.isdir"),
    (Type("datetime", "datetime"), "datetime", "datetime.now datetime.today datetime.strptime datetime.utcnow"),
    (Type("datetime", "date"), "datetime", "date.today"),
    (PATH, "pathlib", "Path.cwd Path.home"),
    (Type("pandas", "Timestamp"), "pandas", "Timestamp.now Timestamp.today"),
    (FRAME, "seaborn", "load_dataset"),
    (AXES, "seaborn", "heatmap scatterplot lineplot barplot countplot boxplot violinplot histplot kdeplot regplot"),
    (AXES, "seaborn", "stripplot swarmplot pointplot ecdfplot residplot boxenplot rugplot"),
    (FIGURE, "matplotlib", "pyplot.figure pyplot.gcf figure.Figure"),
    (AXES, "matplotlib", "pyplot.gca pyplot.axes pyplot.subplot pyplot.subplot2grid", "projection polar"),
    (ARRAY, "numpy", "linalg.inv linalg.pinv diag tril triu outer kron identity tile vander roll"),
    (ARRAY, "numpy", "random.permutation"),
    (ARRAY, "numpy", "polyfit", "full cov"),
    (ARRAY, "numpy", "unique", "return_index return_inverse return_counts"),
    (ARRAY, "numpy", "vstack hstack dstack column_stack row_stack concatenate stack append"),
    (ARRAY, "numpy", "geomspace random.multivariate_normal random.dirichlet fft.fft fft.ifft fft.fftfreq"),
    (Type("numpy", "poly1d"), "numpy", "poly1d"),
    (GRAPH, "networkx", "Graph complete_graph path_graph cycle_graph star_graph karate_club_graph grid_2d_graph"),
    (
        GRAPH,
        "networkx",
        "erdos_renyi_graph gnp_random_graph watts_strogatz_graph barabasi_albert_graph gnm_random_graph",
    ),
    (Type("networkx", "DiGraph"), "networkx", "DiGraph"),
    (Type("networkx", "MultiGraph"), "networkx", "MultiGraph"),
    (Type("seaborn", "FacetGrid"), "seaborn", "FacetGrid lmplot catplot relplot displot"),
    (Type("seaborn", "PairGrid"), "seaborn", "PairGrid pairplot"),
    (Type("seaborn", "JointGrid"), "seaborn", "JointGrid jointplot"),
    *(
        (Type("statsmodels.api", name), "statsmodels.api", name)
        for name in ("OLS", "WLS", "GLS", "Logit", "Probit", "GLM", "Poisson", "RLM")
    ),
    (Type("geopandas", "GeoDataFrame"), "geopandas", "GeoDataFrame"),
    (
        TENSOR,
        "torch",
        "zeros_like ones_like rand_like randn_like exp log sigmoid tanh relu matmul mm mean sum sqrt abs",
    ),
    (TENSOR, "torch", "argmax softmax randint randperm tensor from_numpy flatten squeeze unsqueeze transpose"),
    (ARRAYS, "sklearn.datasets", "fetch_california_housing load_linnerud", "as_frame return_X_y"),
    (_PAIR, "sklearn.datasets", "make_classification make_moons make_circles make_gaussian_quantiles make_swiss_roll"),
    (_PAIR, "sklearn.datasets", "make_friedman1 make_s_curve"),
    (_PAIR, "sklearn.datasets", "make_blobs", "return_centers"),
    (_PAIR, "sklearn.datasets", "make_regression", "coef"),
    (Type("builtins", "tuple", (ARRAY, ARRAY, ARRAY)), "sklearn.metrics", "roc_curve precision_recall_curve"),
    (FLOAT, "sklearn.metrics", "auc cohen_kappa_score explained_variance_score hamming_loss"),
    (FLOAT, "sklearn.metrics", "average_precision_score mean_absolute_percentage_error", "average multioutput"),
    (FLOAT, "sklearn.metrics", "median_absolute_error max_error root_mean_squared_error", "multioutput"),
    (FLOAT, "sklearn.metrics", "normalized_mutual_info_score calinski_harabasz_score davies_bouldin_score"),
    (ARRAY, "sklearn.model_selection", "cross_val_score"),
    (ARRAY, "sklearn.preprocessing", "label_binarize", "sparse_output"),
    (TEXT, "textwrap", "dedent fill shorten indent"),
    (TEXT, "json", "dumps"),
)
# Metrics that are a number, but one for each class where `average` is None.
AVERAGED = frozenset(f"sklearn.metrics.{name}_score" for name in ("f1", "precision", "recall", "fbeta", "jaccard"))
# They return what they are given: an array for an array, a frame for a frame.
ELEMENTWISE = frozenset(
    f"numpy.{name}"
    for name in "abs absolute exp expm1 log log1p log2 log10 sqrt square sin cos tan tanh arctan sinh cosh floor ceil "
    "sign rint deg2rad rad2deg".split()
)
TESTS = frozenset({"numpy.isnan", "numpy.isfinite", "numpy.isinf"})
# Random numbers: an array where they are told how many; at which place `size` stands.
SIZED = {
    **dict.fromkeys("random random_sample".split(), 0),
    **dict.fromkeys("choice poisson exponential geometric chisquare standard_t pareto weibull rayleigh".split(), 1),
    **dict.fromkeys("normal uniform randint integers binomial gamma beta lognormal laplace logistic gumbel".split(), 2),
    **dict.fromkeys(["triangular"], 3),
    **dict.fromkeys(["standard_normal"], 0),
}
ARRAY_DRAWS = frozenset({"permutation", "multivariate_normal", "dirichlet"})

# Estimators of scikit-learn and its kin: their methods are known by the library.
ESTIMATOR_LIBRARIES = frozenset({"sklearn", "xgboost", "lightgbm"})
# Of these `predict` asks what is within.
_WRAPPERS = frozenset(
    "Pipeline GridSearchCV RandomizedSearchCV TransformedTargetRegressor RFE RFECV SelfTrainingClassifier".split()
)
# Transformers that make a dense array of a dense table.
DENSE = frozenset(
    """StandardScaler MinMaxScaler RobustScaler MaxAbsScaler PowerTransformer QuantileTransformer Normalizer PCA
    IncrementalPCA KernelPCA TruncatedSVD FastICA NMF TSNE MDS Isomap SimpleImputer KNNImputer PolynomialFeatures
    LinearDiscriminantAnalysis LabelEncoder OrdinalEncoder SelectKBest VarianceThreshold KMeans""".split()
)
# Classifiers that give one table of probabilities, whatever they are fitted to.
SINGLE = frozenset("""LogisticRegression LogisticRegressionCV GaussianNB MultinomialNB BernoulliNB ComplementNB SVC
    GradientBoostingClassifier HistGradientBoostingClassifier AdaBoostClassifier LinearDiscriminantAnalysis
    QuadraticDiscriminantAnalysis SGDClassifier XGBClassifier VotingClassifier CalibratedClassifierCV""".split())
# Methods of torch's modules that return the module.
SELF_RETURNING = frozenset({"to", "cuda", "cpu", "eval", "train", "float", "double", "apply", "requires_grad_"})
# What a frame has; other attributes are its columns.
FRAME_NAMES = frozenset("""
    T abs add add_prefix add_suffix agg aggregate align all any apply applymap asfreq asof assign astype at at_time
    attrs axes backfill between_time bfill bool boxplot clip columns combine combine_first compare convert_dtypes
    copy corr corrwith count cov cummax cummin cumprod cumsum describe diff div divide dot drop drop_duplicates
    droplevel dropna dtypes duplicated empty eq equals eval ewm expanding explode ffill fillna filter first
    first_valid_index flags floordiv from_dict from_records ge get groupby gt head hist iat idxmax idxmin iloc index
    infer_objects info insert interpolate isetitem isin isna isnull items iterrows itertuples join keys kurt
    kurtosis last last_valid_index le loc lt map mask max mean median melt memory_usage merge min mod mode mul
    multiply ndim ne nlargest notna notnull nsmallest nunique pad pct_change pipe pivot pivot_table plot pop pow
    prod product quantile query radd rank rdiv reindex reindex_like rename rename_axis reorder_levels replace
    resample reset_index rfloordiv rmod rmul rolling round rpow rsub rtruediv sample select_dtypes sem set_axis
    set_flags set_index shape shift size skew sort_index sort_values sparse squeeze stack std style sub subtract sum
    swapaxes swaplevel tail take to_clipboard to_csv to_dict to_excel to_feather to_gbq to_hdf to_html to_json
    to_latex to_markdown to_numpy to_orc to_parquet to_period to_pickle to_records to_sql to_stata to_string
    to_timestamp to_xarray to_xml transform transpose truediv truncate tz_convert tz_localize unstack update
    value_counts values var where xs
    append iteritems lookup mad tshift slice_shift ix as_matrix get_value set_value from_csv hvplot plotly vgplot
    cx geometry crs str dt cat
    """.split())
LEARNED = frozenset({"feature_importances_", "labels_", "cluster_centers_", "classes_", "explained_variance_ratio_"})


def is_estimator(kind: Type) -> bool:
    """Tell whether values of a type are fitted, and give what scikit-learn's estimators give."""
    return kind.module.split(".")[0] in ESTIMATOR_LIBRARIES and kind.name[:1].isupper() and kind.name != "Bunch"


def asks_others(kind: Type) -> bool:
    """Tell whether an estimator only passes on what another one predicts."""
    return kind.name in _WRAPPERS


def joined(types: Iterable[Type | None]) -> Type | None:
    """Return the one type of all, or None: items and tags are forgotten where they differ."""
    found = list(types)
    if set(found) == {INT, FLOAT}:
        return FLOAT  # an int will do where a float is expected
    first = found[0] if found else None
    if first is None or any(t is None or (t.module, t.name) != (first.module, first.name) for t in found):
        return None
    if all(t == first for t in found):
        return first
    if first.module == "":
        return None
    return LEVELS if first.name == FRAME.name and first.module == FRAME.module else Type(first.module, first.name)
