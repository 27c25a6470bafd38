//! Cases of tenants and users, and of what belongs to a user alone.

/// The cases of accounts, by noun: `$then!($arguments; noun { case, ... } ...)`.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_account_cases {
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
            account_concurrency {
                one_of_many_gets_an_identity,
                one_of_many_takes_an_identity_and_a_name,
                one_of_many_changes_a_user_and_its_password,
                one_of_many_changes_a_tenant,
                one_of_many_removes_a_user_and_its_tenant,
                one_of_many_begins_a_session_with_a_digest,
                one_of_many_takes_a_ticket,
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
