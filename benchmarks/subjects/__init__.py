"""The functions that are measured: in keras.ops, and as users of each framework write them."""
