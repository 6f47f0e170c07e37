/** What came of making a version again, beside what is recorded of it: step by step, in the order in which a run makes things. */
import type {
  Artifact,
  ComparedForm,
  ConcludeReproductionInput,
  Digest,
  Lineage,
  ModelVersion,
  ReproductionOutcome,
  ReproductionReport,
  ReproductionStep,
} from '@graft/contracts';

interface Code {
  readonly graft: string;
  readonly commit: string | null;
}

interface Made {
  readonly what: ReproductionStep['what'];
  readonly variant?: string;
  readonly recorded: Digest | null | undefined;
  readonly made: Digest | null;
  /** Whether the recorded one was used, and not made again. */
  readonly isPinned?: boolean;
  readonly detail: string;
}

const toStep = ({ what, variant = '', recorded = null, made, isPinned = false, detail }: Made): ReproductionStep => {
  const compared = recorded === made ? 'identical' : 'different';
  const result = recorded === null ? 'unrecorded' : isPinned && recorded === made ? 'pinned' : compared;
  return { what, variant, result, recorded, made, detail };
};

const codeText = ({ graft, commit }: Code): string => (commit === null ? graft : `${graft} (${commit.slice(0, 12)})`);

/** What it ran on then and now; what was not recorded then is left out. */
export const conditionsOf = (
  lineage: Pick<Lineage, 'code' | 'runtime'>,
  here: Pick<Lineage, 'code' | 'runtime'>,
): ReproductionReport['conditions'] => [
  { name: 'Graft', recorded: codeText(lineage.code), here: codeText(here.code) },
  { name: 'TensorFlow', recorded: lineage.runtime.tensorflow, here: here.runtime.tensorflow },
  { name: 'ONNX Runtime', recorded: lineage.runtime.onnxruntime, here: here.runtime.onnxruntime },
  { name: 'Node', recorded: lineage.runtime.node, here: here.runtime.node },
  { name: 'CPU class', recorded: lineage.runtime.cpuClass, here: here.runtime.cpuClass },
  ...(lineage.runtime.threads === undefined || here.runtime.threads === undefined
    ? []
    : [{ name: 'threads', recorded: String(lineage.runtime.threads), here: String(here.runtime.threads) }]),
];

const activationStep = (
  { source, made }: ConcludeReproductionInput,
  recorded: Digest | undefined,
): ReproductionStep[] => {
  if (!source.learnsFromActivations) return [];
  const detail = source.fresh
    ? 'features of all images computed again'
    : recorded === undefined
      ? 'which were read was not recorded then: those that the cache holds now were'
      : 'read from the recorded shards, by intention (--fresh computes them again)';
  const isPinned = !source.fresh;
  return [toStep({ what: 'activations', recorded, made: made.activations, isPinned, detail })];
};

const formSteps = (
  { variant, predictions, figures, images, maxDifference }: ComparedForm,
  recorded: Digest | undefined,
  made: Digest | null,
): ReproductionStep[] => [
  toStep({ what: 'model', variant, recorded, made, detail: 'the file that is served' }),
  toStep({
    ...{ what: 'predictions', variant, ...predictions },
    detail: `${images} test images; outputs differ by ${maxDifference === 0 ? '0' : maxDifference.toPrecision(2)} at most`,
  }),
  {
    ...{
      what: 'figures',
      variant,
      recorded: null,
      made: null,
      result: figures.length === 0 ? 'identical' : 'different',
    },
    detail: figures.length === 0 ? 'every metric of the report' : `differ: ${figures.join(', ')}`,
  },
];

const outcomeOf = (steps: readonly ReproductionStep[], forms: readonly ComparedForm[]): ReproductionOutcome => {
  if (steps.every(({ result }) => result !== 'different')) return 'identical';
  return forms.every(({ maxDifference, tolerance }) => maxDifference <= tolerance) ? 'within_tolerance' : 'different';
};

/** @param code of Graft, here. */
export const reportReproduction = (
  input: ConcludeReproductionInput,
  version: Pick<ModelVersion, 'model' | 'version' | 'artifacts'> & { readonly lineage: Lineage },
  code: Code,
): ReproductionReport => {
  const { source, made, compared } = input;
  const recordedOf = (kind: Artifact['kind'], variant: string): Digest | undefined =>
    version.artifacts.find((one) => one.kind === kind && one.variant === variant)?.digest;
  const steps: ReproductionStep[] = [
    toStep({
      ...{ what: 'embedder', recorded: source.embedder, made: made.embedder ?? source.embedder },
      isPinned: made.embedder === null,
      detail: made.embedder === null ? 'the recorded frozen network was used' : 'built again from its weights',
    }),
    ...activationStep(input, recordedOf('activations', '')),
    toStep({
      what: 'plan',
      recorded: source.plan,
      made: source.plan,
      isPinned: true,
      detail: 'the recorded plan was followed',
    }),
    ...made.files
      .filter(({ kind, variant }) => kind === 'trained' || (kind === 'plan' && variant !== ''))
      .map(({ kind, variant, digest }) =>
        toStep({
          ...{ what: kind === 'plan' ? ('plan' as const) : ('trained' as const), variant, made: digest },
          ...{ recorded: recordedOf(kind, variant), detail: kind === 'plan' ? 'pruned again' : 'trained again' },
        }),
      ),
    ...compared.flatMap((form) =>
      formSteps(
        form,
        recordedOf('model', form.variant),
        made.models.find(({ variant }) => variant === form.variant)?.digest ?? null,
      ),
    ),
  ];
  return {
    ...{ schemaVersion: 'reproduction-report.v1', model: version.model, version: version.version },
    ...{ runId: version.lineage.runId, fresh: source.fresh, outcome: outcomeOf(steps, compared), steps },
    ...{ forms: compared, conditions: conditionsOf(version.lineage, { code, runtime: made.runtime }) },
  };
};
