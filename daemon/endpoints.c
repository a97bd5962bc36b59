/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The 'endpoints' of an agent: where it connects, and who may. */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "load.h"
#include "quantity.h"

#define MESSAGE_SIZE_MIN 8u
#define MESSAGE_SIZE_MAX 65536u
/* An area of shared memory has at most 64 KiB, with 24 bytes before the message. */
#define MAILBOX_MESSAGE_SIZE_MAX (MESSAGE_SIZE_MAX - 24u)

enum {
	ENDPOINT_SOCKET,
	ENDPOINT_VIRTIO,
	ENDPOINT_MAILBOX,
	ENDPOINT_MODE,
	ENDPOINT_ALLOW,
	ENDPOINT_MESSAGE_SIZE_MAX,
	ENDPOINT_OWN_CHANNELS,
	ENDPOINT_COMPLETION_INTERRUPT,
	ENDPOINT_P2A,
	ENDPOINT_KEYS,
};

static const char *const endpoint_keys[ENDPOINT_KEYS] = {
	[ENDPOINT_SOCKET] = "socket",
	[ENDPOINT_VIRTIO] = "virtio",
	[ENDPOINT_MAILBOX] = "mailbox",
	[ENDPOINT_MODE] = "mode",
	[ENDPOINT_ALLOW] = "allow",
	[ENDPOINT_MESSAGE_SIZE_MAX] = "message_size_max",
	[ENDPOINT_OWN_CHANNELS] = "own_channels",
	[ENDPOINT_COMPLETION_INTERRUPT] = "completion_interrupt",
	[ENDPOINT_P2A] = "p2a",
};

/* The path with the run directory before it, checked to fit an address. */
static void load_address(struct scmid_load *load, const struct scmid_node *node,
			 struct scmid_endpoint *endpoint)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	const char *name;
	char *path;
	size_t size;

	if (!scmid_word(load, node, "a path", 4095, &name))
		return;
	size = strlen(load->run_dir) + strlen(name) + 2;
	path = scmid_arena_alloc(load->arena, size, 1);
	if (name[0] == '/')
		memcpy(path, name, strlen(name));
	else
		snprintf(path, size, "%s/%s", load->run_dir, name);
	endpoint->address = path;
	if (strlen(path) > max)
		scmid_complain(
			load->report, node->at,
			"the socket's path would have %zu characters with the run directory %.64s; "
			"at most %zu are possible",
			strlen(path), load->run_dir, max);
	for (uint32_t i = 0; i < load->out->endpoint_count; i++) {
		const struct scmid_endpoint *other = &load->out->endpoints[i];

		if (other->address && !strcmp(other->address, path)) {
			scmid_complain(load->report, node->at,
				       "this path is that of the endpoint in line %u already",
				       other->at.line);
			return;
		}
	}
}

/* Socket modes are written as chmod takes them. */
static void load_mode(struct scmid_load *load, const struct scmid_node *node,
		      struct scmid_endpoint *endpoint)
{
	const char *digit = node->kind == SCMID_SCALAR ? node->text : "";
	char buffer[64];

	endpoint->mode = 0;
	while (*digit >= '0' && *digit <= '7' && endpoint->mode <= 0777)
		endpoint->mode = endpoint->mode * 8 + (uint32_t)(*digit++ - '0');
	if (*digit || endpoint->mode < 1 || endpoint->mode > 0777)
		scmid_complain(load->report, node->at,
			       "expected a mode in octal, such as 0660, not %s",
			       scmid_describe(node, buffer, sizeof(buffer)));
}

static bool user_id(const char *name, uint32_t *id)
{
	const struct passwd *entry = getpwnam(name);

	if (entry)
		*id = entry->pw_uid;
	return entry;
}

static bool group_id(const char *name, uint32_t *id)
{
	const struct group *entry = getgrnam(name);

	if (entry)
		*id = entry->gr_gid;
	return entry;
}

