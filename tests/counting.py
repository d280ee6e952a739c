"""Work in numbers that do not depend on the machine."""

from __future__ import annotations

import sys


def calls_of(function):
    """How many Python calls a function makes; exact, unlike its time."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
