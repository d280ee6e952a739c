"""The Layer API of TensorFlow 1.8 on Keras 3.

`class MyLayer(LayerV1, keras.layers.Layer)` has the 21 properties and 25 methods of the 1.8
reference; `docs/layer-api.md` lists what each one returns on Keras 3.
"""

from lamina.layer_v1.mixin import LayerV1 as LayerV1
