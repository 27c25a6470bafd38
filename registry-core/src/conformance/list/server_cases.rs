//! Cases of servers and keys, of what is counted and checked, and of the audit log.

/// The cases of all but accounts, by noun: `$then!($arguments; noun { case, ... } ...)`.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_server_cases {
    ($then:ident $($arguments:tt)*) => {
        $crate::$then! {
            $($arguments)*;
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
            alert {
                a_raised_alert_is_read_back_as_it_was,
                there_is_one_unresolved_alert_for_a_subject_and_cause,
                a_worse_signal_is_told_again_and_has_to_be_acknowledged_again,
                an_end_may_be_for_what_was_quiet_only,
                a_decision_is_kept_with_who_made_it,
                an_alert_needs_its_tenant,
                checks_raise_and_resolve_a_servers_alert,
                degraded_answers_in_a_row_raise_an_alert,
                the_alerts_of_a_removed_server_are_over,
                a_key_that_is_rotated_or_revoked_does_not_expire_soon,
                the_alerts_of_a_removed_tenant_go_with_it,
                old_resolved_alerts_are_pruned,
                each_viewer_sees_what_it_may_under_every_filter,
            }
            webhook {
                a_stored_webhook_is_read_back_as_it_was,
                a_tenant_has_so_many_and_no_more,
                an_update_names_its_revision_and_leaves_the_state,
                removal_takes_deliveries_along,
                what_is_told_of_an_alert_is_delivered_to_who_asked_for_it,
                what_is_due_is_claimed_once_until_it_counts_as_lost,
                an_attempt_is_taken_repeated_or_given_up,
                deliveries_are_listed_newest_first_in_pages_of_every_size,
                old_deliveries_are_pruned,
                of_those_who_claim_at_once_each_gets_others,
                an_alert_that_many_raise_is_delivered_once,
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
                servers_are_found_by_their_health_as_it_is_shown,
                a_change_of_health_is_in_every_list_by_health,
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
                a_key_is_narrowed_to_tools_and_widened_again,
                a_rotation_keeps_the_digest_before_and_forgets_the_one_before_that,
                an_update_cannot_take_anothers_digest,
                a_stale_update_changes_nothing,
                an_update_needs_the_key_in_its_tenant,
            }
            key_list {
                keys_that_expire_soon_are_found_the_soonest_first,
                filters_alone_and_together_answer_what_matches,
                pages_of_every_size_make_up_the_list,
                a_tenants_list_and_total_show_nothing_of_another,
                a_change_is_in_every_list,
            }
            key_care {
                keys_that_need_care_are_found_whosever_they_are,
            }
            health {
                a_stored_check_is_read_back_as_it_was,
                the_state_follows_from_what_the_store_has,
                the_alert_threshold_is_the_servers_own_as_it_is_now,
                a_check_that_was_asked_for_is_audited,
                a_change_of_status_is_audited_after_the_check,
                a_check_may_be_told_of_in_two_chains,
                a_check_needs_its_server_in_its_tenant,
                checks_are_seen_by_those_who_see_the_server,
                checks_are_listed_newest_first_in_pages_of_every_size,
            }
            health_job {
                a_job_is_read_back_as_it_was_last_in_its_tenant,
                a_job_needs_its_tenant,
                old_jobs_are_forgotten_and_no_others,
            }
            dependency {
                dependents_are_those_that_depend_directly_and_are_seen,
                a_server_never_depends_on_itself,
                two_changes_do_not_close_a_circle_together,
                a_removed_server_is_needed_no_more,
                an_unhealthy_server_is_found_along_dependencies,
                who_needs_an_unhealthy_server_is_impaired_while_it_is_healthy_itself,
            }
            capability {
                what_a_look_found_is_read_back_as_it_was,
                a_list_that_was_never_read_is_unknown_and_one_of_nothing_is_empty,
                what_did_not_change_is_not_written,
                a_change_is_kept_with_before_and_after_and_audited,
                a_tool_that_changed_or_is_new_is_held_until_it_is_approved,
                only_what_was_looked_at_is_approved,
                a_change_that_is_accepted_is_approved,
                the_last_changes_stay,
                as_much_as_there_may_be_comes_back,
                an_inventory_needs_its_server_in_its_tenant,
                capabilities_are_seen_by_those_who_see_the_server,
                a_removed_server_takes_what_it_lists_along,
            }
            capability_alert {
                a_withheld_tool_raises_an_alert_until_the_last_one_is_approved,
                the_alert_is_over_when_nothing_is_withheld_any_more,
                an_accepted_change_of_a_tool_is_told_and_a_new_tool_is_not,
            }
            tool_search {
                a_search_finds_names_titles_and_descriptions_in_any_case,
                a_search_follows_what_the_servers_list,
                a_search_shows_what_matches_every_part_and_nothing_of_another_tenant,
            }
            watch {
                a_server_is_due_at_its_moment_and_not_before,
                what_is_due_for_longest_comes_first_in_every_tenant,
                only_watched_servers_are_due,
                a_claim_holds_until_its_end,
                a_recorded_check_puts_the_server_at_its_next_moment,
                a_check_without_a_claim_leaves_the_queue_alone,
                a_claim_that_ended_does_not_end_the_one_after_it,
                claims_given_back_are_due_again,
                changes_keep_the_queue_in_step,
                a_write_that_fails_leaves_the_queue_alone,
                claims_at_the_same_time_share_the_servers,
            }
            history {
                a_check_is_in_the_rollups_of_its_hour_and_day,
                failed_checks_have_no_response_time,
                rollups_are_read_by_period_oldest_first,
                checks_are_listed_by_period,
                rollups_are_seen_by_those_who_see_the_server,
                a_change_of_status_is_kept_once,
                changes_are_seen_by_those_who_see_the_server,
                changes_of_a_period_come_newest_first_up_to_the_limit,
                what_is_too_old_is_forgotten_and_nothing_else,
                pruning_is_bounded_and_says_that_there_is_more,
                a_pruned_server_is_checked_and_removed_like_any_other,
                checks_at_the_same_time_are_all_rolled_up,
                a_check_that_says_nothing_is_no_success_and_no_failure,
                servers_are_counted_by_status_and_health,
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
            event {
                every_entry_brings_its_event_in_order,
                they_are_read_on_from_any_position,
                who_tails_them_misses_nothing_beside_many_writers,
                a_write_wakes_who_waits,
                old_ones_are_forgotten,
                the_newest_are_kept,
            }
            usage {
                counters_begin_at_zero_and_add_up,
                a_subject_may_be_in_a_batch_twice,
                histograms_of_any_length_add_up,
                the_later_use_is_the_last_whatever_comes_first,
                what_is_gone_is_passed_over,
                counters_are_read_in_their_tenant_only,
                a_key_and_a_server_of_one_id_count_apart,
                the_last_uses_of_keys_are_told_at_once,
                counting_changes_no_record_and_no_chain,
            }
            analytics {
                calls_are_in_the_rollups_of_their_minute_hour_and_day,
                what_comes_later_is_added_whatever_its_histogram,
                rollups_of_usage_are_read_by_period_oldest_first,
                usage_is_told_to_the_servers_own_tenant_and_to_no_other,
                usage_of_what_is_gone_is_passed_over,
                a_removed_servers_calls_stay_in_the_whole,
                a_removed_tenants_whole_is_forgotten,
                what_is_added_at_the_same_time_is_all_added,
                figures_are_of_each_server_by_id_in_parts_of_any_size,
                usage_that_is_too_old_is_forgotten_and_nothing_else,
                pruning_of_usage_is_bounded_and_says_that_there_is_more,
            }
            key_rollup {
                requests_are_in_the_rollups_of_their_keys_hour_and_day,
                requests_that_come_later_are_added_to_those_of_their_key,
                rollups_of_a_key_are_read_by_period_oldest_first,
                the_use_of_a_key_is_told_to_its_own_tenant_and_to_no_other,
                a_key_and_a_server_of_one_id_are_rolled_up_apart,
                the_use_of_a_key_that_is_gone_is_passed_over,
                the_rollups_of_a_key_go_with_its_tenant,
                the_use_of_keys_that_is_added_at_the_same_time_is_all_added,
                rollups_of_keys_that_are_too_old_are_forgotten_and_nothing_else,
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
        }
    };
}
