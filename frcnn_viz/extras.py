"""Packages that only some need: `pip install "frcnn-viz[NAME]"` brings one; where it is missing a sentence says so."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType


@dataclass(frozen=True)
class Extra:
    """An extra of `pyproject.toml`: the module it brings, and who needs what, as a sentence begins."""

    module: str
    lacking: str


EXTRAS = {
    "compare": Extra("cv2", "Selective search needs OpenCV with its contributed modules, which is"),
    "video": Extra("av", "Videos need PyAV, which is"),
    "results": Extra("duckdb", "Results of many images need DuckDB, which is"),
    "ray": Extra("ray.data", "Work on many machines needs Ray Data, which is"),
    "attribution": Extra("captum.attr", "Integrated gradients need Captum, which is"),
    "notebook": Extra("anywidget", "The canvas in a notebook needs anywidget, which is"),
    "window": Extra("webview", "Without Chromium, Chrome or Edge, a window of its own needs pywebview, which is"),
}
"""By name, those that the program itself can lack."""


class MissingExtraError(ValueError):
    """A package is missing that only some need; its message is one plain sentence with the command that installs it."""


def need(name: str) -> ModuleType:
    """The module of an extra.

    Raises:
        MissingExtraError: it is not installed, or cannot be loaded.
    """
    try:
        return import_module(EXTRAS[name].module)
    except ImportError as error:
        raise MissingExtraError(lacking(name)) from error


def lacking(name: str) -> str:
    """The sentence that says an extra is not installed, and how it is."""
    return f"{EXTRAS[name].lacking} not installed here; run `{install(name)}`."


def install(name: str) -> str:
    """The command that installs an extra; the quotes are right in every shell."""
    return f'pip install "frcnn-viz[{name}]"'
