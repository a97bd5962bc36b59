/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the nodes of a tree to the list of instances. */
#include "tree_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../transports/why.h"
#include "tree_reading.h"

#define COMPATIBLE_VIRTIO "arm,scmi-virtio"
#define OWN_NODE	  "virtio,device20"
#define SUPPLIER	  "libscmi,supplier"
#define NO_COMPLETION_IRQ "arm,no-completion-irq"

#define COMPATIBLES_MAX 8u
#define PROTOCOL_MIN	0x10u
#define PROTOCOL_MAX	0xffu

/* As in the kernel modules' core/settings.c. */
#define TIMEOUT_MS_MAX	   600000u
#define POLL_BUDGET_US_MAX 10000u
#define MESSAGES_MAX	   1024u
#define HEADER_AND_STATUS  8u
#define PAYLOAD_MIN	   24u
#define PAYLOAD_MAX	   (65536u - HEADER_AND_STATUS)

static const struct kind {
	const char *compatible;
	enum scmi_tree_transport transport;
} kinds[] = {
	{"arm,scmi", SCMI_TREE_MAILBOX},	{"arm,scmi-smc", SCMI_TREE_SMC},
	{"arm,scmi-smc-param", SCMI_TREE_SMC},	{"qcom,scmi-smc", SCMI_TREE_SMC},
	{"linaro,scmi-optee", SCMI_TREE_OPTEE}, {COMPATIBLE_VIRTIO, SCMI_TREE_VIRTIO},
	{OWN_NODE, SCMI_TREE_VIRTIO},
};

/* ---- what the parts share -------------------------------------------------------------------- */

void *tree_keep(struct tree_reading *reading, size_t size)
{
	struct tree_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		reading->out_of_memory = true;
		return NULL;
	}
	block->next = reading->instances->blocks;
	reading->instances->blocks = block;
	return block + 1;
}

static const char *keep_text(struct tree_reading *reading, const char *text)
{
	char *copy = tree_keep(reading, strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

bool tree_wrong(struct tree_reading *reading, uint32_t node, const char *format, ...)
{
	char path[TREE_PATH_SIZE];
	va_list arguments;
	int used;

	if (reading->why[0])
		return false;
	if (!tree_path(&reading->index, node, path))
		strcpy(path, "a node whose path is too long");
	used = snprintf(reading->why, sizeof(reading->why), "%.*s: ", 256, path);
	va_start(arguments, format);
	vsnprintf(reading->why + used, sizeof(reading->why) - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

const char *tree_keep_path(struct tree_reading *reading, uint32_t node)
{
	char path[TREE_PATH_SIZE];

	if (tree_path(&reading->index, node, path))
		return keep_text(reading, path);
	tree_wrong(reading, node, "longer than %d characters", TREE_PATH_SIZE - 1);
	return NULL;
}

bool tree_number(struct tree_reading *reading, uint32_t node, const char *property, uint32_t min,
		 uint32_t max, struct scmi_tree_limit *number)
{
	size_t size;
	const void *cells = tree_property(&reading->index, node, property, &size);
	uint32_t value;

	if (!cells)
		return true;
	if (size != 4)
		return tree_wrong(reading, node, "%s has %zu bytes; a number has 4", property,
				  size);
	value = tree_cell(cells, 0);
	if (value < min || value > max)
		return tree_wrong(reading, node,
				  "%s is %" PRIu32 "; possible are %" PRIu32 " to %" PRIu32,
				  property, value, min, max);
	number->given = true;
	number->value = value;
	return true;
}

bool tree_reference(struct tree_reading *reading, uint32_t node, const char *property,
		    uint32_t *target)
{
	struct scmi_tree_limit phandle = {0};

	*target = TREE_NONE;
	if (!tree_number(reading, node, property, 0, UINT32_MAX, &phandle) || !phandle.given)
		return !reading->why[0];
	*target = tree_by_phandle(&reading->index, phandle.value);
	return *target != TREE_NONE ||
	       tree_wrong(reading, node,
			  "%s names phandle 0x%" PRIx32 ", which no node has, or several", property,
			  phandle.value);
}

/* ---- one descriptor -------------------------------------------------------------------------- */

static const struct kind *kind_named(const char *compatible)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kinds[i].compatible, compatible))
			return &kinds[i];
	}
	return NULL;
}

/* By the first of its strings that is known: the most specific. NULL: it is none of ours. */
static const struct kind *kind_of(const struct tree_index *index, uint32_t node)
{
	size_t size, length;
	const char *strings = tree_property(index, node, "compatible", &size);
	const struct kind *kind = NULL;

	while (strings && size && !kind) {
		length = strnlen(strings, size);
		if (length == size)
			return NULL;
		kind = kind_named(strings);
		strings += length + 1;
		size -= length + 1;
	}
	return kind;
}

