"""`python -m engine`: see `engine.cli`."""

import os
import sys

# Blocks share the cores among themselves; threads of the linear algebra under each of them only stand in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
