#!/usr/bin/env node
/**
 * Builds what runs, into dist/:
 *
 *   apps/<app>/src/main.ts                     → dist/apps/<app>/main.js (ESM for Node 20, with source map)
 *   apps/<app>/src/*-process.ts, *-worker.ts   → dist/apps/<app>/<name>.js
 *   apps/orchestrator/src/workflows/index.ts   → dist/apps/orchestrator/workflows.js (for the worker's sandbox)
 *   apps/console/                              → dist/apps/console/ (pages, which the registry serves)
 *   apps/registry/prisma/schema.prisma         → apps/registry/src/generated (Prisma's client)
 *
 * Nothing else is copied: migrations, schemas and other files that are read at run time stay where they are, and
 * code finds them from the repository's root (the nearest folder above it whose package.json is named `graft`).
 * Slow steps are skipped when what they are made from has not changed.
 */
import { bundleApps, bundleConsole, bundleWorkflows, generatePrismaClient } from './build/steps.mjs';

const say = (text) => process.stderr.write(`build: ${text}\n`);
const startedAt = performance.now();

const timed = async (name, step) => {
  const from = performance.now();
  if (await step()) say(`${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
};

const settle = async (steps) => {
  const outcomes = await Promise.allSettled(steps);
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  for (const reason of failures) say(reason.message);
  return failures.length === 0;
};

/** The registry is bundled from Prisma's generated client, so the apps wait for that one. */
const buildApps = async () => {
  await timed("Prisma's client", generatePrismaClient);
  const apps = await bundleApps();
  say(`${apps.length} apps in ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${apps.join(', ')}`);
};

const isWhole = await settle([
  buildApps(),
  timed("the workflows' bundle", bundleWorkflows),
  timed('the console', bundleConsole),
]);
process.exit(isWhole ? 0 : 1);
