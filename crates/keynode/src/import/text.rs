//! Bytes of a file as text, strictly: what is not in the encoding is an error with its
//! place, never a replacement character.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

const CHUNK: usize = 64 * 1024;

/// Reads a file in some encoding as UTF-8, without its byte order mark and with a line
/// break at its end.
pub struct Text<R> {
    from: R,
    decoder: Decoder,
    encoding: &'static Encoding,
    input: Vec<u8>,
    /// The part of `input` that is not decoded yet.
    pending: std::ops::Range<usize>,
    output: Vec<u8>,
    /// The part of `output` that is not read yet.
    ready: std::ops::Range<usize>,
    /// Bytes decoded so far.
    decoded: u64,
    line: u64,
    last: u8,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Reading,
    /// The file ended; the decoder may still hold something.
    Flushing,
    Done,
}

impl<R: Read> Text<R> {
    pub fn new(from: R, encoding: &'static Encoding) -> Self {
        Self {
            from,
            decoder: encoding.new_decoder_with_bom_removal(),
            encoding,
            input: vec![0; CHUNK],
            pending: 0..0,
            output: vec![0; 2 * CHUNK],
            ready: 0..0,
            decoded: 0,
            line: 1,
            last: b'\n',
            state: State::Reading,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.pending.is_empty() && self.state == State::Reading {
            let count = self.from.read(&mut self.input)?;
            self.pending = 0..count;
            if count == 0 {
                self.state = State::Flushing;
            }
        }
        let last = self.state == State::Flushing;
        let source = self.input.get(self.pending.clone()).unwrap_or_default();
        let (result, read, written) =
            self.decoder
                .decode_to_utf8_without_replacement(source, &mut self.output, last);
        self.pending.start += read;
        self.decoded += read as u64;
        self.ready = 0..written;
        self.note_lines();
        match result {
            DecoderResult::Malformed(bad, after) => Err(self.malformed(bad, after)),
            DecoderResult::InputEmpty if last => {
                self.finish();
                Ok(())
            }
            DecoderResult::InputEmpty | DecoderResult::OutputFull => Ok(()),
        }
    }

    fn note_lines(&mut self) {
        let written = self.output.get(self.ready.clone()).unwrap_or_default();
        self.line += written.iter().filter(|b| **b == b'\n').count() as u64;
        self.last = written.last().copied().unwrap_or(self.last);
    }

    /// Every record ends with a line break, so that lines can be counted by them.
    fn finish(&mut self) {
        self.state = State::Done;
        if self.last != b'\n'
            && let Some(end) = self.output.get_mut(self.ready.end)
        {
            *end = b'\n';
            self.ready.end += 1;
        }
    }

    fn malformed(&self, bad: u8, after: u8) -> io::Error {
        let offset = self.decoded - u64::from(bad) - u64::from(after);
        let hint = match self.encoding == encoding_rs::UTF_8 {
            true => {
                "if the file comes from a Chinese Excel, say `encoding = \"gb18030\"` in the mapping"
            }
            false => "correct `encoding` in the mapping",
        };
        let name = self.encoding.name().to_ascii_lowercase();
        let text = format!(
            "line {}: the bytes at offset {offset} are not {name}; {hint}",
            self.line
        );
        io::Error::new(io::ErrorKind::InvalidData, text)
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && self.state != State::Done {
            self.refill()?;
        }
        let from = self.output.get(self.ready.clone()).unwrap_or_default();
        let count = from.len().min(to.len());
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
        self.ready.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GB18030, UTF_8, WINDOWS_1252};

    use super::*;

    fn read(bytes: &[u8], encoding: &'static Encoding) -> Result<String, String> {
        let mut text = String::new();
        Text::new(bytes, encoding)
            .read_to_string(&mut text)
            .map(|_| text)
            .map_err(|e| e.to_string())
    }

    /// A file that comes in pieces of one byte.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(to)) = (self.0.split_first(), to.first_mut()) else {
                return Ok(0);
            };
            (*to, self.0) = (*first, rest);
            Ok(1)
        }
    }

    #[test]
    fn the_byte_order_mark_is_no_part_of_the_first_name() {
        assert_eq!(
            read("\u{feff}客户,金额\n".as_bytes(), UTF_8).unwrap(),
            "客户,金额\n"
        );
    }

    #[test]
    fn other_encodings_are_read() {
        let (bytes, ..) = GB18030.encode("宁夏化工𠮷\n");
        assert_eq!(read(&bytes, GB18030).unwrap(), "宁夏化工𠮷\n");
        assert_eq!(read(b"M\xfcller\n", WINDOWS_1252).unwrap(), "Müller\n");
    }

    #[test]
    fn bytes_of_another_encoding_are_refused_with_line_offset_and_hint() {
        let (bytes, ..) = GB18030.encode("id,name\n1,a\n2,宁夏\n");
        let error = read(&bytes, UTF_8).unwrap_err();
        assert!(
            error.starts_with("line 3: the bytes at offset 14 are not utf-8"),
            "{error}"
        );
        assert!(error.contains("gb18030"));
    }

    #[test]
    fn a_character_cut_off_by_the_end_of_the_file_is_refused() {
        let error = read(b"a\n\xe5\xae", UTF_8).unwrap_err();
        assert!(
            error.starts_with("line 2: the bytes at offset 2 "),
            "{error}"
        );
    }

    #[test]
    fn pieces_make_no_difference_and_the_last_line_is_ended() {
        let mut text = String::new();
        Text::new(Drops("\u{feff}宁夏\n二".as_bytes()), UTF_8)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "宁夏\n二\n");
        assert_eq!(read(b"", UTF_8).unwrap(), "");
    }
}
