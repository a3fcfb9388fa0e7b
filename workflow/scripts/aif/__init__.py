"""Adversarial Information Factorization for batch effects: the model and everything around it."""
