/** A thread that ends where the first byte it is given isn't 0. */
import type { PictureRequest } from '@graft/data';

export default ({ bytes }: PictureRequest): { readonly facts: string } => {
  if (bytes[0] !== 0) process.exit(3);
  return { facts: 'alive' };
};
