//! What a list looks at to see whether a server matches: small, and side by side with the next one's.

use super::server_text::Texts;
use crate::access::Reach;
use crate::model::id::TenantId;
use crate::model::server::{Server, ServerQuery, ServerStatus};

/// The filtered fields of a server but its text; the default is a free slot, which no query wants.
#[derive(Default, Clone, Copy)]
pub(super) struct Row {
    /// `None` for a free slot.
    status: Option<ServerStatus>,
    tenant_id: Option<TenantId>,
    is_shared: bool,
}

impl Row {
    pub(super) fn of(server: &Server) -> Self {
        let (tenant_id, is_shared) = (server.tenant_id, server.is_shared());
        Self { status: Some(server.status), tenant_id, is_shared }
    }

    /// Whether it matches: [`ServerQuery::matches`], but for text, tags and ids, which are found by other ways.
    fn is_wanted(&self, query: &ServerQuery) -> bool {
        let Some(status) = self.status else { return false };
        let is_in_reach = match query.reach {
            Reach::AllTenants => true,
            Reach::Tenant(own) => self.is_shared || self.tenant_id == Some(own),
        };
        is_in_reach
            && query.tenant_id.is_none_or(|tenant| self.tenant_id == Some(tenant))
            && (!query.active_only || status == ServerStatus::Active)
            && query.status.is_none_or(|wanted| status == wanted)
    }
}

/// Marks those of the slots that match the query's reach, tenant, status and text.
pub(super) fn mark(
    slots: impl Iterator<Item = u32>,
    rows: &[Row],
    texts: &Texts,
    query: &ServerQuery,
) -> Marks {
    let mut marks = Marks::new(rows.len());
    let search = query.search.as_deref().map(Texts::finder);
    for slot in slots {
        let is_wanted = rows.get(at(slot)).is_some_and(|row| row.is_wanted(query));
        if is_wanted && search.as_ref().is_none_or(|finder| texts.has(slot, finder)) {
            marks.add(slot);
        }
    }
    marks
}

/// Which slots match.
pub(super) struct Marks {
    bits: Vec<u64>,
    /// How many.
    pub(super) total: u32,
}

impl Marks {
    fn new(slots: usize) -> Self {
        Self { bits: vec![0; slots.div_ceil(64)], total: 0 }
    }

    /// Marks a slot that is not marked yet.
    fn add(&mut self, slot: u32) {
        self.bits[at(slot / 64)] |= 1 << (slot % 64);
        self.total += 1;
    }

    pub(super) fn has(&self, slot: u32) -> bool {
        self.bits.get(at(slot / 64)).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}

/// A slot's place in a vector.
pub(super) fn at(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}
