//! Fuzz targets of what looks at a request before anything else does.

use http::uri::{Authority, PathAndQuery};
use url::Url;

use super::head::HeadScanner;
use super::validate::{check_path, is_host};

const MAX_HEAD: usize = 256;

/// How the bytes of a connection are cut into reads does not matter to what the scanner makes of them.
#[test]
fn fuzz_head() {
    bolero::check!().for_each(|input: &[u8]| {
        let Some((&cut, bytes)) = input.split_first() else { return };
        let (mut whole, mut pieces) = (HeadScanner::new(MAX_HEAD), HeadScanner::new(MAX_HEAD));
        let flaw = whole.feed(bytes);
        let in_pieces = bytes.chunks(usize::from(cut % 16) + 1).find_map(|read| pieces.feed(read));
        assert_eq!((flaw, whole.phase(), whole.heads()), (in_pieces, pieces.phase(), pieces.heads()));
    });
}

/// What is taken for a host is one, for the parser of URLs too.
#[test]
fn fuzz_host() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if !is_host(&text) {
            return;
        }
        let authority: Authority = text.parse().expect("it was one");
        assert!(!authority.host().is_empty() && !text.contains(['/', '@', '?', '#', '\\', ' ', '%']));
        if let Ok(url) = Url::parse(&format!("http://{text}/")) {
            assert!(url.path() == "/" && url.username().is_empty() && url.query().is_none(), "{text}");
        }
    });
}

/// A path that is taken has no dot segments that somebody further in would resolve.
#[test]
fn fuzz_path() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(target) = format!("/{text}").parse::<PathAndQuery>() else { return };
        if check_path(target.path()).is_err() {
            return;
        }
        let resolved = Url::parse(&format!("http://x{}", target.path())).expect("a URL");
        let segments = |path: &str| path.replace('\\', "/").split('/').count();
        assert_eq!(segments(resolved.path()), segments(target.path()), "{target}");
    });
}
