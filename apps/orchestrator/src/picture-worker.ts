/** A thread that decodes and describes pictures, one at each call. Started by pictures/picture-threads.ts. */
import { toAppError } from '@graft/contracts';
import { describePicture, type PictureRequest } from '@graft/data';
import type { PictureReply } from './pictures/picture-threads.js';

export default async (request: PictureRequest): Promise<PictureReply> => {
  try {
    return { facts: await describePicture(request) };
  } catch (thrown) {
    const { code, message, details } = toAppError(thrown);
    return { error: { code, message, details } };
  }
};
