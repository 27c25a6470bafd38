//! The list of cases: the one place that names them all.

use std::time::Duration;

use super::fixture::Fixture;
use super::world::World;

/// How long a case may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes one test per case of the conformance suite for a [`Fixture`](crate::conformance::Fixture).
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:ty) => {
        $crate::conformance_cases!(conformance_tests [] $fixture);
        $crate::conformance_durable_cases!(conformance_tests [] $fixture);
    };
    ($fixture:ty, forgets: $reason:literal) => {
        $crate::conformance_cases!(conformance_tests [] $fixture);
        $crate::conformance_durable_cases!(conformance_tests [#[ignore = $reason]] $fixture);
    };
}

/// One test per case, each with the given attributes.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($attributes:tt $fixture:ty; $($noun:ident { $($case:ident,)* })*) => {
        $($crate::conformance_tests!(@noun $attributes $fixture; $noun $($case)*);)*
    };
    (@noun $attributes:tt $fixture:ty; $noun:ident $($case:ident)*) => {
        mod $noun {
            use super::*;
            $($crate::conformance_tests!(@case $attributes $fixture; $noun $case);)*
        }
    };
    (@case [$($attribute:tt)*] $fixture:ty; $noun:ident $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        $($attribute)*
        async fn $case() {
            $crate::conformance::list::$noun::$case::<$fixture>().await;
        }
    };
}

