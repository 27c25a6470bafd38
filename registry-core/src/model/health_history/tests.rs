//! Tests of what may be asked of history, and of how ranges are cut up.

use super::*;
use crate::model::check_rollup::CheckTally;

const NOW: &str = "2026-11-22T09:40:02Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fields(input: HistoryInput) -> Vec<String> {
    let errors = input.validate(at(NOW)).unwrap_err();
    errors.as_slice().iter().map(|error| error.field.clone()).collect()
}

fn trend(input: HistoryInput) -> TrendQuery {
    match input.validate(at(NOW)) {
        Ok(HistoryQuery::Trend(query)) => query,
        other => panic!("{other:?}"),
    }
}

fn by(resolution: HistoryResolution) -> HistoryInput {
    HistoryInput { resolution: Some(resolution), ..HistoryInput::default() }
}

#[test]
fn without_a_range_there_is_a_usual_one_of_whole_steps() {
    let hours = trend(by(HistoryResolution::Hour));
    assert_eq!((hours.from, hours.to), (at("2026-11-21T09:00:00Z"), at("2026-11-22T10:00:00Z")));
    let days = trend(by(HistoryResolution::Day));
    assert_eq!((days.from, days.to), (at("2026-10-23T00:00:00Z"), at("2026-11-23T00:00:00Z")));
    let page = HistoryInput::default().validate(at(NOW));
    assert_eq!(page, Ok(HistoryQuery::Checks(Period::EVER, PageRequest::default())));
}

#[test]
fn every_problem_is_told_at_once() {
    let (from, to) = (Some(at("2026-11-22T09:00:00Z")), Some(at("2026-11-22T08:00:00Z")));
    let raw =
        HistoryInput { from, to, slots: Some(1), page: Some(0), limit: Some(101), ..Default::default() };
    assert_eq!(fields(raw), ["slots", "to", "page", "limit"]);
    let hour = HistoryInput { slots: Some(0), resolution: Some(HistoryResolution::Hour), ..raw };
    assert_eq!(fields(hour), ["page", "limit", "to", "slots"]);
    let odd = HistoryInput { from: Some(at("0099-01-01T00:00:00Z")), ..by(HistoryResolution::Day) };
    assert_eq!(fields(odd), ["from", "from"]);
}

#[test]
fn ranges_and_slots_have_their_bounds() {
    let from = |days| Some(at(NOW) - TimeDelta::days(days));
    for (resolution, most) in [(HistoryResolution::Hour, 90), (HistoryResolution::Day, 731)] {
        trend(HistoryInput { from: from(most), ..by(resolution) });
        assert_eq!(fields(HistoryInput { from: from(most + 1), ..by(resolution) }), ["from"]);
    }
    let slots = |slots| HistoryInput { slots: Some(slots), ..by(HistoryResolution::Hour) };
    trend(slots(25));
    assert_eq!(fields(slots(26)), ["slots"], "there are 25 hours");
    let many = HistoryInput { from: from(30), ..slots(200) };
    trend(many);
    assert_eq!(fields(HistoryInput { slots: Some(201), ..many }), ["slots"]);
}

fn hours(of: &[i64], from: Timestamp) -> Vec<CheckRollup> {
    let tally = CheckTally { checks: 2, successes: 1, failures: 1, ..CheckTally::default() };
    of.iter().map(|n| CheckRollup { start: from + TimeDelta::hours(*n), tally: tally.clone() }).collect()
}

#[test]
fn slots_cover_the_range_and_every_check_is_in_one() {
    for slots in [1, 2, 7, 24, 25] {
        let query = trend(HistoryInput { slots: Some(slots), ..by(HistoryResolution::Hour) });
        let rollups = hours(&[0, 1, 2, 11, 12, 23, 24], query.from);
        let points = query.points(&rollups);
        assert_eq!(points.len(), slots as usize);
        assert_eq!((points[0].from, points[points.len() - 1].to), (query.from, query.to));
        assert!(points.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert!(points.iter().all(|point| point.from < point.to));
        for (from, to, checks) in points.iter().map(|point| (point.from, point.to, point.tally.checks)) {
            let within = rollups.iter().filter(|rollup| Period::between(from, to).contains(rollup.start));
            assert_eq!(checks, 2 * within.count() as u64);
        }
    }
}

#[test]
fn without_slots_each_hour_stands_for_itself() {
    let query = trend(by(HistoryResolution::Hour));
    let rollups = hours(&[3, 5], query.from);
    let points = query.points(&rollups);
    assert_eq!(
        points.iter().map(|point| point.from).collect::<Vec<_>>(),
        [rollups[0].start, rollups[1].start]
    );
    assert!(points.iter().all(|point| point.to - point.from == TimeDelta::hours(1)));
}

#[test]
fn uptime_is_of_at_least_the_time_it_names() {
    let now = at(NOW);
    let step = |start: &str, successes, failures| CheckRollup {
        start: at(start),
        tally: CheckTally { checks: successes + failures, successes, failures, ..CheckTally::default() },
    };
    let hours = [
        step("2026-11-15T09:00:00Z", 0, 6),
        step("2026-11-21T08:00:00Z", 0, 2),
        step("2026-11-21T09:00:00Z", 0, 1),
        step("2026-11-22T09:00:00Z", 1, 0),
    ];
    let days = [step("2026-08-24T00:00:00Z", 0, 8), step("2026-10-23T00:00:00Z", 2, 0)];
    let uptime = Uptime::of(now, &hours, &days);
    assert_eq!(Uptime::hours(now).from, Some(hours[0].start));
    assert_eq!(Uptime::days(now).from, Some(days[0].start));
    assert_eq!((uptime.last_24_hours, uptime.last_7_days), (Some(50.0), Some(10.0)));
    assert_eq!((uptime.last_30_days, uptime.last_90_days), (Some(100.0), Some(20.0)));
    assert_eq!(Uptime::of(now, &[], &[]), Uptime::default());
}
