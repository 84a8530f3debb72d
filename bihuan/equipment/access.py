"""The one way to equipment. The catalogue (lines, models, bulletins) is open to everyone signed in; units go by their site's branch."""

from bihuan.kernel.access.getters import Getter

from .models import Bulletin, ProductLine, ProductModel, Unit

access_lines = Getter(ProductLine, branch="", key="code")
access_models = Getter(ProductModel, branch="", key="pk", related=("line",))
access_bulletins = Getter(Bulletin, branch="", key="number")
access_units = Getter(Unit, branch="site__branch_id", key="serial", related=("model__line", "customer", "site__branch"))
