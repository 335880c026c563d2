"""The double keeps the manners of CUDA's tensors: what those refuse it refuses, what they allow it allows."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import batched_nms, box_iou, nms, roi_align

from tests.device.double import DEVICE, Elsewhere, models_move

HERE = torch.tensor([3.0, 1.0, 2.0])
ROWS = torch.tensor([2, 0])


@pytest.fixture
def there() -> Tensor:
    return HERE.to(DEVICE)


def tell_place(tensor: Tensor) -> str:
    assert isinstance(tensor, Elsewhere) == (tensor.device == DEVICE)
    return tensor.device.type


REFUSED: dict[str, Callable[[Tensor], object]] = {
    "numpy": lambda t: t.numpy(),
    "numpy's array": lambda t: np.asarray(t),
    "a sum": lambda t: t + HERE,
    "a sum into the CPU": lambda t: HERE.clone().add_(t),
    "a sum into the CPU's number": lambda t: torch.zeros(()).add_(t[0]),
    "a number of the device and the CPU's many": lambda t: t[0] * HERE,
    "a comparison": lambda t: t > HERE,
    "torch.equal": lambda t: torch.equal(t, HERE),
    "where": lambda t: torch.where(HERE > 1, t, 0.0),
    "joined": lambda t: torch.cat([t, HERE]),
    "stacked numbers": lambda t: torch.stack([t[0], torch.tensor(1.0)]),
    "a product of matrices": lambda t: F.linear(t, torch.ones(2, 3)),
    "the CPU's by its index": lambda t: HERE[ROWS.to(DEVICE)],
    "the CPU's by its mask": lambda t: HERE[t > 1],
    "written to the CPU's by its index": lambda t: HERE.clone().__setitem__(ROWS.to(DEVICE), 0.0),
    "many written by an index": lambda t: t.__setitem__(ROWS, HERE[:2]),
    "gathered by the CPU's": lambda t: t.gather(0, ROWS),
    "filled under the CPU's mask": lambda t: t.masked_fill(HERE > 1, 0.0),
    "box_iou": lambda t: box_iou(torch.ones(1, 4).to(DEVICE), torch.ones(1, 4)),
    "NMS": lambda t: nms(torch.ones(3, 4), t, 0.5),
    "RoIAlign": lambda t: roi_align(torch.ones(1, 1, 8, 8).to(DEVICE), [torch.ones(1, 4)], 2),
    "a convolution": lambda t: F.conv1d(t[None, None], torch.ones(1, 1, 2)),
    "the CPU's generator": lambda t: torch.rand(3, generator=torch.Generator(), device=DEVICE),
}

ALLOWED: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "a number": (lambda t: t * torch.tensor(2.0), "elsewhere"),
    "its own number and the CPU's": (lambda t: t[0] + torch.tensor(2.0), "elsewhere"),
    "by the CPU's index": (lambda t: t[ROWS], "elsewhere"),
    "by the CPU's mask": (lambda t: t[HERE > 1], "elsewhere"),
    "by its own mask": (lambda t: t[t > 1], "elsewhere"),
    "cpu": (lambda t: t.cpu(), "cpu"),
    "to a name": (lambda t: t.to("cpu"), "cpu"),
    "to a type": (lambda t: t.to(torch.float64), "elsewhere"),
    "to another tensor": (lambda t: t.to(HERE), "cpu"),
    "to it": (lambda t: HERE.to(t), "elsewhere"),
    "copied here": (lambda t: torch.zeros(3).copy_(t), "cpu"),
    "copied there": (lambda t: torch.zeros_like(t).copy_(HERE), "elsewhere"),
    "meta": (lambda t: torch.empty_like(t, device="meta"), "meta"),
    "like it": (lambda t: torch.ones_like(t), "elsewhere"),
    "new": (lambda t: t.new_zeros(2), "elsewhere"),
    "like it, here": (lambda t: torch.zeros_like(t, device="cpu"), "cpu"),
    "arange": (lambda t: torch.arange(3, device=t.device), "elsewhere"),
    "full": (lambda t: torch.full((2,), 7, device=t.device), "elsewhere"),
    "of numbers": (lambda t: torch.tensor([1.0, 2.0], device=t.device), "elsewhere"),
    "of the CPU's": (lambda t: torch.as_tensor(HERE, device=t.device), "elsewhere"),
    "of its numbers": (lambda t: torch.tensor([t[0], t[1]]), "cpu"),
    "deepcopy": (lambda t: copy.deepcopy(t), "elsewhere"),
    "softmax": (lambda t: t.softmax(0), "elsewhere"),
    "resize": (lambda t: F.interpolate(t[None, None], scale_factor=2.0, mode="linear"), "elsewhere"),
    "NMS": (lambda t: batched_nms(torch.eye(3, 4, device=t.device), t, t.long(), 0.5), "elsewhere"),
}


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("what", REFUSED)
def test_what_cuda_refuses(what: str, inference: bool) -> None:
    with torch.inference_mode(inference), pytest.raises((RuntimeError, TypeError), match=r"device|numpy"):
        REFUSED[what](HERE.to(DEVICE))


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("what", ALLOWED)
def test_what_cuda_allows_gives_the_same_numbers(what: str, inference: bool) -> None:
    do, place = ALLOWED[what]
    with torch.inference_mode(inference):
        made, plain = do(HERE.to(DEVICE)), do(HERE.clone())
    assert tell_place(made) == place
    assert made.shape == plain.shape
    assert place == "meta" or torch.equal(made.cpu(), plain)


def test_values_come_back(there: Tensor) -> None:
    assert there.tolist() == [3, 1, 2]
    assert there[0].item() == float(there[0]) == 3
    assert int(there.argmax()) == 0
    assert bool(there[0] > 2)
    assert ["a", "b", "c", "d"][there[0].long()] == "d"
    assert f"{there[0]:.2f}" == "3.00"
    assert [value.item() for value in there] == [3, 1, 2]
    assert str(DEVICE) in repr(there)


def test_it_is_written_to_in_place_and_through_views(there: Tensor) -> None:
    same = there.mul_(2)
    assert same is there
    there[1:].zero_()
    there[0] = torch.tensor(5.0)
    there[:1] = there[:1] + 1
    there[ROWS[:1]] = torch.tensor(4.0)
    assert there.tolist() == [6, 0, 4]
    here = torch.zeros(3)
    here[:] = there
    assert here.tolist() == [6, 0, 4]


@pytest.mark.parametrize("inference", [False, True])
def test_a_module_moves_and_gives_the_same(inference: bool) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)).eval()
    image = torch.rand(2, 3, 6, 6)
    with models_move():
        moved = copy.deepcopy(net).to(DEVICE)
    with torch.inference_mode(inference):
        plain = net(image)
        assert torch.equal(moved(image.to(DEVICE)).cpu(), plain)
        assert all(tell_place(part) == "elsewhere" for part in (*moved.parameters(), *moved.buffers()))
        with pytest.raises(RuntimeError, match="same device"):
            moved(image)
    with models_move():
        assert all(type(part) is nn.Parameter for part in moved.cpu().parameters())


def test_gradients_flow(there: Tensor) -> None:
    leaf = there.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(leaf.square().sum(), leaf)
    assert tell_place(gradient) == "elsewhere"
    assert gradient.tolist() == [6, 2, 4]


def test_it_holds_in_every_thread(there: Tensor) -> None:
    seen: list[object] = []

    def work() -> None:
        seen.append(torch.arange(2, device=DEVICE).device)
        try:
            there + HERE
        except RuntimeError as error:
            seen.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen[0] == DEVICE
    assert "same device" in seen[1]


def test_what_is_brought_here_is_a_copy(there: Tensor) -> None:
    for inference in (False, True):
        with torch.inference_mode(inference):
            for here in (there.cpu(), there.to("cpu")):
                here.zero_()
    assert there.tolist() == [3, 1, 2]


def test_nothing_else_is_changed() -> None:
    assert type(torch.arange(3)) is type(torch.ones(2) + 1) is Tensor
    assert torch.ones(2).numpy().tolist() == [1, 1]
