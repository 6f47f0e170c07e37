/** The way back: what it will do, by the rule that the registry goes by, before it does it. */
import { Button, Group, Loader, Text } from '@mantine/core';
import { rollbackTarget, toAppError, variantOfEntry, type LedgerEntry, type ModelVersion } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { ActButton } from '../../parts/act-button.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';

export interface RollBackProps {
  readonly model: string;
  readonly environment: string;
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
}

/** The row that would be put in place, or why there is none. */
const targetOf = ({ model, environment, entries }: RollBackProps, versions: readonly ModelVersion[]) => {
  const states = new Map(versions.map(({ version, state }) => [version, state]));
  try {
    return { target: rollbackTarget({ model, environment, entries: entries.toReversed(), states }), why: '' };
  } catch (thrown) {
    return { target: null, why: toAppError(thrown).message };
  }
};

export const RollBack = (props: RollBackProps) => {
  const { model, environment, entries } = props;
  const registry = useRegistry();
  const ask = queries(registry);
  const versions = useQuery(ask.versions(model)).data;
  const replicas = useQuery(ask.replicas()).data ?? [];
  const [present] = entries;
  if (versions === undefined || present === undefined) return <Loader size="sm" aria-label="loading" />;
  const { target, why } = targetOf(props, versions);
  if (target === null) {
    return (
      <Group>
        <Text size="sm" c="dimmed" maw={420}>
          {why}
        </Text>
        <Button size="xs" variant="default" disabled>
          Roll back
        </Button>
      </Group>
    );
  }
  const live = replicas.filter((replica) => replica.live && replica.environment === environment);
  const left =
    present.version === target.version
      ? ''
      : ` Version ${present.version} is withdrawn: it serves again only once it is approved and promoted anew.`;
  return (
    <ActButton
      label="Roll back"
      title={`Roll back ${model} in ${environment}`}
      color="red"
      effect={
        `${environment} goes from version ${present.version} (${variantOfEntry(present)}) to version ${target.version} ` +
        `(${variantOfEntry(target)}), at once, on its ${count(live.length, 'live replica')}.${left} ` +
        'Versions are not promoted by themselves until a person promotes one; a trial there ends.'
      }
      act={(reason) =>
        // Bound to what is shown: the version that the sentence above names, and the generation that it was worked out from.
        registry.rollback(model, {
          ...{ environment, reason, expectedGeneration: present.generation },
          ...(target.version === present.version ? {} : { toVersion: target.version }),
        })
      }
      asksWhy
      done={`${model} is back at version ${target.version} in ${environment}`}
      touches={['models', 'ledger', 'versions', 'replicas', 'reviews', 'promotions']}
    />
  );
};
