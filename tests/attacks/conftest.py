"""What the attacks share."""

import pytest

from .world import sealed_world


@pytest.fixture
def folder(settings, tmp_path):
    """Where checkpoints are kept that the attacker does not reach."""
    settings.CHECKPOINT_DIR = tmp_path / "elsewhere"
    settings.CHECKPOINT_DIR.mkdir()
    return settings.CHECKPOINT_DIR


@pytest.fixture
def world(company, folder):
    made = sealed_world(company)
    yield made
    made.mend()