/// The cases of every store, by noun: `$then!($arguments; noun { case, ... } ...)`.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($then:ident $($arguments:tt)*) => {
        $crate::$then! {
            $($arguments)*;
            tenant {
                a_stored_tenant_is_read_back_as_it_was,
                what_is_not_there_is_none,
                names_that_look_alike_are_one,
                names_that_differ_are_not_one,
                an_id_is_given_once,
                creation_may_stand_in_its_own_or_the_systems_chain,
                the_list_is_sorted_by_name_key_byte_by_byte,
                pages_of_every_size_make_up_the_list,
                an_empty_list_is_a_page,
            }
            tenant_change {
                an_update_replaces_the_whole_tenant,
                the_list_follows_a_change_of_name,
                a_tenant_can_change_the_case_of_its_own_name,
                an_update_cannot_take_anothers_name,
                a_stale_update_changes_nothing,
                an_update_needs_the_tenant,
                digests_lead_to_the_tenant_as_it_is_now,
            }
            tenant_delete {
                a_removed_tenant_is_gone_and_its_name_free,
                removal_needs_the_tenant_and_its_revision,
                its_chain_stays_and_goes_on,
                removal_may_stand_in_the_systems_chain,
                its_keys_go_with_it,
                nothing_of_its_keys_is_left,
                removal_is_refused_while_it_has_users,
                removal_is_refused_while_it_has_servers,
            }
            user {
                a_stored_user_is_read_back_as_it_was,
                a_user_is_only_in_its_tenant,
                what_is_not_there_is_none,
                names_that_look_alike_are_one,
                names_that_differ_are_not_one,
                two_tenants_may_have_users_of_one_name,
                an_id_is_given_once_in_all_tenants,
                those_of_a_name_are_found_in_every_tenant_by_tenant,
                a_user_needs_its_tenant,
                the_first_user_of_any_tenant_is_noticed,
                pages_of_every_size_make_up_the_list,
            }
            user_list {
                filters_alone_and_together_answer_what_matches,
                a_search_takes_names_that_look_alike_for_one,
                a_search_looks_in_names_and_address_only,
                pages_over_tenants_make_up_the_list,
                pages_of_a_filtered_list_make_it_up,
                a_tenants_list_and_total_show_nothing_of_another,
                changes_and_removals_are_in_every_list,
            }
            user_change {
                an_update_replaces_the_whole_user,
                a_user_can_change_the_case_of_its_own_name,
                an_update_cannot_take_anothers_name,
                a_stale_update_changes_nothing,
                an_update_needs_the_user_in_its_tenant,
                sessions_end_with_the_update_as_asked,
                a_disabled_user_keeps_what_is_not_asked_to_end,
            }
            user_delete {
                a_removed_user_is_gone_and_its_name_free,
                removal_needs_the_user_its_tenant_and_its_revision,
                removal_revokes_its_active_keys,
                removal_leaves_keys_alone_that_were_not_active,
                removal_without_keys_says_so,
                removal_takes_sessions_and_preferences_along,
                removal_is_refused_while_it_owns_servers,
                a_server_handed_over_is_in_its_new_owners_way,
            }
            identity {
                an_identity_leads_to_its_user_in_any_tenant,
                what_is_not_there_is_none,
                identities_that_differ_are_not_one,
                an_identity_is_given_once_in_all_tenants,
                an_update_cannot_take_anothers_identity,
                an_update_takes_and_frees_identities,
                a_removed_users_identities_are_free,
            }
            password {
                a_stored_password_is_read_back_as_it_was,
                a_password_is_only_in_its_tenant,
                an_update_keeps_sets_or_removes_it,
                a_refused_write_leaves_it_as_it_was,
                it_goes_with_its_user,
            }
            last_admin {
                the_only_administrator_stays,
                who_cannot_act_does_not_count,
                one_of_two_may_go,
                the_first_may_go_when_another_can_act,
                the_only_tenant_with_administrators_stays_enabled,
                who_is_enabled_or_promoted_counts_again,
                the_last_may_change_what_leaves_it_one,
                who_cannot_act_may_go,
                a_store_without_an_administrator_lets_others_change,
            }
            session {
                a_stored_session_is_read_back_as_it_was,
                a_digest_leads_to_a_session_of_any_state,
                a_digest_leads_to_the_user_as_it_is_now,
                what_is_not_there_is_none,
                a_users_sessions_are_listed_newest_first,
                an_id_and_a_digest_are_given_once,
                a_session_needs_its_user_in_its_tenant,
                an_ended_session_leaves_its_id_and_digest_free,
                a_touch_moves_the_last_use_forward_only,
                a_touch_is_no_change_of_a_record,
                a_touch_of_what_is_gone_is_passed_over,
            }
            session_end {
                those_asked_for_end_and_are_counted,
                it_brings_one_entry_however_many_end,
                nothing_is_written_when_nothing_ends,
                pruning_forgets_those_whose_time_is_over,
                pruning_forgets_those_not_seen_for_long,
                one_that_ended_both_ways_is_counted_once,
                pruning_is_not_audited,
            }
            ticket {
                a_stored_ticket_is_read_back_as_it_was,
                what_is_not_there_is_none,
                a_ticket_is_taken_once,
                a_ticket_is_good_for_its_purpose_only,
                a_ticket_takes_the_place_of_one_with_its_digest,
                a_ticket_is_there_however_old,
                pruning_forgets_those_that_ended,
                a_ticket_that_was_put_off_is_pruned_at_its_new_end,
                tickets_change_no_record_and_no_chain,
            }
            preference {
                a_stored_preference_is_read_back_as_it_was,
                preferences_are_a_users_own,
                they_are_in_the_users_order_equal_ones_by_server,
                the_default_is_not_kept,
                a_change_brings_one_entry,
                all_of_them_are_stored_or_none,
                they_need_the_user_in_its_tenant,
                they_may_be_for_a_shared_server_of_another_tenant,
                they_go_with_their_server,
                a_user_has_them_for_so_many_servers_only,
            }
            server {
                a_stored_server_is_read_back_as_it_was,
                a_server_may_come_with_its_key,
                what_is_not_there_is_none,
                names_with_one_slug_are_one,
                names_that_differ_are_not_one,
                tenants_and_the_global_list_each_have_names_of_their_own,
                an_id_is_given_once_in_all_tenants,
                a_server_needs_its_tenant_and_owner,
                an_owner_and_its_key_may_be_of_another_tenant,
                a_server_whose_key_is_refused_is_not_stored,
                reach_decides_who_sees_a_server,
                an_update_replaces_all_but_health,
                a_server_can_change_the_case_of_its_own_name,
                a_stale_update_changes_nothing,
                an_update_cannot_take_anothers_name,
                an_update_needs_the_server_in_its_tenant,
            }
            document {
                metadata_comes_back_to_the_letter,
                metadata_of_the_greatest_depth_and_size_comes_back,
            }
            server_list {
                each_filter_alone_answers_what_matches,
                filters_together_answer_what_matches_all_of_them,
                each_order_goes_both_ways_equal_ones_by_id,
                names_are_sorted_byte_by_byte_in_lower_case,
                times_long_ago_and_far_ahead_keep_their_order_and_microseconds,
                a_search_takes_signs_as_they_are,
                a_search_is_in_lower_case_as_unicode_has_it,
                a_search_for_what_cannot_be_stored_finds_nothing,
                a_search_looks_in_name_and_description_only,
                all_tags_are_wanted_as_they_are_written,
                a_tenants_list_and_total_show_nothing_of_another,
                a_change_is_in_every_list,
                a_removal_is_in_every_list,
                a_list_shows_health_as_it_is_now,
            }
            server_without {
                those_named_are_left_out_of_list_and_total,
                other_filters_hold_as_well,
                pages_of_every_order_make_up_the_list,
                the_only_one_can_be_left_out,
                what_is_not_there_is_left_out_of_nothing,
                a_servers_successor_is_not_left_out,
            }
            server_page {
                pages_of_every_size_make_up_the_list,
                pages_of_every_order_make_up_the_list,
                pages_of_a_filtered_list_make_it_up,
                an_empty_list_is_a_page,
            }
            server_delete {
                a_removed_server_is_gone_and_its_name_free,
                a_global_server_can_be_removed,
                removal_needs_the_server_its_tenant_and_its_revision,
                removal_revokes_the_linked_keys_of_every_tenant,
                removal_leaves_keys_alone_that_were_not_active,
                a_key_of_a_removed_server_can_still_be_changed,
                removal_takes_checks_and_usage_along,
            }
            key {
                a_stored_key_is_read_back_as_it_was,
                a_digest_leads_to_key_owner_and_tenant,
                a_digest_leads_to_a_key_of_any_state,
                what_is_not_there_is_none,
                an_id_is_given_once_in_all_tenants,
                a_digest_is_given_once_previous_ones_included,
                a_key_needs_its_tenant_owner_and_server,
                a_key_may_be_for_a_shared_server_of_another_tenant,
                an_update_replaces_the_whole_key,
                a_rotation_keeps_the_digest_before_and_forgets_the_one_before_that,
                an_update_cannot_take_anothers_digest,
                a_stale_update_changes_nothing,
                an_update_needs_the_key_in_its_tenant,
            }
            key_list {
                filters_alone_and_together_answer_what_matches,
                pages_of_every_size_make_up_the_list,
                a_tenants_list_and_total_show_nothing_of_another,
                a_change_is_in_every_list,
            }
            health {
                a_stored_check_is_read_back_as_it_was,
                the_state_follows_from_what_the_store_has,
                the_alert_threshold_is_the_servers_own_as_it_is_now,
                a_check_that_was_asked_for_is_audited,
                a_check_needs_its_server_in_its_tenant,
                checks_are_seen_by_those_who_see_the_server,
                checks_are_listed_newest_first_in_pages_of_every_size,
            }
            audit {
                an_entry_is_read_back_as_it_was,
                metadata_keeps_numbers_up_to_their_limits,
                numbers_that_the_chain_cannot_tell_apart_are_refused,
                every_write_brings_its_own_entry,
                chains_are_numbered_from_one_and_verify,
                the_chains_are_listed_by_id_the_systems_too,
                a_chain_grows_alone,
                an_empty_chain_has_an_empty_head,
                a_chain_is_read_on_from_any_entry,
                the_list_has_entries_as_they_stand_in_the_chain,
            }
            audit_list {
                each_filter_alone_answers_what_matches,
                filters_together_answer_what_matches_all_of_them,
                pages_of_every_size_make_up_the_list,
                the_systems_entries_are_for_administrators,
            }
            usage {
                counters_begin_at_zero_and_add_up,
                a_subject_may_be_in_a_batch_twice,
                the_later_use_is_the_last_whatever_comes_first,
                what_is_gone_is_passed_over,
                counters_are_read_in_their_tenant_only,
                a_key_and_a_server_of_one_id_count_apart,
                counting_changes_no_record_and_no_chain,
            }
            concurrency {
                one_of_many_gets_a_tenants_name,
                one_of_many_gets_a_users_name,
                one_of_many_gets_a_servers_name,
                one_of_many_gets_a_digest,
                one_of_many_updates_a_revision,
                one_of_many_rotates_a_key,
                one_of_many_renames_a_server_to_a_name,
                one_of_many_removes_a_server,
            }
            account_concurrency {
                one_of_many_gets_an_identity,
                one_of_many_takes_a_freed_identity_and_name,
                one_of_many_changes_a_user_and_its_password,
                one_of_many_changes_a_tenant,
                one_of_many_removes_a_user_and_its_tenant,
                one_of_many_begins_a_session_with_a_digest,
                one_of_many_takes_a_ticket,
            }
            race {
                checks_at_the_same_time_are_all_counted,
                checks_and_updates_do_not_undo_each_other,
                usage_at_the_same_time_is_all_counted,
                a_removed_server_never_leaves_an_active_key_behind,
                a_removed_server_leaves_no_check_and_no_usage_behind,
                a_digest_is_found_at_every_moment_of_a_rotation,
                who_tails_the_log_misses_nothing,
                losers_of_a_race_leave_no_gap_in_the_chain,
                a_write_given_up_is_whole_or_was_never_there,
                chains_verify_while_they_grow,
            }
            account_race {
                administrators_who_end_each_other_leave_one,
                two_administrators_of_a_tenant_never_both_go,
                a_removed_user_never_leaves_a_session_behind,
                a_removed_user_never_leaves_an_active_key_behind,
                a_server_never_loses_its_owner,
                a_removed_tenant_leaves_no_user_and_no_server_behind,
            }
            session_race {
                sessions_that_begin_at_the_same_time_are_all_there,
                sessions_that_end_at_the_same_time_are_counted_once,
                the_latest_touch_stays,
                a_touch_never_brings_an_ended_session_back,
                preferences_put_at_the_same_time_are_all_there_up_to_the_bound,
                a_removed_server_leaves_no_preference_behind,
                a_removed_user_leaves_no_preference_behind,
            }
        }
    };
}

