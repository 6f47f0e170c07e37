/** Puts labels beside the points that they name, where they cover neither each other nor what is drawn. */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What labels had better not cover. */
export interface Obstacle extends Box {
  /** How bad it is, default 1: a thin line that a label's halo interrupts is less so. */
  readonly weight?: number;
}

interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface LabelRequest {
  /** Of the point, pixels. */
  readonly x: number;
  readonly y: number;
  /** Of the bubble that is drawn there. */
  readonly radius: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelPlace extends Box {
  /** Whether it lies so far from its point that a line should lead there. */
  readonly isRemote: boolean;
}

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const outside = (box: Box, bounds: Box): number => box.width * box.height - overlap(box, bounds);

/** Directions around a point, the ones that read best first: right, left, above, below, and the diagonals. */
const DIRECTIONS = [
  [1, 0],
  [1, -1],
  [1, 1],
  [-1, 0],
  [-1, -1],
  [-1, 1],
  [0, -1],
  [0, 1],
] as const;
/** Gaps between bubble and label, pixels. Beyond the first few a line leads from one to the other. */
const GAPS = [4, 10, 22, 36, 54, 76, 100, 130, 165];
const REMOTE = 20;

/** In square pixels of something covered: of each pixel of gap, of each less readable direction, of a crossing. */
const COST_OF_GAP = 0.6;
const COST_OF_DIRECTION = 3;
const COST_OF_CROSSING = 60;
/** Beyond the bounds a label can't be read at all. */
const COST_OUTSIDE = 8;

/** From a point to the nearer end of its label. */
const leadOf = ({ x, y }: Pick<LabelRequest, 'x' | 'y'>, box: Box): Segment => ({
  ...{ x1: x, y1: y, x2: box.x + box.width / 2 < x ? box.x + box.width : box.x, y2: box.y + box.height / 2 },
});

/** Boxes so small that they stand for a line, its ends left out. */
const dotsOf = ({ x1, y1, x2, y2 }: Segment): Box[] =>
  Array.from({ length: 24 }, (_, at) => ({
    ...{ x: x1 + ((x2 - x1) * (at + 1)) / 25 - 1, y: y1 + ((y2 - y1) * (at + 1)) / 25 - 1, width: 2, height: 2 },
  }));

/** Twice the signed area of the triangle from a segment to a point: its sign is the side that the point is on. */
const sideOf = ({ x1, y1, x2, y2 }: Segment, x: number, y: number): number =>
  (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);

const cross = (a: Segment, b: Segment): boolean =>
  sideOf(a, b.x1, b.y1) * sideOf(a, b.x2, b.y2) < 0 && sideOf(b, a.x1, a.y1) * sideOf(b, a.x2, a.y2) < 0;

const boxAt = (label: LabelRequest, [right, down]: readonly [number, number], gap: number): Box => {
  const { x, y, radius, width, height } = label;
  // On a diagonal the label's corner touches the circle, not the square around it.
  const reach = (radius + gap) * (right !== 0 && down !== 0 ? Math.SQRT1_2 : 1);
  return {
    x: right === 0 ? x - width / 2 : right > 0 ? x + reach : x - reach - width,
    y: down === 0 ? y - height / 2 : down > 0 ? y + reach : y - reach - height,
    width,
    height,
  };
};

/**
 * A place for each label, in the order given: earlier ones choose first. Greedy, over eight directions and nine distances; where
 * nothing is free, what covers least. Lines that lead to remote labels count as something that is drawn.
 * @param obstacles what labels should not cover; each label's own bubble may be among them.
 */
export const placeLabels = (
  labels: readonly LabelRequest[],
  { bounds, obstacles }: { readonly bounds: Box; readonly obstacles: readonly Obstacle[] },
): LabelPlace[] => {
  const placed: LabelPlace[] = [];
  const leads: Segment[] = [];
  const blocked: Obstacle[] = [...obstacles];
  for (const label of labels) {
    const costOf = (box: Box, gap: number): number => {
      const covered = blocked.reduce(
        (sum, other) => sum + overlap(box, other) * (other.weight ?? 1),
        COST_OUTSIDE * outside(box, bounds),
      );
      if (gap <= REMOTE) return covered;
      const lead = leadOf(label, box);
      const struck = dotsOf(lead).filter((dot) => placed.some((other) => overlap(dot, other) > 0)).length;
      const crossed = leads.filter((other) => cross(lead, other)).length;
      return covered + COST_OF_CROSSING * (struck + crossed);
    };
    let best = { cost: Infinity, box: boxAt(label, DIRECTIONS[0], 0), gap: 0 };
    for (const gap of GAPS)
      for (const [rank, direction] of DIRECTIONS.entries()) {
        const box = boxAt(label, direction, gap);
        const cost = costOf(box, gap) + gap * COST_OF_GAP + rank * COST_OF_DIRECTION;
        if (cost < best.cost) best = { cost, box, gap };
      }
    const isRemote = best.gap > REMOTE;
    const lead = leadOf(label, best.box);
    placed.push({ ...best.box, isRemote });
    blocked.push(best.box, ...(isRemote ? dotsOf(lead) : []));
    if (isRemote) leads.push(lead);
  }
  return placed;
};
