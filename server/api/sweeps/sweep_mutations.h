/* sweep_mutations.h - what GraphQL changes in sweeps, and what their agents ask. */
#ifndef SERVER_API_SWEEP_MUTATIONS_H
#define SERVER_API_SWEEP_MUTATIONS_H

#include "server/graphql/graphql.h"

extern const char sweep_sdl[];
extern const struct gql_type agent_heartbeat_payload_type, create_agent_payload_type, delete_sweep_payload_type,
    enqueue_sweep_run_payload_type, upsert_sweep_payload_type;

enum err_code sweep_answer_agent_heartbeat(struct gql_call *call, struct err *err);
enum err_code sweep_answer_create_agent(struct gql_call *call, struct err *err);
enum err_code sweep_answer_delete_sweep(struct gql_call *call, struct err *err);
enum err_code sweep_answer_enqueue_sweep_run(struct gql_call *call, struct err *err);
enum err_code sweep_answer_upsert_sweep(struct gql_call *call, struct err *err);

#endif
