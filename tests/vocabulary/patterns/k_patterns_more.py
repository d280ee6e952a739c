"""The second half of the functions written with the Keras 2 backend: losses, images, layers, decoding."""

from __future__ import annotations

import functools

import keras
import numpy as np
import tensorflow as tf
from k_patterns import CTC, MARGIN, P
from pattern_helpers import smooth, weighted_mean
from pattern_registry import f, i, n
from tf_keras import backend as K

of, pattern = P.of, P.pattern

ANCHORS = np.array([[10, 13], [16, 30], [33, 23]], "float32")


def yolo_head(feats, anchors, num_classes, input_shape):
    num_anchors = len(anchors)
    anchors_tensor = K.reshape(K.constant(anchors), [1, 1, 1, num_anchors, 2])
    grid_shape = K.shape(feats)[1:3]
    grid_y = K.tile(K.reshape(K.arange(0, stop=grid_shape[0]), [-1, 1, 1, 1]), [1, grid_shape[1], 1, 1])
    grid_x = K.tile(K.reshape(K.arange(0, stop=grid_shape[1]), [1, -1, 1, 1]), [grid_shape[0], 1, 1, 1])
    grid = K.cast(K.concatenate([grid_x, grid_y]), K.dtype(feats))
    feats = K.reshape(feats, [-1, grid_shape[0], grid_shape[1], num_anchors, num_classes + 5])
    box_xy = (K.sigmoid(feats[..., :2]) + grid) / K.cast(grid_shape[::-1], K.dtype(feats))
    box_wh = K.exp(feats[..., 2:4]) * anchors_tensor / K.cast(input_shape[::-1], K.dtype(feats))
    return grid, feats, box_xy, box_wh


def box_iou(b1, b2):
    b1, b2 = K.expand_dims(b1, -2), K.expand_dims(b2, 0)
    b1_min, b1_max = b1[..., :2] - b1[..., 2:4] / 2.0, b1[..., :2] + b1[..., 2:4] / 2.0
    b2_min, b2_max = b2[..., :2] - b2[..., 2:4] / 2.0, b2[..., :2] + b2[..., 2:4] / 2.0
    wh = K.maximum(K.minimum(b1_max, b2_max) - K.maximum(b1_min, b2_min), 0.0)
    common = wh[..., 0] * wh[..., 1]
    return common / (b1[..., 2] * b1[..., 3] + b2[..., 2] * b2[..., 3] - common)


def yolo_loss(args, anchors, num_classes, ignore_thresh=0.5):
    """The loss of two scales: each has its feature map and its true boxes."""
    outputs, y_true = args[:2], args[2:]
    masks = [[1, 2], [0, 1]]
    input_shape = K.cast(K.shape(outputs[0])[1:3] * 32, K.dtype(y_true[0]))
    grids = [K.cast(K.shape(outputs[k])[1:3], K.dtype(y_true[0])) for k in range(2)]
    m = K.shape(outputs[0])[0]
    mf = K.cast(m, K.dtype(outputs[0]))
    loss = 0
    for k in range(2):
        object_mask, true_class = y_true[k][..., 4:5], y_true[k][..., 5:]
        grid, raw, xy, wh = yolo_head(outputs[k], anchors[masks[k]], num_classes, input_shape)
        pred_box = K.concatenate([xy, wh])
        raw_true_xy = y_true[k][..., :2] * grids[k][::-1] - grid
        raw_true_wh = K.log(y_true[k][..., 2:4] / anchors[masks[k]] * input_shape[::-1])
        raw_true_wh = K.switch(
            K.tile(K.greater(object_mask, 0.5), [1, 1, 1, 1, 2]), raw_true_wh, K.zeros_like(raw_true_wh)
        )
        scale = 2 - y_true[k][..., 2:3] * y_true[k][..., 3:4]
        ignore = tf.TensorArray(K.dtype(y_true[0]), size=1, dynamic_size=True)

        def loop_body(b, ignore):
            iou = box_iou(pred_box[b], K.reshape(y_true[k][b, ..., 0:4], (-1, 4)))
            best = K.max(iou, axis=-1)
            return b + 1, ignore.write(b, K.cast(best < ignore_thresh, "float32"))

        _, ignore = tf.while_loop(lambda b, *args: b < m, loop_body, [0, ignore])
        ignore = K.expand_dims(ignore.stack(), -1)
        xy_loss = object_mask * scale * K.binary_crossentropy(raw_true_xy, raw[..., 0:2], from_logits=True)
        wh_loss = object_mask * scale * 0.5 * K.square(raw_true_wh - raw[..., 2:4])
        cross = K.binary_crossentropy(object_mask, raw[..., 4:5], from_logits=True)
        confidence = object_mask * cross + (1 - object_mask) * cross * ignore
        classes = object_mask * K.binary_crossentropy(true_class, raw[..., 5:], from_logits=True)
        loss += (K.sum(xy_loss) + K.sum(wh_loss) + K.sum(confidence) + K.sum(classes)) / mf
    return K.reshape(loss, [1, 1]) if K.ndim(loss) == 0 else loss


