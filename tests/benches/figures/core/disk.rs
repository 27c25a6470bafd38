//! What the disk itself does: the bound of every durable write.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::machine::filesystem;
use crate::stats::{p50_p99_ms, round};

/// How much one write writes: a page.
const BLOCK: usize = 4_096;
/// How large the file is whose blocks are overwritten.
const BLOCKS: u64 = 1_024;

/// How fast one writer can write a block and `fdatasync` it: at the file's end (which changes its length), and over
/// what is there.
pub(crate) fn sync_rate(folder: &Path, time: Duration) -> Result<Value> {
    let path = folder.join("fdatasync-rate");
    let rates = rates(&path, time);
    std::fs::remove_file(&path)?;
    let (append, overwrite) = rates?;
    Ok(json!({ "filesystem": filesystem(folder), "append": append, "overwrite": overwrite }))
}

fn rates(path: &Path, time: Duration) -> Result<(Value, Value)> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    let append = rate(time, |_| {
        file.write_all(&[7; BLOCK])?;
        file.sync_data()
    })?;
    file.set_len(0)?;
    file.rewind()?;
    for _ in 0..BLOCKS {
        file.write_all(&[7; BLOCK])?;
    }
    file.sync_all()?;
    let overwrite = rate(time, |number| {
        file.seek(SeekFrom::Start(number % BLOCKS * BLOCK as u64))?;
        file.write_all(&[9; BLOCK])?;
        file.sync_data()
    })?;
    Ok((append, overwrite))
}

fn rate(time: Duration, mut write: impl FnMut(u64) -> std::io::Result<()>) -> Result<Value> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let before = Instant::now();
        write(times.len() as u64)?;
        times.push(before.elapsed());
    }
    let rate = round(times.len() as f64 / begun.elapsed().as_secs_f64(), 0);
    let (p50_ms, p99_ms) = p50_p99_ms(&times);
    Ok(json!({ "per_second": rate, "p50_ms": p50_ms, "p99_ms": p99_ms }))
}
