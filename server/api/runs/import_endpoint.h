/* import_endpoint.h - what an import says beside what clients say: when things were made and by whom, sweeps under their
 * names, and what was said about reports. */
#ifndef SERVER_API_IMPORT_ENDPOINT_H
#define SERVER_API_IMPORT_ENDPOINT_H

#include "server/http/http.h"

enum { IMPORT_MAX_BODY_BYTES = 16 << 20, IMPORT_THINGS_MAX = 1000, IMPORT_DISCUSSIONS_MAX = 10, IMPORT_ALERTS_MAX = 10000 };

/* POST /api/import/{entity}/{project}, documented in docs/web-api.md. */
enum err_code import_answer(struct http_call *call, struct err *err);

#endif
