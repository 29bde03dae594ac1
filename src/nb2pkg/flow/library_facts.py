"""What well-known libraries' calls are for: the table behind `nb2pkg.flow.libraries`, one row a group of calls.

A row names a module and, apart by spaces, what is called in it; a name that ends in `*` stands for all that begin so,
and `*` alone for all below the module. A row whose module is empty names methods, whatever they are called on.
The longest matching name wins, whichever row it stands in. To add a fact, add a name to a row, or a row.
"""

from __future__ import annotations

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Literal

    Stage = Literal[
        "data", "exploration", "preprocessing", "features", "training", "evaluation", "visualization", "export"
    ]
else:
    Stage = str


class Fact(NamedTuple):
    """What the calls of one row have in common.

    Args:
        module: where they are found; empty for methods.
        names: the calls, apart by spaces.
        stage: the part of a project that they belong to; None where they belong to each.
        verb: how a function that mainly does this is called.
        draws: they may open or draw on a matplotlib figure.
        consumes: a function that they are given is not kept once they have returned.
        setting: they change a state of the whole process that later code depends on.
        result: module and name of the type that they return; `=` for the class that is called.
        unless: keywords with which they return something else.
    """

    module: str
    names: str
    stage: Stage | None = None
    verb: str = ""
    draws: bool = False
    consumes: bool = False
    setting: bool = False
    result: tuple[str, str] | Literal["="] | None = None
    unless: str = ""


FRAME = ("pandas", "DataFrame")
SERIES = ("pandas", "Series")
ARRAY = ("numpy", "ndarray")
FLOAT = ("builtins", "float")
TEXT = ("builtins", "str")
TENSOR = ("torch", "Tensor")
POLARS = ("polars", "DataFrame")

