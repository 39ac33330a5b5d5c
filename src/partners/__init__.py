"""Partners: a course on working with families, for people who are learning to teach."""

from partners.player import RolePlay

__all__ = ["RolePlay"]
