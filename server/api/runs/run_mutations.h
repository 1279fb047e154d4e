/* run_mutations.h - what GraphQL changes in runs and projects. */
#ifndef SERVER_API_RUN_MUTATIONS_H
#define SERVER_API_RUN_MUTATIONS_H

#include "server/graphql/graphql.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

/* What mutations answer: each type shows some of it. */
struct payload {
    struct owner owner; /* of the object; nobody's when there is none */
    const void *object; /* may be NULL */
    bool inserted, success;
    int64_t count;
};

extern const struct gql_type upsert_bucket_payload_type, server_settings_type, server_message_type,
    delete_run_payload_type, delete_runs_payload_type, stop_run_payload_type, update_run_state_payload_type,
    rewind_run_payload_type, move_runs_payload_type, notify_scriptable_run_alert_payload_type,
    upsert_model_payload_type, delete_model_payload_type, rename_project_payload_type;

/* Inputs and enums of these. */
extern const char run_sdl[];

/* ---- of Mutation; each takes input: <Name>Input! and answers <Name>Payload ---- */
enum err_code run_answer_upsert_bucket(struct gql_call *call, struct err *err);
enum err_code run_answer_delete_run(struct gql_call *call, struct err *err);
enum err_code run_answer_delete_runs(struct gql_call *call, struct err *err);
enum err_code run_answer_stop_run(struct gql_call *call, struct err *err);
enum err_code run_answer_update_run_state(struct gql_call *call, struct err *err);
enum err_code run_answer_rewind_run(struct gql_call *call, struct err *err);
enum err_code run_answer_move_runs(struct gql_call *call, struct err *err);
enum err_code run_answer_notify_alert(struct gql_call *call, struct err *err);
enum err_code project_answer_upsert_model(struct gql_call *call, struct err *err);
enum err_code project_answer_delete_model(struct gql_call *call, struct err *err);
enum err_code project_answer_rename(struct gql_call *call, struct err *err);

/* ---- of all payloads ---- */
enum err_code payload_answer_client_mutation_id(struct gql_call *call,
                                                struct err *err); /* what the input had */
enum err_code payload_answer_inserted(struct gql_call *call, struct err *err);
enum err_code payload_answer_object(struct gql_call *call, struct err *err);
enum err_code payload_answer_success(struct gql_call *call, struct err *err);
void payload_give(struct gql_call *call, const struct owner *object, bool inserted, int64_t count);

#endif
