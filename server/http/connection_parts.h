/* connection_parts.h - what the three files of a connection share: its life, its reading, its writing.
 *
 * Every function may close the connection; it stays readable until loop_free_closed.
 */
#ifndef SERVER_HTTP_CONNECTION_PARTS_H
#define SERVER_HTTP_CONNECTION_PARTS_H

#include "server/http/connection.h"

enum {
    IN_BYTES_MAX = HTTP_HEAD_BYTES_MAX + 2 * READ_BYTES,
    READS_PER_EVENT = 4,
};

/* connection.c */
void connection_wait_to_read(struct connection *connection);
void connection_wait_to_write(struct connection *connection);
void connection_wait_for_both(struct connection *connection, bool has_more_to_write);
void connection_set_deadline(struct connection *connection, int64_t in_ms);
void connection_enter_idle(struct connection *connection);
void connection_leave_idle(struct connection *connection);
/* All is said: what the client still sends is thrown away for a while. */
void connection_linger(struct connection *connection);
/* Answers with an error that no handler had a say in. status 0 and name NULL: the code's. */
void connection_refuse(struct connection *connection, int status, const char *name, const struct err *err);
void connection_give_to_worker(struct connection *connection);
void loop_end_exchange(struct loop *loop, struct exchange *exchange);
void loop_count_exchange(struct loop *loop, const struct exchange *exchange, int status);

/* connection_read.c */
/* False when there is nothing to go on with: the connection waits or is closed. */
bool connection_read_some(struct connection *connection, void *out, size_t room, size_t *len);
struct exchange *connection_open_exchange(struct connection *connection);
void connection_begin_head(struct connection *connection);
void connection_take_head(struct connection *connection); /* when all of it is there */
void connection_on_readable_head(struct connection *connection);
void connection_begin_body(struct connection *connection);
void connection_begin_window(struct connection *connection);
void connection_on_readable_body(struct connection *connection);

/* connection_write.c */
void connection_start_response(struct connection *connection);
void connection_begin_writing(struct connection *connection); /* the next piece of it */
void connection_on_writable(struct connection *connection);

#endif
