# %% [markdown]
# # 問い合わせの仕分け
# 通販への問い合わせを MeCab で単語に分け、本文から種類を予測します。
# %%
import MeCab
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split

# !%matplotlib inline
SEED = 7
# %% [markdown]
# ## データの読み込み
# %%
df = pd.read_csv("data/inquiries.csv")
df.groupby("種類")["本文"].agg(["count", "first"])
# %% [markdown]
# ## 前処理
# 辞書は Debian の IPA 辞書です。名詞・動詞・形容詞を原形で使います。
# %%
tagger = MeCab.Tagger("-d /var/lib/mecab/dic/ipadic-utf8 -Ochasen")
print(tagger.parse("届け先の住所を変更したいです。"))
# %%
PARTS = ("名詞", "動詞", "形容詞")


def words_of(text):
    found = []
    for line in tagger.parse(text).splitlines():
        columns = line.split("\t")
        if len(columns) > 3 and columns[3].startswith(PARTS) and "非自立" not in columns[3]:
            found.append(columns[2])
    return found


df["単語"] = df["本文"].apply(words_of)
df[["種類", "単語"]].head()
# %%
counts = df["単語"].explode().value_counts()
print(f"単語 {len(counts)} 種類、多い順に {'、'.join(counts.index[:5])}")
# %% [markdown]
# ## 学習
# %%
train, test = train_test_split(df, test_size=0.3, random_state=SEED, stratify=df["種類"])
vectorizer = CountVectorizer(analyzer=list, min_df=2)
X_train = vectorizer.fit_transform(train["単語"])
X_test = vectorizer.transform(test["単語"])
model = LogisticRegression(C=2.0)
model.fit(X_train, train["種類"])
X_train.shape
# %% [markdown]
# ## 評価
# %%
predicted = model.predict(X_test)
print(f"正解率: {accuracy_score(test['種類'], predicted):.2f}")
pd.DataFrame(confusion_matrix(test["種類"], predicted), index=model.classes_, columns=model.classes_)
# %%
# 種類ごとに効いている単語
weights = pd.DataFrame(model.coef_, index=model.classes_, columns=vectorizer.get_feature_names_out())
for kind, row in weights.iterrows():
    print(kind, "、".join(row.nlargest(3).index))
# %% [markdown]
# ## 可視化
# %%
plt.figure(figsize=(3.5, 2))
plt.hist(df["単語"].str.len(), bins=range(1, 12), color="teal")
plt.xlabel("words of an inquiry")
plt.ylabel("inquiries")
plt.show()
