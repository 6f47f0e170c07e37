import { Group, Loader, Select, Text } from '@mantine/core';
import type { ModelVersion, Promotion, VariantName } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ActButton } from '../../parts/act-button.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { ProblemNote } from '../../shell/problem-note.js';

const TOLD: Readonly<Record<Promotion['state'], string>> = {
  requested: 'asked for: it is carried out by the orchestrator',
  preparing: 'replicas load the version and check what it answers',
  committed: 'committed: replicas swap',
  swapped: 'serves: every live replica has swapped',
  failed: 'failed: nothing has changed',
};

/** How far a promotion is, until it is over. */
const Progress = ({ id }: { id: string }) => {
  const { data, error } = useQuery(queries(useRegistry()).promotion(id));
  if (error !== null) return <ProblemNote error={error} />;
  if (data === undefined) return <Loader size="xs" aria-label="loading" />;
  const isUnderWay = data.state !== 'swapped' && data.state !== 'failed';
  return (
    <Group gap="xs" role="status">
      {isUnderWay ? <Loader size="xs" aria-hidden /> : null}
      <Text size="sm">
        Promotion to {data.environment}: {TOLD[data.state]}
        {data.error === null ? '' : ` (${data.error.message})`}
      </Text>
    </Group>
  );
};

/** A version may have been judged in several forms; any of them can be served. */
const Form = ({
  version: { variant: preferred, variants },
  chosen,
  onChoose,
}: {
  version: ModelVersion;
  chosen: string;
  onChoose: (variant: VariantName) => void;
}) =>
  variants.length < 2 ? null : (
    <Select
      size="xs"
      w={240}
      aria-label="the form to promote"
      value={chosen}
      allowDeselect={false}
      onChange={(value) => onChoose(variants.find(({ variant }) => variant === value)?.variant ?? preferred)}
      data={variants.map(({ variant, gateVerdict }) => ({
        value: variant,
        label: `${variant}${variant === preferred ? ', preferred' : ''} (gate: ${gateVerdict})`,
      }))}
    />
  );

/** A version passes in the form it prefers; of another the gate may have thought otherwise. */
const caution = ({ variants }: ModelVersion, chosen: string): string => {
  const verdict = variants.find(({ variant }) => variant === chosen)?.gateVerdict ?? 'pass';
  if (verdict === 'pass') return '';
  return verdict === 'insufficient'
    ? ` The gate found the evidence for ${chosen} insufficient: serving it rests on your judgment.`
    : ` ${chosen} did not pass the gate.`;
};

export const Promote = ({ version, environment }: { version: ModelVersion; environment: string }) => {
  const registry = useRegistry();
  const ask = queries(registry);
  const [asked, setAsked] = useState<string | null>(null);
  const [variant, choose] = useState(version.variant);
  const model = useQuery(ask.model(version.model));
  const replicas = useQuery(ask.replicas());
  const champion = model.data?.champions[environment];
  const live = replicas.data?.filter((one) => one.environment === environment && one.live).length;
  if (model.data === undefined) return <Loader size="xs" aria-label="loading" />;
  const isServed = champion?.version === version.version && champion.variant === variant;
  return (
    <>
      <Form version={version} chosen={variant} onChoose={choose} />
      {isServed ? (
        <Text size="sm">
          It serves in {environment} now, as generation {champion.generation}.
        </Text>
      ) : (
        <ActButton
          label="Promote…"
          title={`Promote ${version.model} version ${version.version} to ${environment}`}
          variant="filled"
          effect={
            `${environment} serves ${champion === undefined ? 'nothing' : `version ${champion.version} (${champion.variant})`} now, and version ${version.version} (${variant}) then, ` +
            `on ${live === undefined ? 'all replicas' : count(live, 'live replica')}. Each loads it and checks its answers first; no request is lost.${caution(version, variant)}`
          }
          act={async (reason) => {
            const { id } = await registry.requestPromotion(version.model, {
              ...{ version: version.version, variant, environment, reason },
              expectedGeneration: champion?.generation ?? 0,
            });
            setAsked(id);
          }}
          asksWhy
          done="The promotion is asked for"
          touches={['promotions', 'models']}
        />
      )}
      {asked === null ? null : <Progress id={asked} />}
    </>
  );
};
