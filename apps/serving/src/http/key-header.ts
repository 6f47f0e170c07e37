/** What a client may say with a request: whose it is, so that, while there is a canary, one side answers; and whether its image may be kept. */
import { z } from 'zod';

export const KEY_HEADER = 'x-graft-key';
export const keySchema = z.string().min(1).max(200).meta({
  description: 'Of a client or a user: while there is a canary, the same key is always answered by the same side.',
});

export const KEEP_HEADER = 'x-graft-keep';
export const keepSchema = z.enum(['yes', 'no']).meta({
  description: '`no`: this image is not kept, whatever the policy of this replica keeps for people to look at.',
});