def true_boxes(size):
    boxes = f(2, size, size, 2, 7)
    boxes[..., 4] = rng_mask(2, size, size, 2)
    return boxes


def rng_mask(*shape):
    return (f(*shape) > 0.6).astype("float32")


of(
    35, yolo_loss, n(2, 2, 2, 14), n(2, 4, 4, 14), true_boxes(2), true_boxes(4),
    arguments={"anchors": ANCHORS, "num_classes": 2},
)  # fmt: skip
of(35, lambda x: K.concatenate(list(yolo_head(x, ANCHORS, 2, (64, 64))[2:])), n(2, 4, 4, 21))


@pattern(36, n(4, 3), n(4, 3), n(4, 3))
def triplet_loss(x):
    anchor, positive, negative = x
    near = K.sum(K.square(anchor - positive), axis=-1)
    far = K.sum(K.square(anchor - negative), axis=-1)
    return K.expand_dims(K.maximum(near - far + MARGIN, 0.0), -1)


of(36, lambda x: K.mean(K.categorical_crossentropy(x[0], K.softmax(x[1])), keepdims=True), f(4, 3), n(4, 3))
of(36, lambda x: keras.losses.kl_divergence(x[0], x[1]), f(4, 3), f(4, 3))


@pattern(36, n(4, 3), n(4, 3))
def kl_loss(args):
    z_mean, z_log_var = args
    return -0.5 * K.mean(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)


@pattern(37, f(2, 5, 5, 1), f(2, 6))
def transform(args):
    """Sample an image at the places of an affine grid, bilinearly."""
    image, theta = args
    h, w = K.int_shape(image)[1:3]
    ys, xs = np.meshgrid(np.linspace(-1, 1, h), np.linspace(-1, 1, w), indexing="ij")
    grid = np.stack([xs.ravel(), ys.ravel(), np.ones(h * w)]).astype("float32")
    points = K.dot(K.reshape(theta, (-1, 2, 3)), K.constant(grid))
    x = (points[:, 0] + 1.0) * (w - 1) / 2
    y = (points[:, 1] + 1.0) * (h - 1) / 2
    x0, y0 = K.cast(tf.floor(x), "int32"), K.cast(tf.floor(y), "int32")
    flat = K.reshape(image, (-1, h * w))

    def at(yy, xx):
        place = K.clip(yy, 0, h - 1) * w + K.clip(xx, 0, w - 1)
        return tf.gather(flat, place, batch_dims=1)

    wx, wy = x - K.cast(x0, "float32"), y - K.cast(y0, "float32")
    top = at(y0, x0) * (1 - wx) + at(y0, x0 + 1) * wx
    bottom = at(y0 + 1, x0) * (1 - wx) + at(y0 + 1, x0 + 1) * wx
    return K.reshape(top * (1 - wy) + bottom * wy, (-1, h, w, 1))


of(37, lambda x: tf.image.rgb_to_grayscale(x / K.max(x)), f(2, 4, 4, 3))
of(38, lambda x: x[..., None], n(2, 3))
of(38, lambda x: x[:, None, :] - x[:, :, None], n(2, 3))
of(39, lambda x: K.one_hot(K.cast(x, "int32"), 6), i(6, 2, 3).astype("float32"))


