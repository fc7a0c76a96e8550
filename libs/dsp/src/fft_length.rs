//! How long a Fourier transform must be so that a correlation does not wrap round, and which longer length is fast.

/// How the FFT length of a correlation is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FftLength {
    /// Exactly the number of lags, `len_ref + len_tgt - 1`. Phase-weighted results depend on the length, so a result that
    /// must equal the reference program's needs this one, although its prime factors are often large.
    Exact,
    /// The next even number at or above it whose prime factors are 2, 3 and 5 only: several times faster.
    Smooth,
}

impl FftLength {
    /// FFT length (samples) for two windows, neither of which is empty.
    pub fn samples(self, len_ref: usize, len_tgt: usize) -> usize {
        self.at_least(len_ref + len_tgt - 1)
    }

    /// FFT length for this many samples.
    pub(crate) fn at_least(self, samples: usize) -> usize {
        match self {
            FftLength::Exact => samples,
            FftLength::Smooth => smooth(samples),
        }
    }
}

/// The smallest even number at or above `n` of the form 2^a * 3^b * 5^c with a >= 1.
pub fn smooth(n: usize) -> usize {
    let mut best = n.max(2).next_power_of_two();
    let mut fives = 1;
    while fives < best {
        let mut odd = fives;
        while odd < best {
            let twos = n.div_ceil(odd).max(2).next_power_of_two();
            best = best.min(odd * twos);
            odd *= 3;
        }
        fives *= 5;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_even_and_smooth(mut n: usize) -> bool {
        let even = n.is_multiple_of(2);
        for p in [2, 3, 5] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        even && n == 1
    }

    #[test]
    fn two_windows_of_15_s_at_48_khz_need_hardly_any_padding() {
        assert_eq!(FftLength::Exact.samples(720_000, 720_000), 1_439_999);
        assert_eq!(FftLength::Smooth.samples(720_000, 720_000), 1_440_000);
    }

    #[test]
    fn is_the_smallest_one_there_is() {
        for n in 1..3000 {
            let expected = (n..).find(|&m| is_even_and_smooth(m)).unwrap();
            assert_eq!(smooth(n), expected, "n = {n}");
        }
    }

    proptest! {
        #[test]
        fn is_never_shorter_and_at_most_a_quarter_longer(n in 8usize..20_000_000) {
            let m = smooth(n);
            prop_assert!(m >= n && is_even_and_smooth(m));
            prop_assert!(m <= n + n / 4);
        }
    }
}
