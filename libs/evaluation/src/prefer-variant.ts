/** Which of a version's variants stands for it: what a promotion serves unless it names another. */
import { AppError, GATE_VERDICTS, type Evaluation, type GateVerdict } from '@graft/contracts';

/** From the best to the worst. Too little evidence may still turn out well. */
const RANK: Readonly<Record<GateVerdict, number>> = { pass: 0, insufficient: 1, fail: 2 };

/**
 * The first with the best verdict. So a pipeline says by its order what it would rather serve, and the gate what it can.
 * @param evaluations one a variant, in the pipeline's order.
 * @throws AppError `invalid_request` where there is none.
 */
export const preferVariant = <E extends { readonly gate: Pick<Evaluation['gate'], 'verdict'> }>(
  evaluations: readonly E[],
): E => {
  const [first, ...others] = evaluations;
  if (first === undefined) {
    throw new AppError(
      'invalid_request',
      `expected one evaluation a variant, each with a verdict (${GATE_VERDICTS.join(', ')}), got none`,
    );
  }
  return others.reduce((best, one) => (RANK[one.gate.verdict] < RANK[best.gate.verdict] ? one : best), first);
};
