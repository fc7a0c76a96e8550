//! Physical lines, each with the ending that it has in the file.

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Everything before the ending.
    pub(crate) bytes: Vec<u8>,
    /// `\n`, `\r\n`, `\r`, or nothing at the end of a file that does not end in one.
    ending: &'static [u8],
}

impl Line {
    /// The line without white space around it.
    pub(crate) fn trimmed(&self) -> &[u8] {
        self.bytes.trim_ascii()
    }

    /// Whether there is nothing on it.
    pub(crate) fn is_blank(&self) -> bool {
        self.trimmed().is_empty()
    }
}

/// Cuts a file into lines. A file without any `\n` is cut at `\r`, as very old ones are.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Line> {
    let (mark, others) = if bytes.contains(&b'\n') { (b'\n', true) } else { (b'\r', false) };
    let mut lines = Vec::new();
    for piece in bytes.split_inclusive(|&byte| byte == mark) {
        let (line, ending): (&[u8], &'static [u8]) = match piece {
            [line @ .., b'\r', b'\n'] if others => (line, b"\r\n"),
            [line @ .., b'\n'] => (line, b"\n"),
            [line @ .., b'\r'] if !others => (line, b"\r"),
            line => (line, b""),
        };
        lines.push(Line { bytes: line.to_owned(), ending });
    }
    lines
}

/// The file that lines are of.
pub(crate) fn joined(lines: &[Line]) -> Vec<u8> {
    lines.iter().flat_map(|line| [&line.bytes[..], line.ending]).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_all_endings_are_the_file_again() {
        for text in ["", "a", "a\n", "a\r\nb\nc\r\r\n\n\r\n d", "a\rb\r", "\r", "\n\n"] {
            assert_eq!(joined(&lines(text.as_bytes())), text.as_bytes(), "{text:?}");
        }
        let cut: Vec<Vec<u8>> = lines(b"a\r\nb\rc\n").into_iter().map(|line| line.bytes).collect();
        assert_eq!(cut, [&b"a"[..], b"b\rc"]);
    }
}
