import type { Evaluation } from '@graft/contracts';

/** Flips that are so one-sided come by chance in one of twenty comparisons. */
const CHANCE = 0.05;

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** The report in one sentence, for whoever reads no further. */
export const plainVerdict = ({
  champion,
  gate,
  metrics,
}: Pick<Evaluation, 'champion' | 'gate' | 'metrics'>): string => {
  if (champion === null)
    return `It is the first: nothing to compare with. ${percent(metrics.accuracy.value)} of the test images come out right.`;
  const points = champion.paired.difference.value * 100;
  const size = `${Math.abs(points).toFixed(1)} points`;
  const than = `than version ${champion.version} on the same images`;
  if (gate.superior) return `It is better by ${size} ${than}, and that is no chance.`;
  if (points === 0) return `It is as good as version ${champion.version} on the same images.`;
  const certainty = champion.paired.mcnemarP < CHANCE ? 'and that is no chance' : 'which may be chance';
  return `It is ${points > 0 ? 'better' : 'worse'} by ${size} ${than}, ${certainty}.`;
};
