# %%
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

# %%
df = pd.read_csv("data/readings.csv", parse_dates=["time"], index_col="time")
df.head()
# %%
df.describe().round(1)
# %%
df.isna().mean().round(3)
# %%
WINDOW = 5
MAX_DEVIATION = 3  # standard deviations


def remove_spikes(s):
    """Replace values far from the rolling median by NaN."""
    med = s.rolling(WINDOW, center=True, min_periods=1).median()
    return s.where((s - med).abs() <= MAX_DEVIATION * (s - med).std())


# %%
# temperature: -40 is the error code
temp = df["temp"].replace(-40, np.nan)
temp_bad = int(temp.isna().sum())
temp = remove_spikes(temp)
df["temp"] = temp
print("temp:", temp_bad, "errors,", int(temp.isna().sum()) - temp_bad, "spikes")
# %%
# humidity: 0 is the error code
hum = df["humidity"].replace(0, np.nan)
hum_bad = int(hum.isna().sum())
hum = remove_spikes(hum)
df["humidity"] = hum
print("humidity:", hum_bad, "errors,", int(hum.isna().sum()) - hum_bad, "spikes")
# %%
# pressure: 9999 is the error code
pres = df["pressure"].replace(9999, np.nan)
pres_bad = int(pres.isna().sum())
pres = remove_spikes(pres)
df["pressure"] = pres
print("pressure:", pres_bad, "errors,", int(pres.isna().sum()) - pres_bad, "spikes")
# %%
fig, axes = plt.subplots(3, 1, figsize=(6, 4), sharex=True)
for ax, col in zip(axes, ["temp", "humidity", "pressure"]):
    ax.plot(df.index, df[col], lw=0.7)
    ax.set_ylabel(col)
plt.tight_layout()
plt.show()
# %%
# train / test by time
n_train = int(len(df) * 0.7)
train = df.iloc[:n_train].copy()
test = df.iloc[n_train:].copy()
train.shape, test.shape
# %%
# impute with the medians of the training part only
medians = train[["temp", "humidity", "pressure"]].median()
train = train.fillna(medians)
test = test.fillna(medians)
print(medians.round(1).to_string())
# %%
for col in ["temp", "humidity", "pressure"]:
    mu, sd = train[col].mean(), train[col].std()
    train[col + "_z"] = (train[col] - mu) / sd
    test[col + "_z"] = (test[col] - mu) / sd
    print(f"{col}: mean {mu:.1f}, sd {sd:.1f}, test mean z {test[col + '_z'].mean():.2f}")
# %%
for col in ["temp", "humidity"]:
    plt.figure(figsize=(4, 2))
    plt.hist(train[col], bins=20, alpha=0.6, label="train")
    plt.hist(test[col], bins=20, alpha=0.6, label="test")
    plt.title(col)
    plt.legend()
    plt.show()
# %%
train[["temp", "humidity", "pressure"]].corr().round(2)
# %%
# dew point (Magnus)
a, b = 17.62, 243.12


def dew_point(t, rh):
    g = np.log(rh / 100) + a * t / (b + t)
    return b * g / (a - g)


for part in (train, test):
    part["dew"] = dew_point(part["temp"], part["humidity"])
print("dew point:", round(train["dew"].mean(), 1), round(test["dew"].mean(), 1))
# %%
clean = pd.concat([train, test])
alarm = clean[(clean["temp"] - clean["dew"]) < 3]
print(len(alarm), "readings close to condensation")
clean.round(3).to_csv("clean.csv")
