#include "base/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/sys.h"
#include "base/text.h"

/* ---- URLs ---- */

struct url_parts {
    const char *user; /* where the authority begins; NULL: no URL with one */
    const char *at;   /* the @ after the user information, or NULL */
    const char *end;  /* of the authority */
};

static struct url_parts url_split(const char *url)
{
    struct url_parts parts = {0};
    const char *separator = strstr(url, "://");
    if (!separator)
        return parts;
    parts.user = separator + strlen("://");
    parts.end = parts.user + strcspn(parts.user, "/?#");
    parts.at = memrchr(parts.user, '@', (size_t)(parts.end - parts.user));
    return parts;
}

const char *secret_url_fault(const char *url)
{
    struct url_parts parts = url_split(url);
    if (!parts.user)
        return "is for URLs, and input is none: expected to be left out";
    if (!parts.at || parts.at == parts.user)
        return "is the password of a user, and input names none: expected input = rtsp://USER@HOST/PATH";
    if (memchr(parts.user, ':', (size_t)(parts.at - parts.user)))
        return "is given, and input has a password, too: expected one of them";
    return NULL;
}

/* Whether a host, with its port or without, is a number, which no user's name is. */
static bool is_address(const char *host, const char *end)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    const char *colon = memchr(host, ':', (size_t)(end - host));
    size_t length = (size_t)((colon ? colon : end) - host);
    if (*host == '[' || length >= sizeof(text))
        return *host == '[';
    memcpy(text, host, length);
    text[length] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

bool secret_url_is_broken(const char *url)
{
    struct url_parts parts = url_split(url);
    if (!parts.user || !strchr(parts.end, '@') || is_address(parts.at ? parts.at + 1 : parts.user, parts.end))
        return false;
    return memchr(parts.user, ':', (size_t)(parts.end - parts.user)) != NULL;
}

bool secret_url_lacks_password(const char *url)
{
    struct url_parts parts = url_split(url);
    const char *colon = parts.at ? memchr(parts.user, ':', (size_t)(parts.at - parts.user)) : NULL;
    return parts.at && parts.at > parts.user && (!colon || colon + 1 == parts.at);
}

bool secret_is_in(const char *value)
{
    char *redacted = secret_redact_value(value);
    bool is_in = !redacted || strcmp(redacted, value) != 0;
    free(redacted);
    return is_in;
}

