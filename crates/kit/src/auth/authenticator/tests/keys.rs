//! Keys that sign tokens in tests and nowhere else.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

/// A provider's private key with its id.
pub(super) struct Signer {
    id: &'static str,
    key: EncodingKey,
    algorithm: Algorithm,
}

impl Signer {
    pub(super) fn rsa(id: &'static str) -> Self {
        let key = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
        Self {
            id,
            key,
            algorithm: Algorithm::RS256,
        }
    }

    /// A new key on every call.
    pub(super) fn ec(id: &'static str) -> Self {
        let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
        Self {
            id,
            key,
            algorithm: Algorithm::ES256,
        }
    }

    pub(super) fn ed(id: &'static str) -> Self {
        let key = EncodingKey::from_ed_pem(ED25519.as_bytes()).unwrap();
        Self {
            id,
            key,
            algorithm: Algorithm::EdDSA,
        }
    }

    /// The key as the provider publishes it.
    pub(super) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    pub(super) fn sign_without_key_id(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(self.algorithm), claims, &self.key).unwrap()
    }
}

/// Made for these tests with `openssl genpkey -algorithm RSA`; it protects nothing.
const RSA: &str = "-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCVjtDxKkktD59Z
nvsadFYl3KpMVRRpja3nS3yOLSX+H0y1FMQ33jW93+HWFu4YcFFWuZpVIxr6Fjk6
KMoCnCFdgpuXM9zl4ajMjiVl3Y68fpRraWxou+o5xxsjq4DEuTroTEuNRs/qe1pM
KV/e73HGcLKZCucgXLOPdwMBt/7PFr6fAiVSn4h2K65+XVYq7VT7LV6VIVYND1Sw
/ukyZZ6Tc7pe7bOkR1CVd5nLyWLoHf0B++WztDMamqcNykEeIMbrRUkuUyIUH1kd
Ea29WhDw+9WK/VC7YSnfuO8HUY4o8/Xt0F/XNfHi3gcnRK6inLdcRqq8YujjTGw2
RQP8aVAxAgMBAAECggEACSO6JxLDeAp9XXe2tq4nWZb7nUCRx8WNvBXD3dhqevYk
tOg4+YUN2bWl0nSCRmIOxnL/OHa1vlS/WIuHlNM/wrwpj/ruY+n/a8jABlKc124Q
2eOOaXQaYz+ErBBeBSegrvOCpnaOXDD/mqnonvIZDNx0PaAJ8dNYccr/FwrMepE8
Vm0HlKfj7eW4L3UHoYfuS/lb7OumtrK9joGNNmnW6U5QAzxXr4v+b+01GcU6NFWv
ZvWtxmPqnJGoZPh3bnnBLHRcLFaLwA9BgKGASBzYXXzLn4cyY9X0TnPQomIvl+ri
x0SQ/GP7SmEVw/YGyuGLpGFXqOL953Fi2i8PoU4YMQKBgQDI9l+sA8GmX3ltzVMw
3ezPNNo1rpLVzE+HZABMaXv07iZ5cZFDSQw85ouuKZ2JIEWRKuHzPTCO/e1QPYLB
h99kxS9nRV+RiJeaHrhXPxVN3nTer8hJKQ+LwmZQn/tBQtwmX8NT1ItdErnF5bLv
l92t9IA+JdBb4QDEl4gpZkGpNQKBgQC+hG6yunpi1lno6wBcPHmIyPeyT5q7rSDx
uC6Br1dkie3+CB7z6TfBCiiD1CLGkZWT4H4QHhGLJvN2ONyIy42I3vji87U8pKaF
BndzJ3T9utGNTbMV0tsqIzIT8KYjWBiIh6MNGY1DKf1BIBam4tanW0/JMZnZ4Ib0
KPBB7ARmjQKBgCZHH1QBZypMdzGd8WGWc9vH4mRlOxy0DNXqC1CCqxStI/Dv285o
JIeZFjP3Q0VyOy36cA1Hs28ZGNG21agNPFTSZkQSZ7CtxsqZXV1o66LoY3RjIRAm
XQqu3ZQv1MjKdmpsxSS7kEwLHA2AwgN29seCkcbEpxpJEj9f6ZSRIKKdAoGAMOYi
14LfaMDloM+4bvQiqYYTdVPTPjpoi0Ifxa9weeChEiOZdjc01To7PeLT7i1tu9/R
22csT4/2yzA7Am1kbW31aaLtsJv+FYScYhUNhRZPNLptrbtJ/127O7z3l3jECz7t
Da6yQDvlwbJvvfPY7mmUZ+pwN6jWWpKrX/ApDP0CgYAneGMAPE3Sc2QCpVmMgD/v
CgyjHZBF7syyZd+hwqFld1I//xysPzfmvVp/83FuqB4/eajU1+vBcKIlnjFXkIbb
bNWtrs4aFbX/nF6mpP/vZuN9DzhXNbBRhZYuAvc5bNEW+zR6sFI0tLk20W6rBPRm
KfOp29mtPije/zLRqCsj0g==
-----END PRIVATE KEY-----";

/// Made for these tests with `openssl genpkey -algorithm ed25519`; it protects nothing.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINUk2un2lAXHoN0vMsdzznjgMaEZrXQ0U+mkyurwg1uw
-----END PRIVATE KEY-----";
