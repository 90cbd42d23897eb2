#include "mqtt/tls_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/whole_file.h"

enum { FILE_BYTES = 8 << 20 }; /* all authorities of a machine are a quarter of a megabyte */

/* What is wrong with a PEM, or NULL. */
static const char *fault_of_text(const char *text, bool is_key)
{
    if (text[0] == '\0')
        return "it is empty";
    if (!is_key)
        return strstr(text, "CERTIFICATE-----")
                   ? NULL
                   : "there is no certificate in it: expected PEM, with a line -----BEGIN CERTIFICATE-----";
    if (!strstr(text, "PRIVATE KEY-----"))
        return "there is no key in it: expected PEM, with a line -----BEGIN PRIVATE KEY-----";
    return strstr(text, "ENCRYPTED")
               ? "it has a passphrase, for which nobody can be asked: expected a key without (openssl pkey)"
               : NULL;
}

/* As who started it, who may look at what its user may. */
static void look_inside(const struct companion_files *files, const char *key, const char *path, bool is_key)
{
    char *text = NULL;
    size_t length = 0;
    struct stat status;
    const int error = whole_file_read(path, FILE_BYTES, &text, &length);
    const char *fault = error < 0 ? whole_file_problem(error) : fault_of_text(text, is_key);
    if (is_key && error == 0 && stat(path, &status) == 0 && status.st_mode & S_IRWXO)
        companion_files_problem(files, key, "%s: everybody may use it (mode %04o): chmod 640 it", path,
                                (unsigned int)status.st_mode & 07777U);
    if (fault)
        companion_files_problem(files, key, "%s: %s", path, fault);
    secret_free_bytes(text, length);
}

void tls_files_look(const struct mqtt_settings *settings, const struct companion_files *files)
{
    const struct {
        const char *key, *path;
        bool is_key;
    } list[] = {{"ca_file", settings->ca_file, false},
                {"certificate_file", settings->certificate_file, false},
                {"key_file", settings->key_file, true}};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (list[i].path && companion_files_look(files, list[i].key, list[i].path, R_OK))
            look_inside(files, list[i].key, list[i].path, list[i].is_key);
    }
}
