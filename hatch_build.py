"""Ships the edition inside the wheel.

``knowledge/`` sits beside ``src/`` in the repository and becomes
``consilium/_edition`` in an installed package. An editable install reads it
where it is: a copy there would grow stale without anybody noticing, so the copy
is made for a standard wheel only. A plain ``force-include`` table cannot tell
the two apart.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShipTheEdition(BuildHookInterface):
    """Adds ``knowledge/`` to a standard wheel, and refuses to build one without it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":
            return
        edition = Path(self.root, "knowledge")
        if not edition.is_dir():
            raise FileNotFoundError(
                f"no edition at {edition}: a wheel without `knowledge/` could advise nobody"
            )
        build_data["force_include"][str(edition)] = "consilium/_edition"
