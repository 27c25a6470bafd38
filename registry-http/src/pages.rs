//! What people open in a browser: the plain pages for set-up and sign-in, in the folder `pages`, and the dashboard, in
//! `dashboard/dist`. All are files of the binary, and use the API as every other client does.

mod dashboard;
mod file;
mod policy;

use std::sync::Arc;

use http::Uri;
use poem::web::Redirect;
use poem::{Endpoint, Request, Response, Result, Route, endpoint::make_sync, get};
use rust_embed::RustEmbed;

use self::file::File;

/// Where one's own account was before it became a part of the dashboard, and where it is now.
const MOVED: (&str, &str) = ("/account", "/settings");

#[derive(RustEmbed)]
#[folder = "pages/"]
struct Plain;

/// Adds the pages to the routes.
///
/// # Errors
/// If a file is not there (any more), which only a build for development can come to: it reads the folders.
pub fn mount(route: Route) -> anyhow::Result<Route> {
    let route = Plain::iter().try_fold(route, |route, name| {
        let file = Arc::new(File::read::<Plain>(&name)?);
        anyhow::Ok(route.at(path(&name), get(endpoint(file))))
    })?;
    let route = route.at(MOVED.0, get(make_sync(|_| Redirect::see_other(MOVED.1))));
    dashboard::mount(route)
}

/// Answers `/` with the dashboard, as its other addresses. This is no route: the API has all paths below `/` that no route
/// has, and poem holds that for `/` itself too.
///
/// # Errors
/// Those of the endpoint.
pub async fn home<E: Endpoint<Output = Response>>(
    endpoint: Arc<E>,
    mut request: Request,
) -> Result<Response> {
    if request.uri().path() == "/" {
        *request.uri_mut() = Uri::from_static(dashboard::ADDRESSES[0]);
    }
    endpoint.call(request).await
}

/// The paths that [`mount`] and [`home`] add, for [`crate::error::AllowTable::with`].
pub fn paths() -> impl Iterator<Item = (String, [&'static str; 1])> {
    let plain = Plain::iter().map(|name| path(&name));
    let dashboard = ["/", MOVED.0].into_iter().chain(dashboard::ADDRESSES).chain(dashboard::FILES);
    plain.chain(dashboard.map(str::to_owned)).map(|path| (path, ["GET"]))
}

/// `/sign-in` for `sign-in.html`, `/pages/style.css` for `style.css`.
fn path(name: &str) -> String {
    match name.strip_suffix(".html") {
        Some(page) => format!("/{page}"),
        None => format!("/pages/{name}"),
    }
}

fn endpoint(file: Arc<File>) -> impl Endpoint<Output = Response> {
    make_sync(move |request| file.answer(request.headers()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_sent() {
        mount(Route::new()).unwrap();
        let paths: Vec<String> = paths().map(|(path, _)| path).collect();
        for page in ["/", "/setup", "/sign-in", "/pages/style.css", "/pages/setup.js", "/servers"] {
            assert!(paths.iter().any(|path| path == page), "{page}");
        }
    }

    #[test]
    fn plain_pages_name_only_files_that_are_there_and_have_nothing_inline() {
        let paths: Vec<String> = paths().map(|(path, _)| path).collect();
        for name in Plain::iter().filter(|name| name.ends_with(".html")) {
            let html = String::from_utf8(Plain::get(&name).unwrap().data.into_owned()).unwrap();
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
}
