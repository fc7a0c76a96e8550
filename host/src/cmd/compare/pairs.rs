//! Comparing on a list of pairs, one after the other, and summing up.

use super::{Session, files_text, list::ListedPair, sources};
use crate::{
    Failure,
    cmd::{
        job::Engine,
        print,
        results::{PAGE_SIGN, Results},
    },
    pipeline::JobFiles,
    report::compare::{self, Compared, Pair, Pairs},
};
use std::{
    io::{self, Write},
    path::Path,
};

/// Endings of the names of results, and how each one begins if an earlier comparison wrote it.
const RESULTS: [(&str, Option<&str>); 3] = [
    ("compare.json", Some("{\n  \"format\": ")),
    ("compare.html", Some(PAGE_SIGN)),
    ("compare.csv", Some("pair,reference,target,variant,")),
];

impl Session<'_> {
    /// Compares on every pair of a list. One that fails is told of and does not end the rest; stopping does, and what was
    /// measured by then is in the store for the next time.
    pub(super) fn compare_pairs(
        &self,
        list: Vec<ListedPair>,
        output: &Path,
        engine: &Engine<'_>,
        is_quiet: bool,
    ) -> Result<(), Failure> {
        let files: Vec<_> = list.iter().flat_map(|pair| [pair.reference.clone(), pair.target.clone()]).collect();
        let results = Results::prepare(output, "pairs".to_owned(), &RESULTS, &files)?;
        let (count, mut pairs) = (list.len(), Vec::new());
        for (index, listed) in list.into_iter().enumerate() {
            if !is_quiet {
                // A terminal that is gone is no reason to fail.
                let _ = writeln!(io::stderr(), "pair {} of {count}: {}", index + 1, listed.name);
            }
            let (failure, compared) = match self.pair(&listed, &results.folder.join(&listed.name), engine) {
                Err(Failure::Cancelled) => return Err(Failure::Cancelled),
                Err(failure) => (Some(reason(&failure)), None),
                Ok(compared) => (compared.failure(), Some(compared)),
            };
            let pair = Pair {
                reference: listed.reference.display().to_string(),
                target: listed.target.display().to_string(),
                name: listed.name,
                truth_ms: listed.truth_ms,
                failure,
                compared,
            };
            if let Some(failure) = pair.failure.as_ref().filter(|_| !is_quiet) {
                let _ = writeln!(io::stderr(), "  ✗ {}: {}", pair.name, failure.lines().next().unwrap_or_default());
            }
            pairs.push(pair);
        }
        let variants: Vec<String> = self.comparison.variants.iter().map(|variant| variant.name.clone()).collect();
        let baseline = variants.get(self.comparison.baseline).cloned().unwrap_or_default();
        let pairs = Pairs::new(&variants, &baseline, pairs);
        let json = serde_json::to_string_pretty(&pairs).map_err(|error| results.unwritable(&error.into()))?;
        let csv = compare::pairs_csv(&pairs).map_err(|error| results.unwritable(&io::Error::other(error)))?;
        results.write("compare.json", &format!("{json}\n"))?;
        results.write("compare.html", &compare::pairs_page("pairs", &pairs))?;
        results.write("compare.csv", &csv)?;
        if !is_quiet {
            let files = files_text(&results, &["compare.html", "compare.json", "compare.csv"]);
            print(&format!("{}{files}", compare::pairs_text(&pairs)))?;
        }
        let failed: Vec<&str> =
            pairs.pairs.iter().filter(|pair| pair.failure.is_some()).map(|pair| pair.name.as_str()).collect();
        if failed.is_empty() {
            return Ok(());
        }
        Err(Failure::Run {
            message: format!("of {} of {count} pairs not everything was measured: {}", failed.len(), failed.join(", ")),
            help: Some(format!("the reasons are in `{}`", results.path("compare.html").display())),
        })
    }

    fn pair(&self, listed: &ListedPair, output: &Path, engine: &Engine<'_>) -> Result<Compared, Failure> {
        let (reference, target) = (listed.reference.clone(), listed.target.clone());
        let job = JobFiles { reference: Some(reference), targets: vec![target], output: None };
        let (compared, _) = self.measure(sources(&job)?, &[listed.truth_ms], output, engine)?;
        Ok(compared)
    }
}

/// Why a pair could not be run.
fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Run { message, .. } | Failure::Arguments { message, .. } => message.clone(),
        other => other.render(),
    }
}
