/** Reading what people type. */
import { AppError, nameSchema, variantNameSchema, type VariantName } from '@graft/contracts';
import { InvalidArgumentError } from 'commander';

/** Stands for the newest version wherever a version is asked for. */
export const LATEST = 'latest';

/**
 * A version number, `3` or `v3`; `latest` is what the caller looks up.
 * @throws AppError `usage`.
 */
export const parseVersion = (text: string): number => {
  const match = /^v?([1-9]\d{0,8})$/.exec(text);
  if (match?.[1] === undefined)
    throw new AppError('usage', `expected a version number such as 3, or ${LATEST}, got "${text}"`);
  return Number(match[1]);
};

/** A commander parser of the name of a model, a dataset or the like. */
export const nameText = (text: string): string => {
  const parsed = nameSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`);
};

/** A commander parser of the environment that a local serving app follows: a number would name another app of production. */
export const servedEnvironment = (text: string): string => {
  if (/\D/.test(text)) return nameText(text);
  throw new InvalidArgumentError('expected the name of an environment, such as staging.');
};

/** A commander parser of a variant's name, such as `int8`. */
export const variantName = (text: string): VariantName => {
  const parsed = variantNameSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`);
};

/** A commander parser of whole numbers from `least` on, up to and with `most` where there is one. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
      const end = most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`;
      throw new InvalidArgumentError(`expected a whole number from ${least} ${end}.`);
    }
    return value;
  };

const MS_OF: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A commander parser of `12h`, `30d`, `8w` or a date (its start, in UTC): that moment, ISO 8601. */
export const expiryOf = (text: string): string => {
  const [, amount = '', unit = ''] = /^([1-9]\d{0,3})([hdw])$/.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d(T.+(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = isDate ? Date.parse(text) : Date.now() + Number(amount) * (MS_OF[unit] ?? Number.NaN);
  if (Number.isFinite(at)) return new Date(at).toISOString();
  throw new InvalidArgumentError('expected a time such as 12h, 30d or 8w, or a date such as 2026-12-31.');
};

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A commander parser of durations such as `90m`, `36h`, `7d`: in seconds. */
export const duration = (text: string): number => {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = UNIT_SECONDS[unit];
  if (amount === undefined || seconds === undefined) {
    throw new InvalidArgumentError('expected a number with s, m, h or d, such as 36h or 7d.');
  }
  return Number(amount) * seconds;
};

/** What the registry keeps of a reason. */
const MAX_REASON = 2000;

/** A commander parser of why somebody does what they do: a few words. */
export const reasonText = (text: string): string => {
  const reason = text.trim();
  if (reason === '') throw new InvalidArgumentError('say why, in a few words: it is empty.');
  if (reason.length > MAX_REASON) {
    throw new InvalidArgumentError(`at most ${MAX_REASON} characters: it has ${reason.length}.`);
  }
  return reason;
};

/** A commander parser of numbers above 0. */
export const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
};

/** A commander parser of numbers between two bounds, both included. */
export const numberBetween =
  (least: number, greatest: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= greatest)) {
      throw new InvalidArgumentError(`expected a number from ${least} to ${greatest}.`);
    }
    return value;
  };
