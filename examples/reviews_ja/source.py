# %% [markdown]
# # 飲食店の口コミの分類
# 口コミの本文から、良い評価か悪い評価かを予測します。
# %%
import unicodedata
from collections import Counter

import fugashi
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split

# !%matplotlib inline
SEED = 0
# %% [markdown]
# ## データの読み込み
# %%
df = pd.read_csv("data/reviews.csv")
df.shape
# %%
df["評価"].value_counts().sort_index()
# %% [markdown]
# ## 前処理
# 評価が 3 の口コミは良いとも悪いとも言えないので除きます。
# %%
df = df[df["評価"] != 3].reset_index(drop=True)
df["良い"] = (df["評価"] >= 4).astype(int)
print(f"{len(df)} 件、うち良い評価は {df['良い'].sum()} 件")
# %%
# 分かち書き
tagger = fugashi.Tagger()
品詞 = {"名詞", "動詞", "形容詞", "形状詞"}
不要語 = {"する", "為る", "居る", "有る", "成る", "来る", "行く", "思う"}


def 分かち書き(text):
    words = []
    for word in tagger(unicodedata.normalize("NFKC", text)):
        lemma = (word.feature.lemma or word.surface).split("-")[0]
        if word.feature.pos1 in 品詞 and lemma not in 不要語:
            words.append(lemma)
    return words


分かち書き(df["本文"][0])
# %%
df["単語"] = df["本文"].apply(分かち書き)
頻度 = Counter(word for words in df["単語"] for word in words)
頻度.most_common(5)
# %% [markdown]
# ## 特徴量の作成
# %%
X_train, X_test, y_train, y_test = train_test_split(
    df["単語"].str.join(" "), df["良い"], test_size=0.3, random_state=SEED, stratify=df["良い"]
)
vectorizer = TfidfVectorizer(token_pattern=r"\S+", min_df=2)
X_train = vectorizer.fit_transform(X_train)
X_test = vectorizer.transform(X_test)
X_train.shape, X_test.shape
# %% [markdown]
# ## 学習
# %%
model = LogisticRegression(C=10.0)
model.fit(X_train, y_train)
print("語彙数:", len(vectorizer.vocabulary_))
# %% [markdown]
# ## 評価
# %%
predicted = model.predict(X_test)
print(f"正解率: {accuracy_score(y_test, predicted):.2f}")
confusion_matrix(y_test, predicted)
# %%
# 効いている単語
weights = pd.Series(model.coef_[0], index=vectorizer.get_feature_names_out()).sort_values()
print("悪い評価:", "、".join(weights.index[:2]))
print("良い評価:", "、".join(weights.index[::-1][:2]))
# %% [markdown]
# ## 可視化
# %%
plt.figure(figsize=(3.5, 2))
plt.hist(model.predict_proba(X_test)[:, 1], bins=10, color="teal")
plt.xlabel("probability of a good review")
plt.ylabel("reviews")
plt.show()
# %% [markdown]
# ## 新しい口コミの予測
# %%
新しい口コミ = ["スープが美味しくて大満足でした", "店員の対応が悪くて残念でした"]
for text in 新しい口コミ:
    good = model.predict(vectorizer.transform([" ".join(分かち書き(text))]))[0]
    print(text, "→", "良い" if good else "悪い")
