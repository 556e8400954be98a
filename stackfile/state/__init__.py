"""The state: its format, its journal, its secrets, and the backends that keep them."""
