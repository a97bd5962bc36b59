/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/token.h"

/* Values of owner_or_state: up to OWNER_MAX an owner, with QUARANTINE the awaited bits, or free. */
#define OWNER_MAX    0x03ffu
#define QUARANTINE   0x8000u
#define AWAITED_MASK 0x0007u
#define SPENT        0xfffeu
#define UNUSED       0xffffu

static uint16_t command_of(uint32_t protocol_id, uint32_t message_id)
{
	return (uint16_t)(protocol_id << 8 | message_id);
}

void scmi_tokens_init(struct scmi_tokens *tokens)
{
	tokens->next = 0;
	tokens->free = SCMI_TOKEN_COUNT;
	tokens->quarantined = 0;
	for (uint32_t i = 0; i < SCMI_TOKEN_COUNT; i++) {
		tokens->table[i].command = 0;
		tokens->table[i].owner_or_state = UNUSED;
	}
}

int scmi_token_take(struct scmi_tokens *tokens, uint32_t owner, uint8_t protocol_id,
		    uint8_t message_id)
{
	uint32_t token = tokens->next;

	if (!tokens->free)
		return -EBUSY;
	while (tokens->table[token].owner_or_state < SPENT)
		token = (token + 1) % SCMI_TOKEN_COUNT;
	tokens->table[token].command = command_of(protocol_id, message_id);
	tokens->table[token].owner_or_state = (uint16_t)owner;
	tokens->free--;
	tokens->next = (token + 1) % SCMI_TOKEN_COUNT;
	return (int)token;
}

void scmi_token_release(struct scmi_tokens *tokens, uint32_t token)
{
	tokens->table[token].owner_or_state = SPENT;
	tokens->free++;
}

void scmi_token_return(struct scmi_tokens *tokens, uint32_t token)
{
	tokens->table[token].owner_or_state = UNUSED;
	tokens->free++;
}

void scmi_token_quarantine(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited)
{
	tokens->table[token].owner_or_state = (uint16_t)(QUARANTINE | awaited);
	tokens->quarantined++;
}

void scmi_token_withhold(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited)
{
	tokens->free--;
	scmi_token_quarantine(tokens, token, awaited);
}

void scmi_token_settle(struct scmi_tokens *tokens, uint32_t token, uint32_t awaited)
{
	if (awaited & (SCMI_AWAIT_ANSWER | SCMI_AWAIT_DELAYED)) {
		tokens->table[token].owner_or_state = (uint16_t)(QUARANTINE | awaited);
		return;
	}
	tokens->quarantined--;
	scmi_token_release(tokens, token);
}

void scmi_tokens_release_quarantined(struct scmi_tokens *tokens)
{
	for (uint32_t i = 0; i < SCMI_TOKEN_COUNT; i++)
		if (scmi_token_state(tokens, i) == SCMI_TOKEN_QUARANTINED)
			scmi_token_settle(tokens, i, 0);
}

enum scmi_token_state scmi_token_state(const struct scmi_tokens *tokens, uint32_t token)
{
	uint32_t value = tokens->table[token].owner_or_state;

	if (value <= OWNER_MAX)
		return SCMI_TOKEN_OUT;
	if (value == SPENT)
		return SCMI_TOKEN_SPENT;
	if (value == UNUSED)
		return SCMI_TOKEN_UNUSED;
	return SCMI_TOKEN_QUARANTINED;
}

uint32_t scmi_token_owner(const struct scmi_tokens *tokens, uint32_t token)
{
	return tokens->table[token].owner_or_state;
}

uint32_t scmi_token_awaited(const struct scmi_tokens *tokens, uint32_t token)
{
	return tokens->table[token].owner_or_state & AWAITED_MASK;
}

bool scmi_token_fits(const struct scmi_tokens *tokens, uint32_t header)
{
	return tokens->table[scmi_header_token(header)].command ==
	       command_of(scmi_header_protocol_id(header), scmi_header_message_id(header));
}
