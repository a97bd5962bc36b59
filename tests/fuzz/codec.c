// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzes every codec: what is accepted must come out of the encoder as it went in (a request byte
 * for byte, an answer without what the decoder ignores), and the field dump must accept exactly the
 * same.
 */
#include "input.h"
#include "reached.h"
#include "reencode.h"
#include "wire/describe.h"
#include "wire/names.h"

#include <stdio.h>
#include <stdlib.h>

#define PARTS_MAX 512
#define SPACE	  8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* One part of a message in one direction. */
static struct part {
	uint32_t header;
	bool a2p;
} parts[PARTS_MAX];
static size_t part_count;
static const char *names[PARTS_MAX];
static char texts[PARTS_MAX][80];

static void fail(const struct part *part, uint32_t version, const char *what)
{
	fprintf(stderr, "codec: %s of header %08x, version %x: %s\n",
		part->a2p ? "request" : "answer", (unsigned int)part->header, (unsigned int)version,
		what);
	abort();
}

/* ---- a visitor that looks at everything it is given ------------------------------------------ */

static int depth;

static void look(const char *name)
{
	if (!name || !*name)
		abort();
}

static void see_number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	(void)ctx;
	(void)value;
	(void)is_signed;
	look(name);
}

static void see_flag(void *ctx, const char *name, bool value)
{
	(void)ctx;
	(void)value;
	look(name);
}

static void see_text(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	look(name);
	if (strlen(value) > 63)
		abort();
}

static void see_open(void *ctx, const char *name, uint32_t index)
{
	(void)ctx;
	(void)index;
	look(name);
	depth++;
}

static void see_close(void *ctx)
{
	(void)ctx;
	if (depth-- == 0)
		abort();
}

static const struct scmi_describe_visitor visitor = {see_number, see_flag, see_text, see_open,
						     see_close};

/* ---- the harness ----------------------------------------------------------------------------- */

static void add_part(uint32_t protocol, uint32_t type, uint32_t id, bool a2p)
{
	struct part *part = &parts[part_count];
	uint8_t nothing;

	part->header = scmi_header(protocol, type, id, 0);
	part->a2p = a2p;
	/* A part without members has no codec. */
	if (scmi_reencode(part->header, a2p, scmi_protocol_newest(protocol), &nothing, 0, &nothing,
			  0) == SCMI_NOT_FOUND)
		return;
	snprintf(texts[part_count], sizeof(texts[0]), "%s/%s%s", scmi_protocol_name(protocol),
		 scmi_message_name(protocol, type, id),
		 type == SCMI_COMMAND ? (a2p ? ":request" : ":response") : "");
	names[part_count] = texts[part_count];
	part_count++;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (uint32_t protocol = 0; protocol < SCMI_PROTOCOL_COUNT; protocol++) {
		if (!scmi_protocol_newest(protocol))
			continue;
		for (uint32_t type = 0; type < 4; type++) {
			for (uint32_t id = 0; id < 256; id++) {
				if (!scmi_message_name(protocol, type, id) ||
				    part_count + 2 > PARTS_MAX)
					continue;
				if (type == SCMI_COMMAND)
					add_part(protocol, type, id, true);
				add_part(protocol, type, id, false);
			}
		}
	}
	reached_init("codecs", names, part_count);
	return 0;
}

/* The dump of the same message; answers carry a status that is SUCCESS. */
static int describe(const struct part *part, uint32_t version, const uint8_t *payload, size_t size)
{
	bool status = !part->a2p && scmi_header_message_type(part->header) != SCMI_NOTIFICATION;
	uint8_t *whole = malloc(size + 4);
	int result;

	memset(whole, 0, 4);
	if (size)
		memcpy(whole + (status ? 4 : 0), payload, size);
	depth = 0;
	result = scmi_describe(part->header, part->a2p ? SCMI_A2P : SCMI_P2A, version, whole,
			       size + (status ? 4 : 0), &visitor, NULL);
	if (depth != 0)
		fail(part, version, "the dump leaves an array element open");
	free(whole);
	return result;
}

/* Names are asked for with whatever stands in a message. */
static void ask_names(const uint8_t *payload, size_t size)
{
	char text[32] = "";
	uint32_t word = size >= 4 ? scmi_get_le32(payload) : 0;

	memcpy(text, payload, size < sizeof(text) ? size : sizeof(text) - 1);
	scmi_protocol_find(text);
	scmi_message_find(word & 0xff, text);
	scmi_message_name(word, word >> 8, word >> 16);
	scmi_protocol_name(word);
	if (!scmi_status_name((int32_t)word))
		abort();
	scmi_describe(word, word & 1 ? SCMI_A2P : SCMI_P2A, word >> 16, payload, size, &visitor,
		      NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t once[SPACE], twice[SPACE];
	struct input in = {data, size};
	size_t which = (input_u8(&in) | (size_t)input_u8(&in) << 8) % part_count;
	const struct part *part = &parts[which];
	const uint32_t *versions;
	size_t version_count;
	uint32_t version;
	int first, dumped, second;
	uint8_t *payload;

	versions = scmi_protocol_versions(scmi_header_protocol_id(part->header), &version_count);
	version = versions[input_u8(&in) % version_count];
	size = in.left < SPACE / 2 ? in.left : SPACE / 2;
	payload = malloc(size ? size : 1);
	if (size)
		memcpy(payload, in.at, size);
	ask_names(payload, size);
	dumped = describe(part, version, payload, size);
	if (dumped == SCMI_NOT_FOUND) {
		/* Not in that version. */
		free(payload);
		return 0;
	}
	first = scmi_reencode(part->header, part->a2p, version, payload, size, once, sizeof(once));
	if ((first >= 0) != (dumped == 0))
		fail(part, version,
		     first >= 0 ? "accepted, but not by the dump" : "dumped, but not accepted");
	if (first >= 0) {
		reached(which);
		if ((part->a2p || scmi_header_message_type(part->header) == SCMI_NOTIFICATION) &&
		    (size_t)first != size)
			fail(part, version, "accepted with another size than it has");
		if (part->a2p && memcmp(once, payload, size))
			fail(part, version, "a request comes back with other bytes");
		second = scmi_reencode(part->header, part->a2p, version, once, (size_t)first, twice,
				       sizeof(twice));
		if (second != first || memcmp(once, twice, (size_t)first))
			fail(part, version, "encoding is not what decoding reads");
		/* One byte less room than it needs. */
		if (first && scmi_reencode(part->header, part->a2p, version, payload, size, twice,
					   (size_t)first - 1) >= 0)
			fail(part, version, "encoded into less room than it needs");
	}
	free(payload);
	return 0;
}
