# %% [markdown]
# # コーヒーの冷め方の実験
# ニュートンの冷却の法則 $T(t) = T_{env} + (T_0 - T_{env}) e^{-kt}$ を使って、容器ごとの冷却定数 k を推定する。
# %%
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

np.random.seed(123)
# %% [markdown]
# ## 設定
# %%
T_env = 22.0  # 室温 (℃)
minutes = np.arange(0, 61, 2)
noise = 0.4  # 温度計の誤差


# %% [markdown]
# ## 関数
# %%
# 冷却曲線
def cooling(t, T0, k):
    return T_env + (T0 - T_env) * np.exp(-k * t)


# 測定の代わりに、誤差をのせたデータを作る
def measure(T0, k):
    return cooling(minutes, T0, k) + np.random.normal(0, noise, len(minutes))


# 対数をとって直線をあてはめる
def fit(T):
    slope, intercept = np.polyfit(minutes, np.log(T - T_env), 1)
    return T_env + np.exp(intercept), -slope


# %% [markdown]
# ## 実験1: 紙コップ
# %%
T_paper = measure(85, 0.045)
T0_paper, k_paper = fit(T_paper)
rmse_paper = np.sqrt(np.mean((T_paper - cooling(minutes, T0_paper, k_paper)) ** 2))
print(f"紙コップ: T0 = {T0_paper:.1f}, k = {k_paper:.3f}, RMSE = {rmse_paper:.2f}")
# %%
plt.figure(figsize=(4, 2.5))
plt.plot(minutes, T_paper, "o", ms=3)
plt.plot(minutes, cooling(minutes, T0_paper, k_paper))
plt.title("paper cup")
plt.show()
# %% [markdown]
# ## 実験2: 陶器のマグ
# %%
T_mug = measure(80, 0.03)
T0_mug, k_mug = fit(T_mug)
rmse_mug = np.sqrt(np.mean((T_mug - cooling(minutes, T0_mug, k_mug)) ** 2))
print(f"マグ: T0 = {T0_mug:.1f}, k = {k_mug:.3f}, RMSE = {rmse_mug:.2f}")
# %%
plt.figure(figsize=(4, 2.5))
plt.plot(minutes, T_mug, "o", ms=3)
plt.plot(minutes, cooling(minutes, T0_mug, k_mug))
plt.title("mug")
plt.show()
# %% [markdown]
# ## 実験3: 魔法瓶
# %%
T_flask = measure(88, 0.004)
T0_flask, k_flask = fit(T_flask)
rmse_flask = np.sqrt(np.mean((T_flask - cooling(minutes, T0_flask, k_flask)) ** 2))
print(f"魔法瓶: T0 = {T0_flask:.1f}, k = {k_flask:.3f}, RMSE = {rmse_flask:.2f}")
# %%
plt.figure(figsize=(4, 2.5))
plt.plot(minutes, T_flask, "o", ms=3)
plt.plot(minutes, cooling(minutes, T0_flask, k_flask))
plt.title("vacuum flask")
plt.show()
# %% [markdown]
# ## まとめ
# %%
summary = pd.DataFrame(
    {
        "容器": ["紙コップ", "マグ", "魔法瓶"],
        "T0": [T0_paper, T0_mug, T0_flask],
        "k": [k_paper, k_mug, k_flask],
        "RMSE": [rmse_paper, rmse_mug, rmse_flask],
    }
)
# 飲みごろ(60℃)になるまでの時間
summary["飲みごろ"] = np.log((summary["T0"] - T_env) / (60 - T_env)) / summary["k"]
summary.round(3)
# %%
# 半減期
for name, k in zip(summary["容器"], summary["k"]):
    print(name, f"{np.log(2) / k:.0f} 分")
# %% [markdown]
# ## 多項式でのあてはめとの比較
# 次数を上げると誤差は小さくなるが、外挿すると変な値になる。
# %%
t_new = 120
for degree in [1, 2, 3, 5]:
    coef = np.polyfit(minutes, T_mug, degree)
    err = np.sqrt(np.mean((T_mug - np.polyval(coef, minutes)) ** 2))
    print(degree, f"RMSE {err:.2f}", f"120分後 {np.polyval(coef, t_new):.0f} ℃")
print("冷却曲線", f"120分後 {cooling(t_new, T0_mug, k_mug):.0f} ℃")
# %%
plt.bar(["paper", "mug", "flask"], summary["k"])
plt.ylabel("k (1/min)")
plt.show()
