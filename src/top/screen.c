#include "top/screen.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/visible_text.h"
#include "top/plain.h"
#include "top/screen_signals.h"

enum { PAIR_PLAIN, PAIR_GOOD, PAIR_WAIT, PAIR_BAD };

enum {
    DETECTORS_MAX = 3, /* lines of them */
    REASON_LEAST = 24, /* columns that are left for what is wrong, at the end of a row */
    LINES_FEW = 8,     /* with fewer than these only rows are shown */
    TIME_COLUMNS = 10, /* of the time of day, with what is left free before it */
};

struct screen {
    SCREEN *terminal;
    bool has_colour, shows_help;
    int page; /* rows that had room */
    struct screen_signals signals;
};

/* ---- colours ---- */

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return has_colors() && !(no_colour && no_colour[0]);
}

static void begin_colours(void)
{
    start_color();
    use_default_colors();
    init_pair(PAIR_GOOD, COLOR_GREEN, -1);
    init_pair(PAIR_WAIT, COLOR_YELLOW, -1);
    init_pair(PAIR_BAD, COLOR_RED, -1);
}

/* ---- beginning and end ---- */

/* Who suspended us by SIGSTOP has used the terminal meanwhile, and ncurses knows nothing of it. */
static void draw_all_again(void)
{
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    reset_prog_mode();
    clearok(curscr, true);
}

/* Gives the terminal back for as long as it is suspended; what somebody has set there meanwhile stays for later. */
static void suspend(void)
{
    screen_signals_hold_output();
    if (tcgetpgrp(STDIN_FILENO) == getpgrp())
        def_prog_mode();
    endwin();
    screen_signals_suspend();
    def_shell_mode();
    doupdate();
}

int screen_poll(struct screen *screen, struct pollfd *descriptors, unsigned int count, int64_t timeout_ms)
{
    const int result = screen_signals_wait(&screen->signals, descriptors, count, timeout_ms);
    if (screen_signals_suspend_is_due())
        suspend();
    if (screen_signals_have_continued())
        draw_all_again();
    return result;
}

