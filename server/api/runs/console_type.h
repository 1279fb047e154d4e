/* console_type.h - what a run printed, as GraphQL shows it. */
#ifndef SERVER_API_CONSOLE_TYPE_H
#define SERVER_API_CONSOLE_TYPE_H

#include "server/api/connection.h"
#include "server/store/runs/console.h"

/* A line as it is shown. Clients send lines in two forms: a JSON object with ts, level, label and content, or plain text
 * "ERROR TIME text". Both are shown as text with what is known of the rest. */
struct log_line {
    struct owner owner;
    int64_t number;
    struct str line, level, label, timestamp; /* ptr NULL: not said */
};
/* Lives in the arena, and as long as the stored line. */
void log_line_read(struct log_line *line, const struct console_line *stored, struct arena *arena);

extern const struct gql_type log_line_type, log_line_connection_type, log_line_edge_type, log_stream_type;

#define LOG_LINES_ARGS "after: String, first: Int, last: Int, useImprovedPagination: Boolean"
/* Run.logLines and the fields beside it; the parent is a struct run. */
enum err_code console_type_answer_lines(struct gql_call *call, struct err *err);
enum err_code console_type_answer_change(struct gql_call *call, struct err *err);
enum err_code console_type_answer_streams(struct gql_call *call, struct err *err);

#endif
