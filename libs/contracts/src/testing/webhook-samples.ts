/** Samples of webhooks, their messages and deliveries; and of what reconciling tells. */
import { reconciliationSchema } from '../reconciliation.js';
import {
  issuedWebhookSchema,
  newWebhookSchema,
  webhookDeliverySchema,
  webhookMessageSchema,
  webhookTestSchema,
} from '../webhook.js';
import type { Refusal, SchemaSample } from './schema-sample.js';

const refuse = (value: unknown, ...path: (string | number)[]): Refusal => ({ value, path });
const NOW = '2026-01-01T00:00:00Z';

export const WEBHOOK_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'new webhook',
    schema: newWebhookSchema,
    valid: { url: 'https://hooks.example.org/graft', events: ['review.requested', 'deployment.promoted'] },
    refuses: [
      refuse('hooks', 'url'),
      refuse(['everything'], 'events'),
      refuse(['run.failed', 'run.failed'], 'events'),
      refuse('mine', 'secret'),
    ],
  },
  {
    name: 'issued webhook',
    schema: issuedWebhookSchema,
    valid: {
      ...{ id: '0190c5a2-0000-7000-8000-000000000000', url: 'https://hooks.example.org/graft', events: [] },
      ...{ createdAt: NOW, createdBy: 'admin', waiting: 2, deliveredAt: null },
      failing: { since: NOW, tries: 3, error: 'it answered 500', retryAt: NOW },
      disabled: null,
      secret: 'whsec_c2VjcmV0',
    },
    refuses: [refuse('c2VjcmV0', 'secret'), refuse(-1, 'waiting'), refuse(0, 'failing', 'tries')],
  },
  {
    name: 'webhook message',
    schema: webhookMessageSchema,
    valid: {
      type: 'deployment.promoted',
      timestamp: NOW,
      data: {
        ...{ model: 'insects', version: 3, variant: 'fp32', environment: 'production', generation: 4 },
        ...{ by: 'ada', reason: 'better', link: 'http://127.0.0.1:7410/v1/models/insects/versions/3' },
      },
    },
    refuses: [refuse('deployment', 'type'), refuse('now', 'timestamp'), refuse(undefined, 'data', 'link')],
  },
  {
    name: 'webhook delivery',
    schema: webhookDeliverySchema,
    valid: {
      ...{ event: 7, messageId: 'evt_7_1', kind: 'run.failed', at: NOW, state: 'waiting', tries: 1 },
      ...{ status: 500, error: 'it answered 500', deliveredAt: null },
    },
    refuses: [refuse('lost', 'state'), refuse(0, 'event'), refuse('run', 'kind')],
  },
  {
    name: 'reconciliation',
    schema: reconciliationSchema,
    valid: {
      dryRun: false,
      looked: { promotions: 1, runs: 2, selections: 0, ingestions: 0, watches: 1, schedules: 1 },
      acts: [{ what: 'run', id: 'r-1', name: 'insects', act: 'start', why: 'running, and no workflow works for it' }],
    },
    refuses: [refuse('no', 'dryRun'), refuse(-1, 'looked', 'runs'), refuse('mend', 'acts', 0, 'act')],
  },
  {
    name: 'webhook test',
    schema: webhookTestSchema,
    valid: { ok: true, status: 204, error: null, milliseconds: 12.5 },
    refuses: [refuse('yes', 'ok'), refuse(-1, 'milliseconds')],
  },
];