DATA_FACTS = (
    # pandas
    Fact("pandas", "*"),
    Fact("pandas", "DataFrame", "data", "build", result="="),
    Fact("pandas", "DataFrame.from_dict DataFrame.from_records", "data", "build", result=FRAME),
    Fact("pandas", "Series Timestamp Timedelta Categorical Index MultiIndex Interval", result="="),
    Fact("pandas", "read_*", "data", "load"),
    Fact(
        "pandas",
        "read_csv read_table read_fwf read_json",
        "data",
        "load",
        result=FRAME,
        unless="chunksize iterator typ squeeze",
    ),
    Fact(
        "pandas",
        "read_parquet read_feather read_orc read_stata read_spss",
        "data",
        "load",
        result=FRAME,
        unless="chunksize iterator",
    ),
    Fact(
        "pandas",
        "read_excel read_xml read_clipboard",
        "data",
        "load",
        result=FRAME,
        unless="sheet_name chunksize iterator",
    ),
    Fact("pandas", "read_sql read_sql_query read_sql_table read_gbq", "data", "load", result=FRAME, unless="chunksize"),
    Fact("pandas", "date_range bdate_range", "data", "build", result=("pandas", "DatetimeIndex")),
    Fact("pandas", "json_normalize", "data", "flatten", result=FRAME),
    Fact("pandas", "to_numeric to_datetime to_timedelta", "preprocessing", "convert"),
    Fact("pandas", "isnull isna notnull notna unique", "exploration", "inspect"),
    Fact("pandas", "value_counts", "exploration", "count"),
    Fact("pandas", "factorize", "preprocessing", "encode"),
    Fact("pandas", "get_dummies", "features", "encode", result=FRAME),
    Fact("pandas", "cut qcut", "features", "bin"),
    Fact("pandas", "concat", "preprocessing", "combine"),
    Fact("pandas", "merge merge_asof merge_ordered", "preprocessing", "merge", result=FRAME),
    Fact("pandas", "pivot pivot_table melt wide_to_long", "preprocessing", "reshape", result=FRAME),
    Fact("pandas", "pivot_table", "preprocessing", "reshape", result=FRAME, consumes=True),
    Fact("pandas", "crosstab", "exploration", "tabulate", result=FRAME, consumes=True),
    Fact("pandas", "set_option reset_option options.* set_eng_float_format", setting=True, verb="configure"),
    Fact("pandas", "plotting.*", "visualization", "plot", draws=True),
    Fact("pandas", "plotting.register_matplotlib_converters plotting.deregister_matplotlib_converters", setting=True),
    Fact("pandas", "ExcelWriter HDFStore", "export", "save", result="="),
    # polars
    Fact("polars", "*"),
    Fact("polars", "read_* scan_*", "data", "load"),
    Fact("polars", "read_csv read_parquet read_json read_ndjson read_ipc read_avro", "data", "load", result=POLARS),
    Fact("polars", "DataFrame", "data", "build", result="="),
    Fact("polars", "concat", "preprocessing", "combine"),
    Fact("polars", "Config*", setting=True, verb="configure"),
    # numpy and scipy
    Fact("numpy", "*"),
    Fact("numpy", "loadtxt genfromtxt", "data", "load", result=ARRAY, unless="unpack"),
    Fact("numpy", "load fromfile memmap", "data", "load"),
    Fact("numpy", "array asarray zeros ones empty full zeros_like ones_like full_like arange eye", result=ARRAY),
    Fact("numpy", "linspace logspace", result=ARRAY, unless="retstep"),
    Fact("numpy", "concatenate stack vstack hstack column_stack", "preprocessing", "combine", result=ARRAY),
    Fact("numpy", "save savez savez_compressed savetxt", "export", "save"),
    Fact("numpy", "apply_along_axis apply_over_axes fromfunction piecewise", "features", consumes=True),
    Fact("numpy", "random.seed random.set_state", setting=True, verb="seed"),
    Fact("numpy", "random.default_rng", verb="seed", result=("numpy.random", "Generator")),
    Fact("numpy", "random.RandomState", verb="seed", result="="),
    Fact("numpy", "random.*", "data", "simulate"),
    Fact("numpy", "set_printoptions seterr", setting=True, verb="configure"),
    Fact("scipy", "*"),
    Fact("scipy", "io.loadmat io.wavfile.read io.mmread", "data", "load"),
    Fact("scipy", "io.savemat io.wavfile.write io.mmwrite", "export", "save"),
    Fact("scipy", "sparse.load_npz", "data", "load"),
    Fact("scipy", "sparse.save_npz", "export", "save"),
    Fact("scipy", "sparse.hstack sparse.vstack", "features", "combine"),
    Fact("scipy", "stats.*", "exploration", "test"),
    Fact("scipy", "stats.zscore stats.boxcox stats.yeojohnson stats.mstats.winsorize", "preprocessing", "scale"),
    Fact("scipy", "stats.probplot stats.boxcox_normplot stats.ppcc_plot", "visualization", "plot", draws=True),
    Fact("scipy", "cluster.hierarchy.dendrogram", "visualization", "plot", draws=True),
    Fact("scipy", "spatial.voronoi_plot_2d spatial.delaunay_plot_2d", "visualization", "plot", draws=True),
    Fact("scipy", "spatial.convex_hull_plot_2d", "visualization", "plot", draws=True),
    Fact("nltk", "dispersion_plot draw.*", "visualization", "plot", draws=True),
    Fact("scipy", "stats.bootstrap stats.permutation_test", "exploration", "test", consumes=True),
    Fact("scipy", "optimize.*", "training", "optimize"),
    Fact(
        "scipy",
        "optimize.minimize optimize.minimize_scalar optimize.curve_fit optimize.least_squares",
        "training",
        "fit",
        consumes=True,
    ),
    Fact(
        "scipy",
        "optimize.root optimize.root_scalar optimize.fsolve optimize.brentq optimize.newton",
        "training",
        "solve",
        consumes=True,
    ),
    Fact("scipy", "optimize.differential_evolution optimize.basinhopping", "training", "optimize", consumes=True),
    Fact("scipy", "optimize.leastsq optimize.bisect", "training", "fit", consumes=True),
    Fact(
        "scipy",
        "integrate.quad integrate.dblquad integrate.odeint integrate.solve_ivp",
        "training",
        "integrate",
        consumes=True,
    ),
    Fact("scipy", "signal.*", "preprocessing", "filter"),
    Fact("scipy", "cluster.*", "training", "cluster"),
    Fact(
        "scipy",
        "cluster.hierarchy.dendrogram spatial.voronoi_plot_2d spatial.delaunay_plot_2d",
        "visualization",
        "plot",
        draws=True,
    ),
    Fact("scipy", "spatial.convex_hull_plot_2d", "visualization", "plot", draws=True),
    # files, the web and text
    Fact("builtins", "open", "data"),
    Fact("nb2pkg", "__nb_jupysql_connect __nb_ipython_sql_connect", "data", "connect"),
    Fact("nb2pkg", "__nb_jupysql_query __nb_ipython_sql_query", "data", "load"),
    Fact("nb2pkg", "__nb_read_frame __nb_bigquery __nb_treasure_data", "data", "load", result=FRAME),
    Fact("json", "*"),
    Fact("json", "load loads", "data", "load"),
    Fact("json", "dump dumps", "export", "save"),
    Fact("json", "dumps", "export", "save", result=TEXT),
    Fact("pickle", "load loads", "data", "load"),
    Fact("pickle", "dump dumps", "export", "save"),
    Fact("joblib", "*"),
    Fact("joblib", "load", "data", "load"),
    Fact("joblib", "dump", "export", "save"),
    Fact("csv", "reader DictReader", "data", "read"),
    Fact("csv", "writer DictWriter", "export", "write"),
    Fact("yaml", "*"),
    Fact("yaml", "safe_load load full_load", "data", "load"),
    Fact("yaml", "safe_dump dump", "export", "save"),
    Fact("glob", "glob iglob", "data", "find"),
    Fact("os", "listdir walk scandir", "data", "find"),
    Fact("os", "makedirs mkdir", verb="make"),
    Fact("os", "chdir putenv umask", setting=True, verb="configure"),
    Fact("pathlib", "Path PurePath", result="="),
    Fact("shutil", "copy copyfile copytree move make_archive", "export", "copy"),
    Fact("zipfile", "*", "data", "unpack"),
    Fact("tarfile", "*", "data", "unpack"),
    Fact("urllib", "request.*", "data", "download"),
    Fact("requests", "*"),
    Fact("requests", "get post request", "data", "download", result=("requests", "Response")),
    Fact("requests", "Session", "data", "download", result="="),
    Fact("bs4", "*"),
    Fact("bs4", "BeautifulSoup", "data", "parse", result="="),
    Fact("sqlite3", "connect", "data", "connect", result=("sqlite3", "Connection")),
    Fact("sqlalchemy", "*"),
    Fact("sqlalchemy", "create_engine", "data", "connect"),
    Fact("openpyxl", "*"),
    Fact("openpyxl", "load_workbook", "data", "load"),
    Fact("PIL", "*"),
    Fact("PIL", "Image.open", "data", "load", result=("PIL.Image", "Image")),
    Fact("cv2", "*", "preprocessing"),
    Fact("cv2", "imread VideoCapture", "data", "load"),
    Fact("cv2", "imwrite VideoWriter", "export", "save"),
    Fact("cv2", "resize cvtColor", "preprocessing", "convert", result=ARRAY),
    Fact("librosa", "*", "features", "extract"),
    Fact("librosa", "load", "data", "load"),
    Fact("librosa", "display.*", "visualization", "plot", draws=True),
    Fact("datasets", "*"),
    Fact("datasets", "load_dataset load_from_disk", "data", "load"),
    Fact("vega_datasets", "*", "data", "load"),
    Fact("palmerpenguins", "load_penguins*", "data", "load"),
    Fact("palmerpenguins", "load_penguins", "data", "load", result=FRAME, unless="return_X_y"),
    Fact("re", "sub subn", "preprocessing", "clean", consumes=True),
    Fact("re", "split findall", "preprocessing", "extract"),
    Fact("re", "compile", result=("re", "Pattern")),
    Fact("unicodedata", "normalize", "preprocessing", "normalize", result=TEXT),
    Fact("nltk", "*"),
    Fact("nltk", "download", "data", "download"),
    Fact("nltk", "corpus.*", "data", "load"),
    Fact(
        "nltk", "tokenize.* word_tokenize sent_tokenize wordpunct_tokenize regexp_tokenize", "preprocessing", "tokenize"
    ),
    Fact("nltk", "stem.* PorterStemmer WordNetLemmatizer SnowballStemmer LancasterStemmer", "preprocessing", "stem"),
    Fact("nltk", "pos_tag ne_chunk ngrams bigrams trigrams FreqDist", "features", "extract"),
    Fact("nltk", "classify.* NaiveBayesClassifier.train", "training", "train"),
    Fact("nltk", "sentiment.*", "evaluation", "predict"),
    Fact("spacy", "*", "preprocessing"),
    Fact("spacy", "load blank", "preprocessing", "load", result=("spacy.language", "Language")),
    Fact("spacy", "displacy.*", "visualization", "show"),
    Fact("MeCab", "*", "preprocessing", "tokenize"),
    Fact("MeCab", "Tagger", "preprocessing", "tokenize", result="="),
    Fact("fugashi", "*", "preprocessing", "tokenize"),
    Fact("fugashi", "Tagger GenericTagger", "preprocessing", "tokenize", result="="),
    Fact("janome", "*", "preprocessing", "tokenize"),
    Fact("janome", "tokenizer.Tokenizer analyzer.Analyzer", "preprocessing", "tokenize", result="="),
    Fact("sudachipy", "*", "preprocessing", "tokenize"),
    Fact("ginza", "*", "preprocessing", "tokenize"),
    Fact("jaconv", "*", "preprocessing", "normalize"),
    Fact("neologdn", "*", "preprocessing", "normalize"),
    Fact("mojimoji", "*", "preprocessing", "normalize"),
    Fact("gensim", "*", "features"),
    Fact("gensim", "models.*", "training", "train"),
    Fact("gensim", "utils.simple_preprocess", "preprocessing", "tokenize"),
    # the language's own
    Fact("builtins", "sorted", consumes=True),
    Fact("builtins", "min max sum any all", consumes=True),
    Fact("functools", "reduce", consumes=True),
    Fact("collections", "Counter OrderedDict deque defaultdict", result="="),
    Fact("datetime", "datetime date timedelta", result="="),
    Fact("random", "seed setstate", setting=True, verb="seed"),
    Fact("random", "*", "data", "simulate"),
    Fact("warnings", "filterwarnings simplefilter resetwarnings", setting=True, verb="configure"),
    Fact("logging", "basicConfig disable captureWarnings addLevelName", setting=True, verb="configure"),
    Fact("locale", "setlocale", setting=True, verb="configure"),
    Fact("decimal", "setcontext", setting=True, verb="configure"),
    Fact("sys", "setrecursionlimit", setting=True, verb="configure"),
    Fact("os", "environ.update environ.setdefault", setting=True, verb="configure"),
    Fact("socket", "setdefaulttimeout", setting=True, verb="configure"),
    Fact("sympy", "*"),
    Fact("sympy", "plot plot_parametric plot_implicit plot3d* plotting.*", "visualization", "plot", draws=True),
    Fact("sympy", "init_printing", setting=True, verb="configure"),
    Fact("tqdm", "*"),
    Fact("tqdm", "tqdm.pandas", setting=True, verb="configure"),
)
