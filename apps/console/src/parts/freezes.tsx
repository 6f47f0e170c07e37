/** Freezes: what may not be promoted during an incident, who stopped it and why, and letting it go on. */
import { Alert, Group, Stack, Text } from '@mantine/core';
import { describeFreezeScope, type Freeze, type FreezeScope } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { queries } from '../registry/queries.js';
import { useMay, useRegistry } from '../registry/registry.js';
import { ActButton } from './act-button.js';
import { When } from './when.js';

const TOUCHES = ['freezes', 'reviews', 'models'];

const Lift = ({ model, environment }: FreezeScope) => {
  const registry = useRegistry();
  return (
    <ActButton
      label="Lift the freeze"
      effect={`Versions of ${describeFreezeScope({ model, environment })} may be promoted again, and are by themselves where the pipeline says so.`}
      act={(reason) => registry.unfreeze({ model, environment, reason })}
      asksWhy
      done="Promotions go on"
      touches={TOUCHES}
    />
  );
};

const Frozen = ({ freeze }: { freeze: Freeze }) => {
  const mayLift = useMay('unfreeze');
  return (
    <Alert color="blue" title={`Frozen: ${describeFreezeScope(freeze)}`}>
      <Group justify="space-between">
        <Text size="sm">
          {freeze.by}, <When at={freeze.at} />: {freeze.reason}. Nothing is promoted there; rolling back is possible.
        </Text>
        {mayLift ? <Lift model={freeze.model} environment={freeze.environment} /> : null}
      </Group>
    </Alert>
  );
};

/** @param model of whose promotions it is; default: every freeze */
export const Freezes = ({ model }: { model?: string }) => {
  const freezes = useQuery(queries(useRegistry()).freezes()).data ?? [];
  const shown = freezes.filter((freeze) => model === undefined || freeze.model === null || freeze.model === model);
  return shown.length === 0 ? null : (
    <Stack gap="xs">
      {shown.map((freeze) => (
        <Frozen key={describeFreezeScope(freeze)} freeze={freeze} />
      ))}
    </Stack>
  );
};

/** @param model null: every model. Offered where none holds in just this place. */
export const FreezeButton = ({ model }: { model: string | null }) => {
  const registry = useRegistry();
  const mayFreeze = useMay('freeze');
  const freezes = useQuery(queries(registry).freezes()).data;
  const holds = freezes?.some((freeze) => freeze.model === model && freeze.environment === null) ?? true;
  if (!mayFreeze || holds) return null;
  const scope = describeFreezeScope({ model, environment: null });
  return (
    <ActButton
      label={model === null ? 'Freeze all' : 'Freeze'}
      title={`Freeze ${scope}`}
      effect={`No version of ${scope} is promoted, in any environment, until somebody lifts the freeze. What serves goes on, and rolling back is possible.`}
      act={(reason) => registry.freeze({ model, environment: null, reason })}
      asksWhy
      done="Promotions are frozen"
      touches={TOUCHES}
    />
  );
};
