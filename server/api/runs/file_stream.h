/* file_stream.h - where a live run sends its history, events, summary and console lines. */
#ifndef SERVER_API_FILE_STREAM_H
#define SERVER_API_FILE_STREAM_H

#include "server/http/http.h"

/* POST /files/{entity}/{project}/{run}/file_stream */
enum err_code file_stream_answer(struct http_call *call, struct err *err);

enum { FILE_STREAM_MAX_BYTES = 64 << 20 };

#endif