/// The cases that close the store and open its data again.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_durable_cases {
    ($then:ident $($arguments:tt)*) => {
        $crate::$then! {
            $($arguments)*;
            durability {
                everything_is_there_again,
                an_empty_store_opens_again_empty,
                the_chain_goes_on_where_it_ended,
                rules_hold_as_before,
                lists_are_as_before,
                what_was_removed_stays_away,
                what_was_acknowledged_to_many_writers_is_there_again,
            }
            account_durability {
                a_user_is_there_again_with_all_that_is_its_own,
                changes_are_there_again,
                what_was_removed_stays_away,
                rules_hold_as_before,
                tickets_are_there_again_until_they_are_taken,
                what_was_pruned_stays_away,
            }
        }
    };
}

/// One public function per case, generic over the fixture, so that the cases themselves stay private.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_runners {
    (; $($noun:ident { $($case:ident,)* })*) => {$(
        #[doc = concat!("Cases of the noun ", stringify!($noun), ".")]
        pub mod $noun {$(
            #[doc = concat!("Runs the case `", stringify!($case), "`.")]
            pub async fn $case<F: super::Fixture>() {
                let mut world = super::World::open::<F>().await;
                let case = $crate::conformance::$noun::$case(&mut world);
                tokio::time::timeout(super::PATIENCE, case).await.expect("the case ends in time");
                world.finish().await;
            }
        )*}
    )*};
}

crate::conformance_cases!(conformance_runners);
crate::conformance_durable_cases!(conformance_runners);
