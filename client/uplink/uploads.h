/* uploads.h - bytes to addresses that a server handed out: several at a time, each tried again a few times.
 *
 * Threads: uploads_send starts its own and returns when they are done. The counters may be read by anybody.
 * Memory: uploads_destroy; the uploads' texts are borrowed for the call.
 */
#ifndef CLIENT_UPLOADS_H
#define CLIENT_UPLOADS_H

#include "client/uplink/uplink.h"

enum { UPLOAD_ETAG_MAX = 128 };

struct upload {
    struct str name;
    const char *path;    /* of a file; NULL: the content is sent */
    uint64_t offset, length; /* a part of the file; 0: all of it */
    struct str content;
    bool follows_links;
    int64_t owner;             /* only a file of this user is sent; -1: whoever's it is */
    struct str url_json;     /* as the server wrote it; null: the server has it already */
    struct str headers_json; /* ["Key:Value", ...]; empty: none */
    struct str content_md5;  /* base64; empty: not sent */
    char *etag;              /* what the server called it, UPLOAD_ETAG_MAX with its end; NULL: nobody asks */
    enum uplink_result result;
};

struct upload_counters {
    _Atomic uint64_t sent_bytes, total_bytes;
    _Atomic bool stops; /* what is under way is finished, nothing more is begun */
};

struct uploads;

/* NULL when out of memory. base_url: addresses that begin with a slash are put behind it. */
struct uploads *uploads_create(struct str base_url);
void uploads_destroy(struct uploads *uploads); /* NULL is fine */

/* The file behind it, or -1 when it must not be sent; *length: of what goes of it. The caller closes it. */
int upload_open_file(const struct upload *upload, uint64_t *length);

/* Each upload's result is set: UPLINK_REFUSED also for a file that cannot be read. */
void uploads_send(struct uploads *uploads, struct upload *list, size_t count, struct upload_counters *counters);

#endif
