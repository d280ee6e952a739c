"""Compiles the golden functions with the Python that runs it, and calls them.

    python make.py OUTPUT.jsonl

Runs in any Python from 2.7 on. A line per call holds the marshalled code, the arguments and what that
Python returned. The collected lines of all versions are `golden.jsonl.xz`; `functions-X.Y.txt` are the
sources, of which a Python compiles those up to its own version. The calls stand after `#:`.
"""

from __future__ import print_function

import ast
import base64
import io
import json
import marshal
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = sys.version_info[:2]


class Module(object):
    """Stands for an imported module."""


def probe(*args, **kwargs):
    return (args, tuple(sorted(kwargs.items())))


K = Module()
K.probe = probe
K.nested = Module()
K.nested.double = lambda x: x * 2
K.mean = lambda x, axis=None: (x, axis)


def functions():
    """The source and the calls of each golden function that this Python can compile."""
    for name in sorted(os.listdir(HERE)):
        match = re.match(r"functions-(\d)\.(\d+)\.txt", name)
        if match and (int(match.group(1)), int(match.group(2))) <= VERSION:
            with io.open(os.path.join(HERE, name), encoding="utf-8") as file:
                for block in re.findall(r"(def .*?)\n#:([^\n]*)", file.read(), re.S):
                    yield block


def calls(text):
    """The tuples in a line such as `(1, 2) ('a',)`."""
    found = []
    while text.strip():
        text = text.lstrip()
        for end in range(1, len(text) + 1):
            try:
                found.append(ast.literal_eval(text[:end]))
            except (SyntaxError, ValueError):
                continue
            if isinstance(found[-1], tuple):
                break
        text = text[end:]
    return found


def outcome(function, args, kwargs):
    try:
        return repr(function(*args, **kwargs))
    except Exception as error:
        return "!" + type(error).__name__ + ": " + str(error)


def main(output):
    with open(output, "w") as file:
        for source, arguments in functions():
            names = {"probe": probe, "K": K, "FACTOR": 3, "print": lambda *args: None}
            exec(compile(source.encode("utf-8"), "golden.py", "exec", 0, True), names)
            function = names[re.match(r"def (\w+)", source).group(1)]
            for args in calls(arguments):
                kwargs = args[-1] if args and isinstance(args[-1], dict) else {}
                args = args[:-1] if kwargs else args
                row = {
                    "python": "%d.%d" % VERSION,
                    "name": function.__name__,
                    "code": base64.b64encode(marshal.dumps(function.__code__)).decode("ascii"),
                    "defaults": repr(function.__defaults__ or ()),
                    "kwdefaults": repr(getattr(function, "__kwdefaults__", None) or {}),
                    "args": repr(args),
                    "kwargs": repr(kwargs),
                    "expected": outcome(function, args, kwargs),
                }
                file.write(json.dumps(row, sort_keys=True) + "\n")


main(sys.argv[1])
