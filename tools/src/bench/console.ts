/**
 * Bench `console`: how long the review of a candidate with a thousand test images takes, in a browser that has seen nothing of it
 * before, until a person can act: its evidence and the images that flipped are there, and the page has nothing left to compute.
 */
import { availableParallelism } from 'node:os';
import { createRegistryClient } from '@graft/registry-client';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, provideBrowser } from '../browser/browser.js';
import { findBenchImages } from './bench-images.js';
import type { Bench, BenchOptions } from './bench.js';
import { makeReviewable, REVIEWED } from './console-fixture.js';
import { withRegistry, type HttpServer } from './registry-servers.js';
import { createReport, describeMachine, type BenchReport } from './report.js';
import { quantileOf } from './take-turns.js';

const TEST_IMAGES = 1000;
const PICTURES = 64;
const INTERACTIVE_MS = 1500;
const WAIT_MS = 60_000;

/** What a reviewer needs: the button that decides, the verdict, and the pictures that flipped. */
const waitUntilInteractive = async (page: Page): Promise<number> => {
  const shown = { state: 'visible', timeout: WAIT_MS } as const;
  await page.getByRole('button', { name: /^Approve/ }).waitFor(shown);
  await page
    .getByRole('img', { name: /label-\d/ })
    .first()
    .waitFor(shown);
  // By the page's own clock, from the moment it was gone to: the next time that it has nothing to do.
  return page.evaluate<number>('new Promise((resolve) => requestIdleCallback(() => resolve(performance.now())))');
};

/** A browser's profile of its own each time: nothing is in a cache. */
const review = async (browser: Browser, { url, token }: HttpServer): Promise<{ ms: number; bytes: number }> => {
  const session = await createRegistryClient({ url, token: token ?? '' }).createSession({ role: 'reviewer' });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  let bytes = 0;
  page.on('response', (response) => {
    const isFirstLoad = /\/console\/(assets\/.*)?/.test(response.url());
    if (isFirstLoad) bytes += Number(response.headers()['content-length'] ?? 0);
  });
  try {
    await page.goto(`${url}/console/models/${REVIEWED}/versions/2#token=${session.token}`);
    return { ms: await waitUntilInteractive(page), bytes };
  } finally {
    await context.close();
  }
};

const measure = async (
  { rounds, warmUp, onProgress }: BenchOptions,
  server: HttpServer,
): Promise<Pick<BenchReport, 'measurements' | 'targets'>> => {
  const browser = await launchBrowser(await provideBrowser(onProgress));
  try {
    const times: number[] = [];
    const sizes: number[] = [];
    for (let round = 1 - warmUp; round <= rounds; round++) {
      const { ms, bytes } = await review(browser, server);
      onProgress(`${round > 0 ? `round ${round} of ${rounds}` : 'warm-up'}: ${ms.toFixed(0)} ms`);
      if (round > 0) [times, sizes].forEach((list, index) => list.push(index === 0 ? ms : bytes / 1024));
    }
    const median = quantileOf(times, 0.5);
    return {
      measurements: [
        { name: `review of ${TEST_IMAGES} test images, interactive`, unit: 'ms', median, values: times },
        { name: 'scripts and styles, compressed', unit: 'KiB', median: quantileOf(sizes, 0.5), values: sizes },
      ],
      targets: [
        {
          ...{ name: 'review_interactive', ratio: INTERACTIVE_MS / median, spread: null, target: 1 },
          ...{ applies: true, met: median <= INTERACTIVE_MS },
        },
      ],
    };
  } finally {
    await browser.close();
  }
};

export const consoleBench: Bench = {
  name: 'console',
  description:
    'the review page of a candidate with 1,000 test images, in a browser, until a person can act: 1.5 s over ours',
  run: async (options) => {
    const { cacheDir, data, onProgress } = options;
    const { files } = await findBenchImages({
      ...{ count: PICTURES, cacheDir, onProgress },
      ...(data === undefined ? {} : { folder: data }),
    });
    const startedAt = new Date();
    const measured = await withRegistry(onProgress, async (server, environment) => {
      onProgress(`making a candidate with ${TEST_IMAGES} test images`);
      await makeReviewable(environment, files, TEST_IMAGES);
      return measure(options, server);
    });
    return createReport('console', startedAt, { machine: describeMachine(availableParallelism()), ...measured });
  },
};