/* kind_of() looked at the strings up to the first known one; those behind may be damaged. */
static bool read_compatible(struct tree_reading *reading, uint32_t node,
			    struct scmi_tree_descriptor *descriptor)
{
	size_t size, length;
	const char *strings = tree_property(&reading->index, node, "compatible", &size);
	const char **list = tree_keep(reading, (COMPATIBLES_MAX + 2) * sizeof(*list));
	uint32_t count = 0;

	if (!list)
		return false;
	descriptor->compatible = list;
	for (; size; strings += length + 1, size -= length + 1) {
		length = strnlen(strings, size);
		if (length == size || !length || count == COMPATIBLES_MAX)
			return tree_wrong(reading, node,
					  "compatible is no list of up to %u strings",
					  COMPATIBLES_MAX);
		/* What no binding of ours knows says nothing about the transport. */
		if (kind_named(strings))
			list[count++] = keep_text(reading, strings);
	}
	/* The own node is read, and served, as the other descriptor of a virtio device. */
	if (descriptor->own_node &&
	    !tree_has_string(&reading->index, node, "compatible", COMPATIBLE_VIRTIO))
		list[count++] = COMPATIBLE_VIRTIO;
	return !reading->out_of_memory;
}

static bool read_limits(struct tree_reading *reading, uint32_t node,
			struct scmi_tree_descriptor *descriptor)
{
	struct scmi_transport_settings *settings = &descriptor->descriptor.settings;
	size_t size;

	if (!tree_number(reading, node, "arm,max-rx-timeout-ms", 1, TIMEOUT_MS_MAX,
			 &descriptor->response_timeout_ms) ||
	    !tree_number(reading, node, "libscmi,max-delayed-timeout-ms", 1, TIMEOUT_MS_MAX,
			 &descriptor->delayed_timeout_ms) ||
	    !tree_number(reading, node, "arm,max-msg", 1, MESSAGES_MAX,
			 &descriptor->messages_max) ||
	    !tree_number(reading, node, "arm,max-msg-size", PAYLOAD_MIN, PAYLOAD_MAX,
			 &descriptor->payload_max) ||
	    !tree_number(reading, node, "libscmi,poll-budget-us", 0, POLL_BUDGET_US_MAX,
			 &descriptor->poll_budget_us) ||
	    !tree_number(reading, node, "atomic-threshold-us", 0, UINT32_MAX,
			 &descriptor->atomic_threshold_us))
		return false;
	descriptor->no_completion_irq =
		tree_property(&reading->index, node, NO_COMPLETION_IRQ, &size);
	if (descriptor->no_completion_irq && descriptor->transport != SCMI_TREE_MAILBOX)
		return tree_wrong(reading, node,
				  NO_COMPLETION_IRQ " has no meaning here, only in arm,scmi nodes");
	if (descriptor->no_completion_irq && size)
		return tree_wrong(reading, node, NO_COMPLETION_IRQ " has a value, and takes none");
	settings->response_timeout_ms = descriptor->response_timeout_ms.value;
	settings->delayed_timeout_ms = descriptor->delayed_timeout_ms.value;
	settings->messages_max = descriptor->messages_max.value;
	if (descriptor->payload_max.given)
		settings->message_size_max = descriptor->payload_max.value + HEADER_AND_STATUS;
	settings->no_completion_irq = descriptor->no_completion_irq;
	settings->poll_budget_us = descriptor->poll_budget_us.value;
	settings->atomic_threshold_us = descriptor->atomic_threshold_us.value;
	return true;
}

static bool read_call(struct tree_reading *reading, uint32_t node,
		      struct scmi_tree_descriptor *descriptor)
{
	const struct tree_index *index = &reading->index;
	struct scmi_tree_limit number = {0};
	size_t size;

	if (!tree_number(reading, node, "arm,smc-id", 0, UINT32_MAX, &number))
		return false;
	if (!number.given)
		return tree_wrong(reading, node, "arm,smc-id is missing");
	descriptor->smc_id = number.value;
	descriptor->has_interrupt = tree_has_string(index, node, "interrupt-names", "a2p");
	if (descriptor->has_interrupt && !tree_property(index, node, "interrupts", &size) &&
	    !tree_property(index, node, "interrupts-extended", &size))
		return tree_wrong(reading, node,
				  "interrupts is missing where interrupt-names has a2p");
	return true;
}

