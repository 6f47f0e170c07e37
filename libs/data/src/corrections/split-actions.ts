import { MAX_CORRECTED_IMAGES, type CorrectionAction } from '@graft/contracts';

const MAX_ACTIONS = 1000;

/** One action as several that name at most so many images each. */
const pieces = (action: CorrectionAction, size: number): CorrectionAction[] => {
  const slices = (refs: readonly string[]): string[][] =>
    Array.from({ length: Math.ceil(refs.length / size) }, (_, at) => refs.slice(at * size, (at + 1) * size));
  if ('images' in action) return slices(action.images).map((images) => ({ ...action, images }));
  if ('keys' in action) return slices(action.keys).map((keys) => ({ ...action, keys }));
  return [action];
};

const sizeOf = (action: CorrectionAction): number =>
  'images' in action ? action.images.length : 'keys' in action ? action.keys.length : 1;

/** Actions in their order, parted so that each part is one correction that `newCorrectionSchema` takes. */
export const splitActions = (
  actions: readonly CorrectionAction[],
  most = MAX_CORRECTED_IMAGES,
): CorrectionAction[][] => {
  const parts: CorrectionAction[][] = [];
  let size = Infinity;
  for (const piece of actions.flatMap((action) => pieces(action, most))) {
    const open = parts.at(-1);
    if (open === undefined || size + sizeOf(piece) > most || open.length === MAX_ACTIONS) {
      parts.push([piece]);
      size = sizeOf(piece);
    } else {
      open.push(piece);
      size += sizeOf(piece);
    }
  }
  return parts;
};
