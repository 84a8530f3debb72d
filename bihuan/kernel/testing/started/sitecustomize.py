"""Found by every Python that a test starts (config/tests/program.py puts this folder on its path): watched as the suite is."""

from bihuan.kernel.testing import outbound

outbound.watch()
