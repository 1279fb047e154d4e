/* app.h - what every handler and resolver can reach: the parts of one running server.
 *
 * Threads: set up before the server listens and not changed while it does; each part guards itself.
 */
#ifndef SERVER_API_APP_H
#define SERVER_API_APP_H

#include "base/str.h"

struct blobs;
struct data_folder;
struct db;
struct depot;
struct gql_schema;
struct history;
struct http_server;
struct lease_keeper;
struct identities;
struct joiner;
struct live;
struct log_in_limits;
struct oidc;
struct quota;
struct run_tables;
struct secrets;
struct upload_queue;

struct app {
    struct db *db;
    const struct data_folder *folder;
    struct depot *blob_depot, *history_depot; /* to be tidied and backed up; all else goes through the two below */
    uint64_t cache_max_bytes;                 /* of both, when the files live in a bucket */
    struct blobs *blobs;
    struct history *history;
    struct http_server *http; /* for its metrics */
    struct live *live;        /* tells open pages what changes */
    struct lease_keeper *leases; /* what this server does for all of them */
    struct run_tables *run_tables; /* for filters and orders of runs */
    struct secrets *secrets;
    struct quota *quota;                 /* who holds as much as he may */
    struct upload_queue *uploads;        /* that wait to be linked */
    struct joiner *joiner;               /* puts large files together */
    struct identities *identities;       /* keys and cookies that were looked up a moment ago */
    struct log_in_limits *log_in_limits; /* how often names and addresses have failed of late */
    struct oidc *oidc;                   /* NULL: nobody logs in at a provider */
    bool refuses_passwords;
    const struct gql_schema *schema;
    _Atomic bool is_disk_low; /* rows and files are refused; deleting goes on */
    struct str files_url; /* the origin that logged files are served from, without a slash at its end; empty: our own */
    struct str public_url; /* how people reach this server, for what leaves it; empty: nobody said */
    bool sends_mail;
    int64_t started_at_ms; /* Unix */
};

#endif
