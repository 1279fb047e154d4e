/* importing.c - see importing.h. */
#include "server/api/runs/importing.h"

#include "base/clock.h"
#include "server/store/accounts/user.h"

enum err_code importing_read_time(const struct importing *importing, const struct json_value *of, struct str member, int64_t *out,
                                  struct err *err) {
    struct str text = json_get_str(of, member);

    *out = 0;
    if (text.ptr == NULL)
        return OK;
    if (!clock_parse_iso(text, out) || *out <= 0 || *out > importing->now_ms)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a time in the past, got '%.*s'", STR_ARG(member), STR_ARG(str_slice(text, 0, 50)));
    return OK;
}

enum err_code importing_find_author(struct db_tx *tx, const struct importing *importing, struct str username, int64_t *out,
                                    struct err *err) {
    struct user *user;
    enum right right;

    *out = 0;
    if (username.len == 0 || !importing->identity->is_admin)
        return OK;
    enum err_code code = user_find(tx, username, importing->arena, &user, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    TRY(right_find(tx, &importing->project->owner, user->id, user->is_admin, &right, err));
    *out = right >= RIGHT_READ ? user->id : 0;
    return OK;
}

enum err_code importing_read_list(const struct json_value *of, struct str member, size_t most, struct importing_list *out,
                                  struct err *err) {
    const struct json_value *list = json_get(of, member);

    *out = (struct importing_list){ 0 };
    if (list == NULL || list->type == JSON_TYPE_NULL)
        return OK;
    if (list->type != JSON_TYPE_ARRAY || list->array.count > most)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of at most %zu objects", STR_ARG(member), most);
    for (size_t i = 0; i < list->array.count; i++)
        if (list->array.items[i].type != JSON_TYPE_OBJECT)
            return err_set(err, ERR_BAD_INPUT, "'%.*s' must be a list of objects", STR_ARG(member));
    *out = (struct importing_list){ list->array.items, list->array.count };
    return OK;
}
