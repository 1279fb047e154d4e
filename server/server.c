/* server.c - see server.h. */
#include "server/server.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "server/api/access.h"
#include "server/api/automations/automation_worker.h"
#include "server/api/accounts/first_start.h"
#include "server/api/identity.h"
#include "server/api/artifacts/joiner.h"
#include "server/api/charts/live.h"
#include "server/api/oidc/oidc.h"
#include "server/api/files_origin.h"
#include "server/api/accounts/log_in_limits.h"
#include "server/api/accounts/session.h"
#include "server/api/projects/quota.h"
#include "server/api/routes.h"
#include "server/api/runs/upload_queue.h"
#include "server/api/schema.h"
#include "server/api/web_page.h"
#include "server/landlock.h"
#include "server/notify.h"
#include "server/oidc_options.h"
#include "server/store/db/data_folder.h"
#include "server/store/db/db.h"
#include "server/store/runs/run_table.h"
#include "server/store/accounts/secrets.h"
#include "server/store/projects/trash.h"
#include "server/stores.h"
#include "server/watcher.h"

#include <signal.h>
#include <unistd.h>

enum { KEY_FILE_MAX_BYTES = 4096, MIB = 1 << 20 };

struct server {
    const struct config *config;
    struct arena *arena; /* of what lives as long as the server */
    struct str admin_key;
    struct str secret; /* ptr NULL: it lies in the data folder */
    struct data_folder *folder;
    struct stores stores;
    struct app app;
    struct http_app http_app; /* the HTTP server keeps its address */
    struct watcher *watcher;
    struct outside outside;
    struct automation_worker *automations;
    struct oidc_settings oidc;
};

/* What the signal handler stops. */
static struct http_server *volatile stops_on_signal;

static void on_signal(int number) {
    (void)number;
    if (stops_on_signal != NULL)
        http_server_stop(stops_on_signal);
}

