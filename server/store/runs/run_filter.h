/* run_filter.h - the words that filters and orders of runs may use. */
#ifndef SERVER_STORE_RUN_FILTER_H
#define SERVER_STORE_RUN_FILTER_H

#include "server/store/runs/filter.h"

enum run_word {
    RUN_WORD_COMMIT,
    RUN_WORD_CONFIG, /* rest: the path inside */
    RUN_WORD_CREATED_AT,
    RUN_WORD_DESCRIPTION,
    RUN_WORD_DISPLAY_NAME,
    RUN_WORD_DURATION, /* seconds from the first to the last sign of life */
    RUN_WORD_ENTITY,
    RUN_WORD_EXIT_CODE,
    RUN_WORD_GROUP,
    RUN_WORD_HEARTBEAT_AT,
    RUN_WORD_HOST,
    RUN_WORD_INPUTS, /* versions of artifacts that it used: "name", "name:v3", "entity/project/name:v3" */
    RUN_WORD_JOB_TYPE,
    RUN_WORD_MAX, /* rest: a metric, of which the highest value counts, not the last */
    RUN_WORD_MIN,
    RUN_WORD_NAME,
    RUN_WORD_NOTES,
    RUN_WORD_OUTPUTS, /* that it made */
    RUN_WORD_PROGRAM,
    RUN_WORD_PROJECT,
    RUN_WORD_REPO,
    RUN_WORD_STATE,
    RUN_WORD_STOPPED,
    RUN_WORD_SUMMARY, /* rest: the path inside */
    RUN_WORD_SWEEP,
    RUN_WORD_TAG, /* rest: the tag */
    RUN_WORD_TAGS,
    RUN_WORD_UPDATED_AT,
    RUN_WORD_USERNAME,
};

extern const struct filter_words run_words;
/* Notes, code, machines (in what clients put into configs, too) and artifacts are not for whoever follows a link: filters would tell of them, and cursors hold them. */
bool run_word_is_for_links(enum run_word word, struct str rest);

/* The order of runs when none is asked for. */
#define RUN_ORDER_DEFAULT "+created_at"

#endif
