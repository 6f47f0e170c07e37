/** Samples of pins. */
import { newPinSchema, pinEndSchema, pinRecordSchema, pinSchema, pinsSchema } from '../pin.js';
import type { SchemaSample } from './schema-sample.js';

const AT = '2026-11-26T09:00:00.000Z';
const PIN = {
  ...{ model: 'insects', version: 2, variant: 'fp32', artifactDigest: 'a'.repeat(64), goldenDigest: 'b'.repeat(64) },
  over: { epoch: 1, generation: 3, version: 3, artifactDigest: 'c'.repeat(64) },
  ...{ until: '2026-11-26T21:00:00.000Z', by: 'zoë', reason: 'version 3 calls wasps bees', at: AT },
};

export const PIN_SAMPLES: readonly SchemaSample[] = [
  {
    name: 'new pin',
    schema: newPinSchema,
    valid: { version: 2, until: AT, by: 'zoë', reason: 'version 3 calls wasps bees' },
    refuses: [
      { path: ['version'], value: 0 },
      { path: ['until'], value: 'tomorrow' },
      { path: ['reason'], value: '  ' },
    ],
  },
  {
    name: 'end of a pin',
    schema: pinEndSchema,
    valid: { by: 'zoë', reason: 'version 3 was not at fault' },
    refuses: [
      { path: ['by'], value: '' },
      { path: ['reason'], value: '' },
    ],
  },
  {
    name: 'pin',
    schema: pinSchema,
    valid: PIN,
    refuses: [
      { path: ['artifactDigest'], value: 'A' },
      { path: ['over', 'generation'], value: 0 },
      { path: ['by'], value: '' },
    ],
  },
  {
    name: 'pins',
    schema: pinsSchema,
    valid: { schemaVersion: 'pins.v1', pins: [PIN] },
    refuses: [
      { path: ['schemaVersion'], value: 'pins.v2' },
      { path: ['pins'], value: [{}] },
    ],
  },
  {
    name: 'record of a pin',
    schema: pinRecordSchema,
    valid: {
      ...{ schemaVersion: 'pin-record.v1', act: 'pinned', replica: 'default-serving-1', pin: PIN },
      ...{ by: 'zoë', reason: 'version 3 calls wasps bees', at: AT },
    },
    refuses: [
      { path: ['act'], value: 'forgotten' },
      { path: ['replica'], value: '' },
    ],
  },
];
