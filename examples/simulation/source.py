# %% [markdown]
# # A queue at one counter
# Customers come at random to a counter that serves one of them at a time. How long do they wait, and does a second
# counter help?
# %%
from collections import deque
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(2024)
# %% [markdown]
# ## The model
# Times are in minutes.
# %%
arrival_gap = 2.0  # mean time between two customers
service_time = 1.8  # mean time at the counter
opening_hours = 8


@dataclass
class Customer:
    number: int
    arrival: float
    service: float
    start: float = 0.0

    @property
    def wait(self):
        return self.start - self.arrival


def draw_customers():
    customers = []
    clock = rng.exponential(arrival_gap)
    while clock < opening_hours * 60:
        customers.append(Customer(len(customers) + 1, clock, rng.exponential(service_time)))
        clock += rng.exponential(arrival_gap)
    return customers


# %%
class Shop:
    """Counters that take the next customer of one queue."""

    def __init__(self, counters):
        self.free_at = [0.0] * counters
        self.served = []

    def serve(self, customer):
        counter = self.free_at.index(min(self.free_at))
        customer.start = max(customer.arrival, self.free_at[counter])
        self.free_at[counter] = customer.start + customer.service
        self.served.append(customer)

    def __repr__(self):
        return f"<Shop with {len(self.free_at)} counters, {len(self.served)} served>"


# %% [markdown]
# ## One day
# %%
shop = Shop(1)
for customer in draw_customers():
    shop.serve(customer)
shop
# %%
waits = [customer.wait for customer in shop.served]
print(f"mean wait {np.mean(waits):.1f} minutes, longest {max(waits):.1f}")
# %%
plt.figure(figsize=(4, 2.5))
plt.step([customer.arrival / 60 for customer in shop.served], waits, where="post")
plt.xlabel("hour of the day")
plt.ylabel("wait (minutes)")
plt.title("One counter, one day")
# %% [markdown]
# ## Many days
# %%
days = 50
means = {}
for counters in (1, 2):
    means[counters] = []
    for _ in range(days):
        shop = Shop(counters)
        for customer in draw_customers():
            shop.serve(customer)
        means[counters].append(float(np.mean([customer.wait for customer in shop.served])))
{counters: round(sum(values) / days, 1) for counters, values in means.items()}
# %%
fig, axes = plt.subplots(1, 2, figsize=(5, 2))
for ax, (counters, values) in zip(axes, means.items()):
    ax.hist(values, bins=12, color="slategray")
    ax.set_title(f"{counters} counter" + ("s" if counters > 1 else ""))
    ax.set_xlabel("mean wait (minutes)")
fig.tight_layout()
# %% [markdown]
# ## A busier shop
# The same functions, after the gap between customers has changed.
# %%
arrival_gap = 1.5
recent = deque(maxlen=5)
for day in range(1, 11):
    shop = Shop(2)
    for customer in draw_customers():
        shop.serve(customer)
    recent.append((day, len(shop.served), round(float(np.mean([customer.wait for customer in shop.served])), 1)))
recent
