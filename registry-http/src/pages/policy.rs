//! What a browser lets the pages do.

/// Their own scripts and styles, none inline, and talk to this site alone. No form is sent by the browser itself, which would
/// put a password into the address if somebody were faster than the script that sends it. The digests are those of the two styles that
/// react-aria, of which the dashboard is made, puts into a page by script: the way in is open for just these texts.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o=' \
     'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='; connect-src 'self'; img-src 'self' data:; font-src 'self'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::super::dashboard::scripts;
    use super::CONTENT_SECURITY_POLICY;

    /// The styles in a script: what is between "@layer {" and the brace that ends it.
    fn styles(script: &str) -> impl Iterator<Item = String> {
        let blocks = script.split("@layer {").skip(1).filter_map(|rest| rest.split("\n}").next());
        blocks.map(|block| {
            let (before, rest) = block.split_once("${").unwrap_or((block, "}"));
            let name = if before == block { "" } else { "data-react-aria-pressable" };
            format!("@layer {{{before}{name}{}\n}}", rest.split_once('}').unwrap().1)
        })
    }

    #[test]
    fn the_styles_that_scripts_make_are_let_in_and_no_others() {
        let made: Vec<String> = scripts().iter().flat_map(|script| styles(script)).collect();
        let allowed: Vec<&str> =
            CONTENT_SECURITY_POLICY.split('\'').filter_map(|source| source.strip_prefix("sha256-")).collect();
        let mut digests: Vec<String> =
            made.iter().map(|style| BASE64_STANDARD.encode(Sha256::digest(style))).collect();
        digests.sort();
        assert_eq!(digests, allowed, "{made:#?}");
    }
}
