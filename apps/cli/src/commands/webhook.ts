/** `graft webhook`: programs that are told of what happens, made and removed by admins. */
import {
  AppError,
  EXIT_CODES,
  NOTICE_KINDS,
  noticeKindSchema,
  type NoticeKind,
  type Webhook,
  type WebhookDelivery,
} from '@graft/contracts';
import type { Registry } from '@graft/registry-client';
import { InvalidArgumentError, type Command } from 'commander';
import { connect } from '../context.js';
import { count, formatTime, note, printJson, printLine, printTable } from '../output.js';
import { wholeNumber } from '../parse.js';

interface JsonOption {
  readonly json?: boolean;
}

const parseEvents = (text: string): NoticeKind[] =>
  text.split(',').map((word) => {
    const kind = noticeKindSchema.safeParse(word.trim());
    if (kind.success) return kind.data;
    throw new InvalidArgumentError(`no kind "${word.trim()}"; there are: ${NOTICE_KINDS.join(', ')}`);
  });

/** By its id, the first characters of it, or its URL. */
const findWebhook = async (registry: Registry, text: string): Promise<Webhook> => {
  const webhooks = await registry.listWebhooks();
  const found = webhooks.filter(({ id, url }) => url === text || (text.length >= 4 && id.startsWith(text)));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  throw new AppError(
    'not_found',
    found.length > 1
      ? `${count(found.length, 'webhook')} begin with ${text}: name more of the id`
      : `no webhook ${text}; ./graft webhook list shows what there is`,
  );
};

/** How it is, in a few words. */
export const tellWebhookState = ({ disabled, failing, deliveredAt }: Webhook): string => {
  if (disabled !== null) return `disabled ${disabled.at.slice(0, 10)}: ${disabled.reason}`;
  if (failing !== null) return `failing: ${failing.error} (${count(failing.tries, 'try', 'tries')})`;
  return deliveredAt === null ? 'nothing sent yet' : 'well';
};

const printWebhooks = (webhooks: readonly Webhook[]): void => {
  if (webhooks.length === 0) return note('there is no webhook');
  printTable(
    ['id', 'to', 'events', 'waiting', 'state'],
    webhooks.map((webhook) => [
      webhook.id.slice(0, 8),
      new URL(webhook.url).host,
      webhook.events.length === 0 ? 'all' : webhook.events.join('\n'),
      webhook.waiting,
      tellWebhookState(webhook),
    ]),
  );
};

const printDeliveries = (deliveries: readonly WebhookDelivery[]): void => {
  if (deliveries.length === 0) return note('nothing was told to it yet');
  printTable(
    ['event', 'kind', 'of', 'state', 'tries', 'status', 'error'],
    deliveries.map(({ event, kind, at, state, tries, status, error }) => [
      ...[event, kind, formatTime(at), state],
      ...[tries, status, error],
    ]),
  );
};

const registerKeeping = (group: Command): void => {
  group
    .command('add <url>')
    .description('tell a program of what happens from now on; standard output has its secret, this once')
    .option('--events <kinds>', `of these alone, with commas between: ${NOTICE_KINDS.join(', ')}`, parseEvents)
    .option('--json', 'print the webhook with its secret as JSON')
    .action(async (url: string, options: JsonOption & { events?: NoticeKind[] }, command: Command) => {
      const { registry } = await connect(command);
      const made = await registry.createWebhook({ url, events: options.events ?? [] });
      if (options.json === true) return printJson(made);
      note(
        `webhook ${made.id} is told of ${made.events.length === 0 ? 'everything' : made.events.join(', ')}; ./graft webhook test ${made.id.slice(0, 8)} tries it. ` +
          'Its secret, which messages are signed with, is not shown again:',
      );
      printLine(made.secret);
    });
  group
    .command('list')
    .description('who is told of what, and whether it gets through')
    .option('--json', 'print an array of webhooks as JSON')
    .action(async (options: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const webhooks = await registry.listWebhooks();
      return options.json === true ? printJson(webhooks) : printWebhooks(webhooks);
    });
  const act = (verb: 'remove' | 'enable', description: string, told: string): void => {
    group
      .command(`${verb} <webhook>`)
      .description(`${description}; by id, first characters of it, or URL`)
      .option('--json', 'print the webhook as JSON')
      .action(async (text: string, options: JsonOption, command: Command) => {
        const { registry } = await connect(command);
        const { id } = await findWebhook(registry, text);
        const webhook = await (verb === 'remove' ? registry.removeWebhook(id) : registry.enableWebhook(id));
        if (options.json === true) return printJson(webhook);
        printLine(`webhook ${id} ${told}`);
      });
  };
  act('remove', 'send nothing more to it, nor what waits', 'is removed');
  act('enable', 'try one that was disabled again, with what waited then', 'is tried again');
};

const registerDelivering = (group: Command): void => {
  group
    .command('test <webhook>')
    .description('send it a message now; exit code 5 where it is not taken')
    .option('--json', 'print what became of it as JSON')
    .action(async (text: string, options: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const { id } = await findWebhook(registry, text);
      const outcome = await registry.testWebhook(id);
      if (options.json === true) printJson(outcome);
      else
        printLine(
          `webhook ${id}: ${outcome.error ?? `taken (${outcome.status})`}, after ${outcome.milliseconds.toFixed(0)} ms`,
        );
      if (!outcome.ok) process.exitCode = EXIT_CODES.unavailable;
    });
  group
    .command('deliveries <webhook>')
    .description('what was told to it, and what waits; newest first')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .option('--json', 'print an array of deliveries as JSON')
    .action(async (text: string, options: JsonOption & { limit: number }, command: Command) => {
      const { registry } = await connect(command);
      const { id } = await findWebhook(registry, text);
      const deliveries = await registry.listDeliveries(id, { limit: options.limit });
      return options.json === true ? printJson(deliveries) : printDeliveries(deliveries);
    });
  group
    .command('resend <webhook> <event>')
    .description('send a message again, under the id that it had')
    .option('--json', 'print the delivery as JSON')
    .action(async (text: string, eventText: string, options: JsonOption, command: Command) => {
      const { registry } = await connect(command);
      const { id } = await findWebhook(registry, text);
      const delivery = await registry.resendDelivery(id, wholeNumber(1)(eventText));
      if (options.json === true) return printJson(delivery);
      printLine(`the message of event ${delivery.event} (${delivery.kind}) is sent again`);
    });
};

export const registerWebhook = (program: Command): void => {
  const group = program
    .command('webhook')
    .description('programs that are told of candidates, promotions and failures (admins)');
  registerKeeping(group);
  registerDelivering(group);
};
