import { Group } from '@mantine/core';
import { isUnderWay, type Run } from '@graft/contracts';
import { useNavigate } from 'react-router';
import { ActButton } from '../../parts/act-button.js';
import { useMay, useRegistry } from '../../registry/registry.js';

export const RunActions = ({ run }: { run: Run }) => {
  const [registry, navigate] = [useRegistry(), useNavigate()];
  const [mayCancel, mayStart] = [useMay('cancelRun'), useMay('requestRun')];
  const again = async (reason: string): Promise<void> => {
    const asked = { datasetVersion: run.datasetVersion, again: true, reason };
    const { run: made } = await registry.requestRun(run.pipeline, asked);
    await navigate(`/runs/${made.id}`);
  };
  return (
    <Group gap="xs">
      {mayCancel && (run.state === 'requested' || run.state === 'running') ? (
        <ActButton
          label="Cancel"
          title="Cancel this run"
          effect="What it computes now is given up, and no version comes of it. Features that it has computed are kept for the next run."
          act={(reason) => registry.cancelRun(run.id, { reason })}
          asksWhy
          color="red"
          done="The run is called off"
          touches={['runs']}
        />
      ) : null}
      {mayStart && !isUnderWay(run) ? (
        <ActButton
          label="Run again"
          effect={`Another run of ${run.pipeline}, as it is now, on the same dataset version. What is known of its images is used again.`}
          act={again}
          asksWhy
          done="A run is asked for"
          touches={['runs']}
        />
      ) : null}
    </Group>
  );
};
