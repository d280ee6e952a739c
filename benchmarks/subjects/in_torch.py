"""The functions as users of PyTorch write them."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.subjects.functions import pixel_scaling as pixel_scaling  # operators alone


def antirectifier(x: Any) -> Any:
    """See `functions.antirectifier`."""
    x = x - torch.mean(x, dim=1, keepdim=True)
    x = x * torch.rsqrt(torch.clamp(torch.sum(torch.square(x), dim=1, keepdim=True), min=1e-12))
    return torch.cat([torch.relu(x), torch.relu(-x)], dim=1)


def siamese_distance(pair: Any) -> Any:
    """See `functions.siamese_distance`."""
    a, b = pair
    return torch.sqrt(torch.clamp(torch.sum(torch.square(a - b), dim=1, keepdim=True), min=1e-7))


def vae_sampling(pair: Any) -> Any:
    """See `functions.vae_sampling`."""
    mean, log_variance = pair
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def crop_and_resize(x: Any) -> Any:
    """See `functions.crop_and_resize`; images have their channels last, as in Keras."""
    cropped = x[:, 8:56, 8:56, :].permute(0, 3, 1, 2)
    resized = torch.nn.functional.interpolate(cropped, (32, 32), mode="bilinear", align_corners=False)
    return resized.permute(0, 2, 3, 1)


def attention(x: Any) -> Any:
    """See `functions.attention`."""
    weights = torch.softmax(torch.einsum("bid,bjd->bij", x, x) * 0.125, dim=-1)
    return torch.einsum("bij,bjd->bid", weights, x)
