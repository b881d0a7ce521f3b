//! What the commands say: results to stdout, remarks to stderr. A reader that went away
//! (`keynode … | head`) is no error.

pub mod json;

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, Write, stderr, stdout};

/// Whether somebody still reads our output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Present,
    Gone,
}

/// Writes a line of the result.
///
/// # Errors
/// When stdout cannot be written, e.g. a full disk.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    feed_line(text).map(|_| ())
}

/// Writes a line of a result without end, and says whether to go on.
///
/// # Errors
/// When stdout cannot be written, e.g. a full disk.
pub fn feed_line(text: impl Display) -> anyhow::Result<Reader> {
    write(&mut stdout().lock(), &format!("{text}\n"))
}

/// Writes a result that brings its own line ends.
///
/// # Errors
/// When stdout cannot be written, e.g. a full disk.
pub fn text(text: &str) -> anyhow::Result<()> {
    write(&mut stdout().lock(), text).map(|_| ())
}

/// Says something that is not part of the result.
pub fn remark(text: impl Display) {
    // Whoever closed stderr does not want to know.
    let _ = write(&mut stderr().lock(), &format!("{text}\n"));
}

/// Says why a command failed, with what led to it.
pub fn error(error: &anyhow::Error) {
    remark(format_args!("error: {error:#}"));
}

fn write(to: &mut impl Write, text: &str) -> anyhow::Result<Reader> {
    match to
        .write_all(harmless(text).as_bytes())
        .and_then(|()| to.flush())
    {
        Ok(()) => Ok(Reader::Present),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(anyhow::Error::new(error).context("the output cannot be written")),
    }
}

/// The text without characters that steer a terminal: data may hold them. They are shown
/// as JSON writes them, so that JSON stays what it is.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => write!(shown, "\\u{:04x}", u32::from(c)).expect("a string grows"),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error_but_a_full_disk_is() {
        assert_eq!(
            write(&mut Failing(ErrorKind::BrokenPipe), "x").unwrap(),
            Reader::Gone
        );
        assert!(write(&mut Failing(ErrorKind::StorageFull), "x").is_err());
        let mut kept = Vec::new();
        assert_eq!(write(&mut kept, "宁夏\n").unwrap(), Reader::Present);
        assert_eq!(kept, "宁夏\n".as_bytes());
    }

    #[test]
    fn what_would_steer_the_terminal_is_shown_and_json_stays_json() {
        assert_eq!(
            harmless("a\0b\rc\u{1b}[2Jd\u{9b}e\tf\n"),
            "a\\u0000b\\u000dc\\u001b[2Jd\\u009be\tf\n"
        );
        let json = serde_json::to_string("x\u{7f}\u{85}").unwrap();
        let shown = harmless(&json);
        assert!(!shown.contains('\u{85}'));
        assert_eq!(
            serde_json::from_str::<String>(&shown).unwrap(),
            "x\u{7f}\u{85}"
        );
    }
}
