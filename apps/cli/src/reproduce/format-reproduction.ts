/** What came of making a version again, for a person. */
import type { ComparedForm, ReproductionOutcome, ReproductionReport, ReproductionStep } from '@graft/contracts';
import { count, formatTable, shortDigest, wrap } from '../output.js';

export const OUTCOMES: Readonly<Record<ReproductionOutcome, string>> = {
  identical: 'identical',
  within_tolerance: 'within tolerance',
  different: 'different',
};

const WHAT: Readonly<Record<ReproductionStep['what'], string>> = {
  embedder: 'frozen network',
  activations: 'features',
  plan: 'training plan',
  trained: 'trained weights',
  model: 'exported model',
  predictions: 'predictions',
  figures: 'figures of the report',
};

const nameOf = ({ what, variant }: ReproductionStep): string =>
  variant === '' ? WHAT[what] : `${WHAT[what]} (${variant})`;

const digestOf = (digest: string | null): string => (digest === null ? '–' : shortDigest(digest));

const tellForm = ({ variant, images, maxDifference, changedAnswers, tolerance, cpuClass }: ComparedForm): string => {
  const difference = maxDifference === 0 ? 'do not differ' : `differ by ${maxDifference.toPrecision(2)} at most`;
  const kind = cpuClass.recorded === cpuClass.here ? 'the same kind of CPU' : 'another kind of CPU';
  return (
    `${variant}: probabilities of ${count(images, 'test image')} ${difference}, ${count(changedAnswers, 'first guess', 'first guesses')} changed; ` +
    `tolerated: ${tolerance}, as much as a replica on ${kind} may differ from golden outputs`
  );
};

/** What differs first, and what it ran on that was not as it was: where to look. */
export const tellCause = ({ steps, conditions }: Pick<ReproductionReport, 'steps' | 'conditions'>): string[] => {
  const first = steps.find(({ result }) => result === 'different');
  if (first === undefined) return [];
  const changed = conditions.filter(({ recorded, here }) => recorded !== here);
  return [
    `first to differ: ${nameOf(first)} (${first.detail})`,
    changed.length === 0
      ? 'it ran on what it ran on then: Graft, TensorFlow, ONNX Runtime, Node and the kind of CPU are the same'
      : `not as it was then: ${changed.map(({ name, recorded, here }) => `${name} ${recorded}, here ${here}`).join('; ')}`,
  ];
};

/** A few lines and a table, within 100 columns. */
export const formatReproduction = (report: ReproductionReport): string => {
  const { model, version, outcome, steps, forms, fresh } = report;
  const told = [
    ...forms.map(tellForm),
    ...steps
      .filter(({ what, result }) => what === 'activations' && (result === 'pinned' || result === 'unrecorded'))
      .map((step) => `${nameOf(step)}: ${step.detail}`),
    ...tellCause(report),
  ];
  return [
    `${model} ${version} was made again from its lineage${fresh ? ', afresh' : ''}: ${OUTCOMES[outcome]}`,
    formatTable(
      ['what', 'result', 'recorded', 'here'],
      steps.map((step) => [nameOf(step), step.result, digestOf(step.recorded), digestOf(step.made)]),
    ),
    ...told.map((line) => `  ${wrap(line, 2)}`),
  ].join('\n');
};
