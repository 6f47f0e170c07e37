/** A bench's report as a section of docs/benchmarks.md: one section for each bench and CPU class, replaced when it is run again. */
import { askedOf, type BenchMeasurement, type BenchReport } from './report.js';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];

const figures = ({ name, unit, median, values }: BenchMeasurement): string[] => [
  name,
  unit,
  median.toPrecision(4),
  Math.min(...values).toPrecision(4),
  Math.max(...values).toPrecision(4),
];

const sectionOf = ({ bench, machine, commit, startedAt, measurements, targets }: BenchReport): string =>
  [
    `## ${bench}, on ${machine.cpuClass}`,
    '',
    `\`./graft bench ${bench}\` at ${commit?.slice(0, 12) ?? 'an unknown commit'}, ${startedAt.slice(0, 10)}: ${machine.cpu}, ` +
      `${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}, Node ${machine.node}.`,
    '',
    ...table(
      ['target', 'ratio', 'control’s spread', 'asked', 'met'],
      targets.map((target) => [
        target.name,
        target.ratio?.toFixed(2) ?? '–',
        target.spread === null ? '–' : `±${target.spread.toFixed(2)}`,
        askedOf(target),
        target.applies ? (target.met ? 'yes' : 'no') : `does not apply: ${target.reason ?? ''}`,
      ]),
    ),
    '',
    ...table(['measured', 'unit', 'median', 'least', 'greatest'], measurements.map(figures)),
  ].join('\n');

const INTRODUCTION = `# Benchmarks

Made by \`./graft bench NAME --record\`; not edited by hand. Each figure was measured in the run that wrote its section,
against peers in the same run: contestants take turns, a ratio is the median of paired ratios over at least nine rounds
after warm-up, more is better for us, and the spread comes from two identical contestants in the same run. A difference
inside the spread is no difference. Absolute figures drift with the machine; ratios are what to read.`;

/**
 * The text of docs/benchmarks.md with this report's section put in, or put in the place of its earlier one.
 * @param markdown the present text; empty for a new file
 */
export const recordReport = (markdown: string, report: BenchReport): string => {
  const [, ...sections] = markdown.split(/^(?=## )/m);
  const section = sectionOf(report);
  const heading = section.slice(0, section.indexOf('\n'));
  const others = sections.filter((text) => !text.startsWith(`${heading}\n`)).map((text) => text.trimEnd());
  return `${[INTRODUCTION, ...[...others, section].sort()].join('\n\n')}\n`;
};
