//! Frame rates and aspect ratios as exact fractions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A positive fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rational {
    /// Numerator, above zero.
    pub num: u32,
    /// Denominator, above zero.
    pub den: u32,
}

impl Rational {
    /// Reads `24000/1001`, `16:9` or `25`; none for `0/0`, `N/A` and anything else that is no positive fraction.
    #[must_use]
    pub fn parse(text: &str) -> Option<Rational> {
        let (num, den) = text.trim().split_once(['/', ':']).unwrap_or((text.trim(), "1"));
        let (num, den) = (num.parse().ok()?, den.parse().ok()?);
        (num > 0 && den > 0).then_some(Rational { num, den })
    }

    /// The fraction as a number.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_read_and_nonsense_is_not() {
        assert_eq!(Rational::parse("24000/1001"), Some(Rational { num: 24000, den: 1001 }));
        assert_eq!(Rational::parse("16:9"), Some(Rational { num: 16, den: 9 }));
        assert_eq!(Rational::parse("25").map(Rational::value), Some(25.0));
        for text in ["0/0", "0/1", "1/0", "N/A", "", "-1/2", "1/2/3", "99999999999/1"] {
            assert_eq!(Rational::parse(text), None, "{text}");
        }
    }
}