const char *secret_path_shown(const char *value)
{
    static const char common[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
    return value[0] == '/' && strspn(value, common) == strlen(value) ? value : "***";
}

/* Everything but what RFC 3986 calls unreserved is escaped, so that no reader of URLs can take it for something else. */
static char *escape(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    char *escaped = malloc(3 * strlen(text) + 1), *to = escaped;
    for (; escaped && *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (strchr(plain, *text)) {
            *to++ = *text;
            continue;
        }
        *to++ = '%';
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    if (escaped)
        *to = '\0';
    return escaped;
}

char *secret_url_join(const char *url, const char *password)
{
    struct url_parts parts = url_split(url);
    char *escaped = escape(password);
    char *joined = escaped ? text_format("%.*s:%s%s", (int)(parts.at - url), url, escaped, parts.at) : NULL;
    secret_free(escaped);
    return joined;
}

char *secret_url_strip(const char *url)
{
    struct url_parts parts = url_split(url);
    if (!parts.user || !parts.at)
        return strdup(url);
    return text_format("%.*s%s", (int)(parts.user - url), url, parts.at + 1);
}

/* ---- files ---- */

/* The line's end, or NULL with what is wrong with it. */
static const char *first_line(char *text, size_t length, const char **fault)
{
    size_t line = strcspn(text, "\r\n");
    *fault = NULL;
    if (line == 0)
        *fault = "its first line is empty: write the password there";
    else if (line == length && length > SECRET_BYTES)
        *fault = "its first line is too long for a password";
    else if (strlen(text) < length && strlen(text) == line)
        *fault = "it has a zero byte: write the password as text";
    text[line] = '\0';
    return *fault ? NULL : text;
}

/* What keeps a file of that status from being one for a password, or NULL; *error: -EPERM or -EINVAL. New string. */
static char *status_fault(const struct stat *status, int *error)
{
    *error = -EPERM;
    if (!S_ISREG(status->st_mode))
        return strdup("it is no regular file");
    if (status->st_mode & (S_IRWXG | S_IRWXO))
        return text_format("others than its owner may use it (mode %04o): chmod 600 it",
                           (unsigned int)status->st_mode & 07777U);
    *error = status->st_size == 0 ? -EINVAL : 0;
    return *error ? strdup("it is empty: write the password into its first line") : NULL;
}

static int read_checked(int fd, char text[SECRET_BYTES + 2], char **fault)
{
    struct stat status;
    const char *line_fault;
    int error;
    if (fstat(fd, &status) != 0)
        return -errno;
    *fault = status_fault(&status, &error);
    if (error < 0)
        return error;
    ssize_t length = sys_pread(fd, text, SECRET_BYTES + 1, 0);
    if (length < 0)
        return (int)length;
    text[length] = '\0';
    if (first_line(text, (size_t)length, &line_fault))
        return 0;
    *fault = strdup(line_fault);
    return -EINVAL;
}

static char *problem_of(const char *path, const char *fault)
{
    return text_format("%s: %s", secret_path_shown(path), fault);
}

char *secret_file_problem(const char *path, const struct stat *status)
{
    int error;
    char *fault = status_fault(status, &error);
    char *problem = error < 0 ? problem_of(path, fault ? fault : strerror(-error)) : NULL;
    free(fault);
    return problem;
}

int secret_read(const char *path, char **password, char **problem)
{
    char text[SECRET_BYTES + 2] = "", *fault = NULL, *copy = NULL;
    int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    int result = fd < 0 ? fd : read_checked(fd, text, &fault);
    if (result == 0 && !(copy = strdup(text)))
        result = -ENOMEM;
    explicit_bzero(text, sizeof(text));
    sys_close(&fd);
    if (result == 0)
        *password = copy;
    else
        *problem = problem_of(path, fault ? fault : strerror(-result));
    free(fault);
    return result;
}

int secret_url_complete(const char *url, const char *file, char **complete, char **problem)
{
    char *password = NULL, *made;
    if (file) {
        char *fault = NULL;
        int result = secret_read(file, &password, &fault);
        if (result < 0)
            *problem = fault ? text_format("password_file %s", fault) : NULL;
        free(fault);
        if (result < 0)
            return result;
    }
    made = file ? secret_url_join(url, password) : strdup(url);
    secret_free(password);
    if (!made) {
        *problem = NULL;
        return -ENOMEM;
    }
    *complete = made;
    return 0;
}

void secret_free_bytes(char *secret, size_t length)
{
    if (secret)
        explicit_bzero(secret, length);
    free(secret);
}

void secret_free(char *secret)
{
    secret_free_bytes(secret, secret ? strlen(secret) : 0);
}

/* ---- the process ---- */

/* LeakSanitizer attaches to its own process, which one that may not be dumped refuses. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#endif

void secret_guard_process(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
#ifndef UNDER_SANITIZER
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void overwrite(char *argument)
{
    size_t length = strlen(argument);
    char *redacted = secret_redact_value(argument);
    size_t kept = redacted ? strnlen(redacted, length) : 0;
    explicit_bzero(argument, length);
    memcpy(argument, redacted ? redacted : "", kept);
    free(redacted);
}

char **secret_take_arguments(int argc, char **argv)
{
    static char **copies; /* reachable for leak checkers */
    copies = calloc((size_t)argc + 1, sizeof(*copies));
    if (!copies)
        return argv;
    for (int i = 0; i < argc; i++) {
        copies[i] = strdup(argv[i]);
        if (!copies[i])
            return argv;
    }
    for (int i = 0; i < argc; i++)
        if (secret_is_in(argv[i]))
            overwrite(argv[i]);
    return copies;
}

const char *secret_refused_option(char *const argv[], char shown[SECRET_OPTION_BYTES])
{
    const char *word = argv[optind - 1];
    if (optopt > 0 && optopt < 256)
        snprintf(shown, SECRET_OPTION_BYTES, "-%c", optopt);
    else
        snprintf(shown, SECRET_OPTION_BYTES, "%.*s", (int)strcspn(word, "="), word);
    return shown;
}
