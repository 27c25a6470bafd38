//! The pages for people: set-up, sign-in and one's own account. Plain files in the folder `pages`, which are part of the
//! binary. They use the API as every other client does.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::error::MethodNotAllowedError;
use poem::{Endpoint, IntoResponse, Request, Response, Result, Route, endpoint::make_sync, get};
use rust_embed::RustEmbed;

/// What the pages may do: their own scripts and styles, none inline, and talk to this site alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where a browser is sent that asks for the site as a whole.
const HOME: &str = "/account";
/// How much of the digest is in an ETag: enough that no two versions of a file have the same.
const ETAG_BYTES: usize = 16;

#[derive(RustEmbed)]
#[folder = "pages/"]
struct Files;

/// Adds the pages to the routes.
///
/// # Errors
/// If a file is not there (any more), which only a build for development can come to: it reads the folder.
pub fn mount(route: Route) -> anyhow::Result<Route> {
    Files::iter().try_fold(route, |route, name| {
        let file = File::read(&name).with_context(|| format!("the page {name} is not there"))?;
        Ok(route.at(path(&name), get(endpoint(file))))
    })
}

/// Sends who asks for `/` to the account page. This is no route: the API has all paths below `/` that no route has, and
/// poem holds that for `/` itself too.
///
/// # Errors
/// Those of the endpoint, and 405.
pub async fn home<E: Endpoint<Output = Response>>(endpoint: Arc<E>, request: Request) -> Result<Response> {
    if request.uri().path() != "/" {
        return endpoint.call(request).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(MethodNotAllowedError.into());
    }
    let response = Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, HOME);
    Ok(response.header(header::CACHE_CONTROL, "no-cache").finish())
}

/// The paths that [`mount`] and [`home`] add, for [`crate::error::AllowTable::with`].
pub fn paths() -> impl Iterator<Item = (String, [&'static str; 1])> {
    let files = Files::iter().map(|name| path(&name));
    files.chain(["/".to_owned()]).map(|path| (path, ["GET"]))
}

/// `/sign-in` for `sign-in.html`, `/pages/style.css` for `style.css`.
fn path(name: &str) -> String {
    match name.strip_suffix(".html") {
        Some(page) => format!("/{page}"),
        None => format!("/pages/{name}"),
    }
}

/// A file as it is sent.
struct File {
    content: Bytes,
    content_type: &'static str,
    etag: HeaderValue,
}

impl File {
    fn read(name: &str) -> Option<Self> {
        let file = Files::get(name)?;
        let digest = file.metadata.sha256_hash();
        let etag = format!("\"{}\"", hex::encode(digest.get(..ETAG_BYTES)?));
        let etag = HeaderValue::from_str(&etag).ok()?;
        Some(Self { content: Bytes::from(file.data.into_owned()), content_type: content_type(name)?, etag })
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let mut response = match is_current(request, &self.etag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => Response::builder().content_type(self.content_type).body(self.content.clone()),
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        response
    }
}

fn endpoint(file: File) -> impl Endpoint<Output = Response> {
    make_sync(move |request| file.answer(request.headers()))
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

/// Whether the client has this version already (RFC 9110 section 13.1.2).
fn is_current(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_sent() {
        for name in Files::iter() {
            assert!(File::read(&name).is_some(), "{name}");
        }
        let paths: Vec<String> = paths().map(|(path, _)| path).collect();
        for page in ["/", "/setup", "/sign-in", "/account", "/pages/style.css", "/pages/setup.js"] {
            assert!(paths.iter().any(|path| path == page), "{page}");
        }
    }

    #[test]
    fn pages_name_only_files_that_are_there_and_have_nothing_inline() {
        let paths: Vec<String> = paths().map(|(path, _)| path).collect();
        for name in Files::iter().filter(|name| name.ends_with(".html")) {
            let html = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
            let named = html.split(['"', '\'']).filter(|text| text.starts_with("/pages/"));
            assert!(named.clone().count() >= 3, "{name}");
            for file in named {
                assert!(paths.iter().any(|path| path == file), "{name} names {file}");
            }
            for inline in ["style=", "<style", "onclick", "javascript:", "://cdn"] {
                assert!(!html.contains(inline), "{name} has {inline}");
            }
        }
    }

    #[test]
    fn who_has_the_file_gets_no_second_copy() {
        let file = File::read("style.css").unwrap();
        let etag = file.etag.to_str().unwrap();
        let status = |tags: &str| {
            let given = [(header::IF_NONE_MATCH, HeaderValue::from_str(tags).unwrap())];
            file.answer(&HeaderMap::from_iter(given)).status()
        };
        for current in [etag.to_owned(), format!("\"old\", W/{etag}"), "*".to_owned()] {
            assert_eq!(status(&current), StatusCode::NOT_MODIFIED, "{current}");
        }
        assert_eq!(status("\"old\""), StatusCode::OK);
        assert_eq!(file.answer(&HeaderMap::new()).status(), StatusCode::OK);
    }
}
