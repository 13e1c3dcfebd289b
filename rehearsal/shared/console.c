/* SPDX-License-Identifier: MIT */
/*
 * Lines on the system's own console. A whole line goes out in one piece, and is kept shorter than what Xen prints without
 * letting anybody in between (127 bytes).
 */

#include "dom0.h"

#define LINE_SIZE 120

struct line {
    char text[LINE_SIZE];
    size_t length;
};

static void append_character(struct line *line, char character)
{
    if (line->length < LINE_SIZE - 1) /* one place stays free for the end of the line */
        line->text[line->length++] = character;
}

static void append_text(struct line *line, const char *text)
{
    while (*text)
        append_character(line, *text++);
}

static void append_number(struct line *line, uint32_t number)
{
    if (number >= 10)
        append_number(line, number / 10);
    append_character(line, (char)('0' + number % 10));
}

static void print(struct line *line)
{
    line->text[line->length++] = '\n';
    write_console(line->text, line->length);
}

void print_line(const char *text)
{
    struct line line = { .length = 0 };

    append_text(&line, text);
    print(&line);
}

void print_numbered_line(const char *text, uint32_t number)
{
    struct line line = { .length = 0 };

    append_text(&line, text);
    append_character(&line, ' ');
    append_number(&line, number);
    print(&line);
}
