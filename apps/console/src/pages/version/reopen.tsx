import type { ModelVersion } from '@graft/contracts';
import { ActButton } from '../../parts/act-button.js';
import { useRegistry } from '../../registry/registry.js';

/** For a version that expired before anybody decided. */
export const Reopen = ({ version: { model, version } }: { version: ModelVersion }) => {
  const registry = useRegistry();
  return (
    <ActButton
      label="Take up again…"
      title={`Take up ${model} version ${version} again`}
      effect={`Version ${version} waits for a decision once more, on the evidence that is on this page. Nothing is served by this.`}
      act={(reason) => registry.reopenVersion(model, version, { reason })}
      asksWhy
      done={`${model} version ${version} can be decided again`}
      touches={['reviews', 'versions', 'models']}
    />
  );
};
