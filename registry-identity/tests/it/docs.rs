//! The examples of `docs/identity.md` are files that are accepted.

use std::path::Path;

use registry_identity::IdentityConfig;

#[test]
fn every_example_of_the_documentation_is_accepted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/identity.md");
    let text = std::fs::read_to_string(path).unwrap();
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert_eq!(examples.len(), 6);
    for example in examples {
        let outcome = IdentityConfig::parse(example, &|_| Some("Zx8~Q1.s-0pVn4rT_qLm".to_owned()));
        assert!(outcome.is_ok(), "{outcome:?}\n{example}");
    }
    let together = text.split("## Microsoft Entra ID").nth(1).unwrap().split("## Keycloak").next().unwrap();
    let together: String =
        together.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(IdentityConfig::parse(&together, &|_| Some("Zx8~Q1.s-0pVn4rT_qLm".to_owned())).is_ok());
}
