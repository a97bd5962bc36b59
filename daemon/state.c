/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <scmi/wire/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wire/names.h>

#include "arena.h"
#include "log.h"
#include "quantity.h"

#define NAME	       "state"
#define NAME_NEW       "state.new"
#define NAME_DAMAGED   "state.damaged"
#define SIZE_MAX_BYTES (16u << 20)
#define TITLE	       "scmid state 1"
#define FIELDS	       6

/* ---- names in place of indices --------------------------------------------------------------- */

static const struct scmi_board_clock *clock_named(const struct scmi_board *board, const char *name)
{
	for (uint32_t i = 0; i < board->clock_count; i++) {
		if (!strcmp(board->clocks[i].name, name))
			return &board->clocks[i];
	}
	return NULL;
}

static bool is_parent(const struct scmi_request *request)
{
	return request->protocol_id == SCMI_CLOCK_PROTOCOL && !strcmp(request->what, "parent");
}

static const char *parent_name(const struct scmi_board *board, const struct scmi_request *request)
{
	const struct scmi_board_clock *clock = clock_named(board, request->domain);

	return board->clocks[clock->parents[request->value]].name;
}

/* False if the clock is gone or has no such parent now. */
static bool parent_index(const struct scmi_board *board, const char *name,
			 struct scmi_request *request)
{
	const struct scmi_board_clock *clock = clock_named(board, request->domain);

	for (uint32_t i = 0; clock && i < clock->parent_count; i++) {
		if (!strcmp(board->clocks[clock->parents[i]].name, name)) {
			request->value = i;
			return true;
		}
	}
	return false;
}

/* ---- saving ---------------------------------------------------------------------------------- */

struct saving {
	FILE *out;
	const struct scmi_board *board;
	uint32_t count;
};

/* What goes with an agent's last connection goes with scmid too; what others denied it stays. */
static bool is_lasting(const struct scmi_board *board, const struct scmi_request *request)
{
	if (!strcmp(request->what, "deny"))
		return true;
	for (uint32_t i = 0; i < board->agent_count; i++) {
		if (!strcmp(board->agents[i].name, request->agent))
			return !board->agents[i].release_on_disconnect;
	}
	return false;
}

static void save_request(void *ctx, const struct scmi_request *request)
{
	const char *protocol = scmi_protocol_name(request->protocol_id);
	const char *domain = request->domain && *request->domain ? request->domain : "-";
	struct saving *saving = ctx;

	if (!is_lasting(saving->board, request))
		return;
	fprintf(saving->out, "%s ", request->agent);
	if (protocol)
		fprintf(saving->out, "%s", protocol);
	else
		fprintf(saving->out, "0x%02x", request->protocol_id);
	fprintf(saving->out, " %s %s %" PRIu32 " ", domain, request->what, request->key);
	if (is_parent(request))
		fprintf(saving->out, "%s\n", parent_name(saving->board, request));
	else
		fprintf(saving->out, "%" PRIu64 "\n", request->value);
	saving->count++;
}

int scmid_state_save(int directory, const struct scmi_board *board, struct scmi_platform *platform)
{
	int fd = openat(directory, NAME_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	struct saving saving = {.board = board};
	int error = 0;

	if (fd < 0)
		return -errno;
	saving.out = fdopen(fd, "w");
	if (!saving.out) {
		error = errno;
		close(fd);
		return -error;
	}
	fprintf(saving.out, "%s\n", TITLE);
	scmi_platform_requests(platform, save_request, &saving);
	fprintf(saving.out, "end %" PRIu32 "\n", saving.count);
	/*
	 * No fsync(): it would hold up every agent while a disk is slow. The state is for a scmid that starts again
	 * on a running machine; one that went down took its guests along.
	 */
	if (fflush(saving.out))
		error = errno;
	if (fclose(saving.out) && !error)
		error = errno;
	if (!error && renameat(directory, NAME_NEW, directory, NAME))
		error = errno;
	if (error)
		unlinkat(directory, NAME_NEW, 0);
	return -error;
}

/* ---- restoring ------------------------------------------------------------------------------- */

/* The file as a string; NULL if there is none (*damage is NULL then) or it cannot be a state. */
static char *read_state(int directory, const char **damage)
{
	int fd = openat(directory, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat file;
	size_t used = 0;
	ssize_t got = 0;
	char *text;

	*damage = NULL;
	if (fd < 0) {
		if (errno != ENOENT)
			*damage = strerror(errno);
		return NULL;
	}
	if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_size > SIZE_MAX_BYTES) {
		*damage = "it is not a file of the expected size";
		close(fd);
		return NULL;
	}
	text = scmid_calloc((size_t)file.st_size + 1, 1);
	do {
		used += (size_t)got;
		got = read(fd, text + used, (size_t)file.st_size - used);
	} while (got > 0);
	close(fd);
	if (strlen(text) != (size_t)file.st_size) {
		*damage = "it is not text, or it is cut off";
		free(text);
		return NULL;
	}
	return text;
}

/* The next line, ended in place; NULL behind the last complete one. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

/* Split in place; false unless there are exactly so many words. */
static bool split(char *line, char *words[FIELDS])
{
	char *save = NULL;
	int count = 0;

	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (count == FIELDS)
			return false;
		words[count++] = word;
	}
	return count == FIELDS;
}