static void set_signals(struct http_server *http) {
    struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    stops_on_signal = http;
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

struct str server_default_data(struct arena *arena) {
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (xdg != NULL && xdg[0] == '/')
        return arena_printf(arena, "%s/barograph", xdg);
    return arena_printf(arena, "%s/.local/share/barograph", home != NULL ? home : ".");
}

static enum err_code set_log_level(struct str name, struct err *err) {
    static const char *const names[] = { "debug", "info", "warn", "error" };
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        if (str_eq_c(name, names[level])) {
            log_set_level((enum log_level)level);
            return OK;
        }
    return err_set(err, ERR_BAD_INPUT, "--log-level wants debug, info, warn or error, got '%.*s'", STR_ARG(name));
}

/* "127.0.0.1:8080", "[::1]:8080" and "localhost:8080" are heard by this machine only. */
static bool is_loopback(struct str listen) {
    return str_starts_with(listen, STR("127.")) || str_starts_with(listen, STR("[::1]:")) || str_starts_with(listen, STR("localhost:"));
}

static enum err_code check(const struct config *config, struct err *err) {
    TRY(set_log_level(config->log_level, err));
    if (!str_eq_c(config->passwords, "on") && !str_eq_c(config->passwords, "off"))
        return err_set(err, ERR_BAD_INPUT, "--passwords wants on or off, got '%.*s'", STR_ARG(config->passwords));
    if ((config->tls_cert.len == 0) != (config->tls_key.len == 0))
        return err_set(err, ERR_BAD_INPUT, "--tls-cert and --tls-key go together");
    TRY(files_origin_check(config->files_url, err));
    bool is_protected = config->tls_cert.len > 0 || config->trusted_proxies.len > 0 || config->insecure;
    if (!is_loopback(config->listen) && !is_protected)
        return err_set(err, ERR_BAD_INPUT,
                       "listening on '%.*s' without TLS would show keys to the network: give --tls-cert and --tls-key, or "
                       "--trusted-proxies, or --insecure",
                       STR_ARG(config->listen));
    return OK;
}

static struct str folder_of(struct str path) {
    if (path.ptr == NULL || path.len == 0)
        return STR_EMPTY;
    const char *slash = memrchr(path.ptr, '/', path.len);
    if (slash == NULL)
        return STR(".");
    return slash == path.ptr ? STR("/") : str_slice(path, 0, (size_t)(slash - path.ptr));
}

/* Certificates are often links to where they really lie. */
static struct str real_folder_of(struct str path, struct arena *arena) {
    char *real = path.len == 0 ? NULL : realpath(arena_copy_c(arena, path), NULL);
    struct str folder = real == NULL ? STR_EMPTY : arena_copy(arena, folder_of(str_from_c(real)));
    free(real);
    return folder;
}

/* From here on only the server's own files can be opened, whatever somebody makes it do. */
static void confine(struct server *server, struct str data) {
    const struct config *config = server->config;
    struct str database = str_starts_with(config->database, STR("sqlite:")) ? str_from(config->database, 7) : STR_EMPTY;
    const struct str writable[] = { data, folder_of(database) };
    struct str home = str_from_environment("HOME"), aws = arena_printf(server->arena, "%.*s/.aws", STR_ARG(home));
    const struct str readable[] = { folder_of(config->tls_cert), real_folder_of(config->tls_cert, server->arena),
                                    folder_of(config->tls_key), real_folder_of(config->tls_key, server->arena),
                                    /* whom webhooks and mails trust */
                                    folder_of(str_from_environment("SSL_CERT_FILE")), real_folder_of(str_from_environment("SSL_CERT_FILE"), server->arena),
                                    /* of the database and the bucket: who we are there */
                                    folder_of(str_from_environment("PGPASSFILE")), folder_of(str_from_environment("PGSSLROOTCERT")),
                                    folder_of(str_from_environment("AWS_SHARED_CREDENTIALS_FILE")), aws,
                                    folder_of(str_from_environment("AWS_WEB_IDENTITY_TOKEN_FILE")),
                                    real_folder_of(str_from_environment("AWS_WEB_IDENTITY_TOKEN_FILE"), server->arena) };
    if (!landlock_confine(writable, sizeof writable / sizeof writable[0], readable, sizeof readable / sizeof readable[0]))
        log_info("this system cannot confine the process to its data folder");
}

/* Before the process is confined: the file may lie anywhere. */
static enum err_code read_admin_key(struct server *server, struct err *err) {
    const struct config *config = server->config;
    struct str text;

    server->admin_key = config->admin_key;
    if (config->admin_key_file.len == 0)
        return OK;
    if (config->admin_key.len > 0)
        return err_set(err, ERR_BAD_INPUT, "--admin-key and --admin-key-file say the same thing: give one of them");
    TRY(file_read_all(&text, arena_copy_c(server->arena, config->admin_key_file), KEY_FILE_MAX_BYTES, server->arena, err));
    server->admin_key = str_trim(text);
    return OK;
}

/* Before the process is confined, too. */
static enum err_code read_secret(struct server *server, struct err *err) {
    const struct config *config = server->config;
    struct str text;

    server->secret = config->secret.len > 0 ? config->secret : (struct str){ NULL, 0 };
    if (config->secret_file.len == 0)
        return OK;
    if (config->secret.len > 0)
        return err_set(err, ERR_BAD_INPUT, "--secret and --secret-file say the same thing: give one of them");
    TRY(file_read_all(&text, arena_copy_c(server->arena, config->secret_file), KEY_FILE_MAX_BYTES, server->arena, err));
    server->secret = text;
    return OK;
}

static enum err_code open_secrets(struct server *server, struct err *err) {
    struct app *app = &server->app;
    if (server->secret.ptr != NULL)
        return secrets_open_given(&app->secrets, server->secret, "the secret that was given", app->db, err);
    return secrets_open(&app->secrets, data_folder_file(server->folder, "secret.key", server->arena), app->db, err);
}

/* What may be reached outside, and where mails go. */
static enum err_code read_outside(struct server *server, struct err *err) {
    const struct config *config = server->config;
    struct str smtp = config->smtp;
    if (config->smtp_file.len > 0) {
        if (smtp.len > 0)
            return err_set(err, ERR_BAD_INPUT, "--smtp and --smtp-file say the same thing: give one of them");
        TRY(file_read_all(&smtp, arena_copy_c(server->arena, config->smtp_file), KEY_FILE_MAX_BYTES, server->arena, err));
        smtp = str_trim(smtp);
    }
    server->outside.has_mail = server->app.sends_mail = smtp.len > 0;
    server->app.public_url = config->public_url;
    if (smtp.len > 0)
        TRY(mail_server_parse(&server->outside.mail, smtp, config->smtp_from, server->arena, err));
    return webhook_networks_create(&server->outside.networks, config->webhook_networks, err);
}

static enum err_code open_store(struct server *server, struct err *err) {
    const struct config *config = server->config;
    struct str data = config->data.len > 0 ? config->data : server_default_data(server->arena);
    const struct stores_options options = { .database = config->database, .blobs = config->blobs };
    TRY(data_folder_open(&server->folder, data, config->force, err));
    confine(server, data);
    TRY(stores_open(&server->stores, server->folder, &options, server->arena, err));
    server->app.db = server->stores.db;
    server->app.folder = server->folder;
    server->app.cache_max_bytes = (uint64_t)config->cache_gib << 30;
    server->app.blob_depot = server->stores.blob_depot;
    server->app.history_depot = server->stores.history_depot;
    server->app.blobs = server->stores.blobs;
    server->app.history = server->stores.history;
    server->app.leases = server->stores.leases;
    return open_secrets(server, err);
}

/* From a thread of the database's: what another server has changed. */
static void take_notice(void *context, struct str notice) {
    struct app *app = context;
    if (identities_are_meant(notice))
        identities_forget(app->identities);
}

static enum err_code set_trash(struct db_tx *tx, void *context, struct err *err) {
    const struct config *config = context;
    return trash_set_keep(tx, config->trash_days * 24 * 3600 * 1000, err);
}

static enum err_code open_parts(struct server *server, struct err *err) {
    struct app *app = &server->app;
    app->identities = identities_create();
    TRY(open_store(server, err));
    TRY(db_subscribe(app->db, take_notice, app, err));
    TRY(db_write(app->db, set_trash, (void *)server->config, err));
    app->run_tables = run_tables_create(app->db, 0);
    run_tables_set_extremes(app->run_tables, history_read_extremes, history_bring_extremes_near, app->history);
    TRY(schema_create(&app->schema, err));
    app->log_in_limits = log_in_limits_create();
    app->files_url = server->config->files_url;
    app->quota = quota_create(&(struct quota_limits){ server->config->entity_quota_mb * MIB, server->config->project_quota_mb * MIB });
    app->live = live_create(app);
    app->uploads = upload_create_queue(app->db);
    app->joiner = joiner_create(app, 0);
    app->refuses_passwords = str_eq_c(server->config->passwords, "off");
    if (server->oidc.issuer.len > 0)
        app->oidc = oidc_start(&server->oidc, server->outside.networks);
    TRY(session_end_with_passwords_off(app, err));
    return first_start(app, server->admin_key, data_folder_file(server->folder, "admin.key", server->arena), err);
}

static struct str known_hosts(const struct server *server) {
    struct str files = files_origin_host(server->config->files_url), name, port;
    if (files.len == 0)
        return server->config->hosts;
    (void)str_cut(files, ':', &name, &port);
    return arena_printf(server->arena, "%.*s%s%.*s", STR_ARG(server->config->hosts), server->config->hosts.len > 0 ? "," : "", STR_ARG(name));
}

static enum err_code open_http(struct server *server, struct err *err) {
    const struct config *config = server->config;
    struct http_options options = {
        .listen = config->listen,
        .public_url = config->public_url,
        .hosts = known_hosts(server),
        .trusted_proxies = config->trusted_proxies,
        .tls_cert_file = config->tls_cert,
        .tls_key_file = config->tls_key,
        .worker_count = (size_t)config->workers,
        .max_connections = (size_t)config->max_connections,
        .log_access = config->access_log,
    };
    server->http_app = (struct http_app){
        .context = &server->app,
        .routes = routes,
        .route_count = route_count,
        .authorize = access_authorize,
        .otherwise = web_page_answer,
    };
    return http_server_create(&server->app.http, &options, &server->http_app, err);
}

static void say_where(const struct server *server) {
    struct str listen = server->config->listen;
    while (listen.len > 0 && listen.ptr[listen.len - 1] != ':')
        listen.len--;
    printf("listening on %s://%.*s%u\n", server->config->tls_cert.len > 0 ? "https" : "http", STR_ARG(listen),
           http_server_port(server->app.http));
    (void)fflush(stdout);
    notify_manager("READY=1");
}

static void close_all(struct server *server) {
    struct app *app = &server->app;
    notify_manager("STOPPING=1");
    watcher_stop(server->watcher);
    automation_worker_stop(server->automations);
    stops_on_signal = NULL;
    oidc_stop(app->oidc);
    joiner_stop(app->joiner);
    http_server_destroy(app->http);
    oidc_destroy(app->oidc);
    webhook_networks_destroy(server->outside.networks);
    live_destroy(app->live);
    joiner_destroy(app->joiner);
    if (app->db != NULL)
        db_unsubscribe(app->db);
    identities_destroy(app->identities);
    log_in_limits_destroy(app->log_in_limits);
    quota_destroy(app->quota);
    schema_destroy(app->schema);
    run_tables_destroy(app->run_tables);
    secrets_close(app->secrets);
    upload_queue_destroy(app->uploads); /* without the HTTP server nobody adds to it */
    stores_close(&server->stores);
    data_folder_close(server->folder);
    arena_destroy(server->arena);
}

enum err_code server_run(const struct config *config, struct err *err) {
    struct server server = { .config = config, .arena = arena_create(), .app.started_at_ms = clock_wall_ms() };
    enum err_code code = check(config, err);
    if (code == OK)
        code = read_admin_key(&server, err);
    if (code == OK)
        code = read_secret(&server, err);
    if (code == OK)
        code = read_outside(&server, err);
    if (code == OK)
        code = oidc_options_read(&server.oidc, config, server.arena, err);
    if (code == OK)
        code = open_parts(&server, err);
    if (code == OK)
        code = open_http(&server, err);
    if (code == OK) {
        set_signals(server.app.http);
        server.watcher = watcher_start(&server.app, config->crash_after_s, config->clean_every_s,
                                       data_folder_file(server.folder, ".", server.arena),
                                       data_folder_file(server.folder, "ballast", server.arena));
        server.automations = automation_worker_start(&server.app, &server.outside);
        say_where(&server);
        code = http_server_run(server.app.http, err);
    }
    close_all(&server);
    return code;
}
