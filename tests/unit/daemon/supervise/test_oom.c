/* Whether the kernel killed for want of memory, by its counts as it writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/supervise/oom.h"

static char root[64];
static struct oom oom;

static void write_file(const char *path, const char *text)
{
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(whole, 0755);
        *slash = '/';
    }
    FILE *out = fopen(whole, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/camd-oom.XXXXXX");
    assert_non_null(mkdtemp(root));
    write_file("/proc/vmstat", "nr_free_pages 5\noom_kill 70\nswpin_zero 0\n");
    write_file("/proc/self/oom_score_adj", "-100\n");
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    oom_fini(&oom);
    snprintf(command, sizeof(command), "rm -r %s", root);
    return system(command);
}

static void test_of_its_control_group_each_kill_is_told_once(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "1:name=systemd:/x\n0::/system.slice/camd.service\n");
    const char *events = "/sys/fs/cgroup/system.slice/camd.service/memory.events";
    write_file(events, "low 0\noom 1\noom_kill 1\noom_group_kill 0\n");
    oom_init(&oom, root);
    assert_false(oom_has_killed(&oom));
    write_file(events, "low 0\noom 3\noom_kill 3\noom_group_kill 0\n");
    oom_child_starts(&oom); /* another one, before those that died were looked at */
    assert_true(oom_has_killed(&oom));
    assert_true(oom_has_killed(&oom));
    assert_false(oom_has_killed(&oom));
}

static void test_of_an_older_kernel_s_group(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "9:memory:/camd\n0::/\n");
    write_file("/sys/fs/cgroup/memory/camd/memory.oom_control",
               "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
    oom_init(&oom, root);
    assert_false(oom_has_killed(&oom));
    write_file("/sys/fs/cgroup/memory/camd/memory.oom_control",
               "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
    assert_true(oom_has_killed(&oom));
}

static void test_of_a_group_whose_controllers_are_mounted_together(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "9:cpu,memory:/camd\n");
    write_file("/sys/fs/cgroup/memory/camd/memory.oom_control", "oom_kill 4\n");
    oom_init(&oom, root);
    write_file("/sys/fs/cgroup/memory/camd/memory.oom_control", "oom_kill 5\n");
    assert_true(oom_has_killed(&oom));
    assert_false(oom_has_killed(&oom));
}

/* A group above camd's has others in it, too. */
static void test_of_a_group_above_only_what_was_killed_since_a_child_started(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "0::/machine.slice/camd\n");
    write_file("/sys/fs/cgroup/machine.slice/memory.events", "oom_kill 1\n");
    oom_init(&oom, root);
    write_file("/sys/fs/cgroup/machine.slice/memory.events", "oom_kill 2\n");
    oom_child_starts(&oom);
    assert_false(oom_has_killed(&oom));
    write_file("/sys/fs/cgroup/machine.slice/memory.events", "oom_kill 3\n");
    assert_true(oom_has_killed(&oom));
}

/* In the root group the kernel counts for the machine alone: what it killed before a child started was another one. */
static void test_of_the_machine_only_what_was_killed_since_a_child_started(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "0::/\n");
    oom_init(&oom, root);
    write_file("/proc/vmstat", "oom_kill 71\n");
    oom_child_starts(&oom);
    assert_false(oom_has_killed(&oom));
    write_file("/proc/vmstat", "oom_kill 72\n");
    assert_true(oom_has_killed(&oom));
    assert_false(oom_has_killed(&oom));
}

static void test_children_are_chosen_first(void **state)
{
    (void)state;
    oom_init(&oom, root);
    assert_string_equal(oom.adjustment, "100");
    oom_fini(&oom);
    write_file("/proc/self/oom_score_adj", "900\n");
    oom_init(&oom, root);
    assert_string_equal(oom.adjustment, "1000");
}

static void test_without_any_of_it(void **state)
{
    (void)state;
    oom_init(&oom, "/nonexistent");
    oom_child_starts(&oom);
    assert_false(oom_has_killed(&oom));
    assert_string_equal(oom.adjustment, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_of_its_control_group_each_kill_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_an_older_kernel_s_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_a_group_whose_controllers_are_mounted_together, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_of_a_group_above_only_what_was_killed_since_a_child_started,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_the_machine_only_what_was_killed_since_a_child_started,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_children_are_chosen_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_any_of_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
