"""Secret keys of a deployment: files that only their owner reads, made at the first start."""

import os
import secrets
from pathlib import Path

from diramoja.core.errors import SettingsError

__all__ = ["KEY_BYTES", "Keys"]

KEY_BYTES = 32


class Keys:
    """The keys in one folder, such as `<data>/secrets`. Several processes on the folder get the same ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, file: str = "") -> bytes:
        """A key of at least 32 bytes.

        Args:
            name: of the key, such as "access_token"; its file is `<name>.key`, made with mode 0600 if missing.
            file: path of a file from a `_file` setting; used instead of `name`, never made.

        Raises:
            SettingsError: the file cannot be read or is too short.
        """
        path = Path(file) if file else self._folder / f"{name}.key"
        if not file and not path.exists():
            self._make(path)
        try:
            key = path.read_bytes()
        except OSError as error:
            raise SettingsError(f"The key file {path} cannot be read.", cure="Check its path and owner.") from error
        key = key if len(key) == KEY_BYTES else key.strip()
        if len(key) < KEY_BYTES:
            raise SettingsError(f"The key file {path} holds fewer than {KEY_BYTES} bytes.", cure="Make a longer key.")
        return key

    def _make(self, path: Path) -> None:
        """Write a new key; where another process was quicker, its key stays."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # Whole or not at all, and never over another's.
        except FileExistsError:
            return
        finally:
            fresh.unlink()