int screen_begin(struct screen **result)
{
    const char *kind = getenv("TERM");
    struct screen *screen = calloc(1, sizeof(*screen));
    if (!screen)
        return -ENOMEM;
    screen_signals_note(&screen->signals);
    if (kind && kind[0] && strcmp(kind, "dumb") != 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        screen->terminal = newterm(NULL, stdout, stdin);
    if (!screen->terminal) {
        screen_signals_let_go(&screen->signals);
        free(screen);
        return -ENOTTY;
    }
    set_term(screen->terminal);
    cbreak();
    noecho();
    nodelay(stdscr, true);
    keypad(stdscr, true);
    set_escdelay(25);
    curs_set(0);
    screen->has_colour = wants_colour();
    if (screen->has_colour)
        begin_colours();
    *result = screen;
    return 0;
}

void screen_end(struct screen *screen)
{
    if (!screen)
        return;
    screen_signals_hold_output();
    endwin();
    delscreen(screen->terminal);
    screen_signals_let_go(&screen->signals);
    free(screen);
}

/* ---- drawing ---- */

static void set_style(const struct screen *screen, int pair, attr_t attributes)
{
    attr_set(attributes, screen->has_colour ? (short)pair : (short)PAIR_PLAIN, NULL);
}

/* As much of a text that is fit for a terminal as has room in so many columns. Returns how many it took. */
static int put(int line, int column, int room, const char *text)
{
    if (room <= 0)
        return 0;
    const size_t bytes = visible_fitting(text, (size_t)room);

    mvaddnstr(line, column, text, (int)bytes);
    return (int)visible_columns(text, bytes);
}

static int pair_of_state(const char *state)
{
    static const struct {
        const char *state;
        int pair;
    } pairs[] = {{"up", PAIR_GOOD},       {"failed", PAIR_BAD},    {"backoff", PAIR_BAD},
                 {"degraded", PAIR_WAIT}, {"starting", PAIR_WAIT}, {"stopping", PAIR_WAIT}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
        if (strcmp(pairs[i].state, state) == 0)
            return pairs[i].pair;
    return PAIR_PLAIN;
}

/* A name that has no room ends in a sign that says so. */
static void put_cell(int line, int column, int width, const struct column *what, const char *text)
{
    const int wide = (int)visible_columns(text, strlen(text));
    if (wide > width) {
        put(line, column, width - 1, text);
        mvaddch(line, column + width - 1, '~');
    } else {
        put(line, column + (what->is_right ? width - wide : 0), width, text);
    }
}

static void draw_row(const struct screen *screen, const struct row *row, int line, const bool *shown,
                     int name_width, bool is_selected)
{
    const attr_t attributes = is_selected ? A_REVERSE : A_NORMAL;
    char text[COLUMN_TEXT_BYTES];
    int reason_at = 0;
    set_style(screen, PAIR_PLAIN, attributes);
    mvhline(line, 0, ' ', COLS);
    for (size_t i = 0, at = 0; i < column_count; i++) {
        const int width = columns[i].width ? columns[i].width : name_width;
        if (!shown[i])
            continue;
        set_style(screen, &columns[i] == column_usual ? pair_of_state(row->camera->state) : PAIR_PLAIN,
                  attributes);
        columns[i].write(row, text);
        put_cell(line, (int)at, width, &columns[i], text);
        at += (size_t)width + COLUMN_GAP;
        reason_at = (int)at;
    }
    set_style(screen, PAIR_PLAIN, attributes);
    if (COLS - reason_at >= REASON_LEAST)
        put(line, reason_at, COLS - reason_at, row->camera->reason);
}

static void draw_headings(const struct screen *screen, const struct selection *selection, int line,
                          const bool *shown, int name_width)
{
    set_style(screen, PAIR_PLAIN, A_REVERSE);
    mvhline(line, 0, ' ', COLS);
    for (size_t i = 0, at = 0; i < column_count; i++) {
        const int width = columns[i].width ? columns[i].width : name_width;
        if (!shown[i])
            continue;
        set_style(screen, PAIR_PLAIN,
                  &columns[i] == selection->by ? A_REVERSE | A_BOLD | A_UNDERLINE : A_REVERSE);
        put_cell(line, (int)at, width, &columns[i], columns[i].heading);
        at += (size_t)width + COLUMN_GAP;
    }
}

static int longest_name(const struct selection *selection)
{
    size_t longest = strlen(columns[0].heading);
    for (size_t i = 0; i < selection->count; i++)
        if (strlen(selection->rows[i]->camera->name) > longest)
            longest = strlen(selection->rows[i]->camera->name);
    return (int)longest;
}

/* From that line on, to the one before end. */
static void draw_table(struct screen *screen, struct selection *selection, int line, int end)
{
    bool shown[TOP_COLUMN_COUNT];
    int name_width;
    columns_choose(COLS, longest_name(selection), shown, &name_width);
    draw_headings(screen, selection, line++, shown, name_width);
    screen->page = end > line ? end - line : 0;
    selection_scroll(selection, (size_t)screen->page);
    for (size_t i = selection->first; i < selection->count && line < end; i++)
        draw_row(screen, selection->rows[i], line++, shown, name_width, i == selection->at);
}

/* The time of day, at the right. */
static void draw_time(bool is_utc)
{
    const time_t now = time(NULL);
    struct tm parts;
    char text[16] = "";
    if (is_utc ? gmtime_r(&now, &parts) : localtime_r(&now, &parts))
        strftime(text, sizeof(text), is_utc ? "%H:%M:%SZ" : "%H:%M:%S", &parts);
    if (COLS > (int)strlen(text))
        mvaddstr(0, COLS - (int)strlen(text), text);
}

/* Returns the line after it. */
static int draw_head(const struct screen *screen, const struct selection *selection,
                     const struct scene *scene)
{
    char text[PLAIN_TEXT_BYTES], uptime[TEXT_DURATION_BYTES], every[TEXT_DURATION_BYTES];
    int line = 0;
    if (scene->problem) {
        set_style(screen, PAIR_BAD, A_BOLD);
        snprintf(text, sizeof(text), "camd: %s; trying again", scene->problem);
    } else {
        set_style(screen, PAIR_PLAIN, A_BOLD);
        snprintf(text, sizeof(text), "camd %s, up %s; every %s, by %s%s%s", scene->sample->version,
                 text_duration(scene->sample->uptime_s, uptime), text_duration(scene->every_s, every),
                 column_word(selection->by), selection->is_reversed ? ", reversed" : "",
                 selection->only_problems ? "; problems only" : "");
    }
    put(line++, 0, COLS - TIME_COLUMNS, text);
    set_style(screen, PAIR_PLAIN, A_NORMAL);
    draw_time(scene->is_utc);
    put(line++, 0, COLS, plain_summary(scene->sample, scene->rates, text));
    for (size_t i = 0; i < scene->rates->detector_count && i < DETECTORS_MAX; i++) {
        set_style(screen, pair_of_state(scene->rates->detectors[i].detector->state), A_NORMAL);
        put(line++, 0, COLS, plain_detector(&scene->rates->detectors[i], text));
    }
    return line;
}

/* ---- the foot ---- */

/* What is wrong with the selected camera, else which keys there are. */
static const char *foot_text(const struct selection *selection)
{
    if (selection->count == 0)
        return "no cameras to be shown   q quit   h help";
    const char *reason = selection->rows[selection->at]->camera->reason;
    return reason[0] ? reason : "q quit   h help   p problems only   arrows select";
}

/*
 * Where its second line begins: behind the last blank that has room in the first, or within a word when the rest would not
 * fit otherwise. Its end: there is one line.
 */
static size_t foot_break(const char *text)
{
    const size_t bytes = visible_fitting(text, (size_t)COLS), length = strlen(text);
    for (size_t at = bytes; bytes < length && at > 0; at--)
        if (text[at] == ' ')
            return visible_columns(text + at + 1, length - at - 1) <= (size_t)COLS ? at + 1 : bytes;
    return bytes;
}

/* Down to the last line of the screen. Returns the first line that it takes. */
static int draw_foot(const struct screen *screen, const struct selection *selection)
{
    const char *text = foot_text(selection);
    const size_t rest = foot_break(text);
    const int line = LINES - (text[rest] ? 2 : 1);
    const bool is_trouble = selection->count > 0 && selection->rows[selection->at]->camera->reason[0];
    set_style(screen, is_trouble ? PAIR_WAIT : PAIR_PLAIN, A_NORMAL);
    mvaddnstr(line, 0, text, (int)rest);
    if (text[rest])
        put(LINES - 1, 0, COLS, text + rest);
    return line;
}

static void draw_help(void)
{
    static const char *const keys[] = {
        "arrows, page up, page down, home, end   select a camera",
        "                                        (below them: what is wrong with it)",
        "p   only cameras that are not well, or all",
        "R   the other way round",
        "+ -   more often, less often",
        "space   ask now",
        "h ?   these words",
        "q   end",
    };
    char text[80];
    int line = 0;

    put(line++, 0, COLS, "Sorted by what is wrong first, or with the key:");
    for (size_t i = 0; i < column_count; i++) {
        snprintf(text, sizeof(text), "  %c   %s", columns[i].key, column_word(&columns[i]));
        put(line++, 0, COLS, text);
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        put(line++, 0, COLS, keys[i]);
}

void screen_draw(struct screen *screen, struct selection *selection, const struct scene *scene)
{
    const bool are_few = LINES < LINES_FEW;
    set_style(screen, PAIR_PLAIN, A_NORMAL);
    erase();
    if (screen->shows_help) {
        draw_help();
    } else if (scene->sample) {
        const int end = are_few ? LINES : draw_foot(screen, selection);
        draw_table(screen, selection, are_few ? 0 : draw_head(screen, selection, scene), end);
    }
    refresh();
}

/* ---- the keyboard ---- */

static enum screen_key sort_by(struct selection *selection, const struct column *by)
{
    selection->by = by;
    selection->is_reversed = false;
    selection_go_to_top(selection);
    return SCREEN_ORDER;
}

static enum screen_key select_row(struct selection *selection, long by)
{
    selection_move(selection, by);
    return SCREEN_DRAW;
}

static enum screen_key toggle(bool *flag, enum screen_key meaning)
{
    *flag = !*flag;
    return meaning;
}

/* Those that are no column's. */
static enum screen_key other_key(struct screen *screen, struct selection *selection, int key)
{
    switch (key) {
    case ERR:
        return SCREEN_NOTHING;
    case 'q':
    case 'Q':
        return SCREEN_QUIT;
    case KEY_UP:
        return select_row(selection, -1);
    case KEY_DOWN:
        return select_row(selection, 1);
    case KEY_PPAGE:
        return select_row(selection, -(screen->page > 1 ? screen->page : 1));
    case KEY_NPAGE:
        return select_row(selection, screen->page > 1 ? screen->page : 1);
    case KEY_HOME:
        return select_row(selection, -(long)selection->count);
    case KEY_END:
        return select_row(selection, (long)selection->count);
    case 'p':
        return toggle(&selection->only_problems, SCREEN_ORDER);
    case 'R':
        return toggle(&selection->is_reversed, SCREEN_ORDER);
    case 'h':
    case '?':
        return toggle(&screen->shows_help, SCREEN_DRAW);
    case '+':
        return SCREEN_FASTER;
    case '-':
        return SCREEN_SLOWER;
    case ' ':
        return SCREEN_ASK;
    default: /* another size of the terminal, too */
        return SCREEN_DRAW;
    }
}

enum screen_key screen_key(struct screen *screen, struct selection *selection)
{
    const int key = getch();
    const struct column *by = key > 0 && key < 128 ? column_of_key(key) : NULL;
    if (screen->shows_help && key != ERR && key != KEY_RESIZE && key != 'q')
        return toggle(&screen->shows_help, SCREEN_DRAW);
    return by ? sort_by(selection, by) : other_key(screen, selection, key);
}
