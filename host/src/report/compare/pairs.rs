//! Comparisons of many pairs, and what they say about each method.

use super::{
    AGREEMENT_MS, Compared, Cost, FORMAT, Row, Target,
    statistics::{greatest, median, share_pct},
};
use serde::Serialize;

/// The comparisons of a list of pairs. Serialized, it is `pairs.compare.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pairs {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the host.
    pub version: String,
    /// Name of the variant that the others are compared with.
    pub baseline: String,
    /// What all pairs say about each variant.
    pub methods: Vec<Method>,
    /// The pairs, in the order of the list.
    pub pairs: Vec<Pair>,
}

/// One pair of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Its name; its results are in a folder of this name.
    pub name: String,
    /// Source 1.
    pub reference: String,
    /// Source 2.
    pub target: String,
    /// The true delay, if the list says it (ms).
    pub truth_ms: Option<f64>,
    /// Why not everything was measured.
    pub failure: Option<String>,
    /// What was measured; null if the pair could not be run at all.
    pub compared: Option<Compared>,
}

/// What all pairs say about one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Method {
    /// The variant.
    pub variant: String,
    /// Targets whose delay was measured.
    pub measured: usize,
    /// Targets whose delay was not measured, those of pairs that could not be run included.
    pub failed: usize,
    /// Median difference to the baseline, without sign (ms).
    pub median_difference_ms: Option<f64>,
    /// The greatest difference, without sign (ms).
    pub max_difference_ms: Option<f64>,
    /// Share of the targets that both measured and on which they agree within 1 ms (%).
    pub agrees_with_baseline_pct: Option<f64>,
    /// Targets whose true delay is known and that were measured.
    pub with_truth: usize,
    /// Median error, without sign (ms).
    pub median_error_ms: Option<f64>,
    /// The greatest error, without sign (ms).
    pub max_error_ms: Option<f64>,
    /// Share of the targets with a known true delay that were measured within 1 ms of it (%); what was not measured counts.
    pub true_within_1_ms_pct: Option<f64>,
    /// Share of all windows that were accepted (%).
    pub accepted_pct: Option<f64>,
    /// Sum of what the stages took that not all variants share.
    pub own: Cost,
}

impl Pairs {
    /// Puts pairs together. `variants` are the names of all, `baseline` is that of one.
    #[must_use]
    pub fn new(variants: &[String], baseline: &str, pairs: Vec<Pair>) -> Self {
        let methods = variants.iter().map(|variant| method(variant, &pairs)).collect();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, version, baseline: baseline.to_owned(), methods, pairs }
    }
}

/// All that was measured of a variant, with the targets.
fn rows<'p>(variant: &'p str, pairs: &'p [Pair]) -> impl Iterator<Item = (&'p Target, &'p Row)> {
    let targets = pairs.iter().filter_map(|pair| pair.compared.as_ref()).flat_map(|compared| &compared.targets);
    targets.flat_map(move |target| {
        target.variants.iter().filter(move |row| row.variant == variant).map(move |row| (target, row))
    })
}

fn method(variant: &str, pairs: &[Pair]) -> Method {
    let rows: Vec<(&Target, &Row)> = rows(variant, pairs).collect();
    let measured = rows.iter().filter(|(_, row)| row.delay_ms.is_some()).count();
    let absent = || pairs.iter().filter(|pair| pair.compared.is_none());
    let absent_with_truth = absent().filter(|pair| pair.truth_ms.is_some()).count();
    let distances = |of: fn(&Row) -> Option<f64>| rows.iter().filter_map(move |(_, row)| of(row).map(f64::abs));
    let agreements = || rows.iter().filter_map(|(_, row)| row.agrees_with_baseline);
    let with_truth = || rows.iter().filter(|(target, _)| target.truth_ms.is_some());
    let is_true = |row: &Row| row.error_ms.is_some_and(|error_ms| error_ms.abs() <= AGREEMENT_MS);
    let windows = |of: fn(&Row) -> Option<usize>| rows.iter().filter_map(|(_, row)| of(row)).sum::<usize>();
    let mut own = Cost::default();
    rows.iter().for_each(|(_, row)| own.add(&row.own));
    Method {
        variant: variant.to_owned(),
        measured,
        failed: rows.len() - measured + absent().count(),
        median_difference_ms: median(distances(|row| row.difference_ms)),
        max_difference_ms: greatest(distances(|row| row.difference_ms)),
        agrees_with_baseline_pct: share_pct(agreements().filter(|agrees| *agrees).count(), agreements().count()),
        with_truth: distances(|row| row.error_ms).count(),
        median_error_ms: median(distances(|row| row.error_ms)),
        max_error_ms: greatest(distances(|row| row.error_ms)),
        true_within_1_ms_pct: share_pct(
            with_truth().filter(|(_, row)| is_true(row)).count(),
            with_truth().count() + absent_with_truth,
        ),
        accepted_pct: share_pct(windows(|row| row.accepted), windows(|row| row.measured)),
        own,
    }
}

/// One line of `pairs.compare.csv`.
#[derive(Default, Serialize)]
struct Line<'p> {
    pair: &'p str,
    reference: &'p str,
    target: &'p str,
    variant: &'p str,
    failure: Option<&'p str>,
    delay_ms: Option<f64>,
    difference_ms: Option<f64>,
    truth_ms: Option<f64>,
    error_ms: Option<f64>,
    spread_ms: Option<f64>,
    range_ms: Option<f64>,
    measured: Option<usize>,
    accepted: Option<usize>,
    within_1_ms_pct: Option<f64>,
    own_cpu_s: Option<f64>,
    own_wall_s: Option<f64>,
    own_from_store: Option<usize>,
}

