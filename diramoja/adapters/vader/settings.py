"""Settings of the classifier."""

from importlib.resources import files
from pathlib import Path

from diramoja.adapters.vader.words import WordList
from diramoja.core import Settings

__all__ = ["VaderSettings"]


class VaderSettings(Settings, frozen=True, kw_only=True):
    """Which words count.

    Attributes:
        words_file: lines of word or phrase, weight 0..1 and reason, separated by tabs; "" for the list shipped.
    """

    words_file: str = ""

    def __post_init__(self) -> None:
        """Read the list at start: a file that cannot be read is an error of the settings.

        Raises:
            ValueError: it cannot be read, or a line is none.
        """
        self.read_words()

    def read_words(self) -> WordList:
        """The word list.

        Raises:
            ValueError: it cannot be read, or a line is none.
        """
        source = Path(self.words_file) if self.words_file else files(__package__) / "words.tsv"
        try:
            return WordList.read(source.read_text(encoding="utf-8").splitlines())
        except (OSError, ValueError) as error:
            raise ValueError(f"words_file is no word list: {error}") from error
