//! Writes a command line as a POSIX shell would read it.

use std::ffi::OsStr;

/// One argument, quoted so that a POSIX shell reads it back as it is.
///
/// Letters, digits and `_@%+=:,./-` stay bare; everything else goes into single quotes, a single quote as
/// `'"'"'`. Bytes that are not UTF-8 show as U+FFFD.
#[must_use]
pub fn quote(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r#"'"'"'"#))
}

/// A whole command, quoted, arguments separated by one space.
pub fn command_line<I>(program: &OsStr, arguments: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut line = quote(program);
    for argument in arguments {
        line.push(' ');
        line.push_str(&quote(argument.as_ref()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_text_stays_bare_and_the_rest_is_quoted() {
        let cases = [
            ("plain", "plain"),
            ("a:b,c/d+e_f", "a:b,c/d+e_f"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r#"'it'"'"'s'"#),
            ("ü", "'ü'"),
            ("~/y", "'~/y'"),
        ];
        for (raw, quoted) in cases {
            assert_eq!(quote(OsStr::new(raw)), quoted);
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_do_not_stop_the_log() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(quote(OsStr::from_bytes(b"a\xff.mkv")), "'a\u{fffd}.mkv'");
    }
}
