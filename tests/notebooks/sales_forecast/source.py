# %% [markdown]
# # How many will we sell?
# Units sold per day in one store. Does a linear regression on past days beat "the same as a week ago"?
# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error

# !%matplotlib inline
# %% tags=["parameters"]
store = "north"
cutoff = "2023-12-01"
horizons = [1, 7, 14]
# %% [markdown]
# ## Data
# %%
sales = pd.read_csv("data/sales.csv", parse_dates=["date"])
sales = sales[sales["store"] == store]
print(len(sales), "days in", store)
sales.head()
# %%
# one value a day; the store was closed on days that are not there
daily = sales.set_index("date")["units"].resample("D").sum()
print("closed:", int((daily == 0).sum()))
daily = daily.replace(0, np.nan).interpolate()
# %%
weekly = daily.resample("W").sum()
plt.figure(figsize=(5, 2))
plt.plot(weekly.index[:-1], weekly.values[:-1], color="tab:green")
plt.title("units per week")
plt.show()
# %%
# by day of the week
daily.groupby(daily.index.day_of_week).mean().round(1)
# %% [markdown]
# ## Features
# %%
df = pd.DataFrame({"y": daily})
for lag in [1, 2, 7, 14]:
    df[f"lag_{lag}"] = df["y"].shift(lag)
df["roll7"] = df["y"].shift(1).rolling(7).mean()
df["dow"] = df.index.day_of_week
df["saturday"] = (df["dow"] == 5).astype(int)
df["monday"] = (df["dow"] == 0).astype(int)
df = df.dropna()
df.shape
# %% [markdown]
# ## Split by date
# %%
train = df[df.index < cutoff]
test = df[df.index >= cutoff]
features = [c for c in df.columns if c != "y"]
print(len(train), len(test))
# %% [markdown]
# ## Baseline
# %%
baseline_mae = mean_absolute_error(test["y"], test["lag_7"])
print(f"last week: {baseline_mae:.1f}")
# %% [markdown]
# ## Linear regression
# %%
model = LinearRegression()
model.fit(train[features], train["y"])
pred = model.predict(test[features])
pred = np.maximum(pred, 0)
mae = mean_absolute_error(test["y"], pred)
print(f"linear: {mae:.1f} ({100 * (1 - mae / baseline_mae):.0f} % better)")
# %%
plt.figure(figsize=(6, 2.5))
plt.plot(test.index, test["y"], label="sold", color="gray")
plt.plot(test.index, pred, label="predicted", color="tab:green")
plt.legend()
plt.xticks(rotation=30)
plt.tight_layout()
plt.show()
# %% [markdown]
# ## How far ahead?
# Same model, but the target is h days later. Naive: the mean of the training days.
# %%
results = []
for h in horizons:
    y = df["y"].shift(-(h - 1))
    known = y.notna()
    train_rows = known & (df.index < cutoff)
    test_rows = known & (df.index >= cutoff)
    m = LinearRegression().fit(df.loc[train_rows, features], y[train_rows])
    h_pred = m.predict(df.loc[test_rows, features])
    h_mae = mean_absolute_error(y[test_rows], h_pred)
    naive = mean_absolute_error(y[test_rows], np.full(test_rows.sum(), y[train_rows].mean()))
    print(h, "days:", round(h_mae, 1))
    results.append({"horizon": h, "naive": naive, "linear": h_mae})
results = pd.DataFrame(results).set_index("horizon")
results.round(1)
# %%
ax = results.plot.bar(figsize=(4, 2.5), rot=0)
ax.set_ylabel("MAE (units)")
plt.show()