@pattern(39, i(5, 2, 1), arguments={"num_classes": 5})
def one_hot(x, num_classes):
    return K.squeeze(K.one_hot(x, num_classes), axis=1)


of(40, lambda a: K.expand_dims(a[:, 0], -1) + a[:, 1:] - K.mean(a[:, 1:], axis=1, keepdims=True), n(3, 5))
of(40, lambda a: K.expand_dims(a[:, 0], axis=-1) + a[:, 1:] - K.max(a[:, 1:], keepdims=True), n(3, 5))
TABLE = n(7, 3)
of(41, lambda ids: K.gather(K.constant(TABLE), ids), i(7, 2, 4))


@pattern(41, n(2, 5, 3), i(5, 2, 1))
def seq_gather(x):
    seq, idxs = x
    idxs = K.cast(idxs, "int32")
    batch_idxs = K.expand_dims(K.arange(0, K.shape(seq)[0]), 1)
    return tf.gather_nd(seq, K.concatenate([batch_idxs, idxs], 1))


def decibel(x, floor=1e-6):
    log_spec = 10 * K.log(K.maximum(x, floor)) / np.log(10).astype(K.floatx())
    log_spec = log_spec - K.max(log_spec, axis=[1, 2], keepdims=True)
    return K.maximum(log_spec, -80.0)


of(42, decibel, f(2, 4, 5))
of(42, lambda x: K.square(K.abs(tf.signal.rfft(x))), n(2, 16))
of(43, lambda x: K.map_fn(lambda row: row / K.sum(row), x), f(4, 3))
of(
    43,
    lambda x: K.rnn(lambda a, s: (a + s[0], [0.5 * (a + s[0])]), x, [K.zeros_like(x[:, 0])])[0],
    n(2, 5, 3),
)
of(44, lambda x: K.permute_dimensions(x, (0, 2, 1)), n(2, 3, 4))
of(44, lambda x: K.transpose(x), n(3, 3))
SHARED = keras.Sequential(
    [keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2)]
)
POOL = keras.layers.AveragePooling2D((2, 2))
of(45, lambda x: SHARED(x) - SHARED(-x), n(2, 3))
of(45, lambda x: POOL(x) * 2, n(2, 4, 4, 3))
of(
    45,
    lambda x: keras.layers.GlobalMaxPooling2D()(x) + keras.layers.GlobalAveragePooling2D()(x),
    n(2, 4, 4, 3),
)
of(46, lambda x: K.stack([x[..., 2], x[..., 1], x[..., 0]], axis=-1), f(2, 4, 4, 3))
of(46, lambda x: K.concatenate([x[:, :, 1:2], x[:, :, :1]], axis=2), f(2, 4, 2))
of(47, lambda x: weighted_mean(x[0], x[1]), n(2, 4, 3), i(2, 2, 4))
of(47, smooth, n(2, 6, 2), arguments={"size": 5})
of(48, lambda x: K.exp(-K.sum(K.abs(x[0] - x[1]), axis=1, keepdims=True)), n(2, 3), n(2, 3))


@pattern(48, n(2, 3), n(2, 3))
def exponent_neg_manhattan_distance(x):
    left, right = x
    return K.exp(-K.sum(K.abs(left - right), axis=-1))


of(49, lambda x: K.cast(K.ctc_decode(x, K.ones_like(x[:, 0, 0]) * 8)[0][0], "float32"), CTC[0])


@pattern(49, CTC[0], np.array([[8], [6]], "int32"))
def decode(args):
    y_pred, lengths = args
    labels, score = K.ctc_decode(y_pred, K.squeeze(lengths, 1), greedy=True)
    return K.cast(labels[0], "float32") + 0 * score


