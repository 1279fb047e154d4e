/* stores.h - everything that is kept, opened and closed together: the database, the blobs, the histories.
 *
 * Memory: stores_close, also after stores_open has failed.
 */
#ifndef SERVER_STORES_H
#define SERVER_STORES_H

#include "server/blobs/blobs.h"
#include "server/history/history.h"

struct data_folder;
struct lease_keeper;
struct s3;

struct stores_options {
    struct str database;  /* empty: SQLite inside the data folder */
    struct str blobs;     /* empty: the data folder; or s3://BUCKET... */
    struct history_options history;
};

struct stores {
    struct db *db;
    struct s3 *bucket; /* NULL: the data folder holds everything */
    struct depot *blob_depot, *history_depot;
    struct blobs *blobs;
    struct lease_keeper *leases; /* NULL: nobody else uses the database, or no work is done by itself */
    struct history *history;
};

/* The folder stays the caller's. */
MUST_CHECK enum err_code stores_open(struct stores *stores, const struct data_folder *folder,
                                     const struct stores_options *options, struct arena *arena, struct err *err);
void stores_close(struct stores *stores);

/* A blob_find in the database that is its context. */
MUST_CHECK enum err_code stores_find_small(void *db, const struct blob_id *id, struct arena *arena, struct str *bytes, struct err *err);

/* The database that was asked for, or the folder's own. */
struct str stores_database_url(const struct data_folder *folder, struct str chosen, struct arena *arena);

#endif
