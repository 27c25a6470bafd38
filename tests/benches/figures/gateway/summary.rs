//! The figures of all turns: medians, and the ratio of gateway to bare proxy within each turn.

use serde_json::{Map, Value, json};

use super::turns::{Case, TURNS};
use super::ways::Way;
use crate::load::Round;
use crate::stats::{median, round};
use crate::upstream::JSON;

/// Which case the figures of the first level are of.
const CHIEF: (&str, usize) = (JSON, 32);

pub(super) fn of(cases: &[Case]) -> Map<String, Value> {
    let mut figures = Map::new();
    figures.insert("turns".to_owned(), TURNS.into());
    for case in cases {
        if (case.path, case.connections) == CHIEF {
            chief(&mut figures, case);
        }
        let name = format!("{}_{}", case.path.trim_start_matches('/'), case.connections);
        figures.insert(name, about(case));
    }
    figures
}

fn chief(figures: &mut Map<String, Value>, case: &Case) {
    let mut add = |name: &str, value: f64| figures.insert(name.to_owned(), value.into());
    add("direct_rps", round(case.median(Way::Direct, |one| one.per_second), 0));
    add("bare_rps", round(case.median(Way::Bare, |one| one.per_second), 0));
    add("gateway_rps", round(case.median(Way::Gateway, |one| one.per_second), 0));
    add("ratio", round(median(&mut case.ratios()), 3));
    add("gateway_p99_ms", round(case.median(Way::Gateway, |one| one.p99_us) / 1e3, 3));
    add("gateway_cpu_us", round(case.median(Way::Gateway, cpu_us), 1));
    add("bare_cpu_us", round(case.median(Way::Bare, cpu_us), 1));
}

fn about(case: &Case) -> Value {
    let ratios: Value = case.ratios().into_iter().map(|ratio| round(ratio, 3)).collect();
    let mut about = json!({ "ratio": round(median(&mut case.ratios()), 3), "ratio_of_each_turn": ratios });
    for way in Way::ALL {
        let each: Value = case.rounds[way as usize].iter().map(|one| round(one.per_second, 0)).collect();
        let mut figure = json!({
            "rps": round(case.median(way, |one| one.per_second), 0),
            "p50_ms": round(case.median(way, |one| one.p50_us) / 1e3, 3),
            "p99_ms": round(case.median(way, |one| one.p99_us) / 1e3, 3),
            "rps_of_each_turn": each,
        });
        if way != Way::Direct {
            figure["cpu_us"] = round(case.median(way, cpu_us), 1).into();
        }
        about[format!("{way:?}").to_lowercase()] = figure;
    }
    about
}

fn cpu_us(round: &Round) -> f64 {
    round.cpu_us.unwrap_or(f64::NAN)
}

impl Case {
    fn median(&self, way: Way, value: fn(&Round) -> f64) -> f64 {
        median(&mut self.rounds[way as usize].iter().map(value).collect::<Vec<_>>())
    }

    fn ratios(&self) -> Vec<f64> {
        let [_, bare, gateway] = &self.rounds;
        let turns = gateway.iter().zip(bare);
        turns.map(|(gateway, bare)| gateway.per_second / bare.per_second).collect()
    }
}
