/** Whether versions are made of what lands, and a version without the wait. */
import { Group } from '@mantine/core';
import type { Dataset } from '@graft/contracts';
import { ActButton } from '../../parts/act-button.js';
import { useMay, useRegistry } from '../../registry/registry.js';

export const WatchActions = ({ dataset: { name, paused } }: { dataset: Pick<Dataset, 'name' | 'paused'> }) => {
  const registry = useRegistry();
  const [mayPause, mayResume, mayLook] = [useMay('pauseDataset'), useMay('resumeDataset'), useMay('askLook')];
  if (paused !== null) {
    return mayResume ? (
      <ActButton
        label="Resume"
        title={`Resume ${name}`}
        effect="Versions are made of what lands again, with all that landed meanwhile. Pipelines that train on landing may start."
        act={() => registry.resumeDataset(name)}
        done={`${name} is watched again`}
        touches={['datasets']}
      />
    ) : null;
  }
  return (
    <Group gap="xs" wrap="nowrap">
      {mayLook ? (
        <ActButton
          label="Look now"
          title={`Look at what landed in ${name}`}
          effect="A version is made of what landed up to now, without the wait for quiet or for more images. Where nothing new landed, none is made."
          act={() => registry.askLook(name)}
          done={`what landed in ${name} is looked at`}
          touches={['datasets']}
        />
      ) : null}
      {mayPause ? (
        <ActButton
          label="Pause"
          title={`Pause ${name}`}
          effect="No version is made of what lands, and no correction is taken in, until it is resumed. What lands stays in the bucket."
          act={() => registry.pauseDataset(name)}
          done={`${name} is paused`}
          touches={['datasets']}
        />
      ) : null}
    </Group>
  );
};
