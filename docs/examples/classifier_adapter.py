"""An adapter of the port `classifier`, whole: settings, the port, and the hook.

python docs/examples/classifier_adapter.py
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
from msgspec import Meta

from diramoja.core import hookimpl
from diramoja.core.adapter import AdapterSpec
from diramoja.core.settings import Settings
from diramoja.ports.classifier import Assessment


class ShoutSettings(Settings, frozen=True, kw_only=True):
    """How much shouting is too much."""

    capitals_ratio: Annotated[float, Meta(gt=0, le=1, description="Share of capitals from which a text shouts.")] = 0.7


class ShoutClassifier:
    """Takes shouting for toxicity."""

    def __init__(self, settings: ShoutSettings) -> None:
        self._settings = settings

    async def assess(self, texts: Sequence[str]) -> Sequence[Assessment]:
        """See the port."""
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Assessment:
        letters = [each for each in text if each.isalpha()]
        share = sum(each.isupper() for each in letters) / max(1, len(letters))
        shouts = len(letters) > 1 and share >= self._settings.capitals_ratio
        reasons = ("shouting",) if shouts else ()
        return Assessment(toxicity=share * shouts, confidence=0.9, sentiment=0, reasons=reasons, model="shout 1")


@asynccontextmanager
async def open_shout(settings: ShoutSettings) -> AsyncIterator[Mapping[str, object]]:
    """Connections would be opened here, and closed after the block."""
    yield {"classifier": ShoutClassifier(settings)}


@hookimpl
def register_adapter() -> AdapterSpec:
    """One adapter; `[ports] classifier = "shout"` chooses it."""
    return AdapterSpec(name="shout", ports=["classifier"], settings=ShoutSettings, open=open_shout)


async def main() -> None:
    """What the host does with it."""
    async with register_adapter().open(ShoutSettings()) as ports:
        classifier = ports["classifier"]
        assert isinstance(classifier, ShoutClassifier)
        quiet, loud = await classifier.assess(["Nurses first.", "NURSES FIRST!"])
        assert quiet.toxicity == 0
        assert loud.toxicity == 1


if __name__ == "__main__":
    anyio.run(main)
