"""Agent kinds: the state, the phases in which each command is handled, and who is heard.

    talk = AgentKind("talk", Talk, prefix="tlk", rows=[Rating])

    @talk.on("open")
    def rate(state: Talk, message: RateTalk, context: Context) -> Decision: ...

The phases of the handlers are the state machine: in any other phase the runtime rejects the command.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs

from diramoja.core.context import Context
from diramoja.core.decisions import Decision
from diramoja.core.facts import Fact
from diramoja.core.messages import Command, Event, Row, State

__all__ = ["AgentKind", "Handler", "Hearing"]

type Handler[S: State, C: Command] = Callable[[S, C, Context], Decision]

HANDLER_PARAMETERS = 3
MAX_HEARERS = 16
"""Agents that one event reaches through one `to=`; a wider audience is a query."""


@attrs.frozen(eq=False)
class Hearing[E: Event]:
    """One line of `hears`: which event reaches which agents of the kind, as which command.

    Either `to` names the agents, or `across` pages their ids from a query and `tell` makes the command.
    """

    name: str
    kind: str
    event: type[E]
    to: Callable[[E], Iterable[tuple[str, Command]]] | None
    across: Callable[..., AsyncIterator[str]] | None
    tell: Callable[[E], Command] | None


@attrs.frozen(eq=False)
class Handled:
    command: type[Command]
    by_phase: dict[str, Handler[Any, Any]]


class AgentKind[S: State]:
    """A type of agent.

    Args:
        name: the kind, as in addresses and subjects.
        state: its state; the `Literal` of its field `phase` lists the phases, the default is the absent agent.
        prefix: of its ids, without the underscore.
        rows: collections of own rows.
        codes: rejection code of a phase that does not handle a command; default `<name>_<phase>`.
    """

    def __init__(
        self,
        name: str,
        state: type[S],
        *,
        prefix: str,
        rows: Sequence[type[Row]] = (),
        facts: Sequence[Fact[Any, Any]] = (),
        codes: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.state = state
        self.prefix = prefix
        self.absent: S = state()
        self.phases = _phases(state)
        self.rows: Mapping[str, type[Row]] = {row.wire_name: row for row in rows}
        self.facts: Mapping[type[Command], list[Fact[Any, Any]]] = _by_command(facts)
        self.codes = dict(codes or {})
        self.commands: dict[str, Handled] = {}
        self.hearings: list[Hearing[Any]] = []

    def on[C: Command](self, *phases: str) -> Callable[[Handler[S, C]], Handler[S, C]]:
        """Handle a command, named by the annotation of the second parameter, in these phases.

        Raises:
            TypeError: at import, for an unknown phase, a missing annotation or a command handled twice in a phase.
        """
        unknown = [phase for phase in phases if phase not in self.phases]
        if unknown or not phases:
            raise TypeError(
                f"{self.name} has no phase {', '.join(unknown) or '(none given)'}; its phases are "
                f"{', '.join(self.phases)}."
            )

        def register(handler: Handler[S, C]) -> Handler[S, C]:
            command = _command_of(handler)
            handled = self.commands.setdefault(command.wire_name, Handled(command, {}))
            for phase in phases:
                if handled.command is not command or phase in handled.by_phase:
                    raise TypeError(f"{self.name} handles {command.__name__} twice in phase {phase}.")
                handled.by_phase[phase] = handler
            return handler

        return register

    def hears[E: Event](
        self,
        event: type[E],
        *,
        to: Callable[[E], Iterable[tuple[str, Command]]] | None = None,
        across: Callable[..., AsyncIterator[str]] | None = None,
        tell: Callable[[E], Command] | None = None,
    ) -> None:
        """Turn an event of any agent into commands to agents of this kind.

        Args:
            event: what is heard; inert where the deployment lacks the plugin that publishes it.
            to: pure; at most 16 pairs of (agent id, command), told in the publisher's turn.
            across: a query, `async def ids(event, db: Database) -> AsyncIterator[str]`; paged by a job.
            tell: with `across`: the command.
        """
        if (to is None) == (across is None) or (across is None) != (tell is None):
            raise TypeError("hears takes either to=, or across= with tell=.")
        name = f"{self.name}:{event.wire_name}:{len(self.hearings)}"
        self.hearings.append(Hearing(name, self.name, event, to, across, tell))

    def handler(self, verb: str, phase: str) -> Handler[Any, Any] | None:
        """The handler of a verb in a phase, or None."""
        handled = self.commands.get(verb)
        return handled.by_phase.get(phase) if handled else None

    def code_of(self, phase: str) -> str:
        """The rejection code of a command that this phase does not handle."""
        if phase == self.absent.phase:
            return self.codes.get(phase, f"{self.name}_missing")
        return self.codes.get(phase, f"{self.name}_{phase}")


def _phases(state: type[State]) -> tuple[str, ...]:
    annotation = get_type_hints(state)["phase"]
    if get_origin(annotation) is not Literal:
        raise TypeError(f"{state.__name__}.phase lists its phases as a Literal.")
    return get_args(annotation)


def _command_of(handler: Callable[..., Any]) -> type[Command]:
    hints = get_type_hints(handler)
    names = inspect.signature(handler).parameters
    command = hints.get(list(names)[1]) if len(names) == HANDLER_PARAMETERS else None
    if not (isinstance(command, type) and issubclass(command, Command)):
        raise TypeError(f"{handler.__name__} takes (state, message: a Command, context).")
    return command


def _by_command(facts: Sequence[Fact[Any, Any]]) -> dict[type[Command], list[Fact[Any, Any]]]:
    found: dict[type[Command], list[Fact[Any, Any]]] = {}
    for fact in facts:
        found.setdefault(fact.command, []).append(fact)
    return found
