/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The codecs behind a line protocol, so that tests in Python can reach them in a sanitized build.
 *
 *   message HEADER a2p|p2a VERSION HEX|-    numbers in hexadecimal
 *     answers, one line each: "number NAME VALUE", "flag NAME 0|1", "text NAME HEX|-",
 *     "open NAME INDEX", "close"; then "described STATUS", "encoded HEX|-|STATUS", and
 *     "done", after checking that encoding into any smaller space is refused
 *   size PROTOCOL MESSAGE VERSION
 *     answers "size BYTES"
 *
 * Every payload lies in memory of exactly its size: AddressSanitizer sees what goes beyond.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "reencode.h"
#include "wire/describe.h"
#include "wire/names.h"

static void print_hex(const uint8_t *bytes, size_t size)
{
	if (!size)
		printf("-");
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
}

static void number(void *ctx, const char *name, uint64_t value, bool is_signed)
{
	(void)ctx;
	if (is_signed)
		printf("number %s %" PRId64 "\n", name, (int64_t)value);
	else
		printf("number %s %" PRIu64 "\n", name, value);
}

static void flag(void *ctx, const char *name, bool value)
{
	(void)ctx;
	printf("flag %s %d\n", name, value);
}

static void text(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	printf("text %s ", name);
	print_hex((const uint8_t *)value, strlen(value));
	printf("\n");
}

static void open_element(void *ctx, const char *name, uint32_t index)
{
	(void)ctx;
	printf("open %s %" PRIu32 "\n", name, index);
}

static void close_element(void *ctx)
{
	(void)ctx;
	printf("close\n");
}

static const struct scmi_describe_visitor printer = {
	.number = number,
	.flag = flag,
	.text = text,
	.open = open_element,
	.close = close_element,
};

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory && size) {
		fprintf(stderr, "driver: out of memory\n");
		exit(1);
	}
	return memory;
}

/* Encode into exactly what it takes, and see that no smaller space is written to. */
static void encode(uint32_t header, bool a2p, uint32_t version, const uint8_t *payload, size_t size)
{
	/* What is decoded can be encoded shorter, when the message was longer than it need be. */
	uint8_t *out = allocate(size + 4);
	int result = scmi_reencode(header, a2p, version, payload, size, out, size + 4);

	if (result < 0) {
		printf("encoded %d\n", result);
		free(out);
		return;
	}
	printf("encoded ");
	print_hex(out, (size_t)result);
	printf("\n");
	free(out);
	for (size_t space = 0; space < (size_t)result; space++) {
		int status;

		out = allocate(space);
		status = scmi_reencode(header, a2p, version, payload, size, out, space);
		free(out);
		if (status != SCMI_COMMS_ERROR) {
			printf("failed: %d from encoding into %zu bytes\n", status, space);
			return;
		}
	}
}

static uint8_t *from_hex(const char *hex, size_t *size)
{
	uint8_t *bytes;

	*size = hex[0] == '-' ? 0 : strlen(hex) / 2;
	bytes = allocate(*size);
	for (size_t i = 0; i < *size; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
			fprintf(stderr, "driver: bad hex '%s'\n", hex);
			exit(2);
		}
		bytes[i] = (uint8_t)byte;
	}
	return bytes;
}

static void message(uint32_t header, bool a2p, uint32_t version, const char *hex)
{
	size_t size;
	uint8_t *bytes = from_hex(hex, &size);
	size_t skip = !a2p && scmi_header_message_type(header) != SCMI_NOTIFICATION ? 4 : 0;
	int status;

	status = scmi_describe(header, a2p ? SCMI_A2P : SCMI_P2A, version, bytes, size, &printer,
			       NULL);
	printf("described %d\n", status);
	if (size >= skip) {
		/* Values alone, in memory of their own size. */
		uint8_t *values = allocate(size - skip);

		if (size > skip)
			memcpy(values, bytes + skip, size - skip);
		encode(header, a2p, version, values, size - skip);
		free(values);
	}
	printf("done\n");
	free(bytes);
}

int main(void)
{
	static char line[1 << 20];

	while (fgets(line, sizeof(line), stdin)) {
		char *hex = strrchr(line, ' ');
		uint32_t a, b, c;
		char direction;

		if (sscanf(line, "message %" SCNx32 " %c2%*c %" SCNx32, &a, &direction, &b) == 3 &&
		    hex) {
			hex[strcspn(hex, "\n")] = 0;
			message(a, direction == 'a', b, hex + 1);
		} else if (sscanf(line, "size %" SCNx32 " %" SCNx32 " %" SCNx32, &a, &b, &c) == 3) {
			printf("size %d\n", scmi_request_size(a, b, c));
		} else {
			fprintf(stderr, "driver: cannot read: %s", line);
			return 2;
		}
		fflush(stdout);
	}
	return 0;
}
