"""What the author of an agent imports.

    from diramoja.core import AgentKind, Command, Context, Decision, Event, Put, Reply, State

The rest of the core: `errors`, `settings`, `plugin`, `hooks`, `projections`, `facts`, `jobs`, `gateway`, `ports`.
"""

from diramoja.core.agents import AgentKind
from diramoja.core.context import Context
from diramoja.core.decisions import (
    Call,
    Cancel,
    CancelCall,
    Decision,
    Put,
    Reject,
    RemindAfter,
    RemindAt,
    RemindCron,
    RemindEvery,
    Remove,
    Reply,
    Tell,
)
from diramoja.core.facts import Fact, fact
from diramoja.core.gateway import Page, PageQuery, Reader, Send
from diramoja.core.hooks import hookimpl
from diramoja.core.jobs import Job, job
from diramoja.core.messages import Command, Event, Personal, Record, Row, State, View
from diramoja.core.plugin import Channel, Holding, Plugin, PortSpec, Walls
from diramoja.core.projections import Batch, Meta, record, view
from diramoja.core.settings import Settings

__all__ = [
    "AgentKind", "Batch", "Call", "Cancel", "CancelCall", "Channel", "Command", "Context", "Decision", "Event",
    "Fact", "Holding", "Job", "Meta", "Page", "PageQuery", "Personal", "Plugin", "PortSpec", "Put", "Reader",
    "Record", "Reject", "RemindAfter", "RemindAt", "RemindCron", "RemindEvery", "Remove", "Reply", "Row",
    "Send", "Settings", "State", "Tell", "View", "Walls", "fact", "hookimpl", "job", "record", "view",
]  # fmt: skip
