/* node_id.h - the opaque ids of accounts: base64 of "Kind:number". Guessable, so what they name is authorised. */
#ifndef SERVER_API_NODE_ID_H
#define SERVER_API_NODE_ID_H

#include "base/arena.h"

struct str node_id_make(const char *kind, int64_t number, struct arena *arena);
/* False when it is none of that kind. */
bool node_id_parse(struct str id, const char *kind, int64_t *number, struct arena *arena);

#endif
