"""What others may ask of the main job."""

from .dialogues import export_file as export_dialogues
from .dialogues import import_file as import_dialogues

__all__ = ["export_dialogues", "import_dialogues"]