def seasonality_model(thetas, backcast_length, forecast_length, is_forecast):
    p = K.int_shape(thetas)[-1]
    p1, p2 = (p // 2, p // 2) if p % 2 == 0 else (p // 2, p // 2 + 1)
    horizon = forecast_length if is_forecast else backcast_length
    t = np.arange(-backcast_length, forecast_length, dtype="float32") / backcast_length
    t = t[backcast_length:] if is_forecast else t[:backcast_length]
    s1 = K.stack([K.constant(np.cos(2 * np.pi * k * t)) for k in range(p1)])
    s2 = K.stack([K.constant(np.sin(2 * np.pi * k * t)) for k in range(p2)])
    assert len(t) == horizon
    return K.dot(thetas, K.concatenate([s1, s2], axis=0))


of(
    50, seasonality_model, n(2, 5),
    arguments={"backcast_length": 6, "forecast_length": 4, "is_forecast": True},
)  # fmt: skip


@pattern(50, n(2, 3), arguments={"length": 5})
def trend_model(thetas, length):
    t = K.arange(0, length, dtype="float32") / float(length)
    basis = K.stack([t**k for k in range(K.int_shape(thetas)[1])], axis=0)
    return K.dot(thetas, basis)


@pattern(51, n(2, 6, 6, 2), n(2, 4, 4, 2))
def crop_to_match(inputs):
    big, small = inputs
    dh = (K.int_shape(big)[1] - K.int_shape(small)[1]) // 2
    dw = (K.int_shape(big)[2] - K.int_shape(small)[2]) // 2
    return K.concatenate([big[:, dh : big.shape[1] - dh, dw : big.shape[2] - dw], small], axis=-1)


of(51, lambda x: x[0][:, : K.shape(x[1])[1]] + x[1], n(2, 6, 2), n(2, 4, 2))


@pattern(52, n(2, 5, 8), arguments={"n_head": 2})
def reshape_heads(x, n_head):
    s = K.shape(x)  # [batch_size, len, n_head * d]
    x = K.reshape(x, [s[0], s[1], n_head, s[2] // n_head])
    x = K.permute_dimensions(x, [2, 0, 1, 3])
    return K.reshape(x, [-1, s[1], s[2] // n_head])


@pattern(52, n(4, 5, 4), arguments={"n_head": 2})
def merge_heads(x, n_head):
    s = K.shape(x)
    x = K.reshape(x, [n_head, -1, s[1], s[2]])
    x = K.permute_dimensions(x, [1, 2, 0, 3])
    return K.reshape(x, [-1, s[1], n_head * K.int_shape(x)[-1]])


@pattern(53, f(2, 6, 4), f(2, 6, 3))
def best_boxes(args, top=3):
    """The corners of the best boxes of each image, those of low scores set to zero."""
    boxes, scores = args
    best, places = tf.nn.top_k(K.max(scores, axis=-1), k=top)
    chosen = tf.gather(boxes, places, batch_dims=1)
    corners = K.concatenate([chosen[..., :2] - chosen[..., 2:] / 2, chosen[..., :2] + chosen[..., 2:] / 2])
    keep = K.cast(best > 0.8, "float32")
    return K.concatenate([corners * K.expand_dims(keep, -1), K.expand_dims(best * keep, -1)])


@pattern(53, f(2, 6, 5))
def sort_by_score(detections):
    order = tf.argsort(detections[..., 4], axis=-1, direction="DESCENDING")
    return tf.gather(detections, order, axis=1, batch_dims=1)


TOKENS = keras.Sequential([keras.Input((5,)), keras.layers.Embedding(9, 4)])
of(54, lambda ids: K.mean(TOKENS(ids), axis=1), i(9, 2, 5))
of(54, lambda ids: TOKENS(ids)[:, 0], i(9, 2, 5))
of(56, K.abs, n(2, 3))
of(56, K.softplus, n(2, 3))
of(56, functools.partial(K.sum, axis=1), n(2, 3))
of(57, lambda x: K.stop_gradient(x) * 2, n(2, 3))
of(57, lambda x: x + K.stop_gradient(K.cast(x > 0, "float32") - x), n(2, 3))


@pattern(58, n(2, 3), n(2, 3))
def cosine_distance(vests):
    x, y = vests
    x, y = K.l2_normalize(x, axis=-1), K.l2_normalize(y, axis=-1)
    return -K.mean(x * y, axis=-1, keepdims=True)


of(58, lambda x: K.batch_dot(K.l2_normalize(x[0], 1), K.l2_normalize(x[1], 1), axes=1), n(2, 3), n(2, 3))
