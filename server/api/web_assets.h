/* web_assets.h - the files of the web page, put into the binary by tools/embed_assets.py. */
#ifndef SERVER_API_WEB_ASSETS_H
#define SERVER_API_WEB_ASSETS_H

#include "base/str.h"

struct web_asset {
    struct str path, media_type, etag;
    const unsigned char *bytes;
    size_t size_bytes;
    bool is_gzip;
};

extern const struct web_asset web_assets[]; /* sorted by path */
extern const size_t web_asset_count;        /* 0 when the program was built without the page */

#endif
