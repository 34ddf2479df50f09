"""Adapters: one folder a backend; each provides ports and knows only the core."""
