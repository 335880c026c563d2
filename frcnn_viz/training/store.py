"""The folder of a run: what it is, how far it came, what it kept.

    runs/NAME/run.json, snapshot.json      the run and its list of pictures
              metrics.jsonl                a line a step, and one for each evaluation
              steps/STEP.safetensors       weights that learn, as float32; what no step changes is in still.safetensors
              state.pt                     all that is needed to go on
              pictures.json                which file of `.pictures` is its own
              status.json, stop, .lock     between its process and those who watch it (`signals`)
              log.txt                      what its process wrote before it crashed
    runs/.pictures/                        the decoded pictures, shared by runs on the same ones

Weights are kept as they were trained, in float32: half of that would open as another detector than the one measured.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from frcnn_viz.data.files import as_json, write_whole
from frcnn_viz.data.room import FullError, own_room
from frcnn_viz.models.partial import whole
from frcnn_viz.models.runs import STILL, kept_steps, runs_folder
from frcnn_viz.pipeline.settings import Settings
from frcnn_viz.training.folder import Folder, making, newest_first
from frcnn_viz.training.pictures import PictureFile
from frcnn_viz.training.recipe import TrainingError
from frcnn_viz.training.run import Run
from frcnn_viz.training.snapshot import Snapshot

MOST_LINE = 100_000
"""Bytes of a line of the metrics."""


class RunFolder(Folder):
    """The files of one run.

    Attributes:
        name: of the run. path: of its folder.
    """

    KIND, MISSING = "run", "`frcnn-viz runs list` tells those that are"

    def __init__(self, name: str) -> None:
        """Of a run that is there.

        Raises:
            TrainingError: it is not.
        """
        super().__init__(runs_folder(), name)

    @classmethod
    def create(cls, run: Run, snapshot: Snapshot) -> RunFolder:
        """A new folder, for what is about to start.

        Raises:
            TrainingError: there is a run of that name, or the folder cannot be written to.
        """
        path = runs_folder() / run.name
        with making(path, cls.KIND):
            if (path / "run.json").exists():
                raise TrainingError(f"there is a run {run.name!r} already; choose another name, or resume it.")
            (path / "steps").mkdir(exist_ok=True)
            write_whole(path / "snapshot.json", as_json(snapshot.to_dict()))
            write_whole(path / "run.json", as_json(run.to_dict()))
        return cls(run.name)

    # --- what it is

    @property
    def run(self) -> Run:
        """The run itself.

        Raises:
            TrainingError: `run.json` is damaged.
        """
        return self._read("run.json", Run.from_dict)

    def set_run(self, run: Run) -> None:
        """Replace it, where it ends sooner or later than was meant."""
        self._write("run.json", run.to_dict())

    @property
    def pictures(self) -> str:
        """The name of its file of decoded pictures; empty before there is one."""
        with suppress(TrainingError):
            return str(self._read("pictures.json", lambda content: content["file"]))
        return ""

    def set_pictures(self, name: str) -> None:
        """Which file is its own."""
        self._write("pictures.json", {"file": name})

    # --- what it measured

    def metrics(self) -> list[dict[str, Any]]:
        """The lines in order: of steps (`losses`, `rate`, `gradients`), and of evaluations (`evaluation`).

        Each has its `step`. A line that was cut off is left out.
        """
        try:
            content = (self.path / "metrics.jsonl").read_bytes()
        except OSError:
            return []
        return [line for _, line in _lines(content)]

    def append(self, line: Mapping[str, Any]) -> None:
        """One more line; what is not finite becomes null.

        Raises:
            TrainingError: the disk is full.
        """
        try:
            with (self.path / "metrics.jsonl").open("ab") as file:
                file.write(json.dumps(_finite(line)).encode() + b"\n")
        except OSError as error:
            raise _full(self.path / "metrics.jsonl", error) from error

    # --- what it kept

    @property
    def steps(self) -> dict[int, Path]:
        """The kept weights by step, in order."""
        return kept_steps(self.path)

    def keep(self, step: int, weights: Mapping[str, Tensor], still: Mapping[str, Tensor]) -> None:
        """Keep the weights of a step, and once those that no step changes.

        Raises:
            TrainingError: the disk or the workspace is full; what was kept is untouched.
        """
        (self.path / "steps").mkdir(exist_ok=True)
        if still and not (self.path / STILL).exists():
            self._save(self.path / STILL, still)
        self._save(self.path / "steps" / f"{step}.safetensors", weights)

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep what is needed to go on.

        Raises:
            TrainingError: the disk or the workspace is full; the last state is untouched.
        """
        path = self.path / "state.pt"
        try:
            with whole(path) as partial:
                torch.save(state, partial)
                own_room().check_written(partial, path)
        except FullError as error:
            raise TrainingError(str(error)) from error
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter
            raise _full(path, error) from error

    def state(self, device: torch.device) -> dict[str, Any] | None:
        """What `save_state` kept; None where nothing was.

        Raises:
            TrainingError: it is damaged.
        """
        if not self.has_state:
            return None
        path = self.path / "state.pt"
        try:
            return torch.load(path, map_location=device, weights_only=True)
        except Exception as error:  # a damaged file can lead to any
            raise TrainingError(f"{path} is damaged; remove it, and resuming begins the run anew.") from error

    @property
    def has_state(self) -> bool:
        """Whether a state was saved."""
        return (self.path / "state.pt").is_file()

    def forget_state(self) -> None:
        """What is done does not go on."""
        (self.path / "state.pt").unlink(missing_ok=True)

    def cut(self, step: int) -> None:
        """Drop what came after a step, or was cut off: it is computed again, the same. Before any step is -1."""
        path = self.path / "metrics.jsonl"
        with suppress(FileNotFoundError):
            kept = b"".join(raw + b"\n" for raw, line in _lines(path.read_bytes()) if line["step"] <= step)
            write_whole(path, kept)
        for number, file in self.steps.items():
            if number > step:
                file.unlink()

    # --- files

    def _save(self, path: Path, tensors: Mapping[str, Tensor]) -> None:
        try:
            with whole(path) as partial:
                save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, partial)
                own_room().check_written(partial)
        except FullError as error:
            raise TrainingError(str(error)) from error
        except (OSError, SafetensorError) as error:
            raise _full(path, error) from error


