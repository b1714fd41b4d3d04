"""``python -m worker --queue embedded``: one worker, as ``safety-detector worker`` runs it."""

from __future__ import annotations

import sys

from safety_detector.worker.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
