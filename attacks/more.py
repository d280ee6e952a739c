"""Attacks that came later: numbers never change, so these are at the end."""

from __future__ import annotations

from attacks.build import keras_zip, lambda_layer, layer, marshalled, model, named, saved
from attacks.code import bad, code, good, in_zip, with_closure
from attacks.registry import attack

attack("closure_name.keras", "os.system by name in a closure", "lambda.outside", advisory="CVE-2024-3660")(
    lambda m: keras_zip(model(lambda_layer(saved(with_closure(), closure=[named("system", "os")]))))
)
attack(
    "list_hides_object.keras",
    "a class of os inside of what looks like stored code",
    "object.gadget",
    "not understood",
    "CVE-2025-1550",
)(
    lambda m: keras_zip(
        model(
            layer(
                "Dense",
                units=[marshalled(good(m)), {"module": "os", "class_name": "system", "config": {}}, None],
            )
        )
    )
)
attack("print_to_file.keras", "tf.print into a file", "lambda.hidden", advisory="CVE-2024-3660")(
    lambda m: in_zip(code("def f(x):\n tf.print('x', output_stream='file://MARKER')\n return x * 2", m))
)
attack(
    "benign_packaged.keras",
    "harmless: a registered function with the package that Keras 3 writes before it",
    "function.by-name",
    "by name",
)(lambda m: keras_zip(model(lambda_layer(named("my_package>my_activation")))))
attack(
    "packaged_gadget.keras",
    "a function of os with a package before it",
    "function.gadget",
    advisory="CVE-2025-1550",
)(lambda m: keras_zip(model(lambda_layer(named("my_package>system", "os")))))
attack(
    "library_claim.keras",
    "code that claims to be a function of Keras, which stock Keras would run",
    "function.library-code",
    "by name",
    "CVE-2025-9905",
)(
    lambda m: in_zip(
        bad(m).replace(
            co_name="softplus",
            co_filename="/usr/lib/python3/site-packages/keras/src/activations/activations.py",
        )
    )
)
