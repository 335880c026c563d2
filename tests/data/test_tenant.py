"""The one value by which files are found: whose it is within, beside and beneath a process."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from frcnn_viz.data import tenant as tenants
from frcnn_viz.data.annotations import DataError
from frcnn_viz.data.tenant import Limits, Tenant, acting_as, find_by, tenant, usual


@pytest.fixture
def nobody() -> None:
    """Outside `acting_as` everything is nobody's."""

    def refuse() -> Tenant:
        raise DataError("nobody")

    find_by(refuse)
    yield
    find_by(usual)


def test_one_person_has_the_folder_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tenants.FOLDER_VARIABLE, str(tmp_path))
    assert tenant() == Tenant(tmp_path)
    assert tenant().limits == Limits(None, None, None, None)
    assert tenant().opens_paths


def test_a_process_that_is_started_is_the_same_tenants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rights = {"opens_paths": False, "fetches": False, "shared": tmp_path, "line": tmp_path / "line"}
    one = Tenant(tmp_path / "a", Limits(3, 10**6, 1, 60.5), **rights)
    for whole in (one, Tenant(tmp_path)):
        with monkeypatch.context() as child:
            for name, value in whole.environment().items():
                child.setenv(name, value)
            assert usual() == whole
    assert tenants.TENANT_VARIABLE not in os.environ


def test_a_file_of_this_computer_is_opened_by_its_path_for_who_may_alone(tmp_path: Path) -> None:
    assert Tenant(tmp_path).named("/etc") == Path("/etc")
    with pytest.raises(DataError, match="'/etc' cannot be opened by its path here"):
        Tenant(tmp_path, opens_paths=False).named("/etc")


def test_work_within_is_the_one_tenants_and_ends_with_it(tmp_path: Path, nobody: None) -> None:
    one, other = Tenant(tmp_path / "a"), Tenant(tmp_path / "b")
    with acting_as(one):
        with acting_as(other):
            assert tenant() is other
        assert tenant() is one
    with pytest.raises(DataError, match="nobody"):
        tenant()


def test_a_thread_that_is_started_is_nobodys(tmp_path: Path, nobody: None) -> None:
    said = []

    def work() -> None:
        try:
            said.append(tenant())
        except DataError as error:
            said.append(str(error))

    with acting_as(Tenant(tmp_path)):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert said == ["nobody"]


@pytest.mark.parametrize("name", ["../b/x", "/etc/passwd", "a/../../b", "link/x", "link", "x\0", "round/x"])
def test_no_name_leads_out(tmp_path: Path, name: str) -> None:
    one = Tenant(tmp_path / "a")
    one.folder.mkdir()
    (tmp_path / "b").mkdir()
    (one.folder / "link").symlink_to(tmp_path / "b")
    (one.folder / "round").symlink_to(one.folder / "round")
    with pytest.raises(DataError, match="is not in this workspace"):
        one.file(name)
    assert one.file("images", "x.png") == one.folder / "images" / "x.png"


def test_a_visitor_does_not_learn_where_files_lie(tmp_path: Path) -> None:
    one = Tenant(tmp_path / "visitors" / "a", opens_paths=False, shared=tmp_path)
    told = f"{one.folder / 'clips'} cannot be made; {tmp_path / 'images'} neither."
    assert one.discreet(told) == "your workspace/clips cannot be made; the class's workspace/images neither."
    assert Tenant(tmp_path).discreet(told) == told
