/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The SCMI instances that a flattened device tree describes: every enabled node with a compatible
 * string of the published bindings, and the own nodes of virtio SCMI devices (docs/bindings/).
 *
 * The tree may come from anybody: nothing in it is believed before it is checked. A tree that is
 * damaged gives nothing at all; an instance that is described wrongly is in the list with a
 * sentence, and does not hinder the others.
 */
#ifndef SCMI_HOST_TREE_READ_H
#define SCMI_HOST_TREE_READ_H

#include <scmi/bind.h>

/* Nobody's tree is larger; a larger one is refused. */
#define SCMI_TREE_SIZE_MAX	(8u << 20)
#define SCMI_TREE_INSTANCES_MAX 256

#define SCMI_TREE_MAILBOXES_MAX 4
#define SCMI_TREE_MEMORIES_MAX	2
#define SCMI_TREE_CELLS_MAX	8

enum scmi_tree_transport {
	SCMI_TREE_MAILBOX, /* arm,scmi */
	SCMI_TREE_SMC,	   /* arm,scmi-smc, arm,scmi-smc-param, qcom,scmi-smc */
	SCMI_TREE_OPTEE,   /* linaro,scmi-optee */
	SCMI_TREE_VIRTIO,  /* arm,scmi-virtio, virtio,device20 */
};

/* An entry of `mboxes`. */
struct scmi_tree_mailbox {
	const char *controller; /* its node's path */
	const char
		*role; /* "tx", "tx_reply", "rx", "rx_reply": as their number and memories tell */
	uint32_t cells[SCMI_TREE_CELLS_MAX];
	uint32_t cell_count;
};

/* An entry of `shmem`: the first for commands, the second for what comes unasked. */
struct scmi_tree_memory {
	const char *path;
	uint64_t size; /* bytes */
};

struct scmi_tree_channel {
	struct scmi_tree_mailbox mailboxes[SCMI_TREE_MAILBOXES_MAX];
	uint32_t mailbox_count;
	struct scmi_tree_memory memories[SCMI_TREE_MEMORIES_MAX];
	uint32_t memory_count;
	bool has_optee_channel;
	uint32_t optee_channel;
};

/* A protocol node. */
struct scmi_tree_protocol_node {
	uint8_t protocol_id;
	bool own_channel; /* it does not travel with the others */
	struct scmi_tree_channel channel;
};

/* A number that a descriptor may set. */
struct scmi_tree_limit {
	bool given;
	uint32_t value;
};

struct scmi_tree_descriptor {
	const char *path;
	/* What is wrong with it, "PATH: PROPERTY …", or NULL; the rest may be missing then. */
	const char *error;
	const char *const *compatible; /* NULL-ended */
	enum scmi_tree_transport transport;
	struct scmi_tree_channel channel;
	uint32_t smc_id;    /* SCMI_TREE_SMC */
	bool has_interrupt; /* "a2p" tells that a call is done; else its return does */
	bool no_completion_irq; /* SCMI_TREE_MAILBOX: arm,no-completion-irq */
	bool own_node;	    /* the virtio device's own */
	/*
	 * What the instance needs, by name. Mailboxes, SMC: the path of the first memory's node,
	 * for no two instances share it, as they may a mailbox controller or a function id. OP-TEE:
	 * the channel's number in decimal. virtio: the path of the bus device's node, or NULL: it
	 * does not say.
	 */
	const char *supplier;
	struct scmi_tree_limit response_timeout_ms; /* arm,max-rx-timeout-ms */
	struct scmi_tree_limit delayed_timeout_ms;  /* libscmi,max-delayed-timeout-ms */
	struct scmi_tree_limit messages_max;	    /* arm,max-msg */
	struct scmi_tree_limit payload_max;    /* arm,max-msg-size: without header and status */
	struct scmi_tree_limit poll_budget_us; /* libscmi,poll-budget-us */
	struct scmi_tree_limit atomic_threshold_us;
	const struct scmi_tree_protocol_node *protocols;
	uint32_t protocol_count;
	/* The same for a binder; with an error it must not be added. `settings` are the limits. */
	struct scmi_descriptor descriptor;
};

struct scmi_tree_instances;

/*
 * Read a blob, which is not needed afterwards. 0, or with a sentence in why[why_size]: -EINVAL (no
 * tree, or a damaged one), -E2BIG (too large, too deep, or too many instances), -ENOMEM.
 */
int scmi_tree_read(struct scmi_tree_instances **instances, const void *blob, size_t size, char *why,
		   size_t why_size);

/* The same with a file, which may be /sys/firmware/fdt; or the errno of reading it. */
int scmi_tree_read_file(struct scmi_tree_instances **instances, const char *path, char *why,
			size_t why_size);

void scmi_tree_free(struct scmi_tree_instances *instances);

/* In the order of the tree; NULL behind the last. */
const struct scmi_tree_descriptor *scmi_tree_at(const struct scmi_tree_instances *instances,
						size_t index);

#endif
