//! Answers as they come in, in a file, so that a run that was interrupted goes on where it stopped.

use crate::{Answer, Error, Name, Options, Result};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    case: String,
    answer: Answer,
}

/// The answers that were given with the same seed, pipeline and settings.
#[derive(Debug)]
pub(crate) struct Answers {
    known: HashMap<String, Answer>,
    path: PathBuf,
    file: Mutex<File>,
}

impl Answers {
    /// Reads the answers of earlier runs if the options ask for them. A line that was not written to its end is none.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let Options { seed, pipeline, method, set, .. } = options;
        let asked = blake3::hash(format!("{seed} {} {method:?} {set:?}", pipeline.display()).as_bytes());
        let path = options.folder.join(format!("answers-{}.jsonl", &asked.to_hex()[..8]));
        let failed = |source| Error::io(&path, source);
        fs::create_dir_all(&options.folder).map_err(failed)?;
        let text = if options.resume { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        let known = lines.map(|Line { case, answer }| (case, answer)).collect();
        let mut file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        // Whatever was not written to its end ends here.
        writeln!(file).map_err(failed)?;
        Ok(Self { known, file: Mutex::new(file), path })
    }

    /// The answer to a case, if it was given.
    pub(crate) fn of(&self, case: Name) -> Option<&Answer> {
        self.known.get(&case.to_string())
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, case: Name, answer: &Answer) -> Result<()> {
        let line = Line { case: case.to_string(), answer: answer.clone() };
        // An answer is plain data, which always becomes JSON.
        let line = serde_json::to_string(&line).unwrap_or_default() + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).map_err(|source| Error::io(&self.path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn answers_are_known_to_the_next_run_that_asks_for_them_and_asks_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let answers = |more: &[&str]| {
            let folder = folder.path().to_str().unwrap();
            let words = ["vsg-accuracy", "host", folder].into_iter().chain(more.iter().copied());
            Answers::new(&Options::parse_from(words)).unwrap()
        };
        let case: Name = "drift/4".parse().unwrap();
        let answer = Answer { exit: Some(0), delay_ms: Some(7.5), ..Answer::default() };
        let first = answers(&[]);
        first.keep(case, &answer).unwrap();
        write!(first.file.lock().unwrap(), "{{\"case\":\"drift/5\",\"ans").unwrap();
        assert_eq!(answers(&["--resume"]).of(case), Some(&answer));
        assert_eq!(answers(&["--resume"]).of("drift/5".parse().unwrap()), None);
        assert_eq!((answers(&[]).of(case), answers(&["--resume", "--seed", "2"]).of(case)), (None, None));
        let newer = Answer { delay_ms: Some(8.0), ..answer };
        answers(&["--resume"]).keep(case, &newer).unwrap();
        assert_eq!(answers(&["--resume"]).of(case), Some(&newer));
    }
}
