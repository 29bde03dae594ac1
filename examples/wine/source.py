# %% [markdown]
# # Which wine is good?
# Seven models, one after the other, tell from chemistry whether tasters liked a wine.
# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

# !%matplotlib inline
# %% [markdown]
# ## Load
# %%
wines = pd.read_csv("data/wines.csv")
wines.head()
# %% [markdown]
# ## Look at the data
# %%
plt.figure(figsize=(4, 2.5))
plt.hist(wines["alcohol"], bins=20, color="maroon")
plt.title("alcohol")
plt.ylabel("wines")
plt.show()
# %%
plt.figure(figsize=(4, 2.5))
plt.hist(wines["acidity"], bins=20, color="maroon")
plt.title("acidity")
plt.ylabel("wines")
plt.show()
# %%
plt.figure(figsize=(4, 2.5))
plt.hist(wines["sugar"], bins=40, color="maroon")
plt.title("sugar")
plt.ylabel("wines")
plt.show()
# %% [markdown]
# ## Two kinds of wine
# %%
red = wines[wines["color"] == "red"]
red_good = red["good"].mean()
red_alcohol = red["alcohol"].median()
print("red:", round(red_good, 2), round(red_alcohol, 1))
# %%
white = wines[wines["color"] == "white"]
white_good = white["good"].mean()
white_alcohol = white["alcohol"].median()
print("white:", round(white_good, 2), round(white_alcohol, 1))
# %% [markdown]
# ## Features
# %%
X = wines[["alcohol", "acidity", "sugar", "sulphates"]]
X = (X - X.mean()) / X.std()
y = wines["good"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=7, stratify=y)
# %% [markdown]
# ## Models
# %%
# logistic regression
logit = LogisticRegression(C=0.5)
logit.fit(X_train, y_train)
logit_pred = logit.predict(X_test)
logit_accuracy = accuracy_score(y_test, logit_pred)
print("logistic regression", round(logit_accuracy, 3))
# %%
# nearest neighbours
knn = KNeighborsClassifier(n_neighbors=9)
knn.fit(X_train, y_train)
knn_pred = knn.predict(X_test)
knn_accuracy = accuracy_score(y_test, knn_pred)
print("nearest neighbours", round(knn_accuracy, 3))
# %%
# decision tree
tree = DecisionTreeClassifier(max_depth=4, random_state=7)
tree.fit(X_train, y_train)
tree_pred = tree.predict(X_test)
tree_accuracy = accuracy_score(y_test, tree_pred)
print("decision tree", round(tree_accuracy, 3))
# %%
# random forest
forest = RandomForestClassifier(n_estimators=60, random_state=7)
forest.fit(X_train, y_train)
forest_pred = forest.predict(X_test)
forest_accuracy = accuracy_score(y_test, forest_pred)
print("random forest", round(forest_accuracy, 3))
# %%
# gradient boosting
boosting = GradientBoostingClassifier(n_estimators=60, random_state=7)
boosting.fit(X_train, y_train)
boosting_pred = boosting.predict(X_test)
boosting_accuracy = accuracy_score(y_test, boosting_pred)
print("gradient boosting", round(boosting_accuracy, 3))
# %%
# support vectors
svc = SVC(C=2.0, gamma="scale")
svc.fit(X_train, y_train)
svc_pred = svc.predict(X_test)
svc_accuracy = accuracy_score(y_test, svc_pred)
print("support vectors", round(svc_accuracy, 3))
# %%
# naive Bayes
bayes = GaussianNB()
bayes.fit(X_train, y_train)
bayes_pred = bayes.predict(X_test)
bayes_accuracy = accuracy_score(y_test, bayes_pred)
print("naive Bayes", round(bayes_accuracy, 3))
# %% [markdown]
# ## Compare
# %%
scores = pd.Series(
    {
        "logit": logit_accuracy,
        "knn": knn_accuracy,
        "tree": tree_accuracy,
        "forest": forest_accuracy,
        "boosting": boosting_accuracy,
        "svc": svc_accuracy,
        "bayes": bayes_accuracy,
    }
).sort_values()
scores.round(2)
# %%
fig, ax = plt.subplots(figsize=(4, 2.5))
scores.plot.barh(ax=ax, color="maroon")
ax.set_xlabel("accuracy")
fig.tight_layout()
plt.show()
# %%
agree = np.mean(logit_pred == forest_pred)
auc = roc_auc_score(y_test, forest.predict_proba(X_test)[:, 1])
print("they agree on", round(agree, 2), "of the wines; area under the curve of the forest:", round(auc, 2))