static const uint32_t *load_accounts(struct scmid_load *load, const struct scmid_node *node,
				     const char *what, bool (*find)(const char *name, uint32_t *id),
				     uint32_t *count)
{
	char of[64];
	uint32_t *ids;

	snprintf(of, sizeof(of), "%s names or numbers", what);
	if (!scmid_list(load, node, of))
		return NULL;
	ids = scmid_arena_alloc(load->arena, node->count, sizeof(*ids));
	for (uint32_t i = 0; i < node->count; i++) {
		const char *name;
		uint64_t number;

		if (!scmid_word(load, node->values[i], what, 255, &name))
			continue;
		if (scmid_number_parse(name, &number)) {
			if (number < UINT32_MAX)
				ids[i] = (uint32_t)number;
			else
				scmid_complain(load->report, node->values[i]->at,
					       "%.40s is not the number of a %s", name, what);
		} else if (!find(name, &ids[i])) {
			scmid_complain(load->report, node->values[i]->at,
				       "this machine has no %s '%.40s'; a name it knows or a "
				       "number is allowed",
				       what, name);
		}
	}
	*count = node->count;
	return ids;
}

static void load_allow(struct scmid_load *load, const struct scmid_node *node,
		       struct scmid_endpoint *endpoint)
{
	enum { USERS, GROUPS, KEYS };
	static const char *const keys[KEYS] = {"users", "groups"};
	const struct scmid_node *found[KEYS];

	if (!scmid_fields(load, node, "an allow list", keys, KEYS, found))
		return;
	if (!node->count)
		scmid_complain(load->report, node->at,
			       "an allow list names 'users', 'groups' or both; an empty one would "
			       "admit nobody");
	if (found[USERS])
		endpoint->users =
			load_accounts(load, found[USERS], "user", user_id, &endpoint->user_count);
	if (found[GROUPS])
		endpoint->groups = load_accounts(load, found[GROUPS], "group", group_id,
						 &endpoint->group_count);
}

/* Protocols by name, each once. */
static void load_own_channels(struct scmid_load *load, const struct scmid_node *node,
			      struct scmid_endpoint *endpoint)
{
	static const char *const names[] = {"base", "clock"};
	static const uint8_t ids[] = {0x10, 0x14};
	uint8_t *channels;
	uint32_t choice;

	if (!scmid_list(load, node, "protocols"))
		return;
	channels = scmid_arena_alloc(load->arena, node->count, sizeof(*channels));
	for (uint32_t i = 0; i < node->count; i++) {
		if (!scmid_choice(load, node->values[i], "a protocol", names, 2, &choice))
			continue;
		if (memchr(channels, ids[choice], endpoint->own_channel_count))
			scmid_complain(load->report, node->values[i]->at,
				       "the protocol %s is here a second time", names[choice]);
		else
			channels[endpoint->own_channel_count++] = ids[choice];
	}
	endpoint->own_channels = channels;
}

static void load_p2a(struct scmid_load *load, const struct scmid_node *node,
		     struct scmid_endpoint *endpoint)
{
	static const char *const words[] = {"yes", "no", "unacknowledged"};
	uint32_t choice;

	if (!scmid_choice(load, node, "the channel for notifications", words, 3, &choice))
		return;
	endpoint->no_p2a = choice == 1;
	endpoint->p2a_unacknowledged = choice == 2;
}

/* What only a mailbox has. */
static void load_channels(struct scmid_load *load, const struct scmid_node *const *found,
			  struct scmid_endpoint *endpoint)
{
	bool yes;

