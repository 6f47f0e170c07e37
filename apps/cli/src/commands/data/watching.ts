/** `graft data pause|resume|look`: whether versions are made of what lands, and a version without the wait. */
import type { Dataset } from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { formatTime, printJson, printLine } from '../../output.js';

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly act: (registry: Registry, dataset: string) => Promise<Dataset>;
  readonly told: (dataset: Dataset) => string;
}

const VERBS: readonly Verb[] = [
  {
    name: 'pause',
    description: 'make no version of what lands until it is resumed; what lands stays in the bucket',
    act: (registry, dataset) => registry.pauseDataset(dataset),
    told: ({ name, paused }) =>
      `dataset ${name} is paused${paused === null ? '' : ` by ${paused.by} since ${formatTime(paused.at)}`}: ./graft data resume ${name} takes in what lands meanwhile`,
  },
  {
    name: 'resume',
    description: 'make versions of what lands again, with all that landed meanwhile',
    act: (registry, dataset) => registry.resumeDataset(dataset),
    told: ({ name }) => `dataset ${name} is watched again`,
  },
  {
    name: 'look',
    description: 'make a version of what landed now, without the wait for quiet or for more images',
    act: (registry, dataset) => registry.askLook(dataset),
    told: ({ name }) => `a version of what landed in ${name} is made now: ./graft data why ${name} tells of it`,
  },
];

export const registerWatching = (data: Command): void => {
  for (const { name, description, act, told } of VERBS) {
    data
      .command(`${name} <dataset>`)
      .description(description)
      .option('--json', 'print the dataset as JSON')
      .action(async (dataset: string, { json }: { json?: boolean }, command: Command) => {
        const { registry } = await connect(command);
        const changed = await act(registry, dataset);
        if (json === true) printJson(changed);
        else printLine(told(changed));
      });
  }
};
