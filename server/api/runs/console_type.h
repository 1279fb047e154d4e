/* console_type.h - what a run printed, as GraphQL shows it. */
#ifndef SERVER_API_CONSOLE_TYPE_H
#define SERVER_API_CONSOLE_TYPE_H

#include "server/api/connection.h"

extern const struct gql_type log_line_type, log_line_connection_type, log_line_edge_type;

#define LOG_LINES_ARGS "after: String, first: Int, last: Int, useImprovedPagination: Boolean"
/* Run.logLines; the parent is a struct run. */
enum err_code console_type_answer_lines(struct gql_call *call, struct err *err);

#endif
