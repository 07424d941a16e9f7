"""``python3 -m strict_s3`` is ``strict-s3``."""

import sys

from .cli import main

sys.exit(main())