	for (uint32_t key = ENDPOINT_OWN_CHANNELS; key <= ENDPOINT_P2A; key++) {
		if (found[key] && endpoint->kind != SCMID_MAILBOX) {
			scmid_complain(load->report, found[key]->at,
				       "'%s' is for a mailbox; here it means nothing",
				       endpoint_keys[key]);
			return;
		}
	}
	if (found[ENDPOINT_OWN_CHANNELS])
		load_own_channels(load, found[ENDPOINT_OWN_CHANNELS], endpoint);
	if (found[ENDPOINT_COMPLETION_INTERRUPT] &&
	    scmid_bool(load, found[ENDPOINT_COMPLETION_INTERRUPT], &yes))
		endpoint->no_completion_irq = !yes;
	if (found[ENDPOINT_P2A])
		load_p2a(load, found[ENDPOINT_P2A], endpoint);
}

/* The key that says of what kind it is. ENDPOINT_KEYS: none, or more than one, which is told. */
static uint32_t find_kind(struct scmid_load *load, const struct scmid_node *node,
			  const struct scmid_node *const *found, enum scmid_fields fields)
{
	uint32_t kind = ENDPOINT_KEYS, count = 0;

	for (uint32_t key = ENDPOINT_SOCKET; key <= ENDPOINT_MAILBOX; key++) {
		if (found[key]) {
			kind = key;
			count++;
		}
	}
	if (count == 1)
		return kind;
	if (fields == SCMID_FIELDS_KNOWN || count)
		scmid_complain(load->report, node->at,
			       "an endpoint is a 'socket', 'virtio' or a 'mailbox', for example: "
			       "{socket: a.sock}");
	return ENDPOINT_KEYS;
}

static void load_endpoint(struct scmid_load *load, const struct scmid_node *node, uint32_t agent)
{
	struct scmid_endpoint endpoint = {.at = node->at, .agent = agent};
	const struct scmid_node *found[ENDPOINT_KEYS];
	enum scmid_fields fields;
	uint32_t kind;

	fields = scmid_fields(load, node, "an endpoint", endpoint_keys, ENDPOINT_KEYS, found);
	if (!fields)
		return;
	kind = find_kind(load, node, found, fields);
	if (kind == ENDPOINT_KEYS)
		return;
	endpoint.kind = kind == ENDPOINT_SOCKET	  ? SCMID_SOCKET
			: kind == ENDPOINT_VIRTIO ? SCMID_VIRTIO
						  : SCMID_MAILBOX;
	load_address(load, found[kind], &endpoint);
	if (found[ENDPOINT_MODE])
		load_mode(load, found[ENDPOINT_MODE], &endpoint);
	if (found[ENDPOINT_ALLOW])
		load_allow(load, found[ENDPOINT_ALLOW], &endpoint);
	if (found[ENDPOINT_MESSAGE_SIZE_MAX])
		scmid_u32(load, found[ENDPOINT_MESSAGE_SIZE_MAX],
			  "a size in bytes, header included", MESSAGE_SIZE_MIN,
			  endpoint.kind == SCMID_MAILBOX ? MAILBOX_MESSAGE_SIZE_MAX
							 : MESSAGE_SIZE_MAX,
			  &endpoint.message_size_max);
	load_channels(load, found, &endpoint);
	load->out->endpoints[load->out->endpoint_count++] = endpoint;
}

void scmid_load_endpoints(struct scmid_load *load, const struct scmid_node *node, uint32_t agent)
{
	struct scmid_board *out = load->out;
	struct scmid_endpoint *grown;

	if (!scmid_list(load, node, "endpoints"))
		return;
	if (out->endpoint_count + node->count > SCMID_ENDPOINTS_MAX) {
		scmid_complain(load->report, node->at,
			       "too many endpoints; at most %u are allowed in a board",
			       SCMID_ENDPOINTS_MAX);
		return;
	}
	grown = scmid_arena_alloc(load->arena, out->endpoint_count + node->count, sizeof(*grown));
	if (out->endpoint_count)
		memcpy(grown, out->endpoints, out->endpoint_count * sizeof(*grown));
	out->endpoints = grown;
	for (uint32_t i = 0; i < node->count; i++)
		load_endpoint(load, node->values[i], agent);
}
