//! A file of the binary, as browsers get it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::OnceLock;

use anyhow::Context;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::policy::CONTENT_SECURITY_POLICY;

/// How much of the digest is in an ETag: enough that no two versions of a file have the same.
const ETAG_BYTES: usize = 16;

/// A file as it is sent.
pub(super) struct File {
    content_type: &'static str,
    plain: Form,
    /// Made when somebody asks for it, and kept.
    gzip: OnceLock<Option<Form>>,
}

/// The content in one coding, and the tag of just that (RFC 9110 section 8.8.3.3).
struct Form {
    content: Bytes,
    coding: Option<&'static str>,
    etag: HeaderValue,
}

impl File {
    /// The file of this name.
    ///
    /// # Errors
    /// If it is not there (any more), which only a build for development can come to: it reads the folder. Or if it has no
    /// business among the pages.
    pub(super) fn read<Files: RustEmbed>(name: &str) -> anyhow::Result<Self> {
        let file = Files::get(name).with_context(|| format!("the page {name} is not there"))?;
        let content_type = content_type(name).with_context(|| format!("{name} is no part of a page"))?;
        let digest = hex::encode(file.metadata.sha256_hash().get(..ETAG_BYTES).unwrap_or_default());
        let content = match file.data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        };
        let plain = Form { content, coding: None, etag: HeaderValue::from_str(&format!("\"{digest}\""))? };
        Ok(Self { content_type, plain, gzip: OnceLock::new() })
    }

    /// The answer to a request with these headers.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let form = self.form(request);
        let mut response = match is_current(request, &form.etag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => self.whole(form),
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, form.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        response
    }

    fn whole(&self, form: &Form) -> Response {
        let mut response = Response::builder().content_type(self.content_type);
        if let Some(coding) = form.coding {
            response = response.header(header::CONTENT_ENCODING, coding);
        }
        response.body(form.content.clone())
    }

    fn form(&self, request: &HeaderMap) -> &Form {
        let gzip = || self.gzip.get_or_init(|| compressed(&self.plain)).as_ref();
        accepts_gzip(request).then(gzip).flatten().unwrap_or(&self.plain)
    }
}

/// The smaller form; `None` if it is none.
fn compressed(plain: &Form) -> Option<Form> {
    let content = gzip(&plain.content).ok().filter(|content| content.len() < plain.content.len())?;
    let tag = plain.etag.to_str().ok()?.trim_matches('"');
    let etag = HeaderValue::from_str(&format!("\"{tag}-gzip\"")).ok()?;
    Some(Form { content: Bytes::from(content), coding: Some("gzip"), etag })
}

/// Writing into memory does not fail.
fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

/// `None` for a file that has no business among the pages.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The parts of a list that may be in several fields (RFC 9110 section 5.6.1).
fn list(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = request.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Whether the client has this version already (RFC 9110 section 13.1.2).
fn is_current(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let mut tags = list(request, header::IF_NONE_MATCH);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

/// Whether the client names gzip and does not refuse it (RFC 9110 section 12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    list(request, header::ACCEPT_ENCODING).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Plain;

    fn status(file: &File, name: HeaderName, value: &str) -> StatusCode {
        let given = [(name, HeaderValue::from_str(value).unwrap())];
        file.answer(&HeaderMap::from_iter(given)).status()
    }

    #[test]
    fn who_has_the_file_gets_no_second_copy() {
        let file = File::read::<Plain>("style.css").unwrap();
        let etag = file.plain.etag.to_str().unwrap();
        for current in [etag.to_owned(), format!("\"old\", W/{etag}"), "*".to_owned()] {
            assert_eq!(status(&file, header::IF_NONE_MATCH, &current), StatusCode::NOT_MODIFIED, "{current}");
        }
        assert_eq!(status(&file, header::IF_NONE_MATCH, "\"old\""), StatusCode::OK);
        assert_eq!(file.answer(&HeaderMap::new()).status(), StatusCode::OK);
    }

    #[test]
    fn gzip_is_for_who_accepts_it_and_has_a_tag_of_its_own() {
        let file = File::read::<Plain>("style.css").unwrap();
        let form = |accepted: &'static str| {
            file.form(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]))
        };
        for accepted in ["gzip", "br, GZip;q=0.5", "deflate, gzip ; q=1.0"] {
            assert_eq!(form(accepted).coding, Some("gzip"), "{accepted}");
        }
        for refused in ["", "br", "gzip;q=0", "gzip; q=0.000", "x-gzip2", "gzip;q=x"] {
            assert_eq!(form(refused).coding, None, "{refused}");
        }
        assert_ne!(form("gzip").etag, form("br").etag);
        assert!(form("gzip").content.len() * 2 < form("br").content.len());
    }

    #[test]
    fn what_does_not_become_smaller_is_sent_as_it_is() {
        let plain = |content| Form { content, coding: None, etag: HeaderValue::from_static("\"a\"") };
        assert!(compressed(&plain(Bytes::from_static(b"short"))).is_none());
        assert!(compressed(&plain(Bytes::from(vec![b' '; 1000]))).is_some());
    }
}
