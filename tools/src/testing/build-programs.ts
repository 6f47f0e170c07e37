/** Programs of an app as `tools/build.mjs` makes them, for specs that start one as a process or a thread. */
import { readdir, rm } from 'node:fs/promises';
import { inRepository } from '../repository.js';
import { runCommand } from '../system/run-command.js';
import { identifyProcess } from '../system/processes.js';

/**
 * Builds programs into a folder of this process's own: another one may build other sources meanwhile. Those of processes that have
 * ended go.
 * @param app such as `trainer`
 * @param names paths below the app's src, without `.ts`
 * @returns the folder; a program lies in it by the last part of its name, with `.js`
 */
export const buildPrograms = async (app: string, ...names: readonly string[]): Promise<string> => {
  const builds = `dist/test/${app}`;
  for (const pid of await readdir(inRepository(builds)).catch(() => []))
    if (identifyProcess(Number(pid)) === null) await rm(inRepository(builds, pid), { recursive: true, force: true });
  const outdir = `${builds}/${process.pid}`;
  const entries = names.map((name) => `apps/${app}/src/${name}.ts`);
  const script = `import { bundle } from ${JSON.stringify(inRepository('tools/build/bundle.mjs'))};
await bundle(${JSON.stringify({ entries, outdir })});`;
  // In a process of its own: esbuild refuses the typed arrays of jest's realm.
  await runCommand(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: process.env['PATH'] } });
  return inRepository(outdir);
};
