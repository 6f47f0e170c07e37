/** `graft bench`: speed against a peer in the same run. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '@graft/contracts';
import { graftPaths } from '@graft/platform';
import { inRepository } from '@graft/tools';
import type { BenchReport, BenchTarget } from '@graft/tools/bench';
import type { Command } from 'commander';
import { note, printJson, printTable } from '../output.js';
import { wholeNumber } from '../parse.js';

interface Options {
  readonly data?: string;
  readonly images?: number;
  readonly rounds: number;
  readonly record?: boolean;
  readonly json?: boolean;
}

/** Fewer paired rounds than this say little on a noisy machine. */
const MIN_ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

const printReport = (
  { machine, measurements, targets }: BenchReport,
  askedOf: (target: BenchTarget) => string,
): void => {
  note(`${machine.cpu} (${machine.cpuClass}), ${machine.cores} cores, Node ${machine.node}`);
  printTable(
    ['measured', 'unit', 'median', 'least', 'greatest'],
    measurements.map(({ name, unit, median, values }) => [
      name,
      unit,
      median.toPrecision(4),
      Math.min(...values).toPrecision(4),
      Math.max(...values).toPrecision(4),
    ]),
  );
  printTable(
    ['target', 'ratio', 'spread', 'asked', 'met'],
    targets.map((target) => [
      target.name,
      target.ratio === null ? null : target.ratio.toFixed(2),
      target.spread === null ? null : `±${target.spread.toFixed(2)}`,
      askedOf(target),
      target.applies ? (target.met ? 'yes' : 'no') : `does not apply: ${target.reason ?? ''}`,
    ]),
  );
};

export const registerBench = (program: Command): void => {
  program
    .command('bench [name]')
    .description('measure speed against a peer that takes turns in the same run; without a name, list the benches')
    .option('--data <dir>', 'the images to run on (default: the demo’s emoji art, or photos laid beside the checkout)')
    .option('--images <n>', 'images a round (default: 128; 384 for ingest)', wholeNumber(1))
    .option('--rounds <n>', `timed rounds, at least ${MIN_ROUNDS}`, wholeNumber(MIN_ROUNDS), MIN_ROUNDS)
    .option('--record', 'write the figures into docs/benchmarks.md')
    .option('--json', 'print machine, measurements and targets as one JSON object')
    .action(async (name: string | undefined, options: Options) => {
      const { askedOf, BENCHES, DEFAULT_IMAGES, findBench, recordReport } = await import('@graft/tools/bench');
      if (name === undefined) {
        const rows = BENCHES.map((bench) => ({ name: bench.name, description: bench.description }));
        if (options.json === true) return printJson(rows);
        return printTable(
          ['bench', 'what it measures'],
          rows.map((row) => [row.name, row.description]),
        );
      }
      if (process.platform !== 'linux') throw new AppError('missing_prerequisite', 'benches run on Linux');
      const bench = findBench(name);
      const report = await bench.run({
        rounds: options.rounds,
        warmUp: WARM_UP_ROUNDS,
        images: options.images ?? bench.images ?? DEFAULT_IMAGES,
        ...(options.data === undefined ? {} : { data: resolve(options.data) }),
        cacheDir: graftPaths().cacheDir,
        onProgress: (text) => note(`bench ${name}: ${text}`),
      });
      if (options.record === true) {
        const path = inRepository('docs/benchmarks.md');
        await writeFile(path, recordReport(await readFile(path, 'utf8').catch(() => ''), report));
        note(`written into ${path}`);
      }
      if (options.json === true) return printJson(report);
      printReport(report, askedOf);
    });
};
