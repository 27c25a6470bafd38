//! Which methods each path has, for the `Allow` header of 405 answers: poem's router knows but does not say.

use http::HeaderValue;
use serde_json::Value;

/// The methods of each path of an OpenAPI document.
#[derive(Debug, Default)]
pub struct AllowTable {
    routes: Vec<(Vec<String>, HeaderValue)>,
}

impl AllowTable {
    /// Reads the paths of an OpenAPI document; `prefix` is where its service is mounted, without a last slash.
    pub fn of_document(document: &Value, prefix: &str) -> Self {
        let paths = document.get("paths").and_then(Value::as_object);
        let mut table = Self::default();
        for (path, operations) in paths.into_iter().flatten() {
            let methods = operations.as_object().into_iter().flat_map(|operations| operations.keys());
            let methods: Vec<&str> = methods.map(String::as_str).collect();
            table = table.with(&format!("{prefix}{path}"), &methods);
        }
        table
    }

    /// Adds a path (with `{name}` for a segment that varies) and its methods. `HEAD` comes with `GET`.
    #[must_use]
    pub fn with(mut self, path: &str, methods: &[&str]) -> Self {
        let mut methods: Vec<String> = methods.iter().map(|method| method.to_ascii_uppercase()).collect();
        if methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".to_owned());
        }
        methods.sort_unstable();
        methods.dedup();
        if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
            self.routes.push((path.split('/').map(str::to_owned).collect(), value));
        }
        self
    }

    /// The value of `Allow` for this path. A fixed segment wins over one that varies.
    pub fn find(&self, path: &str) -> Option<&HeaderValue> {
        self.place(path).map(|place| &self.routes[place].1)
    }

    /// Which of [`AllowTable::templates`] this path is of.
    pub(crate) fn place(&self, path: &str) -> Option<usize> {
        let segments: Vec<&str> = path.split('/').collect();
        let matching = self.routes.iter().enumerate().filter(|(_, (route, _))| matches(route, &segments));
        matching
            .min_by_key(|(_, (route, _))| route.iter().filter(|segment| is_variable(segment)).count())
            .map(|(place, _)| place)
    }

    /// The paths, with `{name}` for a segment that varies.
    pub(crate) fn templates(&self) -> impl Iterator<Item = String> {
        self.routes.iter().map(|(route, _)| route.join("/"))
    }
}

fn matches(route: &[String], segments: &[&str]) -> bool {
    route.len() == segments.len()
        && route.iter().zip(segments).all(|(pattern, segment)| is_variable(pattern) || pattern == segment)
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::AllowTable;

    #[test]
    fn a_fixed_segment_wins() {
        let table = AllowTable::default()
            .with("/a/{id}", &["get", "delete"])
            .with("/a/me", &["post"])
            .with("/a", &["put"]);
        let find = |path| table.find(path).map(|value| value.to_str().unwrap());
        assert_eq!(find("/a/7"), Some("DELETE, GET, HEAD"));
        assert_eq!(find("/a/me"), Some("POST"));
        assert_eq!(find("/b"), None);
    }
}
