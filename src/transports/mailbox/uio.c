/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../shmem/memory.h"
#include "../why.h"
#include "uio.h"

#define ADDRESS_MAX 512u

/* ---- what an address says -------------------------------------------------------------------- */

struct place {
	const char *device; /* NULL: not said */
	uint32_t map;
	uint32_t offset;
	uint32_t value; /* of a register, or an area's size */
};

struct uio_address {
	char text[ADDRESS_MAX]; /* what the others point into */
	const char *device;
	uint32_t map;
	const char *irq;
	struct place a2p, p2a;
	struct place ring, ack, clear;
};

/* A number up to `end`, which is one of its kind and is left out. */
static bool take_number(char **text, char end, uint32_t *number)
{
	unsigned long long value;
	char *behind;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	value = strtoull(*text, &behind, 0);
	if (errno || value > UINT32_MAX || *behind != end)
		return false;
	*number = (uint32_t)value;
	*text = end ? behind + 1 : behind;
	return true;
}

static bool take_area(char *text, const char *device, struct place *area)
{
	area->device = device;
	return take_number(&text, '+', &area->offset) && take_number(&text, '\0', &area->value) &&
	       scmi_shmem_size_valid(area->value) && !(area->offset % SCMI_SHMEM_ALIGN);
}

static bool take_register(char *text, const char *device, struct place *reg)
{
	char *colon = strchr(text, ':');

	reg->device = device;
	if (*text < '0' || *text > '9') {
		if (!colon)
			return false;
		*colon = '\0';
		reg->device = text;
		text = colon + 1;
	}
	return take_number(&text, ':', &reg->map) && take_number(&text, ':', &reg->offset) &&
	       take_number(&text, '\0', &reg->value) && !(reg->offset % SCMI_SHMEM_ALIGN);
}

static bool take_setting(struct uio_address *address, const char *name, char *value)
{
	if (!strcmp(name, "map"))
		return take_number(&value, '\0', &address->map);
	if (!strcmp(name, "a2p"))
		return take_area(value, address->device, &address->a2p);
	if (!strcmp(name, "p2a"))
		return take_area(value, address->device, &address->p2a);
	if (!strcmp(name, "ring"))
		return take_register(value, address->device, &address->ring);
	if (!strcmp(name, "ack"))
		return take_register(value, address->device, &address->ack);
	if (!strcmp(name, "clear"))
		return take_register(value, address->device, &address->clear);
	if (strcmp(name, "irq") || !*value)
		return false;
	address->irq = value;
	return true;
}

static int parse(struct uio_address *address, const char *text, char *why, size_t why_size)
{
	char *next, *value, *at;

	memset(address, 0, sizeof(*address));
	if (strlen(text) >= sizeof(address->text))
		return because(-ENAMETOOLONG, why, why_size, "the address is too long");
	at = memcpy(address->text, text, strlen(text) + 1);
	address->device = address->irq = strsep(&at, ",");
	if (!*address->device)
		return because(-EINVAL, why, why_size, "uio: needs a device, such as /dev/uio0");
	while ((next = strsep(&at, ","))) {
		value = strchr(next, '=');
		if (value)
			*value++ = '\0';
		if (!value || !take_setting(address, next, value))
			return because(
				-EINVAL, why, why_size,
				"uio: '%.40s' is not as it must be: map=N, a2p=OFFSET+SIZE, "
				"p2a=OFFSET+SIZE, irq=DEVICE|none, and ring=, ack= or clear= "
				"with [DEVICE:]MAP:OFFSET:VALUE",
				next);
	}
	if (!strcmp(address->irq, "none"))
		address->irq = NULL;
	address->a2p.map = address->p2a.map = address->map;
	if (!address->p2a.device)
		return 0;
	if (!address->irq)
		return because(-EINVAL, why, why_size, "uio: p2a= needs interrupts");
	if (!address->a2p.device)
		return because(-EINVAL, why, why_size, "uio: p2a= needs a2p= beside it");
	if (address->a2p.offset < (uint64_t)address->p2a.offset + address->p2a.value &&
	    address->p2a.offset < (uint64_t)address->a2p.offset + address->a2p.value)
		return because(-EINVAL, why, why_size, "uio: the two areas overlap");
	return 0;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static int read_attribute(int directory, uint32_t map, const char *name, uint64_t *value)
{
	char path[64], text[32] = "", *end;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "maps/map%" PRIu32 "/%s", map, name);
	fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (size <= 0)
		return -EIO;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno || end == text || (*end && *end != '\n') ? -EIO : 0;
}

