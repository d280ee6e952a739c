"""The Keras 2 backend, `K`, as functions over the operations of `lamina`.

The oracle of every function is `tf_keras.backend`; `DEVIATIONS` says where a result differs.
"""

from lamina.vocabulary.keras_backend.table import DEVIATIONS as DEVIATIONS
from lamina.vocabulary.keras_backend.table import REFUSED as REFUSED
from lamina.vocabulary.keras_backend.table import TABLE as TABLE
