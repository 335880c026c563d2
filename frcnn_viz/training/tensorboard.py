"""The lines of a run's metrics as files that TensorBoard shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from frcnn_viz.training.recipe import TrainingError


def summary_writer() -> type:
    """TensorBoard's own writer.

    Raises:
        TrainingError: the package `tensorboard` is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError(
            "files for TensorBoard need its package; run `pip install tensorboard`, or leave --tensorboard out."
        ) from error
    return SummaryWriter


class Events:
    """Writes lines into a folder of TensorBoard's; what an earlier one wrote there is no longer shown."""

    def __init__(self, folder: Path) -> None:
        """In a folder, made where there is none.

        Raises:
            TrainingError: the package `tensorboard` is not installed.
        """
        self._writer = summary_writer()(str(folder), purge_step=0)

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines as `RunFolder.metrics` gives them."""
        for line in lines:
            for name, value in scalars(line).items():
                self._writer.add_scalar(name, value, line["step"])
        self._writer.flush()

    def close(self) -> None:
        """Nothing more is to come."""
        self._writer.close()


def scalars(line: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a line by the name TensorBoard groups them by; those that are null are left out."""
    measured = line.get("evaluation")
    if measured is None:
        groups = {"loss": line["losses"], "gradient": line["gradients"], "step": {"rate": line["rate"]}}
    else:
        figures = {name: measured[name] for name in ("ap", "ap50")}
        groups = {"validation loss": measured["losses"], "validation": figures, "recall after": measured["recall"]}
    named = {f"{group}/{name}": value for group, held in groups.items() for name, value in held.items()}
    return {name: value for name, value in named.items() if value is not None}
