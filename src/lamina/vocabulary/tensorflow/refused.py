"""Names of TensorFlow that no expression can stand for, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A reason and what to use instead, and the names that it is for.
_REASONS: tuple[tuple[str, str], ...] = (
    (
        "the size of its result depends on the values; keep the mask, or multiply by it",
        "dynamic_partition dynamic_stitch unique unique_with_counts setdiff1d sets",
    ),
    (
        "the size of its result depends on the values; use tf.math.top_k with a fixed k",
        """image.non_max_suppression image.non_max_suppression_padded
        image.combined_non_max_suppression image.non_max_suppression_with_scores
        image.non_max_suppression_overlaps image.generate_bounding_box_proposals""",
    ),
    (
        "it runs Python on the values of tensors; write it with tensor functions, or as a Layer of its own",
        "py_function py_func numpy_function",
    ),
    (
        "an expression holds no strings; do it before the model, for example with keras.layers.StringLookup",
        """strings as_string string_join string_split string_strip string_to_hash_bucket
        string_to_hash_bucket_fast string_to_hash_bucket_strong string_to_number substr
        regex_replace reduce_join string lookup edit_distance""",
    ),
    (
        "there is no graph and no session; tensors are computed as they are made",
        """Session InteractiveSession get_default_session get_default_graph reset_default_graph Graph
        ConfigProto global_variables_initializer local_variables_initializer
        initialize_all_variables variables_initializer tables_initializer get_collection
        global_variables trainable_variables local_variables""",
    ),
    (
        "the inputs of the function are the placeholders; give the layer one more input",
        "placeholder placeholder_with_default",
    ),
    (
        "load the model outside of the function and call it as a layer",
        "hub saved_model import_graph_def",
    ),
    (
        "an expression has no effects; return the new value, and keep state in a layer of its own",
        """assign assign_add assign_sub scatter_add scatter_sub scatter_update scatter_nd_update
        scatter_nd_add scatter_nd_sub batch_scatter_update count_up_to queue FIFOQueue summary""",
    ),
    (
        "an expression holds dense tensors only; use tf.gather or tf.one_hot on dense ones",
        """SparseTensor sparse sparse_placeholder sparse_tensor_to_dense sparse_tensor_dense_matmul
        sparse_to_dense sparse_reduce_sum sparse_matmul sparse_concat nn.embedding_lookup_sparse
        nn.safe_embedding_lookup_sparse IndexedSlices RaggedTensor ragged RaggedTensorSpec""",
    ),
    (
        "its result is a sparse tensor; use keras.ops.ctc_decode",
        "nn.ctc_greedy_decoder nn.ctc_beam_search_decoder nn.ctc_beam_search_decoder_v2",
    ),
    (
        "it reads or writes files; do it before the model",
        """io read_file write_file decode_raw decode_csv image.decode_image image.decode_jpeg
        image.decode_png image.decode_gif image.decode_bmp image.encode_jpeg image.encode_png
        image.adjust_jpeg_quality image.random_jpeg_quality image.stateless_random_jpeg_quality
        image.draw_bounding_boxes""",
    ),
    (
        "it makes layers; make them outside of the function with keras.layers and call them in it",
        """layers contrib.layers contrib.slim contrib.rnn nn.dynamic_rnn nn.static_rnn nn.raw_rnn
        nn.bidirectional_dynamic_rnn nn.rnn_cell""",
    ),
    (
        "an expression is differentiated as a whole; train the model, or use the gradients of the backend",
        "GradientTape gradients hessians custom_gradient grad_pass_through stop_recording",
    ),
    (
        "its sampler keeps state in TensorFlow; draw with tf.random.uniform and gather",
        """nn.nce_loss nn.sampled_softmax_loss nn.all_candidate_sampler
        nn.log_uniform_candidate_sampler nn.uniform_candidate_sampler
        nn.learned_unigram_candidate_sampler nn.fixed_unigram_candidate_sampler
        random.uniform_candidate_sampler random.log_uniform_candidate_sampler""",
    ),
    (
        "use tf.random with seed=",
        "random.Generator random.get_global_generator random.set_global_generator",
    ),
    (
        "Keras draws no Poisson numbers; draw them outside, or use tf.random.gamma or stateless_binomial",
        "random.poisson random_poisson random.stateless_poisson",
    ),
    (
        "Keras has no operation for it; tf.math has lgamma, digamma and erf",
        """math.betainc betainc math.igamma igamma math.igammac igammac math.polygamma polygamma
        math.zeta zeta math.bessel_i1 math.bessel_i0e math.bessel_i1e""",
    ),
    (
        "no backend but TensorFlow has it for every matrix; use tf.linalg.eigh for symmetric ones",
        """linalg.eig linalg.eigvals eig eigvals linalg.expm linalg.logm linalg.sqrtm
        matrix_square_root""",
    ),
    (
        "its windows are random; use tf.nn.max_pool",
        "nn.fractional_max_pool nn.fractional_avg_pool",
    ),
    (
        "use tf.nn.max_pool, and tf.argmax over tf.image.extract_patches",
        "nn.max_pool_with_argmax",
    ),
    (
        "use tf.image.extract_patches and tf.reduce_max",
        "nn.dilation2d nn.erosion2d",
    ),
    (
        "use tf.slice or tf.image.crop_and_resize",
        "image.extract_glimpse image.sample_distorted_bounding_box",
    ),
    (
        "probability distributions are not part of TensorFlow itself; write the density with tf.math",
        "distributions contrib.distributions",
    ),
    (
        "define a keras.Layer",
        "Module",
    ),
)
REFUSED: Mapping[str, str] = MappingProxyType(
    {name: why for why, names in _REASONS for name in names.split()}
)

# Without a tensor among their arguments they would run, and fail later with TensorFlow's own message.
FORBIDDEN = frozenset("Session InteractiveSession placeholder saved_model hub import_graph_def".split())
