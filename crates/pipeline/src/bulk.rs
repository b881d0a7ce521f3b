//! Any number of deals at once. What one deal alone would not pass, none passes here.

mod along;
pub mod batch_move;
pub mod events;
pub mod export;
mod fate;
pub mod import;
mod known;
mod row;
mod told;

use std::future::Future;

use keynode_kit::call::Call;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::Pipeline;
use crate::error::Error;

/// What is answered to a stream of chunks.
pub type Answers<T> = ReceiverStream<Result<T, Status>>;

/// Takes one chunk after the other and answers each: whoever does not read its answers is not read
/// from either, so that one chunk is held at a time.
fn answer_each<Q, A, F>(
    pipeline: &Pipeline,
    call: &Call,
    mut chunks: Streaming<Q>,
    take: impl Fn(Pipeline, Call, Q) -> F + Send + 'static,
) -> Answers<A>
where
    Q: Send + 'static,
    A: Send + 'static,
    F: Future<Output = Result<A, Error>> + Send,
{
    let (answers, receiver) = mpsc::channel(1);
    let (pipeline, call) = (pipeline.clone(), call.clone());
    tokio::spawn(async move {
        loop {
            let chunk = match chunks.message().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return,
                Err(status) => {
                    let _gone = answers.send(Err(status)).await;
                    return;
                }
            };
            let call = Call {
                now: pipeline.clock.now(),
                ..call.clone()
            };
            let answer = take(pipeline.clone(), call, chunk).await;
            let is_over = answer.is_err();
            let is_gone = answers.send(answer.map_err(Status::from)).await.is_err();
            if is_over || is_gone {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}
