//! How a file is written: its encoding, and what stands between its fields. What the
//! mapping does not say is found out, and told.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use encoding_rs::{Encoding, GB18030, UTF_8};
use serde::{Serialize, Serializer};

use super::text::Text;

/// What may stand between fields; of equals the earlier counts.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at to find the delimiter.
const SAMPLE: usize = 200;

/// How one file is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    #[serde(serialize_with = "name")]
    pub encoding: &'static Encoding,
    /// Whether the file begins with a byte order mark.
    pub byte_order_mark: bool,
    #[serde(serialize_with = "character")]
    pub delimiter: u8,
}

fn name<S: Serializer>(encoding: &&'static Encoding, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&encoding.name().to_ascii_lowercase())
}

fn character<S: Serializer>(delimiter: &u8, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_char(char::from(*delimiter))
}

impl Form {
    /// Finds out what is not said.
    ///
    /// # Errors
    /// When the file cannot be read, or is in none of the encodings that are tried.
    pub fn of(
        path: &Path,
        encoding: Option<&'static Encoding>,
        delimiter: Option<u8>,
    ) -> anyhow::Result<Self> {
        let unreadable = || format!("{} cannot be read", path.display());
        let mark = byte_order_mark(path).with_context(unreadable)?;
        let encoding = match encoding.or(mark) {
            Some(encoding) => encoding,
            None => find_encoding(path).with_context(unreadable)?,
        };
        let delimiter = match delimiter {
            Some(delimiter) => delimiter,
            None => find_delimiter(path, encoding).with_context(unreadable)?,
        };
        Ok(Self {
            encoding,
            byte_order_mark: mark.is_some(),
            delimiter,
        })
    }

    /// E.g. `gb18030`.
    pub fn encoding_name(&self) -> String {
        self.encoding.name().to_ascii_lowercase()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoding = self.encoding_name();
        let mark = match self.byte_order_mark {
            true => " with a byte order mark",
            false => "",
        };
        write!(
            f,
            "{encoding}{mark}, fields end with {:?}",
            char::from(self.delimiter)
        )
    }
}

fn byte_order_mark(path: &Path) -> io::Result<Option<&'static Encoding>> {
    let mut head = Vec::with_capacity(4);
    File::open(path)?.take(4).read_to_end(&mut head)?;
    Ok(Encoding::for_bom(&head).map(|(encoding, _)| encoding))
}

/// UTF-8 if every byte is; else GB18030, which holds GBK and GB 2312, if every byte is.
/// Strict to the last byte: a guess by frequency would be wrong now and then, silently.
fn find_encoding(path: &Path) -> anyhow::Result<&'static Encoding> {
    for encoding in [UTF_8, GB18030] {
        match io::copy(&mut Text::new(File::open(path)?, encoding), &mut io::sink()) {
            Ok(_) => return Ok(encoding),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("it is neither utf-8 nor gb18030; say its `encoding` in the mapping, e.g. windows-1252")
}

/// The delimiter that cuts the most records into as many fields as the first has, and into
/// more than one.
fn find_delimiter(path: &Path, encoding: &'static Encoding) -> anyhow::Result<u8> {
    let mut best = (0.0, 1, b',');
    for delimiter in DELIMITERS {
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Text::new(File::open(path)?, encoding));
        let widths: Vec<usize> = rows
            .records()
            .take(SAMPLE)
            .map(|record| record.map(|cells| cells.len()))
            .collect::<Result<_, _>>()?;
        let Some(&width) = widths.first().filter(|width| **width > 1) else {
            continue;
        };
        let alike = widths.iter().filter(|w| **w == width).count() as f64 / widths.len() as f64;
        if (alike, width) > (best.0, best.1) {
            best = (alike, width, delimiter);
        }
    }
    Ok(best.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bytes: &[u8]) -> anyhow::Result<Form> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        Form::of(file.path(), None, None)
    }

    #[test]
    fn the_encoding_is_that_in_which_every_byte_is_a_character() {
        assert_eq!(form("名称,a\n宁夏,1\n".as_bytes()).unwrap().encoding, UTF_8);
        let (gbk, ..) = GB18030.encode("名称,a\n宁夏𠮷,1\n");
        assert_eq!(form(&gbk).unwrap().encoding, GB18030);
        assert!(form(b"name,a\nM\xfcller,1\n\xff,2\n").is_err());
    }

    #[test]
    fn a_byte_order_mark_decides_and_is_told() {
        let marked = form("\u{feff}名称\n".as_bytes()).unwrap();
        assert!(marked.byte_order_mark && marked.encoding == UTF_8);
        let wide: Vec<u8> = "\u{feff}a\tb\n宁\t1\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let wide = form(&wide).unwrap();
        assert_eq!((wide.encoding.name(), wide.delimiter), ("UTF-16LE", b'\t'));
        assert!(!form(b"a\n").unwrap().byte_order_mark);
    }

    #[test]
    fn the_delimiter_is_that_which_cuts_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b;c\n\"1,5\";\"2,5\";x\n", b';'),
            ("a\tb\nx, y\tz\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("\"a;b\",c\n\"x;y;z\",d\n", b','),
            ("only\none\n", b','),
            ("", b','),
        ] {
            assert_eq!(
                form(text.as_bytes()).unwrap().delimiter,
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_said_is_not_found_out() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a;b\n1;2\n").unwrap();
        let said = Form::of(file.path(), Some(GB18030), Some(b',')).unwrap();
        assert_eq!((said.encoding, said.delimiter), (GB18030, b','));
    }
}
