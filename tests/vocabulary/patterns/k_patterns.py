"""Functions as people write them with the Keras 2 backend in a Lambda layer."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from pattern_registry import Patterns, f, i, n
from tf_keras import backend as K

P = Patterns()
of, pattern = P.of, P.pattern
MEAN, STD = np.array([123.68, 116.779, 103.939]), np.array([58.4, 57.1, 57.4])
ALPHA, MARGIN, TIMES = 0.25, 0.2, 3

of(1, lambda x: x / 255.0, f(2, 4, 4, 3))
of(1, lambda x: K.cast(x, "float32") / 127.5 - 1, i(255, 2, 4, 4, 3))


@pattern(
    2, *(np.tile(row, (4000, 1)).astype("float32") for row in ([0.5, -1.0], [0.0, 0.7])), check="moments"
)
def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


def sampler(latent_dim, stddev):
    def sample(args):
        mean, log_sigma = args
        noise = K.random_normal(shape=(K.shape(mean)[0], latent_dim), mean=0.0, stddev=stddev)
        return mean + K.exp(log_sigma / 2) * noise

    return sample


of(2, sampler(2, 0.5), *P[-1].inputs, check="moments")
of(
    2,
    lambda p: p[0] + tf.exp(0.5 * p[1]) * tf.random.normal(tf.shape(p[0])),
    *P[-1].inputs,
    check="moments",
)
of(3, lambda x: K.expand_dims(x, axis=-1), n(2, 3))
of(3, lambda x: K.expand_dims(x, 1), n(2, 3, 4))
of(4, lambda x: K.mean(x, axis=[1, 2]), n(2, 3, 4, 5))
of(4, lambda x: K.max(x, axis=1, keepdims=True), n(2, 3, 4))
of(4, lambda xin: K.sum(xin, axis=1), n(2, 5, 3))
of(5, lambda x, scale: x * scale, n(2, 3), arguments={"scale": 0.3})
of(5, lambda x: x * ALPHA + (1 - ALPHA), n(2, 3))
of(6, lambda x: x[:, 1:-1, 1:-1, :], n(2, 5, 5, 2))
of(6, lambda z: z[:, :, 2:4], n(2, 3, 6))
of(7, lambda x: K.softmax(x / 0.5), n(2, 3))
of(7, lambda x: K.relu(x, max_value=6), 4 * n(2, 3))
of(7, lambda x: K.tanh(x) * math.pi, n(2, 3))
of(7, lambda x: K.hard_sigmoid(x) + K.elu(x, alpha=0.7), n(2, 3))
of(8, lambda x: K.resize_images(x, 2, 2, "channels_last", interpolation="bilinear"), f(2, 3, 4, 2))


@pattern(8, f(2, 3, 4, 2), arguments={"size": (6, 5)})
def resize_to(x, size):
    import tensorflow as tf

    return tf.image.resize(x, size, method="bilinear")


@pattern(9, n(4, 3), n(4, 3))
def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


of(9, lambda t: K.sqrt(K.sum(K.pow(t[0] - t[1], 2), axis=-1) + K.epsilon()), n(4, 3), n(4, 3))
of(10, lambda x: x[0] * x[1], n(2, 3), n(2, 3))
of(10, lambda x: K.sum(x[0] * K.expand_dims(x[1], -1), 1), n(2, 3, 4), f(2, 3))

GROUPS = []
for start in range(2):
    GROUPS.append(lambda z, start=start: z[:, :, :, start * 2 : (start + 1) * 2])
    of(11, GROUPS[-1], n(2, 3, 3, 4))
of(11, lambda x, c=1: K.expand_dims(x[..., c], -1), n(2, 3, 3, 4))
of(12, lambda x: x, n(2, 3))
of(12, lambda x: x * 1 + 0, n(2, 3))
of(13, lambda x: K.reshape(x, (-1, K.int_shape(x)[-1])), n(2, 3, 4))
of(13, lambda x: K.reshape(x, (K.shape(x)[0], 2, -1)), n(2, 3, 4))
of(13, lambda x: K.batch_flatten(x), n(2, 3, 4))
of(14, lambda x: 1 - x, n(2, 3))
of(14, lambda x: 2 * x + 1 / (x**2 + 1.0), n(2, 3))
of(15, lambda x: K.l2_normalize(x, axis=1), n(2, 3))
of(15, lambda x: x / (K.sqrt(K.sum(x * x, axis=-1, keepdims=True)) + K.epsilon()), n(2, 3))
of(16, lambda x: K.stack(x, axis=1), n(2, 3), n(2, 3))
of(16, lambda x: K.concatenate([x[0], x[1]], axis=-1), n(2, 3), n(2, 4))


CTC = (
    f(2, 8, 5) / np.float32(3), np.array([[1, 2], [3, 3]], "int32"),
    np.array([[6], [5]], "int32"), np.array([[2], [2]], "int32"),
)  # fmt: skip


@pattern(17, *CTC)
def ctc_lambda_func(args):
    y_pred, labels, input_length, label_length = args
    # the first couple of outputs of the network are garbage
    y_pred = y_pred[:, 2:, :]
    return K.ctc_batch_cost(labels, y_pred, input_length, label_length)


of(17, lambda a: K.ctc_batch_cost(a[1], a[0], a[2], a[3]), *CTC)
of(18, lambda x: K.repeat_elements(x, TIMES, axis=1), n(2, 3))
of(18, lambda x: K.tile(K.expand_dims(x, 1), (1, TIMES, 1)), n(2, 4))
of(18, lambda x: K.repeat(x, K.int_shape(x)[1]), n(2, 3))
of(19, lambda x: x[:, -1, :], n(2, 3, 4))
of(19, lambda x: x[:, 0], n(2, 3, 4))
of(20, lambda x: K.squeeze(x, axis=1), n(2, 1, 3))
of(20, lambda x: K.squeeze(K.squeeze(x, 2), 1), n(2, 1, 1, 3))
of(21, lambda x: K.cast(K.greater(x, 0.5), "float32"), f(2, 3))
of(21, lambda x: K.cast(K.argmax(x, axis=-1), K.floatx()), n(2, 3))
of(
    22,
    lambda x: K.tf.nn.depth_to_space(x, 2) if hasattr(K, "tf") else tf.nn.depth_to_space(x, 2),
    n(1, 2, 2, 4),
)


@pattern(22, n(1, 2, 3, 8), arguments={"scale": 2})
def pixel_shuffle(x, scale):
    _, h, w, c = K.int_shape(x)
    out = c // scale**2
    x = K.reshape(x, (-1, h, w, scale, scale, out))
    return K.reshape(K.permute_dimensions(x, (0, 1, 3, 2, 4, 5)), (-1, h * scale, w * scale, out))


class Config:
    WEIGHT, STD = 2.0, [0.1, 0.2]
    image_size = 8


def smooth_l1_loss(y_true, y_pred):
    diff = K.abs(y_true - y_pred)
    less_than_one = K.cast(K.less(diff, 1.0), "float32")
    return (less_than_one * 0.5 * diff**2) + (1 - less_than_one) * (diff - 0.5)


def bbox_loss_graph(config, target_bbox, target_ids, pred_bbox):
    ids = K.cast(K.greater(target_ids, 0), "float32")
    loss = smooth_l1_loss(target_bbox / np.array(config.STD), pred_bbox) * K.expand_dims(ids, -1)
    loss = K.switch(K.sum(ids) > 0, K.sum(loss) / (K.sum(ids) * 2), tf.constant(0.0))
    return K.reshape(loss * config.WEIGHT, [1, 1])


config = Config()
of(23, lambda x: bbox_loss_graph(config, *x), n(2, 3, 2), i(3, 2, 3), n(2, 3, 2))
of(23, lambda x: bbox_loss_graph(config, x[0], K.zeros_like(x[1]), x[2]), *P[-1].inputs)
of(24, lambda x: K.batch_dot(x[0], x[1], axes=[2, 2]), n(2, 3, 4), n(2, 5, 4))
of(24, lambda x: K.dot(x[0], K.transpose(x[1])), n(4, 3), n(4, 3))
of(24, lambda x: x[0] @ x[1], n(2, 3, 4), n(2, 4, 5))


@pattern(25, n(2, 4, 3))
def masked_max(x):
    mask = K.cast(K.any(K.not_equal(x, 0.0), axis=-1, keepdims=True), K.floatx())
    return K.max(x - (1 - mask) * 1e10, axis=1)


@pattern(25, n(2, 4, 3), i(2, 2, 4))
def seq_avg(args):
    seq, mask = args
    mask = K.expand_dims(K.cast(K.greater(mask, 0), "float32"), 2)
    return K.sum(seq * mask, 1) / (K.sum(mask, 1) + 1e-6)


of(26, lambda x: (x - MEAN) / STD, f(2, 4, 4, 3))


@pattern(26, 255 * f(2, 4, 4, 3))
def preprocess(x):
    from keras.applications.vgg16 import preprocess_input

    return preprocess_input(x)


of(27, lambda inputs, scale: inputs[0] + inputs[1] * scale, n(2, 3), n(2, 3), arguments={"scale": 0.17})
of(27, lambda x: x[0] + ALPHA * x[1], n(2, 3), n(2, 3))
of(28, lambda x: K.reverse(x, 1), n(2, 3, 4))
of(28, lambda x: x[:, ::-1, ::2], n(2, 3, 4))
of(29, lambda x: K.zeros_like(x[:, :1]), n(2, 3))
of(29, lambda x: K.ones((K.shape(x)[0], 2)), n(2, 3))
of(29, lambda x: K.constant([[1.0, 2.0]]) * K.ones_like(x[:, :2]), n(2, 3))
of(30, lambda x: x[0], n(2, 3), n(2, 4))


def picker(k):
    return lambda tensors: tensors[k]


of(30, picker(1), n(2, 3), n(2, 4))
of(31, lambda tensors: K.abs(tensors[0] - tensors[1]), n(2, 3), n(2, 3))


@pattern(31, n(2, 3), n(2, 3))
def l1_distance(x):
    left, right = x
    return abs(left - right)


@pattern(32, n(2, 3, 3, 6), arguments={"depth_radius": 2})
def lrn(x, depth_radius, bias=1.0, alpha=1e-2, beta=0.75):
    channels = K.int_shape(x)[-1]
    half = K.spatial_2d_padding(
        K.permute_dimensions(K.square(x), (0, 3, 1, 2)), ((0, 0), (0, 0)), "channels_last"
    )
    half = K.permute_dimensions(half, (0, 2, 3, 1))
    zeros = K.zeros_like(half)[..., :depth_radius]
    padded = K.concatenate([zeros, half, zeros], axis=-1)
    scale = bias
    for k in range(2 * depth_radius + 1):
        scale += alpha * padded[..., k : k + channels]
    return x / K.pow(scale, beta)


of(32, lambda x: K.tf.nn.lrn(x, 2) if hasattr(K, "tf") else tf.nn.lrn(x, 2), n(2, 3, 3, 6))
of(33, lambda x: x + K.random_normal(K.shape(x), stddev=0.5), np.ones((4000, 2), "float32"), check="moments")
of(33, lambda x: x * K.random_uniform(K.shape(x), 0.5, 1.5), np.ones((4000, 2), "float32"), check="moments")
of(33, lambda x: K.dropout(x, 0.4), np.ones((4000, 2), "float32"), check="moments")
of(33, lambda x: tf.random.shuffle(x), n(6, 3), check="shuffled")


def get_slice(data, idx, parts):
    shape = K.shape(data)
    size = K.concatenate([shape[:1] // parts, shape[1:]], axis=0)
    stride = K.concatenate([shape[:1] // parts, shape[1:] * 0], axis=0)
    return tf.slice(data, stride * idx, size)


of(34, get_slice, n(6, 3), arguments={"idx": 1, "parts": 2})
of(34, lambda x: x[K.shape(x)[0] // 2 :], n(6, 3))
