"""The kinds of Streamkap: for each a model with its traits, and the verbs' odd habits in small overrides."""
