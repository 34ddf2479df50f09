"""The command line. Everything heavy is imported by the command that needs it."""

__all__ = ["main"]


def main() -> None:
    """The entry point `diramoja`."""
    from diramoja_community.cli.application import run

    raise SystemExit(run())
