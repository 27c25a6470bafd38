//! The dashboard: one page with a script, which looks at the address.

use std::sync::Arc;

use poem::{Route, get};
use rust_embed::RustEmbed;

use super::{endpoint, file::File};

/// What `npm run build` made. It is in the repository, so that a build of the service needs no Node.
#[derive(RustEmbed)]
#[folder = "dashboard/dist/"]
struct Dist;

const INDEX: &str = "index.html";
/// Of what it was built, which is for a test.
const STAMP: &str = "stamp";

/// The addresses that the page answers to besides `/`; those of `dashboard/src/router.tsx`.
pub(super) const ADDRESSES: [&str; 10] = [
    "/servers",
    "/servers/{id}",
    "/keys",
    "/health",
    "/alerts",
    "/webhooks",
    "/audit",
    "/users",
    "/tenants",
    "/settings",
];

/// The paths of its scripts and styles.
pub(super) const FILES: [&str; 2] = ["/theme.js", "/assets/{file}"];

/// Adds the page and its files to the routes.
///
/// # Errors
/// If a file is not there or is no part of a page.
pub(super) fn mount(route: Route) -> anyhow::Result<Route> {
    let index = Arc::new(File::read::<Dist>(INDEX)?);
    let route = ADDRESSES
        .iter()
        .fold(route, |route, address| route.at(address.replace("{id}", ":id"), get(endpoint(index.clone()))));
    Dist::iter().filter(|name| ![INDEX, STAMP].contains(&&**name)).try_fold(route, |route, name| {
        let file = Arc::new(File::read::<Dist>(&name)?);
        Ok(route.at(format!("/{name}"), get(endpoint(file))))
    })
}

/// The text of each script.
#[cfg(test)]
pub(super) fn scripts() -> Vec<String> {
    let names = Dist::iter().filter(|name| name.ends_with(".js"));
    names.map(|name| String::from_utf8(Dist::get(&name).unwrap().data.into_owned()).unwrap()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_that_the_page_knows_is_served() {
        let router = include_str!("../../dashboard/src/router.tsx");
        let known = router.split("...at('").skip(1).filter_map(|rest| rest.split('\'').next());
        let mut known: Vec<String> = known.map(|path| path.replace("$serverId", "{id}")).collect();
        known.sort();
        let mut served: Vec<&str> = ["/"].into_iter().chain(ADDRESSES).collect();
        served.sort_unstable();
        assert_eq!(served, known);
    }

    #[test]
    fn the_page_names_only_files_that_are_there_and_has_nothing_inline() {
        let html = String::from_utf8(Dist::get(INDEX).unwrap().data.into_owned()).unwrap();
        let named: Vec<&str> = html.split('"').filter_map(|text| text.strip_prefix('/')).collect();
        let own = named.iter().filter(|name| !name.starts_with("pages/") && !name.starts_with("api/"));
        assert!(own.clone().count() >= 3);
        for name in own {
            assert!(Dist::get(name).is_some(), "{name}");
        }
        for inline in ["style=", "<style", "<script>", "javascript:", "://"] {
            assert!(!html.contains(inline), "{inline}");
        }
    }
}
