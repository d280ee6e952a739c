"""Expressions compared with the functions they were captured from."""

from lamina.verification.checking import Verified as Verified
from lamina.verification.checking import verify as verify
