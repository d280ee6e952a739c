"""The Lambda layer."""

from lamina.layer.layer import Lambda as Lambda
