/**
 * What the command line prints. Data goes to standard output (a table for people, one JSON value with `--json`);
 * everything else (progress, notes, errors) goes to standard error.
 */
import { styleText } from 'node:util';
import type { Interval } from '@graft/contracts';
import Table from 'cli-table3';

type Style = Parameters<typeof styleText>[0];

/** Colours a text for a stream, unless the stream is no terminal or NO_COLOR is set. */
export const paint = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(style, text, { stream, validateStream: true });

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

export const printLine = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

/** A note beside the data: on standard error, so that a pipe gets the data alone. */
export const note = (text = ''): void => {
  process.stderr.write(`${text}\n`);
};

export type Cell = string | number | null;

/** A table as text. Null cells are empty. */
export const formatTable = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const table = new Table({ head: [...head], style: { head: [], border: [] }, chars: QUIET_BORDERS });
  for (const row of rows) table.push(row.map((cell) => (cell === null ? '' : String(cell))));
  return table.toString();
};

export const printTable = (head: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  printLine(formatTable(head, rows));
};

const QUIET_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** `.724 [.663–.777]`: a share with its interval. */
export const formatInterval = ({ value, lower, upper }: Interval): string =>
  `${formatShare(value)} [${formatShare(lower)}–${formatShare(upper)}]`;

/** What a terminal shows of a line without breaking words. */
const WIDTH = 100;

/**
 * A long sentence in lines of at most 100 characters, where its words allow it.
 * @param indent how far in it begins, and every line after the first
 */
export const wrap = (text: string, indent: number): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
};

/** A share with three decimals. */
export const formatShare = (share: number): string => share.toFixed(3);

/** Seconds for people: `0.42 s`, `12.3 s`, `4 min 05 s`. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

/** The first twelve digits of a digest, as tables show it; any command takes the whole one. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);

/** A moment in UTC to the second, with its zone, `2026-01-02 03:04:05Z`; `--json` has it in full. */
export const formatTime = (timestamp: string): string =>
  `${new Date(timestamp).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** `3 (0a1b2c3d4e5f)`: a dataset version by what a person types and by what it is; the digest alone where the number isn't known. */
export const nameDatasetVersion = (digest: string, number: number | undefined): string =>
  number === undefined ? shortDigest(digest) : `${number} (${shortDigest(digest)})`;

/** `1 file`, `3 files`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
