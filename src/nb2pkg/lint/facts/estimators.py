"""THE TABLE of what draws random numbers in scikit-learn and its relatives, unless `random_state` fixes them."""

from __future__ import annotations

import ast

from nb2pkg.lint.notebook import Call

# Modules whose names are meant.
LIBRARIES = ("sklearn", "imblearn", "umap")
# Whatever the other arguments are.
_ALWAYS = frozenset("""
    ShuffleSplit StratifiedShuffleSplit GroupShuffleSplit RepeatedKFold RepeatedStratifiedKFold
    RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor RandomTreesEmbedding
    IsolationForest BaggingClassifier BaggingRegressor AdaBoostClassifier AdaBoostRegressor GradientBoostingClassifier
    GradientBoostingRegressor DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor
    KMeans MiniBatchKMeans BisectingKMeans GaussianMixture BayesianGaussianMixture TSNE MDS SpectralClustering
    MLPClassifier MLPRegressor SGDClassifier SGDRegressor SGDOneClassSVM PassiveAggressiveClassifier
    PassiveAggressiveRegressor Perceptron RANSACRegressor RandomizedSearchCV HalvingRandomSearchCV FastICA
    LatentDirichletAllocation DictionaryLearning MiniBatchDictionaryLearning SparsePCA MiniBatchSparsePCA BernoulliRBM
    RBFSampler Nystroem SkewedChi2Sampler PolynomialCountSketch GaussianRandomProjection SparseRandomProjection
    OutputCodeClassifier EllipticEnvelope MinCovDet permutation_importance mutual_info_classif mutual_info_regression
    resample shuffle make_blobs make_classification make_regression make_moons make_circles make_gaussian_quantiles
    make_swiss_roll make_friedman1 make_friedman2 make_friedman3 make_hastie_10_2 make_low_rank_matrix
    make_multilabel_classification make_sparse_coded_signal make_sparse_spd_matrix make_sparse_uncorrelated
    make_spd_matrix make_biclusters make_checkerboard make_s_curve
    SMOTE ADASYN BorderlineSMOTE SVMSMOTE KMeansSMOTE SMOTENC SMOTEN RandomOverSampler RandomUnderSampler SMOTEENN
    SMOTETomek ClusterCentroids CondensedNearestNeighbour OneSidedSelection InstanceHardnessThreshold
    BalancedRandomForestClassifier BalancedBaggingClassifier EasyEnsembleClassifier RUSBoostClassifier UMAP
    """.split())
# Only when a parameter has one of these values, as they stand in the source.
_WHEN: dict[str, tuple[str, frozenset[str]]] = {
    "KFold": ("shuffle", frozenset({"True"})),
    "StratifiedKFold": ("shuffle", frozenset({"True"})),
    "StratifiedGroupKFold": ("shuffle", frozenset({"True"})),
    "learning_curve": ("shuffle", frozenset({"True"})),
    "LogisticRegression": ("solver", frozenset({"'sag'", "'saga'"})),
    "LogisticRegressionCV": ("solver", frozenset({"'sag'", "'saga'"})),
    "Ridge": ("solver", frozenset({"'sag'", "'saga'"})),
    "RidgeClassifier": ("solver", frozenset({"'sag'", "'saga'"})),
    "LinearSVC": ("dual", frozenset({"True"})),
    "LinearSVR": ("dual", frozenset({"True"})),
    "SVC": ("probability", frozenset({"True"})),
    "NuSVC": ("probability", frozenset({"True"})),
    "Lasso": ("selection", frozenset({"'random'"})),
    "ElasticNet": ("selection", frozenset({"'random'"})),
    "PCA": ("svd_solver", frozenset({"'randomized'"})),
    "NMF": ("init", frozenset({"'random'", "'nndsvdar'"})),
    "DummyClassifier": ("strategy", frozenset({"'stratified'", "'uniform'"})),
    "IterativeImputer": ("sample_posterior", frozenset({"True"})),
    "ClassifierChain": ("order", frozenset({"'random'"})),
    "HistGradientBoostingClassifier": ("early_stopping", frozenset({"True"})),
    "HistGradientBoostingRegressor": ("early_stopping", frozenset({"True"})),
}
# Unless a parameter has one of these values.
_UNLESS: dict[str, tuple[str, frozenset[str]]] = {
    "train_test_split": ("shuffle", frozenset({"False"})),
    "TruncatedSVD": ("algorithm", frozenset({"'arpack'"})),
}
# How many arguments by position leave none of them the random state.
_POSITIONAL = {"KFold": 2, "StratifiedKFold": 2, "make_moons": 3, "make_circles": 3, "make_blobs": 5}
# Those that only choose between equally good splits at random, unless one of these parameters makes them sample.
_CHOOSING = frozenset("""
    DecisionTreeClassifier DecisionTreeRegressor GradientBoostingClassifier GradientBoostingRegressor
    AdaBoostClassifier AdaBoostRegressor
    """.split())
_SAMPLING = frozenset({"max_features", "subsample", "splitter", "n_iter_no_change", "estimator", "base_estimator"})
# Those that hand their own random state on to the estimators in them.
PASSING_ON = frozenset("""
    BaggingClassifier BaggingRegressor AdaBoostClassifier AdaBoostRegressor BalancedBaggingClassifier
    EasyEnsembleClassifier RUSBoostClassifier
    """.split())


def needs_state(call: Call) -> bool:
    """True when the call of a library's class or function gives another result each run without a random state."""
    top, _, rest = call.name.partition(".")
    if top not in LIBRARIES or not rest:
        return False
    name = rest.rpartition(".")[2]
    if len(call.node.args) > _POSITIONAL.get(name, 99):
        return False
    if name in _ALWAYS:
        return not (name == "KMeans" and _starts_fixed(call))
    if name in _WHEN:
        parameter, values = _WHEN[name]
        return _text(call, parameter) in values or _is_dual_liblinear(call, name)
    if name in _UNLESS:
        parameter, values = _UNLESS[name]
        return _text(call, parameter) not in values
    return False


def _is_dual_liblinear(call: Call, name: str) -> bool:
    liblinear = name.startswith("LogisticRegression") and _text(call, "solver") == "'liblinear'"
    return liblinear and _text(call, "dual") == "True"


def only_breaks_ties(call: Call) -> bool:
    """True for trees that look at all rows and columns, and so mostly come out the same."""
    chosen = call.name.rpartition(".")[2] in _CHOOSING and not call.node.args
    return chosen and not any(k.arg in _SAMPLING for k in call.node.keywords)


def _starts_fixed(call: Call) -> bool:
    """True for a clustering that starts from centres which are given."""
    start = call.keyword("init")
    return start is not None and not isinstance(start, ast.Constant)


def _text(call: Call, parameter: str) -> str:
    value = call.keyword(parameter)
    return repr(value.value) if isinstance(value, ast.Constant) else ""
