"""The kinds of the local provider: a model with its traits, and what the verbs of each kind need beyond the common."""
