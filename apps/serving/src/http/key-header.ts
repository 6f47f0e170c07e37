/** What a client may send with a request so that, while there is a canary, its requests are answered by one side. */
import { z } from 'zod';

export const KEY_HEADER = 'x-graft-key';
export const keySchema = z.string().min(1).max(200).meta({
  description: 'Of a client or a user: while there is a canary, the same key is always answered by the same side.',
});
