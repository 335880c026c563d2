"""Damaged checkpoints: each opens, or is refused in one sentence.

As many as FRCNN_VIZ_FUZZ says, say 20000, are tried; the seed is in the message of a failure.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from frcnn_viz.models.weights import WeightsError, fit_state, read_state

COUNT = int(os.environ.get("FRCNN_VIZ_FUZZ", "600"))
ODD = [0, 1, 0x7F, 0x80, 0xFF, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]


def tiny() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


def write_plain(path: Path) -> None:
    torch.save(tiny().state_dict(), path)


def write_old(path: Path) -> None:
    torch.save(tiny().state_dict(), path, _use_new_zipfile_serialization=False)


def whole_checkpoint() -> dict:
    model = tiny()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    model(torch.ones(1, 1, 2, 2)).sum().backward()
    optimizer.step()
    state = {
        name: value.bfloat16() if value.is_floating_point() else value for name, value in model.state_dict().items()
    }
    return {"model": state, "optimizer": optimizer.state_dict(), "args": argparse.Namespace(lr=0.1), "epoch": 2}


def write_whole(path: Path) -> None:
    torch.save(whole_checkpoint(), path, pickle_protocol=4)


def write_old_whole(path: Path) -> None:
    torch.save(whole_checkpoint(), path, _use_new_zipfile_serialization=False)


def write_safetensors(path: Path) -> None:
    save_file(tiny().state_dict(), path)


def damage(content: bytes, rng: random.Random) -> bytes:
    """One to four of: bytes changed, left out, put in, said twice, cut off, or made a number that is at an edge."""
    made = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(made) + 1), rng.choice([1, 1, 2, 4, 8, 30, 300])
        match rng.randrange(7):
            case 0:
                made[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                if at < len(made):
                    made[at] ^= 1 << rng.randrange(8)
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = rng.randbytes(length)
            case 4:
                other = rng.randrange(len(made) + 1)
                made[at:at] = made[other : other + length]
            case 5:
                del made[at:]
            case 6:
                size = rng.choice([1, 2, 4, 8])
                number = rng.choice(ODD) % 256**size
                made[at : at + size] = number.to_bytes(size, rng.choice(["little", "big"]))
    return bytes(made)


def damage_names(content: bytes, rng: random.Random) -> bytes:
    """The pickle in a zip damaged, and packed anew with its right checksum."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            record = old.read(entry)
            new.writestr(entry.filename, damage(record, rng) if entry.filename.endswith("data.pkl") else record)
    return made.getvalue()


CASES = [
    (write_plain, "pt", damage),
    (write_plain, "pt", damage_names),
    (write_whole, "pt", damage_names),
    (write_old, "pth", damage),
    (write_old_whole, "pth", damage),
    (write_safetensors, "safetensors", damage),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of escapes in damaged text
@pytest.mark.parametrize(("write", "ending", "harm"), CASES)
def test_a_damaged_checkpoint_opens_or_is_refused_in_a_sentence(
    tmp_path: Path, write: Callable[[Path], None], ending: str, harm: Callable[[bytes, random.Random], bytes]
) -> None:
    path, model = tmp_path / f"made.{ending}", tiny()
    write(path)
    content = path.read_bytes()
    fit_state(model, read_state(path), "as it was written")
    opened, tried = 0, -(-COUNT // len(CASES))
    for seed in range(tried):
        damaged = harm(content, random.Random(seed))
        path.write_bytes(damaged)
        try:
            state = read_state(path)
            assert sum(tensor.nbytes for tensor in state.values()) <= 2 * len(damaged), f"seed {seed}"
            fit_state(model, state, path.name)
            opened += 1
        except WeightsError as error:
            told = str(error)
            assert "\n" not in told.strip(), f"seed {seed}: {told!r}"
            assert told.startswith(path.name), f"seed {seed}: {told!r}"
            assert len(told) < 600, f"seed {seed}: {told!r}"
        except Exception as error:
            raise AssertionError(f"seed {seed} led to {error!r}") from error
    print(f"{opened} of {tried} opened")
    assert opened < tried  # the damage is seen
