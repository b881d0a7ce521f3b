//! What travels with a call: who calls, in which tenant, until when, in which trace.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::time::Instant;
use tonic::metadata::{Ascii, MetadataValue};

use super::Credentials;
use crate::auth::TENANT_HEADER;
use crate::call::{Call, TenantId};
use crate::telemetry::propagation;

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const TENANT: HeaderName = HeaderName::from_static(TENANT_HEADER);
const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// For whom a channel calls.
#[derive(Clone, Default)]
pub(super) struct Context {
    identity: Identity,
    deadline: Option<Instant>,
    trace_id: String,
}

#[derive(Clone)]
enum Identity {
    /// The channel's own credentials, in this tenant.
    Own(Option<TenantId>),
    /// Somebody who called us, in the tenant of the call. People and keys have theirs in
    /// the credential; a service that called us acts in the tenant that it named.
    Caller(Option<MetadataValue<Ascii>>, Option<TenantId>),
}

impl Default for Identity {
    fn default() -> Self {
        Self::Own(None)
    }
}

impl Context {
    pub(super) fn of(call: &Call) -> Self {
        Self {
            identity: Identity::Caller(call.authorization.clone(), call.principal.tenant),
            deadline: call.deadline.map(Instant::from_std),
            trace_id: call.trace_id.clone(),
        }
    }

    pub(super) fn with_own_identity(mut self, tenant: Option<TenantId>) -> Self {
        self.identity = Identity::Own(tenant);
        self
    }

    /// Until when a call may last: what the request says, else `default`, but never
    /// longer than the call in whose course it is made.
    pub(super) fn deadline(
        &self,
        headers: &HeaderMap,
        default: Option<Duration>,
    ) -> Option<Instant> {
        let own = headers.get(TIMEOUT).and_then(parse_timeout).or(default);
        let own = own.map(|timeout| Instant::now() + timeout);
        own.into_iter().chain(self.deadline).min()
    }

    /// Adds credential, tenant and trace; what the request already says stays.
    pub(super) fn apply(&self, credentials: &Credentials, headers: &mut HeaderMap) {
        if !headers.contains_key(header::AUTHORIZATION)
            && let Some(value) = self.authorization(credentials)
        {
            headers.insert(header::AUTHORIZATION, value);
        }
        let (Identity::Own(tenant) | Identity::Caller(_, tenant)) = &self.identity;
        if let Some(tenant) = tenant
            && let Ok(value) = HeaderValue::try_from(tenant.to_string())
        {
            headers.insert(TENANT, value);
        }
        if !headers.contains_key(TRACE) {
            propagation::inject(&tracing::Span::current(), headers);
        }
        // Without telemetry there is no span, yet the trace goes on.
        if !headers.contains_key(TRACE)
            && let Some(value) = traceparent(&self.trace_id)
        {
            headers.insert(TRACE, value);
        }
    }

