/* sweep_type.h - GraphQL's Sweep and Agent, and the fields of others that lead to them.
 *
 * The objects are a struct sweep and a struct sweep_agent.
 */
#ifndef SERVER_API_SWEEP_TYPE_H
#define SERVER_API_SWEEP_TYPE_H

#include "server/api/connection.h"
#include "server/store/sweeps/sweep_agent.h"
#include "server/store/sweeps/sweep_run.h"

extern const struct gql_type agent_type, agent_connection_type, agent_edge_type, sweep_type, sweep_connection_type, sweep_edge_type;

#define SWEEP_LIST_ARGS "after: String, filters: JSONString, first: Int = 50"

/* Of a Project. */
enum err_code sweep_type_answer_one(struct gql_call *call, struct err *err);
enum err_code sweep_type_answer_list(struct gql_call *call, struct err *err);
enum err_code sweep_type_answer_count(struct gql_call *call, struct err *err);
/* Of a Run: null when it belongs to none that is there. */
enum err_code sweep_type_answer_of_run(struct gql_call *call, struct err *err);

#endif
