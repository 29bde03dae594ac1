"""Machine learning in a notebook: which data hold which rows, what was fitted on them, and what scored it."""
