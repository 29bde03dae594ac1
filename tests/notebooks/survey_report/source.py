# %% [markdown]
# # Developer survey: a first look
# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

pd.set_option("display.max_columns", 20)
# !%matplotlib inline
# %%
df = pd.read_csv("data/survey.csv")
print(df.shape)
df.head(3)
# %%
df.isnull().sum()
# %%
# drop people who did not finish
df = df[df["finished"] == "yes"]
df = df.drop(columns=["finished"])
len(df)
# %% [markdown]
# ## Who answered?
# %%
df["country"].value_counts()
# %%
df["role"].value_counts(normalize=True).round(2)
# %%
df["age"].describe().round(1)
# %%
plt.figure(figsize=(4, 2.5))
plt.hist(df["age"].dropna(), bins=15, color="steelblue", edgecolor="white")
plt.xlabel("age")
plt.ylabel("people")
plt.show()
# %%
df["age_group"] = pd.cut(df["age"], bins=[0, 29, 39, 49, 100], labels=["<30", "30s", "40s", "50+"])
df["age_group"].value_counts().sort_index()
# %% [markdown]
# ## Remote work
# %%
pd.crosstab(df["role"], df["remote"])
# %%
pd.crosstab(df["country"], df["remote"], normalize="index").round(2)
# %%
remote_share = df.groupby("age_group", observed=True)["remote"].apply(lambda s: (s == "always").mean())
print(remote_share.round(2).to_string())
# %%
fig, ax = plt.subplots(figsize=(4, 2.5))
remote_share.plot.bar(ax=ax, color="steelblue", rot=0)
ax.set_ylabel("always remote")
plt.show()
# %% [markdown]
# ## Satisfaction
# from 1 (bad) to 5 (good)
# %%
print(f"{df['satisfaction'].mean():.2f}")
# %%
df.groupby("role")["satisfaction"].agg(["mean", "median", "count"]).round(2)
# %%
df.groupby("remote")["satisfaction"].mean().round(2).sort_values(ascending=False)
# %%
# hours vs satisfaction
print("correlation:", round(df["hours"].corr(df["satisfaction"]), 2))
plt.figure(figsize=(4, 2.5))
jitter = np.random.default_rng(1).uniform(-0.15, 0.15, len(df))
plt.scatter(df["hours"], df["satisfaction"] + jitter, s=6, alpha=0.5)
plt.xlabel("hours per week")
plt.ylabel("satisfaction")
plt.show()
# %%
long_hours = df[df["hours"] > 45]
print(f"{len(long_hours)} people work more than 45 hours, satisfaction {long_hours['satisfaction'].mean():.2f}")
# %%
pivot = df.pivot_table(index="role", columns="remote", values="satisfaction", aggfunc="mean")
pivot.round(2)
# %%
fig, ax = plt.subplots(figsize=(4, 2.5))
im = ax.imshow(pivot, cmap="Blues", vmin=1, vmax=5)
ax.set_xticks(range(len(pivot.columns)), pivot.columns)
ax.set_yticks(range(len(pivot.index)), pivot.index)
fig.colorbar(im)
plt.show()
# %% [markdown]
# ## Tools
# Several answers, separated by semicolons.
# %%
tools = df["tools"].dropna().str.split(";").explode()
counts = tools.value_counts()
counts.head(5)
# %%
counts.head(5).plot.barh(figsize=(4, 2.5), color="steelblue")
plt.gca().invert_yaxis()
plt.show()
# %%
top = counts.index[:3]
for tool in top:
    users = df[df["tools"].fillna("").str.contains(tool)]
    print(tool, len(users), round(users["satisfaction"].mean(), 2))
# %% [markdown]
# ## Table for the report
# %%
table = df.groupby(["role", "country"]).agg(
    people=("satisfaction", "size"), satisfaction=("satisfaction", "mean"), hours=("hours", "median")
)
table = table[table["people"] >= 5].round(2).reset_index()
table.to_csv("satisfaction.csv", index=False)
table.head(8)
# %%
print("saved", len(table), "rows")
