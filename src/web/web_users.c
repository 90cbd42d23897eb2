#include "web/web_users.h"

#include <crypt.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/whole_file.h"

enum { FILE_BYTES = 256 * 1024 };

struct web_user {
    const char *name, *hash; /* in the file's text */
};

struct web_users {
    char *text;
    size_t count;
    struct web_user list[WEB_USERS_MAX];
};

/* How many letters follow the last $, or _, of a whole hash, by how it begins: see crypt(5). */
static const struct {
    const char *begins;
    size_t letters;
} kinds[] = {
    {"$y$", 43}, {"$gy$", 43},   {"$7$", 43},  {"$2", 53},  {"$6$", 86}, {"$5$", 43},
    {"$1$", 22}, {"$sha1$", 28}, {"$md5", 22}, {"$3$", 32}, {"_", 19},
};

/* What crypt(3) is content with has a salt only: also one that was cut, or a password as it is, which nobody can log in with. */
static bool is_whole(const char *hash)
{
    static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    enum { DES_LETTERS = 13 };
    const char *last = hash[0] == '$' ? strrchr(hash, '$') : NULL;
    const char *own = last ? last + 1 : hash + (hash[0] == '_');
    const size_t length = strspn(own, letters);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strncmp(hash, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return length == kinds[i].letters && own[length] == '\0';
    }
    return last ||
           (length == DES_LETTERS && own[length] == '\0'); /* newer kinds than these begin with $, too */
}

/* What is wrong with a line, with what to do about it, or NULL. */
static const char *fault_of_hash(const char *hash)
{
    switch (crypt_checksalt(hash)) {
    case CRYPT_SALT_OK:
    case CRYPT_SALT_METHOD_LEGACY:
    case CRYPT_SALT_TOO_CHEAP:
        return is_whole(hash) ? NULL : "this is no whole hash: write the user again, with htpasswd -B";
    case CRYPT_SALT_METHOD_DISABLED:
        return "this kind of hash is disabled on this machine: write the user again, with htpasswd -B";
    default:
        return "no hash that crypt(5) knows (htpasswd's own kind is none): write the user again, with htpasswd -B";
    }
}

static const char *take_line(struct web_users *users, char *line)
{
    char *hash = strchr(line, ':');
    if (line[0] == '\0' || line[0] == '#')
        return NULL;
    if (!hash || hash == line)
        return "expected USER:HASH";
    if (users->count == WEB_USERS_MAX)
        return "too many users";
    *hash++ = '\0';
    if (web_users_hash(users, line))
        return "this user is there already";
    const char *fault = fault_of_hash(hash);
    if (!fault)
        users->list[users->count++] = (struct web_user){line, hash};
    return fault;
}

static int take_lines(struct web_users *users, const char *path, char problem[WEB_USERS_TEXT_BYTES])
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const size_t mark = sizeof(byte_order_mark) - 1;
    char *rest = users->text + (strncmp(users->text, byte_order_mark, mark) == 0 ? mark : 0), *line;
    unsigned int number = 0;
    size_t length = 0;
    while ((line = strsep(&rest, "\n"))) {
        line[strcspn(line, "\r")] = '\0';
        number++;
        const char *fault = take_line(users, line);
        if (fault && length < WEB_USERS_TEXT_BYTES)
            length += (size_t)snprintf(problem + length, WEB_USERS_TEXT_BYTES - length, "%s%s:%u: %s",
                                       length ? "\n" : "", path, number, fault);
    }
    if (length > 0)
        return -EINVAL;
    if (users->count > 0)
        return 0;
    snprintf(problem, WEB_USERS_TEXT_BYTES, "%s: there is no user in it: htpasswd -B %s USER adds one", path,
             path);
    return -EINVAL;
}

int web_users_read(struct web_users **users, const char *path, char problem[WEB_USERS_TEXT_BYTES])
{
    struct web_users *made = calloc(1, sizeof(*made));
    size_t length = 0;
    int result = made ? whole_file_read(path, FILE_BYTES, &made->text, &length) : -ENOMEM;
    problem[0] = '\0';
    if (result == 0 && strlen(made->text) < length) {
        snprintf(problem, WEB_USERS_TEXT_BYTES, "%s: there is a byte 0 in it, which ends no line of a text",
                 path);
        result = -EINVAL;
    } else if (result < 0) {
        snprintf(problem, WEB_USERS_TEXT_BYTES, "%s: %s", path, whole_file_problem(result));
    } else {
        result = take_lines(made, path, problem);
    }
    if (result < 0) {
        web_users_free(made);
        return result;
    }
    *users = made;
    return 0;
}

void web_users_free(struct web_users *users)
{
    if (!users)
        return;
    free(users->text);
    free(users);
}

const char *web_users_hash(const struct web_users *users, const char *name)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->list[i].name, name) == 0)
            return users->list[i].hash;
    }
    return NULL;
}

const char *web_users_any_hash(const struct web_users *users)
{
    return users->list[0].hash;
}