/* The bus device's node: the one named, or the parent of the own node that is named or is read. */
static bool read_device(struct tree_reading *reading, uint32_t node, bool own_node,
			uint32_t *device)
{
	const struct tree_index *index = &reading->index;
	uint32_t child, own = node;

	if (!own_node && !tree_reference(reading, node, SUPPLIER, device))
		return false;
	if (!own_node &&
	    (*device == TREE_NONE || !tree_has_string(index, *device, "compatible", OWN_NODE)))
		return true;
	if (!own_node)
		own = *device;
	*device = index->nodes[own].parent;
	if (*device == TREE_NONE)
		return tree_wrong(reading, own, OWN_NODE " has no device above it");
	for (child = tree_child(index, *device, TREE_NONE); child != TREE_NONE;
	     child = tree_child(index, *device, child)) {
		if (child != own && index->nodes[child].available)
			return tree_wrong(
				reading, *device,
				"a virtio device's node has one enabled child, not several");
	}
	return true;
}

static bool read_supplier(struct tree_reading *reading, uint32_t node,
			  struct scmi_tree_descriptor *descriptor, uint32_t *device)
{
	char number[16];
	size_t size;

	*device = TREE_NONE;
	if ((descriptor->transport != SCMI_TREE_VIRTIO || descriptor->own_node) &&
	    tree_property(&reading->index, node, SUPPLIER, &size))
		return tree_wrong(reading, node,
				  SUPPLIER " has no meaning here, only in " COMPATIBLE_VIRTIO
					   " nodes");
	switch (descriptor->transport) {
	case SCMI_TREE_MAILBOX:
	case SCMI_TREE_SMC:
		descriptor->supplier = descriptor->channel.memories[0].path;
		return true;
	case SCMI_TREE_OPTEE:
		snprintf(number, sizeof(number), "%" PRIu32, descriptor->channel.optee_channel);
		descriptor->supplier = keep_text(reading, number);
		return descriptor->supplier;
	case SCMI_TREE_VIRTIO:
		break;
	}
	if (!read_device(reading, node, descriptor->own_node, device))
		return false;
	if (*device != TREE_NONE)
		descriptor->supplier = tree_keep_path(reading, *device);
	return *device == TREE_NONE || descriptor->supplier;
}

static bool read_protocol(struct tree_reading *reading, uint32_t node,
			  const struct scmi_tree_descriptor *descriptor, bool *seen,
			  struct scmi_tree_protocol_node *protocol)
{
	struct scmi_tree_limit id = {0};

	if (!tree_number(reading, node, "reg", PROTOCOL_MIN, PROTOCOL_MAX, &id))
		return false;
	if (seen[id.value])
		return tree_wrong(reading, node,
				  "reg is 0x%" PRIx32 ", as of another protocol node", id.value);
	seen[id.value] = true;
	protocol->protocol_id = (uint8_t)id.value;
	protocol->own_channel = tree_has_channel(reading, node);
	return !protocol->own_channel ||
	       tree_channel(reading, node, true, descriptor, &protocol->channel);
}

/* Children without `reg` are none: vendors keep other things there. */
static bool read_protocols(struct tree_reading *reading, uint32_t node,
			   struct scmi_tree_descriptor *descriptor)
{
	const struct tree_index *index = &reading->index;
	bool seen[PROTOCOL_MAX + 1] = {false};
	struct scmi_tree_protocol_node *protocols;
	uint32_t child, count = 0;
	size_t size;

	for (child = tree_child(index, node, TREE_NONE); child != TREE_NONE;
	     child = tree_child(index, node, child))
		count += index->nodes[child].available;
	/* One too many is met again under the number of another. */
	if (count > PROTOCOL_MAX + 1)
		return tree_wrong(reading, node, "it has %" PRIu32 " children", count);
	protocols = tree_keep(reading, count * sizeof(*protocols));
	if (!protocols)
		return false;
	descriptor->protocols = protocols;
	for (child = tree_child(index, node, TREE_NONE); child != TREE_NONE;
	     child = tree_child(index, node, child)) {
		if (!index->nodes[child].available || !tree_property(index, child, "reg", &size))
			continue;
		if (!read_protocol(reading, child, descriptor, seen,
				   &protocols[descriptor->protocol_count]))
			return false;
		descriptor->protocol_count++;
	}
	return true;
}