/// `pairs.compare.csv`: one line for each target and variant, or one for a pair that could not be run.
///
/// # Errors
/// The text can not be written.
pub fn pairs_csv(pairs: &Pairs) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for pair in &pairs.pairs {
        let failure = pair.failure.as_deref();
        let Some(compared) = &pair.compared else {
            writer.serialize(Line {
                pair: &pair.name,
                reference: &pair.reference,
                target: &pair.target,
                failure,
                truth_ms: pair.truth_ms,
                ..Line::default()
            })?;
            continue;
        };
        for target in &compared.targets {
            for row in &target.variants {
                writer.serialize(Line {
                    pair: &pair.name,
                    reference: &compared.reference,
                    target: &target.file,
                    variant: &row.variant,
                    failure: row.failure.as_deref(),
                    delay_ms: row.delay_ms,
                    difference_ms: row.difference_ms,
                    truth_ms: target.truth_ms,
                    error_ms: row.error_ms,
                    spread_ms: row.spread_ms,
                    range_ms: row.range_ms,
                    measured: row.measured,
                    accepted: row.accepted,
                    within_1_ms_pct: row.within_1_ms_pct,
                    own_cpu_s: row.own.cpu_s,
                    own_wall_s: Some(row.own.wall_s),
                    own_from_store: Some(row.own.from_store),
                })?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, delays_ms: [Option<f64>; 2], truth_ms: Option<f64>) -> Pair {
        let row = |(variant, delay_ms): (&str, Option<f64>)| {
            let difference_ms = delay_ms.zip(delays_ms[0]).map(|(one, other)| one - other);
            Row {
                variant: variant.to_owned(),
                failure: delay_ms.is_none().then(|| "too few windows".to_owned()),
                delay_ms,
                difference_ms,
                agrees_with_baseline: difference_ms.map(|difference_ms| difference_ms.abs() <= AGREEMENT_MS),
                error_ms: delay_ms.zip(truth_ms).map(|(delay_ms, truth_ms)| delay_ms - truth_ms),
                measured: Some(10),
                accepted: Some(if delay_ms.is_some() { 10 } else { 0 }),
                own: Cost { stages: 2, from_store: 0, cpu_s: Some(1.5), wall_s: 2.0 },
                ..Row::default()
            }
        };
        let variants = ["a", "b"].into_iter().zip(delays_ms).map(row).collect();
        let target = Target {
            source: "Source 2".into(),
            file: "b, \"c\".mkv".into(),
            truth_ms,
            shared: Cost::default(),
            variants,
        };
        let compared = Compared {
            format: FORMAT,
            version: String::new(),
            pipelines: Vec::new(),
            reference: "a.mkv".into(),
            baseline: "a".into(),
            measure: Vec::new(),
            variants: Vec::new(),
            targets: vec![target],
            others: Vec::new(),
        };
        let (reference, target) = ("a.mkv".into(), "b, \"c\".mkv".into());
        let failure = compared.failure();
        Pair { name: name.into(), reference, target, truth_ms, failure, compared: Some(compared) }
    }

    fn pairs() -> Pairs {
        let broken = Pair {
            name: "broken".into(),
            reference: "a.mkv".into(),
            target: "no.mkv".into(),
            truth_ms: Some(3.5),
            failure: Some("no film".into()),
            compared: None,
        };
        let list = vec![
            pair("one", [Some(100.0), Some(100.5)], Some(100.25)),
            pair("two", [Some(-20.0), Some(-4000.0)], Some(-20.0)),
            pair("three", [Some(7.0), None], None),
            broken,
        ];
        Pairs::new(&["a".into(), "b".into()], "a", list)
    }

    #[test]
    fn what_failed_counts_and_signs_do_not() {
        let pairs = pairs();
        let [a, b] = pairs.methods.as_slice() else { panic!("{pairs:?}") };
        assert_eq!((a.measured, a.failed, b.measured, b.failed), (3, 1, 2, 2));
        assert_eq!((b.median_difference_ms, b.max_difference_ms), (Some((0.5 + 3980.0) / 2.0), Some(3980.0)));
        assert_eq!((a.agrees_with_baseline_pct, b.agrees_with_baseline_pct), (Some(100.0), Some(50.0)));
        assert_eq!((a.median_error_ms, a.max_error_ms, b.max_error_ms), (Some(0.125), Some(0.25), Some(3980.0)));
        assert_eq!((a.true_within_1_ms_pct, b.true_within_1_ms_pct), (Some(200.0 / 3.0), Some(100.0 / 3.0)));
        assert_eq!((a.with_truth, a.accepted_pct), (2, Some(100.0)));
        assert_eq!(b.own, Cost { stages: 6, from_store: 0, cpu_s: Some(4.5), wall_s: 6.0 });
    }

    #[test]
    fn every_row_is_a_line_that_can_be_read_back() {
        let text = pairs_csv(&pairs()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let cell = |line: usize, column: &str| {
            let column = headers.iter().position(|header| header == column).unwrap();
            lines[line].get(column).unwrap().to_owned()
        };
        assert_eq!(lines.len(), 7);
        assert_eq!(
            (cell(0, "target"), cell(1, "delay_ms"), cell(1, "error_ms")),
            ("b, \"c\".mkv".into(), "100.5".into(), "0.25".into())
        );
        assert_eq!((cell(5, "failure"), cell(5, "delay_ms")), ("too few windows".into(), String::new()));
        assert_eq!(
            (cell(6, "pair"), cell(6, "failure"), cell(6, "own_wall_s")),
            ("broken".into(), "no film".into(), String::new())
        );
        assert_eq!(
            (cell(6, "reference"), cell(6, "target"), cell(6, "truth_ms")),
            ("a.mkv".into(), "no.mkv".into(), "3.5".into())
        );
    }
}
