"""Functions as people write them with PyTorch, with inputs to try them on."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.functional import softmax

rng = np.random.RandomState(11)


def n(*shape):
    return rng.normal(size=shape).astype("float32")


def i(high, *shape):
    return rng.randint(0, high, size=shape).astype("int64")


PATTERNS = []


def pattern(*inputs):
    """Register a function with its inputs."""

    def keep(function):
        PATTERNS.append((function, inputs))
        return function

    return keep


MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
HEADS, MARGIN, EPS = 2, 1.0, 1e-6


@pattern(n(2, 6))
def antirectifier(x):
    x = x - x.mean(dim=1, keepdim=True)
    x = F.normalize(x, p=2.0, dim=1)
    return torch.cat([F.relu(x), F.relu(-x)], dim=1)


@pattern(n(2, 6))
def l2_normalise(x):
    return x / x.norm(p=2, dim=-1, keepdim=True).clamp(min=1e-12)


@pattern(n(4, 5), n(4, 5))
def siamese_distance(pair):
    a, b = pair
    return (a - b).pow(2).sum(1).add(EPS).sqrt().unsqueeze(1)


@pattern(n(4, 5), n(4, 5))
def cosine(pair):
    return F.cosine_similarity(pair[0], pair[1], dim=-1)


@pattern(n(2, 3, 8))
def self_attention(x: Tensor):
    scores = torch.matmul(x, x.transpose(-2, -1)) / math.sqrt(x.size(-1))
    weights = softmax(scores.masked_fill(torch.ones(3, 3).triu(1).bool(), float("-inf")), dim=-1)
    return weights @ x


@pattern(n(2, 3, 8))
def split_and_merge_heads(x):
    batch, steps, width = x.size()
    heads = x.view(batch, steps, HEADS, width // HEADS).permute(0, 2, 1, 3)
    out = F.scaled_dot_product_attention(heads, heads, heads)
    return out.transpose(1, 2).contiguous().view(batch, -1, width)


@pattern(n(2, 3, 6, 6))
def normalise_image(x):
    return (x - MEAN.view(1, 3, 1, 1)) / STD.view(1, -1, 1, 1)


@pattern(n(2, 3, 6, 6))
def centre_crop(x):
    height, width = x.shape[-2:]
    top, left = (height - 4) // 2, (width - 4) // 2
    return x[..., top : top + 4, left : left + 4]


@pattern(n(2, 3, 5, 6))
def enlarge(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


@pattern(n(2, 4, 5), i(2, 2, 4).astype("float32"))
def masked_mean(inputs):
    x, mask = inputs
    mask = mask.unsqueeze(-1)
    return (x * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)


@pattern(n(2, 4, 3))
def first_row_zero(x):
    x = x.clone()
    x[:, 0] = 0
    x[..., -1] *= 2.0
    return x


@pattern(n(2, 5))
def in_place_chain(x):
    y = x.abs().add_(1).log_().mul_(2.0)
    y[:, :2].clamp_(max=1.0)
    y -= y.max(dim=1, keepdim=True)[0]
    return y


@pattern(n(2, 5))
def relu_in_place(x):
    y = x * 2
    F.relu(y, inplace=True)
    F.leaky_relu_(y)
    return y


@pattern(n(3, 6))
def best_three(x):
    values, indices = x.topk(3, dim=1)
    return values.sum(1) + indices.float().mean(dim=-1)


@pattern(n(3, 6))
def hard_choice(x):
    return F.one_hot(x.argmax(dim=-1), num_classes=6).to(x.dtype)


@pattern(i(7, 2, 5), n(7, 4))
def bag_of_words(inputs):
    ids, table = inputs
    return F.embedding(ids, table).mean(1)


@pattern(n(2, 4, 8, 8))
def squeeze_and_excite(x):
    weight = torch.sigmoid(F.adaptive_avg_pool2d(x, 1))
    return x * weight.expand_as(x)


@pattern(n(2, 4, 8, 8))
def gram_matrix(x):
    b, c, h, w = x.shape
    flat = x.reshape(b, c, h * w)
    return torch.bmm(flat, flat.transpose(1, 2)).div(c * h * w)


@pattern(n(2, 8, 4, 4))
def upscale_block(x):
    return F.pixel_shuffle(F.pad(x, (1, 1, 1, 1), mode="reflect"), 2)


@pattern(n(2, 10, 4))
def position_encoding(x):
    steps, width = x.size(1), x.size(2)
    place = torch.arange(steps, dtype=torch.float32).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2).float() * (-math.log(10000.0) / width))
    angles = torch.stack([torch.sin(place * rate), torch.cos(place * rate)], dim=-1)
    return x + angles.flatten(1)[None]


@pattern(n(4, 3), i(3, 4))
def focal_loss(inputs):
    logits, target = inputs
    log = F.log_softmax(logits, dim=1)
    log_p = log.gather(1, target.unsqueeze(1)).squeeze(1)
    return (-((1 - log_p.exp()) ** 2) * log_p).mean()


@pattern(n(4, 5), n(4, 5), n(4, 5))
def triplet(inputs):
    anchor, positive, negative = inputs
    return F.relu((anchor - positive).pow(2).sum(1) - (anchor - negative).pow(2).sum(1) + MARGIN).mean()


@pattern(n(2, 3, 4))
def swish_with_stop(x):
    with torch.no_grad():
        scale = x.detach().abs().amax(dim=(1, 2), keepdim=True)
    return F.silu(x / (scale + EPS))


@pattern(n(2, 6, 4))
def halves_of_channels(x):
    a, b = torch.chunk(x, 2, dim=1)
    gate, value = x.split([2, 4], dim=1)
    return torch.sigmoid(a) * torch.tanh(b), gate.std(), value.var(dim=-1)


@pattern(n(2, 5, 3))
def pairwise_distances(x):
    return torch.cdist(x, x).pow(2).mul(-0.5).exp()


@pattern(n(3, 4))
def batched_over_rows(x):
    return torch.vmap(lambda row: row / row.sum())(x.exp())


@pattern(n(2, 5))
def conditional_scale(x):
    return torch.where(x > 0, x, x * 0.1) + (x < -1).float() - (~(x > 1)).type(torch.float32)


@pattern(n(2, 5, 6))
def repeated_context(x):
    last = x[:, -1].unsqueeze(1).repeat(1, x.shape[1], 1)
    return torch.cat((x, last), -1)


@pattern(n(2, 12))
def unfolded_frames(x):
    return x.unfold(1, 4, 2).mean(-1)


@pattern(n(2, 4, 6))
def running_statistics(x):
    return x.cumsum(dim=1) / torch.arange(1, x.size(1) + 1, device=x.device, dtype=x.dtype).view(1, -1, 1)


def helper(x):
    return x.max(1)[0]


@pattern(n(2, 4, 6))
def helper_that_names_no_framework(x):
    return torch.relu(helper(x))


@pattern(n(2, 3))
def rows_by_index(x):
    return x.index_select(1, torch.tensor([2, 0])) + x[:, [1, 0]]
