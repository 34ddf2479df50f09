"""What routes ask for: by name `reader`, `send`, `page`; by annotation any port and any plugin's settings."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any, TypeAliasType, cast, get_origin, get_type_hints

from litestar import Controller, Litestar, Request
from litestar.di import Dependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter, SkipValidationMarker

from diramoja.core.errors import PluginError
from diramoja.core.gateway import PageQuery, Reader, Send
from diramoja_community.auth import GUEST
from diramoja_community.exchange import exchange_of
from diramoja_community.idempotency import Sender

__all__ = ["common_dependencies", "handlers_of", "one_after_the_other", "port_dependencies"]

COMMON = ("reader", "page", "send")


def read_reader(request: Request[Any, Any, Any]) -> Reader:
    """The dependency `reader`."""
    return exchange_of(request).reader or GUEST


def read_page(
    limit: Annotated[int, Parameter(ge=1, le=100, description="Items of a page.")] = 20,
    cursor: Annotated[str, Parameter(max_length=1024, description="`next_cursor` of the page before.")] = "",
) -> PageQuery:
    """The dependency `page`."""
    return PageQuery.read(limit, cursor)


def common_dependencies(sender: Sender) -> dict[str, Provide]:
    """Those that go by their name."""

    async def send(request: Request[Any, Any, Any]) -> Send:
        return await sender(request)

    return {
        "reader": Provide(read_reader, sync_to_thread=False),
        "page": Provide(read_page, sync_to_thread=False),
        "send": Provide(send),
    }


def handlers_of(controller: type) -> list[BaseRouteHandler]:
    """The route handlers of a controller."""
    return [each for each in vars(controller).values() if isinstance(each, BaseRouteHandler)]


def port_dependencies(
    controllers: Iterable[type[Controller]], available: Mapping[type, object]
) -> dict[type[Controller], dict[str, Provide]]:
    """Controller → name → adapter or settings, for every parameter whose annotation is in `available`.

    Raises:
        PluginError: a controller uses one name for two of them.
    """
    return {controller: _of_controller(controller, available) for controller in controllers}


def _of_controller(controller: type[Controller], available: Mapping[type, object]) -> dict[str, Provide]:
    found: dict[str, type] = {}
    for handler in handlers_of(controller):
        function = cast("Callable[..., Any]", handler.fn)
        wanted = _wanted(function, available)
        for name, of in wanted.items():
            if found.setdefault(name, of) is not of:
                raise PluginError(
                    f"{controller.__name__} names two different ports {name}.", cure="Give them different names."
                )
        _mark(function, [*wanted, *COMMON])
    return {name: Provide(_constant(available[of]), sync_to_thread=False) for name, of in found.items()}


def _wanted(function: Callable[..., Any], available: Mapping[type, object]) -> dict[str, type]:
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)
    return {name: hints[name] for name in names if isinstance(hints.get(name), type) and hints[name] in available}


def _mark(function: Callable[..., Any], names: Collection[str]) -> None:
    """Tell Litestar which parameters are ours and need no check, so that an author writes `db: Database` only."""
    hints = get_type_hints(function, include_extras=True)
    for name, hint in hints.items():
        plain = hint.__value__ if isinstance(hint, TypeAliasType) else hint
        function.__annotations__[name] = plain
        if name in names and get_origin(plain) is not Annotated:
            function.__annotations__[name] = Annotated[plain, Dependency(), SkipValidationMarker()]


def one_after_the_other(application: Litestar) -> None:
    """Let Litestar resolve the dependencies of a route so.

    It starts a task for each where there are several, which took a tenth of a request; none of ours waits for another.
    """
    for route in application.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            model.dependency_batches = [{each} for batch in model.dependency_batches for each in batch]


def _constant(value: object) -> Callable[[], Any]:
    def provide() -> Any:
        return value

    return provide