int mailbox_uio_map_extent(int directory, uint32_t map, uint64_t *offset, uint64_t *size)
{
	int error = read_attribute(directory, map, "size", size);

	if (error)
		return error;
	/* Older kernels do not have it. */
	error = read_attribute(directory, map, "offset", offset);
	if (error == -ENOENT)
		*offset = 0;
	return error == -ENOENT ? 0 : error;
}

/* The same of a device that is open, or of a file that may be mapped. */
static int find_extent(int fd, const struct place *place, uint64_t *offset, uint64_t *size,
		       char *why, size_t why_size)
{
	struct stat file;
	char path[64];
	int directory, error;

	if (fstat(fd, &file))
		return because(-errno, why, why_size, "%s: %s", place->device, strerror(errno));
	if (!S_ISCHR(file.st_mode)) {
		*offset = 0;
		*size = (uint64_t)file.st_size;
		if (place->map)
			return because(-EINVAL, why, why_size, "%s is a file, which has no map %u",
				       place->device, place->map);
		if (mailbox_memory_check(fd, 0, place->device, NULL, 0))
			return because(-EINVAL, why, why_size,
				       "%s is neither a UIO device nor a file of memory that is "
				       "sealed against shrinking",
				       place->device);
		return 0;
	}
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(file.st_rdev),
		 minor(file.st_rdev));
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return because(-errno, why, why_size, "%s: %s", path, strerror(errno));
	error = mailbox_uio_map_extent(directory, place->map, offset, size);
	close(directory);
	if (error)
		return because(error, why, why_size, "%s is no UIO device with a map %u",
			       place->device, place->map);
	return 0;
}

/* Map all of the map that `place` is in; *at is where its memory begins. */
static int map_place(struct scmi_transport_device *device, const struct place *place, uint8_t **at,
		     uint64_t *size, char *why, size_t why_size)
{
	struct mailbox_map *map = &device->maps[device->map_count];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(place->device, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint64_t offset;
	int error;

	if (fd < 0)
		return because(-errno, why, why_size, "%s: %s", place->device, strerror(errno));
	error = find_extent(fd, place, &offset, size, why, why_size);
	if (!error) {
		map->size = (size_t)(offset + *size + page - 1) & ~(page - 1);
		/* A map's number is the page that UIO finds it at. */
		map->at = mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			       (off_t)(place->map * page));
		if (map->at == MAP_FAILED)
			error = because(-errno, why, why_size, "%s: %s", place->device,
					strerror(errno));
	}
	close(fd);
	if (error)
		return error;
	device->map_count++;
	*at = (uint8_t *)map->at + offset;
	return 0;
}

static int map_area(struct scmi_transport_device *device, struct place *area, uint8_t **at,
		    char *why, size_t why_size)
{
	uint64_t size;
	int error = map_place(device, area, at, &size, why, why_size);

	if (error)
		return error;
	if (!area->value) {
		area->value = SCMI_SHMEM_SIZE_MAX;
		if (size < area->value)
			area->value = (uint32_t)size & ~(SCMI_SHMEM_ALIGN - 1);
	}
	if (area->offset + (uint64_t)area->value > size || !scmi_shmem_size_valid(area->value))
		return because(-EINVAL, why, why_size,
			       "an area of %u bytes at %u is none in %s, whose map %u has %" PRIu64,
			       area->value, area->offset, area->device, area->map, size);
	*at += area->offset;
	return 0;
}

/*
 * An area has one agent. A process that ends, however it does, lets go of it. Different areas of a
 * device may belong to different ones, so what is locked are bytes of the file: a map's page number
 * is above all offsets.
 */