static void read_descriptor(struct tree_reading *reading, uint32_t node, const struct kind *kind)
{
	struct scmi_tree_instances *instances = reading->instances;
	struct scmi_tree_descriptor *descriptor = &instances->descriptors[instances->count];

	reading->why[0] = '\0';
	instances->nodes[instances->count] = node;
	descriptor->transport = kind->transport;
	descriptor->own_node = kind->transport == SCMI_TREE_VIRTIO &&
			       tree_has_string(&reading->index, node, "compatible", OWN_NODE);
	descriptor->path = tree_keep_path(reading, node);
	if (!descriptor->path && !reading->out_of_memory)
		descriptor->path = "(a path that is too long)";
	if (descriptor->path && read_compatible(reading, node, descriptor) &&
	    read_limits(reading, node, descriptor) &&
	    (kind->transport != SCMI_TREE_SMC || read_call(reading, node, descriptor)) &&
	    tree_channel(reading, node, false, descriptor, &descriptor->channel) &&
	    read_supplier(reading, node, descriptor, &instances->devices[instances->count]))
		read_protocols(reading, node, descriptor);
	if (reading->why[0])
		descriptor->error = keep_text(reading, reading->why);
	descriptor->descriptor.name = descriptor->path;
	descriptor->descriptor.compatible = descriptor->compatible;
	descriptor->descriptor.supplier = descriptor->supplier;
	instances->count++;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* A device's own node gives way to a descriptor that names the device. */
static bool gives_way(const struct scmi_tree_instances *instances, size_t at)
{
	if (!instances->descriptors[at].own_node || instances->descriptors[at].error)
		return false;
	for (size_t i = 0; i < instances->count; i++) {
		if (!instances->descriptors[i].own_node && !instances->descriptors[i].error &&
		    instances->devices[i] != TREE_NONE &&
		    instances->devices[i] == instances->devices[at])
			return true;
	}
	return false;
}

static void drop_those_that_give_way(struct scmi_tree_instances *instances)
{
	bool goes[SCMI_TREE_INSTANCES_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < instances->count; i++)
		goes[i] = gives_way(instances, i);
	for (size_t i = 0; i < instances->count; i++) {
		if (!goes[i])
			instances->descriptors[kept++] = instances->descriptors[i];
	}
	instances->count = kept;
}

static int read_all(struct tree_reading *reading, char *why, size_t why_size)
{
	const struct kind *kind;

	for (uint32_t node = 0; node < reading->index.count; node++) {
		if (!reading->index.nodes[node].available)
			continue;
		kind = kind_of(&reading->index, node);
		if (!kind)
			continue;
		if (reading->instances->count == SCMI_TREE_INSTANCES_MAX)
			return because(-E2BIG, why, why_size,
				       "it describes more than %d SCMI instances",
				       SCMI_TREE_INSTANCES_MAX);
		read_descriptor(reading, node, kind);
		if (reading->out_of_memory)
			return because(-ENOMEM, why, why_size, "out of memory");
	}
	drop_those_that_give_way(reading->instances);
	return 0;
}

int scmi_tree_read(struct scmi_tree_instances **instances, const void *blob, size_t size, char *why,
		   size_t why_size)
{
	struct tree_reading reading = {.out_of_memory = false};
	int error;

	if (size > SCMI_TREE_SIZE_MAX)
		return because(-E2BIG, why, why_size, "it has more than %u bytes",
			       SCMI_TREE_SIZE_MAX);
	error = tree_index_init(&reading.index, blob, size, why, why_size);
	if (error)
		return error;
	reading.instances = calloc(1, sizeof(*reading.instances));
	error = reading.instances ? read_all(&reading, why, why_size)
				  : because(-ENOMEM, why, why_size, "out of memory");
	tree_index_fini(&reading.index);
	if (error)
		scmi_tree_free(reading.instances);
	else
		*instances = reading.instances;
	return error;
}

/* All of it, to be freed; a file below /sys does not say how long it is. */
static int read_file(int fd, unsigned char **blob, size_t *size)
{
	unsigned char *bytes = malloc(SCMI_TREE_SIZE_MAX + 1);
	ssize_t got = 1;
	int error;

	*blob = bytes;
	*size = 0;
	while (bytes && got && *size <= SCMI_TREE_SIZE_MAX) {
		got = read(fd, bytes + *size, SCMI_TREE_SIZE_MAX + 1 - *size);
		if (got < 0 && errno != EINTR) {
			error = errno;
			free(bytes);
			return -error;
		}
		*size += got > 0 ? (size_t)got : 0;
	}
	return bytes ? 0 : -ENOMEM;
}

int scmi_tree_read_file(struct scmi_tree_instances **instances, const char *path, char *why,
			size_t why_size)
{
	unsigned char *blob = NULL;
	size_t size = 0;
	int error, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	error = fd < 0 ? -errno : read_file(fd, &blob, &size);
	if (fd >= 0)
		close(fd);
	if (error)
		return because(error, why, why_size, "%s", strerror(-error));
	error = scmi_tree_read(instances, blob, size, why, why_size);
	free(blob);
	return error;
}

void scmi_tree_free(struct scmi_tree_instances *instances)
{
	struct tree_block *block, *next;

	if (!instances)
		return;
	for (block = instances->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(instances);
}

const struct scmi_tree_descriptor *scmi_tree_at(const struct scmi_tree_instances *instances,
						size_t index)
{
	return index < instances->count ? &instances->descriptors[index] : NULL;
}
