"""How types are written in the generated modules, and what has to be imported for that.

A type is written only where the notebook imports its library at top level, under the notebook's own name for it if it
has one. Annotations are evaluated when a module is imported, so only what is surely there is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nb2pkg.flow.type_facts import Type
from nb2pkg.flow.types import NameTypes, infer_types
from nb2pkg.model import Flow, Import, Plan, Unit
from nb2pkg.plan.stages import MODULES
from nb2pkg.project.recorded_types import with_recorded
from nb2pkg.project.recording import Recording

# What is found in each version of a library under this name.
_PUBLIC: Mapping[str, str] = {
    "pandas": "DataFrame Series Index DatetimeIndex MultiIndex Timestamp Timedelta Categorical ExcelWriter",
    "numpy": "ndarray poly1d",
    "numpy.random": "Generator RandomState",
    "matplotlib.figure": "Figure",
    "matplotlib.axes": "Axes",
    "torch": "Tensor",
    "torch.nn": "Module Linear Sequential Embedding LSTM GRU Conv1d Conv2d Dropout CrossEntropyLoss MSELoss BCELoss "
    "BCEWithLogitsLoss L1Loss NLLLoss",
    "torch.optim": "Adam SGD AdamW RMSprop Adagrad",
    "torch.utils.data": "DataLoader Dataset TensorDataset",
    "xgboost": "XGBClassifier XGBRegressor DMatrix",
    "lightgbm": "LGBMClassifier LGBMRegressor Dataset",
    "catboost": "CatBoostClassifier CatBoostRegressor Pool",
    "sklearn.utils": "Bunch",
    "sklearn.linear_model": "LinearRegression LogisticRegression Ridge Lasso ElasticNet SGDClassifier SGDRegressor "
    "RidgeCV LassoCV ElasticNetCV LogisticRegressionCV RidgeClassifier Perceptron BayesianRidge",
    "sklearn.ensemble": "RandomForestClassifier RandomForestRegressor GradientBoostingClassifier BaggingClassifier "
    "GradientBoostingRegressor AdaBoostClassifier AdaBoostRegressor ExtraTreesClassifier ExtraTreesRegressor "
    "VotingClassifier IsolationForest BaggingRegressor StackingClassifier",
    "sklearn.svm": "SVC SVR LinearSVC LinearSVR OneClassSVM NuSVC",
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor",
    "sklearn.neighbors": "KNeighborsClassifier KNeighborsRegressor NearestNeighbors KernelDensity",
    "sklearn.naive_bayes": "GaussianNB MultinomialNB BernoulliNB",
    "sklearn.neural_network": "MLPClassifier MLPRegressor",
    "sklearn.cluster": "KMeans DBSCAN AgglomerativeClustering MiniBatchKMeans SpectralClustering MeanShift",
    "sklearn.mixture": "GaussianMixture",
    "sklearn.decomposition": "PCA NMF TruncatedSVD FastICA KernelPCA LatentDirichletAllocation",
    "sklearn.manifold": "TSNE MDS Isomap",
    "sklearn.preprocessing": "StandardScaler MinMaxScaler RobustScaler LabelEncoder OneHotEncoder OrdinalEncoder "
    "PolynomialFeatures Normalizer PowerTransformer LabelBinarizer MultiLabelBinarizer MaxAbsScaler",
    "sklearn.impute": "SimpleImputer KNNImputer",
    "sklearn.compose": "ColumnTransformer",
    "sklearn.pipeline": "Pipeline FeatureUnion",
    "sklearn.model_selection": "GridSearchCV RandomizedSearchCV KFold StratifiedKFold TimeSeriesSplit ShuffleSplit",
    "sklearn.feature_extraction.text": "CountVectorizer TfidfVectorizer TfidfTransformer HashingVectorizer",
    "sklearn.feature_selection": "SelectKBest RFE VarianceThreshold",
    "sklearn.gaussian_process": "GaussianProcessRegressor GaussianProcessClassifier",
    "pathlib": "Path",
    "datetime": "datetime date timedelta",
    "collections": "Counter OrderedDict deque defaultdict",
    "sqlite3": "Connection",
    "requests": "Response Session",
    "bs4": "BeautifulSoup",
    "re": "Pattern",
    "collections.abc": "Callable",
    "types": "ModuleType",
    "networkx": "Graph DiGraph MultiGraph",
    "seaborn": "FacetGrid PairGrid JointGrid",
    "geopandas": "GeoDataFrame",
    "statsmodels.api": "OLS WLS GLS Logit Probit GLM Poisson RLM",
    "keras": "Sequential Model",
    "keras.models": "Sequential Model",
    "tensorflow.keras": "Sequential Model",
    "tensorflow.keras.models": "Sequential Model",
}
_PUBLIC_NAMES = {module: frozenset(names.split()) for module, names in _PUBLIC.items()}
# What everybody calls these; other classes are imported by their own names.
_HARMLESS = frozenset({"collections.abc", "types"})  # importing them does nothing; all have them
_USUAL = {"pandas": "pd", "numpy": "np"}


@dataclass(frozen=True, slots=True)
class Annotations:
    """The types of the notebook's names, and how they are written in the modules of a package.

    Args:
        types: what is known of the names.
        imports: the notebook's imports at top level.
        taken: all names that the notebook uses; an import that only we need gives way to them.
        classes: the notebook's own classes that live in a module -> the module.
    """

    types: NameTypes
    imports: tuple[Import, ...]
    taken: frozenset[str]
    classes: Mapping[str, str] = field(default_factory=dict)

    def of_unit(self, unit: Unit) -> dict[str, str]:
        """Return name -> annotation of what a unit takes."""
        found = {name: self.text(self.types.before(name, unit.statements[0]), unit.module) for name in unit.inputs}
        return {name: text for name, text in found.items() if text}

    def result(self, unit: Unit) -> str:
        """Return the annotation of what a unit returns, or the empty string."""
        if not unit.outputs:
            return "None"
        texts = [self.text(self.types.after(name, unit.statements[-1]), unit.module) for name in unit.outputs]
        if not all(texts):
            return ""
        return texts[0] if len(texts) == 1 else f"tuple[{', '.join(texts)}]" if self._builtin("tuple") else ""

    def text(self, kind: Type | None, module: str) -> str:
        """Return how a type is written in a module, or the empty string."""
        if kind is None or not kind.name:
            return ""
        if kind.module == "builtins":
            return self._container(kind, module)
        if not kind.module:
            place = self.classes.get(kind.name)
            return kind.name if place is not None and MODULES.index(place) <= MODULES.index(module) else ""
        return self._own_name(kind) or (self._our_import(kind) or ("", None))[0]

    def _container(self, kind: Type, module: str) -> str:
        if not self._builtin(kind.name):
            return ""
        items = [self.text(item, module) for item in kind.args]
        return f"{kind.name}[{', '.join(items)}]" if items and all(items) else kind.name

    def _builtin(self, name: str) -> bool:
        return name not in self.taken_by_notebook

    @property
    def taken_by_notebook(self) -> frozenset[str]:
        """Names that a module may get from the notebook's imports."""
        return frozenset(item.name for item in self.imports)

    def _own_name(self, kind: Type) -> str:
        """Return the notebook's own name for a type, or the empty string."""
        for item in self.imports:
            if item.attribute == kind.name and item.module == kind.module:
                return item.name
        if not _is_public(kind):
            return ""
        for item in self.imports:
            module = item.module if item.attribute is None else f"{item.module}.{item.attribute}"
            reachable = item.attribute is not None or item.alias is not None or "." not in item.module
            if module == kind.module and reachable:
                return f"{item.name}.{kind.name}"
        return ""

    def _our_import(self, kind: Type) -> tuple[str, Import] | None:
        """Return a type's name by an import of our own, and the import."""
        top = kind.module.split(".")[0]
        if not _is_public(kind):
            return None
        if kind.module not in _HARMLESS and not any(
            i.module.split(".")[0] == top and i.name != "*" for i in self.imports
        ):
            return None
        if any(i.name == "*" for i in self.imports):
            return None  # the star may bring the name too
        alias = _USUAL.get(kind.module)
        name = alias or kind.name
        if name in self.taken:
            return None
        if alias is not None:
            return f"{alias}.{kind.name}", Import(alias, kind.module, None, alias, -1)
        return name, Import(name, kind.module, kind.name, None, -1)

    def needed(self, units: Iterable[Unit]) -> tuple[Import, ...]:
        """Return the imports that the notebook lacks for the annotations of units."""
        kinds: list[Type | None] = []
        for unit in units:
            kinds += [self.types.before(name, unit.statements[0]) for name in unit.inputs]
            kinds += [self.types.after(name, unit.statements[-1]) for name in unit.outputs]
        return self._imports(kinds)

    def needed_anywhere(self) -> tuple[Import, ...]:
        """Return the imports that the notebook lacks for the types of its names, whichever are written."""
        return self._imports(kind for changes in self.types.changes.values() for _, kind in changes)

    def _imports(self, kinds: Iterable[Type | None]) -> tuple[Import, ...]:
        found: dict[str, Import] = {}
        for kind in _with_items(kinds):
            ours = None if self._own_name(kind) or not kind.module else self._our_import(kind)
            if ours is not None:
                found[ours[1].name] = ours[1]
        return tuple(found[name] for name in sorted(found))


def annotations_of(flow: Flow, plan: Plan, taken: frozenset[str], recording: Recording | None = None) -> Annotations:
    """Return what can be said about types in a package."""
    classes = {u.name: u.module for u in plan.units if u.kind == "definition"}
    names = taken | {u.name for u in plan.units}
    types = infer_types(flow)
    types = types if recording is None else with_recorded(types, recording)
    return Annotations(types, flow.imports, names, classes)


def _is_public(kind: Type) -> bool:
    return kind.name in _PUBLIC_NAMES.get(kind.module, ())


def _with_items(kinds: Iterable[Type | None]) -> Iterable[Type]:
    for kind in kinds:
        if kind is not None:
            yield kind
            yield from _with_items(kind.args)
