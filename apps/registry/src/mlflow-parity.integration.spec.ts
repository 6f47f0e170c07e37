/** One script of MLflow's Python client against the registry, line by line with what MLflow's own server answered to it. */
import { readFile } from 'node:fs/promises';
import { graftPaths } from '@graft/platform';
import { findMlflowPython, inRepository, runCommand } from '@graft/tools';
import { describe, expect, it } from '@jest/globals';
import { startTestRegistry } from './testing/test-registry.js';

const python = await findMlflowPython({ cacheDir: graftPaths().cacheDir });
if (python === null) {
  process.stderr.write(
    "skipped: MLflow's client is not in the cache; `./graft test` installs it, or says why it cannot\n",
  );
}
const TESTING = inRepository('apps/registry/src/http/mlflow/testing');
const linesOf = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

(python === null ? describe.skip : describe)("MLflow's client", () => {
  it('is answered as by its own server, in every call of the script', async () => {
    if (python === null) throw new Error("MLflow's client is not installed");
    const registry = await startTestRegistry();
    try {
      const said = await runCommand(python.command, [`${TESTING}/parity.py`], {
        env: { ...python.env, MLFLOW_TRACKING_URI: registry.url(), MLFLOW_TRACKING_TOKEN: 'token-of-admin' },
        timeoutMs: 240_000,
      });
      const ours = linesOf(said);
      const recorded = linesOf(await readFile(`${TESTING}/recorded.jsonl`, 'utf8'));
      expect(recorded.length).toBeGreaterThan(400);
      expect(ours).toEqual(recorded);
    } finally {
      await registry.stop();
    }
  }, 300_000);
});
