"""Models are imported inside the fixtures: a conftest may be read before Django is set up."""

import pytest
from django.apps import apps
from django.utils import timezone


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def stored(files_root):
    """A function that lists every file under the root."""
    return lambda: sorted(path for path in files_root.rglob("*") if path.is_file())


@pytest.fixture
def suzhou(db):
    return apps.get_model("organisation.Branch").objects.create(code="HD", name="华东分公司")


@pytest.fixture
def shenyang(db):
    return apps.get_model("organisation.Branch").objects.create(code="DB", name="东北分公司")


@pytest.fixture
def record(suzhou):
    """Any saved model with a branch will do."""
    return apps.get_model("organisation.Department").objects.create(branch=suzhou, name="售后组")


@pytest.fixture
def zhang():
    from bihuan.kernel.access.actors import Actor

    return Actor(name="张工", person_id=7)


@pytest.fixture
def attached(record, zhang):
    """A function that attaches to ``record`` what it is given."""
    from bihuan.kernel.files.store import attach

    def put(upload, *, kind="document", **more):
        return attach(more.pop("record", record), upload, kind=kind, by=zhang, at=timezone.now(), **more)

    return put


@pytest.fixture
def departments_can_be_got():
    from bihuan.kernel.access import getters

    before = getters.all_getters()
    yield getters.Getter(apps.get_model("organisation.Department"), branch="branch", key="name")
    getters._getters.clear()
    getters._getters.update(before)
