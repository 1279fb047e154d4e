/* response.h - from what a handler answered to the bytes that go out.
 *
 * Threads: whoever has the exchange. Memory: the exchange's.
 */
#ifndef SERVER_HTTP_RESPONSE_H
#define SERVER_HTTP_RESPONSE_H

#include "server/http/exchange.h"

void response_init(struct response *response);
void response_finish_memory(struct response *response);

/* Decides about ranges and conditions, compresses, asks a stream for its first piece, and writes the head. An
 * answer that cannot be sent as it is becomes an error. */
void response_finish(struct exchange *exchange);
/* False when finishing takes long (compression, a stream's piece) and so belongs on a worker. */
bool response_finishes_quickly(const struct exchange *exchange);

/* The next piece of a stream into response.body, framed. False when the stream failed. */
bool response_produce(struct exchange *exchange);
/* Calls the producer's end, once. */
void response_end_stream(struct response *response);

/* Replaces what was answered so far. name NULL: the code's. */
void response_set_error(struct exchange *exchange, int status, const char *name, const char *message);

const char *response_reason(int status);

#endif
