import type { Webhook } from '@graft/contracts';
import { describe, expect, it } from '@jest/globals';
import { tellWebhookState } from './commands/webhook.js';

const at = '2026-01-02T03:04:05Z';
const webhook: Webhook = {
  ...{ id: '0190c5a2-0000-7000-8000-000000000000', url: 'https://hooks.example.org/', events: [], createdAt: at },
  ...{ createdBy: 'ada', waiting: 0, deliveredAt: null, failing: null, disabled: null },
};
const failing = { since: at, tries: 1, error: 'it answered 500', retryAt: at };

describe('the state of a webhook', () => {
  it('says how it is, and why', () => {
    expect(tellWebhookState(webhook)).toBe('nothing sent yet');
    expect(tellWebhookState({ ...webhook, deliveredAt: at })).toBe('well');
    expect(tellWebhookState({ ...webhook, failing })).toBe('failing: it answered 500 (1 try)');
    const disabled = { at, reason: 'nothing got through for 5 days: it answered 500' };
    expect(tellWebhookState({ ...webhook, failing: { ...failing, tries: 9 }, disabled })).toBe(
      'disabled 2026-01-02: nothing got through for 5 days: it answered 500',
    );
  });
});
