"""Structured logs on standard error, from structlog and from libraries alike: one line a record, secrets masked."""

import logging
import sys
from typing import Annotated, Any, Literal

import msgspec
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from diramoja.core.errors import trace_of
from diramoja.core.settings import Settings, masked

__all__ = ["LogSettings", "configure_logs"]

type Level = Literal["debug", "info", "warning", "error"]

_QUIET: dict[str, Level] = {"uvicorn": "warning", "httpx": "warning"}


class LogSettings(Settings, frozen=True, kw_only=True):
    """What is logged, and how. Lines go to standard error."""

    level: Annotated[Level, msgspec.Meta(description="Records below this level are dropped.")] = "info"
    format: Annotated[
        Literal["auto", "console", "json"],
        msgspec.Meta(description="auto: console on a terminal, else a JSON object a line."),
    ] = "auto"
    levels: Annotated[
        dict[str, Level], msgspec.Meta(description='Levels by logger and what is below it: { "uvicorn" = "error" }.')
    ] = msgspec.field(default_factory=dict)


def configure_logs(settings: LogSettings) -> None:
    """Set up logging for this process; again replaces.

    Whatever is bound by `structlog.contextvars` (request id, correlation) is on every line.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_trace),
        _mask,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings)],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    for name, level in {**_QUIET, **settings.levels}.items():
        logging.getLogger(name).setLevel(level.upper())


def _trace(exc_info: ExcInfo) -> str:
    """Without the text of errors that are not ours, nor local variables: both hold what people wrote."""
    return trace_of(exc_info[1])


def _renderer(settings: LogSettings) -> Processor:
    is_terminal = sys.stderr.isatty()
    if settings.format == "json" or (settings.format == "auto" and not is_terminal):
        return structlog.processors.JSONRenderer(serializer=_json)
    return structlog.dev.ConsoleRenderer(
        colors=is_terminal, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )


def _json(value: Any, **_options: Any) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()


def _mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: value if name.startswith("_") else masked(name, value) for name, value in event.items()}
