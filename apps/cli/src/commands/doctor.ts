/** `graft doctor`: what this machine has of what Graft wants. */
import { EXIT_CODES } from '@graft/contracts';
import { describeDevice, type Device } from '@graft/models/device';
import { examineMachine, type Finding } from '@graft/tools';
import type { Command } from 'commander';
import { note, paint, printJson, printTable } from '../output.js';

const MARKS = {
  good: ['green', '✔'],
  later: ['cyan', '…'],
  absent: ['dim', '–'],
  bad: ['red', '✖'],
} as const satisfies Record<Finding['verdict'], readonly [string, string]>;

const DRIVER_LIBRARY = 'libcuda.so.1';

/** The GPU, or why the CPU trains; a driver without its library is for its owner to mend. */
export const describeGpu = ({ kind, name, memoryMiB, driver, libraries, reason }: Device): Finding => {
  if (kind === 'gpu')
    return {
      subject: 'GPU',
      verdict: 'good',
      found: `${name}, ${memoryMiB === null ? 'memory unknown' : `${memoryMiB} MiB`}, driver ${driver ?? 'unknown'}; all of ${libraries.length} libraries found`,
    };
  const isBroken = libraries.some((library) => library.name === DRIVER_LIBRARY && !library.found);
  return { subject: 'GPU', verdict: isBroken ? 'bad' : 'absent', found: `${reason ?? 'none'}: the CPU is used` };
};

/** Beside the CPU, where people look for it. */
const withGpu = (findings: readonly Finding[]): Finding[] =>
  findings.flatMap((finding) => (finding.subject === 'CPU' ? [finding, describeGpu(describeDevice())] : [finding]));

export const registerDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('say what this machine has of what Graft wants, and where from')
    .option('--json', 'print an array of findings as JSON')
    .addHelpText(
      'after',
      '\n✔ there   … Graft gets it when it is needed   – optional, not there   ✖ yours to mend (exit code 5)',
    )
    .action(async (options: { json?: boolean }) => {
      const findings = withGpu(await examineMachine());
      const bad = findings.filter(({ verdict }) => verdict === 'bad');
      if (bad.length > 0) process.exitCode = EXIT_CODES.unavailable;
      if (options.json === true) return printJson(findings);
      printTable(
        ['', 'what', 'found'],
        findings.map(({ subject, verdict, found }) => [paint(MARKS[verdict][0], MARKS[verdict][1]), subject, found]),
      );
      note(
        bad.length === 0
          ? '\nNothing is missing.'
          : `\n${bad.length} to mend: ${bad.map(({ subject }) => subject).join(', ')}`,
      );
    });
};
