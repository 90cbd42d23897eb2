#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/head.h"

/* ---- outputs ---- */

struct made {
    struct head_outputs outputs;
    float *data[HEAD_OUTPUTS_MAX];
};

static struct made make_outputs(uint32_t input_width, uint32_t input_height)
{
    return (struct made){.outputs = {.input_width = input_width, .input_height = input_height}};
}

static float *add_output(struct made *made, uint32_t dimensions, uint32_t a, uint32_t b, uint32_t c,
                         uint32_t d)
{
    const uint32_t at = made->outputs.count++, sizes[] = {a, b, c, d};
    size_t count = 1;
    struct head_output *output = &made->outputs.list[at];
    output->dimensions = dimensions;
    for (uint32_t i = 0; i < dimensions; i++) {
        output->size[i] = sizes[i];
        count *= sizes[i];
    }
    made->data[at] = calloc(count, sizeof(float));
    assert_non_null(made->data[at]);
    output->data = made->data[at];
    return made->data[at];
}

static void drop_outputs(struct made *made)
{
    for (uint32_t i = 0; i < made->outputs.count; i++)
        free(made->data[i]);
}

static const struct head *chosen(const char *name, const struct made *made, uint32_t label_count)
{
    char problem[DETECTOR_PROBLEM_BYTES] = "";
    const struct head *head = NULL;
    const int result = head_choose(name, &made->outputs, label_count, &head, problem);
    if (result < 0)
        print_message("%s\n", problem);
    assert_int_equal(result, 0);
    return head;
}

static void assert_refused(const char *name, const struct made *made, uint32_t label_count, const char *said)
{
    char problem[DETECTOR_PROBLEM_BYTES] = "";
    const struct head *head = NULL;
    assert_int_equal(head_choose(name, &made->outputs, label_count, &head, problem), -EINVAL);
    assert_null(head);
    assert_non_null(strstr(problem, said));
}

static void assert_candidate(const struct candidate *found, uint32_t label, float score, const float box[4])
{
    assert_int_equal(found->label, label);
    assert_float_equal(found->score, score, 1e-6);
    assert_float_equal(found->x1, box[0], 1e-4);
    assert_float_equal(found->y1, box[1], 1e-4);
    assert_float_equal(found->x2, box[2], 1e-4);
    assert_float_equal(found->y2, box[3], 1e-4);
}

/* ---- NanoDet ---- */

static struct made nanodet_outputs(uint32_t classes)
{
    struct made made = make_outputs(64, 32);
    (void)add_output(&made, 4, 1, 4 + classes, 4, 8);
    (void)add_output(&made, 4, 1, 4 + classes, 2, 4);
    (void)add_output(&made, 4, 1, 4 + classes, 1, 2);
    return made;
}

