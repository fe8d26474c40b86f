//! A partner's connection to a gateway: TLS with its own certificate, and no root believed but the pinned one.

use std::time::Duration;

use ureq::tls::{ClientCert, RootCerts, TlsConfig};
use ureq::{Agent, Body, http};

use crate::error::SuiteError;
use crate::request::Ready;

/// No answer of the contract is larger; the sealed document is the largest.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Longer than any deadline of the gateway's own for one request.
const DEADLINE: Duration = Duration::from_mins(1);

/// 客户端: one partner's connections to one gateway.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    url: String,
}

/// 应答: what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of the gateway at `url` with this identity, or none. Connections are made when needed, and kept.
    pub fn new(url: &str, roots: &RootCerts, identity: Option<&ClientCert>) -> Self {
        let tls = TlsConfig::builder().root_certs(roots.clone()).client_cert(identity.cloned()).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(DEADLINE))
            .user_agent("tongbiao-conformance")
            .build();
        Self { agent: config.new_agent(), url: url.trim_end_matches('/').to_owned() }
    }

    /// The full address of a path.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Sends a signed request.
    ///
    /// # Errors
    /// When no answer comes; an answer of any status is none.
    pub fn send(&self, request: &Ready) -> Result<Answer, SuiteError> {
        let fields = request.fields.iter();
        let post = fields.fold(self.agent.post(&request.target), |post, (name, value)| post.header(*name, value));
        answer(&request.target, post.send(request.body.as_slice()))
    }

    /// Reads an address.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn get(&self, path: &str) -> Result<Answer, SuiteError> {
        let address = self.address(path);
        answer(&address, self.agent.get(&address).call())
    }

    /// Sends a body that changes nothing, and so needs no signature.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn ask(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer, SuiteError> {
        let address = self.address(path);
        answer(&address, self.agent.post(&address).header("content-type", content_type).send(body))
    }
}

fn answer(url: &str, response: Result<http::Response<Body>, ureq::Error>) -> Result<Answer, SuiteError> {
    let unreachable = |cause| SuiteError::Unreachable { url: url.to_owned(), cause: Box::new(cause) };
    let mut response = response.map_err(unreachable)?;
    let content_type =
        response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(unreachable)?;
    Ok(Answer { status: response.status().as_u16(), content_type, body })
}

impl Answer {
    /// The answer in one short line, for reports.
    pub fn brief(&self) -> String {
        const CHARACTERS_MAX: usize = 300;
        let body: String = String::from_utf8_lossy(&self.body).chars().take(CHARACTERS_MAX).collect();
        format!("{} {} {body}", self.status, self.content_type)
    }
}
