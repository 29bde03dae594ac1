"""What is known of the libraries of machine learning: which calls learn from rows, which split, which score."""

from __future__ import annotations

from collections.abc import Iterable

# Classes whose `fit` learns numbers from the rows that change what `transform` gives.
LEARNERS = frozenset(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer PowerTransformer KBinsDiscretizer "
    "SimpleImputer Imputer KNNImputer IterativeImputer PCA IncrementalPCA KernelPCA SparsePCA TruncatedSVD NMF FastICA "
    "FactorAnalysis LatentDirichletAllocation DictionaryLearning SelectKBest SelectPercentile SelectFromModel "
    "SelectFdr SelectFpr SelectFwe GenericUnivariateSelect RFE RFECV SequentialFeatureSelector VarianceThreshold "
    "TargetEncoder TfidfVectorizer TfidfTransformer LinearDiscriminantAnalysis "
    "LeaveOneOutEncoder MEstimateEncoder JamesSteinEncoder CatBoostEncoder WOEEncoder GLMMEncoder "
    "NeighborhoodComponentsAnalysis PLSRegression Boruta BorutaPy".split()
)
# They learn which words there are: less harm than numbers, so only a remark.
MILD = frozenset({"CountVectorizer"})
# Functions that do the same in one go.
SCALING = frozenset(
    f"sklearn.preprocessing.{name}"
    for name in ("scale", "minmax_scale", "robust_scale", "maxabs_scale", "quantile_transform", "power_transform")
)
# Classes whose values don't depend on other rows, or only name what is there.
PURE = frozenset(
    "Normalizer FunctionTransformer PolynomialFeatures Binarizer HashingVectorizer FeatureHasher LabelEncoder "
    "LabelBinarizer MultiLabelBinarizer OneHotEncoder OrdinalEncoder SplineTransformer AdditiveChi2Sampler".split()
)
OVERSAMPLERS = frozenset(
    "SMOTE ADASYN RandomOverSampler BorderlineSMOTE SVMSMOTE KMeansSMOTE SMOTENC SMOTEN SMOTEENN SMOTETomek "
    "ClusterSMOTE SafeLevelSMOTE".split()
)
COMPOSED = frozenset({"Pipeline", "make_pipeline", "ColumnTransformer", "make_column_transformer", "FeatureUnion"})
SEARCHES = frozenset({"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "BayesSearchCV", "TuneSearchCV"})
LIBRARIES = ("sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "category_encoders", "boruta", "mlxtend")
CROSS_VALIDATION = frozenset(
    f"sklearn.{module}.{name}"
    for module in ("model_selection", "cross_validation", "learning_curve")
    for name in (
        *("cross_val_score", "cross_validate", "cross_val_predict", "learning_curve", "validation_curve"),
        "permutation_test_score",
    )
)
SPLITTERS = frozenset(
    "KFold StratifiedKFold ShuffleSplit StratifiedShuffleSplit RepeatedKFold RepeatedStratifiedKFold LeaveOneOut "
    "LeavePOut GroupKFold StratifiedGroupKFold GroupShuffleSplit LeaveOneGroupOut LeavePGroupsOut TimeSeriesSplit "
    "PredefinedSplit".split()
)
TRAIN_TEST = frozenset(
    {"sklearn.model_selection.train_test_split", "sklearn.cross_validation.train_test_split", "cuml.train_test_split"}
)
METRICS = frozenset(
    "accuracy_score balanced_accuracy_score f1_score fbeta_score precision_score recall_score roc_auc_score roc_curve "
    "auc average_precision_score precision_recall_curve precision_recall_fscore_support log_loss brier_score_loss "
    "hinge_loss confusion_matrix multilabel_confusion_matrix classification_report cohen_kappa_score "
    "matthews_corrcoef jaccard_score hamming_loss zero_one_loss r2_score mean_squared_error mean_absolute_error "
    "root_mean_squared_error mean_squared_log_error mean_absolute_percentage_error median_absolute_error max_error "
    "explained_variance_score mean_pinball_loss d2_absolute_error_score top_k_accuracy_score".split()
)
# Estimators without a target.
UNSUPERVISED = frozenset(
    "KMeans MiniBatchKMeans DBSCAN OPTICS AgglomerativeClustering SpectralClustering Birch MeanShift GaussianMixture "
    "BayesianGaussianMixture AffinityPropagation IsolationForest OneClassSVM LocalOutlierFactor EllipticEnvelope "
    "KernelDensity NearestNeighbors TSNE Isomap MDS LocallyLinearEmbedding SpectralEmbedding EmpiricalCovariance "
    "MinCovDet LedoitWolf GraphicalLasso GraphicalLassoCV BernoulliRBM HDBSCAN".split()
)
# Methods of frames and arrays that keep rows, order and columns, one to one.
SAME = frozenset(
    "copy astype fillna ffill bfill interpolate round clip infer_objects convert_dtypes to_numpy to_frame "
    "reset_index replace where rename_axis cache persist compute".split()
)
# The same for a column: its values still name the same thing.
RELABEL = frozenset("copy astype to_numpy to_frame ravel reshape flatten squeeze map replace to_list tolist".split())
# Methods that leave rows out or change their order: with other columns untouched.
FEWER = frozenset(
    "dropna drop_duplicates head tail sample query nlargest nsmallest truncate between_time first last".split()
)
ORDERED = frozenset({"sort_values", "sort_index"})
STATISTICS = frozenset("mean median std var min max quantile mode ptp percentile nanmean nanmedian nanstd".split())
# Attributes of frames that are no columns.
NO_COLUMNS = frozenset(
    "values index columns T shape size dtypes dtype iloc loc at iat str dt cat plot empty ndim axes style attrs flags "
    "array sparse hist name nbytes".split()
)
# Functions that take a model and measure nothing.
HARMLESS = (
    *("matplotlib", "seaborn", "builtins", "joblib", "pickle", "sklearn.tree", "sklearn.inspection", "graphviz"),
    *("sklearn.base", "copy", "mlxtend.plotting", "sklearn.utils", "sklearn.pipeline", "sklearn.ensemble", "dill"),
)
# Functions of numpy, scipy and pandas that put data side by side (columns), or below each other (rows).
BESIDE = frozenset(
    {"numpy.hstack", "numpy.column_stack", "numpy.c_", "scipy.sparse.hstack", "numpy.append", "numpy.stack"}
)
BELOW = frozenset({"numpy.vstack", "numpy.concatenate", "numpy.r_", "scipy.sparse.vstack", "pandas.concat"})
# Functions that give data of the same rows as the data that they get.
CONVERTING = frozenset(
    {
        *("numpy.array", "numpy.asarray", "numpy.log", "numpy.log1p", "numpy.sqrt", "numpy.exp", "numpy.abs"),
        *("numpy.nan_to_num", "numpy.reshape", "numpy.ravel", "numpy.squeeze", "numpy.expand_dims", "numpy.float32"),
        *("pandas.DataFrame", "pandas.Series", "pandas.to_numeric", "pandas.get_dummies", "builtins.list"),
        *("sklearn.preprocessing.normalize", "sklearn.preprocessing.add_dummy_feature", "numpy.ascontiguousarray"),
    }
)
# Words in the names of columns that say when, or whose a row is.
TIME_WORDS = frozenset("date datetime time timestamp year month day week quarter ds".split())
GROUP_WORDS = frozenset("id patient subject user customer client session person household store".split())


def word_in(names: Iterable[str], words: frozenset[str]) -> str:
    """Return the first name that has one of some words in it: `order_date`, `OrderDate`."""
    for name in names:
        spaced = "".join(f" {c}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))
        if words & frozenset(spaced.lower().replace("_", " ").replace("-", " ").split()):
            return name
    return ""
