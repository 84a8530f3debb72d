"""The one way to branches and people. Everyone signed in may know who works where; appointments are the administrator's."""

from bihuan.kernel.access.getters import Getter

from .models import Branch, Person, Region

access_branches = Getter(Branch, branch="", key="code")
access_regions = Getter(Region, branch="", key="code")
access_people = Getter(Person, branch="home_branch_id", key="username", related=("home_branch", "department"))
