/* chart.h - the data of charts, as binary buckets. The format is in docs/web-api.md. */
#ifndef SERVER_API_CHART_H
#define SERVER_API_CHART_H

#include "server/http/http.h"

enum { CHART_REQUEST_MAX_BYTES = 4 << 20, CHART_SERIES_MAX = 20000, CHART_BUCKETS_MAX = 65536, CHART_ANSWER_MAX_BYTES = 256 << 20 };

/* POST /api/history/buckets */
enum err_code chart_answer(struct http_call *call, struct err *err);
/* POST /api/shared/{token}/buckets: of the runs that a link shows; entity and project are the link's. */
enum err_code chart_answer_shared(struct http_call *call, struct err *err);

#endif
