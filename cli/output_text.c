// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* For people: labelled lines and tables. Colour on a terminal only, and never with NO_COLOR. */
#include "output.h"
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LABEL_WIDTH 18
#define WIDTH_DEFAULT 100
#define WIDTH_MIN 40
/* A deeper tree than this is drawn as if it were this deep. */
#define DEPTH_MAX 12
#define COLUMNS_MAX 16
#define SHRUNK_MIN 12

struct cell {
	char *text;
	enum value_style style;
};

struct text_output {
	struct output base;
	bool colour;
	bool printed; /* something stands above: titles keep a line's distance */
	const struct column *columns;
	size_t column_count;
	struct cell *cells; /* of the open table, row by row */
	size_t cell_count;
	size_t cell_space;
};

static const char *style_code(enum value_style style)
{
	return style == STYLE_GOOD ? "\033[32m" : style == STYLE_DIM ? "\033[2m" : "";
}

static void put_styled(const struct text_output *out, enum value_style style, const char *text)
{
	bool colour = out->colour && style != STYLE_PLAIN;

	printf("%s%s%s", colour ? style_code(style) : "", text, colour ? "\033[0m" : "");
}

static void put_title(struct text_output *out, const char *title)
{
	char *clean;

	if (!title)
		return;
	clean = output_clean(title);
	printf("%s%s%s%s\n", out->printed ? "\n" : "", out->colour ? "\033[1m" : "", clean,
	       out->colour ? "\033[0m" : "");
	out->printed = true;
	free(clean);
}

static void text_open(struct output *base, const char *key, const char *title)
{
	(void)key;
	put_title((struct text_output *)base, title);
}

static void text_close(struct output *base)
{
	(void)base;
	/* Events must be seen when they happen, also in a pipe. */
	fflush(stdout);
}

static void text_field(struct output *base, const char *key, const char *label, struct value value)
{
	struct text_output *out = (struct text_output *)base;
	char *text, *clean;

	(void)key;
	if (!label)
		return;
	text = output_render(value);
	clean = output_clean(label);
	printf("%-*s ", LABEL_WIDTH - 1, clean);
	put_styled(out, value.style, text);
	putchar('\n');
	out->printed = true;
	free(clean);
	free(text);
}

static void text_list_open(struct output *base, const char *key)
{
	(void)base;
	(void)key;
}

static void text_list_close(struct output *base)
{
	(void)base;
}

static void text_table_open(struct output *base, const char *key, const char *title,
			    const struct column *columns, size_t count)
{
	struct text_output *out = (struct text_output *)base;

	(void)key;
	put_title(out, title);
	out->columns = columns;
	out->column_count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
	out->cell_count = 0;
}

static struct cell *cell_new(struct text_output *out)
{
	if (out->cell_count == out->cell_space) {
		out->cell_space = out->cell_space ? 2 * out->cell_space : 64;
		out->cells = cli_reallocate(out->cells, out->cell_space * sizeof(*out->cells));
	}
	return &out->cells[out->cell_count++];
}

static void text_row(struct output *base, const struct value *values, unsigned int depth)
{
	struct text_output *out = (struct text_output *)base;
	int indent = 2 * (int)(depth < DEPTH_MAX ? depth : DEPTH_MAX);

	for (size_t i = 0; i < out->column_count; i++) {
		struct cell *cell = cell_new(out);
		char *text = output_render(values[i]);

		cell->style = values[i].style;
		if (asprintf(&cell->text, "%*s%s", out->columns[i].tree ? indent : 0, "", text) < 0)
			cli_out_of_memory();
		free(text);
	}
}

static size_t table_width(void)
{
	struct winsize window;

	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) &&
	    window.ws_col >= WIDTH_MIN)
		return window.ws_col;
	return WIDTH_DEFAULT;
}

