/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which instance is bound to which transport and supplier, whatever comes and goes, in any order.
 *
 * Object model. A *binder* knows transport drivers, descriptors and suppliers, each added and taken
 * away at any time by whoever owns it. Every descriptor makes a *binding*, named as the descriptor,
 * and the binder decides what each is bound to. What is decided is a function of what is there, never
 * of the order in which it came:
 *
 *  - a descriptor takes the first of its `compatible` strings that a driver serves;
 *  - one with an address of its own needs no supplier;
 *  - one that names its supplier binds to that supplier, unless another descriptor names the same;
 *  - one that names none binds only if it is the only such descriptor, and there is one supplier that
 *    nobody names. Several descriptors that ask for it are matched by order instead: the first name
 *    with the first name;
 *  - what cannot be bound waits, and says for what.
 *
 * So a working binding may be undone by an arrival that makes it ambiguous; who does not want that
 * names the supplier.
 *
 * A binding lives on while somebody holds it (scmi_binding_get()), also without its descriptor: a
 * descriptor of the same name takes it up again.
 *
 * Work. add, remove, announce and withdraw only note what happened, from any thread and any callback
 * but with no waiting. The work (opening and closing transports) is done in scmi_binder_run(), one
 * step a call, by the thread that calls it; several may.
 *
 * Ownership. What is added is only read, and must stay unchanged until its released() was called,
 * after which the binder has no pointer to it.
 *
 * Memory is taken from the host, at add and get, never in between. Errors are 0 or -errno.
 */
#ifndef SCMI_BIND_H
#define SCMI_BIND_H

#include <scmi/transport.h>

struct scmi_binder;
struct scmi_binding;

/* ---- what comes and goes --------------------------------------------------------------------- */

/* A transport driver. */
struct scmi_bind_driver {
	const struct scmi_transport *transport;
	/* Nothing uses it any more and it may be unloaded. May be NULL. */
	void (*released)(void *ctx);
	void *ctx;
};

/* The device of another subsystem that a transport needs first. */
struct scmi_supplier {
	const char *name;      /* a path, a bus address: unique for its transport */
	const char *transport; /* name of the transport that it is for */
	const char *address;   /* handed to the transport's open() */
	void (*released)(void *ctx); /* may be NULL */
	void *ctx;
};

/* What firmware, a tree or a user says of one instance. */
struct scmi_descriptor {
	const char *name;		/* unique */
	const char *const *compatible;	/* transports' names or device-tree strings, NULL-ended */
	const char *address;		/* for a transport that needs no supplier; else NULL */
	const char *supplier;		/* the supplier's name, or NULL */
	bool by_order;			/* match it by order where it names none */
	struct scmi_transport_settings settings;
	void (*released)(void *ctx); /* may be NULL */
	void *ctx;
};

/* ---- states ---------------------------------------------------------------------------------- */

enum scmi_binding_state {
	SCMI_BINDING_UNDESCRIBED, /* held by somebody, but there is no descriptor of its name */
	SCMI_BINDING_DEFERRED,	  /* waits: see scmi_binding_waits() */
	SCMI_BINDING_PROBING,	  /* its transport is being opened */
	SCMI_BINDING_READY,
	SCMI_BINDING_QUIESCING, /* its transport is being closed */
	SCMI_BINDING_FAILED,	/* opening failed; tried again when what it depends on changes */
};

enum scmi_binding_wait {
	SCMI_WAITS_FOR_NOTHING,
	SCMI_WAITS_FOR_DRIVER,
	SCMI_WAITS_FOR_SUPPLIER,
	SCMI_WAITS_FOR_CHOICE,	/* ambiguous: several unnamed descriptors or suppliers */
	SCMI_WAITS_FOR_SHARER,	/* another descriptor names the same supplier */
	SCMI_WAITS_FOR_RELEASE, /* its supplier or driver is still being let go by a former user */
};

/* ---- the host -------------------------------------------------------------------------------- */

/* What a binding is bound to. Valid from probe() until unbind() returns. */
struct scmi_bound {
	const struct scmi_descriptor *descriptor;
	const struct scmi_transport *transport;
	const struct scmi_supplier *supplier; /* NULL: the descriptor has the address */
	const char *address;
};

