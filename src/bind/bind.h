/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside the binder. Everything here is changed under its lock; what is outside is called without.
 *
 *	undescribed <-> deferred -> probing -> ready -> quiescing -> deferred or undescribed
 *	                   |  ^        |
 *	                   |  |        v
 *	                   +--+----- failed
 *
 * All transitions are in binding.c. Which pair a binding should have is in pair.c: a function of what
 * is there and of nothing else.
 */
#ifndef SCMI_BIND_INTERNAL_H
#define SCMI_BIND_INTERNAL_H

#include <scmi/bind.h>

#include "core/list.h"

/* Something that was added: a driver, a supplier or a descriptor. */
struct scmi_bind_entry {
	struct scmi_list link;
	const void *what;
	uint32_t serial; /* tells it from one of the same name that came before or after */
	uint32_t users;	 /* bindings that have it; a supplier has one at most */
	bool leaving;	 /* taken away; released when users is 0 */
};

/* What a binding should have, or has. `wait` is SCMI_WAITS_FOR_NOTHING if it is a whole pair. */
struct scmi_pair {
	struct scmi_bind_entry *descriptor;
	struct scmi_bind_entry *driver;
	struct scmi_bind_entry *supplier; /* NULL: none is needed */
	enum scmi_binding_wait wait;
};

struct scmi_binding {
	struct scmi_list link; /* in the order of names */
	struct scmi_binder *binder;
	enum scmi_binding_state state;
	enum scmi_binding_wait waits_for;
	int error;
	uint32_t holders;
	struct scmi_bind_entry *descriptor; /* that there is now; never one that is leaving */
	struct scmi_pair has;		    /* while probing, ready, quiescing: each entry is used */
	uint32_t tried[3];		    /* serials of the pair whose probe failed */
	uint32_t seen;			    /* up to which change it has been looked at */
	bool lost;			    /* its supplier vanished */
	bool telling;			    /* … and the host is being told: no work meanwhile */
	bool retry;
	void *data;
	char name[];
};

struct scmi_binder {
	struct scmi_binder_host host;
	struct scmi_list drivers;
	struct scmi_list suppliers;
	struct scmi_list descriptors;
	struct scmi_list bindings;
	uint32_t serial;
	uint32_t changes; /* counts whatever may make a pair another */
	bool stopping;
};

static inline void scmi_binder_lock(const struct scmi_binder *binder)
{
	if (binder->host.lock)
		binder->host.lock(binder->host.ctx);
}

static inline void scmi_binder_unlock(const struct scmi_binder *binder)
{
	if (binder->host.unlock)
		binder->host.unlock(binder->host.ctx);
}

/* The entries of a list, those that are leaving included. */
#define scmi_bind_each(entry, list)                                                                \
	for (entry = scmi_list_entry((list)->next, struct scmi_bind_entry, link);                  \
	     &entry->link != (list);                                                               \
	     entry = scmi_list_entry(entry->link.next, struct scmi_bind_entry, link))

static inline const struct scmi_bind_driver *scmi_bind_driver(const struct scmi_bind_entry *entry)
{
	return (const struct scmi_bind_driver *)entry->what;
}

static inline const struct scmi_supplier *scmi_bind_supplier(const struct scmi_bind_entry *entry)
{
	return (const struct scmi_supplier *)entry->what;
}

static inline const struct scmi_descriptor *
scmi_bind_descriptor(const struct scmi_bind_entry *entry)
{
	return (const struct scmi_descriptor *)entry->what;
}

static inline struct scmi_binding *scmi_binding_at(struct scmi_list *node)
{
	return scmi_list_entry(node, struct scmi_binding, link);
}

/* As strcmp(), which the engine's environment lacks. */
int scmi_bind_compare(const char *a, const char *b);

/* ---- pair.c ---------------------------------------------------------------------------------- */

/* What a descriptor should have. */
void scmi_bind_pair(const struct scmi_binder *binder, struct scmi_bind_entry *descriptor,
		    struct scmi_pair *pair);

/* Whether this supplier of the driver's transport is one that no descriptor names. */
bool scmi_bind_unnamed(const struct scmi_binder *binder, const struct scmi_bind_entry *supplier,
		       const struct scmi_bind_entry *driver);

/* Whether the descriptor, which is for this driver, leaves it open which supplier it means. */
bool scmi_bind_open(const struct scmi_binder *binder, const struct scmi_bind_entry *descriptor,
		    const struct scmi_bind_entry *driver);

/* ---- binding.c ------------------------------------------------------------------------------- */

/* What is to be done outside, with no lock held. */
enum scmi_bind_work {
	SCMI_BIND_NOTHING,
	SCMI_BIND_TELL,	   /* its state is another */
	SCMI_BIND_PROBE,   /* open the transport */
	SCMI_BIND_UNBIND,  /* close it */
	SCMI_BIND_RELEASE, /* an entry is its owner's again */
	SCMI_BIND_FREE,	   /* a binding that nobody needs */
};

/* Bring a binding one step nearer to what it should be. */
enum scmi_bind_work scmi_binding_work(struct scmi_binding *binding);

/* The work that this gave is done: PROBE with `error`, or UNBIND. */
void scmi_binding_worked(struct scmi_binding *binding, enum scmi_bind_work work, int error);

/* What it is bound to, while it has a pair. */
struct scmi_bound scmi_binding_bound(const struct scmi_binding *binding);

/* Nobody needs it: no descriptor, no holder, nothing bound. */
bool scmi_binding_spare(const struct scmi_binding *binding);

/* ---- work.c ---------------------------------------------------------------------------------- */

/* One piece of work. Its binding is held until scmi_bind_done(). */
struct scmi_bind_job {
	enum scmi_bind_work work;
	struct scmi_binding *binding;	/* TELL, PROBE, UNBIND, FREE */
	struct scmi_bound bound;	/* PROBE, UNBIND */
	struct scmi_bind_entry *entry;	/* RELEASE */
	void (*released)(void *ctx);	/* RELEASE: its owner's; may be NULL */
	void *ctx;
};

/*
 * scmi_binder_run() in two halves, for who wants to see, or let happen, what may come in between.
 * The first takes the lock and returns it; false: there is nothing to do.
 */
bool scmi_bind_next(struct scmi_binder *binder, struct scmi_bind_job *job);
void scmi_bind_done(struct scmi_binder *binder, const struct scmi_bind_job *job, int error);

/* Whether the supplier of what is probed, bound or unbound vanished; may become true at any time. */
bool scmi_bind_lost(const struct scmi_binding *binding);

/* ---- binder.c -------------------------------------------------------------------------------- */

/*
 * scmi_binder_withdraw() in two halves. The first gives the binding whose supplier is lost, if any:
 * held, and with no work done for it until the second, so that lost() cannot hit what it is bound to
 * next.
 */
int scmi_bind_withdraw(struct scmi_binder *binder, const struct scmi_supplier *supplier, bool lost,
		       struct scmi_binding **bereft);
void scmi_bind_told(struct scmi_binding *bereft);

#endif
