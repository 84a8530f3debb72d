"""Found by every Python that a test starts (config/tests/program.py puts this folder on its path): watched as the suite is."""

import os
import select
import time

from bihuan.kernel.testing import outbound

outbound.watch()

if "FAKETIME" in os.environ:  # libfaketime 0.9.10 refuses the call behind time.sleep while it leaves the clock alone that only runs forward
    time.sleep = lambda seconds: select.select((), (), (), float(seconds)) and None
