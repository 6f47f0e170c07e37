import { beforeAll, describe, expect, it } from '@jest/globals';
import { WORKFLOW_TYPES } from '@graft/contracts';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import * as workflows from './workflows/index.js';
import { buildWorkflowBundle } from './workflow-bundle.js';

/** Modules whose code is in the bundle, as webpack names them: paths from the repository's root. */
const modulesOf = (code: string): string[] =>
  [...code.matchAll(/!\*\*\* (\S+) (?:\(ignored\) )?\*\*\*!/g)].map(([, path]) => path ?? '');

/** What a workflow may be made of: itself, the contracts, Temporal's workflow side, and what the contracts are made of. */
const ALLOWED = [
  /^\.\/apps\/orchestrator\/src\/workflows\//,
  /^\.\/libs\/contracts\/src\//,
  /^\.\/node_modules\/(zod|@noble\/hashes|canonicalize|croner)\//,
  /^\.\/node_modules\/(@temporalio\/(workflow|common)|nexus-rpc|long|ms)\//,
  /^__temporal_custom_(payload|failure)_converter$/,
];

describe('the workflow bundle', () => {
  let code = '';
  const logged: LogEntry[] = [];
  beforeAll(async () => {
    ({ code } = await buildWorkflowBundle({ logger: new DefaultLogger('WARN', (entry) => logged.push(entry)) }));
  });

  it('is made without a warning of a module that is not deterministic', () => {
    expect(logged).toEqual([]);
  });

  it('holds the contracts and nothing of node, of adapters or of other rooms', () => {
    const modules = modulesOf(code);
    expect(modules.some((path) => path.startsWith('./libs/contracts/src/'))).toBe(true);
    expect(modules.filter((path) => !ALLOWED.some((allowed) => allowed.test(path)))).toEqual([]);
  });

  it('has every workflow type of the contracts, under its name', () => {
    expect(Object.keys(workflows).sort()).toEqual(Object.values(WORKFLOW_TYPES).sort());
  });
});
