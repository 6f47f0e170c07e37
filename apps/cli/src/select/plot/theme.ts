/** What a plot of a selection looks like. */
import type { SelectionCandidate } from '@graft/contracts';
import type { Box } from './place-labels.js';

/** Pixels. */
export const WIDTH = 1080;
export const HEIGHT = 670;
export const FRAME: Box = { x: 86, y: 116, width: 760, height: 470 };
export const FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
export const LABEL_SIZE = 14;

/** Colours that people who don't tell red from green tell apart (Okabe & Ito, 2008), on white. */
export const COLOUR = {
  recommended: '#009E73',
  front: '#0072B2',
  behind: '#8c8c8c',
  excluded: '#c4c4c4',
  limit: '#D55E00',
  ink: '#222222',
  soft: '#5f5f5f',
  grid: '#ececec',
} as const;

/** A candidate where it is drawn, pixels. */
export interface Point {
  readonly of: SelectionCandidate;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Ends of the whisker. */
  readonly top: number;
  readonly bottom: number;
  /** Of its fine-tuned model; null: it was no finalist. */
  readonly fineTuned: { readonly x: number; readonly y: number } | null;
  readonly colour: string;
  readonly isRecommended: boolean;
}

export const colourOf = (one: SelectionCandidate, isRecommended: boolean): string => {
  if (isRecommended) return COLOUR.recommended;
  if (one.excludedBy.length > 0) return COLOUR.excluded;
  return one.onFront ? COLOUR.front : COLOUR.behind;
};
