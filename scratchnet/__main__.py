"""python -m scratchnet …, the same as the command scratchnet …"""

import sys

from scratchnet.cli.main import main

sys.exit(main())
