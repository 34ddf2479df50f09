"""The Litestar application: what the plugins brought under /v1, and around it what every request needs.

    application = create_application(process)

`process` is what the host made of a deployment; uvicorn runs the result with `server_options`.
"""

import contextlib
import os
import secrets
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import attrs
from litestar import Controller, Litestar, Response, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import LitestarDeprecationWarning
from litestar.handlers import HTTPRouteHandler

from diramoja.core.errors import PluginError
from diramoja.core.keys import Keys
from diramoja.core.plugin import Plugin
from diramoja.core.ports.broker import Broker
from diramoja.core.ports.cache import Cache
from diramoja.core.ports.clock import Clock
from diramoja.core.ports.database import Database
from diramoja.core.ports.records import EventLog, Operations
from diramoja.core.registry import Ports, Registry
from diramoja.core.tokens import Tokens
from diramoja_community.auth import Gate
from diramoja_community.bodies import StrictBody
from diramoja_community.catalogue import LANGUAGES, words
from diramoja_community.channels import Channels
from diramoja_community.conduct import OPEN_TO, Conduct
from diramoja_community.dependencies import (
    common_dependencies,
    handlers_of,
    one_after_the_other,
    port_dependencies,
)
from diramoja_community.deployment import DeploymentSettings
from diramoja_community.dispatch import Dispatcher, DispatchSettings
from diramoja_community.exchange import Frame
from diramoja_community.feed import LiveFeed
from diramoja_community.health import Health, gauges, health_routes
from diramoja_community.idempotency import Sender
from diramoja_community.limits import LIMITS, Limits
from diramoja_community.live import LIVE_PATH, Live, live_application
from diramoja_community.metrics import Metrics
from diramoja_community.openapi import Description, openapi_config
from diramoja_community.operators import Agents
from diramoja_community.outbox import Connections
from diramoja_community.pages import static_routes, warned
from diramoja_community.polling import poll_route
from diramoja_community.presence import Presence
from diramoja_community.problems import HANDLERS
from diramoja_community.protocols import BoundedHttp, BoundedWebSocket
from diramoja_community.rights import Rights
from diramoja_community.schemas import MessageSchemas
from diramoja_community.settings import GatewaySettings
from diramoja_community.simulation import Simulation, is_simulated
from diramoja_community.start_page import start_route
from diramoja_community.vote_page import vote_routes

__all__ = ["Gateway", "Hosting", "create_application", "server_options"]

LARGEST_FRAME_BYTES = 16_384


class Hosting(Protocol):
    """What the process that runs the gateway gives it: `ports` also hold settings by class, and the Keys."""

    @property
    def registry(self) -> Registry:
        """What the plugins brought."""
        ...

    @property
    def ports(self) -> Ports:
        """Adapters by protocol."""
        ...


@attrs.frozen
class Gateway:
    """The parts that live as long as the application."""

    registry: Registry
    ports: Ports
    settings: GatewaySettings
    tokens: Tokens
    dispatcher: Dispatcher
    metrics: Metrics
    gate: Gate
    sender: Sender
    live: Live

    @classmethod
    def of(cls, process: Hosting) -> "Gateway":
        """Make the parts; nothing runs before the application's lifespan."""
        get = process.ports.get
        settings, keys = get(GatewaySettings), get(Keys)
        tokens = Tokens(keys.get("access_token", settings.token_key_file))
        digest_key = keys.get("request_digest", settings.digest_key_file)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        dispatcher = Dispatcher(get(Broker), get(Operations), get(DispatchSettings), name)
        limits = Limits(get(Cache), settings, digest_key)
        channels = Channels(process.registry)
        conduct = Conduct(process.registry, get(Database))
        feed = LiveFeed(get(Broker), get(EventLog), channels.label, channels.author_field, hints=channels.hints)
        rights = Rights(process.registry, channels, feed, database=get(Database), conduct=conduct)
        presence = Presence(get(Broker), channels, name, least=settings.presence_min)
        return cls(
            registry=process.registry,
            ports=process.ports,
            settings=settings,
            tokens=tokens,
            dispatcher=dispatcher,
            metrics=Metrics(),
            gate=Gate(process.registry, tokens, limits, conduct),
            sender=Sender(dispatcher, digest_key),
            live=Live(feed, channels, tokens, limits, settings, Connections(settings), rights, presence),
        )

    @property
    def name(self) -> str:
        """Of the deployment."""
        return self.ports.get(DeploymentSettings).name

    def available(self) -> dict[type, object]:
        """What a route gets for an annotation, besides the ports."""
        return {Tokens: self.tokens, Registry: self.registry, Ports: self.ports, **self.registry.settings}


def create_application(process: Hosting) -> Litestar:
    """The application of a deployment.

    Raises:
        PluginError: a route has no permission, or one that no plugin declares.
    """
    gateway = Gateway.of(process)
    with warnings.catch_warnings():
        # Routes name what they want plainly (`send: Send`), which Litestar 2 reads and Litestar 3 will not.
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        application = _litestar(gateway)
    one_after_the_other(application)
    sockets = {LIVE_PATH: live_application(gateway.live)}
    log_all = gateway.settings.log_requests
    application.asgi_handler = Frame(application.asgi_handler, sockets, gateway.metrics, log_all=log_all)
    return application


