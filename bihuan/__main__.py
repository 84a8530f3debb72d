import sys

from bihuan.cli import main

if __name__ == "__main__":  # processes of ours import this module too
    sys.exit(main())
