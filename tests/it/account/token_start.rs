//! A file of issuers that would let in anybody stops the start (A11).

use black_box_tests::Binary;

const GOOD: &str = "[[provider]]\nid = \"acme\"\nname = \"Acme\"\nissuer = \"https://id.acme.test\"\n\
    client_id = \"dashboard\"\nclient_secret_env = \"ACME_SECRET\"\n[provider.claims]\ntenant = \"acme\"\n\
    default_role = \"user\"\n\n[[issuer]]\nissuer = \"https://id.acme.test\"\n\
    audiences = [\"https://registry.acme.test\"]\n[issuer.claims]\ntenant = \"acme\"\ndefault_role = \"user\"\n";
const SECRET: &str = "Zx8~Q1.s-0pVn4rT_qLm";

fn start(file: &str, secret: &str) -> Result<Binary, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.toml");
    std::fs::write(&path, file).unwrap();
    let environment = [("MCP_REGISTRY_IDENTITY", path.to_str().unwrap()), ("ACME_SECRET", secret)];
    Binary::try_start(folder.path(), &[], &environment).map_err(|finished| {
        assert!(!finished.status.success() && finished.stdout.is_empty(), "{finished:?}");
        finished.stderr
    })
}

#[tokio::test]
async fn a11_a_file_that_would_let_in_anybody_stops_the_start() {
    assert!(start(GOOD, SECRET).is_ok());
    for (from, to, named) in [
        ("audiences = [\"https://registry.acme.test\"]", "audiences = []", "audiences"),
        ("audiences = [\"https://registry.acme.test\"]\n", "", "audiences"),
        ("[\"https://registry.acme.test\"]", "[\"*\"]", "audiences"),
        ("[\"https://registry.acme.test\"]", "[\"dashboard\"]", "audiences"),
        ("audiences", "algorithms = [\"none\"]\naudiences", "algorithms"),
        ("audiences", "algorithms = [\"HS256\"]\naudiences", "algorithms"),
        ("\"dashboard\"", "\"<client-id>\"", "client_id"),
        ("issuer = \"https://id", "issuer = \"http://id", "issuer"),
        ("default_role = \"user\"", "default_role = \"admin\"", "default_role"),
    ] {
        let Err(stderr) = start(&GOOD.replace(from, to), SECRET) else { panic!("{to} was accepted") };
        assert!(stderr.contains(named), "{named} is not in {stderr}");
    }
    for secret in ["", "changeme", "secret", "your-secret-here", "<secret>"] {
        let Err(stderr) = start(GOOD, secret) else { panic!("the secret {secret:?} was accepted") };
        assert!(stderr.contains("client_secret"), "{stderr}");
    }
    let Err(stderr) = start("", SECRET) else { panic!("an empty file was accepted") };
    assert!(stderr.contains("[[provider]]"), "{stderr}");
}
