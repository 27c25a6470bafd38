//! Cases of tickets.

use chrono::TimeDelta;

use super::sample;
use super::world::World;
use crate::clock::Clock;
use crate::model::ticket::{Ticket, TicketPurpose};

async fn put(world: &World, ticket: &Ticket) {
    world.store().put_ticket(ticket).await.unwrap();
}

async fn read(world: &World, ticket: &Ticket) -> Option<Ticket> {
    world.store().ticket(ticket.purpose, &ticket.digest).await.unwrap()
}

async fn take(world: &World, ticket: &Ticket) -> Option<Ticket> {
    world.store().take_ticket(ticket.purpose, &ticket.digest).await.unwrap()
}

fn other(purpose: TicketPurpose) -> TicketPurpose {
    if purpose == TicketPurpose::Setup { TicketPurpose::Oidc } else { TicketPurpose::Setup }
}

pub(super) async fn a_stored_ticket_is_read_back_as_it_was(world: &mut World) {
    for purpose in TicketPurpose::ALL {
        let plain = sample::ticket(&*world.clock, *purpose);
        for ticket in [plain, sample::full_ticket(&*world.clock, *purpose)] {
            put(world, &ticket).await;
            for _ in 0..2 {
                assert_eq!(read(world, &ticket).await.as_ref(), Some(&ticket), "reading leaves it there");
            }
        }
    }
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let ticket = sample::ticket(&*world.clock, TicketPurpose::Setup);
    put(world, &ticket).await;
    let mut near = ticket.digest;
    near[31] ^= 1;
    for digest in [near, [0; 32], [0xff; 32]] {
        let unknown = Ticket { digest, ..ticket.clone() };
        assert_eq!((read(world, &unknown).await, take(world, &unknown).await), (None, None));
    }
}

pub(super) async fn a_ticket_is_taken_once(world: &mut World) {
    let beside = sample::ticket(&*world.clock, TicketPurpose::Oidc);
    put(world, &beside).await;
    let ticket = sample::full_ticket(&*world.clock, TicketPurpose::Oidc);
    for _ in 0..2 {
        put(world, &ticket).await;
        assert_eq!(take(world, &ticket).await.as_ref(), Some(&ticket));
        assert_eq!((take(world, &ticket).await, read(world, &ticket).await), (None, None));
    }
    assert_eq!(read(world, &beside).await, Some(beside));
}

pub(super) async fn a_ticket_is_good_for_its_purpose_only(world: &mut World) {
    for purpose in TicketPurpose::ALL {
        let ticket = sample::ticket(&*world.clock, *purpose);
        put(world, &ticket).await;
        let wrong = Ticket { purpose: other(*purpose), ..ticket.clone() };
        assert_eq!((read(world, &wrong).await, take(world, &wrong).await), (None, None));
        assert_eq!(take(world, &ticket).await, Some(ticket), "who tried it for another has not taken it");
    }
}

pub(super) async fn a_ticket_takes_the_place_of_one_with_its_digest(world: &mut World) {
    let first = sample::full_ticket(&*world.clock, TicketPurpose::Setup);
    put(world, &first).await;
    let second = Ticket { data: None, expires_at: world.clock.now(), ..first.clone() };
    put(world, &second).await;
    assert_eq!(read(world, &first).await, Some(second.clone()));
    let third = Ticket { purpose: TicketPurpose::Oidc, ..second };
    put(world, &third).await;
    assert_eq!(read(world, &first).await, None, "one digest, one ticket");
    assert_eq!(take(world, &third).await, Some(third));
    assert_eq!(take(world, &first).await, None);
}

pub(super) async fn a_ticket_is_there_however_old(world: &mut World) {
    let expires_at = sample::at_us(1);
    let ticket = Ticket { expires_at, ..sample::ticket(&*world.clock, TicketPurpose::Oidc) };
    put(world, &ticket).await;
    assert_eq!(read(world, &ticket).await.as_ref(), Some(&ticket));
    assert_eq!(take(world, &ticket).await, Some(ticket));
}

pub(super) async fn pruning_forgets_those_that_ended(world: &mut World) {
    let now = sample::at_us(1_800_000_000_000_000);
    let mut tickets = Vec::new();
    for (number, us) in [-1_000_000, -1, 0, 1, 1_000_000].into_iter().enumerate() {
        let purpose = TicketPurpose::ALL[number % 2];
        let expires_at = now + TimeDelta::microseconds(us);
        let ticket = Ticket { expires_at, ..sample::ticket(&*world.clock, purpose) };
        put(world, &ticket).await;
        tickets.push(ticket);
    }
    assert_eq!(world.store().prune_tickets(now).await.unwrap(), 3);
    for (ticket, left) in tickets.iter().zip([false, false, false, true, true]) {
        let expected = left.then_some(ticket);
        assert_eq!(read(world, ticket).await.as_ref(), expected, "it ends at {}", ticket.expires_at);
    }
    assert_eq!(world.store().prune_tickets(now).await.unwrap(), 0);
}

pub(super) async fn a_ticket_that_was_put_off_is_pruned_at_its_new_end(world: &mut World) {
    let early = sample::ticket(&*world.clock, TicketPurpose::Setup);
    put(world, &early).await;
    let late = Ticket { expires_at: early.expires_at + TimeDelta::minutes(1), ..early.clone() };
    put(world, &late).await;
    assert_eq!(world.store().prune_tickets(early.expires_at).await.unwrap(), 0);
    assert_eq!(read(world, &late).await.as_ref(), Some(&late));
    assert_eq!(world.store().prune_tickets(late.expires_at).await.unwrap(), 1);
    assert_eq!(read(world, &late).await, None);
}

pub(super) async fn tickets_change_no_record_and_no_chain(world: &mut World) {
    world.make_owner("acme").await;
    let before = world.everything().await;
    for take_it in [true, false] {
        let ticket = sample::full_ticket(&*world.clock, TicketPurpose::Oidc);
        put(world, &ticket).await;
        if take_it {
            take(world, &ticket).await;
        }
        world.store().prune_tickets(ticket.expires_at).await.unwrap();
    }
    assert_eq!(world.everything().await, before);
}
