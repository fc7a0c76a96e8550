//! A small random generator whose sequence belongs to this crate, so that a seed means the same film for ever.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The generator of one item: `domain` names what is drawn, `index` which one of them.
    pub fn new(seed: u64, domain: &str, index: i64) -> Self {
        // FNV-1a over the name, then two rounds of mixing, so that neighbouring indices are unrelated.
        let tag = domain
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(mix(mix(seed ^ tag).wrapping_add(index.cast_unsigned())))
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "a sequence without an end is no iterator to loop over")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..count; `count` is at least 1.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// White noise, uniform in [-1, 1).
    pub fn noise(&mut self) -> f32 {
        ((self.next() >> 40) as f32) * (2.0 / (1_u32 << 24) as f32) - 1.0
    }
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_sequence_never_changes() {
        // Written down once: a change here changes every generated file and needs a new `GENERATION`.
        let mut rng = Rng::new(1, "scene", 0);
        assert_eq!([rng.next(), rng.next()], [EXPECTED.0, EXPECTED.1]);
    }

    const EXPECTED: (u64, u64) = (1_808_470_023_701_011_703, 13_415_023_265_849_471_281);

    #[test]
    fn neighbouring_indices_are_unrelated() {
        let first: Vec<u64> = (-50..50).map(|index| Rng::new(7, "bar", index).next()).collect();
        let mut unique = first.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), first.len());
    }
}
