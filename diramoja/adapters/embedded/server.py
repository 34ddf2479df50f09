"""What the three servers have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from diramoja.adapters.embedded.account import Account
from diramoja.adapters.embedded.errors import PortTakenError
from diramoja.adapters.embedded.events import ServerName
from diramoja.adapters.embedded.folder import Folder
from diramoja.adapters.embedded.ports import free_port, is_free
from diramoja.adapters.embedded.settings import EmbeddedSettings

__all__ = ["Server"]


class Server(ABC):
    """One kind of server: what it needs before it starts, how it is started, how it shows that it is ready.

    Attributes:
        port: its TCP port, 0 where it uses none.
    """

    name: ClassVar[ServerName]

    def __init__(self, folder: Folder, settings: EmbeddedSettings) -> None:
        self.folder = folder
        self.settings = settings
        self.port = 0

    @property
    def setting(self) -> str:
        """Name of the setting that fixes the port."""
        return f"{self.name}_port"

    @property
    def fixed_port(self) -> int:
        """The port that the settings fix, 0 for none."""
        port: int = getattr(self.settings, self.setting)
        return port

    @property
    def uses_port(self) -> bool:
        """Whether it listens on TCP."""
        return True

    @property
    def log(self) -> Path:
        """Its log."""
        return self.folder.logs / f"{self.name}.log"

    def choose_port(self) -> str:
        """Set the port: the fixed one, the one of the last time if it is still free, or a free one.

        Returns:
            What changed, "" if nothing did.

        Raises:
            PortTakenError: the fixed one is taken.
        """
        if not self.uses_port:
            return ""
        kept = self.folder.kept_port(self.name)
        if self.fixed_port:
            if not is_free(self.fixed_port):
                raise PortTakenError(self.name, self.setting, self.fixed_port)
            self.port = self.fixed_port
            return ""
        if kept and is_free(kept):
            self.port = kept
            return ""
        self.port = free_port()
        self.folder.keep_port(self.name, self.port)
        return f"port {kept} is taken, {self.port} is used" if kept else ""

    @abstractmethod
    async def prepare(self) -> None:
        """Make its data folder and write its configuration.

        Raises:
            ServerStartError: that failed.
            FolderUnusableError: this user may not use the data.
        """

    @property
    @abstractmethod
    def argv(self) -> Sequence[str]:
        """The command that runs it in the foreground."""

    @property
    def account(self) -> Account:
        """Whom it runs as."""
        return Account()

    @abstractmethod
    async def is_ready(self, pid: int) -> bool:
        """Whether the process with this id takes work now; answers within a second."""

    @abstractmethod
    def urls(self) -> Mapping[str, str]:
        """Its URLs with passwords, by role."""
