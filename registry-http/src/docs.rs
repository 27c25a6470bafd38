//! The OpenAPI document at `/api/openapi.json` and Swagger UI at `/api/docs`, with nothing from elsewhere.

use anyhow::Context;
use http::{HeaderValue, header};
use poem::{Endpoint, Response, Route, endpoint::make_sync, get};
use poem_openapi::OpenApiService;
use serde_json::Value;

/// The path of the OpenAPI document.
pub const DOCUMENT_PATH: &str = "/api/openapi.json";
/// The path of the documentation.
pub const DOCS_PATH: &str = "/api/docs";

/// What the page may do: its own scripts, no inline ones. Swagger UI sets style attributes and uses `data:` images.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MCP Registry Gateway API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/api/docs/swagger-ui.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
"#;

/// `validatorUrl` would send the document to a public service.
const START: &str = r##"SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
});
"##;

/// Statuses that only operations with a body can answer.
const NEEDS_BODY: [&str; 3] = ["408", "413", "415"];
/// Statuses that only operations which change something can answer.
const NEEDS_CHANGE: [&str; 4] = ["409", "412", "422", "428"];

/// The OpenAPI document of a service, without the errors that an operation cannot answer.
///
/// # Errors
/// If poem-openapi's document is not JSON.
pub fn document(spec: &str) -> anyhow::Result<Value> {
    let mut document: Value = serde_json::from_str(spec).context("the OpenAPI document is not JSON")?;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (method, operation) in
        paths.into_iter().flatten().flat_map(|(_, path)| path.as_object_mut()).flatten()
    {
        let has_body = operation.get("requestBody").is_some();
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, _| {
                (has_body || !NEEDS_BODY.contains(&status.as_str()))
                    && (method != "get" || !NEEDS_CHANGE.contains(&status.as_str()))
            });
        }
    }
    Ok(document)
}

/// Adds the document and the documentation to the routes.
///
/// # Errors
/// If the assets inside of poem-openapi are not where they were.
pub fn mount(route: Route, document: &Value) -> anyhow::Result<Route> {
    let (script, style) = assets().context("poem-openapi's Swagger UI has changed its page")?;
    let document = serde_json::to_string(document)?;
    Ok(route
        .at(DOCUMENT_PATH, get(file(document, "application/json", "no-cache")))
        .at(DOCS_PATH, get(file(PAGE.to_owned(), "text/html; charset=utf-8", "no-cache")))
        .at("/api/docs/start.js", get(file(START.to_owned(), "text/javascript; charset=utf-8", "no-cache")))
        .at("/api/docs/swagger-ui.js", get(file(script, "text/javascript; charset=utf-8", "max-age=86400")))
        .at("/api/docs/swagger-ui.css", get(file(style, "text/css; charset=utf-8", "max-age=86400"))))
}

/// The paths that [`mount`] adds, for [`crate::error::AllowTable::with`].
pub fn paths() -> [(&'static str, [&'static str; 1]); 5] {
    [DOCUMENT_PATH, DOCS_PATH, "/api/docs/start.js", "/api/docs/swagger-ui.js", "/api/docs/swagger-ui.css"]
        .map(|path| (path, ["GET"]))
}

/// The script and the style of Swagger UI. poem-openapi embeds them, but gives them out only inside of its page.
fn assets() -> Option<(String, String)> {
    let page = OpenApiService::new((), "", "").swagger_ui_html();
    let (_, rest) = page.split_once("<style charset=\"UTF-8\">")?;
    let (style, rest) = rest.split_once("</style>")?;
    let (_, rest) = rest.split_once("<script charset=\"UTF-8\">")?;
    let (script, _) = rest.split_once("</script>\n</head>")?;
    Some((script.to_owned(), style.to_owned()))
}

fn file(
    content: String,
    content_type: &'static str,
    cache: &'static str,
) -> impl Endpoint<Output = Response> {
    let content = bytes::Bytes::from(content);
    make_sync(move |_| {
        let mut response = Response::builder().content_type(content_type).body(content.clone());
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
        response
    })
}

#[cfg(test)]
mod tests {
    use super::{assets, document};

    #[test]
    fn the_assets_are_whole() {
        let (script, style) = assets().unwrap();
        assert!(script.contains("SwaggerUIBundle") && script.len() > 1_000_000);
        assert!(style.contains(".swagger-ui") && !style.contains("url(http"));
    }

    #[test]
    fn impossible_errors_are_not_documented() {
        let spec = r#"{"paths": {"/a": {"get": {"responses": {"200": {}, "409": {}, "415": {}, "429": {}}},
            "put": {"requestBody": {}, "responses": {"409": {}, "415": {}}}}}}"#;
        let document = document(spec).unwrap();
        let statuses = |method: &str| {
            let responses = document["paths"]["/a"][method]["responses"].as_object().unwrap();
            responses.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(statuses("get"), ["200", "429"]);
        assert_eq!(statuses("put"), ["409", "415"]);
    }
}
