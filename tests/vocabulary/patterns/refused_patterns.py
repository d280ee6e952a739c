"""What people wrote in a Lambda layer that no expression can hold, and what the message must name."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from tf_keras import backend as K


def boxes_after_suppression(x):
    chosen = tf.image.non_max_suppression(x[0], x[1], max_output_size=3)
    return tf.gather(x[0], chosen)


def boxes_above(x):
    return tf.boolean_mask(x, x[:, 0] > 0.5)


def embedded_by_session(x):
    session = tf.compat.v1.Session()
    return session.run(x)


def words(x):
    return tf.strings.length(tf.strings.split(x))


def elmo(x):
    return tf.saved_model.load("https://example.org/elmo/2")(tf.squeeze(tf.cast(x, tf.string)))


def by_numpy(x):
    return tf.numpy_function(lambda a: np.sort(a, axis=-1), [x], tf.float32)


def by_python(x):
    return tf.py_function(func=lambda a: a.numpy() * 2, inp=[x], Tout=tf.float32)


def by_old_python(x):
    return tf.compat.v1.py_func(lambda a: a * 2, [x], tf.float32)


def distinct(x):
    return tf.unique(tf.reshape(x, [-1]))[0]


def evaluated(x):
    return x - K.eval(K.mean(x))


# Number of the pattern, function, input shapes, and parts of the message: the name, and what to use instead.
REFUSED = [
    (53, boxes_after_suppression, [(4, 4), (4,)], "tf.image.non_max_suppression", "tf.math.top_k"),
    (53, boxes_above, [(4, 4)], "mask", "multiply"),
    (54, embedded_by_session, [(2, 3)], "tf.compat.v1.Session", "tensors are computed as they are made"),
    (54, words, [(2, 3)], "tf.strings", "keras.layers.StringLookup"),
    (54, elmo, [(2, 3)], "tf.saved_model", "call it as a layer"),
    (55, by_numpy, [(2, 3)], "tf.numpy_function", "write it with tensor functions"),
    (55, by_python, [(2, 3)], "tf.py_function", "write it with tensor functions"),
    (55, by_old_python, [(2, 3)], "py_func", "write it with tensor functions"),
    (29, distinct, [(2, 3)], "tf.unique", "keep the mask"),
    (14, evaluated, [(2, 3)], "K.eval", "keep the value a tensor"),
]
