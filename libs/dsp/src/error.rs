//! What can go wrong in this crate, by cause.

use std::fmt;

/// Which of the two signals of a correlation an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The reference (source 1).
    Reference,
    /// The target that is to be moved.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Reference => "reference",
            Side::Target => "target",
        })
    }
}

/// Every error of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DspError {
    /// A correlation was planned for windows without samples.
    #[error("cannot correlate an empty window ({reference} reference samples, {target} target samples)")]
    EmptyWindow {
        /// Samples of the reference window.
        reference: usize,
        /// Samples of the target window.
        target: usize,
    },

    /// A window does not have the length that the correlation was planned for.
    #[error("the {side} window has {got} samples, but this correlation was planned for {planned}")]
    WindowLength {
        /// The signal whose window it is.
        side: Side,
        /// Samples it was planned for.
        planned: usize,
        /// Samples it has.
        got: usize,
    },

    /// A window holds a NaN or an infinity; its spectrum would be all NaN.
    #[error("sample {index} of the {side} window is not a finite number; the audio or a filter before it is damaged")]
    NonFiniteSample {
        /// The signal whose window it is.
        side: Side,
        /// Position in the window.
        index: usize,
    },

    /// Two series do not have the lengths that their correlation was planned for.
    #[error("series of {} and {} frames, but their correlation was planned for {} and {}", got.0, got.1, planned.0, planned.1)]
    SeriesLength {
        /// Frames of reference and target that it was planned for.
        planned: (usize, usize),
        /// Frames that they have.
        got: (usize, usize),
    },

    /// A sample rate at which frames of features make no sense.
    #[error("features need a sample rate of at least {least_hz} Hz, got {rate_hz}")]
    FrameRate {
        /// The rate asked for.
        rate_hz: f64,
        /// The lowest rate that is possible.
        least_hz: f64,
    },

    /// A recursive filter rings for longer than anything that it could be used on.
    #[error("a filter with a pole of radius {radius} takes minutes to settle; choose a wider band")]
    Settling {
        /// Radius of its slowest pole.
        radius: f64,
    },

    /// Overlapping windows were planned together that can not share spectra.
    #[error(
        "windows of {len} samples, {hop} apart, with {margin} around them, can not share spectra; correlate them one by one"
    )]
    Unshared {
        /// Samples of a window.
        len: usize,
        /// Samples from one window to the next.
        hop: usize,
        /// Samples around them.
        margin: usize,
    },

    /// The scratch buffers belong to a correlation of another size.
    #[error(
        "the scratch buffers belong to FFT length {got}, this correlation needs {planned}; make them with its own `scratch()`"
    )]
    ForeignScratch {
        /// FFT length of the correlation.
        planned: usize,
        /// FFT length that the buffers were made for.
        got: usize,
    },

    /// The transform itself failed.
    #[error("Fourier transform of length {length} failed: {reason}")]
    Transform {
        /// FFT length.
        length: usize,
        /// What the FFT library said.
        reason: String,
    },

    /// The edges of a band do not lie in order between 0 and half the sample rate.
    #[error("a band needs 0 < low < high < {nyquist_hz} Hz, got low = {low_hz} Hz and high = {high_hz} Hz")]
    BandEdges {
        /// Low edge.
        low_hz: f64,
        /// High edge.
        high_hz: f64,
        /// Half the sample rate.
        nyquist_hz: f64,
    },

    /// The pass band of a weighting holds no bin of the spectrum.
    #[error(
        "no bin of a {length}-point spectrum lies between {low_hz} and {high_hz} Hz; use a wider band or a longer window"
    )]
    NoBins {
        /// Low edge.
        low_hz: f64,
        /// High edge.
        high_hz: f64,
        /// FFT length.
        length: usize,
    },

    /// A Butterworth order that is not supported.
    #[error("a band-pass filter has order 1 to {max}, got {order}")]
    Order {
        /// The order asked for.
        order: usize,
        /// The highest order.
        max: usize,
    },

    /// A low-pass cutoff that is not a positive number.
    #[error("a low-pass filter needs a cutoff above 0 Hz, got {cutoff_hz} Hz")]
    Cutoff {
        /// The cutoff asked for.
        cutoff_hz: f64,
    },

    /// A sample rate that is not usable.
    #[error("a sample rate must be a positive number of Hz, got {rate_hz}")]
    Rate {
        /// The rate asked for.
        rate_hz: f64,
    },

    /// Two sounds that are to be compared have different sample rates.
    #[error("the reference has {reference_hz} values a second and the target {target_hz}; bring both to one rate")]
    RatesDiffer {
        /// That of the reference.
        reference_hz: f64,
        /// That of the target.
        target_hz: f64,
    },

    /// A piece of a reference reaches past its end.
    #[error("a piece up to value {end} was asked for of a reference of {len} values")]
    OutsideReference {
        /// Where the piece ends.
        end: usize,
        /// Length of the reference.
        len: usize,
    },

    /// A filter without coefficients.
    #[error("a {form} filter needs at least one {part}, got none")]
    NoCoefficients {
        /// `FIR` or `second-order-section`.
        form: &'static str,
        /// What is missing.
        part: &'static str,
    },

    /// A coefficient is NaN or infinite, or a section is not scaled to a0 = 1.
    #[error("coefficients of filter section {section} are not usable: {reason}")]
    Coefficients {
        /// 0-based section (0 for FIR).
        section: usize,
        /// What is wrong.
        reason: &'static str,
    },

    /// A pole on or outside the unit circle: the output would grow without bound.
    #[error("filter section {section} is unstable: a pole has radius {radius}")]
    Unstable {
        /// 0-based section.
        section: usize,
        /// Distance of the pole from the origin.
        radius: f64,
    },
}

impl DspError {
    /// What the FFT library says of a transform of `length`, as an error of this crate.
    pub(crate) fn of_transform(length: usize) -> impl Fn(realfft::FftError) -> Self {
        move |error| Self::Transform { length, reason: error.to_string() }
    }
}
