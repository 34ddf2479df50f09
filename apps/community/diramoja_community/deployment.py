"""From a deployment file to plugins, adapters and settings that fit together. Nothing connects here."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import attrs
import msgspec
import platformdirs

from diramoja.adapters.embedded import EmbeddedSettings, ServerName
from diramoja.core.host import WITH_RECORDS, Deployment, Found, assemble, discover
from diramoja.core.runtime.settings import RuntimeSettings
from diramoja.core.settings import LoadedSettings, Settings, read_layers
from diramoja_community.dispatch import DispatchSettings
from diramoja_community.logs import LogSettings
from diramoja_community.settings import GatewaySettings

__all__ = [
    "DEFAULT_FILE",
    "EMBEDDED",
    "DeploymentSettings",
    "Loaded",
    "Role",
    "default_data",
    "load_deployment",
    "load_settings",
    "ports_class",
    "sections",
]

DEFAULT_FILE = "diramoja.toml"

EMBEDDED: Mapping[str, ServerName] = {"postgres": "postgres", "nats": "nats", "valkey": "valkey"}
"""Adapters whose server is started in the data folder where no URL is given."""

NEEDS = ("cache",)
"""Ports that the gateway asks for, besides those of the core and the plugins."""

DEFAULT_PORTS: Mapping[str, str] = {
    "cache": "memory_cache",
    "classifier": "vader",
    "mail": "outbox_log",
    "push": "outbox_log",
    "sms": "outbox_log",
}
"""What answers a port where several adapters could; `[ports]` says otherwise."""

type Role = Literal["all", "gateway", "worker", "jobs"]


class DeploymentSettings(Settings, frozen=True, kw_only=True):
    """What this deployment is, where it keeps its data and listens, and which plugins it runs.

    Attributes:
        name: of the organisation or platform, as pages and logs show it.
        data: folder of the embedded servers, keys and uploads; relative to this file; "" for the user's data folder.
        host: address on which the gateway listens; 0.0.0.0 for all.
        port: TCP port of the gateway; 0 for a free one.
        roles: what this process does: gateway (HTTP), worker (agents), jobs (calls to the outside, views).
        apart: a process that is gateway and worker runs its agents and jobs in a second one, which is started again
            when a handler ends it.
        plugins: names of the plugins to run; empty for all that are installed.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "DiraMoja"
    data: str = ""
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    roles: Annotated[list[Role], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["all"])
    apart: bool = True
    plugins: list[str] = msgspec.field(default_factory=list)


@attrs.frozen
class Loaded:
    """A deployment and its settings, checked. `data` is the data folder, absolute; it may not exist yet."""

    found: Found
    deployment: Deployment
    settings: LoadedSettings
    data: Path

    @property
    def identity(self) -> DeploymentSettings:
        """The section [deployment]."""
        return self.settings.of(DeploymentSettings)

    @property
    def roles(self) -> frozenset[str]:
        """What the process does; "all" written out."""
        named = frozenset(self.identity.roles)
        return frozenset({"gateway", "worker", "jobs"}) if "all" in named else named


def default_data() -> Path:
    """The user's data folder."""
    return platformdirs.user_data_path("diramoja")


def load_deployment(
    config: Path | None = None,
    options: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    *,
    found: Found | None = None,
) -> Loaded:
    """Read the settings, find what is installed, and compose.

    Args:
        config: the deployment file; None for none.
        options: `section.key=value` from the command line.
        environ: the environment; None for the process's.
        found: what is installed; None to look.

    Raises:
        SettingsError: a setting is unknown, has the wrong type or is out of its bounds.
        PluginError: plugins or adapters do not fit together.
    """
    found = found or discover()
    settings = load_settings(found, config, options, environ)
    identity = settings.of(DeploymentSettings)
    ports: dict[str, str] = msgspec.structs.asdict(settings.sections["ports"])
    deployment = assemble(found, plugins=identity.plugins, ports=ports, needs=NEEDS)
    return Loaded(found, deployment, settings, _data_folder(settings, config))


def load_settings(
    found: Found, config: Path | None, options: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> LoadedSettings:
    """Only the settings, whether or not the plugins fit together.

    Raises:
        SettingsError: as `load_deployment`.
    """
    layers = read_layers(config, os.environ if environ is None else environ, options)
    loaded = layers.load(sections(found))
    return attrs.evolve(loaded, sections={name: _embedded(loaded, name) for name in loaded.sections})


def _embedded(loaded: LoadedSettings, section: str) -> Settings:
    """The settings of a section; where a server could be embedded, no URL means that one is."""
    settings = loaded.sections[section]
    if section in EMBEDDED and not loaded.is_given(section, "url"):
        return msgspec.structs.replace(settings, url="")
    return settings


def sections(found: Found) -> dict[str, type[Settings]]:
    """Every section that a deployment file may have, the general ones first."""
    general: dict[str, type[Settings]] = {
        "deployment": DeploymentSettings,
        "ports": ports_class(found),
        "gateway": GatewaySettings,
        "dispatch": DispatchSettings,
        "runtime": RuntimeSettings,
        "logging": LogSettings,
        "embedded": EmbeddedSettings,
    }
    return general | found.sections()


def ports_class(found: Found) -> type[Settings]:
    """The section [ports]: a key for each port that an adapter provides or a plugin asks for."""
    providers = found.providers()
    asked = {spec.name for each in found.plugins.values() for spec in each.value.ports}
    names = sorted({*providers, *asked} - set(WITH_RECORDS))
    fields = [
        (
            name,
            Annotated[str, msgspec.Meta(description=f"Installed: {', '.join(providers.get(name, [])) or 'none'}.")],
            _default_adapter(name, providers.get(name, [])),
        )
        for name in names
    ]
    made = msgspec.defstruct(
        "PortsSettings",
        fields,
        bases=(Settings,),
        namespace={"__doc__": 'The adapter of each port, or "primary, fallback".'},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    assert issubclass(made, Settings)
    return made


def _default_adapter(port: str, able: Sequence[str]) -> str:
    preferred = DEFAULT_PORTS.get(port, "")
    if preferred in able:
        return preferred
    return able[0] if len(able) == 1 else ""


def _data_folder(settings: LoadedSettings, config: Path | None) -> Path:
    data = settings.of(DeploymentSettings).data
    if not data:
        return default_data()
    origin = settings.origins[("deployment", "data")]
    folder = config.absolute().parent if config is not None and origin.layer == "file" else Path.cwd()
    return Path(folder, Path(data).expanduser()).absolute()
