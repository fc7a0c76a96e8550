//! Raised-cosine fades at both ends of a window, so that its hard edges do not leak into every bin of the spectrum.

/// How a window is faded before its Fourier transform.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taper {
    /// Not at all, as the reference program does.
    None,
    /// Over its whole length.
    Hann,
    /// Over this share of its length at each end (0 to 0.5; 0.5 is [`Taper::Hann`]), flat between: a Tukey window. Keeps
    /// what two windows share when one is shifted far.
    Edges(f64),
}

impl Taper {
    /// Weights of the fade-in of a window of `len` samples; the fade-out is its mirror image, between them the weight is 1.
    pub fn fade(self, len: usize) -> Vec<f32> {
        let share = match self {
            Taper::None => 0.0,
            Taper::Hann => 0.5,
            Taper::Edges(share) => share.clamp(0.0, 0.5),
        };
        let fade = ((len as f64 * share).round_ties_even() as usize).min(len / 2);
        (0..fade)
            .map(|i| {
                let phase = std::f64::consts::PI * (i as f64 + 0.5) / fade as f64;
                (0.5 - 0.5 * phase.cos()) as f32
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hann_fades_up_to_the_middle() {
        let fade = Taper::Hann.fade(1001);
        assert_eq!(fade.len(), 500);
        assert!(fade[0] < 1e-5 && fade[499] > 0.9999);
        assert!(fade.is_sorted());
    }

    #[test]
    fn a_fade_never_exceeds_half_the_window() {
        assert_eq!(Taper::None.fade(100).len(), 0);
        assert_eq!(Taper::Edges(0.1).fade(100).len(), 10);
        assert_eq!(Taper::Edges(7.0).fade(101).len(), 50);
        assert_eq!(Taper::Hann.fade(1).len(), 0);
    }
}
