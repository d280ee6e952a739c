"""The table of operations; `lamina.expression.opset` explains the notation."""

from __future__ import annotations

TABLE = """
[operator]
operator.abs(a)
operator.add(a, b)
operator.call(obj, *args, **kwargs)
operator.floordiv(a, b)
operator.getitem(a, b)
operator.mod(a, b)
operator.mul(a, b)
operator.neg(a)
operator.pos(a)
operator.pow(a, b)
operator.sub(a, b)
operator.truediv(a, b)

[core]
associative_scan(&f, elems, !reverse=False, !axis=0)
cast(x, !dtype)
cdist(x, y) @3.15
cond(pred, &true_fn, &false_fn)
convert_to_tensor(x, !dtype=None, !sparse=None, !ragged=None)
erf(x)
erfc(x) @3.15
erfinv(x)
extract_sequences(x, !sequence_length, !sequence_stride)
fft(x)
fft2(x)
fori_loop(lower, upper, &body_fun, init_val)
ifft2(x)
in_top_k(targets, predictions, k)
irfft(x, fft_length=None)
istft(x, !sequence_length, !sequence_stride, !fft_length, length=None, window='hann', !center=True)
logdet(x)
logsumexp(x, !axis=None, !keepdims=False)
map(&f, xs)
rearrange(tensor, !pattern, **axes_lengths)
rfft(x, fft_length=None)
rsqrt(x)
saturate_cast(x, !dtype)
scan(&f, init, xs=None, length=None, !reverse=False, !unroll=1)
scatter(indices, values, shape)
scatter_update(inputs, indices, updates, !reduction=None@3.14)
segment_max(data, segment_ids, num_segments=None, !sorted=False)
segment_min(data, segment_ids, num_segments=None, !sorted=False) @3.15
segment_prod(data, segment_ids, num_segments=None, !sorted=False) @3.15
segment_sum(data, segment_ids, num_segments=None, !sorted=False)
shape(x)
slice(inputs, start_indices, shape)
slice_update(inputs, start_indices, updates)
stft(x, !sequence_length, !sequence_stride, !fft_length, window='hann', !center=True)
stop_gradient(variable)
switch(index, &branches, *operands)
top_k(x, k, !sorted=True)
unstack(x, num=None, !axis=0)
vectorized_map(&function, elements)
view_as_complex(x)
view_as_real(x)
while_loop(&cond, &body, loop_vars, maximum_iterations=None)

[numpy]
abs(x)
absolute(x)
add(x1, x2)
all(x, !axis=None, !keepdims=False)
allclose(x1, x2, rtol=1e-05, atol=1e-08, !equal_nan=False) @3.14
amax(x, !axis=None, !keepdims=False)
amin(x, !axis=None, !keepdims=False)
angle(x)
any(x, !axis=None, !keepdims=False)
append(x1, x2, !axis=None)
arange(start, stop=None, step=None, !dtype=None)
arccos(x)
arccosh(x)
arcsin(x)
arcsinh(x)
arctan(x)
arctan2(x1, x2)
arctanh(x)
argmax(x, !axis=None, !keepdims=False)
argmin(x, !axis=None, !keepdims=False)
argpartition(x, kth, !axis=-1)
argsort(x, !axis=-1)
array(x, !dtype=None)
array_split(x, indices_or_sections, !axis=0) @3.13
average(x, !axis=None, weights=None)
bartlett(x)
bincount(x, weights=None, minlength=0, !sparse=False)
bitwise_and(x, y)
bitwise_invert(x)
bitwise_left_shift(x, y)
bitwise_not(x)
bitwise_or(x, y)
bitwise_right_shift(x, y)
bitwise_xor(x, y)
blackman(x)
broadcast_to(x, shape)
cbrt(x)
ceil(x)
clip(x, x_min, x_max)
concatenate(xs, !axis=0)
conj(x)
conjugate(x)
copy(x)
corrcoef(x)
correlate(x1, x2, !mode='valid')
cos(x)
cosh(x)
count_nonzero(x, !axis=None)
cross(x1, x2, !axisa=-1, !axisb=-1, !axisc=-1, !axis=None)
cumprod(x, !axis=None, !dtype=None)
cumsum(x, !axis=None, !dtype=None)
deg2rad(x)
diag(x, k=0)
diagflat(x, k=0)
diagonal(x, offset=0, !axis1=0, !axis2=1)
diff(a, !n=1, !axis=-1)
digitize(x, bins)
divide(x1, x2)
divide_no_nan(x1, x2)
dot(x1, x2)
dsplit(x, indices_or_sections) @3.15
dstack(xs) @3.14
einsum(!subscripts, *operands)
equal(x1, x2)
exp(x)
exp2(x)
expand_dims(x, !axis)
expm1(x)
eye(N, M=None, k=0, !dtype=None)
fabs(x) @3.15
flip(x, !axis=None)
fliplr(x) @3.14
flipud(x) @3.14
floor(x)
floor_divide(x1, x2)
fmax(x1, x2) @3.15
fmin(x1, x2) @3.15
fmod(x1, x2) @3.14
full(shape, fill_value, !dtype=None)
full_like(x, fill_value, !dtype=None)
gcd(x1, x2)
geomspace(start, stop, num=50, !endpoint=True, !dtype=None, !axis=0) @3.14
get_item(x, key)
greater(x1, x2)
greater_equal(x1, x2)
hamming(x)
hanning(x)
heaviside(x1, x2)
histogram(x, bins=10, range=None)
hsplit(x, indices_or_sections) @3.14
hstack(xs)
hypot(x1, x2)
i0(x) @3.14
identity(n, !dtype=None)
imag(x)
inner(x1, x2)
isclose(x1, x2, rtol=1e-05, atol=1e-08, !equal_nan=False)
isfinite(x)
isin(x1, x2, !assume_unique=False, !invert=False)
isinf(x)
isnan(x)
isneginf(x)
isposinf(x)
isreal(x)
kaiser(x, beta)
kron(x1, x2)
lcm(x1, x2)
ldexp(x1, x2) @3.13
left_shift(x, y)
less(x1, x2)
less_equal(x1, x2)
linspace(start, stop, num=50, !endpoint=True, !retstep=False, !dtype=None, !axis=0)
log(x)
log10(x)
log1p(x)
log2(x)
logaddexp(x1, x2)
logaddexp2(x1, x2)
logical_and(x1, x2)
logical_not(x)
logical_or(x1, x2)
logical_xor(x1, x2)
logspace(start, stop, num=50, !endpoint=True, base=10, !dtype=None, !axis=0)
matmul(x1, x2)
max(x, !axis=None, !keepdims=False, initial=None)
maximum(x1, x2)
mean(x, !axis=None, !keepdims=False)
median(x, !axis=None, !keepdims=False)
meshgrid(*x, !indexing='xy')
min(x, !axis=None, !keepdims=False, initial=None)
minimum(x1, x2)
mod(x1, x2)
moveaxis(x, !source, !destination)
multiply(x1, x2)
nan_to_num(x, nan=0.0, posinf=None, neginf=None)
nanargmax(x, !axis=None, !keepdims=False) @3.14
nanargmin(x, !axis=None, !keepdims=False) @3.14
nancumprod(x, !axis=None, !dtype=None) @3.14
nancumsum(x, !axis=None, !dtype=None) @3.14
nanmax(x, !axis=None, !keepdims=False) @3.14
nanmean(x, !axis=None, !keepdims=False) @3.14
nanmedian(x, !axis=None, !keepdims=False) @3.14
nanmin(x, !axis=None, !keepdims=False) @3.14
nanpercentile(x, q, !axis=None, !method='linear', !keepdims=False) @3.15
nanprod(x, !axis=None, !keepdims=False) @3.14
nanquantile(x, q, !axis=None, !method='linear', !keepdims=False) @3.14
nanstd(x, !axis=None, !keepdims=False) @3.14
nansum(x, !axis=None, !keepdims=False) @3.14
nanvar(x, !axis=None, !keepdims=False) @3.14
ndim(x)
negative(x)
nextafter(x1, x2) @3.14
# The result has a shape that depends on values.
nonzero(x)
not_equal(x1, x2)
ones(shape, !dtype=None)
ones_like(x, !dtype=None)
outer(x1, x2)
pad(x, pad_width, !mode='constant', constant_values=None)
percentile(x, q, !axis=None, !method='linear', !keepdims=False) @3.15
power(x1, x2)
prod(x, !axis=None, !keepdims=False, !dtype=None)
ptp(x, !axis=None, !keepdims=False) @3.14
quantile(x, q, !axis=None, !method='linear', !keepdims=False)
rad2deg(x) @3.14
ravel(x)
real(x)
reciprocal(x)
repeat(x, repeats, !axis=None)
reshape(x, newshape)
right_shift(x, y)
roll(x, shift, !axis=None)
rot90(array, k=1, !axes=(0, 1))
round(x, !decimals=0)
searchsorted(sorted_sequence, values, !side='left')
select(condlist, choicelist, default=0)
sign(x)
signbit(x)
sin(x)
sinc(x) @3.14
sinh(x)
size(x)
slogdet(x)
sort(x, !axis=-1)
split(x, indices_or_sections, !axis=0)
sqrt(x)
square(x)
squeeze(x, !axis=None)
stack(x, !axis=0)
std(x, !axis=None, !keepdims=False)
subtract(x1, x2)
sum(x, !axis=None, !keepdims=False)
swapaxes(x, !axis1, !axis2)
take(x, indices, !axis=None)
take_along_axis(x, indices, !axis=None)
tan(x)
tanh(x)
tensordot(x1, x2, !axes=2)
tile(x, repeats)
trace(x, offset=0, !axis1=0, !axis2=1)
transpose(x, !axes=None)
trapezoid(y, x=None, dx=1.0, !axis=-1)
tri(N, M=None, k=0, !dtype=None)
tril(x, k=0)
triu(x, k=0)
true_divide(x1, x2)
trunc(x)
# The result has a shape that depends on values, unless `size` is given.
unique(x, !sorted=True, !return_index=False, !return_inverse=False, !return_counts=False, !axis=None,
    size=None, fill_value=None) @3.15
unravel_index(indices, shape)
vander(x, N=None, !increasing=False) @3.13
var(x, !axis=None, !keepdims=False)
vdot(x1, x2)
view(x, !dtype=None)
vsplit(x, indices_or_sections) @3.14
vstack(xs)
where(condition, x1=None, x2=None)
zeros(shape, !dtype=None)
zeros_like(x, !dtype=None)

[nn]
adaptive_average_pool(inputs, output_size, !data_format=None) @3.13
adaptive_max_pool(inputs, output_size, !data_format=None) @3.13
average_pool(inputs, pool_size, strides=None, !padding='valid', !data_format=None)
batch_normalization(x, mean, variance, !axis, offset=None, scale=None, epsilon=0.001)
binary_crossentropy(target, output, !from_logits=False)
categorical_crossentropy(target, output, !from_logits=False, !axis=-1)
celu(x, alpha=1.0)
conv(inputs, kernel, !strides=1, !padding='valid', !data_format=None, !dilation_rate=1)
conv_transpose(inputs, kernel, !strides=1, !padding='valid', !output_padding=None, !data_format=None,
    !dilation_rate=1)
ctc_decode(inputs, sequence_lengths, !strategy='greedy', !beam_width=100, !top_paths=1, !merge_repeated=True,
    mask_index=0)
ctc_loss(target, output, target_length, output_length, mask_index=0)
depth_to_space(x, !block_size, !data_format='channels_last') @3.14
depthwise_conv(inputs, kernel, !strides=1, !padding='valid', !data_format=None, !dilation_rate=1)
dot_product_attention(query, key, value, bias=None, mask=None, scale=None, !is_causal=False,
    !flash_attention=None, attn_logits_soft_cap=None)
elu(x, alpha=1.0)
fold(x, output_size, !kernel_size, !dilation=1, !padding=0, !stride=1) @3.14
gelu(x, !approximate=True)
glu(x, !axis=-1)
hard_shrink(x, threshold=0.5)
hard_sigmoid(x)
hard_silu(x)
hard_swish(x)
hard_tanh(x)
layer_normalization(x, gamma=None, beta=None, !axis=-1, epsilon=None)
leaky_relu(x, negative_slope=0.2)
log_sigmoid(x)
log_softmax(x, !axis=-1)
max_pool(inputs, pool_size, strides=None, !padding='valid', !data_format=None)
moments(x, !axes, !keepdims=False, !synchronized=False)
multi_hot(inputs, num_classes=None, !axis=-1, !dtype=None, !sparse=False)
normalize(x, !axis=-1, !order=2, epsilon=None)
one_hot(x, num_classes, !axis=-1, !dtype=None, !sparse=False)
polar(abs_, angle)
psnr(x1, x2, max_val)
relu(x)
relu6(x)
rms_normalization(x, scale=None, !axis=-1, epsilon=None)
selu(x)
separable_conv(inputs, depthwise_kernel, pointwise_kernel, !strides=1, !padding='valid', !data_format=None,
    !dilation_rate=1)
sigmoid(x)
silu(x)
soft_shrink(x, threshold=0.5)
softmax(x, !axis=-1)
softplus(x)
softsign(x)
space_to_depth(x, !block_size, !data_format='channels_last') @3.14
sparse_categorical_crossentropy(target, output, !from_logits=False, !axis=-1)
sparse_plus(x)
sparse_sigmoid(x)
sparsemax(x, !axis=-1)
squareplus(x, b=4)
swish(x)
tanh_shrink(x)
threshold(x, threshold, default_value)
unfold(x, !kernel_size, !dilation=1, !padding=0, !stride=1)

[linalg]
cholesky(x, !upper=False)
cholesky_inverse(x, !upper=False)
det(x)
eig(x)
eigh(x)
inv(x)
lstsq(a, b, rcond=None)
lu_factor(x)
matrix_rank(x, tol=None) @3.15
norm(x, !ord=None, !axis=None, !keepdims=False)
pinv(x, rcond=None) @3.15
qr(x, !mode='reduced')
solve(a, b)
solve_triangular(a, b, !lower=False)
svd(x, !full_matrices=True, !compute_uv=True)

[image]
image.affine_transform(images, transform, !interpolation='bilinear', !fill_mode='constant', fill_value=0,
    !data_format=None)
image.crop_images(images, top_cropping=None, left_cropping=None, bottom_cropping=None, right_cropping=None,
    target_height=None, target_width=None, !data_format=None)
image.elastic_transform(images, alpha=20.0, sigma=5.0, !interpolation='bilinear', !fill_mode='reflect',
    fill_value=0.0, seed=None, !data_format=None)
image.extract_patches(images, size, !strides=None, !dilation_rate=1, !padding='valid', !data_format=None)
image.extract_patches_3d(volumes, size, !strides=None, !dilation_rate=1, !padding='valid', !data_format=None)
image.gaussian_blur(images, !kernel_size=(3, 3), sigma=(1.0, 1.0), !data_format=None)
image.hsv_to_rgb(images, !data_format=None)
image.map_coordinates(inputs, coordinates, !order, !fill_mode='constant', fill_value=0)
image.pad_images(images, top_padding=None, left_padding=None, bottom_padding=None, right_padding=None,
    target_height=None, target_width=None, !data_format=None)
image.perspective_transform(images, start_points, end_points, !interpolation='bilinear', fill_value=0,
    !data_format=None)
image.resize(images, size, !interpolation='bilinear', !antialias=False, !crop_to_aspect_ratio=False,
    !pad_to_aspect_ratio=False, !fill_mode='constant', fill_value=0.0, !data_format=None)
image.rgb_to_grayscale(images, !data_format=None)
image.rgb_to_hsv(images, !data_format=None)
image.scale_and_translate(images, output_shape, scale, translation, !spatial_dims, !method, !antialias=True)
image.sobel_edges(images, !data_format=None) @3.15
image.ssim(image1, image2, max_val=1.0, !filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03,
    !data_format=None) @3.15

[random]
random.beta(shape, alpha, beta, !dtype=None, seed=None)
random.binomial(shape, counts, probabilities, !dtype=None, seed=None)
random.categorical(logits, num_samples, !dtype='int32', seed=None)
random.dropout(inputs, rate, noise_shape=None, seed=None)
random.gamma(shape, alpha, !dtype=None, seed=None)
random.normal(shape, mean=0.0, stddev=1.0, !dtype=None, seed=None)
random.randint(shape, minval, maxval, !dtype='int32', seed=None)
random.shuffle(x, !axis=0, seed=None)
random.truncated_normal(shape, mean=0.0, stddev=1.0, !dtype=None, seed=None)
random.uniform(shape, minval=0.0, maxval=1.0, !dtype=None, seed=None)
"""
