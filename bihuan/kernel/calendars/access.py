"""The one way to calendars: everyone signed in may know when people work."""

from ..access.getters import Getter
from .models import Calendar

access_calendars = Getter(Calendar, branch="", key="code")
