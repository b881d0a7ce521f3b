//! What is lost when records are read: how fields were quoted and how lines ended.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

use crate::import::form::Form;
use crate::import::text::Text;

/// How the fields and lines of a file are written.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Quotes {
    /// Lines as an editor counts them.
    pub physical_lines: u64,
    /// Lines that end with a carriage return and a line feed.
    pub crlf_lines: u64,
    /// Whether every field stands in quotes.
    pub every_field_quoted: bool,
    #[serde(skip)]
    quoted: u64,
    #[serde(skip)]
    unquoted: u64,
}

/// Where in a record the reader is.
enum At {
    FieldStart,
    Bare,
    Quoted,
}

impl Quotes {
    /// Reads the file once more, byte by byte.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path, form: &Form) -> anyhow::Result<Self> {
        let text = Text::new(File::open(path)?, form.encoding);
        let mut quotes = Self::default();
        quotes.read(BufReader::new(text), form.delimiter)?;
        quotes.every_field_quoted = quotes.quoted > 0 && quotes.unquoted == 0;
        Ok(quotes)
    }

    fn read(&mut self, text: impl BufRead, delimiter: u8) -> std::io::Result<()> {
        let (mut at, mut before) = (At::FieldStart, b'\n');
        for byte in text.bytes() {
            let byte = byte?;
            if byte == b'\n' {
                self.physical_lines += 1;
                self.crlf_lines += u64::from(before == b'\r');
            }
            at = self.step(at, byte, delimiter);
            before = byte;
        }
        Ok(())
    }

    fn step(&mut self, at: At, byte: u8, delimiter: u8) -> At {
        match at {
            At::FieldStart if byte == b'"' => {
                self.quoted += 1;
                At::Quoted
            }
            // A doubled quote leaves the quotes and enters them again at once.
            At::Quoted if byte == b'"' => At::Bare,
            At::Quoted => At::Quoted,
            At::Bare if byte == b'"' => At::Quoted,
            At::FieldStart if byte == b'\n' || byte == b'\r' => At::FieldStart,
            At::Bare if byte == b'\n' || byte == delimiter => At::FieldStart,
            At::FieldStart => {
                self.unquoted += 1;
                if byte == delimiter {
                    At::FieldStart
                } else {
                    At::Bare
                }
            }
            At::Bare => At::Bare,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (u64, u64, u64, u64) {
        let mut quotes = Quotes::default();
        quotes.read(text.as_bytes(), b',').unwrap();
        (
            quotes.physical_lines,
            quotes.crlf_lines,
            quotes.quoted,
            quotes.unquoted,
        )
    }

    #[test]
    fn fields_in_quotes_and_without_are_counted() {
        assert_eq!(of("\"a\",\"b\"\n\"x,y\",\"z\"\n"), (2, 0, 4, 0));
        assert_eq!(of("a,\"b\"\n1,2\n"), (2, 0, 1, 3));
    }

    #[test]
    fn quotes_and_lines_inside_quotes_are_of_the_field() {
        assert_eq!(of("\"say \"\"yes\"\", \n then\",\"b\"\r\n"), (2, 1, 2, 0));
    }
}
