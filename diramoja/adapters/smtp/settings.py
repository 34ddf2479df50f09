"""Settings of the SMTP adapter."""

from typing import Annotated, Literal

from msgspec import Meta

from diramoja.core.settings import Settings

__all__ = ["SmtpSettings"]

type Address = Annotated[str, Meta(pattern=r"^[^@\s<>\x00-\x1f\x7f]+@[^@\s<>\x00-\x1f\x7f]+$(?!\n)", max_length=254)]


class SmtpSettings(Settings, frozen=True, kw_only=True):
    """The server that takes our mail, and who it is from.

    Attributes:
        host: name or address of the server.
        port: 587 for submission (RFC 6409), 465 for TLS from the start.
        security: `starttls` after the greeting, `tls` from the start, or `none` on a network that is trusted.
        user: to sign in with; "" for no sign-in.
        password_file: path of a file with the password.
        from_address: sender of the letters, and where mail that cannot be delivered comes back to.
        from_name: shown beside it.
        connections: at most so many at a time.
        idle_s: a connection that was not used for so long is closed.
        timeout_s: how long the server may take for one answer.
        hello: the name we greet with and the right side of our Message-IDs; "" for the domain of from_address.
    """

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "localhost"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Meta(max_length=254)] = ""
    password_file: str = ""
    from_address: Address = "diramoja@localhost"
    from_name: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")] = "DiraMoja"
    connections: Annotated[int, Meta(ge=1, le=100)] = 4
    idle_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    timeout_s: Annotated[float, Meta(ge=1, le=300)] = 20.0
    hello: Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9.-]*$(?!\n)")] = ""

    def __post_init__(self) -> None:
        """Check what goes together.

        Raises:
            ValueError: a user without a password file.
        """
        if self.user and not self.password_file:
            raise ValueError("user needs password_file")

    @property
    def domain(self) -> str:
        """What stands after the @ of our ids."""
        return self.hello or self.from_address.rpartition("@")[2]
