/* run_filter.c - the table of run_filter.h. */
#include "server/store/runs/run_filter.h"

/* Sorted by name. The page and the client's classes say created_at, its documents createdAt: both are meant.
 * keys_info.keys.X asks whether X was logged: what was logged is in the summary. */
static const struct filter_word words[] = {
    { "commit", FILTER_KIND_ANY, RUN_WORD_COMMIT, false },
    { "config.", FILTER_KIND_ANY, RUN_WORD_CONFIG, true },
    { "createdAt", FILTER_KIND_TIME, RUN_WORD_CREATED_AT, false },
    { "created_at", FILTER_KIND_TIME, RUN_WORD_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, RUN_WORD_DESCRIPTION, false },
    { "displayName", FILTER_KIND_ANY, RUN_WORD_DISPLAY_NAME, false },
    { "display_name", FILTER_KIND_ANY, RUN_WORD_DISPLAY_NAME, false },
    { "duration", FILTER_KIND_ANY, RUN_WORD_DURATION, false },
    { "entity", FILTER_KIND_ANY, RUN_WORD_ENTITY, false },
    { "exitCode", FILTER_KIND_ANY, RUN_WORD_EXIT_CODE, false },
    { "exitcode", FILTER_KIND_ANY, RUN_WORD_EXIT_CODE, false },
    { "group", FILTER_KIND_ANY, RUN_WORD_GROUP, false },
    { "groupName", FILTER_KIND_ANY, RUN_WORD_GROUP, false },
    { "group_name", FILTER_KIND_ANY, RUN_WORD_GROUP, false },
    { "heartbeatAt", FILTER_KIND_TIME, RUN_WORD_HEARTBEAT_AT, false },
    { "heartbeat_at", FILTER_KIND_TIME, RUN_WORD_HEARTBEAT_AT, false },
    { "host", FILTER_KIND_ANY, RUN_WORD_HOST, false },
    { "inputArtifacts", FILTER_KIND_LIST, RUN_WORD_INPUTS, false },
    { "jobType", FILTER_KIND_ANY, RUN_WORD_JOB_TYPE, false },
    { "job_type", FILTER_KIND_ANY, RUN_WORD_JOB_TYPE, false },
    { "keys_info.keys.", FILTER_KIND_ANY, RUN_WORD_SUMMARY, true },
    { "max:", FILTER_KIND_ANY, RUN_WORD_MAX, true },
    { "min:", FILTER_KIND_ANY, RUN_WORD_MIN, true },
    { "name", FILTER_KIND_ANY, RUN_WORD_NAME, false },
    { "notes", FILTER_KIND_ANY, RUN_WORD_NOTES, false },
    { "outputArtifacts", FILTER_KIND_LIST, RUN_WORD_OUTPUTS, false },
    { "program", FILTER_KIND_ANY, RUN_WORD_PROGRAM, false },
    { "project", FILTER_KIND_ANY, RUN_WORD_PROJECT, false },
    { "repo", FILTER_KIND_ANY, RUN_WORD_REPO, false },
    { "state", FILTER_KIND_ANY, RUN_WORD_STATE, false },
    { "stopped", FILTER_KIND_ANY, RUN_WORD_STOPPED, false },
    { "summary.", FILTER_KIND_ANY, RUN_WORD_SUMMARY, true },
    { "summaryMetrics.", FILTER_KIND_ANY, RUN_WORD_SUMMARY, true },
    { "summary_metrics.", FILTER_KIND_ANY, RUN_WORD_SUMMARY, true },
    { "sweep", FILTER_KIND_ANY, RUN_WORD_SWEEP, false },
    { "sweepName", FILTER_KIND_ANY, RUN_WORD_SWEEP, false },
    { "sweep_name", FILTER_KIND_ANY, RUN_WORD_SWEEP, false },
    { "tags", FILTER_KIND_LIST, RUN_WORD_TAGS, false },
    { "tags.", FILTER_KIND_ANY, RUN_WORD_TAG, true },
    { "updatedAt", FILTER_KIND_TIME, RUN_WORD_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, RUN_WORD_UPDATED_AT, false },
    { "user", FILTER_KIND_ANY, RUN_WORD_USERNAME, false },
    { "user.username", FILTER_KIND_ANY, RUN_WORD_USERNAME, false },
    { "username", FILTER_KIND_ANY, RUN_WORD_USERNAME, false },
};

bool run_word_is_for_links(enum run_word word, struct str rest) {
    switch (word) {
    case RUN_WORD_CONFIG:
        return !str_eq(rest, STR("_wandb")) && !str_starts_with(rest, STR("_wandb."));
    case RUN_WORD_COMMIT:
    case RUN_WORD_DESCRIPTION:
    case RUN_WORD_HOST:
    case RUN_WORD_INPUTS:
    case RUN_WORD_NOTES:
    case RUN_WORD_OUTPUTS:
    case RUN_WORD_PROGRAM:
    case RUN_WORD_REPO:
        return false;
    default:
        return true;
    }
}

const struct filter_words run_words = { "runs", words, sizeof(words) / sizeof(words[0]) };
