//! The turns: every way is measured again and again, so that whatever else the machine does falls on all ways alike.

use anyhow::Result;

use super::CONNECTIONS;
use super::ways::{Way, Ways};
use crate::load::{self, Round};
use crate::settings::Settings;
use crate::upstream::{JSON, SSE};

/// How many turns there are. Many short ones: what disturbs a machine for a while then falls on few of them.
pub(super) const TURNS: usize = 11;

/// A kind of answer and a number of connections, with the rounds of each way: one for each turn.
pub(super) struct Case {
    pub(super) path: &'static str,
    pub(super) connections: usize,
    pub(super) rounds: [Vec<Round>; Way::ALL.len()],
}

/// All turns of all cases.
pub(super) fn run(ways: &Ways, settings: &Settings) -> Result<Vec<Case>> {
    let kinds = [JSON, SSE].into_iter();
    let cases = kinds.flat_map(|path| CONNECTIONS.map(|connections| Case::new(path, connections)));
    let mut cases: Vec<_> = cases.collect();
    for turn in 0..TURNS {
        for case in &mut cases {
            case.turn(turn, ways, settings)?;
        }
    }
    Ok(cases)
}

impl Case {
    fn new(path: &'static str, connections: usize) -> Self {
        Self { path, connections, rounds: Way::ALL.map(|_| Vec::with_capacity(TURNS)) }
    }

    fn turn(&mut self, turn: usize, ways: &Ways, settings: &Settings) -> Result<()> {
        let mut order = Way::ALL;
        // Nobody always comes first.
        if turn % 2 == 1 {
            order.reverse();
        }
        for way in order {
            let target = ways.target(way, self.path);
            let round = load::run(&target, self.connections, settings.round(), ways.middle(way))?;
            eprintln!("  turn {turn}, {}, {} connections, {way:?}: {round:?}", self.path, self.connections);
            self.rounds[way as usize].push(round);
        }
        Ok(())
    }
}
