"""DiraMoja ("one direction"): agents, made of plugins, for movements that decide together.

An agent is written as pure functions: see `diramoja.core` for what an author imports.
"""

__version__ = "0.1.0"
