"""Settings: a TOML file, then the environment, then the command line. Unknown keys are refused."""

import msgspec

__all__ = ["Settings"]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every settings class: typed fields with a default, units in their names, bounds in `msgspec.Meta`.

    A field whose name ends in `_file` is a path to a secret; the environment may give the path, never the secret.
    """