def _litestar(gateway: Gateway) -> Litestar:
    health, schemas = Health(gateway.ports), MessageSchemas()
    banner = words("en")["simulation"] if is_simulated(gateway.ports.get(Clock)) else ""
    gateway.metrics.gauge(lambda: gauges(gateway.dispatcher, gateway.live))
    return Litestar(
        route_handlers=[
            Router("/v1", route_handlers=[*_mounted(gateway), *_operators(gateway), poll_route(gateway.live)]),
            start_route(
                name=gateway.name,
                registry=gateway.registry,
                ports=gateway.ports,
                health=health,
                connections=lambda: gateway.live.connections.count,
            ),
            *vote_routes(name=gateway.name, registry=gateway.registry, ports=gateway.ports),
            *health_routes(health, gateway.metrics, gateway.ports),
            *static_routes(),
        ],
        dependencies=common_dependencies(gateway.sender),
        guards=[gateway.gate],
        dto=StrictBody,
        return_dto=None,
        exception_handlers=HANDLERS,
        after_request=_warning if banner else None,
        request_max_body_size=gateway.settings.body_max_bytes,
        cors_config=_cors(gateway.settings),
        lifespan=[_life(gateway)],
        logging_config=None,
        state=State({"gateway": gateway}),
        openapi_config=openapi_config(gateway.name, Description(gateway.registry, schemas), banner),
        plugins=[schemas],
    )


async def _warning(response: Response[Any]) -> Response[Any]:
    """What people read says that it is a simulation, whoever made the page."""
    if response.media_type == MediaType.HTML and isinstance(response.content, str):
        response.content = warned(response.content, {each: words(each)["simulation"] for each in LANGUAGES})
    return response


def _life(gateway: Gateway) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        live = gateway.live
        async with gateway.dispatcher.serving(), live.feed.serving(), live.rights.kept(), live.presence.kept():
            yield

    return life


def _cors(settings: GatewaySettings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=settings.cors_origins,
        allow_headers=["authorization", "content-type", "idempotency-key", "x-request-id"],
        expose_headers=["idempotency-key", "x-request-id", "retry-after", "ratelimit-limit", "ratelimit-remaining"],
        max_age=3600,
    )


# --- mounting ---


def _mounted(gateway: Gateway) -> list[Router]:
    """A router for every controller of every plugin, with what its routes ask for."""
    routers = []
    for plugin in gateway.registry.plugins.values():
        controllers: list[type[Controller]] = list(plugin.routes)
        dependencies = port_dependencies(controllers, _Available(gateway.ports, gateway.available()))
        for controller in controllers:
            _check(plugin, controller, gateway.registry)
            tags = None if vars(controller).get("tags") else [plugin.name.capitalize()]
            routers.append(Router("/", route_handlers=[controller], dependencies=dependencies[controller], tags=tags))
    return routers


def _operators(gateway: Gateway) -> list[Router]:
    own = [Agents, Simulation]
    dependencies = port_dependencies(own, _Available(gateway.ports, gateway.available()))
    return [Router("/", route_handlers=[each], dependencies=dependencies[each]) for each in own]


class _Available(Mapping[type, object]):
    """The ports and our own parts as one mapping; ports cannot be listed, only asked for."""

    def __init__(self, ports: Ports, own: Mapping[type, object]) -> None:
        self._ports = ports
        self._own = own

    def __getitem__(self, of: type) -> object:
        if of in self._own:
            return self._own[of]
        if of in self._ports:
            return self._ports.get(of)
        raise KeyError(of)

    def __iter__(self) -> Any:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def _check(plugin: Plugin, controller: type[Controller], registry: Registry) -> None:
    for handler in handlers_of(controller):
        where = f"{controller.__name__}.{getattr(handler.fn, '__name__', '?')} of plugin {plugin.name}"
        permission = handler.opt.get("permission")
        if permission not in registry.permissions:
            what = f"asks for the unknown permission {permission}" if permission else "has no permission"
            raise PluginError(
                f"{where} {what}.", cure="Write permission=... beside the route; declare it in the plugin."
            )
        if (limit := handler.opt.get("limit")) not in (None, *LIMITS):
            raise PluginError(f"{where} has the unknown limit {limit}.", cure=f"Known are {', '.join(LIMITS)}.")
        if (open_to := handler.opt.get("open_to")) not in (None, *OPEN_TO):
            raise PluginError(f"{where} is open to the unknown {open_to}.", cure=f"Known are {', '.join(OPEN_TO)}.")
        if not isinstance(handler, HTTPRouteHandler):
            raise PluginError(f"{where} is no HTTP route.", cure="Live events go over /v1/live.")


def server_options(settings: GatewaySettings) -> dict[str, Any]:
    """What uvicorn is to be started with, besides host and port."""
    return {
        "http": BoundedHttp,
        "ws": BoundedWebSocket,
        "ws_max_size": LARGEST_FRAME_BYTES,
        "ws_per_message_deflate": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "lifespan": "on",
        "timeout_graceful_shutdown": 10,
    }
