/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The work, one piece at a time: what is due, doing it, and noting that it was done. */
#include "bind/bind.h"

static void note_owner(const struct scmi_binder *binder, const struct scmi_list *list,
		       struct scmi_bind_job *job)
{
	const void *what = job->entry->what;

	if (list == &binder->drivers) {
		job->released = ((const struct scmi_bind_driver *)what)->released;
		job->ctx = ((const struct scmi_bind_driver *)what)->ctx;
	} else if (list == &binder->suppliers) {
		job->released = ((const struct scmi_supplier *)what)->released;
		job->ctx = ((const struct scmi_supplier *)what)->ctx;
	} else {
		job->released = ((const struct scmi_descriptor *)what)->released;
		job->ctx = ((const struct scmi_descriptor *)what)->ctx;
	}
}

/* Let go of one that is leaving and that nobody uses. */
static bool find_release(struct scmi_binder *binder, struct scmi_list *list,
			 struct scmi_bind_job *job)
{
	struct scmi_bind_entry *entry;

	scmi_bind_each(entry, list) {
		if (!entry->leaving || entry->users)
			continue;
		scmi_list_remove(&entry->link);
		job->work = SCMI_BIND_RELEASE;
		job->entry = entry;
		note_owner(binder, list, job);
		return true;
	}
	return false;
}

static bool find_spare(struct scmi_binder *binder, struct scmi_bind_job *job)
{
	struct scmi_list *node;

	for (node = binder->bindings.next; node != &binder->bindings; node = node->next) {
		if (!scmi_binding_spare(scmi_binding_at(node)))
			continue;
		job->work = SCMI_BIND_FREE;
		job->binding = scmi_binding_at(node);
		scmi_list_remove(node);
		return true;
	}
	return false;
}

/* Somebody is at it: whoever does its work, or tells the host that its supplier is lost. */
static bool is_busy(const struct scmi_binding *binding)
{
	return binding->state == SCMI_BINDING_PROBING ||
	       binding->state == SCMI_BINDING_QUIESCING || binding->telling;
}

static bool find_work(struct scmi_binder *binder, struct scmi_bind_job *job)
{
	struct scmi_list *node;

	for (node = binder->bindings.next; node != &binder->bindings; node = node->next) {
		struct scmi_binding *binding = scmi_binding_at(node);

		/* Nothing has changed since it had nothing to do, or somebody is at it. */
		if (binding->seen == binder->changes || is_busy(binding))
			continue;
		job->work = scmi_binding_work(binding);
		if (job->work == SCMI_BIND_NOTHING) {
			binding->seen = binder->changes;
			continue;
		}
		job->binding = binding;
		binding->holders++;
		if (job->work != SCMI_BIND_TELL)
			job->bound = scmi_binding_bound(binding);
		return true;
	}
	return false;
}

bool scmi_bind_next(struct scmi_binder *binder, struct scmi_bind_job *job)
{
	bool found;

	memset(job, 0, sizeof(*job));
	scmi_binder_lock(binder);
	found = find_work(binder, job) || find_release(binder, &binder->descriptors, job) ||
		find_release(binder, &binder->suppliers, job) ||
		find_release(binder, &binder->drivers, job) || find_spare(binder, job);
	scmi_binder_unlock(binder);
	return found;
}

static void tell(const struct scmi_binder *binder, struct scmi_binding *binding)
{
	if (binder->host.changed)
		binder->host.changed(binder->host.ctx, binding);
}

void scmi_bind_done(struct scmi_binder *binder, const struct scmi_bind_job *job, int error)
{
	if (job->work == SCMI_BIND_RELEASE) {
		binder->host.free(binder->host.ctx, job->entry);
		return;
	}
	if (job->work == SCMI_BIND_FREE) {
		binder->host.free(binder->host.ctx, job->binding);
		return;
	}
	scmi_binder_lock(binder);
	scmi_binding_worked(job->binding, job->work, error);
	scmi_binder_unlock(binder);
	if (job->work != SCMI_BIND_TELL)
		tell(binder, job->binding);
	scmi_binding_put(job->binding);
}

bool scmi_bind_lost(const struct scmi_binding *binding)
{
	bool lost;

	scmi_binder_lock(binding->binder);
	lost = binding->lost;
	scmi_binder_unlock(binding->binder);
	return lost;
}

bool scmi_binder_run(struct scmi_binder *binder)
{
	const struct scmi_binder_host *host = &binder->host;
	struct scmi_bind_job job;
	int error = 0;

	if (!scmi_bind_next(binder, &job))
		return false;
	switch (job.work) {
	case SCMI_BIND_PROBE:
		tell(binder, job.binding);
		error = host->probe(host->ctx, job.binding, &job.bound);
		/* Whoever told of the loss may have done so before the host's probe began. */
		if (!error && host->lost && scmi_bind_lost(job.binding))
			host->lost(host->ctx, job.binding);
		break;
	case SCMI_BIND_UNBIND:
		tell(binder, job.binding);
		host->unbind(host->ctx, job.binding, &job.bound, scmi_bind_lost(job.binding));
		break;
	case SCMI_BIND_TELL:
		tell(binder, job.binding);
		break;
	case SCMI_BIND_RELEASE:
		if (job.released)
			job.released(job.ctx);
		break;
	case SCMI_BIND_FREE:
		if (host->freed)
			host->freed(host->ctx, job.binding->data);
		break;
	case SCMI_BIND_NOTHING:
		break;
	}
	scmi_bind_done(binder, &job, error);
	return true;
}
