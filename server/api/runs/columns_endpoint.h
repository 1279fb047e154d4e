/* columns_endpoint.h - histories and lists of runs as columns, in Arrow's stream format; docs/web-api.md. */
#ifndef SERVER_API_COLUMNS_ENDPOINT_H
#define SERVER_API_COLUMNS_ENDPOINT_H

#include "server/http/http.h"

enum { COLUMNS_REQUEST_MAX_BYTES = 4 << 20, COLUMNS_RUNS_MAX = 100000, COLUMNS_KEYS_MAX = 10000 };

/* POST /api/history/columns */
enum err_code columns_answer_history(struct http_call *call, struct err *err);
/* POST /api/runs/columns */
enum err_code columns_answer_runs(struct http_call *call, struct err *err);

#endif
