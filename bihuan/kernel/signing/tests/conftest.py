"""Models are imported inside the fixtures: a conftest may be read before Django is set up."""

import pytest
from django.apps import apps
from django.utils import timezone

from bihuan.kernel.files.tests import samples

STROKES = [[[20, 60, 0], [90, 20, 40], [140, 100, 90]], [[200, 50, 300], [260, 40, 380]]]


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def zhang():
    from bihuan.kernel.access.actors import Actor

    return Actor(name="张工", person_id=7)


@pytest.fixture
def sheet(db, monkeypatch):
    """A function that makes service sheets, all alike: a department lends its table, its people are the parts fitted."""
    branch = apps.get_model("organisation.Branch").objects.create(code="HD", name="华东分公司", city="苏州")
    model = apps.get_model("organisation.Department")

    def signed_content(self):
        parts = [{"name": part.name, "quantity": part.phone} for part in self.people.order_by("pk")]
        return {"work_done": self.name.split("#")[0], "site": {"city": self.branch.city}, "parts": parts, "at": None}

    monkeypatch.setattr(model, "number", property(lambda self: f"FW-HD-2026-{self.pk:06d}"), raising=False)
    monkeypatch.setattr(model, "version", 3, raising=False)
    monkeypatch.setattr(model, "free_fields", ("work_done", "parts"), raising=False)
    monkeypatch.setattr(model, "signed_content", signed_content, raising=False)

    def make():
        record = model.objects.create(branch=branch, name=f"更换油滤#{model.objects.count()}")  # the table wants names to differ
        for index, (name, quantity) in enumerate([("油滤", "1"), ("密封圈", "2")]):
            people = apps.get_model("organisation.Person").objects
            people.create_person(f"part{record.pk}-{index}", name, home_branch=branch, department=record, phone=quantity)
        return record

    return make


@pytest.fixture
def record(sheet):
    return sheet()


@pytest.fixture
def photo(record, zhang):
    from bihuan.kernel.files.store import attach

    return attach(record, samples.jpeg(), kind="photo_after", by=zhang, at=timezone.now(), name="换后.jpg")


@pytest.fixture
def drawn(zhang):
    """A function that has the customer sign a sheet by hand."""
    from bihuan.kernel.signing.sign import sign_drawn

    def sign(record, **more):
        how = {"by": zhang, "meaning": "received", "signer_name": "王工", "signer_capacity": "客户", "at": timezone.now()}
        return sign_drawn(record, **{**how, "image": samples.signature_png(), "strokes": STROKES, **more})

    return sign
