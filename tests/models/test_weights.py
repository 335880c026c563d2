"""Checkpoints read without unpickling: as torch reads them where they are good, within bounds where they are not."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn

from frcnn_viz.models.own import CLASS_WEIGHT, KEYPOINT_WEIGHT
from frcnn_viz.models.weights import WeightsError, fit_state, read_state

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
LAYOUTS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old"])


def save(content: object, path: Path, zipped: bool, protocol: int = 2) -> Path:
    torch.save(content, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    return path


@st.composite
def states(draw: st.DrawFn) -> dict[str, Tensor]:
    """Tensors of every type that is read, whole, as views, turned, and sharing their storage."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    made: dict[str, Tensor] = {}
    for number in range(draw(st.integers(1, 4))):
        sides = draw(st.lists(st.integers(0, 4), max_size=4))
        tensor = (torch.rand(sides, generator=generator) * 100).to(draw(st.sampled_from(FLOATS + WHOLE)))
        view = draw(st.sampled_from(["whole", "part", "turned", "parameter", "tied"]))
        if view == "part" and tensor.dim() and len(tensor):
            tensor = tensor[1:]
        elif view == "turned" and tensor.dim() > 1:
            tensor = tensor.transpose(0, 1)
        elif view == "parameter" and tensor.is_floating_point():
            tensor = nn.Parameter(tensor)
        elif view == "tied":
            made[f"tied {number}"] = tensor.flatten()
        made[f"ключ {number}"] = tensor
    return made


@LAYOUTS
@settings(max_examples=60, deadline=None)
@given(state=states(), protocol=st.sampled_from([2, 3, 4, 5]))
def test_tensors_are_those_that_torch_reads(
    tmp_path_factory: pytest.TempPathFactory, zipped: bool, state: dict[str, Tensor], protocol: int
) -> None:
    path = save(OrderedDict(state), tmp_path_factory.getbasetemp() / f"state-{zipped}.pt", zipped, protocol)
    with warnings.catch_warnings(action="ignore"):  # of its protocol
        expected = torch.load(path, weights_only=True) if protocol == 2 else state
    found = read_state(path)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        tensor = tensor.detach().float() if tensor.is_floating_point() else tensor
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_safetensors_of_every_float_come_as_float32(tmp_path: Path) -> None:
    state = {str(dtype): torch.tensor([1.5, -2.0]).to(dtype) for dtype in FLOATS}
    save_file(state, tmp_path / "a.safetensors")
    for tensor in read_state(tmp_path / "a.safetensors").values():
        assert torch.equal(tensor, torch.tensor([1.5, -2.0]))


def reference_checkpoint(model: nn.Module) -> dict:
    """As torchvision's references/detection/train.py saves it, with what else scripts put beside the weights."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    model(torch.rand(2, 3)).sum().backward()
    optimizer.step()
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": torch.optim.lr_scheduler.MultiStepLR(optimizer, [16, 22]).state_dict(),
        "args": argparse.Namespace(lr=0.02, data=Path("/data"), seed=np.int64(3), device=torch.device("cpu"), amp=True),
        "epoch": 25,
        "best": np.float32(0.37),
        "curve": np.linspace(0, 1, 5),
        "seen": {1, 2},
        "per_class": defaultdict(list, {"cat": [np.float64(0.5)]}),
        "dtype": torch.float16,
        "scaler": {"scale": torch.tensor(2.0)},
    }


@LAYOUTS
@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_what_training_scripts_keep_beside_the_weights_is_passed_over(
    tmp_path: Path, zipped: bool, protocol: int
) -> None:
    model = nn.Linear(3, 2)
    content = reference_checkpoint(model)
    if protocol == 1:
        del content["dtype"], content["args"].device  # torch keeps these by name only
    found = read_state(save(content, tmp_path / "a.pth", zipped, protocol))
    assert found.keys() == {"weight", "bias"}
    assert torch.equal(found["weight"], model.weight)


class Python2(OrderedDict):
    """Pickled as Python 2 did, when torchvision's first weights were published."""

    def __reduce__(self) -> tuple:
        return OrderedDict, ([[key, value] for key, value in self.items()],)


def test_an_ordered_dict_of_python_2_is_read(tmp_path: Path) -> None:
    path = save(Python2(weight=torch.ones(2, 3), bias=torch.zeros(2)), tmp_path / "a.pth", zipped=False)
    assert torch.equal(read_state(path)["weight"], torch.ones(2, 3))


