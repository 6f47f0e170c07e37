/**
 * What a stage of a run came to, as a sentence: events carry facts by name, for programs; whoever watches wants to know what they
 * mean.
 */
import type { RunEvent } from './run.js';

type Facts = NonNullable<RunEvent['data']>;

/** Thrown where a fact isn't there: then the facts are listed as they are. */
class MissingFact extends Error {}

interface Reading {
  number(name: string): number;
  text(name: string): string;
  is(name: string): boolean;
  /** Null where it isn't there, or is null. */
  maybe(name: string): number | null;
}

const readingOf = (facts: Facts): Reading => {
  const maybe = (name: string): number | null => {
    const value = facts[name];
    return typeof value === 'number' ? value : null;
  };
  return {
    maybe,
    is: (name) => facts[name] === true,
    number: (name) => {
      const value = maybe(name);
      if (value === null) throw new MissingFact(name);
      return value;
    },
    text: (name) => {
      const value = facts[name];
      if (typeof value !== 'string') throw new MissingFact(name);
      return value;
    },
  };
};

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const ENDINGS: Readonly<Record<string, string>> = {
  patience: ', stopped since it got no better',
  divergence: ', stopped since the loss was no number any more',
};

const training = ({ number, text, maybe }: Reading): string => {
  const [accuracy, loss, kept] = [maybe('valAccuracy'), maybe('valLoss'), maybe('keptEpoch') ?? maybe('bestEpoch')];
  const judged =
    accuracy === null || loss === null
      ? 'there are no val images to judge it by'
      : `it names ${percent(accuracy)} of ${count(number('valImages'), 'val image')} right (val loss ${loss.toPrecision(3)})`;
  return (
    `${count(number('epochs'), 'pass', 'passes')} over ${count(number('trainImages'), 'image')}${ENDINGS[text('stoppedBy')] ?? ''}; ` +
    `what it was after ${kept === number('epochs') ? 'the last' : `pass ${kept ?? '?'}`} is kept: ${judged}`
  );
};

const beside = (what: string, accuracy: number | null, latencyMs: number | null): string =>
  accuracy === null
    ? ''
    : `; ${what}: ${percent(accuracy)}${latencyMs === null ? '' : `, ${latencyMs.toFixed(1)} ms an image`}`;

const whole = (n: number): string => n.toLocaleString('en');

const SENTENCES: Partial<Record<RunEvent['stage'], (reading: Reading) => string>> = {
  plan: ({ number, text }) => {
    const trained = number('trainedParameters');
    return `strategy ${text('strategy')}: ${whole(trained)} of ${whole(trained + number('frozenParameters'))} parameters learn`;
  },
  prune: ({ number }) =>
    `${count(number('narrowed'), 'layer')} narrowed: ${percent(number('macsShare'))} of the multiply-accumulates and ` +
    `${whole(number('parameters'))} of ${whole(number('parametersBefore'))} parameters remain, and learn again`,
  embedder: ({ number, text, maybe }) => {
    // One that is known from an earlier run isn't built again, nor weighed.
    const bytes = maybe('bytes');
    const form = [bytes === null ? null : megabytes(bytes), text('precision') === 'int8' ? 'in eight bits' : null];
    const told = form.filter((part) => part !== null).join(', ');
    return `the part of ${text('backbone')} that stays as it is, up to its layer "${text('cut')}"${told === '' ? '' : `: ${told}`}; it makes ${whole(number('featureLength'))} numbers of an image`;
  },
  embed: ({ number, maybe }) => {
    const rate = maybe('imagesPerSecond');
    const [computed, found] = [number('embedded'), number('reused')];
    return (
      `what that part makes of each image: ${computed} computed${rate === null ? '' : ` (${rate.toFixed(0)} images/s)`}, ` +
      `${found} known from earlier runs`
    );
  },
  probe: ({ number }) =>
    `a classifier on frozen features names ${percent(number('accuracy'))} of ${count(number('images'), 'image')} right, each when it was not learned from`,
  drift: ({ number, maybe, is }) => {
    const [fresh, known] = [count(number('newImages'), 'new image'), count(number('referenceImages'), 'image')];
    const learned = `the ${known} that the serving version learned from`;
    const differs = [
      is('featuresDrifted') ? 'how they look' : null,
      is('labelsDrifted') ? 'the shares of labels' : null,
      is('qualityDrifted') ? 'brightness, contrast, sharpness, size or shape' : null,
    ].filter((part) => part !== null);
    if (differs.length === 0 && maybe('p') === null && maybe('labelsP') === null)
      return `${fresh}: too few to tell of drift`;
    return differs.length === 0
      ? `no drift found in ${fresh}, compared with ${learned}`
      : `drift: ${fresh} differ from ${learned} in ${differs.join(' and ')}`;
  },
  train: training,
  recover: training,
  export: ({ number }) =>
    `the file to serve: ${megabytes(number('bytes'))}; on ${count(number('compared'), 'image')} it answers as what was trained does ` +
    `(outputs differ by ${number('largestDifference').toPrecision(2)} at most)`,
  quantize: ({ number, text }) =>
    `${text('variant')}, made from ${text('from')}: ${megabytes(number('bytes'))}, ${(number('share') * 100).toFixed(0)}% of its size; ` +
    `outputs are ${percent(number('error'))} off on training images`,
  evaluate: ({ number, text, maybe }) =>
    `${text('variant')} names ${percent(number('accuracy'))} of ${count(number('images'), 'test image')} right, ${number('latencyP50Ms').toFixed(1)} ms an image: gate ${text('verdict')}` +
    beside('what serves now', maybe('championAccuracy'), maybe('championLatencyP50Ms')) +
    beside('what it was made from', maybe('originalAccuracy'), maybe('originalLatencyP50Ms')),
  register: ({ number, text }) =>
    `version ${number('version')} is ${text('state') === 'candidate' ? 'a candidate, to be reviewed' : text('state')}; it prefers to serve as ${text('variant')} (gate ${text('verdict')})`,
};

const listOf = (facts: Facts): string =>
  Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(
      ([name, value]) =>
        `${name} ${typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : String(value)}`,
    )
    .join(', ');

/** A stage that was tried by another version of Graft may lack facts: they are listed by name then. */
export const describeFacts = (stage: RunEvent['stage'], facts: Facts): string => {
  const sentence = SENTENCES[stage];
  if (sentence === undefined) return listOf(facts);
  try {
    return sentence(readingOf(facts));
  } catch (thrown) {
    if (thrown instanceof MissingFact) return listOf(facts);
    throw thrown;
  }
};
