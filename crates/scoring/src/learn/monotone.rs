//! Pools neighbours that break a promised direction (pool adjacent violators).

use super::Direction;

/// The nearest values, by weighted squares, that never break the direction.
pub(crate) fn pool(values: &mut [f64], weights: &[f64], direction: Direction) {
    let sign = match direction {
        Direction::Any => return,
        Direction::Increasing => 1.0,
        Direction::Decreasing => -1.0,
    };
    // Blocks of (value, weight, length), rising.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (value, weight) in values.iter().zip(weights) {
        let mut block = (sign * value, weight.max(1e-12), 1);
        while let Some(last) = blocks.pop_if(|last| last.0 > block.0) {
            let weight = last.1 + block.1;
            let value = (last.0 * last.1 + block.0 * block.1) / weight;
            block = (value, weight, last.2 + block.2);
        }
        blocks.push(block);
    }
    let pooled = blocks
        .into_iter()
        .flat_map(|(value, _, length)| std::iter::repeat_n(sign * value, length));
    values
        .iter_mut()
        .zip(pooled)
        .for_each(|(it, new)| *it = new);
}
