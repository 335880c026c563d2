"""The visitors of a class, each with a folder that only a secret leads to.

visitors/<32 digits>/               a workspace, named by the first half of its secret's digest
visitors/<32 digits>/visitor.json   the other half, which a secret has to match too, and when it was made

A folder is made once its secret comes back: what asks without keeping cookies, such as a preview of a link, leaves
nothing behind. When a visitor was here last is the time of the `visitor.json`.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from frcnn_viz.classroom.roll import Roll
from frcnn_viz.classroom.rules import MOST_VISITORS, Rules, digest_of
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.files import as_json, write_whole
from frcnn_viz.data.tenant import Tenant

SECRET_BYTES = 32
MOST_ISSUED = 10_000
"""Secrets that are remembered until they come back."""
DAY = 24 * 60 * 60
GONE = ".gone-"
"""How the name of a folder begins that is being deleted."""
TOUCH_SECONDS = 60
"""How exactly the last visit is kept."""


class Visitors:
    """Those of one class.

    Attributes:
        base: the teacher's workspace, in which `visitors/` lies. rules: of the class.
        roll: who is here.
    """

    def __init__(self, base: Path, rules: Rules) -> None:
        self.base, self.rules, self.roll = base, rules, Roll()
        self.folder = base / "visitors"
        self._issued: OrderedDict[str, None] = OrderedDict()
        self._known: dict[str, tuple[str, Tenant]] = {}
        self._lock = threading.Lock()

    def issue(self) -> str:
        """A new secret: 32 random bytes, as 43 letters and digits."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with self._lock:
            self._issued[digest_of(secret)] = None
            while len(self._issued) > MOST_ISSUED:
                self._issued.popitem(last=False)
        return secret

    def tenant(self, secret: str) -> Tenant:
        """Whose secret it is; the first time, the folder is made.

        Raises:
            DataError: it is nobody's, or there are too many visitors.
        """
        name, check = _halves(secret)
        with self._lock:
            found = self._find(name, check)
            if found is None and name + check in self._issued:
                found = self._make(name, check)
                del self._issued[name + check]
        if found is None:
            raise DataError(
                "your browser did not bring the cookie of a workspace; let it keep cookies, and reload the page."
            )
        return found

    def all(self) -> list[Tenant]:
        """Every visitor's tenant, those who came first first."""
        found = sorted(self.folder.glob("*/visitor.json"), key=lambda path: (_made(path), path))
        return [self.rules.visitor(path.parent, self.base) for path in found if _is_name(path.parent.name)]

    def last_visit(self, one: Tenant) -> float:
        """When the visitor was here last, in seconds since 1970; 0 where that is not known."""
        with suppress(OSError):
            return (one.folder / "visitor.json").stat().st_mtime
        return 0.0

    def touch(self, one: Tenant) -> None:
        """Keep that the visitor is here now."""
        with suppress(OSError):
            if time.time() - self.last_visit(one) > TOUCH_SECONDS:
                os.utime(one.folder / "visitor.json")

    def clean(self, is_busy: Callable[[Tenant], bool]) -> int:
        """Remove the workspaces of visitors who were away too long; how many these were.

        Args:
            is_busy: whether something still works in a workspace, which is then left for the next time.
        """
        oldest = time.time() - self.rules.days * DAY
        gone = [one for one in self.all() if self.last_visit(one) < oldest and not is_busy(one)]
        removed = 0
        for one in gone:
            with suppress(DataError):  # until the next time
                self.remove(one)
                removed += 1
        for rest in self.folder.glob(f"{GONE}*"):  # of a server that was killed meanwhile
            shutil.rmtree(rest, ignore_errors=True)
        return removed

    def remove(self, one: Tenant) -> None:
        """Delete a workspace; its secret is nobody's from now on.

        Raises:
            DataError: it cannot be deleted; it is whole then.
        """
        gone = self.folder / f"{GONE}{one.folder.name}"
        try:
            with self._lock:  # nobody finds the half of it
                one.folder.replace(gone)
                self._known.pop(one.folder.name, None)
        except OSError as error:
            raise DataError(f"{one.folder} cannot be removed ({error.strerror}); delete it yourself.") from error
        shutil.rmtree(gone, ignore_errors=True)

    def _find(self, name: str, check: str) -> Tenant | None:
        if name not in self._known:
            with suppress(OSError, ValueError, LookupError, TypeError):
                told = json.loads((self.folder / name / "visitor.json").read_bytes())
                self._known[name] = str(told["check"]), self.rules.visitor(self.folder / name, self.base)
        kept, one = self._known.get(name, ("", None))
        return one if hmac.compare_digest(kept, check) else None

    def _make(self, name: str, check: str) -> Tenant:
        folder = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if sum(1 for _ in self.folder.iterdir()) >= MOST_VISITORS:
                raise DataError(f"this class has {MOST_VISITORS} workspaces already; ask your teacher to remove some.")
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DataError(f"your workspace cannot be made ({error.strerror}); ask your teacher.") from error
        write_whole(folder / "visitor.json", as_json({"check": check, "made": time.time()}))
        self._known[name] = check, self.rules.visitor(folder, self.base)
        return self._known[name][1]


def _halves(secret: str) -> tuple[str, str]:
    whole = digest_of(secret)
    return whole[:32], whole[32:]


def _is_name(name: str) -> bool:
    return bool(re.fullmatch("[0-9a-f]{32}", name))


def _made(path: Path) -> float:
    with suppress(OSError, ValueError, LookupError, TypeError):
        return float(json.loads(path.read_bytes())["made"])
    return 0.0
