/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tokens, the queue, and errors in words. */
#include "peer.h"

#include "core/queue.h"
#include "core/token.h"

static void tokens_rise_and_wrap(void **state)
{
	static struct scmi_tokens tokens;

	(void)state;
	scmi_tokens_init(&tokens);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1024; i++) {
			assert_int_equal(scmi_token_take(&tokens, 3, 0x14, 6), i);
			assert_int_equal(scmi_token_owner(&tokens, (uint32_t)i), 3);
			scmi_token_release(&tokens, (uint32_t)i);
		}
}

static void tokens_that_are_out_are_skipped(void **state)
{
	static struct scmi_tokens tokens;

	(void)state;
	scmi_tokens_init(&tokens);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(scmi_token_take(&tokens, 0, 0x14, 6), i);
	assert_int_equal(scmi_token_take(&tokens, 0, 0x14, 6), -EBUSY);
	scmi_token_release(&tokens, 700);
	scmi_token_quarantine(&tokens, 5, SCMI_AWAIT_ANSWER);
	assert_int_equal(scmi_token_take(&tokens, 0, 0x14, 6), 700);
	assert_int_equal(scmi_token_take(&tokens, 0, 0x14, 6), -EBUSY);
	assert_int_equal(tokens.quarantined, 1);
	scmi_tokens_release_quarantined(&tokens);
	assert_int_equal(tokens.quarantined, 0);
	assert_int_equal(scmi_token_take(&tokens, 0, 0x14, 6), 5);
}

static void a_quarantined_token_waits_for_all_its_replies(void **state)
{
	static struct scmi_tokens tokens;

	(void)state;
	scmi_tokens_init(&tokens);
	scmi_token_take(&tokens, 0, 0x14, 5);
	scmi_token_quarantine(&tokens, 0, SCMI_AWAIT_ANSWER | SCMI_AWAIT_DELAYED);
	assert_int_equal(scmi_token_state(&tokens, 0), SCMI_TOKEN_QUARANTINED);
	assert_int_equal(scmi_token_awaited(&tokens, 0), SCMI_AWAIT_ANSWER | SCMI_AWAIT_DELAYED);
	scmi_token_settle(&tokens, 0, SCMI_AWAIT_DELAYED);
	assert_int_equal(scmi_token_state(&tokens, 0), SCMI_TOKEN_QUARANTINED);
	assert_int_equal(tokens.free, 1023);
	scmi_token_settle(&tokens, 0, 0);
	assert_int_equal(scmi_token_state(&tokens, 0), SCMI_TOKEN_SPENT);
	assert_int_equal(tokens.free, 1024);
	assert_true(scmi_token_fits(&tokens, CLOCK(5)));
	assert_false(scmi_token_fits(&tokens, CLOCK(6)));
	assert_false(scmi_token_fits(&tokens, BASE(5)));
}

static void the_queue_drops_its_oldest(void **state)
{
	struct scmi_queue queue;
	struct scmi_queue_slot *slot;
	void *storage = malloc(scmi_queue_size(3, 16));

	(void)state;
	scmi_queue_init(&queue, storage, 3, 16);
	assert_null(scmi_queue_take(&queue));
	assert_false(scmi_queue_push(&queue, "one", 4));
	assert_false(scmi_queue_push(&queue, "two", 4));
	assert_false(scmi_queue_push(&queue, "three", 6));
	assert_true(scmi_queue_push(&queue, "four", 5));
	slot = scmi_queue_take(&queue);
	assert_string_equal(slot->message, "two");

	/* What is being read survives any number of new ones. */
	assert_false(scmi_queue_push(&queue, "five", 5));
	assert_true(scmi_queue_push(&queue, "six", 4));
	assert_true(scmi_queue_push(&queue, "seven", 6));
	assert_string_equal(slot->message, "two");
	scmi_queue_release(&queue, slot);

	slot = scmi_queue_take(&queue);
	assert_string_equal(slot->message, "five");
	assert_int_equal(slot->size, 5);
	scmi_queue_release(&queue, slot);
	assert_int_equal(queue.count, 2);
	free(storage);
}

static void every_error_has_words(void **state)
{
	(void)state;
	for (int error = 1; error > -9000; error--)
		assert_true(strlen(scmi_error_text(error)) > 5);
	assert_string_equal(scmi_error_text(SCMI_ERROR_BASE + SCMI_NOT_FOUND),
			    "the platform answered NOT_FOUND: no such domain or message");
	assert_string_equal(scmi_error_text(-ETIMEDOUT), "no answer within the time limit");
	assert_string_equal(scmi_error_text(SCMI_ERROR_BASE - 50),
			    "the platform answered with a status that is not assigned");
	assert_string_equal(scmi_error_text(SCMI_ERROR_BASE - 130),
			    "the platform answered with a status of its vendor");
}

static void statuses_and_errnos_stay_apart(void **state)
{
	(void)state;
	assert_int_equal(scmi_error_from_status(0), 0);
	assert_int_equal(scmi_error_from_status(-1), -4097);
	assert_int_equal(scmi_error_from_status(-4095), -8191);
	assert_int_equal(scmi_error_from_status(-4096), -EPROTO);
	assert_int_equal(scmi_error_from_status(1), -EPROTO);
	assert_int_equal(scmi_error_from_status(INT32_MIN), -EPROTO);
	assert_true(scmi_error_is_status(-4097));
	assert_false(scmi_error_is_status(-4095));
	assert_int_equal(scmi_error_status(-4099), SCMI_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_rise_and_wrap),
		cmocka_unit_test(tokens_that_are_out_are_skipped),
		cmocka_unit_test(a_quarantined_token_waits_for_all_its_replies),
		cmocka_unit_test(the_queue_drops_its_oldest),
		cmocka_unit_test(every_error_has_words),
		cmocka_unit_test(statuses_and_errnos_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