def pictures_folder() -> Path:
    """Of the decoded pictures of all runs."""
    return runs_folder() / ".pictures"


def pictures_of(snapshot: Snapshot, model: GeneralizedRCNN) -> PictureFile:
    """The file of a snapshot's pictures at a model's size, whether or not it is there yet."""
    own, hashes = Settings.of(model), [picture.sha256 for picture in snapshot.pictures]
    return PictureFile(pictures_folder(), hashes, own.min_size, own.max_size)


def all_runs() -> list[RunFolder]:
    """Those that are there, the last started first."""
    return newest_first(runs_folder(), "run", RunFolder)


def remove_run(name: str) -> None:
    """Delete a run, and its pictures unless another run has the same.

    Raises:
        TrainingError: it is under way or not there, or cannot be deleted.
    """
    folder = RunFolder(name)
    if folder.status.under_way:
        raise TrainingError(f"the run {name!r} is under way; stop it first.")
    pictures = folder.pictures
    try:
        (folder.path / "run.json").unlink()  # from here on it is no run
        shutil.rmtree(folder.path)
        if pictures and not any(other.pictures == pictures for other in all_runs()):
            for ending in (".json", ".bin"):
                (pictures_folder() / Path(pictures).name).with_suffix(ending).unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(f"not all of the run {name!r} could be deleted ({error}); delete {folder.path}.") from error


def _lines(content: bytes) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The whole lines of the metrics, and what they hold."""
    *whole_lines, _ = content.split(b"\n")
    for raw in whole_lines:
        with suppress(ValueError, RecursionError):
            line = json.loads(raw[:MOST_LINE])
            if isinstance(line, dict) and isinstance(line.get("step"), int):
                yield raw, line


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _full(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"{path} cannot be written ({error}); what was saved before is whole: make room, and resume the run."
    )
