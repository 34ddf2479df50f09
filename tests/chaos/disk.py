"""A disk that can be full at a word: a file system in memory whose size is changed, where this process may mount."""

import subprocess
from pathlib import Path

import psutil

__all__ = ["Disk"]

ROOM = "6g"


class Disk:
    """Mounted on a new folder; `available` says whether that was allowed. `remove` it in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.available = self._mount(f"size={ROOM},mode=0755")

    def fill(self) -> None:
        """No room is left but what is in use."""
        self._mount(f"remount,size={psutil.disk_usage(str(self.folder)).used // 1024 + 64}k")

    def empty(self) -> None:
        """There is room again."""
        self._mount(f"remount,size={ROOM}")

    def remove(self) -> None:
        if self.available:
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)

    def _mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        try:
            return subprocess.run(command, check=False, capture_output=True).returncode == 0
        except OSError:
            return False
