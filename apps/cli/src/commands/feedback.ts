/** `graft feedback`: how often answers were right, and saying what one should have been. */
import type { Command } from 'commander';
import { actorName, connect } from '../context.js';
import { liveAccuracyTable, tellBelow } from '../feedback/tell-live-accuracy.js';
import { note, paint, printJson, printLine, printTable } from '../output.js';
import { sendFeedback } from '../serving-client.js';

interface ShowOptions {
  readonly environment: string;
  readonly json?: boolean;
}

export const registerFeedback = (program: Command): void => {
  const feedback = program
    .command('feedback')
    .description('live accuracy of a model by version, as far as feedback tells; and sending feedback');
  feedback
    .command('show <model>', { isDefault: true })
    .description('live accuracy by version, with intervals, beside the evaluation’s')
    .option('--environment <name>', 'where it serves', 'production')
    .option('--json', 'print what is known of each version as JSON')
    .action(async (model: string, { environment, json }: ShowOptions, command: Command) => {
      const { registry } = await connect(command);
      const found = await registry.listLiveAccuracy(model, { environment });
      if (json === true) return printJson(found);
      if (found.length === 0)
        return note(`nobody has said yet what ${model} answered right or wrong in ${environment}`);
      printTable(...liveAccuracyTable(found));
      for (const line of tellBelow(found)) printLine(paint('yellow', line));
    });
  feedback
    .command('send <request-id> <label>')
    .description(
      'say what an answer should have been (its requestId: graft classify --json); again with another label: that one counts',
    )
    .option('--by <name>', 'who says so (default: you)')
    .option('--json', 'print the receipt as JSON')
    .action(
      async (requestId: string, label: string, { by, json }: { by?: string; json?: boolean }, command: Command) => {
        const { servingUrl } = await connect(command);
        const receipt = await sendFeedback({ servingUrl, feedback: { requestId, label, by: by ?? actorName() } });
        if (json === true) return printJson(receipt);
        const { model, version, predicted, outcome } = receipt;
        const verdict = predicted === label ? 'right' : `wrong: it is ${label}`;
        printLine(`${model} ${version} answered ${predicted}, which is ${verdict}`);
        if (outcome === 'repeated') note('that had been said before; it counts once');
        if (outcome === 'corrected') note('another label had been said before; this one counts from now on');
      },
    );
};
