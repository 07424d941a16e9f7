"""The commands of `helpers.setup.commands`: ``python3 -m helpers lab``, and so on."""

from __future__ import annotations

import sys

from helpers.setup.commands import main

if __name__ == "__main__":
    sys.exit(main())
