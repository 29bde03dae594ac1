# %% [markdown]
# # Who cancels the vegetable box?
# Customers of a shop that delivers vegetable boxes. Which of them cancel, and can we tell before they do?
# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

# !%matplotlib inline
SEED = 7
np.random.seed(SEED)
# %% [markdown]
# ## Load the customers
# %%
customers = pd.read_csv("data/customers.csv", parse_dates=["joined"])
customers.head()
# %%
customers.isna().sum()
# %%
# how many cancel, by plan
pd.crosstab(customers["plan"], customers["cancelled"])
# %% [markdown]
# ## Clean
# %%
# the export repeats some customers
customers = customers.drop_duplicates(subset="customer")
# prices are texts such as "31.20 EUR"
customers["basket"] = customers["basket"].str.replace(" EUR", "").astype(float)
customers["basket"] = customers["basket"].fillna(customers["basket"].median())
customers["unrated"] = customers["rating"].isna().astype(int)
customers["rating"] = customers["rating"].fillna(customers["rating"].mean())
print(len(customers), "customers,", int(customers["unrated"].sum()), "without a rating")
# %% [markdown]
# ## Build features
# %%
today = pd.Timestamp("2024-06-30")
long_member = 12


def months_since(joined):
    return (today - joined).days // 30


def loyalty(months):
    if months >= 2 * long_member:
        return 2
    return 1 if months >= long_member else 0


customers["months"] = customers["joined"].apply(months_since)
customers["loyalty"] = customers["months"].apply(loyalty)
customers["skip_share"] = customers["skipped"] / customers["boxes"]
customers[["months", "loyalty", "skip_share", "basket", "rating"]].describe().round(2)
# %%
numeric = ["household", "basket", "tickets", "rating", "unrated", "months", "loyalty", "skip_share"]
X = pd.concat([customers[numeric], pd.get_dummies(customers["plan"], prefix="plan", dtype=int)], axis=1)
y = (customers["cancelled"] == "yes").astype(int)
X.shape, round(float(y.mean()), 3)
# %% [markdown]
# ## Split and scale
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=SEED, stratify=y)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
# %% [markdown]
# ## Train two models
# %%
# logistic regression
logit = LogisticRegression(C=0.5, max_iter=1000)
logit.fit(X_train, y_train)
logit_auc = roc_auc_score(y_test, logit.predict_proba(X_test)[:, 1])
print(f"logistic regression: {logit_auc:.2f}")
# %%
# random forest
forest = RandomForestClassifier(n_estimators=100, max_depth=4, random_state=SEED)
forest.fit(X_train, y_train)
forest_auc = roc_auc_score(y_test, forest.predict_proba(X_test)[:, 1])
print(f"random forest: {forest_auc:.2f}")
# %% [markdown]
# ## Evaluate
# %%
best = logit if logit_auc >= forest_auc else forest
predicted = best.predict(X_test)
print(type(best).__name__)
confusion_matrix(y_test, predicted)
# %%
weights = pd.Series(logit.coef_[0], index=X.columns).sort_values()
print("keeps them:", weights.index[0])
print("loses them:", weights.index[-1])
# %%
fig, ax = plt.subplots(figsize=(4, 2.5))
weights.plot.barh(ax=ax, color="seagreen")
ax.set_xlabel("weight")
ax.set_title("What makes customers cancel")
fig.tight_layout()
plt.show()
