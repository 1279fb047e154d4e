/* mention.h - names in a comment: "@alice, look". Nothing is kept: the names point into the text. */
#ifndef SERVER_API_MENTION_H
#define SERVER_API_MENTION_H

#include "base/str.h"

enum { MENTION_MAX = 60 };

/* What may be names of users, in the order they stand: of "@bob." both "bob." and "bob", because both are names; of letters
 * that follow a name without a space, as some languages write, the name alone, too. An @ within a word (an address) is none. */
size_t mention_find(struct str text, struct str *names, size_t max);

#endif
