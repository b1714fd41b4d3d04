"""The list of commands in a help, each with its whole first sentence."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class CommandList(TyperGroup):
    """Commands that are listed with all of their summary; Click cuts it at 45 characters."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the list."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [
            (name, " ".join((command.help or "").partition("\n\n")[0].split()))
            for name, command in commands
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
