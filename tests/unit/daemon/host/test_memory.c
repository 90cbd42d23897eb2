/* test_memory.c - what is available: the machine's, or what the groups above camd leave, whichever version they are */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "daemon/host/memory.h"

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1024) * 1024)

static char root[64];

static int root_setup(void **state)
{
    (void)state;
    strcpy(root, "/tmp/camd-memory-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int root_teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command) == 0 ? 0 : -1;
}

/* A file below the root, with the directories that it is in. */
static void put(const char *path, const char *text)
{
    char full[PATH_MAX];
    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void put_machine(void)
{
    put("proc/meminfo",
        "MemTotal:        4096000 kB\nMemFree:          100 kB\nMemAvailable:    2048000 kB\n");
}

static void put_group_v2(const char *group, const char *limit, const char *usage, const char *stat)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "sys/fs/cgroup%s/memory.max", group);
    put(path, limit);
    snprintf(path, sizeof(path), "sys/fs/cgroup%s/memory.current", group);
    put(path, usage);
    snprintf(path, sizeof(path), "sys/fs/cgroup%s/memory.stat", group);
    put(path, stat);
}

static void expect(uint64_t total, uint64_t available, bool is_group)
{
    struct memory memory;
    memory_look(&memory, root);
    assert_int_equal(memory.total_bytes, total);
    assert_int_equal(memory.available_bytes, available);
    assert_int_equal(memory.is_group, is_group);
}

static void test_nothing_is_known(void **state)
{
    (void)state;
    expect(MEMORY_UNKNOWN, MEMORY_UNKNOWN, false);
}

static void test_the_machine(void **state)
{
    (void)state;
    put_machine();
    expect(4096000 * KIB, 2048000 * KIB, false);
    put("proc/self/cgroup", "0::/system.slice/camd.service\n");
    expect(4096000 * KIB, 2048000 * KIB, false);
    put_group_v2("/system.slice/camd.service", "max\n", "1000\n", "inactive_file 0\n");
    expect(4096000 * KIB, 2048000 * KIB, false);
}

/* Files that can be read again are given up before anybody is killed. */
static void test_a_service_with_a_limit(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "0::/system.slice/camd.service\n");
    put_group_v2("/system.slice/camd.service", "104857600\n", "52428800\n",
                 "anon 1\nfile 2\ninactive_file 10485760\nactive_file 3\n");
    expect(100 * MIB, 60 * MIB, true);
}

static void test_a_group_above_has_less(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "0::/a/b\n");
    put_group_v2("/a/b", "104857600\n", "10485760\n", "inactive_file 0\n");
    put_group_v2("/a", "52428800\n", "41943040\n", "inactive_file 0\n");
    expect(50 * MIB, 10 * MIB, true);
}

/* Its limit is larger than that of the group in it, and others have taken it. */
static void test_a_group_above_has_less_left(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "0::/a/b\n");
    put_group_v2("/a/b", "104857600\n", "10485760\n", "inactive_file 0\n");
    put_group_v2("/a", "209715200\n", "199229440\n", "inactive_file 0\n");
    expect(100 * MIB, 10 * MIB, true);
}

static void test_more_is_used_than_allowed(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "0::/a\n");
    put_group_v2("/a", "1048576\n", "2097152\n", "inactive_file 0\n");
    expect(MIB, 0, true);
}

static void test_the_first_version(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/box\n1:name=systemd:/y\n0::/z\n");
    put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "125829120\n");
    put("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "31457280\n");
    put("sys/fs/cgroup/memory/box/memory.stat", "inactive_file 9\ntotal_inactive_file 10485760\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    expect(120 * MIB, 100 * MIB, true);
}

/* In a container the name may be that of the host's, of which only the container's own part is mounted. */
static void test_only_the_own_part_is_mounted(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "4:memory:/docker/0123456789\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "125829120\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "20971520\n");
    expect(120 * MIB, 100 * MIB, true);
}

static void put_mounted_together(const char *mount)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "sys/fs/cgroup/%s/box/memory.limit_in_bytes", mount);
    put(path, "125829120\n");
    snprintf(path, sizeof(path), "sys/fs/cgroup/%s/box/memory.usage_in_bytes", mount);
    put(path, "20971520\n");
}

static void test_controllers_that_are_mounted_together(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "9:pids:/x\n4:cpu,memory,cpuacct:/box\n");
    put_mounted_together("cpu,memory,cpuacct"); /* without a name for each */
    expect(120 * MIB, 100 * MIB, true);
}

static void test_controllers_that_are_mounted_together_with_a_name_for_each(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "4:memory,cpu:/box\n");
    put_mounted_together("memory");
    expect(120 * MIB, 100 * MIB, true);
}

static void test_nonsense_is_no_limit(void **state)
{
    (void)state;
    put_machine();
    put("proc/self/cgroup", "::\n:\n4:memory\n0:memory,\nx\n0::/a/../..//\n\n");
    put("sys/fs/cgroup/memory.max", "none of your business\n");
    expect(4096000 * KIB, 2048000 * KIB, false);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, root_setup, root_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_known),
        TEST(test_the_machine),
        TEST(test_a_service_with_a_limit),
        TEST(test_a_group_above_has_less),
        TEST(test_a_group_above_has_less_left),
        TEST(test_more_is_used_than_allowed),
        TEST(test_the_first_version),
        TEST(test_only_the_own_part_is_mounted),
        TEST(test_controllers_that_are_mounted_together),
        TEST(test_controllers_that_are_mounted_together_with_a_name_for_each),
        TEST(test_nonsense_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
