/* launch_type.h - queues of jobs and the agents that take from them are not offered. The types are there because the
 * official client names them: what it asks for is empty or null, as where there are no queues, and what it wants made is
 * refused in words.
 */
#ifndef SERVER_API_LAUNCH_TYPE_H
#define SERVER_API_LAUNCH_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type run_queue_type, run_queue_item_type, run_queue_item_edge_type, run_queue_item_connection_type,
    default_resource_config_type, template_variable_type, launch_agent_type;
extern const struct gql_type create_default_resource_config_payload_type, create_run_queue_payload_type, upsert_run_queue_payload_type,
    delete_run_queues_payload_type, delete_from_run_queue_payload_type, push_to_run_queue_payload_type,
    push_to_run_queue_by_name_payload_type, pop_from_run_queue_payload_type, ack_run_queue_item_payload_type,
    fail_run_queue_item_payload_type, update_run_queue_item_warning_payload_type, create_launch_agent_payload_type,
    update_launch_agent_payload_type;
extern const char launch_sdl[];

enum err_code launch_answer_nothing(struct gql_call *call, struct err *err); /* null */
enum err_code launch_answer_none(struct gql_call *call, struct err *err);    /* an empty list */
enum err_code launch_answer_refusal(struct gql_call *call, struct err *err); /* of Mutation */

#endif
