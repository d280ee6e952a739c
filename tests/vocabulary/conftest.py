"""What the tests of this folder share."""

from tests.vocabulary.conformance import quick_compilation as quick_compilation
