//! The files of a job, from the pipeline file or from the command line.

use std::path::PathBuf;

/// Files that a job reads, and the folder that it writes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFiles {
    /// Source 1.
    pub reference: Option<PathBuf>,
    /// Source 2, Source 3, …; none for a job that only remuxes.
    pub targets: Vec<PathBuf>,
    /// Folder of the results.
    pub output: Option<PathBuf>,
}

impl JobFiles {
    /// These files, and for what they leave open those of `file`. Sources go together: whoever names the reference
    /// names the targets too.
    #[must_use]
    pub fn or(self, file: &JobFiles) -> JobFiles {
        let sources = if self.reference.is_some() || !self.targets.is_empty() { &self } else { file };
        JobFiles {
            reference: sources.reference.clone(),
            targets: sources.targets.clone(),
            output: self.output.clone().or_else(|| file.output.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_replaces_all_sources_and_keeps_the_output() {
        let file =
            JobFiles { reference: Some("a.mkv".into()), targets: vec!["b.mkv".into()], output: Some("out".into()) };
        let typed = JobFiles { reference: Some("c.mkv".into()), ..JobFiles::default() };
        let job = typed.or(&file);
        assert_eq!(job, JobFiles { reference: Some("c.mkv".into()), targets: Vec::new(), output: Some("out".into()) });
        assert_eq!(JobFiles::default().or(&file), file);
    }
}
