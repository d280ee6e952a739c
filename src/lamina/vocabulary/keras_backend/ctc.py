"""Connectionist temporal classification, with the blank as the last class."""

from __future__ import annotations

from typing import Any

from lamina.vocabulary.dispatch import ops
from lamina.vocabulary.keras_backend.config import epsilon
from lamina.vocabulary.keras_backend.shapes import sizes


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """`K.ctc_batch_cost`: the CTC loss of each sample.

    Args:
        y_true: Labels, `(batch, labels)`; what lies beyond `label_length` does not matter.
        y_pred: Softmax output, `(batch, time, classes)`; the last class is the blank.
        input_length: Time steps of each sample, `(batch, 1)`.
        label_length: Labels of each sample, `(batch, 1)`.

    Returns:
        The loss, `(batch, 1)`.
    """
    labels, blank = sizes(y_true)[1], sizes(y_pred)[-1] - 1
    label_length = ops.cast(ops.squeeze(label_length, axis=-1), "int32")
    input_length = ops.cast(ops.squeeze(input_length, axis=-1), "int32")
    used = ops.less(ops.arange(labels, dtype="int32"), ops.expand_dims(label_length, axis=-1))
    target = ops.where(used, ops.cast(y_true, "int32"), 0)
    loss = ops.ctc_loss(target, _log(y_pred), label_length, input_length, mask_index=blank)
    return ops.expand_dims(loss, axis=1)


def _log(y_pred: Any) -> Any:
    return ops.log(ops.add(y_pred, epsilon()))


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """`K.ctc_decode`: the likeliest label sequences.

    Args:
        y_pred: Softmax output, `(batch, time, classes)`; the last class is the blank.
        input_length: Time steps of each sample, `(batch,)`.
        greedy: Take the best class of each step; otherwise search with a beam.
        beam_width: Beams kept by the search.
        top_paths: Sequences returned by the search.

    Returns:
        A list of sequences, `(batch, time)` each and filled up with -1; and the negated sum of the
        best logits `(batch, 1)`, or the log probabilities `(batch, top_paths)` of a search.
    """
    log, lengths = _log(y_pred), ops.cast(input_length, "int32")
    blank = sizes(y_pred)[-1] - 1
    if greedy:
        decoded, score = ops.ctc_decode(log, lengths, strategy="greedy", mask_index=blank)
        return [decoded[0]], score
    decoded, score = ops.ctc_decode(
        ops.log_softmax(log, axis=-1),
        lengths,
        strategy="beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        mask_index=blank,
    )
    return [_merge_repeated(decoded[i]) for i in range(top_paths)], score


def _merge_repeated(paths: Any) -> Any:
    # TensorFlow 1's decoder drops a label that follows itself, also across a blank.
    steps = sizes(paths)[1]
    same = ops.equal(paths[:, 1:], paths[:, :-1])
    again = ops.pad(same, ((0, 0), (1, 0)))
    place = ops.where(ops.logical_or(again, ops.less(paths, 0)), steps, ops.arange(steps, dtype="int32"))
    return ops.take_along_axis(ops.where(again, -1, paths), ops.argsort(place, axis=-1), axis=-1)
