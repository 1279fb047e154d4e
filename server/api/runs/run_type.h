/* run_type.h - GraphQL's Run, and lists of runs. The object is a struct run.
 *
 * Config, summary and history are read when they are asked for, one run at a time: a page of runs costs what it
 * shows.
 */
#ifndef SERVER_API_RUN_TYPE_H
#define SERVER_API_RUN_TYPE_H

#include "server/api/connection.h"
#include "server/store/runs/run.h"

extern const struct gql_type run_type, run_connection_type, run_edge_type, run_info_type, git_info_type,
    parquet_history_type;

/* Arguments filters, order, first, after of a list of a project's runs; joined to the caller's own filter (JSON of an
 * object; empty: none). */
#define RUN_LIST_ARGS "after: String, filters: JSONString, first: Int = 50, order: String"
MUST_CHECK enum err_code run_type_answer_list(struct gql_call *call, int64_t project_id, struct owner owner,
                                              struct str own_filter, struct err *err);
/* How many runs the argument filters holds for. */
MUST_CHECK enum err_code run_type_count(struct gql_call *call, int64_t project_id, int64_t *count, struct err *err);

/* The run's history, answered in run_history.c; the parent is a struct run. */
enum err_code run_history_answer_events(struct gql_call *call, struct err *err);
enum err_code run_history_answer_events_count(struct gql_call *call, struct err *err);
enum err_code run_history_answer_events_tail(struct gql_call *call, struct err *err);
enum err_code run_history_answer_keys(struct gql_call *call, struct err *err);
enum err_code run_history_answer_line_count(struct gql_call *call, struct err *err);
enum err_code run_history_answer_parquet(struct gql_call *call, struct err *err);
enum err_code run_history_answer_rows(struct gql_call *call, struct err *err);
enum err_code run_history_answer_sampled(struct gql_call *call, struct err *err);
enum err_code run_history_answer_system_metrics(struct gql_call *call, struct err *err);
enum err_code run_history_answer_tail(struct gql_call *call, struct err *err);

/* Fields that are read out of the config, answered in run_config.c. */
enum err_code run_config_answer(struct gql_call *call, struct err *err);
enum err_code run_config_answer_wandb(struct gql_call *call, struct err *err);
enum err_code run_config_answer_info(struct gql_call *call, struct err *err);
/* {"run_id": ..., "step": ...} that the config says the run was forked from; run_id.ptr NULL: it was not. */
struct run_branch_point {
    struct str run_id;
    int64_t step;
};
struct run_branch_point run_config_branch_point(struct str config, struct arena *arena);
/* Whether this writer of shared mode has described its machine in the config, as only the primary writer does. */
/* As a link shows it: without what the client tells of the machine and of who sits at it. ptr NULL where there is none. */
struct str run_config_of_link(struct str config, struct arena *arena);
bool run_config_describes_writer(struct str config, struct str writer, struct arena *arena);

#endif