struct saved {
	struct scmi_request request;
	const char *value;
};

static bool parse_request(char *line, struct saved *saved)
{
	struct scmi_request *request = &saved->request;
	char *words[FIELDS];
	uint64_t number;
	int protocol_id;

	if (!split(line, words))
		return false;
	protocol_id = scmi_protocol_find(words[1]);
	if (protocol_id < 0) {
		if (!scmid_number_parse(words[1], &number) || number > UINT8_MAX)
			return false;
		protocol_id = (int)number;
	}
	if (!scmid_number_parse(words[4], &number) || number > UINT32_MAX)
		return false;
	*request = (struct scmi_request){
		.agent = words[0],
		.protocol_id = (uint8_t)protocol_id,
		.domain = strcmp(words[2], "-") ? words[2] : "",
		.what = words[3],
		.key = (uint32_t)number,
	};
	saved->value = words[5];
	return is_parent(request) || scmid_number_parse(words[5], &request->value);
}

/* All lines, or a sentence about what is wrong with them. */
static const char *parse_state(char *text, struct saved **saved, uint32_t *count)
{
	uint32_t space = 0;
	char expected[32];
	char *line = next_line(&text);

	if (!line || strcmp(line, TITLE))
		return "its first line is not '" TITLE "'";
	for (;;) {
		line = next_line(&text);
		if (!line)
			return "its end is missing";
		if (!strncmp(line, "end ", 4))
			break;
		if (*count == space) {
			space = space ? space * 2 : 64;
			*saved = scmid_realloc(*saved, space, sizeof(**saved));
		}
		if (!parse_request(line, &(*saved)[*count]))
			return "one of its lines is not a request";
		++*count;
	}
	snprintf(expected, sizeof(expected), "end %" PRIu32, *count);
	if (strcmp(line, expected) || *text)
		return "it does not have as many lines as its end says";
	return NULL;
}

static void repeat(const struct scmi_board *board, struct scmi_platform *platform,
		   struct saved *saved)
{
	struct scmi_request *request = &saved->request;
	int error = 0;

	if (is_parent(request) && !parent_index(board, saved->value, request))
		error = -ENOENT;
	if (!error)
		error = scmi_platform_restore(platform, request);
	if (error)
		scmid_log("dropped from the saved state: agent %s, %s %s, %s %s: %s",
			  request->agent, scmi_protocol_name(request->protocol_id) ?: "protocol",
			  request->domain, request->what, saved->value,
			  error == -ENOENT ? "the board no longer has it"
					   : "the board no longer allows it");
}

void scmid_state_restore(int directory, const struct scmi_board *board,
			 struct scmi_platform *platform)
{
	struct saved *saved = NULL;
	const char *damage;
	uint32_t count = 0;
	char *text;

	text = read_state(directory, &damage);
	if (text)
		damage = parse_state(text, &saved, &count);
	if (damage) {
		bool moved = !renameat(directory, NAME, directory, NAME_DAMAGED);

		scmid_log("the saved state is damaged (%s) and was %s; starting as the board says",
			  damage, moved ? "moved to " NAME_DAMAGED : "left alone");
	} else {
		for (uint32_t i = 0; i < count; i++)
			repeat(board, platform, &saved[i]);
	}
	free(saved);
	free(text);
}
