//! The sum of products.

/// The sum of the products of two rows of the same length: sums of eight lanes, which become vector instructions.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let ((a, rest_a), (b, rest_b)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}