    /// A caller without credential stays without: it must not gain the service's rights.
    fn authorization(&self, credentials: &Credentials) -> Option<HeaderValue> {
        let value = match &self.identity {
            Identity::Own(_) => credentials.authorization(),
            Identity::Caller(value, _) => value.clone(),
        };
        let mut value = HeaderValue::from_bytes(value?.as_encoded_bytes()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Tells the server how long is left.
pub(super) fn set_timeout(headers: &mut HeaderMap, deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now());
    if let Ok(value) = HeaderValue::try_from(format_timeout(left)) {
        headers.insert(TIMEOUT, value);
    }
}

/// `grpc-timeout` has at most eight digits and a unit.
fn format_timeout(left: Duration) -> String {
    const MOST: u128 = 99_999_999;
    let units = [(left.as_micros(), 'u'), (left.as_millis(), 'm')];
    let fitting = units.into_iter().find(|(count, _)| *count <= MOST);
    let (count, unit) = fitting.unwrap_or((u128::from(left.as_secs()).min(MOST), 'S'));
    format!("{count}{unit}")
}

fn parse_timeout(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let unit = text.chars().last()?;
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let unit = match unit {
        'H' => Duration::from_secs(3600),
        'M' => Duration::from_secs(60),
        'S' => Duration::from_secs(1),
        'm' => Duration::from_millis(1),
        'u' => Duration::from_micros(1),
        'n' => Duration::from_nanos(1),
        _ => return None,
    };
    Some(unit.saturating_mul(count))
}

/// A W3C `traceparent` with a new span in this trace.
fn traceparent(trace_id: &str) -> Option<HeaderValue> {
    if trace_id.len() != 32 {
        return None;
    }
    // All zeros means "no span".
    let span = rand::random::<u64>().max(1);
    HeaderValue::try_from(format!("00-{trace_id}-{span:016x}-01")).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn service() -> Credentials {
        Credentials::Service(Arc::new(|| MetadataValue::from_static("Bearer service")))
    }

    fn caller(authorization: Option<&'static str>) -> Context {
        let authorization = authorization.map(MetadataValue::from_static);
        Context {
            identity: Identity::Caller(authorization, None),
            deadline: None,
            trace_id: TRACE_ID.into(),
        }
    }

    fn applied(context: &Context, credentials: &Credentials) -> HeaderMap {
        let mut headers = HeaderMap::new();
        context.apply(credentials, &mut headers);
        headers
    }

    #[test]
    fn a_caller_is_passed_on_as_it_is() {
        let headers = applied(&caller(Some("Bearer caller")), &service());
        assert_eq!(headers[header::AUTHORIZATION], "Bearer caller");
        assert!(headers[header::AUTHORIZATION].is_sensitive());
        assert!(!headers.contains_key(TENANT_HEADER));
        let trace = headers[TRACE].to_str().expect("ascii");
        assert!(
            trace.starts_with(&format!("00-{TRACE_ID}-")) && trace.len() == 55,
            "{trace}"
        );
    }

    #[test]
    fn the_tenant_that_a_service_named_is_passed_on() {
        let tenant = TenantId(uuid::Uuid::now_v7());
        let context = Context {
            identity: Identity::Caller(None, Some(tenant)),
            ..Context::default()
        };
        assert_eq!(
            applied(&context, &service())[TENANT_HEADER],
            tenant.to_string()
        );
    }

    #[test]
    fn an_anonymous_caller_does_not_gain_the_rights_of_the_service() {
        let headers = applied(&caller(None), &service());
        assert!(!headers.contains_key(header::AUTHORIZATION));
    }

    #[test]
    fn a_service_acts_in_a_tenant_with_its_own_credential() {
        let tenant = TenantId(uuid::Uuid::now_v7());
        let headers = applied(
            &caller(Some("Bearer caller")).with_own_identity(Some(tenant)),
            &service(),
        );
        assert_eq!(headers[header::AUTHORIZATION], "Bearer service");
        assert_eq!(headers[TENANT_HEADER], tenant.to_string());
        assert!(headers.contains_key(TRACE), "the trace goes on");
    }

    #[test]
    fn timeouts_survive_the_header() {
        for (timeout, text) in [
            (Duration::from_millis(5), "5000u"),
            (Duration::from_secs(1000), "1000000m"),
            (Duration::from_secs(200_000), "200000S"),
        ] {
            assert_eq!(format_timeout(timeout), text);
            let value = HeaderValue::from_static(text);
            assert_eq!(parse_timeout(&value), Some(timeout));
        }
        assert_eq!(parse_timeout(&HeaderValue::from_static("5 apples")), None);
    }

    #[test]
    fn the_deadline_is_the_nearest_one() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let (mut context, mut headers) = (caller(None), HeaderMap::new());
        assert_eq!(context.deadline(&headers, None), None, "a stream may last");
        let now = Instant::now();
        let default = context
            .deadline(&headers, Some(minute))
            .expect("the default");
        assert!((now + minute..now + minute * 2).contains(&default));
        context.deadline = Some(now + second);
        assert_eq!(context.deadline(&headers, Some(minute)), context.deadline);
        assert_eq!(context.deadline(&headers, None), context.deadline);
        headers.insert(TIMEOUT, HeaderValue::from_static("1m"));
        assert!(context.deadline(&headers, Some(minute)) < context.deadline);
    }
}