def quantized() -> Tensor:
    with warnings.catch_warnings(action="ignore"):  # torch will give them up
        return torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.ones(2).to(torch.float8_e4m3fn), "has 'layer.weight' as a tensor of float8_e4m3fn numbers"),
        (torch.ones(2, dtype=torch.complex64), "has 'layer.weight' as a tensor of complexfloat numbers"),
        (torch.ones(2, dtype=torch.bool), "has 'layer.weight' as a tensor of bool numbers"),
        (torch.ones(2, device="meta"), "has 'layer.weight' as a tensor of the meta device"),
        (torch.ones(2).to_sparse(), "has 'layer.weight' as a sparse tensor"),
        (quantized(), "has 'layer.weight' as a quantized tensor"),
        (torch.ones(1).expand(10**9), "holds fewer numbers of 'layer.weight' than it says"),
        (np.ones(2), "holds no weights by name: 'layer.weight' is none"),
    ],
)
@LAYOUTS
def test_a_tensor_that_is_not_read_is_named(tmp_path: Path, zipped: bool, tensor: object, words: str) -> None:
    path = save({"bias": torch.ones(2), "layer.weight": tensor}, tmp_path / "a.pt", zipped)
    with pytest.raises(WeightsError, match=words):
        read_state(path)


def test_a_tensor_that_is_not_read_is_named_in_safetensors(tmp_path: Path) -> None:
    save_file({"layer.weight": torch.ones(2).to(torch.float8_e5m2)}, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match=r"has 'layer\.weight' as a tensor of f8_e5m2 numbers"):
        read_state(tmp_path / "a.safetensors")


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    state = {"weight": torch.ones(2, 3, dtype=torch.int8), "bias": torch.ones(2)}
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(WeightsError, match="has 'weight' as int8 instead of float32"):
        fit_state(nn.Linear(3, 2), read_state(tmp_path / "a.pt"), "a.pt")


class Evil:
    def __init__(self, place: Path, how: Callable = os.system) -> None:
        self.place, self.how = place, how

    def __reduce__(self) -> tuple:
        return self.how, (f"touch {self.place}" if self.how is os.system else f"open({str(self.place)!r}, 'w')",)


@LAYOUTS
@pytest.mark.parametrize("how", [os.system, eval, exec])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_is_not_run_wherever_it_lies(tmp_path: Path, zipped: bool, how: Callable, protocol: int) -> None:
    weights, evil = nn.Linear(3, 2).state_dict(), Evil(tmp_path / "it was here", how)
    deep = OrderedDict(weights)
    deep._metadata = evil
    for content in (
        evil,
        {"model": weights, "args": evil},
        {"model": weights, "args": argparse.Namespace(lr=evil)},
        {"model": deep},
        weights | {"weight": evil},
        {"model": weights, "best": [np.float32(3), {"a": (evil,)}]},
    ):
        with pytest.raises(WeightsError, match=r"holds more than weights"):
            read_state(save(content, tmp_path / "a.pt", zipped, protocol))
    assert not (tmp_path / "it was here").exists()


