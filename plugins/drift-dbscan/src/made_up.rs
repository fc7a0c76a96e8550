//! Made-up targets: how they run and where they are cut, and what a scan of them measures, with errors, strays and rejected windows.

use vsg_plugin_api::kinds::{Correlation, Window};

/// Random numbers that are the same on every machine (SplitMix64 of Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Between two numbers above 0, each decade as often as the others.
    pub(crate) fn of_any_size(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub(crate) fn is(&mut self, share: f64) -> bool {
        self.between(0.0, 1.0) < share
    }

    pub(crate) fn sign(&mut self) -> f64 {
        if self.is(0.5) { 1.0 } else { -1.0 }
    }

    /// A normal error with this standard deviation (Box and Muller, 1958).
    pub(crate) fn error(&mut self, sigma: f64) -> f64 {
        let (radius, turn) = (self.between(1e-12, 1.0), self.between(0.0, std::f64::consts::TAU));
        sigma * (-2.0 * radius.ln()).sqrt() * turn.cos()
    }
}

/// A stretch of the reference that the target has, and the delay that it would have at the start of the reference (ms).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
    pub(crate) delay_ms: f64,
}

/// A target.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) reference_s: f64,
    pub(crate) rate_ms_per_s: f64,
    pub(crate) stretches: Vec<Stretch>,
}

impl Target {
    /// A target of one piece.
    pub(crate) fn whole(random: &mut Random, rate_ms_per_s: f64) -> Self {
        let reference_s = random.between(1440.0, 3000.0);
        let delay_ms = random.between(-3000.0, 3000.0);
        Self { reference_s, rate_ms_per_s, stretches: vec![Stretch { start_s: 0.0, end_s: reference_s, delay_ms }] }
    }

    /// A target that is cut: each jump 0.04 to 120 s up or down, each stretch at least `least_s` long. Where the delay goes up, the reference
    /// has something that the target lacks.
    pub(crate) fn cut(random: &mut Random, rate_ms_per_s: f64, cuts: usize, least_s: f64) -> Self {
        let jumps_ms: Vec<f64> = (0..cuts).map(|_| random.sign() * 1000.0 * random.of_any_size(0.04, 120.0)).collect();
        let missing_s = jumps_ms.iter().map(|ms| ms.max(0.0) / 1000.0).sum::<f64>();
        let whole = Self::whole(random, rate_ms_per_s);
        let free_s = (whole.reference_s - least_s * (cuts + 1) as f64).max(120.0);
        let mut places: Vec<f64> = (0..cuts).map(|_| random.between(0.0, free_s)).collect();
        places.sort_by(f64::total_cmp);
        let (mut start_s, mut delay_ms, mut used_s) = (0.0, whole.stretches[0].delay_ms, 0.0);
        let mut stretches = Vec::new();
        for (place_s, jump_ms) in places.iter().zip(&jumps_ms) {
            let end_s = start_s + least_s + place_s - used_s;
            stretches.push(Stretch { start_s, end_s, delay_ms });
            (start_s, delay_ms, used_s) = (end_s + jump_ms.max(0.0) / 1000.0, delay_ms + jump_ms, *place_s);
        }
        let reference_s = least_s * (cuts + 1) as f64 + free_s + missing_s;
        stretches.push(Stretch { start_s, end_s: reference_s, delay_ms });
        Self { reference_s, stretches, ..whole }
    }
}

/// A scan of a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scan {
    pub(crate) window_s: f64,
    /// From start to start (s); 0 spreads ten windows over the reference.
    pub(crate) every_s: f64,
    /// Half of the range that holds 95 % of a window's errors (ms).
    pub(crate) error_ms: f64,
    /// What the method says that it measures in steps of (ms).
    pub(crate) resolution_ms: Option<f64>,
    /// Whether windows tell their error.
    pub(crate) tells_errors: bool,
    /// Share of windows that are astray.
    pub(crate) strays: f64,
    /// Share of windows that are rejected.
    pub(crate) rejected: f64,
}

impl Scan {
    pub(crate) fn starts_s(&self, reference_s: f64) -> Vec<f64> {
        if self.every_s > 0.0 {
            let count = ((reference_s - self.window_s) / self.every_s) as usize + 1;
            return (0..count).map(|index| index as f64 * self.every_s).collect();
        }
        let (first_s, last_s) = (0.05 * reference_s, 0.95 * reference_s - self.window_s);
        (0..10).map(|index| first_s + (last_s - first_s) * index as f64 / 9.0).collect()
    }

    /// What the scan finds.
    pub(crate) fn measure(&self, random: &mut Random, target: &Target) -> Correlation {
        let starts_s = self.starts_s(target.reference_s);
        let windows = starts_s.iter().zip(1..).map(|(start_s, number)| self.window(random, target, *start_s, number));
        Correlation {
            source: "Source 2".into(),
            method: "made-up".into(),
            reference_duration_s: target.reference_s,
            planned: starts_s.len(),
            window_s: self.window_s,
            resolution_ms: self.resolution_ms,
            windows: windows.collect(),
            ..Correlation::default()
        }
    }

    fn window(&self, random: &mut Random, target: &Target, start_s: f64, number: usize) -> Window {
        let seen = self.side(random, target, start_s);
        let is_astray = seen.is_none() || random.is(self.strays);
        let delay_ms = match seen.filter(|_| !is_astray) {
            Some(stretch) => {
                let true_ms = stretch.delay_ms + target.rate_ms_per_s * (start_s + self.window_s / 2.0);
                let ms = true_ms + random.error(self.error_ms / 1.96);
                self.resolution_ms.map_or(ms, |step| if self.tells_errors { ms } else { (ms / step).round() * step })
            }
            // Music repeats: some strays are at the same wrong beat.
            None if random.is(0.3) => target.stretches[0].delay_ms + 500.0 * (1.0 + random.below(4) as f64),
            None => 1000.0 * random.between(-self.window_s, self.window_s),
        };
        let accepted = !random.is(if seen.is_none() { 0.5 } else { self.rejected });
        Window {
            number,
            start_s,
            delay_ms,
            error_ms: self.tells_errors.then_some(self.error_ms),
            match_pct: if is_astray { 40.0 } else { 90.0 },
            accepted,
            rejected_because: (!accepted).then(|| "made up".into()),
            ..Window::default()
        }
    }

    /// The stretch whose sound a window has most of; either or none of two that it has about as much of.
    fn side<'a>(&self, random: &mut Random, target: &'a Target, start_s: f64) -> Option<&'a Stretch> {
        let share = |stretch: &Stretch| {
            let (from_s, to_s) = (start_s.max(stretch.start_s), (start_s + self.window_s).min(stretch.end_s));
            ((to_s - from_s) / self.window_s).max(0.0)
        };
        let mut sides: Vec<(f64, &Stretch)> =
            target.stretches.iter().map(|stretch| (share(stretch), stretch)).collect();
        sides.sort_by(|one, other| other.0.total_cmp(&one.0));
        let second = sides.get(1).map_or(0.0, |side| side.0);
        match sides[0].0 {
            most if most < 0.3 => None,
            most if most - second < 0.2 => match random.below(3) {
                0 => None,
                side => Some(sides[side - 1].1),
            },
            _ => Some(sides[0].1),
        }
    }
}
