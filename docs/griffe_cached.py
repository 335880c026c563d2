"""Let the site show what `frcnn_viz.pipeline.cached` makes as attributes, as it does those of functools."""

from __future__ import annotations

from typing import Any

import griffe


class CachedProperties(griffe.Extension):
    """Knows them by their decorator's full name."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Put attributes in the places of methods."""
        for name, member in list(cls.members.items()):
            if not member.is_function:
                continue
            if any(one.callable_path == "frcnn_viz.pipeline.cached.cached_property" for one in member.decorators):
                place = {"lineno": member.lineno, "endlineno": member.endlineno, "parent": cls}
                told = griffe.Attribute(name, annotation=member.returns, docstring=member.docstring, **place)
                told.labels |= {"cached", "property"}
                cls.set_member(name, told)
