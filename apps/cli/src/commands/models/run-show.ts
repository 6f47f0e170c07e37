/** `graft models show`: a backbone of the catalog, or else a trained model of the stack, with what each environment serves of it. */
import { AppError, type Model } from '@graft/contracts';
import type { Command } from 'commander';
import { connect } from '../../context.js';
import { note, printJson, printLine, printTable } from '../../output.js';
import { servedBy, servedTable, type Served } from '../../served.js';
import { runShow } from './run-catalog.js';

interface Trained {
  readonly model: Model;
  readonly serves: Served[];
}

/** Null where no stack knows of it, or none can be asked: whoever meant a backbone needn't hear of stacks. */
const findTrained = async (name: string, command: Command): Promise<Trained | null> => {
  try {
    const { registry } = await connect(command);
    const model = await registry.getModel(name);
    return { model, serves: servedBy([model], await registry.listReplicas({ live: true })) };
  } catch {
    return null;
  }
};

const printTrained = ({ model, serves }: Trained): void => {
  printLine(`${model.name}: ${model.labels.length} labels, latest version ${model.latestVersion ?? 'none'}`);
  if (serves.length > 0) printTable(...servedTable(serves));
  else printLine('no environment serves it');
  note(`its versions: ./graft review ${model.name}; why it serves what it does: ./graft why ${model.name}`);
};

/** @throws AppError `not_found` where neither the catalog nor the stack has the name. */
export const runShowAny = async (name: string, options: { json?: boolean }, command: Command): Promise<void> => {
  try {
    return runShow(name, options);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const trained = await findTrained(name, command);
    if (trained === null) throw error;
    return options.json === true ? printJson({ ...trained.model, serves: trained.serves }) : printTrained(trained);
  }
};