def test_a_flipped_bit_in_the_weights_is_seen(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1000)}, tmp_path / "a.pt")
    content = bytearray((tmp_path / "a.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(WeightsError, match=r"a\.pt is damaged"):
        read_state(tmp_path / "a.pt")


def archive(path: Path, pickled: bytes, *, compressed: bool = False, **records: bytes) -> Path:
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("a/data.pkl", pickled)
        for key, content in records.items():
            made.writestr(f"a/data/{key[1:]}", content)
    return path


def many_files(path: Path) -> Path:
    """A zip's directory of a million entries."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    count = 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(entry) * count, len(local), 0)
    path.write_bytes(local + entry * count + end)
    return path


def long_header(path: Path) -> Path:
    path = path.with_suffix(".safetensors")
    path.write_bytes(struct.pack("<Q", 90_000_000) + b"{" + b'"a":0,' * 15_000_000)
    return path


def tensor_of(path: Path, shape: bytes, strides: bytes, content: bytes = bytes(8), compressed: bool = False) -> Path:
    """{"w": a float32 tensor of these sizes, in a storage of this content}."""
    storage = b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n" + storage + b"K\x00" + shape + strides + b"\x89}tR"
    return archive(path, b"\x80\x02}X\x01\x00\x00\x00w" + tensor + b"s.", compressed=compressed, _0=content)


NESTED = b"\x80\x02)" + b"".join(b"q" + bytes([n]) + b"h" + bytes([n]) + b"\x86" for n in range(200))
"""A tuple of two that are one, 200 times: to hash it takes forever."""
DOUBLED = b"\x80\x02C\x01a" + b"".join(
    b"q\x00c_codecs\nencode\nq\x010h\x01h\x00X\x09\x00\x00\x00hex_codec\x86R" for _ in range(40)
)
"""Each of 40 steps of a text codec doubles it."""
GIGABYTES = b"\x80\x02cbuiltins\nbytearray\nJ\x00\x00\x00\x7f\x85R."
LENGTHS = b"(" + b"K\x01" * 100_000 + b"t"
HUGE, ONE, NONE, BACK = b"J\x00\x00\x00\x7f\x85", b"K\x01\x85", b"K\x00\x85", b"J\xff\xff\xff\xff\x85"


def keypoints_of(path: Path, weight: Tensor) -> Path:
    return save({CLASS_WEIGHT: torch.ones(2, 1024), KEYPOINT_WEIGHT: weight}, path, zipped=True)


BOMBS: dict[str, Callable[[Path], Path]] = {
    "compressed weights": lambda path: tensor_of(path, b"J\x00\x00\x00\x04\x85", ONE, bytes(2**28), compressed=True),
    "a weight said to be large": lambda path: tensor_of(path, HUGE, ONE),
    "a weight of stride 0": lambda path: tensor_of(path, HUGE, NONE),
    "strides below 0": lambda path: tensor_of(path, b"K\x02\x85", BACK),
    "100,000 dimensions": lambda path: tensor_of(path, LENGTHS, LENGTHS),
    "keypoints of stride 0": lambda path: keypoints_of(path, torch.ones(1).expand(512, 1_000_000, 4, 4)),
    "a million keypoints": lambda path: keypoints_of(path, torch.ones(1, 1_000_000, 1, 1)),
    "a million files": many_files,
    "a long pickle": lambda path: archive(path, b"\x80\x02" + b"]" * 2**24 + b"."),
    "many steps": lambda path: archive(path, b"\x80\x02" + b"]" * (2**22 - 9) + b"."),
    "a key that takes forever to hash": lambda path: archive(path, b"\x80\x02}" + NESTED[2:] + b"K\x01s."),
    "text that doubles": lambda path: archive(path, DOUBLED + b"."),
    "gigabytes of nothing": lambda path: archive(path, GIGABYTES),
    "a memo far away": lambda path: archive(path, b"\x80\x02Nr\xff\xff\xff\x7f."),
    "a nest": lambda path: archive(path, b"\x80\x02" + b"(" * 240_000 + b"l" * 240_000 + b"."),
    "a long header": long_header,
}
"""Small files that would take gigabytes or minutes, were they read as they ask to be."""
TIMED = """
import json, resource, sys, time
from pathlib import Path
from frcnn_viz.models.own import add_checkpoint
from frcnn_viz.models.registry import ENTRIES
from frcnn_viz.models.weights import WeightsError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for path in sys.argv[1:]:
    before, start = peak(), time.process_time()
    try:
        told = add_checkpoint(Path(path), ENTRIES["keypointrcnn_resnet50_fpn"])
    except WeightsError as error:
        told = str(error)
    print(json.dumps([path, told, time.process_time() - start, peak() - before]))
"""


def test_a_small_file_takes_neither_gigabytes_nor_minutes(tmp_path: Path) -> None:
    paths = [make(tmp_path / f"{number}.pt") for number, make in enumerate(BOMBS.values())]
    command = [sys.executable, "-c", TIMED, *map(str, paths)]
    answer = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300)
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    for name, (path, told, seconds, megabytes) in zip(BOMBS, rows, strict=True):
        assert told.startswith(f"{Path(path).name} "), name
        assert seconds < 2, name
        assert megabytes < 200, name


def test_a_pickle_of_another_program_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"weight": [1, 2]}))
    with pytest.raises(WeightsError, match=r"a\.pth is damaged, or holds more than weights"):
        read_state(tmp_path / "a.pth")
