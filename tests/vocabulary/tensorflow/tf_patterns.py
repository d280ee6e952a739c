"""Functions as people write them with TensorFlow in a Lambda layer, in the order of how common they are."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as tf1
from tensorflow.keras import backend as K

rng = np.random.RandomState(7)


def f(*shape):
    return rng.uniform(0.05, 1.0, size=shape).astype("float32")


def n(*shape):
    return rng.normal(size=shape).astype("float32")


def i(high, *shape):
    return rng.randint(0, high, size=shape).astype("int32")


PATTERNS = []


def pattern(number, *inputs):
    """Register a function with its inputs under the number of its pattern."""

    def keep(function):
        PATTERNS.append((number, function, inputs))
        return function

    return keep


def of(number, function, *inputs):
    PATTERNS.append((number, function, inputs))


MEAN, STD = np.array([123.68, 116.779, 103.939]), np.array([58.4, 57.1, 57.4], "float32")
SCALE, GROUPS, MARGIN = 0.17, 3, 0.3

of(1, lambda x: tf.divide(x, 255.0), f(2, 4, 4, 3))
of(1, lambda x: tf.cast(x, tf.float32) / 127.5 - 1.0, i(255, 2, 4, 4, 3))
of(3, lambda x: tf.expand_dims(x, axis=-1), n(2, 3))
of(3, lambda x: tf.expand_dims(tf.expand_dims(x, 1), 1), n(2, 3))
of(3, lambda x: tf1.expand_dims(x, dim=2), n(2, 3))
of(4, lambda x: tf.reduce_mean(x, axis=[1, 2]), n(2, 3, 4, 5))
of(4, lambda x: tf.math.reduce_logsumexp(x, axis=1, keepdims=True), n(2, 3))
of(4, lambda x: tf1.reduce_sum(x, reduction_indices=[1], keep_dims=True), n(2, 3))
of(4, lambda x: tf.reduce_max(x, 1), n(2, 3, 4))
of(5, lambda x: tf.multiply(x, SCALE), n(2, 3))
of(5, lambda x, factor=1.5: tf.add(tf.scalar_mul(factor, x), 1.0), n(2, 3))
of(6, lambda x: tf.slice(x, [0, 1, 1, 0], [-1, 2, 2, -1]), n(2, 4, 4, 3))
of(6, lambda x: tf.image.crop_to_bounding_box(x, 1, 0, 2, 3), n(2, 4, 4, 3))
of(7, tf.nn.softmax, n(2, 3))
of(7, lambda x: tf.nn.swish(tf.nn.relu6(x) * tf.nn.tanh(x)), n(2, 3))
of(7, lambda x: tf.keras.activations.gelu(x), n(2, 3))
of(7, lambda x: tf.clip_by_value(tf.exp(x), 0.1, 2.0), n(2, 3))
of(8, lambda x: tf.image.resize(x, (6, 6)), f(2, 3, 4, 1))
of(8, lambda x: tf1.image.resize_bilinear(x, (8, 8)), f(2, 3, 4, 1))
of(8, lambda x: tf1.image.resize_images(x, (8, 6), align_corners=True), f(2, 3, 4, 1))
of(8, lambda x: tf1.image.resize_nearest_neighbor(x, [6, 8]), f(2, 3, 4, 1))


@pattern(8, f(2, 3, 4, 2), f(2, 6, 7, 2))
def upsample_like(tensors):
    source, target = tensors
    shape = tf.shape(target)
    return tf.image.resize(source, (shape[1], shape[2]), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)


def pyramid(size):
    def resize(x):
        from tensorflow import image

        return image.resize(x, tf.shape(x)[1:3] * size, method="bilinear")

    return resize


of(8, pyramid(2), f(2, 3, 4, 2))


@pattern(9, n(4, 3), n(4, 3))
def euclidean(vectors):
    a, b = vectors
    total = tf.reduce_sum(tf.square(a - b), axis=1, keepdims=True)
    return tf.sqrt(tf.maximum(total, 1e-7))


of(9, lambda x: tf.norm(tf.subtract(x[0], x[1]), ord="euclidean", axis=1, keepdims=True), n(4, 3), n(4, 3))
of(10, lambda x: tf.multiply(x[0], x[1]), n(2, 3), n(2, 3))
of(10, lambda x: tf.reduce_sum(x[0] * tf.expand_dims(x[1], -1), axis=1), n(2, 3, 4), f(2, 3))
of(11, lambda x, g=1: tf.gather(x, [g, g + 1], axis=-1), n(2, 4, 4))
of(11, lambda x: tf.split(x, GROUPS, axis=-1)[1], n(2, 6))
of(12, lambda x: tf.identity(x, name="output"), n(2, 3))
of(12, lambda x: tf.add(x, 0.0), n(2, 3))


@pattern(13, n(2, 3, 4))
def flatten_rows(x):
    shape = tf.shape(x)
    return tf.reshape(x, [shape[0] * shape[1], shape[2]])


@pattern(13, n(2, 3, 4))
def merge_last(x):
    dims = x.get_shape().as_list()
    return tf.reshape(x, tf.stack([-1, dims[1] * dims[2]]))


of(14, lambda x: tf.subtract(1.0, x), n(2, 3))
of(14, lambda x: tf.pow(tf.math.reciprocal(x), 2), f(2, 3))
of(15, lambda x: tf.math.l2_normalize(x, axis=1), n(2, 3))
of(15, lambda x: tf.nn.l2_normalize(x, dim=-1), n(2, 3, 4))
of(16, lambda x: tf.stack(x, axis=1), n(2, 3), n(2, 3))
of(16, lambda x: tf.concat(x, axis=-1), n(2, 3), n(2, 4))
of(16, lambda x: tf.concat([x[0], tf.ones_like(x[1])], 1), n(2, 3), n(2, 4))


@pattern(
    17,
    f(2, 8, 5),
    np.array([[1, 2], [3, 3]], "int32"),
    np.array([[8], [7]], "int32"),
    np.array([[2], [2]], "int32"),
)
def ctc(args):
    y_pred, labels, input_length, label_length = args
    y_pred = tf.nn.softmax(y_pred)[:, 1:, :]
    loss = tf.nn.ctc_loss(
        labels,
        tf.math.log(y_pred),
        tf.squeeze(label_length, 1),
        tf.squeeze(input_length, 1) - 1,
        logits_time_major=False,
        blank_index=-1,
    )
    return tf.expand_dims(loss, 1)


of(
    17,
    lambda args: tf.keras.backend.ctc_batch_cost(args[1], tf.nn.softmax(args[0]), args[2], args[3]),
    *PATTERNS[-1][2],
)
of(18, lambda x, k=3: tf.tile(tf.expand_dims(x, 1), [1, k, 1]), n(2, 3))
of(18, lambda x: tf.repeat(x, 2, axis=1), n(2, 3))
of(18, lambda x: tf.tile(x, tf.stack([1, 2])), n(2, 3))
of(19, lambda x: tf.gather(x, 0, axis=1), n(2, 3, 4))
of(19, lambda x: tf.unstack(x, axis=1)[-1], n(2, 3, 4))
of(20, lambda x: tf.squeeze(x, axis=[1, 2]), n(2, 1, 1, 3))
of(20, lambda x: tf1.squeeze(x, squeeze_dims=1), n(2, 1, 3))
of(21, lambda x: tf.cast(tf.argmax(x, axis=-1), tf.float32), n(2, 3))
of(21, lambda x: tf.cast(tf.not_equal(x, 0), "float32"), i(2, 2, 3))
of(21, lambda x: tf1.to_float(tf.greater(x, 0.5)), f(2, 3))
of(22, lambda x: tf.nn.depth_to_space(x, 2), n(1, 2, 3, 8))
of(22, lambda x: tf1.space_to_depth(x, block_size=2), n(1, 4, 6, 2))


class Config:
    bbox_std = [0.1, 0.1, 0.2, 0.2]
    image_shape = np.array([64, 64, 3])


def mrcnn_loss(config, target, guess, classes):
    """A smooth L1 loss over the positive classes, without changing the shape."""
    std = tf.constant(config.bbox_std, dtype=tf.float32)
    diff = tf.abs(target - guess) / std
    smooth = tf.where(tf.less(diff, 1.0), 0.5 * diff**2, diff - 0.5)
    positive = tf.cast(tf.equal(classes, 1), tf.float32)
    total = tf.reduce_sum(smooth * tf.expand_dims(positive, -1))
    return tf.math.divide_no_nan(total, tf.reduce_sum(positive) * 4.0)


config = Config()
of(23, lambda x: mrcnn_loss(config, *x), n(2, 5, 4), n(2, 5, 4), i(2, 2, 5))
of(23, lambda x: tf.reshape(mrcnn_loss(config, *x), [1, 1]), n(2, 5, 4), n(2, 5, 4), i(2, 2, 5))


@pattern(23, f(3, 4))
def norm_boxes(boxes):
    h, w = tf.split(tf.cast(config.image_shape[:2], tf.float32), 2)
    scale = tf.concat([h, w, h, w], axis=-1) - tf.constant(1.0)
    shift = tf.constant([0.0, 0.0, 1.0, 1.0])
    return tf.divide(boxes - shift, scale)


of(24, lambda x: tf.matmul(x[0], x[1], transpose_b=True), n(2, 3, 4), n(2, 5, 4))
of(24, lambda x: tf.tensordot(x[0], x[1], axes=[[2], [1]]), n(2, 3, 4), n(2, 4))
of(24, lambda x: tf.einsum("bij,bkj->bik", x[0], x[1]), n(2, 3, 4), n(2, 5, 4))


@pattern(25, n(2, 4, 3), i(2, 2, 4))
def masked_mean(inputs):
    x, ids = inputs
    mask = tf.cast(tf.not_equal(ids, 0), tf.float32)[:, :, tf.newaxis]
    return tf.reduce_sum(x * mask, axis=1) / (tf.reduce_sum(mask, axis=1) + 1e-8)


of(
    25,
    lambda x: tf.reduce_max(x[0] - (1.0 - tf.cast(x[1] > 0, tf.float32))[..., None] * 1e10, 1),
    n(2, 4, 3),
    i(2, 2, 4),
)
of(26, lambda x: tf.divide(tf.subtract(x, tf.constant(MEAN, dtype=tf.float32)), STD), f(2, 4, 4, 3))
of(26, lambda x: (x - tf.cast(MEAN, tf.float32)) / STD, f(2, 4, 4, 3))
of(27, lambda x, scale=0.1: x[0] + tf.multiply(x[1], scale), n(2, 3), n(2, 3))
of(27, lambda x: tf.add_n([x[0], SCALE * x[1]]), n(2, 3), n(2, 3))
of(28, lambda x: tf.reverse(x, axis=[1]), n(2, 3, 4))
of(
    28,
    lambda x: tf.concat([x[:, ::2, ::2], x[:, 1::2, ::2], x[:, ::2, 1::2], x[:, 1::2, 1::2]], -1),
    n(1, 4, 4, 2),
)
of(29, lambda x: tf.zeros_like(x), n(2, 3))
of(29, lambda x: tf.zeros((tf.shape(x)[0], 4)), n(2, 3))
of(29, lambda x: tf.fill(tf.shape(x)[:2], 1.5), n(2, 3, 4))
of(31, lambda x: tf.abs(tf.subtract(x[0], x[1])), n(2, 3), n(2, 3))
of(31, lambda x: tf.math.abs(x[0] - x[1]), n(2, 3), n(2, 3))
of(32, lambda x: tf.nn.lrn(x, depth_radius=2, bias=1.0, alpha=1e-4, beta=0.75), n(2, 3, 3, 6))


@pattern(32, n(2, 3, 3, 6))
def cross_channel(x, k=2, size=5, alpha=1e-2, beta=0.75):
    c = x.get_shape().as_list()[3]
    half = size // 2
    square = tf.square(x)
    padded = tf.pad(square, [[0, 0], [0, 0], [0, 0], [half, half]])
    scale = k
    for j in range(size):
        scale += alpha * padded[:, :, :, j : j + c]
    return x / (scale**beta)


@pattern(34, n(6, 3))
def part_of_batch(x, parts=3, index=1):
    shape = tf.shape(x)
    size = tf.concat([shape[:1] // parts, shape[1:]], axis=0)
    stride = tf.concat([shape[:1] // parts, shape[1:] * 0], axis=0)
    return tf.slice(x, stride * index, size)


@pattern(34, n(6, 3))
def half_of_batch(x):
    return x[: tf.shape(x)[0] // 2]


ANCHORS = [[10, 13], [16, 30], [33, 23]]


@pattern(35, n(2, 4, 4, 3 * 7))
def yolo_head(feats):
    """Boxes, confidences and classes of one scale, in the arithmetic of YOLO 3."""
    anchors, classes = tf.reshape(tf.constant(ANCHORS, tf.float32), [1, 1, 1, 3, 2]), 2
    grid = tf.shape(feats)[1:3]
    rows = tf.tile(tf.reshape(tf.range(0, grid[0]), [-1, 1, 1, 1]), [1, grid[1], 1, 1])
    columns = tf.tile(tf.reshape(tf.range(0, grid[1]), [1, -1, 1, 1]), [grid[0], 1, 1, 1])
    cells = tf.cast(tf.concat([columns, rows], -1), feats.dtype)
    feats = tf.reshape(feats, [-1, grid[0], grid[1], 3, classes + 5])
    xy = (tf.sigmoid(feats[..., :2]) + cells) / tf.cast(grid[::-1], feats.dtype)
    wh = tf.exp(feats[..., 2:4]) * anchors / 32.0
    return tf.concat([xy, wh, tf.sigmoid(feats[..., 4:])], -1)


@pattern(35, f(2, 3, 4), f(2, 5, 4))
def ignore_mask(args):
    """The best overlap of each box with the true boxes of its image, image by image."""
    boxes, truth = args

    def overlap(b, t):
        b, t = tf.expand_dims(b, -2), tf.expand_dims(t, 0)
        low = tf.maximum(b[..., :2] - b[..., 2:] / 2.0, t[..., :2] - t[..., 2:] / 2.0)
        high = tf.minimum(b[..., :2] + b[..., 2:] / 2.0, t[..., :2] + t[..., 2:] / 2.0)
        size = tf.maximum(high - low, 0.0)
        common = size[..., 0] * size[..., 1]
        return common / (b[..., 2] * b[..., 3] + t[..., 2] * t[..., 3] - common)

    count = tf.shape(boxes)[0]
    masks = tf.TensorArray(tf.float32, size=count)

    def body(index, masks):
        best = tf.reduce_max(overlap(boxes[index], truth[index]), axis=-1)
        return index + 1, masks.write(index, tf.cast(best < 0.5, tf.float32))

    _, masks = tf.while_loop(lambda index, *args: index < count, body, [0, masks])
    return masks.stack()


@pattern(36, n(4, 3), n(4, 3), n(4, 3))
def triplet(inputs):
    anchor, good, bad = inputs
    near = tf.reduce_sum(tf.math.squared_difference(anchor, good), -1)
    far = tf.reduce_sum(tf.math.squared_difference(anchor, bad), -1)
    return tf.reduce_mean(tf.maximum(near - far + MARGIN, 0.0), keepdims=True)


@pattern(36, n(4, 3), n(4, 3))
def info_nce(inputs):
    a, b = (tf.math.l2_normalize(v, -1) for v in inputs)
    logits = tf.matmul(a, b, transpose_b=True) / 0.1
    labels = tf.range(tf.shape(logits)[0])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


of(36, lambda x: tf1.losses.huber_loss(x[0], x[1]), n(4, 3), n(4, 3))
of(36, lambda x: tf.nn.softmax_cross_entropy_with_logits(labels=x[0], logits=x[1]), f(4, 3), n(4, 3))
of(37, lambda x: tf.image.rgb_to_grayscale(x), f(2, 4, 4, 3))
of(
    37,
    lambda x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    f(2, 4, 4, 3),
)
of(37, lambda x: tf.nn.top_k(x, k=2)[0], n(3, 5))
of(
    37,
    lambda x: tf.image.crop_and_resize(x[0], x[1], tf.range(tf.shape(x[1])[0]), (3, 3)),
    f(2, 5, 5, 1),
    f(2, 4),
)
of(38, lambda x: x[..., tf.newaxis], n(2, 3))
of(38, lambda x: x[:, tf.newaxis, :] * x[:, :, tf.newaxis], n(2, 3))
of(39, lambda x, depth=5: tf.one_hot(x, depth), i(5, 2, 3))
of(39, lambda x: tf.squeeze(tf.one_hot(tf.cast(x, tf.int32), 7), axis=1), i(7, 2, 1).astype("float32"))
of(
    40,
    lambda a: tf.expand_dims(a[:, 0], -1) + a[:, 1:] - tf.reduce_mean(a[:, 1:], axis=1, keepdims=True),
    n(3, 5),
)
of(40, lambda a: a[0] + tf.subtract(a[1], tf.reduce_max(a[1], 1, keepdims=True)), n(3, 1), n(3, 4))


@pattern(41, n(2, 5, 3), i(5, 2, 2))
def seq_gather(x):
    seq, places = x
    batch = tf.expand_dims(tf.range(0, tf.shape(seq)[0]), 1)
    batch = tf.tile(batch, [1, tf.shape(places)[1]])
    return tf.gather_nd(seq, tf.stack([batch, places], axis=-1))


of(41, lambda x: tf.gather(x[0], x[1], batch_dims=1), n(2, 5, 3), i(5, 2, 2))
of(42, lambda x: tf.abs(tf.signal.rfft(x)) ** 2, n(2, 16))


@pattern(42, n(2, 64))
def log_mel(x):
    stft = tf.signal.stft(x, frame_length=16, frame_step=8, fft_length=16)
    power = tf.math.real(stft * tf.math.conj(stft))
    mel = tf.signal.linear_to_mel_weight_matrix(4, power.shape[-1], 8000, 60.0, 3800.0)
    decibel = 10.0 * tf.math.log(tf.maximum(tf.matmul(power, mel), 1e-5)) / math.log(10.0)
    return tf.maximum(decibel, tf.reduce_max(decibel, axis=[-2, -1], keepdims=True) - 80.0)


of(43, lambda x: tf.map_fn(lambda row: row / tf.reduce_sum(row), x), f(4, 3))
of(43, lambda x: tf.transpose(tf.scan(lambda a, b: 0.9 * a + b, tf.transpose(x))), n(4, 3))
of(44, lambda x: tf.transpose(x, perm=[0, 2, 1]), n(2, 3, 4))
of(44, lambda x: tf.transpose(x, (1, 0, 2)), n(2, 3, 4))
of(46, lambda x: tf.stack([x[..., 2], x[..., 1], x[..., 0]], axis=-1), f(2, 4, 3))
of(46, lambda x: tf.concat(tf.split(x, 3, axis=-1)[::-1], -1), f(2, 4, 3))
of(48, lambda x: tf.exp(-tf.reduce_sum(tf.abs(x[0] - x[1]), axis=1, keepdims=True)), n(2, 3), n(2, 3))
of(48, lambda x: tf.exp(tf.negative(tf.norm(x[0] - x[1], ord=1, axis=-1))), n(2, 3), n(2, 3))


@pattern(50, n(2, 4))
def seasonality(thetas, length=6):
    p = thetas.get_shape().as_list()[-1]
    t = tf.cast(tf.range(0, length), tf.float32) / length
    p1, p2 = (p // 2, p // 2) if p % 2 == 0 else (p // 2, p // 2 + 1)
    cosines = tf.stack([tf.cos(2 * np.pi * k * t) for k in range(p1)], axis=0)
    sines = tf.stack([tf.sin(2 * np.pi * k * t) for k in range(p2)], axis=0)
    return tf.matmul(thetas, tf.concat([cosines, sines], axis=0))


@pattern(50, n(2, 3))
def trend(thetas, length=5):
    t = tf.linspace(0.0, 1.0, length)
    return tf.tensordot(thetas, tf.stack([t**k for k in range(thetas.shape[-1])], axis=0), 1)


@pattern(51, n(2, 6, 6, 2), n(2, 4, 3, 2))
def crop_and_concat(inputs):
    skip, x = inputs
    a, b = tf.shape(skip), tf.shape(x)
    offsets = [0, (a[1] - b[1]) // 2, (a[2] - b[2]) // 2, 0]
    cropped = tf.slice(skip, offsets, [-1, b[1], b[2], 2])
    return tf.concat([cropped, x], 3)


of(51, lambda x: x[1] + x[0][:, 1 : 1 + tf.shape(x[1])[1]], n(2, 6, 2), n(2, 4, 2))


@pattern(52, n(2, 5, 8))
def split_heads(x, heads=2):
    batch, length, depth = tf.unstack(tf.shape(x))
    x = tf.reshape(x, [batch, length, heads, depth // heads])
    return tf.transpose(x, [0, 2, 1, 3])


@pattern(52, n(2, 2, 5, 4))
def merge_heads(x):
    shape = tf.shape(x)
    return tf.reshape(
        tf.transpose(x, [0, 2, 1, 3]), tf.concat([shape[:1], [shape[2], shape[1] * shape[3]]], 0)
    )


of(56, tf.exp, n(2, 3))
of(56, tf.math.tanh, n(2, 3))
of(57, lambda x: tf.stop_gradient(x) + x, n(2, 3))
of(57, tf.stop_gradient, n(2, 3))


@pattern(58, n(2, 3), n(2, 3))
def cosine(x):
    a, b = tf.nn.l2_normalize(x[0], 1), tf.nn.l2_normalize(x[1], 1)
    return tf.reduce_sum(tf.multiply(a, b), 1, keepdims=True)


of(58, lambda x: K.sum(K.l2_normalize(x[0], axis=-1) * tf.math.l2_normalize(x[1], -1), -1), n(2, 3), n(2, 3))
