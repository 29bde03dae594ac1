# %% [markdown]
# # Spam or not?
# Short messages, labelled by hand. TF-IDF and a linear model, tuned by cross validation.
# %%
import re

import joblib
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, classification_report, f1_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

RANDOM_STATE = 42
# %%
messages = pd.read_csv("data/messages.tsv", sep="\t", names=["label", "text"])
messages.sample(4, random_state=RANDOM_STATE)
# %%
messages.label.value_counts()
# %%
# spam is longer
messages["length"] = messages["text"].str.len()
messages.groupby("label")["length"].mean().round(0)
# %%
messages.hist(column="length", by="label", bins=15, figsize=(5, 2))
plt.show()


# %% [markdown]
# ## Preprocessing
# %%
def clean(text):
    text = re.sub(r"https?://\S+|www\.\S+", " link ", text.lower())
    text = re.sub(r"\d+", " number ", text)  # phone numbers, prices
    return re.sub(r"\s+", " ", text).strip()


clean("Call 0800 123 now, or see www.prize.example!!")
# %%
X = messages["text"]
y = (messages["label"] == "spam").astype(int)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=RANDOM_STATE)
print(X_train.shape, X_test.shape)
# %% [markdown]
# ## Pipeline and grid search
# %%
pipe = Pipeline(
    [
        ("tfidf", TfidfVectorizer(preprocessor=clean, sublinear_tf=True)),
        ("clf", LogisticRegression(max_iter=500, class_weight="balanced")),
    ]
)
param_grid = {
    "tfidf__ngram_range": [(1, 1), (1, 2)],
    "tfidf__min_df": [1, 2],
    "clf__C": [0.1, 1.0, 10.0],
}
grid = GridSearchCV(pipe, param_grid, cv=3, scoring="f1")
grid.fit(X_train, y_train)
print("best:", grid.best_params_)
print(f"cv f1: {grid.best_score_:.2f}")
# %%
cv = pd.DataFrame(grid.cv_results_)
cv = cv[["param_clf__C", "param_tfidf__min_df", "mean_test_score"]].round(2)
print(cv.head(4).to_string(index=False))
# %% [markdown]
# ## Evaluation
# %%
y_pred = grid.predict(X_test)
print(classification_report(y_test, y_pred, target_names=["ham", "spam"]))
print("f1:", round(f1_score(y_test, y_pred), 2))
# %%
ConfusionMatrixDisplay.from_predictions(y_test, y_pred, display_labels=["ham", "spam"], colorbar=False)
plt.show()
# %%
# what did it get wrong?
wrong = X_test[y_pred != y_test]
for text in wrong.head(3):
    print("-", text)
# %%
# most telling words
best = grid.best_estimator_
words = best.named_steps["tfidf"].get_feature_names_out()
coef = pd.Series(best.named_steps["clf"].coef_[0], index=words)
print("spam:", ", ".join(coef.nlargest(3).index))
print("ham:", ", ".join(coef.nsmallest(3).index))
# %% [markdown]
# ## Save the model, and try it
# %%
joblib.dump(best, "spam_model.joblib")
# %%
loaded = joblib.load("spam_model.joblib")
new_messages = [
    "You won a FREE prize! Call 0800 555 now",
    "are we still on for lunch tomorrow?",
    "Claim your cash at www.cash.example today",
]
for text, p in zip(new_messages, loaded.predict_proba(new_messages)[:, 1]):
    print("spam" if p > 0.5 else "ham ", text)
