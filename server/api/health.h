/* health.h - whether the server lives, whether it can serve, and its figures for Prometheus. */
#ifndef SERVER_API_HEALTH_H
#define SERVER_API_HEALTH_H

#include "server/http/http.h"

/* GET /healthz: 200 as long as the process answers. */
enum err_code health_answer_alive(struct http_call *call, struct err *err);
/* GET /readyz and /ready: 200 when the store answers. */
enum err_code health_answer_ready(struct http_call *call, struct err *err);
/* GET /metrics: no tenant's names are in it. */
enum err_code health_answer_metrics(struct http_call *call, struct err *err);

#endif
