//! Cuts a stream of bytes into lines of text, as they arrive, and keeps the last of them.

use std::collections::VecDeque;

/// Longest line (bytes) that is kept whole; a longer one is cut into pieces of this length.
const LONGEST_LINE: usize = 64 * 1024;

/// Cuts bytes into lines at `\n`, `\r\n`, `\r` and at the rarer separators of Unicode text.
///
/// Text that is not UTF-8 is decoded with U+FFFD. The rarer separators are VT, FF, FS, GS, RS, NEL, LS and PS.
#[derive(Debug, Default)]
pub struct LineSplitter {
    pending: Vec<u8>,
    after_cr: bool,
}

impl LineSplitter {
    /// Takes the next bytes and hands each line that they complete to `line`, without its end.
    pub fn push(&mut self, bytes: &[u8], mut line: impl FnMut(&str)) {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let room = LONGEST_LINE - self.pending.len();
            match rest.iter().take(room).position(|&byte| byte == b'\n' || byte == b'\r') {
                Some(end) => {
                    self.pending.extend_from_slice(&rest[..end]);
                    self.after_cr = rest[end] == b'\r';
                    rest = &rest[end + 1..];
                    self.emit(true, &mut line);
                }
                None => {
                    let taken = room.min(rest.len());
                    self.pending.extend_from_slice(&rest[..taken]);
                    rest = &rest[taken..];
                    if self.pending.len() == LONGEST_LINE {
                        self.emit(true, &mut line);
                    }
                }
            }
        }
    }

    /// Hands on what follows the last line end, if anything does.
    pub fn finish(&mut self, mut line: impl FnMut(&str)) {
        if !self.pending.is_empty() {
            self.emit(false, &mut line);
        }
    }

    fn emit(&mut self, ended: bool, line: &mut impl FnMut(&str)) {
        let text = String::from_utf8_lossy(&self.pending);
        let mut parts = text.split(is_rare_separator).peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            if !is_last || ended || !part.is_empty() {
                line(part);
            }
        }
        self.pending.clear();
    }
}

/// The last lines of a text, limited in number and in bytes.
#[derive(Debug)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    most_lines: usize,
}

impl Tail {
    /// Most bytes that are kept, whatever the number of lines.
    const MOST_BYTES: usize = 64 * 1024;
    /// Longest line that is kept whole (bytes).
    const LONGEST: usize = 4 * 1024;

    /// Keeps up to `most_lines` lines.
    pub(crate) fn of_lines(most_lines: usize) -> Tail {
        Tail { lines: VecDeque::new(), bytes: 0, most_lines }
    }

    pub(crate) fn push(&mut self, line: &str) {
        let kept = match line.len() {
            0..=Self::LONGEST => line.to_owned(),
            _ => format!("{}…", &line[..line.floor_char_boundary(Self::LONGEST)]),
        };
        self.bytes += kept.len() + 1;
        self.lines.push_back(kept);
        while self.lines.len() > self.most_lines || self.bytes > Self::MOST_BYTES {
            let Some(dropped) = self.lines.pop_front() else { break };
            self.bytes -= dropped.len() + 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The last `count` lines, joined by newlines, without white space at the end.
    pub(crate) fn last(&self, count: usize) -> String {
        let from = self.lines.len().saturating_sub(count);
        let joined = self.lines.range(from..).map(String::as_str).collect::<Vec<_>>().join("\n");
        joined.trim_end().to_owned()
    }
}

fn is_rare_separator(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk, |line| lines.push(line.to_owned()));
        }
        splitter.finish(|line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn every_kind_of_line_end_separates() {
        assert_eq!(split(&[b"a\nb\r\nc\rd"]), ["a", "b", "c", "d"]);
        assert_eq!(split(&[b"a\n\n\nb\n"]), ["a", "", "", "b"]);
        assert_eq!(split(&["a\u{b}b\u{2028}c\u{85}".as_bytes()]), ["a", "b", "c"]);
        assert_eq!(split(&[b""]), Vec::<String>::new());
    }

    #[test]
    fn a_line_end_cut_in_two_is_one_line_end() {
        assert_eq!(split(&[b"a\r", b"\nb"]), ["a", "b"]);
        assert_eq!(split(&[b"a\r", b"b"]), ["a", "b"]);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let lines = split(&[&[b'x'; LONGEST_LINE * 2 + 5]]);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LONGEST_LINE, LONGEST_LINE, 5]);
    }

    #[test]
    fn a_tail_is_bounded_in_lines_and_in_bytes() {
        let mut few = Tail::of_lines(2);
        ["a", "b", "c", ""].iter().for_each(|line| few.push(line));
        assert_eq!(few.last(9), "c");
        let mut long = Tail::of_lines(usize::MAX);
        (0..1000).for_each(|_| long.push(&"ä".repeat(LONGEST_LINE)));
        assert!(long.last(usize::MAX).len() <= Tail::MOST_BYTES);
    }

    proptest! {
        #[test]
        fn cutting_the_input_anywhere_changes_nothing(bytes: Vec<u8>, cut in 0usize..64) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(split(&[&bytes]), split(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