static void nanodet_boxes_lie_around_their_cells(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = nanodet_outputs(3);
    assert_ptr_equal(chosen("auto", &made, 3), &head_nanodet);
    /* stride 16, column 3, row 1: centre (56, 24) */
    float *cell = made.data[1] + 1 * 4 + 3;
    for (int i = 0; i < 4; i++)
        cell[i * 8] = (float)(i + 1);
    cell[(4 + 2) * 8] = 0.8F;
    cell[(4 + 1) * 8] = 0.29F; /* below the threshold */
    head_nanodet.decode(&made.outputs, 3, 0.3F, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_candidate(&candidates.list[0], 2, 0.8F, (const float[]){55, 22, 59, 28});
    drop_outputs(&made);
}

/* ---- YOLO ---- */

/* Candidate 5 of 20: centre (30, 20), 8 wide, 12 high. */
static const float VALUES[] = {30, 20, 8, 12};

static void yolo_v8_has_its_candidates_in_columns(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    float *data = add_output(&made, 3, 1, 4 + 3, 20, 0);
    for (int i = 0; i < 4; i++)
        data[i * 20 + 5] = VALUES[i];
    data[(4 + 1) * 20 + 5] = 0.7F;
    assert_ptr_equal(chosen("auto", &made, 3), &head_yolo);
    head_yolo.decode(&made.outputs, 3, 0.3F, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_candidate(&candidates.list[0], 1, 0.7F, (const float[]){26, 14, 34, 26});
    drop_outputs(&made);
}

static void yolo_v8_may_have_them_in_rows(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    float *data = add_output(&made, 3, 1, 20, 4 + 3, 0);
    memcpy(data + 5 * 7, VALUES, sizeof(VALUES));
    data[5 * 7 + 4 + 2] = 0.7F;
    assert_ptr_equal(chosen("auto", &made, 3), &head_yolo);
    head_yolo.decode(&made.outputs, 3, 0.3F, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_candidate(&candidates.list[0], 2, 0.7F, (const float[]){26, 14, 34, 26});
    drop_outputs(&made);
}

/* The reference's local detector (test vectors): .9, .5 and .4 at a threshold of .5 are two. */
static void a_score_that_is_the_threshold_counts(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    const float scores[] = {.9F, .5F, .4F};
    float *data = add_output(&made, 3, 1, 20, 4 + 3, 0);
    for (int i = 0; i < 3; i++) {
        memcpy(data + i * 7, VALUES, sizeof(VALUES));
        data[i * 7 + 4 + 2 - i] = scores[i];
    }
    head_yolo.decode(&made.outputs, 3, .5F, &candidates);
    assert_int_equal(candidates.count, 2);
    for (int i = 0; i < 2; i++)
        assert_true(candidates.list[i].score >= .5F && candidates.list[i].label != 0);
    drop_outputs(&made);
}

static void yolo_v5_multiplies_its_scores(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    float *data = add_output(&made, 3, 1, 20, 5 + 3, 0);
    memcpy(data + 5 * 8, VALUES, sizeof(VALUES));
    data[5 * 8 + 4] = 0.9F;
    data[5 * 8 + 5] = 0.8F;
    data[5 * 8 + 6] = 0.3F; /* 0.27: below the threshold */
    assert_ptr_equal(chosen("yolo", &made, 3), &head_yolo);
    head_yolo.decode(&made.outputs, 3, 0.3F, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_candidate(&candidates.list[0], 0, 0.72F, (const float[]){26, 14, 34, 26});
    drop_outputs(&made);
}

/* Fewer candidates than values: only the labels tell which is which. */
static void labels_decide_when_shapes_do_not(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    float *data = add_output(&made, 3, 1, 4 + 10, 6, 0);
    for (int i = 0; i < 4; i++)
        data[i * 6 + 5] = VALUES[i];
    data[(4 + 9) * 6 + 5] = 0.7F;
    assert_ptr_equal(chosen("auto", &made, 10), &head_yolo);
    head_yolo.decode(&made.outputs, 10, 0.3F, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_candidate(&candidates.list[0], 9, 0.7F, (const float[]){26, 14, 34, 26});
    drop_outputs(&made);
}

static void not_a_number_is_no_score(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    struct made made = make_outputs(64, 64);
    float *data = add_output(&made, 3, 1, 20, 5 + 3, 0);
    for (int i = 0; i < 20 * 8; i++)
        data[i] = __builtin_nanf("");
    head_yolo.decode(&made.outputs, 3, 0.3F, &candidates);
    assert_int_equal(candidates.count, 0);
    drop_outputs(&made);
}

/* ---- what can't be right ---- */

static void other_outputs_are_refused_with_their_shapes(void **state)
{
    (void)state;
    struct made made = make_outputs(64, 64);
    (void)add_output(&made, 2, 1, 1000, 0, 0);
    assert_refused("nanodet", &made, 3, "1x1000 for an input of 64x64");
    made.outputs.list[0].dimensions = 4; /* a classifier's map, of no stride */
    made.outputs.list[0].size[1] = 10;
    made.outputs.list[0].size[2] = made.outputs.list[0].size[3] = 10;
    assert_refused("auto", &made, 6, "are not those of a detector of 6 classes");
    made.outputs.count = 0;
    assert_refused("auto", &made, 3, "are not those of a detector");
    made.outputs.count = 1;
    drop_outputs(&made);
}

static void outputs_of_another_head_are_refused(void **state)
{
    (void)state;
    struct made made = nanodet_outputs(3);
    assert_refused("yolo", &made, 3, "are not those of yolo");
    assert_refused("ssd", &made, 3, "\"ssd\" is not known");
    made.outputs.list[1].size[1] = 8; /* its outputs disagree */
    assert_refused("nanodet", &made, 3, "are not those of nanodet");
    drop_outputs(&made);
}

static void another_number_of_labels_is_refused(void **state)
{
    (void)state;
    struct made made = nanodet_outputs(3);
    assert_refused("auto", &made, 80, "3 classes, but there are 80 labels");
    assert_ptr_equal(chosen("auto", &made, 0), &head_nanodet);
    drop_outputs(&made);

    made = make_outputs(64, 64);
    (void)add_output(&made, 3, 1, 4 + 3, 20, 0);
    assert_refused("yolo", &made, 5, "3 classes, but there are 5 labels");
    assert_ptr_equal(chosen("auto", &made, 0), &head_yolo);
    drop_outputs(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nanodet_boxes_lie_around_their_cells),
        cmocka_unit_test(yolo_v8_has_its_candidates_in_columns),
        cmocka_unit_test(yolo_v8_may_have_them_in_rows),
        cmocka_unit_test(a_score_that_is_the_threshold_counts),
        cmocka_unit_test(yolo_v5_multiplies_its_scores),
        cmocka_unit_test(labels_decide_when_shapes_do_not),
        cmocka_unit_test(not_a_number_is_no_score),
        cmocka_unit_test(other_outputs_are_refused_with_their_shapes),
        cmocka_unit_test(outputs_of_another_head_are_refused),
        cmocka_unit_test(another_number_of_labels_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
