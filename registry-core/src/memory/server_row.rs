//! What a list looks at to see whether a server matches: small, and side by side with the next one's.

use crate::access::Reach;
use crate::model::id::TenantId;
use crate::model::server::{Server, ServerQuery, ServerStatus};

/// The filtered fields of a server; the default is a free slot, which no query wants.
#[derive(Default)]
pub(super) struct Row {
    /// `None` for a free slot.
    status: Option<ServerStatus>,
    tenant_id: Option<TenantId>,
    is_shared: bool,
    /// Which pairs of bytes are in the search text: most rows are passed over without a look at it.
    pairs: Pairs,
    search_text: Box<str>,
}

impl Row {
    pub(super) fn of(server: &Server) -> Self {
        let search_text = server.search_text().into_boxed_str();
        Self {
            status: Some(server.status),
            tenant_id: server.tenant_id,
            is_shared: server.is_shared(),
            pairs: Pairs::of(&search_text),
            search_text,
        }
    }
}

/// A set of pairs of neighbouring bytes, by hash: it may hold more than was put in, never less.
#[derive(Default, Clone, Copy)]
struct Pairs([u64; 4]);

impl Pairs {
    fn of(text: &str) -> Self {
        let mut pairs = Self::default();
        for pair in text.as_bytes().windows(2) {
            let hash = (u32::from(pair[0]) << 8 | u32::from(pair[1])).wrapping_mul(0x9e37_79b1) >> 24;
            pairs.0[usize::from(hash as u8 >> 6)] |= 1 << (hash & 63);
        }
        pairs
    }

    fn has_all(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & other == other)
    }
}

/// A query's filters, ready to be held against many rows. Tags and ids are found by other ways.
pub(super) struct Wanted<'a> {
    query: &'a ServerQuery,
    search: Option<(Pairs, &'a str)>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(query: &'a ServerQuery) -> Self {
        let search = query.search.as_deref().map(|text| (Pairs::of(text), text));
        Self { query, search }
    }

    /// Whether the row matches: [`ServerQuery::matches`], but for tags and ids.
    pub(super) fn is(&self, row: &Row) -> bool {
        let Some(status) = row.status else { return false };
        self.is_in_reach(row)
            && self.query.tenant_id.is_none_or(|tenant| row.tenant_id == Some(tenant))
            && (!self.query.active_only || status == ServerStatus::Active)
            && self.query.status.is_none_or(|wanted| status == wanted)
            && self
                .search
                .is_none_or(|(pairs, text)| row.pairs.has_all(&pairs) && row.search_text.contains(text))
    }

    fn is_in_reach(&self, row: &Row) -> bool {
        match self.query.reach {
            Reach::AllTenants => true,
            Reach::Tenant(own) => row.is_shared || row.tenant_id == Some(own),
        }
    }
}

/// Which slots match.
pub(super) struct Marks {
    bits: Vec<u64>,
    /// How many.
    pub(super) total: u32,
}

impl Marks {
    pub(super) fn new(slots: usize) -> Self {
        Self { bits: vec![0; slots.div_ceil(64)], total: 0 }
    }

    /// Marks a slot that is not marked yet.
    pub(super) fn add(&mut self, slot: u32) {
        let (word, bit) = place(slot);
        self.bits[word] |= bit;
        self.total += 1;
    }

    pub(super) fn has(&self, slot: u32) -> bool {
        let (word, bit) = place(slot);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(slot: u32) -> (usize, u64) {
    (usize::try_from(slot / 64).unwrap_or(usize::MAX), 1 << (slot % 64))
}
