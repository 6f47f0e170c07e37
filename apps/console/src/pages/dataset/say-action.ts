import type { CorrectionAction } from '@graft/contracts';
import { count } from '../../parts/numbers.js';

const distinct = (refs: readonly string[]): number => new Set(refs).size;

/** "3 images are bees": an action in a few words. */
export const sayAction = (action: CorrectionAction): string => {
  switch (action.action) {
    case 'relabel':
      return `${count(distinct(action.images), 'image')} labelled ${action.label}`;
    case 'remove':
      return `${count(distinct(action.images), 'image')} taken out`;
    case 'restore':
      return `${count(distinct(action.images), 'image')} put back`;
    case 'rename':
      return `label ${action.from} renamed ${action.to}`;
    case 'revert':
      return `version ${action.version} reverted`;
    case 'dismiss':
      return `${count(distinct(action.keys), 'object')} of the quarantine dismissed`;
  }
};
