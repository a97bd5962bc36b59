/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a user of the binder is told: errors, states, and states in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scmi/bind.h>

static const char *const virtio_strings[] = { "arm,scmi-virtio", NULL };
static const char *const mailbox_strings[] = { "arm,scmi-smc", "arm,scmi", NULL };
static const struct scmi_transport virtio = { .name = "virtio", .compatible = virtio_strings };
static const struct scmi_transport mailbox = { .name = "mailbox", .compatible = mailbox_strings };

/* What the host was asked, in the order it came: "probe a …", "unbind a …". */
struct calls {
	char text[1024];
	int probe_error;
	struct scmi_binder *works_meanwhile; /* while the host is told of a loss, by another thread */
	/* … which withdraws this while it is probed. */
	struct scmi_binder *binder;
	const struct scmi_supplier *vanishes;
};

static void write_down(struct calls *calls, const char *what, const struct scmi_binding *binding,
		       const char *more)
{
	size_t used = strlen(calls->text);

	snprintf(calls->text + used, sizeof(calls->text) - used, "%s%s %s%s%s", used ? "; " : "",
		 what, scmi_binding_name(binding), *more ? " " : "", more);
}

static void *host_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void host_free(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static int host_probe(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound)
{
	struct calls *calls = ctx;

	write_down(calls, "probe", binding, bound->address);
	if (calls->vanishes)
		scmi_binder_withdraw(calls->binder, calls->vanishes, true);
	return calls->probe_error;
}

static void host_unbind(void *ctx, struct scmi_binding *binding, const struct scmi_bound *bound,
			bool lost)
{
	(void)bound;
	write_down(ctx, "unbind", binding, lost ? "lost" : "");
}

static void settle(struct scmi_binder *binder)
{
	while (scmi_binder_run(binder))
		;
}

static void host_lost(void *ctx, struct scmi_binding *binding)
{
	struct calls *calls = ctx;

	if (calls->works_meanwhile)
		settle(calls->works_meanwhile);
	write_down(calls, "lost", binding, "");
}

static struct scmi_binder *start(struct calls *calls)
{
	const struct scmi_binder_host host = {
		.ctx = calls,
		.alloc = host_alloc,
		.free = host_free,
		.probe = host_probe,
		.unbind = host_unbind,
		.lost = host_lost,
	};
	struct scmi_binder *binder;

	memset(calls, 0, sizeof(*calls));
	assert_int_equal(scmi_binder_new(&binder, &host), 0);
	return binder;
}

static void end(struct scmi_binder *binder)
{
	scmi_binder_stop(binder);
	settle(binder);
	assert_int_equal(scmi_binder_free(binder), 0);
}

/* What the binding of a name says of itself. */
static void assert_says(struct scmi_binder *binder, const char *name, const char *expected)
{
	struct scmi_binding *binding;
	char text[256];

	settle(binder);
	assert_int_equal(scmi_binding_get(binder, name, &binding), 0);
	assert_int_equal(scmi_binding_explain(binding, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
	scmi_binding_put(binding);
	settle(binder);
}

static void says_what_it_waits_for(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_supplier two = { .name = "two", .transport = "virtio", .address = "/2" };
	const struct scmi_descriptor named = {
		.name = "named", .compatible = virtio_strings, .supplier = "two",
	};
	const struct scmi_descriptor open = { .name = "open", .compatible = virtio_strings };
	const struct scmi_descriptor other = { .name = "other", .compatible = virtio_strings };
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_says(binder, "open", "nothing describes it");
	assert_int_equal(scmi_binder_add_descriptor(binder, &open), 0);
	assert_says(binder, "open", "waits for a transport that serves 'arm,scmi-virtio'");
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_says(binder, "open", "waits for a supplier that no descriptor names");
	assert_int_equal(scmi_binder_add_descriptor(binder, &named), 0);
	assert_says(binder, "named", "waits for supplier 'two'");
	assert_int_equal(scmi_binder_announce(binder, &two), 0);
	assert_says(binder, "named", "ready on virtio, supplier 'two'");
	assert_says(binder, "open", "waits for a supplier that no descriptor names");
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	assert_says(binder, "open", "ready on virtio, supplier 'one'");
	assert_string_equal(calls.text, "probe named /2; probe open /1");

	/* A second that means any of them: now nobody knows who is meant. */
	assert_int_equal(scmi_binder_add_descriptor(binder, &other), 0);
	assert_says(binder, "open",
		    "ambiguous: it names no supplier; suppliers that nobody names: 'one'; "
		    "descriptors that name none: 'open', 'other'");
	assert_int_equal(scmi_binder_remove_descriptor(binder, &other), 0);
	assert_says(binder, "open", "ready on virtio, supplier 'one'");
	assert_says(binder, "other", "nothing describes it");
	end(binder);
}

static void one_supplier_named_twice(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_descriptor a = {
		.name = "a", .compatible = virtio_strings, .supplier = "one",
	};
	const struct scmi_descriptor b = {
		.name = "b", .compatible = virtio_strings, .supplier = "one",
	};
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_says(binder, "a", "ready on virtio, supplier 'one'");
	assert_int_equal(scmi_binder_add_descriptor(binder, &b), 0);
	assert_says(binder, "a", "ambiguous: supplier 'one' is named by 'a', 'b'");
	assert_says(binder, "b", "ambiguous: supplier 'one' is named by 'a', 'b'");
	end(binder);
}

static void an_address_needs_no_supplier(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	static const char *const by_name[] = { "virtio", NULL };
	const struct scmi_descriptor a = {
		.name = "a", .compatible = by_name, .address = "/run/a",
	};
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_says(binder, "a", "ready on virtio, '/run/a'");
	end(binder);
	assert_string_equal(calls.text, "probe a /run/a; unbind a");
}

/* The most specific string wins, also when its driver comes last. */
static void the_most_specific_string_wins(void **state)
{
	static const char *const both[] = { "qcom,scmi-smc", "arm,scmi-smc", "arm,scmi-virtio",
					    NULL };
	const struct scmi_bind_driver later = { .transport = &mailbox };
	const struct scmi_bind_driver first = { .transport = &virtio };
	const struct scmi_descriptor a = { .name = "a", .compatible = both, .address = "x" };
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_says(binder, "a",
		    "waits for a transport that serves 'qcom,scmi-smc', 'arm,scmi-smc', "
		    "'arm,scmi-virtio'");
	assert_int_equal(scmi_binder_add_driver(binder, &first), 0);
	assert_says(binder, "a", "ready on virtio, 'x'");
	assert_int_equal(scmi_binder_add_driver(binder, &later), 0);
	assert_says(binder, "a", "ready on mailbox, 'x'");
	assert_int_equal(scmi_binder_remove_driver(binder, &later), 0);
	assert_says(binder, "a", "ready on virtio, 'x'");
	end(binder);
}

static void a_failed_probe_waits_for_a_change(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_descriptor a = { .name = "a", .compatible = virtio_strings };
	struct scmi_binding_status status;
	struct scmi_binding *binding;
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	calls.probe_error = -ECONNREFUSED;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	assert_int_equal(scmi_binding_get(binder, "a", &binding), 0);
	settle(binder);
	scmi_binding_status(binding, &status);
	assert_int_equal(status.state, SCMI_BINDING_FAILED);
	assert_int_equal(status.error, -ECONNREFUSED);
	assert_string_equal(calls.text, "probe a /1");

	/* The same supplier comes again; then somebody asks for it. */
	assert_int_equal(scmi_binder_withdraw(binder, &one, false), 0);
	settle(binder);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	settle(binder);
	assert_string_equal(calls.text, "probe a /1; probe a /1");
	calls.probe_error = 0;
	scmi_binding_retry(binding);
	assert_says(binder, "a", "ready on virtio, supplier 'one'");
	scmi_binding_put(binding);
	end(binder);
}

static void a_lost_supplier_is_told_at_once(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_descriptor a = { .name = "a", .compatible = virtio_strings };
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	settle(binder);
	assert_int_equal(scmi_binder_withdraw(binder, &one, true), 0);
	assert_string_equal(calls.text, "probe a /1; lost a");
	settle(binder);
	assert_string_equal(calls.text, "probe a /1; lost a; unbind a lost");
	end(binder);
}

/* Somebody who is slow to tell of a loss must not hit what is bound next. */
static void a_loss_is_told_before_the_next_is_bound(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_supplier two = { .name = "two", .transport = "virtio", .address = "/2" };
	const struct scmi_descriptor a = {
		.name = "a", .compatible = virtio_strings, .by_order = true,
	};
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	settle(binder);
	assert_int_equal(scmi_binder_announce(binder, &two), 0);
	calls.works_meanwhile = binder;
	assert_int_equal(scmi_binder_withdraw(binder, &one, true), 0);
	settle(binder);
	assert_string_equal(calls.text, "probe a /1; lost a; unbind a lost; probe a /2");
	end(binder);
}

/* The host may have been told before its probe began, and have thought nothing of it. */
static void a_loss_during_a_probe_is_told_after_it(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_descriptor a = { .name = "a", .compatible = virtio_strings };
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	calls.binder = binder;
	calls.vanishes = &one;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	settle(binder);
	assert_string_equal(calls.text, "probe a /1; lost a; lost a; unbind a lost");
	end(binder);
}

/* Whoever withdraws it in good order may find that it has gone; nobody hears of it twice. */
static void a_loss_is_told_once(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio };
	const struct scmi_supplier one = { .name = "one", .transport = "virtio", .address = "/1" };
	const struct scmi_descriptor a = { .name = "a", .compatible = virtio_strings };
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	settle(binder);
	assert_int_equal(scmi_binder_withdraw(binder, &one, false), 0);
	assert_int_equal(scmi_binder_withdraw(binder, &one, true), 0);
	assert_int_equal(scmi_binder_withdraw(binder, &one, true), 0);
	settle(binder);
	assert_int_equal(scmi_binder_withdraw(binder, &one, true), -ENOENT);
	assert_string_equal(calls.text, "probe a /1; lost a; unbind a lost");
	end(binder);
}

static int released;

static void count_released(void *ctx)
{
	(void)ctx;
	released++;
}

static void refuses_what_makes_no_sense(void **state)
{
	const struct scmi_bind_driver driver = { .transport = &virtio, .released = count_released };
	const struct scmi_bind_driver nameless = { 0 };
	const struct scmi_supplier one = {
		.name = "one", .transport = "virtio", .address = "/1", .released = count_released,
	};
	const struct scmi_supplier no_address = { .name = "one", .transport = "virtio" };
	const struct scmi_descriptor a = {
		.name = "a", .compatible = virtio_strings, .released = count_released,
	};
	const struct scmi_descriptor nothing = { .name = "", .compatible = virtio_strings };
	struct scmi_binding *binding;
	struct scmi_binding *late;
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	released = 0;
	assert_int_equal(scmi_binder_add_driver(binder, &nameless), -EINVAL);
	assert_int_equal(scmi_binder_announce(binder, &no_address), -EINVAL);
	assert_int_equal(scmi_binder_add_descriptor(binder, &nothing), -EINVAL);
	assert_int_equal(scmi_binding_get(binder, "", &binding), -EINVAL);
	assert_int_equal(scmi_binder_remove_driver(binder, &driver), -ENOENT);
	assert_int_equal(scmi_binder_add_driver(binder, &driver), 0);
	assert_int_equal(scmi_binder_add_driver(binder, &driver), -EEXIST);
	assert_int_equal(scmi_binder_announce(binder, &one), 0);
	assert_int_equal(scmi_binder_announce(binder, &one), -EEXIST);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), 0);
	assert_int_equal(scmi_binder_add_descriptor(binder, &a), -EEXIST);
	assert_int_equal(scmi_binding_get(binder, "a", &binding), 0);
	assert_int_equal(scmi_binder_free(binder), -EBUSY);
	scmi_binder_stop(binder);
	assert_int_equal(scmi_binder_announce(binder, &one), -ESHUTDOWN);
	assert_int_equal(scmi_binding_get(binder, "a", &late), -ESHUTDOWN);
	settle(binder);
	assert_int_equal(released, 3);
	assert_int_equal(scmi_binder_free(binder), -EBUSY);
	scmi_binding_put(binding);
	settle(binder);
	assert_int_equal(scmi_binder_free(binder), 0);
}

static void words_are_cut_where_there_is_no_room(void **state)
{
	struct scmi_binding *binding;
	char text[8] = "xxxxxxx";
	struct calls calls;
	struct scmi_binder *binder = start(&calls);

	(void)state;
	assert_int_equal(scmi_binding_get(binder, "a", &binding), 0);
	assert_int_equal(scmi_binding_explain(binding, text, 0), 20);
	assert_string_equal(text, "xxxxxxx");
	assert_int_equal(scmi_binding_explain(binding, text, 6), 20);
	assert_string_equal(text, "nothi");
	scmi_binding_put(binding);
	end(binder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_waits_for),
		cmocka_unit_test(one_supplier_named_twice),
		cmocka_unit_test(an_address_needs_no_supplier),
		cmocka_unit_test(the_most_specific_string_wins),
		cmocka_unit_test(a_failed_probe_waits_for_a_change),
		cmocka_unit_test(a_lost_supplier_is_told_at_once),
		cmocka_unit_test(a_loss_is_told_before_the_next_is_bound),
		cmocka_unit_test(a_loss_during_a_probe_is_told_after_it),
		cmocka_unit_test(a_loss_is_told_once),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(words_are_cut_where_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
