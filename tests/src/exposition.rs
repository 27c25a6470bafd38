//! The text format of Prometheus, version 0.0.4: read strictly, as `promtool check metrics` does.

use std::collections::{BTreeMap, HashSet};

/// One line with a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The name, with `_bucket`, `_sum` or `_count` for a histogram's.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// A whole text.
#[derive(Debug, Default)]
pub struct Exposition {
    /// The values, in their order.
    pub samples: Vec<Sample>,
    kinds: BTreeMap<String, String>,
    helps: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads a text.
    ///
    /// # Panics
    /// If it is not well formed: a bad name, a sample without `# HELP` and `# TYPE` before it, a sample twice, a counter
    /// that is not named `_total`, buckets that do not add up.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut exposition = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            exposition.line(line);
        }
        exposition.assert_unique();
        exposition.assert_histograms();
        exposition
    }

    /// The sum of the samples with this name and these labels, among others; 0 if there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &Sample| {
            labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|is| is == value))
        };
        self.samples
            .iter()
            .filter(|sample| sample.name == name && has(sample))
            .map(|sample| sample.value)
            .sum()
    }

    /// The names of the metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("no help in {line}"));
            assert!(self.helps.insert(name.to_owned(), help.to_owned()).is_none(), "twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no type in {line}"));
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(self.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        } else {
            let sample = sample(line);
            let family = self.family(&sample.name);
            assert!(self.helps.contains_key(&family), "no help before {line}");
            self.samples.push(sample);
        }
    }

    fn family(&self, name: &str) -> String {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        match histogram.filter(|family| self.kinds.get(*family).is_some_and(|kind| kind == "histogram")) {
            Some(family) => family.to_owned(),
            None => {
                assert!(self.kinds.contains_key(name), "no type before {name}");
                name.to_owned()
            }
        }
    }

    fn assert_unique(&self) {
        let mut seen = HashSet::new();
        for sample in &self.samples {
            assert!(seen.insert((&sample.name, &sample.labels)), "twice: {sample:?}");
        }
    }

    fn assert_histograms(&self) {
        let mut last: BTreeMap<(String, BTreeMap<String, String>), f64> = BTreeMap::new();
        for sample in &self.samples {
            let mut labels = sample.labels.clone();
            if let Some(family) = sample.name.strip_suffix("_bucket") {
                labels.remove("le").expect("a bucket has a bound");
                let before = last.insert((family.to_owned(), labels), sample.value).unwrap_or_default();
                assert!(sample.value >= before, "buckets add up: {sample:?}");
            } else if let Some(family) = sample.name.strip_suffix("_count") {
                let all = last.get(&(family.to_owned(), labels));
                assert_eq!(all, Some(&sample.value), "the last bucket has all: {sample:?}");
            }
        }
    }
}

/// `name{label="value",...} value`
fn sample(line: &str) -> Sample {
    let (head, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value in {line}"));
    let (name, labels) = match head.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("no end: {line}"))),
        None => (head, ""),
    };
    assert!(is_name(name), "{line}");
    let value = value.parse().unwrap_or_else(|_| panic!("no number in {line}"));
    Sample { name: name.to_owned(), labels: labels_of(labels, line), value }
}

/// No value that is written here needs an escape, and none may have a comma or a quote.
fn labels_of(text: &str, line: &str) -> BTreeMap<String, String> {
    let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or_else(|| panic!("no label in {line}"));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("no quotes in {line}"));
        assert!(is_name(name) && !value.contains(['"', '\\', '\n']), "{line}");
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

fn is_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    name.bytes().next().is_some_and(is_first)
        && name.bytes().all(|byte| is_first(byte) || byte.is_ascii_digit())
}
