/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a verb prints, once, for people and for programs.
 *
 * A verb says its result as objects, fields and tables with keys; a format (one table of functions
 * each) makes text or JSON of it. What has no key is for people only, what has no label or heading
 * is for programs only. say() is for people only.
 *
 * Every string is copied. Texts that come from a platform may hold anything: both formats print
 * what is not printable ASCII as \xNN, so that a platform cannot play with the terminal.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NONE, /* "-", null */
	VALUE_NUMBER,
	VALUE_SIGNED,
	VALUE_HEX, /* 0x…; in JSON a number */
	VALUE_TEXT,
	VALUE_FLAG, /* yes, no */
	VALUE_RATE, /* "24 MHz (24000000 Hz)"; in JSON the Hz */
	VALUE_SHORT_RATE, /* "24 MHz" */
	VALUE_VERSION, /* "3.0" */
	VALUE_TEXTS,
	VALUE_WORDS, /* 32-bit, hexadecimal; in JSON numbers */
};

enum value_style { STYLE_PLAIN, STYLE_GOOD, STYLE_DIM };

struct value {
	enum value_kind kind;
	enum value_style style;
	union {
		uint64_t number;
		int64_t integer;
		const char *text;
		bool flag;
		struct {
			const void *items;
			size_t count;
		} list;
	};
};

#define VALUE_OF(KIND, MEMBER, V) ((struct value){ .kind = (KIND), .MEMBER = (V) })
#define value_none() ((struct value){ .kind = VALUE_NONE })
#define value_number(v) VALUE_OF(VALUE_NUMBER, number, v)
#define value_signed(v) VALUE_OF(VALUE_SIGNED, integer, v)
#define value_hex(v) VALUE_OF(VALUE_HEX, number, v)
#define value_text(v) VALUE_OF(VALUE_TEXT, text, v)
#define value_flag(v) VALUE_OF(VALUE_FLAG, flag, v)
#define value_rate(v) VALUE_OF(VALUE_RATE, number, v)
#define value_short_rate(v) VALUE_OF(VALUE_SHORT_RATE, number, v)
#define value_version(v) VALUE_OF(VALUE_VERSION, number, v)

static inline struct value value_texts(const char *const *items, size_t count)
{
	return (struct value){ .kind = VALUE_TEXTS, .list = { items, count } };
}

static inline struct value value_words(const uint32_t *items, size_t count)
{
	return (struct value){ .kind = VALUE_WORDS, .list = { items, count } };
}

struct column {
	const char *key;
	const char *heading;
	bool right;  /* adjust to the right */
	bool tree;   /* indent by the row's depth */
	bool shrink; /* cut this one when the table is too wide */
};

/* What went wrong, in the terms of the exit codes. */
struct failure {
	int exit_code;
	const char *kind;   /* "refused", "usage", "unreachable" */
	const char *status; /* what the platform answered, or NULL */
	int status_code;
	char message[512];
	char hint[512]; /* what would be right; may be empty */
};

struct output;

struct output_ops {
	/* An object. The outermost one is the document: closing it prints it. */
	void (*open)(struct output *out, const char *key, const char *title);
	void (*close)(struct output *out);
	void (*field)(struct output *out, const char *key, const char *label, struct value value);
	void (*list_open)(struct output *out, const char *key);
	void (*list_close)(struct output *out);
	void (*table_open)(struct output *out, const char *key, const char *title,
			   const struct column *columns, size_t count);
	void (*row)(struct output *out, const struct value *values, unsigned int depth);
	void (*table_close)(struct output *out);
	void (*say)(struct output *out, const char *sentence);
	void (*failure)(struct output *out, const struct failure *failure);
	void (*free)(struct output *out);
};

struct output {
	const struct output_ops *ops;
};

struct output *output_text_new(void);
struct output *output_json_new(void);

static inline void out_free(struct output *out)
{
	if (out)
		out->ops->free(out);
}

static inline void out_open(struct output *out, const char *key, const char *title)
{
	out->ops->open(out, key, title);
}

static inline void out_close(struct output *out)
{
	out->ops->close(out);
}

static inline void out_field(struct output *out, const char *key, const char *label,
			     struct value value)
{
	out->ops->field(out, key, label, value);
}

/* An array whose elements are objects opened without a key. */
static inline void out_list_open(struct output *out, const char *key)
{
	out->ops->list_open(out, key);
}

static inline void out_list_close(struct output *out)
{
	out->ops->list_close(out);
}

/* `columns` must live until the table is closed. */
static inline void out_table_open(struct output *out, const char *key, const char *title,
				  const struct column *columns, size_t count)
{
	out->ops->table_open(out, key, title, columns, count);
}

static inline void out_row(struct output *out, const struct value *values, unsigned int depth)
{
	out->ops->row(out, values, depth);
}

static inline void out_table_close(struct output *out)
{
	out->ops->table_close(out);
}

static inline void out_failure(struct output *out, const struct failure *failure)
{
	out->ops->failure(out, failure);
}

/* A sentence for people. */
void out_say(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `text` with everything but printable ASCII as \xNN; to be freed. */
char *output_clean(const char *text);

/* The time now, of the day for people and in full for programs. */
void output_time(char local[16], char utc[32]);

/* The value as people read it; to be freed. */
char *output_render(struct value value);

#endif
