"""JAX's random keys: the same bits on every backend.

A key is two 32-bit words, and what is drawn from it is a pure function of the key and the place of
each number: the block cipher Threefry-2x32 with twenty rounds (Salmon, Moraes, Dror and Shaw,
"Parallel random numbers: as easy as 1, 2, 3", SC11), in the arrangement that JAX has used since
version 0.5. Keys that are constants stay numbers while a function is captured; what depends on
data, or has as many elements as a tensor, is computed by 32-bit arithmetic that wraps around.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lamina._numpy import np
from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.jax.arguments import is_constant, operand, refuse, shape_of, shape_tuple

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


class Keys:
    """One key, or an array of keys.

    Args:
        words: The words along the last axis: a NumPy array of uint32, or a tensor of int32.

    Example:
        >>> from lamina.vocabulary.jax import TABLE
        >>> first, second = TABLE["random.split"](TABLE["random.key"](0))
        >>> len(TABLE["random.split"](second, 3))
        3
    """

    def __init__(self, words: Any) -> None:
        self.words = words

    @property
    def is_known(self) -> bool:
        """Whether the words are numbers."""
        return isinstance(self.words, np.ndarray)

    @property
    def tensor(self) -> Any:
        """The words as a tensor of int32."""
        return self.words.view(np.int32) if self.is_known else self.words

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of the array of keys: `()` for one key."""
        return tuple(shape_of(self.words))[:-1]

    @property
    def ndim(self) -> int:
        """The number of axes of the array of keys."""
        return len(self.shape)

    def pair(self) -> tuple[Any, Any]:
        """The two words of one key, as Python ints in the range of int32 or as tensors."""
        if self.shape:
            refuse(
                "random",
                f"an array of keys of shape {self.shape} where one key is needed",
                "take one of them",
            )
        if self.is_known:
            first, second = self.words.view(np.int32).tolist()
            return first, second
        return self.words[0], self.words[1]

    def __len__(self) -> int:
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Keys]:
        return iter([self[place] for place in range(len(self))])

    def __getitem__(self, key: Any) -> Keys:
        if not self.shape:
            refuse("random", "an item of a key", "give the key itself to the functions of jax.random")
        if self.is_known and is_constant(key):
            return Keys(self.words[np.asarray(key) if isinstance(key, list) else key])
        if self.is_known and not isinstance(key, (int, slice, tuple)):
            return Keys(ops.take(self.tensor, operand(key), axis=0))
        return Keys(self.words[key])


def as_keys(value: Any) -> Keys:
    """A key argument: what `PRNGKey` and `split` made, or a tensor of two words."""
    if isinstance(value, Keys):
        return value
    if isinstance(value, np.ndarray):
        return Keys(value.astype(np.uint32))
    if isinstance(value, (int, float, bool)) or value is None:
        refuse("random", f"{value!r} as a key", "make a key with jax.random.key(seed)")
    return Keys(ops.cast(value, "int32"))


def key(seed: Any, *, impl: Any = None) -> Keys:
    """`jax.random.key` and `PRNGKey`: of a seed that may be a tensor."""
    if impl not in (None, "threefry2x32"):
        refuse("random.key", f"impl={impl!r}", "leave it out: the numbers are those of threefry2x32")
    if is_constant(seed):
        number = int(np.asarray(seed))
        high = (number >> 32) & 0xFFFFFFFF if abs(number) >= 2**31 else 0
        return Keys(np.array([high, number & 0xFFFFFFFF], np.uint32))
    word = ops.cast(seed, "int32")
    return Keys(ops.stack([ops.zeros_like(word), word]))


def split(key: Any, num: Any = 2) -> Keys:
    """`jax.random.split`: new keys from one."""
    shape = shape_tuple(num)
    keys = as_keys(key)
    first, second = _cipher(keys, shape)
    if isinstance(first, np.ndarray):
        return Keys(np.stack([first, second], axis=-1))
    return Keys(ops.stack([first, second], axis=-1))


def fold_in(key: Any, data: Any) -> Keys:
    """`jax.random.fold_in`: the key of a number, such as that of a step."""
    keys = as_keys(key)
    if keys.is_known and is_constant(data):
        word = np.array(int(np.asarray(data)) & 0xFFFFFFFF, np.uint32)
        return Keys(np.stack(_known_cipher(keys.words, np.zeros((), np.uint32), word), axis=-1))
    word = ops.cast(ops.convert_to_tensor(data), "int32")
    return Keys(ops.stack(list(_tensor_cipher(keys.pair(), ops.zeros_like(word), word)), axis=-1))


def bits(key: Any, shape: Any) -> Any:
    """32 random bits for each place, as int32."""
    keys = as_keys(key)
    keys.pair()
    first, second = _counted(keys, shape_tuple(shape))
    return ops.bitwise_xor(first, second)


def _cipher(keys: Keys, shape: tuple[Any, ...]) -> tuple[Any, Any]:
    """The two words of each place of a shape; numbers where the key and the shape are known."""
    if keys.is_known and all(isinstance(n, int) for n in shape) and not keys.shape:
        places = np.arange(math.prod(shape), dtype=np.uint32).reshape(shape)
        return _known_cipher(keys.words, np.zeros_like(places), places)
    return _counted(keys, shape)


def _counted(keys: Keys, shape: tuple[Any, ...]) -> tuple[Any, Any]:
    count: Any = 1
    for size in shape:
        count = count * size
    places = ops.reshape(ops.arange(count, dtype="int32"), shape)
    return _tensor_cipher(keys.pair(), ops.zeros_like(places), places)


def _known_cipher(words: Any, high: Any, low: Any) -> tuple[Any, Any]:
    word = np.uint64(0xFFFFFFFF)
    first, second = (np.uint64(w) for w in words)
    schedule = (first, second, first ^ second ^ np.uint64(_PARITY))
    a, b = (high.astype(np.uint64) + first) & word, (low.astype(np.uint64) + second) & word
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            a = (a + b) & word
            b = ((b << np.uint64(turn)) | (b >> np.uint64(32 - turn))) & word ^ a
        a = (a + schedule[(group + 1) % 3]) & word
        b = (b + schedule[(group + 2) % 3] + np.uint64(group + 1)) & word
    return a.astype(np.uint32), b.astype(np.uint32)


def _tensor_cipher(words: tuple[Any, Any], high: Any, low: Any) -> tuple[Any, Any]:
    """The cipher on tensors of int32, whose sums and shifts wrap around as those of words do."""
    first, second = words
    if isinstance(first, int):
        schedule: list[Any] = [first, second, _signed(first ^ second ^ _PARITY)]
    else:
        schedule = [first, second, ops.bitwise_xor(ops.bitwise_xor(first, second), _PARITY)]
    a, b = ops.add(high, first), ops.add(low, second)
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            a = ops.add(a, b)
            round_ = ops.bitwise_and(ops.right_shift(b, 32 - turn), (1 << turn) - 1)
            b = ops.bitwise_xor(ops.bitwise_or(ops.left_shift(b, turn), round_), a)
        a = ops.add(a, schedule[(group + 1) % 3])
        added = schedule[(group + 2) % 3]
        added = _signed(added + group + 1) if isinstance(added, int) else ops.add(added, group + 1)
        b = ops.add(b, added)
    return a, b


def _signed(word: int) -> int:
    """A word as the number that int32 has for its bits."""
    return (word + 2**31) % 2**32 - 2**31
