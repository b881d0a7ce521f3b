//! What a request carries to say who sends it.

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::api_key::{self, ApiKey};
use super::refusal::Refusal;

/// A credential as it was sent, not yet believed.
pub(super) enum Credential<'a> {
    ApiKey(ApiKey),
    /// A JWT of a service or of the identity provider.
    Token(&'a str),
}

impl<'a> Credential<'a> {
    /// The one credential of a request.
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let text = bearer(headers)?;
        if text.starts_with(api_key::PREFIX) {
            return ApiKey::parse(text)
                .map(Self::ApiKey)
                .ok_or(Refusal::Invalid("it does not have the form of an API key"));
        }
        Ok(Self::Token(text))
    }
}

/// Two credentials could be understood differently by two readers: refused.
pub(super) fn only(
    headers: &HeaderMap,
    name: impl http::header::AsHeaderName,
) -> Result<Option<&HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Refusal::Invalid("a header about the caller was sent twice")),
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    const FORM: Refusal = Refusal::Invalid("it is not of the form `Bearer …`");
    let value = only(headers, AUTHORIZATION)?.ok_or(Refusal::Missing)?;
    let (scheme, credential) = value
        .to_str()
        .map_err(|_| FORM)?
        .split_once(' ')
        .ok_or(FORM)?;
    if !scheme.eq_ignore_ascii_case("bearer") || credential.trim().is_empty() {
        return Err(FORM);
    }
    Ok(credential.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|v| (AUTHORIZATION, HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c "] {
            assert_eq!(bearer(&headers(&[value])), Ok("a.b.c"), "{value}");
        }
    }

    #[test]
    fn anything_else_is_invalid_and_nothing_is_missing() {
        assert_eq!(bearer(&headers(&[])), Err(Refusal::Missing));
        for value in ["Basic dTpw", "Bearer", "Bearer ", "a.b.c"] {
            assert!(
                matches!(bearer(&headers(&[value])), Err(Refusal::Invalid(_))),
                "{value}"
            );
        }
    }

    #[test]
    fn two_credentials_are_refused() {
        let twice = headers(&["Bearer a.b.c", "Bearer d.e.f"]);
        assert!(matches!(bearer(&twice), Err(Refusal::Invalid(_))));
    }

    #[test]
    fn a_malformed_key_is_not_taken_for_a_token() {
        let sent = headers(&["Bearer knk_nonsense"]);
        assert!(matches!(Credential::of(&sent), Err(Refusal::Invalid(_))));
    }
}
