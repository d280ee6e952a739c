"""The functions of each framework, written over the opset."""