static int claim(struct scmi_transport_device *device, const struct place *area, char *why,
		 size_t why_size)
{
	struct flock bytes = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)area->map << 32 | area->offset,
		.l_len = area->value,
	};

	device->lock = open(area->device, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (device->lock < 0)
		return because(-errno, why, why_size, "%s: %s", area->device, strerror(errno));
	if (!fcntl(device->lock, F_OFD_SETLK, &bytes))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return because(-EBUSY, why, why_size,
			       "the mailbox in %s is in use: it serves one agent at a time",
			       area->device);
	return because(-errno, why, why_size, "%s: %s", area->device, strerror(errno));
}

static int map_register(struct scmi_transport_device *device, const struct place *place,
			struct mailbox_register *reg, char *why, size_t why_size)
{
	uint64_t size;
	uint8_t *at;
	int error;

	if (!place->device)
		return 0;
	error = map_place(device, place, &at, &size, why, why_size);
	if (error)
		return error;
	if (place->offset + (uint64_t)sizeof(uint32_t) > size)
		return because(-EINVAL, why, why_size,
			       "a register at %u is none in %s, whose map %u has %" PRIu64 " bytes",
			       place->offset, place->device, place->map, size);
	reg->at = at + place->offset;
	reg->value = place->value;
	return 0;
}

/* ---- doorbells ------------------------------------------------------------------------------- */

void mailbox_register_write(const struct mailbox_register *reg)
{
	if (!reg->at)
		return;
	shmem_barrier();
	shmem_write(reg->at, reg->value);
}

/* What UIO wants before the next interrupt. Drivers that need it not say so, which is no matter. */
static void allow_interrupt(int fd)
{
	const uint32_t on = 1;
	ssize_t ignored = write(fd, &on, sizeof(on));

	(void)ignored;
}

int mailbox_uio_interrupt(const struct scmi_transport_device *device)
{
	uint32_t count;
	ssize_t size = read(device->irq, &count, sizeof(count));

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* The driver was unbound, or it is no such device. */
	if (size != (ssize_t)sizeof(count))
		return -ENODEV;
	mailbox_register_write(&device->clear);
	allow_interrupt(device->irq);
	return 0;
}

static int open_irq(struct scmi_transport_device *device, const char *path, char *why,
		    size_t why_size)
{
	int error;

	device->irq = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (device->irq < 0)
		return because(-errno, why, why_size, "%s: %s", path, strerror(errno));
	error = mailbox_watch(device, device->irq, MAILBOX_IRQ);
	if (error)
		return because(error, why, why_size, "%s has no interrupts: %s", path,
			       strerror(-error));
	allow_interrupt(device->irq);
	return 0;
}

/* ---- a device -------------------------------------------------------------------------------- */

int mailbox_uio_open(struct scmi_transport_device *device, const char *text, bool no_completion_irq,
		     char *why, size_t why_size)
{
	struct uio_address address;
	struct mailbox_channel *channel = &device->channels[0];
	uint8_t *at;
	int error;

	error = parse(&address, text, why, why_size);
	if (error)
		return error;
	address.a2p.device = address.device;
	error = map_area(device, &address.a2p, &at, why, why_size);
	if (!error)
		error = claim(device, &address.a2p, why, why_size);
	if (error)
		return error;
	channel->ring = channel->bell = -1;
	channel->polled = no_completion_irq || !address.irq;
	scmi_shmem_sender_init(&channel->sender, SCMI_SHMEM_A2P, at, address.a2p.value,
			       !channel->polled);
	device->count = 1;
	error = map_register(device, &address.ring, &channel->reg, why, why_size);
	if (!error && address.p2a.device) {
		error = map_area(device, &address.p2a, &at, why, why_size);
		if (error)
			return error;
		channel = &device->channels[device->count++];
		channel->p2a = true;
		channel->ring = channel->bell = -1;
		scmi_shmem_receiver_init(&channel->receiver, SCMI_SHMEM_P2A, at, address.p2a.value);
		error = map_register(device, &address.ack, &channel->reg, why, why_size);
	}
	if (!error)
		error = map_register(device, &address.clear, &device->clear, why, why_size);
	if (!error && address.irq)
		error = open_irq(device, address.irq, why, why_size);
	return error;
}
