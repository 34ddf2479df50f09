"""Loads declared facts: one call for all messages of a batch that ask for the same, within its deadline."""

from collections.abc import Sequence
from typing import Any

import anyio
import structlog

from diramoja.core.facts import Fact
from diramoja.core.registry import Ports, Registry
from diramoja.core.runtime.items import Item

__all__ = ["load_facts"]

log = structlog.get_logger(__name__)

_failures: dict[str, int] = {}
ALERT_AFTER = 3


async def load_facts(items: Sequence[Item], registry: Registry, ports: Ports) -> None:
    """Fill `item.facts`; what does not come in time is left to the fact's fallback."""
    wanted: dict[Fact[Any, Any], list[Item]] = {}
    for item in items:
        kind = registry.kinds.get(item.key.kind)
        if kind is not None and kind.facts and item.command is not None:
            for each in kind.facts.get(type(item.command), ()):
                wanted.setdefault(each, []).append(item)
    for each, askers in wanted.items():
        await _load(each, askers, ports)


async def _load(fact: Fact[Any, Any], items: Sequence[Item], ports: Ports) -> None:
    try:
        with anyio.fail_after(fact.deadline_s(len(items))):
            values = await ports.call(fact.load, [item.command for item in items])
        for item, value in zip(items, values, strict=True):
            item.facts[fact.name] = value
        _failures.pop(fact.name, None)
    except Exception as error:  # noqa: BLE001  # the border: a port that fails leaves the fallback
        count = _failures[fact.name] = _failures.get(fact.name, 0) + 1
        level = log.error if count >= ALERT_AFTER else log.warning
        level("fact_unavailable", fact=fact.name, error=type(error).__name__, in_a_row=count)
