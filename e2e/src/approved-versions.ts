/** A model with approved versions, trained on little of the emoji art: for tests of what becomes of versions. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelVersion, Run } from '@graft/contracts';
import { EMOJI_GROUP, writeEmojiFolder } from './emoji-folder.js';
import { until, type System } from './harness.js';

export const LABELS = ['Animals & Nature', 'Food & Drink', 'Flags'] as const;
const RUN_MS = 4 * 60_000;

/** Approves a version on the word of a test, whatever the gate says; of one that is approved already, nothing is kept. */
export const approve = (system: Pick<System, 'json'>, model: string, version: number): Promise<unknown> =>
  system.json(['approve', model, String(version), '--override-gate', '--reason', 'for the trial']);

/** Trains and approves so many versions, in one form; the first one serves in production. */
export const makeApprovedVersions = async (
  system: Pick<System, 'json'>,
  {
    model,
    folder,
    versions,
    variant = 'fp32',
  }: { model: string; folder: string; versions: number; variant?: 'fp32' | 'int8' },
): Promise<void> => {
  await system.json(['data', 'create', model, '--quiet', '2']);
  const file = join(folder, `${model}.yaml`);
  /** Another number of epochs each time: the same training again would give the same bytes. */
  const applyFor = async (version: number): Promise<void> => {
    await writeFile(
      file,
      `schemaVersion: pipeline.v1\nname: ${model}\ndata: { dataset: ${model} }\ntrain: { epochs: ${19 + version} }\ngate: { minTestImages: 10 }\nvariants: [${variant}]\n`,
    );
    await system.json(['pipelines', 'apply', file]);
  };
  await applyFor(1);
  const directory = await writeEmojiFolder({ parent: folder, vendor: 'google', labels: LABELS, end: 40 });
  await system.json(['data', 'land', model, directory, '--source', 'google', '--group-pattern', EMOJI_GROUP]);
  for (let version = 1; version <= versions; version += 1) {
    if (version > 1) {
      await applyFor(version);
      await system.json(['runs', 'start', model, '--again', '--reason', 'one more version']);
    }
    await until(
      async () =>
        (await system.json<Run[]>(['runs', 'list', '--pipeline', model])).some((run) => run.version === version),
      { what: `version ${version} of ${model}`, timeoutMs: RUN_MS, everyMs: 1000 },
    );
    await approve(system, model, version);
  }
  const made = await system.json<ModelVersion[]>(['review', model]);
  const digests = new Set(made.map(({ artifacts }) => artifacts.find(({ kind }) => kind === 'model')?.digest));
  if (digests.size !== versions) throw new Error(`${made.length} versions of ${model} have ${digests.size} artifacts`);
  await system.json(['promote', model, '1']);
};
