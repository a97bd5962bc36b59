/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tokens: the ten bits by which a reply finds its command.
 *
 * A token is free, out with a transfer, or quarantined: its transfer has ended but a reply may
 * still come. A quarantined token is not given out again, so that a late reply can never reach
 * somebody else's transfer. For a free or quarantined token the table still knows the command it
 * was last used for, to tell a late reply and a second one from a header that nobody sent.
 */
#ifndef SCMI_CORE_TOKEN_H
#define SCMI_CORE_TOKEN_H

#include <scmi/message.h>

/* What may still come for a quarantined token. */
#define SCMI_AWAIT_ANSWER  1u
#define SCMI_AWAIT_DELAYED 2u
/* The command succeeded without it (a delayed response overtook its answer). */
#define SCMI_AWAIT_NOTHING_NEW 4u

enum scmi_token_state {
	SCMI_TOKEN_OUT,         /* with the transfer `owner` */
	SCMI_TOKEN_QUARANTINED, /* `awaited` may still come */
	SCMI_TOKEN_SPENT,       /* free; its last command had all its replies */
	SCMI_TOKEN_UNUSED,      /* free; nothing was ever sent with it */
};

struct scmi_token {
	uint16_t command; /* protocol id << 8 | message id */
	uint16_t owner_or_state;
};

struct scmi_tokens {
	uint32_t next; /* where the search for a free one begins */
	uint32_t free;
	uint32_t quarantined;
	struct scmi_token table[SCMI_TOKEN_COUNT];
};

void scmi_tokens_init(struct scmi_tokens *tokens);

/* Give out the next free token. Returns it, or -EBUSY when all are out or quarantined. */
int scmi_token_take(struct scmi_tokens *tokens, uint32_t owner, uint8_t protocol_id,
		    uint8_t message_id);

/* All replies came. */
void scmi_token_release(struct scmi_tokens *tokens, uint32_t token);

/* It was given out, but nothing was sent with it. */
void scmi_token_return(struct scmi_tokens *tokens, uint32_t token);

/* Its transfer has ended while `awaited` may still come. */
void scmi_token_quarantine(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited);

/* Of a quarantined token, `awaited` is all that may still come now; nothing releases it. */
void scmi_token_settle(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited);

/* Of a token that was just released, `awaited` may still come. */
void scmi_token_withhold(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited);

/* The channel was reset: nothing comes any more. */
void scmi_tokens_release_quarantined(struct scmi_tokens *tokens);

enum scmi_token_state scmi_token_state(const struct scmi_tokens *tokens, uint32_t token);

/* The transfer that a token is out with. */
uint32_t scmi_token_owner(const struct scmi_tokens *tokens, uint32_t token);

/* What may still come for a quarantined token. */
uint32_t scmi_token_awaited(const struct scmi_tokens *tokens, uint32_t token);

/* Whether the header's token was last given out for the header's protocol and message. */
bool scmi_token_fits(const struct scmi_tokens *tokens, uint32_t header);

#endif
