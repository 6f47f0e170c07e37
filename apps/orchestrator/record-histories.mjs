#!/usr/bin/env node
/**
 * Records a history of every workflow into src/workflows/histories, for the replay spec:
 *
 *   node apps/orchestrator/record-histories.mjs [name…]
 *
 * Without names it records the ones that are missing. A recorded history is never recorded again lightly: that it still
 * replays is the proof that workflows which are under way survive the new code. Where a change is meant to break it,
 * name it, and say in the commit why no such workflow can be under way.
 */
import { bundle, root } from '../../tools/build/bundle.mjs';

const outdir = 'dist/apps/orchestrator-testing';
await bundle({ entries: ['apps/orchestrator/src/testing/record-histories.ts'], outdir });
await import(`${root}/${outdir}/record-histories.js`);
