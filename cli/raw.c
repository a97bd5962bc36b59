// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* scmi raw: one message of the user's own making, right or wrong, and all that comes back. */
#include "cli.h"
#include "decode.h"
#include "number.h"
#include "trace.h"

#include <wire/names.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much as any transport carries. */
#define PAYLOAD_MAX 65532
#define WORDS_MAX (PAYLOAD_MAX / 4)

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int parse_hex(struct cli *cli, const char *text, uint8_t *payload, size_t *size)
{
	*size = 0;
	for (; *text; text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return cli_fail_usage(cli,
					      "hex: takes pairs of hexadecimal digits, one pair a"
					      " byte; '%.16s' is not",
					      text);
		if (*size == PAYLOAD_MAX)
			return cli_fail_usage(cli, "more than %d bytes", PAYLOAD_MAX);
		payload[(*size)++] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int parse_payload(struct cli *cli, uint8_t *payload, size_t *size)
{
	uint64_t word;

	if (cli->argument_count == 3 && !strncmp(cli->arguments[2], "hex:", 4))
		return parse_hex(cli, cli->arguments[2] + 4, payload, size);
	*size = 0;
	for (unsigned int i = 2; i < cli->argument_count; i++) {
		if (cli_parse_number(cli->arguments[i], UINT32_MAX, &word)) {
			cli_fail_usage(cli, "'%s' is not a 32-bit number", cli->arguments[i]);
			return cli_hint(
				cli,
				"write words as 7 or 0x7, or all bytes as hex:0700000000000000");
		}
		scmi_put_le32(payload + *size, (uint32_t)word);
		*size += 4;
	}
	return 0;
}

/* The version to decode with: as told, else as the platform says, else the newest we know. */
static int find_version(struct cli *cli, uint8_t protocol_id, uint32_t *version)
{
	int error;

	*version = cli->options.as_version;
	if (*version)
		return 0;
	error = scmi_agent_version(cli->agent, protocol_id, version);
	if (error)
		*version = scmi_protocol_newest(protocol_id);
	return error && !scmi_error_is_status(error) && error != -EOPNOTSUPP ? error : 0;
}

/* An answer or delayed response: header, status, words, members. Returns the status. */
static int32_t put_answer(struct output *out, const void *message, size_t size, uint32_t version)
{
	static uint32_t words[WORDS_MAX];
	const uint8_t *payload = (const uint8_t *)message + SCMI_HEADER_SIZE;
	uint32_t header = scmi_get_le32(message);
	int32_t status = (int32_t)scmi_get_le32(payload);
	char line[64];
	size_t count;

	snprintf(line, sizeof(line), "%s (%" PRId32 ")", scmi_status_name(status), status);
	out_field(out, "status", NULL, value_text(scmi_status_name(status)));
	out_field(out, "status_code", NULL, value_signed(status));
	out_field(out, NULL, "status", value_text(line));
	snprintf(line, sizeof(line), "0x%08" PRIx32 " (token %" PRIu32 ")", header,
		 scmi_header_token(header));
	out_field(out, "header", NULL, value_hex(header));
	out_field(out, "token", NULL, value_number(scmi_header_token(header)));
	out_field(out, NULL, "header", value_text(line));
	payload += 4;
	size -= SCMI_ANSWER_SIZE_MIN;
	out_field(out, "size", NULL, value_number(size));
	count = decode_words(words, WORDS_MAX, payload, size);
	out_field(out, "words", "words", value_words(words, count));
	out_open(out, "fields", NULL);
	if (!status)
		decode_fields(out, header, SCMI_P2A, version, payload - 4, size + 4);
	out_close(out);
	return status;
}

/* What the specification would have: said, not enforced. */
static void warn_size(const struct cli *cli, uint8_t protocol_id, uint8_t message_id,
		      uint32_t version, size_t size)
{
	int right = scmi_request_size(protocol_id, message_id, version);
	char text[CLI_NUMBER_SIZE];

	if (right < 0 || (size_t)right == size || cli->options.json)
		return;
	cli_format_version(text, version);
	fprintf(stderr, "scmi: note: in version %s this message has %d bytes, you send %zu\n", text,
		right, size);
}

static int send_raw(struct cli *cli, uint8_t protocol_id, uint8_t message_id,
		    const uint8_t *payload, size_t size)
{
	struct scmi_command command = {
		.protocol_id = protocol_id,
		.message_id = message_id,
		.payload = payload,
		.size = size,
		.delayed = cli->options.delayed,
	};
	const char *message = scmi_message_name(protocol_id, SCMI_COMMAND, message_id);
	struct scmi_transfer *transfer;
	char protocol[8], line[128];
	const void *answer, *late;
	size_t answer_size, late_size;
	int32_t status;
	uint32_t version;
	int error = find_version(cli, protocol_id, &version);

	if (error)
		return cli_fail_call(cli, error, "cannot ask for the version");
	warn_size(cli, protocol_id, message_id, version, size);
	cli_trace_forget(cli->trace);
	error = scmi_agent_call(cli->agent, &command, &transfer);
	if (!error)
		scmi_transfer_put(transfer);
	answer = cli_trace_last(cli->trace, SCMI_COMMAND, &answer_size);
	late = cli_trace_last(cli->trace, SCMI_DELAYED_RESPONSE, &late_size);
	/* Errors of this side; those of the platform are what the user wants to see. */
	if (!answer || answer_size < SCMI_ANSWER_SIZE_MIN ||
	    (error && !scmi_error_is_status(error) && !late && cli->options.delayed))
		return cli_fail_call(cli, error, "%s 0x%02x",
				     cli_protocol_name(protocol_id, protocol), message_id);
	out_open(cli->out, NULL, NULL);
	out_field(cli->out, "protocol", NULL, value_text(cli_protocol_name(protocol_id, protocol)));
	out_field(cli->out, "protocol_id", NULL, value_number(protocol_id));
	out_field(cli->out, "message", NULL, message ? value_text(message) : value_none());
	out_field(cli->out, "message_id", NULL, value_number(message_id));
	out_field(cli->out, "version", NULL, version ? value_version(version) : value_none());
	snprintf(line, sizeof(line), "%s %s (0x%02x)", cli_protocol_name(protocol_id, protocol),
		 message ? message : "unknown", message_id);
	out_field(cli->out, NULL, "message", value_text(line));
	status = put_answer(cli->out, answer, answer_size, version);
	if (cli->options.delayed && late && late_size >= SCMI_ANSWER_SIZE_MIN) {
		out_open(cli->out, "delayed", "Delayed response");
		status = put_answer(cli->out, late, late_size, version);
		out_close(cli->out);
	}
	out_close(cli->out);
	return status ? CLI_REFUSED : CLI_OK;
}

int cli_raw(struct cli *cli)
{
	static uint8_t payload[PAYLOAD_MAX];
	uint8_t protocol_id, message_id;
	size_t size;
	int code = cli_protocol(cli, cli->arguments[0], &protocol_id);

	if (!code)
		code = cli_message(cli, protocol_id, cli->arguments[1], &message_id);
	if (!code)
		code = parse_payload(cli, payload, &size);
	return code ? code : send_raw(cli, protocol_id, message_id, payload, size);
}
