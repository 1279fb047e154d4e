/* oidc_options.h - the options about logging in at a provider of OpenID Connect, read and checked. */
#ifndef SERVER_OIDC_OPTIONS_H
#define SERVER_OIDC_OPTIONS_H

#include "server/api/oidc/oidc_settings.h"
#include "server/config.h"

/* Before the process is confined: the files may lie anywhere. out->issuer is empty when nobody logs in that way. */
MUST_CHECK enum err_code oidc_options_read(struct oidc_settings *out, const struct config *config, struct arena *arena, struct err *err);

#endif
