/*
 * Landlock (https://docs.kernel.org/userspace-api/landlock.html): which files can be opened, which TCP ports connected
 * to. Debian 12's header knows ABI 1 and 2 at most; the kernel says what it can, and what the header lacks is here.
 */
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox_private.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#endif
enum {
    NET_BIND_TCP = 1, /* LANDLOCK_ACCESS_NET_*, ABI 4 */
    NET_CONNECT_TCP = 2,
    RULE_NET_PORT = 2,  /* LANDLOCK_RULE_NET_PORT */
    SCOPE_ABSTRACT = 1, /* LANDLOCK_SCOPE_*, ABI 6 */
    SCOPE_SIGNAL = 2,
};

/* struct landlock_ruleset_attr as it is since ABI 6; older kernels are given less of it. */
struct ruleset_attributes {
    uint64_t files, net, scoped;
};

struct port_rule {
    uint64_t access, port;
};

static uint64_t file_rights(int abi)
{
    uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1; /* all of ABI 1 */
    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 5)
        rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return rights;
}

static size_t attribute_bytes(int abi)
{
    return abi >= 6 ? sizeof(struct ruleset_attributes) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

static int make_ruleset(int abi)
{
    struct ruleset_attributes attributes = {
        .files = file_rights(abi),
        .net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0,
    };
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, attribute_bytes(abi), 0);
}

/* The rights that a use of a path asks for; a rule for a file must not have those of directories. */
static uint64_t rights_of(const struct sandbox_path *path, int abi)
{
    uint64_t rights = 0;
    if (path->use & SANDBOX_READ)
        rights |= LANDLOCK_ACCESS_FS_READ_FILE;
    if (path->use & SANDBOX_WRITE)
        rights |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
    if (path->use & SANDBOX_MAKE)
        rights |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
    return rights & file_rights(abi);
}

static bool allow_path(int ruleset, const struct sandbox_path *path, int abi)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights_of(path, abi)};
    rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return true; /* what is not there cannot be opened either */
    int directory = open(path->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
        close(directory);
    }
    long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return result == 0;
}

static bool allow_port(int ruleset, uint16_t port)
{
    const struct port_rule rule = {.access = NET_CONNECT_TCP, .port = port};
    return syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0;
}

static bool add_rules(int ruleset, const struct sandbox_wish *wish, int abi)
{
    bool good = true;
    for (size_t i = 0; good && i < wish->path_count; i++)
        good = allow_path(ruleset, &wish->paths[i], abi);
    for (size_t i = 0; good && abi >= 4 && wish->connects && i < wish->port_count; i++)
        good = allow_port(ruleset, wish->ports[i]);
    return good;
}

void sandbox_restrict_paths(const struct sandbox_wish *wish, struct sandbox_state *state)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return;
    int ruleset = make_ruleset(abi);
    if (ruleset < 0)
        return;
    bool good = add_rules(ruleset, wish, abi) && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    if (!good)
        return;
    state->landlock = abi;
    state->files = true;
    state->ports = abi >= 4;
}
