"""Partners: a course on working with families, for people who are learning to teach."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partners.player import RolePlay

__all__ = ["RolePlay"]


def __getattr__(name: str) -> Any:
    """Import the widget when it is first asked for: commands and kernels do without."""
    if name in __all__:
        from partners import player  # noqa: PLC0415

        return getattr(player, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