struct scmi_binder_host {
	void *ctx;
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *memory);
	/* A lock that is held for moments only. Both or neither (one thread). */
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	/* scmi_binder_run() has something to do. Called from any thread. May be NULL. */
	void (*wake)(void *ctx);
	/*
	 * Open the transport for a binding. Called from scmi_binder_run(), may block. 0 or -errno.
	 */
	int (*probe)(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound);
	/*
	 * Close it: let those who use it send their last messages unless the supplier is lost, end
	 * every call, take buffers back. Called from scmi_binder_run(), may block. Cannot fail.
	 */
	void (*unbind)(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
		       bool lost);
	/*
	 * The supplier vanished: end every call with -ENODEV at once. Called by the thread that
	 * withdraws it. probe(), a use or unbind() may be running meanwhile, be about to, or have
	 * ended just now, but those of what is bound next do not begin before lost() returns. Called
	 * again after a probe() during which it happened: what came before counts no more. unbind()
	 * follows, unless it had begun, or probe() fails. May be NULL.
	 */
	void (*lost)(void *ctx, struct scmi_binding *binding);
	/* Its state, or what it waits for, is another. Called with no lock held. May be NULL. */
	void (*changed)(void *ctx, struct scmi_binding *binding);
	/* The binding is about to be freed; its data is the host's again. May be NULL. */
	void (*freed)(void *ctx, void *data);
};

/* -ENOMEM. */
int scmi_binder_new(struct scmi_binder **binder, const struct scmi_binder_host *host);

/*
 * Undo everything that was added; scmi_binder_run() does the work, after which scmi_binder_free()
 * succeeds. Adding gives -ESHUTDOWN from now on.
 */
void scmi_binder_stop(struct scmi_binder *binder);

/*
 * -EBUSY while there is work, or anybody holds a binding; 0 when it is gone. Nobody else may be in a
 * call on the binder, scmi_binder_run() included.
 */
int scmi_binder_free(struct scmi_binder *binder);

/*
 * Do the next piece of work: at most one call of probe(), unbind() or released(), and changed().
 * False: there is none.
 */
bool scmi_binder_run(struct scmi_binder *binder);

/*
 * -EEXIST (a driver or descriptor of that name, or a supplier of that name for the same transport,
 * is there and not about to go), -EINVAL (no name; a descriptor with no compatible string at all; a
 * supplier with no transport or address), -ENOMEM, -ESHUTDOWN. One that was removed and is not yet released may be added
 * again under the same name.
 */
int scmi_binder_add_driver(struct scmi_binder *binder, const struct scmi_bind_driver *driver);
int scmi_binder_add_descriptor(struct scmi_binder *binder,
			       const struct scmi_descriptor *descriptor);
int scmi_binder_announce(struct scmi_binder *binder, const struct scmi_supplier *supplier);

/*
 * Its users are unbound, then released() is called, from scmi_binder_run(). -ENOENT if it is not
 * there; until it is released, 0 though it was taken away before. A supplier that is being withdrawn
 * may still be lost. A supplier that is lost has gone already: calls end at once, nothing more is sent.
 */
int scmi_binder_remove_driver(struct scmi_binder *binder, const struct scmi_bind_driver *driver);
int scmi_binder_remove_descriptor(struct scmi_binder *binder,
				  const struct scmi_descriptor *descriptor);
int scmi_binder_withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier,
			 bool lost);

/* ---- bindings -------------------------------------------------------------------------------- */

/* Hold the binding of a name, described or not yet. -ENOMEM, -EINVAL, -ESHUTDOWN. */
int scmi_binding_get(struct scmi_binder *binder, const char *name, struct scmi_binding **binding);
void scmi_binding_put(struct scmi_binding *binding);

/* Try again to open it, if that failed. */
void scmi_binding_retry(struct scmi_binding *binding);

const char *scmi_binding_name(const struct scmi_binding *binding);

/* The host's, kept with it; NULL at first. */
void *scmi_binding_data(const struct scmi_binding *binding);
void scmi_binding_set_data(struct scmi_binding *binding, void *data);

struct scmi_binding_status {
	enum scmi_binding_state state;
	enum scmi_binding_wait waits_for;
	int error; /* of a probe that failed */
};

void scmi_binding_status(const struct scmi_binding *binding, struct scmi_binding_status *status);

/**
 * scmi_binding_explain() - its state in words
 * @text: NUL-terminated on return, cut where it is too small
 *
 * "ready on virtio, supplier '/run/scmid/linux.vhost'"; "waits for supplier 'virtio@a003e00'";
 * "ambiguous: supplier 'a' is named by 'x', 'y'"; what failed says the error of probe(). Returns what strlen() would give were
 * there room.
 */
size_t scmi_binding_explain(const struct scmi_binding *binding, char *text, size_t size);

/* All bindings in the order of their names, each held during the call only. */
void scmi_binder_each(struct scmi_binder *binder,
		      void (*each)(void *ctx, struct scmi_binding *binding), void *ctx);

#endif