static void measure(const struct text_output *out, size_t *widths)
{
	size_t total = 0, limit = table_width();

	for (size_t i = 0; i < out->column_count; i++) {
		widths[i] = out->columns[i].heading ? strlen(out->columns[i].heading) : 0;
		for (size_t at = i; at < out->cell_count; at += out->column_count) {
			size_t width = strlen(out->cells[at].text);

			widths[i] = width > widths[i] ? width : widths[i];
		}
		total += out->columns[i].heading ? widths[i] + 2 : 0;
	}
	total -= total ? 2 : 0;
	for (size_t i = 0; i < out->column_count && total > limit; i++) {
		size_t over = total - limit, spare;

		if (!out->columns[i].shrink || widths[i] <= SHRUNK_MIN)
			continue;
		spare = widths[i] - SHRUNK_MIN;
		widths[i] -= over < spare ? over : spare;
		total -= over < spare ? over : spare;
	}
}

/* Nothing stands behind it: it needs no padding. */
static bool is_last(const struct text_output *out, size_t column)
{
	while (++column < out->column_count)
		if (out->columns[column].heading)
			return false;
	return true;
}

static void put_cell(const struct text_output *out, size_t column, size_t width, struct cell cell)
{
	size_t length = strlen(cell.text);
	int pad;

	if (length > width) {
		memcpy(cell.text + width - 2, "..", 3);
		length = width;
	}
	pad = (int)(width - length);
	if (out->columns[column].right)
		printf("%*s", pad, "");
	put_styled(out, cell.style, cell.text);
	if (!out->columns[column].right && !is_last(out, column))
		printf("%*s", pad, "");
}

static void text_table_close(struct output *base)
{
	struct text_output *out = (struct text_output *)base;
	size_t widths[COLUMNS_MAX];
	bool first = true;

	measure(out, widths);
	for (size_t i = 0; i < out->column_count; i++) {
		char heading[32];
		struct cell cell = { heading, STYLE_DIM };

		if (!out->columns[i].heading)
			continue;
		snprintf(heading, sizeof(heading), "%s", out->columns[i].heading);
		printf("%s", first ? "" : "  ");
		put_cell(out, i, widths[i], cell);
		first = false;
	}
	for (size_t at = 0; at < out->cell_count; at++) {
		size_t column = at % out->column_count;

		if (!column) {
			putchar('\n');
			first = true;
		}
		if (out->columns[column].heading) {
			printf("%s", first ? "" : "  ");
			put_cell(out, column, widths[column], out->cells[at]);
			first = false;
		}
		free(out->cells[at].text);
	}
	putchar('\n');
	out->printed = true;
	out->cell_count = 0;
}

static void text_say(struct output *base, const char *sentence)
{
	struct text_output *out = (struct text_output *)base;
	char *clean = output_clean(sentence);

	printf("%s\n", clean);
	out->printed = true;
	free(clean);
}

static void text_failure(struct output *base, const struct failure *failure)
{
	char *message = output_clean(failure->message), *hint = output_clean(failure->hint);

	(void)base;
	fflush(stdout);
	fprintf(stderr, "scmi: %s\n", message);
	if (hint[0])
		fprintf(stderr, "scmi: %s\n", hint);
	free(hint);
	free(message);
}

static void text_free(struct output *base)
{
	struct text_output *out = (struct text_output *)base;

	for (size_t at = 0; at < out->cell_count; at++)
		free(out->cells[at].text);
	free(out->cells);
	free(out);
}

static const struct output_ops text_ops = {
	.open = text_open,
	.close = text_close,
	.field = text_field,
	.list_open = text_list_open,
	.list_close = text_list_close,
	.table_open = text_table_open,
	.row = text_row,
	.table_close = text_table_close,
	.say = text_say,
	.failure = text_failure,
	.free = text_free,
};

struct output *output_text_new(void)
{
	struct text_output *out = cli_allocate(sizeof(*out));
	const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");

	out->base.ops = &text_ops;
	out->colour = isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]) &&
		      !(terminal && !strcmp(terminal, "dumb"));
	return &out->base;
}
