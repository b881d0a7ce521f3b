//! Whether a peer has introduced itself. A connection is cheap to open and to leave
//! half-spoken, so who sends neither preface nor request must not keep it.

use std::future::pending;
use std::pin::Pin;

use tokio::io::AsyncRead;
use tokio::time::Sleep;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;

/// What an HTTP/2 connection begins with (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The same stream; cancels `greeted` when the whole HTTP/2 preface was read from it.
pub fn watch<S: AsyncRead>(
    stream: S,
    greeted: CancellationToken,
) -> InspectReader<S, impl FnMut(&[u8])> {
    let mut awaited = Some(PREFACE);
    InspectReader::new(stream, move |read| {
        awaited = awaited.and_then(|rest| after(rest, read));
        if awaited.is_some_and(<[u8]>::is_empty) {
            awaited = None;
            greeted.cancel();
        }
    })
}

/// What of `awaited` is still to come after `read`; none when something else came.
fn after<'a>(awaited: &'a [u8], read: &[u8]) -> Option<&'a [u8]> {
    match awaited.strip_prefix(read) {
        Some(rest) => Some(rest),
        None => read.starts_with(awaited).then_some(&[]),
    }
}

/// Ends when `patience` does, never once the peer has introduced itself.
pub async fn overdue(patience: Pin<&mut Sleep>, greeted: CancellationToken) {
    tokio::select! {
        biased;
        () = greeted.cancelled() => pending().await,
        () = patience => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Whether these bytes, arriving in such pieces, are a greeting.
    async fn greets(pieces: &[&[u8]]) -> bool {
        let mut peer = in_pieces(pieces);
        let greeted = CancellationToken::new();
        let mut said = Vec::new();
        let mut stream = watch(&mut peer, greeted.clone());
        stream.read_to_end(&mut said).await.unwrap();
        assert_eq!(said, pieces.concat(), "nothing is lost");
        greeted.is_cancelled()
    }

    /// Gives one piece with each read.
    fn in_pieces(pieces: &[&[u8]]) -> impl AsyncRead + Unpin {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| std::io::Result::Ok(bytes::Bytes::copy_from_slice(piece)))
            .collect();
        tokio_util::io::StreamReader::new(futures_util::stream::iter(pieces))
    }

    #[tokio::test]
    async fn only_the_whole_preface_is_a_greeting() {
        let whole = [PREFACE, b"and settings"].concat();
        assert!(greets(&[PREFACE]).await);
        assert!(greets(&[&whole]).await, "more may come with it");
        assert!(greets(&[b"PRI * HT", b"TP/2.0\r\n\r\nSM\r\n\r", b"\n..."]).await);
        assert!(!greets(&[]).await);
        assert!(!greets(&[b"PRI * HT"]).await);
        assert!(!greets(&[b"POST / HTTP/1.1\r\n", PREFACE]).await);
    }
}
