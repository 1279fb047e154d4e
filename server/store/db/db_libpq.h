/* db_libpq.h - PostgreSQL's own client library, loaded when a database of that kind is opened: a laptop's server needs
 * none, and the program starts where it is not installed. Only db_postgres*.c include it.
 */
#ifndef SERVER_STORE_DB_LIBPQ_H
#define SERVER_STORE_DB_LIBPQ_H

#include "base/err.h"

#include <libpq-fe.h>

#define LIBPQ_FUNCTIONS(X)                                                                                   \
    X(PQclear)                                                                                               \
    X(PQcmdTuples)                                                                                           \
    X(PQconnectdbParams)                                                                                     \
    X(PQconsumeInput)                                                                                        \
    X(PQenterPipelineMode)                                                                                   \
    X(PQerrorMessage)                                                                                        \
    X(PQexec)                                                                                                \
    X(PQexitPipelineMode)                                                                                    \
    X(PQfinish)                                                                                              \
    X(PQftype)                                                                                               \
    X(PQgetResult)                                                                                           \
    X(PQfreemem)                                                                                             \
    X(PQgetisnull)                                                                                           \
    X(PQgetlength)                                                                                           \
    X(PQgetvalue)                                                                                            \
    X(PQnfields)                                                                                             \
    X(PQnparams)                                                                                             \
    X(PQnotifies)                                                                                            \
    X(PQntuples)                                                                                             \
    X(PQparamtype)                                                                                           \
    X(PQpipelineSync)                                                                                        \
    X(PQresultErrorField)                                                                                    \
    X(PQresultErrorMessage)                                                                                  \
    X(PQresultMemorySize)                                                                                    \
    X(PQresultStatus)                                                                                        \
    X(PQsendDescribePrepared)                                                                                \
    X(PQsendPrepare)                                                                                         \
    X(PQsendQueryPrepared)                                                                                   \
    X(PQserverVersion)                                                                                       \
    X(PQsetNoticeProcessor)                                                                                  \
    X(PQsocket)                                                                                  \
    X(PQstatus)

/* Called as libpq.PQexec(...). */
extern struct libpq {
#define X(name) __typeof__(name) *name;
    LIBPQ_FUNCTIONS(X)
#undef X
} libpq;

/* ERR_NOT_OFFERED, with the package to install, when it is not there. May be called again. */
MUST_CHECK enum err_code libpq_load(struct err *err);

#endif
