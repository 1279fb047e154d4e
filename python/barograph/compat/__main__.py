"""python -m barograph.compat train.py ..."""

from __future__ import annotations

import sys

from barograph.compat import run_script

if len(sys.argv) < 2:
    sys.exit("usage: python -m barograph.compat SCRIPT [ARGUMENT...]")
run_script(sys.argv[1:])
