"""Harmless files that resemble the attacks: each must be pure, need names, or refer by name."""

# ruff: noqa: E501, one row of a table is one line
from __future__ import annotations

from attacks.build import keras_h5, keras_zip, lambda_layer, layer, model, named, old_lambda, old_model, saved
from attacks.code import code
from attacks.registry import attack

# name: (what it is, source)
_PURE = {
    "scale": ("x / 255", "lambda x: x / 255."),
    "normalise": ("x / 127.5 - 1", "lambda x: x / 127.5 - 1"),
    "antirectifier": ("the antirectifier of Keras's examples",
                      "def f(x):\n x = x - K.mean(x, axis=1, keepdims=True)\n x = K.l2_normalize(x, axis=1)\n"
                      " return K.concatenate([K.relu(x), K.relu(-x)], axis=1)"),
    "siamese": ("the distance of a siamese network",
                "def f(v):\n x, y = v\n return K.sqrt(K.maximum(K.sum(K.square(x - y), axis=1, keepdims=True), K.epsilon()))"),
    "vae": ("the sampling of a variational autoencoder",
            "def f(args):\n m, s = args\n e = K.random_normal(shape=(K.shape(m)[0], 4))\n return m + K.exp(0.5 * s) * e"),
    "resize": ("a resize", "lambda x: tf.image.resize(x, (32, 32))"),
    "slice": ("a slice", "lambda x: x[:, ::2]"),
    "expand": ("expand_dims", "lambda x: tf.expand_dims(x, -1)"),
    "reshape": ("a reshape by the static shape", "lambda x: K.reshape(x, (-1, x.shape[1]))"),
    "assertion": ("an assertion", "def f(x):\n assert len(x.shape) == 2\n return x * 2"),
    "helper": ("an inner function and a comprehension",
               "def f(x):\n def g(y, n):\n  return y ** n\n return sum([g(x, n) for n in range(1, 4)])"),
}  # fmt: skip
for _name, (_attempts, _source) in _PURE.items():
    attack(f"benign_{_name}.keras", f"harmless: {_attempts}", "lambda.", "pure")(
        lambda marker, source=_source, name=_name: keras_zip(
            model(lambda_layer(saved(code(source, marker)), shape=_SHAPES.get(name, [None, 4])))
        )
    )
_SHAPES = {"siamese": [[None, 4], [None, 4]], "vae": [[None, 4], [None, 4]], "resize": [None, 64, 64, 3]}

attack("benign_list_form.h5", "harmless: x / 255 in the list form of Keras 2", "lambda.pure", "pure")(
    lambda m: keras_h5(old_model(old_lambda(code("lambda x: x / 255.", m))))
)
attack(
    "benign_global.keras",
    "harmless: a function that reads a constant of its script",
    "lambda.needs-names",
    "needs names",
)(lambda m: keras_zip(model(lambda_layer(saved(code("lambda x: x * SCALE", m))))))
attack(
    "benign_registered.keras",
    "harmless: a registered function as Keras 3 writes it",
    "function.by-name",
    "by name",
)(lambda m: keras_zip(model(lambda_layer(named("my_activation", "builtins")))))
attack("benign_softplus.keras", "harmless: a function of Keras by name", "function.library", "pure")(
    lambda m: keras_zip(model(lambda_layer(named("softplus", "builtins"))))
)
attack("benign_compiled.keras", "harmless: a compiled model", "", "pure")(
    lambda m: keras_zip(
        model(
            layer("Dense", units=3, activation="relu"),
            compiled={"optimizer": layer("Adam", "keras.optimizers"), "loss": "mse", "metrics": ["mae"]},
        )
    )
)
attack("benign_lookup.keras", "harmless: a vocabulary in the file", "", "pure")(
    lambda m: keras_zip(model(layer("StringLookup", vocabulary=["a", "b"])))
)
