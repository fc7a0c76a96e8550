//! Reads a version out of what a tool says about itself.

use std::fmt;

/// A tool's version: the numbers where there are any, and the text they were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `[5, 1, 9]` for `5.1.9-0+deb12u1`; empty for a development build without a number.
    pub numbers: Vec<u32>,
    /// The word as the tool wrote it, e.g. `5.1.9-0+deb12u1` or `v74.0.0`.
    pub text: String,
}

impl Version {
    /// Reads the version from the first line that names one.
    ///
    /// Understands `ffmpeg version 5.1.9-0+deb12u1 Copyright …`, `mkvmerge v74.0.0 ('…') 64-bit`, `3.1.2` and
    /// development builds such as `ffmpeg version N-109542-g1bf1ca1d93`.
    #[must_use]
    pub fn parse(output: &str) -> Option<Version> {
        output.lines().find_map(Self::parse_line)
    }

    /// Reads the version from a shared library's file name, e.g. `libonnxruntime.so.1.20.1`.
    #[must_use]
    pub fn of_library(file_name: &str) -> Option<Version> {
        let digits = file_name.find(|c: char| c.is_ascii_digit())?;
        Self::parse_word(file_name[digits..].trim_end_matches(".dylib"))
    }

    /// Whether this version is at least `wanted`; a development build without numbers counts as new enough.
    #[must_use]
    pub fn at_least(&self, wanted: &[u32]) -> bool {
        self.numbers.is_empty() || self.numbers.as_slice() >= wanted
    }

    fn parse_line(line: &str) -> Option<Version> {
        let mut words = line.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if let Some(version) = Self::parse_word(word) {
                return Some(version);
            }
            if word == "version" {
                let text = (*words.peek()?).to_owned();
                return Some(Self::parse_word(&text).unwrap_or(Version { numbers: Vec::new(), text }));
            }
        }
        None
    }

    fn parse_word(word: &str) -> Option<Version> {
        let bare = word.strip_prefix(['v', 'n']).unwrap_or(word);
        let end = bare.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(bare.len());
        let numbers: Vec<u32> = bare[..end].split('.').map_while(|part| part.parse().ok()).collect();
        let is_plain = word.chars().all(|c| c.is_ascii_graphic());
        (is_plain && !numbers.is_empty()).then(|| Version { numbers, text: word.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_real_answers() {
        let cases: [(&str, &[u32], &str); 5] = [
            (
                "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026\nbuilt with gcc 12",
                &[5, 1, 9],
                "5.1.9-0+deb12u1",
            ),
            ("ffmpeg version n7.1 Copyright (c) 2000-2024", &[7, 1], "n7.1"),
            ("mkvmerge v74.0.0 ('You Oughta Know') 64-bit", &[74, 0, 0], "v74.0.0"),
            ("3.1.2\n", &[3, 1, 2], "3.1.2"),
            ("ffmpeg version N-109542-g1bf1ca1d93 Copyright", &[], "N-109542-g1bf1ca1d93"),
        ];
        for (answer, numbers, text) in cases {
            let version = Version::parse(answer).unwrap();
            assert_eq!((version.numbers.as_slice(), version.text.as_str()), (numbers, text));
        }
        assert_eq!(Version::parse("command not understood"), None);
        assert_eq!(Version::of_library("libonnxruntime.so.1.20.1").unwrap().numbers, [1, 20, 1]);
        assert_eq!(Version::of_library("libonnxruntime.1.17.3.dylib").unwrap().numbers, [1, 17, 3]);
        assert_eq!(Version::of_library("libonnxruntime.so"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        let version = Version::parse("mkvmerge v74.0.0").unwrap();
        assert!(version.at_least(&[74]) && version.at_least(&[9, 1]) && !version.at_least(&[75]));
    }
}
