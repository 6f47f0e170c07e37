/** Structured logs: one JSON object a line on standard error, so that standard output stays a program's own. */
import { pino, type DestinationStream } from 'pino';

export type Logger = pino.Logger;

const SECRET_NAMES = [
  'token',
  'secret',
  'password',
  'authorization',
  'cookie',
  'accessKey',
  'secretKey',
  'GRAFT_REGISTRY_TOKEN',
  'GRAFT_S3_ACCESS_KEY',
  'GRAFT_S3_SECRET_KEY',
  'GRAFT_DATABASE_URL',
  'GRAFT_ADMIN_TOKEN',
  'GRAFT_SERVICE_TOKEN',
  'GRAFT_SERVING_TOKEN',
];

/** Redaction paths of pino are exact: a name is covered on each depth that is listed, here the first three. */
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface LoggerOptions {
  /** Named in each line: `registry`, `trainer`, … */
  readonly service: string;
  /** Default: GRAFT_LOG_LEVEL, else `info`. */
  readonly level?: string;
  /** Default: standard error. */
  readonly destination?: DestinationStream;
}

const levelOf = (asked: string | undefined): string => {
  const level = asked?.toLowerCase() ?? 'info';
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : 'info';
};

/** A logger with ISO timestamps, level names, errors with code and cause, and secrets left out by field name. */
export const createLogger = ({ service, level, destination }: LoggerOptions): Logger =>
  pino(
    {
      level: levelOf(level ?? process.env['GRAFT_LOG_LEVEL']),
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
      serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
