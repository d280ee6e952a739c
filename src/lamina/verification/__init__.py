"""Expressions compared with the functions they were captured from."""

from lamina.verification.verify import Verified as Verified
from lamina.verification.verify import verify as verify
