"""How an expression runs on tensors: the loop, then generated code, then a compiled form.

    Expression --loop--> generated Python --a few calls of one signature--> jax.jit, tf.function, calls of torch

Every form computes the same. The compiled ones are for eager calls: inside a trace of a framework an
expression becomes part of that trace. State is an argument of a compiled form, never part of it.
"""

from lamina.execution.executor import Executor as Executor
from lamina.execution.executor import executor_of as executor_of
from lamina.execution.executor import run as run
from lamina.execution.switch import Jit as Jit
from lamina.execution.switch import set_jit as set_jit
